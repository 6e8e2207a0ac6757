"""Normal linear regression: a response whose mean is linear in features.

log p(y | x; b, s) = -1/2 log 2 pi - log s - (y - x'b - offset)^2 / (2 s^2). Coefficients are weighted least squares and
variances mean squared residuals (DeSarbo & Cron 1988, J. Classification 5:249). With shared coefficients and variances
of each component's own, both are maximised in turn until they stand still (Meng & Rubin 1993, Biometrika 80:267).
The conjugate prior is b ~ N(0, s^2 / precision), s^2 ~ scaled inverse chi-square.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import erfc

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, static
from hiddenmix.families._base import Conjugate
from hiddenmix.families._regression_design import Columns, Design, Places, check_design, starting_points
from hiddenmix.families._regression_factor import Factor, factor, least_squares
from hiddenmix.model import Degenerate, Known

LOG_2PI = float(np.log(2 * np.pi))
POINT = 1e-24  # a variance below this share of the response's is no spread
ROUNDS, STILL = 500, 1e-14


@record
class RegressionParams:
    """Coefficients (k, p), and standard deviations (k,) of the response about its mean."""

    coef: Array
    sd: Array


@record
class RegressionPrior:
    """b_c ~ N(0, s^2 / precision_c) with precision (p,) of 0 or more, s^2 ~ dof scale / chi-square(dof).

    A precision of 0 is no prior on that coefficient, and dof 0 none on the variance.
    """

    precision: Array
    dof: float = static(default=0.0)
    scale: float = static(default=0.0)

    def factor(self, k: int, places: Places, shared_sd: bool) -> Factor:
        """The prior as a statistic: rows seen before. A parameter that k components share has one prior, in k parts."""
        p = places.place.shape[1]
        precision = np.broadcast_to(np.asarray(self.precision, dtype=float), (p,))
        part = np.where(places.shared, 1.0 / k, 1.0)
        share = 1.0 / k if shared_sd else 1.0
        some = 2.0 if self.dof else 0.0
        root = np.diag(np.sqrt(np.append(precision * part, self.dof * self.scale * share)))
        dof = ((precision > 0) * part).sum() + (self.dof + some) * share
        return Factor(np.zeros(k), np.full(k, dof), np.broadcast_to(root, (k, p + 1, p + 1)))


class NormalRegression(Conjugate[RegressionParams, Factor]):
    """Normal linear regressions; data are a `Design`.

    Parameters
    ----------
    variance : {"own", "shared"}
        Whether components have variances of their own.
    shared : sequence of int
        Columns of the features whose coefficients are the same in all components.
    coef, sd : Known, optional
        Coefficients (k, p), by component or entry, and standard deviations (k,), as a whole, that are given.
    prior : RegressionPrior, optional
        Conjugate; the penalised least squares that it brings are its exact posterior mode.
    """

    def __init__(
        self,
        *,
        variance: Literal["own", "shared"] = "own",
        shared: Sequence[int] = (),
        coef: Known | None = None,
        sd: Known | None = None,
        prior: RegressionPrior | None = None,
    ) -> None:
        if variance not in ("own", "shared"):
            raise HiddenmixError("HM401", f"variance cannot be {variance!r}", '"own" or "shared"')
        if sd is not None and sd.where is not None:
            raise HiddenmixError("HM410", "standard deviations are known as a whole", "Known(value)")
        self.variance, self.shared, self.known_coef, self.known_sd = variance, tuple(shared), coef, sd
        self.prior_spec, self.prior = prior, None
        self.columns: Columns | None = None
        self.spread = 0.0

    def prepare(self, x: Any, weight: Array | None, k: int) -> NormalRegression:
        """The family with units, and its prior as a statistic. Raises HM145 missing features, HM147 dependent ones."""
        family = copy.copy(self)
        family.columns = check_design(x, weight, "NormalRegression", self.prior_spec is not None)
        y, seen = x.observed()
        family.spread = float(np.std(y[seen])) if seen.any() else 0.0
        if self.prior_spec is not None:
            family.prior = self.prior_spec.factor(k, self._places(k, x.features.shape[1]), self.variance == "shared")
        return family

    def log_prob(self, params: RegressionParams, x: Design) -> Array:
        """Log densities (n, k); 0 where the response is missing."""
        y, seen = x.observed()
        z = (y[:, None] - x.predictor(params.coef)) / params.sd
        return np.where(seen[:, None], -0.5 * (LOG_2PI + z * z) - np.log(params.sd), 0.0)

    def stats(self, params: RegressionParams | None, x: Design, resp: Array) -> Factor:
        """The factor of the rows with a response."""
        y, seen = x.observed()
        y = y if x.offset is None else y - np.asarray(x.offset, dtype=float)
        return factor(np.asarray(x.features, dtype=float), y, np.asarray(resp) * seen[:, None])

    def maximise(self, params: RegressionParams | None, stats: Factor) -> RegressionParams:
        """Least squares, weighted by the variances where coefficients are shared."""
        k, p = len(stats.dof), stats.root.shape[2] - 1
        places = self._places(k, p)
        if params is None:
            if not np.all(stats.dof > 0):
                raise Degenerate(int(np.argmin(stats.dof)), "has no rows to start from")
            params = self.conform(RegressionParams(np.zeros((k, p)), np.ones(k)))
        coef, sd = params.coef, params.sd
        once = self.variance == "shared" or len(places.linked()) == k
        for _ in range(1 if once else ROUNDS):
            before, coef = coef, least_squares(stats, coef, np.ones(k) if once else sd, places)
            sd = self._deviations(stats, coef, params.sd)
            if np.max(np.abs(coef - before) * self._columns(p).unit, initial=0.0) <= STILL * np.max(sd):
                break
        return RegressionParams(coef, sd)

    def repeated(self, count: int) -> NormalRegression | None:
        """Components that share nothing and of which nothing is known; a prior as often as they are."""
        if self.variance == "shared" or self.shared or self.known_coef is not None or self.known_sd is not None:
            return None
        if self.prior is None:
            return self
        family, prior = copy.copy(self), self.prior
        family.prior = Factor(*(np.concatenate([leaf] * count) for leaf in (prior.weight, prior.dof, prior.root)))
        return family

    def conform(self, params: RegressionParams) -> RegressionParams:
        """Given parameters put in, and shared ones made equal."""
        coef = self._places(*params.coef.shape).conform(params.coef, self.known_coef)
        sd = params.sd if self.known_sd is None else self.known_sd.fill(params.sd)
        shared = self.variance == "shared" and self.known_sd is None
        return RegressionParams(coef, np.full(len(sd), np.sqrt(np.mean(np.square(sd)))) if shared else sd)

    def expected_log_prob(self, params: RegressionParams, stats: Factor) -> Array:
        """-dof log s - rss / (2 s^2), per component (k,)."""
        return -stats.dof * np.log(params.sd) - 0.5 * stats.rss(params.coef) / np.square(params.sd)

    def with_coef(self, params: RegressionParams, coef: Array) -> RegressionParams:
        """The parameters with other coefficients."""
        return RegressionParams(coef, params.sd)

    def mean(self, params: RegressionParams, x: Design) -> Array:
        """Expected responses (n, k)."""
        return x.predictor(params.coef)

    def coordinates(self, x: Design) -> Array:
        """Standardised features and responses."""
        return starting_points(x, np.asarray(x.response, dtype=float))

    def resample(self, params: RegressionParams, labels: Array, x: Design, rng: np.random.Generator) -> Design:
        """Responses drawn for these features."""
        rows = np.arange(len(labels))
        y = x.predictor(params.coef)[rows, labels] + params.sd[labels] * rng.standard_normal(len(labels))
        return x.with_response(np.where(x.observed()[1], y, np.nan))

    def typicality(self, params: RegressionParams, x: Design) -> Array:
        """The probability of a larger residual; 1 where the response is missing."""
        y, seen = x.observed()
        z = np.abs(y[:, None] - x.predictor(params.coef)) / params.sd
        return np.where(seen[:, None], erfc(z / np.sqrt(2)), 1.0)

    def ravel(self, params: RegressionParams, base: RegressionParams) -> Array:
        """Coefficients of whitened columns in units of the base's deviations, then log deviations."""
        places, columns = self._places(*base.coef.shape), self._columns(base.coef.shape[1])
        coef = places.chart(params.coef - base.coef, columns, base.sd)
        return np.concatenate([coef, np.log(params.sd / base.sd)[self._free_sd(len(base.sd))]])

    def unravel(self, vector: Array, base: RegressionParams) -> RegressionParams:
        """The inverse of `ravel`."""
        places, columns = self._places(*base.coef.shape), self._columns(base.coef.shape[1])
        coef = base.coef + places.unchart(vector[: places.size], columns, base.sd)
        change = np.zeros(len(base.sd))
        rest = vector[places.size :]
        if rest.size:
            change[:] = rest
        return RegressionParams(coef, base.sd * np.exp(change))

    def slopes(self, params: RegressionParams, stats: Factor, base: RegressionParams) -> Array:
        """R'(residual) / s^2, then rss / s^2 - dof."""
        places, var = self._places(*base.coef.shape), np.square(params.sd)
        coef = places.slopes(stats.slope(params.coef) / var[:, None], self._columns(base.coef.shape[1]), base.sd)
        each = stats.rss(params.coef) / var - stats.dof
        if self.known_sd is not None:
            return coef
        return np.concatenate([coef, [each.sum()] if self.variance == "shared" else each])

    def estimates(self, params: RegressionParams) -> dict[str, Array]:
        """Coefficients and standard deviations."""
        return {"coef": params.coef, "scale": params.sd}

    def location(self, params: RegressionParams) -> Array:
        """The coefficients."""
        return params.coef

    def least_rows(self, params: RegressionParams) -> float:
        """p + 2 rows, where components have variances of their own without a prior: p are fitted with no residual."""
        given = self.prior_spec is not None and self.prior_spec.dof * self.prior_spec.scale > 0
        bounded = self.variance == "shared" or self.known_sd is not None or given
        return 0.0 if bounded else params.coef.shape[1] + 2.0

    def _places(self, k: int, p: int) -> Places:
        return Places.of(k, p, self.shared, self.known_coef)

    def _columns(self, p: int) -> Columns:
        return Columns.unknown(p) if self.columns is None else self.columns

    def _free_sd(self, k: int) -> Any:
        if self.known_sd is not None:
            return slice(0, 0)
        return slice(0, 1) if self.variance == "shared" else slice(0, k)

    def _deviations(self, stats: Factor, coef: Array, old: Array) -> Array:
        """Root mean squared residuals; those of components without rows stay."""
        if self.known_sd is not None:
            return old
        rss, dof = stats.rss(coef), stats.dof
        size = np.square(stats.root[:, :, -1]).sum(axis=1)  # residuals are rounding where they are no more than this
        if self.variance == "shared":
            rss, dof, size = (np.full(len(dof), part.sum()) for part in (rss, dof, size))
        var = rss / np.where(dof > 0, dof, 1.0)
        floor = np.maximum(POINT * self.spread**2, (1e-14) ** 2 * size / np.where(dof > 0, dof, 1.0))
        collapsed = (dof > 0) & ~(var > floor)
        if collapsed.any():
            raise Degenerate(int(np.argmax(collapsed)), "collapsed: its rows lie on one line or plane")
        return np.where(dof > 0, np.sqrt(var), old)


__all__ = ["Design", "NormalRegression", "RegressionParams", "RegressionPrior"]
