"""Which rows are unsure: the larger and the stronger a point, the lower its highest membership."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover.unsure import UNSURE, unsure
from hiddenmix.plot._colours import NEUTRAL, markers
from hiddenmix.plot._display import label_text, styled
from hiddenmix.plot._marks import INK, draw_ellipses, draw_means, draw_names, faces, frame, legend_above, point_size
from hiddenmix.plot._plane import densities
from hiddenmix.plot._plane_display import PlaneDisplay

LARGEST = 110.0  # the area of the most uncertain point there can be, in square points


class UncertaintyDisplay(PlaneDisplay):
    """Rows by their uncertainty, 1 minus the highest membership; unsure rows (highest membership below .90) stand out.

    In one column the uncertainty is the height; in two it is the size of the points, and sure rows are pale.

    Parameters
    ----------
    plane : Plane
        The rows and the columns that are shown.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    sure_, unsure_ : list of PathCollection
        By component or class.
    ellipses_ : list of list of Line2D
    curve_ : Line2D or None
        The uncertainty at any value, of mixtures of one column.
    """

    @property
    def uncertainty(self) -> Array:
        """1 minus the highest membership (n,)."""
        return np.clip(1.0 - self.plane.certainty, 0.0, 1.0)

    @property
    def unsure(self) -> Array:
        """Which rows are unsure (n,)."""
        return unsure(self.plane.sides)

    def plot(self, ax: Any = None) -> Self:
        """Draw the points."""
        with styled():
            ax = self._place(ax)
            self.ellipses_: list[list[Any]] = []
            self.curve_: Any = None
            if len(self.plane.columns) == 1:
                self._line(ax)
            else:
                area = self._crowd * LARGEST * self.uncertainty / max(1.0 - 1.0 / len(self.plane.side_names), 0.5)
                self._points(ax, self.plane.spots, np.maximum(area, 10.0 * self._crowd), 0.3)
                self.ellipses_ = draw_ellipses(ax, self.plane)
                draw_means(ax, self.plane)
                frame(ax, self.plane)
            self._name(ax)
        return self

    @property
    def _crowd(self) -> float:
        """Unsure points are smaller where there are many."""
        return float(np.clip(np.sqrt(120.0 / max(int(self.unsure.sum()), 1)), 0.12, 1.0))

    def _line(self, ax: Any) -> None:
        """One column: the uncertainty as height, with the line above which rows are unsure."""
        shown, most = self.plane, max(1.0 - 1.0 / len(self.plane.side_names), 0.12)
        if shown.view.d == 1 and shown.view.evidence is None and shown.view.group is None:
            grid = shown.grid(0, 600)
            parts = densities(shown.view, shown.columns, grid[:, None])
            whole = parts.sum(axis=1)
            lowest = 1.0 - np.divide(parts.max(axis=1), whole, out=np.ones_like(whole), where=whole > 0)
            style: Any = {"drawstyle": "steps-mid"} if shown.kinds[0] == "count" else {}
            (self.curve_,) = ax.plot(grid, lowest, color=NEUTRAL, lw=1.2, zorder=1, **style)
        ax.axhline(1 - UNSURE, color=INK, lw=0.9, ls=":", zorder=1)
        where = np.column_stack([shown.x[:, 0], self.uncertainty])
        small = 1.2 * point_size(len(where))
        self._points(ax, where, np.where(self.unsure, max(26.0 * self._crowd, small), small), 0.55)
        ax.set(
            xlabel=label_text(shown.names[0]), ylabel="uncertainty (1 − highest membership)", xlim=shown.limits(0),
            ylim=(-0.03 * most, 1.06 * most),
        )  # fmt: skip

    def _points(self, ax: Any, where: Array, area: Array, pale: float) -> None:
        """Sure rows small and pale, unsure ones above them with a dark edge."""
        shown = self.plane
        colours, side, unsure = faces(shown), np.argmax(shown.sides, axis=1), self.unsure
        many, edge = len(where) > 2000, 0.3 + 0.5 * self._crowd
        calm: dict[str, Any] = {"alpha": pale * (0.5 if many else 1.0), "lw": 0, "zorder": 2, "rasterized": many}
        loud: dict[str, Any] = {
            "alpha": 0.95,
            "lw": edge,
            "edgecolors": INK,
            "zorder": 4,
            "rasterized": many,
        }
        self.sure_: list[Any] = []
        self.unsure_: list[Any] = []
        for c, marker in enumerate(markers(len(shown.side_names))):
            for kept, rows, style in ((self.sure_, ~unsure, calm), (self.unsure_, unsure, loud)):
                mine = rows & (side == c)
                size = np.minimum(area[mine], point_size(len(where))) if style is calm else area[mine]
                kept.append(ax.scatter(*where[mine].T, s=size, c=colours[mine], marker=marker, **style))

    def _name(self, ax: Any) -> None:
        from matplotlib.lines import Line2D

        told = f"unsure: {int(self.unsure.sum())} of {len(self.unsure)}"
        handle = Line2D([], [], ls="none", marker="o", ms=7, mfc="#CCCCCC", mec=INK, label=told)
        if draw_names(ax, self.plane, [handle]) is None:
            legend_above(ax, [handle])

    def words(self) -> str:
        """How many rows are unsure, and the least sure of them."""
        n, count = len(self.unsure), int(self.unsure.sum())
        least = int(np.argmax(self.uncertainty))
        return (
            f"{n} row{'s' * (n != 1)} by {' and '.join(self.plane.names)}: {count} unsure (highest membership below "
            f"{UNSURE:.2f}); the least sure one, row {self.plane.drawn[least] + 1}, has "
            f"{self.plane.certainty[least]:.2f}.{self.plane.told()}"
        )
