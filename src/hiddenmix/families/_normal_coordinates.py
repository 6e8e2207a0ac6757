"""Coordinates in which the features of normal components are accurate.

z = scale^-1 (x - pivot), shifted to a pivot between the components and whitened by their mean covariance. There the
relative error of a covariance S from sums of features is about float error times rho2 = (|mean|² + tr S) / (least
eigenvalue of S).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix.families._normal_block import Block

RHO2 = 1e5  # keeps the error of a covariance from features below 1e-10


@dataclass(frozen=True)
class Coordinates:
    """z = scale^-1 (x - pivot), with `scale` a factor (d, d) or standard deviations (d,).

    `centre` (k, d) and `precision_root` are the components' means and inverse roots in these coordinates, `rho2` (k,)
    how much accuracy the features lose.
    """

    pivot: Array
    scale: Array
    inverse_scale: Array
    centre: Array
    precision_root: Array
    rho2: Array

    @staticmethod
    def of(block: Block) -> Coordinates:
        """Pivot at the median of the means, scale from the mean covariance."""
        pivot = _median(block.mean)
        if block.roots.ndim == 2:
            scale = np.sqrt(np.square(block.roots).mean(axis=0))
            centre = (block.mean - pivot) / scale
            precision_root = block.inverse * scale
            spread, least = np.square(block.roots / scale).sum(axis=1), np.square(precision_root).max(axis=1)
            return Coordinates(pivot, scale, 1 / scale, centre, precision_root, _rho2(centre, spread, least))
        if block.pooled or len(block.mean) == 1:
            scale, inverse_scale = block.roots[0], block.inverse[0]
        else:
            scale = _linalg.cholesky((block.roots @ np.swapaxes(block.roots, 1, 2)).mean(axis=0))
            inverse_scale = _linalg.inverse_triangular(scale)
        centre = (block.mean - pivot) @ inverse_scale.T
        precision_root = block.inverse @ scale
        spread = np.square(inverse_scale @ block.roots).sum(axis=(1, 2))
        least = np.square(precision_root).sum(axis=(1, 2))  # an upper bound, cheap
        doubtful = _rho2(centre, spread, least) > RHO2
        if doubtful.any():
            least[doubtful] = np.linalg.norm(precision_root[doubtful], ord=2, axis=(1, 2)) ** 2
        return Coordinates(pivot, scale, inverse_scale, centre, precision_root, _rho2(centre, spread, least))

    def pick(self, chosen: Array) -> Coordinates:
        """The same coordinates, for some of the components."""
        return Coordinates(
            self.pivot,
            self.scale,
            self.inverse_scale,
            self.centre[chosen],
            self.precision_root[chosen],
            self.rho2[chosen],
        )

    def whiten(self, x: Array) -> Array:
        """z (d, n), rows of x innermost."""
        shifted = (x - self.pivot).T
        return shifted * self.inverse_scale[:, None] if self.scale.ndim == 1 else self.inverse_scale @ shifted


def _median(values: Array) -> Array:
    """The median of each column, without NumPy's care for NaN, which costs more than all the rest."""
    half, ordered = len(values) // 2, np.sort(values, axis=0)
    return ordered[half] if len(values) % 2 else 0.5 * (ordered[half - 1] + ordered[half])


def _rho2(centre: Array, spread: Array, least: Array) -> Array:
    """How many float errors a covariance loses, per component (k,); `least` is one over its least eigenvalue."""
    return (np.square(centre).sum(axis=1) + spread) * least
