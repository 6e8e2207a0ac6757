"""An animation as one page with a player: slider, keys, a table of figures. It asks for nothing from outside.

Every frame is the sum of a ground, which is stored once for light and once for dark pages, and of layers: dots, which
change with the E-step, components, which change with the M-step, and the dot on the trace. A layer is cut to what is
drawn in it and stored once, however many frames show it; that is what keeps the page small.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.plot._captions import words
from hiddenmix.plot._colours import colours, hexadecimal
from hiddenmix.plot._reel import CAPTION, HEIGHT, INK, PALE_INK, Reel, over

if TYPE_CHECKING:
    from hiddenmix.plot.animation import Animation

BUDGET = 1_800_000  # characters of pictures
FEWER = (256, 64)  # colours of a picture where exact ones exceed the budget
ROWS = 12  # components in the table


def page(animation: Animation, durations: Sequence[int], dpi: float) -> str:
    """The page, as text."""
    climb = animation.climb
    reel = Reel(climb, animation.columns, dpi)
    light, dark = reel.ground(INK), reel.ground(PALE_INK)
    cut = int(CAPTION / HEIGHT * len(light))  # the caption is text here
    store = _Store()
    grounds = [store.put(picture[cut:]) for picture in (light, dark)]
    frames = []
    for index, frame in enumerate(climb.frames):
        heading, below = reel.caption(index)
        layers = [store.put(layer[cut:]) for layer in reel.layers(index)]
        figures = [(f"component {j + 1}", *row) for j, row in enumerate(reel.scene.figures(frame)[:ROWS])]
        frames.append({
            "step": frame.step, "heading": heading, "below": below, "ms": durations[index], "table": figures,
            "layers": [layer for layer in layers if layer is not None],
        })  # fmt: skip
    still = np.full((*light[cut:].shape[:2], 3), 255, dtype=np.uint8)
    for layer in (light, *reel.layers(len(climb.frames) - 1)):
        still = over(still, layer[cut:])
    data = {
        "width": light.shape[1], "height": len(light) - cut, "light": grounds[0], "dark": grounds[1],
        "columns": ["", *reel.scene.columns()], "colours": [hexadecimal(c) for c in colours(climb.view.k)],
        "pictures": store.encoded(), "frames": frames,
    }  # fmt: skip
    told = html.escape(words(climb, animation.columns))
    parts = {
        "title": "EM, step by step",
        "words": told,
        "still": _uri(still),
        "data": _inside_script(data),
    }
    template = files("hiddenmix.plot").joinpath("player.html").read_text(encoding="utf-8")
    return re.sub(r"%%(\w+)%%", lambda found: parts[found[1]], template)


def framed(text: str) -> str:
    """The page inside a notebook: a frame of its own that may run its script and nothing else."""
    return (
        '<iframe sandbox="allow-scripts" title="EM, step by step" '
        'style="width: 100%; max-width: 760px; height: 900px; border: 0" '
        f'srcdoc="{html.escape(text)}"></iframe>'
    )


class _Store:
    """Pictures, each once."""

    def __init__(self) -> None:
        self.places: dict[bytes, int | None] = {}
        self.cuts: list[tuple[int, int, Array]] = []

    def put(self, picture: Array) -> int | None:
        """The number of a picture; None where nothing is drawn in it."""
        key = picture.tobytes()
        if key not in self.places:
            self.places[key] = self._cut(picture)
        return self.places[key]

    def encoded(self) -> list[dict[str, Any]]:
        """All pictures with their places, as data addresses: exact, or with fewer colours where that is too much."""
        parts = [part for _, _, part in self.cuts]
        some = parts[:: max(1, len(parts) // 12)]
        levels = [None, *FEWER]
        while len(levels) > 1 and sum(len(_uri(part, levels[0])) for part in some) * len(parts) / len(some) > BUDGET:
            levels.pop(0)
        return [{"x": x, "y": y, "src": _uri(part, levels[0])} for x, y, part in self.cuts]

    def _cut(self, picture: Array) -> int | None:
        seen = picture[..., 3] > 0
        if not seen.any():
            return None
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        y, x = int(rows[0]), int(columns[0])
        self.cuts.append((x, y, np.ascontiguousarray(picture[y : rows[-1] + 1, x : columns[-1] + 1])))
        return len(self.cuts) - 1


def _uri(picture: Array, levels: int | None = None) -> str:
    """A picture as a data address: exact, or in so many colours."""
    from PIL import Image

    file, image = io.BytesIO(), Image.fromarray(picture)
    if levels is None:
        image.save(file, format="WEBP", method=2, quality=30, lossless=True)
    else:
        image.quantize(levels).save(file, format="PNG")
    kind = "webp" if levels is None else "png"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _inside_script(data: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
