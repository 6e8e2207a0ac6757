"""When to stop: rules are values, asked after every iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import record
from hiddenmix.engine.problem import Point


def projected(earlier: float, gain: float) -> float:
    """What is still to come after two gains of the same kind: with a the second, d, by the first, d a/(1-a).

    It is infinite where a >= 1, and nothing after no gain. (Aitken; Boehning and others 1994, Ann. Inst. Statist. Math.
    46:373.)
    """
    if gain <= 0:
        return 0.0
    rate = gain / earlier if earlier > 0 else float("inf")
    return gain * rate / (1 - rate) if rate < 1 else float("inf")


class Progress(NamedTuple):
    """What a rule may look at: all objectives so far, the last two points, and the scales to judge by.

    Where the objective is not `audited`, because it is noisy, gains count by their size: a fall is no convergence.
    `ahead` is what an algorithm whose gains are of different kinds projects by itself.
    """

    objectives: Sequence[float]
    before: Point[Any, Any]
    now: Point[Any, Any]
    n_observed: float
    rounding: float
    audited: bool = True
    ahead: float | None = None

    @property
    def gain(self) -> float:
        """By how much the objective rose."""
        return self._gain(-1)

    @property
    def projected(self) -> float:
        """What is still to come, as the last two gains tell it: infinite before there are two."""
        return projected(self._gain(-2), self.gain) if len(self.objectives) > 2 else float("inf")

    def _gain(self, index: int) -> float:
        gain = self.objectives[index] - self.objectives[index - 1]
        return gain if self.audited else abs(gain)


class Stop(Protocol):
    """A stopping rule. `converges` tells whether meeting it means convergence, or only that enough was done."""

    converges: bool

    def met(self, progress: Progress) -> bool:
        """Whether to stop here."""
        ...


@record
class Gain:
    """Stop when the last gain and all that is still to come are small.

    With last gain d and ratio a of the last two, what is to come is d a/(1-a) (`projected`). Both must be below `tol`
    per observed row, or d below float error. While a >= 1 the climb is gathering speed, and goes on. An accelerated
    climb says by itself what is to come, and stops when that and the last gain are below `tol` per observed row or
    float error.
    """

    tol: float = 1e-6
    converges = True

    def met(self, progress: Progress) -> bool:
        """Whether both the gain and its projection are below the tolerance."""
        gain = progress.gain
        if progress.ahead is not None:
            return max(gain, progress.ahead) <= max(self.tol * progress.n_observed, progress.rounding)
        if gain <= progress.rounding:
            return True
        return max(gain, progress.projected) < self.tol * progress.n_observed


@record
class ParameterChange:
    """Stop when no parameter changes by `tol` or more: Do & Batzoglou's rule for the two coins."""

    tol: float = 1e-3
    converges = True

    def met(self, progress: Progress) -> bool:
        """Whether the largest change is below the tolerance."""
        change = np.abs(_tree.ravel(progress.now.params) - _tree.ravel(progress.before.params))
        return float(change.max(initial=0.0)) < self.tol


@record
class Iterations:
    """Stop after `count` iterations, converged or not."""

    count: int
    converges = False

    def met(self, progress: Progress) -> bool:
        """Whether enough iterations were done."""
        return len(progress.objectives) > self.count
