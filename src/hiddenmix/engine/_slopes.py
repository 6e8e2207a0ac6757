"""How steep the objective is where an accelerator stands: derivatives of q at the point of its own E-step.

By Fisher's identity they are the objective's. A model with a `q_gradient` gives all at once, which is compared with
one difference of q at every new base, so that a model that changed q and not its gradient is not misled. For the others
q is differenced, along all coordinates where these are fewer than the directions asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.engine._stand import Stand, where_valid
from hiddenmix.engine.problem import Point, Problem

P = TypeVar("P")
S = TypeVar("S")

DROP = 1e-11, 1e-9, 1e-7  # of q for a difference, per unit of weight: least, aimed at, most
TRIES = 4
AGREE = 1e-3, 1e-6  # relative and per unit of weight: within which a model's gradient must agree with differences


def with_gradient(problem: Problem[P, S], point: Point[P, S], stand: Stand[P], directions: int) -> Stand[P]:
    """The stand with its gradient: the model's own, or differences if coordinates are no more than `directions`."""
    p = len(stand.x)
    own = _models_own(problem, point, stand) if stand.by_model else None
    if own is not None:
        return replace(stand, gradient=own)
    stand = replace(stand, by_model=False)
    return replace(stand, gradient=slopes(problem, point, stand, np.eye(p))) if p <= directions else stand


def slopes(problem: Problem[P, S], point: Point[P, S], stand: Stand[P], directions: Array) -> Array:
    """The derivatives of the objective along directions (r, p)."""
    if stand.gradient is not None:
        return directions @ stand.gradient
    return np.array([slope(problem, point, stand, direction) for direction in directions])


def slope(problem: Problem[P, S], point: Point[P, S], stand: Stand[P], direction: Array) -> float:
    """The derivative along a direction, by central differences of q.

    The step is chosen so that q falls by about `DROP`, whatever the unit of the direction: errors of truncation and of
    rounding are then below 1e-8 per unit of weight. Where q is flat at first and then falls steeply, as near the
    boundary, no step meets this, and one is taken where it is flat. A step that leaves the parameters' range is made
    shorter.
    """
    size = float(np.max(np.abs(direction), initial=0.0))
    if size == 0 or not np.isfinite(size):
        return 0.0

    def q(step: float) -> float:
        params = where_valid(problem.model.unravel, stand.x + step * direction, stand.base)
        found = None if params is None else where_valid(problem.q, params, point)
        return float("nan") if found is None else found

    step, found = 1e-4 / size, None
    with np.errstate(all="ignore"):
        for _ in range(TRIES):
            up, down = q(step), q(-step)
            rise, drop = (up - down) / (2 * step), (stand.q_here - (up + down) / 2) / problem.data.total_weight
            if found is None or drop <= DROP[2]:
                found = rise
            if DROP[0] <= drop <= DROP[2]:
                break
            if not np.isfinite(drop):
                step /= 100
            else:
                step *= float(np.clip(np.sqrt(DROP[1] / max(drop, 1e-30)), 1e-3, 1e2))
    return float(found or 0.0)


def _models_own(problem: Problem[P, S], point: Point[P, S], stand: Stand[P]) -> Array | None:
    """The model's gradient; None where it has none, or at a new base one that differences do not confirm."""
    assert point.stats is not None
    own = problem.model.q_gradient(point.params, point.stats, stand.base)
    if own is None or stand.base is not point.params:  # no new base: `Seat.value` is the same object every time
        return own
    anywhere = np.cos(np.arange(len(stand.x)))  # a direction that is special to no coordinate
    found, expected = float(own @ anywhere), slope(problem, point, stand, anywhere)
    slack = AGREE[0] * abs(expected) + AGREE[1] * problem.data.total_weight
    return own if abs(found - expected) <= slack else None
