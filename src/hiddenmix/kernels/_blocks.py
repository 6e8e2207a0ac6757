"""The two matrix products of an E-step, in blocks of `HEIGHT` x 4 vectors that stay in registers.

A tile is a matrix whose rows are features or components and whose columns are `ROWS` rows of the data; its rows lie
`STRIDE` numbers apart. Sums have a fixed order, which depends neither on the data nor on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hiddenmix.kernels._llvm import LANES, REGISTERS, Array, Code, Term, Variable, routine

ROWS = 256  # by benchmark
STRIDE = ROWS + 8  # an odd number of cache lines: the rows of a tile then do not compete for the same cache sets
HEIGHT = 6 if REGISTERS == 32 else 3  # components in a block
PANEL = 4  # vectors of rows in a block forward, features in a block backward


def heights(n: int) -> Iterator[tuple[int, int]]:
    """Blocks of components, as even as can be: the first of each, and how many they are."""
    blocks = -(-n // HEIGHT)
    for i in range(blocks):
        yield i * n // blocks, (i + 1) * n // blocks - i * n // blocks


@contextmanager
def components(c: Code, blocks: Array, begin: Term | int, end: Term) -> Iterator[tuple[Term, Term, Term]]:
    """A loop over blocks of components: which block, its first component, and how many they are.

    `blocks` holds the pairs that `heights` gives.
    """
    with c.count(begin, end) as i:
        yield i, blocks[i * 2], blocks[i * 2 + 1]


@routine("ddddiib")
def forward(c: Code, theta: Array, phi: Array, start: Array, out: Array, h: Term, p: Term, more: Term) -> None:
    """out (h, rows) = start (h) + theta' (h, p) phi (p, rows); with `more`, added to what out holds."""

    def body(h: int) -> None:
        with c.count(0, ROWS, PANEL * LANES) as row:
            sums = c.registers(h, PANEL)
            with c.either(more) as (go_on, begin):
                with go_on:
                    _fetch(sums, out, row)
                with begin:
                    for i, totals in enumerate(sums):
                        for total in totals:
                            total.value = start.splat(i)
            with c.count(0, p) as f:
                _add(c, sums, theta.since(f * h), _panel(phi, row + f * STRIDE))
            _put(sums, out, row)

    c.cases(h, HEIGHT, body)


@routine("dduuddii")
def forward_products(
    c: Code, theta: Array, z: Array, left: Array, right: Array, phi: Array, out: Array, h: Term, p: Term
) -> None:
    """phi (p, rows) = the rows of z at `left` times those at `right`, and out (h, rows) += theta' (h, p) phi."""

    def body(h: int) -> None:
        with c.count(0, ROWS, PANEL * LANES) as row:
            sums = c.registers(h, PANEL)
            _fetch(sums, out, row)
            with c.count(0, p) as f:
                pairs = zip(_panel(z, row + left[f]), _panel(z, row + right[f]), strict=True)
                x = [a * b for a, b in pairs]
                for v, value in enumerate(x):
                    phi[row + f * STRIDE + v * LANES] = value
                _add(c, sums, theta.since(f * h), x)
            _put(sums, out, row)

    c.cases(h, HEIGHT, body)


@routine("dddii")
def backward(c: Code, resp: Array, phi: Array, sums: Array, h: Term, width: Term) -> None:
    """sums (h, 4) += resp (h, rows) phi' (rows, 4), the rows of `sums` being `width` numbers apart."""
    _backward(c, resp, sums, h, width, lambda row: [phi.vector(row + f * STRIDE) for f in range(PANEL)])


@routine("dduuddii")
def backward_products(
    c: Code, resp: Array, z: Array, left: Array, right: Array, phi: Array, sums: Array, h: Term, width: Term
) -> None:
    """The same with phi (4, rows) = the rows of z at `left` times those at `right`."""
    places = [(left[f], right[f]) for f in range(PANEL)]

    def features(row: Term) -> list[Term]:
        x = [z.vector(row + a) * z.vector(row + b) for a, b in places]
        for f, value in enumerate(x):
            phi[row + f * STRIDE] = value
        return x

    _backward(c, resp, sums, h, width, features)


def _backward(c: Code, resp: Array, sums: Array, h: Term, width: Term, features: Callable[[Term], list[Term]]) -> None:
    def body(h: int) -> None:
        totals = c.registers(h, PANEL)
        with c.count(0, ROWS, LANES) as row:
            x = features(row)
            for i in range(h):
                share = resp.vector(row + i * STRIDE)
                for total, value in zip(totals[i], x, strict=True):
                    total.value = c.fma(share, value, total.value)
        for i in range(h):
            at = width * i
            sums[at] = sums.vector(at, PANEL) + lane_sums([total.value for total in totals[i]])

    c.cases(h, HEIGHT, body)


def lane_sums(vectors: Sequence[Term]) -> Term:
    """The sums of the lanes of four vectors, as one vector of four."""
    a, b, c, d = vectors
    total = _pair_sums(_pair_sums(a, b), _pair_sums(c, d))
    while total.width > 4:
        total = _pair_sums(total)
    return total


def _pair_sums(a: Term, b: Term | None = None) -> Term:
    lanes = a.width if b is None else 2 * a.width
    return a.lanes(range(0, lanes, 2), b) + a.lanes(range(1, lanes, 2), b)


def _panel(tile: Array, at: Term) -> list[Term]:
    return [tile.vector(at + v * LANES) for v in range(PANEL)]


def _fetch(registers: list[list[Variable]], tile: Array, row: Term) -> None:
    for i, places in enumerate(registers):
        for place, value in zip(places, _panel(tile, row + i * STRIDE), strict=True):
            place.value = value


def _put(registers: list[list[Variable]], tile: Array, row: Term) -> None:
    for i, places in enumerate(registers):
        for v, place in enumerate(places):
            tile[row + (i * STRIDE + v * LANES)] = place.value


def _add(c: Code, sums: list[list[Variable]], theta: Array, x: Sequence[Term]) -> None:
    for i, totals in enumerate(sums):
        coefficient = theta.splat(i)
        for total, value in zip(totals, x, strict=True):
            total.value = c.fma(coefficient, value, total.value)
