"""Single cells: what counts as a number, what as missing, and how a message names a place."""

from __future__ import annotations

import json
import numbers
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError

__all__ = [
    "AnyArray",
    "FloatArray",
    "Names",
    "column_name",
    "is_missing",
    "place",
    "shown",
    "to_floats",
    "unmask",
]

AnyArray: TypeAlias = NDArray[Any]
FloatArray: TypeAlias = NDArray[np.floating[Any]]
Names: TypeAlias = "tuple[str, ...] | None"

_REAL = (numbers.Real, np.bool, Decimal)
_TEMPORAL = (date, time, timedelta, np.datetime64, np.timedelta64)


def column_name(column: int, columns: Names = None) -> str:
    """How a message calls a column: ``column 'income'``, or ``column 2`` where there are no names."""
    return f"column {column}" if columns is None else f"column {columns[column]!r}"


def place(row: int, column: int, columns: Names = None) -> str:
    """How a message calls a cell; rows, and columns without a name, are counted from 0."""
    if columns is None:
        return f"row {row}, column {column} (counting from 0)"
    return f"row {row} (counting from 0), {column_name(column, columns)}"


def shown(value: object) -> str:
    """A value as a message shows it: texts in double quotes, long ones shortened."""
    if isinstance(value, str):
        text = json.dumps(str(value), ensure_ascii=False)
    else:
        text = str(value) if isinstance(value, (np.generic, *_TEMPORAL)) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def is_missing(value: object) -> bool:
    """None, NaN (of any float type), pandas.NA and pandas.NaT stand for a missing cell."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    return isinstance(value, float | np.floating | Decimal) and bool(value != value)


def unmask(X: AnyArray) -> AnyArray:
    """The data of a masked array, NaN (None among objects) in masked cells; other arrays as they are."""
    mask = np.ma.getmask(X)
    data: AnyArray = np.asarray(X)
    if not np.any(mask):
        return data
    kind = data.dtype.kind
    out: AnyArray = data.astype(data.dtype if kind == "f" else np.float64 if kind in "iub" else object)
    out[mask] = np.nan if out.dtype.kind == "f" else None
    return out


def to_floats(raw: AnyArray, columns: Names = None, first: int = 0) -> FloatArray:
    """Floating-point values of an array (n, d) of any dtype; its first column is the table's number `first`.

    Raises
    ------
    HiddenmixError : HM112 text, HM113 dates, HM114 complex numbers, HM116 an integer beyond float64
    HiddenmixTypeError : HM115 objects that are not numbers
    """
    kind = raw.dtype.kind
    if kind == "f" and raw.dtype.itemsize in (4, 8):
        return raw if raw.dtype.isnative else raw.astype(raw.dtype.newbyteorder("="))
    if kind in "fiub":
        return raw.astype(np.float64)
    if kind == "O":
        return _from_objects(raw, columns, first)
    _refuse(raw[0, 0], 0, first, columns)


def _from_objects(raw: AnyArray, columns: Names, first: int) -> FloatArray:
    # Texts are not converted, not even "1.5": astype would do so, hence the look at the types.
    if {type(value) for value in raw.flat} <= {int, float, bool, type(None)}:
        try:
            return raw.astype(np.float64)
        except OverflowError:  # an integer beyond 1e308; the loop finds its place
            pass
    out: FloatArray = np.empty(raw.shape, np.float64)
    for i, j in np.ndindex(*raw.shape):
        value: object = raw[i, j]
        if is_missing(value):
            out[i, j] = np.nan
        elif isinstance(value, _REAL) and not isinstance(value, _TEMPORAL):
            try:
                out[i, j] = float(value)
            except OverflowError:
                where = place(i, first + j, columns)
                raise HiddenmixError(
                    "HM116",
                    f"{where}: a number too large for float64, where it would be infinity",
                    "divide the column by a power of ten",
                ) from None
        else:
            _refuse(value, i, first + j, columns)
    return out


def _refuse(value: object, row: int, column: int, columns: Names) -> NoReturn:
    """Raise the error that fits a cell which is not a number."""
    where = place(row, column, columns)
    if isinstance(value, str | bytes):
        raise HiddenmixError(
            "HM112",
            f"{column_name(column, columns)} has text in row {row} (counting from 0): {shown(value)}",
            "write NaN for a missing value, leave the column out, or fit categories with MixedMixture",
        )
    if isinstance(value, _TEMPORAL):
        raise HiddenmixError(
            "HM113",
            f"{where} holds a date or time: {shown(value)}",
            "turn it into a number, for instance the days since a fixed date",
        )
    if isinstance(value, numbers.Complex):
        raise HiddenmixError(
            "HM114",
            f"Complex data not supported: {where} holds {shown(value)}",
            "give the real and the imaginary part as two columns",
        )
    raise HiddenmixTypeError(
        "HM115",
        f"{where} holds a {type(value).__name__}: {shown(value)}\n  each cell of the argument must "
        "be a number, None or NaN; neither a string nor another object becomes a number by itself",
        "NaN where the value is unknown, or leave the column out",
    )
