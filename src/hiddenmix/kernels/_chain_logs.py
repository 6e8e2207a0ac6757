"""The recursions of a hidden chain in logarithms, compiled: nothing vanishes, whatever the densities are."""

from __future__ import annotations

from hiddenmix._special import LOG_ZERO
from hiddenmix.kernels._chain_vectors import lane_most, lane_sum, splat_of
from hiddenmix.kernels._elementary import exp, log
from hiddenmix.kernels._llvm import LANES, Array, Code, Term, routine


@routine("dddddddii")
def log_ways(
    c: Code, b: Array, initial: Array, moves: Array, turned: Array, room: Array, ahead: Array, back: Array, n: Term,
    width: Term,
) -> None:  # fmt: skip
    """The recursions of one sequence in logarithms."""
    last = (n - 1) * width
    with c.count(0, width, LANES) as j:
        ahead[j] = initial.vector(j) + b.vector(j)
        back[last + j] = c.constant(0.0)
    with c.count(1, n) as t:
        now, then = t * width, (n - 1 - t) * width
        with c.count(0, width, LANES) as j:
            ahead[now + j] = _log_sum(c, ahead.since(now - width), moves.since(j), width) + b.vector(now + j)
        with c.count(0, width, LANES) as j:
            room[j] = b.vector(then + width + j) + back.vector(then + width + j)
        with c.count(0, width, LANES) as j:
            back[then + j] = _log_sum(c, room, turned.since(j), width)


@routine("ddddddddd" + "ii")
def log_shares(
    c: Code, b: Array, moves: Array, ahead: Array, back: Array, room: Array, here: Array, weight: Array, sums: Array,
    loglik: Array, n: Term, width: Term,
) -> None:  # fmt: skip
    """Probabilities in the place of `ahead`; adds to the sums of transitions; the sequence's log density."""
    w = weight.splat(0)
    total, most = c.registers(1, 2)[0]
    with c.count(0, n) as t:
        at = t * width
        most.value = c.constant(-float("inf"))
        with c.count(0, width, LANES) as j:
            value = ahead.vector(at + j) + back.vector(at + j)
            here[j] = value
            most.value = most.value.or_if(value.is_(">", most.value), value)
        most.value = lane_most(most.value)
        most.value = most.value.or_if(most.value.is_("<", LOG_ZERO / 2), 0.0)
        total.value = c.constant(0.0)
        with c.count(0, width, LANES) as j:
            value = exp(c, here.vector(j) - most.value)
            here[j] = value
            total.value = total.value + value
        total.value = lane_sum(total.value)
        impossible = total.value.is_("==", 0.0)
        norm = (log(c, total.value) + most.value).or_if(impossible, -float("inf"))
        loglik[0] = norm.lanes([0])
        share = (w / total.value).or_if(impossible, 0.0)
        with c.when((t + 1).is_("<", n)), c.count(0, width, LANES) as j:
            later = at + width + j
            value = b.vector(later) + back.vector(later) - norm.or_if(impossible, 0.0)
            with c.count(0, width) as i:
                cell = i * width + j
                step = exp(c, value + (ahead.splat(at + i) + moves.vector(cell)))
                sums[cell] = c.fma(step, w, sums.vector(cell))
        with c.count(0, width, LANES) as j:
            ahead[at + j] = here.vector(j) * share


@routine("dddd" + "dud" + "iii")
def most_probable(
    c: Code, b: Array, initial: Array, moves: Array, room: Array, arg: Array, path: Array, joint: Array, n: Term,
    width: Term, k: Term,
) -> None:  # fmt: skip
    """Viterbi's recursion; `arg` holds the best state before each state, `room` the last row and the one to come."""
    best, which = c.registers(1, 2)[0]
    with c.count(0, width, LANES) as j:
        room[j] = initial.vector(j) + b.vector(j)
    with c.count(1, n) as t:
        at = t * width
        with c.count(0, width, LANES) as j:
            best.value = room.splat(0) + moves.vector(j)
            which.value = c.constant(0.0)
            with c.count(1, k) as i:
                value = room.splat(i) + moves.vector(i * width + j)
                better = value.is_(">", best.value)
                best.value = best.value.or_if(better, value)
                which.value = which.value.or_if(better, splat_of(c, i))
            room[width + j] = best.value + b.vector(at + j)
            arg[at + j] = which.value
        with c.count(0, width, LANES) as j:
            room[j] = room.vector(width + j)
    state = c.variable(0)
    with c.count(1, k) as i, c.when(room[i].is_(">", room[state.value])):
        state.value = i
    joint[0] = room[state.value]
    path[n - 1] = state.value
    with c.count(1, n) as t:
        row = n - t
        state.value = Term(c.b, c.b.fptoui(arg[row * width + state.value].raw, state.value.raw.type))
        path[row - 1] = state.value


def _log_sum(c: Code, row: Array, matrix: Array, width: Term) -> Term:
    """The same in logarithms."""
    total, most = c.registers(1, 2)[0]
    most.value = row.splat(0) + matrix.vector(0)
    with c.count(1, width) as i:
        value = row.splat(i) + matrix.vector(i * width)
        most.value = most.value.or_if(value.is_(">", most.value), value)
    shift = most.value.or_if(most.value.is_("<", LOG_ZERO / 2), 0.0)
    total.value = c.constant(0.0)
    with c.count(0, width) as i:
        total.value = total.value + exp(c, row.splat(i) + matrix.vector(i * width) - shift)
    none = total.value.is_("==", 0.0)
    return (log(c, total.value) + shift).or_if(none, -float("inf"))
