"""Sentences that the command line prints and the report tells. Every figure in them is measured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover._agreement import listed
from hiddenmix.discover.merging import Merging
from hiddenmix.discover.unsure import UNSURE
from hiddenmix.estimators._verdict import with_names
from hiddenmix.select import Disagreement, Selection

OVERLAP = 0.05  # of the membership of two components is contested: they overlap
ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def used(name: str, rows: int, columns: tuple[str, ...], kind: str = "column") -> str:
    """What was read and which columns are used."""
    return f"{name}: {count(rows, 'row')}. Using {count(len(columns), kind)}: {', '.join(columns)}"


def of_cells(values: Array) -> Iterator[str]:
    """What is to be said of missing cells."""
    empty = int(np.isnan(values).all(axis=1).sum())
    holes = int(np.isnan(values).any(axis=1).sum()) - empty
    if holes:
        yield f"{count(holes, 'row')} with some cells missing (integrated out)."
    if empty:
        yield f"{count(empty, 'row')} {'has' if empty == 1 else 'have'} no measurements (kept; they say nothing)."


def tried(selection: Selection, starts: int) -> str:
    """How many models were tried, and which."""
    sizes = sorted({c.n_components for c in selection.candidates})
    whole = sizes == list(range(sizes[0], sizes[-1] + 1))
    span = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}-{sizes[-1]}" if whole else ", ".join(map(str, sizes))
    shapes = len({c.shape for c in selection.candidates})
    what = f"{span} component{'s' * (span != '1')}" + (" x covariance shapes" if shapes > 1 else "")
    return f"{what}, {count(starts, 'start')} each: {count(len(selection.candidates), 'model')}"


def agreement(selection: Selection, found: Disagreement | None) -> str | None:
    """Whether ICL and BIC choose the same model; None where that is no question."""
    if selection.criterion not in ("icl", "bic") or len(selection.ranking()) < 2:
        return None
    if found is None:
        return f"ICL and BIC agree: {selection.best.name}."
    chosen, rival = found.chosen, found.other
    if found.overlap is not None:
        nth = ORDINALS.get(rival.n_components, f"{rival.n_components}th")
        lie = "overlap" if found.overlap > OVERLAP else "lie apart"
        what = f"the {nth} component splits one group into two that {lie}"
    else:
        what = f"{found.criterion.upper()} prefers {rival.name}"
    choice = f"{chosen.n_components}" if rival.n_components != chosen.n_components else chosen.name
    return f"ICL and BIC disagree: {what}. Chosen by {selection.criterion.upper()}: {choice}."


def instead(found: Disagreement) -> str:
    """What the other criterion would choose: a number of components, or a model of as many."""
    chosen, rival = found.chosen, found.other
    return f"{rival.n_components}" if rival.n_components != chosen.n_components else rival.name


def set_aside(selection: Selection, columns: tuple[str, ...]) -> list[str]:
    """The models that were set aside, together where the reason is the same."""
    aside: dict[str, list[str]] = {}
    for candidate in selection.failures:
        aside.setdefault(with_names(candidate.why, columns), []).append(candidate.name)
    return [f"{' '.join(names)} set aside: {reason}" for reason, names in aside.items()]


def merged(merging: Merging) -> str | None:
    """Which components form one cluster; None where none do."""
    if merging.n_clusters == merging.n_components:
        return None
    together = [listed([str(j + 1) for j in group]) for group in merging.groups() if len(group) > 1]
    names = "; ".join(f"{group} together" for group in together)
    if merging.n_clusters == 1:
        return f"All {merging.n_components} components overlap so much that they are one cluster"
    return f"As clusters there are {merging.n_clusters}: components {names}, which overlap"


def unsure(number: int) -> str:
    """How many rows are unsure."""
    return f"{count(number, 'point')} {'is' if number == 1 else 'are'} unsure (highest membership below {UNSURE:.2f})"


def count(number: int, noun: str, several: str = "") -> str:
    """A number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {several or f'{noun}s'}"
