"""The record that every loader returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table to fit, and what is known of its rows besides.

    Attributes
    ----------
    name : what `load` knows it by
    data : (n, d) float64, read-only, NaN = missing
    columns : the d names
    labels : known groupings of the rows, each (n,); None = unknown
    extra : other things known of the rows, each (n,)
    description : one or two sentences
    source : where the data come from
    """

    name: str
    data: NDArray[np.float64]
    columns: tuple[str, ...]
    labels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    description: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for array in (self.data, *self.labels.values(), *self.extra.values()):
            array.flags.writeable = False

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self.data)} rows of {', '.join(self.columns)})"
