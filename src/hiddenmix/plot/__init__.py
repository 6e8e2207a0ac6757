"""Pictures of fits: scikit-learn-style displays, and animations. Needs Matplotlib (extra ``[plot]``).

Names are imported on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "animation": ("Animation", "animate"),
    "assumption": ("AssumptionDisplay",),
    "bound": ("BoundDisplay",),
    "classification": ("ClassificationDisplay",),
    "coins": ("CoinsDisplay",),
    "confusion": ("ConfusionDisplay",),
    "contingency": ("ContingencyDisplay",),
    "density": ("DensityDisplay",),
    "history": ("HistoryDisplay",),
    "merging": ("MergingDisplay",),
    "pairs": ("PairsDisplay",),
    "profiles": ("ProfilesDisplay",),
    "responsibilities": ("ResponsibilitiesDisplay",),
    "selection": ("SelectionDisplay",),
    "series": ("SeriesDisplay",),
    "trace": ("TraceDisplay",),
    "uncertainty": ("UncertaintyDisplay",),
}
_WHERE = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'hiddenmix.plot' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hiddenmix.plot.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
