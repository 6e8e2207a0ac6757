"""The classes of a table's rows: labels in, codes out; rows may be without a label."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, Table, check_labels, column_name, count_distinct
from hiddenmix.batch import missing_cells

SUM = 1e-6  # how far given priors may be from summing to 1


@dataclass(frozen=True)
class Sharing:
    """What the subclasses have in common: `tied` over all, by class, or not ("all", "class", "none"), and the rank."""

    tied: str
    rank: int | None = None


@dataclass(frozen=True)
class Classes:
    """The class of every row: `codes` (n,) into the sorted `names` (m,); -1 without a label, or of weight 0."""

    codes: Array
    names: AnyArray

    def rows(self, code: int) -> Array:
        """The rows of one class."""
        return np.flatnonzero(self.codes == code)

    def require_values(self, table: Table) -> None:
        """Raise HM118 for a class that has no value at all in a column: nothing is known of the column in it."""
        missing = missing_cells(table.values)
        if missing is None:
            return
        for code, name in enumerate(self.names.tolist()):
            empty = missing[self.rows(code)].all(axis=0)
            if empty.any():
                column = column_name(int(np.argmax(empty)), table.columns)
                raise HiddenmixError(
                    "HM118",
                    f"class {name!r}: {column} has no value in any of its {len(self.rows(code))} rows",
                    "leave the column out, or the class",
                )

    def distinct(self, table: Table, limit: int) -> list[int]:
        """For each class the number of distinct rows that have an observed cell, counted up to `limit`."""
        return [count_distinct(table.values[self.rows(code)], limit) for code in range(len(self.names))]


def read_classes(y: Any, n: int, weight: Array | None, least: int = 2) -> Classes:
    """The classes of `n` rows from labels of any type; None and NaN stand for no label.

    Raises
    ------
    HiddenmixError : HM128 not one label for each row, HM132 not classes, HM208 fewer than `least` (1 or 2) classes
    """
    if y is None:
        raise HiddenmixError("HM132", "requires y to be passed, but the target y is None", "fit(X, y)")
    found = check_labels(_column(y), n, "y", unknown=None)
    known = found.codes >= 0
    if len(found.levels) and found.levels.dtype.kind in "fiu":
        _refuse_measurements(found.levels)
    counted = known if weight is None else known & (weight > 0)
    present = np.unique(found.codes[counted])
    if len(present) < least:
        what = f"there is 1 class, {found.levels.tolist()[present[0]]!r}" if len(present) else "no row has a label"
        need = "a classifier needs at least two classes" if least == 2 else "there must be a class to look into"
        raise HiddenmixError("HM208", f"{need}; {what}", "hm.GaussianMixture('auto'), which looks at all rows at once")
    place = np.full(len(found.levels) + 1, -1)
    place[present] = np.arange(len(present))
    return Classes(np.where(counted, place[found.codes], -1), np.array(found.levels[present]))


def codes_of(y: Any, n: int, names: AnyArray) -> Array:
    """The classes of `n` rows as positions in `names`; -1 without a label. Raises HM503 for another class."""
    found = check_labels(_column(y), n, "y", unknown=None)
    position = {name: code for code, name in enumerate(names.tolist())}
    new = [level for level in found.levels.tolist() if level not in position]
    if new:
        raise HiddenmixError("HM503", f"y holds {new[0]!r}, a class that the fit never saw", f"known: {names.tolist()}")
    place = np.array([*(position[level] for level in found.levels.tolist()), -1])
    return np.asarray(place[found.codes])


def read_priors(priors: Any, names: AnyArray) -> Array | None:
    """Prior probabilities (m,) of the classes, from a mapping or in sorted order; None where they are to be estimated.

    Raises
    ------
    HiddenmixError : HM404 not one for each class, HM405 no probabilities, HM410 a mapping that names other classes
    """
    if priors is None:
        return None
    if isinstance(priors, Mapping):
        listed = names.tolist()
        if set(priors) != set(listed):
            raise HiddenmixError(
                "HM410", f"priors name {sorted(map(str, priors))}; the classes are {listed}", "one for each class"
            )
        priors = [priors[name] for name in listed]
    try:
        values = np.array(priors, dtype=float)
    except (TypeError, ValueError):
        raise HiddenmixError(
            "HM404", f"priors must be {len(names)} numbers; got {priors!r}", "None: estimated"
        ) from None
    if values.shape != names.shape:
        raise HiddenmixError(
            "HM404", f"priors must have shape ({len(names)},); got {values.shape}", "one for each class"
        )
    bad = ~(values > 0)
    if bad.any():
        name, value = names.tolist()[np.argmax(bad)], values[np.argmax(bad)]
        raise HiddenmixError(
            "HM405", f"the prior of class {name!r} is {value:g}", "a probability above 0, for each class"
        )
    if not abs(values.sum() - 1) <= SUM:
        raise HiddenmixError("HM405", f"priors sum to {values.sum():g}", "probabilities that sum to 1")
    return values / values.sum()


def _refuse_measurements(levels: AnyArray) -> None:
    """Raise HM132 for numbers that scikit-learn would not take for classes."""
    try:
        with warnings.catch_warnings():  # that there are many levels: these are the levels
            warnings.simplefilter("ignore", UserWarning)
            check_classification_targets(levels)
    except ValueError as error:
        message = str(error).partition(".")[0]
        raise HiddenmixError(
            "HM132", f"{message}: y holds measurements, not classes", "pandas.cut bins them; a regression predicts them"
        ) from None


def _column(y: Any) -> Any:
    """A table of one column as that column, as scikit-learn takes it."""
    return column_or_1d(y, warn=True) if getattr(y, "ndim", 1) == 2 and y.shape[1] == 1 else y
