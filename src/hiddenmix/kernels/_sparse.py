"""The E-step of many components, most of which are impossible for most rows: each tile works on a few of them.

Rows are taken in the order of the component whose centre is nearest, so that a tile lies in one or a few places. Each
tile has a list of components; their parameters are packed for it, and their sums added to everybody's afterwards.
`_skipping` makes the lists.
"""

from __future__ import annotations

from hiddenmix.kernels._blocks import HEIGHT, ROWS, STRIDE, components, forward
from hiddenmix.kernels._compiler import Fields, Interface
from hiddenmix.kernels._llvm import LANES, Array, Code, Term, routine
from hiddenmix.kernels._program import NUMBERS, REALS, WHOLES, Part, back, there
from hiddenmix.kernels._tile import read_rows, softmax, square_sum, whiten

# `order` (n,) are rows of the data, n filling whole tiles. `chosen[starts[t]]` to `chosen[starts[t + 1]]` are what is
# listed for tile t, a multiple of `HEIGHT` of them, filled up with one beyond the last that is impossible everywhere.
# Rows `runs[i]` to `runs[i + 1]` are nearest to one centre; those of tile t are `first_runs[t]` to `first_runs[t + 1]`.
INTERFACE = Interface(
    NUMBERS,
    (*WHOLES, "order", "starts", "chosen", "even", "runs", "first_runs"),
    (*REALS, "guide", "half_square", "label", "lowest", "all_theta", "all_constant", "own_counts", "own_sums"),
)


def nearest(c: Code, a: Fields) -> None:
    """The nearest centre m of each row: the one with the largest m'z - |m|²/2, in whitened coordinates."""
    with c.count(0, a.n, ROWS) as start:
        _coordinates(c, a, start)
        with components(c, a.blocks, 0, a.ends[0]) as (_, j, h):
            guide, out = a.guide.since(j * a.whitened), a.resp.since(j * STRIDE)
            forward(c, guide, a.phi, a.half_square.since(j), out, h, a.whitened, c.condition(False))
        largest(c, a.resp, a.k, a.label.since(start))


def lowest(c: Code, a: Fields) -> None:
    """The least joint log density, in each run of rows, of the component that is listed for it."""
    with c.count(0, a.n, ROWS) as start:
        _logits(c, a, start)
        tile = start // ROWS
        with c.count(a.first_runs[tile], a.first_runs[tile + 1]) as run:
            logits = a.resp.since((run - a.first_runs[tile]) * STRIDE)
            least = c.variable(logits[a.runs[run] - start])
            with c.count(a.runs[run] - start, a.runs[run + 1] - start) as row:
                least.value = least.value.or_if(logits[row].is_("<", least.value), logits[row])
            a.lowest[run] = least.value


def sparse_e_step(c: Code, a: Fields) -> None:
    """The E-step of one chunk, each tile on components of its own."""
    with c.count(0, a.n, ROWS) as start:
        chosen, k, part = _logits(c, a, start)
        softmax(c, a.resp, k, a.weight.since(start), a.loglik, a.own_counts, a.norm, a.total)
        back(c, a, part, c.condition(False))
        spread(c, a.own_counts, chosen, k, c.whole(LANES), a.counts)
        spread(c, a.own_sums, chosen, k, a.width, a.sums)


def _logits(c: Code, a: Fields, start: Term) -> tuple[Array, Term, Part]:
    """Joint log densities of a tile under the components that are listed for it: which, how many, and their part."""
    tile = start // ROWS
    chosen, k = a.chosen.since(a.starts[tile]), a.starts[tile + 1] - a.starts[tile]
    _coordinates(c, a, start)
    collect(c, a.all_theta, a.all_constant, chosen, k, a.p, a.theta, a.constant)
    part = Part(a.even, c.whole(0), k // HEIGHT, a.theta, a.constant, a.own_sums)
    there(c, a, part)
    return chosen, k, part


def _coordinates(c: Code, a: Fields, start: Term) -> None:
    """The whitened rows of a tile."""
    x, order = c.address(a.x), a.order.since(start)
    read_rows(c, x, a.has("single"), a.columns, a.pivot, a.scale, a.phi.or_if(a.has("dense"), a.raw), order)
    with c.when(a.has("dense")):
        whiten(c, a.raw, a.white, a.white_shape, a.white_blocks, a.nothing, a.phi)
    with c.when(a.has("square")):
        square_sum(c, a.phi, a.whitened, a.phi.since(a.whitened * STRIDE))


@routine("did")
def largest(c: Code, scores: Array, k: Term, label: Array) -> None:
    """Which of k components has the largest score in each row."""
    with c.count(0, ROWS, LANES) as row:
        best, winner, here = c.variable(scores.vector(row)), c.variable(c.constant(0.0)), c.variable(c.constant(0.0))
        with c.count(1, k) as j:
            here.value = here.value + 1.0
            score = scores.vector(row + j * STRIDE)
            better = score.is_(">", best.value)
            best.value, winner.value = best.value.or_if(better, score), winner.value.or_if(better, here.value)
        label[row] = winner.value


@routine("dduiidd")
def collect(
    c: Code, theta: Array, constant: Array, chosen: Array, k: Term, p: Term, own_theta: Array, own_constant: Array
) -> None:
    """Parameters (., p) and constants of the chosen components, in the blocks of `forward`."""
    with c.count(0, k, HEIGHT) as first:
        rows = [chosen[first + i] for i in range(HEIGHT)]
        for i, row in enumerate(rows):
            own_constant[first + i] = constant[row]
        with c.count(0, p) as f:
            for i, row in enumerate(rows):
                own_theta[first * p + f * HEIGHT + i] = theta[row * p + f]


@routine("duiid")
def spread(c: Code, own: Array, chosen: Array, k: Term, width: Term, everybody: Array) -> None:
    """Add sums of the chosen components, `width` numbers each, to everybody's, and clear them for the next tile."""
    with c.count(0, k) as i, c.count(0, width, 4) as at:
        there, here = chosen[i] * width + at, i * width + at
        everybody[there] = everybody.vector(there, 4) + own.vector(here, 4)
        own[here] = c.constant(0.0, 4)
