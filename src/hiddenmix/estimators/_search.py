"""Several numbers of components and shapes: fit all, and compare."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import check_enough_distinct, check_n_components, count_distinct, light_weights
from hiddenmix.engine.result import Status
from hiddenmix.estimators import _options, _variants
from hiddenmix.estimators._task import Beginning, Note, Task, engine_options
from hiddenmix.estimators._warnings import warn
from hiddenmix.model import Family, Known
from hiddenmix.select import Candidate, Selection, search


def search_models(estimator: Any, task: Task) -> tuple[Selection, dict[str, Note]]:
    """Fit every number of components and shape that is asked for; with what there is to say of each shape."""
    if any(getattr(estimator, name) is not None for name in estimator._starting):
        raise HiddenmixError(
            "HM410",
            "a given start belongs to one model, and several are asked for",
            "one n_components, one covariance_type",
        )
    n = len(task.table.values)
    sizes = [check_n_components(k, sys.maxsize) for k in _options.listed(estimator.n_components, _sizes(task))]
    _refuse_fixed(estimator.weights, sizes)
    light = light_weights(task.weight)
    if light is not None:
        warn(light)
    options = engine_options(estimator, task, Beginning(how=estimator.init_params, starts=estimator.n_init))
    families: dict[str, tuple[Family[Any, Any], Note]] = {}

    def build(k: int, shape: str) -> Any:
        check_n_components(k, n)
        check_enough_distinct(task.table.values, k, task.weight)
        if shape not in families:
            families[shape] = estimator._family(task, shape)
        return _variants.wrapped(estimator.algorithm, estimator._mixture(task, families[shape][0], k))

    found: list[Any] = []
    groups = [[k] for k in sizes] if task.labels else [sizes]  # evidence belongs to one number of components
    for group, rng in zip(groups, task.rng.spawn(len(groups))):
        rows = task.rows(task.labels.knowledge(group[0]))
        part = search(build, rows, group, estimator._shapes(), criterion=estimator.criterion, rng=rng, **options)
        found += part.candidates
        if stopped(found[-1]):
            break
    return Selection(tuple(found), estimator.criterion), {shape: note for shape, (_, note) in families.items()}


def _sizes(task: Task) -> list[int]:
    """The numbers of components that "auto" tries."""
    sizes = task.labels.sizes(_options.AUTO_COMPONENTS)
    distinct = count_distinct(task.table.values, sizes[-1])
    return [k for k in sizes if k <= distinct] or sizes[:1]


def _refuse_fixed(weights: Any, sizes: list[int]) -> None:
    """Raise HM410 where known weights say how many components there are, and other numbers are asked for."""
    shape = np.shape(weights.value if isinstance(weights, Known) else weights)
    if shape not in ((), (1,)) and any(k != shape[0] for k in sizes):
        raise HiddenmixError(
            "HM410",
            f"{shape[0]} known weights belong to {shape[0]} components, and other numbers are asked for",
            f"n_components={shape[0]}, or weights='equal', which any number can have",
        )


def stopped(candidate: Candidate) -> bool:
    """Whether the user's callback ended this fit, and so the search."""
    return candidate.result is not None and candidate.result.status is Status.STOPPED
