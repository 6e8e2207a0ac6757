"""The normal distribution in d dimensions, with missing cells integrated out.

log N(x; m, S) = -d/2 log 2 pi - 1/2 log|S| - 1/2 (x - m)' S^-1 (x - m). A row with missing cells has the density of its
observed block, which is normal with the same block of m and S; its expected statistics follow from the regression of
the missing block on the observed one (Little & Rubin 2002, Statistical Analysis with Missing Data, section 11.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from hiddenmix import _linalg, _tree
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, like, namespace, widened
from hiddenmix.data import missing_cells
from hiddenmix.families._base import Conjugate, columns, standardised, weighted_columns
from hiddenmix.families._normal_block import Block, Features, centred_moments
from hiddenmix.families.shapes import SHAPES, Diag, Full, Shape
from hiddenmix.model import Degenerate, Known
from hiddenmix.moments import Moments

LINEAR_ROWS = 16  # fewer rows than this are not worth the set-up of the linear path


@record
class NormalParams:
    """Means (k, d), and the covariances in the record of their shape."""

    mean: Array
    cov: Any


@record
class NormalPrior:
    """A normal-inverse-Wishart prior: mean ~ N(mean, S / shrinkage), S ~ inverse Wishart(dof, scale).

    Parameters follow Fraley & Raftery (2007, J. Classification 24:155): `shrinkage` kappa0, `dof` nu0 > d - 1, `mean`
    (d,), `scale` (d, d).
    """

    mean: Array
    scale: Array
    shrinkage: float = _tree.static(default=0.01)
    dof: float = _tree.static(default=0.0)

    def moments(self, shape: Shape, k: int, known_mean: bool) -> Moments:
        """The prior as a statistic of the shape: what it adds to each component's moments."""
        d = len(self.mean)
        weight = 0.0 if known_mean else self.shrinkage
        dof = self.dof + d + 1
        if shape.pooled:
            extra, scale = (0.0 if known_mean else 1.0) + dof / k, self.scale
        else:
            extra, scale = dof + (0.0 if known_mean else 1.0), self.scale
        if shape.kind == "diag":
            scale = np.diag(scale)
        elif shape.kind == "spherical":
            scale = np.asarray(np.trace(scale))
        size = (k,) if shape.kind == "full" else (k, d)
        return Moments(
            np.full(size, weight),
            np.full(size, extra),
            np.broadcast_to(self.mean, (k, d)),
            scale if shape.pooled else np.broadcast_to(scale, (k, *np.shape(scale))),
            shape.kind,
            shape.pooled,
        )


class Normal(Conjugate[NormalParams, Moments]):
    """Normal components.

    Parameters
    ----------
    covariance : {"full", "tied", "diag", "spherical"}
        The covariance shape.
    mean, cov : Known, optional
        Parameters that are given: whole, or by component or entry for means and by component for covariances (in the
        layout of the shape).
    prior : NormalPrior or "conjugate", optional
        "conjugate" is Fraley & Raftery's, computed from the data.
    reg_covar : float
        Each component's log density is penalised by `reg_covar`/2 tr S^-1 of the observed columns, so that the M-step
        adds it to the variances; 0 is exact maximum likelihood.
    """

    def __init__(
        self,
        covariance: Literal["full", "tied", "diag", "spherical"] | str = "full",
        *,
        mean: Known | None = None,
        cov: Known | None = None,
        prior: NormalPrior | Literal["conjugate"] | None = None,
        reg_covar: float = 0.0,
    ) -> None:
        self.shape = SHAPES[covariance]
        self.known_mean, self.known_cov = mean, cov
        self.prior_spec, self.reg_covar = prior, float(reg_covar)
        self.prior: Moments | None = None
        self._settings = (covariance, mean, cov, prior, reg_covar)

    def prepare(self, x: Any, weight: Array | None, k: int) -> Normal:
        """The family with its prior as a statistic, from data (n, d)."""
        if self.prior_spec is None:
            return self
        spec = conjugate_prior(x, weight, k) if isinstance(self.prior_spec, str) else self.prior_spec
        covariance, mean, cov, _, reg_covar = self._settings
        family = Normal(covariance, mean=mean, cov=cov, prior=spec, reg_covar=reg_covar)
        family.prior = spec.moments(self.shape, k, mean is not None and mean.where is None)
        return family

    def log_prob(self, params: NormalParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: NormalParams | None, x: Any, resp: Array) -> Moments:
        """Moments (k components) of the rows, missing cells at their conditional distribution."""
        x = columns(x)
        if params is None:
            params = self._vague(x, resp)
        if params is None:
            return centred_moments(x, resp, np.zeros((resp.shape[1], x.shape[1])), self.shape.kind, self.shape.pooled)
        return self._evaluate(params, x, centred=True)[1](resp)

    def evaluate(self, params: NormalParams, x: Any) -> tuple[Array, Callable[[Array], Moments]]:
        """Log densities, and the function from responsibilities to moments."""
        return self._evaluate(params, columns(x), centred=False)

    def maximise(self, params: NormalParams | None, stats: Moments) -> NormalParams:
        """Weighted means and covariances; with means known in part, both in turn until they agree."""
        weight = stats.weight if stats.weight.ndim == 2 else stats.weight[:, None]
        if params is None and self.known_mean is None and not np.all(weight > 0):
            raise Degenerate(int(np.argmin(weight.min(axis=1))), "has no rows to start from")
        mean = stats.mean if params is None else np.where(weight > 0, stats.mean, params.mean)
        unit = _column_units(stats)
        if self.known_mean is None:
            return NormalParams(mean, self._covariance(params, stats, mean, unit))
        return self._with_known_mean(params, stats, mean, unit)

    def expected_log_prob(self, params: NormalParams, stats: Moments) -> Array:
        """-1/2 [dof log|S| + tr S^-1 scatter + weight (m - mean)' S^-1 (m - mean)] per component (k,).

        A pooled scatter belongs to all components; each gets an equal part of its term.
        """
        k, d = params.mean.shape
        roots = self.shape.roots(params.cov, k, d)
        scatter = stats.about(params.mean)
        if roots.ndim == 3:
            log_det = 2 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
            inverse = _linalg.inverse_triangular(np.ascontiguousarray(roots))
            trace = ((inverse @ scatter) * inverse).sum(axis=(1, 2))
            return -0.5 * (stats.dof * log_det + (trace / k if stats.pooled else trace))
        precision = 1 / np.square(roots)
        spread = scatter[..., None] if stats.kind == "spherical" else scatter
        if stats.kind == "spherical":
            precision = precision[:, :1]
        trace = (precision * spread).sum(axis=1)
        log_det = (stats.dof * 2 * np.log(roots)).sum(axis=1)
        return -0.5 * (log_det + (trace / k if stats.pooled else trace))

    def coordinates(self, x: Any) -> Array:
        """Standardised columns, missing cells at the mean."""
        return standardised(columns(x))

    def sample(self, params: NormalParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        k, d = params.mean.shape
        roots = self.shape.roots(params.cov, k, d)
        noise = rng.standard_normal((len(labels), d))
        spread = np.einsum("nab,nb->na", roots[labels], noise) if roots.ndim == 3 else roots[labels] * noise
        return params.mean[labels] + spread

    def ravel(self, params: NormalParams, base: NormalParams) -> Array:
        """Means in units of the base's covariance, then the shape's own chart; known parameters are left out."""
        mean = self._to_units(params.mean - base.mean, base)[self._free_means(base)]
        if self.known_cov is not None and self.known_cov.where is None:
            return mean
        cov = self.shape.ravel(params.cov, base.cov)
        return np.concatenate([mean, cov[self._free_covs(base, cov.size)]])

    def unravel(self, vector: Array, base: NormalParams) -> NormalParams:
        """The inverse of `ravel`."""
        free = self._free_means(base)
        shift = np.zeros(base.mean.shape)
        shift[free] = vector[: free.sum()]
        mean = base.mean + self._from_units(shift, base)
        if self.known_cov is not None and self.known_cov.where is None:
            return NormalParams(mean, base.cov)
        cov = self.shape.ravel(base.cov, base.cov)
        cov[self._free_covs(base, cov.size)] = vector[free.sum() :]
        return NormalParams(mean, self.shape.unravel(cov, base.cov))

    def estimates(self, params: NormalParams) -> dict[str, Array]:
        """Means, and covariances in the layout of the shape."""
        return {"mean": params.mean, "covariance": self.shape.dense(params.cov)}

    def location(self, params: NormalParams) -> Array:
        """The means."""
        return params.mean

    def least_rows(self, params: NormalParams) -> float:
        """d + 2 rows, for components with a covariance of their own (McLachlan & Peel 2000, section 3.10)."""
        return params.mean.shape[1] + 2.0 if self.shape.own and self.known_cov is None else 0.0

    def _evaluate(
        self, params: NormalParams, x: Array, centred: bool
    ) -> tuple[Array, Callable[[Array], Moments]]:
        pieces = []
        for rows, observed in patterns(x):
            block, features, regression = _prepared(self, params, observed.tobytes() if observed is not None else None)
            part = x[rows, :] if observed is None else _columns_of(x[rows, :], observed)
            use = None if centred or len(part) < LINEAR_ROWS else features
            pieces.append((rows, observed, *block.evaluate(part, use), regression))
        if len(pieces) == 1:
            log_prob = pieces[0][2]
        elif is_numpy(x):
            log_prob = np.concatenate([piece[2].T for piece in pieces], axis=1).T
        else:
            log_prob = namespace(x).concat([piece[2] for piece in pieces], axis=0)

        def moments_of(resp: Array) -> Moments:
            parts = (
                self._lifted(params, moments(resp[rows, :]), observed, regression)
                for rows, observed, _, moments, regression in pieces
            )
            return _tree.merge_all(parts)

        return log_prob, moments_of

    def _lifted(
        self, params: NormalParams, part: Moments, observed: Array | None, regression: tuple[Array, Array] | None
    ) -> Moments:
        """The moments of one pattern in all columns, `reg_covar` counted as noise of the observed cells."""
        if self.reg_covar:
            part = _with_ridge(part, self.reg_covar)
        if observed is None:
            return part
        if regression is not None:
            return part.lift(observed, params.mean, *regression)
        weight, mean = np.zeros(params.mean.shape), params.mean.copy()
        weight[:, observed], mean[:, observed] = part.weight, part.mean
        scatter = part.scatter
        if part.kind == "diag":
            scatter = np.zeros(params.mean.shape[part.pooled :])
            scatter[..., observed] = part.scatter
        return Moments(weight, weight, mean, scatter, part.kind, part.pooled)

    def _vague(self, x: Array, resp: Array) -> NormalParams | None:
        """Parameters under which a missing cell has its column's mean and variance; None when nothing is missing."""
        if missing_cells(x) is None:
            return None
        k = resp.shape[1]
        mean, sd = weighted_columns(np.asarray(x, dtype=float), np.asarray(resp, dtype=float).sum(axis=1))
        mean = _linalg.spread(mean, k)
        sd = np.where(sd > 0, sd, 1.0)
        if self.shape.kind == "full":
            dense = np.diag(sd**2)
            return NormalParams(mean, self.shape.from_dense(dense, k))
        if self.shape.kind == "diag":
            return NormalParams(mean, Diag(_linalg.spread(sd, k)))
        return NormalParams(mean, self.shape.from_dense(np.asarray(np.mean(sd**2)), k))

    def _covariance(self, params: NormalParams | None, stats: Moments, mean: Array, unit: Array) -> Any:
        if self.known_cov is None:
            return self.shape.estimate(None if params is None else params.cov, stats.about(mean), stats.dof, unit)
        known = self.shape.from_dense(np.asarray(self.known_cov.value, dtype=float), len(mean))
        if self.known_cov.where is None:
            return known
        fixed = np.broadcast_to(self.known_cov.where, (len(mean),))
        dof = np.where(fixed if stats.dof.ndim == 1 else fixed[:, None], 0.0, stats.dof)
        return self.shape.estimate(known, stats.about(mean), dof, unit)

    def _with_known_mean(
        self, params: NormalParams | None, stats: Moments, free: Array, unit: Array
    ) -> NormalParams:
        """Known entries stay; the others regress on them, given the covariance, in turn with it (ECM, converged)."""
        assert self.known_mean is not None
        fixed = self.known_mean.mask(free.shape)
        mean = self.known_mean.fill(free)
        cov = self._covariance(params, stats, mean, unit)
        if self.shape.kind != "full" or np.all(fixed.all(axis=1) | ~fixed.any(axis=1)):
            return NormalParams(mean, cov)
        for _ in range(500):
            sigma = _dense(self.shape, cov, *free.shape)
            before, mean = mean, mean.copy()
            for j, held in enumerate(fixed):
                if held.any() and not held.all():
                    slope = np.linalg.solve(sigma[j][np.ix_(held, held)], sigma[j][np.ix_(held, ~held)])
                    mean[j, ~held] = free[j, ~held] + (mean[j, held] - free[j, held]) @ slope
            cov = self._covariance(params, stats, mean, unit)
            if np.max(np.abs(mean - before) / unit) < 1e-14:
                break
        return NormalParams(mean, cov)

    def _free_means(self, base: NormalParams) -> Array:
        if self.known_mean is None:
            return np.ones(base.mean.shape, dtype=bool)
        return ~self.known_mean.mask(base.mean.shape)

    def _free_covs(self, base: NormalParams, size: int) -> Array:
        if self.known_cov is None:
            return np.ones(size, dtype=bool)
        k = len(base.mean)
        return np.repeat(~np.broadcast_to(self.known_cov.mask((k,)), (k,)), size // k)

    def _to_units(self, shift: Array, base: NormalParams) -> Array:
        roots = self.shape.roots(base.cov, *shift.shape)
        if roots.ndim == 2:
            return shift / roots
        if self.known_mean is not None:
            return shift / np.linalg.norm(roots, axis=2)
        return np.einsum("kab,kb->ka", _linalg.inverse_triangular(np.ascontiguousarray(roots)), shift)

    def _from_units(self, shift: Array, base: NormalParams) -> Array:
        roots = self.shape.roots(base.cov, *shift.shape)
        if roots.ndim == 2:
            return shift * roots
        if self.known_mean is not None:
            return shift * np.linalg.norm(roots, axis=2)
        return np.einsum("kab,kb->ka", roots, shift)


def conjugate_prior(x: Any, weight: Array | None, k: int) -> NormalPrior:
    """Fraley & Raftery's default: shrinkage 0.01, d + 2 degrees of freedom, scale cov / k^(2/d), the data's mean."""
    x = np.asarray(columns(x), dtype=float)
    mean, _ = weighted_columns(x, weight)
    filled = np.where(np.isnan(x), mean, x) - mean
    w = np.ones(len(x)) if weight is None else weight
    cov = (filled * w[:, None]).T @ filled / w.sum()
    d = x.shape[1]
    return NormalPrior(mean, cov / k ** (2 / d), 0.01, d + 2.0)


def patterns(x: Array) -> Iterator[tuple[slice, Array | None]]:
    """Runs of rows that miss the same cells: the rows, and which columns are observed (None: all)."""
    missing = missing_cells(x)
    if missing is None:
        yield slice(0, x.shape[0]), None
        return
    ends = np.flatnonzero((missing[1:] != missing[:-1]).any(axis=1)) + 1
    for start, stop in zip([0, *ends], [*ends, len(missing)], strict=True):
        observed = ~missing[start]
        yield slice(int(start), int(stop)), None if observed.all() else observed


@lru_cache(maxsize=4096)
def _prepared(
    family: Normal, params: NormalParams, pattern: bytes | None
) -> tuple[Block, Features | None, tuple[Array, Array] | None]:
    """Everything that depends on parameters and pattern only; records hash by identity, so this never goes stale."""
    k, d = params.mean.shape
    shape = family.shape
    roots = shape.roots(params.cov, k, d)
    if pattern is None:
        block = Block.of(params.mean, roots, shape.kind, shape.pooled, family.reg_covar)
        return block, Features.of(block), None
    seen = np.frombuffer(pattern, dtype=bool)
    if roots.ndim == 2:
        block = Block.of(params.mean[:, seen], roots[:, seen], shape.kind, shape.pooled, family.reg_covar)
        return block, Features.of(block) if seen.any() else None, None
    roots = roots[:1] if shape.pooled else roots
    sigma = roots @ np.swapaxes(roots, 1, 2)
    part = _linalg.cholesky(sigma[:, seen][:, :, seen])
    if shape.pooled:
        part = _linalg.spread(part[0], k)
    block = Block.of(params.mean[:, seen], part, shape.kind, shape.pooled, family.reg_covar)
    carried = block.inverse[: len(sigma)] @ sigma[:, seen][:, :, ~seen]
    slope = np.swapaxes(carried, 1, 2) @ block.inverse[: len(sigma)]
    rest = sigma[:, ~seen][:, :, ~seen] - np.swapaxes(carried, 1, 2) @ carried
    regression = (np.broadcast_to(slope, (k, *slope.shape[1:])), np.broadcast_to(rest, (k, *rest.shape[1:])))
    return block, Features.of(block) if seen.any() else None, regression


def _columns_of(x: Array, observed: Array) -> Array:
    if is_numpy(x):
        return x[:, observed]
    chosen = namespace(x).asarray(np.flatnonzero(observed).tolist(), dtype=namespace(x).int64)
    return namespace(x).take(x, chosen, axis=1)


def _with_ridge(part: Moments, reg_covar: float) -> Moments:
    """Each row's scatter plus reg_covar times the identity."""
    d = part.mean.shape[1]
    if part.kind == "full":
        ridge = part.weight[:, None, None] * (reg_covar * np.eye(d))
    else:
        ridge = part.weight * reg_covar if part.kind == "diag" else part.weight.sum(axis=1) * reg_covar
    scatter = part.scatter + (ridge.sum(axis=0) if part.pooled else ridge)
    return Moments(part.weight, part.dof, part.mean, scatter, part.kind, part.pooled)


def _column_units(stats: Moments) -> Array:
    """Overall standard deviation of every column (d,), within and between components."""
    weight = stats.weight if stats.weight.ndim == 2 else np.repeat(stats.weight[:, None], stats.mean.shape[1], axis=1)
    total = weight.sum(axis=0)
    total = np.where(total > 0, total, 1.0)
    centre = (weight * stats.mean).sum(axis=0) / total
    between = (weight * np.square(stats.mean - centre)).sum(axis=0)
    within = stats.scatter if stats.pooled else stats.scatter.sum(axis=0)
    if stats.kind == "full":
        within = np.diag(within)
    elif stats.kind == "spherical":
        within = within / len(total)
    return np.sqrt((within + between) / total)


def _dense(shape: Shape, cov: Any, k: int, d: int) -> Array:
    roots = shape.roots(cov, k, d)
    return roots @ np.swapaxes(roots, 1, 2)


__all__ = ["Full", "Normal", "NormalParams", "NormalPrior", "like", "widened"]
