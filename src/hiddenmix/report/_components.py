"""Whether the components are clusters, whether the assumption holds, and which rows are unsure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover.unsure import UNSURE
from hiddenmix.report._answer import names_of
from hiddenmix.report._blocks import Block, Grid, Picture, Section, Text, section
from hiddenmix.report._findings import Findings
from hiddenmix.report._sentences import merged, unsure

SHOWN = 10  # unsure rows, and pairs of components
ABREAST = 6  # memberships that stand beside one another; of more, the largest are named
NAMED = 3


def clusters(found: Findings, pictures: Sequence[Picture]) -> Section:
    """Whether components overlap so much that they are one cluster."""
    title = "Are the components clusters?"
    if found.view.k == 1:
        return section(title, [Text("There is one component only, so that nothing overlaps.")])
    merging = found.merging
    together = merged(merging) or f"Each of the {merging.n_components} components is a cluster of its own"
    first = Text(f"{together}: {merging.reason}.")
    return section(title, [first, *(pictures if merging.n_components > 2 else ()), *_overlaps(found)])


def _overlaps(found: Findings) -> Iterator[Block]:
    names, overlap = names_of(found), found.overlap
    rows = [
        (
            f"{names[i]} and {names[j]}", f"{overlap.bhattacharyya[i, j]:.3f}",
            _percent(overlap.omega[i, j]), _percent(overlap.omega[j, i]),
        )
        for i, j in overlap.pairs()[:SHOWN]
    ]  # fmt: skip
    yield Grid(
        ("components", "overlap", "of the first taken for the second", "of the second taken for the first"),
        tuple(rows),
        frozenset({0}),
        caption="Pairs of components, those that overlap most first. Overlap is the Bhattacharyya coefficient: 0 where "
        "they are separate, 1 where they are the same.",
    )


def assumption(found: Findings, pictures: Sequence[Picture]) -> Section:
    """What the simulation found."""
    check = found.check
    assert check is not None
    sentences = [f"{sentence.rstrip('.')}." for sentence in check.sentences()]
    made = f"This was judged by {check.n_bootstrap - check.n_failed} tables simulated from the fit and fitted again."
    rows = tuple(
        (name, f"{d:.3f}", f"{p:.2g}", f"{t:+.1f}")
        for name, d, p, t in zip(names_of(found), check.statistic, check.p, check.tails)
    )
    grid = Grid(
        ("component", "distance", "p", "tails (sd)"),
        rows,
        frozenset({0}),
        tuple(range(len(rows))),
        caption="Anderson-Darling distance of each component from its assumed distribution, its p-value, and how many "
        "standard deviations of the simulations its tails are heavier (+) or lighter (-).",
    )
    return section("Does the assumption hold?", [Text(" ".join(sentences), "lead"), *pictures, grid, Text(made)])


def doubtful(found: Findings, pictures: Sequence[Picture], file: str = "") -> Section:
    """Rows that belong to no component clearly; `file` is where all of them are."""
    title = "Unsure rows"
    if found.view.k == 1:
        return section(title, [Text("There is one component only, to which all rows belong.")])
    rows = np.flatnonzero(found.unsure)
    if not len(rows):
        return section(title, [Text(f"None: every row has a membership of at least {UNSURE:.2f}.")])
    where = f" All of them are in {file}." if file else ""
    return section(title, [Text(f"{unsure(len(rows))}.{where}"), *pictures, _least_sure(found, rows)])


def least_sure(found: Findings) -> list[int]:
    """The unsure rows, the most unsure first; at most ten."""
    rows = np.flatnonzero(found.unsure)
    return [int(i) for i in rows[np.argsort(found.proba[rows].max(axis=1), kind="stable")][:SHOWN]]


def _least_sure(found: Findings, rows: Array) -> Grid:
    names, k = names_of(found), found.view.k
    shown = least_sure(found)
    labels = {name: values for name, values in found.labels.items() if len(values) == found.n}
    if k <= ABREAST:
        head = [f"{'' if found.view.classes else 'component '}{name}" for name in names]
        cells = [[f"{p:.3f}" for p in found.proba[i]] for i in shown]
    else:
        head = ["most probable"]
        cells = [[_largest(found.proba[i], names)] for i in shown]
    lines = [
        (str(found.called(i)), *(_level(values[i]) for values in labels.values()), *cells[n])
        for n, i in enumerate(shown)
    ]
    counted = "numbered from 1 as in the file" if found.rows is not None else "counted from 0"
    return Grid(
        ("row", *labels, *head),
        tuple(lines),
        frozenset(range(1, 1 + len(labels))) | (frozenset() if k <= ABREAST else frozenset({1 + len(labels)})),
        head_colours=(None,) * (1 + len(labels)) + (tuple(range(k)) if k <= ABREAST else (None,)),
        caption=f"Memberships of the {'most unsure ' if len(shown) < len(rows) else ''}"
        f"{len(shown) if len(shown) > 1 else 'one'}; rows are {counted}.",
    )


def _largest(memberships: Array, names: list[str]) -> str:
    order = np.argsort(-memberships, kind="stable")[:NAMED]
    return ", ".join(f"{names[j]}: {memberships[j]:.3f}" for j in order)


def _level(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
