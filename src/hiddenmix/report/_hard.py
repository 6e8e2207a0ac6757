"""The report on hard subclasses: which kinds within a class a classifier gets wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hiddenmix.discover._agreement import listed
from hiddenmix.discover._words import percent
from hiddenmix.estimators._hard_report import HardSubclass, HardSubclasses
from hiddenmix.report._blocks import Grid, Items, Picture, Section, Text, section


def subtitle(found: HardSubclasses) -> str:
    """How many classes, subclasses and folds."""
    return f"{len(found.classes)} classes, {len(found.subclasses)} subclasses, errors out of {found.folds} folds"


def sections(found: HardSubclasses, pictures: Sequence[Picture]) -> Iterator[Section]:
    """The answer, pictures, and what typical rows are."""
    yield section("The answer", [Text(_answer(found), "lead"), _table(found)])
    if pictures:
        yield section("Pictures", pictures)
    described = tuple(f"{s.name}: {s.words}. Typical rows (counted from 0): {_rows(s)}." for s in found.subclasses)
    yield section("What the subclasses are", [Items(described)])


def _answer(found: HardSubclasses) -> str:
    total = f"{percent(found.error_rate, counted=False)} of the rows are predicted to be of another class than theirs."
    if not found.hard:
        return f"{total} No subclass has clearly more errors than its part."
    names = listed([s.name for s in found.hard])
    share = percent(sum(s.of_all for s in found.hard), counted=False)
    verb = "carries" if len(found.hard) == 1 else "carry"
    return f"{total} Clearly harder than the others: {names}, which {verb} {share} of all errors."


def _table(found: HardSubclasses) -> Grid:
    rows = tuple(
        (
            str(s.rank), s.name, f"{s.rows:.0f}", f"{s.wrong:.1f}", _share(s.error_rate), _share(s.of_class),
            _share(s.of_all), ", ".join(f"{name} {_share(share)}" for name, share in s.taken_for[:2]),
        )
        for s in found.subclasses
    )  # fmt: skip
    head = ("rank", "subclass", "rows", "wrong", "rate", "of its class's errors", "of all errors", "taken for")
    return Grid(head, rows, frozenset({1, 7}), caption="The subclasses, the hardest first.")


def _rows(s: HardSubclass) -> str:
    return ", ".join(str(i) for i in s.typical)


def _share(share: float) -> str:
    return percent(share, counted=False)
