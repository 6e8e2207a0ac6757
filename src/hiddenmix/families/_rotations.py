"""Charts of rotations around the identity, and of vectors that sum to zero, with what gradients need.

A rotation is the Cayley transform of a skew matrix X, Q = (I - X/2)^-1 (I + X/2). Axes are known up to their signs, and
some choice of signs keeps every entry of X/2 at 1 or below: turning the signs of two columns multiplies |I + Q| by the
square of the entry that belongs to them (Kahan 2006, Linear Algebra Appl. 417:335; O'Dorney 2014, Linear Algebra Appl.
448:97).
"""

from __future__ import annotations

import functools

import numpy as np
from scipy.linalg import helmert

from hiddenmix._tree import Array

TURNS = 200  # pairs of signs that are turned at most


@functools.cache
def contrasts(d: int) -> Array:
    """An orthonormal basis (d - 1, d) of the vectors that sum to zero."""
    basis = helmert(d) if d > 1 else np.zeros((0, 1))
    basis.setflags(write=False)
    return basis


@functools.cache
def pairs(d: int) -> tuple[Array, Array]:
    """The cells above the diagonal of a matrix (d, d)."""
    return np.triu_indices(d, 1)


def skew(entries: Array, d: int) -> Array:
    """The skew matrix with these entries above its diagonal: `(..., d (d - 1) / 2) -> (..., d, d)`."""
    out = np.zeros((*entries.shape[:-1], d, d))
    a, b = pairs(d)
    out[..., a, b] = entries
    out[..., b, a] = -entries
    return out


def rotation(x: Array) -> Array:
    """The Cayley transform of skew matrices `(..., d, d)`."""
    eye = np.eye(x.shape[-1])
    return np.linalg.solve(eye - 0.5 * x, eye + 0.5 * x)


def ravel_axes(axes: Array, base: Array) -> Array:
    """Coordinates of orthonormal axes, up to their signs, around others: `(m, d, d) -> (m, d (d - 1) / 2)`."""
    a, b = pairs(axes.shape[-1])
    turns = np.swapaxes(base, -1, -2) @ axes
    return np.array([2 * _half_skew(turn)[a, b] for turn in turns]).reshape(len(axes), len(a))


def unravel_axes(vector: Array, base: Array) -> Array:
    """The inverse of `ravel_axes`, with signs near those of the base."""
    return base @ rotation(skew(vector, base.shape[-1]))


def gradient_axes(slope: Array, axes: Array, base: Array) -> Array:
    """The gradient in the coordinates, from that in the coordinates around the axes themselves: skew (m, d, d).

    With N = (I - X/2)^-1, a step dX turns the axes by N' dX N.
    """
    d = axes.shape[-1]
    back = np.linalg.inv(np.eye(d) - 0.5 * skew(ravel_axes(axes, base), d))
    a, b = pairs(d)
    signs = signs_to(axes, base)
    turned = signs[:, :, None] * slope * signs[:, None, :]
    return np.asarray((back @ turned @ np.swapaxes(back, -1, -2))[:, a, b])


def signs_to(axes: Array, base: Array) -> Array:
    """The signs (m, d) that `ravel_axes` gives the columns of the axes."""
    turns = np.swapaxes(base, -1, -2) @ axes
    signs = []
    for turn in turns:
        half = _half_skew(turn)
        eye = np.eye(len(half))
        near = np.linalg.solve(eye - half, eye + half)
        signs.append(np.sign(np.einsum("ab,ab->b", near, turn)))
    return np.array(signs).reshape(axes.shape[:2])


def _half_skew(turn: Array) -> Array:
    """X/2 of an orthogonal matrix whose columns may change their signs."""
    d = len(turn)
    turn = np.array(turn)
    if np.linalg.det(turn) < 0:
        turn[:, int(np.argmin(np.diagonal(turn)))] *= -1
    eye = np.eye(d)
    for _ in range(TURNS):
        sums = eye + turn
        if np.linalg.cond(sums) > 1e12:  # a half turn about some axis: two of the columns point backwards
            columns = np.argsort(np.diagonal(turn))[:2]
        else:
            half = np.linalg.solve(sums.T, (turn - eye).T).T
            half = 0.5 * (half - half.T)
            if not half.size or np.abs(half).max() <= 1 + 1e-9:
                return half
            columns = np.array(np.unravel_index(int(np.argmax(np.abs(half))), half.shape))
        turn[:, columns] *= -1
    return half
