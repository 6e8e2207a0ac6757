"""The sufficient statistic of weighted least squares, as a triangular factor.

Of rows (x_i, y_i) with weights r_i it holds R, upper triangular with R'R = sum r_i (x_i, y_i)'(x_i, y_i). Factors merge
by a QR decomposition of one above the other, and squares are never formed, so that nothing cancels: the residual sum of
squares at coefficients b is |R (-b, 1)|^2 (Golub & Van Loan 2013, Matrix Computations, sections 5.3 and 6.5).
"""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix.families._regression_design import DEPENDENT, Places
from hiddenmix.model import Degenerate


@record
class Factor:
    """Weight (k,) of the rows, dof (k,), which a prior adds to, and factors (k, p + 1, p + 1) with diagonals >= 0."""

    weight: Array
    dof: Array
    root: Array

    def merge(self, other: Factor) -> Factor:
        """That of the rows of both."""
        root = triangular(np.concatenate([self.root, other.root], axis=1))
        return Factor(self.weight + other.weight, self.dof + other.dof, root)

    def scale(self, factor: float) -> Factor:
        """The same as if every weight had been `factor` times as large."""
        return Factor(self.weight * factor, self.dof * factor, self.root * np.sqrt(factor))

    def residual(self, coef: Array) -> Array:
        """What is left of the rows of the factors at coefficients (k, p): (k, p + 1)."""
        return self.root[:, :, -1] - np.einsum("kab,kb->ka", self.root[:, :, :-1], coef)

    def rss(self, coef: Array) -> Array:
        """Residual sums of squares (k,) at coefficients (k, p)."""
        return np.square(self.residual(coef)).sum(axis=1)

    def slope(self, coef: Array) -> Array:
        """Minus half the derivative (k, p) of the residual sums of squares."""
        return np.einsum("kab,ka->kb", self.root[:, :, :-1], self.residual(coef))


def factor(features: Array, response: Array, resp: Array) -> Factor:
    """The factor of rows (n, p) and responses (n,), or (k, n) where components see their own, weighted by (n, k)."""
    k, (n, p) = resp.shape[1], features.shape
    rows = np.empty((k, n, p + 1))
    rows[:, :, :-1], rows[:, :, -1] = features, response
    rows *= np.sqrt(resp.T)[:, :, None]
    weight = resp.sum(axis=0)
    return Factor(weight, weight, triangular(rows))


def triangular(rows: Array) -> Array:
    """The triangular factors (k, q, q) of stacks of rows (k, m, q)."""
    k, m, q = rows.shape
    root = np.zeros((k, q, q))
    root[:, : min(m, q)] = np.linalg.qr(rows, mode="r")
    signs = np.where(np.diagonal(root, axis1=1, axis2=2) < 0, -1.0, 1.0)
    root *= signs[:, :, None]
    return root


def least_squares(stats: Factor, old: Array, sd: Array, places: Places) -> Array:
    """Coefficients (k, p) that minimise sum_j rss_j / sd_j^2 over the free ones; those that no row touches stay.

    Raises `Degenerate` where the rows of a component do not determine them.
    """
    if places.plain:
        found = _each_alone(stats, old)
        if found is not None:
            return found
    shift = np.zeros(places.size)
    rest = stats.residual(old) / sd[:, None]
    for linked in places.linked():
        free = np.unique(places.place[linked])
        free = free[free >= 0]
        rows = np.zeros((len(linked), stats.root.shape[1], places.size + 1))
        for i, j in enumerate(linked):
            rows[i][:, places.place[j]] = stats.root[j, :, :-1] / sd[j]  # given ones fall on the last, which is unused
        columns = rows.reshape(-1, places.size + 1)[:, free]
        touched = np.square(columns).sum(axis=0) > 0
        columns, free = columns[:, touched], free[touched]
        if len(free):
            shift[free] = _solved(columns, rest[linked].ravel(), int(linked[0]))
    return old + places.spread(shift)


def _each_alone(stats: Factor, old: Array) -> Array | None:
    """The same for all components at once, where nothing is shared or given; None where one of them is degenerate."""
    root = stats.root[:, :-1, :-1]
    size = np.sqrt(np.square(root).sum(axis=1))  # (k, p)
    if not size.all() or np.min(np.diagonal(root, axis1=1, axis2=2) / size) <= DEPENDENT:
        return None
    scaled = root / size[:, None, :]
    return old + np.linalg.solve(scaled, stats.residual(old)[:, :-1, None])[:, :, 0] / size


def _solved(columns: Array, target: Array, component: int) -> Array:
    size = np.sqrt(np.square(columns).sum(axis=0))
    root = triangular(np.column_stack([columns / size, target])[None])[0]
    pivots = np.diagonal(root)[:-1]
    if pivots.min() <= DEPENDENT:
        column = int(np.argmin(pivots))
        raise Degenerate(component, f"collapsed: its rows do not determine coefficient {column} (counting from 0)")
    return np.linalg.solve(root[:-1, :-1], root[:-1, -1]) / size
