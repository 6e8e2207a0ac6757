"""What a component says of one column: probabilities of levels or counts, or a mean with its spread. Numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families.axes import axes
from hiddenmix.families.views import Kind
from hiddenmix.plot._view import View

LEVELS = 8  # with a bar of their own; the others are counted together
COUNTS = 400  # points of a curve over counts
OTHERS = "others"


@dataclass(frozen=True, eq=False)
class Profile:
    """One column in all components.

    Attributes
    ----------
    column : its name
    kind : what it holds
    points : (m,) counts, or positions of levels (-1 for all others)
    levels : names of the m levels; empty for numbers and counts
    probability : (k, m) of each count or level in each component; (k, 0) for numbers
    mean, sd : (k,) of numbers, the mean also of counts; NaN elsewhere
    separation : how far the components are apart, from 0 to 1: of numbers the share of the variance that lies between
        them, else the mean total variation distance from the mixture
    of_rows : whether mean and sd are those of the rows, by membership, because the family does not say
    """

    column: str
    kind: Kind
    points: Array
    levels: tuple[str, ...]
    probability: Array
    mean: Array
    sd: Array
    separation: float
    of_rows: bool = False


def profiles(view: View) -> list[Profile]:
    """The profile of every column; for counts that share a total, one of the shares of all columns."""
    if _shares_total(view):
        return [_shares(view)]
    makers = {"number": _number, "count": _count, "category": _category}
    return [makers[kind](view, c) for c, kind in enumerate(view.kinds)]


def most_apart(found: Sequence[Profile], most: int) -> list[Profile]:
    """At most so many of them, those in which the components are furthest apart, in their order."""
    best = sorted(range(len(found)), key=lambda i: -found[i].separation)[:most]
    return [found[i] for i in sorted(best)]


def _number(view: View, c: int) -> Profile:
    normal = view.ellipsoids([c]) if stand_alone(view) else None
    w = view.shares
    if normal is None:
        mean, sd = _of_rows(view, c)
    else:
        mean, sd = normal[0][:, 0], np.sqrt(normal[1][:, 0, 0])
    middle = w @ mean
    between, within = w @ np.square(mean - middle), w @ np.square(sd)
    apart = float(between / (between + within)) if between > 0 else 0.0
    none = np.zeros((view.k, 0))
    return Profile(view.columns[c], "number", np.zeros(0), (), none, mean, sd, apart, normal is None)


def _of_rows(view: View, c: int) -> tuple[Array, Array]:
    """Mean and standard deviation (k,) of the rows of a column, by membership."""
    seen = ~np.isnan(view.values[:, c])
    x, resp = view.values[seen, c], view.resp[seen]
    weight = resp if view.weight is None else resp * view.weight[seen, None]
    total = np.maximum(weight.sum(axis=0), 1e-300)
    mean = x @ weight / total
    return mean, np.sqrt(np.sum(weight * np.square(x[:, None] - mean), axis=0) / total)


def _count(view: View, c: int) -> Profile:
    x = view.values[:, c]
    mean = view.centres[:, c]
    top = max(float(np.nanmax(x)) if (~np.isnan(x)).any() else 1.0, float(np.nanmax(mean)), 1.0)
    points = np.unique(np.linspace(0, np.ceil(top), COUNTS).round())
    probability = _probability(view, c, points)
    sizes = np.gradient(points) if len(points) > 1 else np.ones(1)  # counts that a point stands for
    return Profile(
        view.columns[c], "count", points, (), probability, mean, np.full(view.k, np.nan),
        _apart(probability * sizes, view.shares),
    )  # fmt: skip


def _category(view: View, c: int) -> Profile:
    known = view.levels[c]
    p = _probability(view, c, np.arange(_n_levels(view, c), dtype=float))
    names = [str(level) for level in range(p.shape[1])] if known is None else [str(level) for level in known]
    return _named(view.columns[c], p, names, view.shares)


def _shares(view: View) -> Profile:
    p = np.zeros((view.k, view.d))
    for axis in axes(view.model.plain().family, view.params.components):
        p[axis.component, axis.column] = axis.value
    return _named("share of the total", p, view.columns, view.shares)


def _named(column: str, p: Array, names: Sequence[str], weights: Array) -> Profile:
    """The profile of levels: the most different of them, and all others as one."""
    apart = _apart(p, weights)
    shown = np.arange(p.shape[1])
    if len(shown) > LEVELS + 1:
        shown = np.sort(np.argsort(-weights @ np.abs(p - weights @ p), kind="stable")[:LEVELS])
    kept, levels = p[:, shown], [str(names[i]) for i in shown]
    if len(shown) < p.shape[1]:
        kept = np.column_stack([kept, np.clip(1 - kept.sum(axis=1), 0, 1)])
        shown = np.append(shown, -1)
        levels.append(f"{p.shape[1] - LEVELS} {OTHERS}")
    nothing = np.full(len(p), np.nan)
    return Profile(column, "category", shown, tuple(levels), kept, nothing, nothing, apart)


def _apart(p: Array, weights: Array) -> float:
    return float(weights @ np.abs(p - weights @ p).sum(axis=1) / 2)


def _probability(view: View, c: int, points: Array) -> Array:
    return view.densities([c], points[:, None], weighted=False).T


def _n_levels(view: View, c: int) -> int:
    """The number of levels of a column of categories."""
    known = view.levels[c]
    if known is not None:
        return len(known)
    return int(max(a.level or 0 for a in axes(view.model.plain().family, view.params.components) if a.column == c)) + 1


def stand_alone(view: View) -> bool:
    """Whether the family says what each column is by itself."""
    try:
        view.densities([0], np.zeros((1, 1)))
    except HiddenmixError as error:
        if error.code != "HM410":
            raise
        return False
    return True


def _shares_total(view: View) -> bool:
    """Whether the columns are counts that share one total, so that none stands by itself."""
    return set(view.kinds) == {"count"} and view.d > 1 and not stand_alone(view)
