"""EM itself: evaluate, update, evaluate."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Protocol, TypeVar

from hiddenmix._tree import record
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")


@record
class State(Generic[P, S]):
    """Where an algorithm stands: a point, what it remembers, what it did, and how many E-steps it took.

    `ahead` is the gain that the algorithm itself projects beyond this point, where successive gains do not tell it
    (infinite: it cannot be told yet); None leaves it to the stopping rule. `plain` says that the next step is EM's own,
    from this point, which several climbs can make together.
    """

    point: Point[P, S]
    memory: Any = None
    note: str = ""
    evaluations: int = 1
    ahead: float | None = None
    plain: bool = False


class Algorithm(Protocol):
    """A way to climb. It sees only the problem.

    `bound` says what its points hold: "exact" the objective, "lower" a lower bound that never falls, "noisy" an
    objective that may.
    """

    @property
    def bound(self) -> Bound:
        """What the points of the states hold."""
        ...

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """The state at the starting parameters."""
        ...

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """The state one iteration later."""
        ...


@record
class EM:
    """Expectation-Maximization (Dempster, Laird & Rubin 1977, JRSS B 39:1)."""

    bound: ClassVar[Bound] = "exact"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """One E-step at the start."""
        return State(problem.evaluate(params), plain=True)

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """An M-step, and the E-step at its result."""
        point = problem.evaluate(problem.update(state.point))
        return State(point, evaluations=state.evaluations + 1, plain=True)
