"""Data as the engine sees them: independent units in chunks, each chunk a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix._tree import Array, leaves, n_rows, record, stack, static, take
from hiddenmix._xp import namespace, to_numpy

CHUNK_BYTES = 2**18  # of x in one chunk, as float64; chosen by benchmark: features and densities then stay in cache
MIN_CHUNK, MAX_CHUNK = 1024, 16384


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
    """A chunk of independent units. `index` tells which chunk it is; `weight` None means that every weight is 1."""

    x: Any
    index: int = static(default=0)
    weight: Array | None = None
    evidence: Evidence | None = None

    @property
    def n_units(self) -> int:
        """The number of units."""
        return n_rows(self.x)

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

    starts: Array | None = None

    @property
    def n_units(self) -> int:
        """The number of groups."""
        return len(self._starts)

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
    xp = namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return any(bool(xp.isnan(xp.sum(x[rows, ...]))) for rows in _blocks(x.shape[0], 65536))


def _blocks(n: int, size: int) -> Iterator[slice]:
    """Consecutive rows, at most `size` at a time."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def chunk_rows(x: Any) -> int:
    """Rows in a chunk, from the width of the data only."""
    width = sum(int(np.prod(leaf.shape[1:])) for leaf in leaves(x))
    return int(min(MAX_CHUNK, max(MIN_CHUNK, CHUNK_BYTES // (8 * max(width, 1)))))


class Rows:
    """Independent rows: an array with a leading row axis, or a record of such arrays.

    Rows of weight 0 are absent. Rows with missing cells are sorted by which cells they miss, once, so that equal
    patterns stand together; `order` maps rows in chunk order back to the caller's.
    """

    in_memory = True

    def __init__(
        self, x: Any, weight: Array | None = None, evidence: Evidence | None = None, chunk: int | None = None
    ) -> None:
        n = n_rows(x)
        missing = missing_cells(x)
        order: Array | None = None
        if weight is not None:
            weight = np.asarray(weight, dtype=float)
            if not (weight > 0).all():
                order = np.flatnonzero(weight > 0)
        if missing is not None:
            rows = np.arange(n) if order is None else order
            order = rows[np.argsort(_pattern_codes(missing[rows]), kind="stable")]
        if order is not None:
            x = take(x, order)
            weight = None if weight is None else weight[order]
            evidence = None if evidence is None else evidence.take(order)
            missing = None if missing is None else missing[order]
        self.x, self.weight, self.evidence, self.order = x, weight, evidence, order
        self.n_units, self.n_given = n_rows(x), n
        self.chunk = chunk or chunk_rows(x)
        self.single_precision = any(
            not isinstance(leaf, np.ndarray) and "float32" in str(leaf.dtype) for leaf in leaves(x)
        )
        self.total_weight = float(self.n_units if weight is None else weight.sum())
        seen = None if missing is None else ~missing.all(axis=1)
        if seen is None:
            self.n_observed = self.total_weight
        else:
            self.n_observed = float(seen.sum() if weight is None else weight[seen].sum())

    def chunks(self) -> Iterator[Batch]:
        """Batches of consecutive rows."""
        for index, rows in enumerate(_blocks(self.n_units, self.chunk)):
            yield self._batch(rows, index)

    def sample(self, rng: np.random.Generator, size: int) -> Batch:
        """A batch of at most `size` rows drawn without replacement; all rows when they are no more."""
        if self.n_units <= size:
            return self._batch(slice(None), 0)
        return self._batch(np.sort(rng.choice(self.n_units, size, replace=False)), 0)

    def restore(self, values: Array, fill: float = np.nan) -> Array:
        """Values per row in chunk order, put back into the order that the caller gave; absent rows get `fill`."""
        if self.order is None:
            return values
        out = np.full((self.n_given, *values.shape[1:]), fill, dtype=values.dtype)
        out[self.order] = values
        return out

    def _batch(self, rows: Any, index: int) -> Batch:
        return Batch(
            _in_rows(take(self.x, rows)),
            index,
            None if self.weight is None else self.weight[rows],
            None if self.evidence is None else self.evidence.take(rows),
        )


def _in_rows(x: Any) -> Any:
    """A chunk with its rows one after the other in memory, so that results do not depend on the layout of the data."""
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) and len(x) <= MAX_CHUNK else x


class Groups:
    """Groups of rows that share their hidden component; `groups` (n,) holds any label per row."""

    in_memory = True

    def __init__(
        self, x: Any, groups: Array, weight: Array | None = None, evidence: Evidence | None = None, chunk: int = 4096
    ) -> None:
        _, codes = np.unique(np.asarray(groups), return_inverse=True)
        order = np.argsort(codes, kind="stable")
        self.x = take(x, order)
        self.starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        self.order, self.evidence, self.chunk = order, evidence, chunk
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        self.n_units = len(self.starts)
        self.total_weight = float(self.n_units if self.weight is None else self.weight.sum())
        self.n_observed = self.total_weight

    def chunks(self) -> Iterator[GroupBatch]:
        """Batches of whole groups of about `chunk` rows."""
        n = n_rows(self.x)
        first, index = 0, 0
        while first < self.n_units:
            last = int(np.searchsorted(self.starts, self.starts[first] + self.chunk))
            last = max(first + 1, last)
            yield self._batch(np.arange(first, min(last, self.n_units)), index, n)
            first, index = last, index + 1

    def sample(self, rng: np.random.Generator, size: int) -> GroupBatch:
        """A batch of at most `size` groups."""
        chosen = np.arange(self.n_units)
        if self.n_units > size:
            chosen = np.sort(rng.choice(self.n_units, size, replace=False))
        return self._batch(chosen, 0, n_rows(self.x))

    def _batch(self, chosen: Array, index: int, n: int) -> GroupBatch:
        ends = np.append(self.starts[1:], n)[chosen]
        begins = self.starts[chosen]
        sizes = ends - begins
        rows = np.concatenate([np.arange(b, e) for b, e in zip(begins, ends, strict=True)])
        return GroupBatch(
            take(self.x, rows),
            index,
            None if self.weight is None else self.weight[chosen],
            None if self.evidence is None else self.evidence.take(chosen),
            np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        )


class Chunks:
    """Data that do not fit in memory: one callable per chunk, which the worker calls to get the `Batch`.

    `n_units`, `total_weight` and `n_observed` are counted in one pass unless they are given.
    """

    in_memory = False
    order: Array | None = None

    def __init__(self, openers: Sequence[Callable[[], Batch]]) -> None:
        self.openers = tuple(openers)
        units, total, observed = 0, 0.0, 0.0
        for opener in self.openers:
            batch = opener()
            rows = Rows(batch.x, batch.weight)
            units, total, observed = units + rows.n_units, total + rows.total_weight, observed + rows.n_observed
        self.n_units, self.total_weight, self.n_observed = units, total, observed

    def chunks(self) -> Iterator[Callable[[], Batch]]:
        """The callables, in order."""
        yield from self.openers

    def sample(self, rng: np.random.Generator, size: int) -> Batch:
        """A batch of about `size` units, the same share of every chunk."""
        parts = []
        for opener in self.openers:
            batch = opener()
            rows = Rows(batch.x, batch.weight, batch.evidence)
            parts.append(rows.sample(rng, max(1, round(size * rows.n_units / max(self.n_units, 1)))))
        return _joined(parts)


def _joined(parts: Sequence[Batch]) -> Batch:
    weights = [np.ones(part.n_units) if part.weight is None else part.weight for part in parts]
    tables = [part.evidence.log_weights() for part in parts if part.evidence is not None]
    evidence = Evidence(np.concatenate(tables)) if len(tables) == len(parts) else None
    return Batch(stack([part.x for part in parts]), 0, np.concatenate(weights), evidence)


def _pattern_codes(missing: Array) -> Array:
    """An integer for each row's pattern of missing cells."""
    packed = np.packbits(missing, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    return np.asarray(np.unique(keys, return_inverse=True)[1])
