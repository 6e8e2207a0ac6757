"""Reading a table: look at every column once, then fetch the used ones as one array."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import Table
from hiddenmix.io._columns import Column, assign_uses, refuse_unusable
from hiddenmix.io._dialect import Dialect, identifier
from hiddenmix.io._interrupt import interruptible
from hiddenmix.io._limits import Limits, Watch
from hiddenmix.io._profile import profile
from hiddenmix.io._relations import Kept
from hiddenmix.io._sources import MISSING, ROW, open_source, raw

__all__ = ["DataTable", "Inspection", "OpenTable", "inspect_table", "read_labels", "read_table"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was understood of a file: its rows after the filter, each column, and the dialect of a text file."""

    name: str
    n_rows: int
    columns: tuple[Column, ...]
    dialect: Dialect | None = None

    @property
    def used(self) -> tuple[str, ...]:
        """The names of the columns to fit."""
        return tuple(c.name for c in self.columns if c.use == "used")

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the columns that are set aside as labels."""
        return tuple(c.name for c in self.columns if c.use == "label")


@dataclass(frozen=True, slots=True, eq=False)
class DataTable:
    """A table read from a file.

    Attributes
    ----------
    inspection : what was understood, and why columns were set aside
    values : (n, d) float64, NaN = missing; the used columns
    labels : for each label column its values (n,), None = missing
    rows : (n,) the row numbers in the file, counted from 1 without the header
    """

    inspection: Inspection
    values: NDArray[np.float64]
    labels: Mapping[str, NDArray[Any]]
    rows: NDArray[np.int64]

    @property
    def name(self) -> str:
        """The name of the file or data set."""
        return self.inspection.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `values`."""
        return self.inspection.used

    @property
    def numbers(self) -> Table:
        """The values with the names of their columns: what `fit`, `predict` and pictures take."""
        return Table(self.values, self.columns)


class OpenTable:
    """A file or built-in data set that was looked through once, and is read as often as one asks.

    Parameters
    ----------
    source, missing, where : as for `inspect_table`
    limits : what reading it may take, for a file that somebody sent; HM105 where it would be more
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        missing: Sequence[str] = (),
        where: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._watch = None if limits is None else Watch(limits)
        self.source = open_source(source, (*MISSING, *missing), self._watch)
        with self._watched():
            self._found, self._dialect, self._kept = profile(self.source, (*MISSING, *missing), where)
        if self._found[0].facts.n == 0:
            name = self.source.name
            fix = "a condition that some rows meet" if where else "a table with rows below its heading"
            raise HiddenmixError("HM110", f"{name!r} has no row" + (f" where {where}" if where else " of data"), fix)

    def inspect(self, columns: Sequence[str] = (), labels: Sequence[str] | None = None) -> Inspection:
        """What would be used, and why not the rest; as `inspect_table`."""
        known = [name for name in self.source.labels if name not in columns] if labels is None else labels
        uses = assign_uses(self._found, columns, known)
        return Inspection(self.source.name, self._found[0].facts.n, uses, self._dialect)

    def read(
        self, columns: Sequence[str] = (), labels: Sequence[str] | None = None, allow_empty: bool = False
    ) -> DataTable:
        """The numbers and the labels; as `read_table`."""
        found = self.inspect(columns, labels)
        refuse_unusable(found.columns, f" (auto-detected: {found.dialect})" if found.dialect else "", allow_empty)
        if self._watch:
            self._watch.limits.refuse_fetching(found.n_rows, len(found.used), len(found.labels))
        return self.fetch(found)

    def read_labels(self, labels: Sequence[str]) -> DataTable:
        """Some columns as labels, of whatever kind; as the function `read_labels`."""
        found = self.inspect((), labels)
        own = [c if c.use == "label" else replace(c, use="set aside", reason="not asked for") for c in found.columns]
        return self.fetch(replace(found, columns=tuple(own)))

    def fetch(self, found: Inspection) -> DataTable:
        """The columns that an inspection of this table uses, and its labels."""
        with self._watched():
            return _fetched(self._kept, found)

    def preview(self, n: int) -> list[tuple[str | None, ...]]:
        """The first rows as they stand in the file, as texts; None where a cell is empty."""
        cells = ", ".join(f"{raw(j)}::VARCHAR" for j in range(len(self.source.names)))
        with self._watched():
            return self.source.connection.execute(f"SELECT {cells} FROM base LIMIT {int(n)}").fetchall()

    def close(self) -> None:
        """Give back the memory that the file takes; it cannot be read any more."""
        self.source.connection.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        connection = self.source.connection
        with interruptible(connection), self._watch.on(connection) if self._watch else nullcontext():
            yield


def inspect_table(
    source: str | os.PathLike[str],
    *,
    columns: Sequence[str] = (),
    labels: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    where: str | None = None,
) -> Inspection:
    """Say what is in a file or built-in data set, what would be used, and why not the rest.

    Parameters
    ----------
    source : path of a CSV (any separator, also compressed), Parquet or JSON lines file, or a built-in name
    columns : names to use; a name with ``-`` before it is left out
    labels : names to set aside as labels; by default those that a built-in data set knows
    missing : further spellings of a missing cell
    where : a condition in SQL that the rows must meet

    Raises
    ------
    HiddenmixError : HM101 no such file, HM102 not readable, HM104 no such column, HM110 no rows, HM406 a filter
        that cannot be evaluated, HM408 DuckDB is not installed, HM410 a column chosen and a label at once
    """
    return OpenTable(source, missing=missing, where=where).inspect(columns, labels)


def read_table(
    source: str | os.PathLike[str],
    *,
    columns: Sequence[str] = (),
    labels: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    where: str | None = None,
    allow_empty: bool = False,
) -> DataTable:
    """Read the numbers of a file or built-in data set; parameters as for `inspect_table`.

    With `allow_empty` a column that is asked for may be without any value, as new rows for a model may have it.

    Raises
    ------
    HiddenmixError : as `inspect_table`; and HM103 no column of numbers, HM112 text, HM113 dates, HM116 infinity or
        HM118 no value in a used column
    """
    return OpenTable(source, missing=missing, where=where).read(columns, labels, allow_empty)


def read_labels(
    source: str | os.PathLike[str], labels: Sequence[str], *, missing: Sequence[str] = (), where: str | None = None
) -> DataTable:
    """Read some columns of a file or built-in data set as labels, of whatever kind; `values` has no column.

    Raises
    ------
    HiddenmixError : as `inspect_table`
    """
    return OpenTable(source, missing=missing, where=where).read_labels(labels)


def _fetched(kept: Kept, inspection: Inspection) -> DataTable:
    """The used columns as numbers, and the labels."""
    names, columns = kept.source.names, inspection.columns
    wanted = [j for j, column in enumerate(columns) if column.use != "set aside"]
    place = {j: i for i, j in enumerate(j for j in wanted if columns[j].use == "used")}
    values = np.empty((inspection.n_rows, len(place)), np.float64)
    known: dict[str, NDArray[Any]] = {}
    rows = np.arange(0)
    for some in list(kept.few(wanted)) or [[]]:
        cells = "".join(f", {identifier(names[j])} AS c{j}" for j in some)
        query = f"SELECT {ROW} AS row{cells} FROM {kept.some(some)}"
        fetched = kept.source.connection.execute(query).fetchnumpy()
        rows = np.asarray(fetched["row"], np.int64)
        order = slice(None) if np.all(np.diff(rows) > 0) else np.argsort(rows)
        rows = rows[order]
        for j in some:
            column = np.ma.asarray(fetched[f"c{j}"])[order]
            if j in place:
                empty = columns[j].kind == "empty"
                values[:, place[j]] = np.nan if empty else np.ma.filled(column.astype(np.float64), np.nan)
            else:
                known[names[j]] = _label_values(column)
    return DataTable(inspection, values, known, rows)


def _label_values(column: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    """Labels as they read in the file: whole numbers without a decimal point, None where missing."""
    data, absent = column.data, np.ma.getmaskarray(column)
    if data.dtype.kind == "f" and np.all(absent | (data == np.floor(data))):
        data = np.where(absent, 0, data).astype(np.int64)
    if absent.any():
        data = data.astype(object)
        data[absent] = None
    return data
