"""Tables with their missing cells filled in, of the kind that came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, Table, is_missing
from hiddenmix._validate.tables import as_matrix

Cells = tuple[Array, AnyArray, bool]  # rows (m,), what stands in them (m,), and whether these are levels


def written(X: Any, filled: Array, missing: Array, levels_of: Callable[[int], AnyArray | None]) -> Any:
    """A copy of the table `X` whose `missing` cells (n, d) hold those of `filled` (n, d), codes as levels.

    Data frames keep their index, names and types, arrays their type; lists become arrays. Columns of a type of whole
    numbers get whole numbers, columns of truth values without levels become numbers. Raises HM410 for a DuckDB
    relation, which cannot be written to.
    """
    cells: dict[int, Cells] = {}
    for j in np.flatnonzero(missing.any(axis=0)):
        rows, levels = np.flatnonzero(missing[:, j]), levels_of(int(j))
        drawn = filled[rows, j]
        cells[int(j)] = (rows, drawn, False) if levels is None else (rows, levels[drawn.astype(int)], True)
    if isinstance(X, Table):
        return Table(_in_array(X.values, cells), X.columns)
    if isinstance(X, np.ndarray | list | tuple):
        return _in_array(as_matrix(X, masked=True), cells)
    if hasattr(X, "fetchnumpy"):
        raise HiddenmixError("HM410", "a DuckDB relation cannot be written to", "relation.df(), or relation.pl()")
    import narwhals as nw

    frame = nw.from_native(X, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame):
        return _in_array(as_matrix(X), cells)
    return _in_pandas(frame.to_native(), cells) if frame.implementation.is_pandas() else _in_frame(frame, cells)


def _in_array(raw: AnyArray, cells: Mapping[int, Cells]) -> AnyArray:
    out: AnyArray = np.array(np.ma.getdata(raw))  # what is masked is written below
    for j, (rows, values, coded) in cells.items():
        kind = out.dtype.kind
        if kind == "O":
            seen = np.delete(out[:, j], rows)
            values = _rounded(values) if not coded and _all_whole(seen) else values
            out[rows, j] = np.array([*values.tolist(), None], dtype=object)[:-1]
            continue
        if not coded and kind in "iu":
            values = _rounded(values)
        elif kind != "f":  # of any other type, a type that holds both
            out = out.astype(np.result_type(out.dtype, values.dtype))
        out[rows, j] = values
    return out


def _in_pandas(X: Any, cells: Mapping[int, Cells]) -> Any:
    from pandas.api import types

    out = X.copy()
    for j, (rows, values, coded) in cells.items():
        column = out.iloc[:, j].copy()
        if not coded:
            if types.is_bool_dtype(column.dtype):
                column = column.astype("Float64")
            whole = types.is_integer_dtype(column.dtype)
            if types.is_object_dtype(column.dtype):
                whole = _all_whole(np.delete(column.to_numpy(), rows))
            values = _rounded(values) if whole else values
        if types.is_float_dtype(column.dtype) and not coded:
            values = values.astype(getattr(column.dtype, "numpy_dtype", column.dtype))
        column.iloc[rows] = values.tolist() if values.dtype.kind in "OUS" or coded else values
        out.isetitem(j, column)
    return out


def _in_frame(frame: Any, cells: Mapping[int, Cells]) -> Any:
    import narwhals as nw

    names = frame.columns
    for j, (rows, values, coded) in cells.items():
        series = frame[:, j]
        dtype = series.dtype
        if not coded:
            dtype = nw.Float64() if dtype == nw.Boolean else dtype
            values = _rounded(values) if dtype.is_integer() else values
        entries = series.to_list()
        for row, value in zip(rows.tolist(), values.tolist(), strict=True):
            entries[row] = value
        if frame.implementation.is_pyarrow():
            frame = frame.with_columns(_in_arrow(series, entries, whole=dtype == series.dtype))
        else:
            frame = frame.with_columns(nw.new_series(names[j], entries, dtype, backend=frame.implementation))
    return frame.to_native()


def _in_arrow(series: Any, entries: list[Any], whole: bool) -> Any:
    """A column of pyarrow, of its own type unless that does not hold the `whole` of what is drawn: then of floats."""
    import narwhals as nw
    import pyarrow

    values = pyarrow.array(entries, type=series.to_native().type if whole else pyarrow.float64())
    return nw.from_native(pyarrow.chunked_array([values]), series_only=True).alias(series.name)


def _rounded(values: AnyArray) -> AnyArray:
    return np.rint(values).astype(np.int64)


def _all_whole(values: AnyArray) -> bool:
    """Whether a column of objects holds nothing but whole numbers, missing cells apart."""
    seen = [value for value in values if not is_missing(value)]
    kinds = int | np.integer
    return bool(seen) and all(isinstance(v, kinds) and not isinstance(v, bool | np.bool) for v in seen)
