"""What is counted and fetched: cells as texts, numbers as numbers, and the rows that pass a filter.

The time that a query over many columns takes grows faster than their number. So a table in memory is asked for a few of
them at a time; a file that would be read again for every query is asked for all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hiddenmix._errors import HiddenmixError
from hiddenmix.io._columns import Kind
from hiddenmix.io._dialect import identifier, literal
from hiddenmix.io._sources import ROW, Source, raw

__all__ = ["Kept", "cell", "define_cells", "few", "is_text", "read_cell", "texts"]

_DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
_WORDS = ("true", "false", "yes", "no", "t", "f", "y", "n")
TOGETHER = 4  # columns that one query looks at


def cell(column: int) -> str:
    """The cells of a text column without spaces around them, NULL where missing."""
    return identifier(f"\x1fcell {column}")


def read_cell(column: int) -> str:
    """The same as an expression over ``base``; a level of its own, because macros repeat their argument."""
    return f"hm_cell({raw(column)}::VARCHAR) AS {cell(column)}"


def is_text(stored: str) -> bool:
    """Whether a type of DuckDB holds texts."""
    return stored == "VARCHAR" or stored.startswith("ENUM")


def texts(source: Source) -> list[int]:
    """The columns that hold texts."""
    return [j for j, kind in enumerate(source.types) if is_text(kind)]


def define_cells(source: Source, missing: Sequence[str]) -> None:
    """Make the macros that read cells: ``hm_cell``, ``hm_point``, ``hm_comma`` and ``hm_reads_as``."""
    nulls, words = (", ".join(map(literal, some)) for some in (missing, _WORDS))
    formats = ", ".join(map(literal, _DATE_FORMATS))
    for macro in (
        f"hm_cell(x) AS CASE WHEN trim(x) IN ({nulls}) THEN NULL ELSE trim(x) END",
        "hm_point(t) AS CASE WHEN contains(t, '_') THEN NULL ELSE try_cast(t AS DOUBLE) END",  # 1_000 is no number
        "hm_comma(t) AS CASE WHEN contains(t, '.') THEN NULL ELSE hm_point(replace(t, ',', '.')) END",
        # What a cell reads as: 0 a whole number, 1 with a point, 2 with a comma, 3 yes or no, 4 a date, 5 something
        # else. CASE asks the costly questions only where they are left.
        "hm_reads_as(t) AS CASE WHEN t IS NULL THEN NULL "
        "WHEN hm_point(t) IS NOT NULL THEN CASE WHEN contains(t, '.') THEN 1 ELSE 0 END "
        "WHEN hm_comma(t) IS NOT NULL THEN 2 "
        f"WHEN lower(t) IN ({words}) THEN 3 "
        "WHEN try_cast(t AS TIMESTAMP) IS NOT NULL OR try_cast(t AS TIME) IS NOT NULL THEN 4 "
        f"WHEN try_strptime(t, [{formats}]) IS NOT NULL THEN 4 ELSE 5 END",
    ):
        source.connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def few(source: Source, columns: list[int]) -> Iterator[list[int]]:
    """A few columns at a time; all at once where each query would read the file again."""
    size = TOGETHER if _held(source) else max(len(columns), 1)
    return (columns[i : i + size] for i in range(0, len(columns), size))


def _held(source: Source) -> bool:
    """Whether the file is in memory."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'base'"
    return bool(source.connection.execute(query).fetchall()[0][0])


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows that a filter keeps.

    Attributes
    ----------
    kinds : of the columns; cells of those of numbers are numbers
    comma : whether texts have decimal commas
    where : a condition over the columns by their names, or None
    """

    source: Source
    kinds: Sequence[Kind]
    comma: bool
    where: str | None

    def settle(self) -> None:
        """Evaluate the filter.

        Raises
        ------
        HiddenmixError : HM406 it cannot be evaluated
        """
        if not self.where:
            return
        con, named = self.source.connection, self._named()
        query = f"SELECT {ROW} FROM {self._typed(named)} WHERE ({self.where}\n)"
        try:
            if _held(self.source):
                con.execute(f"CREATE OR REPLACE TEMP TABLE hm_rows AS {query}")
            else:  # comparisons fail when they are run, not before
                con.execute(f"SELECT count(*) FROM ({query})").fetchall()
        except Exception as error:
            why = str(error).splitlines()[0].partition("Error: ")[2] or "it is no condition"
            fix = f"the columns are {', '.join(self.source.names)}"
            raise HiddenmixError("HM406", f"--where {self.where!r}: {why}", fix) from None

    def some(self, columns: Sequence[int]) -> str:
        """A relation of some columns by their own names, their cells, and ``base``; of the rows that are kept."""
        if not self.where:
            return self._typed(columns)
        if _held(self.source):
            return f"(SELECT * FROM {self._typed(columns)} WHERE {ROW} IN (SELECT {ROW} FROM hm_rows))"
        return f"(SELECT * FROM {self._typed(sorted({*columns, *self._named()}))} WHERE ({self.where}\n))"

    def few(self, columns: list[int]) -> Iterator[list[int]]:
        """A few columns at a time, for `some`."""
        return few(self.source, columns)

    def _named(self) -> list[int]:
        """The columns whose names stand in the filter: it can speak of no other one, unless of all (``*``)."""
        said, names = (self.where or "").casefold(), self.source.names
        every = "*" in said or "columns" in said
        return [j for j, name in enumerate(names) if every or identifier(name)[1:-1].casefold() in said]

    def _typed(self, columns: Sequence[int]) -> str:
        """Some columns of all rows: numbers as numbers, so that a filter can compare them."""
        cells = "".join(f", {read_cell(j)}" for j in columns if is_text(self.source.types[j]))
        typed = "".join(f"{self._value(j)} AS {identifier(self.source.names[j])}, " for j in columns)
        return f"(SELECT {typed}read.* FROM (SELECT base.*{cells} FROM base) AS read)"

    def _value(self, j: int) -> str:
        value, stored, kind = raw(j), self.source.types[j], self.kinds[j]
        if is_text(stored):
            return f"hm_{'comma' if self.comma else 'point'}({cell(j)})" if kind == "number" else cell(j)
        if kind == "number":
            return f"CASE WHEN isnan({value}::DOUBLE) THEN NULL ELSE {value}::DOUBLE END"
        return value
