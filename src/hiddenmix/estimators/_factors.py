"""What estimators with factors share: how many, by what name, and what there is to say of vanished uniquenesses."""

from __future__ import annotations

from typing import Any

from hiddenmix._errors import HiddenmixWarning
from hiddenmix._validate import Names, column_name
from hiddenmix.estimators import _options
from hiddenmix.estimators._warnings import warn
from hiddenmix.families._factor_limits import most_factors, refuse_many
from hiddenmix.families.factor import vanished
from hiddenmix.families.factor_shapes import FactorShape

MOST = 8  # factors that "auto" tries
FEW = 4  # columns that a warning names


def name(q: int, isotropic: bool, loadings: str = "own", uniquenesses: str = "own") -> str:
    """The shape with q factors, by name. Raises HM401, HM403."""
    return FactorShape(q, loadings, uniquenesses, isotropic).name  # type: ignore[arg-type]


def numbers(n_factors: Any, d: int, isotropic: bool) -> list[int]:
    """The numbers of factors to try. Raises HM439 where d columns cannot tell as many, HM403 for no number."""
    every = range(1, min(MOST, most_factors(d, isotropic)) + 1)
    listed = _options.listed(n_factors, every) or [1]
    for q in listed:
        name(q, isotropic)
        refuse_many(q, d, isotropic)
    return [int(q) for q in listed]


def warn_vanished(family: Any, components: Any, columns: Names) -> None:
    """Warn of Heywood cases (HM440)."""
    found = vanished(family.shape, components.cov, len(components.mean))
    if found:
        places = sorted({c for _, c in found})
        said = ", ".join(column_name(c, columns) for c in places[:FEW]) + ", ..." * (len(places) > FEW)
        what = f"factors explain all of {said}: its uniqueness tends to 0 (a Heywood case)"
        warn(HiddenmixWarning("HM440", what, "fewer factors, or leave out a column that says the same as others"))
