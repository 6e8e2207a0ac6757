"""The compiled E-step: read, features, product, softmax, product, one tile of rows after the other.

One call works on one chunk in one thread, without the interpreter lock, and nothing in it depends on other threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hiddenmix.kernels._blocks import ROWS, STRIDE, backward, backward_products, components, forward, forward_products
from hiddenmix.kernels._compiler import Fields, Interface
from hiddenmix.kernels._llvm import Array, Code, Term
from hiddenmix.kernels._tile import add_evidence, coded, copy, products, read, softmax, square_sum, weigh, whiten

BLOCK = 160  # products that are kept until the way back; where there are more, they are made a second time
# The last tile of the data, of `given` and of `weight` comes apart, filled up with zeros to a whole tile.
NUMBERS = (
    *("n", "x", "last_x", "columns", "single", "whitened", "dense", "square", "coded", "given_rows", "plain", "p"),
    *("k", "width", "groups", "weighted", "evidence", "by_code", "pooled", "full", "white_size", "white_blocks"),
)
WHOLES = ("ends", "blocks", "white_shape", "codes", "left", "right", "row_codes")
REALS = (
    *("given", "last_given", "weight", "last_weight", "ones", "nothing", "table", "pivot", "scale", "white"),
    *("arguments", "theta", "constant", "loglik", "counts", "sums", "scatter"),
    *("raw", "phi", "resp", "norm", "total"),
)
INTERFACE = Interface(NUMBERS, WHOLES, REALS)


@dataclass(frozen=True)
class Part:
    """Some components: their blocks, `begin` to `end`, with parameters and sums."""

    blocks: Array
    begin: Term
    end: Term
    theta: Array
    constant: Array
    sums: Array


def e_step(c: Code, a: Fields) -> None:
    """The whole E-step of one chunk; adds to log-likelihood, counts, sums and scatter."""
    with c.count(0, a.n, ROWS) as start:
        whole = (start + ROWS).is_("<=", a.n)
        with _groups(c, a) as (group, part):
            _features(c, a, group, start, whole)
            there(c, a, part)
        with c.when(a.has("evidence")):
            rows = (a.n - start).or_if(whole, ROWS)
            add_evidence(c, a.resp, a.k, a.table, a.row_codes, a.has("by_code"), start, rows)
        weight = a.ones.or_if(a.has("weighted"), a.weight.since(start)).or_if(~whole, a.last_weight)
        softmax(c, a.resp, a.k, weight, a.loglik, a.counts, a.norm, a.total)
        with _groups(c, a) as (group, part):
            with c.when(a.groups.is_(">", 1)):
                _features(c, a, group, start, whole)
            back(c, a, part, a.groups.is_(">", 1))
            with c.when(a.has("pooled")):
                _scatter(c, a, part, a.scatter.since(group * a.pooled))


@contextmanager
def _groups(c: Code, a: Fields) -> Iterator[tuple[Term, Part]]:
    """A loop over groups of components with coordinates of their own."""
    begin = c.variable(0)
    with c.count(0, a.groups) as group:
        end = a.ends[group]
        yield group, Part(a.blocks, begin.value, end, a.theta, a.constant, a.sums)
        begin.value = end


def _features(c: Code, a: Fields, group: Term, start: Term, whole: Term) -> None:
    """The features that are not products: whitened columns, |z|², counts and categories, and what comes ready-made."""
    single = a.has("single") & whole
    size = c.whole(8).or_if(single, 4)
    x = c.address(a.last_x.or_if(whole, a.x + start * a.columns * size))
    d = a.whitened
    apart = a.has("dense") | a.has("coded") | a.columns.is_(">", d)
    into = a.phi.or_if(apart, a.raw)
    read(c, x, single, a.columns, a.pivot.since(group * a.columns), a.scale.since(group * a.columns), into)
    with c.when(apart), c.either(a.has("dense")) as (yes, no):
        with yes:
            white = a.white.since(group * a.white_size)
            whiten(c, a.raw, white, a.white_shape, a.white_blocks, a.nothing, a.phi)
        with no:
            copy(c, a.raw, STRIDE, a.phi, d)
    with c.when(a.has("square")):
        square_sum(c, a.phi, d, a.phi.since(d * STRIDE))
    at = d + a.square
    coded(c, a.raw, a.codes, a.arguments, a.coded, a.phi.since(at * STRIDE))
    given = a.last_given.or_if(whole, a.given.since(start))
    copy(c, given, c.whole(ROWS).or_if(whole, a.n), a.phi.since((at + a.coded) * STRIDE), a.given_rows)


def there(c: Code, a: Fields, part: Part) -> None:
    """The logits of some components, less evidence: their constants, plus their parameters times the features."""
    plain = a.plain
    with components(c, part.blocks, part.begin, part.end) as (_, j, h):
        theta, out = part.theta.since(j * a.p), a.resp.since(j * STRIDE)
        forward(c, theta, a.phi, part.constant.since(j), out, h, plain, c.condition(False))
    with c.count(0, a.p - plain, BLOCK) as begin:
        left = a.p - plain - begin
        n = left.or_if(left.is_(">", BLOCK), BLOCK)
        phi = a.phi.since(plain * STRIDE)
        with components(c, part.blocks, part.begin, part.end) as (block, j, h):
            theta, out = part.theta.since(j * a.p + (plain + begin) * h), a.resp.since(j * STRIDE)
            with c.either(block.is_("==", part.begin)) as (first, later):
                with first:
                    forward_products(c, theta, a.phi, a.left.since(begin), a.right.since(begin), phi, out, h, n)
                with later:
                    forward(c, theta, phi, part.constant, out, h, n, c.condition(True))


def back(c: Code, a: Fields, part: Part, again: Term) -> None:
    """Add the features, weighted by the responsibilities of some components, to their sums; four at a time.

    Products are made `again` where they are gone.
    """
    plain = a.plain
    again = again | (a.p - plain).is_(">", BLOCK)
    with c.count(0, a.p, 4) as f:
        made = again & f.is_(">=", plain)
        at = f.or_if(made, plain)
        with c.when(again & ~made & (f + 4).is_(">", plain)):
            products(c, a.phi, a.left, a.right, c.whole(0), f + 4 - plain, a.phi.since(plain * STRIDE))
        with components(c, part.blocks, part.begin, part.end) as (block, j, h):
            resp, phi, sums = a.resp.since(j * STRIDE), a.phi.since(at * STRIDE), part.sums.since(j * a.width + f)
            with c.either(made & block.is_("==", part.begin)) as (first, later):
                with first:
                    left, right = (side.since(f - plain) for side in (a.left, a.right))
                    backward_products(c, resp, a.phi, left, right, phi, sums, h, a.width)
                with later:
                    backward(c, resp, phi, sums, h, a.width)


def _scatter(c: Code, a: Fields, part: Part, out: Array) -> None:
    """Add the scatter of z about 0, weighted by the shares of some components together: upper half, or diagonal."""
    d, first, end = a.whitened, part.blocks[part.begin * 2], part.end * 2
    n = part.blocks[end - 2] + part.blocks[end - 1] - first
    weigh(c, a.resp.since(first * STRIDE), n, a.phi, d, ~a.has("full"), a.total, a.raw, out)
    width = (d + 3) // 4 * 4
    rows = components(c, a.white_shape, 0, a.white_blocks)
    with c.when(a.has("full")), c.count(0, d, 4) as f, rows as (_, i, h), c.when(i.is_("<", f + 4)):
        backward(c, a.raw.since(i * STRIDE), a.phi.since(f * STRIDE), out.since(i * width + f), h, width)
