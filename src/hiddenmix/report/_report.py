"""A report: one document, and the ways to read it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.plot._saving import replacing
from hiddenmix.report._blocks import Document
from hiddenmix.report._drawing import Drawing
from hiddenmix.report._html import page
from hiddenmix.report._markdown import markdown
from hiddenmix.report._summary import plain

KINDS = (".html", ".md", ".json")


@dataclass(frozen=True, eq=False)
class Report:
    """What was found, as one HTML page, as Markdown, and as plain values.

    Notebooks show the page. Pictures are drawn when they are first needed, and once.

    Attributes
    ----------
    document : titles, texts, tables and pictures, in their order
    """

    document: Document
    told: Callable[[], dict[str, Any]]

    def __repr__(self) -> str:
        n = len(self.document.pictures)
        sections = len(self.document.sections)
        return f"Report({self.document.title!r}, {sections} sections, {n} picture{'s' * (n != 1)})"

    def __str__(self) -> str:
        return self.markdown()

    @cached_property
    def drawings(self) -> dict[str, Drawing]:
        """The pictures by their names; nothing is drawn yet."""
        return {picture.name: Drawing(picture) for picture in self.document.pictures}

    def with_document(self, document: Document) -> Report:
        """Other words around the same pictures, which are not drawn again."""
        other = Report(document, self.told)
        vars(other)["drawings"] = self.drawings
        return other

    @cached_property
    def _page(self) -> str:
        return page(self.document, self.drawings)

    def html(self) -> str:
        """The report as one HTML page: its pictures are in it, and it loads nothing.

        Raises
        ------
        HiddenmixError : HM408 Jinja2 or Matplotlib is not installed
        """
        return self._page

    def markdown(self, pictures: str | None = None) -> str:
        """The same words as Markdown.

        Parameters
        ----------
        pictures : str, optional
            The folder that links lead to, for example "pictures"; without it the pictures are told in words.
        """
        return markdown(self.document, None if pictures is None else lambda name: f"{pictures}/{name}.png")

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, which JSON can hold."""
        told: dict[str, Any] = plain(self.told())
        return told

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file, whose name ends in .html, .md or .json.

        An .html file is all there is. Pictures of an .md file go into a folder beside it, which has its name and ends
        in "_pictures".

        Raises
        ------
        HiddenmixError : HM425 another ending, HM408 Jinja2 or Matplotlib is not installed, HM516 the file cannot be
            written, and what was there before stays
        """
        file = Path(path)
        kind = file.suffix.lower()
        if kind not in KINDS:
            raise HiddenmixError(
                "HM425", f"{os.fspath(path)!r} does not end in a kind of report", f"one of {', '.join(KINDS)}"
            )
        if kind == ".html":
            text = self.html()
        elif kind == ".json":
            text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        else:
            folder = file.with_name(f"{file.stem}_pictures")
            self.save_pictures(folder)
            text = self.markdown(folder.name.replace(" ", "%20"))
        with replacing(file) as beside:
            Path(beside).write_text(text, encoding="utf-8", newline="\n")

    def save_pictures(self, folder: str | os.PathLike[str]) -> list[str]:
        """Write the pictures as PNG files into a folder, which is made if needed, and name them.

        Raises
        ------
        HiddenmixError : HM408 Matplotlib is not installed, HM516 a file cannot be written
        """
        drawn = {f"{name}.png": drawing.png for name, drawing in self.drawings.items()}
        if drawn:
            Path(folder).mkdir(parents=True, exist_ok=True)
        for name, content in drawn.items():
            with replacing(Path(folder) / name) as beside:
                Path(beside).write_bytes(content)
        return list(drawn)

    def _repr_html_(self) -> str:
        """The page in a frame of its own, so that its style stays in it."""
        return (
            f'<iframe srcdoc="{escape(self.html())}" sandbox="" title="{escape(self.document.title)}" '
            'style="width:100%;height:720px;border:1px solid #8888"></iframe>'
        )
