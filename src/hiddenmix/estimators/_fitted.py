"""What an estimator keeps of a fit: the model for predictions, and the facts that a summary tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.batch import missing_cells
from hiddenmix.discover.assumption import Check
from hiddenmix.engine.result import Result
from hiddenmix.estimators._census import sentence
from hiddenmix.model import Data, Pool
from hiddenmix.select import Criteria, criteria_and_sizes


@dataclass(frozen=True)
class Facts:
    """What a summary tells of the fit; `sizes` (k,) are rows by their most probable component."""

    criteria: Criteria
    n_rows: int
    n_empty: int
    sizes: Array
    iterations: int
    status: str
    certificate: str
    census: str
    note: str = ""


@dataclass(frozen=True)
class Fitted:
    """What predictions need, and the parameters as the estimator's attributes show them."""

    model: Any
    params: Any
    reader: Any
    n_columns: int
    names: tuple[str, ...] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    facts: Facts | None = None
    check: Check | None = None

    def same_as(self, shown: dict[str, Any]) -> bool:
        """Whether the attributes are still those of the fit."""
        return all(name in shown and _same(shown[name], value) for name, value in self.attributes.items())


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    return np.array_equal(a, b)


def facts_of(result: Result[Any, Any], rows: Data, table: Table, pool: Pool, note: str) -> Facts:
    """The facts of a fit, in one pass over its data."""
    missing = missing_cells(table.values)
    compared, sizes = criteria_and_sizes(result.model, result.params, rows, pool)
    return Facts(
        compared,
        len(table.values),
        0 if missing is None else int(missing.all(axis=1).sum()),
        sizes,
        result.iterations,
        result.status.value if result.reason in ("", note) else f"{result.status.value} ({result.reason})",
        result.certificate.value,
        sentence(result),
        note,
    )
