"""Several axes for one picture, tables of shaded cells, and names of components that fit below an axis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.plot._display import SIZE, label_text, new_figure

DARK = 0.28  # relative luminance below which white text has a contrast of more than 3 to 1


def panels(
    ax: Any, rows: int, columns: int, size: tuple[float, float] = SIZE, heights: Sequence[float] | None = None
) -> Array:
    """The array of axes (rows, columns): in a figure of their own, in the place of one axes, or those that are given.

    Raises
    ------
    HiddenmixError : HM404 another number of axes
    """
    if ax is None:
        made: Array = new_figure(size).subplots(rows, columns, squeeze=False, height_ratios=heights)
        return made
    if isinstance(ax, np.ndarray | list | tuple):
        given = np.asarray(ax, dtype=object)
        if given.size != rows * columns:
            raise HiddenmixError(
                "HM404", f"{given.size} axes for {rows * columns} panels", "one axes, whose place all panels share"
            )
        return given.reshape(rows, columns)
    if rows * columns == 1:
        return np.array([[ax]], dtype=object)
    figure, place = ax.figure, ax.get_subplotspec()
    ax.remove()
    grid = place.subgridspec(rows, columns, height_ratios=heights)
    return np.array([[figure.add_subplot(grid[i, j]) for j in range(columns)] for i in range(rows)], dtype=object)


def component_ticks(names: Sequence[str], most: int = 14) -> tuple[list[str], str]:
    """Short names of components for an axis, and what the axis is called: of "component 3" the 3 remains."""
    if all(re.fullmatch(r"component \d+", name) for name in names):
        return [name.split()[1] for name in names], "component"
    return [label_text(name, most=most) for name in names], ""


def shaded_table(
    ax: Any, shade: Array, texts: Sequence[Sequence[str]], rows: Sequence[str], columns: Sequence[str], colour: Array
) -> Any:
    """Cells with a text each, as dark as `shade` (m, n) from 0 to 1 says, in colours (m, n, 3).

    Returns
    -------
    AxesImage
        Its array are the colours as drawn; cells without a text have none, so that they are as the page is.
    """
    m, n = shade.shape
    strength = 0.85 * np.clip(shade, 0, 1)[..., None]
    drawn = 1 - strength * (1 - colour)
    filled = np.array([[bool(text) for text in line] for line in texts]) | (shade > 0)
    image = ax.imshow(np.dstack([drawn, filled]), aspect="auto", interpolation="nearest")
    luminance = drawn**2.2 @ np.array([0.2126, 0.7152, 0.0722])
    size = 9 if n <= 7 else 8
    for i in range(m):
        for j in range(n):
            if texts[i][j]:
                ink = "white" if luminance[i, j] < DARK else "black"
                ax.text(j, i, texts[i][j], ha="center", va="center", fontsize=size, color=ink)
    longest = max((len(name) for name in columns), default=0)
    turned = longest * n > 34
    ax.set_xticks(range(n), columns, rotation=35 if turned else 0, ha="right" if turned else "center")
    if turned:
        for label in ax.get_xticklabels():
            label.set_rotation_mode("anchor")
    ax.set_yticks(range(m), rows)
    ax.tick_params(length=0)
    ax.set_xticks(np.arange(n - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(m - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", lw=1)
    ax.tick_params(which="minor", length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    return image


def outline(ax: Any, row: int, column: int, colour: str) -> Any:
    """A frame around one cell of a shaded table."""
    from matplotlib.patches import Rectangle

    return ax.add_patch(Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fill=False, ec=colour, lw=1.6, zorder=3))


def whole(weight: float) -> str:
    """A weight of rows as people write it: whole where it is nearly so."""
    return f"{weight:.0f}" if abs(weight - round(weight)) < 0.05 or weight >= 1000 else f"{weight:.1f}"


def percent(share: float) -> str:
    """A share as a whole percentage; "<1 %" where it rounds to none and is not."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
