"""Rows whose states are vectors side by side: sums over lanes, and the way from one order of numbers to the other."""

from __future__ import annotations

from collections.abc import Callable

from hiddenmix._special import LOG_ZERO
from hiddenmix.kernels._elementary import exp
from hiddenmix.kernels._llvm import DOUBLE, LANES, Array, Code, Term, routine


@routine("dddii")
def relative(c: Code, log_prob: Array, top: Array, b: Array, n: Term, width: Term) -> None:
    """Densities relative to the largest of their row; 0 in rows that are impossible."""
    with c.count(0, n, LANES) as row:
        most = c.registers(1, 1)[0][0]
        most.value = log_prob.vector(row)
        with c.count(1, width) as j:
            value = log_prob.vector(j * up(n) + row)
            most.value = most.value.or_if(value.is_(">", most.value), value)
        most.value = most.value.or_if(most.value.is_("<", LOG_ZERO / 2), 0.0)
        top[row] = most.value
        with c.count(0, width, LANES) as j:
            lanes = [exp(c, log_prob.vector((j + i) * up(n) + row) - most.value) for i in range(LANES)]
            put(b, lanes, row, j, width)


@routine("ddii")
def turned_back(c: Code, rows: Array, out: Array, n: Term, width: Term) -> None:
    """(width, n) becomes (n, width)."""
    with c.count(0, n, LANES) as row, c.count(0, width, LANES) as j:
        put(out, [rows.vector((j + i) * up(n) + row) for i in range(LANES)], row, j, width)


@routine("ddii")
def turned(c: Code, rows: Array, out: Array, n: Term, width: Term) -> None:
    """(n, width) becomes (width, n)."""
    with c.count(0, n, LANES) as row, c.count(0, width, LANES) as j:
        lanes = transposed([rows.vector((row + i) * width + j) for i in range(LANES)])
        for i, lane in enumerate(lanes):
            out[(j + i) * up(n) + row] = lane


def put(out: Array, lanes: list[Term], row: Term, j: Term, width: Term) -> None:
    """Vectors over rows, one for each state, as rows of states."""
    for i, lane in enumerate(transposed(lanes)):
        out[(row + i) * width + j] = lane


def transposed(vectors: list[Term]) -> list[Term]:
    """Lane i of vector l becomes lane l of vector i: one bit of the numbers after the other changes places."""
    for bit in (1 << power for power in range(LANES.bit_length() - 1)):
        turned = list(vectors)
        for i in range(LANES):
            if not i & bit:
                a, b = vectors[i], vectors[i | bit]
                turned[i] = a.lanes([LANES + (lane ^ bit) if lane & bit else lane for lane in range(LANES)], b)
                turned[i | bit] = a.lanes([LANES + lane if lane & bit else lane | bit for lane in range(LANES)], b)
        vectors = turned
    return vectors


def across(value: Term, both: Callable[[Term, Term], Term]) -> Term:
    """Something of all lanes, in all lanes."""
    for bit in (1 << power for power in range(LANES.bit_length() - 1)):
        value = both(value, value.lanes([lane ^ bit for lane in range(LANES)]))
    return value


def lane_sum(value: Term) -> Term:
    """The sum of all lanes, in all lanes."""
    return across(value, lambda a, b: a + b)


def lane_most(value: Term) -> Term:
    """The largest of all lanes, in all lanes."""
    return across(value, lambda a, b: a.or_if(b.is_(">", a), b))


def splat_of(c: Code, whole: Term) -> Term:
    """A whole number, as a number in all lanes."""
    number = whole.cast("uitofp", DOUBLE)
    kind = c.constant(0.0).raw
    return Term(c.b, c.b.insert_element(kind, number.raw, c.whole(0).raw)).lanes([0] * LANES)


def up(n: Term) -> Term:
    """Rows of the caller's arrays: whole vectors."""
    return (n + (LANES - 1)) // LANES * LANES
