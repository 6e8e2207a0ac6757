"""Triangular factors, for many small matrices at once."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from hiddenmix._tree import Array

MANY = 4  # matrices for each of their rows, from which it pays to go row by row


def inverse_triangular(lower: Array) -> Array:
    """The inverses of lower triangular matrices: `(..., d, d) -> (..., d, d)`."""
    if not lower.size:
        return lower
    if lower.ndim == 2:
        return lapack.dtrtri(lower, lower=1)[0]
    d = lower.shape[-1]
    flat = lower.reshape(-1, d, d)
    if len(flat) > MANY * d:
        return _substituted(flat).reshape(lower.shape)
    out = np.empty_like(flat)
    for j, factor in enumerate(flat):
        out[j] = lapack.dtrtri(factor, lower=1)[0]
    return out.reshape(lower.shape)


def _substituted(lower: Array) -> Array:
    """The same row by row, for all matrices (m, d, d) at once."""
    rows = range(lower.shape[1])
    scale = 1 / lower.diagonal(axis1=1, axis2=2)  # (m, d)
    out = np.zeros_like(lower)
    out[:, rows, rows] = scale
    for i in rows[1:]:
        out[:, i, :i] = (lower[:, i, None, :i] @ out[:, :i, :i])[:, 0] * -scale[:, i, None]
    return out


def correlation(cov: Array) -> tuple[Array, Array]:
    """Standard deviations and the correlation matrix: `(..., d, d) -> (..., d), (..., d, d)`."""
    sd = np.sqrt(cov.diagonal(axis1=-2, axis2=-1))
    return sd, cov / (sd[..., :, None] * sd[..., None, :])


def cholesky(cov: Array) -> Array:
    """Lower Cholesky factors: `(..., d, d) -> (..., d, d)`.

    The scales of the columns do not matter: rounding errors are those of the correlation matrix (Higham 2002, Accuracy
    and Stability of Numerical Algorithms, section 10.1).

    Raises `numpy.linalg.LinAlgError` when a matrix is not positive definite.
    """
    lower, failed = (np.linalg.cholesky(cov), 0) if cov.ndim > 2 else lapack.dpotrf(cov, lower=1)
    if failed or not np.isfinite(lower).all():
        raise np.linalg.LinAlgError("a matrix is not positive definite, or not finite")
    return lower


def spread(stack: Array, k: int) -> Array:
    """One matrix or vector for k components, without copying: `(...) -> (k, ...)`."""
    return np.broadcast_to(stack, (k, *stack.shape))
