"""Counting, in two rounds over the file: what kind of value each column holds, then its facts.

The first round settles the kinds and the decimal mark on all rows. It makes the view ``typed``, where numbers are
numbers, so that a filter can compare them; the view ``kept`` has the rows that pass it, and is what gets counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hiddenmix._errors import HiddenmixError
from hiddenmix.io._columns import Column, Facts, Kind
from hiddenmix.io._dialect import Dialect, identifier, literal
from hiddenmix.io._sources import ROW, Source, raw

__all__ = ["profile"]

_NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "BIGNUM",
)
_DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
_WORDS = ("true", "false", "yes", "no", "t", "f", "y", "n")
TOGETHER = 4  # columns that one query looks at: what the planning of a query costs grows faster than their number
_LEVELS = 50  # texts with more different values than this are no category


@dataclass(frozen=True, slots=True)
class _Mix:
    """How many cells of a text column read as what, each counted once; missing cells are not among them."""

    whole: int
    points: int  # numbers with a decimal point
    commas: int  # numbers with a decimal comma
    words: int  # yes and no, true and false
    dates: int
    other: int

    @property
    def cells(self) -> int:
        """All cells that hold something."""
        return self.whole + self.points + self.commas + self.words + self.dates + self.other


def profile(source: Source, missing: Sequence[str], where: str | None) -> tuple[list[Column], Dialect | None]:
    """The columns with their kinds and facts, and the dialect with its decimal mark.

    Raises
    ------
    HiddenmixError : HM406 the filter cannot be evaluated
    """
    _define_cells(source, missing)
    mixes = _mixes(source)
    comma = _uses_comma(source, mixes)
    dialect = replace(source.dialect, decimal=",") if source.dialect is not None and comma else source.dialect
    kinds = [_kind(kind, mixes.get(j), comma) for j, kind in enumerate(source.types)]
    _define_views(source, kinds, comma, where)
    facts = _count(source, kinds, comma, where)
    columns = [Column(name, _settled(kind, f), f) for name, kind, f in zip(source.names, kinds, facts)]
    return columns, dialect


def _cell(column: int) -> str:
    """The cells of a text column without spaces around them, NULL where missing; a column of the view ``cells``."""
    return identifier(f"\x1fcell {column}")


def _define_cells(source: Source, missing: Sequence[str]) -> None:
    nulls, words = (", ".join(map(literal, texts)) for texts in (missing, _WORDS))
    formats = ", ".join(map(literal, _DATE_FORMATS))
    for macro in (
        f"hm_cell(x) AS CASE WHEN trim(x) IN ({nulls}) THEN NULL ELSE trim(x) END",
        "hm_point(t) AS CASE WHEN contains(t, '_') THEN NULL ELSE try_cast(t AS DOUBLE) END",  # 1_000 is no number
        "hm_comma(t) AS CASE WHEN contains(t, '.') THEN NULL ELSE hm_point(replace(t, ',', '.')) END",
        # What a cell reads as, in the order of `_Mix`; CASE asks the costly questions only where they are left.
        "hm_reads_as(t) AS CASE WHEN t IS NULL THEN NULL "
        "WHEN hm_point(t) IS NOT NULL THEN CASE WHEN contains(t, '.') THEN 1 ELSE 0 END "
        "WHEN hm_comma(t) IS NOT NULL THEN 2 "
        f"WHEN lower(t) IN ({words}) THEN 3 "
        "WHEN try_cast(t AS TIMESTAMP) IS NOT NULL OR try_cast(t AS TIME) IS NOT NULL THEN 4 "
        f"WHEN try_strptime(t, [{formats}]) IS NOT NULL THEN 4 ELSE 5 END",
    ):
        source.connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    # A level of its own, because macros repeat their argument wherever they use it.
    cells = "".join(f", {_read(source, j)}" for j in _texts(source))
    source.connection.execute(f"CREATE OR REPLACE TEMP VIEW cells AS SELECT base.*{cells} FROM base")


def _texts(source: Source) -> list[int]:
    """The columns that hold texts."""
    return [j for j, kind in enumerate(source.types) if _is_text(kind)]


def _read(source: Source, j: int) -> str:
    """The cells of a text column, from ``base``."""
    return f"hm_cell({raw(j)}::VARCHAR) AS {_cell(j)}"


def _mixes(source: Source) -> dict[int, _Mix]:
    """What the texts of each text column look like."""
    found: dict[int, _Mix] = {}
    for texts in _batches(source, _texts(source)):
        counts = ", ".join(f"count(*) FILTER (WHERE t{j} = {kind})" for j in texts for kind in range(6))
        readings = ", ".join(f"hm_reads_as({_cell(j)}) AS t{j}" for j in texts)
        cells = ", ".join(_read(source, j) for j in texts)
        query = f"SELECT {counts} FROM (SELECT {readings} FROM (SELECT {cells} FROM base))"
        row = source.connection.execute(query).fetchall()[0]
        found |= {j: _Mix(*row[6 * i : 6 * i + 6]) for i, j in enumerate(texts)}
    return found


def _batches(source: Source, columns: list[int]) -> Iterator[list[int]]:
    """A few columns at a time; all at once where each query would read the file again."""
    held = source.connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'base'").fetchall()[0][0]
    size = TOGETHER if held else max(len(columns), 1)
    return (columns[i : i + size] for i in range(0, len(columns), size))


def _uses_comma(source: Source, mixes: dict[int, _Mix]) -> bool:
    """Whether the file writes decimal commas: in more cells than decimal points, and not as its separator."""
    if source.dialect is None or source.dialect.separator == ",":
        return False
    return sum(m.commas for m in mixes.values()) > sum(m.points for m in mixes.values())


def _is_text(kind: str) -> bool:
    return kind == "VARCHAR" or kind.startswith("ENUM")


def _kind(stored: str, mix: _Mix | None, comma: bool) -> Kind:
    """The kind of a column, from its stored type or from what its texts look like; text may yet be a category."""
    if mix is None:
        if stored.endswith("]"):  # a list, whatever its items are
            return "other"
        if stored.startswith(_NUMERIC):
            return "number"
        if stored.startswith(("DATE", "TIME", "INTERVAL")):
            return "date"
        return "boolean" if stored == "BOOLEAN" else "other"
    numbers = mix.whole + (mix.commas if comma else mix.points)
    if mix.cells == 0:
        return "empty"
    if mix.words == mix.cells:
        return "boolean"
    if 2 * numbers > mix.cells:
        return "number"
    return "date" if 2 * mix.dates > mix.cells else "text"


def _typed(source: Source, j: int, kind: Kind, comma: bool) -> str:
    """A column by its own name: numbers as numbers, from ``cells``."""
    value, stored = raw(j), source.types[j]
    if _is_text(stored):
        value = f"hm_{'comma' if comma else 'point'}({_cell(j)})" if kind == "number" else _cell(j)
    elif kind == "number":
        value = f"CASE WHEN isnan({value}::DOUBLE) THEN NULL ELSE {value}::DOUBLE END"
    return f"{value} AS {identifier(source.names[j])}"


def _define_views(source: Source, kinds: list[Kind], comma: bool, where: str | None) -> None:
    typed = [_typed(source, j, kind, comma) for j, kind in enumerate(kinds)]
    con = source.connection
    con.execute(f"CREATE OR REPLACE TEMP VIEW typed AS SELECT {', '.join(typed)}, cells.* FROM cells")
    con.execute("CREATE OR REPLACE TEMP VIEW kept AS SELECT * FROM typed")
    if not where:
        return
    try:
        con.execute(f"CREATE OR REPLACE TEMP VIEW kept AS SELECT * FROM typed WHERE ({where}\n)")
        con.execute("SELECT count(*) FROM kept").fetchall()  # comparisons fail when they are run, not before
    except Exception as error:
        why = str(error).splitlines()[0].partition("Error: ")[2] or "it is no condition"
        fix = f"the columns are {', '.join(source.names)}"
        raise HiddenmixError("HM406", f"--where {where!r}: {why}", fix) from None


def _count(source: Source, kinds: list[Kind], comma: bool, where: str | None) -> list[Facts]:
    """The facts of every column over the kept rows."""
    facts = []
    for columns in _batches(source, list(range(len(kinds)))):
        wanted = [_counts(source, j, kinds[j]) for j in columns]
        everything = ", ".join(["count(*)", *(term for terms in wanted for term in terms)])
        rows = "kept" if where else _some(source, kinds, comma, columns)
        n_rows, *counts = source.connection.execute(f"SELECT {everything} FROM {rows}").fetchall()[0]
        for terms in wanted:
            facts.append(_facts(n_rows, *counts[: len(terms)]))
            del counts[: len(terms)]
    return _with_texts(source, facts)


def _with_texts(source: Source, facts: list[Facts]) -> list[Facts]:
    """The facts with the first text of each column of numbers, as it stands in the file.

    It is fetched by its row: next to a count of different values, arg_min would hold every text of the file.
    """
    first = {j: told.text[0] for j, told in enumerate(facts) if told.text}
    if not first:
        return facts
    cells, rows = ", ".join(raw(j) for j in first), ", ".join(map(str, sorted(set(first.values()))))
    found = source.connection.execute(f"SELECT {ROW}, {cells} FROM base WHERE {ROW} IN ({rows})").fetchall()
    texts = {(row, j): text for row, *there in found for j, text in zip(first, there)}
    return [replace(told, text=(first[j], texts[first[j], j])) if j in first else told for j, told in enumerate(facts)]


def _some(source: Source, kinds: list[Kind], comma: bool, columns: list[int]) -> str:
    """Some columns of ``kept``, where no row is left out."""
    cells = "".join(f", {_read(source, j)}" for j in columns if _is_text(source.types[j]))
    typed = ", ".join(_typed(source, j, kinds[j], comma) for j in columns)
    return f"(SELECT {typed}, read.* FROM (SELECT base.*{cells} FROM base) AS read)"


def _counts(source: Source, j: int, kind: Kind) -> list[str]:
    """What to count of column `j`, in the order of the parameters of `_facts`."""
    value, cell = identifier(source.names[j]), _cell(j)
    terms = [f"count({value})", f"count(DISTINCT {value}::VARCHAR)"]
    if kind == "number":
        terms[1] = f"count(DISTINCT {value})"
        terms += [
            f"min({value})",
            f"max({value})",
            f"bool_and({value} = floor({value}))",
            f"min({ROW}) FILTER (WHERE isinf({value}))",
        ]
        if _is_text(source.types[j]):
            bad = f"FILTER (WHERE {cell} IS NOT NULL AND {value} IS NULL)"
            terms += [
                f"count(*) {bad}",
                f"min({ROW}) {bad}",
                f"list(DISTINCT {cell}) {bad}",
            ]
    return terms


def _facts(
    n: int,
    present: int,
    distinct: int,
    low: float | None = None,
    high: float | None = None,
    whole: bool | None = None,
    infinite: int | None = None,
    texts: int = 0,
    row: int = 0,
    spellings: Sequence[str] | None = None,
) -> Facts:
    return Facts(
        n,
        n - present - texts,
        distinct,
        low,
        high,
        bool(whole),
        (row, "") if texts else None,
        tuple(sorted(spellings or ())[:4]),
        infinite,
    )


def _settled(kind: Kind, facts: Facts) -> Kind:
    """The kind once the different values are counted."""
    if facts.n and facts.n_missing == facts.n:
        return "empty"
    if kind == "number" and facts.text is None and (facts.low, facts.high, facts.n_distinct) == (0, 1, 2):
        return "boolean"
    if kind == "text" and facts.n_distinct <= min(_LEVELS, (facts.n - facts.n_missing) / 2):
        return "category"
    return kind
