"""Views of fitted counts and categories, for the estimators that show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._readers import Reader
from hiddenmix.estimators._starting import GivenStart
from hiddenmix.estimators._summary import number

COUNTED = ("allow_nan", "positive_only", "categorical")  # scikit-learn's tags of an estimator for counts
SHOWN = 2  # levels of a column that the summary names


def numbers(values: Array) -> Sequence[Sequence[str]]:
    """A parameter (k, d), as text."""
    return [[number(value) for value in row] for row in values]


def levels(probabilities: Array, reader: Reader) -> Sequence[Sequence[str]]:
    """The most probable levels of every component and column (k, d, L), as text."""
    return [[_top(p, reader.levels_of(c)) for c, p in enumerate(row)] for row in probabilities]


def _top(p: Array, names: Any) -> str:
    best = [j for j in np.argsort(-p, kind="stable")[:SHOWN] if p[j] > 0]
    return " ".join(f"{names[j]} {p[j]:.2f}" for j in best)


def by_column(probabilities: Array, reader: Reader) -> list[Array]:
    """For each column, the probabilities (k, levels) of its own levels."""
    return [
        np.array(probabilities[:, c, : len(reader.levels_of(c))])  # type: ignore[arg-type]
        for c in range(probabilities.shape[1])
    ]


def pseudo_counts(prior: Any, several: bool) -> Any:
    """A prior of pseudo-counts: None, a number of 0 or more, or with `several` a pair of these; HM403 otherwise."""
    if prior is None:
        return None
    shape = (2,) if several else ()
    try:
        values = np.asarray(prior, dtype=float)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    if values.shape != shape or not np.all(np.isfinite(values) & (values >= 0)):
        what = "two numbers" if several else "a number"
        fix = "prior=(1, 1), or None for none" if several else "prior=0.5, or None for none"
        raise HiddenmixError("HM403", f"prior must be {what} of 0 or more (seen before); got {prior!r}", fix)
    return tuple(values.tolist()) if several else float(values)


def start(how: str, weights: Array | None, components: Any) -> GivenStart | None:
    """The start that is given; None without any."""
    return None if weights is None and components is None else GivenStart(how, weights, components)


def title(fitted: Fitted, name: str) -> str:
    """How many components of what, for the summary."""
    k = len(fitted.params.weights)
    return f"{k} {name} component{'s' * (k > 1)}"
