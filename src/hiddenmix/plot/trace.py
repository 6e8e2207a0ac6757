"""The climb: the log-likelihood after each iteration, and how far below the end it was."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.result import Result
from hiddenmix.plot._colours import NEUTRAL, PALETTE
from hiddenmix.plot._display import Display, styled
from hiddenmix.plot._view import is_stepper

DOTS = 80  # iterations that get a dot each


class TraceDisplay(Display):
    """The objective (log-likelihood plus log prior) of every iteration of the climb that won.

    Parameters
    ----------
    objectives : array of shape (iterations + 1,)
        The start first.
    status : str
        How the climb ended, as a sentence.
    others : array of shape (m,)
        Objectives of the other optima that starts reached.
    prior : bool
        Whether a log prior is part of it.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    line_ : Line2D
    others_ : LineCollection or None
    """

    def __init__(self, objectives: Array, status: str = "", others: Array | None = None, prior: bool = True) -> None:
        self.objectives = np.asarray(objectives, dtype=float)
        self.status = status
        self.others = np.zeros(0) if others is None else np.asarray(others, dtype=float)
        self.prior = prior

    @classmethod
    def from_estimator(cls, model: Any, X: Any = None, *, log: bool = False, ax: Any = None) -> Self:
        """The climb of a fitted estimator, or of a `Stepper` so far; its data are not needed.

        Parameters
        ----------
        model : estimator
        log : bool
            Draw how far each iteration was below the end, on a logarithmic scale: a straight line is linear
            convergence, and its slope the rate.
        ax : Axes, optional

        Raises
        ------
        HiddenmixError : HM421 parameters that were given and not fitted
        """
        if is_stepper(model):
            prior = model.point is not None and bool(model.point.log_prior)
            return cls(np.array(model.history.objectives), prior=prior).plot(ax, log=log)
        mixture = getattr(model, "mixture_", model)
        if not hasattr(mixture, "result_"):
            raise HiddenmixError("HM421", "a trace belongs to a fit, and these parameters were given", "fit(X)")
        return cls.from_result(mixture.result_, log=log, ax=ax)

    @classmethod
    def from_result(cls, result: Result[Any, Any], *, log: bool = False, ax: Any = None) -> Self:
        """The climb of a `Result` of `hiddenmix.fit`, of whatever model."""
        return cls.of_result(result).plot(ax, log=log)

    @classmethod
    def of_result(cls, result: Result[Any, Any]) -> Self:
        """The numbers of the picture."""
        others = [objective for objective, _ in result.optima[1:]]
        prior = result.point.log_prior != 0
        return cls(np.array(result.trace.objectives), result.status.value, np.array(others), prior)

    def plot(self, ax: Any = None, log: bool = False) -> Self:
        """Draw the climb; where the other starts ended is dotted. With `log` the distance to the end."""
        with styled():
            ax = self._place(ax)
            if log:
                self._distances(ax)
            else:
                self._climb(ax)
            ax.set_xlabel("iteration")
            ax.xaxis.get_major_locator().set_params(integer=True)
        return self

    def _climb(self, ax: Any) -> None:
        n = len(self.objectives)
        low, high = float(self.objectives[0]), float(self.objectives[-1])
        marker = {"marker": "o", "ms": 3.5} if n <= DOTS else {}
        (self.line_,) = ax.plot(np.arange(n), self.objectives, color=PALETTE[1], lw=1.5, **marker)
        ax.annotate(f"{high:.6g}", (n - 1, high), (0, 5), textcoords="offset points", ha="right", va="bottom",
                    fontsize=9)  # fmt: skip
        ax.margins(y=0.1)
        shown = np.sort(self.others[(self.others >= low) & (self.others < high)])
        self.others_ = None
        if len(shown):
            self.others_ = ax.hlines(shown, 0, max(n - 1, 1), color=NEUTRAL, ls=":", lw=1, zorder=1)
            ax.annotate("ends of other starts", (1, shown[0]), (0, -3), xycoords=("axes fraction", "data"),
                        textcoords="offset points", ha="right", va="top", fontsize=8, color=NEUTRAL)  # fmt: skip
        ax.set_ylabel(self._name)

    def _distances(self, ax: Any) -> None:
        distance = self.objectives.max() - self.objectives
        above = distance > 0
        marker = {"marker": "o", "ms": 3.5} if len(distance) <= DOTS else {}
        (self.line_,) = ax.plot(np.flatnonzero(above), distance[above], color=PALETTE[1], lw=1.5, **marker)
        self.others_ = None
        if above.any():
            ax.set_yscale("log")
        ax.set_ylabel(f"{self._name}: distance to the end")

    @property
    def _name(self) -> str:
        return "log-likelihood plus log prior" if self.prior else "log-likelihood"

    def words(self) -> str:
        """Where the climb began and ended."""
        n = len(self.objectives) - 1
        ended = f"; {self.status}" if self.status else ""
        m = len(self.others)
        others = f" {m} other optim{'um was' if m == 1 else 'a were'} found." if m else ""
        return (
            f"The {self._name} rises from {self.objectives[0]:.6g} to {self.objectives[-1]:.6g} "
            f"in {n} iteration{'s' * (n != 1)}{ended}.{others}"
        )
