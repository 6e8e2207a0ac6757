"""One adapter for each library, all with the same questions: iterate from a start; fit from your own starts."""

from __future__ import annotations

import importlib
import importlib.util
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from sklearn.mixture import GaussianMixture

import hiddenmix as hm
from bench.data import Array, Normals
from bench.measure import LEAST, per_iteration
from hiddenmix.estimators._options import pool_for

GIGABYTE = 2**30
ROOM = 3 * GIGABYTE  # a library that would need more for one step is left out


class Library(ABC):
    """A library that fits mixtures of normals with full covariances, in float64.

    `tolerances` begins with the library's own default, and gets stricter.
    """

    name: ClassVar[str]
    module: ClassVar[str]
    tolerances: ClassVar[tuple[float, ...]]

    @abstractmethod
    def prepared(self, x: Array, start: Normals) -> Callable[[int], Normals]:
        """A function that makes so many EM iterations from the start; what can be done beforehand is done."""

    @abstractmethod
    def fit(self, x: Array, k: int, seed: int, tol: float) -> Callable[[], Normals]:
        """A whole fit from the library's own starts, with its own settings but for the tolerance."""

    def per_iteration(self, x: Array, start: Normals, count: int, atleast: float = 0.0) -> float:
        """Seconds per iteration."""
        return per_iteration(self.prepared(x, start), count, atleast)

    def room(self, n: int, d: int, k: int) -> int:
        """About how many bytes its largest arrays need."""
        return 8 * n * k

    @classmethod
    def installed(cls) -> bool:
        """Whether it can be imported."""
        return importlib.util.find_spec(cls.module) is not None


class Hiddenmix(Library):
    """This one, through its public functions."""

    name, module = "hiddenmix", "hiddenmix"
    tolerances = (1e-6,)

    def __init__(self, algorithm: str = "em") -> None:
        self.algorithm = algorithm

    def until(self, x: Array, k: int, seed: int, tol: float, goal: float) -> Callable[[], object]:
        """A whole fit that ends as soon as the log-likelihood for each row is at the goal."""
        enough = goal * len(x)
        model = hm.GaussianMixture(
            k, tol=tol, algorithm=self.algorithm, random_state=seed, callback=lambda step: step.loglik >= enough
        )
        return lambda: model.fit(x)

    def prepared(self, x: Array, start: Normals) -> Callable[[int], Normals]:
        model: Any = hm.Mixture(hm.Normal("full"), len(start.weights))
        pool = pool_for(None, len(x))

        def run(count: int) -> Normals:
            result: Any = hm.fit(
                model, x, start.params, stop=hm.Iterations(count), pool=pool, certificate="off", history=False
            )
            return Normals.of(result.params)

        return run

    def fit(self, x: Array, k: int, seed: int, tol: float) -> Callable[[], Normals]:
        model = hm.GaussianMixture(k, tol=tol, algorithm=self.algorithm, random_state=seed)
        return lambda: shown(model.fit(x))


class ScikitLearn(Library):
    """`sklearn.mixture.GaussianMixture`, best of ten starts."""

    name, module = "scikit-learn", "sklearn"
    tolerances = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)

    def model(self, start: Normals, count: int) -> Any:
        """An estimator that makes so many iterations from the start."""
        return GaussianMixture(
            len(start.weights),
            weights_init=start.weights,
            means_init=start.means,
            precisions_init=np.linalg.inv(start.covariances),
            init_params="random_from_data",  # the cheapest; nothing of it is used
            max_iter=count,
            tol=0.0,
            random_state=0,
        )

    def prepared(self, x: Array, start: Normals) -> Callable[[int], Normals]:
        return lambda count: shown(self.model(start, count).fit(x))

    def fit(self, x: Array, k: int, seed: int, tol: float) -> Callable[[], Normals]:
        model = GaussianMixture(k, n_init=10, tol=tol, random_state=seed)
        return lambda: shown(model.fit(x))

    def room(self, n: int, d: int, k: int) -> int:
        return 8 * n * (k + 2 * d)


class Tgmm(Library):
    """`tgmm.GaussianMixture`, on PyTorch."""

    name, module = "tgmm", "tgmm"
    tolerances = (1e-4, 1e-5, 1e-6, 1e-7)

    def prepared(self, x: Array, start: Normals) -> Callable[[int], Normals]:
        torch, tgmm = _modules("torch", "tgmm")
        rows = torch.from_numpy(x)
        weights, means, cov = (torch.tensor(part) for part in (start.weights, start.means, start.covariances))

        def run(count: int) -> Normals:
            model = tgmm.GaussianMixture(
                len(weights), x.shape[1], init_weights=weights, init_means=means, init_covariances=cov,
                max_iter=count, tol=1e-300, device="cpu",
            )  # fmt: skip
            return shown(model.fit(rows))

        return run

    def fit(self, x: Array, k: int, seed: int, tol: float) -> Callable[[], Normals]:
        torch, tgmm = _modules("torch", "tgmm")
        rows = torch.from_numpy(x)
        return lambda: shown(
            tgmm.GaussianMixture(k, x.shape[1], n_init=10, tol=tol, random_state=seed, device="cpu").fit(rows)
        )

    def room(self, n: int, d: int, k: int) -> int:
        return 2 * 8 * n * k * d


class Pomegranate(Library):
    """`pomegranate.gmm.GeneralMixtureModel`, on PyTorch."""

    name, module = "pomegranate", "pomegranate"
    tolerances = (0.1, 0.01, 0.001)

    def prepared(self, x: Array, start: Normals) -> Callable[[int], Normals]:
        torch, gmm, distributions = _modules("torch", "pomegranate.gmm", "pomegranate.distributions")
        rows = torch.from_numpy(x)

        def run(count: int) -> Normals:
            parts = [
                distributions.Normal(torch.tensor(m), torch.tensor(c)) for m, c in zip(start.means, start.covariances)
            ]
            weights = torch.tensor(start.weights)
            return _pomegranate(gmm.GeneralMixtureModel(parts, weights, max_iter=count, tol=-np.inf).fit(rows))

        return run

    def fit(self, x: Array, k: int, seed: int, tol: float) -> Callable[[], Normals]:
        torch, gmm, distributions = _modules("torch", "pomegranate.gmm", "pomegranate.distributions")
        rows = torch.from_numpy(x.astype(np.float32))  # its own starts know no other precision

        def run() -> Normals:
            model = gmm.GeneralMixtureModel([distributions.Normal() for _ in range(k)], tol=tol, random_state=seed)
            return _pomegranate(model.fit(rows))

        return run


class Hmmlearn(Library):
    """`hmmlearn.hmm.GMMHMM` with a single state, each row a sequence of its own in effect."""

    name, module = "hmmlearn", "hmmlearn"
    tolerances = (1e-2, 1e-3, 1e-4)

    def prepared(self, x: Array, start: Normals) -> Callable[[int], Normals]:
        return lambda count: self._run(x, start, count)[0]

    def per_iteration(self, x: Array, start: Normals, count: int, atleast: float = 0.0) -> float:
        """From the clock at the end of every iteration, for its fit begins with ten runs of k-means in any case."""
        ends = self._run(x, start, count + 1)[1]
        return max((ends[-1] - ends[0]) / count, LEAST)

    def fit(self, x: Array, k: int, seed: int, tol: float) -> Callable[[], Normals]:
        (hmm,) = _modules("hmmlearn.hmm")
        model = hmm.GMMHMM(1, k, covariance_type="full", n_iter=1000, tol=tol, random_state=seed)
        return lambda: _hmmlearn(model.fit(x))

    def room(self, n: int, d: int, k: int) -> int:
        return 2 * 8 * n * k * d * (1 + d)

    def _run(self, x: Array, start: Normals, count: int) -> tuple[Normals, list[float]]:
        base, hmm = _modules("hmmlearn.base", "hmmlearn.hmm")
        ends: list[float] = []

        class Clock(base.ConvergenceMonitor):  # type: ignore[misc, name-defined]
            converged = False

            def report(self, log_prob: float) -> None:
                ends.append(time.perf_counter())

        model = hmm.GMMHMM(1, len(start.weights), covariance_type="full", n_iter=count, params="mcw", init_params="")
        model.monitor_ = Clock(0.0, count, False)
        model.startprob_, model.transmat_ = np.ones(1), np.ones((1, 1))
        model.weights_, model.means_, model.covars_ = start.weights[None], start.means[None], start.covariances[None]
        return _hmmlearn(model.fit(x)), ends


RIVALS: dict[str, type[Library]] = {each.name: each for each in (ScikitLearn, Tgmm, Pomegranate, Hmmlearn)}


def rivals(names: tuple[str, ...] | None, n: int, d: int, k: int) -> list[Library]:
    """The libraries that are asked for and installed (scikit-learn always is), and for whose arrays there is room."""
    there = [each() for name, each in RIVALS.items() if (names is None or name in names) and each.installed()]
    return [each for each in there if each.room(n, d, k) <= ROOM]


def _modules(*names: str) -> tuple[Any, ...]:
    """Modules that may not be there, and are loaded where they are used."""
    return tuple(importlib.import_module(name) for name in names)


def shown(model: Any) -> Normals:
    """Parameters from the attributes that scikit-learn's class has, and others after it."""
    return Normals(*(np.array(part) for part in (model.weights_, model.means_, model.covariances_)))


def _pomegranate(model: Any) -> Normals:
    parts = list(model.distributions)
    means, cov = (np.stack([getattr(part, name).numpy() for part in parts]) for name in ("means", "covs"))
    return Normals(model.priors.numpy(), means, cov)


def _hmmlearn(model: Any) -> Normals:
    return Normals(model.weights_[0], model.means_[0], model.covars_[0])
