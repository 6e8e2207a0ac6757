"""What a fitted mixture of regressions says of itself: coefficients with their standard errors, in a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.discover._words import aligned
from hiddenmix.estimators._summary import number, summary

WORDS = {"scale": "residual sd", "shape": "shape"}


def described(estimator: Any, fitted: Any) -> str:
    """The fit in words, the components, and a line for each coefficient."""
    k = len(fitted.params.weights)
    more = f", memberships by {fitted.params.coef.shape[1] - 1} covariates" if estimator.gated else ""
    title = f"{k} {estimator.distribution} regression{'s' * (k > 1)}{more}"
    estimates = fitted.model.family.estimates(fitted.params.components)
    names = [name for name in WORDS if name in estimates]
    cells = [[number(estimates[name][j]) for name in names] for j in range(k)]
    lines = [summary(title, fitted, cells, [WORDS[name] for name in names])]
    try:
        errors, why = estimator.result_.standard_errors()["coef"], ""
    except (HiddenmixError, AttributeError) as error:
        errors, why = np.full(estimates["coef"].shape, np.nan), getattr(error, "message", "no fit at hand")
    lines += aligned(_table(fitted.reader.names, estimates["coef"], errors))
    if "covariance" in estimates:
        lines += aligned(_effects(estimator.random_names_, estimates["covariance"]))
    return "\n".join([*lines, f"  no standard errors: {why}"] if why else lines)


def _table(names: Sequence[str], coef: Array, errors: Array) -> list[list[str]]:
    rows = [["component", "coefficient", "estimate", "std. error", "z", "p"]]
    for j, line in enumerate(coef):
        for name, value, error in zip(names, line, errors[j], strict=True):
            told = ["", "", ""]
            if error > 0:
                z = value / error
                told = [number(error), f"{z:.2f}", f"{math.erfc(abs(z) / math.sqrt(2)):.4f}"]
            rows.append([str(j + 1), name, number(value, error if error > 0 else 0.0), *told])
    return rows


def _effects(names: Sequence[str], covariance: Array) -> list[list[str]]:
    """Standard deviations and correlations of the random effects."""
    rows = [["component", "random effect", "std. dev.", *(f"corr. {name}" for name in names[:-1])]]
    for j, cov in enumerate(covariance):
        sd = np.sqrt(np.diagonal(cov))
        for i, name in enumerate(names):
            below = [f"{cov[i, m] / (sd[i] * sd[m]):.3f}" if m < i else "" for m in range(len(names) - 1)]
            rows.append([str(j + 1), name, number(sd[i]), *below])
    return rows
