"""The words of a comparison: each comes from measures, and from nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hiddenmix.discover._agreement import ALONE, FOUND, Agreement, listed
from hiddenmix.discover._comparison import Comparison, Explained, LabelingComparison, Together
from hiddenmix.discover._words import aligned, percent, printable

__all__ = ["Detail", "detail_tables", "details", "lines", "table", "tests", "verdict"]


WIDTH = 110  # of the sentence on a terminal
UNKNOWN = (Agreement.UNKNOWN, Agreement.ONE_CLUSTER, Agreement.ALL_APART, Agreement.TOO_FEW)
SILENT = (Agreement.IDENTIFIER, Agreement.ONE_LEVEL)


def verdict(
    labelings: Sequence[LabelingComparison], explained: Sequence[Explained], new: float, n: int, n_clusters: int
) -> str:
    """What was found, what only follows, what was ignored, and what is new: one sentence."""
    if n_clusters == 1:
        return "There is nothing to compare: all rows are in the same cluster."
    if n_clusters >= ALONE * n and not explained:
        return "There is nothing to compare: nearly every row is a cluster of its own."
    return printable(f"{'; '.join([_opening(labelings, explained), *_rest(labelings, explained, new)])}.")


def _opening(labelings: Sequence[LabelingComparison], explained: Sequence[Explained]) -> str:
    found = sorted((a for a in labelings if a.agreement in FOUND), key=lambda a: -a.adjusted_rand)
    together = {name for part in explained for name in part.labelings}
    ignored = [a.name for a in labelings if a.agreement is Agreement.UNRELATED and a.name not in together]
    else_than = f"something else than {listed(ignored)}, which it ignored" if ignored else ""
    if found:
        return f"The clustering found {listed([_found(a) for a in found])}" + (f", {else_than}" if ignored else "")
    if all(a.agreement in (*UNKNOWN, *SILENT) for a in labelings):
        return "These labelings cannot tell what the clustering found"
    return f"The clustering found {else_than or 'none of the labelings as such'}"


def _found(a: LabelingComparison) -> str:
    more = {
        Agreement.FINER: f"finer parts of {a.name} (it splits levels",
        Agreement.COARSER: f"a coarser {a.name} (it merges levels",
        Agreement.PARTLY: f"a part of {a.name} (",
    }.get(a.agreement, f"{listed([a.name])} (")
    return f"{more}{'; ' if not more.endswith('(') else ''}{percent(a.matched_share)} of rows match)"


def _rest(labelings: Sequence[LabelingComparison], explained: Sequence[Explained], new: float) -> Iterator[str]:
    told = set()
    for a in labelings:
        if a.follows_from:
            yield f"{a.name} follows from {listed(a.follows_from[:1])}"
        if a.stands_for and a.name not in told:
            told |= {a.name, *a.stands_for}
            yield f"{listed([a.name, *a.stands_for])} stand for one another"
    through = {a.name for a in labelings if a.agreement in (*FOUND, Agreement.THROUGH)}
    weak = [a.name for a in labelings if a.agreement is Agreement.WEAKLY and not a.follows_from]
    if weak:
        yield f"it is weakly related to {listed(weak)}"
    for i, part in enumerate(explained):
        before = [name for earlier in explained[:i] for name in earlier.labelings]
        within = f"within {listed(before)}, " if before else ""
        if len(part.labelings) > 1:
            yield f"{within}{listed(part.labelings)} together explain {percent(part.share)} of it"
        elif before and not set(part.labelings) & through:
            yield f"{within}{part.labelings[0]} explains a further {percent(part.share)} of it"
    silent = [a.name for a in labelings if a.agreement in SILENT]
    if silent:
        yield f"{listed(silent)} group{'s' * (len(silent) == 1)} nothing"
    unknown = [a.name for a in labelings if a.agreement in UNKNOWN]
    if unknown:
        yield f"nothing can be said of {listed(unknown)}"
    if len(silent) + len(unknown) < len(labelings):
        yield f"{percent(new)} of it no labeling explains" if new > 0 else "nothing of it is new"


def lines(found: Comparison) -> list[str]:
    """A heading, the table, and the verdict."""
    head, rows = table(found)
    sentence = textwrap.wrap(found.verdict, WIDTH, initial_indent="  ", subsequent_indent="  ")
    return ["Which known labeling did it find?", *aligned([head, *rows], {0, len(head) - 1}), *sentence]


def table(found: Comparison) -> tuple[list[str], list[list[str]]]:
    """Headings, and a line for each labeling; the first and the last column are texts."""
    some = any(a.n < found.n for a in found.labelings)
    head = ["label", "agreement (ARI)", "NMI", "matched", "p", *(["rows"] if some else []), "reading"]
    rows = [
        [
            a.name,
            signed(a.adjusted_rand),
            f"{a.normalized_mutual_info:.3f}",
            f"{100 * a.matched_share:.1f} %",
            probability(a.p_adjusted),
            *([str(a.n)] if some else []),
            a.reading,
        ]
        for a in found.labelings
    ]
    return head, rows


def details(found: Comparison) -> Iterator[str]:
    """What labelings tell of the clusters beyond one another, and the level of each cluster."""
    for part in detail_tables(found):
        yield part.title
        yield from aligned([part.head, *part.rows], part.left)
        if part.note:
            yield f"  {part.note}"
    yield tests(found)


def tests(found: Comparison) -> str:
    """How the p-values were made."""
    return f"p-values by {found.n_permutations} permutations, adjusted by Holm; all together are one test."


class Detail(NamedTuple):
    """A table, the columns of it that are texts, and what is to be said of it."""

    title: str
    head: list[str]
    rows: list[list[str]]
    left: frozenset[int]
    note: str = ""


def detail_tables(found: Comparison) -> Iterator[Detail]:
    """The tables of `details`: those that there are."""
    pairs = [(c, c.p_adjusted) for c in found.conditionals if c.p_adjusted is not None]
    if pairs:
        rows = [[f"{c.labeling} given {c.given}", signed(c.excess), probability(p)] for c, p in pairs]
        title = "What a label tells of the clusters when another is known (nats beyond chance)"
        yield Detail(title, ["", "information", "p"], rows, frozenset({0}))
    yield from _left(found)
    if any(m.level is not None for m in found.clusters):
        rows = [
            [str(m.cluster), str(m.n), *_level(m.labeling, m.level), percent(m.precision), percent(m.recall),
             "shares this level with other clusters" if m.splits else ""]
            for m in found.clusters
        ]  # fmt: skip
        head = ["cluster", "rows", "level", "of the cluster", "of the level", ""]
        yield Detail("Which level each cluster holds", head, rows, frozenset({0, 2, 5}))


def _left(found: Comparison) -> Iterator[Detail]:
    """What each labeling, and all of them together, leave of the clusters."""
    every = found.together
    if every is None or len(every.labelings) < 2:
        return
    rows = [[f"given {name}", *_figures(found[name], found[name].p_adjusted)] for name in every.labelings]
    rows.append(["given all together", *_figures(every, every.p_value)])
    note = ""
    if every.crowded:
        note = (
            f"Together they have {every.n_levels} combinations of levels on {every.n} rows: nearly as much would be "
            "explained by chance, so that little can be said of all of them together."
        )
    title = "What is left of the clusters when a label is known (information in nats)"
    yield Detail(title, ["", "levels", "information", "by chance", "p", "left"], rows, frozenset({0}), note)


def _figures(a: LabelingComparison | Together, p: float) -> list[str]:
    return [str(a.n_levels), f"{a.mutual_info:.3f}", f"{a.by_chance:.3f}", probability(p), percent(a.left)]


def _level(labeling: str, level: object) -> list[str]:
    return ["none"] if level is None else [f"{labeling} {level}"]


def probability(p: float) -> str:
    """A p-value with three decimals."""
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def signed(value: float) -> str:
    """Three decimals, without a negative zero."""
    return f"{value:.3f}".replace("-0.000", "0.000")
