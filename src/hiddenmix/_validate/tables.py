"""Tables of numbers: whatever the user has, as one floating-point array with NaN for missing cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError
from hiddenmix._validate.cells import (
    AnyArray,
    FloatArray,
    Names,
    column_name,
    place,
    shown,
    to_floats,
    unmask,
)
from hiddenmix._validate.frames import Frame, open_frame

__all__ = ["Table", "as_matrix", "blocks", "check_table", "refuse_sparse", "require_shape"]

_BLOCK = 1 << 20  # cells looked at in one go: bounds the memory of a check, whatever the table's size


@dataclass(frozen=True, slots=True)
class Table:
    """Checked numbers: `values` (n, d) in float64 or float32, NaN = missing; `columns` if they have names."""

    values: FloatArray
    columns: Names = None


def check_table(X: object, *, min_rows: int = 1, allow_empty_columns: bool = False) -> Table:
    """Read a table of numbers from an array, nested lists, a masked array, a data frame or a `Table`.

    Floating-point arrays (float64 and float32; any memory order, mapped, read-only) are used as they are,
    without a copy; everything else becomes float64. Masked cells, None and pandas.NA become NaN.

    Raises
    ------
    HiddenmixError : HM110 too few rows or columns, HM111 not two-dimensional, HM112 text, HM113 dates,
        HM114 complex numbers, HM116 infinity, HM118 a column without any value, HM129 not a table
    HiddenmixTypeError : HM115 objects that are not numbers, HM117 a sparse matrix
    """
    refuse_sparse(X)
    frame = None if isinstance(X, Table) else open_frame(X)
    if isinstance(X, Table):
        require_shape(X.values.shape, min_rows)
        table = X
    elif frame is None:
        raw = as_matrix(X)
        require_shape(raw.shape, min_rows)
        table = Table(to_floats(raw))
    else:
        require_shape(frame.shape, min_rows)
        table = Table(_frame_floats(frame), frame.names)
    require_finite(table, allow_empty_columns)
    return table


def blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of rows that together cover a table of this shape, about a million cells each."""
    n, d = shape
    step = max(1, _BLOCK // max(1, d))
    return (slice(i, min(i + step, n)) for i in range(0, n, step))


def refuse_sparse(X: object) -> None:
    """Raise HM117 for SciPy's sparse matrices and arrays."""
    sparse = sys.modules.get("scipy.sparse")  # nobody holds a sparse matrix without having imported it
    if sparse is not None and sparse.issparse(X):
        raise HiddenmixTypeError(
            "HM117",
            f"Sparse data was passed ({type(X).__name__}), but dense data is required\n"
            "  covariances of centred columns are dense even where the data are mostly zeros",
            "X.toarray() if the dense table fits in memory; otherwise reduce the number of columns first",
        )


def as_matrix(X: object, *, masked: bool = False) -> AnyArray:
    """A two-dimensional array of any dtype from arrays and nested lists; `masked` keeps masked arrays so.

    Raises
    ------
    HiddenmixError : HM111 another number of dimensions, HM129 not a table at all
    """
    array = X if masked and isinstance(X, np.ma.MaskedArray) else _as_array(X)
    if array.ndim == 2:
        return array
    if array.ndim == 0 and array.dtype.kind in "OUS":
        fix = "hiddenmix.datasets.load(name) or hiddenmix.io.read_table(path)" if isinstance(X, str) else ""
        raise HiddenmixError("HM129", f"expected a table, got {shown(X)} ({type(X).__name__})", fix)
    fix = "x.reshape(-1, 1) if it is one column; x.reshape(1, -1) if it is one row"
    got = f"a {array.ndim}D array of shape {array.shape}" if array.ndim else "a single number"
    raise HiddenmixError(
        "HM111", f"expected a 2D array (rows and columns), got {got}. Reshape your data", fix if array.ndim < 2 else ""
    )


def _as_array(X: object) -> AnyArray:
    if isinstance(X, np.ma.MaskedArray):
        return unmask(X)
    try:
        array = np.asarray(X)
        if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
            return np.asarray(X, dtype=object)  # [[1, "a"]] would turn the 1 into a text
    except (ValueError, TypeError) as error:
        raise HiddenmixError(
            "HM129",
            f"a {type(X).__name__} that cannot be read as a table: {error}",
            "all rows must have the same length",
        ) from None
    return array


def require_shape(shape: tuple[int, ...], min_rows: int = 1) -> None:
    """Raise HM110 for a table with fewer than `min_rows` rows, or without columns."""
    n, d = shape
    for size, what, least, fix in (
        (n, "sample", min_rows, f"a table of {min_rows} or more rows; a filter may have let nothing through"),
        (d, "feature", 1, "a table of one or more columns; x.reshape(-1, 1) if it is one column"),
    ):
        if size < least:
            raise HiddenmixError(
                "HM110",
                f"Found array with {size} {what}(s) (shape={(n, d)}) while a minimum of {least} is required.",
                fix,
            )


def _frame_floats(frame: Frame) -> FloatArray:
    whole = frame.floats()
    if whole is not None:
        return to_floats(whole)
    columns = [to_floats(unmask(frame.column(j))[:, None], frame.names, j) for j in range(frame.shape[1])]
    single = all(column.dtype == np.float32 for column in columns)
    out: FloatArray = np.empty(frame.shape, np.float32 if single else np.float64)
    for j, column in enumerate(columns):
        out[:, j] = column[:, 0]
    return out


def require_finite(table: Table, allow_empty_columns: bool) -> None:
    values, columns = table.values, table.columns
    seen = np.zeros(values.shape[1], bool)
    for rows in blocks(values.shape):
        block = values[rows]
        finite = np.isfinite(block)
        if not finite.all():
            found = np.argwhere(np.isinf(block))
            if len(found):
                i, j = int(found[0, 0]) + rows.start, int(found[0, 1])
                raise HiddenmixError(
                    "HM116",
                    f"Input X contains infinity: {place(i, j, columns)} holds {values[i, j]}",
                    "NaN stands for a missing value",
                )
        seen |= finite.any(axis=0)
    if not (allow_empty_columns or seen.all()):
        empty = int(np.flatnonzero(~seen)[0])
        raise HiddenmixError(
            "HM118",
            f"{column_name(empty, columns)} has no value: all of its {len(values)} cells are missing (NaN)",
            "leave the column out",
        )
