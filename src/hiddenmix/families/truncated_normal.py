"""Normal values between known bounds, columns independent: rows outside were never seen.

For a <= x <= b, over observed cells,

    log p(x; m, s) = sum_c [log N(x_c; m_c, s_c²) - log(Φ((b_c - m_c)/s_c) - Φ((a_c - m_c)/s_c))].

It is an exponential family with the statistics of the normal: the estimate is where mean and variance between the
bounds are those of the data (Cohen 1991, Truncated and Censored Samples, chapter 2). The mean is solved for every
standard deviation, and the standard deviation for the variance. Data that spread as wide as an exponential or uniform
distribution between the bounds have no best normal (Castillo 1994, Ann. Inst. Statist. Math. 46:57), for the likelihood
rises with s for ever. Between two bounds s is at most `WIDE` times their distance, where it matters no more,
and lies on the boundary there; with one bound the component is degenerate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, final

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from hiddenmix._special import ZERO
from hiddenmix._tree import Array, record
from hiddenmix.families._base import columns
from hiddenmix.families._bounds import Bounds, bounds_of, read_bounds, refuse_outside
from hiddenmix.families._charts import POSITIVE, REAL, Chart
from hiddenmix.families._independent import Field, Given, IndependentColumns, refuse_collapse
from hiddenmix.families._mills import HALF_LOG_2PI, edges, log_between
from hiddenmix.families._roots import falling_roots
from hiddenmix.families._secants import Secants
from hiddenmix.families.censored import NO_SPREAD, moments_of
from hiddenmix.model import Known
from hiddenmix.moments import Moments

WIDE = 10.0  # distances of the bounds: the largest standard deviation
WIDEST = 100.0  # standard deviations of the data: the same with one bound
NOISE = 8 * np.finfo(float).eps  # of a sum, as a share of its terms


@final
class Capped(Chart):
    """The log of values above 0, with an edge at the largest."""

    low, neutral = 0.0, 1.0
    words = "above 0"

    def __init__(self, largest: Array) -> None:
        self.largest = largest

    def holds(self, value: Array) -> Array:
        return np.isfinite(value) & (value > 0)

    def ravel(self, value: Array, base: Array, unit: Array) -> Array:
        return np.where(self.edge(base), 0.0, np.log(value / base))

    def unravel(self, shift: Array, base: Array, unit: Array) -> Array:
        return np.where(self.edge(base), base, base * np.exp(shift))

    def slope(self, value: Array, unit: Array) -> Array:
        return np.where(self.edge(value), 0.0, value)

    def length(self, value: float, unit: float) -> float:
        return 0.5 * value

    def edge(self, value: Array) -> Array:
        return np.asarray(value >= self.largest * (1 - ZERO))

    def moved(self, value: float, step: float) -> float:
        return value * (1 - step)


@record
class TruncatedNormalParams:
    """Means and standard deviations, both (k, d), of the normal before it was cut."""

    mean: Array
    sd: Array


@record
class TruncatedNormalStats:
    """Moments between the bounds, and the bounds."""

    moments: Moments
    bounds: Bounds | None


class TruncatedNormal(IndependentColumns[TruncatedNormalParams, TruncatedNormalStats]):
    """Normal components between bounds; data are values (n, d).

    Parameters
    ----------
    low, high : float or array of shape (d,)
        The bounds, infinite where there is none.
    mean, sd : Known, optional
        Means and standard deviations, of the normal before it was cut, that are given.
    prior : tuple (rows, mean, sd), optional
        Rows within the bounds, with this mean and standard deviation, that were seen before in every component and
        column.

    Raises
    ------
    HiddenmixError : HM430 bounds that leave no room, HM140 values outside
    """

    params = TruncatedNormalParams
    fields = (Field("mean", REAL, unit="sd"), Field("sd", POSITIVE, words="standard deviation"))
    options: ClassVar[tuple[str, ...]] = ("low", "high")
    spurious: ClassVar[bool] = True

    def __init__(
        self,
        low: float | Array = -np.inf,
        high: float | Array = np.inf,
        *,
        mean: Known | None = None,
        sd: Known | None = None,
        prior: tuple[float, float, float] | None = None,
    ) -> None:
        self.low, self.high = read_bounds(low, high)
        capped = Field("sd", Capped(WIDE * (self.high - self.low)), words="standard deviation")
        self.fields = (self.fields[0], capped)  # type: ignore[misc]  # the bounds are the instance's
        super().__init__(prior, mean=mean, sd=sd)

    def pseudo_stats(self, prior: tuple[float, float, float]) -> TruncatedNormalStats:
        """The moments of the rows that were seen before."""
        rows, mean, sd = (np.full((1, 1), number) for number in prior)
        return TruncatedNormalStats(Moments(rows, rows, mean, rows * np.square(sd), "diag"), None)

    def weight(self, stats: TruncatedNormalStats) -> Array:
        """The weight of the moments."""
        return stats.moments.weight

    def refuse(self, x: Array) -> None:
        """HM140 values outside the bounds."""
        refuse_outside(x, self.low, self.high)

    def log_prob(self, params: TruncatedNormalParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        x = np.asarray(columns(x), dtype=float)[:, None, :]
        z = (x - params.mean) / params.sd
        density = -0.5 * np.square(z) - HALF_LOG_2PI - np.log(params.sd) - log_between(*self._ends(params))
        return np.where(np.isnan(x), 0.0, density).sum(axis=2)

    def stats(self, params: TruncatedNormalParams | None, x: Any, resp: Array) -> TruncatedNormalStats:
        """Moments of the values."""
        x = np.asarray(columns(x), dtype=float)[:, None, :]
        seen = ~np.isnan(x)
        value = np.where(seen, x, 0.0)
        moments = moments_of(value, np.zeros(()), np.asarray(resp, dtype=float)[:, :, None] * seen)
        return TruncatedNormalStats(moments, bounds_of(self.low, self.high, moments.mean.shape))

    def solve(
        self, stats: TruncatedNormalStats, given: Mapping[str, Given], old: TruncatedNormalParams | None
    ) -> TruncatedNormalParams:
        """The mean for every standard deviation, and the standard deviation at which the variance is right."""
        assert stats.bounds is not None
        moments, (low, high) = stats.moments, stats.bounds.ends()
        spread = np.sqrt(moments.scatter / moments.dof)
        known_mean, known_sd = given["mean"], given["sd"]
        none = ~known_sd.mask & (spread <= NO_SPREAD * np.abs(moments.mean))
        refuse_collapse(none & ~known_mean.mask, "has no spread")
        target = np.sqrt(np.square(spread) + np.square(np.where(known_mean.mask, moments.mean - known_mean.value, 0.0)))
        unit = np.where(known_sd.mask, known_sd.value, target)
        equations = _Equations(moments.mean, target, low, high, known_mean, ~known_sd.mask)
        at = np.log(unit) if old is None else np.log(np.where(known_sd.mask, known_sd.value, old.sd))
        cap = WIDE * (high - low)
        free, top = ~known_sd.mask, np.log(np.where(np.isfinite(cap), cap, WIDEST * unit))
        beyond = free & (equations(top) > 0)
        refuse_collapse(beyond & ~np.isfinite(cap), "spreads from its bound as wide as no normal: none is best")
        equations.free = free & ~beyond
        solved = falling_roots(Secants(equations, np.full(len(at), -2.0)), np.minimum(at, top - 1), high=top)
        sd = np.where(beyond, cap, np.where(free, np.exp(solved), known_sd.value))
        return TruncatedNormalParams(known_mean.fill(equations.means(sd)), sd)

    def expected_log_prob(self, params: TruncatedNormalParams, stats: TruncatedNormalStats) -> Array:
        """-(dof log s + scatter about m / (2 s²)) - weight log Z, per component (k,)."""
        moments = stats.moments
        square = (moments.scatter + moments.weight * np.square(moments.mean - params.mean)) / np.square(params.sd)
        cut = moments.weight * log_between(*self._ends(params))
        return -np.sum(moments.dof * np.log(params.sd) + 0.5 * square + cut, axis=1)

    def partials(self, params: TruncatedNormalParams, stats: TruncatedNormalStats) -> dict[str, Array]:
        """The derivatives by mean and standard deviation."""
        moments, s = stats.moments, params.sd
        at_a, at_b, a_at_a, b_at_b = edges(*self._ends(params))
        apart = moments.mean - params.mean
        square = (moments.scatter + moments.weight * np.square(apart)) / np.square(s)
        by_mean = moments.weight * (apart / s - at_a + at_b) / s
        return {"mean": by_mean, "sd": (square - moments.dof - moments.weight * (a_at_a - b_at_b)) / s}

    def means(self, params: TruncatedNormalParams) -> Array:
        """Those between the bounds."""
        at_a, at_b, _, _ = edges(*self._ends(params))
        return params.mean + params.sd * (at_a - at_b)

    def variances(self, params: TruncatedNormalParams) -> Array:
        """Those between the bounds."""
        at_a, at_b, a_at_a, b_at_b = edges(*self._ends(params))
        return np.square(params.sd) * np.maximum(1 + a_at_a - b_at_b - np.square(at_a - at_b), 0.0)

    def below(self, params: TruncatedNormalParams, value: Array) -> Array:
        """The share of the probability between the bounds that lies below."""
        a, b = self._ends(params)
        z = np.clip((value - params.mean) / params.sd, a, b)
        inside = (z > a) & (z < b)
        part = np.exp(log_between(np.broadcast_to(a, z.shape), np.where(inside, z, b)) - log_between(a, b))
        return np.where(inside, part, np.where(z >= b, 1.0, 0.0))

    def draw(self, params: TruncatedNormalParams, rng: np.random.Generator) -> Array:
        """Quantiles of uniform draws, in the tail in which the bounds lie."""
        a, b = self._ends(params)
        flip = a > -b
        low, high = np.where(flip, -b, a), np.where(flip, -a, b)
        log_u = np.log(rng.random(params.mean.shape)) + log_between(low, high)
        z = np.clip(ndtri_exp(np.minimum(np.logaddexp(log_ndtr(low), log_u), -1e-300)), low, high)
        return params.mean + params.sd * np.where(flip, -z, z)

    def _ends(self, params: TruncatedNormalParams) -> tuple[Array, Array]:
        """The bounds in standard deviations from the mean."""
        return (self.low - params.mean) / params.sd, (self.high - params.mean) / params.sd


class _Equations:
    """What mean and standard deviation of m cells solve: `target` is the root mean square about the mean, if known."""

    def __init__(self, mean: Array, target: Array, low: Array, high: Array, known: Given, free: Array) -> None:
        self.mean, self.target, self.low, self.high, self.known = mean, target, low, high, known
        self.free = free  # cells whose standard deviation is asked for
        self.shift = np.zeros_like(mean)  # of the mean, in standard deviations: found last

    def __call__(self, at: Array) -> Array:
        """Mean square, as a share of s², less what the bounds make of it, at log s."""
        sd = np.exp(at)
        self.shift = self._shifts(sd)
        at_a, at_b, a_at_a, b_at_b = edges(*self._ends(sd, self.shift))
        square = np.square(self.target / sd)
        bend = np.where(self.known.mask, 0.0, np.square(at_a - at_b))
        value = square - (1 + a_at_a - b_at_b - bend)
        size = square + 1 + np.square(a_at_a) + np.square(b_at_b) + bend
        return np.where((np.abs(value) <= NOISE * size) | ~self.free, 0.0, value)

    def means(self, sd: Array) -> Array:
        """The best means for these standard deviations."""
        return self.mean + sd * self._shifts(sd)

    def _shifts(self, sd: Array) -> Array:
        given = (np.where(self.known.mask, self.known.value, self.mean) - self.mean) / sd
        free = ~self.known.mask
        found = falling_roots(self._falling(sd[free], free), self.shift[free])
        given[free] = found
        return given

    def _falling(self, sd: Array, free: Array) -> Callable[[Array], tuple[Array, Array]]:
        low, high = (self.low[free] - self.mean[free]) / sd, (self.high[free] - self.mean[free]) / sd

        def falling(shift: Array) -> tuple[Array, Array]:
            at_a, at_b, a_at_a, b_at_b = edges(low - shift, high - shift)
            value = -(shift + at_a - at_b)
            size = np.abs(shift) + (1 + np.abs(a_at_a)) * at_a + (1 + np.abs(b_at_b)) * at_b
            slope = -(1 + a_at_a - b_at_b - np.square(at_a - at_b))
            return np.where(np.abs(value) <= NOISE * size, 0.0, value), slope

        return falling

    def _ends(self, sd: Array, shift: Array) -> tuple[Array, Array]:
        return (self.low - self.mean) / sd - shift, (self.high - self.mean) / sd - shift


__all__ = ["TruncatedNormal", "TruncatedNormalParams"]
