"""What makes each group of rows different from all other rows, column by column.

Of a column of numbers: the difference between the group's mean and that of the other rows, in units of the standard
deviation within the two (Cohen 1988, Statistical Power Analysis, section 2.2). Of a column of categories: the level
whose share differs most, as 2 asin sqrt(p) - 2 asin sqrt(q), which is in comparable units (Cohen, section 6.2); the
difference of a level that at least half of the group has, and more often than the others, counts twice in that choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record

SMALL = 0.2  # below this a difference is not worth a word (Cohen's "small")
FLOOR = 1e-3  # of the column's standard deviation: what stands for a spread of 0 within the groups
FAR = 100.0  # beyond this, the number of standard deviations says nothing more


@record
class Effects:
    """How groups differ from the rest.

    Attributes
    ----------
    names : column names (d,)
    effect : array (k, d)
        Standardised difference between the group and all other rows; 0 for a group that is empty or has all rows.
    inside, outside : arrays (k, d)
        The means of a column of numbers in the group and in the other rows; of a column of categories the shares of
        the level that stands for the column.
    level : array (k, d)
        The number of that level: the one whose share differs most, where the difference of a level that at least half
        of the group has, and more often than the others, counts twice; -1 for a column of numbers.
    levels : tuple of d
        The names of the levels; None for a column of numbers.
    size : array (k,)
        The groups' shares of the rows.
    """

    names: tuple[str, ...]
    effect: Array
    inside: Array
    outside: Array
    level: Array
    levels: tuple[tuple[str, ...] | None, ...]
    size: Array

    def __repr__(self) -> str:
        k, d = self.effect.shape
        return f"Effects({k} group{'s' * (k != 1)}, {d} column{'s' * (d != 1)})"

    def words(self, j: int, top: int = 3) -> str:
        """The largest differences of group `j`, at most `top`: "high mass (+1.9 sd), low depth (-1.2 sd)"."""
        if self.size[j] <= 0 or self.size[j] >= 1:
            return "has no rows" if self.size[j] <= 0 else "has all rows, so that there is nothing to compare with"
        order = np.argsort(-np.abs(self.effect[j]), kind="stable")[:top]
        told = [self._word(j, int(c)) for c in order if abs(self.effect[j, c]) >= SMALL]
        return ", ".join(told) if told else "no column stands out"

    def table(self) -> list[str]:
        """A line for each column: the mean or share in every group, and in brackets the standardised difference."""
        head = ["column", *(f"component {j + 1}" for j in range(len(self.effect)))]
        rows = [[name, *(self._cell(j, c) for j in range(len(self.effect)))] for c, name in enumerate(self.names)]
        widths = [max(map(len, column)) for column in zip(head, *rows)]
        return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in [head, *rows]]

    def _word(self, j: int, c: int) -> str:
        effect, names, inside, outside = self.effect[j, c], self.levels[c], self.inside[j, c], self.outside[j, c]
        if names is None:
            size = f"{effect:+.1f} sd" if abs(effect) < FAR else f"more than {FAR:.0f} sd apart"
            return f"{'high' if effect > 0 else 'low'} {self.names[c]} ({size})"
        how = "less often" if effect < 0 else "mostly" if inside >= 0.5 else "more often"
        level = names[int(self.level[j, c])]
        return f"{self.names[c]} {how} {level} ({100 * inside:.0f} % against {100 * outside:.0f} %)"

    def _cell(self, j: int, c: int) -> str:
        names, inside, effect = self.levels[c], self.inside[j, c], self.effect[j, c]
        size = f"{effect:+.1f}" if abs(effect) < FAR else ">100" if effect > 0 else "<-100"
        if names is None:
            return f"{inside:.4g} ({size})"
        return f"{names[int(self.level[j, c])]} {100 * inside:.0f} % ({size})"


def standardised_effects(
    values: Array,
    memberships: Array,
    names: Sequence[str] | None = None,
    levels: Sequence[Sequence[object] | Array | None] | None = None,
    weight: Array | None = None,
) -> Effects:
    """How each group of rows differs from all other rows, in every column.

    Parameters
    ----------
    values : array of shape (n, d)
        Numbers; codes from 0 in columns of categories. NaN cells are left out, column by column.
    memberships : array of shape (n, k)
        The probability that a row belongs to a group, or 0 and 1.
    names : sequence of str, optional
        Of the columns; x0, x1, ... without them.
    levels : sequence of d, optional
        For each column None (numbers) or the names of its levels.
    weight : array of shape (n,), optional
        A weight of 3 is the row three times.

    Returns
    -------
    Effects
        Finite everywhere. Where nothing varies within the groups, 1/1000 of the column's standard deviation stands for
        the spread.

    Raises
    ------
    HiddenmixError : HM410 memberships, names or levels that do not go with the values
    """
    values, memberships = np.asarray(values, dtype=float), np.asarray(memberships, dtype=float)
    n, d = values.shape
    names = [f"x{c}" for c in range(d)] if names is None else [str(name) for name in names]
    levels = [None] * d if levels is None else list(levels)
    if len(memberships) != n or len(names) != d or len(levels) != d:
        what = f"{len(memberships)} rows of memberships, {len(names)} names and {len(levels)} levels"
        raise HiddenmixError("HM410", f"values of shape {(n, d)} with {what}", f"({n}, k), {d} and {d}")
    w = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    mass, total = memberships * w[:, None], float(w.sum())
    parts = [
        _of_numbers(values[:, c], mass, w) if known is None else _of_categories(values[:, c], mass, w, len(known))
        for c, known in enumerate(levels)
    ]
    effect, inside, outside, level = (np.stack(column, axis=1) for column in zip(*parts))
    named = tuple(None if known is None else tuple(str(name) for name in known) for known in levels)
    size = mass.sum(axis=0) / (total if total > 0 else 1.0)
    size = np.where(size > 1 - 1e-12, 1.0, size)
    return Effects(tuple(names), effect, inside, outside, level.astype(int), named, size)


def _of_numbers(x: Array, mass: Array, w: Array) -> tuple[Array, Array, Array, Array]:
    """Effect, means inside and outside, and -1 for no level: each (k,)."""
    seen = ~np.isnan(x)
    x, mass, w = x[seen], mass[seen], w[seen]
    total = w.sum()
    centre = (w @ x) / total if total > 0 else 0.0
    x, rest = x - centre, np.maximum(w[:, None] - mass, 0.0)
    inside, outside = _mean(x, mass), _mean(x, rest)
    within = ((mass * (x[:, None] - inside) ** 2).sum(axis=0) + (rest * (x[:, None] - outside) ** 2).sum(axis=0)) / (
        total if total > 0 else 1.0
    )
    spread = float(np.sqrt((w @ x**2) / total)) if total > 0 else 0.0
    sd = np.maximum(np.sqrt(within), FLOOR * spread)
    both = _both(mass, rest) & (sd > 0)
    effect = np.where(both, (inside - outside) / np.where(sd > 0, sd, 1.0), 0.0)
    return effect, inside + centre, outside + centre, np.full(len(effect), -1)


def _of_categories(codes: Array, mass: Array, w: Array, n_levels: int) -> tuple[Array, Array, Array, Array]:
    """Effect, shares inside and outside, and the level that stands for the column: each (k,)."""
    seen = ~np.isnan(codes)
    mass, w, codes = mass[seen], w[seen], codes[seen].astype(int)
    shown = np.eye(max(n_levels, 1))[codes]  # (n, L)
    rest = np.maximum(w[:, None] - mass, 0.0)
    inside = np.stack([_mean(column, mass) for column in shown.T])  # (L, k)
    outside = np.stack([_mean(column, rest) for column in shown.T])
    h = 2 * (np.arcsin(np.sqrt(np.clip(inside, 0, 1))) - np.arcsin(np.sqrt(np.clip(outside, 0, 1))))
    told = np.where((h > 0) & (inside >= 0.5), 2.0, 1.0 + 1e-9 * (h > 0))  # what most rows have says more than what few
    best = np.argmax(np.abs(h) * told, axis=0)
    at = (best, np.arange(mass.shape[1]))
    return np.where(_both(mass, rest), h[at], 0.0), inside[at], outside[at], best


def _both(mass: Array, rest: Array) -> Array:
    """Whether there are rows on either side (k,)."""
    all_ = mass.sum(axis=0) + rest.sum(axis=0)
    return (mass.sum(axis=0) > 1e-12 * all_) & (rest.sum(axis=0) > 1e-12 * all_)


def _mean(x: Array, mass: Array) -> Array:
    """Weighted means (k,); 0 where there is no weight."""
    total = mass.sum(axis=0)
    return np.where(total > 0, (x @ mass) / np.where(total > 0, total, 1.0), 0.0)
