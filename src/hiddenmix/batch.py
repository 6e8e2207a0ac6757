"""A chunk of data, as an E-step sees it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix._tree import Array, leaves, n_rows, record, stack, static, take
from hiddenmix._xp import is_numpy, namespace, to_numpy

BLOCK_BYTES = 2**18  # of x in a block, as float64; chosen by benchmark: features and densities then stay in cache
MIN_BLOCK, MAX_BLOCK = 1024, 16384
FEW = 2**16  # cells whose mask costs nothing


@record
class Evidence:
    """What is known of the hidden component of each row, as log-weights added before the softmax.

    Either `codes` (n,) into a `table` (m, k), or a dense `table` (n, k) with `codes` None. -inf means impossible.
    """

    table: Array
    codes: Array | None = None

    def take(self, rows: Any) -> Evidence:
        """The evidence of the chosen rows."""
        if self.codes is None:
            return Evidence(self.table[rows])
        return Evidence(self.table, self.codes[rows])

    def log_weights(self) -> Array:
        """Log-weights (n, k)."""
        return self.table if self.codes is None else self.table[self.codes]

    @staticmethod
    def from_labels(codes: Array, k: int) -> Evidence:
        """Known components: `codes` (n,) with -1 where nothing is known."""
        table = np.zeros((k + 1, k))
        table[:k] = np.where(np.eye(k, dtype=bool), 0.0, -np.inf)
        codes = np.asarray(codes, dtype=int)
        return Evidence(table, np.where(codes < 0, k, codes))


@record
class Batch:
    """A chunk of independent units. `index` tells which chunk it is; `weight` None means that every weight is 1.

    `complete` is said where it is known that no cell is missing; the E-step need not look then. `covariates` (units, p)
    are what memberships may depend on.
    """

    x: Any
    index: int = static(default=0)
    weight: Array | None = None
    evidence: Evidence | None = None
    starts: Array | None = None
    complete: bool = static(default=False)
    covariates: Array | None = None

    @property
    def n_units(self) -> int:
        """The number of units."""
        return n_rows(self.x)

    def blocks(self) -> Iterator[Batch]:
        """The batch in parts that NumPy works on in cache; as it is where it is no longer, or on a device."""
        size = block_rows(self.x)
        if self.n_units <= size or not all(map(is_numpy, leaves(self.x))):
            yield self
            return
        for rows in blocks(self.n_units, size):
            weight = None if self.weight is None else self.weight[rows]
            evidence = None if self.evidence is None else self.evidence.take(rows)
            given = take(self.covariates, rows)
            yield Batch(take(self.x, rows), self.index, weight, evidence, complete=self.complete, covariates=given)

    def rows_to_units(self, log_prob: Array) -> Array:
        """Log densities of the units, from those of the rows: here the same."""
        return log_prob

    def units_to_rows(self, resp: Array) -> Array:
        """Responsibilities of the rows, from those of the units: here the same."""
        return resp


@record
class GroupBatch(Batch):
    """A chunk whose units are groups of consecutive rows that share their hidden component.

    `starts` (groups,) holds the first row of each group; weights and evidence are per group.
    """

    @property
    def n_units(self) -> int:
        """The number of groups."""
        return len(self._starts)

    def blocks(self) -> Iterator[Batch]:
        """The batch as it is: groups are whole."""
        yield self

    @property
    def _starts(self) -> Array:
        assert self.starts is not None
        return self.starts

    def rows_to_units(self, log_prob: Array) -> Array:
        """The sum over the rows of each group."""
        return np.add.reduceat(log_prob, self._starts, axis=0)

    def units_to_rows(self, resp: Array) -> Array:
        """The group's responsibility for each of its rows."""
        sizes = np.diff(np.append(self._starts, n_rows(self.x)))
        return np.repeat(resp, sizes, axis=0)


def block_rows(x: Any) -> int:
    """Rows in a block, from the width of the data only."""
    width = sum(math.prod(leaf.shape[1:]) for leaf in leaves(x))
    return int(min(MAX_BLOCK, max(MIN_BLOCK, BLOCK_BYTES // (8 * max(width, 1)))))


def missing_cells(x: Any) -> Array | None:
    """Which cells (n, columns) are missing, over all arrays of `x`; None when there are none."""
    arrays = list(leaves(x))
    if not any(_may_have_nan(leaf) for leaf in arrays):
        return None
    mask = np.concatenate([_missing_in(leaf) for leaf in arrays], axis=1)
    return mask if mask.any() else None


def _missing_in(x: Array) -> Array:
    xp = namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        return np.zeros((x.shape[0], math.prod(x.shape[1:])), dtype=bool)
    return to_numpy(xp.astype(xp.isnan(x), xp.float32)).astype(bool).reshape(x.shape[0], -1)


def _may_have_nan(x: Array) -> bool:
    """Whether any value is NaN (or overflows), by blocks, so that no mask as large as the data is made in vain."""
    if is_numpy(x) and x.size <= FEW:
        return x.dtype.kind == "f" and bool(np.isnan(x).any())
    xp = namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return any(bool(xp.isnan(xp.sum(x[rows, ...]))) for rows in blocks(x.shape[0], 65536))


def blocks(n: int, size: int) -> Iterator[slice]:
    """Consecutive rows, at most `size` at a time."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def joined(parts: Sequence[Batch]) -> Batch:
    """One batch of all units."""
    own: Callable[[Sequence[Batch]], Batch] | None = getattr(parts[0], "joined_with", None)
    if own is not None:
        return own(parts[1:])
    weights = [np.ones(part.n_units) if part.weight is None else part.weight for part in parts]
    tables = [part.evidence.log_weights() for part in parts if part.evidence is not None]
    evidence = Evidence(np.concatenate(tables)) if len(tables) == len(parts) else None
    given = [part.covariates for part in parts if part.covariates is not None]
    covariates = np.concatenate(given) if len(given) == len(parts) else None
    x, weight = stack([part.x for part in parts]), np.concatenate(weights)
    begin = np.cumsum([0, *(n_rows(part.x) for part in parts)])
    starts = [part.starts + first for part, first in zip(parts, begin) if part.starts is not None]
    if starts:
        return GroupBatch(x, 0, weight, evidence, np.concatenate(starts), covariates=covariates)
    return Batch(x, 0, weight, evidence, covariates=covariates)
