"""A run of EM that can be gone back and forth in: the library's stepper, and the parameters of every iteration."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from hiddenmix.engine.problem import Point
from hiddenmix.engine.stepper import Stepper
from hiddenmix.lab._config import MOST_HALVES, Move
from hiddenmix.lab._kept import Room
from hiddenmix.lab._segment import Segment

__all__ = ["Run", "State", "deadline"]

MOST_ITERATIONS = 1000  # to the end, in one go


@dataclass(frozen=True, eq=False)
class State:
    """Where a run stands after `at` half-steps.

    Attributes
    ----------
    half : what was done last; a mean that was dragged counts as "m", or as "start" where nothing was done before
    next : what is to be done now
    iteration : M-steps so far
    params : the parameters now
    before : those before the last M-step or the last drag; None where there was none
    seen : what the last E-step saw: parameters, objective and statistics; None before the first
    earlier : the parameters of the E-step before that
    loglik, objective : at the parameters now
    bound : the lower bound there, as the last E-step left it
    converged : whether the stopping rule was met at the last E-step
    reason : why it cannot go on, where it cannot
    moves : what was dragged here
    """

    at: int
    half: Literal["start", "e", "m"]
    next: Literal["e", "m"]
    iteration: int
    params: Any
    before: Any
    seen: Point[Any, Any] | None
    earlier: Any
    loglik: float
    objective: float
    bound: float | None
    converged: bool
    reason: str
    moves: tuple[Move, ...]


class Run:
    """Half-steps from a start, and from every drag on; `moved` makes parameters with a mean elsewhere."""

    def __init__(self, stepper: Stepper[Any, Any], moved: Callable[[Any, Move], Any]) -> None:
        self._room, self._moved = Room(), moved
        self.segments = [Segment(stepper, 0, room=self._room)]

    @property
    def last(self) -> int:
        """The half-steps that were done so far."""
        return self.segments[-1].first + self.segments[-1].done

    @property
    def moves(self) -> tuple[Move, ...]:
        """Everything that was dragged."""
        return tuple(move for segment in self.segments for move in segment.moves)

    @property
    def bytes(self) -> int:
        """About how much memory it holds."""
        return sum(segment.bytes for segment in tuple(self.segments))

    @property
    def reason(self) -> str:
        """Why it can go no further than `last`, where it cannot."""
        return self.segments[-1].reason

    def next(self, at: int) -> Literal["e", "m"]:
        """What is to be done after a half-step."""
        return "m" if self._after_e(at) else "e"

    def reach(self, at: int, until: Callable[[], bool] = lambda: False) -> int:
        """Go on to half-step `at`, and say how far one came: less where a component collapsed, or `until` says so."""
        while self.last < min(at, MOST_HALVES) and not until():
            if not self.segments[-1].forward():
                break
        return min(at, self.last)

    def foresee(self) -> None:
        """Learn whether another half-step can follow the last one, and do none."""
        self.segments[-1].foresee()

    def step(self, at: int) -> int:
        """The half-step after `at`, or `at` where none can follow. Drags that came later are forgotten."""
        self._forget(at)
        return self.reach(at + 1)

    def next_e(self, at: int) -> int:
        """The half-step at which the next E-step after `at` is done, or how far one came. As `step` it forgets."""
        self._forget(at)
        return self.reach(at + 2 - (at - self._segment(at).first + 1) % 2)

    def to_the_end(self, at: int, until: Callable[[], bool]) -> int:
        """The first half-step after `at` where the rule is met, or how far one came."""
        here = at
        if self._after_e(at) and self._converged(at):
            return at
        for _ in range(MOST_ITERATIONS):
            after = self.next_e(here)
            if after == here:
                break
            here = after
            if self._converged(here) or until():
                break
        return here

    def move(self, move: Move) -> None:
        """Drag a mean at a half-step that was reached: what came after is forgotten."""
        at = move.at
        segment = self._segment(at)
        params = segment.params((at - segment.first) // 2)
        before = segment.moves if segment.first == at else ()
        self.segments = [each for each in self.segments if each.first < at] or self.segments[:1]
        model, data = segment.stepper.model, segment.problem.data
        stepper = Stepper(model, data, self._moved(params, move), pool=segment.problem.pool)
        self.segments.append(Segment(stepper, at, joined(before, move), self._room))

    def state(self, at: int) -> State:
        """Everything about a half-step that was reached."""
        segment = self._segment(at)
        steps = at - segment.first
        iteration = steps // 2
        params = segment.params(iteration)
        loglik, objective = segment.height(iteration)
        seen, earlier = self._seen(at)
        done_e = self._after_e(at)
        half: Literal["start", "e", "m"] = "e" if done_e else "m" if at else "start"
        bound = None if seen is None else segment.problem.bound(params, seen)
        told = State(
            at, half, "m" if done_e else "e", self.iteration(at), params, self._before(at), seen, earlier,
            loglik, objective, bound, self._converged(at), self.reason if at == self.last else "",
            segment.moves if steps == 0 else (),
        )  # fmt: skip
        return told if bound is None or math.isfinite(bound) else replace(told, bound=None)

    def height_before(self, at: int) -> tuple[float, float]:
        """Log-likelihood and objective at a half-step, before a mean was dragged there."""
        ahead = self._ahead_of(at)
        segment, end = (self._segment(at), at) if ahead is None else ahead
        iteration = (end - segment.first) // 2
        known = segment.height(iteration) if iteration < len(segment.logliks) else None
        if known is not None:
            return known
        point = segment.point(iteration)
        return point.loglik, point.objective

    def iteration(self, at: int) -> int:
        """M-steps up to a half-step."""
        segment = self._segment(at)
        before = sum((b.first - a.first) // 2 for a, b in zip(self.segments, self.segments[1:]) if b.first <= at)
        return before + (at - segment.first) // 2

    def e_steps(self) -> list[tuple[int, int, float]]:
        """Half-step, iteration and log-likelihood of each E-step so far."""
        found, iterations = [], 0
        for segment, last in self._spans():
            for i, loglik in enumerate(segment.logliks):
                at = segment.first + 2 * i + 1
                if at < last:
                    found.append((at, iterations + i, loglik))
            iterations += (last - segment.first) // 2
        return found

    def gain(self, at: int) -> float | None:
        """What the last iteration up to a half-step gained; None where none was whole since the start, or a drag."""
        segment = self._segment(at)
        count = (at - segment.first + 1) // 2
        return segment.logliks[count - 1] - segment.logliks[count - 2] if count >= 2 else None

    def earlier(self, at: int, most: int) -> list[tuple[int, Any]]:
        """Half-steps and parameters of earlier iterations, evenly spread from the first to the last before `at`."""
        places = []
        for segment, last in self._spans():
            stop = min(last, at + 1)
            places += [(segment.first + 2 * i, segment, i) for i in range((stop - segment.first + 1) // 2)]
        places = [place for place in places if place[0] < at - (at - self._segment(at).first) % 2]
        if len(places) > most:
            places = [places[i] for i in np.unique(np.linspace(0, len(places) - 1, most).round().astype(int))]
        return [(at, segment.params(i)) for at, segment, i in places]

    def _forget(self, at: int) -> None:
        """Give up what was dragged after a half-step: EM goes on from there as it would have without."""
        self.segments = [each for each in self.segments if each.first <= at]

    def _spans(self) -> list[tuple[Segment, int]]:
        """Each segment with the half-step at which the next one takes over."""
        ends = [segment.first for segment in self.segments[1:]]
        return list(zip(self.segments, [*ends, self.last + 1]))

    def _after_e(self, at: int) -> bool:
        """Whether the half-step is an E-step."""
        return (at - self._segment(at).first) % 2 == 1

    def _segment(self, at: int) -> Segment:
        return next(segment for segment in reversed(self.segments) if segment.first <= at)

    def _ahead_of(self, at: int) -> tuple[Segment, int] | None:
        """The segment before that of `at`, and how many half-steps of it count."""
        index = self.segments.index(self._segment(at))
        return None if index == 0 else (self.segments[index - 1], self.segments[index].first)

    def _seen(self, at: int) -> tuple[Point[Any, Any] | None, Any]:
        """The last E-step up to a half-step, and the parameters of the one before it."""
        seen = self._e_steps_back(at)
        return (seen[0][0].point(seen[0][1]) if seen else None, seen[1][0].params(seen[1][1]) if seen[1:] else None)

    def _e_steps_back(self, at: int) -> list[tuple[Segment, int]]:
        """The last two E-steps up to a half-step: segment, and iteration within it."""
        found = []
        for segment, last in reversed([span for span in self._spans() if span[0].first <= at]):
            steps = min(at, last) - segment.first
            found += [(segment, i) for i in range((steps - 1) // 2, -1, -1)[:2]]
            if len(found) >= 2:
                break
        return found[:2]

    def _before(self, at: int) -> Any:
        segment = self._segment(at)
        iteration = (at - segment.first) // 2
        if iteration:
            return segment.params(iteration - 1)
        ahead = self._ahead_of(at)
        return None if ahead is None else ahead[0].params((ahead[1] - ahead[0].first) // 2)

    def _converged(self, at: int) -> bool:
        segment = self._segment(at)
        e_steps = (at - segment.first + 1) // 2
        return e_steps > 0 and segment.converged[e_steps - 1]


def joined(before: tuple[Move, ...], move: Move) -> tuple[Move, ...]:
    """Drags at one half-step: those of one component are one."""
    places: dict[int, dict[str, float]] = {}
    for each in (*before, move):
        places[each.component] = places.get(each.component, {}) | dict(each.to)
    return tuple(Move(move.at, component, tuple(sorted(to.items()))) for component, to in sorted(places.items()))


def deadline(seconds: float, stopped: Callable[[], bool]) -> Callable[[], bool]:
    """Whether the time is over, or the lab ends."""
    end = time.monotonic() + seconds
    return lambda: stopped() or time.monotonic() > end
