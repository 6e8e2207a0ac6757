"""What accelerators share: where they stand, and the trial of a step.

Everything happens in the model's free coordinates around a base. At a point t with statistics S the EM step leads to
M(t), and the lower bound promises the gain q(M(t), S) - q(t, S) (log priors included). A trial step is accepted when it
gains as much, is finite, and has an M-step of its own. Nothing is evaluated for the test that would not be needed
anyway, and what is accepted converges as EM does, whose proof needs that gain only (Wu 1983, Ann. Statist. 11:95).

Of a model without q nothing is promised, and a trial is rejected where the objective falls: it rises to a limit, but
that this limit is a stationary point does not follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.model import Degenerate

P = TypeVar("P")
S = TypeVar("S")
T = TypeVar("T")

FAR = 3.0, 100.0  # a coordinate may change by so much, in its unit, or by so many times what EM would change it
SAME = 1e-6, 1e-9  # share of a number, and of the largest: within which coordinates must lead back to parameters


@record
class Stand(Generic[P]):
    """A point in coordinates `x` around `base`, and EM's next parameters, the `image`, in coordinates `x_image`.

    `q_here` is q at the point, and `promised` the gain that EM's step promises; both are 0 for models without q.
    `gradient` is the objective's where it is known in whole, `by_model` whether the model's own is to be trusted.
    """

    base: P
    x: Array
    image: P
    x_image: Array
    q_here: float
    promised: float
    gradient: Array | None = None
    by_model: bool = True

    @property
    def gap(self) -> Array:
        """EM's step."""
        return self.x_image - self.x


def has_q(problem: Problem[P, S], point: Point[P, S]) -> bool:
    """Whether the model has a q."""
    try:
        problem.q(point.params, point)
    except HiddenmixError:
        return False
    return True


def survey(problem: Problem[P, S], point: Point[P, S], image: P, with_q: bool) -> Stand[P]:
    """The stand at a point whose M-step is `image`, itself the base."""
    base, model = point.params, problem.model
    x = model.ravel(base, base)
    model.unravel(x, base)  # an error in it shows here, where no parameters are out of range
    return Stand(base, x, image, model.ravel(image, base), *_promise(problem, point, image, with_q))


def moved(problem: Problem[P, S], old: Stand[P], x: Array, point: Point[P, S], image: P, with_q: bool) -> Stand[P]:
    """The stand at the next point, with coordinates `x`. Where the old base cannot express its image, it is the base.

    (Charts leave out what lies on the boundary at their base, and cannot follow a parameter that reaches it later.)
    """
    x_image = problem.model.ravel(image, old.base)
    if not _expressed(problem, x_image, old.base, image):
        return survey(problem, point, image, with_q)
    promise = _promise(problem, point, image, with_q)
    return Stand(old.base, x, image, x_image, *promise, by_model=old.by_model)


def where_valid(asked: Callable[..., T], *args: Any) -> T | None:
    """What it returns; None where parameters out of range are in its way.

    Nobody knows a model's range but the model: a collapse, arithmetic that fails, or a `ValueError` (a logarithm of a
    negative number, a matrix that is not positive definite, parameters that check themselves) tell of it. A
    `HiddenmixError` does not: it tells of the model or the data.
    """
    with np.errstate(all="ignore"):
        try:
            return asked(*args)
        except HiddenmixError:
            raise
        except (Degenerate, ArithmeticError, ValueError):
            return None


def attempt(problem: Problem[P, S], stand: Stand[P], move: Array, floor: float) -> tuple[Point[P, S] | None, P | None]:
    """What `tried` says of the parameters after a move."""
    params = where_valid(problem.model.unravel, stand.x + move, stand.base)
    return (None, None) if params is None else tried(problem, params, floor)


def tried(problem: Problem[P, S], params: P, floor: float = -np.inf) -> tuple[Point[P, S] | None, P | None]:
    """The point at the parameters, and its M-step: None where it is to be rejected, as the point where invalid.

    `floor` is what the objective must reach.
    """
    point = where_valid(problem.evaluate, params)
    if point is None or not point.finite or point.objective < floor:
        return point, None
    image = where_valid(problem.update, point)
    return point, image if image is not None and np.all(np.isfinite(_tree.ravel(image))) else None


def within_reach(move: Array, gap: Array) -> float:
    """The share of the move (at most 1) that keeps every coordinate within reach."""
    with np.errstate(all="ignore"):
        share = np.maximum(FAR[0], FAR[1] * np.abs(gap)) / np.abs(move)
    return float(min(1.0, np.nanmin(share, initial=1.0)))


def _promise(problem: Problem[P, S], point: Point[P, S], image: P, with_q: bool) -> tuple[float, float]:
    """q at the point, and the gain that the lower bound promises at its M-step."""
    if not with_q:
        return 0.0, 0.0
    q_here = problem.q(point.params, point)
    return q_here, max(problem.q(image, point) - q_here, 0.0)


def _expressed(problem: Problem[P, S], x: Array, base: P, params: P) -> bool:
    """Whether the coordinates around the base lead back to the parameters."""
    if not np.all(np.isfinite(x)):
        return False
    back = where_valid(problem.model.unravel, x, base)
    if back is None:
        return False
    given = _tree.ravel(params)
    size = np.abs(given)
    return bool(np.all(np.abs(given - _tree.ravel(back)) <= SAME[0] * size + SAME[1] * np.max(size, initial=0.0)))
