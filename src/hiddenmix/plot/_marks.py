"""What scatters draw alike: points, ellipses, means with their numbers, curves, and who is who."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.plot._colours import markers, soft
from hiddenmix.plot._display import label_text
from hiddenmix.plot._plane import Plane, densities, ellipse

INK, PALE = "#333333", "#DDDDDD"
MANY = 2000  # points that a vector graphic still bears
NAMED = 10  # names that there is room for
RADII = ((1.0, 1.6, "-"), (2.0, 1.1, "--"))  # standard deviations, width, style


def point_size(n: int) -> float:
    """The area of a point, in square points: small where there are many."""
    return float(np.clip(30.0 * np.sqrt(120.0 / max(n, 1)), 2.5, 30.0))


def faces(plane: Plane, hard: bool = False) -> Array:
    """The colours of the rows (n, 3): between those of the components, or those of the most probable ones."""
    if hard:
        return np.asarray(plane.side_colours[np.argmax(plane.sides, axis=1)])
    return soft(plane.sides, plane.side_colours)


def draw_points(
    ax: Any, plane: Plane, where: Array, *, hard: bool = False, scale: float = 1.0, panels: int = 1
) -> list[Any]:
    """Points at (n, 2) in soft colours, with the marker of the most probable component or class: a collection each.

    `panels` is how many such panels the picture has.
    """
    colours, side, n = faces(plane, hard), np.argmax(plane.sides, axis=1), len(where)
    style = {"s": scale * point_size(n), "rasterized": n * panels > MANY, "edgecolors": "white", "zorder": 2}
    style |= {"alpha": 0.85, "linewidths": 0.3} if n < MANY else {"alpha": 0.5, "linewidths": 0.0}
    rows = [side == c for c in range(len(plane.side_names))]
    return [ax.scatter(*where[r].T, c=colours[r], marker=m, **style) for r, m in zip(rows, markers(len(rows)))]


def draw_ellipses(ax: Any, plane: Plane, columns: tuple[int, ...] | None = None) -> list[list[Any]]:
    """Ellipses of 1 and 2 standard deviations of normal components, by component; nothing for others."""
    from matplotlib.patheffects import withStroke

    found = plane.view.ellipsoids(plane.columns if columns is None else columns)
    if found is None:
        return []
    halo = [withStroke(linewidth=3.2, foreground="white", alpha=0.8)]
    return [
        [
            ax.plot(*ellipse(mean, cov, r).T, color=colour, lw=width, ls=style, zorder=3, path_effects=halo)[0]
            for r, width, style in RADII
        ]
        for mean, cov, colour in zip(*found, plane.colours)
    ]


def draw_means(ax: Any, plane: Plane, size: float = 9.0) -> list[Any]:
    """A disc with the component's number at each expected value; in classes the number among the class's own."""
    centres = plane.view.centres[:, list(plane.columns)]
    side = plane.side_of
    drawn = []
    for j, (centre, colour) in enumerate(zip(centres, plane.colours)):
        if np.isnan(centre).any():
            continue
        number = 1 + (j if plane.view.group is None else int(np.sum(side[:j] == side[j])))
        drawn += ax.plot(*centre, marker="o", ms=size + 2, color=colour, mec="white", mew=1.2, ls="none", zorder=5)
        ax.annotate(
            str(number), centre, ha="center", va="center_baseline", color="white", fontsize=size - 1.5, weight="bold",
            zorder=6, annotation_clip=True,
        )  # fmt: skip
    return drawn


def draw_names(ax: Any, plane: Plane, extra: list[Any] | None = None) -> Any:
    """Colour, marker and name of each component or class, above the axes; None where there are too many."""
    from matplotlib.lines import Line2D

    names = [label_text(name, most=18) for name in plane.side_names]
    handles = list(extra or [])
    if len(names) <= NAMED:
        handles = [
            Line2D([], [], ls="none", marker=marker, color=colour, ms=6, label=name)
            for name, marker, colour in zip(names, markers(len(names)), plane.side_colours)
        ] + handles
    if not handles:
        return None
    return legend_above(ax, handles)


def legend_above(ax: Any, handles: list[Any]) -> Any:
    """A legend above the axes, in as many columns as there is room for."""
    spec = ax.get_subplotspec()
    beside = 1 if spec is None else spec.get_gridspec().ncols
    room = ax.figure.figure.get_size_inches()[0] / beside - 0.45
    lengths = [len(str(handle.get_label())) for handle in handles]
    fitting = [c for c in range(len(handles), 0, -1) if _width(lengths, c) <= room]
    columns = fitting[0] if fitting else 1
    return ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, columnspacing=1.0, handletextpad=0.3,
        handlelength=1.2, borderaxespad=0.2, borderpad=0.2,
    )  # fmt: skip


def _width(lengths: list[int], columns: int) -> float:
    """About how wide a legend of labels of these lengths is, in inches."""
    return float(sum(0.33 + 0.074 * max(part) for part in np.array_split(lengths, columns) if len(part)))


def draw_curves(ax: Any, plane: Plane, i: int = 0, turned: float = 1.0) -> tuple[list[Any], Any]:
    """In one column: weight times density of each component, filled, and their sum; steps for counts."""
    grid = plane.grid(i, 400)
    parts = turned * densities(plane.view, [plane.columns[i]], grid[:, None])
    steps = plane.kinds[i] == "count"
    style: dict[str, Any] = {"drawstyle": "steps-mid"} if steps else {}
    lines = []
    for y, colour in zip(parts.T, plane.colours):
        ax.fill_between(grid, 0, y, color=colour, alpha=0.16, lw=0, step="mid" if steps else None, zorder=1)
        lines += ax.plot(grid, y, color=colour, lw=1.6, zorder=3, **style)
    (whole,) = ax.plot(grid, parts.sum(axis=1), color=INK, lw=1.2, ls="-", zorder=2.5, **style)
    return lines, whole


def frame(ax: Any, plane: Plane, most: int = 40) -> None:
    """Limits and names of both axes of a plane."""
    x, y = plane.names
    ax.set(xlim=plane.limits(0), ylim=plane.limits(1), xlabel=label_text(x, most=most), ylabel=label_text(y, most=28))
    ax.yaxis.get_offset_text().set_ha("right")  # beside the legend, not below it
    for axis, kind in zip((ax.xaxis, ax.yaxis), plane.kinds):
        if kind == "count":
            axis.get_major_locator().set_params(integer=True)
