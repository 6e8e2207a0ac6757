"""How the user's table becomes the array that a family sees, and how draws go back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import (
    AnyArray,
    Table,
    check_categories,
    check_counts,
    check_squares,
    check_table,
    largest_count,
)


class Reader(Protocol):
    """Learns from the table of the fit what later tables need, and reads these."""

    def learn(self, X: Any) -> tuple[Self, Table]:
        """The reader for later tables, and the table of the fit."""
        ...

    def read(self, X: Any) -> Table:
        """A later table."""
        ...

    def write(self, values: Array) -> AnyArray:
        """The user's values for the family's (n, d)."""
        ...

    def state(self) -> dict[str, Any]:
        """What was learnt, for a model file; the constructor takes it back."""
        ...

    def part(self, columns: Array) -> Self:
        """The reader of some of the columns."""
        ...

    def levels_of(self, column: int) -> AnyArray | None:
        """The levels of a column of categories; None for numbers."""
        ...


@dataclass(frozen=True)
class Numbers:
    """Measurements; with `squares` their squares must be representable. A fit needs `min_rows`."""

    squares: bool = True
    min_rows: int = 1

    def learn(self, X: Any) -> tuple[Numbers, Table]:
        """Check a table of numbers; a column must have a value."""
        table = check_table(X, min_rows=self.min_rows)
        if self.squares:
            check_squares(table.values, table.columns)
        return self, table

    def read(self, X: Any) -> Table:
        """Check a table of numbers."""
        table = check_table(X, allow_empty_columns=True)
        if self.squares:
            check_squares(table.values, table.columns)
        return table

    def write(self, values: Array) -> AnyArray:
        """The numbers themselves."""
        return np.asarray(values)

    def state(self) -> dict[str, Any]:
        """What was asked of the numbers."""
        return {"squares": self.squares, "min_rows": self.min_rows}

    def part(self, columns: Array) -> Numbers:
        """The same."""
        return self

    def levels_of(self, column: int) -> None:
        """Numbers have none."""


@dataclass(frozen=True)
class Counts:
    """Counts; with `bounded` at most `trials` (a number, or one for each column), by default the largest seen."""

    bounded: bool = False
    trials: Any = None

    def learn(self, X: Any) -> tuple[Counts, Table]:
        """Check a table of counts, and settle the trials."""
        table = check_table(X)
        if not self.bounded:
            check_counts(table.values, columns=table.columns)
            return self, table
        d = table.values.shape[1]
        if self.trials is not None and np.shape(self.trials) not in ((), (d,)):
            raise HiddenmixError(
                "HM127",
                f"trials of shape {np.shape(self.trials)} do not fit {d} columns",
                f"one number, or one for each column ({d},)",
            )
        limit = check_counts(table.values, self.trials, table.columns)
        trials = largest_count(table.values) if limit is None else limit[0]
        return replace(self, trials=np.array(np.broadcast_to(trials, (d,)))), table

    def read(self, X: Any) -> Table:
        """Check a table of counts."""
        table = check_table(X, allow_empty_columns=True)
        fits = self.bounded and table.values.shape[1] == len(self.trials)
        check_counts(table.values, self.trials if fits else None, table.columns)
        return table

    def write(self, values: Array) -> AnyArray:
        """The counts themselves."""
        return np.asarray(values)

    def state(self) -> dict[str, Any]:
        """The trials."""
        return {"bounded": self.bounded, "trials": self.trials}

    def part(self, columns: Array) -> Counts:
        """The trials of these columns."""
        return replace(self, trials=self.trials[columns]) if self.bounded else self

    def levels_of(self, column: int) -> None:
        """Counts have none."""


@dataclass(frozen=True)
class Levels:
    """Categories of any type; `levels` are those of the fit, one sorted array for each column."""

    levels: tuple[AnyArray, ...] | None = None

    def learn(self, X: Any) -> tuple[Levels, Table]:
        """Collect the levels."""
        found = check_categories(X)
        return Levels(found.levels), Table(found.codes, found.columns)

    def read(self, X: Any) -> Table:
        """Codes into the levels of the fit."""
        try:
            found = check_categories(X, levels=self.levels, allow_empty_columns=True)
        except HiddenmixError as error:
            if error.code != "HM502":
                raise
            found = check_categories(X, allow_empty_columns=True)  # the caller knows better what to say of the columns
        return Table(found.codes, found.columns)

    def write(self, values: Array) -> AnyArray:
        """The levels of codes (n, d); in an array of objects where the columns are of different types."""
        assert self.levels is not None
        return decoded(values, dict(enumerate(self.levels)))

    def state(self) -> dict[str, Any]:
        """The levels."""
        return {"levels": self.levels}

    def part(self, columns: Array) -> Levels:
        """The levels of these columns."""
        assert self.levels is not None
        return Levels(tuple(self.levels[j] for j in columns))

    @property
    def sizes(self) -> list[int]:
        """The number of levels of each column."""
        return [len(levels) for levels in self.levels or ()]

    def levels_of(self, column: int) -> AnyArray:
        """The sorted levels."""
        assert self.levels is not None
        return self.levels[column]


def decoded(values: Array, levels: dict[int, AnyArray]) -> AnyArray:
    """Values (n, d) with the levels of some columns in the place of their codes; None in missing cells of these."""
    alike = len({array.dtype.kind for array in levels.values()}) == 1 and len(levels) == values.shape[1]
    if alike and not np.isnan(values).any():
        return np.stack([levels[j][values[:, j].astype(int)] for j in range(values.shape[1])], axis=1)
    out: AnyArray = np.empty(values.shape, object)
    out[:] = values
    for j, known in levels.items():
        codes = values[:, j]
        seen = ~np.isnan(codes)
        out[:, j] = None
        out[seen, j] = known[codes[seen].astype(int)].tolist()
    return out
