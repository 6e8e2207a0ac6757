"""From a form and a chunk to a call of the compiled program, and back."""

from __future__ import annotations

import ctypes
import functools
import math
import threading
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.kernels._blocks import ROWS, STRIDE, heights
from hiddenmix.kernels._compiler import compiled
from hiddenmix.kernels._llvm import LANES
from hiddenmix.kernels._program import BLOCK, INTERFACE, e_step
from hiddenmix.kernels.form import Expected, Form, Knowledge, Layout, n_rows

Call = INTERFACE.structure
(run,) = compiled(INTERFACE, e_step, kept=True)
ONES, NOTHING = np.repeat([1.0, 0.0], ROWS).reshape(2, ROWS)  # side by side: the last ones weigh a tile filled in part
REAL = 8  # bytes of a number
LINE = 8  # numbers in a cache line
_thread = threading.local()


@dataclass(frozen=True, eq=False)
class Plan:
    """What all forms of one layout have in common.

    `call` is the part of a call that stays the same, `arrays` are those to which it points. `order` takes from scales,
    pivots and parameters, one after the other, the numbers that the program wants, of which `places` says where each
    kind begins. `rooms` are the places in a thread's workspace, of `room` numbers in all.
    """

    call: Any
    arrays: dict[str, Array]
    order: Array
    places: dict[str, int]
    rooms: dict[str, int]
    room: int


class Packed:
    """A form as the program reads it; keeps the arrays to which its call points."""

    def __init__(self, form: Form) -> None:
        self.form, self.plan = form, _plan(form.layout, form.ends)
        self.call = Call.from_buffer_copy(self.plan.call)
        self.width, self.pooled = self.call.width, self.call.pooled
        numbers = np.concatenate([part.ravel() for part in (form.scale, form.pivot, form.theta)])
        self._numbers = numbers.take(self.plan.order)
        _point(self.call, self._numbers, self.plan.places)

    def e_step(
        self, x: Array | None, given: Array | None, log_weights: Array, weight: Array | None, evidence: Knowledge | None
    ) -> Expected:
        """The sums over a chunk."""
        (k, p), groups, width = self.form.theta.shape, len(self.form.ends), self.width
        counts, sums = LANES, LANES * (1 + k)
        scatter = sums + width * k
        constant = scatter + groups * self.pooled
        out = np.zeros(constant + k)
        np.add(self.form.constant, log_weights, out=out[constant:])
        call = Call.from_buffer_copy(self.call)
        _point(call, out, {"loglik": 0, "counts": counts, "sums": sums, "scatter": scatter, "constant": constant})
        kept = self._rows(call, x, given, weight, evidence)
        run(ctypes.byref(call))
        del kept  # not before
        return Expected(
            float(out[:LANES].sum()),
            out[counts:sums].reshape(k, LANES).sum(axis=1),
            out[sums:scatter].reshape(k, width)[:, :p],
            self._scatter(out[scatter:constant].reshape(groups, -1)) if self.pooled else None,
        )

    def rooms(self) -> dict[str, int]:
        """Addresses of the room that this thread works in."""
        start = address(_workspace(self.plan.room))
        return {name: start + REAL * place for name, place in self.plan.rooms.items()}

    def _rows(
        self, call: Any, x: Array | None, given: Array | None, weight: Array | None, evidence: Knowledge | None
    ) -> list[Array]:
        """Let a call point at a chunk and at this thread's workspace; returns the arrays that must live on.

        The rows that do not fill a tile are copied into one of their own, with zeros in the rest of it.
        """
        call.n = n = n_rows(x, given)
        rest, kept = n % ROWS, []
        room, rooms = _workspace(self.plan.room), self.plan.rooms
        _point(call, room, rooms)
        if x is not None:
            kept.append(row_major(x))
            call.x, call.single = address(kept[-1]), kept[-1].dtype == np.float32
            last = room[rooms["last_x"] :][: ROWS * self.call.columns].reshape(ROWS, -1)
            last[:rest], last[rest:] = x[n - rest :], 0.0
        if given is not None:
            kept.append(_reals(given))
            call.given = address(kept[-1])
            last = room[rooms["last_given"] :][: ROWS * len(given)].reshape(-1, ROWS)
            last[:, :rest], last[:, rest:] = given[:, n - rest :], 0.0
        call.last_weight = call.ones + REAL * (ROWS - rest)
        if weight is not None:
            kept += [_reals(weight), np.zeros(ROWS)]
            kept[-1][:rest] = weight[n - rest :]
            call.weight, call.last_weight, call.weighted = *map(address, kept[-2:]), True
        if evidence is not None:
            kept.append(_reals(evidence.table))
            call.table, call.evidence, call.by_code = address(kept[-1]), True, evidence.codes is not None
            if evidence.codes is not None:
                kept.append(np.ascontiguousarray(evidence.codes, dtype=np.int64))
                call.row_codes = address(kept[-1])
        return kept

    def _scatter(self, sums: Array) -> Array:
        """Scatters (groups, d, d) from their upper halves, or (groups, d) from lanes."""
        d = self.form.layout.whitened
        if self.form.layout.pooled == "diag":
            return sums.reshape(-1, d, LANES).sum(axis=2)
        upper = np.triu(sums.reshape(len(sums), d, -1)[:, :, :d])
        return upper + np.swapaxes(np.triu(upper, 1), 1, 2)


@functools.lru_cache(maxsize=16)
def _plan(layout: Layout, ends: tuple[int, ...]) -> Plan:
    d, arrays, order = layout.whitened, _arrays(layout, ends), _order(layout, ends)
    shape = [(j, h) for j, h in heights(d) if layout.dense]
    call = Call(
        columns=layout.columns, whitened=d, dense=layout.dense, square=layout.square, coded=len(layout.codes),
        given_rows=layout.given, plain=layout.plain, p=layout.size, k=ends[-1], width=_up(layout.size, 4),
        groups=len(ends), pooled=d * {"": 0, "diag": LANES, "full": _up(d, 4)}[layout.pooled],
        full=layout.pooled == "full", white_blocks=len(shape), white_size=sum((j + h) * h for j, h in shape),
        **{name: address(array) for name, array in arrays.items()},
    )  # fmt: skip
    sizes = {
        "raw": STRIDE * max(layout.columns, d),
        "phi": STRIDE * (layout.plain + min(len(layout.products[0]), BLOCK) + 3),
        **{"resp": STRIDE * ends[-1], "norm": ROWS, "total": ROWS},
        **{"last_x": ROWS * layout.columns, "last_given": ROWS * layout.given},
    }
    *rooms, room = accumulate((_up(size, LINE) for size in sizes.values()), initial=0)
    places = accumulate(map(len, order.values()), initial=0)
    kinds = dict(zip(order, places))
    return Plan(call, arrays, np.concatenate(list(order.values())), kinds, dict(zip(sizes, rooms)), room)


def _arrays(layout: Layout, ends: tuple[int, ...]) -> dict[str, Array]:
    """What the program reads that is the same in all iterations."""
    more = np.zeros((2, 3))  # the program makes four products at a time
    left, right = np.append(layout.products, more, axis=1).astype(np.uint64) * np.uint64(STRIDE)
    blocks = [[(a + j, h) for j, h in heights(b - a)] for a, b in zip((0, *ends), ends)]
    wholes = {
        "ends": np.cumsum([len(group) for group in blocks]),
        "blocks": np.concatenate(blocks),
        "white_shape": np.array(list(heights(layout.whitened))),
        **{"codes": layout.codes, "left": left, "right": right},
    }
    reals = {"arguments": layout.arguments, "scale": np.ones(len(ends) * layout.columns), "white": NOTHING}
    arrays = {name: np.ascontiguousarray(value, dtype=np.uint64) for name, value in wholes.items()}
    return arrays | {name: _reals(value) for name, value in reals.items()} | {"ones": ONES, "nothing": NOTHING}


def _order(layout: Layout, ends: tuple[int, ...]) -> dict[str, Array]:
    """Where what changes with the iterations lies in a form's scales, pivots and parameters, one after the other."""
    groups, columns, d = len(ends), layout.columns, layout.whitened
    shapes = [(groups, d, d) if layout.dense else (groups, columns), (groups, columns), (ends[-1], layout.size)]
    begins = accumulate(map(math.prod, shapes), initial=0)
    scale, pivot, theta = (b + np.arange(math.prod(shape)).reshape(shape) for b, shape in zip(begins, shapes))
    order = {
        "pivot": pivot.ravel(),
        "theta": np.concatenate([in_blocks(theta[a:b], triangular=False) for a, b in zip((0, *ends), ends)]),
    }
    if layout.dense:
        return order | {"white": np.concatenate([in_blocks(each, triangular=True) for each in scale])}
    return order | {"scale": scale.ravel()}


def in_blocks(matrix: Array, triangular: bool) -> Array:
    """Rows of a matrix as `forward` wants them: by block, by column, by row of the block, in one vector."""
    blocks = (matrix[j : j + h, : j + h if triangular else None].T.ravel() for j, h in heights(len(matrix)))
    return np.concatenate([np.zeros(0, dtype=matrix.dtype), *blocks])


def _workspace(size: int) -> Array:
    """Room for tiles that belongs to this thread, at the beginning of a cache line."""
    room: Array | None = getattr(_thread, "room", None)
    if room is None or room.size < size:
        bare = np.zeros(size + LINE)
        room = _thread.room = bare[-(address(bare) // REAL) % LINE :]
    return room


def row_major(x: Array) -> Array:
    """Data as the programs read them, in double or single precision."""
    return x if x.dtype == np.float32 and x.flags.c_contiguous else _reals(x)


def _reals(a: Array) -> Array:
    return np.ascontiguousarray(a, dtype=float)


def _point(call: Any, array: Array, places: dict[str, int]) -> None:
    """Let fields of a call point at places in an array."""
    start = address(array)
    for name, place in places.items():
        setattr(call, name, start + REAL * place)


def address(a: Array) -> int:
    """Where an array lies in memory."""
    return int(a.__array_interface__["data"][0])


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
