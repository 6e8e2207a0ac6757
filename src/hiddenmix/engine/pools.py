"""Where the chunks of an E-step are worked on. Any order-preserving map will do; results do not depend on it."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import threading
from collections import deque
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
        """The results in the order of the items, a few of which are taken ahead; a single one is worked on here."""
        rest = iter(items)
        ahead = list(itertools.islice(rest, 2))
        if len(ahead) < 2:
            yield from map(fn, ahead)
            return
        under_way = deque(self._executor.submit(fn, item) for item in ahead)
        for item in itertools.islice(rest, 2 * self.n_threads):
            under_way.append(self._executor.submit(fn, item))
        for item in rest:
            result = under_way.popleft().result()
            under_way.append(self._executor.submit(fn, item))
            yield result
        while under_way:
            yield under_way.popleft().result()

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


class _Limit:
    """The process-wide limit, and how many ask for it: the last one out restores what was before."""

    lock = threading.Lock()
    depth = 0
    limiter: Any = None


@contextlib.contextmanager
def single_threaded_blas() -> Iterator[None]:
    """BLAS in one thread while it lasts: our chunks are the parallel part, and sums then have one order."""
    with _Limit.lock:
        if _Limit.depth == 0:
            _Limit.limiter = _controller().limit(limits=1, user_api="blas")
        _Limit.depth += 1
    try:
        yield
    finally:
        with _Limit.lock:
            _Limit.depth -= 1
            if _Limit.depth == 0:
                _Limit.limiter.restore_original_limits()
