"""Red and blue that find their colours again: the curves of every iteration over the dots, one column."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.plot._colours import colours, soft
from hiddenmix.plot._display import Display, styled
from hiddenmix.plot._view import View

POINTS = 400  # of a curve
CURVES = 40  # iterations that are drawn at most


class HistoryDisplay(Display):
    """The density of every component at every iteration, over dots in soft colours.

    Parameters
    ----------
    x : array of shape (n,)
        The dots.
    resp : array of shape (n, k)
        Their memberships at the last iteration: their colours.
    grid : array of shape (m,)
    curves : array of shape (iterations, k, m)
        Densities of the components at each iteration, not weighted.
    means : array of shape (iterations, k)
    iterations : array of shape (iterations,)
    column : str
    names : sequence of str

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    dots_ : PathCollection
    curves_ : list of list of Line2D
        By iteration and component.
    means_ : list of Line2D
        Dashed, at the last iteration.
    """

    def __init__(
        self,
        x: Array,
        resp: Array,
        grid: Array,
        curves: Array,
        means: Array,
        iterations: Array,
        column: str = "x",
        names: tuple[str, ...] = (),
    ) -> None:
        self.x, self.resp, self.grid, self.curves, self.means = x, resp, grid, curves, means
        self.iterations, self.column, self.names = iterations, column, names

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, column: int = 0, columns: Any = None, ax: Any = None,
        sample_weight: Any = None, known_labels: Any = None,
    ) -> Self:  # fmt: skip
        """The history of a fitted estimator, or of a `Stepper` (which needs no X), in one of its columns."""
        return cls.from_view(View.of(model, X, sample_weight, known_labels), column=column).plot(ax)

    @classmethod
    def from_view(cls, view: View, *, column: int = 0) -> Self:
        """The numbers of the picture."""
        if view.kinds[column] == "category":
            raise HiddenmixError(
                "HM416", f"column {view.columns[column]!r} holds categories, which have no curve", "ProfilesDisplay"
            )
        history = view.history(CURVES)
        if not history or history[-1][1] is not view.params:
            history = [*history, (history[-1][0] + 1 if history else 0, view.params)]
        x = view.values[:, column]
        shown = x[~np.isnan(x)]
        grid = curve_grid(shown, view.kinds[column])
        curves, means = [], []
        for _, params in history:
            now = view.at(params)
            curves.append((now.densities([column], grid[:, None]) / params.weights).T)
            means.append(now.centres[:, column])
        iterations = np.array([iteration for iteration, _ in history])
        name, resp = view.columns[column], view.resp[~np.isnan(x)]
        return cls(shown, resp, grid, np.array(curves), np.array(means), iterations, name, view.names)

    def plot(self, ax: Any = None) -> Self:
        """Draw dots, curves that grow stronger with the iterations, and a dashed line at each last mean."""
        with styled():
            ax = self._place(ax)
            palette = colours(self.resp.shape[1])
            last = len(self.curves) - 1
            self.curves_ = []
            for t, curves in enumerate(self.curves):
                strength = 0.08 + 0.5 * (t / last) ** 2 if t < last else 1.0
                width = 1.0 if t < last else 2.2
                self.curves_.append(
                    [ax.plot(self.grid, y, color=c, alpha=strength, lw=width)[0] for y, c in zip(curves, palette)]
                )
            top = float(np.nanmax(self.curves[-1]))
            zipped = zip(self.means[-1], palette)
            self.means_ = [ax.plot([m, m], [0, top * 1.05], color=c, ls="--", lw=1.2)[0] for m, c in zipped]
            self.dots_ = ax.scatter(
                self.x, np.zeros(len(self.x)), c=soft(self.resp), s=42, alpha=0.85, linewidths=0.4, edgecolors="white",
                zorder=5, clip_on=False,
            )  # fmt: skip
            ax.set(xlabel=self.column, ylabel="density", ylim=(0, top * 1.18), xlim=(self.grid[0], self.grid[-1]))
        return self

    def words(self) -> str:
        """Where the components began and ended."""
        told = [f"{name} from {a:.4g} to {b:.4g}" for name, a, b in zip(self.names, self.means[0], self.means[-1])]
        return f"Means of {self.column} over {self.iterations[-1]} iterations: {', '.join(told)}."


def curve_grid(x: Array, kind: str) -> Array:
    """Where curves over these dots are drawn: a little beyond them; whole numbers for counts."""
    low, high = float(x.min()), float(x.max())
    if kind == "count":
        return np.arange(max(0, np.floor(low) - 1), np.ceil(high) + 2)
    room = 0.12 * (high - low) or 1.0
    return np.linspace(low - room, high + room, POINTS)
