"""What an estimator keeps of a fit: the model for predictions, and the facts that a summary tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix._xp import to_numpy
from hiddenmix.batch import missing_cells
from hiddenmix.data import Rows
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.result import Result
from hiddenmix.estimators._census import sentence
from hiddenmix.model import Pool
from hiddenmix.select import Criteria, criteria


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


def facts_of(result: Result[Any, Any], rows: Rows, table: Table, pool: Pool, note: str) -> Facts:
    """The facts of a fit, in two passes over its data."""
    missing = missing_cells(table.values)
    return Facts(
        criteria(result.model, result.params, rows, pool),
        len(table.values),
        0 if missing is None else int(missing.all(axis=1).sum()),
        hard_sizes(result, rows, pool),
        result.iterations,
        result.status.value if result.reason in ("", note) else f"{result.status.value} ({result.reason})",
        result.certificate.value,
        sentence(result),
        note,
    )


def hard_sizes(result: Result[Any, Any], rows: Rows, pool: Pool) -> Array:
    """The weight of the rows whose most probable component is each of the k; rows without a value do not count."""
    model, params = result.model, result.params

    def sizes(batch: Any) -> Array:
        labels = np.argmax(to_numpy(model.posterior(params, batch)[1]), axis=1)
        missing = missing_cells(batch.x)
        seen = np.ones(len(labels)) if missing is None else (~missing.all(axis=1)).astype(float)
        weight = seen if batch.weight is None else seen * batch.weight
        return np.bincount(labels, weight, minlength=model.n_components).astype(float)

    with single_threaded_blas():
        total: Array = _tree.merge_all(pool.map(sizes, rows.chunks()))
    return total
