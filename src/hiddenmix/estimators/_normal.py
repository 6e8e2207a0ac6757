"""Views of fitted normal components, for the estimators that show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.estimators._summary import number
from hiddenmix.families.normal import NormalParams
from hiddenmix.families.precision import covariance, covariances_of, precision_factors, precisions, spreads
from hiddenmix.families.shapes import SHAPES, Shape
from hiddenmix.latent.mixture import MixtureParams

SUM = 1e-6


def attributes(shape: Shape, params: MixtureParams[NormalParams]) -> dict[str, Array]:
    """Weights, means, covariances and precisions, in scikit-learn's layout."""
    components = params.components
    factors = precision_factors(shape, components.cov)
    return {
        "weights_": np.array(params.weights),
        "means_": np.array(components.mean),
        "covariances_": np.array(shape.dense(components.cov)),
        "precisions_": precisions(shape, factors),
        "precisions_cholesky_": np.array(factors),
    }


def cells(shape: Shape, params: NormalParams) -> Sequence[Sequence[str]]:
    """Mean ± standard deviation of every component and column, as text."""
    rows = zip(params.mean, spreads(shape, params))
    return [[f"{number(m, s)} ± {number(s)}" for m, s in zip(*row)] for row in rows]


def from_arrays(shape_name: str, weights: Any, means: Any, covariances: Any) -> MixtureParams[NormalParams]:
    """The parameters from arrays; HM404, HM405 where they are none."""
    try:
        weights, means = np.array(weights, dtype=float), np.array(means, dtype=float)
    except (TypeError, ValueError):
        raise HiddenmixError("HM404", "weights and means must be arrays of numbers", "shapes (k,) and (k, d)") from None
    if means.ndim != 2 or weights.shape != means.shape[:1]:
        raise HiddenmixError(
            "HM404",
            f"weights must have shape (k,), means (k, d); got {weights.shape} and {means.shape}",
            "one column is means.reshape(-1, 1)",
        )
    if not (np.all(weights >= 0) and abs(weights.sum() - 1) <= SUM and np.all(np.isfinite(means))):
        raise HiddenmixError(
            "HM405",
            f"weights must be 0 or more and sum to 1, means finite; the sum is {weights.sum():g}",
            "weights / weights.sum()",
        )
    cov = covariance(SHAPES[shape_name], covariances, *means.shape)
    return MixtureParams(weights / weights.sum(), NormalParams(means, cov))


def from_shown(shape_name: str, shown: dict[str, Any]) -> MixtureParams[NormalParams]:
    """The parameters from fitted attributes that a user has set: factors of precisions, or covariances."""
    covariances = shown.get("covariances_")
    factors = shown.get("precisions_cholesky_")
    if factors is not None:
        covariances = covariances_of(SHAPES[shape_name], np.asarray(factors, dtype=float))
    return from_arrays(shape_name, shown["weights_"], shown["means_"], covariances)
