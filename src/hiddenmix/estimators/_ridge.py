"""Where exact maximum likelihood does not exist, say so and fit with a ridge; where the user forbade that, refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix._validate import (
    Degenerate,
    Table,
    check_number,
    column_name,
    column_spreads,
    degenerate_columns,
    widest_and_narrowest,
)
from hiddenmix.families.normal import NormalPrior
from hiddenmix.families.shapes import Shape

RIDGE = 1e-6
FINEST = 1e-11  # a ridge below this share of a column's variance would drown in rounding
APART = 100.0  # spreads of columns that differ more decide a spherical fit by themselves


@dataclass(frozen=True)
class Ridge:
    """The `reg_covar` to fit with, and why it is not 0, as a phrase (empty where it was asked for)."""

    value: float = 0.0
    why: str = ""

    @property
    def warnings(self) -> tuple[HiddenmixWarning, ...]:
        """What to warn of."""
        if not self.why:
            return ()
        return (
            HiddenmixWarning(
                "HM203",
                f"no maximum of the likelihood exists: {self.why}\n  fitted with reg_covar={self.value:g}",
                "leave such columns out, take a simpler covariance or a prior, or give reg_covar to say it yourself",
            ),
        )

    @property
    def text(self) -> str:
        """A phrase for the summary."""
        return f"fitted with reg_covar={self.value:g}, because no maximum exists: {self.why}" if self.why else ""


def settle(
    reg_covar: Any, shape: Shape, prior: Any, table: Table, weight: Array | None, standardize: bool = False
) -> Ridge:
    """The ridge for these data; with `standardize` every column must have a spread to be measured in.

    Raises
    ------
    HiddenmixError : HM203 no maximum exists and the user gave 0; HM401, HM403 an unusable option
    """
    if isinstance(reg_covar, str):
        if reg_covar != "auto":
            raise HiddenmixError("HM401", f"reg_covar cannot be {reg_covar!r}", "a number of 0 or more, or 'auto'")
    else:
        check_number("reg_covar", reg_covar, 0.0)
        if reg_covar > 0:
            return Ridge(float(reg_covar))
    if isinstance(prior, NormalPrior):
        return Ridge()
    found = _flat(shape, table, weight, standardize)
    if not found:
        return Ridge()
    if not isinstance(reg_covar, str):
        raise HiddenmixError(
            "HM203",
            f"no maximum of the likelihood exists: {found.describe()}",
            "leave such columns out, or allow a ridge: reg_covar=1e-6",
        )
    largest = float(column_spreads(table.values, weight).max())
    return Ridge(max(RIDGE, FINEST * largest**2), found.describe())


def _flat(shape: Shape, table: Table, weight: Array | None, standardize: bool) -> Degenerate:
    """What makes covariances of this shape singular."""
    found = degenerate_columns(table.values, table.columns, weight)
    if shape.kind == "full":
        return found
    if shape.kind == "diag" or standardize or len(found.constant) == table.values.shape[1]:
        return Degenerate(found.constant, columns=table.columns)
    return Degenerate()


def units(table: Table, weight: Array | None) -> Array:
    """The units (d,) of standardised columns: their standard deviations, and 1 where a column is constant."""
    sd = column_spreads(table.values, weight)
    sd[sd == 0] = 1.0
    return sd


def scales(shape: Shape, table: Table, weight: Array | None) -> tuple[HiddenmixWarning, ...]:
    """A warning that names the column which decides a spherical fit, where one does."""
    if shape.scale_free or table.values.shape[1] < 2:
        return ()
    sd = column_spreads(table.values, weight)
    wide, narrow = widest_and_narrowest(sd)
    if not sd[wide] > APART * sd[narrow]:
        return ()
    return (
        HiddenmixWarning(
            "HM204",
            f"{column_name(wide, table.columns)} varies {sd[wide] / sd[narrow]:.3g} times as much as "
            f"{column_name(narrow, table.columns)}, and decides this {shape.name} fit by itself",
            "standardize=True (--standardize), or covariance_type='diag', which adapts to any units",
        ),
    )
