"""The recursions of a hidden chain, compiled: rows go by time, the states of a row are vectors side by side.

Arrays (rows, width) hold a row's states, `width` being whole vectors; states that do not exist are impossible. The
caller's arrays (width, stride) have rows innermost.
"""

from __future__ import annotations

from hiddenmix.kernels._chain_logs import log_shares, log_ways, most_probable
from hiddenmix.kernels._chain_vectors import lane_sum, relative, turned, turned_back
from hiddenmix.kernels._compiler import Fields, Interface
from hiddenmix.kernels._llvm import LANES, Array, Code, Term, routine

NUMBERS = ("n", "k", "width", "units", "chosen_units")
WHOLES = ("starts", "chosen", "path")
REALS = (
    *("log_prob", "top", "b", "ahead", "back", "forward", "per", "products", "room", "here"),
    *("initial", "moves", "turned", "weight", "resp", "sums", "loglik"),
)
INTERFACE = Interface(NUMBERS, WHOLES, REALS)
TERMS = 4  # sums go on side by side


def densities(c: Code, a: Fields) -> None:
    """b = exp(log_prob - top), the largest log density of each row being its top; rows side by side become rows."""
    relative(c, a.log_prob, a.top, a.b, a.n, a.width)


def scaled(c: Code, a: Fields) -> None:
    """Forward and backward through all sequences, both in one loop: neither has to wait for the other."""
    with c.count(0, a.units) as unit:
        start, end = a.starts[unit], a.starts[unit + 1]
        at = start * a.width
        both_ways(
            c, a.b.since(at), a.initial, a.moves, a.turned, a.room, a.ahead.since(at), a.back.since(at),
            a.forward.since(start), a.per.since(start), a.products.since(start), end - start, a.width, a.k,
        )  # fmt: skip


def smoothed(c: Code, a: Fields) -> None:
    """Probabilities of states and sums of transitions in the chosen sequences, from the two recursions."""
    with c.count(0, a.chosen_units) as i:
        unit = a.chosen[i]
        start, end = a.starts[unit], a.starts[unit + 1]
        at = start * a.width
        shares(
            c, a.b.since(at), a.ahead.since(at), a.back.since(at), a.per.since(start), a.products.since(start),
            a.weight.since(unit), a.sums, end - start, a.width,
        )  # fmt: skip
    turned(c, a.ahead, a.resp, a.n, a.width)


def logarithms(c: Code, a: Fields) -> None:
    """All of it in logarithms for the chosen sequences: `b` holds log densities, `moves` log probabilities."""
    turned_back(c, a.log_prob, a.b, a.n, a.width)
    with c.count(0, a.chosen_units) as i:
        unit = a.chosen[i]
        start, end = a.starts[unit], a.starts[unit + 1]
        at = start * a.width
        log_ways(
            c, a.b.since(at), a.initial, a.moves, a.turned, a.room, a.ahead.since(at), a.back.since(at),
            end - start, a.width,
        )  # fmt: skip
        log_shares(
            c, a.b.since(at), a.moves, a.ahead.since(at), a.back.since(at), a.room, a.here, a.weight.since(unit),
            a.sums, a.loglik.since(unit), end - start, a.width,
        )  # fmt: skip
    turned(c, a.ahead, a.resp, a.n, a.width)


def viterbi(c: Code, a: Fields) -> None:
    """The most probable path of every sequence, and the log of its joint density with the rows."""
    turned_back(c, a.log_prob, a.b, a.n, a.width)
    with c.count(0, a.units) as unit:
        start, end = a.starts[unit], a.starts[unit + 1]
        at = start * a.width
        most_probable(
            c, a.b.since(at), a.initial, a.moves, a.room, a.back.since(at), a.path.since(start), a.loglik.since(unit),
            end - start, a.width, a.k,
        )  # fmt: skip


@routine("ddddddddddiii")
def both_ways(
    c: Code, b: Array, initial: Array, moves: Array, turned: Array, room: Array, ahead: Array, back: Array,
    forward: Array, per: Array, products: Array, n: Term, width: Term, k: Term,
) -> None:  # fmt: skip
    """The recursions of one sequence; each row is divided by the sum of the one before, which is known in time."""
    last = (n - 1) * width
    onward, inward, total = c.registers(1, 3)[0]
    with c.count(0, width, LANES) as j:
        value = initial.vector(j) * b.vector(j)
        ahead[j] = value
        total.value = total.value + value
        back[last + j] = initial.vector(j + width)
    total.value = lane_sum(total.value)
    forward[0] = total.value.lanes([0])
    onward.value = c.constant(1.0) / total.value
    total.value = c.constant(0.0)
    with c.count(0, width, LANES) as j:
        total.value = total.value + back.vector(last + j)
    inward.value = c.constant(1.0) / lane_sum(total.value)
    per[n - 1] = inward.value.lanes([0])
    with c.count(1, n) as t:
        now, then = t * width, (n - 1 - t) * width
        total.value = c.constant(0.0)
        with c.count(0, width, LANES) as j:
            sums = _times(c, ahead.since(now - width), moves.since(j), width)
            value = sums * b.vector(now + j) * onward.value
            ahead[now + j] = value
            total.value = total.value + value
        total.value = lane_sum(total.value)
        forward[t] = total.value.lanes([0])
        onward.value = c.constant(1.0) / total.value
        with c.count(0, width, LANES) as j:
            room[j] = b.vector(then + width + j) * back.vector(then + width + j)
        total.value = c.constant(0.0)
        with c.count(0, width, LANES) as j:
            value = _times(c, room, turned.since(j), width) * inward.value
            back[then + j] = value
            total.value = total.value + value
        inward.value = c.constant(1.0) / lane_sum(total.value)
        per[n - 1 - t] = inward.value.lanes([0])
    with c.count(0, n) as t:
        total.value = c.constant(0.0)
        with c.count(0, width, LANES) as j:
            at = t * width + j
            total.value = c.fma(ahead.vector(at), back.vector(at), total.value)
        products[t] = lane_sum(total.value).lanes([0])


@routine("dddddddii")
def shares(
    c: Code, b: Array, ahead: Array, back: Array, per: Array, products: Array, weight: Array, sums: Array, n: Term,
    width: Term,
) -> None:  # fmt: skip
    """Probabilities in the place of `ahead`; adds to the sums of transitions, less the factor that is theirs."""
    w = weight.splat(0)
    with c.count(0, n) as t:
        at = t * width
        share = w / products.splat(t)
        with c.when((t + 1).is_("<", n)), c.count(0, width, LANES) as j:
            later = at + width + j
            factor = share * per.splat(t + 1)
            value = b.vector(later) * back.vector(later) * factor
            with c.count(0, width, TERMS) as i:
                for each in range(TERMS):
                    cell = (i + each) * width + j
                    sums[cell] = c.fma(ahead.splat(at + i + each), value, sums.vector(cell))
        with c.count(0, width, LANES) as j:
            ahead[at + j] = ahead.vector(at + j) * back.vector(at + j) * share


def _times(c: Code, row: Array, matrix: Array, width: Term) -> Term:
    """A row (width,) times some columns of a matrix (width, width)."""
    sums = c.registers(1, TERMS)[0]
    for total in sums:
        total.value = c.constant(0.0)
    with c.count(0, width, TERMS) as i:
        for each, total in enumerate(sums):
            total.value = c.fma(row.splat(i + each), matrix.vector((i + each) * width), total.value)
    first, second, third, fourth = (total.value for total in sums)
    return (first + second) + (third + fourth)


PROGRAMS = (densities, scaled, smoothed, logarithms, viterbi)
