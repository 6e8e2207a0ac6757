"""The lower bound along one parameter, for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hiddenmix.families.axes import Axis
from hiddenmix.lab._figures import finite, listed

if TYPE_CHECKING:
    from hiddenmix.lab._run import State
    from hiddenmix.lab._session import Session

__all__ = ["bound"]

FINE: Final = 30_000  # rows times columns times components, up to which the curve has all its values
COARSE: Final = 3_000_000  # beyond it there is no curve: each value is an E-step over all rows
VALUES: Final = 81, 41


def bound(session: Session, state: State, wanted: str) -> dict[str, Any]:
    """The curves about the parameter called `wanted`, or the first one; the reason where there are none.

    Nothing of the session is changed, so that steps need not wait for it.
    """
    from hiddenmix.plot._bound import bound_curve

    view = session.view_at(state.params)
    axes = {_id(axis): axis for axis in view.axes() if _shown(session, axis)}
    told: dict[str, Any] = {"axes": [{"id": id, "label": _label(session, axis)} for id, axis in axes.items()]}
    if not axes:
        return told | {"none": "No parameter of this model can be moved alone."}
    if state.seen is None:
        return told | {"none": "There is no bound yet: the first E-step makes one."}
    size = session.scene.table.values.size * view.k
    if size > COARSE:
        return told | {"none": "With so many rows the bound is not drawn: each of its values is a whole E-step."}
    chosen = wanted if wanted in axes else next(iter(axes))
    curve = bound_curve(view, state.seen, axes[chosen], VALUES[size > FINE])
    value, objective, height = curve.now
    return told | {
        "axis": chosen,
        "label": _label(session, axes[chosen]),
        "values": listed(curve.values),
        "objective": listed(curve.objective),
        "bound": listed(curve.bound),
        "now": {"value": finite(value), "objective": finite(objective), "bound": finite(height)},
        "top": {"value": finite(curve.top[0]), "y": finite(curve.top[1])},
        "touching": curve.touching,
    }


def _shown(session: Session, axis: Axis) -> bool:
    return axis.column is None or axis.column in session.scene.columns


def _id(axis: Axis) -> str:
    """A name for addresses: parameter, component from 0 (or all), column."""
    column = "" if axis.column is None else f":{axis.column}"
    whose = "all" if axis.component is None else axis.component
    return f"{axis.name.replace(' ', '-')}:{whose}{column}"


def _label(session: Session, axis: Axis) -> str:
    scene = session.scene
    name = "bias" if scene.kind == "coins" and axis.name == "probability" else axis.name
    columns = scene.table.columns
    if axis.column is not None and len(columns) > 1:
        name = f"{name} of {columns[axis.column]}"
    return f"{name}, {'all components' if axis.component is None else scene.names[axis.component]}"
