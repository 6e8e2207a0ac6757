"""Several starts: they race, the best few finish, and every one is kept in the census."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from hiddenmix.engine.climb import Climb
from hiddenmix.engine.funnel import on_sample
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.race import Entry, Runner, advance, heat, lined_up, possible, same
from hiddenmix.engine.result import Start, Status

P = TypeVar("P")
S = TypeVar("S")

HEAT = 12  # iterations before the field is cut
FINISHERS = 0.4  # share of the starts that go on to the end
FEWEST = 3


def race_all(
    runner: Runner[P, S], params: P | None, starts: int, how: Any, rng: np.random.Generator, race: bool
) -> list[Entry[P, S]]:
    """All climbs, each to its end or until it was raced out.

    A start may turn out spurious, or collapse, only after the race: while no sound one has finished, the best of those
    that gave up are called back.
    """
    problem = runner.problem
    if params is None:
        entries = _raced(runner, starts, how, rng, race and starts > FEWEST)
    else:
        entries = [Entry(runner.climb(problem.model.conform(params)), "given")]
    advance(problem, entries)
    entries = [entry.looked_at() for entry in entries]
    while race and not any(entry.usable and not entry.spurious for entry in entries):
        left = [i for i, entry in enumerate(entries) if entry.climb.status is Status.RACED_OUT]
        if not left:
            break
        best = max(left, key=lambda i: entries[i].objective)
        entries[best] = _called_back(runner, entries[best])
    return entries


def _raced(runner: Runner[P, S], starts: int, how: Any, rng: np.random.Generator, race: bool) -> list[Entry[P, S]]:
    """The starts, each with a generator of its own, after the race: on a sample of large data, else on all rows."""
    model = runner.problem.model
    given = how if isinstance(how, tuple) else (how,)
    strategies = model.strategies if isinstance(how, str) and how == "auto" else given
    ways = [strategies[number % len(strategies)] for number in range(starts)]
    rngs, more = rng.spawn(starts), rng.spawn(1)[0]
    if race:
        entries = on_sample(runner, ways, rngs, more)
        if entries is not None:
            return entries
    entries = possible(lined_up(runner, ways, rngs))
    if race and len(entries) > FEWEST:
        advance(runner.problem, entries, HEAT)
        heat(entries, max(FEWEST, math.ceil(FINISHERS * len(entries))))
    return entries


def _called_back(runner: Runner[P, S], entry: Entry[P, S]) -> Entry[P, S]:
    """A start that gave up, at its end; where it gave up on a sample, it goes on from there on all rows."""
    if entry.climb.problem is runner.problem:
        entry.climb.resume()
        return entry.looked_at()
    climb = runner.climb(entry.climb.point.params)
    climb.advance()
    return Entry(climb, entry.how).looked_at()


def choose(problem: Problem[P, S], entries: Sequence[Entry[P, S]], keep_spurious: bool) -> int:
    """The best start: highest of those that finished and are not spurious, else of those that finished, else of all.

    One that ended on a sample is none of these: its points are not those of this problem.
    """

    def merit(index: int) -> tuple[bool, bool, bool, bool, float]:
        climb, spurious = entries[index].climb, entries[index].spurious
        here, finite = climb.problem is problem, climb.point.finite
        finished = climb.status is not None and climb.status.finished
        sound = finished and (keep_spurious or not spurious)
        return here, finite, finished, sound, climb.point.objective if finite else -math.inf

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
            number = next((m for m, other in enumerate(seen) if same(problem, other, climb)), len(seen))
            if number == len(seen):
                seen.append(climb)
            reached[i] = number
    return tuple(
        Start(
            i,
            entry.how,
            entry.objective,
            entry.loglik,
            entry.climb.status or Status.ITERATION_LIMIT,
            entry.climb.iterations,
            entry.climb.point.params,
            reached.get(i),
            entry.spurious,
            entry.climb.reason,
        )
        for i, entry in enumerate(entries)
    )
