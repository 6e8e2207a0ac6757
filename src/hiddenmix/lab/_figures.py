"""Numbers as the page gets them, and as sentences say them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["finite", "height", "listed", "moved", "rounded", "short", "spaced"]


def finite(value: float | None) -> float | None:
    """A number as JSON can have it: nothing in the place of what is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def listed(values: NDArray[np.float64]) -> Any:
    """Nested lists of numbers, None in the place of what is not finite."""
    if np.isfinite(values).all():
        return values.tolist()
    held = values.astype(object)
    held[~np.isfinite(values)] = None
    return held.tolist()


def rounded(values: NDArray[np.float64], digits: int = 5) -> Any:
    """Nested lists of numbers, rounded to so many digits of the largest."""
    top = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    return listed(np.round(values, digits - _magnitude(top)) if top > 0 else values)


def spaced(grid: NDArray[np.float64], digits: int = 3) -> Any:
    """Ascending numbers, rounded to so many digits of their smallest distance, however far from 0 they lie."""
    return listed(np.round(grid, digits - _magnitude(float(np.diff(grid).min()))))


def short(value: float) -> str:
    """A number with up to six digits, no more than it needs."""
    return f"{value:.6g}"


def moved(by: float, to: float) -> tuple[str, str]:
    """A change and the value after it, in as many decimals as show two or three digits of the change."""
    if by == 0 or not math.isfinite(by):
        return short(by), short(to)
    decimals = min(max(2 - _magnitude(abs(by)), 0), 10)
    return f"{float(f'{abs(by):.3g}'):.6g}", _fixed(to, decimals)


def height(value: float, decimals: int = 3) -> str:
    """A log-likelihood."""
    return _fixed(value, decimals)


def _fixed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if abs(value) < 1e12 else f"{value:.9g}"


def _magnitude(value: float) -> int:
    """The power of ten of the first digit."""
    return math.floor(math.log10(value)) if value > 0 else 0
