"""The animation that `hiddenmix fit --out` writes: as much of the climb as takes a few seconds, whatever the table."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.report._findings import Findings

SECONDS = 4.0  # that the climb may take, generously estimated; drawing it takes a few more, whatever the table
MOST = 1000  # iterations
ENOUGH, LEAST = 150, 10  # iterations for which rows are left out, and without which there is nothing to see
PARTS = (50_000, 10_000, 2_000, 500, 200)  # rows of a part
FRAMES = 60
AGAIN = 3  # E-steps that are made again for the two frames of an iteration


def animated(found: Findings) -> tuple[Any, str]:
    """The animation, and what it is in a line.

    Raises
    ------
    HiddenmixError : HM416 the climb takes too long, or these data have no such picture; HM408 Matplotlib is missing
    """
    from hiddenmix._validate import Table
    from hiddenmix.plot import animate

    rows, iterations = extent(found.view.values, found.view.k)
    table = Table(found.view.values, found.view.columns)
    made = animate(found.model, table, most=FRAMES, max_iter=iterations, most_rows=rows)
    part = f", on {made.climb.n} of the {found.n} rows" if made.climb.n < found.n else ""
    return made, f"the climb as a moving picture, step by step{part}"


def extent(values: Array, k: int) -> tuple[int, int]:
    """How many rows of a table (n, d) EM with k components may run on, and for how many iterations.

    All rows where that leaves iterations enough, and else a part. It does not depend on how fast the computer is, so
    that the same command gives the same file. Raises HM416 where even a small part takes too long.
    """
    n = len(values)
    sizes = [n, *(rows for rows in PARTS if rows < n)]
    for rows in sizes:
        steps = SECONDS / _seconds(values, rows, k)
        iterations = int(max(steps - AGAIN * FRAMES / 2, min(steps / (1 + AGAIN), FRAMES / 2)))
        if iterations >= (LEAST if rows == sizes[-1] else ENOUGH):
            return rows, min(iterations, MOST)
    raise HiddenmixError("HM416", "an iteration of EM takes too long on this table, or on a part of it")


def _seconds(values: Array, rows: int, k: int) -> float:
    """About what an E-step and an M-step take on so many rows, as measured with normal components.

    Where cells are missing, each pattern of them needs a factorisation of its own.
    """
    n, d = values.shape
    plain = float(5e-4 + 3e-10 * rows * k * (d + 4) ** 2)
    if plain > SECONDS / LEAST:
        return plain  # too much already
    part = values if rows == n else values[np.random.default_rng(0).choice(n, rows, replace=False)]
    holes = np.isnan(part)
    if not holes.any():
        return plain
    patterns = len(np.unique(np.packbits(holes, axis=1), axis=0))
    return plain + 5e-8 * rows * k + float(patterns * k * (2e-5 + 5.5e-6 * d))
