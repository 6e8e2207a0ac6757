"""Weibull times, columns independent, and right-censored where the data say so.

With shape c, scale s, and e = 1 for a time x that ended in the event, 0 for one that did not,

    log p(x, e) = sum_c [e (log c - c log s + (c - 1) log x) - (x / s)^c],

over observed cells. With E events and G(c) = sum x^c over all times, s^c = G(c) / E, and what is left to maximise,
E log c - E log G(c) + c sum e log x, is concave in c, for log G is convex (Kalbfleisch & Prentice 2002, The Statistical
Analysis of Failure Time Data, section 3.5). G is kept as a statistic for every c at once: see `_powers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.special import gammaln

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix.families._base import weighted_columns
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._histogram import Histogram
from hiddenmix.families._independent import Field, Given, IndependentColumns, refuse_collapse
from hiddenmix.families._powers import Powers, power_histogram
from hiddenmix.families._roots import falling_roots
from hiddenmix.families.times import refuse_times, times_of
from hiddenmix.model import Known

LOG_SD = np.pi / np.sqrt(6)  # standard deviation of log x for shape 1
FINER = 2048.0  # components' shapes up to so many times that of all rows together
LARGEST = 1024.0  # shape, where the data have not been seen
MOST = 690.0  # exponent, whose exponential can be added up


@record
class WeibullParams:
    """Shapes and scales, both (k, d); a scale is exceeded with probability 1/e."""

    shape: Array
    scale: Array


@record
class WeibullStats:
    """Rows, events, and sums of the log times of events, all (k, d); and the sums of powers of all times."""

    weight: Array
    events: Array
    logs: Array
    powers: Histogram


class Weibull(IndependentColumns[WeibullParams, WeibullStats]):
    """Weibull components; data are times (n, d), or `Times` where some are not over yet.

    Parameters
    ----------
    shape, scale : Known, optional
        Shapes and scales that are given.
    prior : tuple (times, rows), optional
        Times (m,) that were seen to end before in every component and column, together as many as `rows` rows.
    largest_shape : float, optional
        A component whose shape would be larger has collapsed; None takes 2048 times the shape that fits all rows.

    Raises
    ------
    HiddenmixError : HM133 times that are not above 0, HM139 events other than 0 and 1
    """

    params = WeibullParams
    fields = (Field("shape", POSITIVE), Field("scale", POSITIVE))
    prior_form: ClassVar[str] = "(times, rows)"
    options: ClassVar[tuple[str, ...]] = ("largest_shape",)
    spurious: ClassVar[bool] = True

    def __init__(
        self,
        *,
        shape: Known | None = None,
        scale: Known | None = None,
        prior: tuple[Sequence[float], float] | None = None,
        largest_shape: float | None = None,
    ) -> None:
        if largest_shape is not None and not 0 < largest_shape < np.inf:
            raise HiddenmixError("HM403", f"largest_shape must be above 0; got {largest_shape!r}", "largest_shape=1e6")
        self.largest_shape = largest_shape
        self._largest = LARGEST if largest_shape is None else largest_shape
        super().__init__(prior, shape=shape, scale=scale)

    def pseudo_stats(self, prior: tuple[Sequence[float], float]) -> WeibullStats:
        """The statistics of the times that were seen before."""
        times = np.asarray(prior[0], dtype=float)[:, None]
        check_support(times, "positive")
        return self.stats(None, times, np.full((len(times), 1), prior[1] / len(times)))

    def refuse(self, x: Array) -> None:
        """HM133 times that are not above 0."""
        check_support(x, "positive")

    def settled(self, x: Any) -> Weibull:
        """The family with its largest shape, from the spread of the logs."""
        refuse_times(x, "positive")
        if self.largest_shape is not None:
            return self
        return Weibull(**self.arguments() | {"largest_shape": largest_of(np.log(self.table(x)))})

    def table(self, x: Any) -> Array:
        """The times."""
        time, _, seen = times_of(x)
        return np.where(seen, time, np.nan)

    def straightened(self, x: Array) -> Array:
        """Their logs."""
        return np.log(x)

    def evaluate(self, params: WeibullParams, x: Any) -> tuple[Array, Callable[[Array], WeibullStats]]:
        """Log densities (n, k) of the observed cells, and the statistics."""
        time, event, seen = times_of(x)
        logs = np.log(time)[:, None, :]
        c, log_scale = params.shape, np.log(params.scale)
        risk = np.exp(np.minimum(c * (logs - log_scale), MOST))
        density = event[:, None, :] * (np.log(c) - c * log_scale + (c - 1) * logs) - risk
        return np.where(seen[:, None, :], density, 0.0).sum(axis=2), lambda resp: self.stats(params, x, resp)

    def log_prob(self, params: WeibullParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: WeibullParams | None, x: Any, resp: Array) -> WeibullStats:
        """Expected rows, events, logs and powers."""
        time, event, seen = times_of(x)
        logs = np.log(time)
        powers = power_histogram(np.where(seen, logs, np.nan), resp, self._largest)
        resp = np.asarray(resp, dtype=float)
        return WeibullStats(resp.T @ seen.astype(float), resp.T @ event, resp.T @ (event * logs), powers)

    def solve(self, stats: WeibullStats, given: Mapping[str, Given], old: WeibullParams | None) -> WeibullParams:
        """The zero of the derivative of the profile by log c, then the scale."""
        told = given["shape"].mask & given["scale"].mask
        refuse_collapse((stats.events <= 0) & ~told, "saw no event, only times that are not over")
        events, powers = np.where(stats.events > 0, stats.events, 1.0), Powers(stats.powers, self._largest)
        falling = _falling(stats, powers, given["scale"])
        top = np.full(len(events), np.log(self._largest))
        free = ~given["shape"].mask
        refuse_collapse(free & (falling(top)[0] > 0), "holds times that are all but equal")
        start = shape_of_logs(powers) if old is None else old.shape
        start = np.minimum(np.log(start), top - 1)
        shape = given["shape"].fill(np.exp(falling_roots(falling, start, high=top)))
        total = powers(shape)[0]
        scale = np.exp(powers.top + np.log(total / events) / shape)
        return WeibullParams(shape, given["scale"].fill(scale))

    def expected_log_prob(self, params: WeibullParams, stats: WeibullStats) -> Array:
        """E (log c - c log s) + (c - 1) sum e log x - G(c) / s^c, per component (k,)."""
        c, log_scale = params.shape, np.log(params.scale)
        risk = risks(c, log_scale, Powers(stats.powers, self._largest))[0]
        terms = stats.events * (np.log(c) - c * log_scale) + (c - 1) * stats.logs - risk
        return np.sum(terms, axis=1)

    def partials(self, params: WeibullParams, stats: WeibullStats) -> dict[str, Array]:
        """The derivatives by shape and scale."""
        c, log_scale = params.shape, np.log(params.scale)
        risk, slope, _ = risks(c, log_scale, Powers(stats.powers, self._largest))
        by_shape = stats.events * (1 / c - log_scale) + stats.logs - slope
        return {"shape": by_shape, "scale": c * (risk - stats.events) / params.scale}

    def means(self, params: WeibullParams) -> Array:
        """s Γ(1 + 1/c)."""
        return params.scale * np.exp(np.minimum(gammaln(1 + 1 / params.shape), MOST))

    def variances(self, params: WeibullParams) -> Array:
        """s² (Γ(1 + 2/c) - Γ(1 + 1/c)²)."""
        once, twice = (gammaln(1 + power / params.shape) for power in (1, 2))
        return np.square(params.scale) * np.exp(np.minimum(twice, MOST)) * -np.expm1(2 * once - twice)

    def below(self, params: WeibullParams, value: Array) -> Array:
        """1 - exp(-(x / s)^c)."""
        positive = np.asarray(value) > 0
        logs = np.log(np.where(positive, value, 1.0)) - np.log(params.scale)
        return np.where(positive, -np.expm1(-np.exp(np.minimum(params.shape * logs, MOST))), 0.0)

    def draw(self, params: WeibullParams, rng: np.random.Generator) -> Array:
        """Powers of standard exponentials; none of them is 0."""
        return params.scale * np.exp(np.log(rng.standard_exponential(params.shape.shape)) / params.shape)


def largest_of(logs: Array) -> float:
    """A power of 2 of `FINER` times the shape that fits the most narrow column of logs (n, d)."""
    spread = weighted_columns(logs, None)[1]
    narrow = float(np.min(spread, where=spread > 0, initial=np.inf))
    return float(2 ** np.ceil(np.log2(np.clip(FINER * LOG_SD / narrow, 1.0, 2.0**40)))) if narrow < np.inf else LARGEST


def risks(c: Array, log_scale: Array, powers: Powers) -> tuple[Array, Array, Array]:
    """sum (x/s)^c, and its first and second derivatives by c."""
    zero, one, two = powers(c)
    apart = powers.top - log_scale
    unit = np.exp(np.minimum(c * apart, MOST))
    return unit * zero, unit * (one + apart * zero), unit * (two + 2 * apart * one + np.square(apart) * zero)


def _falling(stats: WeibullStats, powers: Powers, scale: Given) -> Callable[[Array], tuple[Array, Array]]:
    """c times the derivative of the log-likelihood by c at log c, the scale known or at its best; and its slope."""
    log_scale, events = np.log(np.where(scale.mask, scale.value, 1.0)), stats.events

    def falling(at: Array) -> tuple[Array, Array]:
        c = np.exp(at)
        zero, one, two = powers(c)
        mean = one / zero
        best = events * (powers.top + mean), events * (two / zero - np.square(mean))
        _, slope, curve = risks(c, log_scale, powers)
        told = events * log_scale + slope, curve
        by, bend = (np.where(scale.mask, *pair) for pair in zip(told, best))
        rate = c * (stats.logs - by)
        return events + rate, rate - np.square(c) * bend

    return falling


def shape_of_logs(powers: Powers) -> Array:
    """The shape that fits the variance of the logs, censored times taken as events."""
    zero, one, two = powers(np.zeros(powers.top.shape))
    variance = two / zero - np.square(one / zero)
    return LOG_SD / np.sqrt(np.maximum(variance, 1e-12))


__all__ = ["LARGEST", "MOST", "Weibull", "WeibullParams", "WeibullStats", "largest_of", "risks", "shape_of_logs"]
