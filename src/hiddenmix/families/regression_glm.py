"""Poisson, binomial and gamma regression: generalised linear models (McCullagh & Nelder 1989), with safeguarded steps.

The linear predictor is x'b + offset: the log mean of Poisson and gamma responses, the log odds of binomial ones. The
M-step maximises a lower bound of the expected log density, which `_glm` derives; the shape v of gamma responses then
solves log v - digamma(v) = mean loss. Mixtures: Wedel & DeSarbo (1995, J. Classification 12:21).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.families._glm import GlmStats, Minorant, climb
from hiddenmix.families._glm_reach import Reach, reach_of, responses
from hiddenmix.families._glm_responses import (
    BinomialResponse,
    GammaResponse,
    PoissonResponse,
    Response,
    log_peak,
    log_peak_slope,
    shape_of,
)
from hiddenmix.families._regression_design import CLOSE, Columns, Design, Places, check_design, starting_points
from hiddenmix.model import Degenerate, Family, Known
from hiddenmix.typicality import DRAWS, TIE

POINT = 1e-14  # a mean loss below this is none
ROUNDS, STILL = 500, 1e-13


@record
class GlmParams:
    """Coefficients (k, p), and of gamma responses shapes (k,)."""

    coef: Array
    shape: Array | None = None


class _Glm(Family[GlmParams, GlmStats]):
    """What generalised linear models share; all but the response."""

    def __init__(
        self,
        response: Response,
        shared: Sequence[int],
        coef: Known | None,
        prior: float | Array | None,
        shape: Known | None = None,
    ) -> None:
        if prior is not None and np.any(np.asarray(prior) < 0):
            raise HiddenmixError("HM403", "prior precisions must be 0 or more", "prior=1.0, or one for each column")
        if shape is not None and shape.where is not None:
            raise HiddenmixError("HM410", "shapes are known as a whole", "Known(value)")
        self.response, self.shared, self.known_coef, self.known_shape = response, tuple(shared), coef, shape
        self.precision = 0.0 if prior is None else np.asarray(prior, dtype=float)
        self.prior_spec = prior
        self.columns: Columns | None = None
        self.reach: Reach | None = None

    def prepare(self, x: Any, weight: Array | None, k: int) -> Any:
        """The family with units. Raises HM145 missing features, HM147 dependent ones, HM124 to HM126 and HM146."""
        family = copy.copy(self)
        family.columns = check_design(x, weight, type(self).__name__, self.prior_spec is not None, CLOSE)
        self.response.check(np.asarray(x.response, dtype=float), x)
        family.reach = reach_of(self.response, x, weight)
        return family

    def log_prob(self, params: GlmParams, x: Design) -> Array:
        """Log densities (n, k); 0 where the response is missing."""
        y, seen, trials = responses(x)
        out = self.response.log_prob(y, trials, x.predictor(params.coef), params.shape)
        return np.where(seen, out, 0.0)

    def stats(self, params: GlmParams | None, x: Design, resp: Array) -> GlmStats:
        """Gradient and curvature at the parameters; at the start, at least squares of the linked responses."""
        y, seen, trials = responses(x)
        features, resp = np.asarray(x.features, dtype=float), np.asarray(resp) * seen
        base = self._least_squares(x, resp) if params is None else params.coef
        loss, slope, bend = self.response.derivatives(y, trials, x.predictor(base))
        some = resp > 0
        loss, slope, bend = (np.where(some, resp * np.where(some, part, 0.0), 0.0) for part in (loss, slope, bend))
        white = features if self.columns is None else features @ self.columns.whiten.T
        far = np.sqrt(np.square(white).sum(axis=1))[:, None]
        return GlmStats(
            resp.sum(axis=0),
            slope.T @ features,
            np.stack([(features * b[:, None]).T @ features for b in bend.T]),
            loss.sum(axis=0),
            np.where(some, far, 0.0).max(axis=0, initial=0.0),
            base,
        )

    def estimate(self, params: GlmParams | None, stats: GlmStats) -> GlmParams:
        """The maximum of the bound plus the log prior; with shapes and shared coefficients in turn until both stand."""
        k, p = stats.base.shape
        if params is None and not np.all(stats.weight > 0):
            raise Degenerate(int(np.argmin(stats.weight)), "has no rows to start from")
        places, bound, penalty = self._places(k, p), self._bound(stats), self._penalty(k, p)
        coef = stats.base
        if not self.response.shaped:
            return GlmParams(climb(bound, np.ones(k), penalty, places, coef))
        shape = np.ones(k) if params is None or params.shape is None else params.shape
        shape = shape if self.known_shape is None else self.known_shape.fill(shape)
        for _ in range(ROUNDS):
            coef = climb(bound, shape, penalty, places, stats.base)
            before, shape = shape, self._shapes(stats, bound.gain(coef), shape)
            if np.all(np.abs(shape - before) <= STILL * shape) or not (penalty.any() or self.shared):
                break
        return GlmParams(coef, shape)

    def repeated(self, count: int) -> Any:
        """Components that share nothing and of which nothing is known."""
        held = self.shared or self.known_coef is not None or self.known_shape is not None
        return None if held else self

    def conform(self, params: GlmParams) -> GlmParams:
        """Given parameters put in, and shared ones made equal."""
        shape = params.shape
        if shape is not None and self.known_shape is not None:
            shape = self.known_shape.fill(shape)
        return GlmParams(self._places(*params.coef.shape).conform(params.coef, self.known_coef), shape)

    def expected_log_prob(self, params: GlmParams, stats: GlmStats) -> Array:
        """The lower bound of the expected log density, per component (k,)."""
        gain, v = self._bound(stats).gain(params.coef), params.shape
        if v is None:
            return gain
        return stats.weight * log_peak(v) - v * (stats.loss - gain)

    def log_priors(self, params: GlmParams) -> Array:
        """-1/2 sum precision coef^2, per component (k,)."""
        return np.asarray(-0.5 * (self._penalty(*params.coef.shape) * np.square(params.coef)).sum(axis=1))

    def log_prior(self, params: GlmParams) -> float:
        """The same for all components."""
        return float(self.log_priors(params).sum())

    def gradient(self, params: GlmParams, stats: GlmStats, base: GlmParams) -> Array:
        """That of the bound plus the log prior, in the coordinates around `base`."""
        k, p = params.coef.shape
        places, bound, v = self._places(k, p), self._bound(stats), params.shape
        slope = bound.slope(params.coef) * (1.0 if v is None else v[:, None]) - self._penalty(k, p) * params.coef
        coef = places.slopes(slope, self._units(p), np.ones(k))
        if v is None or self.known_shape is not None:
            return coef
        rise = stats.weight * log_peak_slope(v) - (stats.loss - bound.gain(params.coef))
        return np.concatenate([coef, v * rise])

    def with_coef(self, params: GlmParams, coef: Array) -> GlmParams:
        """The parameters with other coefficients."""
        return GlmParams(coef, params.shape)

    def mean(self, params: GlmParams, x: Design) -> Array:
        """Expected responses (n, k)."""
        return self.response.mean(responses(x)[2], x.predictor(params.coef))

    def coordinates(self, x: Design) -> Array:
        """Standardised features, and responses on the scale of the predictor."""
        y, seen, trials = responses(x)
        return starting_points(x, np.where(seen, self.response.linked(y, trials), np.nan)[:, 0])

    def resample(self, params: GlmParams, labels: Array, x: Design, rng: np.random.Generator) -> Design:
        """Responses drawn for these features."""
        eta = x.predictor(params.coef)[np.arange(len(labels)), labels]
        shape = None if params.shape is None else params.shape[labels]
        _, seen, trials = responses(x)
        return x.with_response(np.where(seen[:, 0], self.response.draw(trials[:, 0], eta, shape, rng), np.nan))

    def typicality(self, params: GlmParams, x: Design) -> Array:
        """The share of responses drawn for the row's features whose density is no higher than the row's."""
        here, below = self.log_prob(params, x), np.ones((len(x.response), len(params.coef)))
        rng, (n, k) = np.random.default_rng(0), below.shape
        for _ in range(DRAWS):
            for j in range(k):
                drawn = self.resample(params, np.full(n, j), x, rng)
                below[:, j] += self.log_prob(params, drawn)[:, j] <= here[:, j] + TIE * (1 + np.abs(here[:, j]))
        return below / (1 + DRAWS)

    def ravel(self, params: GlmParams, base: GlmParams) -> Array:
        """Coefficients of whitened columns, then log shapes."""
        (k, p), places = base.coef.shape, self._places(*base.coef.shape)
        coef = places.chart(params.coef - base.coef, self._units(p), np.ones(k))
        if base.shape is None or params.shape is None or self.known_shape is not None:
            return coef
        return np.concatenate([coef, np.log(params.shape / base.shape)])

    def unravel(self, vector: Array, base: GlmParams) -> GlmParams:
        """The inverse of `ravel`."""
        (k, p), places = base.coef.shape, self._places(*base.coef.shape)
        shift = places.unchart(vector[: places.size], self._units(p), np.ones(k))
        rest = vector[places.size :]
        shape = base.shape if base.shape is None or not rest.size else base.shape * np.exp(rest)
        return GlmParams(base.coef + shift, shape)

    def on_boundary(self, params: GlmParams) -> bool:
        """Whether free coefficients run to infinity, as where a feature separates zeros from the rest."""
        free = (self._places(*params.coef.shape).place >= 0).any(axis=1)
        return self.response.open and self.reach is not None and bool(np.any(self.reach.beyond(params.coef[free])))

    def estimates(self, params: GlmParams) -> dict[str, Array]:
        """Coefficients, and of gamma responses shapes."""
        return {"coef": params.coef} if params.shape is None else {"coef": params.coef, "shape": params.shape}

    def location(self, params: GlmParams) -> Array:
        """The coefficients."""
        return params.coef

    def least_rows(self, params: GlmParams) -> float:
        """p + 2 rows for components with a free shape, whose likelihood is unbounded; 0 for the others."""
        bounded = params.shape is None or self.known_shape is not None
        return 0.0 if bounded else params.coef.shape[1] + 2.0

    def _bound(self, stats: GlmStats) -> Minorant:
        return Minorant(stats, self._units(stats.base.shape[1]).whiten)

    def _units(self, p: int) -> Columns:
        return Columns.unknown(p) if self.columns is None else self.columns

    def _places(self, k: int, p: int) -> Places:
        return Places.of(k, p, self.shared, self.known_coef)

    def _penalty(self, k: int, p: int) -> Array:
        """Prior precisions (k, p); of shared coefficients each component has a part, of given ones none."""
        places = self._places(k, p)
        part = np.where(places.shared, 1.0 / k, 1.0) * (places.place >= 0)
        return np.asarray(np.broadcast_to(self.precision, (p,)) * part)

    def _least_squares(self, x: Design, resp: Array) -> Array:
        y, _, trials = responses(x)
        target = self.response.linked(y, trials)[:, 0] - (0.0 if x.offset is None else np.asarray(x.offset))
        features, root = np.asarray(x.features, dtype=float), np.sqrt(resp)
        found = [np.linalg.lstsq(features * r[:, None], target * r, rcond=None)[0] for r in root.T]
        return self.conform(GlmParams(np.stack(found))).coef

    def _shapes(self, stats: GlmStats, gain: Array, old: Array) -> Array:
        """The root of log v - digamma(v) = mean loss; of components without rows the old one."""
        if self.known_shape is not None:
            return old
        loss = (stats.loss - gain) / np.where(stats.weight > 0, stats.weight, 1.0)
        collapsed = (stats.weight > 0) & ~(loss > POINT)
        if collapsed.any():
            raise Degenerate(int(np.argmax(collapsed)), "collapsed: its rows lie on one curve")
        return np.where(stats.weight > 0, shape_of(np.where(stats.weight > 0, loss, 1.0)), old)


class PoissonRegression(_Glm):
    """Poisson regressions with a log link; data are a `Design`.

    Parameters
    ----------
    shared : sequence of int
        Columns of the features whose coefficients are the same in all components.
    coef : Known, optional
        Coefficients (k, p) that are given.
    prior : float or array of shape (p,), optional
        Precisions of a normal prior on the coefficients, about 0.
    """

    def __init__(
        self, *, shared: Sequence[int] = (), coef: Known | None = None, prior: float | Array | None = None
    ) -> None:
        super().__init__(PoissonResponse(), shared, coef, prior)


class BinomialRegression(_Glm):
    """Logistic regressions of successes among trials (1 by default); parameters as for `PoissonRegression`."""

    def __init__(
        self, *, shared: Sequence[int] = (), coef: Known | None = None, prior: float | Array | None = None
    ) -> None:
        super().__init__(BinomialResponse(), shared, coef, prior)


class GammaRegression(_Glm):
    """Gamma regressions with a log link; `shape` (k,) may be given (`Known`; 1 is the exponential distribution).

    The other parameters are those of `PoissonRegression`.
    """

    def __init__(
        self,
        *,
        shared: Sequence[int] = (),
        coef: Known | None = None,
        shape: Known | None = None,
        prior: float | Array | None = None,
    ) -> None:
        super().__init__(GammaResponse(), shared, coef, prior, shape)


__all__ = ["BinomialRegression", "GammaRegression", "GlmParams", "PoissonRegression"]
