"""Known labels: what the user knows of the hidden component of some rows, as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_labels
from hiddenmix.batch import Evidence


@dataclass(frozen=True)
class Knowledge:
    """Evidence on the components of the rows.

    Attributes
    ----------
    evidence : None where nothing is known
    classes : the sorted labels, which belong to the first components
    fixed : how many of the first components keep their place
    components : the component of each row (n,), where it is known for certain of every row
    groups : the class of each component (k,), where components belong to classes and stay among their own
    """

    evidence: Evidence | None = None
    classes: AnyArray | None = None
    fixed: int = 0
    components: Array | None = None
    groups: Array | None = None


@dataclass(frozen=True)
class Labels:
    """Known labels before the number of components is settled: codes of classes, or weights (n, k)."""

    codes: Array | None = None
    classes: AnyArray | None = None
    weights: Array | None = None

    def __bool__(self) -> bool:
        return self.codes is not None or self.weights is not None

    def sizes(self, sizes: range) -> list[int]:
        """Those numbers of components that go together with what is known."""
        if self.weights is not None:
            return [self.weights.shape[1]]
        if self.codes is None or self.classes is None:
            return list(sizes)
        m = len(self.classes)
        return [m] if (self.codes >= 0).all() else [k for k in sizes if k >= m] or [m]

    def knowledge(self, k: int) -> Knowledge:
        """The evidence for k components. Raises HM410 where the two do not go together."""
        if self.weights is not None:
            return _from_weights(self.weights, k)
        if self.codes is None or self.classes is None:
            return Knowledge()
        m, complete = len(self.classes), bool((self.codes >= 0).all())
        if m > k:
            raise HiddenmixError(
                "HM410", f"known_labels has {m} different labels for {k} components", f"n_components={m}, or more"
            )
        if complete and m < k:
            raise HiddenmixError(
                "HM410",
                f"every row has one of {m} labels, which leaves no row to the other {k - m} of {k} components",
                f"n_components={m}; or weights (n, k) that leave several components open to a row",
            )
        return Knowledge(Evidence.from_labels(self.codes, k), self.classes, m, self.codes if complete else None)


def read_labels(known_labels: Any, n: int) -> Labels:
    """Labels (n,) of any type, -1, None and NaN for unknown; or weights (n, k), 0 for impossible, rows of NaN unknown.

    Raises
    ------
    HiddenmixError : HM128 another shape, HM130 weights that are none
    """
    if known_labels is None:
        return Labels()
    if np.ndim(known_labels) == 2:
        return Labels(weights=_check_weights(known_labels, n))
    found = check_labels(known_labels, n)
    if not len(found.levels):
        return Labels()
    return Labels(found.codes, found.levels)


def _check_weights(known_labels: Any, n: int) -> Array:
    try:
        table = np.array(known_labels, dtype=float)
    except (TypeError, ValueError):
        raise HiddenmixError(
            "HM130",
            "known_labels with two axes must hold weights, which are numbers",
            "labels of one axis may be of any type",
        ) from None
    if len(table) != n:
        raise HiddenmixError(
            "HM128", f"known_labels must have one row per row, shape ({n}, k); got {table.shape}", "NaN: unknown"
        )
    table[np.isnan(table).all(axis=1)] = 1.0
    bad = ~(np.isfinite(table) & (table >= 0)).all(axis=1) | ~(table > 0).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise HiddenmixError(
            "HM130",
            f"known_labels: row {row} (counting from 0) holds {table[row].tolist()}",
            "weights are 0 or more, and not all 0; a row of NaN is unknown",
        )
    return table


def _from_weights(table: Array, k: int) -> Knowledge:
    if table.shape[1] != k:
        raise HiddenmixError("HM410", f"known_labels has {table.shape[1]} columns for {k} components", "one for each")
    if not (table > 0).any(axis=0).all():
        empty = int(np.argmin(table.any(axis=0)))
        raise HiddenmixError(
            "HM410", f"known_labels leaves no row to component {empty}", "leave its column out, k - 1 components"
        )
    with np.errstate(divide="ignore"):
        evidence = Evidence(np.log(table))
    certain = bool(((table > 0).sum(axis=1) == 1).all())
    return Knowledge(evidence, None, k, np.argmax(table, axis=1) if certain else None)
