"""Loadings up to rotations: a standard form, and free coordinates around a base.

L and L Q, Q orthogonal, are the same model. In the standard form L' Psi^-1 L is diagonal, largest first, and the
largest entry of each column is positive (Lawley & Maxwell 1971, section 2.2). In coordinates, q rows of the base that
span its columns well are made lower triangular with a positive diagonal; what lies above that diagonal is no
coordinate, so that there are d q - q (q - 1)/2 of them.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr

from hiddenmix._tree import Array


def standard(loading: Array, log_noise: Array) -> Array:
    """The standard form of loadings (d, q) beside log uniquenesses (d,)."""
    scaled = np.exp(-log_noise / 2)[:, None] * loading
    turned = loading @ np.linalg.svd(scaled[np.argsort(-np.abs(scaled).max(axis=1))])[2].T  # largest rows first
    largest = np.take_along_axis(turned, np.argmax(np.abs(turned), axis=0)[None], axis=0)[0]
    return np.asarray(turned * np.where(largest < 0, -1.0, 1.0))


def pivots(loading: Array) -> Array:
    """The rows (q,) of loadings (d, q), in units, that span the columns best."""
    return np.asarray(qr(loading.T, mode="r", pivoting=True)[1][: loading.shape[1]])


def triangular(loading: Array, rows: Array) -> Array:
    """The rotation (q, q) that makes these rows lower triangular with a diagonal that is not negative."""
    turn, upper = np.linalg.qr(loading[rows].T)
    return np.asarray(turn * np.where(np.diagonal(upper) < 0, -1.0, 1.0))


def free(d: int, rows: Array) -> Array:
    """Which entries (d, q) are coordinates."""
    mask = np.ones((d, len(rows)), dtype=bool)
    mask[rows] = np.tril(np.ones((len(rows), len(rows)), dtype=bool))
    return mask
