"""The inverse Gaussian distribution, columns independent: first passage times of a drifting Brownian motion.

log p(x; m, l) = sum_c [1/2 log(l / (2 pi x³)) - l (x - m)² / (2 m² x)], over observed cells, with mean m and shape l.
The estimates are the mean, and 1 / l = mean of 1/x - 1/mean (Tweedie 1957, Annals of Mathematical Statistics 28:362).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtr

from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix._xp import namespace
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._dispersion import SPREAD, Dispersion, rows_of
from hiddenmix.families._gaps import Gaps
from hiddenmix.families._independent import Field, Given, refuse_collapse
from hiddenmix.model import Known

LARGEST = 1e150  # whose square can be held


@record
class InverseGaussianParams:
    """Means and shapes (k, d); the variance is mean³ / shape."""

    mean: Array
    shape: Array


class InverseGaussian(Dispersion[InverseGaussianParams]):
    """Inverse Gaussian components; data are values above 0 (n, d).

    Parameters
    ----------
    mean, shape : Known, optional
        Parameters that are given.
    prior : tuple of three, optional
        (rows, mean, shape): so many rows were seen before, in every component, whose own estimate these are. Mean and
        shape may differ by column (d,).

    Raises
    ------
    HiddenmixError : HM133 values of 0 and below
    """

    params = InverseGaussianParams
    fields = (Field("mean", POSITIVE), Field("shape", POSITIVE))
    divergence, stand_in, between = "inverse", 1.0, (0.0, np.inf)

    def __init__(
        self,
        *,
        mean: Known | None = None,
        shape: Known | None = None,
        prior: tuple[float, Array | float, Array | float] | None = None,
    ) -> None:
        super().__init__(prior, mean=mean, shape=shape)

    def pseudo_stats(self, prior: Any) -> Gaps:
        """Rows with this mean, and 1 / l between the mean of 1/x and 1/mean."""
        return rows_of(prior, prior[1], 1 / np.asarray(prior[2], dtype=float), "inverse")

    def refuse(self, x: Array) -> None:
        """HM133 values of 0 and below."""
        check_support(x, "positive")

    def statistic(self, x: Array) -> Array:
        """x."""
        return x

    def log_base(self, x: Array) -> Array:
        """-3/2 log x."""
        return -1.5 * namespace(x).log(x)

    def form(self, params: InverseGaussianParams) -> tuple[Array, Array, Array]:
        """m; l / 2; 1/2 log(l / 2 pi)."""
        return params.mean, params.shape / 2, 0.5 * np.log(params.shape / (2 * np.pi))

    def solve(
        self, stats: Gaps, given: Mapping[str, Given], old: InverseGaussianParams | None
    ) -> InverseGaussianParams:
        """The mean, then the shape about it."""
        mean = given["mean"].fill(stats.mean)
        spread = stats.about(mean) / stats.weight
        none = spread * mean <= SPREAD
        refuse_collapse(none & ~given["shape"].mask, "has a single value")
        return InverseGaussianParams(mean, given["shape"].fill(1 / np.where(none, 1.0, spread)))

    def partials(self, params: InverseGaussianParams, stats: Gaps) -> dict[str, Array]:
        """weight l (mean - m) / m³; weight / 2 l - divergence / 2."""
        rise = params.shape * stats.weight * (stats.mean - params.mean) / params.mean**3
        return {"mean": rise, "shape": 0.5 * (stats.weight / params.shape - stats.about(params.mean))}

    def straightened(self, x: Array) -> Array:
        """Logs."""
        return np.log(x)

    def means(self, params: InverseGaussianParams) -> Array:
        """m."""
        return params.mean

    def variances(self, params: InverseGaussianParams) -> Array:
        """m³ / l."""
        return params.mean**3 / params.shape

    def below(self, params: InverseGaussianParams, value: Array) -> Array:
        """Phi(u (x/m - 1)) + e^(2 l/m) Phi(-u (x/m + 1)), u² = l/x (Johnson, Kotz & Balakrishnan 1994, 15.4)."""
        x = np.maximum(value, np.finfo(float).tiny)
        root, ratio = np.minimum(np.sqrt(params.shape) / np.sqrt(x), LARGEST), x / params.mean
        tail = np.exp(2 * params.shape / params.mean + log_ndtr(-root * (ratio + 1)))
        return np.where(value > 0, np.minimum(ndtr(root * (ratio - 1)) + tail, 1.0), 0.0)

    def draw(self, params: InverseGaussianParams, rng: np.random.Generator) -> Array:
        """Wald draws, never 0."""
        return np.maximum(rng.wald(params.mean, params.shape), np.finfo(float).tiny)


__all__ = ["InverseGaussian", "InverseGaussianParams"]
