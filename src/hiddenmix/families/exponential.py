"""The exponential distribution, columns independent: waiting times without memory.

log p(x; r) = sum_c [log r_c - r_c x_c], over observed cells. The estimate is events over time, every value being one
event; a Gamma prior with shape 1 + a and rate b is a events seen in a time b before (Johnson, Kotz & Balakrishnan 1994,
Continuous Univariate Distributions 1, chapter 19).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix._xp import namespace
from hiddenmix.families._base import known_cells
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._given import pseudo_counts
from hiddenmix.families._independent import Field, Given, Independent, impossible_under, refuse_collapse
from hiddenmix.kernels.form import SEEN, VALUE
from hiddenmix.model import Known

TINY = 1e-300  # of a mean, whose inverse would overflow


@record
class ExponentialParams:
    """Rates (k, d): 1 over the mean."""

    rate: Array


@record
class ExponentialStats:
    """Expected events, and the time that they took, both (k, d)."""

    weight: Array
    time: Array


class Exponential(Independent[ExponentialParams, ExponentialStats]):
    """Exponential components; data are times or other values of 0 and more (n, d).

    Parameters
    ----------
    rate : Known, optional
        Rates that are given.
    prior : tuple of two floats, optional
        Events, and the time that they took, added to every component and column.

    Raises
    ------
    HiddenmixError : HM134 negative values
    """

    params = ExponentialParams
    fields = (Field("rate", POSITIVE),)
    prior_form: ClassVar[str] = "(events, time)"

    def __init__(self, *, rate: Known | None = None, prior: tuple[float, float] | None = None) -> None:
        super().__init__(prior, rate=rate)

    def pseudo_stats(self, prior: tuple[float, float]) -> ExponentialStats:
        """The events and the time as they are."""
        return ExponentialStats(*pseudo_counts(prior))

    def refuse(self, x: Array) -> None:
        """HM134 negative values."""
        check_support(x, "nonnegative")

    def natural(self, params: ExponentialParams) -> Array:
        """-r, then log r."""
        return np.concatenate([-params.rate, np.log(params.rate)], axis=1)

    def features(self, x: Any) -> Array:
        """Values, then 1 for every observed cell."""
        values, seen = known_cells(x)
        return namespace(values).concat([values, seen], axis=0)

    def codes(self, d: int) -> list[tuple[int, int, float]]:
        """The same, cell by cell."""
        return [(c, rule, 0.0) for rule in (VALUE, SEEN) for c in range(d)]

    def log_base(self, x: Any) -> Array | None:
        """-inf for values that are impossible."""
        return impossible_under(x, 0.0)

    def from_features(self, sums: Array) -> ExponentialStats:
        """Expected events and time."""
        time, weight = np.split(sums, 2, axis=1)
        return ExponentialStats(weight, time)

    def solve(
        self, stats: ExponentialStats, given: Mapping[str, Given], old: ExponentialParams | None
    ) -> ExponentialParams:
        """Events over time."""
        none = stats.time <= TINY * stats.weight
        refuse_collapse(none & ~given["rate"].mask, "has no value but 0")
        return ExponentialParams(given["rate"].fill(stats.weight / np.where(none, 1.0, stats.time)))

    def expected_log_prob(self, params: ExponentialParams, stats: ExponentialStats) -> Array:
        """events log r - time r, per component (k,)."""
        return np.sum(stats.weight * np.log(params.rate) - stats.time * params.rate, axis=1)

    def partials(self, params: ExponentialParams, stats: ExponentialStats) -> dict[str, Array]:
        """events / r - time."""
        return {"rate": stats.weight / params.rate - stats.time}

    def straightened(self, x: Array) -> Array:
        """Cube roots, which are nearly normal."""
        return np.cbrt(x)

    def means(self, params: ExponentialParams) -> Array:
        """1 / r."""
        return 1 / params.rate

    def variances(self, params: ExponentialParams) -> Array:
        """1 / r²."""
        return 1 / np.square(params.rate)

    def below(self, params: ExponentialParams, value: Array) -> Array:
        """1 - exp(-r x)."""
        return -np.expm1(-params.rate * np.maximum(value, 0.0))

    def draw(self, params: ExponentialParams, rng: np.random.Generator) -> Array:
        """Standard exponentials over the rates."""
        return rng.standard_exponential(params.rate.shape) / params.rate


__all__ = ["Exponential", "ExponentialParams", "ExponentialStats"]
