"""Which rows belong to which component, and how much: points in soft colours, with the components' shapes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix.plot._colours import markers
from hiddenmix.plot._display import label_text, styled
from hiddenmix.plot._marks import (
    draw_curves,
    draw_ellipses,
    draw_means,
    draw_names,
    draw_points,
    faces,
    frame,
    point_size,
)
from hiddenmix.plot._plane import Columns, Plane, plane
from hiddenmix.plot._plane_display import PlaneDisplay
from hiddenmix.plot._view import View

BAND = (0.04, 0.16)  # where dots lie below the curves, in parts of their height


class ClassificationDisplay(PlaneDisplay):
    """Rows coloured by their memberships, with the components' curves (one column) or ellipses (two columns).

    A row that two components share has a colour between theirs; its marker is that of the most probable one. Ellipses
    are at 1 and 2 standard deviations; a disc with the component's number is at its mean. Of classifiers, colours and
    markers are those of the classes, and each subclass has its ellipse. No boundary is drawn, for none is decided.

    Parameters
    ----------
    plane : Plane
        The rows and the columns that are shown.
    hard : bool
        Colours of the most probable component only.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    points_ : list of PathCollection
        By component or class.
    ellipses_ : list of list of Line2D
        By component, at 1 and 2 standard deviations; empty in one column, and where components are not normal.
    means_ : list of Line2D
    curves_ : list of Line2D
        In one column: weight times density of each component.
    density_ : Line2D or None
        Their sum.
    """

    def __init__(self, plane: Plane, hard: bool = False) -> None:
        super().__init__(plane)
        self.hard = hard

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, columns: Columns = None, hard: bool = False, ax: Any = None,
        sample_weight: Any = None, known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The rows of a table by a fitted mixture or classifier made of mixtures, or of a `Stepper` as it stands.

        Parameters
        ----------
        columns : int, str, or two of them
            The columns to show, by number or name; otherwise the two in which components differ most.

        Raises
        ------
        HiddenmixError : HM416 categories; HM501 to HM503 a table that is not like that of the fit
        """
        return cls.from_view(View.of(model, X, sample_weight, known_labels, covariates), columns, hard=hard).plot(ax)

    @classmethod
    def from_view(cls, view: View, columns: Columns = None, *, hard: bool = False) -> Self:
        """The numbers of the picture."""
        return cls(plane(view, columns), hard)

    def plot(self, ax: Any = None) -> Self:
        """Draw points and shapes."""
        with styled():
            ax = self._place(ax)
            self.ellipses_: list[list[Any]] = []
            self.means_: list[Any] = []
            self.curves_: list[Any] = []
            self.density_: Any = None
            if len(self.plane.columns) == 1:
                self._line(ax)
            else:
                self.points_ = draw_points(ax, self.plane, self.plane.spots, hard=self.hard)
                self.ellipses_ = draw_ellipses(ax, self.plane)
                self.means_ = draw_means(ax, self.plane)
                frame(ax, self.plane)
            draw_names(ax, self.plane)
        return self

    def _line(self, ax: Any) -> None:
        """One column: curves, and dots in a band below them."""
        shown = self.plane
        self.curves_, self.density_ = draw_curves(ax, shown)
        top = float(np.nanmax(self.density_.get_ydata()))
        n = len(shown.x)
        jitter = np.random.default_rng(0).uniform(*BAND, n) if n > 60 else np.full(n, np.mean(BAND))
        colours, side = faces(shown, self.hard), np.argmax(shown.sides, axis=1)
        self.points_ = [
            ax.scatter(
                shown.x[side == c, 0], -top * jitter[side == c], c=colours[side == c], marker=marker,
                s=1.2 * point_size(n), alpha=0.8 if n < 2000 else 0.5, lw=0.3 if n < 2000 else 0, edgecolors="white",
                rasterized=n > 2000,
            )
            for c, marker in enumerate(markers(len(shown.side_names)))
        ]  # fmt: skip
        ax.set(xlabel=label_text(shown.names[0]), ylabel="density", xlim=shown.limits(0), ylim=(-0.2 * top, 1.06 * top))
        if shown.kinds[0] == "count":
            ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1.06 * top])

    def words(self) -> str:
        """How many rows there are most probably in each component or class, and what was left out."""
        shown = self.plane
        counts = np.bincount(np.argmax(shown.sides, axis=1), minlength=len(shown.side_names))
        told = ", ".join(f"{count} most probably {name}" for name, count in zip(shown.side_names, counts))
        n = len(shown.x)
        return f"{n} row{'s' * (n != 1)} by {' and '.join(shown.names)}: {told}.{shown.told()}"
