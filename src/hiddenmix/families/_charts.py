"""Charts of single parameters, of scales and of Cholesky factors around a base, where they are zero."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import final

import numpy as np

from hiddenmix import _linalg
from hiddenmix._special import ZERO, ravel_share, unravel_share
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


class Chart(ABC):
    """The coordinate of one-dimensional parameters around a base, where it is zero.

    `neutral` is a value for parameters of which nothing is known. Values at an `edge` of the parameter space stay where
    they are. Parameters, bases and units are arrays of one shape; only the real line has a unit other than 1.
    """

    low, high, neutral = -np.inf, np.inf, 0.0
    words = "a number"

    def holds(self, value: Array) -> Array:
        """Which values are in the parameter space, its edges included."""
        return np.isfinite(value) & (value >= self.low) & (value <= self.high)

    @abstractmethod
    def ravel(self, value: Array, base: Array, unit: Array) -> Array:
        """The coordinates of values."""

    @abstractmethod
    def unravel(self, shift: Array, base: Array, unit: Array) -> Array:
        """The values with these coordinates."""

    @abstractmethod
    def slope(self, value: Array, unit: Array) -> Array:
        """The derivative of the value by its coordinate; 0 at an edge."""

    @abstractmethod
    def length(self, value: float, unit: float) -> float:
        """A length on the axis of the value that is neither tiny nor huge."""

    def edge(self, value: Array) -> Array:
        """Which values lie at an edge of the parameter space."""
        return np.zeros(np.shape(value), dtype=bool)

    def moved(self, value: float, step: float) -> float:
        """A value at an edge, moved inside."""
        return value


@final
class Real(Chart):
    """The difference, in units."""

    def ravel(self, value: Array, base: Array, unit: Array) -> Array:
        return (value - base) / unit

    def unravel(self, shift: Array, base: Array, unit: Array) -> Array:
        return base + shift * unit

    def slope(self, value: Array, unit: Array) -> Array:
        return unit + np.zeros_like(value)

    def length(self, value: float, unit: float) -> float:
        return unit


@final
class Angle(Chart):
    """Angles in radians, by the shorter way around; values lie from -pi up, pi left out."""

    low, high = -np.pi, np.pi
    words = "an angle in radians"

    def holds(self, value: Array) -> Array:
        return np.isfinite(value)

    def ravel(self, value: Array, base: Array, unit: Array) -> Array:
        return wrapped(value - base)

    def unravel(self, shift: Array, base: Array, unit: Array) -> Array:
        return wrapped(base + shift)

    def slope(self, value: Array, unit: Array) -> Array:
        return np.ones_like(value)

    def length(self, value: float, unit: float) -> float:
        return 0.5


@final
class Positive(Chart):
    """The log of values above 0; with an `edge` they may also be 0."""

    low, neutral = 0.0, 1.0

    def __init__(self, edged: bool) -> None:
        self.edged = edged
        self.words = "0 or more" if edged else "above 0"

    def holds(self, value: Array) -> Array:
        return np.isfinite(value) & ((value >= 0) if self.edged else (value > 0))

    def ravel(self, value: Array, base: Array, unit: Array) -> Array:
        held = self.edge(base) | (value <= 0)
        return np.log(np.where(held, 1.0, value) / np.where(held, 1.0, base))

    def unravel(self, shift: Array, base: Array, unit: Array) -> Array:
        return np.where(self.edge(base), base, base * np.exp(shift))

    def slope(self, value: Array, unit: Array) -> Array:
        return np.where(self.edge(value), 0.0, value)

    def length(self, value: float, unit: float) -> float:
        return 0.5 * value if value > 0 else 0.5

    def edge(self, value: Array) -> Array:
        return np.asarray(value) < (ZERO if self.edged else 0.0)

    def moved(self, value: float, step: float) -> float:
        return step


@final
class Share(Chart):
    """The log-odds of values from 0 to 1, which are both edges."""

    low, high, neutral = 0.0, 1.0, 0.5
    words = "between 0 and 1"

    def ravel(self, value: Array, base: Array, unit: Array) -> Array:
        return ravel_share(value, base)

    def unravel(self, shift: Array, base: Array, unit: Array) -> Array:
        return unravel_share(shift, base)

    def slope(self, value: Array, unit: Array) -> Array:
        return np.where(self.edge(value), 0.0, value * (1 - value))

    def length(self, value: float, unit: float) -> float:
        return float(np.sqrt(max(value * (1 - value), 1e-2)))

    def edge(self, value: Array) -> Array:
        return (np.asarray(value) < ZERO) | (np.asarray(value) > 1 - ZERO)

    def moved(self, value: float, step: float) -> float:
        return abs(round(value) - step)


REAL, ANGLE, POSITIVE, NONNEGATIVE, SHARE = Real(), Angle(), Positive(False), Positive(True), Share()


def wrapped(angle: Array) -> Array:
    """Angles in radians, from -pi up, pi left out; those that lie there stay bit for bit."""
    angle = np.asarray(angle, dtype=float)
    inside = (angle >= -np.pi) & (angle < np.pi)
    return np.where(inside, angle, (angle + np.pi) % (2 * np.pi) - np.pi)
