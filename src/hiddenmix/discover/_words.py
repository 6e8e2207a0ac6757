"""How figures read in the texts of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

__all__ = ["aligned", "one_line", "percent", "plain", "printable"]

LONGEST = 60  # characters of a name in a table


def percent(share: float, counted: bool = True) -> str:
    """A share in percent, with one decimal where it is near 0 or 1.

    A share that was `counted` is never a rounded 0 or 100; of one that comes from memberships, which are never quite 0
    or 1, the rounded figure says enough.
    """
    if not counted:
        share = round(share, 3)
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.0f} %" if 0.1 <= share < 0.9 or share in (0, 1) else f"{100 * share:.1f} %"


def printable(text: object) -> str:
    """A text with line breaks and other control characters spelled out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def one_line(name: object) -> str:
    """A name from the data as it stands in a table: printable, and no longer than a line can hold."""
    text = printable(name)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def aligned(rows: Sequence[Sequence[str]], left: Set[int] = frozenset()) -> list[str]:
    """Rows of cells as lines with columns of equal width; numbers to the right, columns in `left` begin at the left.

    A last column that does holds sentences, which are not shortened.
    """
    last = len(rows[0]) - 1
    whole = last in left
    rows = [[printable(c) if whole and j == last else one_line(c) for j, c in enumerate(row)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    cells = [[c.ljust(w) if j in left else c.rjust(w) for j, (c, w) in enumerate(zip(row, widths))] for row in rows]
    return [f"  {'  '.join(row)}".rstrip() for row in cells]


def plain(value: Any) -> Any:
    """A value as JSON can hold it: arrays as lists, and dates or bytes as texts."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
