"""Rows of skewed families: where the half-normal part of a row can lie, given its observed cells.

x = m + b t + e, with t = |z| half-normal, e ~ N(0, S), and for a skew-t both over the root of one scale. Given x, t is
a normal cut off at 0, with location s²b'S^-1 (x - m) and variance s² = 1/(1 + b'S^-1 b); without it x has the
covariance S + b b', whose squared distance is that of S less what b explains (Lin 2009, J. Multivariate Analysis
100:257).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix._xp import to_numpy
from hiddenmix.families._base import columns
from hiddenmix.families._normal_rows import Pattern, columns_of, patterns, prepared
from hiddenmix.families.normal import NormalParams
from hiddenmix.families.shapes import Shape
from hiddenmix.moments import Moments


@dataclass(frozen=True)
class SkewRun:
    """Rows `x` (n, d_o) that miss the same cells, which are `observed` (d,), None for all."""

    rows: slice
    x: Array
    observed: Array | None
    normal: NormalParams
    skew: Array
    ready: Pattern
    roots: Array

    @cached_property
    def lean(self) -> Array:
        """The skewness whitened by the scale matrix (k, d_o)."""
        skew, inverse = columns_of(self.skew, self.observed), self.ready.block.inverse
        return np.asarray(np.einsum("kab,kb->ka", inverse, skew) if inverse.ndim == 3 else inverse * skew)

    @cached_property
    def sd(self) -> Array:
        """s (k,)."""
        return np.asarray(1 / np.sqrt(1 + np.square(self.lean).sum(axis=1)))

    @cached_property
    def log_norm(self) -> Array:
        """log N(m; m, S + b b') of the observed cells (k,)."""
        return np.asarray(self.ready.block.log_norm + np.log(self.sd))

    @cached_property
    def place(self) -> tuple[Array, Array]:
        """Locations of t over s, and squared distances from m in terms of S + b b', both (k, n)."""
        block = self.ready.block
        along, squared = np.empty((2, len(self.skew), len(self.x)))
        length = np.sqrt(np.square(self.lean).sum(axis=1))
        for j, inverse in enumerate(block.inverse):
            delta, direction = self.x - block.mean[j], self.lean[j] / (length[j] or 1.0)
            white = delta @ inverse.T if inverse.ndim == 2 else delta * inverse
            ahead = white @ direction  # taken off first: of b' S^-1 b >> 1 nothing would be left of the difference
            aside = white - ahead[:, None] * direction
            along[j] = self.sd[j] * length[j] * ahead
            squared[j] = np.vecdot(aside, aside) + np.square(self.sd[j] * ahead)
        return along, squared

    def moments(self, weight: Array, mean: Array, rest: Array, dof: Array) -> Moments:
        """Moments of all columns and t (k, d + 1), rows weighted by `weight` (k, n), with means of t (k, n).

        `rest` (k,) is the weighted variance that t has beyond its means, `dof` (k,) the rows' worth of responsibility.
        """
        k = len(self.skew)
        total = weight.sum(axis=1)
        centre, scatter = np.empty((k, self.x.shape[1] + 1)), np.empty((k, self.x.shape[1] + 1, self.x.shape[1] + 1))
        for j in range(k):
            y = np.column_stack([self.x, mean[j]])
            centre[j] = weight[j] @ y / total[j] if total[j] > 0 else np.append(self.ready.block.mean[j], 0.0)
            delta = y - centre[j]
            scatter[j] = (weight[j][:, None] * delta).T @ delta
            scatter[j, -1, -1] += rest[j]
        part = Moments(total, dof, centre, scatter)
        if self.observed is None:
            return part
        return part.lift(
            np.append(self.observed, True), np.pad(self.normal.mean, ((0, 0), (0, 1))), *self._regression()
        )

    def _regression(self) -> tuple[Array, Array]:
        """Of the missing columns on the observed ones and t: slopes (k, m, d_o + 1) and covariances (k, m, m)."""
        assert self.observed is not None
        unseen = ~self.observed
        if self.ready.regression is not None:
            slope, rest = self.ready.regression
        else:
            slope = np.zeros((len(self.skew), int(unseen.sum()), self.x.shape[1]))
            rest = np.square(self.roots[:, unseen])[:, :, None] * np.eye(slope.shape[1])
        lift = self.skew[:, unseen] - np.einsum("kmo,ko->km", slope, self.skew[:, self.observed])
        return np.concatenate([slope, lift[:, :, None]], axis=2), rest


def skew_runs(shape: Shape, normal: NormalParams, skew: Array, x: Any) -> list[SkewRun]:
    """The rows, run by run."""
    x, roots = to_numpy(columns(x)), shape.roots(normal.cov, *normal.mean.shape)
    return [
        SkewRun(rows, columns_of(x[rows], seen), seen, normal, skew, prepared(shape, 0.0, normal, seen), roots)
        for rows, seen in patterns(x)
    ]


def merged(parts: list[Callable[[Array], Any]], runs: list[SkewRun]) -> Callable[[Array], Any]:
    """The function from responsibilities (n, k) of all rows to merged statistics, from those of the runs."""
    return lambda resp: _tree.merge_all(
        part(np.asarray(resp)[run.rows].T) for part, run in zip(parts, runs, strict=True)
    )
