"""Tables for a model that was fitted before: its columns, found by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hiddenmix.cli._command import say

__all__ = ["read_for", "require_components"]

#: Models that the command line does not predict with -> why, and the Python that does what can be done.
NOT_HERE = {
    "NormalImputer": ("which has no components", ".transform(table)   fills in missing cells"),
    "CategoricalMixture": ("and only tables of numbers are read here", ".predict_proba(table)"),
    "LatentClassModel": ("and only tables of numbers are read here", ".predict_proba(table)"),
    "MixedMixture": ("and only tables of numbers are read here", ".predict_proba(table)"),
}


def require_components(fitted: Any, model: str) -> None:
    """HM514 for a model whose tables the command line does not read, with the line of Python that can."""
    from hiddenmix._errors import HiddenmixError

    name = type(fitted).__name__
    if name in NOT_HERE:
        why, method = NOT_HERE[name]
        raise HiddenmixError(
            "HM514",
            f"{Path(model).name!r} holds a {name}, {why}",
            f"in Python: hiddenmix.load({model!r}){method}",
        )


def read_for(fitted: Any, file: str, options: dict[str, Any]) -> tuple[Any, Any]:
    """The table of the file, and its numbers in the order of the model's columns."""
    from hiddenmix._errors import HiddenmixError
    from hiddenmix._validate import Table
    from hiddenmix.io import inspect_table, read_table

    given = getattr(fitted, "feature_names_in_", None)
    if given is None:
        table = read_table(file, **options, allow_empty=True)
        d, wanted = len(table.columns), fitted.n_features_in_
        if d != wanted:
            raise HiddenmixError(
                "HM502",
                f"the model has {wanted} columns, without names; of {table.name} {d} would be used: "
                f"{', '.join(table.columns)}",
                f"--columns with {wanted} name{'s' * (wanted != 1)}",
            )
        say(f"The model has no column names; its columns are taken to be {', '.join(table.columns)}")
        return table, Table(table.values, None)
    names = tuple(str(name) for name in given)
    if not options["columns"]:
        found = inspect_table(file, **{**options, "labels": None})
        _require_names(names, tuple(c.name for c in found.columns), found.used, found.name)
        options = options | {"columns": names}
    table = read_table(file, **options, allow_empty=True)
    _require_names(names, table.columns, table.columns, table.name)
    return table, Table(table.values[:, [table.columns.index(name) for name in names]], names)


def _require_names(names: tuple[str, ...], present: tuple[str, ...], used: tuple[str, ...], file: str) -> None:
    """HM501 where a column of the model is not there."""
    from hiddenmix._errors import HiddenmixError
    from hiddenmix._validate import remedy

    if not set(names) <= set(present):
        message = f"the model was fitted on columns {', '.join(names)}; {file} has {', '.join(used) or 'no numbers'}"
        raise HiddenmixError("HM501", message, remedy(used, names))
