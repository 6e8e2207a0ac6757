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
NARROW = 24  # columns, up to which rows are laid innermost before the product rather than in it


@dataclass(frozen=True)
class Coordinates:
    """z = scale^-1 (x - pivot), with `scale` a factor (d, d) or standard deviations (d,).

    `centre` (k, d) and `precision` are the components' means and inverse covariances, (k, d, d) or (k, d), in these
    coordinates, `rho2` (k,) how much accuracy the features lose.
    """

    pivot: Array
    scale: Array
    inverse_scale: Array
    centre: Array
    precision: Array
    rho2: Array

    @staticmethod
    def of(block: Block) -> Coordinates:
        """Pivot at the median of the means, scale from the mean covariance."""
        pivot = _median(block.mean)
        if block.roots.ndim == 2:
            scale = np.sqrt(np.square(block.roots).mean(axis=0))
            centre = (block.mean - pivot) / scale
            precision = np.square(block.inverse * scale)
            rho2 = _rho2(centre, np.square(block.roots / scale).sum(axis=1), precision.max(axis=1))
            return Coordinates(pivot, scale, 1 / scale, centre, precision, rho2)
        if block.pooled or len(block.mean) == 1:
            scale, inverse_scale = block.roots[0], block.inverse[0]
        else:
            scale = _mean_root(block.roots)
            inverse_scale = _linalg.inverse_triangular(scale)
        centre = (block.mean - pivot) @ inverse_scale.T
        root = block.inverse @ scale
        precision = root.swapaxes(1, 2) @ root
        spread = np.square(inverse_scale @ block.roots).sum(axis=(1, 2))
        rho2 = _rho2(centre, spread, precision.trace(axis1=1, axis2=2))  # an upper bound, cheap
        doubtful = rho2 > RHO2
        if doubtful.any():
            least = np.linalg.norm(root[doubtful], ord=2, axis=(1, 2)) ** 2
            rho2[doubtful] = _rho2(centre[doubtful], spread[doubtful], least)
        return Coordinates(pivot, scale, inverse_scale, centre, precision, rho2)

    def pick(self, chosen: Array) -> Coordinates:
        """The same coordinates, for some of the components."""
        return Coordinates(
            self.pivot,
            self.scale,
            self.inverse_scale,
            self.centre[chosen],
            self.precision[chosen],
            self.rho2[chosen],
        )

    def whiten(self, x: Array, out: Array) -> Array:
        """z (d, n), rows of x innermost."""
        shifted = np.subtract(x.T, self.pivot[:, None], order="C" if len(self.pivot) <= NARROW else "K")
        if self.scale.ndim == 1:
            return np.multiply(shifted, self.inverse_scale[:, None], out=out)
        return np.matmul(self.inverse_scale, shifted, out=out)


def _median(values: Array) -> Array:
    """The median of each column, without NumPy's care for NaN, which costs more than all the rest."""
    half, ordered = len(values) // 2, np.sort(values, axis=0)
    return ordered[half] if len(values) % 2 else 0.5 * (ordered[half - 1] + ordered[half])


def _mean_root(roots: Array) -> Array:
    """The Cholesky factor of the mean of the covariances with these roots (k, d, d)."""
    k, d = roots.shape[:2]
    beside = roots.swapaxes(0, 1).reshape(d, k * d)
    return _linalg.cholesky(beside @ beside.T / k)


def _rho2(centre: Array, spread: Array, least: Array) -> Array:
    """How many float errors a covariance loses, per component (k,); `least` is one over its least eigenvalue."""
    return (np.vecdot(centre, centre) + spread) * least
