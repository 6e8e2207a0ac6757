"""What an E-step does with one tile of rows besides the two products: read it, make features, take the softmax."""

from __future__ import annotations

from collections.abc import Callable

from hiddenmix._special import LOG_ZERO
from hiddenmix.kernels._blocks import PANEL, ROWS, STRIDE, components, forward
from hiddenmix.kernels._elementary import exp, log
from hiddenmix.kernels._llvm import FLOAT, LANES, Array, Code, Term, routine
from hiddenmix.kernels.form import LEVEL, REST, SEEN

INFINITY = float("inf")


@routine("dbiddd")
def read(c: Code, x: Array, single: Term, d: Term, pivot: Array, scale: Array, out: Array) -> None:
    """out (d, rows) = (x - pivot) scale, from row-major data (rows, d) in double or single precision."""
    _read(c, x, single, d, pivot, scale, out, lambda row: row)


@routine("dbidddu")
def read_rows(c: Code, x: Array, single: Term, d: Term, pivot: Array, scale: Array, out: Array, chosen: Array) -> None:
    """The same from rows of data that stand in any order."""
    _read(c, x, single, d, pivot, scale, out, lambda row: chosen[row])


def _read(
    c: Code,
    x: Array,
    single: Term,
    d: Term,
    pivot: Array,
    scale: Array,
    out: Array,
    position: Callable[[Term], Term],
) -> None:
    def columns(x: Array, at: Term, n: int) -> None:
        pivots, scales = ([side.splat(at + i) for i in range(n)] for side in (pivot, scale))
        with c.count(0, ROWS, LANES) as row:
            parts = [x.vector(position(row + lane) * d + at, n) for lane in range(LANES)]
            while len(parts) > 1:
                both = range(2 * parts[0].width)
                parts = [a.lanes(both, b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            for i in range(n):
                column = parts[0].lanes(range(i, n * LANES, n))
                out[(at + i) * STRIDE + row] = (column - pivots[i]) * scales[i]

    def all_columns(x: Array) -> None:
        with c.either(d.is_("<", 4)) as (few, many):
            with few, c.count(0, d) as at:
                columns(x, at, 1)
            with many, c.count(0, d, 4) as at:
                columns(x, at.or_if((at + 4).is_(">", d), d - 4), 4)  # the last four may overlap those before

    with c.either(single) as (yes, no):
        with yes:
            all_columns(Array(c.b, c.b.bitcast(x.pointer, FLOAT.as_pointer()), FLOAT))
        with no:
            all_columns(x)


@routine("dduidd")
def whiten(c: Code, raw: Array, white: Array, blocks: Array, n_blocks: Term, nothing: Array, z: Array) -> None:
    """z = white raw; `white` is lower triangular, in blocks of rows as `forward` wants them."""
    at = c.variable(0)
    with components(c, blocks, 0, n_blocks) as (_, a, h):
        forward(c, white.since(at.value), raw, nothing, z.since(a * STRIDE), h, a + h, c.condition(False))
        at.value = at.value + h * (a + h)


@routine("didi")
def copy(c: Code, a: Array, distance: Term, out: Array, n: Term) -> None:
    """n rows that lie `distance` numbers apart become rows of a tile."""
    with c.count(0, n) as i, c.count(0, ROWS, LANES) as row:
        out[i * STRIDE + row] = a.vector(i * distance + row)


@routine("did")
def square_sum(c: Code, z: Array, d: Term, out: Array) -> None:
    """|z|² of the first d rows of a tile."""
    with c.count(0, ROWS, LANES) as row:
        total = c.variable(c.constant(0.0))
        with c.count(0, d) as a:
            value = z.vector(row + a * STRIDE)
            total.value = c.fma(value, value, total.value)
        out[row] = total.value


@routine("dudid")
def coded(c: Code, raw: Array, codes: Array, arguments: Array, n: Term, out: Array) -> None:
    """What counts and categories say, 0 in missing cells: `codes` holds a column and one of the rules above for each.

    VALUE is the count itself, SEEN 1, REST the argument less the count, LEVEL whether the cell equals the argument.
    """
    with c.count(0, n) as i:
        column, rule, argument = codes[i * 2] * STRIDE, codes[i * 2 + 1], arguments.splat(i)
        with c.count(0, ROWS, LANES) as row:
            x = raw.vector(column + row)
            value = x.or_if(rule.is_("==", SEEN), 1.0).or_if(rule.is_("==", REST), argument - x)
            level = c.constant(0.0).or_if(x.is_("==", argument), 1.0)
            value = value.or_if(rule.is_("==", LEVEL), level)
            out[i * STRIDE + row] = c.constant(0.0).or_if(x.is_("==", x), value)


@routine("duuiid")
def products(c: Code, z: Array, left: Array, right: Array, begin: Term, n: Term, out: Array) -> None:
    """n features that are products of two others."""
    with c.count(0, n) as i:
        a, b = left[begin + i], right[begin + i]
        with c.count(0, ROWS, LANES) as row:
            out[i * STRIDE + row] = z.vector(a + row) * z.vector(b + row)


@routine("didubii")
def add_evidence(
    c: Code, logits: Array, k: Term, table: Array, codes: Array, by_code: Term, start: Term, rows: Term
) -> None:
    """Add the log-weights of each row: its own row of `table` (n, k), or the one that its code says."""
    with c.count(0, rows) as row:
        at = c.variable(start + row)
        with c.when(by_code):
            at.value = codes[start + row]
        with c.count(0, k) as j:
            cell = j * STRIDE + row
            logits[cell] = logits[cell] + table[at.value * k + j]


@routine("diddddd")
def softmax(
    c: Code, logits: Array, k: Term, weight: Array, loglik: Array, counts: Array, norm: Array, factor: Array
) -> None:
    """Weighted responsibilities in place of the logits; adds to the log-likelihood and the counts, lane by lane.

    A row that is impossible under every component, by evidence or by a probability of 0, has log-likelihood -inf and no
    responsibilities. `norm` and `factor` (rows,) are room to work in.
    """
    with c.count(0, ROWS, PANEL * LANES) as row:
        (top,), (sums,) = c.registers(1, PANEL), c.registers(1, PANEL)
        for v, largest in enumerate(top):
            largest.value = logits.vector(row + v * LANES)
        with c.count(1, k) as j:
            for v, largest in enumerate(top):
                logit = logits.vector(row + j * STRIDE + v * LANES)
                largest.value = largest.value.or_if(logit.is_(">", largest.value), logit)
        for largest in top:
            largest.value = largest.value.or_if(largest.value.is_("<", LOG_ZERO / 2), 0.0)
        with c.count(0, k) as j:
            for v in range(PANEL):
                at = row + j * STRIDE + v * LANES
                e = exp(c, logits.vector(at) - top[v].value)
                logits[at] = e
                sums[v].value = sums[v].value + e
        for v in range(PANEL):
            norm[row + v * LANES] = top[v].value
            factor[row + v * LANES] = sums[v].value
    gain = c.variable(c.constant(0.0))
    with c.count(0, ROWS, LANES) as row:
        total, w = factor.vector(row), weight.vector(row)
        impossible = total.is_("==", 0.0)
        logsum = norm.vector(row) + log(c, total) + (total - total)  # NaN where the total is
        gain.value = gain.value + c.constant(0.0).or_if(w.is_(">", 0.0), logsum.or_if(impossible, -INFINITY) * w)
        factor[row] = (w / total).or_if(impossible, 0.0)
    loglik[0] = loglik.vector(0) + gain.value
    with c.count(0, k) as j:
        count = c.variable(c.constant(0.0))
        with c.count(0, ROWS, LANES) as row:
            share = logits.vector(row + j * STRIDE) * factor.vector(row)
            logits[row + j * STRIDE] = share
            count.value = count.value + share
        counts[j * LANES] = counts.vector(j * LANES) + count.value


@routine("didibddd")
def weigh(
    c: Code, resp: Array, k: Term, z: Array, d: Term, diagonal: Term, total: Array, weighted: Array, out: Array
) -> None:
    """z weighted by the shares of k components together; and the sums of z times that, column by column, if asked."""
    with c.count(0, ROWS, LANES) as row:
        shares = c.variable(c.constant(0.0))
        with c.count(0, k) as j:
            shares.value = shares.value + resp.vector(row + j * STRIDE)
        total[row] = shares.value
    with c.count(0, d) as a:
        squares = c.variable(c.constant(0.0))
        with c.count(0, ROWS, LANES) as row:
            at = row + a * STRIDE
            weighted[at] = z.vector(at) * total.vector(row)
            squares.value = c.fma(weighted.vector(at), z.vector(at), squares.value)
        with c.when(diagonal):
            out[a * LANES] = out.vector(a * LANES) + squares.value
