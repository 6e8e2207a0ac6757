"""Whether the components are as assumed: Q-Q points of each, with the range of simulations from the fit."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.discover.assumption import Check
from hiddenmix.discover.onemore import ENOUGH
from hiddenmix.plot._colours import colours
from hiddenmix.plot._display import SIZE, Display, styled
from hiddenmix.plot._panels import panels

MOST = 9  # panels


class AssumptionDisplay(Display):
    """A panel for each component: distances of its rows from the centre against those that are expected.

    Where the component is as assumed, the points lie on the diagonal, and within the band, which has 90 % of the tables
    that were simulated from the fit. Distances are square roots of chi-square quantiles: standard deviations where the
    component is normal. Of more than nine components those that depart most are drawn.

    Parameters
    ----------
    check : Check
        Of `model.check(X)`.

    Attributes
    ----------
    ax_ : Axes, or the array of them
    figure_ : Figure
    components_ : array
        The components that are drawn.
    points_ : list of Line2D
    bands_ : list of PolyCollection
    """

    def __init__(self, check: Check) -> None:
        self.check = check

    @classmethod
    def from_estimator(cls, model: Any, X: Any = None, *, ax: Any = None) -> Self:
        """What `model.check(X)` found before; X is not needed.

        Raises
        ------
        HiddenmixError : HM416 a model that was not checked
        """
        check = getattr(getattr(model, "mixture_", model), "check_", None)
        if check is None:
            raise HiddenmixError(
                "HM416", f"the assumptions of this {type(model).__name__} were not checked", "model.check(X) before"
            )
        return cls(check).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels; `ax` may be one axes, whose place they share."""
        check = self.check
        k = len(check.p)
        self.components_ = np.sort(np.argsort(check.p, kind="stable")[:MOST])
        n = len(self.components_)
        columns = min(n, 3)
        rows = -(-n // columns)
        palette = colours(k)
        with styled():
            size = (max(SIZE[0], 2.0 * columns), max(SIZE[1] if rows == 1 else 0.0, 2.1 * rows + 0.4))
            every = panels(ax, rows, columns, size)
            self.points_: list[Any] = []
            self.bands_: list[Any] = []
            for i, j in enumerate(self.components_):
                self._draw(every.flat[i], int(j), palette[j])
                if i % columns == 0:
                    every.flat[i].set_ylabel("distance, observed")
                if i + columns >= n:
                    every.flat[i].set_xlabel("expected")
            for spare in list(every.flat)[n:]:
                spare.set_visible(False)
            self.figure_ = every.flat[0].figure
            self.ax_ = every.flat[0] if every.size == 1 else every
        return self

    def _draw(self, ax: Any, j: int, colour: Any) -> None:
        check = self.check
        x, y, low, high = (np.sqrt(v) for v in (check.expected, check.observed[j], check.low[j], check.high[j]))
        top = 1.05 * float(max(x.max(), min(y.max(), 2 * x.max()), high.max()))
        self.bands_.append(ax.fill_between(x, low, high, color="0.85", lw=0))
        ax.plot([0, top], [0, top], color="0.45", lw=1, ls="--")
        self.points_ += ax.plot(x, y, ls="", marker="o", ms=3.6, color=colour, mec="white", mew=0.3)
        ax.set(xlim=(0, 1.05 * x.max()), ylim=(0, top))
        star = " (!)" if check.p[j] <= ENOUGH else ""
        ax.set_title(f"component {j + 1}: p {check.p[j]:.2g}{star}", fontsize=9)

    def words(self) -> str:
        """What the check found."""
        return " ".join(f"{sentence}." for sentence in self.check.sentences())
