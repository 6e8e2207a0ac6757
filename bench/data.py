"""The data of the comparisons, and starts that every library is given in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_iris

import hiddenmix as hm
from hiddenmix.estimators._options import pool_for
from hiddenmix.families.shapes import SHAPES

Array = np.ndarray[Any, Any]

# Hasselblad 1969, JASA 64:1459: days with 0, 1, 2, ... death notices
DAYS = np.array([162.0, 267.0, 271.0, 185.0, 111.0, 61.0, 27.0, 8.0, 3.0, 1.0])
HASSELBLAD = -1989.945859884  # the largest log-likelihood of two Poissons


@dataclass(frozen=True)
class Normals:
    """A mixture of normals: weights (k,), means (k, d), covariances (k, d, d). A start, or what a fit gave."""

    weights: Array
    means: Array
    covariances: Array

    @property
    def params(self) -> hm.MixtureParams[Any]:
        """The same for this library."""
        cov = SHAPES["full"].from_dense(self.covariances, len(self.weights))
        return hm.MixtureParams(self.weights, hm.NormalParams(self.means, cov))

    @staticmethod
    def of(params: Any) -> Normals:
        """From this library's parameters."""
        chol = params.components.cov.chol
        return Normals(params.weights, params.components.mean, chol @ np.swapaxes(chol, 1, 2))

    def loglik(self, x: Array) -> float:
        """The log-likelihood for each row."""
        model: Any = hm.Mixture(hm.Normal("full"), len(self.weights))
        result: Any = hm.fit(model, x, self.params, max_iter=0, certificate="off", pool=pool_for(None, len(x)))
        return float(result.loglik) / len(x)


def iris() -> Array:
    """150 flowers, 4 measurements."""
    return np.asarray(load_iris().data, dtype=float)


def blobs(n: int, d: int, k: int, apart: float = 4.0, seed: int = 0) -> tuple[Array, Normals]:
    """Normals of random shapes whose centres are about `apart` standard deviations from one another, and a start.

    The start has the true centres, equal weights and round covariances of the size of the data's variance.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=apart / np.sqrt(2 * d), size=(k, d))
    spreads = np.eye(d) + rng.normal(scale=0.3, size=(k, d, d)) / np.sqrt(d)
    labels = rng.integers(k, size=n)
    x = rng.standard_normal((n, d))
    for j in range(k):
        rows = labels == j
        x[rows] = centres[j] + x[rows] @ spreads[j].T
    cov = np.broadcast_to(np.eye(d) * x[:10_000].var(), (k, d, d))
    return x, Normals(np.full(k, 1 / k), centres, cov)


def simplex(n: int, d: int, k: int, apart: float, seed: int) -> Array:
    """k <= d + 1 round normals of variance 1, every two of whose centres are `apart` from one another."""
    rng = np.random.default_rng(seed)
    left, sizes, _ = np.linalg.svd(apart / np.sqrt(2) * (np.eye(k) - 1 / k))
    centres = np.zeros((k, d))
    centres[:, : k - 1] = (left * sizes)[:, : k - 1]
    return centres[rng.integers(k, size=n)] + rng.standard_normal((n, d))


def given_start(x: Array, k: int, seed: int) -> Normals:
    """A start from k-means on a sample."""
    model: Any = hm.Mixture(hm.Normal("full"), k)
    return Normals.of(model.start(hm.Rows(x), np.random.default_rng(seed), "kmeans"))
