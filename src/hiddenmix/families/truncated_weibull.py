"""Weibull times between known bounds, columns independent: rows outside were never seen.

For 0 <= a <= x <= b, with A = (a/s)^c, B = (b/s)^c, over observed cells,

    log p(x) = sum_c [log c - c log s + (c - 1) log x - (x/s)^c + A - log(1 - exp(A - B))].

For every shape c, x^c - a^c is a truncated exponential of rate s^-c, whose best rate is that of `TruncatedExponential`;
the shape is where the derivative of what is left is zero. The statistics are those of `Weibull`, sums of powers for
every shape at once. Left truncation (b infinite) is delayed entry at one known time (Kalbfleisch & Prentice 2002, The
Statistical Analysis of Failure Time Data, section 1.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.special import gamma, gammainc, gammaincc

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix.families._base import columns
from hiddenmix.families._bounds import Bounds, bounds_of, read_bounds, refuse_outside
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._histogram import Histogram
from hiddenmix.families._independent import Field, Given, IndependentColumns, refuse_collapse
from hiddenmix.families._powers import Powers, power_histogram
from hiddenmix.families._roots import falling_roots
from hiddenmix.families._secants import Secants
from hiddenmix.families.truncated_exponential import LONG, MIDDLE, turns
from hiddenmix.families.weibull import LARGEST, MOST, WeibullParams, largest_of, risks, shape_of_logs
from hiddenmix.model import Known

PLAIN = 1 + np.pi**2 / 6  # fall of the derivative by log c of one row, without bounds
LARGE = 600.0  # exponent of a rate that is multiplied
LEAST = 1e-3  # shape, as a share of 1 over the spread of the logs


@record
class TruncatedWeibullStats:
    """Rows and sums of log times, both (k, d), the sums of powers, and the bounds."""

    weight: Array
    logs: Array
    powers: Histogram
    bounds: Bounds | None


class TruncatedWeibull(IndependentColumns[WeibullParams, TruncatedWeibullStats]):
    """Weibull components between bounds; data are times (n, d).

    Parameters
    ----------
    low, high : float or array of shape (d,)
        The bounds, from 0 up; an infinite `high` is none.
    shape, scale : Known, optional
        Shapes and scales, of the Weibull before it was cut, that are given.
    prior : tuple (times, rows), optional
        Times (m,) within the bounds that were seen before in every component and column, together as many as `rows`
        rows.
    largest_shape : float, optional
        As for `Weibull`.

    Raises
    ------
    HiddenmixError : HM133 times that are not above 0, HM140 values outside the bounds, HM430 bounds that leave no room
    """

    params = WeibullParams
    fields = (Field("shape", POSITIVE), Field("scale", POSITIVE))
    prior_form: ClassVar[str] = "(times, rows)"
    options: ClassVar[tuple[str, ...]] = ("low", "high", "largest_shape")
    spurious: ClassVar[bool] = True

    def __init__(
        self,
        low: float | Array = 0.0,
        high: float | Array = np.inf,
        *,
        shape: Known | None = None,
        scale: Known | None = None,
        prior: tuple[Sequence[float], float] | None = None,
        largest_shape: float | None = None,
    ) -> None:
        self.low, self.high = read_bounds(low, high, 0.0)
        if largest_shape is not None and not 0 < largest_shape < np.inf:
            raise HiddenmixError("HM403", f"largest_shape must be above 0; got {largest_shape!r}", "largest_shape=1e6")
        self.largest_shape = largest_shape
        self._largest = LARGEST if largest_shape is None else largest_shape
        super().__init__(prior, shape=shape, scale=scale)

    def pseudo_stats(self, prior: tuple[Sequence[float], float]) -> TruncatedWeibullStats:
        """The statistics of the times that were seen before."""
        times = np.asarray(prior[0], dtype=float)[:, None]
        check_support(times, "positive")
        return self._sums(times, np.full((len(times), 1), prior[1] / len(times)), None)

    def refuse(self, x: Array) -> None:
        """HM133 times that are not above 0, HM140 times outside the bounds."""
        check_support(x, "positive")
        refuse_outside(x, self.low, self.high)

    def settled(self, x: Any) -> TruncatedWeibull:
        """The family with its largest shape, from the spread of the logs."""
        if self.largest_shape is not None:
            return self
        return TruncatedWeibull(**self.arguments() | {"largest_shape": largest_of(np.log(self.table(x)))})

    def straightened(self, x: Array) -> Array:
        """Their logs."""
        return np.log(x)

    def log_prob(self, params: WeibullParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        x = np.asarray(columns(x), dtype=float)[:, None, :]
        logs = np.log(np.where(np.isnan(x), 1.0, x))
        c, log_scale = params.shape, np.log(params.scale)
        risk = np.exp(np.minimum(c * (logs - log_scale), MOST))
        first, width = self._ends(params)
        density = np.log(c) - c * log_scale + (c - 1) * logs - (risk - first) - np.log(-np.expm1(-width))
        return np.where(np.isnan(x), 0.0, density).sum(axis=2)

    def stats(self, params: WeibullParams | None, x: Any, resp: Array) -> TruncatedWeibullStats:
        """Expected rows, logs and powers."""
        x = np.asarray(columns(x), dtype=float)
        return self._sums(x, resp, bounds_of(self.low, self.high, (resp.shape[1], x.shape[1])))

    def solve(
        self, stats: TruncatedWeibullStats, given: Mapping[str, Given], old: WeibullParams | None
    ) -> WeibullParams:
        """The zero of the derivative of the profile by log c, then the scale."""
        assert stats.bounds is not None
        powers, free = Powers(stats.powers, self._largest), ~given["shape"].mask
        problem = _Profile(stats, powers, *stats.bounds.ends(), given["scale"])
        guess = shape_of_logs(powers)
        top, low = np.full(len(guess), np.log(self._largest)), np.log(LEAST * guess)
        refuse_collapse(free & (problem(top) > 0), "holds times that are all but equal")
        refuse_collapse(free & (problem(low) < 0), "falls off more slowly than any Weibull")
        start = np.log(guess if old is None else old.shape)
        rises = Secants(problem, -PLAIN * stats.weight)
        shape = given["shape"].fill(np.exp(falling_roots(rises, np.clip(start, low + 1e-3, top - 1), low, top)))
        rate = problem.rate(shape)[0]
        refuse_collapse((rate <= 0) & ~given["scale"].mask, "rises up to its upper bound: no scale is large enough")
        scale = np.exp(powers.top - np.log(np.where(rate > 0, rate, 1.0)) / shape)
        return WeibullParams(shape, given["scale"].fill(scale))

    def expected_log_prob(self, params: WeibullParams, stats: TruncatedWeibullStats) -> Array:
        """The weighted sum of the log densities, per component (k,)."""
        c, log_scale = params.shape, np.log(params.scale)
        risk = risks(c, log_scale, Powers(stats.powers, self._largest))[0]
        first, width = self._ends(params)
        row = np.log(c) - c * log_scale + first - np.log(-np.expm1(-width))
        return np.sum(stats.weight * row + (c - 1) * stats.logs - risk, axis=1)

    def partials(self, params: WeibullParams, stats: TruncatedWeibullStats) -> dict[str, Array]:
        """The derivatives by shape and scale."""
        c, log_scale, n = params.shape, np.log(params.scale), stats.weight
        risk, slope, _ = risks(c, log_scale, Powers(stats.powers, self._largest))
        first, width = self._ends(params)
        a, b = self._logs(params)
        bounded = np.isfinite(width)
        below, above = first * a, (first + np.where(bounded, width, 0.0)) * b
        odds = 1 / np.expm1(np.minimum(width, MOST))
        by_shape = n * (1 / c - log_scale) + stats.logs - (slope - n * below) - n * (above - below) * odds
        spread = np.where(bounded, width, 0.0) * odds
        return {"shape": by_shape, "scale": c / params.scale * (risk - n * first - n * (1 - spread))}

    def means(self, params: WeibullParams) -> Array:
        """By incomplete gamma functions."""
        return self._moment(params, 1)

    def variances(self, params: WeibullParams) -> Array:
        """By incomplete gamma functions."""
        return np.maximum(self._moment(params, 2) - np.square(self._moment(params, 1)), 0.0)

    def below(self, params: WeibullParams, value: Array) -> Array:
        """(1 - exp(A - (x/s)^c)) / (1 - exp(A - B))."""
        first, width = self._ends(params)
        logs = np.log(np.maximum(value, np.finfo(float).tiny)) - np.log(params.scale)
        risk = np.exp(np.minimum(params.shape * logs, MOST))
        return np.clip(-np.expm1(-np.clip(risk - first, 0.0, width)) / -np.expm1(-width), 0.0, 1.0)

    def draw(self, params: WeibullParams, rng: np.random.Generator) -> Array:
        """Quantiles of uniform draws."""
        first, width = self._ends(params)
        risk = first - np.log1p(rng.random(params.shape.shape) * np.expm1(-width))
        return np.clip(params.scale * np.power(risk, 1 / params.shape), np.maximum(self.low, 1e-300), self.high)

    def _sums(self, x: Array, resp: Array, bounds: Bounds | None) -> TruncatedWeibullStats:
        seen = ~np.isnan(x)
        logs, resp = np.log(np.where(seen, x, 1.0)), np.asarray(resp, dtype=float)
        powers = power_histogram(np.where(seen, logs, np.nan), resp, self._largest)
        return TruncatedWeibullStats(resp.T @ seen.astype(float), resp.T @ logs, powers, bounds)

    def _logs(self, params: WeibullParams) -> tuple[Array, Array]:
        """log(a/s), 0 for a = 0, and log(b/s), 0 for an infinite b."""
        low, high = (
            np.where(self.low > 0, self.low, params.scale),
            np.where(np.isfinite(self.high), self.high, params.scale),
        )
        return np.log(low / params.scale), np.log(high / params.scale)

    def _ends(self, params: WeibullParams) -> tuple[Array, Array]:
        """A and B - A."""
        a, b = (np.exp(np.minimum(params.shape * logs, MOST)) for logs in self._logs(params))
        first = np.where(self.low > 0, a, 0.0)
        return first, np.where(np.isfinite(self.high), np.maximum(b - first, 1e-300), np.inf)

    def _moment(self, params: WeibullParams, power: int) -> Array:
        first, width = self._ends(params)
        order = 1 + power / params.shape
        last = first + width
        tail = first > order  # where the upper incomplete gamma function keeps its digits
        part = np.where(
            tail, gammaincc(order, first) - gammaincc(order, last), gammainc(order, last) - gammainc(order, first)
        )
        near = first < 0.9 * MOST
        share = np.exp(np.where(near, first, 0.0)) * part / -np.expm1(-width)
        usual = gamma(np.minimum(order, 170.0)) * share
        return np.power(params.scale, power) * np.where(near, usual, np.power(first, power / params.shape))


class _Profile:
    """The likelihood of m cells by shape alone, every scale at its best; times are taken relative to their largest."""

    def __init__(self, stats: TruncatedWeibullStats, powers: Powers, low: Array, high: Array, scale: Given) -> None:
        self.stats, self.powers, self.scale = stats, powers, scale
        self.from_zero, self.bounded = low <= 0, np.isfinite(high)
        self.low = np.log(np.where(self.from_zero, 1.0, low)) - powers.top
        self.high = np.log(np.where(self.bounded, high, 1.0)) - powers.top
        self.log_scale = np.log(np.where(scale.mask, scale.value, 1.0)) - powers.top

    def rate(self, c: Array) -> tuple[Array, Array, Array, Array, Array]:
        """The rate and a^c; what the upper bound takes from the derivative by the log rate; the same two by c."""
        n = self.stats.weight
        first = np.where(self.from_zero, 0.0, np.exp(np.maximum(c * self.low, -MOST)))
        last = np.exp(np.minimum(c * self.high, MOST))
        width = np.where(self.bounded, last - first, 1.0)
        mean = np.maximum(self.powers(c)[0] / n - first, np.finfo(float).tiny)
        bent = self.bounded & (mean < MIDDLE * width) & (mean > LONG * width)
        z = np.zeros_like(c)
        z[bent] = turns(mean[bent] / width[bent])
        best = np.where(self.bounded & (mean > LONG * width), z / width, 1 / mean)
        rate = np.where(self.scale.mask, np.exp(np.clip(-c * self.log_scale, -LARGE, LARGE)), best)
        z = np.minimum(rate, MOST / width) * width
        wider = np.where(self.bounded, last * self.high - first * self.low, 0.0)
        over = np.where(z > 0, z / np.expm1(np.where(z > 0, z, 1.0)), 1.0)
        return rate, first, np.where(self.bounded, over, 0.0), first * self.low, wider / width * over

    def __call__(self, at: Array) -> Array:
        """c times the derivative by c, at log c."""
        c, n = np.exp(at), self.stats.weight
        rate, first, over, lower, wider = self.rate(c)
        zero, one, _ = self.powers(c)
        by_shape = self.stats.logs - n * self.powers.top - rate * (one - n * lower) - n * wider
        by_rate = n - n * over - rate * (zero - n * first)  # 0 at the best rate; a known scale's rate changes with c
        return n + c * np.where(self.scale.mask, by_shape - self.log_scale * by_rate, by_shape)


__all__ = ["TruncatedWeibull"]
