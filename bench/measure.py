"""How things are measured: wall-clock seconds, memory, the machine's own matrix-multiply rate."""

from __future__ import annotations

import contextlib
import resource
import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

T = TypeVar("T")

LEAST = 1e-9  # seconds: a difference of two clocks may come out as nothing


def watched(work: Callable[[], T]) -> tuple[float, T]:
    """How long one call takes, and what it gives; warnings (of an iteration limit, say) are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = time.perf_counter()
        result = work()
        return time.perf_counter() - begin, result


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    return watched(work)[0]


def timed(work: Callable[[], object], atleast: float = 0.0) -> float:
    """The median of several calls that take `atleast` seconds together; of one, if that takes long enough."""
    times = [seconds(work)]
    while sum(times) < atleast and len(times) < 100:
        times.append(seconds(work))
    return statistics.median(times)


def per_iteration(run: Callable[[int], object], count: int, atleast: float = 0.0) -> float:
    """Seconds per iteration: of a run of count + 1 iterations less one of 1, so that what surrounds them cancels."""
    long, short = list[float](), list[float]()
    while True:
        short.append(seconds(lambda: run(1)))
        long.append(seconds(lambda: run(count + 1)))
        if sum(long) >= atleast or len(long) >= 100:
            return max((statistics.median(long) - statistics.median(short)) / count, LEAST)


def alternate(ours: Callable[[], float], theirs: Callable[[], float], repeats: int) -> list[tuple[float, float]]:
    """Both sides in turn; each returns its own seconds. The first pair warms up, and is not counted."""
    ours(), theirs()
    return [(ours(), theirs()) for _ in range(repeats)]


def matmul_rate(size: int = 4096) -> float:
    """Floating-point operations a second in a float64 matrix product, with as many threads as BLAS takes by itself."""
    a, b = np.ones((size, size)), np.ones((size, size))
    out = np.empty((size, size))
    np.matmul(a[:256], b, out=out[:256])
    return 2.0 * size**3 / seconds(lambda: np.matmul(a, b, out=out))


def traced_peak(work: Callable[[], object]) -> int:
    """The most bytes that Python and NumPy hold during the call beyond what they held before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        seconds(work)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def resident_peak() -> int:
    """The most bytes that were in memory, in this process's life or since the last `forget_resident_peak`."""
    status = Path("/proc/self/status")
    if status.exists():  # `ru_maxrss` begins with the parent's
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def forget_resident_peak() -> int:
    """Let the peak begin anew at what is in memory now, where the system can do that; returns the peak."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return resident_peak()
