"""Which known labeling was found: the table, the verdict, and what labelings tell of one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hiddenmix.discover._compare_words import detail_tables, table, tests
from hiddenmix.discover._comparison import Comparison
from hiddenmix.report._blocks import Block, Grid, Picture, Section, Text, section

TITLE = "Which known labeling was found"
MISSING = (
    "No known labeling was set aside, so that the groups are compared with none. With labels=... in Python, or "
    "--labels on the command line, this section tells which of them the groups are, which follow from others, and "
    "what is new."
)
GUIDE = (
    "ARI is 1 where groups and labels are the same grouping, and about 0 where they have nothing to do with one "
    "another; matched is the share of rows whose group goes with their label; p is small where the agreement is more "
    "than chance."
)


def labelings(found: Comparison | None, given: int, pictures: Sequence[Picture]) -> Section:
    """The section of a comparison; `given` labels could not be compared where there is none."""
    if found is None:
        why = MISSING if not given else "The labels could not be compared; the warnings say why."
        return section(TITLE, [Text(why)])
    return section(TITLE, [Text(found.verdict, "lead"), *comparison(found), *pictures, *details(found)])


def comparison(found: Comparison) -> Iterator[Block]:
    """A line for each labeling, and how to read it."""
    head, rows = table(found)
    yield Grid(tuple(head), tuple(map(tuple, rows)), frozenset({0, len(head) - 1}))
    yield Text(f"{GUIDE} {tests(found)[0].upper()}{tests(found)[1:]}")


def details(found: Comparison) -> Iterator[Block]:
    """What labelings tell of the groups beyond one another, and the level of each group."""
    for part in detail_tables(found):
        yield Grid(tuple(part.head), tuple(map(tuple, part.rows)), part.left, caption=part.title)
        if part.note:
            yield Text(part.note)
