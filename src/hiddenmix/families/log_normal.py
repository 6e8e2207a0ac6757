"""The log-normal distribution, columns independent: logs that are normal.

log p(x; m, s) = sum_c [-log x - log s - 1/2 log 2 pi - (log x - m)² / 2 s²], over observed cells, with the mean m and
the standard deviation s of the logs. The estimates are those of the logs, from moments about their mean (Johnson, Kotz
& Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import ndtr

from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix._xp import namespace
from hiddenmix.families._charts import POSITIVE, REAL
from hiddenmix.families._dispersion import SPREAD, Dispersion, rows_of
from hiddenmix.families._gaps import Gaps
from hiddenmix.families._independent import Field, Given, refuse_collapse
from hiddenmix.model import Known


@record
class LogNormalParams:
    """Means and standard deviations of the logs (k, d)."""

    log_mean: Array
    log_sd: Array


class LogNormal(Dispersion[LogNormalParams]):
    """Log-normal components; data are values above 0 (n, d).

    Parameters
    ----------
    log_mean, log_sd : Known, optional
        Parameters that are given.
    prior : tuple of three, optional
        (rows, log_mean, log_sd): so many rows were seen before, in every component, whose own estimate these are. Both
        may differ by column (d,).

    Raises
    ------
    HiddenmixError : HM133 values of 0 and below
    """

    params = LogNormalParams
    fields = (
        Field("log_mean", REAL, unit="log_sd", words="mean of logs"),
        Field("log_sd", POSITIVE, words="standard deviation of logs"),
    )
    divergence, stand_in, between = "square", 1.0, (0.0, np.inf)

    def __init__(
        self,
        *,
        log_mean: Known | None = None,
        log_sd: Known | None = None,
        prior: tuple[float, Array | float, Array | float] | None = None,
    ) -> None:
        super().__init__(prior, log_mean=log_mean, log_sd=log_sd)

    def pseudo_stats(self, prior: Any) -> Gaps:
        """Rows whose logs have this mean and variance."""
        return rows_of(prior, prior[1], np.square(np.asarray(prior[2], dtype=float)), "square")

    def refuse(self, x: Array) -> None:
        """HM133 values of 0 and below."""
        check_support(x, "positive")

    def statistic(self, x: Array) -> Array:
        """log x."""
        return namespace(x).log(x)

    def log_base(self, x: Array) -> Array:
        """-log x."""
        return -namespace(x).log(x)

    def form(self, params: LogNormalParams) -> tuple[Array, Array, Array]:
        """m; 1 / 2 s²; -log s - 1/2 log 2 pi."""
        constant = -np.log(params.log_sd) - 0.5 * np.log(2 * np.pi)
        return params.log_mean, 0.5 / np.square(params.log_sd), constant

    def solve(self, stats: Gaps, given: Mapping[str, Given], old: LogNormalParams | None) -> LogNormalParams:
        """The mean of logs, then their standard deviation about it."""
        mean = given["log_mean"].fill(stats.mean)
        variance = stats.about(mean) / stats.weight
        none = variance <= SPREAD * np.maximum(1.0, np.square(mean))
        refuse_collapse(none & ~given["log_sd"].mask, "has a single value")
        return LogNormalParams(mean, given["log_sd"].fill(np.sqrt(variance)))

    def partials(self, params: LogNormalParams, stats: Gaps) -> dict[str, Array]:
        """weight (mean - m) / s²; (divergence / s² - weight) / s."""
        precision = 1 / np.square(params.log_sd)
        rise = stats.weight * (stats.mean - params.log_mean) * precision
        return {"log_mean": rise, "log_sd": (stats.about(params.log_mean) * precision - stats.weight) / params.log_sd}

    def straightened(self, x: Array) -> Array:
        """Logs."""
        return np.log(x)

    def means(self, params: LogNormalParams) -> Array:
        """e^(m + s² / 2)."""
        return np.exp(np.minimum(params.log_mean + 0.5 * np.square(params.log_sd), LARGEST))

    def variances(self, params: LogNormalParams) -> Array:
        """(e^s² - 1) e^(2 m + s²)."""
        logs = 2 * params.log_mean + np.square(params.log_sd)
        factor = np.expm1(np.minimum(np.square(params.log_sd), LARGEST))
        return np.exp(np.minimum(logs + np.log(factor), 2 * LARGEST))

    def below(self, params: LogNormalParams, value: Array) -> Array:
        """Phi((log x - m) / s)."""
        logs = np.log(np.maximum(value, np.finfo(float).tiny))
        return np.where(value > 0, ndtr((logs - params.log_mean) / params.log_sd), 0.0)

    def draw(self, params: LogNormalParams, rng: np.random.Generator) -> Array:
        """Exponentials of normal draws."""
        return np.exp(params.log_mean + params.log_sd * rng.standard_normal(params.log_mean.shape))


LARGEST = 350.0  # the log of a mean whose square can be held


__all__ = ["LogNormal", "LogNormalParams"]
