"""L-BFGS that EM preconditions, at the cost of one E-step an iteration.

With g the gradient of the objective, C the complete and I the observed information, EM's step is D = M(t) - t = C^-1 g
to first order (Lange 1995, J. R. Statist. Soc. B 57:425), and EM's rate is the largest eigenvalue of 1 - C^-1 I. L-BFGS
(Nocedal 1980, Math. Comp. 35:773) with H0 = C^-1 learns what is left of I from the last m steps s_i, gradient
differences y_i = g_i - g_{i+1} and

    z_i = D_i - D_{i+1} = H0 y_i   (Jamshidian & Jennrich 1997, J. R. Statist. Soc. B 59:569, for a dense update).

C is never formed. The coordinates' units, which the models' charts make natural, matter only for how far a step may go
at most (`FAR` in `_stand`) and for where differences of q begin (`_slopes`).

EM follows a curved path, and where many maxima are near, a longer step ends in another one's basin. The Bregman
divergence of q, q(t) + g's - q(t + s), is therefore bounded: a trust region. For an exponential family in natural
parameters it is n times the Kullback-Leibler divergence between the models of the complete data at t and t + s, and for
any model to second order half the squared length of s in the metric of C. Where it is small, a step cannot change by
much which row belongs to which component.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix.engine._pairs import Pairs
from hiddenmix.engine._slopes import slopes, with_gradient
from hiddenmix.engine._stand import Stand, moved, survey, tried, where_valid, within_reach
from hiddenmix.engine.em import State
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.stopping import projected
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")

TRIALS = 3  # of one direction
SHORTER = 8  # times a step is shortened, at most, before each trial
CAP = 0.03  # sqrt(2 / n times the divergence) of a step at most, where that of EM's is no larger
SLACK = 1.1  # times the cap: so little more is no reason to shorten a step
LONGER = 4.0  # times the last length, where the objective was not concave along the last step
CONCAVE = 1e-8  # share of the slopes at both ends, by which the slope must fall along a step: below, it is rounding
PATIENCE = 2  # rejected directions in a row, after which what was learnt is forgotten
SEASONED = 3  # pairs, or one for each coordinate, from which on what was learnt can tell what is to come
PAST = 20  # steps whose gain together must be small, too: plateaus are shorter


@record
class Memory:
    """Where it stands, what was learnt, where to go next, how steep it is there, and how far to go at first.

    `steps` since it began anew; `rejected` directions in a row; `recent` objectives, the last `PAST` and one more,
    whether or not it began anew among them.
    """

    stand: Stand[Any]
    pairs: Pairs
    gap_slope: float
    move: Array
    slope: float
    length: float = 1.0
    steps: int = 0
    rejected: int = 0
    recent: tuple[float, ...] = ()

    @property
    def ahead(self) -> float:
        """The gain that is still to come: infinite where it cannot be told yet.

        Successive gains are of different kinds here, and a short step gains little wherever it is taken, so that what
        is to come is not projected from them: it is g'H g / 2, from the slope and what was learnt. Where little is
        known after so many steps, because it begins anew again and again, nearly all steps are EM's, and their gains
        do tell it. On a plateau, where the slowest directions are still to be learnt, both are too little; what the
        last steps gained together counts where it is more.
        """
        if len(self.recent) <= PAST:
            return float("inf")
        known = len(self.pairs.s) >= min(len(self.stand.x), SEASONED)
        before, last, now = self.recent[-3:]
        expected = self.slope / 2 if known else projected(last - before, now - last)
        return max(expected, now - self.recent[0])


@record
class Step:
    """A step made, over so much of its direction; EM's where the `image` is None, perhaps as the other was rejected."""

    point: Point[Any, Any]
    image: Any
    move: Array
    slope: float
    length: float = 1.0
    rejected: bool = False

    @property
    def note(self) -> str:
        """What the trace says of it."""
        if self.image is None:
            return "EM step: the L-BFGS step was rejected" if self.rejected else "EM step"
        return "L-BFGS step" if self.length == 1 else f"L-BFGS step, {self.length:.2g} of its length"


@record
class LBFGS:
    """EM-preconditioned L-BFGS; needs the model's `q`.

    The first steps are EM's. A direction is shortened to `CAP`, or EM's own length if that is longer, and to what
    `within_reach` allows, then by interpolation until the objective gains what EM's step promises; after some trials
    EM's step is taken.

    Parameters
    ----------
    memory : int
        Pairs that are kept, m.
    first : int
        EM steps before the first other one.
    """

    memory: int = 20
    first: int = 3
    bound: ClassVar[Bound] = "exact"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """One E-step at the start. Raises HM411 for a model without q."""
        point = problem.evaluate(params)
        if point.finite:
            problem.q(point.params, point)
        return State(point)

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """A quasi-Newton step, or EM's."""
        point, memory = state.point, state.memory
        if memory is None:
            stand = survey(problem, point, problem.update(point), True)
            memory = self._afresh(problem, point, stand, (point.objective,))
        eager = memory.steps >= self.first and len(memory.pairs.s) > 0
        trials, step = _search(problem, point, memory) if eager else (0, None)
        evaluations = state.evaluations + trials
        if step is None:
            now, evaluations = problem.evaluate(memory.stand.image), evaluations + 1
            step = Step(now, None, memory.stand.gap, memory.gap_slope, rejected=eager)
        if not step.point.finite:
            return State(step.point, None, step.note, evaluations)
        image = where_valid(problem.update, step.point) if step.image is None else step.image
        if image is None:  # no M-step there: the next step will say so, as EM's would
            return State(step.point, None, step.note, evaluations, state.ahead)
        memory = self._learnt(problem, memory, point, step, image)
        return State(step.point, memory, step.note, evaluations, memory.ahead)

    def _afresh(self, problem: Problem[P, S], point: Point[P, S], stand: Stand[P], recent: tuple[float, ...]) -> Memory:
        """Nothing learnt yet: EM's step is the direction."""
        stand = with_gradient(problem, point, stand, self._directions)
        (slope,) = slopes(problem, point, stand, stand.gap[None, :])
        return Memory(stand, Pairs.none(len(stand.x)), float(slope), stand.gap, float(slope), recent=recent)

    def _learnt(self, problem: Problem[P, S], old: Memory, before: Point[P, S], step: Step, image: P) -> Memory:
        """What is known at the new point, whose M-step is `image`."""
        now, rejected = step.point, old.rejected + 1 if step.rejected else 0
        recent = (*old.recent, now.objective)[-PAST - 1 :]
        stand = moved(problem, old.stand, old.stand.x + step.move, now, image, True)
        if stand.base is not old.stand.base or rejected >= PATIENCE:
            return self._afresh(problem, now, stand, recent)
        stand = with_gradient(problem, now, stand, self._directions)
        pairs, gap_slope, concave = _extended(problem, old, before, step, stand)
        pairs, going, climb = pairs.newest(self.memory).rising(stand.gap, gap_slope)
        length = 1.0 if concave else LONGER * step.length
        return Memory(stand, pairs, gap_slope, going, climb, length, old.steps + 1, rejected, recent)

    @property
    def _directions(self) -> int:
        """Along which slopes are asked for at a point."""
        return 2 * self.memory + 3


def _extended(
    problem: Problem[P, S], old: Memory, before: Point[P, S], step: Step, stand: Stand[P]
) -> tuple[Pairs, float, bool]:
    """The pairs with the present gradient and what the step taught, EM's slope, and whether the step was concave."""
    m, known = len(old.pairs.s), old.pairs
    asked = np.vstack([known.s, known.z, step.move, old.stand.gap, stand.gap])
    along = slopes(problem, step.point, stand, asked)
    pairs, (end, cross, gap_slope) = replace(known, sg=along[:m], zg=along[m : 2 * m]), along[2 * m :]
    (back,) = slopes(problem, before, old.stand, stand.gap[None, :])
    sy, yz = step.slope - end, old.gap_slope - back - cross + gap_slope
    concave = bool(sy > CONCAVE * (abs(step.slope) + abs(end)))
    if concave and yz > 0:
        ends, products = np.array([end, cross - gap_slope]), np.array([sy, yz])
        pairs = pairs.extended(known, step.move, old.stand.gap - stand.gap, ends, products)
    return pairs, float(gap_slope), concave


def _search(problem: Problem[P, S], point: Point[P, S], memory: Memory) -> tuple[int, Step | None]:
    """How many trials it took, and the step: None where all were rejected."""
    stand, move, slope = memory.stand, memory.move, memory.slope
    floor = point.objective + stand.promised - problem.rounding(point)
    length = memory.length * within_reach(memory.length * move, stand.gap)
    for trial in range(1, TRIALS + 1):
        near = _near(problem, point, memory, length)
        if near is None:
            return trial - 1, None
        length, params = near
        there, image = tried(problem, params, floor)
        if there is not None and image is not None:
            return trial, Step(there, image, length * move, length * slope, length)
        shorter = 0.25
        if there is not None and there.finite:  # the parabola through both values and the slope
            short = slope * length - (there.objective - point.objective)
            shorter = float(np.clip(0.5 * slope * length / short, 0.1, 0.5)) if short > 0 else 0.25
        length *= shorter
    return TRIALS, None


def _near(problem: Problem[P, S], point: Point[P, S], memory: Memory, length: float) -> tuple[float, P] | None:
    """The length, or a shorter one, at which the parameters are near enough, and these."""
    stand, unit = memory.stand, problem.data.total_weight
    most = max(CAP, float(np.sqrt(max(memory.gap_slope, 0.0) / unit)))
    for _ in range(SHORTER):
        params = where_valid(problem.model.unravel, stand.x + length * memory.move, stand.base)
        q = None if params is None else where_valid(problem.q, params, point)
        lost = np.inf if q is None else stand.q_here + length * memory.slope - q
        far = float(np.sqrt(max(2 * lost / unit, 0.0)))
        if params is not None and far <= SLACK * most:
            return length, params
        length *= max(most / far, 0.1) if np.isfinite(far) else 0.1
    return None
