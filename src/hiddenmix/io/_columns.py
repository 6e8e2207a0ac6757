"""What each column of a file holds, what it is used for, and why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from hiddenmix._errors import HiddenmixError

__all__ = ["Column", "Facts", "Kind", "Use", "assign_uses", "refuse_unusable"]

Kind = Literal["number", "boolean", "category", "text", "date", "empty", "other"]
Use = Literal["used", "label", "set aside"]

_COUNTING = 10  # this many consecutive numbers, each once, are no coincidence
_ID_NAME = re.compile(r"(.*[_ ])?(id|index|row|nr|no|number|uuid)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What counting found: sizes, the range, and the first cells that do not fit a number column (row, cell)."""

    n: int
    n_missing: int
    n_distinct: int
    low: float | None = None
    high: float | None = None
    whole: bool = False
    text: tuple[int, str] | None = None
    spellings: tuple[str, ...] = ()
    infinite_row: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, what it is used for, and the reason if it is set aside or looks odd."""

    name: str
    kind: Kind
    facts: Facts
    use: Use = "used"
    reason: str = ""

    @property
    def n_missing(self) -> int:
        """How many cells are missing."""
        return self.facts.n_missing

    @property
    def n_distinct(self) -> int:
        """How many different values there are."""
        return self.facts.n_distinct


def assign_uses(columns: Sequence[Column], chosen: Sequence[str], labels: Sequence[str]) -> tuple[Column, ...]:
    """Decide what each column is used for.

    `chosen` holds names to use, or names to leave out with a ``-`` before them; `labels` are set aside as labels.

    Raises
    ------
    HiddenmixError : HM104 no column of that name, HM410 a column both chosen and a label
    """
    names = [column.name for column in columns]
    left_out = {c[1:] for c in chosen if c.startswith("-") and c not in names}
    wanted = [c for c in chosen if c[1:] not in left_out or c in names]
    for name in (*wanted, *left_out, *labels):
        if name not in names:
            raise _no_column(name, names)
    both = sorted(set(wanted) & set(labels))
    if both:
        raise HiddenmixError("HM410", f"column {both[0]!r} is both among --columns and among --labels")
    return tuple(_assign(column, wanted, left_out, labels) for column in columns)


def refuse_unusable(columns: Sequence[Column], origin: str, allow_empty: bool = False) -> None:
    """Raise for the first used column that holds anything but finite numbers, and if no column is used.

    Raises
    ------
    HiddenmixError : HM103 no column is used, HM112 text, HM113 dates, HM116 infinity, HM118 no value, HM129 nested
    """
    used = [column for column in columns if column.use == "used"]
    if not used:
        reasons = "".join(f"\n  {c.name}: {c.reason or c.use}" for c in columns[:20])
        classes = any(column.kind == "category" for column in columns) and "number" not in [c.kind for c in columns]
        fix = "in Python: hiddenmix.LatentClassModel(2).fit(table) finds groups in categories"
        raise HiddenmixError(
            "HM103",
            f"no column of numbers is left to fit{reasons}",
            fix if classes else "--columns NAME,NAME to insist",
        )
    for column in used:
        if allow_empty and column.kind == "empty":
            continue
        for error in _problems(column, origin):
            raise error


def _assign(column: Column, wanted: Sequence[str], left_out: set[str], labels: Sequence[str]) -> Column:
    if column.name in labels:
        return replace(column, use="label", reason="")
    if column.name in left_out:
        return replace(column, use="set aside", reason="left out by --columns")
    if column.name in wanted:
        return replace(column, use="used", reason="")
    if wanted:
        return replace(column, use="set aside", reason="not among --columns")
    reason = _why_not(column)
    return replace(column, use="set aside" if reason else "used", reason=reason or _remark(column))


def _why_not(column: Column) -> str:
    """Why a column is not used unless the user insists; nothing if it is."""
    facts = column.facts
    match column.kind:
        case "empty":
            return "no value at all"
        case "date":
            return "dates: turn them into a number, such as days since an event"
        case "category":
            return f"{facts.n_distinct} different texts: a category"
        case "text":
            return "text"
        case "boolean":
            return "two values: a category"
        case "other":
            return "nested values"
    if facts.n_distinct == 1 < facts.n - facts.n_missing and facts.text is None:
        return "constant"
    if facts.whole and facts.n_distinct == facts.n - facts.n_missing and facts.low is not None is not facts.high:
        if facts.high - facts.low + 1 == facts.n_distinct >= _COUNTING:
            return f"counts up from {facts.low:.0f} to {facts.high:.0f}: a row number"
        if _ID_NAME.fullmatch(column.name):
            return "another whole number in each row: an identifier"
    return ""


def _remark(column: Column) -> str:
    facts = column.facts
    if facts.text is not None:
        return f'text in row {facts.text[0]}: "{facts.text[1]}"'
    if facts.whole and facts.n_distinct <= 5 and facts.n - facts.n_missing > 10 * facts.n_distinct:
        return f"only {facts.n_distinct} different values; if it is a label: --labels {column.name}"
    return ""


def _problems(column: Column, origin: str) -> Iterator[HiddenmixError]:
    facts, name = column.facts, column.name
    leave_out = f"leave it out: --columns -{name}"
    if column.kind == "number" and facts.text is not None:
        row, cell = facts.text
        spelled = ",".join(facts.spellings)
        yield HiddenmixError(
            "HM112",
            f'column {name!r} has text in row {row}: "{cell}"\n  it was read as a number '
            f"column from the other rows{origin}",
            f'--missing "{spelled}"   or {leave_out}',
        )
    if facts.infinite_row is not None:
        yield HiddenmixError("HM116", f"column {name!r} has an infinite value in row {facts.infinite_row}", leave_out)
    if column.kind in ("category", "text", "boolean") and facts.low is None:
        yield HiddenmixError("HM112", f"column {name!r} holds text, not numbers", leave_out)
    if column.kind == "date":
        yield HiddenmixError("HM113", f"column {name!r} holds dates", leave_out)
    if column.kind == "empty":
        yield HiddenmixError("HM118", f"column {name!r} has no value: all {facts.n} cells are missing", leave_out)
    if column.kind == "other":
        yield HiddenmixError("HM129", f"column {name!r} holds nested values, not numbers", leave_out)


def _no_column(name: str, names: Sequence[str]) -> HiddenmixError:
    near = get_close_matches(name, names, n=1)
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return HiddenmixError(
        "HM104",
        f"no column is called {name!r}; there are {listed}",
        f"did you mean {near[0]!r}?" if near else "take one of these names",
    )
