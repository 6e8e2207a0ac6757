"""Normal regression with random effects: intercepts and slopes that vary from group to group.

A group's responses are y = X b + Z u + e, with u ~ N(0, P) drawn once for the group and e ~ N(0, s^2): jointly normal
with covariance Z P Z' + s^2. With P = L L' and A = 1 + L'Z'Z L / s^2, its determinant is s^(2n) |A|, and u given y has
mean L a, a = A^-1 L'Z'(y - X b) / s^2, and covariance L A^-1 L' (Woodbury). EM with the effects hidden is that of Laird
& Ware (1982, Biometrics 38:963); mixtures of it are in Verbeke & Lesaffre (1996, JASA 91:217).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import chdtrc

from hiddenmix import _linalg
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.families._base import standardised
from hiddenmix.families._charts import gradient_chol, ravel_chol, unravel_chol
from hiddenmix.families._regression_design import Design
from hiddenmix.families._regression_factor import Factor, factor, triangular
from hiddenmix.families.regression import LOG_2PI, NormalRegression, RegressionParams, RegressionPrior
from hiddenmix.model import Degenerate, Family, Known


@record
class Panel:
    """Groups as units: responses and offsets (u, t), features (u, t, p), those with random coefficients (u, t, q).

    NaN responses are missing, and fill up groups of fewer rows than t.
    """

    response: Array
    features: Array
    random: Array
    offset: Array | None = None

    def design(self) -> Design:
        """All rows, one under the other."""
        offset = None if self.offset is None else np.ravel(self.offset)
        return Design(np.ravel(self.response), self.features.reshape(-1, self.features.shape[2]), offset)


@record
class RandomParams:
    """Coefficients and deviations of the rows, and Cholesky factors (k, q, q) of the covariances of the effects."""

    lines: RegressionParams
    chol: Array


@record
class RandomStats:
    """The factor of the rows less their expected effects; of the effects number (k,) and squares (k, q, q)."""

    lines: Factor
    units: Array
    effects: Array


class RandomRegression(Family[RandomParams, RandomStats]):
    """Normal regressions with random effects; data are a `Panel`.

    Parameters
    ----------
    covariance : {"own", "shared"}
        Whether components have covariances of the effects of their own.
    variance, shared, coef, prior
        As for `NormalRegression`.
    """

    def __init__(
        self,
        *,
        covariance: Literal["own", "shared"] = "own",
        variance: Literal["own", "shared"] = "own",
        shared: Sequence[int] = (),
        coef: Known | None = None,
        prior: RegressionPrior | None = None,
    ) -> None:
        if covariance not in ("own", "shared"):
            raise HiddenmixError("HM401", f"covariance cannot be {covariance!r}", '"own" or "shared"')
        self.covariance, self.known_coef = covariance, coef
        self.lines = NormalRegression(variance=variance, shared=shared, coef=coef, prior=prior)

    def prepare(self, x: Any, weight: Array | None, k: int) -> RandomRegression:
        """The family with its lines settled. Raises HM145 missing features, HM147 dependent ones."""
        if not np.isfinite(x.random).all():
            raise HiddenmixError("HM145", "a feature with a random coefficient is missing", "impute it first")
        seen = ~np.isnan(np.ravel(x.response))
        rows = x.design()
        family = copy.copy(self)
        family.lines = self.lines.prepare(Design(rows.response[seen], rows.features[seen]), None, k)
        return family

    def log_prob(self, params: RandomParams, x: Panel) -> Array:
        """Log densities (u, k) of the groups' responses together; 0 where a group has none."""
        return self.evaluate(params, x)[0]

    def stats(self, params: RandomParams | None, x: Panel, resp: Array) -> RandomStats:
        """Statistics expected under the parameters; at the start, of effects as large as the residuals."""
        params = self._guess(x, resp) if params is None else params
        return self.evaluate(params, x)[1](resp)

    def evaluate(self, params: RandomParams, x: Panel) -> tuple[Array, Callable[[Array], RandomStats]]:
        """Log densities, and the function from responsibilities to statistics."""
        y, seen = _responses(x)
        parts = [_conditional(params, j, y, seen, x) for j in range(len(params.chol))]
        log_prob = np.stack([part[0] for part in parts], axis=1)

        def stats_of(resp: Array) -> RandomStats:
            resp = np.asarray(resp)
            rest = np.stack([(y - part[1]).ravel() for part in parts])
            rows = np.repeat(resp, y.shape[1], axis=0) * seen.reshape(-1, 1)
            lines = factor(np.asarray(x.features, dtype=float).reshape(rows.shape[0], -1), rest, rows)
            noise = np.array([r @ part[2] for r, part in zip(resp.T, parts, strict=True)])
            effects = np.stack([np.einsum("u,uab->ab", r, part[3]) for r, part in zip(resp.T, parts, strict=True)])
            return RandomStats(_with_noise(lines, noise), resp.sum(axis=0), effects)

        return log_prob, stats_of

    def estimate(self, params: RandomParams | None, stats: RandomStats) -> RandomParams:
        """Lines by least squares, and the mean squares of the effects."""
        lines = self.lines.estimate(None if params is None else params.lines, stats.lines)
        units, effects = stats.units, stats.effects
        if self.covariance == "shared":
            units, effects = np.full(len(units), units.sum()), np.broadcast_to(effects.sum(axis=0), effects.shape)
        chol = np.zeros(effects.shape) if params is None else params.chol.copy()
        for j in range(len(units)):
            if units[j] > 0:
                try:
                    chol[j] = _linalg.cholesky(effects[j] / units[j])
                except np.linalg.LinAlgError:
                    raise Degenerate(j, "collapsed: the covariance of its random effects is singular") from None
            elif params is None:
                raise Degenerate(j, "has no groups to start from")
        return RandomParams(lines, chol)

    def conform(self, params: RandomParams) -> RandomParams:
        """Given coefficients put in, and shared parameters made equal."""
        chol = params.chol
        if self.covariance == "shared":
            chol = _linalg.spread(_linalg.cholesky((chol @ np.swapaxes(chol, 1, 2)).mean(axis=0)), len(chol))
        return RandomParams(self.lines.conform(params.lines), chol)

    def expected_log_prob(self, params: RandomParams, stats: RandomStats) -> Array:
        """That of the lines, and -1/2 [units log|P| + tr P^-1 effects], per component (k,)."""
        inverse = _linalg.inverse_triangular(np.ascontiguousarray(params.chol))
        trace = ((inverse @ stats.effects) * inverse).sum(axis=(1, 2))
        log_det = np.log(np.diagonal(params.chol, axis1=1, axis2=2)).sum(axis=1)
        return self.lines.expected_log_prob(params.lines, stats.lines) - stats.units * log_det - 0.5 * trace

    def log_priors(self, params: RandomParams) -> Array:
        """Those of the lines."""
        return self.lines.log_priors(params.lines)

    def log_prior(self, params: RandomParams) -> float:
        """That of the lines."""
        return self.lines.log_prior(params.lines)

    def gradient(self, params: RandomParams, stats: RandomStats, base: RandomParams) -> Array:
        """That of the lines, and of the chart of Cholesky factors."""
        lines = self.lines.gradient(params.lines, stats.lines, base.lines)
        assert lines is not None
        each = gradient_chol(params.chol, base.chol, stats.effects, stats.units)
        return np.concatenate([lines, each.sum(axis=0) if self.covariance == "shared" else each.ravel()])

    def mean(self, params: RandomParams, x: Design) -> Array:
        """Expected responses (n, k) of rows of groups that are not known: those without effects."""
        return self.lines.mean(params.lines, x)

    def with_coef(self, params: RandomParams, coef: Array) -> RandomParams:
        """The parameters with other coefficients."""
        return RandomParams(self.lines.with_coef(params.lines, coef), params.chol)

    def effects(self, params: RandomParams, x: Panel) -> Array:
        """The expected effects (u, k, q) of the groups, for each component."""
        y, seen = _responses(x)
        return np.stack([_conditional(params, j, y, seen, x)[4] for j in range(len(params.chol))], axis=1)

    def coordinates(self, x: Panel) -> Array:
        """Mean responses of the groups, and how they go with each of the features."""
        y = np.asarray(x.response, dtype=float)
        seen = ~np.isnan(y)
        flat = standardised(x.design().features).reshape(*x.features.shape)
        size = np.maximum(seen.sum(axis=1), 1)[:, None]
        centre = np.where(seen, y, 0.0).sum(axis=1, keepdims=True) / size
        along = np.einsum("ut,utp->up", np.where(seen, y - centre, 0.0), flat) / size
        return standardised(np.column_stack([centre, along]))

    def resample(self, params: RandomParams, labels: Array, x: Panel, rng: np.random.Generator) -> Panel:
        """Responses drawn for these features."""
        units = np.arange(len(labels))
        mean = self.mean(params, x.design()).reshape(*x.response.shape, -1)[units, :, labels]
        u = np.einsum("uab,ub->ua", params.chol[labels], rng.standard_normal((len(labels), params.chol.shape[1])))
        y = mean + np.einsum("utq,uq->ut", x.random, u)
        y += params.lines.sd[labels, None] * rng.standard_normal(y.shape)
        return Panel(np.where(np.isnan(x.response), np.nan, y), x.features, x.random, x.offset)

    def typicality(self, params: RandomParams, x: Panel) -> Array:
        """The probability of a larger Mahalanobis distance of the group's responses together."""
        y, seen = _responses(x)
        far = [_conditional(params, j, y, seen, x)[5] for j in range(len(params.chol))]
        return np.asarray(chdtrc(np.maximum(seen.sum(axis=1), 1)[:, None], np.stack(far, axis=1)))

    def ravel(self, params: RandomParams, base: RandomParams) -> Array:
        """The coordinates of the lines, then those of the Cholesky factors."""
        each = ravel_chol(params.chol, base.chol)
        lines = self.lines.ravel(params.lines, base.lines)
        return np.concatenate([lines, each[0] if self.covariance == "shared" else each.ravel()])

    def unravel(self, vector: Array, base: RandomParams) -> RandomParams:
        """The inverse of `ravel`."""
        size, (k, q, _) = self.lines.n_free(base.lines), base.chol.shape
        each = np.broadcast_to(vector[size:].reshape(-1, q * (q + 1) // 2), (k, q * (q + 1) // 2))
        return RandomParams(self.lines.unravel(vector[:size], base.lines), unravel_chol(each, base.chol))

    def estimates(self, params: RandomParams) -> dict[str, Array]:
        """Those of the lines, and the covariances of the effects."""
        return {**self.lines.estimates(params.lines), "covariance": params.chol @ np.swapaxes(params.chol, 1, 2)}

    def location(self, params: RandomParams) -> Array:
        """The coefficients."""
        return params.lines.coef

    def least_rows(self, params: RandomParams) -> float:
        """Two groups, where the deviations of the lines are free."""
        return 2.0 if self.lines.least_rows(params.lines) else 0.0

    def _guess(self, x: Panel, resp: Array) -> RandomParams:
        """Lines without effects, and effects that are as large as the residuals."""
        rows = x.design()
        lines = self.lines.estimate(None, self.lines.stats(None, rows, np.repeat(resp, x.response.shape[1], axis=0)))
        size = np.sqrt(np.square(np.asarray(x.random, dtype=float)).mean(axis=(0, 1)))
        chol = lines.sd[:, None, None] * np.diag(1 / np.where(size > 0, size, 1.0))
        return self.conform(RandomParams(lines, chol))


def panel_of(design: Design, random: Sequence[int], groups: Array) -> Panel:
    """The groups of a design's rows, in the order of their codes from 0 up; `random` are columns of the features."""
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    shape = (len(sizes), int(sizes.max()))
    features = np.asarray(design.features, dtype=float)

    def padded(values: Array, fill: float) -> Array:
        out = np.full((*shape, *values.shape[1:]), fill)
        out[groups[order], place] = values[order]
        return out

    offset = None if design.offset is None else padded(np.asarray(design.offset), 0.0)
    response = padded(np.asarray(design.response, dtype=float), np.nan)
    return Panel(response, padded(features, 0.0), padded(features[:, list(random)], 0.0), offset)


def _responses(x: Panel) -> tuple[Array, Array]:
    """Responses less their offsets, 0 where they are missing, and which are there: both (u, t)."""
    y = np.asarray(x.response, dtype=float)
    seen = ~np.isnan(y)
    return np.where(seen, y, 0.0) - (0.0 if x.offset is None else np.asarray(x.offset, dtype=float)), seen


def _conditional(params: RandomParams, j: int, y: Array, seen: Array, x: Panel) -> tuple[Array, ...]:
    """Of component j: log densities (u,), expected effects on the rows (u, t), what rows vary about these (u,), ...

    ... which is s^2 (q - tr A^-1); of the effects the squares (u, q, q) and means (u, q); and the groups' squared
    Mahalanobis distances (u,).
    """
    sd, chol = params.lines.sd[j], params.chol[j]
    q = len(chol)
    rest = np.where(seen, y - np.asarray(x.features, dtype=float) @ params.lines.coef[j], 0.0) / sd
    z = np.where(seen[:, :, None], np.asarray(x.random, dtype=float) @ chol, 0.0) / sd  # (u, t, q)
    root = np.linalg.cholesky(np.eye(q) + np.swapaxes(z, 1, 2) @ z)
    half = _linalg.inverse_triangular(root)
    inverse = np.swapaxes(half, 1, 2) @ half
    a = np.einsum("uab,utb,ut->ua", inverse, z, rest)
    along = np.einsum("utq,uq->ut", z, a)
    squares = np.square(rest - along).sum(axis=1) + np.square(a).sum(axis=1)
    log_det = 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    log_prob = -0.5 * (seen.sum(axis=1) * (LOG_2PI + 2 * np.log(sd)) + log_det + squares)
    second = chol @ (inverse + a[:, :, None] * a[:, None, :]) @ chol.T
    spread = sd**2 * (q - np.trace(inverse, axis1=1, axis2=2))
    return log_prob, sd * along, spread, second, a @ chol.T, squares


def _with_noise(lines: Factor, noise: Array) -> Factor:
    """The factor of the same rows, and of one whose response has this square and that no coefficient touches."""
    last = np.zeros((*lines.root.shape[:1], 1, lines.root.shape[2]))
    last[:, 0, -1] = np.sqrt(np.maximum(noise, 0.0))
    return Factor(lines.weight, lines.dof, triangular(np.concatenate([lines.root, last], axis=1)))


__all__ = ["Panel", "RandomParams", "RandomRegression", "panel_of"]
