"""The lower bound of the log-likelihood along one parameter, which the E-step lifts until it touches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from hiddenmix._tree import Array
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point
from hiddenmix.families.axes import Axis
from hiddenmix.model import Degenerate
from hiddenmix.plot._view import View

REACH = 4.0  # lengths of the axis that are searched for the top on either side, before the search widens
SCAN = 24  # points of that search
WIDEST = 3.0  # how far the window may go beyond the marks, in lengths of the axis or in steps to the top
EDGE = 1e-6  # how near to the end of an axis one goes, in its lengths, where the end itself is impossible
DEEP = 4.0  # the window ends where the bound has fallen by this many of the gains that the M-step makes on the axis,
SMALL_STEP = 30.0  # and where these are small, by no more of them than this,
NEAREST = 0.02  # but never by less than this part of what it falls within a length of the axis
SAME = 1e-6  # lengths of the axis by which two values differ that are one, but for rounding


@dataclass(frozen=True, eq=False)
class BoundCurve:
    """The objective and its lower bound along one parameter, all others as they are now.

    Attributes
    ----------
    axis : the parameter, at its value now
    values : (m,) ascending; the value now is among them
    objective : (m,) log-likelihood plus log prior
    bound : (m,) the lower bound that the last E-step left; nowhere above the objective
    now : value, objective and bound at the parameters now
    top : the value where the bound is highest along the axis, and its height there
    after : the value that the M-step gives the parameter, and the bound's height there along the axis; None where the
        M-step fails. The M-step goes to the highest point of the bound in all parameters at once, which along one of
        them alone need not be the highest.
    """

    axis: Axis
    values: Array
    objective: Array
    bound: Array
    now: tuple[float, float, float]
    top: tuple[float, float]
    after: tuple[float, float] | None

    @property
    def reached(self) -> bool:
        """Whether the M-step goes to the top, as it does where no other parameter has a say in where that is."""
        return self.after is not None and self.same(self.after[0], self.top[0])

    def same(self, a: float, b: float) -> bool:
        """Whether two values of the parameter are one."""
        return abs(a - b) <= SAME * self.axis.unit

    @property
    def touching(self) -> bool:
        """Whether the bound touches the objective at the value now, as it does after an E-step."""
        _, objective, bound = self.now
        return abs(objective - bound) <= 1e-9 * (1.0 + abs(objective))


def bound_curve(view: View, point: Point[Any, Any], axis: Axis, m: int = 81) -> BoundCurve:
    """The curves about the value now, the top of the bound and the M-step's value, at `m` values at most.

    `point` is that of the last E-step, and `view` has the parameters now: the same after an E-step, the next ones after
    an M-step. The bound is objective(point) + q(., point) - q(point, point), log priors included, and exact. Values at
    which a component collapses, or an objective is not finite, are left out.
    """
    problem = view.problem
    with single_threaded_blas(), np.errstate(all="ignore"):

        def bound(value: float) -> float:
            found = _tried(lambda: problem.bound(axis.at(value), point))
            return found if math.isfinite(found) else -math.inf

        def objective(value: float) -> float:
            return _tried(lambda: problem.evaluate(axis.at(value)).objective)

        low, high = _ends(axis, bound)
        top = _top(bound, axis, low, high)
        before = axis.value if point.params is view.params else axis.read(point.params)
        following = updated(view, point)
        after = None if following is None else axis.read(following)
        first, last = _window(bound, axis, top, [before, *([] if after is None else [after])], low, high)
        kept = {axis.value, before} if first <= before <= last else {axis.value}
        inner = np.linspace(first, last, max(m - len(kept), 2))
        values = np.unique(np.append(inner, sorted(kept)))
        bounds = np.array([bound(value) for value in values])
        objectives = np.array([objective(value) for value in values])
    finite = np.isfinite(bounds) & np.isfinite(objectives)
    values, bounds, objectives = values[finite], bounds[finite], objectives[finite]
    here = int(np.argmin(np.abs(values - axis.value)))
    now = (float(axis.value), float(objectives[here]), float(bounds[here]))
    return BoundCurve(axis, values, objectives, bounds, now, top, None if after is None else (after, bound(after)))


def _tried(attempt: Callable[[], float]) -> float:
    """A height, or NaN where a component collapses."""
    try:
        return float(attempt())
    except (Degenerate, np.linalg.LinAlgError):
        return math.nan


def _ends(axis: Axis, bound: Callable[[float], float]) -> tuple[float, float]:
    """The least and the largest value with a finite bound."""
    low, high = axis.low, axis.high
    inset = EDGE * axis.unit

    def impossible(end: float, beside: float) -> bool:
        """Families have a finite number in place of log 0: there the last bit is deeper than all the way to it."""
        depth, near = bound(end), bound(beside)
        return not math.isfinite(depth) or near - depth > abs(bound(axis.value) - near) + 1e-9 * (1.0 + abs(near))

    if math.isfinite(low) and axis.value > low and impossible(low, min(low + inset, axis.value)):
        low = min(low + inset, axis.value)
    if math.isfinite(high) and axis.value < high and impossible(high, max(high - inset, axis.value)):
        high = max(high - inset, axis.value)
    return low, high


def _top(bound: Callable[[float], float], axis: Axis, low: float, high: float) -> tuple[float, float]:
    """Where the bound is highest: the best of a coarse scan, which widens while that is at its edge, then Brent's."""
    reach = REACH * axis.unit
    for _ in range(8):
        first, last = max(low, axis.value - reach), min(high, axis.value + reach)
        scan = np.unique(np.append(np.linspace(first, last, SCAN), axis.value))
        heights = np.array([bound(value) for value in scan])
        best = int(np.argmax(heights))
        edge = (best == 0 and first > low) or (best == len(scan) - 1 and last < high)
        if not edge:
            break
        reach *= 4.0
    left, right = scan[max(best - 1, 0)], scan[min(best + 1, len(scan) - 1)]
    found = minimize_scalar(
        lambda value: -bound(value), bounds=(left, right), method="bounded", options={"xatol": 1e-9 * axis.unit}
    )
    candidates = [(float(scan[best]), float(heights[best])), (float(found.x), -float(found.fun))]
    return max(candidates, key=lambda candidate: candidate[1])


def updated(view: View, point: Point[Any, Any]) -> Any:
    """The parameters that the M-step makes; None where a component collapses."""
    with single_threaded_blas():
        try:
            return view.problem.update(point)
        except (Degenerate, np.linalg.LinAlgError):
            return None


def _window(
    bound: Callable[[float], float], axis: Axis, top: tuple[float, float], marks: Sequence[float], low: float,
    high: float,
) -> tuple[float, float]:  # fmt: skip
    """From where to where the curves are drawn: as deep on both sides, and never very far beyond the marks."""
    unit = axis.unit
    marks = [axis.value, *(mark for mark in marks if low <= mark <= high)]
    step = max(abs(mark - top[0]) for mark in marks)
    about = [value for value in (top[0] - unit, top[0] + unit) if low <= value <= high]
    about = about or [(low + top[0]) / 2, (top[0] + high) / 2]
    depths = [depth for mark in marks if math.isfinite(depth := top[1] - bound(mark))]
    falls = [top[1] - bound(value) for value in about]
    usual = min((fall for fall in falls if 0 < fall < math.inf), default=0.0)
    deep = max(DEEP * max(depths), min(usual, max(SMALL_STEP * max(depths), NEAREST * usual)))
    left, right = min(*marks, top[0]), max(*marks, top[0])
    farthest = WIDEST * max(unit, step)

    def end(start: float, limit: float) -> float:
        inside = start
        for value in np.linspace(start, limit, 2 * SCAN)[1:].tolist():
            if not bound(value) >= top[1] - deep:
                return _crossing(lambda v: bound(v) >= top[1] - deep, inside, value)
            inside = value
        return limit

    return end(left, max(low, top[0] - farthest)), end(right, min(high, top[0] + farthest))


def _crossing(within: Callable[[float], bool], inside: float, outside: float) -> float:
    """Where one comes out, to a thousandth of the way: close by an end of the axis the bound falls without limit."""
    for _ in range(10):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if within(middle) else (inside, middle)
    return inside
