"""Contract checks for anybody's family or model: one function a promise, each raising AssertionError if it is broken.

`check_family` and `check_model` run all that apply. hiddenmix's own families and models pass the same checks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import n_components
from hiddenmix.latent.mixture import Mixture, MixtureParams
from hiddenmix.model import Family, Model
from hiddenmix.testing._compare import applies, run_all
from hiddenmix.testing._families import (
    FAMILY_CHECKS,
    FamilyCase,
    check_array_api,
    check_chart,
    check_empty,
    check_estimate,
    check_evaluate,
    check_gradient,
    check_known,
    check_log_prob,
    check_merge,
    check_missing,
    check_params,
    check_permutation,
    check_single_precision,
    check_start,
    check_weights,
)
from hiddenmix.testing._models import (
    MODEL_CHECKS,
    ModelCase,
    check_array_library,
    check_ascent,
    check_bound,
    check_chunks,
    check_fisher,
    check_free_coordinates,
    check_m_step,
    check_order,
    check_q_gradient,
    check_recovery,
    check_single_precision_data,
    check_stationary,
    check_storage,
    check_threads,
    check_unit_weights,
)


def check_family(family: Family[Any, Any], params: Any, x: Any, **settings: Any) -> None:
    """Check all promises of a family, and of the mixture of as many components as `params` has.

    Parameters
    ----------
    family, params, x
        See `FamilyCase`; the family is prepared here.
    **settings
        The other fields of `FamilyCase`: `oracle`, `support`, `array_api`, `known`, `samples`, `seed`.

    Raises
    ------
    AssertionError
        Naming every promise that is broken.
    """
    k = n_components(params)
    case = FamilyCase(family.prepare(x, None, k), params, x, **settings)
    run_all(FAMILY_CHECKS, case)
    weights = np.arange(1.0, k + 1) / np.arange(1.0, k + 1).sum()
    check_model(
        Mixture(case.family, k),
        MixtureParams(weights, params),
        x,
        array_api=case.array_api,
        exchangeable=case.exchangeable,
        samples=case.samples,
        seed=case.seed,
    )


def check_model(model: Model[Any, Any, Any], params: Any, x: Any, **settings: Any) -> None:
    """Check all promises of a model.

    Parameters
    ----------
    model, params, x
        See `ModelCase`; the model is prepared here where it wants to be.
    **settings
        The other fields of `ModelCase`: `build`, `n_units`, `array_api`, `exchangeable`, `samples`, `seed`.

    Raises
    ------
    AssertionError
        Naming every promise that is broken.
    """
    case = ModelCase(model, params, x, **settings)
    run_all(MODEL_CHECKS, ModelCase(model.prepare(case.data()), params, x, **settings))


__all__ = [
    "FAMILY_CHECKS",
    "MODEL_CHECKS",
    "FamilyCase",
    "ModelCase",
    "applies",
    "check_array_api",
    "check_array_library",
    "check_ascent",
    "check_bound",
    "check_chart",
    "check_chunks",
    "check_empty",
    "check_estimate",
    "check_evaluate",
    "check_family",
    "check_fisher",
    "check_free_coordinates",
    "check_gradient",
    "check_known",
    "check_log_prob",
    "check_m_step",
    "check_merge",
    "check_missing",
    "check_model",
    "check_order",
    "check_params",
    "check_permutation",
    "check_q_gradient",
    "check_recovery",
    "check_single_precision",
    "check_single_precision_data",
    "check_start",
    "check_stationary",
    "check_storage",
    "check_threads",
    "check_unit_weights",
    "check_weights",
]
