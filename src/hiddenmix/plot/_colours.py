"""Colours that belong to components and stay with them, also for those who see few colours, and on dark ground.

Soft colours show memberships: a row that two components share equally has a colour half way between theirs.
"""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover.unsure import UNSURE as UNSURE  # for those who look for it here

#: The first components' colours: red and blue first, as in the story of the dots that turned purple. Any two are at
#: least 10 CIEDE2000 units apart under protanopia, deuteranopia and tritanopia, 20 without, and each has a contrast of
#: at least 2.5 to 1 with white and with the dark ground.
PALETTE = ("#D1342B", "#1162D3", "#DB9309", "#098C74", "#E65CA6", "#66564D", "#2DA6DE", "#884887")
DARK_GROUND = "#14171C"
MARKERS = "os^DvP<>"
NEUTRAL = "#888888"  # what belongs to no component


def colours(k: int) -> Array:
    """The colours of components (k, 3), red, green and blue from 0 to 1; they repeat after eight."""
    return np.array([_rgb(PALETTE[j % len(PALETTE)]) for j in range(k)])


def markers(k: int) -> list[str]:
    """The markers of components: different ones in each round of colours, and of one colour in the rounds."""
    return [MARKERS[(j + j // len(PALETTE)) % len(MARKERS)] for j in range(k)]


def soft(resp: Array, of: Array | None = None) -> Array:
    """Colours of rows (n, 3) between those of components (k, 3), by their memberships (n, k)."""
    palette = colours(resp.shape[1]) if of is None else of
    return np.clip(resp @ palette, 0.0, 1.0)


def hexadecimal(rgb: Array) -> str:
    """A colour as #RRGGBB."""
    return "#" + "".join(f"{round(255 * float(c)):02X}" for c in rgb)


def _rgb(text: str) -> tuple[float, ...]:
    return tuple(int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
