"""From a chunk of sequences to calls of the compiled programs, and back; the same as `_chain_numpy`."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.kernels._chain_program import INTERFACE, PROGRAMS
from hiddenmix.kernels._compiler import compiled
from hiddenmix.kernels._llvm import LANES
from hiddenmix.kernels._packed import address

LINE = 8  # numbers in a cache line
densities, scaled, smoothed, logarithms, viterbi = compiled(INTERFACE, *PROGRAMS, kept=True)
_thread = threading.local()


class Chunk:
    """The arrays of a chunk, states in whole vectors; those of work belong to this thread until its next chunk."""

    def __init__(self, log_prob: Array, starts: Array, ends: Array) -> None:
        self.k, self.n = log_prob.shape
        self.width, self.stride = _up(self.k), _up(self.n)
        self.sizes = {"n": self.n, "k": self.k, "width": self.width, "units": len(starts)}
        size = self.width * self.stride
        sizes = {"log_prob": size, "b": size, "ahead": size, "back": size, "room": 2 * self.width, "here": self.width}
        ends_at = np.cumsum([_up(each, LINE) for each in sizes.values()])
        work = np.split(_workspace(int(ends_at[-1])), ends_at[:-1])
        self.arrays = dict(zip(sizes, work, strict=True)) | {"starts": _wholes(np.append(starts, ends[-1]))}
        table = self.arrays["log_prob"][:size].reshape(self.width, self.stride)
        table[: self.k, : self.n], table[self.k :], table[:, self.n :] = log_prob, -np.inf, -np.inf

    def call(self, program: Callable[[Any], None], **arrays: Array) -> None:
        """Call a program with these arrays besides."""
        call = INTERFACE.structure()
        for name, value in self.sizes.items():
            setattr(call, name, value)
        for name, array in (self.arrays | arrays).items():
            setattr(call, name, address(array))
        call.chosen_units = len(arrays.get("chosen", ()))
        program(ctypes.byref(call))

    def square(self, matrix: Array, fill: float) -> Array:
        """A matrix (k, k) in whole vectors."""
        out = np.full((self.width, self.width), fill)
        out[: self.k, : self.k] = matrix
        return out

    def row(self, values: Array, fill: float) -> Array:
        """A vector (k,) in whole vectors, then 1 for each state and 0 for what is none."""
        out = np.full(2 * self.width, fill)
        out[: self.k] = values
        out[self.width :] = np.arange(self.width) < self.k
        return out


class Scaled:
    """The two recursions; the attributes are those of the NumPy twin."""

    def __init__(self, log_prob: Array, starts: Array, ends: Array, initial: Array, transitions: Array) -> None:
        self.chunk, self.transitions = Chunk(log_prob, starts, ends), transitions
        moves = self.chunk.square(transitions, 0.0)
        self.results = {name: np.empty(self.chunk.stride) for name in ("top", "forward", "per", "products")}
        arrays = {"initial": self.chunk.row(initial, 0.0), "moves": moves, "turned": np.ascontiguousarray(moves.T)}
        self.chunk.call(densities, **self.results)
        self.chunk.call(scaled, **self.results, **arrays)
        self.top, self.forward, self.products = (
            self.results[name][: self.chunk.n] for name in ("top", "forward", "products")
        )

    def smoothed(self, units: Array, weight: Array) -> tuple[Array, Array]:
        """Weighted probabilities (k, n) of the states in some sequences, and their expected transitions (k, k)."""
        chunk = self.chunk
        resp, sums = np.empty((chunk.width, chunk.stride)), np.zeros((chunk.width, chunk.width))
        chunk.call(smoothed, **self.results, chosen=_wholes(units), weight=_reals(weight), resp=resp, sums=sums)
        return resp[: chunk.k, : chunk.n], self.transitions * sums[: chunk.k, : chunk.k]


def in_logarithms(
    log_prob: Array, starts: Array, ends: Array, initial: Array, transitions: Array, weight: Array
) -> tuple[Array, Array, Array]:
    """All sequences without any product: log densities (units,), weighted probabilities (k, n), transitions (k, k)."""
    chunk = Chunk(log_prob, starts, ends)
    moves = chunk.square(transitions, -np.inf)
    resp, sums = np.empty((chunk.width, chunk.stride)), np.zeros((chunk.width, chunk.width))
    loglik = np.empty(len(starts))
    chunk.call(
        logarithms, initial=chunk.row(initial, -np.inf), moves=moves, turned=np.ascontiguousarray(moves.T),
        chosen=_wholes(np.arange(len(starts))), weight=_reals(weight), resp=resp, sums=sums, loglik=loglik,
    )  # fmt: skip
    return loglik, resp[: chunk.k, : chunk.n], sums[: chunk.k, : chunk.k]


def most_probable(
    log_prob: Array, starts: Array, ends: Array, initial: Array, transitions: Array
) -> tuple[Array, Array]:
    """The most probable path (n,) of each sequence, and the log of its joint density with the rows (units,)."""
    chunk = Chunk(log_prob, starts, ends)
    path, joint = np.empty(chunk.n, dtype=np.uint64), np.empty(len(starts))
    arrays = {"initial": chunk.row(initial, -np.inf), "moves": chunk.square(transitions, -np.inf)}
    chunk.call(viterbi, **arrays, path=path, loglik=joint)
    return path.astype(np.intp), joint


def _workspace(size: int) -> Array:
    """Room that belongs to this thread, at the beginning of a cache line."""
    room: Array | None = getattr(_thread, "room", None)
    if room is None or room.size < size:
        bare = np.empty(size + LINE)
        room = _thread.room = bare[-(address(bare) // 8) % LINE :]
    return room


def _wholes(a: Array) -> Array:
    return np.ascontiguousarray(a, dtype=np.uint64)


def _reals(a: Array) -> Array:
    return np.ascontiguousarray(a, dtype=float)


def _up(n: int, step: int = LANES) -> int:
    return -(-n // step) * step
