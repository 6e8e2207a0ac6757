"""What every fit of a mixture begins with: the user's data, checked, a place to start, and what there is to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixWarning
from hiddenmix._starts import ONE_WAY
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.data import Rows
from hiddenmix.engine.stepper import Stepper
from hiddenmix.engine.stopping import Gain
from hiddenmix.estimators import _options, _order, _variants
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._labels import Knowledge, Labels
from hiddenmix.estimators._warnings import warn
from hiddenmix.model import Data, Model, Pool


@dataclass(frozen=True)
class Task:
    """The user's data, checked, and where they are worked on."""

    reader: Any  # the final class knows its own
    table: Table
    weight: Array | None
    labels: Labels
    pool: Pool
    rng: np.random.Generator
    covariates: Array | None = None
    covariate_names: tuple[str, ...] = ()

    def rows(self, knowledge: Knowledge) -> Rows:
        """The rows for the engine."""
        return Rows(self.table.values, self.weight, knowledge.evidence, covariates=self.covariates)


@dataclass(frozen=True)
class Beginning:
    """Where a fit begins: parameters, or a way to make them and how many times; `keep` the order they come in."""

    params: Any = None
    how: Any = "auto"
    starts: int = 1
    keep: bool = False


@dataclass(frozen=True)
class Note:
    """What was done to a family beyond what was asked: a phrase for the summary, warnings, further attributes."""

    text: str = ""
    warnings: tuple[HiddenmixWarning, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)

    def warn(self) -> None:
        """Give the warnings."""
        for warning in self.warnings:
            warn(warning)


def beginning(estimator: Any, task: Task, model: Any, knowledge: Knowledge, shape: str) -> Beginning:
    """Where the fit of a model begins: the last fit, a given start, known labels, or a strategy."""
    k, d = model.n_components, task.table.values.shape[1]
    keep = _order.in_place(model)
    before: Fitted | None = vars(estimator).get("_fitted")
    given = estimator._given(k, d, shape)
    if estimator.warm_start and before is not None and _continues(estimator, before, k, d, shape):
        return Beginning(params=before.params, keep=True)
    if given is not None:
        return Beginning(how=given, starts=1 if given.located else estimator.n_init, keep=given.located or keep)
    if knowledge.components is not None:
        return Beginning(how=knowledge.components, keep=keep)
    return Beginning(how=estimator.init_params, starts=1 if k == 1 else estimator.n_init, keep=keep)


def _continues(estimator: Any, before: Fitted, k: int, d: int, shape: str) -> bool:
    """Whether the last fit can be gone on with."""
    same = shape == getattr(estimator, "covariance_type_", "")
    return same and before.n_columns == d and len(before.params.weights) == k


def engine_options(estimator: Any, task: Task, begin: Beginning) -> dict[str, Any]:
    """The options of `hiddenmix.fit`."""
    return {
        "algorithm": _variants.climbing(estimator.algorithm),
        "stop": Gain(estimator.tol),
        "max_iter": estimator.max_iter,
        # The others would be the same.
        "starts": 1 if isinstance(begin.how, str) and begin.how in ONE_WAY else begin.starts,
        "how": _variants.begun(estimator.algorithm, begin.how),
        "pool": task.pool,
        "callback": _options.watcher(int(estimator.verbose), estimator.verbose_interval, estimator.callback),
    }


def stepper(model: Model[Any, Any, Any], data: Data, begin: Beginning, task: Task) -> Stepper[Any, Any]:
    """Plain EM from where the first start of a fit would begin."""
    model, params = model.prepare(data), begin.params
    if params is None:
        params = model.start(data, task.rng.spawn(1)[0], begin.how)
    return Stepper(model, data, params, pool=task.pool)
