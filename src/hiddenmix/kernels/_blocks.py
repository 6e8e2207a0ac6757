"""The inner loops of the compiled E-step: blocks of `HEIGHT` x `PANEL` vectors that stay in registers.

That is what a matrix product needs to run at the machine's own rate, and what no loop in Python's notation can ask for.
The order of every sum is fixed here: it depends neither on the data nor on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hiddenmix.kernels._emit import DOUBLE, FLOAT, INT, LANES, PANEL, ROWS, STRIDE, Emit, Value, block, whole

Registers = list[list[Value]]


def _forward(e: Emit, theta: Value, phi: Value, start: Value, out: Value, h: Value, p: Value, more: Value) -> None:
    """out (h, rows) = start (h) + theta' (h, p) phi (p, rows); `more` adds to out instead."""

    def body(h: int) -> None:
        with e.loop(ROWS, PANEL * LANES) as row:
            sums = e.registers(h, PANEL)
            with e.b.if_else(e.b.icmp_unsigned("==", more, whole(0))) as (fresh, going_on):
                with fresh:
                    for i in range(h):
                        for total in sums[i]:
                            e.b.store(e.splat(e.at(start, i)), total)
                with going_on:
                    _fetch(e, sums, out, row)
            with e.loop(p) as f:
                cell = e.at(phi, row, e.b.mul(f, whole(STRIDE)))
                _add_products(e, sums, e.at(theta, e.b.mul(f, whole(h))), _panel(e, cell))
            _put(e, sums, out, row)

    e.for_height(h, body)


def _forward_products(
    e: Emit, theta: Value, z: Value, left: Value, right: Value, phi: Value, out: Value, h: Value, p: Value
) -> None:
    """phi (p, rows) = products of the rows of z at `left` and `right`, and out (h, rows) += theta' (h, p) phi."""

    def body(h: int) -> None:
        with e.loop(ROWS, PANEL * LANES) as row:
            sums = e.registers(h, PANEL)
            _fetch(e, sums, out, row)
            with e.loop(p) as f:
                one, other = (_panel(e, e.at(z, row, e.scalar(e.at(side, f, of=INT), INT))) for side in (left, right))
                x = [e.b.fmul(a, b) for a, b in zip(one, other, strict=True)]
                cell = e.at(phi, row, e.b.mul(f, whole(STRIDE)))
                for v, value in enumerate(x):
                    e.store(value, e.at(cell, v * LANES))
                _add_products(e, sums, e.at(theta, e.b.mul(f, whole(h))), x)
            _put(e, sums, out, row)

    e.for_height(h, body)


def _backward(e: Emit, resp: Value, phi: Value, sums: Value, h: Value, width: Value) -> None:
    """sums (h, 4) += resp (h, rows) phi' (rows, 4), the rows of `sums` being `width` numbers apart."""

    def body(h: int) -> None:
        totals = e.registers(h, PANEL)
        with e.loop(ROWS, LANES) as row:
            x = [e.load(e.at(phi, row, f * STRIDE)) for f in range(PANEL)]
            for i in range(h):
                share = e.load(e.at(resp, row, i * STRIDE))
                for f in range(PANEL):
                    e.add_product(totals[i][f], share, x[f])
        for i in range(h):
            cell = e.at(sums, e.b.mul(width, whole(i)))
            total = e.lane_sums([e.get(total) for total in totals[i]])
            e.store(e.b.fadd(total, e.load(cell, PANEL)), cell)

    e.for_height(h, body)


def _columns(n: int, of: Value) -> Callable[..., None]:
    """The block that reads n columns of row-major data x (rows, d) into out (n, rows), as (x - pivot) scale."""

    def body(e: Emit, x: Value, d: Value, pivot: Value, scale: Value, out: Value) -> None:
        pivots, scales = ([e.splat(e.at(side, i)) for i in range(n)] for side in (pivot, scale))
        with e.loop(ROWS, LANES) as row:
            rows = [e.b.mul(e.b.add(row, whole(lane)), d) for lane in range(LANES)]
            parts = [e.load(e.at(x, start, of=of), n, of) for start in rows]
            while len(parts) > 1:
                both = range(2 * parts[0].type.count)
                parts = [e.pick(a, both, b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            for i in range(n):
                column = e.pick(parts[0], range(i, n * LANES, n))
                e.store(e.b.fmul(e.b.fsub(column, pivots[i]), scales[i]), e.at(out, row, i * STRIDE))

    return body


def _panel(e: Emit, cell: Value) -> list[Value]:
    return [e.load(e.at(cell, v * LANES)) for v in range(PANEL)]


def _fetch(e: Emit, registers: Registers, tile: Value, row: Value) -> None:
    for i, places in enumerate(registers):
        for place, value in zip(places, _panel(e, e.at(tile, row, i * STRIDE)), strict=True):
            e.b.store(value, place)


def _put(e: Emit, registers: Registers, tile: Value, row: Value) -> None:
    for i, places in enumerate(registers):
        for v, place in enumerate(places):
            e.store(e.get(place), e.at(tile, row, i * STRIDE + v * LANES))


def _add_products(e: Emit, sums: Registers, theta: Value, x: Sequence[Value]) -> None:
    for i, totals in enumerate(sums):
        coefficient = e.splat(e.at(theta, i))
        for total, value in zip(totals, x, strict=True):
            e.add_product(total, coefficient, value)


forward = block("forward", "ddddiii", _forward)
forward_products = block("forward_products", "dduuddii", _forward_products)
backward = block("backward", "dddii", _backward)
read_1, read_4 = (block(f"read_{n}", "xiddd", _columns(n, DOUBLE)) for n in (1, 4))
read_1_single, read_4_single = (block(f"read_{n}_single", "fiddd", _columns(n, FLOAT)) for n in (1, 4))
