"""What regression families share: the design, which coefficients are free, and their coordinates.

A coefficient is free, given (`Known`), or shared by all components. `Places` numbers the free ones once, so that
estimates, charts and gradients need not ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy
from hiddenmix.families._base import standardised
from hiddenmix.model import Known

DEPENDENT = 1e-11  # share of a column that the others leave over, below which it depends on them
CLOSE = 1e-7  # the same where curvatures are sums of squares of what is left over, and these drown in rounding
SQUARE = 1e100  # columns larger, or smaller than one over it, have squares of squares that are lost


@record
class Design:
    """Responses (n,), features (n, p) with a column of ones where there is an intercept; offsets and trials (n,).

    NaN responses are missing; features must be known. Offsets are added to the linear predictor: for counts in exposure
    times, their log.
    """

    response: Array
    features: Array
    offset: Array | None = None
    trials: Array | None = None

    def predictor(self, coef: Array) -> Array:
        """Features times coefficients (k, p), plus the offset: (n, k)."""
        eta = np.asarray(self.features, dtype=float) @ coef.T
        return eta if self.offset is None else eta + np.asarray(self.offset, dtype=float)[:, None]

    def observed(self) -> tuple[Array, Array]:
        """Responses, and which of them (n,) are there; 1 in the place of missing ones."""
        y = np.asarray(self.response, dtype=float)
        missing = np.isnan(y)
        return np.where(missing, 1.0, y), ~missing

    def with_response(self, response: Array) -> Design:
        """The same design with other responses."""
        return Design(response, self.features, self.offset, self.trials)


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a design: their root mean squares (p,), and what whitens them (p, p), X W' being orthogonal."""

    unit: Array
    whiten: Array

    @staticmethod
    def unknown(p: int) -> Columns:
        """Those of which nothing is known."""
        return Columns(np.ones(p), np.eye(p))


@dataclass(frozen=True)
class Places:
    """The free coefficients: `place` (k, p) is the number of each entry among them, -1 where it is given.

    `first` holds the component and the column in which each of the `size` free coefficients occurs first.
    """

    place: Array
    first: tuple[Array, Array]
    shared: Array

    @staticmethod
    @lru_cache(maxsize=64)
    def of(k: int, p: int, shared: tuple[int, ...], known: Known | None) -> Places:
        """Number them by components, shared ones with the first."""
        fixed = np.zeros((k, p), bool) if known is None else np.array(known.mask((k, p)))
        common = np.zeros(p, bool)
        common[list(shared)] = True
        if np.any(fixed[:, common].any(axis=0) != fixed[:, common].all(axis=0)):
            raise HiddenmixError("HM410", "a shared coefficient is known for some components only", "for all of them")
        once = ~fixed
        once[1:, common] = False
        place = np.full((k, p), -1)
        place[once] = np.arange(once.sum())
        place[1:, common] = place[0, common]
        rows, columns = np.nonzero(once)
        return Places(place, (rows, columns), common)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.first[0])

    @property
    def plain(self) -> bool:
        """Whether all coefficients are free, and none is shared."""
        return bool(self.size == self.place.size)

    def gather(self, coef: Array) -> Array:
        """The free ones of coefficients (k, p)."""
        return np.asarray(coef[self.first])

    def spread(self, values: Array) -> Array:
        """Free values in their places (k, p); 0 where coefficients are given."""
        return np.where(self.place >= 0, np.append(values, 0.0)[self.place], 0.0)

    def total(self, slopes: Array) -> Array:
        """Derivatives by the entries (k, p), summed to those by the free coefficients."""
        free = self.place >= 0
        return np.bincount(self.place[free], slopes[free], minlength=self.size)

    def conform(self, coef: Array, known: Known | None) -> Array:
        """Given coefficients put in, and the means of shared ones."""
        coef = np.where(self.shared, coef.mean(axis=0), coef)
        if known is None:
            return coef
        try:
            return np.asarray(np.broadcast_to(known.fill(coef), coef.shape))
        except ValueError:
            what = f"known coefficients of shape {np.shape(known.value)} where there are {coef.shape}"
            raise HiddenmixError("HM404", what, "a row for each component, a value for each column") from None

    def scale(self, unit: Array | float, size: Array) -> Array:
        """Units (k, p) of the coefficients: `size` (k,) of the predictor over those of the columns (p,)."""
        return np.where(self.shared, size.mean(), size[:, None]) / unit

    def chart(self, change: Array, columns: Columns, size: Array) -> Array:
        """Coordinates of a change (k, p) of the coefficients: by whitened columns, in units of `size` (k,).

        Where coefficients are shared or given, each is in its column's unit instead.
        """
        if self.plain:
            return np.ravel(np.linalg.solve(columns.whiten.T, change.T).T / size[:, None])
        return self.gather(change / self.scale(columns.unit, size))

    def unchart(self, vector: Array, columns: Columns, size: Array) -> Array:
        """The inverse of `chart`."""
        if self.plain:
            return np.asarray(vector.reshape(self.place.shape) * size[:, None] @ columns.whiten)
        return self.spread(vector) * self.scale(columns.unit, size)

    def slopes(self, slopes: Array, columns: Columns, size: Array) -> Array:
        """Derivatives by the entries (k, p), as those by the coordinates of `chart`."""
        if self.plain:
            return np.ravel(slopes @ columns.whiten.T * size[:, None])
        return self.total(slopes * self.scale(columns.unit, size))

    def linked(self) -> list[Array]:
        """Components that share coefficients together; the others each alone."""
        k = len(self.place)
        together = k > 1 and bool(np.any(self.place[0, self.shared] >= 0))
        return [np.arange(k)] if together else [np.array([j]) for j in range(k)]


def check_design(x: Any, weight: Array | None, family: str, proper: bool, least: float = DEPENDENT) -> Columns:
    """The columns; `proper` says that a prior makes up for their dependence.

    A row of weight (n,) 2 counts as two, as everywhere. `least` is the share of a column that the others must leave.

    Raises HM119 for features whose squares are lost, HM145 for missing ones, HM147 for columns that depend on one
    another.
    """
    if not isinstance(x, Design) or not is_numpy(x.features):
        raise HiddenmixError("HM145", f"{family} takes a Design of responses and features", "Design(y, X)")
    features = np.asarray(x.features, dtype=float)
    if not np.isfinite(features).all():
        raise HiddenmixError(
            "HM145", "a feature is missing or infinite, and regressions do not model features", "impute it first"
        )
    weight = np.ones(len(features)) if weight is None else weight
    total, top = float(weight.sum()), np.abs(features).max(axis=0, initial=0.0)
    lost = (top > SQUARE) | ((top < 1 / SQUARE) & (top > 0))
    if lost.any():
        column = int(np.argmax(lost))
        what = f"column {column} of the design goes up to {top[column]:.3g} in size, and its squares are lost"
        raise HiddenmixError("HM119", what, "divide it by a power of ten, or multiply it by one")
    unit = np.sqrt(weight @ np.square(features) / total)
    unit = np.where(unit > 0, unit, 1.0)
    root = np.linalg.qr(np.sqrt(weight)[:, None] * features / unit, mode="r")
    pivots = np.abs(np.diagonal(root)) / np.sqrt(total)
    loose = np.flatnonzero(pivots <= DEPENDENT)
    if len(root) < features.shape[1] or len(loose):
        if not proper:
            column = int(loose[0]) if len(loose) else len(root)
            raise HiddenmixError(
                "HM147",
                f"column {column} of the design is a combination of those before it",
                "leave it out, or a prior",
            )
        return Columns(unit, np.diag(1 / unit))
    near = np.flatnonzero(pivots <= least)
    if len(near) and not proper:
        what = f"all but {pivots[near[0]]:.1g} of column {int(near[0])} of the design follows from those before it"
        raise HiddenmixError("HM147", what, "subtract the column's mean from it, or leave it out")
    return Columns(unit, np.linalg.inv(root * unit).T * np.sqrt(total))


def starting_points(x: Design, response: Array) -> Array:
    """Standardised features and responses, without those that are constant: for starting values."""
    points = standardised(np.column_stack([np.asarray(x.features, dtype=float), response]))
    moving = np.ptp(points, axis=0) > 0
    return points[:, moving] if moving.any() else points[:, :1]
