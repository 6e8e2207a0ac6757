"""Which parameter, and which iteration, a picture of the lower bound shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point
from hiddenmix.families.axes import Axis
from hiddenmix.plot._bound import BoundCurve, bound_curve, updated
from hiddenmix.plot._view import View

LOOKED_AT = 12  # iterations among which the first with a visible gap is looked for
COARSE = 15  # points of a curve that is only looked at
GAP = 0.08  # a gap is visible from this part of the picture's height on,
STEP = 0.08  # and a step from this part of its width
Wanted = tuple[str | None, int | str | None, int | str | None]  # parameter, component, column


def visible(view: View, wanted: Wanted, iteration: int | None) -> tuple[int | None, View, Axis, Point[Any, Any]]:
    """The iteration that is asked for, or the first with a gap and a step that can be seen, and what moves there.

    Raises
    ------
    HiddenmixError : HM416 a parameter that this model does not have; HM421 an iteration that was not kept
    """
    looked_at = _iterations(view, iteration)
    best: tuple[float, int | None, View, Axis, Point[Any, Any]] | None = None
    for t, params in looked_at:
        then = view.at(params)
        with single_threaded_blas():
            point = view.problem.evaluate(params)
        axis = chosen(then, point, wanted)
        seen = _seen(bound_curve(then, point, axis, COARSE)) if len(looked_at) > 1 else 1.0
        if best is None or seen > best[0]:
            best = (seen, t, then, axis, point)
        if seen >= 1.0:
            break
    assert best is not None
    return best[1:]


def chosen(view: View, point: Point[Any, Any], wanted: Wanted) -> Axis:
    """Of the parameters that are asked for, the one that the next M-step moves farthest, in its own lengths."""
    parameter, component, column = wanted
    axes = view.axes()
    names = list(dict.fromkeys(axis.name for axis in axes))
    if parameter is None and names:
        parameter = names[0]
    found = [
        axis for axis in axes if axis.name == parameter and (axis.component is None
        or _is(component, axis.component, view.names)) and _is(column, axis.column, view.columns)
    ]  # fmt: skip
    if not found:
        asked = " of ".join(str(part) for part in (parameter, component, column) if part is not None)
        raise HiddenmixError(
            "HM416",
            f"this model has no parameter {asked or 'at all'} that can be moved",
            f"one of: {', '.join(names) or 'another model'}, component 0 to {view.k - 1}, a column of the fit",
        )
    after = updated(view, point) if len(found) > 1 else None
    if after is None:
        return found[0]
    return max(found, key=lambda axis: abs(axis.read(after) - axis.value) / axis.unit)


def _is(asked: int | str | None, index: int | None, names: tuple[str, ...]) -> bool:
    return asked is None or asked == index or (index is not None and asked == names[index])


def _iterations(view: View, iteration: int | None) -> list[tuple[int | None, Any]]:
    """The iterations to look at: the one that is asked for, or the first ones of the history."""
    history: list[tuple[int | None, Any]] = list(view.history())
    if iteration is None:
        return history[:LOOKED_AT] or [(None, view.params)]
    found = [step for step in history if step[0] == iteration]
    if not found:
        last = f"0 to {history[-1][0]}" if history else "none"
        raise HiddenmixError("HM421", f"the history does not hold iteration {iteration}", f"it holds {last}")
    return found


def _seen(curve: BoundCurve) -> float:
    """How visible gap and step are: 1 and more can be seen."""
    height = curve.objective.max() - curve.bound.min()
    width = curve.values[-1] - curve.values[0]
    if not (np.isfinite(height) and height > 0 and width > 0):
        return 0.0
    gap = float(np.max(curve.objective - curve.bound)) / height
    step = abs((curve.after or curve.top)[0] - curve.now[0]) / width
    return float(min(gap / GAP, step / STEP))
