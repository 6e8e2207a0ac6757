"""Seconds per EM iteration of a hidden Markov model: the same start, the same iterations, the same answer."""

from __future__ import annotations

import importlib
import importlib.util
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

import hiddenmix as hm
from bench.case import CASES, Case, Line, Options, at_least
from bench.data import Array
from bench.measure import alternate, per_iteration
from hiddenmix.families.shapes import SHAPES

N, K, D = 100_000, 8, 4
STAY = 0.9
COUNT = 4  # iterations that are measured
ENOUGH = 0.3  # seconds of iterations behind each figure, at least
Covariance = Literal["diag", "full"]


@dataclass(frozen=True)
class Side:
    """How to make so many iterations from the start, and the log-likelihood of a row after them."""

    iterate: Callable[[int], Any]
    loglik: Callable[[Any], float]


@dataclass(frozen=True)
class Size:
    """A covariance, and hmmlearn's way of doing it; the target."""

    covariance: Covariance
    implementation: Literal["log", "scaling"]
    times: float

    @property
    def name(self) -> str:
        """How the command line calls it."""
        return f"hmm-{self.covariance}" + ("-scaling" if self.implementation == "scaling" else "")


SIZES = [Size("diag", "log", 8), Size("full", "log", 12), Size("diag", "scaling", 3), Size("full", "scaling", 5)]


def walk(n: int) -> tuple[Array, Array]:
    """Rows of a chain of 8 states that last ten rows each, and a start for the means."""
    rng = np.random.default_rng(0)
    states = np.cumsum(rng.random(n) > STAY) * 3 % K
    centres = rng.normal(scale=2.0, size=(K, D))
    return centres[states] + rng.standard_normal((n, D)), centres + 0.3


def ours(x: Array, means: Array, covariance: Covariance) -> Side:
    """This library, through its public functions."""
    shape = SHAPES[covariance]
    spread = np.full((K, D), 2.0) if covariance == "diag" else np.broadcast_to(2.0 * np.eye(D), (K, D, D))
    normal = hm.NormalParams(means, shape.from_dense(spread, K))
    start = hm.MarkovParams(np.full(K, 1 / K), _transitions(), normal)
    model: Any = hm.Markov(hm.Normal(covariance), K)
    data = hm.Sequences(x)

    def iterate(count: int) -> Any:
        return hm.fit(model, data, start, stop=hm.Iterations(count), certificate="off", history=False)

    return Side(iterate, lambda result: float(result.loglik) / len(x))


def hmmlearn(x: Array, means: Array, size: Size) -> Side:
    """`hmmlearn.hmm.GaussianHMM` without its prior on covariances."""
    hmm = importlib.import_module("hmmlearn.hmm")

    def iterate(count: int) -> Any:
        model = hmm.GaussianHMM(
            K, size.covariance, n_iter=count, tol=-np.inf, init_params="", implementation=size.implementation,
            covars_prior=0.0, covars_weight=0.0 if size.covariance == "full" else 1.0, min_covar=0.0,
        )  # fmt: skip
        model.startprob_, model.transmat_, model.means_ = np.full(K, 1 / K), _transitions(), means
        model.covars_ = np.full((K, D), 2.0) if size.covariance == "diag" else np.stack([2.0 * np.eye(D)] * K)
        return model.fit(x)

    return Side(iterate, lambda model: float(model.score(x)) / len(x))


def measured(size: Size, options: Options) -> Iterator[Line]:
    """Our side against hmmlearn, where it is installed."""
    if importlib.util.find_spec("hmmlearn") is None or (options.rivals and "hmmlearn" not in options.rivals):
        return
    x, means = walk(options.size(N, 20_000))
    sides = ours(x, means, size.covariance), hmmlearn(x, means, size)
    seconds = [lambda side=side: per_iteration(side.iterate, COUNT, options.atleast(ENOUGH)) for side in sides]
    both = alternate(*seconds, options.often(5))
    ends = [side.loglik(side.iterate(COUNT)) for side in sides]
    yield Line(
        size.name,
        f"{len(x):,} x {D}, {K} states, {size.covariance}: an iteration",
        tuple(b / a for a, b in both),
        "x",
        at_least(size.times),
        statistics.median(a for a, _ in both),
        statistics.median(b for _, b in both),
        against=f"hmmlearn, {size.implementation}",
        note=f"after {COUNT} iterations the log-likelihoods differ by {abs(ends[1] - ends[0]):.1g} a row",
        rows=tuple({"ours_s": a, "other_s": b} for a, b in both),
    )


def _transitions() -> Array:
    return np.where(np.eye(K) > 0, STAY, (1 - STAY) / (K - 1))


def _register(size: Size) -> None:
    says = (
        f"seconds per iteration of a hidden Markov model, {size.covariance}, against hmmlearn's {size.implementation}"
    )
    CASES[size.name] = Case(size.name, says, lambda options: measured(size, options))


for _size in SIZES:
    _register(_size)
