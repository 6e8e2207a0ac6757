"""Opening what the user named: a CSV, Parquet or JSON file, or a built-in data set, as a DuckDB table of raw cells."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiddenmix import datasets
from hiddenmix._errors import HiddenmixError
from hiddenmix.io._dialect import Dialect, identifier, literal, scan_csv
from hiddenmix.io._interrupt import interruptible
from hiddenmix.io._limits import Watch, parquet_size, unpacked_size

if TYPE_CHECKING:
    import duckdb

__all__ = ["MISSING", "ROW", "Source", "open_source", "raw"]

#: Spellings of a missing cell that are understood without being told; compared after trimming spaces.
MISSING = ("", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "NULL", "Null", "null", "None", "none")

#: The row number as SQL wants it; the mark in front keeps it apart from any column of the user's.
ROW = identifier("\x1frow")

_IN_MEMORY = 256 << 20  # bytes, unpacked; larger files are read again for each pass instead of being held
_PARQUET = (".parquet", ".pq")
_JSON = (".json", ".jsonl", ".ndjson")
_OTHER = {
    ".xlsx": "Excel",
    ".xls": "Excel",
    ".ods": "OpenDocument",
    ".npy": "NumPy",
    ".npz": "NumPy",
    ".pkl": "pickle",
    ".feather": "Feather",
    ".rds": "R",
    ".rdata": "R",
    ".sav": "SPSS",
    ".dta": "Stata",
    ".hmx": "hiddenmix model",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A DuckDB connection whose relation ``base`` has the columns `ROW` (from 1) and ``raw(0)``, ``raw(1)``, ...

    Attributes
    ----------
    name : the file's name, or the data set's
    names, types : of the columns, in the file's order; types as DuckDB writes them
    dialect : of a text file, else None
    labels : the columns that a built-in data set knows to be labels
    """

    connection: duckdb.DuckDBPyConnection
    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    dialect: Dialect | None = None
    labels: tuple[str, ...] = ()


def open_source(name: str | os.PathLike[str], missing: tuple[str, ...] = MISSING, watch: Watch | None = None) -> Source:
    """Open a file or a built-in data set of that name; under `watch` it is held, and no other file can be opened.

    Raises
    ------
    HiddenmixError : HM101 no such file, HM102 not readable as a table, HM105 beyond the limits, HM408 DuckDB is not
        installed
    """
    con = _connect(watch)
    path = Path(name)
    if not path.is_file() and str(name) in datasets.names():
        return _open_builtin(con, str(name))
    if not path.exists():
        raise _not_found(path)
    if path.is_dir():
        raise HiddenmixError("HM102", f"{str(name)!r} is a folder, not a file")
    with interruptible(con), watch.on(con) if watch else nullcontext():
        source = _open_file(con, path, path.name, missing, watch)
        if watch:
            con.execute("SET enable_external_access=false")
            con.execute("SET lock_configuration=true")
    return source


def raw(column: int) -> str:
    """The cells of a column as they are in the file, as SQL wants it."""
    return identifier(f"\x1f{column}")


def _connect(watch: Watch | None) -> duckdb.DuckDBPyConnection:
    try:
        import duckdb
    except ImportError:
        raise HiddenmixError(
            "HM408", "reading files needs DuckDB, which is not installed", 'pip install "hiddenmix[cli]"'
        ) from None
    # No extension may be fetched from the network, whatever the file's name looks like.
    options = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(config=options | (watch.limits.options if watch else {}))


def _open_builtin(con: duckdb.DuckDBPyConnection, name: str) -> Source:
    data = datasets.load(name)
    stored = resources.files("hiddenmix.datasets") / "data" / f"{name}.csv"
    if stored.is_file():
        with resources.as_file(stored) as path:
            source = _open_file(con, path, name, MISSING)
        return Source(con, name, source.names, source.types, None, tuple(data.labels))
    arrays: dict[str, Any] = dict(zip(data.columns, data.data.T.copy())) | dict(data.labels) | dict(data.extra)
    con.register(
        "given", {key: array if array.dtype.kind in "fi" else array.astype(object) for key, array in arrays.items()}
    )
    return _source(con, "given", name, None, tuple(data.labels))


def _open_file(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, missing: tuple[str, ...], watch: Watch | None = None
) -> Source:
    """A file as a table, or as a view where it is large and its size is not limited."""
    import duckdb

    kinds = [suffix.lower() for suffix in path.suffixes]
    last = kinds[-1] if kinds else ""
    _refuse_no_table(path, name, last)
    pattern = literal(re.sub(r"([*?\[])", r"[\1]", str(path)))  # DuckDB would take these as wildcards
    dialect = None
    try:
        if last in _PARQUET:
            scan, size = f"read_parquet({pattern})", _parquet(con, pattern, watch)
        else:
            if watch:
                watch.refuse_unpacked(path)
            size = unpacked_size(path)
            if last in _JSON or (kinds[-2:-1] and kinds[-2] in _JSON):
                scan = f"read_json({pattern})"
            else:
                scan, dialect = scan_csv(con, path, pattern, missing)
        return _source(con, scan, name, dialect, in_memory=watch is not None or size < _IN_MEMORY)
    except duckdb.Error as error:
        if watch and isinstance(error, duckdb.InterruptException | duckdb.OutOfMemoryException):
            raise
        raise _unreadable(name, str(error)) from error


def _parquet(con: duckdb.DuckDBPyConnection, pattern: str, watch: Watch | None) -> int:
    """About how many bytes a Parquet file holds; HM105 where these are too many."""
    rows, columns, size = parquet_size(con, pattern)
    if watch:
        watch.limits.refuse_fetching(rows, columns, 0)
    return size


def _refuse_no_table(path: Path, name: str, last: str) -> None:
    """HM102 and HM110 where the name or the size says that there is no table in the file."""
    if last in _OTHER:
        raise HiddenmixError(
            "HM102",
            f"{name!r} is a file of the kind {_OTHER[last]}, which is not read here",
            "save it as CSV or Parquet",
        )
    if path.stat().st_size == 0:
        raise HiddenmixError("HM110", f"{name!r} is empty", "a file that was written or copied to its end")


def _source(
    con: duckdb.DuckDBPyConnection,
    scan: str,
    name: str,
    dialect: Dialect | None,
    labels: tuple[str, ...] = (),
    in_memory: bool = True,
) -> Source:
    described = con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    names, types = [row[0] for row in described], [row[1] for row in described]
    cells = ", ".join(f"{identifier(column)} AS {raw(j)}" for j, column in enumerate(names))
    kind = "TABLE" if in_memory else "VIEW"
    con.execute(f"CREATE TEMP {kind} base AS SELECT row_number() OVER () AS {ROW}, {cells} FROM {scan}")
    return Source(con, name, tuple(names), tuple(types), dialect, labels)


def _not_found(path: Path) -> HiddenmixError:
    where = "here" if path.parent == Path() else f"in {str(path.parent)!r}"
    message = f"no file called {path.name!r} {where}"
    builtin = get_close_matches(path.stem, datasets.names(), n=1, cutoff=0.7)
    if builtin:
        return HiddenmixError(
            "HM101", message, f"did you mean the built-in data set {builtin[0]!r}?   hiddenmix fit {builtin[0]}"
        )
    beside = sorted(p.name for p in path.parent.iterdir() if p.is_file()) if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, n=1)
    return HiddenmixError(
        "HM101",
        message,
        f"did you mean {str(path.parent / near[0])!r}?"
        if near
        else "`hiddenmix datasets` lists the built-in data sets",
    )


def _unreadable(name: str, detail: str) -> HiddenmixError:
    line = re.search(r"CSV Error on Line: (\d+)", detail)
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", detail)
    if line and cells:
        return HiddenmixError(
            "HM102",
            f"line {line[1]} of {name!r} has {cells[2]} cells where {cells[1]} are expected",
            "a separator inside a text needs quotes around the text",
        )
    why = re.sub(r"^[\w ]*Error: ", "", detail.split("\n")[0])
    why = re.sub(r"[\w/.\\:-]*[/\\]", "", why)  # the file's own name is enough
    return HiddenmixError(
        "HM102", f"{name!r} cannot be read as a table: {why}", "is it complete, and of the kind that its name says?"
    )
