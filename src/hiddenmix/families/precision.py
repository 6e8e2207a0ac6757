"""Covariances and precisions as people read them: in the layout of their shape, as scikit-learn has them.

A factor U of a precision satisfies U U' = S^-1: the transposed inverse of the Cholesky factor of S where columns are
related, and one over the standard deviation where they are independent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _linalg
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families.normal import NormalParams
from hiddenmix.families.shapes import Shape

SYMMETRIC = 1e-6  # relative; matrices typed in by hand are rounded


def precision_factors(shape: Shape, cov: Any) -> Array:
    """Factors (k, d, d), (d, d), (k, d) or (k,) of the precisions."""
    dense = shape.dense(cov)
    if shape.kind != "full":
        return 1.0 / np.sqrt(dense)
    return np.swapaxes(_linalg.inverse_triangular(np.ascontiguousarray(_linalg.cholesky(dense))), -1, -2)


def precisions(shape: Shape, factors: Array) -> Array:
    """The precisions of these factors."""
    return factors @ np.swapaxes(factors, -1, -2) if shape.kind == "full" else np.square(factors)


def covariances_of(shape: Shape, factors: Array) -> Array:
    """The covariances, in the shape's layout, from factors of precisions."""
    if shape.kind != "full":
        return 1.0 / np.square(factors)
    lower = _linalg.inverse_triangular(np.ascontiguousarray(np.swapaxes(factors, -1, -2)))
    return lower @ np.swapaxes(lower, -1, -2)


def spreads(shape: Shape, params: NormalParams) -> Array:
    """Standard deviations of every component and column (k, d)."""
    roots = shape.roots(params.cov, *params.mean.shape)
    return np.linalg.norm(roots, axis=2) if roots.ndim == 3 else roots


def full_covariance(shape: Shape, params: NormalParams) -> Array:
    """The covariance (d, d) of the first component, whatever its shape."""
    roots = shape.roots(params.cov, *params.mean.shape)[0]
    root = np.diag(roots) if roots.ndim == 1 else roots
    return root @ root.T


def layout(shape: Shape, k: int, d: int) -> tuple[int, ...]:
    """The dimensions of covariances and precisions of the shape."""
    one = {"full": (d, d), "diag": (d,), "spherical": ()}[shape.kind]
    return one if shape.pooled else (k, *one)


def covariance(shape: Shape, values: Array, k: int, d: int, name: str = "covariances", inverted: bool = False) -> Any:
    """The shape's parameters from covariances, or with `inverted` from precisions, in the shape's layout.

    Raises
    ------
    HiddenmixError : HM404 another layout, HM405 not symmetric and positive definite
    """
    values = np.asarray(values, dtype=float)
    wanted = layout(shape, k, d)
    if values.shape != wanted:
        hint = (
            f"one column is {name}.reshape{wanted}"
            if d == 1 and values.size == np.prod(wanted)
            else "leading axis: components"
        )
        raise HiddenmixError("HM404", f"{name} must have shape {wanted} for {shape.name!r}; got {values.shape}", hint)
    try:
        return shape.from_dense(_checked(shape, values, inverted), k)
    except np.linalg.LinAlgError:
        raise HiddenmixError(
            "HM405", f"{name} must be symmetric and positive definite", "numpy.linalg.eigvalsh shows what is not"
        ) from None


def _checked(shape: Shape, values: Array, inverted: bool) -> Array:
    if shape.kind != "full":
        if not np.all(np.isfinite(values) & (values > 0)):
            raise np.linalg.LinAlgError
        return 1.0 / values if inverted else values
    if not np.all(np.isfinite(values)) or not np.all(np.diagonal(values, axis1=-2, axis2=-1) > 0):
        raise np.linalg.LinAlgError
    scale, related = _linalg.correlation(values)
    if np.max(np.abs(related - np.swapaxes(related, -1, -2))) > SYMMETRIC:
        raise np.linalg.LinAlgError
    if not inverted:
        return values
    inverse = _linalg.inverse_triangular(np.ascontiguousarray(np.linalg.cholesky(related)))
    return np.swapaxes(inverse, -1, -2) @ inverse / (scale[..., :, None] * scale[..., None, :])
