"""Tables whose columns are of several kinds: numbers, counts, categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, Table, check_counts, check_squares, column_name, is_missing
from hiddenmix._validate.cells import to_floats, unmask
from hiddenmix._validate.frames import open_frame
from hiddenmix._validate.levels import code_values
from hiddenmix._validate.tables import as_matrix, refuse_sparse, require_finite, require_shape
from hiddenmix.estimators._readers import decoded

KINDS = ("number", "count", "category")


@dataclass(frozen=True)
class Mixed:
    """Columns of several kinds.

    `categorical` and `counts` are the user's choice, by name or number; None finds categories by their types. `kinds`
    and `levels`, one for each column, are learnt.
    """

    categorical: Any = None
    counts: Any = ()
    kinds: tuple[str, ...] = ()
    levels: tuple[AnyArray | None, ...] = ()

    def learn(self, X: Any) -> tuple[Mixed, Table]:
        """Settle every column's kind, and collect the levels of categories."""
        columns, names, marked = _opened(X)
        d = len(columns)
        counts = _positions(self.counts, names, d, "counts")
        if self.categorical is None:
            categorical = [j for j in range(d) if j not in counts and (marked[j] or _holds_labels(columns[j]))]
        else:
            categorical = _positions(self.categorical, names, d, "categorical")
        if set(counts) & set(categorical):
            both = column_name(min(set(counts) & set(categorical)), names)
            raise HiddenmixError(
                "HM410", f"{both} cannot hold counts and categories at once", "name it in one of the two"
            )
        kinds = tuple(KINDS[2] if j in categorical else KINDS[1] if j in counts else KINDS[0] for j in range(d))
        reader = replace(self, kinds=kinds, levels=(None,) * d)
        values, levels = reader._values(columns, names)
        return replace(reader, levels=levels), _finished(values, names, kinds, allow_empty=False)

    def read(self, X: Any) -> Table:
        """A later table."""
        columns, names, _ = _opened(X)
        if len(columns) != len(self.kinds):  # the caller knows better what to say of the columns
            return Table(np.zeros((len(columns[0]), len(columns))), names)
        return _finished(self._values(columns, names)[0], names, self.kinds, allow_empty=True)

    def write(self, values: Array) -> AnyArray:
        """Numbers, and the levels of categories."""
        known = {j: levels for j, levels in enumerate(self.levels) if levels is not None}
        return decoded(values, known) if known else np.asarray(values)

    def state(self) -> dict[str, Any]:
        """What was learnt."""
        return {"kinds": self.kinds, "levels": self.levels}

    def part(self, columns: Array) -> Mixed:
        """The kinds and levels of these columns."""
        return Mixed(kinds=tuple(self.kinds[j] for j in columns), levels=tuple(self.levels[j] for j in columns))

    def levels_of(self, column: int) -> AnyArray | None:
        """The sorted levels of a column of categories."""
        return self.levels[column]

    def groups(self) -> dict[str, list[int]]:
        """The columns of each kind that there is."""
        found = {kind: [j for j, own in enumerate(self.kinds) if own == kind] for kind in KINDS}
        return {kind: columns for kind, columns in found.items() if columns}

    def chosen(self, names: tuple[str, ...] | None, columns: list[int]) -> tuple[str, ...] | None:
        """The names of some columns."""
        return None if names is None else tuple(names[j] for j in columns)

    @property
    def sizes(self) -> list[int]:
        """The number of levels of each column of categories."""
        return [len(levels) for levels in self.levels if levels is not None]

    def _values(
        self, columns: Sequence[AnyArray], names: tuple[str, ...] | None
    ) -> tuple[Array, tuple[AnyArray | None, ...]]:
        values, levels = np.empty((len(columns[0]), len(columns))), list(self.levels)
        for j, (column, kind) in enumerate(zip(columns, self.kinds)):
            if kind == "category":
                codes, levels[j] = code_values(column, names, j, levels=self.levels[j])
                values[:, j] = np.where(codes < 0, np.nan, codes)
            else:
                values[:, j] = to_floats(unmask(column)[:, None], names, j)[:, 0]
        return values, tuple(levels)


def _opened(X: Any) -> tuple[list[AnyArray], tuple[str, ...] | None, list[bool]]:
    """The columns, their names, and which of them their table marks as categories."""
    refuse_sparse(X)
    frame = open_frame(X)
    if frame is None:
        raw = as_matrix(X, masked=True)
        require_shape(raw.shape)
        columns = [raw[:, j] for j in range(raw.shape[1])]
        return columns, None, [raw.dtype.kind in "USb"] * len(columns)
    require_shape(frame.shape)
    columns = [frame.column(j) for j in range(frame.shape[1])]
    return columns, frame.names, _marked(X, len(columns))


def _marked(X: Any, d: int) -> list[bool]:
    """Which columns of a data frame have a type of texts, categories or truth values."""
    import narwhals as nw

    frame = nw.from_native(X, pass_through=True)
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        return [False] * d
    kinds = (nw.Categorical, nw.Enum, nw.Boolean, nw.String)
    return [any(dtype == kind for kind in kinds) for dtype in frame.collect_schema().values()]


def _holds_labels(column: AnyArray) -> bool:
    """Whether a column of objects holds a text, or nothing but truth values."""
    if column.dtype.kind in "USb":
        return True
    if column.dtype.kind != "O":
        return False
    seen = {type(value) for value in column if not is_missing(value)}
    return any(issubclass(kind, str) for kind in seen) or (bool(seen) and seen <= {bool, np.bool})


def _finished(values: Array, names: tuple[str, ...] | None, kinds: tuple[str, ...], allow_empty: bool) -> Table:
    """The table, after the checks of its numbers and counts."""
    counts = [j for j, kind in enumerate(kinds) if kind == "count"]
    table = Table(values, names)
    require_finite(table, allow_empty)
    chosen = None if names is None else tuple(names[j] for j in counts)
    check_counts(values[:, counts], columns=chosen)
    check_squares(values, names)
    return table


def _positions(columns: Any, names: tuple[str, ...] | None, d: int, option: str) -> list[int]:
    found = []
    for column in [columns] if isinstance(columns, str | int | np.integer) else columns:
        if isinstance(column, str) and names is not None and column in names:
            found.append(names.index(column))
        elif not isinstance(column, str) and 0 <= column < d:
            found.append(int(column))
        else:
            known = f"0 to {d - 1}" if names is None else ", ".join(names)
            raise HiddenmixError("HM104", f"{option}: there is no column {column!r}", f"columns are {known}")
    return found
