"""How large a file is once it is unpacked, and limits on what reading one that comes from elsewhere may take."""

from __future__ import annotations

import gzip
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiddenmix._errors import HiddenmixError

if TYPE_CHECKING:
    import duckdb

__all__ = ["Limits", "Watch", "parquet_size", "unpacked_size"]

SAMPLE = 256 << 10  # packed bytes from which the size of the rest is estimated
DEFLATE = 1032  # no byte of a .gz holds more bytes than that
CHUNK = 1 << 20
NUMBER, LABEL = 17, 65  # bytes of a cell while it is fetched: the value, its mask and its copy; a text of its own
LOOK = 0.05  # seconds between two looks at the clock


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading a table may take: for files that somebody sends, which can be made to unpack to anything.

    Attributes
    ----------
    memory : bytes that DuckDB may use; it never writes to a disk then
    unpacked : bytes of a packed file once it is unpacked
    fetched : bytes while the used columns become arrays
    seconds : until it must be done
    stopped : whether nobody waits for it any more
    fix : what to do about a file that is refused
    """

    memory: int = 10**9
    unpacked: int = 500 * 10**6
    fetched: int = 600 * 10**6
    seconds: float = 120.0
    stopped: Callable[[], bool] = lambda: False
    fix: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """The limits that DuckDB keeps by itself."""
        return {"memory_limit": f"{self.memory}B", "temp_directory": "", "max_temp_directory_size": "0B", "threads": 2}

    def refusal(self, what: str) -> HiddenmixError:
        """The error for a file that would take too much: HM105."""
        return HiddenmixError("HM105", what, self.fix)

    def refuse_fetching(self, rows: int, numbers: int, labels: int) -> None:
        """HM105 where so many cells are too many to be held."""
        if rows * (8 + NUMBER * numbers + LABEL * labels) > self.fetched:
            what = f"{rows:,} rows of {numbers + labels} column{'s' * (numbers + labels != 1)} are more than fit here"
            raise self.refusal(what)


class Watch:
    """One reading under limits: whatever DuckDB does for it is ended where it takes too long.

    Raises
    ------
    HiddenmixError : HM105, out of `on` and `refuse_unpacked`
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self._end = limits, time.monotonic() + limits.seconds

    @contextmanager
    def on(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Look after all queries of this connection meanwhile."""
        import duckdb

        if self._over():
            raise self._late()
        done = threading.Event()

        def look() -> None:
            while not done.wait(LOOK):
                if self._over():
                    connection.interrupt()  # again and again, for the next query begins anew

        watching = threading.Thread(target=look, name="hiddenmix: reading", daemon=True)
        watching.start()
        try:
            yield
        except duckdb.OutOfMemoryException:
            raise self.limits.refusal(f"reading it takes more than {self.limits.memory / 1e6:g} MB of memory") from None
        except duckdb.InterruptException:
            if not self._over():
                raise  # somebody else ended it
            raise self._late() from None
        finally:
            done.set()
            watching.join()

    def refuse_unpacked(self, path: Path) -> None:
        """HM105 where a .gz has too much in it; it is unpacked piece by piece, and nothing of it is kept."""
        most, size = self.limits.unpacked, 0
        if path.suffix.lower() != ".gz" or path.stat().st_size * DEFLATE <= most:
            return
        try:
            with gzip.open(path, "rb") as file:
                while piece := file.read(CHUNK):
                    size += len(piece)
                    if size > most:
                        raise self.limits.refusal(f"unpacked, the file is larger than {most / 1e6:g} MB")
                    if self._over():
                        raise self._late()
        except (OSError, EOFError, zlib.error):
            return  # DuckDB will say what is wrong with it

    def _over(self) -> bool:
        return self.limits.stopped() or time.monotonic() > self._end

    def _late(self) -> HiddenmixError:
        late = f"reading it takes more than {self.limits.seconds:g} s"
        return self.limits.refusal("nobody waits for it any more" if self.limits.stopped() else late)


def unpacked_size(path: Path) -> int:
    """About how many bytes of text a file holds; of a .gz estimated from its beginning and its last four bytes."""
    size = path.stat().st_size
    if path.suffix.lower() != ".gz":
        return size
    with path.open("rb") as file:
        begin = file.read(SAMPLE)
        file.seek(-min(4, size), 2)
        end = file.read(4)
    last = struct.unpack("<I", end)[0] if len(end) == 4 else 0  # of the last member, modulo 2^32
    used, text = _unpacked(begin)
    return size if not text else max(size * text // used, min(last, size * DEFLATE))


def _unpacked(begin: bytes) -> tuple[int, int]:
    """How many of these packed bytes were unpacked, and to how many; a .gz may have several members."""
    left, text = begin, 0
    while left and text < 64 * SAMPLE:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            text += len(unpacker.decompress(left, 64 * SAMPLE))
        except zlib.error:
            break
        left = unpacker.unused_data or unpacker.unconsumed_tail
        if not unpacker.eof:
            break
    return len(begin) - len(left), text


def parquet_size(con: duckdb.DuckDBPyConnection, pattern: str) -> tuple[int, int, int]:
    """Rows, columns and about how many bytes a Parquet file holds, from its own tables; nothing else of it is read."""
    groups = "SELECT any_value(row_group_num_rows) AS rows, sum(total_uncompressed_size) AS bytes, count(*) AS columns"
    groups += f" FROM parquet_metadata({pattern}) GROUP BY file_name, row_group_id"
    found = con.execute(f"SELECT sum(rows), sum(bytes), max(columns) FROM ({groups})").fetchall()[0]
    rows, size, columns = (int(value or 0) for value in found)
    return rows, columns, max(size, 8 * rows * columns)
