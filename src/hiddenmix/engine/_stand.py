"""What accelerators share: where they stand, how steep it is there, and the trial of a step.

Everything happens in the model's free coordinates around a base. At a point t with statistics S the EM step leads to
M(t), and the lower bound promises the gain q(M(t), S) - q(t, S) (log priors included). A trial step is accepted when it
gains as much, is finite, and has an M-step of its own. Nothing is evaluated for the test that would not be needed
anyway, and what is accepted converges as EM does: it never does worse than EM's own guarantee (Wu 1983, Ann. Statist.
11:95).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.model import Degenerate

P = TypeVar("P")
S = TypeVar("S")

INVALID = (Degenerate, ArithmeticError, ValueError, np.linalg.LinAlgError)  # what parameters out of range may lead to
FAR = 3.0, 100.0  # a coordinate may change by so much, or by so many times what EM would change it
DROP = 1e-11, 1e-9, 1e-7  # of q for a difference, per unit of weight: least, aimed at, most
TRIES = 4


@record
class Stand(Generic[P]):
    """A point in coordinates `x` around `base`: EM's next parameters, its step `gap`, and the gain that it promises.

    `promised` is 0 for models without q.
    """

    base: P
    x: Array
    image: P
    gap: Array
    promised: float


def has_q(problem: Problem[P, S], point: Point[P, S]) -> bool:
    """Whether the model has a q."""
    try:
        problem.q(point.params, point)
    except HiddenmixError:
        return False
    return True


def survey(problem: Problem[P, S], point: Point[P, S], image: P, base: P | None, with_q: bool) -> Stand[P]:
    """The stand at a point whose M-step is `image`. Where the old base cannot express them, the point is the new base.

    (Charts leave out what lies on the boundary at their base, and cannot follow a parameter that reaches it later.)
    """
    model = problem.model
    promised = max(problem.q(image, point) - problem.q(point.params, point), 0.0) if with_q else 0.0
    if base is not None:
        x, there = model.ravel(point.params, base), model.ravel(image, base)
        if _expressed(problem, x, base, point.params) and _expressed(problem, there, base, image):
            return Stand(base, x, image, there - x, promised)
    base = point.params
    return Stand(base, model.ravel(base, base), image, model.ravel(image, base), promised)


def attempt(problem: Problem[P, S], stand: Stand[P], move: Array, floor: float) -> tuple[Point[P, S] | None, P | None]:
    """What `tried` says of the parameters after a move."""
    return tried(problem, lambda: problem.model.unravel(stand.x + move, stand.base), floor)


def tried(problem: Problem[P, S], make: Callable[[], P], floor: float = -np.inf) -> tuple[Point[P, S] | None, P | None]:
    """The point at the parameters made, and its M-step: None where it is to be rejected, as the point where invalid.

    `floor` is what the objective must reach.
    """
    point = None
    with np.errstate(all="ignore"):
        try:
            point = problem.evaluate(make())
            if not point.finite or point.objective < floor:
                return point, None
            image = problem.update(point)
            return point, image if np.all(np.isfinite(_tree.ravel(image))) else None
        except INVALID:
            return point, None


def within_reach(move: Array, gap: Array) -> float:
    """The share of the move (at most 1) that keeps every coordinate within reach."""
    with np.errstate(all="ignore"):
        share = np.maximum(FAR[0], FAR[1] * np.abs(gap)) / np.abs(move)
    return float(min(1.0, np.nanmin(share, initial=1.0)))


def slopes(problem: Problem[P, S], point: Point[P, S], stand: Stand[P], directions: Array) -> Array:
    """The derivatives of the objective along directions (r, p), from q at the point of its own E-step.

    Fisher's identity. No more derivatives are taken than there are coordinates.
    """
    r, p = directions.shape
    if r > p:
        return directions @ slopes(problem, point, stand, np.eye(p))
    here = problem.q(point.params, point)
    return np.array([_slope(problem, point, stand, direction, here)[0] for direction in directions])


def curvature(problem: Problem[P, S], point: Point[P, S], stand: Stand[P], direction: Array) -> float:
    """Minus the second derivative of q along the direction: its length in the metric of the complete information."""
    return _slope(problem, point, stand, direction, problem.q(point.params, point))[1]


def _slope(
    problem: Problem[P, S], point: Point[P, S], stand: Stand[P], direction: Array, here: float
) -> tuple[float, float]:
    """First derivative of q and minus its second, by central differences.

    The step is chosen so that q falls by about `DROP`, whatever the unit of the direction: errors of truncation and
    of rounding are then below 1e-8 per unit of weight. `here` is q at the point.
    """
    size = float(np.max(np.abs(direction), initial=0.0))
    if size == 0 or not np.isfinite(size):
        return 0.0, 0.0

    def q(step: float) -> float:
        return problem.q(problem.model.unravel(stand.x + step * direction, stand.base), point)

    unit = problem.data.total_weight
    step, slope, drop = 1e-4 / size, 0.0, 0.0
    with np.errstate(all="ignore"):
        for _ in range(TRIES):
            up, down = q(step), q(-step)
            slope, drop, used = (up - down) / (2 * step), (here - (up + down) / 2) / unit, step
            if DROP[0] <= drop <= DROP[2]:
                break
            if not np.isfinite(drop):
                step /= 100
            else:
                step *= float(np.clip(np.sqrt(DROP[1] / max(drop, 1e-30)), 1e-3, 1e2))
    return float(slope), float(2 * unit * max(drop, 0.0) / used**2)


def _expressed(problem: Problem[P, S], x: Array, base: P, params: P) -> bool:
    """Whether the coordinates around the base lead back to the parameters."""
    if not np.all(np.isfinite(x)):
        return False
    given, back = _tree.ravel(params), _tree.ravel(problem.model.unravel(x, base))
    return bool(np.allclose(given, back, rtol=1e-6, atol=1e-9 * float(np.max(np.abs(given), initial=0.0))))
