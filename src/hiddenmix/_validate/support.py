"""Values that a distribution rules out: what each kind of column may hold, and the fix for what it may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate.cells import AnyArray, FloatArray, Names, place
from hiddenmix._validate.tables import blocks

__all__ = ["Support", "check_support"]

Support = Literal["positive", "nonnegative", "share", "from one", "angle"]

# For every kind of column: what is wrong there, the code, what is said of the cell, and the fix.
_REFUSED: dict[Support, tuple[Callable[[AnyArray], AnyArray], str, str, str]] = {
    "positive": (lambda x: x <= 0, "HM133", "values must be above 0", "NaN where a value is not known"),
    "nonnegative": (lambda x: x < 0, "HM134", "values must be 0 or more", "NaN where a value is not known"),
    "share": (
        lambda x: (x <= 0) | (x >= 1),
        "HM135",
        "values must lie between 0 and 1, both left out",
        "(x * (n - 1) + 0.5) / n for n rows moves values off the edges; x / 100 turns percentages into shares",
    ),
    "from one": (
        lambda x: ((x < 1) | (x != np.floor(x))) & ~np.isnan(x),
        "HM136",
        "values must be 1, 2, 3, ...",
        "Geometric(start=0) counts the failures before the first success",
    ),
    "angle": (
        lambda x: np.abs(x) > 2 * np.pi,
        "HM137",
        "angles are in radians, from -2 pi to 2 pi",
        "np.deg2rad(x) for degrees; x % (2 * np.pi) for longer turns",
    ),
}


def check_support(values: FloatArray, support: Support, columns: Names = None) -> None:
    """Require that every cell (n, d), NaN = missing, holds a value of this kind.

    Raises
    ------
    HiddenmixError : HM133 not above 0, HM134 negative, HM135 not between 0 and 1, HM136 not 1, 2, 3, ..., HM137 no
        angle in radians; the first such cell is named
    """
    wrong, code, rule, fix = _REFUSED[support]
    for rows in blocks(values.shape):
        with np.errstate(invalid="ignore"):  # comparisons with NaN are false, which is what is meant
            bad = wrong(values[rows])
        if bad.any():
            found = np.argwhere(bad)[0]
            i, j = int(found[0]) + rows.start, int(found[1])
            raise HiddenmixError(code, f"{place(i, j, columns)} holds {values[i, j]:g}; {rule}", fix)
