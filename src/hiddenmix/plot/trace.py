"""The climb: the log-likelihood after each iteration, and how far below the end it was."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.result import Result
from hiddenmix.plot._colours import NEUTRAL, PALETTE
from hiddenmix.plot._display import Display, styled


class TraceDisplay(Display):
    """The objective (log-likelihood plus log prior) of every iteration of the climb that won.

    Parameters
    ----------
    objectives : array of shape (iterations + 1,)
        The start first.
    status : str
        How the climb ended, as a sentence.
    others : array of shape (m,)
        Objectives where the other starts that finished ended.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    line_ : Line2D
    others_ : LineCollection or None
    """

    def __init__(self, objectives: Array, status: str = "", others: Array | None = None) -> None:
        self.objectives = np.asarray(objectives, dtype=float)
        self.status = status
        self.others = np.zeros(0) if others is None else np.asarray(others, dtype=float)

    @classmethod
    def from_estimator(cls, model: Any, X: Any = None, *, ax: Any = None) -> Self:
        """The climb of a fitted estimator; its data are not needed.

        Raises
        ------
        HiddenmixError : HM421 parameters that were given and not fitted
        """
        mixture = getattr(model, "mixture_", model)
        if not hasattr(mixture, "result_"):
            raise HiddenmixError("HM421", "a trace belongs to a fit, and these parameters were given", "fit(X)")
        return cls.from_result(mixture.result_, ax=ax)

    @classmethod
    def from_result(cls, result: Result[Any, Any], *, ax: Any = None) -> Self:
        """The climb of a `Result` of `hiddenmix.fit`, of whatever model."""
        ends = [s.objective for s in result.starts if s.optimum is not None and s.optimum > 0]
        return cls(np.array(result.trace.objectives), result.status.value, np.unique(ends)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the climb; the starts that ended lower are dashed lines."""
        with styled():
            ax = self._place(ax)
            iterations = np.arange(len(self.objectives))
            (self.line_,) = ax.plot(iterations, self.objectives, color=PALETTE[1], marker="o", ms=3.5, lw=1.5)
            ax.annotate(
                f"{self.objectives[-1]:.6g}", (iterations[-1], self.objectives[-1]), (0, -12),
                textcoords="offset points", ha="right", va="top", fontsize=9,
            )  # fmt: skip
            low, high = float(self.objectives[0]), float(self.objectives[-1])
            shown = self.others[self.others >= low - 0.05 * (high - low)]
            self.others_ = None
            if len(shown):
                self.others_ = ax.hlines(shown, 0, iterations[-1], color=NEUTRAL, ls=":", lw=1)
                ax.annotate("where other starts ended", (0, shown[-1]), (2, 3), textcoords="offset points",
                            fontsize=8, color=NEUTRAL)  # fmt: skip
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.set(xlabel="iteration", ylabel="log-likelihood (plus log prior)")
        return self

    def words(self) -> str:
        """Where the climb began and ended."""
        n = len(self.objectives) - 1
        ended = f"; {self.status}" if self.status else ""
        return (
            f"The objective rises from {self.objectives[0]:.6g} to {self.objectives[-1]:.6g} "
            f"in {n} iteration{'s' * (n != 1)}{ended}."
        )
