"""Categories: values of any type as codes into sorted levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError
from hiddenmix._validate.cells import AnyArray, FloatArray, Names, column_name, is_missing, place, shown
from hiddenmix._validate.frames import open_frame
from hiddenmix._validate.tables import as_matrix, refuse_sparse, require_shape

__all__ = ["Categories", "check_categories", "code_values"]


@dataclass(frozen=True, slots=True)
class Categories:
    """Coded categories.

    Attributes
    ----------
    codes : (n, d) float64; the cell's position in its column's levels, NaN = missing
    levels : one sorted array per column, read-only
    columns : the names, if the table had any
    """

    codes: FloatArray
    levels: tuple[AnyArray, ...]
    columns: Names = None


def check_categories(
    X: object, *, levels: Sequence[AnyArray] | None = None, min_rows: int = 1, allow_empty_columns: bool = False
) -> Categories:
    """Code a table of categories: texts, numbers, booleans, dates, or any values with a hash.

    With `levels`, those of an earlier table, the codes point into them; without, they are collected.

    Raises
    ------
    HiddenmixError : HM110, HM111, HM114, HM116, HM118, HM129 as `check_table`; HM502 not as many columns as
        `levels`; HM503 a value that is not among its column's `levels`
    HiddenmixTypeError : HM115 values without a hash, such as lists; HM117 a sparse matrix
    """
    shape, names, column = _columns_of(X)
    require_shape(shape, min_rows)
    if levels is not None and len(levels) != shape[1]:
        raise HiddenmixError(
            "HM502", f"X has {shape[1]} columns; {len(levels)} were seen at the fit", "the columns of the fit"
        )
    codes: FloatArray = np.empty(shape, np.float64)
    known = []
    for j in range(shape[1]):
        coded, found = code_values(column(j), names, j, levels=None if levels is None else levels[j])
        if not (allow_empty_columns or (coded >= 0).any()):
            raise HiddenmixError(
                "HM118",
                f"{column_name(j, names)} has no value: all of its {shape[0]} cells are missing",
                "leave the column out",
            )
        codes[:, j] = np.where(coded < 0, np.nan, coded)
        known.append(found)
    return Categories(codes, tuple(known), names)


def code_values(
    values: AnyArray,
    columns: Names = None,
    column: int = 0,
    *,
    levels: AnyArray | None = None,
    unknown: object = None,
) -> tuple[NDArray[np.intp], AnyArray]:
    """Codes (n,) into sorted levels; -1 for missing values and for those equal to `unknown`.

    Raises
    ------
    HiddenmixError : HM114 complex numbers, HM116 infinity, HM503 a value outside the given `levels`
    HiddenmixTypeError : HM115 a value without a hash
    """
    distinct, inverse = _distinct(values, columns, column)
    absent = [is_missing(v) or bool(unknown is not None and v == unknown) for v in distinct]
    if levels is None:
        levels = _sorted([v for v, skip in zip(distinct, absent) if not skip])
    position = {value: code for code, value in enumerate(levels.tolist())}
    codes = np.full(len(distinct), -1, np.intp)
    for i, value in enumerate(distinct):
        if absent[i]:
            continue
        if value not in position:
            _refuse(value, int(np.argmax(inverse == i)), column, columns, levels)
        codes[i] = position[value]
    return codes[inverse], levels


def _columns_of(X: object) -> tuple[tuple[int, ...], Names, Callable[[int], AnyArray]]:
    refuse_sparse(X)
    frame = open_frame(X)
    if frame is not None:
        return frame.shape, frame.names, frame.column
    raw = as_matrix(X, masked=True)
    return raw.shape, None, lambda j: raw[:, j]


def _distinct(values: AnyArray, columns: Names, column: int) -> tuple[list[object], NDArray[np.intp]]:
    """The distinct values, as Python objects, and for each value its position among them (n,)."""
    masked: AnyArray = np.asarray(np.ma.getmask(values))
    raw: AnyArray = np.asarray(values)
    if raw.dtype.kind not in "OMm" and not masked.any():
        unique, inverse = np.unique(raw, return_inverse=True)
        distinct = unique.tolist()
    else:
        inverse, distinct = _hashed(_objects(raw, masked), columns, column)
    for i, value in enumerate(distinct):
        if isinstance(value, complex):
            where = place(int(np.argmax(inverse == i)), column, columns)
            raise HiddenmixError(
                "HM114", f"Complex data not supported: {where} holds {shown(value)}", "write it as text: str(value)"
            )
        if isinstance(value, float) and np.isinf(value):
            where = place(int(np.argmax(inverse == i)), column, columns)
            fix = "NaN stands for a missing value"
            raise HiddenmixError("HM116", f"Input X contains infinity: {where} holds {shown(value)}", fix)
    return distinct, inverse


def _objects(raw: AnyArray, masked: AnyArray) -> AnyArray:
    if raw.dtype.kind in "Mm" and np.datetime_data(raw.dtype)[0] in ("ns", "ps", "fs", "as"):
        raw = raw.astype(f"{raw.dtype.kind}8[us]")  # finer units have no Python type, and would turn into integers
    out: AnyArray = raw.astype(object)
    if masked.any():
        out[masked] = None
    return out


def _hashed(raw: AnyArray, columns: Names, column: int) -> tuple[NDArray[np.intp], list[object]]:
    position: dict[object, int] = {}
    inverse = np.empty(len(raw), np.intp)
    for i, value in enumerate(raw):
        try:
            inverse[i] = position.setdefault(value, len(position))
        except TypeError:
            raise HiddenmixTypeError(
                "HM115",
                f"{place(i, column, columns)} holds a {type(value).__name__}: {shown(value)}\n  each cell "
                "of the argument must be a label: a string, a number, or another value with a hash",
                "None where the value is unknown, or write it as text: str(value)",
            ) from None
    return inverse, list(position)


def _sorted(values: list[object]) -> AnyArray:
    """Sorted levels: texts and numbers as arrays of their own type, everything else as objects; read-only."""
    try:
        ordered = sorted(values)  # type: ignore[type-var]
    except TypeError:  # texts beside numbers have no order of their own
        ordered = sorted(values, key=lambda v: (type(v).__name__, str(v)))
    plain = {type(v) for v in ordered} in ({str}, {bool}, {int}, {float}, {int, float})
    levels: AnyArray = np.empty(len(ordered), object)
    levels[:] = ordered
    if plain:
        levels = np.array(ordered)
    levels.flags.writeable = False
    return levels


def _refuse(value: object, row: int, column: int, columns: Names, levels: AnyArray) -> NoReturn:
    """Raise HM503 for a value that is not a level."""
    known = ", ".join(shown(v) for v in levels[:10].tolist()) + (", ..." if len(levels) > 10 else "")
    raise HiddenmixError(
        "HM503",
        f"{place(row, column, columns)} holds {shown(value)}, a category that the fit never saw\n  known: {known}",
        "replace it by a known category, or by a missing value",
    )
