"""The gamma distribution, columns independent.

log p(x; a, b) = sum_c [a log b - log Gamma(a) + (a - 1) log x - b x], over observed cells, with shape a and rate b. The
mean is a / b; with s = log(mean of x) - mean of log x the shape solves log a - digamma(a) = s, here by Newton's steps
to float precision (Choi & Wette 1969, Technometrics 11:683; the start is Minka 2002, Estimating a Gamma distribution).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import gammainc

from hiddenmix._special import log_digamma_gap, log_gamma_gap
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix._xp import namespace
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._dispersion import SPREAD, Dispersion, rows_of
from hiddenmix.families._gaps import Gaps
from hiddenmix.families._independent import Field, Given, refuse_collapse
from hiddenmix.families._roots import falling_roots
from hiddenmix.model import Known


@record
class GammaParams:
    """Shapes and rates (k, d)."""

    shape: Array
    rate: Array


class Gamma(Dispersion[GammaParams]):
    """Gamma components; data are values above 0 (n, d).

    Parameters
    ----------
    shape, rate : Known, optional
        Parameters that are given.
    prior : tuple of three, optional
        (rows, shape, rate): so many rows were seen before, in every component, whose own estimate these are. Shape and
        rate may differ by column (d,).

    Raises
    ------
    HiddenmixError : HM133 values of 0 and below
    """

    params = GammaParams
    fields = (Field("shape", POSITIVE), Field("rate", POSITIVE))
    divergence, stand_in, between = "ratio", 1.0, (0.0, np.inf)

    def __init__(
        self,
        *,
        shape: Known | None = None,
        rate: Known | None = None,
        prior: tuple[float, Array | float, Array | float] | None = None,
    ) -> None:
        super().__init__(prior, shape=shape, rate=rate)

    def pseudo_stats(self, prior: Any) -> Gaps:
        """Rows with mean a / b, and log a - digamma(a) between the log of the mean and the mean of logs."""
        shape, rate = np.asarray(prior[1], dtype=float), np.asarray(prior[2], dtype=float)
        return rows_of(prior, shape / rate, log_digamma_gap(shape)[0], "ratio")

    def refuse(self, x: Array) -> None:
        """HM133 values of 0 and below."""
        check_support(x, "positive")

    def statistic(self, x: Array) -> Array:
        """x."""
        return x

    def log_base(self, x: Array) -> Array:
        """-log x."""
        return -namespace(x).log(x)

    def form(self, params: GammaParams) -> tuple[Array, Array, Array]:
        """a / b; a; a log a - a - log Gamma(a)."""
        return params.shape / params.rate, params.shape, log_gamma_gap(params.shape)

    def solve(self, stats: Gaps, given: Mapping[str, Given], old: GammaParams | None) -> GammaParams:
        """The shape by Newton's steps in its log, then the rate that goes with it."""
        gap, rated, shaped = stats.gap / stats.weight, given["rate"], given["shape"]
        refuse_collapse((gap <= SPREAD) & ~rated.mask & ~shaped.mask, "has a single value")
        shape = _shape(np.where(rated.mask, 1.0, np.maximum(gap, SPREAD)))
        where = rated.mask & ~shaped.mask
        shape[where] = _shape_at(stats.mean[where] * rated.value[where], gap[where])
        shape = shaped.fill(shape)
        return GammaParams(shape, rated.fill(shape / stats.mean))

    def partials(self, params: GammaParams, stats: Gaps) -> dict[str, Array]:
        """weight (log(mean / m) + log a - digamma(a)) - gap; weight (m - mean). With m = a / b."""
        centre = params.shape / params.rate
        level = np.log(stats.mean / centre) + log_digamma_gap(params.shape)[0]
        return {"shape": stats.weight * level - stats.gap, "rate": stats.weight * (centre - stats.mean)}

    def straightened(self, x: Array) -> Array:
        """Logs."""
        return np.log(x)

    def means(self, params: GammaParams) -> Array:
        """a / b."""
        return params.shape / params.rate

    def variances(self, params: GammaParams) -> Array:
        """a / b²."""
        return params.shape / np.square(params.rate)

    def below(self, params: GammaParams, value: Array) -> Array:
        """The incomplete gamma function."""
        return np.asarray(gammainc(params.shape, params.rate * np.maximum(value, 0.0)))

    def draw(self, params: GammaParams, rng: np.random.Generator) -> Array:
        """Standard gammas over the rates, never 0."""
        return np.maximum(rng.standard_gamma(params.shape) / params.rate, np.finfo(float).tiny)


def _shape(gap: Array) -> Array:
    """a with log a - digamma(a) = gap > 0: in logs a nearly straight line."""

    def excess(log_shape: Array) -> tuple[Array, Array]:
        shape = np.exp(log_shape)
        value, slope = log_digamma_gap(shape)
        return np.log(value / gap), shape * slope / value

    return np.exp(falling_roots(excess, np.log((3 - gap + np.sqrt(np.square(gap - 3) + 24 * gap)) / (12 * gap))))


def _shape_at(ratio: Array, gap: Array) -> Array:
    """a with digamma(a) = log b + the mean of logs, for a known rate b; `ratio` is b times the mean."""

    def excess(log_shape: Array) -> tuple[Array, Array]:
        shape = np.exp(log_shape)
        value, slope = log_digamma_gap(shape)
        return np.log(ratio) - log_shape - gap + value, shape * slope - 1

    return np.exp(falling_roots(excess, np.log(ratio)))


__all__ = ["Gamma", "GammaParams"]
