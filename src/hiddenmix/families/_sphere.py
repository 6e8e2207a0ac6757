"""Charts of directions: unit vectors around a base, and vectors whose length is a concentration."""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array


def tangent(base: Array) -> Array:
    """An orthonormal basis (d, d - 1) of what is orthogonal to a unit vector: columns of a Householder reflection."""
    normal = base.copy()
    normal[0] += 1.0 if base[0] >= 0 else -1.0
    reflection = np.eye(len(base)) - 2 * np.outer(normal, normal) / (normal @ normal)
    return np.asarray(reflection[:, 1:])


def log_map(point: Array, base: Array) -> Array:
    """The coordinates (d - 1,) of a unit vector: direction and length of the great circle to it from the base."""
    along = tangent(base).T @ point
    sine = np.linalg.norm(along)
    return np.asarray(along * (np.arctan2(sine, base @ point) / sine)) if sine > 0 else along


def exp_map(vector: Array, base: Array) -> Array:
    """The inverse of `log_map`."""
    angle = np.linalg.norm(vector)
    point = np.cos(angle) * base + tangent(base) @ vector * np.sinc(angle / np.pi)
    return np.asarray(point / np.linalg.norm(point))


def pulled_back(slope: Array, point: Array, base: Array) -> Array:
    """A gradient (d,) at the point, in the coordinates of `log_map`."""
    vector = log_map(point, base)
    angle, along = np.linalg.norm(vector), tangent(base).T @ slope
    if angle == 0:
        return along
    unit, sinc = vector / angle, np.sinc(angle / np.pi)
    inward = -np.sin(angle) * (base @ slope) + (np.cos(angle) - sinc) * (unit @ along)
    return np.asarray(sinc * along + inward * unit)


def stretch(mean: Array, along: float, across: float) -> Array:
    """The symmetric matrix (d, d) that stretches by `along` in direction of the mean, by `across` elsewhere."""
    return np.asarray(across * np.eye(len(mean)) + (along - across) * np.outer(mean, mean))
