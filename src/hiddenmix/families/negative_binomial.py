"""Negative binomial counts, columns independent: Poisson counts whose rate varies from row to row.

With mean m and dispersion a >= 0, the variance is m + a m², and a = 0 is the Poisson distribution:

    log p(x) = sum_c [log Π_{i<x} (1 + a i) + x log m - (x + 1/a) log(1 + a m) - log x!],

over observed cells; 1/a is the size of R, and n of SciPy. There is no statistic of fixed length: it is the histogram of
the counts. The estimate of m is the mean. The derivative by a has one zero, where counts vary more than Poisson counts
(Levin & Reeds 1977, Ann. Statist. 5:79), and it is found by Newton's method; where they do not, a = 0 is the maximum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from scipy.special import betainc, pdtr

from hiddenmix._special import ZERO, log_factorial, safe_log
from hiddenmix._tree import Array, record
from hiddenmix._validate import check_counts
from hiddenmix.families._charts import NONNEGATIVE
from hiddenmix.families._counted import Counted
from hiddenmix.families._histogram import Histogram, pseudo_histogram
from hiddenmix.families._independent import Field, Given
from hiddenmix.families._rising import lag, log_rising, rising_slope
from hiddenmix.families._roots import falling_roots
from hiddenmix.model import Known

STEP = 1e-4  # of log a, for the slope that Newton's method takes
NOISE = 16 * np.finfo(float).eps  # of a sum, as a share of its terms


@record
class NegativeBinomialParams:
    """Means and dispersions, both (k, d): the variance is mean + dispersion · mean²."""

    mean: Array
    dispersion: Array


class NegativeBinomial(Counted[NegativeBinomialParams]):
    """Negative binomial components; data are counts (n, d).

    Parameters
    ----------
    mean, dispersion : Known, optional
        Means and dispersions that are given; a dispersion is 1 over the size.
    prior : tuple (counts, rows), optional
        Counts (m,) that were seen before in every component and column, together as many as `rows` rows.

    Raises
    ------
    HiddenmixError : HM124 negative counts, HM125 fractional ones
    """

    params = NegativeBinomialParams
    fields = (Field("mean", NONNEGATIVE), Field("dispersion", NONNEGATIVE))
    prior_form: ClassVar[str] = "(counts, rows)"

    def __init__(
        self,
        *,
        mean: Known | None = None,
        dispersion: Known | None = None,
        prior: tuple[Sequence[float], float] | None = None,
    ) -> None:
        super().__init__(prior, mean=mean, dispersion=dispersion)

    def pseudo_stats(self, prior: tuple[Sequence[float], float]) -> Histogram:
        """The histogram of the counts that were seen before."""
        check_counts(np.asarray(prior[0], dtype=float)[:, None])
        return pseudo_histogram(*prior)

    def log_mass(self, params: NegativeBinomialParams, value: Array) -> Array:
        """The log probabilities; (x + 1/a) log(1 + a m) in a form that holds for a = 0."""
        x, m, a = value[..., 0], params.mean, params.dispersion
        z = a * m
        rate = np.where(x > 0, x * (safe_log(m) - np.log1p(z)), 0.0)
        return log_rising(x, a) + rate - m * (1 + z * lag(z)) - log_factorial(x)

    def solve(
        self, stats: Histogram, given: Mapping[str, Given], old: NegativeBinomialParams | None
    ) -> NegativeBinomialParams:
        """The mean, then the zero of the derivative by the log of the dispersion."""
        x, w = stats.value[:, 0], stats.weight  # (L,), (m, L)
        total = w.sum(axis=1)
        mean = given["mean"].fill(w @ x / total)
        before = np.zeros(len(total)) if old is None else old.dispersion
        spread = (w * np.square(x - mean[:, None])).sum(axis=1) / total
        guess = (spread - mean) / np.square(np.where(mean > 0, mean, 1.0))
        start = np.where(before > ZERO, before, np.clip(guess, 1e-3, 1e3))
        rise, size = _slope(x, w, mean, np.zeros(len(total)))
        over = rise > NOISE * size
        a = np.where(mean > 0, 0.0, before)  # where all counts are 0, any dispersion will do
        a[over] = np.exp(_log_dispersion(x, w[over], mean[over], np.log(start[over])))
        return NegativeBinomialParams(mean, given["dispersion"].fill(np.where(a < ZERO, 0.0, a)))

    def partials(self, params: NegativeBinomialParams, stats: Histogram) -> dict[str, Array]:
        """sum w (x - m) / (m (1 + a m)), and the derivative by the dispersion."""
        x, m, w = stats.value[:, 0], params.mean, stats.weight
        total = np.broadcast_to(w.sum(axis=-1), m.shape)
        slope = (w @ x - total * m) / (np.where(m > 0, m, 1.0) * (1 + params.dispersion * m))
        return {"mean": slope, "dispersion": _slope(x, w, m, params.dispersion)[0]}

    def straightened(self, x: Array) -> Array:
        """Roots of the counts."""
        return np.sqrt(x)

    def means(self, params: NegativeBinomialParams) -> Array:
        """m."""
        return params.mean

    def variances(self, params: NegativeBinomialParams) -> Array:
        """m + a m²."""
        return params.mean + params.dispersion * np.square(params.mean)

    def below(self, params: NegativeBinomialParams, value: Array) -> Array:
        """The incomplete beta function at 1 / (1 + a m); the Poisson distribution where a = 0."""
        even = params.dispersion < ZERO
        x, size = np.maximum(np.floor(value), 0), 1 / np.where(even, 1.0, params.dispersion)
        found = np.where(even, pdtr(x, params.mean), betainc(size, x + 1, 1 / (1 + params.dispersion * params.mean)))
        return np.where(value < 0, 0.0, found)

    def draw(self, params: NegativeBinomialParams, rng: np.random.Generator) -> Array:
        """Poisson counts with gamma rates."""
        even = params.dispersion < ZERO
        a = np.where(even, 1.0, params.dispersion)
        pace = rng.standard_gamma(1 / a) * a
        return rng.poisson(params.mean * np.where(even, 1.0, pace)).astype(float)


def _slope(x: Array, w: Array, mean: Array, a: Array) -> tuple[Array, Array]:
    """The derivative (...) of the log-likelihood of counts x (L,) with weights w (..., L) by a, and its terms' size."""
    m, z = mean[..., None], (a * mean)[..., None]
    rising, falling = rising_slope(x, a[..., None]), -x * m / (1 + z)
    constant = np.square(m) * (1 / (1 + z) + lag(z))
    size = w * (rising - falling + np.square(m) / (1 + z))
    return np.sum(w * (rising + falling + constant), axis=-1), np.sum(size, axis=-1)


def _log_dispersion(x: Array, w: Array, mean: Array, start: Array) -> Array:
    """log a at the zero of the derivative."""

    def falling(at: Array) -> tuple[Array, Array]:
        around = np.exp(at + np.outer((0, STEP, -STEP), np.ones(len(at))))
        (value, ahead, behind), size = _slope(x, w, mean, around)
        return np.where(np.abs(value) <= NOISE * size[0], 0.0, value), (ahead - behind) / (2 * STEP)

    return falling_roots(falling, start)


__all__ = ["NegativeBinomial", "NegativeBinomialParams"]
