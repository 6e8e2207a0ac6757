"""Constructor arguments: checks before any work, sources of randomness, threads, the running report."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from hiddenmix._errors import HiddenmixError
from hiddenmix._starts import STRATEGIES
from hiddenmix._validate import check_number, check_word
from hiddenmix.engine.accelerate import ALGORITHMS
from hiddenmix.engine.pools import Serial, Threads, available_cores
from hiddenmix.engine.result import Step
from hiddenmix.estimators._variants import VARIANTS, WAYS
from hiddenmix.model import Pool

Watcher = Callable[[Step[Any]], Any]
THREADED = 50_000  # rows from which threads pay by themselves
AUTO_COMPONENTS = range(1, 7)
STARTS = ("auto", *STRATEGIES)
MIXTURE_STARTS = (*STARTS, *WAYS)
MIXTURE_ALGORITHMS = (*ALGORITHMS, *VARIANTS)


def check_common(
    estimator: Any, starts: tuple[str, ...] = STARTS, algorithms: tuple[str, ...] = tuple(ALGORITHMS)
) -> None:
    """Check what all estimators have in common; `starts` are the words of `init_params`."""
    check_number("tol", estimator.tol, 0.0)
    check_number("max_iter", estimator.max_iter, 0, whole=True)
    check_number("n_init", estimator.n_init, 1, whole=True)
    check_word("init_params", estimator.init_params, starts)
    check_number("verbose", int(estimator.verbose), 0, whole=True)
    check_number("verbose_interval", estimator.verbose_interval, 1, whole=True)
    if estimator.n_jobs is not None and (not isinstance(estimator.n_jobs, numbers.Integral) or estimator.n_jobs == 0):
        what = f"n_jobs must be a whole number other than 0, or None; got {estimator.n_jobs!r}"
        raise HiddenmixError("HM403", what, "n_jobs=-1 for all cores")
    if getattr(estimator, "weights_init", None) is not None and not (
        isinstance(estimator.weights, str) and estimator.weights == "free"
    ):
        raise HiddenmixError("HM410", "weights that are known have no start", "weights='free', or no weights_init")
    if isinstance(estimator.algorithm, str):
        check_word("algorithm", estimator.algorithm, algorithms)


def several(value: object) -> bool:
    """Whether an option names several values to choose from: "auto", a list, a range."""
    return value == "auto" if isinstance(value, str) else isinstance(value, Iterable)


def listed(value: Any, auto: Iterable[Any], every: Iterable[Any] = ()) -> list[Any]:
    """The values to choose from; "all" stands for `every` one, where there is one."""
    if isinstance(value, str) and value == "auto":
        return list(auto)
    if isinstance(value, str) and value == "all" and every:
        return list(every)
    values = list(value) if several(value) else [value]
    if not values:
        raise HiddenmixError("HM401", "an empty list leaves nothing to choose from", "one value, or several")
    return values


def generator(random_state: Any) -> np.random.Generator:
    """A NumPy generator from whatever scikit-learn takes for `random_state`, or from a generator."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    try:
        state = check_random_state(random_state)
    except (TypeError, ValueError):
        raise HiddenmixError("HM401", f"random_state cannot be {random_state!r}", "random_state=0, or None") from None
    seeds = state.randint(0, 2**32, size=4, dtype=np.uint32)
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
