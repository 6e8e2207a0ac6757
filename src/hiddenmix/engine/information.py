"""Score, observed information and standard errors, from `q` and a few E-steps.

Fisher's identity gives the score of the observed data as the gradient of `q` at the point of its own E-step (Louis
1982, JRSS B 44:226); differencing that score gives the observed information. Everything is done in free coordinates,
and carried to the parameters that people read by the delta method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.result import Certificate, Result

P = TypeVar("P")

SCORE_STEP = 1e-5  # of the central difference of q (relative error about 1e-10 of its third derivative)
INFORMATION_STEP = 1e-4  # of the central difference of the score


def score(problem: Problem[P, Any], point: Point[P, Any], base: P | None = None) -> Array:
    """The gradient of the objective at `point`, in free coordinates around `base` (its own parameters by default)."""
    base = point.params if base is None else base
    model = problem.model
    here = model.ravel(point.params, base)

    def q(vector: Array) -> float:
        return problem.q(model.unravel(vector, base), point)

    return gradient(q, here, SCORE_STEP)


def complete_information(problem: Problem[P, Any], point: Point[P, Any]) -> Array:
    """The expected complete-data information: minus the Hessian of `q` at the point (free coordinates)."""
    model, base = problem.model, point.params

    def q_gradient(vector: Array) -> Array:
        return gradient(lambda v: problem.q(model.unravel(v, base), point), vector, 1e-4)

    return -_symmetric(jacobian(q_gradient, np.zeros(model.ravel(base, base).size), 1e-4))


def observed_information(problem: Problem[P, Any], point: Point[P, Any]) -> Array:
    """Minus the Hessian of the objective at the point (free coordinates); two E-steps per coordinate."""
    model, base = problem.model, point.params

    def score_at(vector: Array) -> Array:
        return score(problem, problem.evaluate(model.unravel(vector, base)), base)

    return -_symmetric(jacobian(score_at, np.zeros(model.ravel(base, base).size), INFORMATION_STEP))


def missing_fraction(problem: Problem[P, Any], point: Point[P, Any]) -> float:
    """The largest fraction of missing information: the rate at which EM converges (Dempster, Laird & Rubin 1977)."""
    complete = complete_information(problem, point)
    missing = complete - observed_information(problem, point)
    return float(np.max(np.real(np.linalg.eigvals(np.linalg.solve(complete, missing)))))


def standard_errors(result: Result[Any, Any]) -> dict[str, Array]:
    """Standard errors of `model.estimates`, shaped as these; 0 for parameters that are not free."""
    problem = result.problem
    if problem is None:
        raise HiddenmixError("HM421", "this result was loaded without its data", "fit it again to get standard errors")
    if result.certificate is Certificate.SADDLE or not result.converged:
        raise HiddenmixError(
            "HM420",
            f"standard errors exist at a maximum only; this fit {result.status.value}",
            "a larger max_iter, a smaller tol",
        )
    model, base = problem.model, result.params
    if model.on_boundary(base):
        raise HiddenmixError(
            "HM420", "a parameter lies on the boundary of its space, where standard errors do not exist", "add a prior"
        )
    with single_threaded_blas():
        information = observed_information(problem, result.point)
    try:
        covariance = np.linalg.inv(information)
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError as error:
        raise HiddenmixError(
            "HM420",
            "the information is not positive definite: some direction is not identified",
            "fewer components, a prior, or a smaller tol",
        ) from error
    names = model.estimates(base)

    def readable(vector: Array) -> Array:
        values = model.estimates(model.unravel(vector, base))
        return np.concatenate([np.ravel(values[name]) for name in names])

    slope = jacobian(readable, np.zeros(len(information)), 1e-5)
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, covariance, slope), 0.0))
    ends = np.cumsum([np.size(value) for value in names.values()])[:-1]
    return {
        name: part.reshape(np.shape(value))
        for (name, value), part in zip(names.items(), np.split(errors, ends), strict=True)
    }


def gradient(f: Callable[[Array], float], at: Array, step: float) -> Array:
    """Central differences of a scalar function."""
    return np.array([(f(at + e) - f(at - e)) / (2 * step) for e in step * np.eye(len(at))])


def jacobian(f: Callable[[Array], Array], at: Array, step: float) -> Array:
    """Central differences of a vector function: (outputs, inputs)."""
    columns = [(f(at + e) - f(at - e)) / (2 * step) for e in step * np.eye(len(at))]
    return np.stack(columns, axis=1)


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
