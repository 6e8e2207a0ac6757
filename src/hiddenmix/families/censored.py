"""Right-censored exponential and normal distributions, columns independent; `Weibull` takes `Times` by itself.

For a time x that ended in the event, e = 1, and one that did not, e = 0,

    exponential: log p(x, e; r) = e log r - r x; the estimate is events over time, and 0 without an event;
    normal:      log p(x, 1) = log N(x; m, s²), log p(x, 0) = log Φ((m - x) / s).

What a censored row of the normal would have shown is hidden: the E-step takes its mean and variance above x (Tobin 1958
Econometrica 26:24; by EM: Aitkin 1981, Technometrics 23:161), and the M-step is the normal's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from scipy.special import log_ndtr, ndtr

from hiddenmix._special import ZERO, safe_log
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix.families._charts import NONNEGATIVE, POSITIVE, REAL
from hiddenmix.families._given import pseudo_counts
from hiddenmix.families._independent import Field, Given, Independent, IndependentColumns, refuse_collapse
from hiddenmix.families._mills import HALF_LOG_2PI, above
from hiddenmix.families.exponential import ExponentialParams
from hiddenmix.families.times import refuse_times, times_of
from hiddenmix.model import Known
from hiddenmix.moments import Moments

NO_SPREAD = 16 * np.finfo(float).eps  # standard deviation over the mean, of equal numbers


@record
class EventStats:
    """Rows, events, and the time in which they were seen, all (k, d)."""

    weight: Array
    events: Array
    time: Array


class CensoredExponential(Independent[ExponentialParams, EventStats]):
    """Exponential components; data are `Times` (n, d).

    Parameters
    ----------
    rate : Known, optional
        Rates that are given; a rate of 0 has no events.
    prior : tuple of two floats, optional
        Events, and the time that they took, added to every component and column.

    Raises
    ------
    HiddenmixError : HM134 negative times, HM139 events other than 0 and 1
    """

    params = ExponentialParams
    fields = (Field("rate", NONNEGATIVE),)
    prior_form: ClassVar[str] = "(events, time)"

    def __init__(self, *, rate: Known | None = None, prior: tuple[float, float] | None = None) -> None:
        super().__init__(prior, rate=rate)

    def pseudo_stats(self, prior: tuple[float, float]) -> EventStats:
        """The events and the time as they are."""
        events, time = pseudo_counts(prior)
        return EventStats(events, events, time)

    def refuse(self, x: Array) -> None:
        """HM134 negative times."""
        check_support(x, "nonnegative")

    def settled(self, x: Any) -> CensoredExponential:
        """The family as it is, once events are seen to be 0 or 1."""
        refuse_times(x, "nonnegative")
        return self

    def table(self, x: Any) -> Array:
        """The times."""
        return _observed(x)

    def natural(self, params: ExponentialParams) -> Array:
        """-r, log r, and nothing for the rows."""
        return np.concatenate([-params.rate, safe_log(params.rate), np.zeros_like(params.rate)], axis=1)

    def features(self, x: Any) -> Array:
        """Times, events, and 1 for every observed cell."""
        time, event, seen = times_of(x)
        return np.concatenate([time * seen, event, seen], axis=1).T

    def log_base(self, x: Any) -> None:
        """Nothing."""

    def from_features(self, sums: Array) -> EventStats:
        """Expected rows, events and time."""
        time, events, weight = np.split(sums, 3, axis=1)
        return EventStats(weight, events, time)

    def solve(self, stats: EventStats, given: Mapping[str, Given], old: ExponentialParams | None) -> ExponentialParams:
        """Events over time."""
        none = stats.time <= 0
        refuse_collapse(none & (stats.events > 0) & ~given["rate"].mask, "has no time but 0")
        return ExponentialParams(given["rate"].fill(stats.events / np.where(none, 1.0, stats.time)))

    def expected_log_prob(self, params: ExponentialParams, stats: EventStats) -> Array:
        """events log r - time r, per component (k,)."""
        return np.sum(stats.events * safe_log(params.rate) - stats.time * params.rate, axis=1)

    def partials(self, params: ExponentialParams, stats: EventStats) -> dict[str, Array]:
        """events / r - time."""
        return {"rate": stats.events / np.where(params.rate > 0, params.rate, 1.0) - stats.time}

    def straightened(self, x: Array) -> Array:
        """Cube roots, which are nearly normal."""
        return np.cbrt(x)

    def means(self, params: ExponentialParams) -> Array:
        """1 / r, of times seen to their end; a rate of 0 counts as `ZERO`."""
        return 1 / np.maximum(params.rate, ZERO)

    def variances(self, params: ExponentialParams) -> Array:
        """1 / r²."""
        return np.square(self.means(params))

    def below(self, params: ExponentialParams, value: Array) -> Array:
        """1 - exp(-r x)."""
        return -np.expm1(-params.rate * np.maximum(value, 0.0))

    def draw(self, params: ExponentialParams, rng: np.random.Generator) -> Array:
        """Standard exponentials over the rates: times seen to their end."""
        return rng.standard_exponential(params.rate.shape) * self.means(params)


@record
class CensoredNormalParams:
    """Means and standard deviations, both (k, d)."""

    mean: Array
    sd: Array


class CensoredNormal(IndependentColumns[CensoredNormalParams, Moments]):
    """Normal components whose values may be known from below only; data are `Times` (n, d), of any sign.

    Parameters
    ----------
    mean, sd : Known, optional
        Means and standard deviations that are given.
    prior : tuple (rows, mean, sd), optional
        Rows with this mean and standard deviation that were seen before in every component and column.

    Raises
    ------
    HiddenmixError : HM139 events other than 0 and 1
    """

    params = CensoredNormalParams
    fields = (Field("mean", REAL, unit="sd"), Field("sd", POSITIVE, words="standard deviation"))
    spurious: ClassVar[bool] = True

    def __init__(
        self,
        *,
        mean: Known | None = None,
        sd: Known | None = None,
        prior: tuple[float, float, float] | None = None,
    ) -> None:
        super().__init__(prior, mean=mean, sd=sd)

    def pseudo_stats(self, prior: tuple[float, float, float]) -> Moments:
        """The moments of the rows that were seen before."""
        rows, mean, sd = (np.full((1, 1), number) for number in prior)
        return Moments(rows, rows, mean, rows * np.square(sd), "diag")

    def settled(self, x: Any) -> CensoredNormal:
        """The family as it is, once events are seen to be 0 or 1."""
        refuse_times(x, None)
        return self

    def table(self, x: Any) -> Array:
        """The values."""
        return _observed(x)

    def log_prob(self, params: CensoredNormalParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        value, event, seen = (part[:, None, :] for part in times_of(x))
        z = (value - params.mean) / params.sd
        density = np.where(event > 0, -0.5 * np.square(z) - HALF_LOG_2PI - np.log(params.sd), log_ndtr(-z))
        return np.where(seen, density, 0.0).sum(axis=2)

    def stats(self, params: CensoredNormalParams | None, x: Any, resp: Array) -> Moments:
        """Moments of the values, censored ones with their mean and variance above what was seen."""
        value, event, seen = (part[:, None, :] for part in times_of(x))
        weight = np.asarray(resp, dtype=float)[:, :, None] * seen  # (n, k, d)
        noise = np.zeros_like(value)
        if params is not None:
            mean, variance = above((value - params.mean) / params.sd)
            value = np.where(event > 0, value, params.mean + params.sd * mean)
            noise = np.where(event > 0, 0.0, np.square(params.sd) * variance)
        return moments_of(value, noise, weight)

    def solve(
        self, stats: Moments, given: Mapping[str, Given], old: CensoredNormalParams | None
    ) -> CensoredNormalParams:
        """The mean, and the root of the mean square about it."""
        mean = given["mean"].fill(stats.mean)
        sd = np.sqrt((stats.scatter + stats.weight * np.square(stats.mean - mean)) / stats.dof)
        refuse_collapse((sd <= NO_SPREAD * np.abs(mean)) & ~given["sd"].mask, "has no spread")
        return CensoredNormalParams(mean, given["sd"].fill(sd))

    def expected_log_prob(self, params: CensoredNormalParams, stats: Moments) -> Array:
        """-(dof log s + scatter about m / (2 s²)), per component (k,)."""
        square = (stats.scatter + stats.weight * np.square(stats.mean - params.mean)) / np.square(params.sd)
        return -np.sum(stats.dof * np.log(params.sd) + 0.5 * square, axis=1)

    def partials(self, params: CensoredNormalParams, stats: Moments) -> dict[str, Array]:
        """The derivatives by mean and standard deviation."""
        apart = stats.mean - params.mean
        square = (stats.scatter + stats.weight * np.square(apart)) / np.square(params.sd)
        return {"mean": stats.weight * apart / np.square(params.sd), "sd": (square - stats.dof) / params.sd}

    def means(self, params: CensoredNormalParams) -> Array:
        """m."""
        return params.mean

    def variances(self, params: CensoredNormalParams) -> Array:
        """s²."""
        return np.square(params.sd)

    def below(self, params: CensoredNormalParams, value: Array) -> Array:
        """Φ((x - m) / s)."""
        return np.asarray(ndtr((value - params.mean) / params.sd))

    def draw(self, params: CensoredNormalParams, rng: np.random.Generator) -> Array:
        """Values that are all seen."""
        return params.mean + params.sd * rng.standard_normal(params.mean.shape)


def moments_of(value: Array, noise: Array, weight: Array) -> Moments:
    """Moments of values with variances of their own, for weights (n, k, d)."""
    total = weight.sum(axis=0)
    mean = (weight * value).sum(axis=0) / np.where(total > 0, total, 1.0)
    return Moments(total, total, mean, (weight * (np.square(value - mean) + noise)).sum(axis=0), "diag")


def _observed(x: Any) -> Array:
    """Times, NaN where they are missing."""
    time, _, seen = times_of(x)
    return np.where(seen, time, np.nan)


__all__ = ["CensoredExponential", "CensoredNormal", "CensoredNormalParams", "moments_of"]
