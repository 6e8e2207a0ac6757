"""Triangular factors, for many small matrices at once."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import lapack

from hiddenmix._tree import Array

MANY = 4  # matrices for each of their rows, from which it pays to go row by row


def inverse_triangular(lower: Array) -> Array:
    """The inverses of lower triangular matrices: `(..., d, d) -> (..., d, d)`."""
    d = lower.shape[-1]
    flat = lower.reshape(math.prod(lower.shape[:-2]), d, d)
    if len(flat) > MANY * d:
        return _substituted(flat).reshape(lower.shape)
    out = np.empty_like(flat)
    for j, factor in enumerate(flat if lower.size else ()):
        out[j] = lapack.dtrtri(factor, lower=1)[0]
    return out.reshape(lower.shape)


def _substituted(lower: Array) -> Array:
    """The same row by row, for all matrices (m, d, d) at once."""
    out = np.zeros_like(lower)
    scale = 1 / np.diagonal(lower, axis1=1, axis2=2)  # (m, d)
    for i in range(lower.shape[1]):
        out[:, i, :i] = (lower[:, i, None, :i] @ out[:, :i, :i])[:, 0] * -scale[:, i, None]
        out[:, i, i] = scale[:, i]
    return out


def correlation(cov: Array) -> tuple[Array, Array]:
    """Standard deviations and the correlation matrix: `(..., d, d) -> (..., d), (..., d, d)`."""
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return sd, cov / (sd[..., :, None] * sd[..., None, :])


def cholesky(cov: Array) -> Array:
    """Lower Cholesky factors, of the correlations and scaled back, so that column scales cannot spoil them.

    Raises `numpy.linalg.LinAlgError` when a matrix is not positive definite.
    """
    sd, corr = correlation(cov)
    if not np.all(np.isfinite(corr)):
        raise np.linalg.LinAlgError("a variance is zero or not finite")
    return np.linalg.cholesky(corr) * sd[..., :, None]


def spread(stack: Array, k: int) -> Array:
    """One matrix or vector for k components, without copying: `(...) -> (k, ...)`."""
    return np.broadcast_to(stack, (k, *stack.shape))
