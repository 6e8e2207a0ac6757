"""Memory beyond the data, and single precision: the answer of double precision in half the bytes, and not slower."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from bench.case import Line, Options, at_least, at_most, case
from bench.child import ask
from bench.data import Array, Normals, blobs
from bench.libraries import Hiddenmix, ScikitLearn
from bench.measure import alternate, watched

MEGABYTE = 2**20
D, K = 10, 10
COUNT = 20  # iterations after which the answers are compared


@case("memory", "peak memory beyond the data at 1,000,000 x 10, k 10, in a process of its own")
def run(options: Options) -> Iterator[Line]:
    """As NumPy and Python count what they allocate, and by the resident set."""
    n = options.size(1_000_000, 100_000)
    for traced in (True, False):
        by = "allocated" if traced else "resident"
        theirs = ask("memory", library=ScikitLearn.name, n=n, single=False, traced=traced, whole=False)
        for what, single, whole in (
            ("three iterations", False, False),
            ("three iterations, float32", True, False),
            ("estimator, one start and three iterations", False, True),
        ):
            rows = [
                ask("memory", library=Hiddenmix.name, n=n, single=single, traced=traced, whole=whole)
                for _ in range(options.often(1 if traced else 3, 1))
            ]
            yield _memory_line(f"{n:,} x {D}, k {K}: {what}, {by}", rows, None if whole else theirs)


def _memory_line(what: str, rows: list[dict[str, Any]], theirs: dict[str, Any] | None) -> Line:
    figures = tuple(row["extra"] / MEGABYTE for row in rows)
    return Line(
        "memory",
        f"{what} beyond the data",
        figures,
        "MB",
        at_most(64),
        statistics.median(figures),
        None if theirs is None else theirs["extra"] / MEGABYTE,
        "MB",
        "" if theirs is None else f"{ScikitLearn.name}, float64",
        f"the data themselves: {rows[0]['data'] / MEGABYTE:.0f} MB",
        tuple(rows),
    )


@case("float32", "float32 data: float64's answer, and the seconds of an iteration")
def single_precision(options: Options) -> Iterator[Line]:
    """The same rows in both precisions, from the same start."""
    n = options.size(1_000_000, 100_000)
    x, start = blobs(n, D, K)
    single, ours = x.astype(np.float32), Hiddenmix()
    ends = [watched(partial(ours.prepared(each, start), COUNT))[1] for each in (single, x)]
    what = f"{n:,} x {D}, k {K}, float32"
    for name, apart in differences(ends[0], ends[1], x).items():
        yield Line(
            "float32", f"{what}: {name} off float64's, relatively", (apart,), "", at_most(1e-5), apart, measure=""
        )
    both = alternate(
        lambda: ours.per_iteration(single, start, 3, options.atleast(0.5)),
        lambda: ours.per_iteration(x, start, 3, options.atleast(0.5)),
        options.often(7),
    )
    yield Line(
        "float32",
        f"{what}: an iteration",
        tuple(b / a for a, b in both),
        "x",
        at_least(0.97),
        statistics.median(a for a, _ in both),
        statistics.median(b for _, b in both),
        against="float64",
        note="the target is 'not slower', with 3 % for the clock",
        rows=tuple({"ours_s": a, "other_s": b} for a, b in both),
    )


def differences(a: Normals, b: Normals, x: Array) -> dict[str, float]:
    """How far two answers lie apart, each parameter in units of the largest of its kind."""
    first, second = a.loglik(x), b.loglik(x)
    apart = {"the log-likelihood": abs(first / second - 1)}
    for name in ("weights", "means", "covariances"):
        one, other = getattr(a, name), getattr(b, name)
        apart[name] = float(np.max(np.abs(one - other)) / np.max(np.abs(other)))
    return apart
