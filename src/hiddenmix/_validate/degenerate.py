"""Columns that leave a covariance without an inverse: constant ones, copies, and combinations of others.

A column depends on earlier ones when what remains of it after their linear prediction is at the level of rounding,
measured in its own standard deviations, so that units and offsets do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hiddenmix._validate.cells import FloatArray, Names, column_name
from hiddenmix._validate.spread import Ranges, column_ranges, count_distinct, present_rows
from hiddenmix._validate.tables import blocks

__all__ = ["Degenerate", "degenerate_columns"]

_SAMPLE = 10_000  # rows that the search looks at; what it finds is verified on all
_PAIRED = 50  # with more columns than this, pairs of columns are not searched one by one
_FLOOR = 1e-8  # its square, a variance, is where float64 ends


@dataclass(frozen=True, slots=True)
class Degenerate:
    """What makes a full covariance singular; false when nothing does.

    Attributes
    ----------
    constant : columns with a single value
    combined : pairs of a column and the earlier columns that determine it; if that is one column, it is a copy of it,
        shifted or scaled or not
    few_rows : the number of distinct rows if it does not exceed the number of columns, else None
    columns : the names, if there are any
    """

    constant: tuple[int, ...] = ()
    combined: tuple[tuple[int, tuple[int, ...]], ...] = ()
    few_rows: int | None = None
    columns: Names = None

    def __bool__(self) -> bool:
        return bool(self.constant or self.combined or self.few_rows is not None)

    def describe(self) -> str:
        """A phrase that names the columns, such as ``column 'c' is a combination of column 'a' and column 'b'``."""
        parts = [f"{column_name(j, self.columns)} is constant" for j in self.constant]
        for j, others in self.combined:
            names = [column_name(i, self.columns) for i in others]
            what = (
                f"a copy of {names[0]}, or a multiple of it"
                if len(names) == 1
                else (f"a combination of {', '.join(names[:-1])} and {names[-1]}")
            )
            parts.append(f"{column_name(j, self.columns)} is {what}")
        if self.few_rows is not None:
            rows = "row is" if self.few_rows == 1 else "rows are"
            parts.append(f"{self.few_rows} distinct {rows} too few for so many columns")
        return "; ".join(parts)


def degenerate_columns(
    values: FloatArray, columns: Names = None, weights: NDArray[np.float64] | None = None
) -> Degenerate:
    """Search a table (n, d) for whatever makes the covariance of its columns singular.

    Constant columns and the number of distinct rows are exact. Combinations are searched on a bounded, evenly spaced
    sample of complete rows and verified on all complete rows; where too few rows are complete, pairs are searched.
    """
    rows = present_rows(values, weights)
    d = rows.shape[1]
    ranges = column_ranges(rows)
    constant = tuple(np.flatnonzero(ranges.low == ranges.high).tolist())
    distinct = count_distinct(rows, d + 1)
    if distinct <= d:
        return Degenerate(constant, (), distinct, columns)
    varying = np.flatnonzero(ranges.low < ranges.high).tolist()
    return Degenerate(constant, tuple(_combined(rows, varying, ranges)), None, columns)


def _combined(values: FloatArray, varying: list[int], ranges: Ranges) -> Iterator[tuple[int, tuple[int, ...]]]:
    step = max(1, len(values) // _SAMPLE)
    scaled = _scaled(values[::step], varying, ranges)  # (m, q)
    groups: list[tuple[int, ...]] = [tuple(range(len(varying)))]
    if (~np.isnan(scaled).any(axis=1)).sum() < len(varying) + 2:
        groups = list(combinations(groups[0], 2)) if len(varying) <= _PAIRED else []
    found: set[int] = set()
    for group in groups:
        sample = scaled[:, group]
        names = [varying[g] for g in group]
        noise = np.array([_rounding(values.dtype, j, ranges) for j in names])
        for relation in _relations(sample[~np.isnan(sample).any(axis=1)], noise):
            column = names[relation.column]
            if column not in found and (step == 1 or _holds(relation, values, names, ranges)):
                found.add(column)
                yield column, tuple(names[i] for i in relation.needed)


@dataclass(frozen=True, slots=True)
class _Relation:
    """Column `column` equals `offset` + the columns `others` @ `coef`, up to `tolerance` in size; `needed` matter."""

    column: int
    others: list[int]
    coef: NDArray[np.float64]
    offset: float
    tolerance: float
    needed: list[int]


def _relations(x: NDArray[np.float64], noise: NDArray[np.float64]) -> Iterator[_Relation]:
    """Columns of `x` (m, q) that are within rounding of the span of earlier ones."""
    if len(x) < 3:
        return
    mean = x.mean(axis=0)
    x = x - mean
    spread = np.sqrt((x * x).mean(axis=0))
    basis, used = np.empty((len(x), 0)), list[int]()
    for j in np.flatnonzero(spread > 0).tolist():
        unit = x[:, j] / (spread[j] * np.sqrt(len(x)))
        rest = unit - basis @ (basis.T @ unit)
        rest -= basis @ (basis.T @ rest)  # twice is enough (Kahan & Parlett): orthogonal to working precision
        size = float(np.linalg.norm(rest))
        tolerance = min(max(_FLOOR, noise[j] / spread[j]), 1e-4)
        if size <= tolerance:
            coef = np.asarray(np.linalg.lstsq(x[:, used], x[:, j])[0], np.float64)
            share = np.abs(coef) * spread[used] / spread[j]
            needed = [i for i, part in zip(used, share) if part > 10 * tolerance]
            offset = float(mean[j] - mean[used] @ coef)
            yield _Relation(j, used.copy(), coef, offset, float(10 * tolerance * spread[j]), needed)
        else:
            basis, used = np.column_stack([basis, rest / size]), [*used, j]


def _holds(relation: _Relation, values: FloatArray, names: list[int], ranges: Ranges) -> bool:
    """Whether a relation found on a sample is true of all rows in which its columns are observed."""
    which = [names[i] for i in relation.others]
    for rows in blocks((len(values), len(names))):
        left = _scaled(values[rows], [names[relation.column]], ranges)[:, 0]
        error = left - relation.offset - _scaled(values[rows], which, ranges) @ relation.coef
        if np.sqrt(np.nanmean(np.append(error, 0.0) ** 2)) > relation.tolerance:
            return False
    return True


def _scaled(values: FloatArray, which: list[int], ranges: Ranges) -> NDArray[np.float64]:
    """Columns mapped to [0, 1], as float64, so that nothing overflows and offsets are gone."""
    low, high = ranges.low[which], ranges.high[which]
    return (values[:, which].astype(np.float64) - low) / (high - low)


def _rounding(dtype: np.dtype[np.floating], column: int, ranges: Ranges) -> float:
    """How large the rounding of the stored values is, on the scale from 0 to 1."""
    size = max(abs(ranges.low[column]), abs(ranges.high[column]))
    return float(8 * np.finfo(dtype).eps * size / (ranges.high[column] - ranges.low[column]))
