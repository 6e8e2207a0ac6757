"""Labels of groups: which rows belong together."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array

NOTHING = ("NAType", "NaTType")  # what pandas calls missing, which is not even unequal to itself


def check_groups(groups: Any, n: int) -> tuple[Array, Array]:
    """The sorted labels (g,), and for each row the number (n,) of its own; labels may be of any types.

    Raises
    ------
    HiddenmixError : HM404 another number of labels than rows, or a row without a label
    """
    try:
        values = np.asarray(groups)
    except ValueError:
        values = np.zeros(0)
    if values.shape != (n,):
        what = f"groups must have shape ({n},); got {values.shape}"
        raise HiddenmixError("HM404", what, "one label for each row")
    missing = [_is_missing(value) for value in values] if values.dtype == object else values != values
    if np.any(missing):
        what = f"groups has no label in row {int(np.argmax(missing))} (counting from 0)"
        raise HiddenmixError("HM404", what, "a label for each row; leave those rows out, or give them one of their own")
    try:
        labels, codes = np.unique(values, return_inverse=True)
    except TypeError:  # labels that cannot be compared
        labels, codes = _of_several_types(values)
    return np.asarray(labels), np.ravel(codes)


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in NOTHING or bool(np.any(value != value))


def _of_several_types(values: Array) -> tuple[Array, Array]:
    """Sorted by type, then as texts."""
    ordered = sorted(dict.fromkeys(values.tolist()), key=lambda value: (type(value).__name__, str(value)))
    place = {value: code for code, value in enumerate(ordered)}
    labels = np.empty(len(ordered), dtype=object)
    labels[:] = ordered
    return labels, np.array([place[value] for value in values.tolist()])


__all__ = ["check_groups"]
