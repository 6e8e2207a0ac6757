"""Score, observed information and standard errors, from `q` and a few E-steps.

Fisher's identity gives the score of the observed data as the gradient of `q` at the point of its own E-step (Louis
1982, JRSS B 44:226); differencing that score gives the observed information. Everything is done in free coordinates,
and carried to the parameters that people read by the delta method. Derivatives are central differences of fourth order,
with steps that lower `q` by about the same little along every coordinate, whatever its unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point, Problem

P = TypeVar("P")

DROP = 4e-6, 1e-4  # of q for one step, per unit of weight: truncation and rounding errors are then both near 1e-8
TRIES = 40


def score(problem: Problem[P, Any], point: Point[P, Any], base: P | None = None, steps: Array | None = None) -> Array:
    """The gradient of the objective at `point`, in free coordinates around `base` (its own parameters by default)."""
    base = point.params if base is None else base
    here = problem.model.ravel(point.params, base)
    return gradient(_q(problem, point, base), here, _steps(problem, point) if steps is None else steps)


def complete_information(problem: Problem[P, Any], point: Point[P, Any]) -> Array:
    """The expected complete-data information: minus the Hessian of `q` at the point (free coordinates)."""
    q, steps = _q(problem, point, point.params), _steps(problem, point)
    return -_symmetric(jacobian(lambda vector: gradient(q, vector, steps), np.zeros(len(steps)), steps))


def observed_information(problem: Problem[P, Any], point: Point[P, Any]) -> Array:
    """Minus the Hessian of the objective at the point (free coordinates); four E-steps per coordinate."""
    base, steps = point.params, _steps(problem, point)

    def score_at(vector: Array) -> Array:
        return score(problem, problem.evaluate(problem.model.unravel(vector, base)), base, steps)

    return -_symmetric(jacobian(score_at, np.zeros(len(steps)), steps))


def missing_fraction(problem: Problem[P, Any], point: Point[P, Any]) -> float:
    """The largest fraction of missing information: the rate at which EM converges (Dempster, Laird & Rubin 1977)."""
    complete = complete_information(problem, point)
    missing = complete - observed_information(problem, point)
    return float(np.max(np.real(np.linalg.eigvals(np.linalg.solve(complete, missing)))))


def standard_errors(problem: Problem[P, Any], point: Point[P, Any]) -> dict[str, Array]:
    """Standard errors of `model.estimates` at a maximum, shaped as these; 0 for parameters that are not free.

    Raises HM420 on the boundary, or where the information is not positive definite.
    """
    model, base = problem.model, point.params
    if model.on_boundary(base):
        raise HiddenmixError(
            "HM420", "a parameter lies on the boundary of its space, where standard errors do not exist", "add a prior"
        )
    with single_threaded_blas():
        information = observed_information(problem, point)
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

    slope = jacobian(readable, np.zeros(len(information)), _steps(problem, point))
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, covariance, slope), 0.0))
    ends = np.cumsum([np.size(value) for value in names.values()])[:-1]
    return {
        name: part.reshape(np.shape(value))
        for (name, value), part in zip(names.items(), np.split(errors, ends), strict=True)
    }


def gradient(f: Callable[[Array], float], at: Array, steps: Array | float) -> Array:
    """The derivatives of a scalar function, by differences with these steps along the coordinates."""
    return jacobian(lambda vector: np.array([f(vector)]), at, steps)[0]


def jacobian(f: Callable[[Array], Array], at: Array, steps: Array | float) -> Array:
    """The derivatives of a vector function: (outputs, inputs)."""
    if not at.size:
        return np.zeros((np.size(f(at)), 0))
    steps = np.broadcast_to(steps, at.shape)
    columns = [
        (8 * (f(at + e) - f(at - e)) - (f(at + 2 * e) - f(at - 2 * e))) / (12 * step)
        for step, e in zip(steps, np.diag(steps), strict=True)
    ]
    return np.stack(columns, axis=1)


def _q(problem: Problem[P, Any], point: Point[P, Any], base: P) -> Callable[[Array], float]:
    return lambda vector: problem.q(problem.model.unravel(vector, base), point)


def _steps(problem: Problem[P, Any], point: Point[P, Any]) -> Array:
    """How far to go along each coordinate, so that `q` falls by `DROP`; 0.01 where it does not fall."""
    q, size = _q(problem, point, point.params), problem.model.ravel(point.params, point.params).size
    here, (least, most) = q(np.zeros(size)), np.multiply(DROP, problem.data.total_weight)
    steps = np.full(size, 0.01)
    for i, axis in enumerate(np.eye(size)):
        step = 0.01
        for _ in range(TRIES):
            with np.errstate(all="ignore"):
                drop = here - (q(step * axis) + q(-step * axis)) / 2
            if least <= drop <= most:
                steps[i] = step
                break
            step = step * 4 if drop < least else step / 4  # a drop that is not a number is a step too far
    return steps


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
