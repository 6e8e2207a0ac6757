"""From scenes to pictures: what stands still is drawn once, what moves in layers over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.plot._captions import caption
from hiddenmix.plot._coin_scene import CoinScene, few_coins
from hiddenmix.plot._display import styled
from hiddenmix.plot._frames import Climb
from hiddenmix.plot._scenes import CurveScene, PlaneScene, Scene
from hiddenmix.plot._trace_scene import TraceScene

WIDTH, HEIGHT, CAPTION = 5.0, 4.7, 0.52  # inches
INK, PALE_INK = "#222222", "#D8D8D8"  # of axes and text, on light and on dark ground


class Reel:
    """A figure with its scenes.

    Attributes
    ----------
    figure : Figure
    scene, trace : the panel above and the small one below
    """

    def __init__(self, climb: Climb, columns: Sequence[int], dpi: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.climb, self.dpi = climb, dpi
        with styled():
            self.figure = Figure(figsize=(WIDTH, HEIGHT), dpi=dpi, layout="constrained")
            canvas: Any = FigureCanvasAgg
            self.canvas = canvas(self.figure)
            self.figure.patch.set_alpha(0)
            self.figure.get_layout_engine().set(rect=(0.0, 0.0, 0.985, 1 - CAPTION / HEIGHT), hspace=0.04)  # type: ignore[union-attr,call-arg]
            self.scene, self.trace = _scenes(self.figure, climb, columns)
            at: dict[str, Any] = {"transform": self.figure.transFigure, "va": "center", "fontsize": 10}
            self.heading = self.figure.text(0.02, 1 - 0.30 * CAPTION / HEIGHT, "", fontweight="bold", **at)
            self.below = self.figure.text(0.02, 1 - 0.72 * CAPTION / HEIGHT, "", **at)
            self.texts = [self.heading, self.below]
            for text in self.texts:
                text.set_in_layout(False)
            for artist in self._moving():
                artist.set_animated(True)
                artist.set_in_layout(False)
            for ax in [*self.scene.axes, *self.trace.axes]:
                ax.patch.set_alpha(0)
            self.canvas.draw()
            self.figure.set_layout_engine("none")

    def ground(self, ink: str) -> Array:
        """What stands still, (height, width, 4), in a colour of axes and text."""
        for ax in [*self.scene.axes, *self.trace.axes]:
            for spine in ax.spines.values():
                spine.set_edgecolor(ink)
            ax.tick_params(colors=ink, which="both")
            for label in (ax.xaxis.label, ax.yaxis.label):
                label.set_color(ink)
        with styled():
            self.canvas.draw()
        return np.array(self.canvas.buffer_rgba())

    def layers(self, index: int) -> list[Array]:
        """What moves, as transparent pictures (height, width, 4), the lowest first."""
        self.scene.show(index)
        self.trace.show(index)
        with styled():
            return [self._drawn(artists) for artists in [*self.scene.layers, *self.trace.layers]]

    def whole(self, ground: Array, index: int, heading: str, below: str) -> Array:
        """A frame with its caption on white ground, (height, width, 3)."""
        self.scene.show(index)
        self.trace.show(index)
        self.heading.set_text(heading)
        self.below.set_text(below)
        with styled():
            artists = [a for layer in [*self.scene.layers, *self.trace.layers, self.texts] for a in layer]
            return over(over(np.full((*ground.shape[:2], 3), 255, dtype=np.uint8), ground), self._drawn(artists))

    def _drawn(self, artists: Sequence[Any]) -> Array:
        renderer = self.canvas.get_renderer()
        renderer.clear()
        for artist in sorted(artists, key=lambda a: a.get_zorder()):
            artist.draw(renderer)
        return np.array(self.canvas.buffer_rgba())

    def _moving(self) -> list[Any]:
        return [a for layer in [*self.scene.layers, *self.trace.layers, self.texts] for a in layer]

    def caption(self, index: int) -> tuple[str, str]:
        """The two lines over a frame."""
        return caption(self.climb, index, self.scene.e_words, self.scene.m_words)


def over(ground: Array, layer: Array) -> Array:
    """A picture (height, width, 3) with a transparent one (height, width, 4) over it."""
    alpha = layer[..., 3:].astype(np.uint32)
    mixed = layer[..., :3] * alpha + ground * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def _scenes(figure: Any, climb: Climb, columns: Sequence[int]) -> tuple[Scene, Scene]:
    if few_coins(climb.view):
        bars, line, below = figure.subplots(3, 1, height_ratios=(2.5, 0.5, 1.1))
        return CoinScene(bars, line, climb), TraceScene(below, climb)
    above, below = figure.subplots(2, 1, height_ratios=(3, 1.1))
    if len(columns) == 1:
        return CurveScene(above, climb, columns[0]), TraceScene(below, climb)
    return PlaneScene(above, climb, (columns[0], columns[1])), TraceScene(below, climb)
