"""Tables as they were read, for a choice of columns: as many as there is memory for, counted by what they hold."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hiddenmix.io import DataTable

__all__ = ["MOST_BYTES", "Shelf", "held"]

MOST_BYTES: Final = 400 * 10**6
TEXT: Final = 57  # bytes of a short text, beyond its place in an array


class Shelf:
    """What was read, the least recently used given up first. Whoever shares it reads one file at a time."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[Any, DataTable] = OrderedDict()
        self._lock, self._one = threading.Lock(), threading.Lock()

    @property
    def bytes(self) -> int:
        """About how much memory it holds."""
        with self._lock:
            return sum(map(held, self._held.values()))

    def get(self, key: Any) -> DataTable | None:
        """What was put there, where it is still held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Any, table: DataTable) -> None:
        """Hold it, and give up others where it becomes too much; the newest stays."""
        with self._lock:
            self._held[key] = table
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(map(held, self._held.values())) > self._most:
                self._held.popitem(last=False)

    def forget(self, id: str) -> None:
        """Give up all of one table; the first part of a key is the table's name."""
        with self._lock:
            for key in [key for key in self._held if key[0] == id]:
                del self._held[key]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While a file is read: that takes more memory than what is left of it."""
        with self._one:
            yield


def held(table: DataTable) -> int:
    """About how many bytes a table holds."""
    labels = sum(label.nbytes + (TEXT * len(label) if label.dtype == object else 0) for label in table.labels.values())
    return int(table.values.nbytes + table.rows.nbytes + labels)
