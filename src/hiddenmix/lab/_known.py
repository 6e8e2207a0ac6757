"""Labels that are known: their values, their levels, and in one column what each level's numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hiddenmix.io import DataTable

__all__ = ["levels_told", "uncovered"]

MOST_LEVELS: Final = 40  # of a label that is shown
MOST_TOLD: Final = 4  # levels whose numbers are told
LONGEST: Final = 80  # characters of a level

#: What else there is to say about the known groups of a data set.
REMARKS: Final = {
    "redblue": "These are recomputed from the draws; the write-up that made them known prints red 2.802 / 0.871 and "
    "blue 6.932 / 2.195."
}


def uncovered(table: DataTable, rows: NDArray[np.intp], column: int | None, data: str) -> dict[str, Any]:
    """For each known label its values in the drawn rows and its levels; with the numbers of the levels in `column`."""
    found = {}
    for name, values in table.labels.items():
        texts = [_level(value) for value in values[rows].tolist()]
        levels = sorted({_level(value) for value in values.tolist()} - {None}, key=_by_size)
        if 0 < len(levels) <= MOST_LEVELS:
            told = "" if column is None else levels_told(table.values[:, column], values, data)
            found[name] = {"values": texts, "levels": levels, "words": told}
    return found


def levels_told(x: NDArray[np.float64], values: NDArray[Any], data: str) -> str:
    """Mean and standard deviation of a column (n,) in each level of a label (n,); nothing where these are many."""
    texts = np.array([_level(value) for value in values.tolist()], object)
    own = {level: x[(texts == level) & ~np.isnan(x)] for level in sorted(set(texts) - {None}, key=_by_size)}
    if not 0 < len(own) <= MOST_TOLD or not all(map(len, own.values())):
        return ""
    told = ", ".join(f"{level} {part.mean():.6g} / {part.std():.6g}" for level, part in own.items())
    return " ".join((f"Known groups, mean / standard deviation: {told}.", REMARKS.get(data, ""))).strip()


def _level(value: object) -> str | None:
    if value is None or value != value:
        return None
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _by_size(level: str | None) -> tuple[bool, float, str]:
    """Numbers by their size, texts after them by the alphabet."""
    try:
        return False, float(level or ""), ""
    except ValueError:
        return True, 0.0, level or ""
