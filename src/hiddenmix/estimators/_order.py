"""Components in an order that the same fit always has: by falling weight, then by location."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.result import Result
from hiddenmix.families.known import blocks, knows


def ordered(result: Result[Any, Any], fixed: int = 0, groups: Array | None = None) -> Result[Any, Any]:
    """The result with its components in order, everywhere; the first `fixed` ones keep their place.

    With `groups` (k,), which ascend, they are in order within each group; so are components of different families.
    """
    groups = blocks(result.model.family) if groups is None else groups
    index = _index(result.model, result.params, fixed)
    if groups is not None:
        index = index[np.argsort(groups[index], kind="stable")]
    keep = bool(fixed) or groups is not None
    if np.array_equal(index, np.arange(len(index))):
        return result
    trace = result.trace.mapped(lambda params: _tree.pick(params, index))
    params = _tree.pick(result.params, index)
    starts = tuple(replace(s, params=_aligned(result.model, s.params, params, keep)) for s in result.starts)
    point = replace(result.point, given=params, expected=None)
    if result.problem is not None:
        with single_threaded_blas():
            point = replace(point, expected=result.problem.evaluate(params).stats)
    spurious = tuple(int(np.flatnonzero(index == j)[0]) for j in result.spurious)
    return replace(result, point=point, trace=trace, starts=starts, spurious=tuple(sorted(spurious)))


def in_place(model: Any) -> bool:
    """Whether something is known of single components, so that each must keep its place."""
    return not model.weighing.interchangeable or knows(model.family)


def _index(model: Any, params: Any, fixed: int) -> Array:
    order = model.order(params)
    return np.concatenate([np.arange(fixed), order[order >= fixed]])


def _aligned(model: Any, params: Any, like: Any, keep: bool) -> Any:
    """The components of another start in the order of those of the winner that lie nearest, unless they keep theirs."""
    return params if keep else model.match(params, like)
