"""Exponential values between known bounds, columns independent: rows outside were never seen.

On a <= x <= b, with y = x - a and w = b - a,

    log p(x; r) = sum_c [log r_c - r_c y_c - log(1 - exp(-r_c w_c))],

over observed cells. The estimate is where the mean of y is its expectation, 1/r - w/(exp(r w) - 1) (Deemer & Votaw
1955, Ann. Math. Statist. 26:498); no rate has a mean at or beyond the middle of the bounds, and then the best is r = 0,
the uniform distribution. Without an upper bound it is the exponential distribution from a up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix.families._base import known_cells
from hiddenmix.families._bounds import NOWHERE, Bounds, bounds_of, read_bounds, refuse_outside
from hiddenmix.families._charts import NONNEGATIVE
from hiddenmix.families._given import pseudo_counts
from hiddenmix.families._independent import Field, Given, Independent, refuse_collapse
from hiddenmix.families._roots import falling_roots
from hiddenmix.families.exponential import TINY, ExponentialParams
from hiddenmix.model import Known

SMALL = 1e-2  # rate times width, below which the series is better
LONG = 1e-2  # mean as a share of the width, below which the upper bound changes nothing
MIDDLE = 0.5 - 1e-13  # of the bounds


@record
class TruncatedExponentialStats:
    """Rows, sums of values less the lower bounds, and the bounds, all (k, d)."""

    weight: Array
    time: Array
    bounds: Bounds | None


class TruncatedExponential(Independent[ExponentialParams, TruncatedExponentialStats]):
    """Exponential components between bounds; data are values (n, d).

    Parameters
    ----------
    low, high : float or array of shape (d,)
        The bounds; an infinite `high` is none.
    rate : Known, optional
        Rates that are given; 0 is the uniform distribution between the bounds.
    prior : tuple of two floats, optional
        Rows, and the sum of their values less the lower bound, added to every component and column.

    Raises
    ------
    HiddenmixError : HM430 bounds that leave no room, HM140 values outside
    """

    params = ExponentialParams
    fields = (Field("rate", NONNEGATIVE),)
    options: ClassVar[tuple[str, ...]] = ("low", "high")
    prior_form: ClassVar[str] = "(rows, sum)"

    def __init__(
        self,
        low: float | Array = 0.0,
        high: float | Array = np.inf,
        *,
        rate: Known | None = None,
        prior: tuple[float, float] | None = None,
    ) -> None:
        self.low, self.high = read_bounds(low, high, -NOWHERE)
        super().__init__(prior, rate=rate)

    def pseudo_stats(self, prior: tuple[float, float]) -> TruncatedExponentialStats:
        """The rows and their sum as they are."""
        return TruncatedExponentialStats(*pseudo_counts(prior), None)

    def refuse(self, x: Array) -> None:
        """HM140 values outside the bounds."""
        refuse_outside(x, self.low, self.high)

    def natural(self, params: ExponentialParams) -> Array:
        """-r, then the log of the density at the lower bound."""
        return np.concatenate([-params.rate, self._log_first(params.rate)], axis=1)

    def features(self, x: Any) -> Array:
        """Values less the lower bound, then 1 for every observed cell."""
        values, seen = known_cells(x)
        low = np.broadcast_to(self.low, (len(values),))[:, None]
        return np.concatenate([(values - low) * seen, seen])

    def log_base(self, x: Any) -> None:
        """Nothing: no value lies outside the bounds."""

    def from_features(self, sums: Array) -> TruncatedExponentialStats:
        """Expected rows and sums."""
        time, weight = np.split(sums, 2, axis=1)
        return TruncatedExponentialStats(weight, time, bounds_of(self.low, self.high, time.shape))

    def solve(
        self, stats: TruncatedExponentialStats, given: Mapping[str, Given], old: ExponentialParams | None
    ) -> ExponentialParams:
        """The rate at which the expectation is the mean."""
        mean = stats.time / stats.weight
        refuse_collapse((mean <= TINY) & ~given["rate"].mask, "has no value but the lower bound")
        assert stats.bounds is not None
        low, high = stats.bounds.ends()
        open_, width = np.isinf(high), np.where(np.isinf(high), 1.0, high - low)
        rate = 1 / np.where(mean > TINY, mean, 1.0)
        share = mean / width
        bent = ~open_ & (share < MIDDLE)
        rate[bent] = turns(share[bent]) / width[bent]
        return ExponentialParams(given["rate"].fill(np.where(open_ | bent, rate, 0.0)))

    def expected_log_prob(self, params: ExponentialParams, stats: TruncatedExponentialStats) -> Array:
        """rows log p(a) - time r, per component (k,)."""
        return np.sum(stats.weight * self._log_first(params.rate) - stats.time * params.rate, axis=1)

    def partials(self, params: ExponentialParams, stats: TruncatedExponentialStats) -> dict[str, Array]:
        """rows times the expectation of y, less its sum."""
        return {"rate": stats.weight * (self.means(params) - self.low) - stats.time}

    def means(self, params: ExponentialParams) -> Array:
        """a + 1/r - w/(exp(r w) - 1)."""
        bounded, width = self._width(params.rate)
        whole = 1 / np.where(params.rate > 0, params.rate, 1.0)
        return self.low + np.where(bounded, width * _place(params.rate * width)[0], whole)

    def variances(self, params: ExponentialParams) -> Array:
        """Minus the derivative of the mean by the rate."""
        bounded, width = self._width(params.rate)
        whole = 1 / np.where(params.rate > 0, params.rate, 1.0)
        return np.where(bounded, -np.square(width) * _place(params.rate * width)[1], np.square(whole))

    def below(self, params: ExponentialParams, value: Array) -> Array:
        """(1 - exp(-r y)) / (1 - exp(-r w))."""
        bounded, width = self._width(params.rate)
        y = np.clip(value - self.low, 0.0, np.where(bounded, width, np.inf))
        flat = params.rate * width < 1e-300
        part = -np.expm1(-params.rate * y) / np.where(bounded & ~flat, -np.expm1(-params.rate * width), 1.0)
        return np.where(bounded & flat, y / width, part)

    def draw(self, params: ExponentialParams, rng: np.random.Generator) -> Array:
        """Quantiles of uniform draws."""
        bounded, width = self._width(params.rate)
        u = rng.random(params.rate.shape)
        rate = np.maximum(params.rate, 1e-12 / width)
        whole = np.where(bounded, -np.expm1(-rate * width), 1.0)
        y = -np.log1p(-u * whole) / rate
        return self.low + np.where(bounded, np.minimum(y, width), y)

    def _width(self, rate: Array) -> tuple[Array, Array]:
        """Which entries have an upper bound, and the widths, 1 where there is none."""
        bounded = np.broadcast_to(np.isfinite(self.high), rate.shape)
        return bounded, np.where(bounded, np.where(np.isfinite(self.high), self.high, 1.0) - self.low, 1.0)

    def _log_first(self, rate: Array) -> Array:
        """log r - log(1 - exp(-r w)); -log w for r = 0."""
        bounded, width = self._width(rate)
        z = rate * width
        ratio = -np.expm1(-z) / np.where(z > 0, z, 1.0)
        inside = -np.log(np.where(z > 0, ratio, 1.0)) - np.log(width)
        return np.where(bounded, inside, np.log(np.where(rate > 0, rate, np.finfo(float).tiny)))


def turns(share: Array) -> Array:
    """Rate times width (m,) at which the expectation is this share of the width, above 0 and below a half."""

    z = 1 / np.maximum(share, 1e-300)  # to the last digit where the width is long
    bent = share > LONG
    target = share[bent]

    def falling(at: Array) -> tuple[Array, Array]:
        place, slope = _place(np.exp(at))
        return place - target, np.exp(at) * slope

    start = np.log(np.minimum(12 * (0.5 - target), 1 / target))
    z[bent] = np.exp(falling_roots(falling, start, -50.0, 10.0))
    return z


def _place(z: Array) -> tuple[Array, Array]:
    """1/z - 1/(exp(z) - 1), the expectation as a share of the width, and its derivative; 1/2 and -1/12 at 0."""
    near = z < SMALL
    u = np.where(near, z, 0.0)
    big = np.where(near, 1.0, z)
    square = u * u
    place = 0.5 - u / 12 * (1 - square / 60 * (1 - square / 42))
    slope = -1 / 12 + square / 240 * (1 - square * 5 / 126)
    tail = np.exp(-big)
    far = 1 / big - tail / -np.expm1(-big)
    bend = -1 / np.square(big) + tail / np.square(np.expm1(-big))
    return np.where(near, place, far), np.where(near, slope, bend)


__all__ = ["MIDDLE", "TruncatedExponential", "turns"]
