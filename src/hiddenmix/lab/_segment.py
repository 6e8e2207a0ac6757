"""Plain EM from given parameters, with everything that is needed to go back in it."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from hiddenmix.engine.problem import Point
from hiddenmix.engine.result import Trace
from hiddenmix.engine.stepper import Stepper
from hiddenmix.engine.stopping import Gain, Progress
from hiddenmix.lab._config import Move
from hiddenmix.lab._kept import Kept
from hiddenmix.model import Degenerate

__all__ = ["Segment"]

POINTS: Final = 4  # E-steps that are held
NOT_FINITE: Final = "the log-likelihood is no longer a finite number"


class Segment:
    """Plain EM from given parameters: `first` is the half-step at which it begins, `moves` what was dragged there."""

    def __init__(self, stepper: Stepper[Any, Any], first: int, moves: tuple[Move, ...] = ()) -> None:
        stepper.history = Trace(keep_params=False)  # they are kept here
        self.stepper, self.problem, self.first, self.moves = stepper, stepper.problem, first, moves
        self.done, self.reason = 0, ""  # half-steps, and why there can be no more
        self.logliks: list[float] = []
        self.converged: list[bool] = []
        self.kept = Kept(self.problem, stepper.params)
        self._points: dict[int, Point[Any, Any]] = {}

    def forward(self) -> bool:
        """One half-step more, where there can be one."""
        if not self.reason:
            try:
                self.reason = self._e() if self.done % 2 == 0 else self._m()
            except (Degenerate, FloatingPointError, np.linalg.LinAlgError) as collapse:
                self.reason = str(collapse)
        self.done += not self.reason
        return not self.reason

    def params(self, iteration: int) -> Any:
        """The parameters after so many M-steps."""
        return self.kept[iteration]

    def point(self, iteration: int) -> Point[Any, Any]:
        """The E-step at these parameters, done again where it is no longer held."""
        if iteration not in self._points:
            self._hold(iteration, self.problem.evaluate(self.params(iteration)))
        return self._points[iteration]

    def height(self, iteration: int) -> tuple[float, float]:
        """Log-likelihood and objective after so many M-steps."""
        if iteration == self.stepper.iteration and iteration >= len(self.logliks):
            return self.stepper.loglik, self.stepper.objective
        return self.logliks[iteration], self.stepper.history.objectives[iteration]

    def _e(self) -> str:
        run, before = self.stepper, self.stepper.point
        if not math.isfinite(run.objective):
            return NOT_FINITE
        run.e()
        assert run.point is not None
        self._hold(run.iteration, run.point)
        self.logliks.append(run.point.loglik)
        self.converged.append(before is not None and self._met(before, run.point))
        return ""

    def _m(self) -> str:
        run = self.stepper
        run.m()
        if run.reason:
            return run.reason
        if not math.isfinite(run.objective):
            return NOT_FINITE
        self.kept.append(run.params)
        return ""

    def _met(self, before: Point[Any, Any], now: Point[Any, Any]) -> bool:
        """The engine's own rule, as `Stepper.until_converged` asks it."""
        objectives, n = self.stepper.history.objectives, self.problem.data.n_observed
        return Gain().met(Progress(objectives, before, now, n, self.problem.rounding(now)))

    def _hold(self, iteration: int, point: Point[Any, Any]) -> None:
        self._points.pop(iteration, None)
        self._points[iteration] = point
        while len(self._points) > POINTS:
            self._points.pop(next(iter(self._points)))
