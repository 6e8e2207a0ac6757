"""What a report is made of, before it is HTML or Markdown: sections of texts, tables, pictures and code.

All texts are plain: no markup in them means anything, and the writers escape it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hiddenmix._tree import record


@record
class Text:
    """A paragraph. The `lead` says what matters most, a `warning` what deserves a second look."""

    text: str
    tone: Literal["plain", "lead", "warning"] = "plain"


@record
class Items:
    """A list of short texts."""

    texts: tuple[str, ...]


@record
class Grid:
    """A table. `left` are the columns that begin at the left; `components` gives rows or columns their colours.

    Attributes
    ----------
    head : the m headings
    rows : cells, m in each row
    left : columns of texts
    colours : for each row the number of the component whose colour its first cell shows, None without one
    head_colours : the same for the headings
    caption : what the table says
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: frozenset[int] = frozenset()
    colours: tuple[int | None, ...] = ()
    head_colours: tuple[int | None, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        """A table that does not fit together is a defect here, and not where it is written."""
        assert all(len(row) == len(self.head) for row in self.rows)
        assert len(self.colours) in (0, len(self.rows))
        assert len(self.head_colours) in (0, len(self.head))


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture by its name, which is also that of its file; drawn when the report is written."""

    name: str
    display: Any
    caption: str

    @property
    def words(self) -> str:
        """What one sees, for those who cannot see it."""
        return str(self.display.words())


@record
class Code:
    """Something to copy."""

    text: str
    language: str


@record
class Terms:
    """Terms, and a sentence on each."""

    pairs: tuple[tuple[str, str], ...]


Block = Text | Items | Grid | Picture | Code | Terms


@dataclass(frozen=True, eq=False)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """The heading as the end of a link."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True, eq=False)
class Document:
    """A title, a line under it, and the sections."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]

    @property
    def pictures(self) -> list[Picture]:
        """All pictures, in their order."""
        return [block for section in self.sections for block in section.blocks if isinstance(block, Picture)]


def section(title: str, blocks: Sequence[Block | None]) -> Section:
    """A section of the blocks that there are."""
    return Section(title, tuple(block for block in blocks if block is not None))
