"""Tables that were uploaded: in a private folder, as many as there is room for, gone when the lab ends."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import unicodedata
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._folders import made, removed
from hiddenmix.lab._sheets import Sheet, builtin, gone, opened
from hiddenmix.lab._shelf import Shelf

if TYPE_CHECKING:
    from hiddenmix.io._limits import Limits

__all__ = ["LIMIT", "PREFIX", "Incoming", "Tables", "shown_name"]

LIMIT: Final = 50 * 10**6  # bytes of one upload
MOST: Final = 16  # tables
MOST_FILES: Final = 400 * 10**6  # bytes of all files as they were sent
FIX: Final = "hiddenmix lab FILE   opens it where it lies"
PREFIX: Final = "table-"
LONGEST: Final = 255  # characters of a file's name, which no system exceeds


class Incoming:
    """An upload that is on its way: bytes are counted, summed up for its name, and written to a private file."""

    def __init__(self, folder: str, limit: int) -> None:
        handle, self.path = tempfile.mkstemp(prefix="incoming-", dir=folder)
        self._file: IO[bytes] = os.fdopen(handle, "wb")
        self._hash, self._limit, self.size = hashlib.sha256(), limit, 0

    def write(self, chunk: bytes) -> None:
        """Some more bytes; HM105 where they become too many."""
        self.size += len(chunk)
        refuse_large(self.size, self._limit)
        self._hash.update(chunk)
        self._file.write(chunk)

    def digest(self, *more: str) -> str:
        """A name that the same content, file name and options always have."""
        self._hash.update("\0".join(("", *more)).encode("utf-8", "surrogatepass"))
        return self._hash.hexdigest()[:16]

    def close(self) -> None:
        """No more bytes."""
        self._file.close()

    def forget(self) -> None:
        """Remove the file, where it still is."""
        self.close()
        Path(self.path).unlink(missing_ok=True)


class Tables:
    """The tables of the lab by their names: built in, uploaded, and the one that the command line opened.

    `stopped` tells that the lab has ended, and that nothing need be read any more.
    """

    def __init__(
        self, limit: int = LIMIT, most: int = MOST, most_files: int = MOST_FILES,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self.limit, self._most, self._most_files, self._stopped = limit, most, most_files, stopped
        self.shelf = Shelf()
        self._folder: str | None = None
        self._clean: Callable[[], object] = lambda: None
        self._uploaded: OrderedDict[str, tuple[Sheet, int]] = OrderedDict()  # the least recently used first
        self._pinned: dict[str, Sheet] = {}
        self._lock = threading.Lock()

    def pin(self, sheet: Sheet) -> None:
        """Keep a table for as long as the lab runs."""
        self._pinned[sheet.id] = sheet

    def get(self, id: str) -> Sheet:
        """The table of that name: HM106 where it was given up, HM407 where there is no built-in one."""
        with self._lock:
            if id in self._pinned:
                return self._pinned[id]
            if id in self._uploaded:
                self._uploaded.move_to_end(id)
                return self._uploaded[id][0]
        if id.startswith(PREFIX):
            raise gone(id[:80])
        return builtin(id)

    @property
    def folder(self) -> str:
        """The private folder, made when it is needed first, and removed with its content at the latest at the end."""
        with self._lock:
            if self._folder is None or not Path(self._folder).is_dir():  # others, too, may clean up
                self._folder, lock = made()
                self._clean = weakref.finalize(self, removed, self._folder, lock)
            return self._folder

    def incoming(self) -> Incoming:
        """A file for an upload."""
        return Incoming(self.folder, self.limit)

    def add(self, incoming: Incoming, name: str, missing: tuple[str, ...], columns: tuple[str, ...]) -> Sheet:
        """The table that was uploaded; the codes of `hiddenmix.io.read_table` where it is none."""
        id = PREFIX + incoming.digest(name, repr(missing), repr(columns))
        stored = f"upload-{id}{_ending(name)}"
        path = os.path.join(self.folder, stored)
        os.replace(incoming.path, path)
        try:
            sheet = opened(
                path, id, name, stored=stored, missing=missing, columns=columns, shelf=self.shelf, limits=self._limits()
            )
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise
        with self._lock:
            self._uploaded[id] = sheet, incoming.size
            self._uploaded.move_to_end(id)
            while len(self._uploaded) > 1 and (len(self._uploaded) > self._most or self._files() > self._most_files):
                _, (old, _) = self._uploaded.popitem(last=False)
                Path(old.path).unlink(missing_ok=True)
                self.shelf.forget(old.id)
        return sheet

    def close(self) -> None:
        """Remove every file."""
        with self._lock:
            self._clean()
            self._folder = None
            self._uploaded.clear()

    def _files(self) -> int:
        """Bytes of the files as they were sent."""
        return sum(size for _, size in self._uploaded.values())

    def _limits(self) -> Limits:
        """What reading a file that was sent may take."""
        from hiddenmix.io._limits import Limits

        return Limits(stopped=self._stopped, fix=FIX)


def refuse_large(size: int, limit: int) -> None:
    """HM105 where so many bytes are too many."""
    if size > limit:
        raise HiddenmixError("HM105", f"the file is larger than {limit / 1e6:g} MB", FIX)


def shown_name(header: str) -> str:
    """A file's name from a header, percent-encoded: its last part, without what one cannot see. Only ever shown."""
    text = unquote_to_bytes(header).decode("utf-8", "replace")
    last = re.split(r"[/\\]", text)[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")).strip()
    if len(seen) > LONGEST:
        seen = seen[: LONGEST - 21] + "…" + seen[-20:]
    return seen if seen.strip(".") else "table.csv"


def _ending(name: str) -> str:
    """The endings of a name that say how the file is read."""
    found = re.search(r"(\.[A-Za-z0-9]{1,8}){1,2}$", name)
    return found[0].lower() if found else ""
