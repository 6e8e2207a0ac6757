"""Starting responsibilities on a sample, from coordinates in which distance makes sense."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from hiddenmix._agglomerate import grouped
from hiddenmix._tree import Array

ONE_WAY = ("hierarchical", "ward")  # these draw nothing: they are the same from any seed
STRATEGIES = ("kmeans", "k-means++", "random_from_data", "random", *ONE_WAY)
SWEEPS = 10
HANDFUL = 2**16  # distances at a time


def responsibilities(
    hows: Sequence[str],
    points: Array,
    k: int,
    rngs: Sequence[np.random.Generator],
    weight: Array | None,
    allowed: Array | None,
) -> list[Array]:
    """Responsibilities (n, k) of `points` (n, q) for each of several starts, none of which depends on the others.

    `allowed` (n, k) says which components a row may belong to. "kmeans" is greedy k-means++ (Arthur & Vassilvitskii
    2007) and a few Lloyd sweeps, "k-means++" its seeds alone, "random_from_data" random rows as centres, "random"
    uniform on the simplex. "hierarchical" and "ward" cut the trees of `_agglomerate` at k.
    """
    mass = np.ones(len(points)) if weight is None else weight
    resp: list[Array] = [np.zeros(0)] * len(hows)
    centres: dict[int, Array] = {}
    for i, (how, rng) in enumerate(zip(hows, rngs, strict=True)):
        if how in ONE_WAY:
            resp[i] = _merged(points, k, mass, allowed, ellipsoids=how == "hierarchical")
        elif how == "random":
            shares = rng.dirichlet(np.ones(k), size=len(points)) * (1.0 if allowed is None else allowed)
            resp[i] = shares / shares.sum(axis=1, keepdims=True)
        else:
            centres[i] = _seeds(points, k, rng, mass, allowed, greedy=how != "random_from_data")
    swept = [i for i in centres if hows[i] == "kmeans"]
    for some in _handfuls(swept, k * len(points)):
        settled = _lloyd(points, np.stack([centres[i] for i in some]), mass, allowed)
        centres |= dict(zip(some, settled, strict=True))
    for some in _handfuls(list(centres), k * len(points)):
        labels = _nearest(points, np.stack([centres[i] for i in some]), allowed)
        for i, label in zip(some, labels, strict=True):
            resp[i] = np.eye(k)[label]
    return resp


def _merged(points: Array, k: int, mass: Array, allowed: Array | None, ellipsoids: bool) -> Array:
    """Groups by agglomeration; where rows may belong to some components only, matched to these as well as they can."""
    labels = grouped(points, mass, k, ellipsoids)
    resp = np.eye(k)[labels]
    if allowed is None:
        return resp
    place = linear_sum_assignment(-(resp * mass[:, None]).T @ allowed)[1]
    resp = np.eye(k)[place[labels]] * allowed
    resp = np.where(resp.any(axis=1, keepdims=True), resp, allowed)
    total = resp.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, resp / np.where(total > 0, total, 1.0), 1 / k))


def _handfuls(starts: list[int], size: int) -> Iterator[list[int]]:
    """Starts in groups whose distances, `size` numbers for each of them, stay in cache."""
    count = max(1, HANDFUL // size)
    for first in range(0, len(starts), count):
        yield starts[first : first + count]


def _seeds(points: Array, k: int, rng: np.random.Generator, mass: Array, allowed: Array | None, greedy: bool) -> Array:
    """One row per component: far from those already chosen, or (not greedy) any row."""
    centres = np.empty((k, points.shape[1]))
    trials, columns = 2 + int(math.log(k)) if greedy else 1, np.ascontiguousarray(points.T)
    closest: Array | None = None  # squared distance to the nearest centre; infinite where a row may have none of them
    for j in range(k):
        chance = mass if allowed is None else mass * allowed[:, j]
        chance = chance if chance.any() else mass  # none of these rows may belong to it: anywhere is as good
        if greedy and closest is not None:
            far = chance * _finite(closest)
            chance = far if far.any() else chance
        candidates = rng.choice(len(points), size=trials, p=chance / chance.sum())
        if not greedy:
            centres[j] = points[candidates[0]]
            continue
        apart = columns - points[candidates, :, None]  # (trials, q, n)
        distances = np.einsum("tqn,tqn->tn", apart, apart)
        if allowed is not None:
            distances[:, ~allowed[:, j]] = np.inf
        after = distances if closest is None else np.minimum(closest, distances)
        best = int(np.argmin(np.where(np.isfinite(after), after, 0.0) @ mass))
        centres[j], closest = points[candidates[best]], after[best]
    return centres


def _finite(closest: Array) -> Array:
    """Distances where the infinite ones are a little beyond the largest; the same for all where none is finite."""
    finite = np.isfinite(closest)
    return closest if finite.all() else np.where(finite, closest, closest[finite].max(initial=0.0) + 1.0)


def _lloyd(points: Array, centres: Array, mass: Array, allowed: Array | None) -> Array:
    """A few sweeps from each set of centres (sets, k, q)."""
    for _ in range(SWEEPS):
        labels = _nearest(points, centres, allowed)
        resp = (labels[:, None, :] == np.arange(centres.shape[1])[:, None]) * mass  # (sets, k, n)
        count = resp.sum(axis=2)[:, :, None]
        moved = np.where(count > 0, resp @ points / np.where(count > 0, count, 1.0), centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _nearest(points: Array, centres: Array, allowed: Array | None) -> Array:
    """The nearest centre (sets, n) of each row, in each set of centres (sets, k, q)."""
    distance = centres @ points.T  # (sets, k, n): a product for each set, so that none depends on the others
    distance *= -2
    distance += np.square(centres).sum(axis=2)[:, :, None]
    if allowed is not None:
        distance[:, ~allowed.T] = np.inf
    return np.asarray(np.argmin(distance, axis=1))
