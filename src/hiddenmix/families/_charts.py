"""Charts of positive scales and of Cholesky factors around a base, where they are zero, and gradients in them."""

from __future__ import annotations

import functools

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array


def ravel_sd(sd: Array, base: Array) -> Array:
    """Log-ratios of standard deviations."""
    return np.log(sd / base).reshape(-1)


def unravel_sd(vector: Array, base: Array) -> Array:
    """The inverse of `ravel_sd`."""
    return base * np.exp(vector.reshape(base.shape))


def gradient_sd(sd: Array, scatter: Array, dof: Array) -> Array:
    """The gradient of ``-sum(dof log sd + scatter / sd^2 / 2)``."""
    return (scatter / np.square(sd) - dof).reshape(-1)


def ravel_chol(chol: Array, base: Array) -> Array:
    """log-diagonal and strict lower triangle of base^-1 chol: `(..., d, d) -> (..., d (d + 1) / 2)`."""
    relative = _linalg.inverse_triangular(base) @ chol
    return _lower(relative, np.log(np.diagonal(relative, axis1=-2, axis2=-1)))


def unravel_chol(vector: Array, base: Array) -> Array:
    """The inverse of `ravel_chol`."""
    d = base.shape[-1]
    diagonal, below = _cells(d)
    relative = np.zeros((*vector.shape[:-1], d * d))
    relative[..., diagonal] = np.exp(vector[..., :d])
    relative[..., below] = vector[..., d:]
    return base @ relative.reshape(*vector.shape[:-1], d, d)


def gradient_chol(chol: Array, base: Array, scatter: Array, dof: Array) -> Array:
    """The gradient of ``-(dof log|S| + tr S^-1 scatter) / 2``, S = chol chol', in `ravel_chol`'s coordinates.

    With R = base^-1 chol and W the scatter whitened by chol, it is the lower triangle of R'^-1 (W - dof), the diagonal
    times that of R.
    """
    inverse = _linalg.inverse_triangular(np.ascontiguousarray(chol))
    excess = inverse @ scatter @ np.swapaxes(inverse, -1, -2)
    excess -= dof[..., None, None] * np.eye(chol.shape[-1])
    back = inverse @ base  # R^-1
    slope = np.swapaxes(back, -1, -2) @ excess
    diagonal = np.diagonal(slope, axis1=-2, axis2=-1) / np.diagonal(back, axis1=-2, axis2=-1)
    return _lower(slope, diagonal)


def _lower(matrix: Array, diagonal: Array) -> Array:
    """The diagonal given, and then what lies below that of the matrix."""
    flat = matrix.reshape(*matrix.shape[:-2], -1)
    return np.concatenate([diagonal, flat[..., _cells(matrix.shape[-1])[1]]], axis=-1)


@functools.cache
def _cells(d: int) -> tuple[Array, Array]:
    """The places of the diagonal and of the strict lower triangle in a matrix (d, d) written row by row."""
    rows, columns = np.tril_indices(d, -1)
    return np.arange(d) * (d + 1), rows * d + columns
