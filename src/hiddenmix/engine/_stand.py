"""What accelerators share: where they stand, and the trial of a step.

Everything happens in the model's free coordinates around a base. At a point t with statistics S the EM step leads to
M(t), and the lower bound promises the gain q(M(t), S) - q(t, S) (log priors included). A trial step is accepted when it
gains as much, is finite, and has an M-step of its own. Nothing is evaluated for the test that would not be needed
anyway, and what is accepted converges as EM does: it never does worse than EM's own guarantee (Wu 1983, Ann. Statist.
11:95).
"""

from __future__ import annotations

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


@record
class Stand(Generic[P]):
    """A point in coordinates `x` around `base`, and EM's next parameters, the `image`, in coordinates `there`.

    `here` is q at the point, and `promised` the gain that EM's step promises; both are 0 for models without q.
    `gradient` is the objective's where it is known in whole, `by_model` whether the model's own is to be trusted.
    """

    base: P
    x: Array
    image: P
    there: Array
    here: float
    promised: float
    gradient: Array | None = None
    by_model: bool = True

    @property
    def gap(self) -> Array:
        """EM's step."""
        return self.there - self.x


def has_q(problem: Problem[P, S], point: Point[P, S]) -> bool:
    """Whether the model has a q."""
    try:
        problem.q(point.params, point)
    except HiddenmixError:
        return False
    return True


def survey(problem: Problem[P, S], point: Point[P, S], image: P, with_q: bool) -> Stand[P]:
    """The stand at a point whose M-step is `image`, itself the base."""
    base, ravel = point.params, problem.model.ravel
    return Stand(base, ravel(base, base), image, ravel(image, base), *_promise(problem, point, image, with_q))


def moved(problem: Problem[P, S], old: Stand[P], x: Array, point: Point[P, S], image: P, with_q: bool) -> Stand[P]:
    """The stand at the next point, with coordinates `x`. Where the old base cannot express its image, it is the base.

    (Charts leave out what lies on the boundary at their base, and cannot follow a parameter that reaches it later.)
    """
    there = problem.model.ravel(image, old.base)
    if not _expressed(problem, there, old.base, image):
        return survey(problem, point, image, with_q)
    promise = _promise(problem, point, image, with_q)
    return Stand(old.base, x, image, there, *promise, by_model=old.by_model)


def attempt(problem: Problem[P, S], stand: Stand[P], move: Array, floor: float) -> tuple[Point[P, S] | None, P | None]:
    """What `tried` says of the parameters after a move."""
    with np.errstate(all="ignore"):
        try:
            params = problem.model.unravel(stand.x + move, stand.base)
        except INVALID:
            return None, None
    return tried(problem, params, floor)


def tried(problem: Problem[P, S], params: P, floor: float = -np.inf) -> tuple[Point[P, S] | None, P | None]:
    """The point at the parameters, and its M-step: None where it is to be rejected, as the point where invalid.

    `floor` is what the objective must reach.
    """
    point = None
    with np.errstate(all="ignore"):
        try:
            point = problem.evaluate(params)
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


def _promise(problem: Problem[P, S], point: Point[P, S], image: P, with_q: bool) -> tuple[float, float]:
    """q at the point, and the gain that the lower bound promises at its M-step."""
    if not with_q:
        return 0.0, 0.0
    here = problem.q(point.params, point)
    return here, max(problem.q(image, point) - here, 0.0)


def _expressed(problem: Problem[P, S], x: Array, base: P, params: P) -> bool:
    """Whether the coordinates around the base lead back to the parameters."""
    if not np.all(np.isfinite(x)):
        return False
    given, back = _tree.ravel(params), _tree.ravel(problem.model.unravel(x, base))
    size = np.abs(given)
    return bool(np.all(np.abs(given - back) <= 1e-6 * size + 1e-9 * np.max(size, initial=0.0)))
