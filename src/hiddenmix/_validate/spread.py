"""How a table's values spread: ranges, sizes that can be squared, and the number of distinct rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate.cells import FloatArray, Names, column_name
from hiddenmix._validate.tables import blocks

__all__ = [
    "Ranges",
    "check_enough_distinct",
    "check_squares",
    "column_ranges",
    "column_spreads",
    "count_distinct",
    "present_rows",
    "widest_and_narrowest",
]

FOLD = 64  # rows that are looked at as one
_SQUARE = 1e150  # beyond it, and below its inverse, squares leave the range of float64


@dataclass(frozen=True, slots=True)
class Ranges:
    """Smallest and largest value of each column (d,), NaN where a column has none."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def column_ranges(values: FloatArray) -> Ranges:
    """The range of each column of a table (n, d), missing cells left out."""
    low = np.full(values.shape[1], np.nan)
    high = low.copy()
    for rows in blocks(values.shape):
        low = np.fmin(low, _down(np.fmin, values[rows]))
        high = np.fmax(high, _down(np.fmax, values[rows]))
    return Ranges(low.astype(np.float64), high.astype(np.float64))


def _down(extreme: np.ufunc, values: FloatArray) -> FloatArray:
    """`extreme` of each column; of narrow tables over rows of `FOLD` rows first, which is several times as fast."""
    n, d = values.shape
    whole = n - n % FOLD
    if not whole or not values.flags.c_contiguous:
        return np.asarray(extreme.reduce(values, axis=0))
    folded = extreme.reduce(values[:whole].reshape(-1, FOLD * d), axis=0).reshape(FOLD, d)
    return np.asarray(extreme.reduce(np.concatenate([folded, values[whole:]]), axis=0))


def column_spreads(values: FloatArray, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Standard deviations (d,) of the observed cells of a table (n, d); exactly 0 where a column is constant."""
    ranges = column_ranges(present_rows(values, weights))
    width = np.where(ranges.high > ranges.low, ranges.high - ranges.low, 1.0)

    def mean(about: NDArray[np.float64], power: int) -> NDArray[np.float64]:
        total, seen = np.zeros(len(width)), np.zeros(len(width))
        for rows in blocks(values.shape):
            scaled = (values[rows].astype(np.float64) - ranges.low) / width - about
            w = np.where(np.isnan(scaled), 0.0, 1.0 if weights is None else weights[rows, None])
            total += (w * np.where(w > 0, scaled, 0.0) ** power).sum(axis=0)
            seen += w.sum(axis=0)
        return np.asarray(total / np.where(seen > 0, seen, 1.0))

    centre = mean(np.zeros(len(width)), 1)
    return np.asarray(width * np.sqrt(mean(centre, 2)))


def widest_and_narrowest(spreads: NDArray[np.float64]) -> tuple[int, int]:
    """The columns of the largest and of the smallest standard deviation, constant ones left out of the second."""
    return int(np.argmax(spreads)), int(np.argmin(np.where(spreads > 0, spreads, np.inf)))


def check_squares(values: FloatArray, columns: Names = None) -> None:
    """Require that the squares of a table's values, and of their deviations, are within float64; HM119 otherwise.

    Numbers up to 1e150 pass, and columns whose standard deviation is 0 or at least 1e-150.
    """
    ranges = column_ranges(values)
    for j, (low, high) in enumerate(zip(ranges.low, ranges.high)):
        if max(-low, high) > _SQUARE:
            raise HiddenmixError(
                "HM119",
                f"{column_name(j, columns)} goes up to {max(-low, high):.3g} in size, and "
                "the squares of numbers beyond 1e150 overflow",
                "divide the column by a power of ten",
            )
        width = high - low
        # A standard deviation is at most half the width; only a narrow column needs the exact look.
        if 0 < width < 1e10 / _SQUARE:
            deviation = width * float(np.nanstd((values[:, j] - low) / width))
            if deviation < 1 / _SQUARE:
                raise HiddenmixError(
                    "HM119",
                    f"{column_name(j, columns)} has a standard deviation of {deviation:.3g}; "
                    "squares below 1e-300 vanish",
                    "multiply the column by a power of ten",
                )


def present_rows(values: FloatArray, weights: NDArray[np.float64] | None) -> FloatArray:
    """The rows (m, d) that are there at all: those of positive weight."""
    return values if weights is None or weights.all() else values[weights > 0]


def check_enough_distinct(values: FloatArray, k: int, weights: NDArray[np.float64] | None = None) -> None:
    """Require at least `k` distinct rows among those of positive weight with an observed cell; HM201 otherwise."""
    rows = present_rows(values, weights)
    found = count_distinct(rows, k)
    if found < k:
        n = len(rows)
        why = "duplicates or empty" if np.isnan(rows).all(axis=1).any() else "duplicates"
        detail = f" ({n - found} of {n} rows are {why})" if n > found else ""
        raise HiddenmixError(
            "HM201",
            f"{k} components need at least {k} distinct rows; there {'is' if found == 1 else 'are'} {found}{detail}",
            f"n_components={max(found, 1)} or fewer",
        )


def count_distinct(values: FloatArray, limit: int) -> int:
    """The number of distinct rows of a table (n, d), rows without any value left out; counting ends at `limit`."""
    seen: set[object] = set()
    step = 64
    start = 0
    while start < len(values) and len(seen) < limit:
        block = values[start : start + step]
        block = block[~np.isnan(block).all(axis=1)]
        block = np.where(np.isnan(block), np.nan, block + 0.0)  # one NaN, and one zero: -0.0 + 0.0 is 0.0
        keys = np.ascontiguousarray(block).view(np.dtype((np.void, block.itemsize * block.shape[1])))
        seen.update(keys.ravel().tolist())
        start, step = start + step, min(2 * step, 1 << 16)
    return min(len(seen), limit)
