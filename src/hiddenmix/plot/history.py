"""Red and blue that find their colours again: the curves of every iteration over the dots, one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from scipy.optimize import linear_sum_assignment

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.plot._colours import colours, soft
from hiddenmix.plot._display import Display, label_text, styled
from hiddenmix.plot._marks import INK, point_size
from hiddenmix.plot._plane import MOST_DRAWN, column_number, densities
from hiddenmix.plot._view import View

POINTS = 400  # of a curve
CURVES = 40  # iterations that are drawn at most
TOLD = 6  # components that the table has room for
LINE = 0.072  # height of a line of the table, in parts of the axes


class HistoryDisplay(Display):
    """The curve of every component at every iteration, over dots in soft colours; recent iterations stronger.

    The curves are densities of the components, each with an area of 1 (of counts: probabilities, as steps). A dashed
    line stands at each mean, and a small table has means and standard deviations at the start and at the end, and the
    known ones, where there are any.

    Parameters
    ----------
    x : array of shape (n,)
        The dots.
    resp : array of shape (n, k)
        Their memberships at the last iteration: their colours.
    grid : array of shape (m,)
    curves : array of shape (iterations, k, m)
        Densities of the components at each iteration, not weighted.
    means, sds : array of shape (iterations, k)
        NaN standard deviations: not told.
    iterations : array of shape (iterations,)
    column : str
    names : sequence of str
    counts : bool
    known : sequence of (name, mean, standard deviation) for each component, or None
    total : int
        Rows with a value, of which the dots may be a sample.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    dots_ : PathCollection
    curves_ : list of list of Line2D
        By iteration and component.
    means_ : list of Line2D
        Dashed, at the last iteration.
    table_ : list of list of Text
        The head, then a line for each component.
    """

    def __init__(
        self, x: Array, resp: Array, grid: Array, curves: Array, means: Array, iterations: Array, column: str = "x",
        names: tuple[str, ...] = (), *, sds: Array | None = None, counts: bool = False,
        known: tuple[tuple[str, float, float] | None, ...] | None = None, total: int | None = None,
    ) -> None:  # fmt: skip
        self.x, self.resp, self.grid, self.curves, self.means = x, resp, grid, curves, means
        self.sds = np.full(means.shape, np.nan) if sds is None else sds
        self.iterations, self.column, self.counts, self.known = iterations, column, counts, known
        self.names = tuple(names) or tuple(f"component {j + 1}" for j in range(means.shape[1]))
        self.total = len(x) if total is None else total

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, column: int | str = 0, known: Any = None, ax: Any = None,
        sample_weight: Any = None, known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The history of a fitted estimator, or of a `Stepper` (which needs no X), in one of its columns.

        Parameters
        ----------
        column : int or str
        known : dict of name to (mean, standard deviation), or array of labels of shape (n,)
            What the components should be, for the table: each belongs to the component whose mean is nearest. Of labels
            (None where not known) mean and standard deviation (of n, not n - 1) are computed.

        Raises
        ------
        HiddenmixError : HM416 categories
        """
        view = View.of(model, X, sample_weight, known_labels, covariates)
        return cls.from_view(view, column=column, known=known).plot(ax)

    @classmethod
    def from_view(cls, view: View, *, column: int | str = 0, known: Any = None) -> Self:
        """The numbers of the picture."""
        c = column_number(view, column)
        if view.kinds[c] == "category":
            raise HiddenmixError(
                "HM416", f"column {view.columns[c]!r} holds categories, which have no curve", "ProfilesDisplay"
            )
        history = view.history(CURVES)
        if not history or history[-1][1] is not view.params:
            history = [*history, (history[-1][0] + 1 if history else 0, view.params)]
        x = view.values[:, c]
        seen = np.flatnonzero(~np.isnan(x))
        if not len(seen):
            raise HiddenmixError("HM416", f"column {view.columns[c]!r} has no value", "another column")
        grid = curve_grid(x[seen], view.kinds[c])
        then = [view.at(params) for _, params in history]
        curves = [densities(now, [c], grid[:, None], weighted=False).T for now in then]
        means = np.array([now.centres[:, c] for now in then])
        found = [now.ellipsoids([c]) for now in then]
        sds = np.array([[np.nan] * view.k if one is None else np.sqrt(one[1][:, 0, 0]) for one in found])
        drawn = seen
        if len(seen) > MOST_DRAWN:
            drawn = np.sort(np.random.default_rng(0).choice(seen, MOST_DRAWN, replace=False))
        return cls(
            x[drawn], view.part(drawn).resp, grid, np.array(curves), means, np.array([t for t, _ in history]),
            view.columns[c], view.names, sds=sds, counts=view.kinds[c] == "count",
            known=None if known is None else _known(known, x, means[-1]), total=len(seen),
        )  # fmt: skip

    def plot(self, ax: Any = None) -> Self:
        """Draw dots, curves that grow stronger with the iterations, dashed lines at the last means, and the table."""
        with styled():
            ax = self._place(ax)
            palette = colours(self.resp.shape[1])
            self._curves(ax, palette)
            top = float(np.nanmax(self.curves[-1]))
            tops = np.nanmax(self.curves[-1], axis=1)
            room = 1.12 / (1 - LINE * (len(self.names) + 1.6)) if len(self.names) <= TOLD else 1.12
            self.means_ = [
                ax.plot([mean, mean], [0, high], color=colour, ls=(0, (4, 3)), lw=1.3, zorder=3)[0]
                for mean, high, colour in zip(self.means[-1], tops, palette)
            ]
            n = len(self.x)
            self.dots_ = ax.scatter(
                self.x, np.zeros(n), c=soft(self.resp), s=max(1.6 * point_size(n), 12.0),
                alpha=0.85 if n < 500 else 0.4, linewidths=0.4 if n < 500 else 0, edgecolors="white",
                zorder=5, clip_on=False, rasterized=n > 2000,
            )  # fmt: skip
            ax.set(
                xlabel=label_text(self.column), ylabel="probability" if self.counts else "density",
                ylim=(0, room * top), xlim=(self.grid[0], self.grid[-1]),
            )  # fmt: skip
            ax.tick_params(axis="x", pad=7)
            ax.set_yticks([tick for tick in ax.get_yticks() if tick <= 1.1 * top])
            if self.counts:
                ax.xaxis.get_major_locator().set_params(integer=True)
            self.table_ = self._table(ax, palette) if len(self.names) <= TOLD else []
        return self

    def _curves(self, ax: Any, palette: Array) -> None:
        last = len(self.curves) - 1
        style: dict[str, Any] = {"drawstyle": "steps-mid"} if self.counts else {}
        self.curves_ = []
        for t, curves in enumerate(self.curves):
            strength = 0.15 + 0.45 * (t / last) ** 2 if t < last else 1.0
            width = 1.0 if t < last else 2.2
            z = 2 + t / (last + 1)
            lines = zip(curves, palette)
            self.curves_.append(
                [ax.plot(self.grid, y, color=c, alpha=strength, lw=width, zorder=z, **style)[0] for y, c in lines]
            )

    def _table(self, ax: Any, palette: Array) -> list[list[Any]]:
        """Mean and standard deviation at the start, now, and as they are known, above the curves."""
        spread = " (sd)" if np.isfinite(self.sds).any() else ""
        last = int(self.iterations[-1])
        head = [f"mean{spread}", "start", f"after {last} step{'s' * (last != 1)}"]
        stops = [0.01, 0.60, 0.99] if self.known is None else [0.01, 0.44, 0.70, 0.99]
        lines = [head if self.known is None else [*head, "known"]]
        for j, name in enumerate(self.names):
            told = [name, *(_pair(self.means[t, j], self.sds[t, j]) for t in (0, -1))]
            if self.known is not None:
                one = self.known[j]
                told.append("" if one is None else f"{one[0][:10]} {_pair(one[1], one[2])}".strip())
            lines.append(told)
        drawn = []
        for i, (line, ink) in enumerate(zip(lines, [INK, *palette])):
            y = 1.0 - LINE * (i + 0.5)
            drawn.append([
                ax.text(
                    at, y, label_text(text, most=28), transform=ax.transAxes, va="center", color=ink, fontsize=9,
                    ha="left" if at < 0.1 else "right", zorder=8, weight="normal" if i else "bold",
                )
                for at, text in zip(stops, line)
            ])  # fmt: skip
        return drawn

    def words(self) -> str:
        """Where the components began and ended."""
        last = int(self.iterations[-1])
        told = [
            f"{name} from {_pair(self.means[0, j], self.sds[0, j])} to {_pair(self.means[-1, j], self.sds[-1, j])}"
            for j, name in enumerate(self.names)
        ]
        spread = "Means (standard deviations)" if np.isfinite(self.sds).any() else "Means"
        sample = (
            "" if len(self.x) == self.total else f" Of {self.total} rows a random sample of {len(self.x)} is drawn."
        )
        steps = f"{last} iteration{'s' * (last != 1)}"
        return f"{spread} of {self.column} over {steps}: {', '.join(told)}.{sample}"


def curve_grid(x: Array, kind: str) -> Array:
    """Where curves over these dots are drawn: a little beyond them; whole numbers for counts."""
    low, high = float(x.min()), float(x.max())
    if kind == "count":
        return np.arange(max(0, np.floor(low) - 1), np.ceil(high) + 2)
    room = 0.12 * (high - low) or 1.0
    return np.linspace(low - room, high + room, POINTS)


def _pair(mean: float, sd: float) -> str:
    """Mean and standard deviation: four digits, or as many more as the spread asks for."""
    if np.isnan(sd):
        return f"{mean:.4g}"
    more = np.log10(abs(mean) / sd) if mean and sd > 0 else 0.0
    return f"{mean:.{int(np.clip(np.ceil(more + 1), 4, 15))}g} ({sd:.3g})"


def _known(known: Any, x: Array, means: Array) -> tuple[tuple[str, float, float] | None, ...]:
    """What is known, in the order of the components whose means are nearest."""
    if isinstance(known, Mapping):
        found = [(str(name), float(mean), float(sd)) for name, (mean, sd) in known.items()]
    else:
        labels = np.asarray(known, dtype=object)
        if labels.shape != x.shape:
            raise HiddenmixError(
                "HM416", f"known labels of shape {labels.shape} for {len(x)} rows", 'known={"red": (2.8, 0.9), ...}'
            )
        usable = [name for name in dict.fromkeys(labels.tolist()) if name is not None and name == name]
        parts = [(str(name), x[(labels == name) & ~np.isnan(x)]) for name in usable]
        found = [(name, float(np.mean(part)), float(np.std(part))) for name, part in parts if len(part)]
    out: list[tuple[str, float, float] | None] = [None] * len(means)
    distance = np.abs(np.array([mean for _, mean, _ in found])[:, None] - np.nan_to_num(means))
    for i, j in zip(*linear_sum_assignment(distance)):
        out[j] = found[i]
    return tuple(out)
