"""Data frames of pandas, polars, pyarrow and DuckDB as NumPy columns; none is imported unless given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError

__all__ = ["Frame", "open_frame"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the checks see of a data frame.

    Attributes
    ----------
    names : one per column, or None where the frame numbers its columns
    shape : rows and columns
    column : the column at a position, as an array (n_rows,) of any dtype, possibly masked
    floats : all columns as one array (n_rows, n_columns) if they are floating-point alike, else None
    """

    names: tuple[str, ...] | None
    shape: tuple[int, int]
    column: Callable[[int], NDArray[Any]]
    floats: Callable[[], NDArray[Any] | None]


def open_frame(X: object) -> Frame | None:
    """A `Frame` if `X` is one, or a data frame of a known kind, else None.

    Raises
    ------
    HiddenmixError : HM129 two columns have the same name
    HiddenmixTypeError : HM129 some column names are texts and some are not
    """
    if isinstance(X, Frame):
        return X
    if X is None or isinstance(X, np.ndarray | list | tuple | str | dict):
        return None
    if hasattr(X, "fetchnumpy"):
        return _from_duckdb(X)
    import narwhals as nw  # 50 ms, and not needed for arrays

    try:
        frame = nw.from_native(X, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise HiddenmixError(
            "HM129", f"column names must be distinct: {' '.join(str(error).split())}", "rename one of the columns"
        ) from None
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    return _from_narwhals(frame) if isinstance(frame, nw.DataFrame) else None


def _from_duckdb(relation: Any) -> Frame:
    # DuckDB hands out masked arrays by itself; through narwhals it would need pyarrow.
    names = tuple(relation.columns)
    columns = list(relation.fetchnumpy().values())
    n_rows = len(columns[0]) if columns else 0
    return Frame(names, (n_rows, len(columns)), columns.__getitem__, lambda: None)


def _from_narwhals(frame: Any) -> Frame:
    import narwhals as nw

    labels, dtypes = frame.columns, list(frame.schema.values())

    def column(j: int) -> NDArray[Any]:
        series = frame[:, j]  # a label that is a number would mean a row
        if dtypes[j] == nw.Categorical and frame.implementation.is_pyarrow():
            series = series.cast(nw.String)  # its dictionary columns lose their nulls on the way to NumPy
        values: NDArray[Any] = series.to_numpy()
        return values

    def floats() -> NDArray[Any] | None:
        alike = all(t == nw.Float64 for t in dtypes) or all(t == nw.Float32 for t in dtypes)
        values: NDArray[Any] | None = frame.to_numpy() if alike else None
        return values if values is not None and values.dtype.kind == "f" else None

    return Frame(_names(labels), (len(frame), len(labels)), column, floats)


def _names(labels: list[Any]) -> tuple[str, ...] | None:
    texts = [isinstance(label, str) for label in labels]
    if all(texts):
        return tuple(str(label) for label in labels)
    if not any(texts):
        return None
    kinds = sorted({type(label).__name__ for label in labels})
    raise HiddenmixTypeError(
        "HM129",
        "Feature names are only supported if all input features have string "
        f"names, but your input has {kinds} as feature name / column name types.",
        "df.columns = df.columns.astype(str)",
    )
