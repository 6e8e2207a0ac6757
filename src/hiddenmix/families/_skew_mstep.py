"""What skewed families share: given t, the rows are normal about m + b t, so that m and b are a regression on t.

With moments of (x, t), weighted as the rows are, b = S_xt / S_tt and m = mean x - b mean t; the residuals x - b t have
the moments of a normal, whose M-step, prior, chart and gradient are taken as they are.
"""

from __future__ import annotations

import numpy as np

from hiddenmix import _linalg
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families._base import weighted_columns
from hiddenmix.families._normal_block import centred_moments
from hiddenmix.families._normal_means import FreeMeans
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.model import Known
from hiddenmix.moments import Moments

HALF_MEAN = float(np.sqrt(2 / np.pi))  # of |z|
HALF_VAR = 1 - 2 / np.pi
HALF_SKEW = HALF_MEAN * (4 / np.pi - 1)  # its third central moment
LEAST, MOST = 0.1, 0.9  # at the start: skewness in standard deviations, and the share of the variance that t makes


class Skewing:
    """Locations, skewness and scale matrices of components, and what is known of them."""

    def __init__(self, normal: Normal, skew: Known | None) -> None:
        for known, name in ((normal.known_mean, "location"), (skew, "skew")):
            rows = None if known is None or known.where is None else np.atleast_2d(np.asarray(known.where))
            if rows is not None and np.any(rows != rows[:, :1]):
                what = f"the {name} of a component is known as a whole, or not at all"
                raise HiddenmixError("HM410", what, "where=[[True], [False]], one for each component")
        self.normal, self.skew = normal, FreeMeans(skew)

    def conform(self, normal: NormalParams, skew: Array) -> tuple[NormalParams, Array]:
        """What is known put in."""
        return self.normal.conform(normal), skew if self.skew.known is None else self.skew.known.fill(skew)

    def estimate(self, old: NormalParams | None, skew: Array | None, stats: Moments) -> tuple[NormalParams, Array]:
        """The regression; components without rows keep what they have."""
        d = stats.mean.shape[1] - 1
        cross, spread = stats.scatter[:, :d, d], stats.scatter[:, d, d]
        known = self.normal.known_mean
        if known is not None:  # about the line through it
            fixed = known.mask((len(cross), d))
            apart = np.where(fixed, stats.mean[:, :d] - known.fill(stats.mean[:, :d]), 0.0)
            level = np.where(fixed[:, 0], stats.mean[:, d], 0.0)
            cross = cross + (stats.weight * level)[:, None] * apart
            spread = spread + stats.weight * np.square(level)
        some = spread[:, None] > 0
        found = np.where(some, cross / np.where(some, spread[:, None], 1.0), 0.0 if skew is None else skew)
        if self.skew.known is not None:
            found = self.skew.known.fill(found)
        return self.normal.maximise(old, self.residuals(stats, found)), found

    def residuals(self, stats: Moments, skew: Array) -> Moments:
        """Moments of x - b t, in the layout of the shape."""
        k, d = skew.shape
        carry = np.concatenate([np.broadcast_to(np.eye(d), (k, d, d)), -skew[:, :, None]], axis=2)
        scatter = carry @ stats.scatter @ np.swapaxes(carry, 1, 2)
        mean, kind, pooled = (
            stats.mean[:, :d] - skew * stats.mean[:, d:],
            self.normal.shape.kind,
            self.normal.shape.pooled,
        )
        weight, dof = stats.weight, stats.dof
        if kind != "full":
            weight, dof = (np.repeat(v[:, None], d, axis=1) for v in (weight, dof))
            scatter = scatter.diagonal(axis1=1, axis2=2)
            scatter = scatter.sum(axis=1) if kind == "spherical" else scatter
        return Moments(weight, dof, mean, scatter.sum(axis=0) if pooled else scatter, kind, pooled)

    def expected(self, normal: NormalParams, skew: Array, stats: Moments) -> Array:
        """-1/2 [n log|S| + tr S^-1 (scatter of x - b t about m)] (k,)."""
        return self.normal.expected_log_prob(normal, self.residuals(stats, skew))

    def prior(self) -> Moments | None:
        """The normal's prior as moments of (x, t): rows without skewness, for which t is 0."""
        prior, shape = self.normal.prior, self.normal.shape
        if prior is None:
            return None
        k, d = prior.mean.shape
        scatter = (
            prior.scatter[None] * shape.share(k).reshape(-1, *[1] * prior.scatter.ndim)
            if shape.pooled
            else prior.scatter
        )
        if shape.kind != "full":
            scatter = (scatter if shape.kind == "diag" else scatter[:, None] / d)[..., None] * np.eye(d)
        weight, dof = (v if shape.kind == "full" else v[:, 0] for v in (prior.weight, prior.dof))
        around = ((0, 0), (0, 1), (0, 1))
        return Moments(weight, dof, np.pad(prior.mean, around[:2]), np.pad(scatter, around))

    def ravel(self, normal: NormalParams, skew: Array, base: NormalParams, base_skew: Array) -> Array:
        """The coordinates of a normal, then the skewness in units of the base's scale."""
        lean = self.skew.ravel(self.normal.shape, skew, NormalParams(base_skew, base.cov))
        return np.concatenate([self.normal.ravel(normal, base), lean])

    def unravel(self, vector: Array, base: NormalParams, base_skew: Array) -> tuple[NormalParams, Array]:
        """The inverse of `ravel`."""
        size = len(vector) - self.skew.size(base_skew)
        lean = self.skew.unravel(self.normal.shape, vector[size:], NormalParams(base_skew, base.cov))
        return self.normal.unravel(vector[:size], base), lean

    def size(self, skew: Array) -> int:
        """The number of coordinates of the skewness."""
        return self.skew.size(skew)

    def slopes(
        self, normal: NormalParams, skew: Array, stats: Moments, base: NormalParams, base_skew: Array
    ) -> Array | None:
        """The gradient of `expected`'s sum: a normal's, then S^-1 times the moments of residuals and t."""
        placed = self.normal.slopes(normal, self.residuals(stats, skew), base)
        if placed is None:
            return None
        d = skew.shape[1]
        level = stats.mean[:, d:]
        apart = stats.mean[:, :d] - skew * level - normal.mean
        rise = stats.weight[:, None] * apart * level + stats.scatter[:, :d, d] - skew * stats.scatter[:, d, d, None]
        roots = self.normal.shape.roots(normal.cov, *skew.shape)
        if roots.ndim == 2:
            rise = rise / roots / roots
        else:
            inverse = _linalg.inverse_triangular(np.ascontiguousarray(roots))
            rise = np.einsum("kba,kb->ka", inverse, np.einsum("kbc,kc->kb", inverse, rise))  # no square of it overflows
        lean = self.skew.gradient(self.normal.shape, rise, skew, NormalParams(base_skew, base.cov))
        return np.concatenate([placed, lean])


def first_moments(x: Array, resp: Array, scale: Array | None = None) -> Moments:
    """Moments of (x, t) from which the first estimate has the rows' third moments; rows (n, d) count by `scale` (n,).

    Without skewness t would stay independent of x for ever: at 0 the likelihood of the skewness is flat.
    """
    mean, sd = weighted_columns(x, resp.sum(axis=1) if scale is None else resp.sum(axis=1) * scale)
    missing = np.isnan(x)
    filled, weight = np.where(missing, mean, x), resp if scale is None else resp * scale[:, None]
    rows = centred_moments(filled, weight, np.zeros((resp.shape[1], x.shape[1])), "full", False)
    blank = (weight.T @ missing) * np.square(np.where(sd > 0, sd, 1.0))  # a missing cell has the column's variance
    scatter = rows.scatter + blank[:, :, None] * np.eye(x.shape[1])
    total = np.maximum(rows.weight, np.finfo(float).tiny)
    skew = _third_roots(filled, weight, rows.mean, scatter / total[:, None, None], total)
    cross = skew * (HALF_VAR * rows.weight)[:, None]
    k, d = skew.shape
    whole = np.zeros((k, d + 1, d + 1))
    whole[:, :d, :d], whole[:, :d, d], whole[:, d, :d] = scatter, cross, cross
    whole[:, d, d] = HALF_VAR * rows.weight
    return Moments(rows.weight, rows.weight, np.pad(rows.mean, ((0, 0), (0, 1)), constant_values=HALF_MEAN), whole)


def _third_roots(x: Array, weight: Array, mean: Array, cov: Array, total: Array) -> Array:
    """Skewness (k, d) with these rows' third moments, short enough to leave a scale matrix."""
    sd = np.sqrt(cov.diagonal(axis1=1, axis2=2))
    skew = np.empty(mean.shape)
    for j in range(len(mean)):
        third = weight[:, j] @ (x - mean[j]) ** 3 / total[j]
        root = np.cbrt(third / HALF_SKEW)
        skew[j] = np.where(root < 0, -1, 1) * np.maximum(np.abs(root), LEAST * sd[j])
        share = HALF_VAR * skew[j] @ np.linalg.pinv(cov[j], hermitian=True) @ skew[j]
        skew[j] *= np.sqrt(MOST / max(share, MOST))
    return skew


__all__ = ["Skewing", "first_moments"]
