"""The dialect of a text file, and the scan that reads all its cells as texts."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hiddenmix._errors import HiddenmixError

if TYPE_CHECKING:
    import duckdb

__all__ = ["Dialect", "identifier", "literal", "scan_csv"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file was understood; `header` tells whether its first line holds the names."""

    separator: str
    header: bool
    encoding: str
    decimal: str = "."

    def __str__(self) -> str:
        separator = {"\t": "tab"}.get(self.separator, repr(self.separator))
        encoding = "" if self.encoding == "utf-8" else f", encoding {self.encoding}"
        return f"separator {separator}, decimal {self.decimal!r}, header {'yes' if self.header else 'no'}{encoding}"


def scan_csv(con: duckdb.DuckDBPyConnection, path: Path, pattern: str, missing: tuple[str, ...]) -> tuple[str, Dialect]:
    """The scan that reads all cells as texts, in the dialect that the file's first rows show."""
    encoding = _encoding(path)
    options = f"encoding={literal(encoding)}"
    known = _separator(path, encoding)
    nulls = ", ".join(literal(text) for text in missing)
    sniff = f"SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, Columns FROM sniff_csv({pattern}, {options}"
    given = f", delim={literal(known)}" if known else ""
    separator, quote, escape, skip, header, columns = con.execute(f"{sniff}{given}, nullstr=[{nulls}])").fetchall()[0]
    if header:  # once more for the names, of which one may be spelled like a missing cell
        columns = con.execute(f"{sniff}, delim={literal(separator)}, skip={skip}, header=true)").fetchall()[0][-1]
    _refuse_skipped(path, encoding, separator, skip, len(columns))
    names = [column["name"] for column in columns]
    # A file whose first rows have no quotes may have some later.
    quote, escape = ('"' if mark == "(empty)" else mark for mark in (quote, escape))
    if len(names) == 1 and (found := re.search(r"[,;\t|]", names[0])):
        raise HiddenmixError(
            "HM102",
            f"{path.name!r} has rows of differing lengths: its first line is separated by "
            f"{found[0]!r}, but others have more or fewer cells",
        )
    texts = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"
    scan = (
        f"read_csv({pattern}, auto_detect=false, delim={literal(separator)}, quote={literal(quote)}, "
        f"escape={literal(escape)}, skip={skip}, header={header}, {options}, columns={texts})"
    )
    return scan, Dialect(separator, bool(header), encoding)


def _refuse_skipped(path: Path, encoding: str, separator: str, skip: int, width: int) -> None:
    """HM102 where the lines that DuckDB would leave out at the top are rows, of fewer cells or more."""
    lines = _head(path, 1 << 16).decode(encoding, errors="replace").splitlines()[:skip]
    for i, line in enumerate(lines):
        cells = re.sub(r'"[^"]*"', "", line).count(separator) + 1
        if cells > 1 and not line.startswith("#"):
            raise HiddenmixError(
                "HM102",
                f"line {i + 1} of {path.name!r} has {cells} cells where later ones have {width}",
                "a separator inside a text needs quotes around the text; a remark begins with #",
            )


def _separator(path: Path, encoding: str) -> str | None:
    """A tab, semicolon or bar that every one of the first lines has equally often; None leaves it to DuckDB.

    DuckDB takes the separator that makes most columns, and so the decimal commas of a file separated by semicolons.
    """
    lines = _head(path, 1 << 16).decode(encoding, errors="replace").splitlines()[:50]
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines[: max(1, len(lines) - 1)] if line.strip()]
    for mark in "\t;|":
        counts = {line.count(mark) for line in bare}
        if len(counts) == 1 and counts != {0}:
            return mark
    return None


def _head(path: Path, size: int) -> bytes:
    """The first bytes, nothing of a file that cannot be read: DuckDB will say what is wrong with it."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error):
        return b""


def _encoding(path: Path) -> str:
    """UTF-8 unless the first bytes say UTF-16, or do not make UTF-8."""
    head = _head(path, 1 << 20)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.start > len(head) - 4 else "latin-1"  # the last character may be cut in two
    return "utf-8"


def identifier(name: str) -> str:
    """A column name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL wants it."""
    return "'" + text.replace("'", "''") + "'"
