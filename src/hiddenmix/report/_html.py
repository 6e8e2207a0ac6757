"""A document as one HTML page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.discover._words import printable
from hiddenmix.plot._colours import colours, hexadecimal
from hiddenmix.report._blocks import Block, Document, Grid
from hiddenmix.report._drawing import Drawing, elements

LONG = 24  # characters of a text from which its column may be wide
WORD = 20  # characters of a word from which it may be broken
FIGURES = re.compile(r"[\d\s.,±+%e-]*")


def page(document: Document, drawings: Mapping[str, Drawing]) -> str:
    """The page. Raises HM408 where Jinja2 or Matplotlib is not installed."""
    from markupsafe import Markup  # comes with Jinja2

    template = _template()
    k = 1 + max((c for part in document.sections for b in part.blocks for c in _used(b)), default=0)
    written: str = template.render(
        document=document,
        drawings={name: Markup(element) for name, element in elements(drawings).items()},
        crowded={name for name, drawing in drawings.items() if drawing.crowded},
        style=Markup(_resource("report.css")),
        colours=[hexadecimal(rgb) for rgb in colours(k)],
        kind_of=lambda block: type(block).__name__,
        heading_class=_heading_class,
        cell_class=_cell_class,
    )
    return written


def need_jinja2() -> Any:
    """Jinja2; HM408 where it is not installed."""
    try:
        import jinja2
    except ImportError:
        raise HiddenmixError(
            "HM408", "HTML reports need Jinja2, which is not installed", 'pip install "hiddenmix[report]"'
        ) from None
    return jinja2


@cache
def _template() -> Any:
    jinja2 = need_jinja2()
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True, finalize=_finalized
    )
    environment.filters["code"] = _code
    return environment.from_string(_resource("page.html.jinja"))


def _code(text: str) -> Any:
    """Lines as they are."""
    from markupsafe import Markup, escape

    return Markup("\n").join(escape(printable(line)) for line in text.split("\n"))


def _finalized(value: Any) -> Any:
    """A text from the data with control characters spelled out; markup of ours as it is."""
    return re.sub(r"(?<=\d) (?=[%±])|(?<=±) ", "\u00a0", printable(value)) if type(value) is str else value


@cache
def _resource(name: str) -> str:
    return files("hiddenmix.report").joinpath(name).read_text(encoding="utf-8")


def _used(block: Block) -> list[int]:
    """The components whose colours a block shows."""
    return [c for c in (*block.colours, *block.head_colours) if c is not None] if isinstance(block, Grid) else []


def _heading_class(grid: Grid, column: int, text: str) -> str:
    return f"{'l ' if column in grid.left else ''}{_width(text)}".strip()


def _cell_class(grid: Grid, column: int, text: str) -> str:
    wordy = len(text) > LONG and not FIGURES.fullmatch(text)
    left = "l " if column in grid.left or wordy else ""
    return f"{left}{'long' if wordy and column else _width(text)}".strip()


def _width(text: str) -> str:
    """How a column may become narrow: a long word is broken, and figures stay together."""
    longest = max(map(len, text.split()), default=0)
    return "word" if longest > WORD else "number" if FIGURES.fullmatch(text) else ""
