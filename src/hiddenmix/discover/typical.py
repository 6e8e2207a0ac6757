"""Typical rows of groups: those that belong to a group most surely, the nearest to its centre first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiddenmix._tree import Array

__all__ = ["typical_rows"]

SURE = 0.5  # membership of a row that surely belongs; where no row has as much, the surest ones do


def typical_rows(
    values: Array,
    memberships: Array,
    levels: Sequence[object] | None = None,
    weight: Array | None = None,
    top: int = 5,
) -> list[list[int]]:
    """For each group the positions of its most typical rows, at most `top`.

    A row's distance from a group is the mean, over its observed cells, of the squared difference from the group's mean
    in units of the group's variance; of a category, of minus twice the log of the level's share in the group. Of the
    rows that surely belong, the nearest come first.

    Parameters
    ----------
    values : (n, d) numbers, and codes from 0 of categories; NaN is missing
    memberships : (n, k)
    levels : d, None for a column of numbers; all are numbers without it
    weight : (n,); rows of weight 0 are not named
    """
    values, w = np.asarray(values, dtype=float), np.ones(len(values)) if weight is None else np.asarray(weight)
    kinds = [None] * values.shape[1] if levels is None else list(levels)
    seen = ~np.isnan(values)
    found = []
    for resp in np.asarray(memberships).T:
        mass = resp * w
        total = np.zeros(len(values))
        for j, kind in enumerate(kinds):
            distance = _of_numbers if kind is None else _of_levels
            total[seen[:, j]] += distance(values[seen[:, j], j], mass[seen[:, j]])
        there = (w > 0) & seen.any(axis=1) & (resp > 0)
        rows = np.flatnonzero(there & (resp >= min(SURE, resp[there].max(initial=0.0))))
        mean = total[rows] / seen[rows].sum(axis=1)
        found.append([int(i) for i in rows[np.argsort(mean.round(9), kind="stable")[:top]]])
    return found


def _of_numbers(x: Array, mass: Array) -> Array:
    total = mass.sum()
    if not total > 0:
        return np.zeros(len(x))
    mean = mass @ x / total
    variance = mass @ (x - mean) ** 2 / total
    return np.asarray((x - mean) ** 2 / variance if variance > 0 else np.where(x == mean, 0.0, 1.0))


def _of_levels(codes: Array, mass: Array) -> Array:
    counts = np.bincount(codes.astype(int), mass)
    share = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return np.asarray(-2 * np.log(share[codes.astype(int)]))
