"""Covariates of latent classes, read; and the figures that the data of a fit give."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_table
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Batch
from hiddenmix.discover.patterns import goodness_of_fit
from hiddenmix.estimators._labels import Knowledge
from hiddenmix.estimators._latent_tables import assigned, relative_entropy
from hiddenmix.estimators._state import over_rows
from hiddenmix.estimators._task import Task
from hiddenmix.estimators._warnings import in_words
from hiddenmix.latent._softmax import settled

PATTERNS = ("g2_", "x2_", "df_", "p_value_", "pattern_counts_")  # attributes of fits to patterns of answers
GATE = ("coefficients_", "covariate_names_", "covariate_centre_", "covariate_scale_")  # of fits with covariates


WORDS = (
    *(("Input X contains", "covariates contain"), ("column ", "covariate ")),
    ("fit categories with MixedMixture", "make a category columns of zeros and ones, one fewer than it has levels"),
)


def read_covariates(covariates: Any, n: int, weight: Array | None, penalty: float) -> tuple[Array, tuple[str, ...]]:
    """The covariates of a fit (n, p), and their names.

    Raises HM143 a missing one, HM144 one that says nothing new, HM404 another number of rows.
    """
    values, names = covariate_table(covariates, n)
    settled(values, weight, penalty, names)
    return values, names


def covariate_table(covariates: Any, n: int | None) -> tuple[Array, tuple[str, ...]]:
    """Covariates (n, p) as numbers, and their names: z0, z1, ... where they have none. HM404 another number of rows."""
    if np.ndim(covariates) == 1:
        covariates = np.asarray(covariates)[:, None]
    with in_words(*WORDS):
        table = check_table(covariates, allow_empty_columns=True)
    if n is not None and len(table.values) != n:
        what = f"covariates have {len(table.values)} rows for {n} rows of answers"
        raise HiddenmixError("HM404", what, "one row of covariates for each row")
    names = table.columns or tuple(f"z{j}" for j in range(table.values.shape[1]))
    return np.asarray(table.values, dtype=float), tuple(str(name) for name in names)


def class_figures(task: Task, knowledge: Knowledge, result: Any) -> dict[str, Any]:
    """The fitted attributes that need the data of the fit."""
    model, params, rows = result.model.plain(), result.params, task.rows(knowledge)

    def memberships(batch: Any) -> Array:
        return to_numpy(model.posterior(params, batch)[1])

    resp = over_rows(rows, memberships, None)
    weight = np.ones(len(resp)) if task.weight is None else task.weight
    used = (weight > 0) & ~np.isnan(task.table.values).all(axis=1)
    sums = model.ambiguity(params, Batch(
        task.table.values[used], 0, weight[used],
        None if knowledge.evidence is None else knowledge.evidence.take(used),
        covariates=None if task.covariates is None else task.covariates[used],
    ))  # fmt: skip
    found: dict[str, Any] = {
        "entropy_": sums.entropy,
        "relative_entropy_": relative_entropy(sums.entropy, float(weight[used].sum()), model.n_components),
        "classification_table_": assigned(resp[used], weight[used]),
    }
    if task.covariates is not None:
        gate = model.estimates(params)["gate"]
        members = model.memberships(params, task.covariates)
        return found | {
            "weights_": np.average(members, axis=0, weights=weight),
            "coefficients_": gate,
            "covariate_names_": np.array(task.covariate_names),
            "covariate_centre_": model.centre,
            "covariate_scale_": model.scale,
        }
    return found if knowledge.evidence is not None else found | _patterns(task, model, params)


def _patterns(task: Task, model: Any, params: Any) -> dict[str, Any]:
    def log_density(patterns: Array) -> Array:
        return to_numpy(model.posterior(params, Batch(patterns))[0])

    fit = goodness_of_fit(task.table.values, task.reader.sizes, task.weight, log_density, model.n_free(params))
    if fit is None:
        return {}
    told = {"g2_": fit.g2, "x2_": fit.x2, "df_": fit.df, "p_value_": fit.p_value}
    counts = {"pattern_counts_": np.array([fit.n_cells, fit.n_patterns], dtype=float)}
    return {name: value for name, value in told.items() if value is not None} | counts
