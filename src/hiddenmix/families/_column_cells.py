"""Distributions of missing cells in independent columns: the components' own, whatever the others hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array, record, static
from hiddenmix.families.cells import Cells, NumberCells


@record
class ColumnCells(NumberCells):
    """Measurements in independent columns: the family, and its parameters of these columns (k, m)."""

    family: Any = static()
    params: Any = static()
    whole = False

    def means(self) -> Array:
        return self.family.means(self.params)[None]

    def variances(self) -> Array:
        return self.family.variances(self.params)[None]

    def below(self, value: Array) -> Array:
        return np.asarray(self.family.below(self.params, value))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        return np.asarray(self.family.sample(self.params, labels, rng))


@record
class ColumnCounts(ColumnCells):
    """The same with whole numbers."""

    whole = True


@record
class AngleCells(Cells):
    """Angles: directions, mean lengths of unit vectors, and von Mises concentrations, all (k, m)."""

    direction: Array
    length: Array
    concentration: Array

    def best(self, weights: Array) -> Array:
        east, north = self.length * np.cos(self.direction), self.length * np.sin(self.direction)
        return np.arctan2(weights @ north, weights @ east)

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        return rng.vonmises(self.direction[labels], self.concentration[labels])


__all__ = ["AngleCells", "ColumnCells", "ColumnCounts"]
