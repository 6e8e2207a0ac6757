"""Accelerators: the same maximum as EM's in a fraction of the E-steps.

`LBFGS` learns curvature and needs the model's `q`; `Anderson` and `Squarem` mix what EM's map gave at several points
and need the map only; `Auto` begins as EM and hands over to one of them where that pays. None of them ever stands at
parameters that are invalid, or gains less than EM's lower bound promises; of a model without q this promises nothing,
and only a fall is ruled out (see `_stand`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from scipy.optimize import brentq

from hiddenmix._tree import Array, record
from hiddenmix.engine._lbfgs import LBFGS
from hiddenmix.engine._stand import Stand, attempt, has_q, moved, survey, tried, where_valid, within_reach
from hiddenmix.engine.em import EM, Algorithm, State
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.split_merge import SplitMerge
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")

SLOW = 0.8  # ratio of successive gains above which acceleration pays: EM then needs ten iterations a digit
SHORTEST = 5  # EM iterations that are always made, and from which the ratio is judged
LONGER = 100  # such iterations, where several climbs make them together, at little cost
CLOSE = 0.1  # within which share of what is lost the last two ratios must agree


@record
class Mixed:
    """What Anderson remembers: the stand, differences of points and of gaps (m, p), and the damping's counters.

    `amplified` is the longest undamped step so far, in EM steps; `expected` the last projection of what is to come.
    """

    stand: Stand[Any]
    moves: Array
    turns: Array
    successes: int = 0
    amplified: float = 1.0
    expected: float = float("inf")


@record
class Anderson:
    """Damped Anderson acceleration with restarts (DAAREM; Henderson & Varadhan 2019, J. Comput. Graph. Stat. 28:834).

    From the last m differences of points, X, and of EM steps D = M(t) - t, F, the next point is
    t + D - (X + F) c, where c solves min ``|D - F c|^2 + h |c|^2``. The damping h is such that ``|c|^2`` is a share
    1 / (1 + a^(kappa - s)) of what it would be without, s counting the successes. Every m steps it begins anew.

    Parameters
    ----------
    memory : int
        Differences that are kept, m; at most half the number of free coordinates, rounded up.
    damping : float
        a > 1.
    kappa : float
        The successes after which half of ``|c|^2`` is allowed.
    """

    memory: int = 10
    damping: float = 1.2
    kappa: float = 25.0
    bound: ClassVar[Bound] = "exact"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """One E-step at the start."""
        return State(problem.evaluate(params))

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """A step that mixes, or EM's where there is nothing to mix or the other is rejected."""
        point, with_q = state.point, has_q(problem, state.point)
        memory = state.memory or Mixed(survey(problem, point, problem.update(point), with_q), *_nothing())
        stand, evaluations = memory.stand, state.evaluations
        reached, image, move, amplified = None, None, stand.gap, memory.amplified
        if len(memory.moves):
            move, factor = self._mixed(memory)
            move, amplified = move * within_reach(move, stand.gap), max(amplified, factor)
            floor = point.objective + stand.promised - (problem.rounding(point) if with_q else 0.0)
            there, image = attempt(problem, stand, move, floor)
            evaluations += 1
            reached = there if image is not None else None
        if reached is None:
            now, move = problem.evaluate(stand.image), stand.gap
            evaluations += 1
            note = "EM step: the Anderson step was rejected" if len(memory.moves) else "EM step"
        else:
            now, note = reached, "Anderson step"
        if not now.finite:
            return State(now, None, note, evaluations)
        # The gain of an EM step, times how much longer than EM's the steps here have to be, tells what is to come (the
        # larger of the last two such projections); the gain of a mixed step, long or short, does not.
        expected, ahead = memory.expected, float("inf")
        if reached is None:
            expected = amplified * max(now.objective - point.objective, 0.0)
            ahead = max(expected, memory.expected)
        elif with_q and now.objective - point.objective <= problem.rounding(now):  # EM's step would gain no more
            ahead = 0.0
        successes = memory.successes + 1 if reached is not None else max(memory.successes - 1, 0)
        memory = replace(memory, successes=successes, amplified=amplified, expected=expected)
        image = where_valid(problem.update, now) if reached is None else image
        if image is None:  # no M-step there: the next step will say so, as EM's would
            return State(now, None, note, evaluations, ahead)
        memory = self._remembered(problem, memory, now, image, move, with_q)
        return State(now, memory, note, evaluations, ahead)

    def _remembered(
        self, problem: Problem[P, S], old: Mixed, now: Point[P, S], image: P, move: Array, with_q: bool
    ) -> Mixed:
        stand = moved(problem, old.stand, old.stand.x + move, now, image, with_q)
        most = min(self.memory, (len(stand.x) + 1) // 2)
        if stand.base is not old.stand.base or len(old.moves) >= most:
            return Mixed(stand, *_nothing(), old.successes, old.amplified, old.expected)
        size = len(stand.x)
        moves = np.vstack([old.moves.reshape(-1, size), move])
        turns = np.vstack([old.turns.reshape(-1, size), stand.gap - old.stand.gap])
        return replace(old, stand=stand, moves=moves, turns=turns)

    def _mixed(self, memory: Mixed) -> tuple[Array, float]:
        """The damped move, and the length of the undamped one in EM steps."""
        gap, both = memory.stand.gap, memory.moves + memory.turns
        u, sizes, vt = np.linalg.svd(memory.turns.T, full_matrices=False)
        kept = sizes > 1e-12 * sizes[:1]
        u, sizes, vt = u[:, kept], sizes[kept], vt[kept]
        along = u.T @ gap
        share = 1.0 / (1.0 + self.damping ** (self.kappa - memory.successes))
        c = vt.T @ (along * sizes / (sizes**2 + _damping(along, sizes, share)))
        undamped = vt.T @ (along / sizes)
        return gap - c @ both, _ratio(gap - undamped @ both, gap)


@record
class Squarem:
    """SQUAREM, scheme S3 (Varadhan & Roland 2008, Scand. J. Statist. 35:335).

    Two EM steps r = M(t) - t and r + v = M(M(t)) - M(t) suggest the length ``a = |r| / |v|`` (at most `longest`, which
    grows fourfold when it was reached and right) of the leap t' = t + 2 a r + a^2 v. M(t') is accepted where it gains
    what both EM steps promise, and else the second of them is taken. An iteration makes three E-steps, two where no
    leap is tried, and up to four where it is rejected.
    """

    bound: ClassVar[Bound] = "exact"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """One E-step at the start."""
        return State(problem.evaluate(params), (1.0, float("inf"), None), ahead=float("inf"))

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """Two EM steps, and the leap that they suggest."""
        longest, previous, image = state.memory
        with_q, evaluations = has_q(problem, state.point), state.evaluations + 1
        start = survey(problem, state.point, problem.update(state.point) if image is None else image, with_q)
        middle = problem.evaluate(start.image)
        if not middle.finite:
            return State(middle, (longest, previous, None), "EM step", evaluations)
        onward = where_valid(problem.update, middle)
        if onward is None:  # no M-step there: the next step will say so, as EM's would
            return State(middle, (longest, previous, None), "EM step", evaluations)
        second = moved(problem, start, start.x_image, middle, onward, with_q)
        v = second.gap - start.gap if second.base is start.base else start.gap
        suggested = _ratio(start.gap, v)
        # What is to come: the first EM step's gain, times the EM steps that the leap stands for; of the last two such
        # projections the larger.
        expected = max(suggested, 1.0) * max(middle.objective - state.point.objective, 0.0)
        ahead = max(expected, previous)
        length = min(suggested, longest)
        if length > 1:
            floor = middle.objective + second.promised - (problem.rounding(middle) if with_q else 0.0)
            spent, landed, image = _leap(problem, start, 2 * length * start.gap + length**2 * v, floor)
            evaluations += spent
            if landed is not None and image is not None:
                longest = 4 * longest if length == longest else longest
                return State(
                    landed, (longest, expected, image), f"squared step, length {length:.3g}", evaluations, ahead
                )
        if length == longest:  # rejected: the next is shorter; not tried, because so short a leap is an EM step: longer
            longest = max(longest / 4, 1.0) if length > 1 else 4 * longest
        return State(problem.evaluate(second.image), (longest, expected, None), "two EM steps", evaluations + 1, ahead)


@record
class Auto:
    """EM, until its gains show that it is slow; then `LBFGS`, or `Anderson` for models without q.

    The ratio of successive gains (Aitken) tends to the square of EM's rate. The hand-over comes when the last two
    ratios agree and lie above `SLOW`; the note of that iteration says so. It comes later where several climbs make
    their steps of EM together. Fits that EM finishes fast are EM's, and the clock decides nothing.
    """

    bound: ClassVar[Bound] = "exact"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """One E-step at the start."""
        return State(problem.evaluate(params), _Watch(()), plain=True)

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """EM's step, or that of the algorithm that took over."""
        watch = state.memory
        if watch.algorithm is not None:
            after = watch.algorithm.step(problem, replace(state, memory=watch.inner))
            return replace(after, memory=replace(watch, inner=after.memory))
        after = EM().step(problem, state)
        gains = (*watch.gains, after.point.objective - state.point.objective)[-SHORTEST:]
        watched = watch.steps + 1 >= (LONGER if after.point.together else SHORTEST)
        ratio = _slow(gains) if watched and after.point.finite and problem.model.bound != "noisy" else None
        if ratio is None:
            return replace(after, memory=_Watch(gains, watch.steps + 1))
        quick: LBFGS | Anderson = LBFGS(first=0) if has_q(problem, after.point) else Anderson()
        name = "L-BFGS" if isinstance(quick, LBFGS) else "Anderson acceleration (the model has no q)"
        note = f"EM step; from here {name}, because EM's gains shrink by only {100 * (1 - ratio):.2g} % an iteration"
        if ratio >= 1:
            note = f"EM step; from here {name}, because EM's gains grow instead of shrinking"
        memory = _Watch(gains, watch.steps + 1, quick)
        return replace(after, memory=memory, note=note, ahead=float("inf"), plain=False)


@record
class _Watch:
    gains: tuple[float, ...]
    steps: int = 0
    algorithm: LBFGS | Anderson | None = None
    inner: Any = None


ALGORITHMS: dict[str, Callable[[], Algorithm]] = {
    "em": EM,
    "auto": Auto,
    "lbfgs": LBFGS,
    "anderson": Anderson,
    "squarem": Squarem,
    "split-merge": lambda: SplitMerge(Auto()),
}


def _slow(gains: tuple[float, ...]) -> float | None:
    """The Aitken ratio where it says that acceleration pays."""
    if len(gains) < SHORTEST or min(gains[-3:]) <= 0:
        return None
    before, ratio = gains[-2] / gains[-3], gains[-1] / gains[-2]
    steady = abs(ratio - before) <= CLOSE * max(abs(1 - ratio), 1 - SLOW)
    return ratio if min(before, ratio) > SLOW and steady else None


def _leap(
    problem: Problem[P, S], start: Stand[P], move: Array, floor: float
) -> tuple[int, Point[P, S] | None, P | None]:
    """The E-steps made, and the point one EM step after the leap with its M-step (None where it is rejected)."""
    there, image = attempt(problem, start, move * within_reach(move, start.gap), -np.inf)
    if there is None or image is None:
        return 1, None, None
    return 2, *tried(problem, image, floor)


def _nothing() -> tuple[Array, Array]:
    return np.zeros((0, 0)), np.zeros((0, 0))


def _ratio(a: Array, b: Array) -> float:
    """|a| / |b|, infinite where b is 0."""
    below = float(np.linalg.norm(b))
    return float(np.linalg.norm(a)) / below if below > 0 else float("inf")


def _damping(along: Array, sizes: Array, share: float) -> float:
    """The h for which the solution's squared norm is `share` of the undamped one's."""
    whole = float(np.sum((along / sizes) ** 2))
    if whole == 0.0:
        return 0.0

    def excess(log_h: float) -> float:
        return float(np.sum((along * sizes / (sizes**2 + np.exp(log_h))) ** 2)) / whole - share

    low, high = 2 * np.log(sizes[-1]) - 30.0, 2 * np.log(sizes[0]) + 30.0
    if excess(low) <= 0 or excess(high) >= 0:
        return 0.0 if excess(low) <= 0 else float(np.exp(high))
    return float(np.exp(brentq(excess, low, high, xtol=1e-8)))
