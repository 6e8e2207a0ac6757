"""Plain EM from given parameters, with everything that is needed to go back in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import copy
from typing import Any, Final

import numpy as np

from hiddenmix.engine.problem import Point
from hiddenmix.engine.result import Trace
from hiddenmix.engine.stepper import Stepper
from hiddenmix.engine.stopping import Gain, Progress
from hiddenmix.lab._config import Move
from hiddenmix.lab._kept import Kept, Room, size
from hiddenmix.model import Degenerate

__all__ = ["Segment"]

POINTS: Final = 4  # E-steps that are held
NOT_FINITE: Final = "the log-likelihood is no longer a finite number"


class Segment:
    """Plain EM from given parameters.

    `first` is the half-step at which it begins, `moves` what was dragged there, `room` what all runs of a session
    share.
    """

    def __init__(
        self, stepper: Stepper[Any, Any], first: int, moves: tuple[Move, ...] = (), room: Room | None = None
    ) -> None:
        stepper.history = Trace(keep_params=False)  # they are kept here
        self.stepper, self.problem, self.first, self.moves = stepper, stepper.problem, first, moves
        self.done, self.reason = 0, ""  # half-steps, and why there can be no more
        self.logliks: list[float] = []
        self.converged: list[bool] = []
        self.kept = Kept(self.problem, stepper.params, room)
        self._points: dict[int, Point[Any, Any]] = {}
        self._point_size = 0

    @property
    def bytes(self) -> int:
        """About how much memory it holds: parameters, E-steps, and what is noted of every half-step."""
        return self.kept.bytes + (len(self._points) + 2) * self._point_size + 100 * self.done

    def forward(self) -> bool:
        """One half-step more, where there can be one."""
        if not self.reason:
            self.reason = _reason(self._e if self.done % 2 == 0 else self._m)
        self.done += not self.reason
        return not self.reason

    def foresee(self) -> None:
        """Learn whether an M-step can follow the E-step that was last, and do none."""
        if not self.reason and self.done % 2:
            self.reason = _reason(lambda: _updated(copy(self.stepper)))

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
        reason = _updated(self.stepper)
        if not reason:
            self.kept.append(self.stepper.params)
        return reason

    def _met(self, before: Point[Any, Any], now: Point[Any, Any]) -> bool:
        """The engine's own rule, as `Stepper.until_converged` asks it."""
        objectives, n = self.stepper.history.objectives, self.problem.data.n_observed
        return Gain().met(Progress(objectives, before, now, n, self.problem.rounding(now)))

    def _hold(self, iteration: int, point: Point[Any, Any]) -> None:
        self._points.pop(iteration, None)
        self._points[iteration] = point
        self._point_size = self._point_size or size(point.params) + size(point.stats)
        while len(self._points) > POINTS:
            self._points.pop(next(iter(self._points)))


def _updated(run: Stepper[Any, Any]) -> str:
    """An M-step, and why there is none."""
    run.m()
    return run.reason or ("" if math.isfinite(run.objective) else NOT_FINITE)


def _reason(half_step: Callable[[], str]) -> str:
    """Why a half-step cannot be done; nothing where it was done."""
    try:
        return half_step()
    except (Degenerate, FloatingPointError, np.linalg.LinAlgError) as collapse:
        return str(collapse)
