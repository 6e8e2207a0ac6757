"""The fitted density: over a histogram in one column, as contours of the log density over the points in two."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.plot._display import label_text, styled
from hiddenmix.plot._marks import INK, draw_curves, draw_names, draw_points, frame
from hiddenmix.plot._plane import Plane, densities, histogram
from hiddenmix.plot._plane_display import PlaneDisplay

WITHIN = (0.95, 0.75, 0.5, 0.25)  # parts of the rows that the contours enclose
BAR = "#D9D9D9"


class DensityDisplay(PlaneDisplay):
    """The mixture's density in one column (with its parts, over a histogram), or in two (contours over the points).

    The contours are at those heights of the log density that 25, 50, 75 and 95 % of the drawn rows exceed. In some of
    more columns it is the density of these columns alone.

    Parameters
    ----------
    plane : Plane
        The rows and the columns that are shown.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    bars_ : BarContainer or None
    curves_ : list of Line2D
        Weight times density of each component, in one column.
    density_ : Line2D or None
        Their sum.
    points_ : list of PathCollection
    contours_ : QuadContourSet or None
    levels : array of shape (4,)
        Log densities of the contours.
    """

    def __init__(self, plane: Plane) -> None:
        super().__init__(plane)
        self.levels = np.zeros(0)
        if len(plane.columns) == 2:
            at_rows = _log_density(plane, plane.x)
            self.levels = np.array([_exceeded(at_rows, plane.view.weight, part) for part in WITHIN])

    def plot(self, ax: Any = None) -> Self:
        """Draw histogram and curves, or points and contours."""
        with styled():
            ax = self._place(ax)
            self.bars_: Any = None
            self.contours_: Any = None
            self.density_: Any = None
            self.curves_: list[Any] = []
            self.points_: list[Any] = []
            if len(self.plane.columns) == 1:
                self._line(ax)
            else:
                self._contours(ax)
        return self

    def _line(self, ax: Any) -> None:
        from matplotlib.lines import Line2D

        shown = self.plane
        self.bars_ = draw_histogram(ax, shown, 0)
        self.curves_, self.density_ = draw_curves(ax, shown)
        self.density_.set(linewidth=2.0)
        label = "density" if shown.kinds[0] == "number" else "probability"
        top = 1.08 * max(float(np.max(self.density_.get_ydata())), max(bar.get_height() for bar in self.bars_))
        ax.set(xlabel=label_text(shown.names[0]), ylabel=label, xlim=shown.limits(0), ylim=(0, top))
        if shown.kinds[0] == "count":
            ax.xaxis.get_major_locator().set_params(integer=True)
        draw_names(ax, shown, [Line2D([], [], color=INK, lw=2, label="mixture")])

    def _contours(self, ax: Any) -> None:
        from matplotlib.lines import Line2D

        shown = self.plane
        self.points_ = draw_points(ax, shown, shown.spots, scale=0.7)
        x, y = shown.grid(0), shown.grid(1)
        at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        height = _log_density(shown, at).reshape(len(y), len(x))
        levels = np.unique(self.levels)
        if len(x) > 1 and len(y) > 1 and levels[-1] > height.min():
            widths = np.linspace(0.9, 2.0, len(levels))
            self.contours_ = ax.contour(
                x, y, height, levels=levels, colors=INK, linewidths=widths, linestyles="solid", zorder=3
            )
        frame(ax, shown)
        told = f"around {', '.join(f'{100 * part:.0f}' for part in WITHIN[::-1])} % of rows"
        draw_names(ax, shown, [Line2D([], [], color=INK, lw=1.5, label=told)])

    def words(self) -> str:
        """Where the density is highest among the rows, and what was left out."""
        shown = self.plane
        highest = shown.x[int(np.argmax(_log_density(shown, shown.x)))]
        at = ", ".join(f"{name} {value:.4g}" for name, value in zip(shown.names, highest))
        what = "histogram and curves" if len(shown.columns) == 1 else "points and contours"
        return (
            f"The density of {' and '.join(shown.names)} under {shown.view.k} component{'s' * (shown.view.k != 1)}, as "
            f"{what}; of the rows it is highest at {at}.{shown.told()}"
        )


def draw_histogram(ax: Any, shown: Plane, i: int) -> Any:
    """The histogram of one of the shown columns, as a density."""
    edges, heights = histogram(shown.x[:, i], shown.kinds[i], shown.view.weight)
    return ax.bar(edges[:-1], heights, np.diff(edges), align="edge", color=BAR, edgecolor="white", lw=0.5, zorder=0)


def _log_density(shown: Plane, x: Array) -> Array:
    """Log density (m,) of the shown columns."""
    total = densities(shown.view, shown.columns, x).sum(axis=1)
    return np.log(np.maximum(total, np.finfo(float).tiny))


def _exceeded(values: Array, weight: Array | None, part: float) -> float:
    """The height that a part of the rows' weight exceeds."""
    order = np.argsort(-values)
    each = np.ones(len(values)) if weight is None else weight
    mass = np.cumsum(each[order])
    return float(values[order][min(int(np.searchsorted(mass, part * mass[-1])), len(values) - 1)])
