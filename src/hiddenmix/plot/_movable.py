"""The parameters of a view along which a picture can move: those of the components, and the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix.families.axes import Axis, axes, moved_share, unit_of


def movable(view: Any) -> Iterator[Axis]:
    """The axes of a `View`, at its parameters as a whole; those that are known are left out.

    Of weights of which some are known, or sums over groups, one moves at the cost of those that share with it. Weights
    that follow from covariates are no parameters.
    """
    for axis in (*_of_components(view), *(_of_weights(view) if view.free_weights else ())):
        if _free(view, axis):
            yield axis


def _of_components(view: Any) -> Iterator[Axis]:
    params = view.params
    for axis in axes(view.model.plain().family, params.components):
        yield replace(axis, at=_component_at(params, axis), read=_component_of(axis))


def _component_at(params: Any, axis: Axis) -> Any:
    return lambda value: replace(params, components=axis.at(value))


def _component_of(axis: Axis) -> Any:
    return lambda other: axis.read(other.components)


def _of_weights(view: Any) -> Iterator[Axis]:
    weights = view.params.weights
    for j in range(view.k):
        among = _sharing(view, j)
        if among.sum() > 1 and weights[among].any():
            yield _of_weight(view.params, j, among)


def _of_weight(params: Any, j: int, among: Array) -> Axis:
    weights = params.weights
    value, total = float(weights[j]), float(weights[among].sum())
    return Axis(
        "weight", j, None, value, unit_of(value, total),
        lambda new: replace(params, weights=moved_share(weights, j, new, among)),
        lambda other: float(other.weights[j]), 0.0, total,
    )  # fmt: skip


def _sharing(view: Any, j: int) -> Array:
    """Which weights (k,) change when a component has more rows, its own among them."""
    even = np.ones(view.k)
    before, after = (view.model.weighing.shared(mass) for mass in (even, even + np.eye(view.k)[j]))
    return np.asarray(~np.isclose(before, after, rtol=1e-9, atol=0.0))


def _free(view: Any, axis: Axis) -> bool:
    """Whether the parameter stays where it is put, and is not known."""
    toward = axis.high if np.isfinite(axis.high) else axis.value + axis.unit
    moved = axis.at(axis.value + 0.01 * (toward - axis.value) if toward > axis.value else 0.99 * axis.value)
    before, after = _tree.ravel(moved), _tree.ravel(view.problem.model.conform(moved))
    return bool(np.allclose(before, after, rtol=1e-9, atol=1e-12))


__all__ = ["movable"]
