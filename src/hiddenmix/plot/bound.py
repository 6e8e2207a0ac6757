"""Why EM climbs: a lower bound of the log-likelihood that E lifts until it touches, and on which M climbs."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.engine.problem import Point
from hiddenmix.families.axes import Axis
from hiddenmix.plot._bound import BoundCurve, bound_curve
from hiddenmix.plot._bound_choice import chosen, visible
from hiddenmix.plot._colours import NEUTRAL, PALETTE
from hiddenmix.plot._display import Display, label_text, styled
from hiddenmix.plot._view import View, is_stepper

INK = "#333333"
APART = 1e-3  # of the picture's width: marks that are nearer are one


class BoundDisplay(Display):
    """The log-likelihood along one parameter, the lower bound that the last E-step left, and the gap between them.

    After an E-step the bound touches the log-likelihood at the parameter's value. All other parameters stay as they are
    in these curves, so that the bound's top here is the best value of this parameter alone. The M-step moves all
    parameters at once, to the top of the bound in all of them. For weights, shares, probabilities and rates, and for
    means where no component correlates columns, that is the same value; for standard deviations and other means it is
    another one, which has a mark of its own. The log-likelihood cannot fall there, for it lies above the bound
    everywhere. With a prior both curves include its log density.

    Of covariance matrices of several columns no entry can be moved by itself here; of the standard deviation of one
    column it can, also where all components share it.

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
        Marks on the bound, at the value now and where it is highest along this parameter.
    after_ : Line2D or None
        The M-step's value, where it is neither the top nor the value now.

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
        known_labels: Any = None, covariates: Any = None,
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
        view = View.of(model, X, sample_weight, known_labels, covariates)
        point = _point_of(model) if is_stepper(model) and iteration is None else None
        return cls.from_view(view, point, parameter, component, column, iteration).plot(ax)

    @classmethod
    def from_view(
        cls, view: View, point: Point[Any, Any] | None = None, parameter: str | None = None,
        component: int | str | None = None, column: int | str | None = None, iteration: int | None = None,
    ) -> Self:  # fmt: skip
        """The numbers of the picture; `point` is that of the last E-step, where it was not at an iteration's start."""
        wanted = (parameter, component, column)
        if point is not None:
            return cls._of(view, point, chosen(view, point, wanted), None)
        t, then, axis, point = visible(view, wanted, iteration)
        return cls._of(then, point, axis, t)

    @classmethod
    def _of(cls, view: View, point: Point[Any, Any], axis: Axis, iteration: int | None) -> Self:
        curve = bound_curve(view, point, axis, 161)
        return cls(curve, axis_words(axis, view), iteration, bool(point.log_prior))

    def plot(self, ax: Any = None) -> Self:
        """Draw both curves, the gap, the value now, the top of the bound and the M-step's value."""
        with styled():
            ax = self._place(ax)
            curve = self.curve
            component = curve.axis.component
            colour = NEUTRAL if component is None else PALETTE[component % len(PALETTE)]
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
        """The value now, the top and the M-step's value, told at the foot, where the bound has fallen."""
        curve = self.curve
        here, objective, height = curve.now
        floor = ax.get_ylim()[0]
        style: dict[str, Any] = {"ms": 8, "ls": "none"}
        now, up, moved = self._told()
        (self.now_,) = ax.plot(here, height, marker="o", color=INK, mec="white", zorder=8, label=now, **style)
        face = {"color": colour, "mec": "white"} if curve.reached else {"mfc": "white", "mec": colour, "mew": 1.6}
        (self.top_,) = ax.plot(*curve.top, marker="^", zorder=6, label=up, **(style | {"ms": 10} | face))
        feet = [(here, objective), curve.top]
        self.after_: Any = None
        if moved and curve.after is not None:
            after = {"color": colour, "mec": "white"} | style
            (self.after_,) = ax.plot(*curve.after, marker="D", zorder=7, label=moved, **after)
            feet.append(curve.after)
        for x, y in feet:
            ax.plot([x, x], [floor, y], color=INK, lw=0.9, ls=":", zorder=1.5)
        handles = [self.now_, *([self.top_] if up else []), *([self.after_] if self.after_ else [])]
        foot = ax.legend(handles=handles, loc="lower center", handletextpad=0.2, borderaxespad=0.2)
        foot.set_frame_on(True)
        foot.get_frame().set(facecolor="white", edgecolor="none", alpha=0.8)
        ax.add_artist(foot)

    def _told(self) -> tuple[str, str, str]:
        """What is written beside the marks of the value now, the top and the M-step; "" where there is no such mark."""
        curve, step = self.curve, "" if self.iteration is None else f" {self.iteration + 1}"
        here, top = curve.now[0], curve.top[0]
        after = here if curve.after is None else curve.after[0]
        made = not curve.touching and curve.same(here, after)  # the M-step is over
        at_top = curve.reached if made else self._one(here, top)
        leaves = not curve.reached and not self._one(here, after)
        up = here if at_top else after if curve.reached else top
        now, best, to = digits(here, up, after if leaves else here)
        if made:
            told = f"M{step} went to the top: {now}" if at_top else f"M{step} moved all parameters, this one to {now}"
        elif curve.touching:
            told = f"touches at its top: {now}" if at_top else f"E{step} lifts it to touch here: {now}"
        else:
            told = f"now: {now}"
        goes = f"M{step} goes to the top: {best}" if curve.reached else f"highest along this parameter: {best}"
        return told, "" if at_top else goes, f"M{step} moves all parameters, this one to {to}" if leaves else ""

    def _one(self, a: float, b: float) -> bool:
        """Whether two marks cannot be told apart."""
        return bool(abs(a - b) <= APART * np.ptp(self.curve.values))

    @property
    def _height(self) -> str:
        return "log-likelihood + log prior" if self.prior else "log-likelihood"

    def words(self) -> str:
        """Where the bound touches or how far below it is, where its top lies, and where the M-step goes."""
        (here, objective, bound), (top, height) = self.curve.now, self.curve.top
        when = "" if self.iteration is None else f" at iteration {self.iteration}"
        told = f"The {self._height} along the {self.of}{when}, and its lower bound. "
        if self.curve.touching:
            told += f"The bound touches at {here:.6g} (height {objective:.6g})"
        else:
            told += f"At {here:.6g} the bound is {objective - bound:.4g} below ({objective:.6g})"
        told += f"; along this parameter its top is at {top:.6g}, {height - bound:.4g} higher on the bound"
        if self.curve.after is None:
            return f"{told}. A component collapses in the M-step."
        if self.curve.reached:
            return f"{told}, and that is the M-step's value."
        return f"{told}. The M-step moves all parameters at once, this one to {self.curve.after[0]:.6g}."


def digits(*values: float) -> list[str]:
    """Values with four digits, or as many more as it takes to tell those that differ apart."""
    texts = ([f"{value:.{n}g}" for value in values] for n in range(4, 14))
    return next((told for told in texts if len(set(told)) == len(set(values))), [f"{value:.13g}" for value in values])


def axis_words(axis: Axis, view: View) -> str:
    """A parameter in words: "mean of component 1 in waiting", "weight of component 2"."""
    what, name = axis.name, "all components" if axis.component is None else view.names[axis.component]
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
