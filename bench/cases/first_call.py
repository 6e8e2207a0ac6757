"""The first call of the compiled kernel in a fresh process, with its machine code on disk and without.

Python's own compiled files are there in both cases; they lie in a folder of their own, which begins empty.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.case import Line, Options, Target, at_most, case
from bench.child import ask
from hiddenmix.kernels import linear


@case("first-call", "seconds that the first compiled E-step of a process takes, with a cold and a warm cache")
def run(options: Options) -> Iterator[Line]:
    """Cold and warm in turn, and the very first, for which Python compiles its own files too."""
    if linear.unavailable() is not None:
        return
    with tempfile.TemporaryDirectory() as folder:
        there = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": None}
        very_first = ask("first_call", there)
        cold, warm = [], []
        for _ in range(options.often(5, 1)):
            for code in Path(folder).rglob("*.code"):
                code.unlink()
            cold.append(ask("first_call", there))
            warm.append(ask("first_call", there))
    yield _line("cold", cold, at_most(3.0), f"{very_first['first_s']:.2f} s where Python compiles its own files too")
    yield _line("warm", warm, at_most(0.5), f"the second call: {1e3 * warm[0]['second_s']:.2g} ms")


def _line(cache: str, rows: list[dict[str, Any]], target: Target, note: str) -> Line:
    figures = tuple(row["first_s"] for row in rows)
    what = f"first compiled E-step of a process, {cache} cache"
    return Line("first-call", what, figures, "s", target, statistics.median(figures), note=note, rows=tuple(rows))
