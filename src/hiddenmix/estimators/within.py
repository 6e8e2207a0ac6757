"""Structure within classes: how many components each class wants, and what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._validate import Table, check_weights, check_word
from hiddenmix.discover._words import plain as as_plain
from hiddenmix.discover.effects import standardised_effects
from hiddenmix.discover.typical import typical_rows
from hiddenmix.estimators import _options
from hiddenmix.estimators._class_mixtures import (
    Sizes,
    fitted_sizes,
    passed_on,
    reader_of,
    require_mixture,
    rows_of,
    told_of,
)
from hiddenmix.estimators._classes import read_classes
from hiddenmix.estimators._subclass_counts import AUTO, subclass_counts
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.families.shapes import SHAPES
from hiddenmix.select import CRITERIA, LOWER

__all__ = ["ClassStructure", "Within", "within"]


@dataclass(frozen=True, eq=False)
class ClassStructure:
    """What was found within one class.

    Attributes
    ----------
    name : the class
    rows : how many rows it has
    n_components : how many components the criterion wants; 0 where nothing could be fitted
    gain : the criterion of one component minus that of `n_components`: above 0, several are better; None where one
        of the two has no fit
    criteria : for each number of components that could be fitted its criterion; lower is better
    failures : for each other number why not
    sizes : the rows of each component (k,)
    words : what makes each component different from the others, k texts
    typical : for each component the positions of rows that are typical of it, from 0, in the whole table
    mixture : the fitted mixture, or None
    reason : why nothing could be fitted, or nothing
    """

    name: Any
    rows: int
    n_components: int
    gain: float | None
    criteria: Mapping[int, float]
    failures: Mapping[int, str]
    sizes: Array
    words: tuple[str, ...]
    typical: tuple[tuple[int, ...], ...]
    mixture: Any
    reason: str = ""

    def lines(self, criterion: str, rows: Array | None = None) -> list[str]:
        """A heading, and two lines for each component; `rows` (n,) are other numbers for the rows, from 0 without."""
        head = f"{self.name} ({self.rows} row{'s' * (self.rows != 1)}): "
        aside = [f"  {k} component{'s' * (k > 1)}: {why}" for k, why in self.failures.items()]
        if self.mixture is None:
            return [f"{head}nothing could be fitted: {self.reason}"]
        found = [head + self._verdict(criterion.upper()), *aside]
        if self.n_components == 1:
            return found
        for j, (size, words, typical) in enumerate(zip(self.sizes, self.words, self.typical, strict=True)):
            where = ", ".join(str(i if rows is None else rows[i]) for i in typical)
            found += [f"  {j + 1}: {size:.0f} rows; {words}", f"     typical rows {where}"]
        return found

    def _verdict(self, criterion: str) -> str:
        k = self.n_components
        if len(self.criteria) == 1:
            why = "the only number that could be fitted" if self.failures else "as asked"
            return f"{k} component{'s' * (k > 1)}, {why}"
        if k == 1:
            others = [value for size, value in self.criteria.items() if size > 1]
            return f"one component is enough ({criterion} {min(others) - self.criteria[1]:.1f} lower than for more)"
        if self.gain is None:
            return f"{k} components ({criterion}; one component has no fit)"
        return (
            f"{k} components ({criterion} {abs(self.gain):.1f} {'lower' if self.gain >= 0 else 'higher'} than for one)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything but the mixture, as plain values."""
        return as_plain(  # type: ignore[no-any-return]
            {
                "class": self.name,
                "rows": self.rows,
                "n_components": self.n_components,
                "gain": self.gain,
                "criteria": [{"n_components": k, "criterion": value} for k, value in self.criteria.items()],
                "failures": [{"n_components": k, "reason": why} for k, why in self.failures.items()],
                "components": [
                    {"component": j + 1, "rows": float(size), "words": words, "typical": list(typical)}
                    for j, (size, words, typical) in enumerate(zip(self.sizes, self.words, self.typical))
                ],
                "reason": self.reason,
            }
        )


@dataclass(frozen=True, eq=False)
class Within:
    """The structure within every class, in the order of the classes; `criterion` chose."""

    classes: tuple[ClassStructure, ...]
    criterion: str

    def __getitem__(self, name: Any) -> ClassStructure:
        for one in self.classes:
            if one.name == name:
                return one
        raise KeyError(name)

    def __repr__(self) -> str:
        return f"Within({', '.join(f'{one.name}: {one.n_components}' for one in self.classes)})"

    def lines(self, rows: Array | None = None) -> list[str]:
        """All classes; `rows` (n,) are other numbers for the rows, from 0 without."""
        title = f"Structure within classes, by {self.criterion.upper()} ({LOWER})"
        return [title, *(f"  {line}" for one in self.classes for line in one.lines(self.criterion, rows))]

    def summary(self) -> str:
        """How many components each class wants, what tells them apart, and typical rows."""
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """Everything but the mixtures, as plain values."""
        return {"criterion": self.criterion, "classes": [one.to_dict() for one in self.classes]}


def within(
    X: Any,
    y: Any,
    *,
    n_components: Any = AUTO,
    covariance_type: str = "full",
    criterion: str = "bic",
    mixture: Any = None,
    random_state: Any = 0,
    sample_weight: Any = None,
) -> Within:
    """Look for structure within each class: one group, or several.

    A mixture is fitted to the rows of each class by themselves, with one component and with more, and the criterion
    compares them. Unlike for `MixtureDiscriminant` nothing depends on the other classes.

    Parameters
    ----------
    X : table of shape (n_samples, n_features)
    y : array of shape (n_samples,)
        Classes of any type, one or more; rows without a label (None, NaN) are left out.
    n_components : "auto", int, or dict of these by class
        The number of components; "auto" lets the criterion choose among 1 to 6.
    covariance_type : {"full", "tied", "diag", "spherical"}
        Of normal components; with a `mixture` its own counts.
    criterion : {"bic", "icl", "aic", "icl_hard"}
        Lower is better. BIC asks how many components describe the class best; ICL wants them to lie apart.
    mixture : an unfitted mixture, optional
        For other columns than measurements, such as `CategoricalMixture()`.
    random_state : int, RandomState, Generator or None
    sample_weight : array of shape (n_samples,), optional

    Returns
    -------
    Within
        A class in which nothing could be fitted says why in `reason`.

    Raises
    ------
    HiddenmixError : HM1xx unusable data, HM128, HM132, HM208 unusable labels, HM207 a class with fewer distinct rows
        than components asked for, HM4xx an unusable option
    """
    check_word("criterion", criterion, CRITERIA)
    check_word("covariance_type", covariance_type, SHAPES)
    prototype = GaussianMixture(covariance_type=covariance_type, reg_covar=0) if mixture is None else mixture
    require_mixture(prototype)
    reader, table = reader_of(prototype).learn(X)
    n, d = table.values.shape
    weight = check_weights(sample_weight, n)
    classes = read_classes(y, n, weight, least=1)
    distinct = classes.distinct(table, n)
    wishes = subclass_counts(n_components, classes.names, distinct)
    seeds = _options.generator(random_state).integers(2**31, size=len(wishes))
    given = X if isinstance(X, Table) else passed_on(X, table)
    levels = [reader.levels_of(j) for j in range(d)]
    found = []
    for code, (name, wish) in enumerate(wishes.items()):
        rows = classes.rows(code)
        w = None if weight is None else weight[rows]
        part = rows_of(given, rows, n)
        with told_of(name):
            fits = fitted_sizes(prototype, part, wish, distinct[code], criterion, int(seeds[code]), w)
        cells = Table(table.values[rows], table.columns)
        found.append(_structure(name, rows, cells, levels, w, part, fits))
    return Within(tuple(found), criterion)


def _structure(
    name: Any,
    rows: Array,
    table: Table,
    levels: list[Any],
    weight: Array | None,
    part: Any,
    fits: Sizes,
) -> ClassStructure:
    """The best of the fits, and what it found."""
    mixture, criteria, failures = fits.best, fits.criteria, fits.failures
    if mixture is None:
        reason = next(iter(failures.values()), "it has no row with a measurement")
        return ClassStructure(name, len(rows), 0, None, {}, failures, np.zeros(0), (), (), None, reason)
    k = min(criteria, key=lambda size: (criteria[size], size))
    resp = np.asarray(mixture.predict_proba(part))
    w = np.ones(len(rows)) if weight is None else weight
    effects = standardised_effects(table.values, resp, table.columns, levels, w)
    typical = tuple(tuple(int(rows[i]) for i in group) for group in typical_rows(table.values, resp, levels, w))
    words = tuple(effects.words(j) for j in range(resp.shape[1])) if k > 1 else ("the only component",)
    sizes = w @ np.eye(resp.shape[1])[resp.argmax(axis=1)]
    gain = criteria[1] - criteria[k] if 1 in criteria else None
    return ClassStructure(name, len(rows), k, gain, criteria, failures, sizes, words, typical, mixture)
