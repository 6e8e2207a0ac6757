"""Why EM climbs: a lower bound of the log-likelihood that E lifts until it touches, and on whose top M steps."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point
from hiddenmix.families.views import Axis
from hiddenmix.plot._bound import BoundCurve, bound_curve
from hiddenmix.plot._colours import colours
from hiddenmix.plot._display import Display, label_text, styled
from hiddenmix.plot._view import View

INK = "#333333"
LOOKED_AT = 12  # iterations among which the first with a visible gap is looked for
COARSE = 15  # points of a curve that is only looked at
GAP = 0.08  # a gap is visible from this part of the picture's height on,
STEP = 0.08  # and a step from this part of its width


class BoundDisplay(Display):
    """The log-likelihood along one parameter, the lower bound that the last E-step left, and the gap between them.

    After an E-step the bound touches the log-likelihood at the parameter's value; the M-step slides to the bound's top.
    The log-likelihood has not fallen there, for it lies above the bound everywhere. All other parameters stay as they
    are. With a prior both curves include its log density.

    Parameters
    ----------
    curve : BoundCurve
    of : str
        The parameter in words: "mean of component 1 in waiting".
    iteration : int or None
    prior : bool
        Whether the objective has a log prior in it.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    objective_, bound_ : Line2D
    gap_ : PolyCollection
    now_, top_ : Line2D
        Marks on the bound, at the value now and at the top.

    References
    ----------
    Neal & Hinton (1998), A view of the EM algorithm that justifies incremental, sparse, and other variants.
    """

    def __init__(self, curve: BoundCurve, of: str, iteration: int | None = None, prior: bool = False) -> None:
        self.curve, self.of, self.iteration, self.prior = curve, of, iteration, prior

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, parameter: str | None = None, component: int | str | None = None,
        column: int | str | None = None, iteration: int | None = None, ax: Any = None, sample_weight: Any = None,
        known_labels: Any = None,
    ) -> Self:  # fmt: skip
        """The bound of a fitted estimator at an iteration of its history, or of a `Stepper` as it stands (without X).

        Parameters
        ----------
        parameter : "mean", "standard deviation", "probability", "rate", "share" or "weight"
        component, column : int from 0, or str
            Together with `parameter` they choose what is moved. What is left open: the one that the next step moves
            farthest.
        iteration : int
            Of the history; otherwise the first with a gap that can be seen.

        Raises
        ------
        HiddenmixError : HM416 a parameter that this model does not have; HM421 an iteration that was not kept, or a
            stepper before its first E-step
        """
        view = View.of(model, X, sample_weight, known_labels)
        point = _point_of(model) if hasattr(model, "until_converged") and iteration is None else None
        return cls.from_view(view, point, parameter, component, column, iteration).plot(ax)

    @classmethod
    def from_view(
        cls, view: View, point: Point[Any, Any] | None = None, parameter: str | None = None,
        component: int | str | None = None, column: int | str | None = None, iteration: int | None = None,
    ) -> Self:  # fmt: skip
        """The numbers of the picture; `point` is that of the last E-step, where it was not at an iteration's start."""
        wanted = (parameter, component, column)
        if point is not None:
            return cls._of(view, point, _chosen(view, point, *wanted), None)
        looked_at = _iterations(view, iteration)
        best: tuple[float, int | None, View, Axis, Point[Any, Any]] | None = None
        for t, params in looked_at:
            then = view.at(params)
            with single_threaded_blas():
                point = view.problem.evaluate(params)
            axis = _chosen(then, point, *wanted)
            seen = _seen(bound_curve(then, point, axis, COARSE)) if len(looked_at) > 1 else 1.0
            if best is None or seen > best[0]:
                best = (seen, t, then, axis, point)
            if seen >= 1.0:
                break
        assert best is not None
        _, t, then, axis, point = best
        return cls._of(then, point, axis, t)

    @classmethod
    def _of(cls, view: View, point: Point[Any, Any], axis: Axis, iteration: int | None) -> Self:
        curve = bound_curve(view, point, axis, 161)
        return cls(curve, axis_words(axis, view), iteration, bool(point.log_prior))

    def plot(self, ax: Any = None) -> Self:
        """Draw both curves, the gap, the value now and the top of the bound."""
        with styled():
            ax = self._place(ax)
            curve = self.curve
            colour = tuple(colours(curve.axis.component + 1)[-1])
            x, objective, bound = curve.values, curve.objective, curve.bound
            (self.objective_,) = ax.plot(x, objective, color=INK, lw=2.0, label=self._height)
            (self.bound_,) = ax.plot(x, bound, color=colour, lw=2.0, label="lower bound")
            self.gap_ = ax.fill_between(x, bound, objective, color=colour, alpha=0.18, lw=0, label="gap")
            low, high = float(bound.min()), float(objective.max())
            ax.set(
                xlabel=label_text(self.of, most=46), ylabel=self._height, xlim=(x[0], x[-1]),
                ylim=(low - 0.04 * (high - low), high + 0.06 * (high - low)),
            )  # fmt: skip
            self._mark(ax, colour)
            ax.legend(
                handles=[self.objective_, self.bound_, self.gap_], loc="lower left", bbox_to_anchor=(0, 1), ncols=3,
                columnspacing=1.2, handlelength=1.4,
            )  # fmt: skip
        return self

    def _mark(self, ax: Any, colour: Any) -> None:
        """The value now and the top, told at the foot, where the bound has fallen and nothing else is drawn."""
        (here, objective, height), top = self.curve.now, self.curve.top
        floor = ax.get_ylim()[0]
        step = "" if self.iteration is None else f" {self.iteration + 1}"
        apart = abs(here - top[0]) > 1e-3 * (self.curve.values[-1] - self.curve.values[0])
        if not self.curve.touching:
            told = f"M{step} went to the top: {here:.4g}"
        elif apart:
            told = f"E{step} lifts it to touch here: {here:.4g}"
        else:
            told = f"touches at its top: {here:.4g}"
        for x, y in ((here, objective), top):
            ax.plot([x, x], [floor, y], color=INK, lw=0.9, ls=":", zorder=1.5)
        marks = {"ms": 8, "mec": "white", "ls": "none"}
        (self.now_,) = ax.plot(here, height, marker="o", color=INK, zorder=7, label=told, **marks)
        (self.top_,) = ax.plot(
            *top, marker="^", color=colour, zorder=6, label=f"M{step} goes to the top: {top[0]:.4g}", **marks
        )
        handles = [self.now_, self.top_] if self.curve.touching and apart else [self.now_]
        foot = ax.legend(handles=handles, loc="lower center", handletextpad=0.2, borderaxespad=0.2)
        foot.set_frame_on(True)
        foot.get_frame().set(facecolor="white", edgecolor="none", alpha=0.8)
        ax.add_artist(foot)

    @property
    def _height(self) -> str:
        return "log-likelihood + log prior" if self.prior else "log-likelihood"

    def words(self) -> str:
        """Where the bound touches or how far below it is, and where its top lies."""
        (here, objective, bound), (top, height) = self.curve.now, self.curve.top
        when = "" if self.iteration is None else f" at iteration {self.iteration}"
        told = f"The {self._height} along the {self.of}{when}, and its lower bound. "
        if self.curve.touching:
            told += f"The bound touches at {here:.6g} (height {objective:.6g})"
        else:
            told += f"At {here:.6g} the bound is {objective - bound:.4g} below ({objective:.6g})"
        return f"{told}; its top is at {top:.6g}, {height - bound:.4g} higher on the bound."


def axis_words(axis: Axis, view: View) -> str:
    """A parameter in words: "mean of component 1 in waiting", "weight of component 2"."""
    what, name = axis.name, view.names[axis.component]
    if axis.level is not None and axis.column is not None:
        levels = view.levels[axis.column]
        told = axis.level + 1 if levels is None else levels[axis.level]
        what = f"share of {str(told)[:20]!r}"
    where = (
        "" if axis.column is None or (view.d == 1 and view.columns[0] == "x") else f" in {view.columns[axis.column]}"
    )
    return f"{what} of {name}{where}"


def _point_of(run: Any) -> Point[Any, Any]:
    if run.point is None:
        raise HiddenmixError("HM421", "the bound is what an E-step leaves, and none was made", "run.e()")
    return run.point  # type: ignore[no-any-return]


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


def _chosen(
    view: View, point: Point[Any, Any], parameter: str | None, component: int | str | None, column: int | str | None
) -> Axis:
    """Of the parameters that are asked for, the one that the next M-step moves farthest, in its own lengths."""
    axes = view.axes()
    names = list(dict.fromkeys(axis.name for axis in axes))
    if parameter is None and names:
        parameter = names[0]
    found = [
        axis for axis in axes if axis.name == parameter and _is(component, axis.component, view.names)
        and _is(column, axis.column, view.columns)
    ]  # fmt: skip
    if not found:
        asked = " of ".join(str(part) for part in (parameter, component, column) if part is not None)
        raise HiddenmixError(
            "HM416",
            f"this model has no parameter {asked or 'at all'} that can be moved",
            f"one of: {', '.join(names) or 'another model'}, component 0 to {view.k - 1}, a column of the fit",
        )
    with single_threaded_blas():
        after = view.at(view.problem.update(point)).axes() if len(found) > 1 else []
    moved = {(a.name, a.component, a.column, a.level): a.value for a in after}

    def far(axis: Axis) -> float:
        value = moved.get((axis.name, axis.component, axis.column, axis.level), axis.value)
        return abs(value - axis.value) / axis.unit

    return max(found, key=far)


def _is(asked: int | str | None, index: int | None, names: tuple[str, ...]) -> bool:
    return asked is None or asked == index or (index is not None and asked == names[index])


def _seen(curve: BoundCurve) -> float:
    """How visible gap and step are: 1 and more can be seen."""
    height = curve.objective.max() - curve.bound.min()
    width = curve.values[-1] - curve.values[0]
    if not (np.isfinite(height) and height > 0 and width > 0):
        return 0.0
    gap = float(np.max(curve.objective - curve.bound)) / height
    return float(min(gap / GAP, abs(curve.top[0] - curve.now[0]) / width / STEP))
