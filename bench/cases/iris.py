"""The iris data, three components: a whole fit with its starts, and how often it finds the best optimum."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench.case import Line, Options, at_least, case
from bench.data import iris
from bench.libraries import Hiddenmix, Library, ScikitLearn
from bench.measure import watched

BEST = -180.18540  # the largest log-likelihood that is not spurious
NEAR = 0.1  # below it: scikit-learn's rule stops early on its way to the same optimum


@case("iris", "a whole fit with ten starts, 150 x 4, k 3, and how many of 100 seeds end in the best optimum")
def run(options: Options) -> Iterator[Line]:
    """Each seed is one repeat for the seconds too; the first is run twice, to warm up."""
    x, rows = iris(), list[dict[str, float]]()
    libraries: list[Library] = [Hiddenmix(options.algorithm), ScikitLearn()]
    for library in libraries:
        watched(library.fit(x, 3, 0, library.tolerances[0]))
    for seed in options.draws(100, 10):
        row: dict[str, float] = {"seed": seed}
        for side, library in zip(("ours", "other"), libraries):
            row[f"{side}_s"], end = watched(library.fit(x, 3, seed, library.tolerances[0]))
            row[f"{side}_loglik"] = len(x) * end.loglik(x)
        rows.append(row)
    yield Line(
        "iris",
        "150 x 4, k 3: whole fit",
        tuple(row["other_s"] / row["ours_s"] for row in rows),
        "x",
        at_least(6),
        statistics.median(row["ours_s"] for row in rows),
        statistics.median(row["other_s"] for row in rows),
        against=ScikitLearn.name,
        note=f"n_init=10 on both sides, ours with algorithm={options.algorithm!r}; all else each library's own",
        rows=tuple(rows),
    )
    ours, other = ([abs(row[f"{side}_loglik"] - BEST) < NEAR for row in rows] for side in ("ours", "other"))
    yield Line(
        "iris",
        f"150 x 4, k 3: seeds of {len(rows)} that end in the best optimum",
        tuple(100.0 * found for found in ours),
        "%",
        at_least(100, share=0.98),
        100 * statistics.mean(ours),
        100 * statistics.mean(other),
        "%",
        ScikitLearn.name,
        f"log-likelihood {BEST} +- {NEAR}",
    )
