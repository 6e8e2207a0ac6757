"""What `hiddenmix classify` prints. Every figure is measured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hiddenmix.cli._classify_work import CHOSEN, Work
from hiddenmix.cli._narrate import table_lines
from hiddenmix.discover._words import aligned

TIED = {
    "all": "the same for all subclasses",
    "class": "the same for the subclasses of a class",
    "none": "each subclass its own",
}


def lines(work: Work) -> Iterator[str]:
    """Data, classes, subclasses, errors, confusion, hard subclasses, and structure within classes."""
    yield from table_lines(work.table)
    yield from _classes(work)
    yield from _errors(work)
    yield f"Confusion of the {CHOSEN}, out of fold (a line for each class, a column for each prediction)"
    names = [str(name) for name in work.classes.names]
    yield from aligned([["", *names], *([name, *map(str, row)] for name, row in zip(names, confusion(work)))])
    first, *others = work.hard.lines(work.table.rows, top=10)
    yield f"Hard subclasses: {first}"
    yield from others
    if work.within is not None:
        yield from work.within.lines(work.table.rows)


def confusion(work: Work) -> np.ndarray:
    """Labelled rows (m, m) by class and out-of-fold prediction."""
    known, m = work.classes.codes >= 0, len(work.classes.names)
    return np.bincount(work.classes.codes[known] * m + work.found.codes[known], minlength=m * m).reshape(m, m)


def sizes(work: Work) -> dict[str, int]:
    """The rows of each class that have a measurement."""
    return {str(name): len(work.classes.rows(code)) for code, name in enumerate(work.classes.names)}


def unlabelled(work: Work) -> np.ndarray:
    """Which rows have a measurement and no class (n,)."""
    return np.asarray(work.observed & (work.classes.codes < 0))


def _classes(work: Work) -> Iterator[str]:
    told = ", ".join(f"{name} {count}" for name, count in sizes(work).items())
    rest = int(unlabelled(work).sum())
    more = f"; {rest} row{'s' * (rest != 1)} without a class: used in the fit, and classified" if rest else ""
    yield f"Target {work.target}: {told} rows{more}"
    model = work.model
    given = model.subclasses if isinstance(model.subclasses, dict) else dict.fromkeys(sizes(work), model.subclasses)
    how = f"chosen by {model.criterion.upper()}" if "auto" in given.values() else "as asked"
    told = ", ".join(f"{name} {count}" for name, count in model.subclasses_.items())
    rank = f", means of rank {model.n_components_rank}" if model.n_components_rank else ""
    yield f"Subclasses {how}: {told}; {model.covariance_type} covariance, {TIED[model.tied]}{rank}"


def _errors(work: Work) -> Iterator[str]:
    n = int((work.classes.codes >= 0).sum())
    yield f"Error out of {work.folds} folds, the same for all three (numbers of subclasses as above)"
    rows = []
    for name, one in work.errors.items():
        cells = [one.reason] if one.wrong is None else [f"{100 * one.wrong / n:.1f} %", f"{one.wrong} of {n} rows"]
        rows.append([name, *cells])
    width = max(len(row[0]) for row in rows)
    yield from (f"  {row[0].ljust(width)}  {'  '.join(row[1:])}" for row in rows)
