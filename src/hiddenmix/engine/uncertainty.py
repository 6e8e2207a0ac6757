"""Parameters drawn from what the data leave open: by the bootstrap, or from the curvature at the estimate.

The bootstrap refits the model, from the estimate on, to units drawn again with replacement: the estimates scatter as
they would from sample to sample, without a normal approximation (Efron 1994, JASA 89:463; Honaker & King 2010, American
Journal of Political Science 54:561). The curvature gives draws N(estimate, inverse of the observed information) in the
model's free coordinates, which every draw leaves inside the parameter space (Little & Rubin 2002, section 10.2.3).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from scipy.linalg import solve_triangular

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.data import data_of
from hiddenmix.engine.em import Algorithm
from hiddenmix.engine.fit import Name, fit
from hiddenmix.engine.information import observed_information
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.result import Certificate, Result
from hiddenmix.engine.stopping import Gain
from hiddenmix.model import Data

P = TypeVar("P")

TRIES = 20  # samples that are drawn before the bootstrap gives up
SHORT = 1e-4  # of its objective may a refit fall short, whatever the size of the data: 0.014 standard errors


def resampled(data: Data, rng: np.random.Generator) -> Data:
    """Units drawn again with replacement, as many as there were; HM421 where they are not in memory.

    Whole weights are repetitions, each of which is drawn by itself; units with other weights keep them.
    """
    if not data.in_memory:
        what = "the bootstrap draws units again, and needs all of them in memory"
        raise HiddenmixError("HM421", what, "method='information'")
    batch = data.sample(rng, data.n_units)
    weight = np.ones(data.n_units) if batch.weight is None else np.asarray(batch.weight, dtype=float)
    if np.all(weight == np.floor(weight)):
        times = rng.multinomial(int(weight.sum()), weight / weight.sum()).astype(float)
    else:
        times = rng.multinomial(data.n_units, np.full(data.n_units, 1 / data.n_units)) * weight
    return data_of(replace(batch, weight=times))


def refitted(
    problem: Problem[P, Any],
    params: P,
    rng: np.random.Generator,
    *,
    max_iter: int,
    algorithm: Algorithm | Name = "auto",
) -> tuple[Result[P, Any], int]:
    """The fit to units drawn again, from `params` on, and how many samples had no estimate before.

    It goes on until all that is projected to come is small against the sampling error: one that stopped earlier would
    stay too near to where it began. Raises HM441 where none of `TRIES` samples has an estimate.
    """
    stop = Gain(SHORT / max(problem.data.n_observed, 1.0))
    for failed in range(TRIES):
        result = fit(
            problem.model,
            resampled(problem.data, rng),
            params,
            algorithm=algorithm,
            stop=stop,
            max_iter=max_iter,
            pool=problem.pool,
            certificate="off",
            history=False,
        )
        if result.status.finished and result.point.finite:
            return result, failed
    raise HiddenmixError(
        "HM441",
        f"none of {TRIES} bootstrap samples has an estimate; the last one: {result.reason or result.status.value}",
        "a prior, or fewer components",
    )


class AroundEstimate:
    """Draws of parameters around an estimate, by the observed information there.

    Raises HM441 where the information is not that of a maximum inside the parameter space.
    """

    def __init__(self, result: Result[Any, Any]) -> None:
        assert result.problem is not None
        self.model, self.params = result.model, result.params
        self.root = _root(result, result.problem)

    def draw(self, rng: np.random.Generator) -> Any:
        """Parameters."""
        noise = rng.standard_normal(len(self.root))
        vector = solve_triangular(self.root, noise, trans="T", lower=True)
        return self.model.unravel(vector, self.params)


def _root(result: Result[Any, Any], problem: Problem[Any, Any]) -> Array:
    """The lower Cholesky factor of the observed information."""
    why = ""
    if not result.converged:
        why = result.status.value
    elif result.certificate in (Certificate.SADDLE, Certificate.FLAT):
        why = result.certificate.value
    elif problem.model.on_boundary(result.params):
        why = "a parameter lies on the boundary of its space"
    if not why:
        with single_threaded_blas():
            information = observed_information(problem, result.point)
        try:
            return np.linalg.cholesky(information)
        except np.linalg.LinAlgError:
            why = "the information is not positive definite: some direction is not identified"
    raise HiddenmixError("HM441", f"the curvature tells no uncertainty here: {why}", "method='bootstrap', or a prior")


__all__ = ["AroundEstimate", "refitted", "resampled"]
