"""Starts that the user gives, whole or in part: functions (model, data, generator) -> parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.estimators._variants import way
from hiddenmix.families.normal import NormalParams
from hiddenmix.families.precision import covariance
from hiddenmix.families.shapes import Shape
from hiddenmix.latent.mixture import MixtureParams
from hiddenmix.model import Data, Known

SUM = 1e-6  # how far given weights may be from summing to 1


@dataclass(frozen=True)
class GivenStart:
    """Weights, components, or both; what is missing comes from the strategy `how`."""

    how: str
    weights: Array | None = None
    components: Any = None

    @property
    def located(self) -> bool:
        """Whether the components' places are given, so that there is one start only."""
        return self.components is not None

    def __call__(self, model: Any, data: Data, rng: np.random.Generator) -> MixtureParams[Any]:
        """The start; without weights, equal ones."""
        if self.components is not None:
            return MixtureParams(starting_weights(model, self.weights), self.components)
        found: MixtureParams[Any] = model.start(data, rng, way(self.how))
        return found if self.weights is None else MixtureParams(self.weights, found.components)


@dataclass(frozen=True)
class NormalStart:
    """Weights, means and covariances of normal components, each of them given or not.

    Given means decide the rest: one EM step from them, with the covariance of all data, gives the weights and
    covariances that are not given. Without means a strategy gives what is not given.
    """

    how: str
    weights: Array | None = None
    mean: Array | None = None
    cov: Any = None

    @property
    def located(self) -> bool:
        """Whether the means are given, so that there is one start only."""
        return self.mean is not None

    def __call__(self, model: Any, data: Data, rng: np.random.Generator) -> MixtureParams[NormalParams]:
        """The start."""
        weights, cov = self.weights, self.cov
        if self.mean is None:
            found = model.start(data, rng, way(self.how))
            weights = found.weights if weights is None else weights
            return MixtureParams(weights, NormalParams(found.components.mean, _or(cov, found.components.cov)))
        if cov is None:
            found = self._step(model, data, rng)
            weights, cov = _or(weights, found.weights), found.components.cov
        return MixtureParams(starting_weights(model, weights), NormalParams(self.mean, cov))

    def _step(self, model: Any, data: Data, rng: np.random.Generator) -> Any:
        batch = data.sample(rng, 10_000)
        family, k = model.family, model.n_components
        even = np.full((batch.n_units, k), 1.0 / k)
        resp = even if batch.weight is None else even * batch.weight[:, None]
        everything = family.estimate(None, family.stats(None, batch.x, resp))
        start = MixtureParams(starting_weights(model, self.weights), replace(everything, mean=self.mean))
        return model.m_step(start, model.e_step(start, batch)[1])


def starting_weights(model: Any, weights: Array | None) -> Array:
    """The given weights, the known ones, or equal ones."""
    k = model.n_components
    known: Known = model.known
    return _or(weights, np.asarray(known.value) if known.mask((k,)).all() else np.full(k, 1.0 / k))


def read_weights(weights_init: Any, k: int) -> Array | None:
    """Starting weights (k,): HM404 another shape, HM405 not a distribution."""
    if weights_init is None:
        return None
    weights = _floats("weights_init", weights_init, (k,))
    if np.any(weights < 0) or abs(weights.sum() - 1) > SUM:
        raise HiddenmixError("HM405", f"weights_init sums to {weights.sum():g}", "weights of 0 or more that sum to 1")
    return weights / weights.sum()


def read_means(name: str, values: Any, k: int, d: int) -> Array | None:
    """Starting means, rates or probabilities (k, d): HM404 another shape."""
    return None if values is None else _floats(name, values, (k, d))


def read_within(name: str, values: Array | None, high: float, sums_to_one: bool = False) -> Array | None:
    """Require values between 0 and `high`, whose rows sum to 1 if they must; HM405 otherwise."""
    if values is None:
        return None
    if not np.all((values >= 0) & (values <= high)):
        limit = f", at most {high:g}" if high < np.inf else ""
        raise HiddenmixError("HM405", f"{name} must be 0 or more{limit}", f"{name}=None finds a start")
    if sums_to_one and np.max(np.abs(values.sum(axis=1) - 1)) > SUM:
        raise HiddenmixError("HM405", f"each row of {name} must sum to 1", "p / p.sum(axis=1, keepdims=True)")
    return values


def read_covariances(shape: Shape, precisions_init: Any, stds_init: Any, k: int, d: int) -> Any:
    """The shape's starting covariances, from precisions in its own layout or from standard deviations."""
    if precisions_init is not None and stds_init is not None:
        raise HiddenmixError("HM410", "precisions_init and stds_init say the same thing", "give one of them")
    if precisions_init is not None:
        values = np.asarray(precisions_init, dtype=float)
        return covariance(shape, values, k, d, "precisions_init", inverted=True)
    if stds_init is None:
        return None
    return covariance(shape, _variances(shape, np.asarray(stds_init, dtype=float), k, d), k, d, "stds_init")


def _variances(shape: Shape, sd: Array, k: int, d: int) -> Array:
    """Squares of standard deviations (k,), (k, d), or without the k where the shape has one for all, in its layout."""
    one = shape.kind == "spherical" or d == 1
    allowed: list[tuple[int, ...]] = [(k,)] if one else [(k, d)]
    if shape.pooled:
        allowed = [()] if shape.kind == "spherical" else [(d,)]
    allowed += [(k, 1)] if d == 1 and not shape.pooled else []
    if sd.shape not in allowed:
        raise HiddenmixError(
            "HM404", f"stds_init must have shape {allowed[0]} here; got {sd.shape}", "None finds a start"
        )
    if not np.all(np.isfinite(sd) & (sd > 0)):
        raise HiddenmixError("HM405", "stds_init must be above 0", "standard deviations; stds_init=None finds a start")
    if shape.kind == "spherical":
        return np.square(sd if shape.pooled else sd.reshape(k))
    columns = np.square(sd.reshape(d) if shape.pooled else sd.reshape(k, d))
    return columns if shape.kind == "diag" else columns[..., None] * np.eye(d)


def _floats(name: str, values: Any, shape: tuple[int, ...]) -> Array:
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise HiddenmixError(
            "HM404", f"{name} must be an array of numbers of shape {shape}", f"{name}=None finds a start"
        ) from None
    if array.shape != shape:
        raise HiddenmixError(
            "HM404", f"{name} must have shape {shape}; got {array.shape}", f"{name}=None finds a start"
        )
    if not np.all(np.isfinite(array)):
        raise HiddenmixError("HM405", f"{name} holds a value that is not finite", f"{name}=None finds a start")
    return array


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
