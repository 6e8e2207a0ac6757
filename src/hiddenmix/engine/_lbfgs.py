"""L-BFGS that EM preconditions, at the cost of one E-step an iteration.

With g the gradient of the objective, C the complete and I the observed information, EM's step is D = M(t) - t = C^-1 g
to first order (Lange 1995, J. R. Statist. Soc. B 57:425), and EM's rate is the largest eigenvalue of 1 - C^-1 I. L-BFGS
(Nocedal 1980, Math. Comp. 35:773) with H0 = C^-1 learns what is left of I from the last m steps s_i, gradient
differences y_i = g_i - g_{i+1} and

    z_i = D_i - D_{i+1} = H0 y_i   (Jamshidian & Jennrich 1997, J. R. Statist. Soc. B 59:569, for a dense update).

In the compact form of Byrd, Nocedal & Schnabel (1994, Math. Program. 63:129, eq. 3.1), with R the upper triangle of
S'Y and E its diagonal, the direction is

    H g = D + S a + Z b,    b = -R^-1 S'g,    a = -R^-T [(E + Y'Z) b + Z'g],

which needs gradients only in inner products with 2m + 1 known directions: so many derivatives of q along lines,
whatever the number of parameters, and neither C nor a gradient is ever formed. The coordinates' units do not matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from scipy.linalg import solve_triangular

from hiddenmix._tree import Array, record
from hiddenmix.engine._stand import INVALID, Stand, attempt, curvature, slopes, survey, within_reach
from hiddenmix.engine.em import State
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")

TRIALS = 3  # of one direction
CAP = 1.0  # root mean square length of a step, in standard deviations of the complete data
LONGER = 4.0  # times the last length, where the objective was not concave along the last step
PATIENCE = 2  # rejected directions in a row, after which what was learnt is forgotten
TRUSTED = (
    1.25  # times the gain that its slope and curvature foretold: a step that gained more shows that they are unknown
)
SEASONED = 3  # steps from which what was learnt can tell what is to come
STALE = 20  # steps without a pair, after which the gains speak for themselves again


@record
class Pairs:
    """What was learnt: s and z (m, p), S'Y (upper triangle) and Y'Z (m, m), and with the present gradient S'g, Z'g."""

    s: Array
    z: Array
    sy: Array
    yz: Array
    sg: Array
    zg: Array

    def newest(self, count: int) -> Pairs:
        """The last so many."""
        keep = slice(len(self.s) - min(count, len(self.s)), None)
        return Pairs(self.s[keep], self.z[keep], self.sy[keep, keep], self.yz[keep, keep], self.sg[keep], self.zg[keep])

    def direction(self, gap: Array, gap_slope: float) -> tuple[Array, float]:
        """H g, and its slope g'H g."""
        w = solve_triangular(self.sy, self.sg)
        a = solve_triangular(self.sy, (np.diag(np.diag(self.sy)) + self.yz) @ w - self.zg, trans="T")
        return gap + a @ self.s - w @ self.z, float(gap_slope + a @ self.sg - w @ self.zg)


@record
class Memory:
    """Where it stands, what was learnt, where to go next, how steep it is there, and how far to go at first.

    `steps` since it began anew; `rejected` directions in a row; `projected` is the last projection of what is to come.
    """

    stand: Stand[Any]
    pairs: Pairs
    gap_slope: float
    move: Array
    slope: float
    length: float = 1.0
    steps: int = 0
    rejected: int = 0
    projected: float | None = None
    ahead: float | None = None


@record
class LBFGS:
    """EM-preconditioned L-BFGS; needs the model's `q`.

    The first steps are EM's. A direction is shortened to `CAP` and to what `within_reach` allows, then by interpolation
    until the objective gains what EM's step promises; after some trials EM's step is taken.

    Parameters
    ----------
    memory : int
        Pairs that are kept, m.
    first : int
        EM steps before the first other one.
    """

    memory: int = 8
    first: int = 3
    bound: ClassVar[Bound] = "exact"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """One E-step at the start."""
        return self.begin(problem, problem.evaluate(params))

    def begin(self, problem: Problem[P, S], point: Point[P, S], evaluations: int = 1) -> State[P, S]:
        """The state at a point that is already evaluated. Raises HM411 for a model without q."""
        if point.finite:
            problem.q(point.params, point)
        return State(point, None, "", evaluations)

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """A quasi-Newton step, or EM's."""
        point, memory = state.point, state.memory
        if memory is None:
            stand = survey(problem, point, problem.update(point), None, True)
            memory = replace(_afresh(problem, point, stand), ahead=state.ahead)
        trials, length, reached, image = 0, 1.0, None, None
        eager = memory.steps >= self.first and len(memory.pairs.s) > 0
        if eager:
            trials, length, reached, image = _search(problem, point, memory)
        now = problem.evaluate(memory.stand.image) if reached is None else reached
        evaluations = state.evaluations + trials + (reached is None)
        if reached is not None:
            note = "L-BFGS step" if length == 1 else f"L-BFGS step, {length:.2g} of its length"
            move, slope = length * memory.move, length * memory.slope
        else:
            note = "EM step: the L-BFGS step was rejected" if eager else "EM step"
            move, slope = memory.stand.gap, memory.gap_slope
        if not now.finite:
            return State(now, None, note, evaluations)
        failed = eager and reached is None
        memory = replace(memory, rejected=memory.rejected + 1 if failed else 0, length=1.0 if failed else length)
        try:
            memory = self._learnt(problem, memory, point, now, image, move, slope)
        except INVALID:  # no M-step there: the next step will say so, as EM's would
            return State(now, None, note, evaluations, memory.ahead)
        return State(now, memory, note, evaluations, memory.ahead)

    def _learnt(
        self,
        problem: Problem[P, S],
        old: Memory,
        before: Point[P, S],
        now: Point[P, S],
        image: P | None,
        move: Array,
        slope: float,
    ) -> Memory:
        """What is known at the new point."""
        stand = survey(problem, now, problem.update(now) if image is None else image, old.stand.base, True)
        if stand.base is not old.stand.base or old.rejected >= PATIENCE:
            return replace(_afresh(problem, now, stand), projected=old.projected, ahead=old.ahead)
        m = len(old.pairs.s)
        along = slopes(problem, now, stand, np.vstack([old.pairs.s, old.pairs.z, move, old.stand.gap, stand.gap]))
        sg, zg, (end, cross, gap_slope) = along[:m], along[m : 2 * m], along[2 * m :]
        pairs = replace(old.pairs, sg=sg, zg=zg)
        (back,) = slopes(problem, before, old.stand, stand.gap[None, :])
        sy, yz = slope - end, old.gap_slope - back - cross + gap_slope
        concave = sy > 1e-8 * (abs(slope) + abs(end))
        if concave and yz > 0:
            rows = np.append(old.pairs.sg - sg, sy), np.append(old.pairs.zg - zg, yz)
            pairs = Pairs(
                np.vstack([pairs.s, move]),
                np.vstack([pairs.z, old.stand.gap - stand.gap]),
                _bordered(pairs.sy, np.zeros(m), rows[0]),
                _bordered(pairs.yz, rows[1][:-1], rows[1]),
                np.append(sg, end),
                np.append(zg, cross - gap_slope),
            ).newest(self.memory)
        pairs, going, climb = _direction(pairs, stand.gap, float(gap_slope))
        steps = old.steps + 1
        projected, ahead = old.projected, old.ahead
        if len(pairs.s) and steps > min(len(stand.x), SEASONED):
            # Successive gains are of different kinds here, and a short step gains little wherever it is taken: what is
            # still to come is not projected from them, but from the slope, as g'H g / 2, and the larger of the last two
            # such projections counts; none where the step gained more than was projected, for then the slowest
            # direction is still to be learnt. After a new beginning the old ones stand until there are others, so that
            # its first small gains end nothing.
            ahead = max(climb / 2, np.inf if projected is None else projected)
            projected = climb / 2
            if image is not None and _surprised(problem, old, before, now):
                ahead = np.inf
        elif steps > STALE:
            ahead = None
        length = 1.0 if concave else LONGER * old.length
        return Memory(stand, pairs, float(gap_slope), going, climb, length, steps, old.rejected, projected, ahead)


def _surprised(problem: Problem[P, S], old: Memory, before: Point[P, S], now: Point[P, S]) -> bool:
    """Whether the accepted step, whose length `old` holds, gained more than the quadratic model foretold."""
    length = min(old.length, 1.0)
    foretold = old.slope * (length - length**2 / 2)
    return now.objective - before.objective > TRUSTED * foretold + problem.rounding(now)


def _afresh(problem: Problem[P, S], point: Point[P, S], stand: Stand[P]) -> Memory:
    """Nothing learnt yet: EM's step is the direction."""
    (slope,) = slopes(problem, point, stand, stand.gap[None, :])
    none, size = np.zeros((0, 0)), len(stand.x)
    pairs = Pairs(np.zeros((0, size)), np.zeros((0, size)), none, none, np.zeros(0), np.zeros(0))
    return Memory(stand, pairs, float(slope), stand.gap, float(slope))


def _direction(pairs: Pairs, gap: Array, gap_slope: float) -> tuple[Pairs, Array, float]:
    """The direction, without the oldest pairs where with them it does not rise."""
    for count in range(len(pairs.s), 0, -1):
        kept = pairs.newest(count)
        with np.errstate(all="ignore"):
            try:
                going, slope = kept.direction(gap, gap_slope)
            except INVALID:
                continue
        if np.all(np.isfinite(going)) and np.isfinite(slope) and slope > 0:
            return kept, going, slope
    return pairs.newest(0), gap, gap_slope


def _search(
    problem: Problem[P, S], point: Point[P, S], memory: Memory
) -> tuple[int, float, Point[P, S] | None, P | None]:
    """Trials, the length of the last, and the point accepted with its M-step (None, None: rejected)."""
    stand, move = memory.stand, memory.move
    floor = point.objective + stand.promised - problem.rounding(point)
    stretch = curvature(problem, point, stand, move) / problem.data.total_weight
    length = memory.length * within_reach(memory.length * move, stand.gap)
    if stretch * length**2 > CAP**2:
        length = CAP / float(np.sqrt(stretch))
    for trial in range(1, TRIALS + 1):
        there, image = attempt(problem, stand, length * move, floor)
        if there is not None and image is not None:
            return trial, length, there, image
        shorter = 0.25
        if there is not None and there.finite:  # the parabola through both values and the slope
            short = memory.slope * length - (there.objective - point.objective)
            shorter = float(np.clip(0.5 * memory.slope * length / short, 0.1, 0.5)) if short > 0 else 0.25
        length *= shorter
    return TRIALS, length, None, None


def _bordered(matrix: Array, row: Array, column: Array) -> Array:
    """The matrix with one more row (its corner left out) and column."""
    return np.column_stack([np.vstack([matrix, row]), column])
