"""What a mixture holds: its parameters, its statistics, and how unsure the memberships are."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np

from hiddenmix._tree import Array, record

P = TypeVar("P")
S = TypeVar("S")


@record
class MixtureParams(Generic[P]):
    """Weights (k,) that sum to 1, and the parameters of the components."""

    weights: Array
    components: P


@record
class MixtureStats(Generic[S]):
    """Expected counts (k,) and the components' statistics."""

    counts: Array
    components: S


@record
class Ambiguity:
    """Sums over units: entropy and log of the largest of the memberships; `sizes` (k,) by most probable component."""

    loglik: float
    entropy: float
    log_largest: float
    sizes: Array


def log_weights_of(params: MixtureParams[P]) -> Array:
    """The logarithms of the weights (k,); of one that is 0, -inf."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(params.weights))
