"""From a form and a chunk to a call of the compiled program, and back."""

from __future__ import annotations

import ctypes
import functools
import threading
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.kernels._blocks import ROWS, STRIDE, heights
from hiddenmix.kernels._compiler import compiled
from hiddenmix.kernels._llvm import LANES
from hiddenmix.kernels._program import BLOCK, INTERFACE, e_step
from hiddenmix.kernels.form import Expected, Form, Knowledge, Layout, n_rows

Call = INTERFACE.structure
(run,) = compiled(INTERFACE, e_step)
ONES, NOTHING = np.ones(ROWS), np.zeros(ROWS)
REAL = 8  # bytes of a number
LINE = 8  # numbers in a cache line
_thread = threading.local()


class Packed:
    """A form as the program reads it; keeps the arrays to which its call points."""

    def __init__(self, form: Form) -> None:
        layout, (k, p) = form.layout, form.theta.shape
        fixed, arrays = _fixed(layout, form.ends)
        self.form, self.width, self.pooled = form, fixed.width, fixed.pooled
        theta = [in_blocks(form.theta[a:b], triangular=False) for a, b in zip((0, *form.ends), form.ends)]
        white = [in_blocks(scale, triangular=True) for scale in form.scale] if layout.dense else [np.zeros(0)]
        changing = {
            "pivot": _reals(form.pivot),
            "scale": np.ones_like(form.pivot) if layout.dense else _reals(form.scale),
            "theta": np.concatenate(theta),
            "white": np.concatenate(white),
        }
        self._arrays = arrays, changing
        self.call = Call.from_buffer_copy(fixed)
        self.call.white_size = len(white[0])
        for name, array in changing.items():
            setattr(self.call, name, address(array))
        rooms = {
            "raw": STRIDE * max(layout.columns, layout.whitened),
            "phi": STRIDE * (layout.plain + min(p - layout.plain, BLOCK) + 3),
            **{"resp": STRIDE * k, "norm": ROWS, "total": ROWS, "last_weight": ROWS},
            **{"last_x": ROWS * layout.columns, "last_given": ROWS * layout.given},
        }
        self._rooms: dict[str, slice] = {}
        self._room = 0
        for name, size in rooms.items():
            self._rooms[name] = slice(self._room, self._room + size)
            self._room += _up(size, LINE)

    def e_step(
        self, x: Array | None, given: Array | None, log_weights: Array, weight: Array | None, evidence: Knowledge | None
    ) -> Expected:
        """The sums over a chunk."""
        (k, p), groups, width = self.form.theta.shape, len(self.form.ends), self.width
        counts, sums = LANES, LANES * (1 + k)
        scatter = sums + width * k
        out = np.zeros(scatter + groups * self.pooled)
        constant = _reals(self.form.constant + log_weights)
        call = Call.from_buffer_copy(self.call)
        call.constant, call.loglik = address(constant), address(out)
        call.counts, call.sums, call.scatter = (call.loglik + REAL * place for place in (counts, sums, scatter))
        kept = self._point(call, x, given, weight, evidence)
        run(ctypes.byref(call))
        del kept  # not before
        return Expected(
            float(out[:LANES].sum()),
            out[counts:sums].reshape(k, LANES).sum(axis=1),
            out[sums:scatter].reshape(k, width)[:, :p],
            self._scatter(out[scatter:].reshape(groups, -1)) if self.pooled else None,
        )

    def rooms(self) -> dict[str, int]:
        """Addresses of the room that this thread works in."""
        start = address(_workspace(self._room))
        return {name: start + REAL * room.start for name, room in self._rooms.items()}

    def _point(
        self, call: Any, x: Array | None, given: Array | None, weight: Array | None, evidence: Knowledge | None
    ) -> list[Array]:
        """Let a call point at a chunk and at this thread's workspace; returns the arrays that must live on.

        The rows that do not fill a tile are copied into one of their own, with zeros in the rest of it.
        """
        call.n = n = n_rows(x, given)
        rest, kept = n % ROWS, []
        work = _workspace(self._room)
        for name, place in self.rooms().items():
            setattr(call, name, place)
        if x is not None:
            kept.append(row_major(x))
            call.x, call.single = address(kept[-1]), x.dtype == np.float32
            last = work[self._rooms["last_x"]].reshape(ROWS, -1)
            last[:rest], last[rest:] = x[n - rest :], 0.0
        if given is not None:
            kept.append(_reals(given))
            call.given = address(kept[-1])
            last = work[self._rooms["last_given"]].reshape(-1, ROWS)
            last[:, :rest], last[:, rest:] = given[:, n - rest :], 0.0
        last = work[self._rooms["last_weight"]]
        last[:rest], last[rest:] = 1.0 if weight is None else weight[n - rest :], 0.0
        if weight is not None:
            kept.append(_reals(weight))
            call.weight, call.weighted = address(kept[-1]), True
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


@functools.lru_cache(maxsize=64)
def _fixed(layout: Layout, ends: tuple[int, ...]) -> tuple[Any, dict[str, Array]]:
    """The part of a call that is the same in all iterations, and the arrays to which it points."""
    more = np.zeros((2, 3))  # the program makes four products at a time
    left, right = np.append(layout.products, more, axis=1).astype(np.uint64) * np.uint64(STRIDE)
    blocks = [[(a + j, h) for j, h in heights(b - a)] for a, b in zip((0, *ends), ends)]
    white_shape = list(heights(layout.whitened)) if layout.dense else []
    wholes = {
        "ends": np.cumsum([len(group) for group in blocks]),
        "blocks": np.concatenate(blocks),
        "white_shape": np.array(white_shape),
        **{"codes": layout.codes, "left": left, "right": right},
    }
    arrays = {name: np.ascontiguousarray(value, dtype=np.uint64) for name, value in wholes.items()}
    arrays["arguments"] = _reals(layout.arguments)
    pooled = layout.whitened * {"": 0, "diag": LANES, "full": _up(layout.whitened, 4)}[layout.pooled]
    call = Call(
        columns=layout.columns, whitened=layout.whitened, dense=layout.dense, square=layout.square,
        coded=len(layout.codes), given_rows=layout.given, plain=layout.plain, p=layout.size,
        k=ends[-1], width=_up(layout.size, 4), groups=len(ends), pooled=pooled, full=layout.pooled == "full",
        white_blocks=len(white_shape), ones=address(ONES), nothing=address(NOTHING),
        **{name: address(array) for name, array in arrays.items()},
    )  # fmt: skip
    return call, arrays


def in_blocks(matrix: Array, triangular: bool) -> Array:
    """Rows of a matrix as `forward` wants them: by block, by column, by row of the block, in one vector."""
    blocks = (matrix[j : j + h, : j + h if triangular else None].T.ravel() for j, h in heights(len(matrix)))
    return np.concatenate([np.zeros(0), *blocks])


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


def address(a: Array) -> int:
    """Where an array lies in memory."""
    return int(a.__array_interface__["data"][0])


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
