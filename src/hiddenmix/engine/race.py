"""A race of climbs: they start together, go on in step, and those that are behind give up.

A race counts iterations, never seconds, so that its outcome does not depend on the machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import record
from hiddenmix.engine.climb import Callback, Climb
from hiddenmix.engine.em import Algorithm
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.result import Status, Trace
from hiddenmix.engine.stopping import Stop
from hiddenmix.model import Degenerate

P = TypeVar("P")
S = TypeVar("S")

SAME_OBJECTIVE = 1e-6  # relative
SAME_PARAMETERS = 0.1  # in free coordinates
SAME_MODEL = 1e-3  # fall of q from one optimum to the other, per unit of weight


@record
class Runner(Generic[P, S]):
    """How to climb: everything but the starting parameters."""

    problem: Problem[P, S]
    algorithm: Algorithm
    stop: Stop
    max_iter: int
    history: bool
    callback: Callback | None

    def climb(self, params: P, trace: Trace[P] | None = None) -> Climb[P, S]:
        """A climb from these parameters; with a trace it continues that history."""
        trace = Trace(self.history) if trace is None else trace
        return Climb(self.problem, params, self.algorithm, self.stop, self.max_iter, trace, self.callback)


@record
class Entry(Generic[P, S]):
    """A start in the race. `scale` is how many times as much weight all rows have as those that its climb looks at."""

    climb: Climb[P, S]
    how: str
    spurious: tuple[int, ...] = ()
    scale: float = 1.0

    @property
    def usable(self) -> bool:
        """Whether the climb goes on, or ended well."""
        return self.climb.status is None or self.climb.status.finished

    @property
    def loglik(self) -> float:
        """The log-likelihood where the climb stands; of one on a sample, what that would be on all rows."""
        return self.climb.point.loglik * self.scale

    @property
    def objective(self) -> float:
        """The same plus the log prior, which does not depend on the rows."""
        return self.loglik + self.climb.point.log_prior

    def looked_at(self) -> Entry[P, S]:
        """The same, with the components that make it spurious where it stands now."""
        point, problem = self.climb.point, self.climb.problem
        if point.stats is None:
            return self
        found = problem.model.spurious(point.params, point.stats, problem.data)
        return replace(self, spurious=tuple(int(j) for j in found))


def lined_up(
    runner: Runner[P, S], ways: Sequence[Any], rngs: Sequence[np.random.Generator]
) -> list[Entry[P, S] | Degenerate]:
    """A climb for each way and generator, before its first iteration; what went wrong where none is possible."""
    problem = runner.problem
    begun = problem.model.starts(problem.data, rngs, ways)
    problem.foresee_at([params for params in begun if not isinstance(params, Degenerate)])

    def entries() -> Iterator[Entry[P, S] | Degenerate]:
        for way, params in zip(ways, begun, strict=True):
            if isinstance(params, Degenerate):
                yield params
            else:
                yield Entry(runner.climb(params), way if isinstance(way, str) else getattr(way, "name", "given"))

    return list(entries())


def possible(entries: Sequence[Entry[P, S] | Degenerate]) -> list[Entry[P, S]]:
    """Those that could start. Raises HM205 where there are none."""
    started = [entry for entry in entries if isinstance(entry, Entry)]
    if not started:
        raise HiddenmixError(
            "HM205", f"no start is possible: {entries[-1]}", "fewer components, a prior, or reg_covar=1e-6"
        )
    return started


def advance(problem: Problem[P, S], entries: Sequence[Entry[P, S]], iterations: int | None = None) -> None:
    """So many iterations for all, or all to their end, in step; when the callback stops one, the others give up."""
    for _ in itertools.count() if iterations is None else range(iterations):
        going = [entry.climb for entry in entries if entry.climb.status is None]
        if not going:
            return
        problem.foresee([climb.point for climb in going if climb.plain])
        for climb in going:
            climb.step()
            if climb.status is Status.STOPPED:
                for other in going:
                    if other.status is None:
                        other.give_up()
                return


def ranked(entries: Sequence[Entry[P, S]]) -> list[Entry[P, S]]:
    """Those that are usable, the highest first, looked at."""
    return sorted((e.looked_at() for e in entries if e.usable), key=lambda e: e.objective, reverse=True)


def heat(entries: Sequence[Entry[P, S]], places: int) -> list[Entry[P, S]]:
    """Those that are to go on, the highest first; the others, but for those at their end, give up.

    Places are counted among starts that are not spurious: a start that rides on a handful of rows is often high early,
    and must not push the others out. It goes on only where it is among the highest itself.
    """
    field = ranked(entries)
    sound = [entry.climb for entry in field if not entry.spurious][:places]
    spurious = [entry.climb for entry in field[:places] if entry.spurious]
    for entry in field:
        if entry.climb.status is None and entry.climb not in sound + spurious:
            entry.climb.give_up()
    return [entry for entry in field if entry.climb in sound + spurious]


def same(problem: Problem[P, S], a: Climb[P, S], b: Climb[P, S]) -> bool:
    """Whether two climbs ended in the same optimum, up to the order of components.

    Their objectives agree, and their parameters; where free coordinates run to infinity (a probability near 0), it is
    their completed data that agree.
    """
    high, low = a.point.objective, b.point.objective
    if abs(high - low) > SAME_OBJECTIVE * (1 + abs(high)):
        return False
    match = problem.model.match
    pairs = [(a.point, match(b.point.params, a.point.params)), (b.point, match(a.point.params, b.point.params))]
    apart = problem.model.ravel(pairs[0][1], a.point.params)
    return bool(np.all(np.abs(apart) <= SAME_PARAMETERS)) or any(_alike(problem, *pair) for pair in pairs)


def _alike(problem: Problem[P, S], point: Point[P, S], params: P) -> bool:
    try:
        fall = problem.q(point.params, point) - problem.q(params, point)
    except HiddenmixError:  # a model without q
        return False
    return fall <= SAME_MODEL * problem.data.total_weight
