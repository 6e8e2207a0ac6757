"""Things that are kept for a while: the least recently used goes first."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from hiddenmix._errors import HiddenmixError

__all__ = ["IDLE", "MOST_BYTES", "MOST_SESSIONS", "Store"]

MOST_SESSIONS: Final = 64
MOST_BYTES: Final = 1 << 30
IDLE: Final = 30 * 60.0  # seconds


class Sized(Protocol):
    """Something that knows about how much memory it holds."""

    @property
    def bytes(self) -> int:
        """About how much memory it holds."""
        ...


T = TypeVar("T", bound=Sized)


class Store(Generic[T]):
    """Sessions by a name that cannot be guessed; at most so many, so large together, and idle so long."""

    def __init__(
        self,
        most: int = MOST_SESSIONS,
        idle: float = IDLE,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._idle, self._most_bytes, self._clock = most, idle, most_bytes, clock
        self._held: OrderedDict[str, tuple[float, T]] = OrderedDict()  # the least recently used first
        self._lock = threading.Lock()

    def add(self, value: T) -> str:
        """Keep it, and say its name."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._held[name] = self._clock(), value
            self._tidy()
        return name

    def get(self, name: str) -> T:
        """What has that name; HM419 where it is gone, or never was."""
        with self._lock:
            self._tidy()
            if name not in self._held:
                raise HiddenmixError("HM419", "this session is no longer there", "the page makes it again by itself")
            value = self._held[name][1]
            self._held[name] = self._clock(), value
            self._held.move_to_end(name)
        return value

    def __len__(self) -> int:
        with self._lock:
            self._tidy()
            return len(self._held)

    def _tidy(self) -> None:
        """Give up what is idle or too much; the newest always stays."""
        now = self._clock()
        size = sum(value.bytes for _, value in self._held.values())
        while self._held:
            name, (used, value) = next(iter(self._held.items()))
            much = len(self._held) > 1 and (len(self._held) > self._most or size > self._most_bytes)
            if not much and now - used <= self._idle:
                break
            size -= value.bytes
            del self._held[name]
