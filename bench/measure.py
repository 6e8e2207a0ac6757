"""How things are measured: both sides in alternation, medians, and the peak of what is allocated beyond the data."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Ratio:
    """Seconds of ours and theirs (medians), and the spread of the pairwise ratio theirs / ours."""

    case: str
    ours: float
    theirs: float
    ratio: float
    lowest: float
    highest: float
    note: str = ""

    def row(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def alternate(case: str, ours: Callable[[], float], theirs: Callable[[], float], repeats: int, note: str = "") -> Ratio:
    """Run both sides in turn. Each returns its own seconds per unit of work; the first pair warms up."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(repeats)]
    ratios = sorted(b / a for a, b in pairs)
    return Ratio(
        case,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
        ratios[0],
        ratios[-1],
        note,
    )


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that Python and NumPy allocate during the call, beyond what stood before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before
