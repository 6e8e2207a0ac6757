"""What factors say: scores of rows, rotations of loadings, and uniquenesses that vanished.

The factors z of a row are N(0, I) before it is seen, and afterwards normal with mean (I + L' Psi^-1 L)^-1 L' Psi^-1 (x
- m) over its observed cells: the regression scores (Thomson 1951, The Factorial Analysis of Human Ability). Varimax
turns loadings so that the squares within each column vary as much as they can (Kaiser 1958, Psychometrika 23:187).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families._factor_limits import HEYWOOD
from hiddenmix.families._normal_rows import patterns
from hiddenmix.families.shapes import Shape

TURNS = 500
STILL = 1e-13  # of a rotation


def scores(mean: Array, loading: Array, sd: Array, x: Array) -> Array:
    """Expected factors (n, q) of rows (n, d), given their observed cells: zeros for a row without any."""
    x = np.asarray(x, dtype=float)
    out = np.zeros((len(x), loading.shape[1]))
    for rows, observed in patterns(x):
        seen = np.ones(x.shape[1], dtype=bool) if observed is None else observed
        scaled = loading[seen] / sd[seen, None]
        inner = np.eye(loading.shape[1]) + scaled.T @ scaled
        out[rows] = np.linalg.solve(inner, scaled.T @ ((x[rows][:, seen] - mean[seen]) / sd[seen]).T).T
    return out


def varimax(loading: Array, weigh: bool = True) -> Array:
    """The rotation (q, q) of loadings (d, q) by Kaiser's criterion, rows `weigh`-ed to length 1 meanwhile."""
    size = np.linalg.norm(loading, axis=1, keepdims=True)
    own = loading / np.where(size > 0, size, 1.0) if weigh else loading
    turn = np.eye(loading.shape[1])
    for _ in range(TURNS):
        turned = own @ turn
        left, _, right = np.linalg.svd(own.T @ (turned**3 - turned * np.square(turned).mean(axis=0)))
        before, turn = turn, left @ right
        if np.max(np.abs(turn - before)) <= STILL:
            break
    return np.asarray(turn)


def rotated(loading: Array, rotation: str | None) -> Array:
    """Loadings (d, q), turned by varimax or as they are; columns by falling sum of squares, largest entry positive."""
    if rotation is None:
        return loading
    turned = loading @ varimax(loading)
    turned = turned[:, np.argsort(-np.square(turned).sum(axis=0), kind="stable")]
    largest = np.take_along_axis(turned, np.argmax(np.abs(turned), axis=0)[None], axis=0)[0]
    return np.asarray(turned * np.where(largest < 0, -1.0, 1.0))


def shown(cov: Any, k: int) -> tuple[Array, Array]:
    """Loadings (k, d, q) and uniquenesses (k, d) of every component."""
    loading = cov.loading if cov.loading.ndim == 3 else np.broadcast_to(cov.loading, (k, *cov.loading.shape))
    noise = np.square(cov.sd)
    return np.array(loading), np.array(noise if noise.ndim == 2 else np.broadcast_to(noise, (k, len(noise))))


def vanished(shape: Shape, cov: Any, k: int) -> list[tuple[int, int]]:
    """Components and columns whose uniqueness lies at its bound."""
    noise = shown(cov, k)[1]
    var = np.diagonal(shape.dense(cov).reshape(-1, noise.shape[1], noise.shape[1]), axis1=1, axis2=2)
    return [(int(j), int(c)) for j, c in np.argwhere(noise <= 10 * HEYWOOD * var)]


__all__ = ["rotated", "scores", "shown", "vanished", "varimax"]
