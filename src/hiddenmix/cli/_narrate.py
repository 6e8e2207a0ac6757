"""The sentences of `hiddenmix fit`: what was read, what was tried, what the criteria say. Every figure is measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix._validate import column_name
from hiddenmix.discover._agreement import listed
from hiddenmix.discover.effects import Effects
from hiddenmix.discover.merging import Merging
from hiddenmix.select import Selection, disagreement

OVERLAP = 0.05  # of the membership of two components is contested: they overlap
UNSURE = 0.90  # a highest membership below this
ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def table_lines(table: Any) -> Iterator[str]:
    """What was read and what of it is used."""
    used, labels = table.columns, tuple(table.labels)
    head = f"{table.name}: "
    yield f"{head}{_count(len(table.values), 'row')}. Using {_count(len(used), 'number column')}: {', '.join(used)}"
    notes = [f"Set aside as labels: {', '.join(labels)}."] if labels else []
    aside = [c for c in table.inspection.columns if c.use == "set aside"]
    notes += [f"Set aside: {', '.join(f'{c.name} ({c.reason})' for c in aside)}."] if aside else []
    empty = int(np.isnan(table.values).all(axis=1).sum())
    holes = int(np.isnan(table.values).any(axis=1).sum()) - empty
    if holes:
        notes.append(f"{_count(holes, 'row')} with some cells missing (integrated out).")
    if empty:
        notes.append(
            f"{_count(empty, 'row')} {'has' if empty == 1 else 'have'} no measurements (kept; they say nothing)."
        )
    if notes:
        yield " " * len(head) + "  ".join(notes)


def selection_lines(selection: Selection, table: Any, starts: int, seconds: float) -> Iterator[str]:
    """What was tried, the best by ICL and by BIC, and whether they agree."""
    sizes = sorted({c.n_components for c in selection.candidates})
    span = f"{sizes[0]}-{sizes[-1]}" if len(sizes) > 1 else str(sizes[0])
    shapes = len({c.shape for c in selection.candidates})
    what = f"{span} component{'s' * (span != '1')}" + (" x covariance shapes" if shapes > 1 else "")
    models = _count(len(selection.candidates), "model")
    yield f"Tried {what}, {_count(starts, 'start')} each: {models} in {seconds:.1f} s"
    yield from (f"  {line}" for line in selection.lines())
    yield from (f"  {sentence}" for sentence in _agreement(selection, table.values))
    aside: dict[str, list[str]] = {}
    for candidate in selection.failures:
        reason = candidate.failure.message if candidate.failure else _why(candidate.result)
        aside.setdefault(_named(reason, table.columns), []).append(candidate.name)
    yield from (f"  {' '.join(names)} set aside: {reason}" for reason, names in aside.items())


def difference_lines(effects: Effects, merging: Merging) -> Iterator[str]:
    """What makes each component different from the others, and whether some form one cluster."""
    k = len(effects.effect)
    if k == 1:
        return
    yield "What makes each component different from the other rows (in standard deviations within)"
    yield from (f"  {j + 1}  {effects.words(j)}" for j in range(k))
    if merging.n_clusters < k:
        together = [listed([str(j + 1) for j in group]) for group in merging.groups() if len(group) > 1]
        names = "; ".join(f"{group} together" for group in together)
        there = "is 1" if merging.n_clusters == 1 else f"are {merging.n_clusters}"
        yield f"  As clusters there {there}: components {names}, which overlap"


def summary(model: Any) -> str:
    """What a fitted model says of itself, in the words of the command line."""
    return str(model.summary()).replace("covariance_type='full'", "--shape full")


def unsure(proba: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Rows with measurements whose highest membership is low (n,) bool."""
    low = proba.max(axis=1) < UNSURE
    return np.asarray(observed & low)


def unsure_line(count: int, written: bool) -> str:
    """How many rows are unsure, and where they are."""
    where = "; they are in unsure.csv" if written and count else ""
    verb = "is" if count == 1 else "are"
    return f"  {_count(count, 'point')} {verb} unsure (highest membership below {UNSURE:.2f}){where}"


def _agreement(selection: Selection, data: Any) -> Iterator[str]:
    if selection.criterion not in ("icl", "bic") or len(selection.ranking()) < 2:
        return
    other = "bic" if selection.criterion == "icl" else "icl"
    found = disagreement(selection, data, other)
    mine = selection.criterion.upper()
    if found is None:
        yield f"ICL and BIC agree: {selection.best.name}."
        return
    chosen, rival = found.chosen, found.other
    if found.overlap is not None:
        nth = ORDINALS.get(rival.n_components, f"{rival.n_components}th")
        lie = "overlap" if found.overlap > OVERLAP else "lie apart"
        what = f"the {nth} component splits one group into two that {lie}"
    else:
        what = f"{other.upper()} prefers {rival.name}"
    choice = f"{chosen.n_components}" if rival.n_components != chosen.n_components else chosen.name
    instead = f"{rival.n_components}" if rival.n_components != chosen.n_components else rival.name
    yield f"ICL and BIC disagree: {what}. Chosen by {mine}: {choice}.  --criterion {other} for {instead}."


def _named(reason: str, columns: tuple[str, ...]) -> str:
    """The reason with a column's name in the place of the engine's number."""
    return re.sub(r"\bcolumn (\d+)", lambda found: column_name(int(found[1]) - 1, columns), reason)


def _why(result: Any) -> str:
    if result.spurious:
        return "its best maximum is carried by too few rows (spurious)"
    return str(result.reason or result.status.value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
