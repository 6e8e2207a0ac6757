"""Sums of powers of positive numbers for every exponent at once, from a statistic that merges.

The Weibull M-step asks for sum r x^c at exponents c not known before. On a lattice of step h, x^c = e^{c log x}
is interpolated by the polynomial through the P = 16 nodes next to log x; each row's weight is therefore spread over
these nodes, with Lagrange's weights W, and sum r x^c = sum_m W_m e^{c h m}. Half-way between two nodes, where it is
largest, the relative error is (1/2 · 3/2 ··· 15/2)² (c h)^16 / 16! = 3e-6 (c h)^16, or 1e-15 for c h = 1/4 (Davis 1963,
Interpolation and Approximation, section 3.1). The lattice depends on no parameters, so statistics of different
iterations merge.
"""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families._histogram import Histogram, spread

POINTS = 16
OFFSETS = np.arange(POINTS) - (POINTS // 2 - 1)
PER_SHAPE = 4.0  # nodes for one unit of log x at an exponent of 1
_PAIRS = OFFSETS[:, None] - OFFSETS + np.eye(POINTS)
_SCALE = 1 / np.prod(_PAIRS, axis=1)


def lagrange(u: Array) -> Array:
    """The weights (POINTS, m) of the nodes `OFFSETS` in the polynomial through them, at points u (m,)."""
    factors = u - OFFSETS[:, None]
    before, after = np.ones_like(factors), np.ones_like(factors)
    np.cumprod(factors[:-1], axis=0, out=before[1:])
    after[:-1] = np.cumprod(factors[:0:-1], axis=0)[::-1]
    return before * after * _SCALE[:, None]


def power_histogram(logs: Array, resp: Array, largest: float) -> Histogram:
    """The weights of the lattice's nodes, for logs (n, d), NaN where missing, and exponents up to `largest`."""
    seen = ~np.isnan(logs) & (resp.sum(axis=1) > 0)[:, None]
    row, column = np.nonzero(seen)
    place = logs[seen] * (PER_SHAPE * largest)
    base = np.floor(place)
    nodes = np.unique(np.unique(base)[:, None] + OFFSETS)
    first = np.searchsorted(nodes, base + OFFSETS[0]) + column * len(nodes)
    every = first[:, None] + np.arange(POINTS)
    weight = spread(logs.shape[1], len(nodes), every, lagrange(place - base).T, resp[row])
    return Histogram(nodes[:, None], weight)


class Powers:
    """Sums of powers x^c of the cells (...) whose histograms are (..., L), relative to their largest value."""

    def __init__(self, stats: Histogram, largest: float) -> None:
        logs = stats.value[:, 0] / (PER_SHAPE * largest)
        used = stats.weight != 0
        self.weight = stats.weight
        self.top = np.max(np.where(used, logs, -np.inf), axis=-1, initial=-np.inf)
        self.top = np.where(np.isfinite(self.top), self.top, 0.0)
        self.below = np.where(used, logs - self.top[..., None], 0.0)  # (..., L)

    def __call__(self, c: Array) -> tuple[Array, Array, Array]:
        """sum r y^c, sum r y^c log y and sum r y^c log² y of y = x e^-top."""
        first = self.weight * np.exp(c[..., None] * self.below)
        second = first * self.below
        return first.sum(axis=-1), second.sum(axis=-1), (second * self.below).sum(axis=-1)


__all__ = ["PER_SHAPE", "Powers", "lagrange", "power_histogram"]
