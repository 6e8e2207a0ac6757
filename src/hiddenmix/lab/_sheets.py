"""Tables for the lab, built in or uploaded, read as the command line reads them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._shelf import Shelf

if TYPE_CHECKING:
    from hiddenmix.io import Column, DataTable, Inspection, OpenTable
    from hiddenmix.io._limits import Limits

__all__ = ["Sheet", "builtin", "opened"]

PREVIEW = 8  # rows that are shown of a file
CELL = 80  # characters of a cell that are shown
USES = {"used": "use", "label": "label", "set aside": "ignore"}
TITLES = {"coins": "Two coins", "redblue": "Red & blue", "faithful": "Old Faithful", "penguins": "Penguins"}


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table: where it is read from, what it is called, and what was understood of it.

    `stored` is the file's name where it lies, which messages must not show, and `name` what they show instead;
    `preview` has the first rows of a file. What was read of it stands on a `shelf`, which others may share; `limits`
    are for files that were sent.
    """

    id: str
    name: str
    path: str
    inspection: Inspection
    title: str
    text: str
    source: str
    preview: dict[str, Any] = field(default_factory=dict)
    stored: str = ""
    missing: tuple[str, ...] = ()
    shelf: Shelf = field(default_factory=Shelf)
    limits: Limits | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def builtin(self) -> bool:
        """Whether it comes with the package."""
        return self.id == self.name

    def read(self, use: tuple[str, ...], labels: tuple[str, ...]) -> DataTable:
        """The numbers of some columns, and the values of others; errors as of `hiddenmix.io.read_table`."""
        key = self.id, frozenset(use), frozenset(labels)
        with self._lock:  # whoever asks for the same waits for it
            table = self.shelf.get(key)
            if table is None:
                with self.shelf.reading(), named(self.stored, self.name), closing(self._open()) as file:
                    table = file.read(use, labels)
                self.shelf.put(key, table)
        return table

    def _open(self) -> OpenTable:
        from hiddenmix.io import OpenTable

        return OpenTable(self.path, missing=self.missing, limits=self.limits)

    def chips(self) -> list[dict[str, Any]]:
        """Each column with what it would be used for, and why."""
        return [_chip(column) for column in self.inspection.columns]


@lru_cache(maxsize=16)
def builtin(name: str) -> Sheet:
    """A built-in data set; HM407 where there is none of that name."""
    from hiddenmix import datasets
    from hiddenmix.io import inspect_table

    data = datasets.load(name)
    return Sheet(
        name, name, name, inspect_table(name), TITLES.get(name, name.capitalize()), data.description, data.source
    )


def opened(
    path: str,
    id: str,
    name: str,
    *,
    stored: str = "",
    missing: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    shelf: Shelf | None = None,
    limits: Limits | None = None,
) -> Sheet:
    """A file. Its default columns are read at once, so that a file that cannot be fitted is refused here.

    Raises
    ------
    HiddenmixError : the codes of `hiddenmix.io.read_table`; HM105 beyond the limits
    """
    from hiddenmix.io import OpenTable

    shelf = shelf or Shelf()
    # Opened and looked through once for everything that is shown of it.
    with shelf.reading(), named(stored, name), closing(OpenTable(path, missing=missing, limits=limits)) as file:
        found = file.inspect(columns)
        labels = tuple(chip["name"] for chip in map(_chip, found.columns) if chip["use"] == "label")
        table = file.read(found.used, labels)
        first = file.preview(PREVIEW)
    rows, columns_there = found.n_rows, len(found.columns)
    text = f"{rows:,} row{'s' * (rows != 1)}, {columns_there} column{'s' * (columns_there != 1)}"
    text += f" ({found.dialect})" if found.dialect else ""
    preview = {
        "columns": [column.name for column in found.columns],
        "rows": [[_cell(cell) for cell in row] for row in first],
    }
    shelf.put((id, frozenset(found.used), frozenset(labels)), table)
    return Sheet(id, name, path, found, name, text + ".", "your own file", preview, stored, missing, shelf, limits)


@contextmanager
def named(stored: str, name: str) -> Iterator[None]:
    """Messages that name the stored file show the user's own name for it."""
    try:
        yield
    except HiddenmixError as error:
        if not stored:
            raise
        if error.code == "HM101":
            raise gone(name) from None
        message, help = (
            part.replace(repr(stored), repr(name)).replace(stored, name) for part in (error.message, error.help)
        )
        raise HiddenmixError(error.code, message, help) from None


def gone(name: str) -> HiddenmixError:
    """The error for a table that was given up: HM106."""
    return HiddenmixError(
        "HM106", f"the table {name!r} is no longer in the lab", "upload the same file again: its address then works"
    )


def _chip(column: Column) -> dict[str, Any]:
    facts = column.facts
    use = USES[column.use]
    if use == "ignore" and column.kind in ("category", "boolean"):
        use = "label"  # a grouping that is known: shown beside the one that is found, never fitted
    detail = f"{facts.n - facts.n_missing:,} values, {facts.n_distinct:,} different"
    if facts.n_missing:
        detail += f", {facts.n_missing:,} missing"
    if facts.low is not None and facts.high is not None:
        detail += f", from {facts.low:.6g} to {facts.high:.6g}"
    reason = column.reason or ("numbers" if use == "use" else column.kind)
    return {"name": column.name, "kind": column.kind, "use": use, "reason": reason, "detail": detail}


def _cell(value: str | None) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= CELL else text[: CELL - 1] + "…"
