"""More than two columns at once: densities on the diagonal, points with ellipses below it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.plot._colours import markers
from hiddenmix.plot._display import Display, label_text, need_matplotlib, new_figure, styled
from hiddenmix.plot._marks import NAMED, draw_curves, draw_ellipses, draw_points
from hiddenmix.plot._plane import Columns, Plane, chosen_columns, plane
from hiddenmix.plot._view import View
from hiddenmix.plot.density import draw_histogram

MOST = 6
CELL, LARGE = 1.55, 2.1  # inches of a panel, and of one among few


class PairsDisplay(Display):
    """A matrix of the columns: their densities on the diagonal, and below it each pair as points with ellipses.

    Parameters
    ----------
    planes : dict of pairs of columns to Plane
        (a, a) for the diagonal.
    columns : tuple of int
    others : tuple of str
        Columns that are not shown.

    Attributes
    ----------
    ax_ : array of Axes (m, m)
        None above the diagonal.
    figure_ : Figure
    points_ : dict of (row, column) in the matrix to list of PathCollection
    ellipses_ : dict of (row, column) to list of list of Line2D
    curves_ : dict of row to list of Line2D
    """

    def __init__(
        self, planes: dict[tuple[int, int], Plane], columns: tuple[int, ...], others: tuple[str, ...] = ()
    ) -> None:
        self.planes, self.columns, self.others = planes, columns, others

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, columns: Columns = None, ax: Any = None, sample_weight: Any = None,
        known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The columns of a table under a fitted mixture or classifier made of mixtures, or of a `Stepper`.

        `columns` are two to six, by number or name; otherwise all, or the six in which components differ most. Raises
        HM416 for categories, and for one column.
        """
        return cls.from_view(View.of(model, X, sample_weight, known_labels, covariates), columns).plot(ax)

    @classmethod
    def from_view(cls, view: View, columns: Columns = None) -> Self:
        """The numbers of the picture."""
        shown, picked = chosen_columns(view, columns, MOST)
        if len(shown) < 2:
            raise HiddenmixError("HM416", "a matrix of pairs needs two columns of numbers", "ClassificationDisplay")
        pairs = [(a, b) for i, a in enumerate(shown) for b in shown[i:]]
        planes = {(a, b): plane(view, [a] if a == b else [a, b]) for a, b in pairs}
        others = [name for c, name in enumerate(view.columns) if c not in shown and view.kinds[c] != "category"]
        return cls(planes, shown, tuple(others) if picked else ())

    def plot(self, ax: Any = None) -> Self:
        """Draw the matrix into a new figure, into an (m, m) array of axes, or in the place of an axes."""
        m = len(self.columns)
        with styled():
            axes = self._matrix(ax, m)
            self.points_: dict[tuple[int, int], Any] = {}
            self.ellipses_: dict[tuple[int, int], Any] = {}
            self.curves_: dict[int, Any] = {}
            for i in range(m):
                for j in range(m):
                    if j > i:
                        axes[i, j].remove()
                    else:
                        self._panel(axes[i, j], i, j)
            for ax in axes[np.tril_indices(m)]:
                ax.tick_params(labelsize=8)
            axes[np.triu_indices(m, 1)] = None
            self.ax_, self.figure_ = axes, axes[0, 0].figure
            self._names()
            self.figure_.align_ylabels([axes[i, 0] for i in range(m)])
        return self

    def _matrix(self, ax: Any, m: int) -> Any:
        need_matplotlib()
        if ax is None:
            side = (CELL if m > 2 else LARGE) * m + 0.5
            return new_figure((side, side)).subplots(m, m, squeeze=False)
        if isinstance(ax, np.ndarray):
            return ax.copy()
        inner = ax.get_subplotspec().subgridspec(m, m)
        ax.remove()
        return inner.subplots(squeeze=False)

    def _panel(self, ax: Any, i: int, j: int) -> None:
        """The panel in row i and column j of the lower triangle."""
        from matplotlib.ticker import MaxNLocator

        m = len(self.columns)
        shown = self.planes[self.columns[j], self.columns[i]]
        if i == j:
            draw_histogram(ax, shown, 0)
            self.curves_[i] = draw_curves(ax, shown)[0]
            ax.set(yticks=[], xlim=shown.limits(0), ylim=(0, None))
            ax.spines["left"].set_visible(False)
        else:
            self.points_[i, j] = draw_points(ax, shown, shown.spots, scale=0.45, panels=m * (m - 1) // 2)
            self.ellipses_[i, j] = draw_ellipses(ax, shown)
            ax.set(xlim=shown.limits(0), ylim=shown.limits(1))
            ax.yaxis.set_major_locator(MaxNLocator(3, integer=shown.kinds[1] == "count"))
        ax.xaxis.set_major_locator(MaxNLocator(3, integer=shown.kinds[0] == "count"))
        name = label_text(shown.view.columns[self.columns[i]], most=18)
        if j == 0:
            ax.set_ylabel(name, fontsize=9)
        elif i != j:
            ax.tick_params(labelleft=False)
        if i == m - 1:
            ax.set_xlabel(label_text(shown.view.columns[self.columns[j]], most=18), fontsize=9)
        else:
            ax.tick_params(labelbottom=False)

    def _names(self) -> None:
        """Who is who, in the empty corner."""
        from matplotlib.lines import Line2D

        first = next(iter(self.planes.values()))
        if len(first.side_names) > NAMED:
            return
        names = zip(first.side_names, markers(len(first.side_names)), first.side_colours)
        handles = [
            Line2D([], [], ls="none", marker=mark, color=colour, ms=7, label=label_text(name, most=22))
            for name, mark, colour in names
        ]
        legend = self.ax_[0, 0].legend(handles=handles, loc="upper left", bbox_to_anchor=(1.08, 1.0), borderaxespad=0.0)
        legend.set_in_layout(False)  # it stands where no panel is

    def words(self) -> str:
        """Which columns are shown, which are not, and what else was left out."""
        some = next(iter(self.planes.values()))
        names = [some.view.columns[c] for c in self.columns]
        told = f"All pairs of {', '.join(names)}, with {some.view.k} component{'s' * (some.view.k != 1)}."
        if self.others:
            listed = ", ".join(self.others[:8]) + (f" and {len(self.others) - 8} more" if len(self.others) > 8 else "")
            told += f" Not shown, for components overlap more in them: {listed}."
        missing = max(shown.missing for shown in self.planes.values())
        if missing:
            told += f" Rows with a missing cell are left out of a panel: {missing} at most."
        fewest = min(len(shown.drawn) / (shown.total - shown.missing) for shown in self.planes.values())
        if fewest < 1:
            told += f" Random samples of {len(some.drawn)} rows are drawn."
        return told
