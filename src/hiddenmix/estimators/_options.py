"""Constructor arguments: checks before any work, sources of randomness, threads, the running report."""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError
from hiddenmix._starts import STRATEGIES
from hiddenmix.engine.pools import Serial, Threads, available_cores
from hiddenmix.engine.result import Step
from hiddenmix.model import Pool

Watcher = Callable[[Step[Any]], Any]
THREADED = 50_000  # rows from which threads pay by themselves
AUTO_COMPONENTS = range(1, 7)
STARTS = ("auto", *STRATEGIES)


def check_word(name: str, value: object, words: Collection[str]) -> None:
    """Require one of some words; HM401 otherwise."""
    if not isinstance(value, str) or value not in words:
        raise HiddenmixError("HM401", f"{name} cannot be {value!r}", f"one of {', '.join(map(repr, words))}")


def check_number(name: str, value: object, least: float, whole: bool = False) -> None:
    """Require a finite number of at least `least`; HM403 otherwise."""
    kind = numbers.Integral if whole else numbers.Real
    what = f"a {'whole ' if whole else ''}number of at least {least:g}"
    if not isinstance(value, kind) or isinstance(value, bool):
        raise HiddenmixTypeError("HM403", f"{name} must be {what}; got {value!r}")
    if not math.isfinite(float(value)) or float(value) < least:
        raise HiddenmixError("HM403", f"{name} must be {what}; got {value!r}")


def check_common(estimator: Any) -> None:
    """Check what all estimators have in common."""
    check_number("tol", estimator.tol, 0.0)
    check_number("max_iter", estimator.max_iter, 0, whole=True)
    check_number("n_init", estimator.n_init, 1, whole=True)
    check_word("init_params", estimator.init_params, STARTS)
    check_number("verbose", int(estimator.verbose), 0, whole=True)
    check_number("verbose_interval", estimator.verbose_interval, 1, whole=True)
    if estimator.n_jobs is not None and (not isinstance(estimator.n_jobs, numbers.Integral) or estimator.n_jobs == 0):
        raise HiddenmixError("HM403", f"n_jobs must be a whole number other than 0, or None; got {estimator.n_jobs!r}")
    if getattr(estimator, "weights_init", None) is not None and not (
        isinstance(estimator.weights, str) and estimator.weights == "free"
    ):
        raise HiddenmixError("HM410", "weights that are known have no start", "weights='free', or no weights_init")
    if isinstance(estimator.algorithm, str):
        check_word("algorithm", estimator.algorithm, ("em",))


def several(value: object) -> bool:
    """Whether an option names several values to choose from: "auto", a list, a range."""
    return value == "auto" if isinstance(value, str) else isinstance(value, Iterable)


def listed(value: Any, auto: Iterable[Any]) -> list[Any]:
    """The values to choose from."""
    if isinstance(value, str) and value == "auto":
        return list(auto)
    return list(value) if several(value) else [value]


def generator(random_state: Any) -> np.random.Generator:
    """A NumPy generator from whatever scikit-learn takes for `random_state`, or from a generator."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    seeds = check_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seeds.tolist())


def pool_for(n_jobs: int | None, n_rows: int) -> Pool:
    """Threads as asked for; without a wish, only where there are rows enough to share out."""
    if n_jobs is None:
        n_jobs = -1 if n_rows >= THREADED else 1
    threads = max(available_cores() + 1 + n_jobs, 1) if n_jobs < 0 else int(n_jobs)
    return Serial() if threads == 1 else Threads(threads)


def watcher(verbose: int, interval: int, callback: Watcher | None) -> Watcher | None:
    """What the engine calls with every step: the user's callback, and the report that `verbose` asks for."""
    if not verbose:
        return callback
    started = 0

    def report(step: Step[Any]) -> Any:
        nonlocal started
        if step.iteration == 1:
            sys.stdout.write(f"Initialization {started}\n")
            started += 1
        if step.iteration % interval == 0:
            more = f"\t objective {step.objective:.9g}\t {1000 * step.seconds:.1f} ms" if verbose > 1 else ""
            sys.stdout.write(f"  Iteration {step.iteration}{more}\n")
        return callback(step) if callback is not None else None

    return report
