"""Tables for a model that was fitted before: its columns, found by their names, and what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hiddenmix.cli._command import say

__all__ = ["Asked", "read_for", "require_components"]

#: Models whose predictions are not memberships of rows -> why, and the Python that does what can be done.
NOT_HERE = {
    "NormalImputer": ("which has no components", ".transform(table)   fills in missing cells"),
    "FactorAnalysis": ("which has no components", ".transform(table)   gives the factors' scores"),
    "RegressionMixture": ("whose memberships need responses", ".predict(table)   gives expected responses"),
}


@dataclass(frozen=True)
class Asked:
    """A table as a fitted model takes it.

    Attributes
    ----------
    table : what was read; its labels are those that were asked for
    X : the model's columns, in their order
    beside : what its predictions take beside them, by name: covariates, the sequences of a chain
    columns : what the table calls the model's columns
    empty : (n,) which rows have no value at all
    """

    table: Any
    X: Any
    beside: dict[str, Any]
    columns: tuple[str, ...]
    empty: np.ndarray


@dataclass(frozen=True)
class _Wanted:
    """What a model takes of a file: its columns there with the levels of categories (None for numbers), and more.

    `named` says whether the model knows its columns by name; `groups` is the column that tells sequences apart.
    """

    columns: dict[str, Any]
    named: bool
    covariates: tuple[str, ...]
    groups: str | None

    @property
    def numbers(self) -> list[str]:
        """The columns to read as numbers."""
        return [*(name for name, levels in self.columns.items() if levels is None), *self.covariates]

    @property
    def others(self) -> list[str]:
        """The columns to read as they stand."""
        own = [name for name, levels in self.columns.items() if levels is not None]
        return own if self.groups is None else [*own, self.groups]


def require_components(fitted: Any, model: str) -> None:
    """HM514 for a model that has no memberships of rows, with the line of Python for what it has."""
    from hiddenmix._errors import HiddenmixError

    name = type(fitted).__name__
    if name in NOT_HERE:
        why, method = NOT_HERE[name]
        raise HiddenmixError(
            "HM514",
            f"{Path(model).name!r} holds a {name}, {why}",
            f"in Python: hiddenmix.load({model!r}){method}",
        )


def read_for(fitted: Any, file: str, options: dict[str, Any]) -> Asked:
    """The table of the file, as the model takes it; `options` are those of `read_table`, and the column of `groups`."""
    from hiddenmix.io._tables import OpenTable

    opened = OpenTable(file, missing=options["missing"], where=options["where"])
    wanted, labels = _wanted(fitted, opened, options), options["labels"]
    if labels is None:
        labels = [name for name in opened.inspect(wanted.numbers).labels if name not in wanted.others]
    read = list(dict.fromkeys([*labels, *wanted.others]))
    table = opened.read(wanted.numbers, read, True) if wanted.numbers else opened.read_labels(read)
    columns = [_column(table, name, levels) for name, levels in wanted.columns.items()]
    beside: dict[str, Any] = {} if wanted.groups is None else {"groups": table.labels[wanted.groups]}
    if wanted.covariates:
        beside["covariates"] = _as_table([_column(table, name, None) for name in wanted.covariates], wanted.covariates)
    return Asked(
        replace(table, labels={name: table.labels[name] for name in labels}),
        _as_table(columns, tuple(wanted.columns) if wanted.named else None),
        beside,
        tuple(wanted.columns),
        np.all([_missing(column) for column in columns], axis=0),
    )


def _wanted(fitted: Any, opened: Any, options: dict[str, Any]) -> _Wanted:
    """What the model takes of this file. Raises HM403, HM501 or HM502 where they do not go together."""
    state = getattr(fitted, "mixture_", fitted)._state()
    levels = [state.reader.levels_of(j) for j in range(state.n_columns)]
    covariates = tuple(str(name) for name in getattr(fitted, "covariate_names_", ()))
    groups, chosen = options.get("groups"), options["columns"]
    _require_chain(fitted, groups)
    if state.names is None:
        names = _by_place(opened, chosen, levels, {*(options["labels"] or ()), *covariates, groups})
    else:
        names = tuple(state.names)
        found = opened.inspect(chosen)
        allowed = _allowed(found, chosen)
        shown = found.used if all(each is None for each in levels) else allowed
        _require_names((*names, *covariates), allowed, shown, found.name)
    return _Wanted(dict(zip(names, levels)), state.names is not None, covariates, groups)


def _require_chain(fitted: Any, groups: str | None) -> None:
    """HM403 for groups of a model without sequences."""
    from hiddenmix._errors import HiddenmixError

    if groups is not None and not hasattr(fitted, "transitions_"):
        what = f"--groups tells the sequences of hidden Markov models apart; this is a {type(fitted).__name__}"
        raise HiddenmixError("HM403", what, "leave --groups out")


def _by_place(opened: Any, chosen: Sequence[str], levels: Sequence[Any], aside: set[Any]) -> tuple[str, ...]:
    """The columns of the file in their order, for a model that knows no names; HM502 where it has another number."""
    from hiddenmix._errors import HiddenmixError

    found = opened.inspect(chosen, [name for name in aside if name])
    names = found.used if all(each is None for each in levels) else _allowed(found, chosen)
    names = tuple(name for name in names if name not in aside)
    wanted = len(levels)
    if len(names) != wanted:
        raise HiddenmixError(
            "HM502",
            f"the model has {wanted} columns, without names; of {found.name} {len(names)} would be used: "
            f"{', '.join(names)}",
            f"--columns with {wanted} name{'s' * (wanted != 1)}",
        )
    say(f"The model has no column names; its columns are taken to be {', '.join(names)}")
    return names


def _allowed(found: Any, chosen: Sequence[str]) -> tuple[str, ...]:
    """The columns of a file, of whatever kind, that --columns lets through."""
    names = [column.name for column in found.columns]
    kept = [name for name in chosen if name in names]
    left_out = {name[1:] for name in chosen if name not in names}
    return tuple(name for name in kept or names if name not in left_out)


def _require_names(names: tuple[str, ...], present: tuple[str, ...], used: tuple[str, ...], file: str) -> None:
    """HM501 where a column of the model is not there."""
    from hiddenmix._errors import HiddenmixError
    from hiddenmix._validate import remedy

    if not set(names) <= set(present):
        message = f"the model was fitted on columns {', '.join(names)}; {file} has {', '.join(used) or 'no numbers'}"
        raise HiddenmixError("HM501", message, remedy(used, names))


def _column(table: Any, name: str, levels: Any) -> np.ndarray:
    """A column as it was read: numbers, or categories as the levels of the fit where they are spelt alike."""
    if levels is None:
        numbers: np.ndarray = table.values[:, table.columns.index(name)]
        return numbers
    known, spelt = set(levels.tolist()), {str(level): level for level in levels.tolist()}
    values: np.ndarray = np.empty(len(table.rows), object)
    values[:] = [v if v is None or v in known else spelt.get(str(v), v) for v in table.labels[name].tolist()]
    return values


def _missing(column: np.ndarray) -> np.ndarray:
    """Which cells (n,) hold nothing."""
    return np.asarray([cell is None for cell in column] if column.dtype == object else np.isnan(column))


def _as_table(columns: Sequence[np.ndarray], names: tuple[str, ...] | None) -> Any:
    """Numbers as one array; with categories, columns of their own types."""
    from hiddenmix._validate import Table
    from hiddenmix._validate.frames import Frame

    if all(column.dtype != object for column in columns):
        return Table(np.column_stack(columns), names)
    return Frame(names, (len(columns[0]), len(columns)), columns.__getitem__, lambda: None)
