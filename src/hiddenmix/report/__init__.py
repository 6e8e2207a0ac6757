"""Reports: what a fit found, as one HTML page, as Markdown and as plain values. Needs the extra ``[report]``.

``hiddenmix.report.of(model, X)`` makes the report of a fitted mixture, ``hiddenmix.report.of(comparison)`` that of a
comparison with known labelings, and ``hiddenmix.report.of(hard)`` that on hard subclasses. Names are imported on first
use.
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {"_making": ("of",), "_report": ("Report",)}
_WHERE = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'hiddenmix.report' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hiddenmix.report.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
