"""Missing cells of Student-t components given the observed ones, which are Student-t themselves.

With d observed cells at squared distance D they have v + d degrees of freedom, the mean of a normal, and its covariance
times (v + D)/(v + d) as scale matrix (Kotz & Nadarajah 2004, Multivariate t Distributions).
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit

from hiddenmix._tree import Array, record
from hiddenmix.families.cells import NormalCells, NumberCells
from hiddenmix.families.student import Student, StudentParams


@record
class StudentCells(NumberCells):
    """Student-t cells: normal ones whose covariances are stretched (n, k), with degrees of freedom (k,).

    Without a mean (one degree of freedom or less) `means` are the centres; without a variance (two or less) it is
    infinite.
    """

    normal: NormalCells
    stretch: Array
    df: Array
    whole = False

    def means(self) -> Array:
        return self.normal.means()

    def variances(self) -> Array:
        return self._inflation()[..., None] * self.normal.variances()

    def covariances(self) -> Array:
        scale = self.normal.covariances()
        return np.where(scale == 0, 0.0, self._inflation()[..., None, None] * np.where(scale == 0, 1.0, scale))

    def below(self, value: Array) -> Array:
        return np.asarray(stdtr(self.df[:, None], (value - self.means()) / self._scale()))

    def bracket(self, q: float) -> tuple[Array, Array]:
        quantiles = self.means() + self._scale() * np.asarray(stdtrit(self.df, q))[:, None]
        return quantiles.min(axis=1), quantiles.max(axis=1)

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        rows = np.arange(len(labels))
        centre = np.broadcast_to(self.means(), (len(labels), *self.means().shape[1:]))[rows, labels]
        stretch = np.broadcast_to(self.stretch, (len(labels), len(self.df)))[rows, labels]
        df = self.df[labels]
        noise = NormalCells(np.zeros_like(self.means()[:1]), self.normal.factors).draw(labels, rng)
        return centre + noise * np.sqrt(stretch * df / rng.chisquare(df))[:, None]

    def row(self, i: int) -> StudentCells:
        return StudentCells(self.normal.row(i), self.stretch[i : i + 1], self.df)

    def _scale(self) -> Array:
        return np.sqrt(self.stretch[..., None] * self.normal.variances())

    def _inflation(self) -> Array:
        """Variance over squared scale (n, k)."""
        finite = self.df > 2
        return self.stretch * np.where(finite, self.df / np.where(finite, self.df - 2, 1.0), np.inf)


def student_cells(family: Student, params: StudentParams, x: Array, normal: NormalCells) -> StudentCells:
    """Those of rows (n, d) that miss the same cells, from the cells of the normal with these means and scales."""
    squared, n_seen = family.distances(params, x)
    df = params.df + n_seen
    return StudentCells(normal, (params.df + squared) / df, df)
