"""Split and merge: where a climb has settled, other places are tried, and it goes on from one that is higher.

Ueda, Nakano, Ghahramani & Hinton (2000, Neural Computation 12:2109): a mixture that has two components where one
belongs and one where two belong is at a maximum, and no local step leads out of it. The model proposes parameters
(`Model.moves`), EM climbs from each until it settles, and the climb goes over to the first that is higher by more than
what the climb may have left. So the objective never falls, and the end is never lower than the plain climb's.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from hiddenmix._tree import record, static
from hiddenmix.engine.em import EM, Algorithm, State
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.stopping import projected
from hiddenmix.model import Bound, Degenerate

P = TypeVar("P")
S = TypeVar("S")

SETTLED = 1e-6  # gain to come, per observed row, below which a climb has settled


@record
class Moving:
    """Where the inner algorithm stands, its last gain, the moves that were made, and whether more are to be tried."""

    inner: State[Any, Any]
    gain: float = 0.0
    moves: int = 0
    trying: bool = True


@record
class SplitMerge:
    """Try other places from where the inner algorithm settles, as long as one of them is higher.

    The stopping rule is asked in vain while there are places to try. One that a handful of rows carries is no better
    place, unless the climb stands at such a place itself.

    Parameters
    ----------
    inner : Algorithm
        What climbs; `EM()`.
    trials : int
        Places that are tried from where it settles.
    steps : int
        EM steps from each, at most.
    moves : int
        How often the climb may go over to another place.
    seed : int
        Of the directions in which rows are divided.
    """

    inner: Algorithm = static(default=EM())
    trials: int = 10
    steps: int = 200
    moves: int = 50
    seed: int = 0

    @property
    def bound(self) -> Bound:
        """That of the inner algorithm."""
        return self.inner.bound

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """That of the inner algorithm."""
        return _around(Moving(self.inner.init(problem, params)))

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """A step of the inner algorithm; where it has settled, to another place if there is one that is higher."""
        memory: Moving = state.memory
        inner = self.inner.step(problem, memory.inner)
        gain = inner.point.objective - memory.inner.point.objective
        now = replace(memory, inner=inner, gain=gain)
        if not memory.trying or not inner.point.finite or not _settled(problem, memory.gain, inner, gain):
            return _around(now)
        if now.moves >= self.moves:
            return _around(replace(now, trying=False))
        found, evaluations = self._elsewhere(problem, inner.point, now.moves)
        if found is None:
            counted = replace(inner, evaluations=inner.evaluations + evaluations)
            return _around(replace(now, inner=counted, trying=False))
        there = self.inner.init(problem, found.params)
        counted = replace(there, evaluations=inner.evaluations + evaluations + there.evaluations)
        return _around(Moving(counted, moves=now.moves + 1), "split and merged")

    def _elsewhere(self, problem: Problem[P, S], here: Point[P, S], moves: int) -> tuple[Point[P, S] | None, int]:
        """The first place that is higher, where EM has settled; and the E-steps that the search took."""
        model, rng = problem.model, np.random.default_rng([self.seed, moves])
        sound = not len(model.spurious(here.params, here.stats, problem.data))  # type: ignore[arg-type]
        least = here.objective + _slack(problem, here)
        spent = 0
        for params in itertools.islice(model.moves(here.params, problem.data, rng), self.trials):
            there, evaluations = self._climbed(problem, params)
            spent += evaluations
            if there is None or not there.objective > least:
                continue
            if not (sound and len(model.spurious(there.params, there.stats, problem.data))):  # type: ignore[arg-type]
                return there, spent
        return None, spent

    def _climbed(self, problem: Problem[P, S], params: P) -> tuple[Point[P, S] | None, int]:
        """Where EM settles, and the E-steps that it took; None where a component collapses, or nothing is finite."""
        try:
            state, gain = EM().init(problem, params), 0.0
            for _ in range(self.steps):
                if not state.point.finite:
                    return None, state.evaluations
                earlier, before = gain, state.point.objective
                state = EM().step(problem, state)
                gain = state.point.objective - before
                if _settled(problem, earlier, state, gain):
                    break
        except Degenerate:
            return None, self.steps
        return (state.point if state.point.finite else None), state.evaluations


def _around(memory: Moving, note: str = "") -> State[Any, Any]:
    """The state that the climb sees: nothing can be told of what is to come while there are places to try."""
    inner = memory.inner
    ahead = math.inf if memory.trying else inner.ahead
    return replace(inner, memory=memory, note=note or inner.note, ahead=ahead)


def _settled(problem: Problem[P, S], earlier: float, state: State[P, S], gain: float) -> bool:
    """Whether the last gain, and all that is projected to come, are next to nothing."""
    ahead = projected(earlier, gain) if state.ahead is None else state.ahead
    rounding = problem.rounding(state.point)
    return gain <= rounding or max(gain, ahead) <= max(SETTLED * problem.data.n_observed, rounding)


def _slack(problem: Problem[P, S], point: Point[P, S]) -> float:
    """What a climb that has settled may have left."""
    return 2 * max(SETTLED * problem.data.n_observed, 100 * problem.rounding(point))
