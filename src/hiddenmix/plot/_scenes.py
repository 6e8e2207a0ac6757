"""The panels of an animation: artists that stay, and what of them changes with a frame.

A scene draws its axes once. Its moving artists stand in layers: those of a layer change together, the first with the
E-step and the second with the M-step, so that a layer that did not change is the same picture.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.plot._captions import shortened
from hiddenmix.plot._colours import NEUTRAL, colours, soft
from hiddenmix.plot._display import label_text
from hiddenmix.plot._frames import Climb, Frame
from hiddenmix.plot._plane import ellipse
from hiddenmix.plot.history import curve_grid

OLDER = 12  # earlier parameters that are still faintly seen
ON_THE_AXIS = 80  # dots that stand on one line; more are spread over a strip


class Scene(ABC):
    """A panel. `axes` are what it drew into, `layers` lists of moving artists, `show` sets them for a frame."""

    axes: list[Any]
    layers: list[list[Any]]
    e_words: str = ""  # what an E-step does here
    m_words: str = ""

    @abstractmethod
    def show(self, index: int) -> None:
        """Make the artists those of a frame."""

    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """What the table of figures shows of each component."""

    @abstractmethod
    def figures(self, frame: Frame) -> list[tuple[str, ...]]:
        """The same at a frame: for each component a text for each column."""


def distinct(climb: Climb) -> tuple[list[Any], list[int]]:
    """The parameters that the frames show, each once, and which of them each frame has."""
    found: list[Any] = []
    where = []
    for frame in climb.frames:
        if not found or frame.params is not found[-1]:
            found.append(frame.params)
        where.append(len(found) - 1)
    return found, where


def dot_colours(frame: Frame, keep: Array) -> Any:
    """Soft colours of memberships (n, 3); grey before the first E-step."""
    return NEUTRAL if frame.resp is None else soft(frame.resp[keep])


def dot_size(n: int) -> float:
    """The more dots, the smaller."""
    return float(np.clip(6000 / max(n, 1), 7, 40))


def tagged(ax: Any, k: int) -> list[Any]:
    """Numbers from 1 in the components' colours, to be moved to where the components are."""
    return [boxed(ax, str(j + 1), c, "circle,pad=0.25", 8 if k <= 8 else 6) for j, c in enumerate(colours(k))]


def boxed(ax: Any, text: str, colour: Array, style: str, size: float) -> Any:
    """White text in a box of a component's colour, which can be read on light and on dark ground."""
    return ax.text(
        0, 0, text, ha="center", va="center", fontsize=size, fontweight="bold", color="white", zorder=9,
        bbox={"boxstyle": style, "facecolor": colour, "edgecolor": "white", "linewidth": 0.6},
    )  # fmt: skip


class CurveScene(Scene):
    """One column: weighted densities over dots that stand below; stems where values are counts."""

    e_words = "each dot takes its colour"
    m_words = "components move to their dots"

    def __init__(self, ax: Any, climb: Climb, column: int) -> None:
        from matplotlib.collections import LineCollection

        self.climb, self.column, self.axes = climb, column, [ax]
        view = climb.view
        x = view.values[:, column]
        self.keep = ~np.isnan(x)
        self.count = view.kinds[column] == "count"
        self.grid = curve_grid(x[self.keep], view.kinds[column])
        params, self.which = distinct(climb)
        self.curves = np.array([view.at(p).densities([column], self.grid[:, None]).T for p in params])
        self.means = np.array([view.at(p).centres[:, column] for p in params])
        top = self._top()
        place = _strip(int(self.keep.sum()), top)
        self.dots = ax.scatter(
            x[self.keep], place, s=dot_size(len(place)), linewidths=0, alpha=0.9, clip_on=False, zorder=3
        )
        palette = colours(view.k)
        self.older = [LineCollection([], colors=[(*c, 1.0)], linewidths=1, zorder=4) for c in palette]
        self.lines = [ax.add_collection(LineCollection([], colors=[c], linewidths=2.2, zorder=6)) for c in palette]
        for lines in self.older:
            ax.add_collection(lines)
        self.dashes = [ax.plot([], [], color=c, ls="--", lw=1.2, zorder=5)[0] for c in palette]
        self.tags = tagged(ax, view.k)
        self.layers = [[self.dots], [*self.older, *self.dashes, *self.lines, *self.tags]]
        self.top = top
        beside = 0.5 if self.count else 0.0
        ax.set(
            xlim=(self.grid[0] - beside, self.grid[-1] + beside), ylim=(min(1.6 * float(place.min()), 0.0), 1.18 * top)
        )
        ax.set(xlabel=label_text(view.columns[column]), ylabel=f"share × {'probability' if self.count else 'density'}")
        ax.set_yticks([t for t in ax.get_yticks() if 0 <= t <= 1.18 * top])

    def show(self, index: int) -> None:
        """Dots of the last E-step, curves of the last M-step, earlier ones fading."""
        frame, now = self.climb.frames[index], self.which[index]
        self.dots.set_facecolor(dot_colours(frame, self.keep))
        past = range(max(0, now - OLDER), now)
        fade = [0.45 * 0.78 ** (now - t - 1) for t in past]
        for j, colour in enumerate(colours(self.climb.view.k)):
            self.lines[j].set_segments(self._drawn(now, j))
            self.older[j].set_segments([piece for t in past for piece in self._drawn(t, j)])
            pieces = len(self.grid) if self.count else 1
            self.older[j].set_color([(*colour, a) for a in fade for _ in range(pieces)])
            mean, height = self.means[now, j], min(float(self.curves[now, j].max()), self.top)
            self.dashes[j].set_data([mean, mean], [0, 1.04 * height])
            self.tags[j].set_position((mean, 1.09 * height))
            self.tags[j].set_visible(bool(self.grid[0] <= mean <= self.grid[-1]))

    def columns(self) -> tuple[str, ...]:
        """Share, and the mean of the column."""
        return "share", f"mean of {shortened(self.climb.view.columns[self.column])}"

    def figures(self, frame: Frame) -> list[tuple[str, ...]]:
        """Share, and the mean of the column."""
        centres = self.climb.view.at(frame.params).centres[:, self.column]
        return [(f"{w:.3f}", told(c)) for w, c in zip(frame.params.weights, centres)]

    def _drawn(self, t: int, j: int) -> list[Array]:
        """The segments of a curve."""
        y = self.curves[t, j]
        if not self.count:
            return [np.column_stack([self.grid, y])]
        beside = self.grid + 0.12 * (j - (self.climb.view.k - 1) / 2)
        return [np.array([[x, 0], [x, h]]) for x, h in zip(beside, y)]

    def _top(self) -> float:
        """The highest curve, but for early ones that tower above the last."""
        last, ever = float(np.nanmax(self.curves[-1])), float(np.nanmax(self.curves))
        return min(ever, 1.6 * last) if last > 0 else ever


class PlaneScene(Scene):
    """Two columns: dots, and ellipses at one and two standard deviations where components are normal."""

    e_words = "each dot takes its colour"
    m_words = "components move to their dots"

    def __init__(self, ax: Any, climb: Climb, columns: tuple[int, int]) -> None:
        self.climb, self.pair, self.axes = climb, columns, [ax]
        view = climb.view
        xy = view.values[:, list(columns)]
        self.keep = ~np.isnan(xy).any(axis=1)
        xy = _apart(xy[self.keep], [view.kinds[c] == "count" for c in columns])
        params, self.which = distinct(climb)
        self.shapes = [view.at(p).ellipsoids(columns) for p in params]
        self.means = np.array([view.at(p).centres[:, list(columns)] for p in params])
        self.dots = ax.scatter(*xy.T, s=dot_size(len(xy)), linewidths=0, alpha=0.85, zorder=3)
        self.rings = [
            ax.plot([], [], color=c, lw=w, alpha=a, zorder=6)[0]
            for w, a in ((2.0, 1.0), (1.2, 0.75))
            for c in colours(view.k)
        ]
        self.ways = [ax.plot([], [], color=c, lw=1.0, alpha=0.6, zorder=5)[0] for c in colours(view.k)]
        self.tags = tagged(ax, view.k)
        for tag in self.tags:
            tag.set_clip_on(True)
        self.layers = [[self.dots], [*self.ways, *self.rings, *self.tags]]
        for c, name, limits in zip(columns, "xy", _limits(xy, self.shapes[-1])):
            ax.set(**{f"{name}lim": limits, f"{name}label": label_text(view.columns[c])})

    def show(self, index: int) -> None:
        """Dots of the last E-step, ellipses of the last M-step, and the way that their centres came."""
        frame, now = self.climb.frames[index], self.which[index]
        self.dots.set_facecolor(dot_colours(frame, self.keep))
        k, shape = self.climb.view.k, self.shapes[now]
        for j in range(k):
            self.ways[j].set_data(*self.means[max(0, now - 4 * OLDER) : now + 1, j].T)
            self.tags[j].set_position(self.means[now, j])
            self.tags[j].set_visible(bool(np.isfinite(self.means[now, j]).all()))
            for ring, radius in enumerate((1, 2)):
                outline = np.zeros((0, 2)) if shape is None else ellipse(shape[0][j], shape[1][j], radius)
                self.rings[ring * k + j].set_data(*outline.T)

    def columns(self) -> tuple[str, ...]:
        """Share, and the means of both columns."""
        return "share", *(f"mean of {shortened(self.climb.view.columns[c])}" for c in self.pair)

    def figures(self, frame: Frame) -> list[tuple[str, ...]]:
        """Share, and the means of both columns."""
        centres = self.climb.view.at(frame.params).centres[:, list(self.pair)]
        return [(f"{w:.3f}", *map(told, c)) for w, c in zip(frame.params.weights, centres)]


def told(value: float) -> str:
    """Four digits; nothing where there is no number."""
    return f"{value:.4g}" if np.isfinite(value) else "–"


def _strip(n: int, top: float) -> Array:
    """Where dots stand below the curves: on the axis, or over a strip where there are many."""
    if n <= ON_THE_AXIS:
        return np.zeros(n)
    return -top * np.random.default_rng(0).uniform(0.03, 0.17, n)


def _apart(xy: Array, counts: list[bool]) -> Array:
    """Counts moved a little, so that equal rows do not hide one another."""
    shift = np.random.default_rng(0).uniform(-0.28, 0.28, xy.shape)
    return np.asarray(xy + shift * np.array(counts))


def _limits(xy: Array, shape: tuple[Array, Array] | None) -> list[tuple[float, float]]:
    """The ranges of the dots and of the last ellipses, with some room."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.where(high > low, high - low, 1.0)
    if shape is not None:
        reach = 2 * np.sqrt(np.diagonal(shape[1], axis1=1, axis2=2))
        low = np.maximum(np.minimum(low, (shape[0] - reach).min(axis=0)), low - 0.25 * room)
        high = np.minimum(np.maximum(high, (shape[0] + reach).max(axis=0)), high + 0.25 * room)
    return [(a - 0.05 * r, b + 0.05 * r) for a, b, r in zip(low.tolist(), high.tolist(), room.tolist())]
