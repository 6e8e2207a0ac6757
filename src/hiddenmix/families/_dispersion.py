"""Exponential dispersion families, columns independent: a centre, a scale, and a divergence from the centre.

log p(x) = constant - scale D(t(x); centre) + log base(x), cell by cell (Jørgensen 1987, J. R. Statist. Soc. B 49:127).
In this form, and with statistics that are divergences from the mean, values that agree in many digits are fitted as
accurately as others, which products of natural parameters and features cannot do.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar, final

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.families._base import columns, weighted_sums
from hiddenmix.families._gaps import DIVERGENCES, Gaps
from hiddenmix.families._independent import IndependentColumns

P = TypeVar("P")
TILE = 4096  # rows
SPREAD = 1e-28  # of a divergence, in units of its centre: values that agree to 14 digits


class Dispersion(IndependentColumns[P, Gaps]):
    """A family with independent columns whose densities fall with a divergence from a centre."""

    divergence: ClassVar[str]
    stand_in: ClassVar[float]  # a possible value, computed with in the place of missing and impossible ones
    between: ClassVar[tuple[float, float]] = (-np.inf, np.inf)  # the ends, left out, of the values that are possible
    spurious = True

    @abstractmethod
    def statistic(self, x: Array) -> Array:
        """t(x), in the array's library."""

    @abstractmethod
    def log_base(self, x: Array) -> Array | None:
        """The part of the log density of cells that no parameter touches, in the array's library; None: 0."""

    @abstractmethod
    def form(self, params: P) -> tuple[Array, Array, Array]:
        """Centre, scale and constant, entry by entry."""

    @final
    def evaluate(self, params: P, x: Any) -> tuple[Array, Callable[[Array], Gaps]]:
        """Log densities, and the function from responsibilities to statistics."""
        values, seen, broken = self._cells(x)
        xp, t, base = namespace(values), self.statistic(values), self.log_base(values)
        centre, scale, constant = (like(part, values) for part in self.form(params))
        rest = xp.zeros_like(values[0, :]) if base is None else xp.sum(seen * base, axis=0)
        rest = xp.where(xp.any(broken, axis=0), xp.full_like(rest, -float("inf")), rest)
        logs = (constant @ seen) - self._weighted(t, seen, centre, scale)
        return (logs + rest).T, lambda resp: self._gathered(t, seen, resp)

    @final
    def log_prob(self, params: P, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    @final
    def stats(self, params: P | None, x: Any, resp: Array) -> Gaps:
        """Weights, means and divergences of the rows, weighted by `resp` (n, k)."""
        values, seen, _ = self._cells(x)
        return self._gathered(self.statistic(values), seen, resp)

    @final
    def expected_log_prob(self, params: P, stats: Gaps) -> Array:
        """weight constant - scale (divergence from the centre), per component (k,)."""
        centre, scale, constant = self.form(params)
        return np.sum(stats.weight * constant - scale * stats.about(centre), axis=1)

    def _gathered(self, t: Array, seen: Array, resp: Array) -> Gaps:
        distance, xp = DIVERGENCES[self.divergence], namespace(t)
        weight = weighted_sums(resp, seen)
        sums = [weighted_sums(resp, seen * feature) for feature in distance.features(t)]
        neutral = to_numpy(self.statistic(xp.full_like(t[:1, :1], self.stand_in)))
        mean = np.where(weight > 0, distance.mean(sums, np.where(weight > 0, weight, 1.0)), neutral)
        shares = resp.T if is_numpy(t) else xp.astype(xp.asarray(resp), t.dtype).T
        return Gaps(weight, mean, to_numpy(self._summed(t, seen, like(mean, t), shares)), self.divergence)

    def _weighted(self, t: Array, seen: Array, centre: Array, scale: Array) -> Array:
        """Sums over the columns of scales times distances from the centres (k, n)."""
        xp, distance = namespace(t), DIVERGENCES[self.divergence]
        parts = []
        for rows in _tiles(t):
            here, known = t[:, rows], seen[:, rows]
            sums = [scale[j, :] @ (known * distance(here, centre[j, :][:, None])) for j in range(centre.shape[0])]
            parts.append(xp.stack(sums, axis=0))
        return xp.concat(parts, axis=1)

    def _summed(self, t: Array, seen: Array, centre: Array, shares: Array) -> Array:
        """Sums over the rows of shares (k, n) times distances from the centres (k, d)."""
        xp, distance, total = namespace(t), DIVERGENCES[self.divergence], namespace(t).zeros_like(like(centre, t))
        for rows in _tiles(t):
            here, known = t[:, rows], seen[:, rows]
            sums = [(known * distance(here, centre[j, :][:, None])) @ shares[j, rows] for j in range(centre.shape[0])]
            total = total + xp.stack(sums, axis=0)
        return total

    def _cells(self, x: Any) -> tuple[Array, Array, Array]:
        """Values, 1 where a cell is observed, and where its value is impossible: all (d, n)."""
        x = columns(x)
        x = np.ascontiguousarray(np.asarray(x, dtype=float).T) if is_numpy(x) else x.T
        xp = namespace(x)
        low, high = self.between
        missing, broken, ones = xp.isnan(x), (x <= low) | (x >= high), xp.ones_like(x)
        return xp.where(missing | broken, self.stand_in * ones, x), xp.where(missing, xp.zeros_like(x), ones), broken


def _tiles(t: Array) -> Iterator[slice]:
    """Rows a few at a time, so that what is made of them stays in the cache; all at once on a device."""
    n = int(t.shape[1])
    size = TILE if is_numpy(t) else max(n, 1)
    return (slice(start, start + size) for start in range(0, max(n, 1), size))


def rows_of(prior: Any, mean: Any, gap: Any, kind: str) -> Gaps:
    """The statistic of `prior[0]` rows with a mean and a divergence a row, all of shape () or (d,)."""
    rows = np.asarray(prior[0], dtype=float)
    return Gaps(rows, np.asarray(mean, dtype=float), rows * np.asarray(gap, dtype=float), kind)


__all__ = ["SPREAD", "Dispersion", "rows_of"]
