"""The same columns at prediction as at the fit."""

from __future__ import annotations

import warnings

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._validate.cells import Names

__all__ = ["check_same_columns", "remedy"]


def check_same_columns(n_columns: int, columns: Names, n_fitted: int, fitted: Names, estimator: str) -> None:
    """Require the columns of the fit, in number, names and order; warn where one side has no names.

    Raises
    ------
    HiddenmixError : HM501 other names or another order, HM502 another number
    """
    if fitted is not None and columns is not None and columns != fitted:
        raise HiddenmixError(
            "HM501",
            "The feature names should match those that were passed during fit.\n" + _difference(columns, fitted),
            remedy(columns, fitted),
        )
    if n_columns != n_fitted:
        raise HiddenmixError(
            "HM502",
            f"X has {n_columns} features, but {estimator} is expecting {n_fitted} features as input",
            "X[list(model.feature_names_in_)]"
            if fitted is not None
            else f"the {n_fitted} columns of the fit, in their order",
        )
    if fitted is not None and columns is None:
        _warn(
            f"X does not have valid feature names, but {estimator} was fitted with feature names",
            "pandas.DataFrame(X, columns=model.feature_names_in_), if they stand in that order",
        )
    elif fitted is None and columns is not None:
        _warn(
            f"X has feature names, but {estimator} was fitted without feature names", "X.to_numpy(), or fit with names"
        )


def _difference(columns: tuple[str, ...], fitted: tuple[str, ...]) -> str:
    unseen, missing = sorted(set(columns) - set(fitted)), sorted(set(fitted) - set(columns))
    if not unseen and not missing:
        return "Feature names must be in the same order as they were in fit."
    lists = (
        ("Feature names unseen at fit time:", unseen),
        ("Feature names seen at fit time, yet now missing:", missing),
    )
    return "\n".join("\n- ".join([title, *names[:5], *["..."][: len(names) > 5]]) for title, names in lists if names)


def remedy(columns: tuple[str, ...], fitted: tuple[str, ...]) -> str:
    """What to do about columns that are not those of the fit."""
    unseen, missing = set(columns) - set(fitted), set(fitted) - set(columns)
    if len(unseen) == len(missing) == 1:
        return f"rename {unseen.pop()!r} to {missing.pop()!r}?"
    if missing:
        return f"a table with {', '.join(map(repr, sorted(missing)[:5]))} too"
    return "X[list(model.feature_names_in_)] takes the columns in the right order"


def _warn(message: str, fix: str) -> None:
    warnings.warn(HiddenmixWarning("HM504", message, fix), stacklevel=4)
