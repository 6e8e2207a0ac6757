"""The E-step that leaves components out where they are certain not to matter."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from hiddenmix._special import LOG_ZERO
from hiddenmix._tree import Array
from hiddenmix.kernels._blocks import HEIGHT, ROWS, STRIDE
from hiddenmix.kernels._bounds import between, looking, matter
from hiddenmix.kernels._compiler import compiled
from hiddenmix.kernels._llvm import LANES
from hiddenmix.kernels._packed import Packed, address, in_blocks, row_major
from hiddenmix.kernels._program import INTERFACE as SIMPLE
from hiddenmix.kernels._sparse import INTERFACE, lowest, nearest, sparse_e_step
from hiddenmix.kernels.form import Expected

TOO_MANY = 0.95  # of the cost with all components

find_nearest, find_lowest, run = compiled(INTERFACE, nearest, lowest, sparse_e_step, kept=True)


class Skipping:
    """What is known of a form's components before any row is seen, and the E-step that uses it."""

    def __init__(self, packed: Packed) -> None:
        self.packed, form = packed, packed.form
        (k, p), peaks = form.theta.shape, np.asarray(form.peaks, dtype=float)
        self.top, self.apart, self.stretch = between(form, np.arange(k))
        self.arrays = {
            "guide": in_blocks(peaks, triangular=False),
            "half_square": -0.5 * np.square(peaks).sum(axis=1),
            "all_theta": np.vstack([form.theta, np.zeros(p)]),
            "even": np.array([(j, HEIGHT) for j in range(0, k + HEIGHT, HEIGHT)], dtype=np.uint64),
        }

    def e_step(self, x: Array, log_weights: Array, weight: Array | None) -> Expected | None:
        """The sums over a chunk; None where leaving components out does not pay."""
        x, n, k = row_major(x), len(x), len(self.top)
        constant = np.append(self.packed.form.constant + np.maximum(log_weights, LOG_ZERO), -np.inf)
        order, label = self._sorted(x)
        possible, tiles = self._possible(x, order, label, constant)
        tile, component = np.nonzero(np.logical_or.reduceat(possible, tiles))
        starts, chosen = self._lists(tile, component, len(tiles))
        if looking(self.packed.form) + len(chosen) / (k * len(tiles)) > TOO_MANY:
            return None
        w = np.zeros(len(order))
        w[:n] = 1.0 if weight is None else weight[order[:n]]
        return self._run(x, order, starts, chosen, w, constant)

    def _sorted(self, x: Array) -> tuple[Array, Array]:
        """Rows in the order of their nearest centres, which come with them; the last is repeated to fill a tile."""
        rows = np.minimum(np.arange(-(-len(x) // ROWS) * ROWS, dtype=np.uint64), np.uint64(len(x) - 1))
        label = np.empty(len(rows))
        self._call(find_nearest, x, rows, label=label)
        label = label.astype(np.uint16 if len(self.top) < 2**16 else np.uint64)  # sixteen bits sort in linear time
        order = np.argsort(label[: len(x)], kind="stable")
        order = order[np.minimum(rows, len(x) - 1).astype(np.intp)]
        return order.astype(np.uint64), label[order].astype(np.int64)

    def _possible(self, x: Array, order: Array, label: Array, constant: Array) -> tuple[Array, Array]:
        """Which components (runs, k) may matter in each run of rows with one label; and the first run of each tile."""
        rows = np.arange(len(order))
        first = np.flatnonzero((rows % ROWS == 0) | (np.diff(label, prepend=-1) != 0))  # rows
        tiles = np.flatnonzero(first % ROWS == 0)  # runs
        label, least = label[first], np.empty(len(first))
        starts, chosen = self._lists(first // ROWS, label, len(tiles))
        runs, first_runs = _wholes(np.append(first, len(order))), _wholes(np.append(tiles, len(first)))
        lists = {"starts": starts, "chosen": chosen, "runs": runs, "first_runs": first_runs}
        self._call(find_lowest, x, order, lowest=least, all_constant=constant, **lists, **self._room(starts))
        top = self.top - self.packed.form.constant + constant[:-1]
        reach = np.sqrt(2 * np.maximum(top[label] - least, 0.0))
        return matter(top, label, reach, self.apart[label], self.stretch[label]), tiles

    def _run(self, x: Array, order: Array, starts: Array, chosen: Array, weight: Array, constant: Array) -> Expected:
        """The E-step with the components that are listed for each tile."""
        (k, p), width = self.packed.form.theta.shape, self.packed.width
        loglik, counts, sums = np.zeros(LANES), np.zeros((k + 1, LANES)), np.zeros((k + 1, width))
        lists = {"starts": starts, "chosen": chosen, "weight": weight, "all_constant": constant}
        self._call(run, x, order, loglik=loglik, counts=counts, sums=sums, **lists, **self._room(starts))
        return Expected(float(loglik.sum()), counts[:k].sum(axis=1), sums[:k, :p])

    def _lists(self, tile: Array, component: Array, n_tiles: int) -> tuple[Array, Array]:
        """Components by tile, whose tiles do not fall: where the lists start, and the lists, in whole blocks."""
        count = np.bincount(tile, minlength=n_tiles)
        starts = np.append(0, np.cumsum(-(-count // HEIGHT) * HEIGHT))
        chosen = np.full(starts[-1], len(self.top))
        chosen[np.arange(len(tile)) + (starts[:-1] - np.cumsum(count) + count)[tile]] = component
        return _wholes(starts), _wholes(chosen)

    def _room(self, starts: Array) -> dict[str, Array]:
        """Room for the components of one tile."""
        most, p = int(np.diff(starts).max()), len(self.packed.form.theta[0])
        own = {"own_counts": np.zeros(most * LANES), "own_sums": np.zeros(most * self.packed.width)}
        return {"theta": np.empty(most * p), "constant": np.empty(most), "resp": np.empty((most, STRIDE)), **own}

    def _call(self, program: Callable[[Any], None], x: Array, order: Array, **arrays: Array) -> None:
        """Call a program on rows of the data, with what belongs to the form, to this thread, and with these arrays."""
        call = INTERFACE.structure()
        for name in SIMPLE.names:
            setattr(call, name, getattr(self.packed.call, name))
        for name, place in self.packed.rooms().items():
            setattr(call, name, place)
        for name, array in (self.arrays | arrays | {"order": order, "x": x}).items():
            setattr(call, name, address(array))
        call.n, call.single = len(order), x.dtype == np.float32
        program(ctypes.byref(call))


def _wholes(a: Array) -> Array:
    return np.ascontiguousarray(a, dtype=np.uint64)
