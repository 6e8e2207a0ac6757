"""The normal distribution in d dimensions, with missing cells integrated out.

log N(x; m, S) = -d/2 log 2 pi - 1/2 log|S| - 1/2 (x - m)' S^-1 (x - m). A row with missing cells has the density of its
observed block, which is normal with the same block of m and S; its expected statistics follow from the regression of
the missing block on the observed one (Little & Rubin 2002, Statistical Analysis with Missing Data, section 11.2).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from hiddenmix import _linalg, _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import to_numpy
from hiddenmix.families._base import Conjugate, columns, standardised, weighted_columns
from hiddenmix.families._given import refuse_known
from hiddenmix.families._normal_block import centred_moments
from hiddenmix.families._normal_means import FreeMeans, Means
from hiddenmix.families._normal_mstep import known_covariance, refuse_covariance
from hiddenmix.families._normal_prior import NormalPrior, conjugate_prior
from hiddenmix.families._normal_rank import PlaneMeans, refuse_rank
from hiddenmix.families._normal_rows import evaluate_rows, linear_rows, typicality_rows, vague
from hiddenmix.families.shapes import FactorShape, Shape, shape_of
from hiddenmix.kernels.piece import Piece
from hiddenmix.model import Degenerate, Known
from hiddenmix.moments import Moments


@record
class NormalParams:
    """Means (k, d), and the covariances in the record of their shape."""

    mean: Array
    cov: Any


class Normal(Conjugate[NormalParams, Moments]):
    """Normal components.

    Parameters
    ----------
    covariance : str
        The covariance shape, by its word or its letters: "full", "tied", "diag", "spherical", "tied_diag",
        "tied_spherical", and eight in which components share some of volume, shape and orientation
        (`hiddenmix.families.shapes`).
    mean, cov : Known, optional
        Parameters that are given: whole, or by component or entry for means and by component for covariances (in the
        layout of the shape).
    prior : NormalPrior or "conjugate", optional
        "conjugate" is Fraley & Raftery's, computed from the data.
    reg_covar : float
        Each component's log density is penalised by `reg_covar`/2 tr S^-1 of the observed columns, so that the M-step
        adds it to the variances; 0 is exact maximum likelihood.
    units : "sd" or array of shape (d,), optional
        The units in which columns are measured, "sd" for their standard deviations, for shapes to which units matter:
        "spherical", "tied_spherical", "same_shape", "same_orientation", "same_volume_shape" and
        "same_volume_orientation".
    groups : array of int of shape (k,), optional
        For "full", "diag" and "spherical": the group of each component, from 0 up; one covariance for each group.
    rank : int, optional
        For "tied": all means lie in an affine subspace of this dimension, which is estimated (Hastie & Tibshirani
        1996); no restriction from min(d, k - 1) on. Other shapes have no exact M-step for it.

    Raises
    ------
    HiddenmixError : HM401 no such covariance or prior, HM403 or HM404 groups or a rank that are none, HM410 options
        that do not go together
    """

    least_typicality = 0.0  # of rows far out the chi-square probability is as small as need be

    def __init__(
        self,
        covariance: str | FactorShape = "full",
        *,
        mean: Known | None = None,
        cov: Known | None = None,
        prior: NormalPrior | Literal["conjugate"] | None = None,
        reg_covar: float = 0.0,
        units: Array | Literal["sd"] | None = None,
        groups: Sequence[int] | Array | None = None,
        rank: int | None = None,
    ) -> None:
        self.units, self.groups, self.rank = units, None if groups is None else np.asarray(groups), rank
        self.shape: Shape = shape_of(covariance, groups, units)
        if isinstance(prior, str) and prior != "conjugate":
            raise HiddenmixError("HM401", f"no prior is called {prior!r}", '"conjugate", or a NormalPrior')
        if not (prior is None or isinstance(prior, (str, NormalPrior))):
            raise HiddenmixError("HM401", f"prior={prior!r} is no prior", '"conjugate", or a NormalPrior')
        refuse_known(mean, "mean")
        refuse_known(cov, "cov", None)
        if cov is not None and cov.where is not None and not self.shape.own:
            raise HiddenmixError("HM410", "a covariance that is shared is known as a whole", "Known(value)")
        if rank is not None:
            refuse_rank(self.shape.name, rank, mean is not None or prior is not None)
        self.known_mean, self.known_cov = mean, cov
        self.means: Means = FreeMeans(mean) if rank is None else PlaneMeans(int(rank))
        self.prior_spec, self.reg_covar = prior, float(reg_covar)
        self.prior: Moments | None = None

    def __repr__(self) -> str:
        more = "" if self.groups is None else f", groups={self.groups.tolist()}"
        return f"Normal({self.shape.name!r}{more}{'' if self.rank is None else f', rank={self.rank}'})"

    def prepare(self, x: Any, weight: Array | None, k: int) -> Normal:
        """The family with its prior as a statistic and its units as numbers, from data (n, d).

        Raises HM404 where groups are not those of k components.
        """
        changes: dict[str, Any] = {}
        refuse_covariance(self.shape, self.known_cov, k, columns(x).shape[1])
        if self.groups is not None and len(self.groups) != k:
            what = f"groups must have shape ({k},); got {self.groups.shape}"
            raise HiddenmixError("HM404", what, "one code for each component")
        if isinstance(self.units, str):
            units = weighted_columns(to_numpy(columns(x)), weight)[1]
            units = np.where(units > 0, units, 1.0)  # a constant column has no unit of its own
            changes = {"units": units, "shape": shape_of(self.shape.name, self.groups, units)}
        if self.prior_spec is not None:
            spec = conjugate_prior(x, weight, k) if isinstance(self.prior_spec, str) else self.prior_spec
            known_mean = self.known_mean is not None and self.known_mean.where is None
            prior = spec.moments(changes.get("shape", self.shape), k, known_mean)
            changes |= {"prior_spec": spec, "prior": prior}
        return self._with(**changes) if changes else self

    def log_prob(self, params: NormalParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: NormalParams | None, x: Any, resp: Array) -> Moments:
        """Moments (k components) of the rows, missing cells at their conditional distribution."""
        x = columns(x)
        if params is None:
            stand_in = vague(x, resp)
            if stand_in is None and not self.reg_covar:
                return centred_moments(
                    x, resp, np.zeros((resp.shape[1], x.shape[1])), self.shape.kind, self.shape.pooled
                )
            params = self.round(resp.shape[1], *(stand_in or (np.zeros(x.shape[1]), np.ones(x.shape[1]))))
        return evaluate_rows(self.shape, self.reg_covar, params, x, centred=True)[1](resp)

    def evaluate(self, params: NormalParams, x: Any) -> tuple[Array, Callable[[Array], Moments]]:
        """Log densities, and the function from responsibilities to moments."""
        return evaluate_rows(self.shape, self.reg_covar, params, columns(x), centred=False)

    def linear(self, params: NormalParams, x: Any, complete: bool = False) -> list[Piece[Moments]] | None:
        """The rows in linear form, one piece for each pattern of missing cells."""
        return linear_rows(self.shape, self.reg_covar, params, columns(x), complete)

    def maximise(self, params: NormalParams | None, stats: Moments) -> NormalParams:
        """Weighted means and covariances; with means known in part, both in turn until they agree."""
        weight = stats.weight if stats.weight.ndim == 2 else stats.weight[:, None]
        if params is None and self.known_mean is None and not np.all(weight > 0):
            raise Degenerate(int(np.argmin(weight.min(axis=1))), "has no rows to start from")
        mean = stats.mean if params is None else np.where(weight > 0, stats.mean, params.mean)
        old = None if params is None else params.cov
        return NormalParams(*self.means.estimate(self.shape, self.known_cov, old, stats, mean))

    def repeated(self, count: int) -> Normal | None:
        """Components that have nothing in common and of which nothing is known; the prior as often as they are."""
        if not self.shape.own or self.known_mean is not None or self.known_cov is not None:
            return None
        if self.prior is None:
            return self
        return self._with(prior=_tree.pick(self.prior, np.tile(np.arange(len(self.prior.mean)), count)))

    def conform(self, params: NormalParams) -> NormalParams:
        """Known means and covariances put in, and means put into the subspace of their rank."""
        cov = known_covariance(self.shape, self.known_cov, params.cov, len(params.mean))
        return NormalParams(self.means.conform(self.shape, params.mean, cov), cov)

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

    def typicality(self, params: NormalParams, x: Any) -> Array:
        """From squared Mahalanobis distances, which are chi-square."""
        return typicality_rows(self.shape, params, columns(x))

    def ravel(self, params: NormalParams, base: NormalParams) -> Array:
        """Means in units of the base's covariance, then the shape's own chart; known parameters are left out."""
        mean = self.means.ravel(self.shape, params.mean, base)
        cov = self.shape.ravel(params.cov, base.cov)
        return np.concatenate([mean, cov[self._free_covs(base, cov.size)]])

    def unravel(self, vector: Array, base: NormalParams) -> NormalParams:
        """The inverse of `ravel`."""
        size = self.means.size(base.mean)
        mean, cov = self.means.unravel(self.shape, vector[:size], base), vector[size:]
        if self.known_cov is not None:
            cov = np.zeros(self.shape.ravel(base.cov, base.cov).size)
            cov[self._free_covs(base, cov.size)] = vector[size:]
        return NormalParams(mean, self.shape.unravel(cov, base.cov))

    def slopes(self, params: NormalParams, stats: Moments, base: NormalParams) -> Array | None:
        """The shape's, after those of the means: weight S^-1 (m - mean), carried to their units."""
        cov = self.shape.gradient(params.cov, base.cov, stats.about(params.mean), stats.dof)
        if cov is None:
            return None
        roots, rise = self.shape.roots(params.cov, *params.mean.shape), stats.mean - params.mean
        if roots.ndim == 2:
            rise = stats.weight * rise / roots / roots
        else:
            inverse = _linalg.inverse_triangular(np.ascontiguousarray(roots))
            white = np.einsum("kbc,kc->kb", inverse, stats.weight[:, None] * rise)  # its product alone may overflow
            rise = np.einsum("kba,kb->ka", inverse, white)
        mean = self.means.gradient(self.shape, rise, params.mean, base)
        return np.concatenate([mean, cov[self._free_covs(base, cov.size)]])

    def estimates(self, params: NormalParams) -> dict[str, Array]:
        """Means, and covariances in the layout of the shape."""
        return {"mean": params.mean, "covariance": self.shape.dense(params.cov)}

    def location(self, params: NormalParams) -> Array:
        """The means."""
        return params.mean

    def least_rows(self, params: NormalParams) -> float:
        """d + 2 rows, where components have covariances of their own and no prior (McLachlan & Peel 2000, 3.10)."""
        bounded = not self.shape.few or self.known_cov is not None or self.prior is not None
        return 0.0 if bounded else params.mean.shape[1] + 2.0

    def plain(self) -> Normal:
        """The family without `reg_covar`, whose densities are those of a normal."""
        return self._with(reg_covar=0.0) if self.reg_covar else self

    def _with(self, **changes: Any) -> Normal:
        family = copy.copy(self)
        vars(family).update(changes)
        return family

    def round(self, k: int, mean: Array, sd: Array) -> NormalParams:
        """Components alike, with independent columns."""
        centre = _linalg.spread(mean, k)
        if self.shape.kind == "full":
            return NormalParams(centre, self.shape.from_dense(np.diag(sd**2), k))
        if self.shape.kind == "diag":
            return NormalParams(centre, self.shape.from_dense(sd**2, k))
        return NormalParams(centre, self.shape.from_dense(np.asarray(np.mean(sd**2)), k))

    def _free_covs(self, base: NormalParams, size: int) -> Array:
        if self.known_cov is None:
            return np.ones(size, dtype=bool)
        if self.known_cov.where is None:
            return np.zeros(size, dtype=bool)
        k = len(base.mean)
        return np.repeat(~np.broadcast_to(self.known_cov.mask((k,)), (k,)), size // k)


__all__ = ["Normal", "NormalParams", "NormalPrior", "conjugate_prior"]
