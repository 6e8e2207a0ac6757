"""From the user's tables to designs, groups and units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, take
from hiddenmix._validate import check_same_columns, check_table
from hiddenmix._validate.groups import check_groups
from hiddenmix.batch import Evidence
from hiddenmix.data import Groups, Rows
from hiddenmix.estimators._formula import INTERCEPT, Formula, parse
from hiddenmix.estimators._warnings import in_words
from hiddenmix.families._regression_design import Design
from hiddenmix.families.regression_random import panel_of


@dataclass(frozen=True)
class Reader:
    """How tables become designs; `names` are those of the design's columns, `columns` those of the table."""

    names: tuple[str, ...]
    width: int
    columns: tuple[str, ...] | None = None
    formula: Formula | None = None

    @property
    def intercept(self) -> int | None:
        """The place of the column of ones."""
        return self.names.index(INTERCEPT) if INTERCEPT in self.names else None

    @property
    def slopes(self) -> list[int]:
        """The places of the other columns."""
        return [j for j, name in enumerate(self.names) if name != INTERCEPT]

    def features(self, X: Any) -> Array:
        """The design of later rows."""
        if self.formula is not None:
            return self.formula.design(X)
        table = check_table(X, allow_empty_columns=True)
        check_same_columns(table.values.shape[1], table.columns, self.width, self.columns, "RegressionMixture")
        return _with_ones(table.values, INTERCEPT in self.names)

    def places(self, chosen: Any, option: str) -> list[int]:
        """The places of columns that are named, or numbered as in the table. Raises HM435 for others."""
        wanted = [chosen] if isinstance(chosen, str | int | np.integer) else list(chosen if chosen is not None else ())
        found = []
        for one in wanted:
            known = self.slopes if not isinstance(one, str) else list(range(len(self.names)))
            if isinstance(one, str) and one in self.names:
                found.append(self.names.index(one))
            elif isinstance(one, int | np.integer) and not isinstance(one, bool) and 0 <= one < len(known):
                found.append(known[int(one)])
            else:
                what = f"{option} names {one!r}, and the columns are {', '.join(self.names)}"
                raise HiddenmixError("HM435", what, "names of columns, or their numbers from 0")
        return found


@dataclass(frozen=True)
class Sample:
    """The rows of a fit or a prediction; `groups` are codes into the sorted `labels`, None where rows are units."""

    design: Design
    groups: Array | None = None
    labels: Array | None = None
    weight: Array | None = None
    covariates: Array | None = None
    known: Array | None = None  # codes (n,) or weights (n, k) of components

    @property
    def n_units(self) -> int:
        """The number of units."""
        return len(self.design.response) if self.labels is None else len(self.labels)

    def observed(self) -> Sample:
        """The rows that have a response. Raises HM110 where none has."""
        seen = np.flatnonzero(~np.isnan(self.design.response))
        if not len(seen):
            raise HiddenmixError("HM110", "no row has a response", "y with numbers")
        if len(seen) == len(self.design.response):
            return self
        labels, groups = self.labels, self.groups
        if groups is not None and labels is not None:
            kept, groups = np.unique(groups[seen], return_inverse=True)
            labels = labels[kept]
        return replace(
            self,
            design=take(self.design, seen),
            groups=groups,
            labels=labels,
            weight=take(self.weight, seen),
            covariates=take(self.covariates, seen),
            known=take(self.known, seen),
        )

    def by_unit(self, values: Any, name: str) -> Any:
        """Values per row as values per unit. Raises HM435 where they differ within a group."""
        if values is None or self.groups is None:
            return values
        first = np.unique(self.groups, return_index=True)[1]
        units = np.asarray(values)[first]
        same = units[self.groups] == np.asarray(values)
        if not np.all(same | (np.asarray(values) != np.asarray(values))):
            raise HiddenmixError(
                "HM435", f"{name} differ within a group, which is one unit", "one value for each group"
            )
        return units

    def data(self, random: list[int], evidence: Evidence | None = None) -> Rows | Groups:
        """The units for the engine."""
        weight, covariates = self.by_unit(self.weight, "weights"), self.by_unit(self.covariates, "covariates")
        if self.groups is None:
            return Rows(self.design, weight, evidence, covariates=covariates)
        if random:
            return Rows(panel_of(self.design, random, self.groups), weight, evidence, covariates=covariates)
        return Groups(self.design, self.groups, weight, evidence, covariates=covariates)

    def each(self, random: list[int], of: Callable[[Any], Array]) -> Array:
        """What `of` gives for the units of each batch, for the rows."""
        data = replace(self, weight=None).data(random)  # a unit of weight 0 is predicted like any other
        parts = [of(batch) for batch in data.chunks()]
        units = data.gather(parts) if isinstance(data, Rows) else np.concatenate(parts)
        return units if self.groups is None else units[self.groups]


def learn(X: Any, formula: Any, fit_intercept: bool) -> tuple[Reader, Array]:
    """The reader, and the design of the fit. Raises HM433 for a formula that is none."""
    if formula is not None:
        learnt, design, names = parse(formula).learn(X)
        return Reader(names, design.shape[1], None, learnt), design
    table = check_table(X)
    width = table.values.shape[1]
    names = tuple(table.columns) if table.columns is not None else tuple(f"x{j}" for j in range(width))
    return (
        Reader((INTERCEPT, *names) if fit_intercept else names, width, table.columns),
        _with_ones(table.values, fit_intercept),
    )


def sample(reader: Reader, X: Any, features: Array, y: Any, given: dict[str, Any], blank: bool = False) -> Sample:
    """The rows, from a response and whatever else is given: groups, offset, exposure, trials, weight, covariates.

    Raises HM404 for another number of values than rows, HM435 for an exposure that is not above 0.
    """
    n, formula = len(features), reader.formula
    if formula is not None and y is None and not blank:
        y = formula.responses(X)
    if y is None and not blank:
        raise HiddenmixError("HM404", "a regression needs responses", 'fit(X, y), or formula="y ~ x"')
    response = np.full(n, np.nan) if blank else vector("y", y, n, missing=True)
    offset = vector("offset", given.get("offset"), n)
    exposure = vector("exposure", given.get("exposure"), n)
    if exposure is not None:
        if np.any(exposure <= 0):
            raise HiddenmixError("HM435", "an exposure is not above 0", "times, areas, populations at risk")
        offset = np.log(exposure) + (0.0 if offset is None else offset)
    groups = given.get("groups")
    if groups is None and formula is not None and not blank:
        groups = formula.groups(X)
    labels = codes = None
    if groups is not None:
        labels, codes = check_groups(groups, n)
    covariates = given.get("covariates")
    if covariates is not None:
        covariates = check_table(covariates if np.ndim(covariates) == 2 else np.reshape(covariates, (-1, 1))).values
        if len(covariates) != n or np.isnan(covariates).any():
            raise HiddenmixError("HM404", "covariates must be numbers, one row for each row", "impute missing ones")
    design = Design(response, features, offset, vector("trials", given.get("trials"), n))
    return Sample(design, codes, labels, given.get("weight"), covariates, given.get("known"))


def vector(name: str, values: Any, n: int, missing: bool = False) -> Any:
    """One number for each row, or None. Raises HM404 for another shape, HM112 to HM116 as tables do."""
    if values is None:
        return None
    column = np.asarray(values)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim == 0:
        column = np.full(n, column)
    if column.shape != (n,):
        raise HiddenmixError("HM404", f"{name} must have shape ({n},); got {column.shape}", "one value for each row")
    with in_words(("Input X", name), ("column 0 has", f"{name} has"), (", column 0", "")):
        found = check_table(column[:, None], allow_empty_columns=True).values[:, 0]
    if not missing and np.isnan(found).any():
        raise HiddenmixError("HM404", f"{name} misses a value", "one number for each row")
    return np.asarray(found, dtype=float)


def _with_ones(values: Array, intercept: bool) -> Array:
    values = np.asarray(values, dtype=float)
    return np.column_stack([np.ones(len(values)), values]) if intercept else values
