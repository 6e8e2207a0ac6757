"""A covariance shape in columns measured in units of their own: S_j = U C_j U with C_j of the shape, U = diag(unit).

The density stays that of the original columns, so that log-likelihoods compare with those of other shapes. Balls have
a class of their own (`own_shapes.UnitSphericalShape`), whose E-step needs variances alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families.own_shapes import Shape


class UnitShape(Shape):
    """Covariances of `shape`, full and not pooled, for columns in units (d,)."""

    pooled, own, scale_free = False, False, True

    def __init__(self, shape: Shape, unit: Array) -> None:
        self.shape, self.unit = shape, np.asarray(unit, dtype=float)
        self.name, self.letters, self.kind, self.few, self.loose = (
            getattr(shape, name) for name in ("name", "letters", "kind", "few", "loose")
        )
        self.words = f"{shape.words}, in standardised columns"

    def roots(self, cov: Any, k: int, d: int) -> Array:
        return self.unit[:, None] * self.shape.roots(cov, k, d)

    def estimate(self, old: Any, scatter: Array, dof: Array, unit: Array) -> Any:
        return self.shape.estimate(old, self._measured(scatter), dof, unit / self.unit)

    def from_dense(self, cov: Array, k: int) -> Any:
        return self.shape.from_dense(self._measured(np.asarray(cov)), k)

    def dense(self, cov: Any) -> Array:
        return self.shape.dense(cov) * np.multiply.outer(self.unit, self.unit)

    def ravel(self, cov: Any, base: Any) -> Array:
        return self.shape.ravel(cov, base)

    def unravel(self, vector: Array, base: Any) -> Any:
        return self.shape.unravel(vector, base)

    def gradient(self, cov: Any, base: Any, scatter: Array, dof: Array) -> Array | None:
        return self.shape.gradient(cov, base, self._measured(scatter), dof)

    def _measured(self, matrices: Array) -> Array:
        return np.asarray(matrices / np.multiply.outer(self.unit, self.unit))
