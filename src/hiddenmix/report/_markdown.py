"""A document as Markdown: the same words, pictures by link, and nothing from the data that reads as markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hiddenmix.discover._words import printable
from hiddenmix.report._blocks import Block, Code, Document, Grid, Items, Picture, Terms, Text

SPECIAL = re.compile(r"([\\`*\[\]<>|$~#])|(?<!\w)(_)|(_)(?!\w)|(://)|(\bwww\.)|(@)", flags=re.ASCII)


def markdown(document: Document, link: Callable[[str], str] | None = None) -> str:
    """The document; `link` makes a picture's address from its name, and without it only its words are told."""
    lines = [f"# {escaped(document.title)}", "", paragraph(document.subtitle), ""]
    for part in document.sections:
        lines += [f"## {escaped(part.title)}", ""]
        for block in part.blocks:
            lines += [*_lines(block, link), ""]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """A text in which nothing is markup, on one line."""
    plain = printable(" ".join(str(text).split("\n"))).replace("&", "&amp;")
    return SPECIAL.sub(_spelled, plain)


def paragraph(text: str) -> str:
    """The same at the beginning of a line, where a dash or a number would begin a list."""
    made = escaped(text.lstrip())
    return re.sub(r"^([-+=])|^(\d+)(?=[.)]\s)", lambda at: f"\\{at[1]}" if at[1] else f"{at[2]}\\", made)


def _spelled(found: re.Match[str]) -> str:
    text = found[0]
    if text == "://":
        return ":\\/\\/"
    if text == "www.":
        return "www\\."
    return f"&#{ord(text)};" if text == "@" else f"\\{text}"


def _lines(block: Block, link: Callable[[str], str] | None) -> Iterator[str]:
    if isinstance(block, Text):
        mark = "> " if block.tone == "warning" else ""
        yield f"{mark}{paragraph(block.text)}"
    elif isinstance(block, Items):
        yield from (f"- {paragraph(text)}" for text in block.texts)
    elif isinstance(block, Grid):
        yield from _table(block)
    elif isinstance(block, Picture):
        yield from _picture(block, link)
    elif isinstance(block, Code):
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", block.text)), default=0))
        yield from (f"{fence}{block.language}", block.text, fence)
    elif isinstance(block, Terms):
        yield from (f"- **{escaped(word)}**: {escaped(text)}" for word, text in block.pairs)


def _table(grid: Grid) -> Iterator[str]:
    if grid.caption:
        yield paragraph(grid.caption)
        yield ""
    for i, row in enumerate((grid.head, *grid.rows)):
        yield f"| {' | '.join(escaped(cell) for cell in row)} |"
        if i == 0:
            yield f"|{'|'.join(' :--- ' if j in grid.left else ' ---: ' for j in range(len(row)))}|"


def _picture(picture: Picture, link: Callable[[str], str] | None) -> Iterator[str]:
    words = escaped(picture.words)
    if link is not None:
        yield f"![{words}]({link(picture.name)})"
        yield ""
    yield paragraph(picture.caption) + ("" if link is not None else f" {words}")
