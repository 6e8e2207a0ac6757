"""Seconds per EM iteration: the same start, the same number of iterations, the same answer.

Next to each repeat the machine's own matrix-multiply rate is measured. An iteration is counted as 4 n k p operations,
p = 1 + d + d (d + 1) / 2: two matrix products with the features of a row.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from bench.case import CASES, Case, Line, Options, at_least
from bench.data import Array, Normals, blobs
from bench.libraries import Hiddenmix, Library, ScikitLearn, rivals
from bench.measure import alternate, matmul_rate, watched
from hiddenmix.kernels import linear

ENOUGH = 0.3  # seconds of iterations behind each figure, at least
WIDE = 10  # columns from which the matrix products are what an iteration costs


@dataclass(frozen=True)
class Size:
    """A size, the iterations that are measured, and the targets: ratio to scikit-learn, share of the matmul rate."""

    n: int
    d: int
    k: int
    count: int
    times: float
    rate: float | None = None
    compiled: bool = True

    @property
    def name(self) -> str:
        """How the command line calls it."""
        return f"iteration-{self.n}x{self.d}-k{self.k}" + ("" if self.compiled else "-numpy")

    @property
    def operations(self) -> float:
        """Floating-point operations in an iteration."""
        return 4.0 * self.n * self.k * (1 + self.d + self.d * (self.d + 1) // 2)


SIZES = [
    Size(10_000, 2, 3, 100, 10),
    Size(10_000, 2, 3, 100, 10, compiled=False),
    Size(1_000_000, 2, 5, 3, 40),
    Size(1_000_000, 10, 10, 2, 20),
    Size(200_000, 32, 32, 2, 15, rate=85),
    Size(100_000, 64, 16, 2, 7, rate=80),
]


def measured(size: Size, options: Options) -> Iterator[Line]:
    """Our side against every library that is there, and against the machine."""
    n = options.size(size.n, min(size.n, 20_000))
    size = Size(n, size.d, size.k, size.count, size.times, size.rate, size.compiled)
    x, start = blobs(n, size.d, size.k)
    with contextlib.nullcontext() if size.compiled else linear.disabled():
        if size.d >= WIDE:
            yield _share_of_rate(size, x, start, options)
        for library in rivals(options.rivals, n, size.d, size.k):
            yield _against(library, size, x, start, options)


def _against(library: Library, size: Size, x: Array, start: Normals, options: Options) -> Line:
    ours = Hiddenmix()
    both = alternate(
        lambda: ours.per_iteration(x, start, size.count, options.atleast(ENOUGH)),
        lambda: library.per_iteration(x, start, size.count, options.atleast(ENOUGH)),
        options.often(5),
    )
    ends = [watched(partial(each.prepared(x, start), size.count))[1].loglik(x) for each in (ours, library)]
    return Line(
        size.name,
        f"{size.n:,} x {size.d}, k {size.k}: an iteration{'' if size.compiled else ', NumPy only'}",
        tuple(b / a for a, b in both),
        "x",
        at_least(size.times) if isinstance(library, ScikitLearn) else None,
        statistics.median(a for a, _ in both),
        statistics.median(b for _, b in both),
        against=library.name,
        note=f"after {size.count} iterations the log-likelihoods differ by {abs(ends[1] - ends[0]):.1g} a row",
        rows=tuple({"ours_s": a, "other_s": b} for a, b in both),
    )


def _share_of_rate(size: Size, x: Array, start: Normals, options: Options) -> Line:
    ours = Hiddenmix()
    ours.per_iteration(x, start, size.count)
    rows = []
    side = 1024 if options.rows else 4096
    for _ in range(options.often(7)):
        before, took = matmul_rate(side), ours.per_iteration(x, start, size.count, options.atleast(ENOUGH))
        rate = (before + matmul_rate(side)) / 2
        rows.append({"ours_s": took, "rate": size.operations / took, "matmul_rate": rate})
    return Line(
        size.name,
        f"{size.n:,} x {size.d}, k {size.k}: share of the matrix-multiply rate",
        tuple(100 * row["rate"] / row["matmul_rate"] for row in rows),
        "%",
        None if size.rate is None else at_least(size.rate),
        statistics.median(row["rate"] / 1e9 for row in rows),
        statistics.median(row["matmul_rate"] / 1e9 for row in rows),
        "Gflop/s",
        f"float64 matmul of {side}^3",
        "operations counted as 4 n k p",
        tuple(rows),
    )


def _register(size: Size) -> None:
    says = f"seconds per iteration, {size.n:,} x {size.d}, k {size.k}" + ("" if size.compiled else ", NumPy only")
    CASES[size.name] = Case(size.name, says, lambda options: measured(size, options))


for _size in SIZES:
    _register(_size)
