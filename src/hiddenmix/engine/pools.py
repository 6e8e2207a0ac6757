"""Where the chunks of an E-step are worked on. Any order-preserving map will do; results do not depend on it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import threadpoolctl


class Serial:
    """One chunk after the other, in the calling thread."""

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any], /) -> Iterator[Any]:
        """The results, as they are asked for."""
        return map(fn, items)


class Threads:
    """Several chunks at a time, in threads; NumPy and the compiled kernels release the interpreter lock."""

    def __init__(self, n_threads: int | None = None) -> None:
        self.n_threads = n_threads or available_cores()
        self._executor = ThreadPoolExecutor(self.n_threads)

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any], /) -> Iterator[Any]:
        """The results in the order of the items; a single item is worked on here."""
        listed = list(items)
        return map(fn, listed) if len(listed) < 2 else self._executor.map(fn, listed)

    def __reduce__(self) -> tuple[Any, ...]:
        return Threads, (self.n_threads,)


def available_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def _controller() -> threadpoolctl.ThreadpoolController:
    return threadpoolctl.ThreadpoolController()


@contextlib.contextmanager
def single_threaded_blas() -> Iterator[None]:
    """BLAS in one thread while it lasts: our chunks are the parallel part, and sums then have one order."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
