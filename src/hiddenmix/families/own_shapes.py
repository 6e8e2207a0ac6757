"""Covariance shapes in which each component has a covariance of its own, and what every shape is.

A shape has a record of its parameters, a way to spread them over the components, its M-step, and a chart of free
coordinates around a base (the identity there, so that units and orientation do not matter). Names follow Celeux &
Govaert (1995, Pattern Recognition 28:781) and scikit-learn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array, record
from hiddenmix.families._charts import gradient_chol, gradient_sd, ravel_chol, ravel_sd, unravel_chol, unravel_sd
from hiddenmix.model import Degenerate
from hiddenmix.moments import Kind

POINT = 1e-24  # a variance below this share of the column's is no spread
PLANE = 1e-14  # a squared pivot of the correlation matrix below this, per column, is no dimension


@record
class Full:
    """Every component its own covariance matrix: lower Cholesky factors (k, d, d)."""

    chol: Array


@record
class Diag:
    """Independent columns: standard deviations (k, d)."""

    sd: Array


@record
class Spherical:
    """Independent columns of equal spread: standard deviations (k,)."""

    sd: Array


class Shape(ABC):
    """A set of covariance matrices.

    `kind` and `pooled` say which scatter its M-step needs, `own` whether components share nothing, `few` whether a
    handful of rows can carry one component to a spurious maximum, `scale_free` whether rescaling a column changes
    nothing. `loose` is the name of the shape of the same layout that sub-matrices have too, where it is another.
    """

    name: str
    letters: str
    words: str
    kind: Kind
    pooled: bool
    own: bool
    few: bool
    scale_free: bool
    loose: str = ""

    @abstractmethod
    def roots(self, cov: Any, k: int, d: int) -> Array:
        """Cholesky factors (k, d, d), or standard deviations (k, d) where columns are independent."""

    @abstractmethod
    def estimate(self, old: Any, scatter: Array, dof: Array, unit: Array) -> Any:
        """The covariance that maximises -1/2 sum [dof log|S| + tr S^-1 scatter].

        `unit` (d,) are the columns' overall standard deviations, by which collapse (`Degenerate`) is judged.
        """

    @abstractmethod
    def from_dense(self, cov: Array, k: int) -> Any:
        """The parameters from covariances in this shape's own layout, as scikit-learn has them."""

    @abstractmethod
    def dense(self, cov: Any) -> Array:
        """Covariances in this shape's own layout, as scikit-learn has them."""

    @abstractmethod
    def ravel(self, cov: Any, base: Any) -> Array:
        """Free coordinates around `base`; all components' in one vector, components first."""

    @abstractmethod
    def unravel(self, vector: Array, base: Any) -> Any:
        """The covariance with these coordinates."""

    def gradient(self, cov: Any, base: Any, scatter: Array, dof: Array) -> Array | None:
        """The gradient of -1/2 sum [dof log|S| + tr S^-1 scatter] in the coordinates; None: by differences."""
        return None

    def share(self, k: int) -> Array:
        """The part (k,) that each component has in its covariance, as one of those that share it."""
        return np.ones(k)

    def released(self, cov: Any) -> tuple[Shape, Any]:
        """The shape, and its parameters, that say the same without groups of components."""
        return self, cov


class OwnShape(Shape):
    """Each component a covariance of its own. `tied` are name, letters and words where all share one of this form."""

    pooled, own, few = False, True, True
    tied: tuple[str, str, str]


class FullShape(OwnShape):
    """Ellipsoids, each component its own."""

    name, letters, words = "full", "VVV", "each with its own ellipsoidal covariance"
    tied = "tied", "EEE", "sharing one ellipsoidal covariance"
    kind, scale_free = "full", True

    def roots(self, cov: Full, k: int, d: int) -> Array:
        return cov.chol

    def estimate(self, old: Full | None, scatter: Array, dof: Array, unit: Array) -> Full:
        if dof.min() > 0:
            return Full(factors(scatter / dof[:, None, None], unit))
        if old is None:
            raise Degenerate(int(np.argmin(dof)), "has no rows to start from")
        chol = old.chol.copy()
        for j in np.flatnonzero(dof > 0):
            chol[j] = factors(scatter[j : j + 1] / dof[j], unit, int(j))[0]
        return Full(chol)

    def from_dense(self, cov: Array, k: int) -> Full:
        return Full(_linalg.cholesky(np.broadcast_to(cov, (k, *cov.shape[-2:]))))

    def dense(self, cov: Full) -> Array:
        return cov.chol @ np.swapaxes(cov.chol, -1, -2)

    def ravel(self, cov: Full, base: Full) -> Array:
        return ravel_chol(cov.chol, base.chol).reshape(-1)

    def unravel(self, vector: Array, base: Full) -> Full:
        return Full(unravel_chol(vector.reshape(len(base.chol), -1), base.chol))

    def gradient(self, cov: Full, base: Full, scatter: Array, dof: Array) -> Array:
        return gradient_chol(cov.chol, base.chol, scatter, dof).reshape(-1)


class DiagShape(OwnShape):
    """Ellipsoids along the axes, each component its own."""

    name, letters, words = "diag", "VVI", "each with its own variances, columns independent"
    tied = "tied_diag", "EEI", "sharing one variance for each column, columns independent"
    kind, scale_free = "diag", True

    def roots(self, cov: Diag, k: int, d: int) -> Array:
        return cov.sd

    def estimate(self, old: Diag | None, scatter: Array, dof: Array, unit: Array) -> Diag:
        var = scatter / np.where(dof > 0, dof, 1.0)
        refuse_points(np.where(dof > 0, var, np.inf), unit)
        if old is None and not np.all(dof > 0):
            raise Degenerate(int(np.argmin(dof.min(axis=1))), "has no observed cell in some column")
        return Diag(np.sqrt(var) if old is None else np.where(dof > 0, np.sqrt(var), old.sd))

    def from_dense(self, cov: Array, k: int) -> Diag:
        return Diag(np.sqrt(np.broadcast_to(cov, (k, cov.shape[-1]))))

    def dense(self, cov: Diag) -> Array:
        return np.square(cov.sd)

    def ravel(self, cov: Diag, base: Diag) -> Array:
        return ravel_sd(cov.sd, base.sd)

    def unravel(self, vector: Array, base: Diag) -> Diag:
        return Diag(unravel_sd(vector, base.sd))

    def gradient(self, cov: Diag, base: Diag, scatter: Array, dof: Array) -> Array:
        return gradient_sd(cov.sd, scatter, dof)


class SphericalShape(OwnShape):
    """Balls, each component its own."""

    name, letters, words = "spherical", "VII", "each with one variance of its own for all columns"
    tied = "tied_spherical", "EII", "sharing one variance for all columns"
    kind, scale_free = "spherical", False

    def roots(self, cov: Spherical, k: int, d: int) -> Array:
        return np.broadcast_to(cov.sd[:, None], (k, d))

    def estimate(self, old: Spherical | None, scatter: Array, dof: Array, unit: Array) -> Spherical:
        return _one_variance(old, scatter, dof.sum(axis=1), float(np.sqrt(np.mean(unit**2))))

    def from_dense(self, cov: Array, k: int) -> Spherical:
        return Spherical(np.sqrt(np.broadcast_to(cov, (k,))))

    def dense(self, cov: Spherical) -> Array:
        return np.square(cov.sd)

    def ravel(self, cov: Spherical, base: Spherical) -> Array:
        return ravel_sd(cov.sd, base.sd)

    def unravel(self, vector: Array, base: Spherical) -> Spherical:
        return Spherical(unravel_sd(vector, base.sd))

    def gradient(self, cov: Spherical, base: Spherical, scatter: Array, dof: Array) -> Array:
        return gradient_sd(cov.sd, scatter, dof.sum(axis=1))


class UnitSphericalShape(OwnShape):
    """Balls in columns measured in units of their own: S_j = s_j² diag(unit²).

    The density stays that of the original columns, so that log-likelihoods compare with those of other shapes.
    """

    name, letters, words = "spherical", "VII", "each with one variance of its own for all standardised columns"
    tied = "tied_spherical", "EII", "sharing one variance for all standardised columns"
    kind, scale_free = "diag", True

    def __init__(self, unit: Array) -> None:
        self.unit = np.asarray(unit, dtype=float)

    def roots(self, cov: Spherical, k: int, d: int) -> Array:
        return cov.sd[:, None] * self.unit

    def estimate(self, old: Spherical | None, scatter: Array, dof: Array, unit: Array) -> Spherical:
        return _one_variance(old, (scatter / self.unit**2).sum(axis=1), dof.sum(axis=1), 1.0)

    def from_dense(self, cov: Array, k: int) -> Spherical:
        return Spherical(np.broadcast_to(np.sqrt(np.mean(cov / self.unit**2, axis=-1)), (k,)))

    def dense(self, cov: Spherical) -> Array:
        return np.square(cov.sd[:, None] * self.unit)

    def ravel(self, cov: Spherical, base: Spherical) -> Array:
        return ravel_sd(cov.sd, base.sd)

    def unravel(self, vector: Array, base: Spherical) -> Spherical:
        return Spherical(unravel_sd(vector, base.sd))

    def gradient(self, cov: Spherical, base: Spherical, scatter: Array, dof: Array) -> Array:
        return gradient_sd(cov.sd, (scatter / self.unit**2).sum(axis=1), dof.sum(axis=1))


def refuse_points(var: Array, unit: Array, first: int = 0) -> None:
    """Raise where a variance (k, d) of components from `first` on is zero at float level, in units of the column."""
    spread = var > POINT * unit**2
    if not spread.all():
        j, column = (int(i) for i in np.argwhere(~spread)[0])
        raise Degenerate(first + j, f"collapsed: it has no spread in column {column} (counting from 0)")


def _one_variance(old: Spherical | None, total: Array, cells: Array, size: float) -> Spherical:
    """The variance of balls: total squared deviations (k,) over the number of cells (k,)."""
    var = total / np.where(cells > 0, cells, 1.0)
    refuse_points(np.where(cells > 0, var, np.inf)[:, None], np.array([size]))
    if old is None and not np.all(cells > 0):
        raise Degenerate(int(np.argmin(cells)), "has no observed cell")
    return Spherical(np.sqrt(var) if old is None else np.where(cells > 0, np.sqrt(var), old.sd))


def factors(cov: Array, unit: Array, first: int = 0) -> Array:
    """Cholesky factors of covariances (k, d, d); `Degenerate` where one is singular at float level."""
    var = cov.diagonal(axis1=1, axis2=2)
    refuse_points(var, unit, first)
    try:
        chol = np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        if len(cov) > 1:  # find out which
            for j in range(len(cov)):
                factors(cov[j : j + 1], unit, first + j)
        chol = np.zeros_like(cov)
    pivots = np.square(chol.diagonal(axis1=1, axis2=2)) / var  # of the correlation matrices
    if not pivots.min() > PLANE * len(unit):
        raise Degenerate(first + int(np.argmin(pivots.min(axis=1))), "collapsed: its columns are linearly dependent")
    return chol
