"""Pictures in a page: drawn once, as SVG whose ink is the colour of the text around it, and as PNG.

Ink is drawn in one colour that nothing else has, and `currentColor` takes its place in the SVG, so that pictures are
light on dark where the page is. Many points are pixels inside the SVG, and a picture that is still large is all pixels.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from hiddenmix.plot._display import need_matplotlib, quietly
from hiddenmix.report._blocks import Picture
from hiddenmix.report._inline import INK, inline

PIXELS = 110  # per inch, of a PNG
SVG_PIXELS = 120
MANY = 3000  # points of a picture beyond which those of its scatters are drawn as pixels ...
FEW = 100  # ... where they are more than these
PANELS = 9  # beyond, a picture keeps its size on a small screen, and is scrolled
TOTAL = 1_200_000  # characters of all pictures of a page; beyond, the largest are PNG
RC = {
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "svg.fonttype": "none",  # text stays text: small, and found by a search
    "svg.hashsalt": "hiddenmix",
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A picture that is drawn when it is first asked for, and written as often as one likes."""

    picture: Picture

    @cached_property
    def figure(self) -> Any:
        """The figure."""
        with need_matplotlib().rc_context(RC), quietly():
            figure = self.picture.display.plot().figure_
            _rasterise(figure)
            figure.draw_without_rendering()
            figure.set_layout_engine(None)  # the layout is made once
        return figure

    @property
    def crowded(self) -> bool:
        """Whether it has so many panels that it cannot be read when it is made small."""
        return len(self.figure.axes) > PANELS

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG, on white."""
        return self._saved("png", dpi=PIXELS, facecolor="white")

    @cached_property
    def svg(self) -> str:
        """The picture as part of an HTML page, with a text for those who cannot see it."""
        written = self._saved("svg", dpi=SVG_PIXELS, metadata={"Date": None}).decode()
        return inline(written, self.picture.name, self.picture.caption, self.picture.words)

    @cached_property
    def pixels(self) -> str:
        """The same as a PNG in the page."""
        width, height = (round(PIXELS * inches) for inches in self.figure.get_size_inches())
        data = base64.b64encode(self.png).decode()
        alt = escape(self.picture.words)
        return f'<img src="data:image/png;base64,{data}" width="{width}" height="{height}" alt="{alt}">'

    def _saved(self, kind: str, **options: Any) -> bytes:
        written = io.BytesIO()
        with need_matplotlib().rc_context(RC):
            self.figure.savefig(written, format=kind, **options)
        return written.getvalue()


def elements(drawings: Mapping[str, Drawing]) -> dict[str, str]:
    """The pictures as parts of one page, which does not become too large."""
    made = {name: drawing.svg for name, drawing in drawings.items()}
    for name in sorted(made, key=lambda each: -len(made[each])):
        if sum(map(len, made.values())) <= TOTAL:
            break
        made[name] = drawings[name].pixels
    return made


def _rasterise(figure: Any) -> None:
    """Have points drawn as pixels where the picture has many of them."""
    points = {artist: len(artist.get_offsets()) for artist in figure.findobj() if hasattr(artist, "get_offsets")}
    many = sum(points.values()) > MANY
    for artist, count in points.items():
        if many and count > FEW:
            artist.set_rasterized(True)
    for artist in figure.findobj():
        if hasattr(artist, "get_xdata") and len(artist.get_xdata()) > MANY:
            artist.set_rasterized(True)
