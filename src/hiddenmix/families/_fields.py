"""Fields of parameter records, what is known of them, and the collapse of single cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families._charts import Chart


@dataclass(frozen=True)
class Field:
    """A field (k, d) of a parameter record: its chart, the field that is its unit, and what people call it."""

    name: str
    chart: Chart
    unit: str | None = None
    words: str | None = None


@dataclass(frozen=True)
class Given:
    """Which of m entries of a field are known (m,), and their values (m,)."""

    mask: Array
    value: Array

    def fill(self, estimate: Array) -> Array:
        """The estimate (m,) with the known entries put in."""
        return np.where(self.mask, self.value, estimate)


class Collapse(Exception):
    """Raised by `solve` where the likelihood is unbounded: in which of its cells (m,), and why."""

    def __init__(self, cells: Array, reason: str) -> None:
        super().__init__(reason)
        self.cells, self.reason = cells, reason


def refuse_collapse(cells: Array, reason: str) -> None:
    """Raise `Collapse` where any of the cells (m,) is one."""
    if np.any(cells):
        raise Collapse(cells, reason)


__all__ = ["Collapse", "Field", "Given", "refuse_collapse"]
