"""The catalogue of codes: one teaching paragraph for each message that hiddenmix can give.

HM1xx input data and files; HM2xx the model cannot be fitted to these data; HM3xx about the fit that was made;
HM4xx options and arguments; HM5xx prediction and model files. Each group has a file of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hiddenmix._catalogue import _data, _files, _fit, _model, _options

__all__ = ["CATALOGUE", "Explanation"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code, its title (a few words) and the paragraph that ``hiddenmix explain`` prints."""

    code: str
    title: str
    explanation: str


def _parse(text: str) -> Mapping[str, Explanation]:
    entries = {}
    for block in text.strip().split("\n\n"):
        head, _, body = block.partition("\n")
        code, _, title = head.partition(" ")
        entries[code] = Explanation(code, title, " ".join(body.split()))
    return entries


_GROUPS = (_data, _model, _fit, _options, _files)
CATALOGUE: Final[Mapping[str, Explanation]] = MappingProxyType(
    {code: entry for group in _GROUPS for code, entry in _parse(group.TEXT).items()}
)
