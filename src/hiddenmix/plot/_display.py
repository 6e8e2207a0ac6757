"""What all pictures share: where they are drawn, and how they are kept.

A picture is made of numbers first and drawn after that, as scikit-learn's displays are: `XDisplay(numbers).plot(ax)`,
or `XDisplay.from_estimator(model, X, ax=ax)` for both. Nothing is shown and no file is written unless asked.
"""

from __future__ import annotations

import os
import unicodedata
from abc import ABC, abstractmethod
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

from hiddenmix._errors import HiddenmixError
from hiddenmix.plot._saving import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = (5.0, 3.75)  # inches: with text of ten points still readable when shown 400 pixels wide
DPI = 160
MOST_PIXELS = 64e6
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
    "axes.formatter.offset_threshold": 6,  # digits in common from which a tick's own part stands alone
    "text.usetex": False,  # names that come from data are no TeX
}
FORMATS = ("png", "svg", "pdf", "webp", "jpg")
_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
UNNAMED = "(unnamed)"
NO_GLYPH = "\u25a1"  # a box, for characters that the font lacks
NO_WIDTH = "\u200b"  # before a name that begins with "_", which a legend would leave out


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
        HiddenmixError : HM415 another ending; HM403 more than 64 million pixels; HM516 the file
            cannot be written, and what was there before stays
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
    """Axes in a new figure."""
    with styled():
        return new_figure(size).subplots()


def new_figure(size: tuple[float, float] = SIZE) -> Any:
    """A figure of pyplot, so that notebooks show it; a quiet one inside `quietly`."""
    need_matplotlib()
    with styled():
        if _QUIET.get():
            from matplotlib.figure import Figure

            return Figure(figsize=size, layout="constrained")
        import matplotlib.pyplot as plt

        return plt.figure(figsize=size, layout="constrained")


@contextmanager
def quietly() -> Iterator[None]:
    """Figures that are drawn inside are not known to pyplot: for files, reports and threads."""
    before = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(before)


def quiet_axes(size: tuple[float, float] = SIZE) -> Any:
    """Axes in a figure that pyplot does not know of: for files, and for threads."""
    with quietly(), styled():
        return new_figure(size).subplots()


def write_figure(figure: Any, path: str | os.PathLike[str], dpi: int = DPI) -> None:
    """Write a figure by the ending of its name; HM415 where that is none of `FORMATS`, HM403 too many pixels."""
    ending = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
    if ending not in FORMATS:
        raise HiddenmixError(
            "HM415", f"{os.fspath(path)!r} does not end in a kind of picture", f"one of .{', .'.join(FORMATS)}"
        )
    width, height = (side * dpi for side in figure.get_size_inches())
    if ending not in ("svg", "pdf") and width * height > MOST_PIXELS:
        raise HiddenmixError(
            "HM403", f"a picture of {width:.0f} x {height:.0f} pixels has more than {MOST_PIXELS / 1e6:.0f} million",
            "a smaller size or fewer dots per inch",
        )  # fmt: skip
    timeless = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}
    with replacing(path) as beside:
        figure.savefig(beside, dpi=dpi, metadata=timeless.get(ending))


def label_text(name: object, most: int = 40) -> str:
    """A name that comes from data, so that Matplotlib draws it as it stands, on one line, and no longer than `most`.

    Line breaks and control characters become spaces, long names lose their middle, characters that the font lacks
    become boxes, and a dollar sign is no mathematics.
    """
    text = " ".join("".join(map(_visible, str(name))).split()) or UNNAMED
    if len(text) > most:
        head = (most - 1) - (most - 1) // 2
        text = f"{text[:head].rstrip()}…{text[len(text) - (most - 1) // 2 :].lstrip()}"
    fonts = _fonts()

    def has(character: str) -> bool:
        return any(font.get_char_index(ord(character)) for font in fonts)

    box = NO_GLYPH if has(NO_GLYPH) else "?"
    text = "".join(c if has(c) else box for c in text)
    return (NO_WIDTH if text.startswith("_") else "") + text.replace("$", r"\$")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":  # joiners, directions, variants of emoji
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else character


def _fonts() -> list[Any]:
    """The fonts that text is drawn with."""
    matplotlib = need_matplotlib()
    from matplotlib import font_manager

    families = (font_manager.FontProperties(family=[family]) for family in matplotlib.rcParams["font.family"])
    return [font_manager.get_font(font_manager.findfont(family)) for family in families]


def need_matplotlib() -> Any:
    """Matplotlib; HM408 where it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise HiddenmixError(
            "HM408", "pictures need Matplotlib, which is not installed", 'pip install "hiddenmix[plot]"'
        ) from None
    return matplotlib
