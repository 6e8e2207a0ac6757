"""How the model was chosen: everything that was tried, by criterion, and what was set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hiddenmix.report._blocks import Block, Grid, Items, Picture, Section, Text, section
from hiddenmix.report._findings import Findings
from hiddenmix.report._sentences import agreement, count, instead, set_aside, tried
from hiddenmix.select import LOWER, Candidate

TITLE = "How the model was chosen"
RANKED = 10  # models in the table
ALONE = "One model was fitted, so that there was nothing to choose."


def choice(found: Findings, pictures: Sequence[Picture]) -> Section:
    """The section on the selection."""
    return section(TITLE, [*_blocks(found, pictures)])


def _blocks(found: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    selection, facts = found.selection, found.facts
    if found.view.classes is not None:
        yield Items(tuple(_of_classes(found)))
        return
    if selection is None or facts is None:
        yield Text(ALONE if facts is not None else "The parameters were given; nothing was fitted.")
        if facts is not None:
            c = facts.criteria
            yield Grid(
                ("log-likelihood", "parameters", "BIC", "ICL", "AIC"),
                ((f"{c.loglik:.3f}", str(c.n_parameters), f"{c.bic:.2f}", f"{c.icl:.2f}", f"{c.aic:.2f}"),),
            )
        return
    yield Text(f"Tried: {tried(selection, int(found.mixture.n_init))}.")
    sentence = agreement(selection, found.rivalry)
    if sentence:
        yield Text(f"{sentence}{_option(found)}", "lead")
    yield from pictures
    ranked = selection.ranking()
    more = f" {len(ranked) - RANKED} more were worse." if len(ranked) > RANKED else ""
    yield Grid(
        ("model", "log-likelihood", "parameters", "BIC", "ICL", f"behind by {selection.criterion.upper()}"),
        tuple(_line(c, ranked[0], selection.criterion) for c in ranked[:RANKED]),
        frozenset({0}),
        caption=f"The best by {selection.criterion.upper()} first; {LOWER}.{more}",
    )
    aside = set_aside(selection, found.view.columns)
    if aside:
        yield Text("Models that were set aside:")
        yield Items(tuple(aside))


def _of_classes(found: Findings) -> Iterator[str]:
    """How many subclasses each class has, and what was tried, where that is kept."""
    view = found.view
    assert view.classes is not None
    assert view.group is not None
    selections = {str(name): selection for name, selection in found.selections.items()}
    for j, name in enumerate(view.classes):
        told = count(int((view.group == j).sum()), "subclass", "subclasses")
        tried_here = selections.get(name)
        chosen = ""
        if tried_here is not None:
            models = count(len(tried_here.candidates), "model")
            chosen = f" (chosen by {tried_here.criterion.upper()} among {models})"
        yield f"{name}: {told}{chosen}"


def _line(candidate: Candidate, best: Candidate, criterion: str) -> tuple[str, ...]:
    c, first = candidate.criteria, best.criteria
    assert c is not None
    assert first is not None
    behind = c[criterion] - first[criterion]
    return (
        candidate.name, f"{c.loglik:.3f}", str(c.n_parameters), f"{c.bic:.2f}", f"{c.icl:.2f}",
        "" if candidate is best else f"+{behind:.1f}",
    )  # fmt: skip


def _option(found: Findings) -> str:
    """How to get what the other criterion would choose."""
    if found.rivalry is None:
        return ""
    other = found.rivalry.criterion
    option = f"--criterion {other}" if found.run.command else f'criterion="{other}"'
    return f" {option} chooses {instead(found.rivalry)}."
