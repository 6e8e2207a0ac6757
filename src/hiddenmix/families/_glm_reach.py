"""Where the rows of a generalised linear model lie, and whether predictors run to infinity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families._glm_responses import Response
from hiddenmix.families._regression_design import Design

FURTHEST = 10.0  # how far predictors go beyond those of all responses on their way to infinity: a factor of 2e4


@dataclass(frozen=True, eq=False)
class Reach:
    """Where the rows lie: the features' mean (p,), a root (m, p) of their covariance, and the linked responses' range.

    Predictors are judged, not coefficients: one that is large as its column is far from 0, as years are, or because
    exposures are, runs nowhere.
    """

    mean: Array
    root: Array
    low: float
    high: float

    def beyond(self, coef: Array) -> Array:
        """Whether the predictors of coefficients (k, p) are beyond all responses by far."""
        centre, spread = coef @ self.mean, np.sqrt(np.square(coef @ self.root.T).sum(axis=1))
        return np.asarray((centre - spread < self.low - FURTHEST) | (centre + spread > self.high + FURTHEST))


def reach_of(response: Response, x: Design, weight: Array | None) -> Reach | None:
    """That of the rows of positive weight whose response is there; None where there are none."""
    y, seen, trials = responses(x)
    used = seen[:, 0] if weight is None else seen[:, 0] & (weight > 0)
    if not used.any():
        return None
    features = np.asarray(x.features, dtype=float)[used]
    mean = features.mean(axis=0)
    root = np.linalg.qr(features - mean, mode="r") / np.sqrt(len(features))
    target = response.linked(y, trials)[:, 0] - (0.0 if x.offset is None else np.asarray(x.offset, dtype=float))
    return Reach(mean, root, float(target[used].min()), float(target[used].max()))


def responses(x: Design) -> tuple[Array, Array, Array]:
    """Responses, whether they are there, and trials, each (n, 1)."""
    y, seen = x.observed()
    trials = np.ones(len(y)) if x.trials is None else np.asarray(x.trials, dtype=float)
    return y[:, None], seen[:, None], trials[:, None]


__all__ = ["Reach", "reach_of", "responses"]
