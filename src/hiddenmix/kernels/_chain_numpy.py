"""The recursions of a hidden chain in NumPy: what runs where nothing is compiled, and what compiled ones must equal.

All sequences go on together, the longest first, so that a step costs one product however many they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix._tree import Array


class Scaled:
    """The two recursions, each row divided by the sum of the one before it (or after it).

    forward : (n,), the density of each row given those before it, relative to the largest of its states
    top : (n,), the logarithm of that largest
    products : (n,), the sum over the states of what both recursions say; small where they have nothing in common
    """

    def __init__(self, log_prob: Array, starts: Array, ends: Array, initial: Array, transitions: Array) -> None:
        self.starts, self.ends, self.transitions = starts, ends, transitions
        self.top = log_prob.max(axis=0)
        self.top[self.top == -np.inf] = 0.0
        self.b = np.exp(log_prob - self.top).T  # (n, k)
        n, k = self.b.shape
        self.u, self.v, self.forward, self.per = np.empty((n, k)), np.empty((n, k)), np.empty(n), np.empty(n)
        with np.errstate(invalid="ignore", divide="ignore"):
            for now, before in _onward(starts, ends):
                ahead = initial if before is None else _over(self.u[before] @ transitions, self.forward[before])
                self.u[now] = ahead * self.b[now]
                self.forward[now] = self.u[now].sum(axis=1)
            for now, after in _backward(starts, ends):
                if after is None:
                    self.v[now] = 1.0
                else:
                    self.v[now] = ((self.b[after] * self.v[after]) @ transitions.T) * self.per[after][:, None]
                self.per[now] = 1.0 / self.v[now].sum(axis=1)
            self.products = np.einsum("nk,nk->n", self.u, self.v)

    def smoothed(self, units: Array, weight: Array) -> tuple[Array, Array]:
        """Weighted probabilities (k, n) of the states in some sequences, and their expected transitions (k, k)."""
        n = len(self.b)
        chosen = np.repeat(np.isin(np.arange(len(self.starts)), units), self.ends - self.starts)
        share = np.where(chosen, np.repeat(weight, self.ends - self.starts), 0.0)
        share = np.divide(share, self.products, out=np.zeros(n), where=chosen)
        resp = np.where(chosen[:, None], self.u * self.v, 0.0) * share[:, None]
        chosen[self.starts] = False
        later = np.flatnonzero(chosen)
        factor = share[later - 1] * self.per[later]
        moves = self.u[later - 1].T @ (self.b[later] * self.v[later] * factor[:, None])
        return np.ascontiguousarray(resp.T), self.transitions * moves


def in_logarithms(
    log_prob: Array, starts: Array, ends: Array, initial: Array, transitions: Array, weight: Array
) -> tuple[Array, Array, Array]:
    """All sequences without any product: log densities (units,), weighted probabilities (k, n), transitions (k, k).

    `initial` and `transitions` are logarithms.
    """
    loglik, resp, moves = np.empty(len(starts)), np.empty(log_prob.shape), np.zeros(transitions.shape)
    for unit, (start, end) in enumerate(zip(starts, ends)):
        loglik[unit], shares, more = _one(log_prob[:, start:end], initial, transitions)
        resp[:, start:end] = weight[unit] * shares
        moves += weight[unit] * more
    return loglik, resp, moves


def _one(log_prob: Array, log_initial: Array, log_moves: Array) -> tuple[float, Array, Array]:
    k, n = log_prob.shape
    ahead, back = np.empty((n, k)), np.zeros((n, k))
    ahead[0] = log_initial + log_prob[:, 0]
    for t in range(1, n):
        ahead[t] = _log_sum(ahead[t - 1][:, None] + log_moves, 0) + log_prob[:, t]
    for t in range(n - 2, -1, -1):
        back[t] = _log_sum(log_moves + (log_prob[:, t + 1] + back[t + 1]), 1)
    loglik = float(_log_sum(ahead[-1], 0))
    if loglik == -np.inf:
        return loglik, np.zeros((k, n)), np.zeros((k, k))
    both = ahead + back
    resp = np.exp(both - both.max(axis=1, keepdims=True))
    resp /= resp.sum(axis=1, keepdims=True)
    moves = np.zeros((k, k))
    for t in range(1, n):
        moves += np.exp(ahead[t - 1][:, None] + log_moves + (log_prob[:, t] + back[t] - loglik))
    return loglik, np.ascontiguousarray(resp.T), moves


def most_probable(
    log_prob: Array, starts: Array, ends: Array, initial: Array, transitions: Array
) -> tuple[Array, Array]:
    """The most probable path (n,) of each sequence, and the log of its joint density with the rows (units,).

    `initial` and `transitions` are logarithms.
    """
    b = np.ascontiguousarray(log_prob.T)
    best, arg = np.empty(b.shape), np.zeros(b.shape, dtype=np.intp)
    for now, before in _onward(starts, ends):
        if before is None:
            best[now] = initial + b[now]
            continue
        steps = best[before][:, :, None] + transitions
        arg[now] = steps.argmax(axis=1)
        best[now] = steps.max(axis=1) + b[now]
    path, last = np.empty(len(b), dtype=np.intp), ends - 1
    path[last] = best[last].argmax(axis=1)
    for now, after in _backward(starts, ends):
        if after is not None:
            path[now] = np.take_along_axis(arg[after], path[after][:, None], axis=1)[:, 0]
    return path, best[last, path[last]]


Rows = Any  # an index of rows: an array, or a slice where there is one


def _onward(starts: Array, ends: Array) -> Iterator[tuple[Rows, Rows | None]]:
    """The rows of one time, and those before them, in all sequences that are long enough."""
    return _steps(starts, ends - starts, 1)


def _backward(starts: Array, ends: Array) -> Iterator[tuple[Rows, Rows | None]]:
    """The same from the ends, with the rows after them."""
    return _steps(ends - 1, ends - starts, -1)


def _steps(first: Array, sizes: Array, way: int) -> Iterator[tuple[Rows, Rows | None]]:
    first = first[np.argsort(-sizes, kind="stable")]
    counts = np.cumsum(np.bincount(sizes)[::-1])[::-1][1:]  # sequences that have a row at each time
    before: Rows | None = None
    for t, count in enumerate(counts):
        row = int(first[0]) + way * t
        now: Rows = slice(row, row + 1) if count == 1 else first[:count] + way * t
        if t and count == 1:
            before = slice(row - way, row - way + 1)
        elif t:
            before = now - way
        yield now, before


def _over(values: Array, sums: Array) -> Array:
    return values * (1.0 / sums)[:, None]


def _log_sum(values: Array, axis: int) -> Array:
    top = values.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + np.squeeze(top, axis))
