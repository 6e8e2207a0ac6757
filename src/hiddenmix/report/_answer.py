"""The first section: what was found, in a paragraph and one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hiddenmix.discover._agreement import listed
from hiddenmix.discover._words import one_line, percent
from hiddenmix.discover.unsure import UNSURE
from hiddenmix.report._alone import alone
from hiddenmix.report._blocks import Block, Grid, Section, Text, section
from hiddenmix.report._findings import Findings
from hiddenmix.report._sentences import count, merged
from hiddenmix.report._trust import trust

NARROW = 56  # characters that the figures of a component may have beside one another; with more, the components do
ABREAST = 6  # components beside one another: what a sheet of paper holds
LISTED = 6  # groups whose sizes a sentence lists
TITLE = "The answer"
OTHER = "These are not the rows of the fit, or not with its weights and known labels"
WHAT = "How the model was chosen, and how the climb ended, is told of the fit; everything else of these rows."


def answer(found: Findings) -> Section:
    """What was found."""
    other = Text(f"{OTHER}: {found.other}. {WHAT}", "warning") if found.other else None
    return section(TITLE, [Text(" ".join(sentences(found)), "lead"), other, *tables(found), *_covariates(found)])


def sentences(found: Findings) -> Iterator[str]:
    """The answer in words, the most important first."""
    yield _groups(found)
    together = merged(found.merging)
    if together:
        yield f"{together}."
    if found.comparison is not None:
        yield found.comparison.verdict
    if found.view.k > 1:
        yield _sure(found)
    yield from trust(found)


def tables(found: Findings) -> Iterator[Block]:
    """The components: a table with a line for each, or with a column for each where there is much to say of them."""
    title, headings, cells = described(found)
    caption = f"{title}. Mean ± standard deviation in the units of the data." if _spreads(cells) else f"{title}."
    common = [*_common(found, cells), *([] if found.view.k == 1 else [_different(found)])]
    wide = [max(len(name), *(len(row[c]) for row in cells)) for c, name in enumerate(headings)]
    if sum(wide) + 3 * len(wide) <= NARROW:
        last = common.pop() if found.view.k > 1 else None
        head = [subject(found), *(name for name, _ in common), *headings, *([last[0]] if last else [])]
        rows = [
            [names_of(found)[j], *(values[j] for _, values in common), *cells[j], *([last[1][j]] if last else [])]
            for j in range(found.view.k)
        ]
        left = {0, len(head) - 1} if last else {0}
        yield Grid(tuple(head), tuple(map(tuple, rows)), frozenset(left), tuple(range(found.view.k)), caption=caption)
        return
    lines = [*common[:2], *((name, [row[c] for row in cells]) for c, name in enumerate(headings)), *common[2:]]
    for first in range(0, found.view.k, ABREAST):
        part = range(first, min(first + ABREAST, found.view.k))
        rows = [[name, *(values[j] for j in part)] for name, values in lines]
        yield Grid(
            ("", *(names_of(found)[j] for j in part)), tuple(map(tuple, rows)), frozenset({0}),
            head_colours=(None, *part), caption="" if first else caption,
        )  # fmt: skip


def _covariates(found: Findings) -> Iterator[Block]:
    """On what the memberships depend, where that is covariates."""
    coefficients = vars(found.mixture).get("coefficients_")
    if coefficients is None or found.view.k == 1:
        return
    first, *others = names_of(found)
    rows = tuple((name, *(f"{b:.4g}" for b in row)) for name, row in zip(others, coefficients[1:]))
    caption = (
        f"How the log odds of each component against component {first} change for one unit more of a covariate; the "
        "intercept is where all of them are 0."
    )
    head = ("component", "intercept", *map(one_line, found.mixture.covariate_names_.tolist()))
    yield Grid(head, rows, frozenset({0}), tuple(range(1, found.view.k)), caption=caption)


def described(found: Findings) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
    """What the components are called, the headings of their parameters, and these as texts."""
    title, headings, cells = found.mixture._described(found.mixture._state())
    return title, [one_line(name) for name in headings], cells


def subject(found: Findings) -> str:
    """What a component is."""
    return "subclass" if found.view.classes else "component"


def names_of(found: Findings) -> list[str]:
    """The components as tables call them."""
    return list(found.view.names) if found.view.classes else [str(j + 1) for j in range(found.view.k)]


def _common(found: Findings, cells: Sequence[Sequence[str]]) -> list[tuple[str, list[str]]]:
    """Shares and rows; and clusters, where components form fewer of them."""
    shares = [f"{100 * w:.1f} %" for w in found.view.shares]
    columns = [("share", shares), ("rows", [f"{size:.6g}" for size in found.sizes])]
    if found.merging.n_clusters < found.view.k:
        place = {j: i + 1 for i, group in enumerate(found.merging.groups()) for j in group}
        columns.append(("cluster", [str(place[j]) for j in range(found.view.k)]))
    return columns


def _different(found: Findings) -> tuple[str, list[str]]:
    return "what makes it different", [found.effects.words(j) for j in range(found.view.k)]


def _spreads(cells: Sequence[Sequence[str]]) -> bool:
    return any("±" in cell for row in cells for cell in row)


def _groups(found: Findings) -> str:
    k, n = found.view.k, int(found.observed.sum())
    rows = f"the {count(n, 'row')} of {found.name}" if n == found.n else f"{n} of the {found.n} rows of {found.name}"
    if k == 1:
        return alone(found, rows)
    sizes = [f"{size:.6g}" for size in found.sizes]
    weighted = " by weight" if found.view.weight is not None else ""
    of = f"of {listed(sizes)} rows{weighted}" if k <= LISTED else (
        f"of {min(found.sizes):.6g} to {max(found.sizes):.6g} rows{weighted}"
    )  # fmt: skip
    if found.view.classes:
        return f"{_upper(rows)} in {len(found.view.classes)} classes form {k} subclasses, {of}."
    chosen = _chosen(found) if found.selection is not None else ""
    return f"{_upper(rows)} form {k} groups, {of}{chosen}."


def _chosen(found: Findings) -> str:
    assert found.selection is not None
    tried = len(found.selection.candidates)
    return f" (chosen by {found.selection.criterion.upper()} among {count(tried, 'model')})"


def _sure(found: Findings) -> str:
    number, n = int(found.unsure.sum()), int(found.observed.sum())
    if number == 0:
        return f"Every row belongs to its group with a probability of at least {UNSURE:.2f}."
    share = percent(number / n)
    verb = "belongs" if number == 1 else "belong"
    return f"{count(number, 'row')} ({share}) {verb} to no group with a probability of {UNSURE:.2f} or more."


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
