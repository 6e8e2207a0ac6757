"""Which rows lie scattered: far from their nearest neighbours.

Where points fall with some density, the volume of the ball that reaches the m-th nearest one is gamma with shape m and
a rate proportional to the density. A mixture of two such gammas, one of each rate, tells clustered rows from scattered
ones (Byers & Raftery 1998, J. American Statistical Association 93:577).
"""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array

NEIGHBOUR = 8  # the m-th nearest of the rows that are looked at
LOOKED = 1000  # rows among which neighbours are sought
SWEEPS = 50
HALF = 0.5  # the most that a row is taken from the clusters: a sparse cluster is not noise, which EM finds out


def scattered(points: Array) -> Array:
    """The share (n,) of each of the points (n, q) that is taken to be noise at the start, at most a half."""
    n, q = points.shape
    if n <= NEIGHBOUR + 1:
        return np.full(n, HALF / n)
    chosen = np.random.default_rng(0).choice(n, size=min(n, LOOKED), replace=False)
    m = min(NEIGHBOUR, len(chosen) - 1)
    near = np.concatenate([_squared(points[i : i + 4096], points[chosen], m) for i in range(0, n, 4096)])
    positive = near > 0
    if not positive.any():
        return np.full(n, HALF / n)
    volume = 0.5 * q * np.log(np.where(positive, near, near[positive].min()))  # logs, of (n,)
    noise = volume > np.quantile(volume, 0.9)
    share = np.where(noise, 1.0, 0.0)
    for _ in range(SWEEPS):
        weight = np.array([1 - share.mean(), share.mean()])
        if weight.min() <= 0:
            break
        with np.errstate(divide="ignore"):
            shares = np.log(np.stack([1 - share, share]))
        size = np.logaddexp.reduce(shares + volume, axis=1) - np.log(n * weight)  # log mean volume of each kind
        log_prob = np.log(weight) - m * (size - np.log(m)) - m * np.exp(np.minimum(volume[:, None] - size, 500.0))
        before, share = share, 1 / (1 + np.exp(np.clip(log_prob[:, 0] - log_prob[:, 1], -500, 500)))
        if np.max(np.abs(share - before)) < 1e-3:
            break
    return HALF * share


def _squared(points: Array, among: Array, m: int) -> Array:
    """The squared distance (n,) to the (m + 1)-th nearest of some rows: one of them may be the row itself."""
    apart = np.square(points).sum(axis=1)[:, None] + np.square(among).sum(axis=1) - 2 * points @ among.T
    return np.maximum(np.partition(apart, m, axis=1)[:, m], 0.0)
