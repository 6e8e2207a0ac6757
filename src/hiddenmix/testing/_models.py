"""What every model promises, one function a promise."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix.data import Rows
from hiddenmix.engine.fit import fit
from hiddenmix.engine.information import gradient, score
from hiddenmix.engine.pools import Serial, Threads
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.stopping import Gain
from hiddenmix.model import Data, Model
from hiddenmix.testing._compare import (
    SLOPE_STEP,
    check_coordinates,
    check_gradient_of,
    check_record,
    mapped,
    needs,
    same,
    shifts,
    summit,
)

Build = Callable[[Array, Array | None, int | None], Data]

STEPS = 20  # EM iterations whose ascent is checked
DRAWS = 600  # units drawn to be recovered


@dataclass(frozen=True, eq=False)
class ModelCase:
    """A model, parameters, and data, on which to check its promises.

    Parameters
    ----------
    model : Model
        Prepared on the data.
    params : P
        Parameters that are not a maximum.
    x : array of shape (n, d), or record of arrays, optional
        The units, where they are rows.
    build : callable, optional
        (units, weight, chunk) -> Data of these units (indices, with repeats) and their weights, in chunks of about so
        many; None: no weights, one chunk. By default `Rows` of `x`.
    n_units : int, optional
        How many units there are; by default the rows of `x`.
    array_api : bool
        Whether the E-step runs on any array library.
    exchangeable : bool
        Whether the parameters have components that may trade places.
    samples : bool
        Whether the model's `sample` draws what `fit` can recover: by its own starts where components are
        exchangeable, else from the true parameters.
    seed : int
        Of perturbations and draws.
    """

    model: Model[Any, Any, Any]
    params: Any
    x: Any = None
    build: Build | None = None
    n_units: int = 0
    array_api: bool = False
    exchangeable: bool = False
    samples: bool = False
    seed: int = 0

    def data(self, units: Array | None = None, weight: Array | None = None, chunk: int | None = None) -> Data:
        """These units, or all of them."""
        units = np.arange(self.size) if units is None else units
        if self.build is not None:
            return self.build(units, weight, chunk)
        return Rows(_tree.take(self.x, units), weight, chunk=chunk)

    def problem(self, **changes: Any) -> Problem[Any, Any]:
        """The model with these data."""
        return Problem(self.model, self.data(**changes))

    @property
    def size(self) -> int:
        """The number of units."""
        return self.n_units or _tree.n_rows(self.x)


def check_chunks(case: ModelCase) -> None:
    """Chunks of any size give the same log-likelihood and the same next parameters."""
    whole, parts = case.problem(), case.problem(chunk=max(case.size // 7, 1))
    one, many = whole.evaluate(case.params), parts.evaluate(case.params)
    same(many.loglik, one.loglik, "the log-likelihood in chunks", 1e-12)
    same(parts.update(many), whole.update(one), "the next parameters from chunks", 1e-10)


def check_threads(case: ModelCase) -> None:
    """Threads change nothing, not even the last bit."""
    data = case.data(chunk=max(case.size // 7, 1))
    serial, threads = (Problem(case.model, data, pool) for pool in (Serial(), Threads(3)))
    same(
        (threads.evaluate(case.params).loglik, threads.update(threads.evaluate(case.params))),
        (serial.evaluate(case.params).loglik, serial.update(serial.evaluate(case.params))),
        "the result with threads",
        0,
    )


def check_unit_weights(case: ModelCase) -> None:
    """A unit of weight w counts as w units, one of weight 0 as none."""
    counts = np.random.default_rng(case.seed).integers(0, 4, size=case.size)
    counts[0] = 2
    weighted = case.problem(weight=counts.astype(float))
    repeated = case.problem(units=np.repeat(np.arange(case.size), counts))
    one, other = weighted.evaluate(case.params), repeated.evaluate(case.params)
    same(one.loglik, other.loglik, "the log-likelihood of weighted units against repeated ones", 1e-12)
    same(weighted.update(one), repeated.update(other), "the next parameters", 1e-10)
    same(weighted.data.total_weight, float(counts.sum()), "the total weight", 1e-12)


@needs("exchangeable")
def check_order(case: ModelCase) -> None:
    """Components in another order give the same objective, and the same next parameters in that order."""
    problem = case.problem()
    k = len(next(_tree.leaves(case.params)))
    order = np.roll(np.arange(k), 1)
    here, there = problem.evaluate(case.params), problem.evaluate(_tree.pick(case.params, order))
    same(there.objective, here.objective, "the objective with permuted components", 1e-12)
    same(problem.update(there), _tree.pick(problem.update(here), order), "the next parameters")


def check_m_step(case: ModelCase) -> None:
    """No parameters near those of the M-step have a higher q, and its slope is zero there."""
    problem, model = case.problem(), case.model
    point = problem.evaluate(case.params)
    best = problem.update(point)
    size = model.ravel(best, best).size
    level = not model.on_boundary(best)
    summit(lambda shift: problem.q(model.unravel(shift, best), point), size, case.seed, level, "q of the M-step")


def check_q_gradient(case: ModelCase) -> None:
    """The gradient of q, where the model has one, is that of q plus the log prior."""
    problem, model, base = case.problem(), case.model, case.params
    point = problem.evaluate(base)
    own = functools.partial(model.q_gradient, stats=point.stats, base=base)
    check_gradient_of(model, base, own, lambda params: problem.q(params, point))


def check_fisher(case: ModelCase) -> None:
    """The slope of q at the parameters of its own E-step is the slope of the objective (Fisher's identity)."""
    problem, base = case.problem(), case.params
    size = case.model.ravel(base, base).size

    def objective(shift: Array) -> float:
        return problem.evaluate(case.model.unravel(shift, base)).objective

    slope = gradient(objective, np.zeros(size), SLOPE_STEP)
    same(score(problem, problem.evaluate(base)), slope, "the slope of q against that of the objective", 1e-5)


def check_bound(case: ModelCase) -> None:
    """The lower bound touches the objective at the parameters of its E-step, and lies below it elsewhere."""
    problem, base = case.problem(), case.params
    point = problem.evaluate(base)
    same(problem.bound(base, point), point.objective, "the bound at its own parameters", 1e-12)
    for shift in shifts(case.model.ravel(base, base).size, case.seed):
        params = case.model.unravel(shift, base)
        with np.errstate(all="ignore"):  # without a chart a step may leave the parameter space
            above = problem.bound(params, point) - problem.evaluate(params).objective
        assert not above > 1e-10 * (1 + abs(point.objective)), (
            f"the bound is {above:.3g} above the objective, {np.linalg.norm(shift):.1g} away"
        )


def check_ascent(case: ModelCase) -> None:
    """The objective never falls."""
    problem = case.problem()
    point = problem.evaluate(case.params)
    for step in range(STEPS):
        before, point = point, problem.evaluate(problem.update(point))
        fall = before.objective - point.objective
        assert fall <= 100 * problem.rounding(point), f"the objective fell by {fall:.3g} in iteration {step + 1}"


def check_stationary(case: ModelCase) -> None:
    """Where a fit converges, the slope of the objective is zero."""
    result = fit(case.model, case.data(), case.params, stop=Gain(1e-12), max_iter=20_000, certificate="off")
    assert result.converged, f"the fit ended with: {result.status.value} {result.reason}"
    if case.model.on_boundary(result.params):
        return
    problem = case.problem()
    steep = np.max(np.abs(score(problem, problem.evaluate(result.params))), initial=0.0)
    assert steep <= 1e-5 * problem.data.total_weight + 1e-4, f"the slope at the optimum is {steep:.3g}"


@needs("samples")
def check_recovery(case: ModelCase) -> None:
    """A fit to draws reaches at least the true parameters' objective, and no more than sampling error explains.

    Twice the difference is chi-squared with one degree of freedom per free parameter (Wilks).
    """
    model: Any = case.model
    x, _ = model.sample(case.params, DRAWS, np.random.default_rng(case.seed))
    data = Rows(x)
    start = None if case.exchangeable else case.params
    result = fit(model, data, start, starts=4, rng=case.seed, certificate="off")
    truth = Problem(model, data).evaluate(case.params).objective
    ratio = 2 * (result.objective - truth)
    free = model.ravel(case.params, case.params).size
    assert ratio >= -1e-3, f"the fit to draws is worse than the truth by {-ratio / 2:.3g} ({result.status.value})"
    most = free + 5 * np.sqrt(2 * free) + 5
    assert ratio <= most, f"the fit to draws is better than the truth by {ratio / 2:.3g}, where {most / 2:.3g} is much"


def check_single_precision_data(case: ModelCase) -> None:
    """Data in float32 give what they give in float64."""
    if case.x is None or case.build is not None:
        return
    short = Problem(case.model, Rows(mapped(case.x, lambda leaf: leaf.astype(np.float32))))
    problem = case.problem()
    one, other = short.evaluate(case.params), problem.evaluate(case.params)
    same(one.loglik, other.loglik, "the log-likelihood in float32", 1e-5)
    same(short.update(one), problem.update(other), "the next parameters in float32", 1e-5)


@needs("array_api")
def check_array_library(case: ModelCase) -> None:
    """A strict Array API library gives NumPy's answer."""
    import array_api_strict as xp

    problem = case.problem()
    want = problem.evaluate(case.params)
    for dtype, tolerance in ((xp.float64, 1e-9), (xp.float32, 1e-4)):
        there = Problem(case.model, Rows(mapped(case.x, functools.partial(xp.asarray, dtype=dtype))))
        got = there.evaluate(case.params)
        same(got.loglik, want.loglik, f"the log-likelihood in {dtype}", tolerance)
        same(there.update(got), problem.update(want), f"the next parameters in {dtype}", tolerance)


def check_free_coordinates(case: ModelCase) -> None:
    """The chart of free coordinates is one, and known parameters have none."""
    problem, model = case.problem(), case.model
    n_free = getattr(model, "n_free", None)
    free = None if n_free is None else n_free(case.params)
    check_coordinates(model, case.params, problem.update(problem.evaluate(case.params)), free, case.seed)


def check_storage(case: ModelCase) -> None:
    """Parameters are read-only and can be stored; a result survives pickle."""
    check_record(case.params)
    result = fit(case.model, case.data(), case.params, max_iter=3, certificate="off")
    check_record(result.params)
    again = pickle.loads(pickle.dumps(result))
    same((again.loglik, again.params), (result.loglik, result.params), "a result after pickle", 0)
    assert again.status is result.status, "the status after pickle"


MODEL_CHECKS = (
    check_chunks,
    check_threads,
    check_unit_weights,
    check_order,
    check_m_step,
    check_q_gradient,
    check_fisher,
    check_bound,
    check_ascent,
    check_stationary,
    check_recovery,
    check_single_precision_data,
    check_array_library,
    check_free_coordinates,
    check_storage,
)
