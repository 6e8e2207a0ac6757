"""Configurations made complete: what the user left out is settled by the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._config import Config, Move, misunderstood
from hiddenmix.lab._recipe import PUBLISHED
from hiddenmix.lab._sheets import Sheet

if TYPE_CHECKING:
    from hiddenmix.io import DataTable

__all__ = ["BIAS", "checked_move", "default_config", "settle", "starts", "suggestions"]

BIAS: Final = "bias"  # what a coin's mean is called, from 0 to 1
MOST_COLUMNS: Final = 40
FARTHEST: Final = 100.0  # how many ranges of its column a mean may be dragged beyond the middle

#: What a data set begins with, where it is not the same for all.
BEGINNINGS: Final[dict[str, dict[str, Any]]] = {
    "coins": {"k": 2, "weights": "equal", "start": "default"},
    "redblue": {"k": 2, "weights": "equal", "start": "default"},
    "faithful": {"k": 2, "start": "random", "seed": 8},
    "penguins": {
        "k": 3,
        "shape": "tied",
        "start": "random_from_data",
        "seed": 0,
        "show": ("bill_length_mm", "bill_depth_mm"),
    },
    "galaxies": {"k": 3},
    "apple": {"k": 1},
}
OTHERWISE: Final[dict[str, Any]] = {"k": 2, "shape": "full", "weights": "free", "start": "kmeans"}

#: Things to try: words, and what is changed.
TRIES: Final[dict[str, list[tuple[str, dict[str, Any]]]]] = {
    "coins": [
        ("start both coins together", {"start": "same"}),
        ("let the weights go free", {"weights": "free"}),
        ("three coins where there were two", {"k": 3, "start": "kmeans"}),
    ],
    "redblue": [
        ("start both means together", {"start": "same"}),
        ("5 groups on 2", {"k": 5, "start": "kmeans"}),
        ("a start from nothing: random memberships", {"start": "random", "seed": 1}),
        ("let the weights go free", {"weights": "free"}),
    ],
    "faithful": [
        ("start all means together", {"start": "same"}),
        ("3 groups of one shape", {"k": 3, "shape": "tied", "start": "kmeans", "seed": 0}),
        ("5 groups on 2", {"k": 5, "start": "kmeans", "seed": 0}),
        ("balls: spherical groups", {"shape": "spherical"}),
    ],
    "penguins": [
        ("a 4th group: it splits one that is there", {"k": 4}),
        ("a bad start: it ends at a lower maximum", {"seed": 1}),
        ("so even a start that EM stops at once", {"start": "random", "seed": 4}),
        ("each group its own shape", {"shape": "full"}),
    ],
}
TRIES_OTHERWISE: Final[list[tuple[str, dict[str, Any]]]] = [
    ("start all means together", {"start": "same"}),
    ("a start from nothing: random memberships", {"start": "random"}),
    ("groups that share one shape", {"shape": "tied"}),
]


def default_config(sheet: Sheet) -> Config:
    """What is shown of a table first."""
    return settle(Config(sheet.id), sheet)


def settle(config: Config, sheet: Sheet) -> Config:
    """Every key with a value; what cannot be (a pair of columns that are not used, a published start) is replaced.

    Raises
    ------
    HiddenmixError : HM104 no such column; HM403 too many columns; HM417 no column, or a component that is not there
    """
    own = OTHERWISE | BEGINNINGS.get(sheet.id, {})
    use, labels = _columns(config, sheet)
    found = replace(
        config,
        data=sheet.id,
        use=use,
        labels=labels,
        k=config.k or own["k"],
        shape=config.shape or own["shape"],
        weights=config.weights or own["weights"],
        start=config.start or own["start"],
        seed=own.get("seed", 0) if config.seed is None else config.seed,
        show=_shown(config.show or own.get("show", ()), use),
    )
    if found.start == "default" and not _has_published(found):
        found = replace(found, start="kmeans")
    for move in found.moves:
        _check_component(move.component, found.k)
    return found


def suggestions(config: Config, sheet: Sheet) -> list[dict[str, Any]]:
    """Things to try with this table, each a configuration."""
    base = default_config(sheet)
    same = replace(base, use=config.use, labels=config.labels, show=config.show)
    tries = TRIES.get(sheet.id) or [("one group more", {"k": (base.k or 1) + 1}), *TRIES_OTHERWISE]
    return [{"text": text, "config": settle(replace(same, **changes), sheet).plain()} for text, changes in tries]


def starts(config: Config) -> list[dict[str, str]]:
    """The starts that this data set and this number of components have."""
    words = {
        "kmeans": "k-means",
        "k-means++": "rows that lie far apart",
        "random_from_data": "random rows",
        "random": "random memberships",
        "same": "all means together",
    }
    published = {"default": "as published"} if _has_published(config) else {}
    return [{"id": id, "label": label} for id, label in (published | words).items()]


def checked_move(move: Move, config: Config, table: DataTable) -> Move:
    """The move in the columns' own names and within reach: HM403 a place out of range, HM417 a column not used."""
    _check_component(move.component, config.k)
    found = {}
    for name, value in move.to:
        if config.data == "coins" and name in (BIAS, "heads"):
            if not 0 < value < 1:
                raise HiddenmixError("HM403", "a coin's bias lies between 0 and 1", "0.6, for example")
            found[BIAS] = value
            continue
        if name not in table.columns:
            raise misunderstood(f"no column that is used is called {name[:80]!r}", f"one of {', '.join(table.columns)}")
        _check_within(name, value, table.values[:, table.columns.index(name)])
        found[name] = value
    return replace(move, to=tuple(sorted(found.items())))


def _check_within(name: str, value: float, column: Any) -> None:
    low, high = float(np.nanmin(column)), float(np.nanmax(column))
    reach = FARTHEST * ((high - low) or max(abs(high), 1.0))
    if abs(value - (low + high) / 2) > reach:
        raise HiddenmixError(
            "HM403", f"{value:g} is too far from the values of {name!r}, which go from {low:g} to {high:g}"
        )


def _check_component(component: int, k: int | None) -> None:
    if k is not None and component >= k:
        raise misunderstood(f"there is no component {component}; they count from 0 to {k - 1}")


def _columns(config: Config, sheet: Sheet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that are fitted, and those that are labels, in the order of the table."""
    chips = sheet.chips()
    names = [chip["name"] for chip in chips]
    for name in (*(config.use or ()), *(config.labels or ())):
        if name not in names:
            raise HiddenmixError("HM104", f"no column is called {name[:80]!r}", f"one of {', '.join(names[:12])}")

    def of(role: str, given: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...]:
        if given is not None:
            return tuple(name for name in names if name in given)
        taken = other or ()
        return tuple(chip["name"] for chip in chips if chip["use"] == role and chip["name"] not in taken)

    use, labels = of("use", config.use, config.labels), of("label", config.labels, config.use)
    if not use:
        raise misunderstood("no column is used", "use one column of numbers at least")
    if len(use) > MOST_COLUMNS:
        raise HiddenmixError(
            "HM403", f"{len(use)} columns; the lab takes {MOST_COLUMNS} at most", "use fewer, or: hiddenmix fit"
        )
    return use, labels


def _shown(show: tuple[str, ...], use: tuple[str, ...]) -> tuple[str, ...]:
    """One or two columns that are used; the first two where none of these is."""
    kept = tuple(dict.fromkeys(name for name in show if name in use))[:2]
    return kept or use[:2]


def _has_published(config: Config) -> bool:
    return config.data in PUBLISHED and config.k == 2
