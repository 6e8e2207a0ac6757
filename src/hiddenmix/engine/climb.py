"""One climb from one start: iterate, audit, record, and say how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from hiddenmix.engine.em import Algorithm, State
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.result import Status, Step, Trace
from hiddenmix.engine.stopping import Progress, Stop
from hiddenmix.model import Degenerate

P = TypeVar("P")
S = TypeVar("S")
Callback = Callable[[Step[Any]], Any]


class Climb(Generic[P, S]):
    """A climb that can be interrupted and taken up again, so that starts can race.

    `status` is None while it may go on. `point` is always the last finite one, and never lower than its start.
    """

    def __init__(
        self,
        problem: Problem[P, S],
        params: P,
        algorithm: Algorithm,
        stop: Stop,
        max_iter: int,
        trace: Trace[P],
        callback: Callback | None = None,
    ) -> None:
        self.problem, self.algorithm, self.stop, self.max_iter = problem, algorithm, stop, max_iter
        self.trace, self.callback = trace, callback
        self.audited = "noisy" not in (problem.model.bound, algorithm.bound)
        self.status: Status | None = None
        self.reason = ""
        self._clock = time.perf_counter()
        self.state: State[P, S] = algorithm.init(problem, params)
        self._record(self.state)
        if not self.point.finite:
            self._end(Status.NOT_FINITE, "the starting parameters give no finite log-likelihood")

    @property
    def point(self) -> Point[P, S]:
        """Where the climb stands."""
        return self.state.point

    @property
    def iterations(self) -> int:
        """Iterations done."""
        return len(self.trace) - 1

    @property
    def plain(self) -> bool:
        """Whether the next step is EM's own, which several climbs can make together."""
        return self.state.plain

    def advance(self) -> None:
        """Go on to the end."""
        while self.status is None:
            self.step()

    def give_up(self) -> None:
        """Leave the race."""
        self._end(Status.RACED_OUT)

    def resume(self) -> None:
        """Take the race up again, and go on to the end."""
        if self.status is Status.RACED_OUT:
            self.status = None
            self.advance()

    def step(self) -> None:
        """One iteration, and the end where there may be no more."""
        if self.iterations < self.max_iter:
            self._iterate()
        if self.status is None and self.iterations >= self.max_iter:
            self._end(Status.ITERATION_LIMIT)

    def _iterate(self) -> None:
        before = self.point
        try:
            state = self.algorithm.step(self.problem, self.state)
        except Degenerate as collapse:
            self._end(Status.COLLAPSED, str(collapse))
            return
        now = state.point
        if not now.finite:
            reason = f"the log-likelihood became {now.objective} in iteration {self.iterations + 1}"
            self._end(Status.NOT_FINITE, reason)
            return
        self._record(state)
        if self.audited and self._fell(before, now):
            self._end(Status.DECREASED, self._why_it_fell(before, now))
            return
        self.state = state
        if self.callback is not None and self.callback(self.trace[-1]):
            self._end(Status.STOPPED)
        elif self.stop.met(self._progress(before)):
            self._end(Status.CONVERGED if self.stop.converges else Status.ITERATION_LIMIT)

    def _fell(self, before: Point[P, S], now: Point[P, S]) -> bool:
        return before.objective - now.objective > self.problem.tolerated_fall(before)

    def _why_it_fell(self, before: Point[P, S], now: Point[P, S]) -> str:
        """The cause of a fall, as far as the lower bound can tell it."""
        fall = f"the objective fell in iteration {self.iterations} ({before.objective:.9g} -> {now.objective:.9g})"
        try:
            bound = self.problem.bound(now.params, before)
        except Exception:  # a model without q, or one whose q cannot be had there, leaves the cause open
            return f"{fall}: this M-step is not a maximiser, or the E-step does not belong to it"
        if bound < before.objective - self.problem.tolerated_fall(before):
            return f"{fall}: this M-step is not a maximiser (it lowered q by {before.objective - bound:.3g})"
        return f"{fall}, although the M-step raised q: q and the log-likelihood do not belong together"

    def _progress(self, before: Point[P, S]) -> Progress:
        return Progress(
            self.trace.objectives,
            before,
            self.point,
            self.problem.data.n_observed,
            self.problem.rounding(self.point),
            self.audited,
            self.state.ahead,
        )

    def _record(self, state: State[P, S]) -> None:
        now = time.perf_counter()
        self.trace.append(state.point, now - self._clock, state.note)
        self._clock = now

    def _end(self, status: Status, reason: str = "") -> None:
        self.status, self.reason = status, reason
        if self.algorithm.bound == "lower" and status is not Status.RACED_OUT:
            # what is reported belongs to the parameters: the objective, not its bound
            self.state = replace(self.state, point=self.problem.evaluate(self.point.params))
