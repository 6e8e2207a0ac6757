"""Counting, in two rounds over the file: what kind of value each column holds, then its facts.

The first round settles the kinds and the decimal mark on all rows; the second counts the rows that pass the filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hiddenmix.io._columns import Column, Facts, Kind
from hiddenmix.io._dialect import Dialect, identifier
from hiddenmix.io._relations import Kept, cell, define_cells, few, is_text, read_cell, texts
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


def profile(source: Source, missing: Sequence[str], where: str | None) -> tuple[list[Column], Dialect | None, Kept]:
    """The columns with their kinds and facts, the dialect with its decimal mark, and the rows that were counted.

    Raises
    ------
    HiddenmixError : HM406 the filter cannot be evaluated
    """
    define_cells(source, missing)
    mixes = _mixes(source)
    comma = _uses_comma(source, mixes)
    dialect = replace(source.dialect, decimal=",") if source.dialect is not None and comma else source.dialect
    kept = Kept(source, [_kind(kind, mixes.get(j), comma) for j, kind in enumerate(source.types)], comma, where)
    kept.settle()
    columns = [Column(name, _settled(kind, f), f) for name, kind, f in zip(source.names, kept.kinds, _count(kept))]
    return columns, dialect, kept


def _mixes(source: Source) -> dict[int, _Mix]:
    """What the texts of each text column look like."""
    found: dict[int, _Mix] = {}
    for some in few(source, texts(source)):
        counts = ", ".join(f"count(*) FILTER (WHERE t{j} = {kind})" for j in some for kind in range(6))
        readings = ", ".join(f"hm_reads_as({cell(j)}) AS t{j}" for j in some)
        cells = ", ".join(read_cell(j) for j in some)
        query = f"SELECT {counts} FROM (SELECT {readings} FROM (SELECT {cells} FROM base))"
        row = source.connection.execute(query).fetchall()[0]
        found |= {j: _Mix(*row[6 * i : 6 * i + 6]) for i, j in enumerate(some)}
    return found


def _uses_comma(source: Source, mixes: dict[int, _Mix]) -> bool:
    """Whether the file writes decimal commas: in more cells than decimal points, and not as its separator."""
    if source.dialect is None or source.dialect.separator == ",":
        return False
    return sum(m.commas for m in mixes.values()) > sum(m.points for m in mixes.values())


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


def _count(kept: Kept) -> list[Facts]:
    """The facts of every column over the kept rows."""
    facts, source = [], kept.source
    for columns in kept.few(list(range(len(kept.kinds)))):
        wanted = [_counts(source, j, kept.kinds[j]) for j in columns]
        everything = ", ".join(["count(*)", *(term for terms in wanted for term in terms)])
        n_rows, *counts = source.connection.execute(f"SELECT {everything} FROM {kept.some(columns)}").fetchall()[0]
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


def _counts(source: Source, j: int, kind: Kind) -> list[str]:
    """What to count of column `j`, in the order of the parameters of `_facts`."""
    value, text = identifier(source.names[j]), cell(j)
    terms = [f"count({value})", f"count(DISTINCT {value}::VARCHAR)"]
    if kind == "number":
        terms[1] = f"count(DISTINCT {value})"
        terms += [
            f"min({value})",
            f"max({value})",
            f"bool_and({value} = floor({value}))",
            f"min({ROW}) FILTER (WHERE isinf({value}))",
        ]
        if is_text(source.types[j]):
            bad = f"FILTER (WHERE {text} IS NOT NULL AND {value} IS NULL)"
            terms += [
                f"count(*) {bad}",
                f"min({ROW}) {bad}",
                f"list(DISTINCT {text}) {bad}",
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
