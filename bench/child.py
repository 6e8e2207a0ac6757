"""What is measured in a process of its own: `python -m bench.child NAME {"argument": ...}` prints one line of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import forget_resident_peak, resident_peak, seconds, traced_peak

ROOT = Path(__file__).parents[1]


def ask(name: str, environment: Mapping[str, str | None] | None = None, **arguments: Any) -> dict[str, Any]:
    """Run a measurement in a fresh process; variables that are None are taken out of its environment."""
    variables: dict[str, str | None] = {**os.environ, **(environment or {})}
    done = subprocess.run(
        [sys.executable, "-m", "bench.child", name, json.dumps(arguments)],
        cwd=ROOT,
        env={key: value for key, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed in its process:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def first_call() -> dict[str, Any]:
    """Seconds of the first and the second E-step on a handful of rows."""
    import numpy as np

    from bench.cases.skipping import problem
    from hiddenmix.kernels import linear

    form, x = problem(1000, 3, 4, 3.0)
    log_weights = np.zeros(4)
    first, second = (seconds(lambda: linear.e_step(form, x, log_weights)) for _ in range(2))
    return {"first_s": first, "second_s": second, "compiled": linear.unavailable() is None}


def memory(library: str, n: int, single: bool, traced: bool, whole: bool) -> dict[str, Any]:
    """Bytes beyond the data at the peak of a fit: as NumPy counts them, or by the process's resident set.

    Three iterations from a start, or with `whole` the estimator with a start of its own. A small fit goes before, so
    that what libraries need for themselves is there already.
    """
    import numpy as np

    import hiddenmix as hm
    from bench.data import blobs
    from bench.libraries import RIVALS, Hiddenmix

    x, start = blobs(n, 10, 10)
    if single:
        x = x.astype(np.float32)
    for rows in (x[:60_000].copy(), x):
        if whole:
            run: Any = partial(hm.GaussianMixture(10, n_init=1, max_iter=3, random_state=0).fit, rows)
        else:
            each = Hiddenmix() if library == Hiddenmix.name else RIVALS[library]()
            run = partial(each.prepared(rows, start), 3)
        if rows is not x:
            seconds(run)
    del rows
    if traced:
        return {"extra": traced_peak(run), "data": x.nbytes}
    before = forget_resident_peak()
    seconds(run)
    return {"extra": resident_peak() - before, "data": x.nbytes}


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {"first_call": first_call, "memory": memory}

if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](**json.loads(sys.argv[2]))))
