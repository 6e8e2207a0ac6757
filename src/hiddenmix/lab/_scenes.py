"""What stays as it is while EM runs: the drawn points, known labels, colours, names, and things to try."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from hiddenmix.lab._config import Config
from hiddenmix.lab._known import levels_told, uncovered
from hiddenmix.lab._recipe import TOSSES
from hiddenmix.lab._settled import starts, suggestions
from hiddenmix.lab._sheets import Sheet

if TYPE_CHECKING:
    from hiddenmix.io import DataTable

__all__ = ["MOST_DRAWN", "Scene", "staged"]

MOST_DRAWN: Final = 2000  # points
ROOM: Final = 0.08  # of the range, on either side
SYMBOLS: Final = {
    "o": "circle", "s": "square", "^": "triangle", "D": "diamond", "v": "triangle-down", "P": "cross",
    "<": "triangle-left", ">": "triangle-right",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Scene:
    """The stage: `rows` (m,) are those that are drawn, `columns` the places of the shown columns among those used."""

    kind: Literal["line", "plane", "coins"]
    config: Config
    sheet: Sheet
    table: DataTable
    rows: NDArray[np.intp]
    lacking: int
    columns: tuple[int, ...]
    extent: tuple[tuple[float, float], ...]
    names: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows that are fitted."""
        return len(self.table.values)

    @cached_property
    def ranges(self) -> NDArray[np.float64]:
        """From the least to the largest value of each column; 1 where these are one."""
        found = np.nanmax(self.table.values, axis=0) - np.nanmin(self.table.values, axis=0)
        return np.where(found > 0, found, 1.0)

    @property
    def noun(self) -> str:
        """What a row is called, among several."""
        return "sets of tosses" if self.kind == "coins" else "points"

    def plain(self, notes: list[str]) -> dict[str, Any]:
        """The scene as the page has it; `notes` are what the library warns of."""
        config, sheet = self.config, self.sheet
        shown = self.table.values[self.rows][:, list(self.columns)]
        return {
            "kind": self.kind,
            "title": sheet.title,
            "text": self._text(),
            "source": sheet.source,
            "n": self.n,
            "drawn": len(self.rows),
            "lacking": self.lacking,
            "missing": self._missing(),
            "columns": [_column(chip, config) for chip in sheet.chips()],
            "show": list(config.show or ()),
            "k": config.k,
            "names": list(self.names),
            **_marks(len(self.names)),
            "starts": starts(config),
            "points": {"row": self.rows.tolist(), "x": [column.tolist() for column in shown.T]},
            "extent": [list(pair) for pair in self.extent],
            "known": self._known(),
            "tosses": _tosses() if self.kind == "coins" else None,
            "tries": suggestions(config, sheet),
            "notes": notes + self._own_notes(),
            "warnings": notes,
            "config": config.plain(),
        }

    def _text(self) -> str:
        if self.config.data != "redblue":
            return self.sheet.text
        colour = self.sheet.read(("x",), ("colour",)).labels["colour"]
        return f"{self.sheet.text} {levels_told(self.table.values[:, 0], colour, self.config.data)}"

    def _missing(self) -> dict[str, int]:
        """How many rows lack a cell of those that are fitted, and how many lack all."""
        absent = np.isnan(self.table.values)
        return {"rows": int(absent.any(axis=1).sum()), "empty": int(absent.all(axis=1).sum())}

    def _known(self) -> dict[str, Any]:
        """The known labels; what their levels are in numbers where all rows of one column are drawn."""
        whole = self.kind == "line" and len(self.rows) == self.n
        return uncovered(self.table, self.rows, self.columns[0] if whole else None, self.config.data)

    def _own_notes(self) -> list[str]:
        notes = []
        if self.lacking:
            rows = "row lacks" if self.lacking == 1 else "rows lack"
            notes.append(f"{self.lacking:,} {rows} a shown cell and cannot be drawn; every row is fitted.")
        if len(self.rows) < self.n - self.lacking:
            notes.append(f"All {self.n:,} rows are fitted; {len(self.rows):,} of them, drawn by chance, are shown.")
        return notes


def staged(config: Config, sheet: Sheet, table: DataTable) -> Scene:
    """The scene for a settled configuration."""
    coins = config.data == "coins"
    columns = tuple(table.columns.index(name) for name in config.show or ())
    values = table.values[:, columns]
    whole = np.flatnonzero(~np.isnan(values).any(axis=1))
    rows = whole
    if len(whole) > MOST_DRAWN:
        rows = np.sort(np.random.default_rng(0).choice(whole, MOST_DRAWN, replace=False))
    k = config.k or 1
    names = [f"coin {chr(ord('A') + j)}" if coins else f"component {j + 1}" for j in range(k)]
    return Scene(
        "coins" if coins else "line" if len(columns) == 1 else "plane",
        config,
        sheet,
        table,
        rows,
        len(values) - len(whole),
        columns,
        ((0.0, float(TOSSES)),) if coins else tuple(_extent(column) for column in values.T),
        tuple(names),
    )


def _extent(column: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(np.nanmin(column)), float(np.nanmax(column))
    room = ROOM * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def _column(chip: dict[str, Any], config: Config) -> dict[str, Any]:
    use = (
        "use" if chip["name"] in (config.use or ()) else "label" if chip["name"] in (config.labels or ()) else "ignore"
    )
    return {"name": chip["name"], "used": use == "use", "kind": chip["kind"], "use": use}


def _marks(k: int) -> dict[str, list[str]]:
    """Colours and symbols of the components."""
    from hiddenmix.plot._colours import colours, hexadecimal, markers

    return {"colours": [hexadecimal(rgb) for rgb in colours(k)], "shapes": [SYMBOLS[mark] for mark in markers(k)]}


def _tosses() -> list[str]:
    from hiddenmix import datasets

    return [str(tosses) for tosses in datasets.coins().extra["tosses"]]
