"""Completed data sets: parameters drawn from what the data leave open, then missing cells drawn given these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._validate import check_number, check_word
from hiddenmix.engine.result import Result, Status
from hiddenmix.engine.uncertainty import AroundEstimate, refitted
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._options import generator
from hiddenmix.estimators._warnings import ConvergenceWarning, warn
from hiddenmix.estimators._written import written
from hiddenmix.estimators.conditional import conditional_of, draw_cells

METHODS = ("bootstrap", "information", "fixed")

Drawn = tuple[Any, Any]  # a model for predictions, and its parameters
Draw = Callable[[np.random.Generator], Drawn]


def completed(estimator: Any, X: Any, m: int, method: str, rng: Any) -> list[Any]:
    """The tables that `Imputations.completed` gives."""
    check_number("m", m, 1, whole=True)
    check_word("method", method, METHODS)
    fitted, table = estimator._state(), estimator._read(X)
    missing = np.isnan(table.values)
    refits: list[tuple[Result[Any, Any], int]] = []
    draw = _drawing(estimator, fitted, method, refits)
    tables = []
    for own in generator(estimator.random_state if rng is None else rng).spawn(m):
        known = conditional_of(*draw(own), table.values, fitted.reader, fitted.names)
        tables.append(written(X, draw_cells(known, own), missing, fitted.reader.levels_of))
    _tell(refits, estimator.max_iter)
    return tables


def _drawing(estimator: Any, fitted: Fitted, method: str, refits: list[tuple[Result[Any, Any], int]]) -> Draw:
    """How parameters are drawn; the bootstrap keeps its fits in `refits`."""
    if method == "fixed":
        return lambda rng: (fitted.model, fitted.params)
    result: Result[Any, Any] | None = vars(estimator).get("result_")
    if result is None or result.problem is None or fitted is not vars(estimator).get("_fitted"):
        raise HiddenmixError(
            "HM421",
            f"method={method!r} needs the data of the fit: what the parameters leave open comes from these",
            "fit again, or method='fixed', which takes the parameters for the truth",
        )
    if method == "information":
        around = AroundEstimate(result)
        return lambda rng: estimator._released(_moved(result, around.draw(rng)))
    again = partial(
        refitted,
        result.problem,
        result.params,
        max_iter=max(estimator.max_iter, 1),
        algorithm=getattr(estimator, "algorithm", "auto"),
    )

    def draw(rng: np.random.Generator) -> Drawn:
        refits.append(again(rng))
        released: Drawn = estimator._released(refits[-1][0])
        return released

    return draw


def _moved(result: Result[Any, Any], params: Any) -> Result[Any, Any]:
    """The result with other parameters."""
    return replace(result, point=replace(result.point, given=params, expected=None))


def _tell(refits: list[tuple[Result[Any, Any], int]], max_iter: int) -> None:
    """Warn of samples that were drawn again, and of refits that did not converge."""
    failed = sum(count for _, count in refits)
    if failed:
        what = f"{failed} of {failed + len(refits)} bootstrap samples had no estimate, and were drawn again"
        warn(HiddenmixWarning("HM441", what, "a prior, or fewer components"))
    short = sum(result.status is Status.ITERATION_LIMIT for result, _ in refits)
    if short:
        what = f"{short} of {len(refits)} refits stopped after {max_iter} iterations, not converged"
        warn(ConvergenceWarning("HM302", what, f"max_iter={10 * max(max_iter, 1)}"))
