"""Known bounds of truncated data: rows beyond them were never seen, and nobody counted them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy
from hiddenmix.families._base import columns

NOWHERE = 1e300  # stands for infinity in statistics, which are finite


@record
class Bounds:
    """Lower and upper bounds of cells (k, d), carried by statistics: the same in all that are merged."""

    low: Array
    high: Array

    def merge(self, other: Bounds) -> Bounds:
        """The same bounds."""
        return self

    def scale(self, factor: float) -> Bounds:
        """The same bounds."""
        return self

    def ends(self) -> tuple[Array, Array]:
        """The bounds, infinite where there are none."""
        return (
            np.where(self.low <= -NOWHERE, -np.inf, self.low),
            np.where(self.high >= NOWHERE, np.inf, self.high),
        )


def bounds_of(low: Array | float, high: Array | float, shape: tuple[int, ...]) -> Bounds:
    """The bounds of cells of this shape (..., d), from one number for all columns or one for each."""
    return Bounds(*(np.broadcast_to(np.clip(end, -NOWHERE, NOWHERE), shape) for end in (low, high)))


def read_bounds(low: Any, high: Any, least: float = -np.inf) -> tuple[Array, Array]:
    """Bounds as arrays, () or (d,). Raises HM430 where they leave no room, or reach below `least`."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if not np.all((low < high) & (low >= least)):
        what = f"bounds must rise, from {least:g} at least; got low={low.tolist()} and high={high.tolist()}"
        raise HiddenmixError("HM430", what, "low below high, in every column")
    return low, high


def refuse_outside(x: Any, low: Array, high: Array) -> None:
    """Require values (n, d), NaN = missing, within the bounds; HM140 otherwise."""
    if not is_numpy(x):
        return
    x = np.asarray(columns(x), dtype=float)
    for end in (low, high):
        if end.shape not in ((), x.shape[1:]):
            what = f"bounds of shape {end.shape} for {x.shape[1]} columns"
            raise HiddenmixError("HM404", what, "one number for all columns, or one for each")
    outside = (x < low) | (x > high)
    if outside.any():
        i, j = np.argwhere(outside)[0].tolist()
        ends = [np.broadcast_to(end, (x.shape[1],))[j] for end in (low, high)]
        raise HiddenmixError(
            "HM140",
            f"row {i}, column {j} (counting from 0) holds {x[i, j]:g}, outside the bounds {ends[0]:g} and {ends[1]:g}",
            "the bounds within which rows were seen; leave out rows beyond them",
        )


__all__ = ["Bounds", "bounds_of", "read_bounds", "refuse_outside"]
