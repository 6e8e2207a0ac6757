"""The sentences of `hiddenmix fit`: what was read, what was tried, what the criteria say. Every figure is measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hiddenmix.report import _sentences
from hiddenmix.report._findings import Findings


def table_lines(table: Any) -> Iterator[str]:
    """What was read and what of it is used."""
    labels = tuple(table.labels)
    yield _sentences.used(table.name, len(table.values), table.columns, "number column")
    notes = [f"Set aside as labels: {', '.join(labels)}."] if labels else []
    aside = [c for c in table.inspection.columns if c.use == "set aside"]
    notes += [f"Set aside: {', '.join(f'{c.name} ({c.reason})' for c in aside)}."] if aside else []
    notes += _sentences.of_cells(table.values)
    if notes:
        yield " " * len(f"{table.name}: ") + "  ".join(notes)


def selection_lines(found: Findings) -> Iterator[str]:
    """What was tried, the best by ICL and by BIC, and whether they agree."""
    selection = found.selection
    assert selection is not None
    yield f"Tried {_sentences.tried(selection, found.model.n_init)} in {found.run.seconds or 0:.1f} s"
    yield from (f"  {line}" for line in selection.lines())
    sentence = _sentences.agreement(selection, found.rivalry)
    if sentence:
        other = found.rivalry
        more = f"  --criterion {other.criterion} for {_sentences.instead(other)}." if other else ""
        yield f"  {sentence}{more}"
    yield from (f"  {line}" for line in _sentences.set_aside(selection, found.view.columns))


def result_lines(found: Findings, written: bool) -> Iterator[str]:
    """What was found: the model, its components, unsure rows, and which labeling that is."""
    yield summary(found.model)
    yield from difference_lines(found)
    if found.view.k > 1:
        yield unsure_line(found, written)
    if found.comparison is not None:
        yield from found.comparison.lines()


def difference_lines(found: Findings) -> Iterator[str]:
    """What makes each component different from the others, and whether some form one cluster."""
    k = found.view.k
    if k == 1:
        return
    yield "What makes each component different from the other rows (in standard deviations within)"
    yield from (f"  {j + 1}  {found.effects.words(j)}" for j in range(k))
    together = _sentences.merged(found.merging)
    if together:
        yield f"  {together}"


def summary(model: Any) -> str:
    """What a fitted model says of itself, in the words of the command line."""
    return str(model.summary()).replace("covariance_type='full'", "--shape full")


def unsure_line(found: Findings, written: bool) -> str:
    """How many rows are unsure, and where they are."""
    count = int(found.unsure.sum())
    where = f"; {'it is' if count == 1 else 'they are'} in unsure.csv" if written and count else ""
    return f"  {_sentences.unsure(count)}{where}"
