"""Whose turn it is, and in which thread: a call that waits does so without one, for they are few and for work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

__all__ = ["Turns", "at_once", "in_thread"]

LIGHT: Final = 4  # threads for what takes milliseconds

T = TypeVar("T")
P = ParamSpec("P")

_light: RunVar[CapacityLimiter] = RunVar("hiddenmix.lab: threads for what takes milliseconds")


class Turns:
    """A lock for each name, for as long as somebody holds it or waits."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, str], asyncio.Lock] = WeakValueDictionary()

    def of(self, name: str) -> asyncio.Lock:
        """The lock of that name in the running loop."""
        key = asyncio.get_running_loop(), name
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Work that may take seconds."""
    return await run_sync(partial(work, *given, **named))


async def at_once(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Work that takes milliseconds, in threads of its own: it never waits for what takes seconds."""
    try:
        limiter = _light.get()
    except LookupError:
        limiter = CapacityLimiter(LIGHT)
        _light.set(limiter)
    return await run_sync(partial(work, *given, **named), limiter=limiter)
