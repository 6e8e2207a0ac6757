"""EM one half-step at a time, for those who want to see it. It calls what `fit` calls, and is bit-equal to it."""

from __future__ import annotations

import math
import time
from typing import Any, Generic, Literal, TypeVar

from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point, Problem, as_data
from hiddenmix.engine.result import Trace
from hiddenmix.engine.stopping import Gain, Progress, Stop
from hiddenmix.model import Degenerate, Model, Pool

P = TypeVar("P")
S = TypeVar("S")


class Stepper(Generic[P, S]):
    """Alternate `e()` and `m()` from given parameters.

    `params` are the current parameters, `point` the last evaluated ones with their statistics. After `e()` the bound
    touches the log-likelihood at `params`; after `m()` it lies below. Asking for the same half-step twice changes
    nothing: that is a lesson, not an error.
    """

    def __init__(self, model: Model[P, S, Any], data: Any, params: P, *, pool: Pool | None = None) -> None:
        units = as_data(data)
        model = model.prepare(units)
        self.problem: Problem[P, S] = Problem(model, units, pool)
        self.model = model
        self.params = model.conform(params)
        self.point: Point[P, S] | None = None
        self.next: Literal["e", "m"] = "e"
        self.iteration = 0
        self.history: Trace[P] = Trace()
        self.reason = ""
        self._current: Point[P, S] | None = None
        self._clock = time.perf_counter()

    def e(self) -> Stepper[P, S]:
        """Lift the bound until it touches the log-likelihood at the current parameters."""
        if self.next == "e":
            self.point = self._evaluated()
            now = time.perf_counter()
            self.history.append(self.point, now - self._clock)
            self._clock = now
            self.next = "m"
        return self

    def m(self) -> Stepper[P, S]:
        """Move the parameters to the top of the bound; does nothing before the first `e()`."""
        if self.next == "m" and self.point is not None:
            with single_threaded_blas():
                try:
                    self.params = self.problem.update(self.point)
                except Degenerate as collapse:
                    self.reason = str(collapse)
                    return self
            self._current = None
            self.iteration += 1
            self.next = "e"
        return self

    def em(self) -> Stepper[P, S]:
        """Both half-steps: from a fresh E-step to the parameters that follow."""
        return self.e().m()

    @property
    def loglik(self) -> float:
        """The log-likelihood at the current parameters."""
        return self._evaluated().loglik

    @property
    def objective(self) -> float:
        """The log-likelihood plus log prior at the current parameters."""
        return self._evaluated().objective

    @property
    def bound(self) -> float:
        """The lower bound of the objective at the current parameters; -inf before the first E-step."""
        return self.bound_at(self.params)

    def bound_at(self, params: P) -> float:
        """The lower bound, as the last E-step left it, at any parameters."""
        return -math.inf if self.point is None else self.problem.bound(params, self.point)

    def objective_at(self, params: P) -> float:
        """The objective at any parameters."""
        with single_threaded_blas():
            return self.problem.evaluate(params).objective

    def until_converged(self, stop: Stop | None = None, max_iter: int = 1000) -> Stepper[P, S]:
        """Whole iterations until the rule is met, a component collapses, or `max_iter`; ends after an E-step."""
        rule = stop or Gain()
        self.e()
        for _ in range(max_iter):
            before = self.point
            assert before is not None
            self.m()
            if self.reason:
                break
            self.e()
            assert self.point is not None
            progress = Progress(
                self.history.objectives,
                before,
                self.point,
                self.problem.data.n_observed,
                self.problem.rounding(self.point),
            )
            if rule.met(progress):
                break
        return self

    def _evaluated(self) -> Point[P, S]:
        if self._current is None:
            with single_threaded_blas():
                self._current = self.problem.evaluate(self.params)
        return self._current
