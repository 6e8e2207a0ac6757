"""Noise: the uniform distribution on a box around the data.

p(x) = 1 / prod_c (high_c - low_c) inside, over the observed cells, and 0 outside. As a component beside others it takes
the rows that belong to none of them (Banfield & Raftery 1993, Biometrics 49:803; Fraley & Raftery 1998, The Computer
Journal 41:578). The box is given, or the data's own; nothing of it is estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import like, namespace, to_numpy
from hiddenmix.families._base import columns, known_cells, standardised
from hiddenmix.families._neighbours import scattered
from hiddenmix.model import Family

EDGE = 1e-6  # of the width: a row this far outside is inside, for single precision rounds the rows that made the box


@record
class UniformParams:
    """The edges of the boxes, both (k, d)."""

    low: Array
    high: Array


@record
class UniformStats:
    """Expected rows with the cell observed (k, d)."""

    weight: Array


class Uniform(Family[UniformParams, UniformStats]):
    """Uniform components; data are numbers (n, d).

    A row outside the box is impossible: name `bounds` where rows may come that lie farther out than those of the fit.

    Parameters
    ----------
    bounds : array of shape (2, d) or (2, k, d), optional
        Lower and upper edges, for all components or for each; None takes the smallest and largest value of each column.

    Raises
    ------
    HiddenmixError : HM152 a box without a width, HM404 bounds of another shape
    """

    def __init__(self, bounds: Any = None) -> None:
        self.bounds = None if bounds is None else np.array(bounds, dtype=float)

    def prepare(self, x: Any, weight: Array | None, k: int) -> Uniform:
        """The family with its box settled."""
        d = columns(x).shape[1]
        if self.bounds is None:
            return Uniform(_checked(_extent(np.asarray(to_numpy(columns(x)), dtype=float), weight)))
        if self.bounds.shape not in ((2, d), (2, k, d)):
            what = f"bounds must have shape (2, {d}) or (2, {k}, {d}); got {self.bounds.shape}"
            raise HiddenmixError("HM404", what, "bounds=(X.min(axis=0), X.max(axis=0))")
        _checked(self.bounds)
        return self

    def log_prob(self, params: UniformParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells: minus infinity outside the box."""
        return self.evaluate(params, x)[0]

    def stats(self, params: UniformParams | None, x: Any, resp: Array) -> UniformStats:
        """How often each cell was observed."""
        seen = known_cells(x)[1]
        return UniformStats(to_numpy(like(resp, seen).T @ seen.T))

    def evaluate(self, params: UniformParams, x: Any) -> tuple[Array, Callable[[Array], UniformStats]]:
        """Widths of the observed cells, and whether all of them lie inside."""
        values, seen = known_cells(x)  # (d, n)
        xp, width = namespace(values), params.high - params.low
        out = -(like(np.log(width), seen) @ seen)  # (k, n)
        low, high = like(params.low - EDGE * width, values), like(params.high + EDGE * width, values)
        within = (values[None, :, :] >= low[:, :, None]) & (values[None, :, :] <= high[:, :, None])
        inside = xp.all(within | (seen[None, :, :] == 0), axis=1)
        log_prob = xp.where(inside, out, xp.full_like(out, -float("inf")))
        return log_prob.T, lambda resp: self.stats(params, x, resp)

    def estimate(self, params: UniformParams | None, stats: UniformStats) -> UniformParams:
        """The box, whatever the rows."""
        if params is not None:
            return params
        if self.bounds is None:
            raise HiddenmixError("HM411", "a uniform component has no box yet", "family.prepare(x, None, k)")
        low, high = (np.broadcast_to(edge, stats.weight.shape) for edge in self.bounds)
        return UniformParams(low, high)

    def conform(self, params: UniformParams) -> UniformParams:
        """The box put in."""
        return params if self.bounds is None else self.estimate(None, UniformStats(np.zeros(params.low.shape)))

    def expected_log_prob(self, params: UniformParams, stats: UniformStats) -> Array:
        """Minus the widths' logs for each cell that is observed (k,)."""
        return -np.sum(stats.weight * np.log(params.high - params.low), axis=1)

    def gradient(self, params: UniformParams, stats: UniformStats, base: UniformParams) -> Array:
        """Nothing is free."""
        return np.zeros(0)

    def repeated(self, count: int) -> Uniform | None:
        """Components share nothing; boxes of their own would have to be repeated."""
        return None if self.bounds is not None and self.bounds.ndim == 3 else self

    def log_priors(self, params: UniformParams) -> Array:
        """No prior."""
        return np.zeros(())

    def coordinates(self, x: Any) -> Array:
        """Standardised columns, missing cells at the mean."""
        return standardised(columns(x))

    def noise(self, points: Array) -> Array:
        """The share (n,) of each of the points that is noise at the start: of those far from their neighbours."""
        return scattered(points)

    def sample(self, params: UniformParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        return rng.uniform(params.low[labels], params.high[labels])

    def typicality(self, params: UniformParams, x: Any) -> Array:
        """1 inside, where all rows are equally dense, and 0 outside."""
        return np.asarray(np.isfinite(to_numpy(self.log_prob(params, x))), dtype=float)

    def ravel(self, params: UniformParams, base: UniformParams) -> Array:
        """No coordinates."""
        return np.zeros(0)

    def unravel(self, vector: Array, base: UniformParams) -> UniformParams:
        """The base."""
        return base

    def location(self, params: UniformParams) -> Array:
        """The middles of the boxes."""
        return np.asarray((params.low + params.high) / 2)


def _extent(x: Array, weight: Array | None) -> Array:
    """The smallest and the largest value (2, d) of every column."""
    rows = x if weight is None else x[weight > 0]
    with np.errstate(all="ignore"):
        return np.stack([np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)])


def _checked(bounds: Array) -> Array:
    """Bounds (2, ..., d) with a width in each column; HM152 otherwise."""
    width = bounds[1] - bounds[0]
    narrow = ~(np.isfinite(width) & (width > 0) & np.isfinite(np.log(np.where(width > 0, width, 1.0))))
    if narrow.any():
        column = int(np.argwhere(narrow)[0][-1])
        what = f"column {column} (counting from 0) goes from {bounds[0][..., column]} to {bounds[1][..., column]}"
        raise HiddenmixError("HM152", f"{what}: noise has no room there", "leave the column out, or give bounds")
    return bounds


__all__ = ["Uniform", "UniformParams", "UniformStats"]
