"""What all pictures share: where they are drawn, and how they are kept.

A picture is made of numbers first and drawn after that, as scikit-learn's displays are: `XDisplay(numbers).plot(ax)`,
or `XDisplay.from_estimator(model, X, ax=ax)` for both. Nothing is shown and no file is written unless asked.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from hiddenmix._errors import HiddenmixError

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = (5.0, 3.75)  # inches: with text of ten points still readable when shown 400 pixels wide
DPI = 160
STYLE = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "svg.hashsalt": "hiddenmix",  # the same picture is the same file
    "axes.formatter.useoffset": False,
}
FORMATS = ("png", "svg", "pdf", "webp", "jpg")


class Display(ABC):
    """A picture: `plot` draws it and keeps the artists, `save` writes it to a file.

    Attributes
    ----------
    ax_ : Axes, or the array of them
    figure_ : Figure
    """

    ax_: Any
    figure_: Any

    @abstractmethod
    def plot(self, ax: Any = None) -> Self:
        """Draw into axes, or into a figure of its own."""

    @abstractmethod
    def words(self) -> str:
        """What one sees, in a sentence or two with its figures: for those who cannot see it."""

    def save(self, path: str | os.PathLike[str], dpi: int = DPI) -> None:
        """Write the picture to a file, whose name ends in .png, .svg, .pdf, .webp or .jpg.

        Raises
        ------
        HiddenmixError : HM415 another ending
        """
        with styled():
            write_figure(self.figure_, path, dpi)

    def _place(self, ax: Any, size: tuple[float, float] = SIZE) -> Any:
        """The axes to draw into."""
        if ax is None:
            ax = new_axes(size)
        self.ax_, self.figure_ = ax, ax.figure
        return ax


@contextmanager
def styled() -> Iterator[None]:
    """Our fonts and lines, for what is drawn inside."""
    matplotlib = need_matplotlib()
    with matplotlib.rc_context(STYLE):
        yield


def new_axes(size: tuple[float, float] = SIZE) -> Any:
    """Axes in a figure of pyplot, so that notebooks show it."""
    need_matplotlib()
    import matplotlib.pyplot as plt

    with styled():
        return plt.subplots(figsize=size, layout="constrained")[1]


def quiet_axes(size: tuple[float, float] = SIZE) -> Any:
    """Axes in a figure that pyplot does not know of: for files, and for threads."""
    need_matplotlib()
    from matplotlib.figure import Figure

    with styled():
        return Figure(figsize=size, layout="constrained").subplots()


def write_figure(figure: Any, path: str | os.PathLike[str], dpi: int = DPI) -> None:
    """Write a figure by the ending of its name; HM415 where that is none of `FORMATS`."""
    ending = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
    if ending not in FORMATS:
        raise HiddenmixError(
            "HM415", f"{os.fspath(path)!r} does not end in a kind of picture", f"one of .{', .'.join(FORMATS)}"
        )
    timeless = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}
    figure.savefig(path, dpi=dpi, metadata=timeless.get(ending))


def need_matplotlib() -> Any:
    """Matplotlib; HM408 where it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise HiddenmixError(
            "HM408", "pictures need Matplotlib, which is not installed", 'pip install "hiddenmix[plot]"'
        ) from None
    return matplotlib
