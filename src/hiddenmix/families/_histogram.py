"""Weighted histograms: the statistic of families whose likelihood is no function of a few sums.

The likelihood of counts is one of the weights of their distinct values, and that is all that a histogram keeps; merged,
it has the values of both. Its memory is that of the distinct values, whatever the number of rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from hiddenmix._tree import Array, record, shared


@record
class Histogram:
    """Distinct values (L, q), sorted, of one number or several; and the weight of each in every cell (k, d, L)."""

    value: Array = shared()
    weight: Array

    def merge(self, other: Histogram) -> Histogram:
        """The weights of both, over the values of both; cells may broadcast."""
        if np.array_equal(self.value, other.value):
            return Histogram(self.value, self.weight + other.weight)
        value, place = distinct(np.concatenate([self.value, other.value]))
        shape = np.broadcast_shapes(self.weight.shape[:-1], other.weight.shape[:-1])
        weight = np.zeros((*shape, len(value)))
        weight[..., place[: len(self.value)]] += self.weight
        weight[..., place[len(self.value) :]] += other.weight
        return Histogram(value, weight)

    def scale(self, factor: float) -> Histogram:
        """The histogram as if every weight had been `factor` times as large."""
        return Histogram(self.value, self.weight * factor)


def distinct(rows: Array) -> tuple[Array, Array]:
    """The distinct rows (L, q) of an array (m, q), sorted, and the place of each row among them (m,)."""
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    place = np.empty(len(rows), dtype=np.intp)
    place[order] = np.cumsum(new) - 1
    return ordered[new], place


class Tally:
    """The observed cells of a batch, by column and distinct value."""

    def __init__(self, parts: Sequence[Array]) -> None:
        """`parts` are q arrays (n, d): the numbers that a cell consists of, NaN where it is missing."""
        self.n, self.d = parts[0].shape
        seen = ~np.any([np.isnan(part) for part in parts], axis=0)
        self.row, column = np.nonzero(seen)
        keys, self.place = distinct(np.column_stack([column, *(part[seen] for part in parts)]))
        self.column = keys[:, 0].astype(np.intp)  # (M,)
        self.value = keys[:, 1:]  # (M, q)

    def sums(self, table: Array) -> Array:
        """Sums over the cells of each row (n, k), of numbers (k, M) that belong to columns and values."""
        cells = csr_matrix((np.ones(len(self.row)), (self.row, self.place)), shape=(self.n, len(self.column)))
        return np.asarray(cells @ table.T)

    def histogram(self, resp: Array) -> Histogram:
        """The weights of the values, rows weighted by `resp` (n, k); rows without weight are absent."""
        counted = np.asarray(resp.sum(axis=1) > 0)[self.row]
        used = np.zeros(len(self.column), dtype=bool)
        used[self.place[counted]] = True
        value, where = distinct(self.value[used])
        place = np.zeros(len(self.column), dtype=np.intp)
        place[used] = self.column[used] * len(value) + where
        at, rows = place[self.place[counted]][:, None], self.row[counted]
        return Histogram(value, spread(self.d, len(value), at, np.ones(at.shape), resp[rows]))


def spread(d: int, size: int, place: Array, share: Array, resp: Array) -> Array:
    """Weights (k, d, size) of m cells whose responsibilities `resp` (m, k) fall in shares (m, p) to places (m, p)."""
    m, p = place.shape
    shares = csr_matrix((share.ravel(), place.ravel(), np.arange(0, m * p + 1, p)), shape=(m, d * size))
    weight = np.asarray(shares.T @ np.asarray(resp, dtype=float))  # (d size, k)
    return np.ascontiguousarray(weight.T).reshape(resp.shape[1], d, size)


def pseudo_histogram(values: Sequence[float] | Array, rows: float) -> Histogram:
    """The histogram of values (m,) or (m, q) seen before, `rows` of them in all, the same for every cell."""
    every = np.asarray(values, dtype=float)
    value, place = distinct(every.reshape(len(every), -1))
    return Histogram(value, np.bincount(place, minlength=len(value))[None, None] * (rows / math.prod(every.shape[:1])))


__all__ = ["Histogram", "Tally", "distinct", "pseudo_histogram", "spread"]
