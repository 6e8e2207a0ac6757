"""Several starts: they race, the best few finish, and every one is kept in the census.

A race counts iterations, never seconds, so that its outcome does not depend on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import record
from hiddenmix.engine.climb import Callback, Climb
from hiddenmix.engine.em import Algorithm
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.result import Start, Status, Trace
from hiddenmix.engine.stopping import Stop
from hiddenmix.model import Degenerate

P = TypeVar("P")
S = TypeVar("S")

HEAT = 12  # iterations before the field is cut
FINISHERS = 0.4  # share of the starts that go on to the end
FEWEST = 3
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
    """A start in the race."""

    climb: Climb[P, S]
    how: str
    spurious: tuple[int, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the climb goes on, or ended well."""
        return self.climb.status in (None, *_FINISHED)

    @property
    def objective(self) -> float:
        """Where the climb stands."""
        return self.climb.point.objective


_FINISHED = tuple(status for status in Status if status.finished)


def race_all(
    runner: Runner[P, S], params: P | None, starts: int, how: Any, rng: np.random.Generator, race: bool
) -> list[Entry[P, S]]:
    """All climbs, each to its end or until it was raced out.

    A start may turn out spurious, or collapse, only after the race: while no sound one has finished, the best of those
    that gave up are called back.
    """
    if params is None:
        entries = _lined_up(runner, starts, how, rng)
    else:
        entries = [Entry(runner.climb(runner.problem.model.conform(params)), "given")]
    if race and len(entries) > FEWEST:
        _heat(runner.problem, entries)
    _advance(entries)
    entries = [_looked_at(runner.problem, entry) for entry in entries]
    while race and not any(entry.usable and not entry.spurious for entry in entries):
        left = [i for i, entry in enumerate(entries) if entry.climb.status is Status.RACED_OUT]
        if not left:
            break
        best = max(left, key=lambda i: entries[i].objective)
        entries[best].climb.resume()
        entries[best] = _looked_at(runner.problem, entries[best])
    return entries


def _advance(entries: Sequence[Entry[P, S]], iterations: int | None = None) -> None:
    """So many iterations for all, or all to their end; when the callback stops one, the others give up."""
    for entry in entries:
        entry.climb.advance(iterations)
        if entry.climb.status is Status.STOPPED:
            for other in entries:
                if other.climb.status is None:
                    other.climb.give_up()


def _heat(problem: Problem[P, S], entries: Sequence[Entry[P, S]]) -> None:
    """Some iterations for all; then those that are behind give up.

    The highest go on, and places are counted among starts that are not spurious: a start that rides on a handful of
    rows is often high early, and must not push the others out. It goes on only where it is among the highest itself.
    """
    _advance(entries, HEAT)
    field = sorted((_looked_at(problem, e) for e in entries if e.usable), key=lambda e: e.objective, reverse=True)
    places = max(FEWEST, math.ceil(FINISHERS * len(entries)))
    sound = [entry.climb for entry in field if not entry.spurious][:places]
    spurious = [entry.climb for entry in field[:places] if entry.spurious]
    for entry in field:
        if entry.climb.status is None and entry.climb not in sound + spurious:
            entry.climb.give_up()


def choose(problem: Problem[P, S], entries: Sequence[Entry[P, S]], keep_spurious: bool) -> int:
    """The best start: highest of those that finished and are not spurious, else of those that finished, else of all."""

    def merit(index: int) -> tuple[bool, bool, bool, float]:
        climb = entries[index].climb
        finished = climb.status in _FINISHED
        sound = keep_spurious or not entries[index].spurious
        objective = climb.point.objective
        return climb.point.finite, finished, finished and sound, objective if climb.point.finite else -math.inf

    return max(range(len(entries)), key=merit)


def census(problem: Problem[P, S], entries: Sequence[Entry[P, S]]) -> tuple[Start[P], ...]:
    """Every start, with the optimum that it reached."""
    order = sorted(
        (i for i, entry in enumerate(entries) if entry.climb.point.finite), key=lambda i: -entries[i].objective
    )
    reached: dict[int, int] = {}
    seen: list[Climb[P, S]] = []
    for i in order:
        climb = entries[i].climb
        if climb.status is Status.CONVERGED:
            number = next((m for m, other in enumerate(seen) if _same(problem, other, climb)), len(seen))
            if number == len(seen):
                seen.append(climb)
            reached[i] = number
    return tuple(
        Start(
            i,
            entry.how,
            entry.climb.point.objective,
            entry.climb.point.loglik,
            entry.climb.status or Status.ITERATION_LIMIT,
            entry.climb.iterations,
            entry.climb.point.params,
            reached.get(i),
            entry.spurious,
            entry.climb.reason,
        )
        for i, entry in enumerate(entries)
    )


def _lined_up(runner: Runner[P, S], starts: int, how: Any, rng: np.random.Generator) -> list[Entry[P, S]]:
    model, data = runner.problem.model, runner.problem.data
    ways = model.strategies if isinstance(how, str) and how == "auto" else (how,)
    entries: list[Entry[P, S]] = []
    failure: Degenerate | None = None
    for number, generator in enumerate(rng.spawn(starts)):
        way = ways[number % len(ways)]
        try:
            params = model.start(data, generator, way)
        except Degenerate as collapse:
            failure = collapse
            continue
        entries.append(Entry(runner.climb(params), way if isinstance(way, str) else "given"))
    if not entries:
        raise HiddenmixError(
            "HM205", f"no start is possible: {failure}", "fewer components, a prior, or reg_covar=1e-6"
        )
    return entries


def _looked_at(problem: Problem[P, S], entry: Entry[P, S]) -> Entry[P, S]:
    return Entry(entry.climb, entry.how, _spurious(problem, entry.climb))


def _spurious(problem: Problem[P, S], climb: Climb[P, S]) -> tuple[int, ...]:
    if climb.point.stats is None:
        return ()
    return tuple(int(j) for j in problem.model.spurious(climb.point.params, climb.point.stats, problem.data))


def _same(problem: Problem[P, S], a: Climb[P, S], b: Climb[P, S]) -> bool:
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
