"""Covariance shapes in which components share some of volume, shape and orientation, and own the rest: what all are.

S_j = volume_j · D_j diag(shape_j) D_j' with |diag(shape_j)| = 1 and orthonormal axes D_j (Banfield & Raftery 1993,
Biometrics 49:803; Celeux & Govaert 1995, Pattern Recognition 28:781). The letters say of volume, shape and orientation,
in this order, whether they are equal (E) or vary (V); a third letter I is the axes of the columns. Where components
share shape and orientation, or own both, their product is held as a Cholesky factor: these are the two shapes here; the
others are in `axes_shapes`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from hiddenmix import _linalg, _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, shared
from hiddenmix.families._charts import gradient_chol, ravel_chol, unravel_chol
from hiddenmix.families._rotations import contrasts
from hiddenmix.families._volumes import one_matrix, own_matrices, refuse_flat
from hiddenmix.families.own_shapes import Shape, refuse_points
from hiddenmix.model import Degenerate

NEAR = 1e-6  # relative; covariances typed in by hand are rounded


@record
class OneMatrix:
    """Volumes (k,), and the Cholesky factor (d, d) of determinant 1 of shape and orientation, the same for all."""

    volume: Array
    chol: Array = shared()


@record
class OneVolume:
    """One volume () for all, and Cholesky factors (k, d, d) of determinant 1 of the components' own matrices."""

    chol: Array
    volume: Array = shared()


class Decomposed(Shape):
    """Some of volume, shape and orientation are shared."""

    pooled, own = False, False

    @abstractmethod
    def _step(self, old: Any, scatter: Array, dof: Array, unit: Array) -> Any:
        """The M-step; `old` is never None, and stands where components have no rows."""

    @abstractmethod
    def _plain(self, k: int, d: int) -> Any:
        """Balls of volume 1."""

    def estimate(self, old: Any, scatter: Array, dof: Array, unit: Array) -> Any:
        k, d = len(dof), scatter.shape[1]
        if old is None and not np.all(dof > 0):
            j = int(np.argmin(dof if dof.ndim == 1 else dof.min(axis=1)))
            raise Degenerate(j, "has no rows to start from")
        found = self._step(old, scatter, dof, unit) if old is not None else self._first(scatter, dof, unit)
        roots = self.roots(found, k, d)
        var = np.square(roots) if roots.ndim == 2 else np.square(roots).sum(axis=2)
        refuse_points(var, unit)
        return found

    def from_dense(self, cov: Array, k: int) -> Any:
        dense = np.array(np.broadcast_to(cov, (k, *np.shape(cov)[-(2 if self.kind == "full" else 1) :])), dtype=float)
        var = np.diagonal(dense, axis1=1, axis2=2) if self.kind == "full" else dense
        dof = np.ones(k) if self.kind == "full" else np.ones(dense.shape)
        try:
            found = self.estimate(None, dense, dof, np.sqrt(var.mean(axis=0)))
        except Degenerate:
            raise np.linalg.LinAlgError("a matrix is not positive definite, or not finite") from None
        sd = np.sqrt(var)
        scale = sd[:, :, None] * sd[:, None, :] if self.kind == "full" else var
        if np.max(np.abs(self.dense(found) - dense) / scale) > NEAR:
            what = f"these covariances are not those of {self.name!r} ({self.letters}), {self.words}"
            raise HiddenmixError("HM405", what, "covariance_type='full', or covariances of this shape")
        return found

    def dense(self, cov: Any) -> Array:
        roots = self.roots(cov, _tree.n_components(cov), 0)
        return np.square(roots) if roots.ndim == 2 else roots @ np.swapaxes(roots, -1, -2)

    def _first(self, scatter: Array, dof: Array, unit: Array) -> Any:
        """The M-step where there are no old parameters."""
        return self._step(self._plain(len(dof), scatter.shape[1]), scatter, dof, unit)


class Factored(Decomposed):
    """Shape and orientation are both shared, or both own: a matrix of determinant 1, next to a volume."""

    kind, scale_free, loose = "full", True, "full"

    def roots(self, cov: Any, k: int, d: int) -> Array:
        return np.ascontiguousarray(np.sqrt(np.reshape(cov.volume, (-1, 1, 1))) * cov.chol)

    def ravel(self, cov: Any, base: Any) -> Array:
        volume = np.log(cov.volume / base.volume).reshape(-1)
        vector = ravel_chol(cov.chol, base.chol)
        d = cov.chol.shape[-1]
        matrix = np.concatenate([vector[..., :d] @ contrasts(d).T, vector[..., d:]], axis=-1)
        return np.concatenate([volume, matrix.reshape(-1)])

    def unravel(self, vector: Array, base: Any) -> Any:
        size, d = int(np.size(base.volume)), base.chol.shape[-1]
        volume = base.volume * np.exp(vector[:size].reshape(np.shape(base.volume)))
        matrix = vector[size:].reshape(*base.chol.shape[:-2], -1)
        matrix = np.concatenate([matrix[..., : d - 1] @ contrasts(d), matrix[..., d - 1 :]], axis=-1)
        return type(base)(volume=volume, chol=unravel_chol(matrix, base.chol))

    def gradient(self, cov: Any, base: Any, scatter: Array, dof: Array) -> Array:
        d = scatter.shape[1]
        inner = scatter / np.reshape(cov.volume, (-1, 1, 1))
        inverse = _linalg.inverse_triangular(np.ascontiguousarray(cov.chol))
        volume = 0.5 * (((inverse @ inner) * inverse).sum(axis=(1, 2)) - d * dof)
        if np.ndim(cov.volume) == 0:
            volume = volume.sum(keepdims=True)
        if cov.chol.ndim == 2:
            inner, dof = inner.sum(axis=0), dof.sum()
        slope = gradient_chol(cov.chol, base.chol, inner, np.asarray(dof))
        matrix = np.concatenate([slope[..., :d] @ contrasts(d).T, slope[..., d:]], axis=-1)
        return np.concatenate([volume, matrix.reshape(-1)])


class SameShapeOrientation(Factored):
    """Ellipsoids of one shape and orientation, each with its own volume."""

    name, letters = "same_shape_orientation", "VEE"
    words = "of one shape and orientation, each with its own volume"
    few = True

    def _step(self, old: OneMatrix, scatter: Array, dof: Array, unit: Array) -> OneMatrix:
        some = dof > 0
        refuse_flat(np.where(some, scatter.trace(axis1=1, axis2=2), 1.0))
        if not some.any():
            return old
        volume = np.array(old.volume)
        volume[some], chol = one_matrix(scatter[some], dof[some], unit, old.chol)
        return OneMatrix(volume, chol)

    def _plain(self, k: int, d: int) -> OneMatrix:
        return OneMatrix(np.ones(k), np.eye(d))


class SameVolume(Factored):
    """Ellipsoids of one volume, each with its own shape and orientation."""

    name, letters = "same_volume", "EVV"
    words = "of one volume, each with its own shape and orientation"
    few = True

    def _step(self, old: OneVolume, scatter: Array, dof: Array, unit: Array) -> OneVolume:
        if not np.any(dof > 0):
            return old
        volume, chol = own_matrices(scatter, dof, unit, old.chol)
        return OneVolume(volume=volume, chol=chol)

    def _plain(self, k: int, d: int) -> OneVolume:
        return OneVolume(volume=np.asarray(1.0), chol=np.broadcast_to(np.eye(d), (k, d, d)))
