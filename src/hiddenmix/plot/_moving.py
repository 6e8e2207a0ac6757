"""Frames into a moving picture: gif, webp, animated png. Pillow, which comes with Matplotlib, writes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix.plot._reel import INK, Reel

if TYPE_CHECKING:
    from hiddenmix.plot.animation import Animation

PALETTE_OF = 12  # frames that the common colours of a gif are chosen from


def write_moving(
    path: str | os.PathLike[str], ending: str, animation: Animation, durations: Sequence[int], dpi: float
) -> None:
    """Write all frames with their captions on white ground."""
    from PIL import Image

    reel = Reel(animation.climb, animation.columns, dpi)
    ground = reel.ground(INK)
    pictures = [Image.fromarray(reel.whole(ground, index, *reel.caption(index))) for index in range(len(animation))]
    options: dict[str, Any] = {"save_all": True, "duration": list(durations), "loop": 0}
    if ending == "gif":
        common = _palette(pictures)
        pictures = [p.quantize(palette=common, dither=Image.Dither.NONE) for p in pictures]
        options |= {"optimize": False, "disposal": 1}
    elif ending == "webp":
        options |= {"lossless": True, "quality": 30, "method": 2}
    pictures[0].save(path, format="PNG" if ending == "png" else ending.upper(), append_images=pictures[1:], **options)


def _palette(pictures: Sequence[Any]) -> Any:
    """Colours that all frames share, so that nothing flickers."""
    from PIL import Image

    chosen = np.unique(np.linspace(0, len(pictures) - 1, PALETTE_OF).astype(int))
    width, height = pictures[0].size
    sheet = Image.new("RGB", (width, height * len(chosen)))
    for place, i in enumerate(chosen):
        sheet.paste(pictures[i], (0, height * place))
    return sheet.quantize(255, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
