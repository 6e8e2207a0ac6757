"""Means that lie in an affine subspace of few dimensions: reduced-rank mixture discriminant analysis.

All k means are centre + V c_j with V (d, r), and all components share one covariance (Hastie & Tibshirani 1996, JRSS B
58:155; Campbell 1984, Australian J. Statistics 26:86). The M-step is exact. With residuals R of the means, a row each
times the root of the count, the best covariance is (W + R'R) / n, and what is left to minimise is log|W + R'R| =
log|W| + sum log(1 + s²) over the singular values s of R, whitened by W. Whatever is taken away from the centred means,
if its rank is r, no singular value falls below the one r places further on, and their truncated singular value
decomposition reaches this bound for all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.linalg import helmert

from hiddenmix import _linalg
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families._normal_means import FreeMeans, Means
from hiddenmix.families._normal_mstep import covariance
from hiddenmix.families.shapes import Shape
from hiddenmix.model import Known
from hiddenmix.moments import Moments

SPAN = 1e-12  # a singular value below this share of the largest is no dimension
FLAT = 1e-4  # in standard deviations: means closer to a smaller subspace than this are charted as if this far from it


class PlaneMeans(Means):
    """Means (k, d) in an affine subspace of `rank` dimensions, next to one covariance for all components.

    With rank >= min(d, k - 1) that is no restriction.
    """

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.everywhere = FreeMeans()

    def estimate(
        self, shape: Shape, known_cov: Known | None, old: Any, stats: Moments, mean: Array
    ) -> tuple[Array, Any]:
        free, cov = self.everywhere.estimate(shape, known_cov, old, stats, mean)
        if not self._binds(mean) or not stats.weight.any():
            return free, cov
        plane = projected(free, stats.weight, shape.roots(cov, *mean.shape)[0], self.rank)
        return plane, covariance(shape, known_cov, old, stats, plane)

    def conform(self, shape: Shape, mean: Array, cov: Any) -> Array:
        if not self._binds(mean):
            return mean
        plane = projected(mean, np.ones(len(mean)), shape.roots(cov, *mean.shape)[0], self.rank)
        same = np.allclose(plane, mean, rtol=0, atol=SPAN * np.abs(mean).max())
        return mean if same else plane

    def size(self, mean: Array) -> int:
        k, d = mean.shape
        return d + self.rank * (d + k - 1 - self.rank) if self._binds(mean) else int(mean.size)

    def ravel(self, shape: Shape, mean: Array, base: Any) -> Array:
        chart = self._chart(shape, base)
        return self.everywhere.ravel(shape, mean, base) if chart is None else chart.ravel(mean)

    def unravel(self, shape: Shape, vector: Array, base: Any) -> Array:
        chart = self._chart(shape, base)
        return self.everywhere.unravel(shape, vector, base) if chart is None else chart.unravel(vector)

    def gradient(self, shape: Shape, slope: Array, mean: Array, base: Any) -> Array:
        chart = self._chart(shape, base)
        if chart is None:
            return self.everywhere.gradient(shape, slope, mean, base)
        return chart.gradient(slope, mean)

    def _binds(self, mean: Array) -> bool:
        return bool(self.rank < min(mean.shape[1], len(mean) - 1))

    def _chart(self, shape: Shape, base: Any) -> Chart | None:
        return _chart_around(shape, base, self.rank) if self._binds(base.mean) else None


def refuse_rank(covariance: str, rank: int, known: bool) -> None:
    """Raise HM403 where the rank is none, HM410 where it has no exact M-step: shape, known means, a prior."""
    if isinstance(rank, bool) or int(rank) != rank or rank < 1:
        raise HiddenmixError("HM403", f"rank must be a whole number of 1 or more; got {rank!r}", "rank=2")
    if covariance != "tied":
        raise HiddenmixError("HM410", f"a rank goes with one full covariance for all, not {covariance!r}", '"tied"')
    if known:
        raise HiddenmixError("HM410", "a rank of the means goes with neither known means nor a prior", "rank=None")


def projected(mean: Array, weight: Array, root: Array, rank: int) -> Array:
    """The means (k, d) on the subspace through their weighted mean that is nearest, distances whitened by `root`.

    Means of weight 0 have no say in it, but for dimensions that the others leave.
    """
    centre = weight @ mean / weight.sum()
    white = (mean - centre) @ _linalg.inverse_triangular(root).T  # (k, d)
    axes = _axes(np.sqrt(weight / weight.max())[:, None] * white, rank)
    if len(axes) < rank:
        axes = np.concatenate([axes, _axes(white - white @ axes.T @ axes, rank - len(axes))])
    return np.asarray(centre + white @ axes.T @ axes @ root.T)


def _axes(points: Array, rank: int) -> Array:
    """The main axes of points (k, d) about 0, at most `rank` of them, (r, d)."""
    _, size, axes = np.linalg.svd(points, full_matrices=False)
    return np.asarray(axes[:rank][size[:rank] > SPAN * size[0]])


@dataclass(frozen=True, eq=False)
class Chart:
    """Means around a base of the same rank, in units of the base's covariance.

    Contrasts of the means, whitened, are a matrix Y (d, k - 1). In the singular vectors of the base's, `left` (d, d)
    and `right` (k - 1, k - 1), matrices of rank r are [[X, X C], [D X, D X C]]. Coordinates are the shift of the mean
    of means (d,), X less the base's diagonal `size` (r,), F = D diag(size) and E = diag(size) C: to first order all of
    them are displacements in standard deviations.
    """

    centre: Array
    root: Array
    inverse: Array
    contrast: Array
    left: Array
    right: Array
    size: Array
    unit: Array

    @staticmethod
    def of(mean: Array, root: Array, rank: int) -> Chart:
        """The chart around means (k, d), with a covariance of this root (d, d)."""
        inverse, contrast = _linalg.inverse_triangular(root), helmert(len(mean))
        left, size, right = np.linalg.svd(inverse @ (contrast @ mean).T)
        size = size[:rank]
        return Chart(mean.mean(axis=0), root, inverse, contrast, left, right.T, size, np.maximum(size, FLAT))

    def ravel(self, mean: Array) -> Array:
        """Coordinates of means (k, d)."""
        x, d, c = self._parts(mean)
        shift = self.inverse @ (mean.mean(axis=0) - self.centre)
        f, e = d * self.unit, self.unit[:, None] * c
        return np.concatenate([shift, (x - np.diag(self.size)).ravel(), f.ravel(), e.ravel()])

    def unravel(self, vector: Array) -> Array:
        """The inverse of `ravel`."""
        n, r, m = len(self.root), len(self.size), len(self.contrast)
        shift, x, f, e = np.split(vector, np.cumsum([n, r * r, (n - r) * r]))
        d, c = f.reshape(n - r, r) / self.unit, e.reshape(r, m - r) / self.unit[:, None]
        x = x.reshape(r, r) + np.diag(self.size)
        turned = np.concatenate([np.eye(r), d]) @ x @ np.concatenate([np.eye(r), c], axis=1)
        white = self.left @ turned @ self.right.T  # (d, k - 1)
        return np.asarray(self.centre + self.root @ shift + self.contrast.T @ (self.root @ white).T)

    def gradient(self, slope: Array, mean: Array) -> Array:
        """The gradient in the coordinates, from the one (k, d) for the means."""
        r = len(self.size)
        x, d, c = self._parts(mean)
        white = slope @ self.root  # (k, d)
        turned = self.left.T @ (self.contrast @ white).T @ self.right
        up, down = np.concatenate([np.eye(r), d]), np.concatenate([np.eye(r), c], axis=1)
        of_x = up.T @ turned @ down.T
        of_f = turned[r:] @ down.T @ x.T / self.unit
        of_e = x.T @ up.T @ turned[:, r:] / self.unit[:, None]
        return np.concatenate([white.sum(axis=0), of_x.ravel(), of_f.ravel(), of_e.ravel()])

    def _parts(self, mean: Array) -> tuple[Array, Array, Array]:
        """X (r, r), D (d - r, r) and C (r, k - 1 - r)."""
        r = len(self.size)
        turned = self.left.T @ self.inverse @ (self.contrast @ mean).T @ self.right
        x = turned[:r, :r]
        inverse = np.linalg.pinv(x, rcond=SPAN)
        return x, turned[r:, :r] @ inverse, inverse @ turned[:r, r:]


@lru_cache(maxsize=8)  # one base serves a whole climb; records hash by identity
def _chart_around(shape: Shape, base: Any, rank: int) -> Chart:
    return Chart.of(base.mean, np.ascontiguousarray(shape.roots(base.cov, *base.mean.shape)[0]), rank)
