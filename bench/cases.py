"""What is compared: EM iterations from the same start, full covariance, float64."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

import hiddenmix as hm
from bench.measure import Ratio, alternate, peak_bytes, seconds
from hiddenmix.families.shapes import SHAPES

SIZES = {
    "10 000 x 2, k 3": (10_000, 2, 3, 100, 5),
    "1 000 000 x 2, k 5": (1_000_000, 2, 5, 3, 3),
    "200 000 x 10, k 10": (200_000, 10, 10, 3, 3),
    "1 000 000 x 10, k 10": (1_000_000, 10, 10, 2, 3),
}


def blobs(n: int, d: int, k: int, seed: int = 0, apart: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Normal components about random centres, and the centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=apart, size=(k, d))
    spreads = rng.normal(size=(k, d, d)) / np.sqrt(d) + np.eye(d)
    labels = rng.integers(k, size=n)
    x = centres[labels]
    for j in range(k):
        rows = labels == j
        x[rows] += rng.standard_normal((int(rows.sum()), d)) @ spreads[j].T
    return x, centres


def ours(x: np.ndarray, centres: np.ndarray, iterations: int, threads: bool) -> float:
    """Our seconds per iteration."""
    k, d = centres.shape
    model: Any = hm.Mixture(hm.Normal("full"), k)
    cov = SHAPES["full"].from_dense(np.eye(d) * x.var(), k)
    start = hm.MixtureParams(np.full(k, 1 / k), hm.NormalParams(centres, cov))
    pool = hm.Threads() if threads else hm.Serial()

    def run(count: int) -> float:
        stop = hm.Iterations(count)
        return seconds(lambda: hm.fit(model, x, start, stop=stop, pool=pool, certificate="off", history=False))

    return (run(iterations + 1) - run(1)) / iterations


def theirs(x: np.ndarray, centres: np.ndarray, iterations: int) -> float:
    """scikit-learn's seconds per iteration, from the same start."""
    k, d = centres.shape

    def run(count: int) -> float:
        model = GaussianMixture(
            k,
            means_init=centres,
            weights_init=np.full(k, 1 / k),
            precisions_init=np.broadcast_to(np.eye(d) / x.var(), (k, d, d)),
            max_iter=count,
            tol=0,
            init_params="random_from_data",
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return seconds(lambda: model.fit(x))

    return (run(iterations + 1) - run(1)) / iterations


def per_iteration(names: list[str]) -> Iterator[Ratio]:
    """Seconds per iteration, ours with threads against scikit-learn."""
    for name in names:
        n, d, k, iterations, repeats = SIZES[name]
        x, centres = blobs(n, d, k)
        threads = n > 50_000
        yield alternate(
            name,
            lambda x=x, c=centres, i=iterations, t=threads: ours(x, c, i, t),
            lambda x=x, c=centres, i=iterations: theirs(x, c, i),
            repeats,
            f"{peak_bytes(lambda x=x, c=centres, t=threads: ours(x, c, 1, t)) / 2**20:.1f} MB beyond the data",
        )
