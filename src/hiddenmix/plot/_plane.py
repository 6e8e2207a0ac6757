"""What scatters share: which columns and which rows are shown, in what colours. Numbers only."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families.views import Kind
from hiddenmix.plot._colours import colours
from hiddenmix.plot._view import View

MOST_DRAWN = 20_000  # points; of more rows a random sample is drawn
GRID = 160  # points along each side of a plane on which a density is computed
ROOM = 0.06  # of the range, on either side
FEW = 30  # rows about which whole ellipses are shown
JITTER = 0.25  # how far counts are moved
Columns = int | str | Sequence[int | str] | None


@dataclass(frozen=True, eq=False)
class Plane:
    """A view in one, two or more of its columns: the rows that are drawn.

    Attributes
    ----------
    view : the drawn rows
    columns : which columns are shown
    drawn : (n,) the numbers of these rows in the table
    missing : rows of the table that miss a shown cell, and are left out
    total : rows of the table
    picked : whether the columns were chosen here, as those in which components differ most
    """

    view: View
    columns: tuple[int, ...]
    drawn: Array
    missing: int
    total: int
    picked: bool

    @cached_property
    def x(self) -> Array:
        """The shown cells (n, m)."""
        return self.view.values[:, list(self.columns)]

    @cached_property
    def spots(self) -> Array:
        """Where the rows are drawn in a plane (n, m): counts are moved a little, so that equal rows can be seen."""
        moved = np.random.default_rng(0).uniform(-JITTER, JITTER, self.x.shape)
        return self.x + moved * np.array([kind == "count" for kind in self.kinds])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the shown columns."""
        return tuple(self.view.columns[c] for c in self.columns)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the shown columns hold."""
        return tuple(self.view.kinds[c] for c in self.columns)

    @property
    def resp(self) -> Array:
        """The memberships (n, k)."""
        return self.view.resp

    @cached_property
    def certainty(self) -> Array:
        """Of each row the highest membership (n,), in a class where components belong to classes."""
        return self.sides.max(axis=1)

    @cached_property
    def sides(self) -> Array:
        """Memberships (n, c) in what has a colour: in components, or in classes."""
        group = self.view.group
        if group is None:
            return self.view.resp
        return np.stack([self.view.resp[:, group == c].sum(axis=1) for c in range(len(self.side_names))], axis=1)

    @property
    def side_names(self) -> tuple[str, ...]:
        """What has a colour: the components, or the classes."""
        return self.view.names if self.view.classes is None else self.view.classes

    @property
    def side_of(self) -> Array:
        """For each component (k,) the number of its colour."""
        return np.arange(self.view.k) if self.view.group is None else self.view.group

    @property
    def side_colours(self) -> Array:
        """The colours (c, 3) of components or classes."""
        return colours(len(self.side_names))

    @property
    def colours(self) -> Array:
        """The colour (k, 3) of each component."""
        return self.side_colours[self.side_of]

    def limits(self, i: int) -> tuple[float, float]:
        """From where to where a column is shown."""
        x = self.x[:, i]
        low, high = float(x.min()), float(x.max())
        if len(x) <= FEW:
            low, high = self._with_ellipses(i, low, high)
        room = max(ROOM * (high - low) or 0.5, 0.6 if self.kinds[i] == "count" else 0.0)
        return low - room, high + room

    def _with_ellipses(self, i: int, low: float, high: float) -> tuple[float, float]:
        """The range of few rows and of two standard deviations about the means, at most twice as wide beyond them."""
        if (found := self.view.ellipsoids([self.columns[i]])) is None:
            return low, high
        mean, reach = found[0][:, 0], 2 * np.sqrt(found[1][:, 0, 0])
        most = 2 * (high - low) if high > low else np.inf
        left, right = float((mean - reach).min()), float((mean + reach).max())
        return max(min(low, left), low - most), min(max(high, right), high + most)

    def grid(self, i: int, points: int = GRID) -> Array:
        """Values at which a density is computed: whole numbers for counts."""
        low, high = self.limits(i)
        if self.kinds[i] == "count":
            first, last = max(0.0, np.ceil(low) - 1), np.floor(high) + 1
            return np.unique(np.linspace(first, last, int(min(last - first + 1, 4 * points))).round())
        return np.linspace(low, high, points)

    def told(self) -> str:
        """What is not drawn, and why these columns are, in words; empty where there is nothing to tell."""
        parts = []
        if self.picked:
            parts.append(f"components differ most in {' and '.join(self.names)}")
        if self.missing:
            left = "row with a missing cell there is" if self.missing == 1 else "rows with a missing cell there are"
            parts.append(f"{self.missing} {left} left out")
        if len(self.drawn) < self.total - self.missing:
            parts.append(f"a random sample of {len(self.drawn)} of {self.total - self.missing} rows is drawn")
        if "count" in self.kinds and len(self.kinds) > 1:
            parts.append("counts are moved a little, so that equal rows can be seen")
        return "".join(f" {part[0].upper()}{part[1:]}." for part in parts)


def plane(view: View, columns: Columns, most: int = 2) -> Plane:
    """The rows to draw in given columns, or in the (at most) `most` columns in which components differ most.

    Raises
    ------
    HiddenmixError : HM416 columns of categories, no number column at all, or no row to draw
    """
    shown, picked = chosen_columns(view, columns, most)
    seen = np.flatnonzero(~np.isnan(view.values[:, list(shown)]).any(axis=1))
    if not len(seen):
        raise HiddenmixError("HM416", "no row has a value in all shown columns", "columns= others, or one by itself")
    rows = seen
    if len(seen) > MOST_DRAWN:
        rows = np.sort(np.random.default_rng(0).choice(seen, MOST_DRAWN, replace=False))
    n = len(view.values)
    return Plane(view if len(rows) == n else view.part(rows), shown, rows, n - len(seen), n, picked)


def chosen_columns(view: View, columns: Columns, most: int) -> tuple[tuple[int, ...], bool]:
    """The columns that are shown, and whether they had to be chosen."""
    if columns is not None:
        asked = [columns] if isinstance(columns, (int, str, np.integer)) else list(columns)
        found = tuple(column_number(view, column) for column in asked)
        if not 1 <= len(set(found)) == len(found) <= most:
            raise HiddenmixError(
                "HM416", f"this picture shows 1 to {most} different columns, not {list(asked)!r}", "columns=[0, 1]"
            )
        for c in found:
            _refuse_categories(view, c)
        return found, False
    usable = [c for c in range(view.d) if view.kinds[c] != "category"]
    if not usable:
        _refuse_categories(view, 0)
    if len(usable) <= most:
        return tuple(usable), False
    means, within, shares = separations(view, usable)
    if most == 2:
        best: Sequence[int] = _best_pair(means, within, shares)
    else:
        alone = [_overlap(means[:, [i]], within[np.ix_([i], [i])], shares) for i in range(len(usable))]
        best = np.argsort(alone, kind="stable")[:most].tolist()
    return tuple(sorted(usable[i] for i in best)), True


def column_number(view: View, column: int | str) -> int:
    """A column by number or name; HM416 where there is none."""
    return place_of(column, view.columns)


def place_of(column: int | str, columns: Sequence[str]) -> int:
    """The number of one of the columns, by number or name; HM416 where there is none."""
    d = len(columns)
    if isinstance(column, str):
        if column in columns:
            return columns.index(column)
    elif -d <= column < d:
        return int(column) % d
    shown = ", ".join(repr(name) for name in columns[:8])
    raise HiddenmixError("HM416", f"there is no column {column!r}", f"0 to {d - 1}, or one of: {shown}")


def separations(view: View, columns: Sequence[int]) -> tuple[Array, Array, Array]:
    """Means (k, m) of the components, covariance (m, m) within them, and their shares (k,), by memberships."""
    seen = np.flatnonzero(~np.isnan(view.values).all(axis=1))
    if len(seen) > MOST_DRAWN:
        seen = np.sort(np.random.default_rng(0).choice(seen, MOST_DRAWN, replace=False))
    part = view.part(seen)
    x, resp = part.values[:, list(columns)], part.resp
    if part.weight is not None:
        resp = resp * part.weight[:, None]
    there = ~np.isnan(x)
    pivot = np.nanmedian(x, axis=0)
    x = np.where(there, x - pivot, 0.0)
    mass = resp.T @ there  # (k, m)
    means = np.divide(resp.T @ x, mass, out=np.zeros_like(mass), where=mass > 0)
    within = np.zeros((len(columns), len(columns)))
    for j in range(view.k):
        apart = np.where(there, x - means[j], 0.0)
        within += (apart.T * resp[:, j]) @ apart
    within /= np.maximum((there.T * resp.sum(axis=1)) @ there, np.finfo(float).tiny)
    spread = np.diag(within) + np.var(x, axis=0)
    return means + pivot, within + np.diag(1e-6 * spread + np.finfo(float).tiny), resp.sum(axis=0) / resp.sum()


def _overlap(means: Array, within: Array, shares: Array) -> float:
    """How much the components overlap.

    It is the sum over pairs of sqrt(w w') exp(-D^2/8): Bhattacharyya's coefficient of two normals with one covariance,
    D their Mahalanobis distance.
    """
    scaled = np.linalg.solve(np.linalg.cholesky(within), means.T).T  # (k, m)
    squares = np.square(scaled[:, None] - scaled[None]).sum(axis=2)
    upper = np.triu_indices(len(means), 1)
    return float((np.sqrt(np.outer(shares, shares)) * np.exp(-squares / 8))[upper].sum())


def _best_pair(means: Array, within: Array, shares: Array) -> tuple[int, int]:
    """The two columns in which the components overlap least."""
    pairs = list(itertools.combinations(range(means.shape[1]), 2))
    return min(pairs, key=lambda pair: _overlap(means[:, pair], within[np.ix_(pair, pair)], shares))


def _refuse_categories(view: View, column: int) -> None:
    if view.kinds[column] == "category":
        raise HiddenmixError(
            "HM416",
            f"column {view.columns[column]!r} holds categories, which have no place on an axis",
            "ProfilesDisplay shows the shares of categories in each component",
        )


def ellipse(mean: Array, cov: Array, radius: float, points: int = 120) -> Array:
    """The outline (points, 2) of all that lies `radius` standard deviations from a mean (2,)."""
    values, vectors = np.linalg.eigh(cov)
    angle = np.linspace(0, 2 * np.pi, points)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(mean + radius * (vectors * np.sqrt(np.maximum(values, 0.0)) @ circle).T)


def densities(view: View, columns: Sequence[int], x: Array, *, weighted: bool = True) -> Array:
    """Weight times density of every component (m, k), or density alone, in pieces that fit into memory.

    Raises
    ------
    HiddenmixError : HM416 a family that has no density of these columns alone
    """
    size = max(1, 2**21 // max(view.k, 1))
    try:
        pieces = [view.densities(columns, x[i : i + size], weighted=weighted) for i in range(0, len(x), size)]
    except HiddenmixError as refused:
        if refused.code != "HM410":
            raise
        family = type(view.model.plain().family).__name__
        raise HiddenmixError(
            "HM416",
            f"{family} says nothing of {' and '.join(repr(view.columns[c]) for c in columns)} alone",
            "ProfilesDisplay, or ResponsibilitiesDisplay",
        ) from None
    return np.concatenate(pieces)


def histogram(x: Array, kind: Kind, weight: Array | None) -> tuple[Array, Array]:
    """Edges and heights (a density) of a histogram: one bar for each whole number of counts, if there are not many."""
    low, high = float(x.min()), float(x.max())
    if kind == "count" and high - low <= 80:
        edges = np.arange(low - 0.5, high + 1)
    else:
        spread = np.subtract(*np.quantile(x, [0.75, 0.25]))
        width = 2 * spread / len(x) ** (1 / 3) if spread > 0 else (high - low) / 12  # Freedman & Diaconis
        count = int(np.clip(np.ceil((high - low) / width), 6, 60)) if width > 0 else 1
        edges = np.linspace(low, high, count + 1) if high > low else np.array([low - 0.5, low + 0.5])
        if kind == "count":
            step = max(1.0, np.round(edges[1] - edges[0]))
            edges = np.arange(low - 0.5, high + step, step)
    heights, edges = np.histogram(x, bins=edges, weights=weight, density=True)
    return edges, heights


__all__: list[Any] = ["MOST_DRAWN", "Columns", "Plane", "densities", "ellipse", "histogram", "plane"]
