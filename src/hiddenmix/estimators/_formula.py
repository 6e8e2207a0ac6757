"""Formulas such as "y ~ x + C(site) | id", read by the package formulaic where it is installed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array

INTERCEPT = "intercept"


@dataclass(frozen=True)
class Formula:
    """The two sides of a formula, the column of groups behind its bar, and once data are seen formulaic's `spec`."""

    response: str
    features: str
    group: str | None = None
    spec: Any = None

    def learn(self, frame: Any) -> tuple[Formula, Array, tuple[str, ...]]:
        """The formula with the levels of its categories settled, the design, and the names of its columns.

        Raises HM408 without formulaic, HM433 for what it cannot read.
        """
        matrix = _materialised(self.features, frame)
        learnt = Formula(self.response, self.features, self.group, matrix.model_spec)
        names = tuple(INTERCEPT if name == "Intercept" else str(name) for name in matrix.model_spec.column_names)
        return learnt, np.asarray(matrix, dtype=float), names

    def design(self, frame: Any) -> Array:
        """The design of later rows. Raises HM503 for a category that the fit never saw."""
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Data has categories outside")
            return np.asarray(_materialised(self.spec, frame), dtype=float)

    def responses(self, frame: Any) -> Array:
        """The left side."""
        found = np.asarray(_materialised(f"0 + {self.response}", frame), dtype=float)
        if found.shape[1] != 1:
            what = f"the response {self.response} is {found.shape[1]} columns"
            raise HiddenmixError("HM433", what, "a column of numbers")
        return np.asarray(found[:, 0])

    def groups(self, frame: Any) -> Any:
        """The column of groups; None without any."""
        return None if self.group is None else _column(frame, self.group)


def parse(formula: Any) -> Formula:
    """The parts of a formula. Raises HM433 for a text that is none."""
    text = formula if isinstance(formula, str) else ""
    response, tilde, right = text.partition("~")
    features, bar, group = right.partition("|")
    if not tilde or not response.strip() or not features.strip() or (bar and not group.strip()) or "|" in group:
        raise HiddenmixError("HM433", f"{formula!r} is no formula", '"y ~ x1 + x2", or "y ~ x | id" for groups')
    return Formula(response.strip(), features.strip(), group.strip() if bar else None)


def _materialised(spec: Any, frame: Any) -> Any:
    try:
        import formulaic
    except ImportError:
        raise HiddenmixError(
            "HM408", "formulas need the package formulaic", "pip install 'hiddenmix[formula]'"
        ) from None
    try:
        if isinstance(spec, str):
            return formulaic.model_matrix(spec, frame, na_action="ignore", context={})
        return spec.get_model_matrix(frame, context={})
    except Exception as error:  # formulaic raises errors of many kinds, from its parser down to the frame's
        first = str(error).strip().splitlines()
        if isinstance(error, Warning):
            raise HiddenmixError("HM503", first[0].partition(". They")[0], "categories of the fit") from None
        why = first[0] if first else type(error).__name__
        raise HiddenmixError(
            "HM433", f"the formula cannot be evaluated: {why}", "names of the frame's columns"
        ) from None


def _column(frame: Any, name: str) -> Any:
    try:
        return np.asarray(frame[name])
    except (KeyError, IndexError, TypeError, ValueError):
        raise HiddenmixError("HM433", f"the frame has no column {name!r} of groups", '"y ~ x | id"') from None
