"""What a normal family assumes of its means: their M-step given the covariance's shape, and their chart.

Coordinates are in units of the covariance of the parameters that the chart surrounds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix.families._normal_mstep import covariance, means_and_covariance
from hiddenmix.families.shapes import Shape
from hiddenmix.model import Known
from hiddenmix.moments import Moments


class Means(ABC):
    """A set of means (k, d)."""

    @abstractmethod
    def estimate(
        self, shape: Shape, known_cov: Known | None, old: Any, stats: Moments, mean: Array
    ) -> tuple[Array, Any]:
        """Means and covariances of the highest expected log density.

        `mean` (k, d) are those of the rows, and the old ones of components without rows; `old` the old covariances.
        """

    @abstractmethod
    def conform(self, shape: Shape, mean: Array, cov: Any) -> Array:
        """The nearest means of this set."""

    @abstractmethod
    def size(self, mean: Array) -> int:
        """The number of coordinates."""

    @abstractmethod
    def ravel(self, shape: Shape, mean: Array, base: Any) -> Array:
        """Coordinates of the means around those of the parameters `base`."""

    @abstractmethod
    def unravel(self, shape: Shape, vector: Array, base: Any) -> Array:
        """The inverse of `ravel`."""

    @abstractmethod
    def gradient(self, shape: Shape, slope: Array, mean: Array, base: Any) -> Array:
        """The gradient in the coordinates, at `mean`, of what has the gradient `slope` (k, d) there."""


class FreeMeans(Means):
    """Means anywhere, or some of them known, whole or by entry."""

    def __init__(self, known: Known | None = None) -> None:
        self.known = known

    def estimate(
        self, shape: Shape, known_cov: Known | None, old: Any, stats: Moments, mean: Array
    ) -> tuple[Array, Any]:
        if self.known is None:
            return mean, covariance(shape, known_cov, old, stats, mean)
        return means_and_covariance(shape, self.known, known_cov, old, stats, mean)

    def conform(self, shape: Shape, mean: Array, cov: Any) -> Array:
        return mean if self.known is None else self.known.fill(mean)

    def size(self, mean: Array) -> int:
        return int(self._free(mean).sum())

    def ravel(self, shape: Shape, mean: Array, base: Any) -> Array:
        shift, roots = mean - base.mean, shape.roots(base.cov, *mean.shape)
        if roots.ndim == 2:
            shift = shift / roots
        elif self.known is not None:
            shift = shift / np.linalg.norm(roots, axis=2)
        else:
            shift = np.einsum("kab,kb->ka", _linalg.inverse_triangular(np.ascontiguousarray(roots)), shift)
        return np.asarray(shift[self._free(mean)])

    def unravel(self, shape: Shape, vector: Array, base: Any) -> Array:
        shift = np.zeros(base.mean.shape)
        shift[self._free(shift)] = vector
        return np.asarray(base.mean + self._from_units(shape, shift, base))

    def gradient(self, shape: Shape, slope: Array, mean: Array, base: Any) -> Array:
        return self._from_units(shape, slope, base, transposed=True)[self._free(mean)]

    def _free(self, mean: Array) -> Array:
        if self.known is None:
            return np.ones(mean.shape, dtype=bool)
        return ~self.known.mask(mean.shape)

    def _from_units(self, shape: Shape, shift: Array, base: Any, transposed: bool = False) -> Array:
        roots = shape.roots(base.cov, *shift.shape)
        if roots.ndim == 2:
            return shift * roots
        if self.known is not None:
            return np.asarray(shift * np.linalg.norm(roots, axis=2))
        return np.asarray(np.einsum("kba,kb->ka" if transposed else "kab,kb->ka", roots, shift))
