"""Starting responsibilities on a sample, from coordinates in which distance makes sense."""

from __future__ import annotations

import math

import numpy as np

from hiddenmix._tree import Array

STRATEGIES = ("kmeans", "k-means++", "random_from_data", "random")
SWEEPS = 10


def responsibilities(
    how: str, points: Array, k: int, rng: np.random.Generator, weight: Array | None, allowed: Array | None
) -> Array:
    """Responsibilities (n, k) of `points` (n, q). `allowed` (n, k) says which components a row may belong to.

    "kmeans" is greedy k-means++ (Arthur & Vassilvitskii 2007) and a few Lloyd sweeps, "k-means++" its seeds alone,
    "random_from_data" random rows as centres, "random" uniform on the simplex.
    """
    n = len(points)
    mask = np.ones((n, k), dtype=bool) if allowed is None else allowed
    if how == "random":
        resp = rng.dirichlet(np.ones(k), size=n) * mask
        return np.asarray(resp / resp.sum(axis=1, keepdims=True))
    mass = np.ones(n) if weight is None else weight
    centres = _seeds(points, k, rng, mass, mask, greedy=how != "random_from_data")
    if how == "kmeans":
        centres = _lloyd(points, centres, mass, mask)
    return np.eye(k)[_nearest(points, centres, mask)]


def _seeds(points: Array, k: int, rng: np.random.Generator, mass: Array, mask: Array, greedy: bool) -> Array:
    """One row per component: far from those already chosen, or (not greedy) any row."""
    centres = np.empty((k, points.shape[1]))
    closest = np.full(len(points), np.inf)
    trials = 2 + int(math.log(k)) if greedy else 1
    for j in range(k):
        chance = mass * mask[:, j]
        chance = chance if chance.any() else mass  # none of these rows may belong to it: anywhere is as good
        if greedy and np.isfinite(closest).any():
            far = chance * np.where(np.isfinite(closest), closest, closest[np.isfinite(closest)].max() + 1.0)
            chance = far if far.sum() > 0 else chance
        candidates = rng.choice(len(points), size=trials, p=chance / chance.sum())
        distances = np.stack([np.square(points - points[c]).sum(axis=1) for c in candidates])
        distances = np.where(mask[:, j], distances, np.inf)
        after = np.minimum(closest, distances)
        best = int(np.argmin((mass * np.where(np.isfinite(after), after, 0.0)).sum(axis=1)))
        centres[j], closest = points[candidates[best]], after[best]
    return centres


def _lloyd(points: Array, centres: Array, mass: Array, mask: Array) -> Array:
    for _ in range(SWEEPS):
        resp = np.eye(len(centres))[_nearest(points, centres, mask)] * mass[:, None]
        count = resp.sum(axis=0)
        moved = np.where(count[:, None] > 0, resp.T @ points / np.where(count > 0, count, 1.0)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _nearest(points: Array, centres: Array, mask: Array) -> Array:
    distance = np.square(centres).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(np.argmin(np.where(mask, distance, np.inf), axis=1))
