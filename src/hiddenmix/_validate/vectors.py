"""One value per row, and the number of components."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError, HiddenmixWarning
from hiddenmix._validate.cells import AnyArray, shown, to_floats, unmask
from hiddenmix._validate.levels import code_values

__all__ = ["Labels", "check_labels", "check_n_components", "check_weights", "light_weights"]


LARGEST = 1e150  # sum of weights that can still be squared


@dataclass(frozen=True, slots=True)
class Labels:
    """Known labels: `codes` (n,) point into the sorted `levels`; -1 is unknown."""

    codes: NDArray[np.intp]
    levels: AnyArray


def check_weights(weights: object, n: int) -> NDArray[np.float64] | None:
    """Weights (n,), from one number for all rows or one per row; None stays None.

    Raises
    ------
    HiddenmixError : HM121 another shape, HM122 negative, missing or infinite (names the row), HM123 all zero;
        HM112, HM114 and HM115 as `check_table`
    """
    if weights is None:
        return None
    raw = unmask(_vector(weights, "sample_weight", "HM121", n))
    w = to_floats(raw[:, None] if raw.ndim else np.full((n, 1), raw), ("sample_weight",))[:, 0]
    bad = ~(np.isfinite(w) & (w >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise HiddenmixError(
            "HM122",
            f"sample_weight must be zero or more: row {row} (counting from 0) has {w[row]}",
            "0 leaves a row out",
        )
    with np.errstate(over="ignore"):
        total = float(w.sum(dtype=np.float64))
    if not total < LARGEST:
        what = f"sample_weight sums to {total:.3g}, whose square is beyond what a float holds"
        raise HiddenmixError("HM122", what, "sample_weight / sample_weight.max()")
    if not w.any():
        raise HiddenmixError(
            "HM123",
            "Sample weights must contain at least one non-zero number: all are zero",
            "sample_weight=None counts every row once",
        )
    return w.astype(np.float64, copy=False)


def light_weights(weights: NDArray[np.float64] | None) -> HiddenmixWarning | None:
    """The warning HM131 for weights that count all rows as fewer than half of them; None where there is none to give.

    Criteria take the sum of the weights for the number of rows.
    """
    if weights is None or not 2 * weights.sum() < np.count_nonzero(weights):
        return None
    return HiddenmixWarning(
        "HM131",
        f"sample_weight sums to {weights.sum():.3g}, and criteria take that for the number of rows: too few for their "
        "penalties to count",
        "sample_weight * n / sample_weight.sum(), n being the number of rows",
    )


def check_labels(labels: object, n: int, name: str = "known_labels", unknown: object = -1) -> Labels:
    """Labels of any type, one per row; None, NaN and what equals `unknown` mean that they are not known.

    Raises
    ------
    HiddenmixError : HM128 not one per row
    HiddenmixTypeError : HM115 a label that cannot be compared, such as a list
    """
    raw = _vector(labels, name, "HM128", n)
    if not raw.ndim:
        raise HiddenmixError(
            "HM128",
            f"{name} must have one label per row; got {shown(labels)}",
            f"a list of {n} labels, {unknown} for unknown",
        )
    codes, levels = code_values(raw, (name,), unknown=unknown)
    return Labels(codes, levels)


def check_n_components(n_components: object, n: int) -> int:
    """The number of components as an int between 1 and the number of rows `n`.

    Raises
    ------
    HiddenmixError : HM402 less than one, HM202 more than rows
    HiddenmixTypeError : HM402 not a whole number
    """
    if isinstance(n_components, bool | np.bool) or not isinstance(n_components, numbers.Integral):
        raise HiddenmixTypeError(
            "HM402", f"n_components must be a whole number; got {shown(n_components)}", "1, 2, 3, ..."
        )
    k = int(n_components)
    if k < 1:
        raise HiddenmixError("HM402", f"n_components must be 1 or more; got {k}", "n_components=1")
    if k > n:
        raise HiddenmixError(
            "HM202",
            f"{k} components need at least {k} rows; there {'is' if n == 1 else 'are'} {n} (n_samples = {n})",
            f"n_components={n} or fewer",
        )
    return k


def _vector(values: object, name: str, code: str, n: int) -> AnyArray:
    """An array (n,), or a scalar (), of any dtype."""
    raw: AnyArray
    if isinstance(values, np.ma.MaskedArray):
        raw = values
    elif isinstance(values, Sequence) and not isinstance(values, str | bytes):
        raw = np.asarray(values, dtype=object)  # [1, "a"] must not become two texts
    else:
        raw = np.asarray(values)
    if raw.ndim > 1 or (raw.ndim == 1 and len(raw) != n):
        fix = f"np.ravel({name})" if raw.size == n else "one value for each row, in the order of the rows"
        raise HiddenmixError(code, f"{name} must have one value per row, shape ({n},); got shape {raw.shape}", fix)
    return raw
