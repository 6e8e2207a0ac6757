"""The best point that another algorithm has visited: for one whose objective may fall."""

from __future__ import annotations

import math
from typing import TypeVar

from hiddenmix._tree import record, static
from hiddenmix.engine.em import EM, Algorithm, State
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")


@record
class Best:
    """Let the inner algorithm go on, and stand at the highest point that it has visited.

    That this has not risen for a while says nothing, so such a climb never converges: it ends at the iteration limit. A
    point that a handful of rows carry is no better one, unless all were so.
    """

    inner: Algorithm = static(default=EM())

    @property
    def bound(self) -> Bound:
        """That of the inner algorithm."""
        return self.inner.bound

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """That of the inner algorithm."""
        return _standing(self.inner.init(problem, params), None, problem)

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """A step of the inner algorithm from where it is itself."""
        return _standing(self.inner.step(problem, state.memory), state.point, problem)


def _standing(inner: State[P, S], best: Point[P, S] | None, problem: Problem[P, S]) -> State[P, S]:
    """The state at the better of two points; at one that is not finite, so that the climb ends there."""
    point = inner.point
    if best is not None and point.finite and _merit(problem, best) >= _merit(problem, point):
        point = best
    return State(point, inner, inner.note, inner.evaluations, math.inf)


def _merit(problem: Problem[P, S], point: Point[P, S]) -> tuple[bool, float]:
    found = problem.model.spurious(point.params, point.stats, problem.data)  # type: ignore[arg-type]
    return not len(found), point.objective
