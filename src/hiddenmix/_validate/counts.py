"""Counts: whole numbers from 0 up to the number of trials."""

from __future__ import annotations

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate.cells import AnyArray, FloatArray, Names, place, to_floats
from hiddenmix._validate.tables import blocks

__all__ = ["check_counts", "check_trials", "largest_count"]

_REFUSED = {  # what is said of a cell, and the fix
    "HM124": (
        "Negative values in data: {} holds {}; counts are 0, 1, 2, ...",
        "NaN where a count is unknown; GaussianMixture for measurements",
    ),
    "HM125": (
        "{} holds {}, which is not a whole number; counts are 0, 1, 2, ...",
        "give the counts themselves, not shares or means",
    ),
    "HM126": ("{} holds {}, more than its {} trials", "trials=None takes the largest count that is seen"),
}


def check_counts(values: FloatArray, trials: object = None, columns: Names = None) -> FloatArray | None:
    """Require counts (n, d), NaN = missing, and give back the trials as a read-only array (n, d), if any.

    `trials` is one number, one per column (d,), one per row (n, 1) or one per cell (n, d).

    Raises
    ------
    HiddenmixError : HM124 negative, HM125 fractional, HM126 above its trials, HM127 unusable trials
    """
    limit = None if trials is None else check_trials(trials, values.shape)
    for rows in blocks(values.shape):
        x = values[rows]
        with np.errstate(invalid="ignore"):  # comparisons with NaN are false, which is what is meant
            negative, broken = x < 0, x != np.floor(x)
            above = np.zeros(0) if limit is None else x > limit[rows]
        broken &= ~np.isnan(x)
        for bad, code in ((negative, "HM124"), (broken, "HM125"), (above, "HM126")):
            if bad.any():
                found = np.argwhere(bad)[0]
                i, j = int(found[0]) + rows.start, int(found[1])
                most = "" if limit is None else f"{limit[i, j]:g}"
                text, fix = _REFUSED[code]
                raise HiddenmixError(code, text.format(place(i, j, columns), f"{values[i, j]:g}", most), fix)
    return limit


def check_trials(trials: object, shape: tuple[int, ...]) -> FloatArray:
    """Numbers of trials as a read-only array (n, d) of whole numbers above 0; HM127 otherwise."""
    raw: AnyArray = np.asarray(trials)
    n, d = shape
    try:
        np.broadcast_to(raw, shape)
    except ValueError:
        raise HiddenmixError(
            "HM127",
            f"trials of shape {raw.shape} do not fit a table of shape {shape}",
            f"one number, one per column ({d},), one per row ({n}, 1) or one per cell {shape}",
        ) from None
    numbers = to_floats(raw.reshape(-1, 1), ("trials",)).reshape(raw.shape)
    good = np.isfinite(numbers) & (numbers >= 1) & (numbers == np.floor(numbers))
    if not good.all():
        raise HiddenmixError(
            "HM127",
            f"trials must be 1, 2, 3, ...; got {numbers[~good].flat[0]:g}",
            "trials=None takes the largest count",
        )
    return np.broadcast_to(numbers, shape)


def largest_count(values: FloatArray) -> float:
    """The largest count in a table (n, d) of counts, but at least 1: what ``trials=None`` stands for."""
    return max((float(np.fmax.reduce(values[r], axis=None, initial=1.0)) for r in blocks(values.shape)), default=1.0)
