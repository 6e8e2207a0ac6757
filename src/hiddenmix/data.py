"""Data as the engine sees them: independent units in chunks, each chunk a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, leaves, n_rows, take
from hiddenmix._validate import check_weights
from hiddenmix.batch import Batch, Evidence, GroupBatch, block_rows, blocks, joined, missing_cells

CHUNKS = 16  # or a multiple of it, so that cores have equal shares
MAX_CHUNK = 2**16


def chunk_rows(x: Any) -> int:
    """Rows in a chunk, from the shape of the data only: whole tiles of 256 rows, and no less than a block."""
    n = n_rows(x)
    share = -(-n // (CHUNKS * -(-n // (CHUNKS * MAX_CHUNK))))
    return max(block_rows(x), -(-share // 256) * 256)


class Rows:
    """Independent rows: an array with a leading row axis, or a record of such arrays.

    Rows of weight 0 are absent. Rows with missing cells are sorted by which cells they miss, once, so that equal
    patterns stand together; `order` maps rows in chunk order back to the caller's. `covariates` (n, p) are for models
    whose memberships depend on them.
    """

    in_memory = True

    def __init__(
        self,
        x: Any,
        weight: Array | None = None,
        evidence: Evidence | None = None,
        chunk: int | None = None,
        covariates: Array | None = None,
    ) -> None:
        n = n_rows(x)
        covariates = _table(covariates, n)
        missing = missing_cells(x)
        order: Array | None = None
        weight = unit_weights(weight, n)
        if weight is not None and not (weight > 0).all():
            order = np.flatnonzero(weight > 0)
        if missing is not None:
            rows = np.arange(n) if order is None else order
            order = rows[np.argsort(pattern_codes(missing[rows]), kind="stable")]
        if order is not None:
            x = take(x, order)
            weight = None if weight is None else weight[order]
            evidence = None if evidence is None else evidence.take(order)
            missing = None if missing is None else missing[order]
            covariates = take(covariates, order)
        self.x, self.weight, self.evidence, self.order, self.covariates = x, weight, evidence, order, covariates
        self.complete = missing is None
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
        for index, rows in enumerate(blocks(self.n_units, self.chunk)):
            yield self._batch(rows, index)

    def sample(self, rng: np.random.Generator, size: int) -> Batch:
        """A batch of at most `size` rows drawn without replacement; all rows when they are no more."""
        if self.n_units <= size:
            return self._batch(slice(None), 0)
        return self._batch(np.sort(rng.choice(self.n_units, size, replace=False)), 0)

    def gather(self, parts: Iterable[Array]) -> Array:
        """Values per row that come chunk by chunk, in the order that the caller gave; absent rows get NaN."""
        out, begin = np.zeros((self.n_given, 0)), 0
        for part in parts:
            if begin == 0:
                out = np.empty((self.n_given, *part.shape[1:]), dtype=part.dtype)
                if self.n_units < self.n_given:
                    out[...] = np.nan
            rows = slice(begin, begin + len(part))
            out[rows if self.order is None else self.order[rows]] = part
            begin += len(part)
        return out

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
            complete=self.complete,
            covariates=take(self.covariates, rows),
        )


def _in_rows(x: Any) -> Any:
    """A chunk with its rows one after the other in memory, so that results do not depend on the layout of the data."""
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) and len(x) <= MAX_CHUNK else x


class Groups:
    """Groups of rows that share their hidden component.

    `groups` (n,) holds any label per row; weights, evidence and covariates are per group, in the order of the sorted
    labels. Groups of weight 0 are absent. `rows` holds the caller's rows in chunk order.
    """

    in_memory = True

    def __init__(
        self,
        x: Any,
        groups: Array,
        weight: Array | None = None,
        evidence: Evidence | None = None,
        chunk: int = 4096,
        covariates: Array | None = None,
    ) -> None:
        if len(groups) != n_rows(x):
            raise HiddenmixError("HM404", f"{n_rows(x)} rows, but {len(groups)} group labels", "one label for each row")
        names, codes = np.unique(np.asarray(groups), return_inverse=True)
        order: Array | None = None
        weight, covariates = unit_weights(weight, len(names)), _table(covariates, len(names))
        if weight is not None and not (weight > 0).all():
            order = np.flatnonzero(weight > 0)
            weight, evidence = weight[order], None if evidence is None else evidence.take(order)
            covariates = take(covariates, order)
        rows = np.argsort(codes, kind="stable")
        rows = rows if order is None else rows[np.isin(codes[rows], order)]
        self.x = take(x, rows)
        self.starts = np.flatnonzero(np.diff(codes[rows], prepend=-1))
        self.rows, self.order, self.weight, self.evidence, self.chunk = rows, order, weight, evidence, chunk
        self.covariates = covariates
        self.n_units, self.n_given = len(self.starts), len(names)
        self.total_weight = float(self.n_units if weight is None else weight.sum())
        missing = missing_cells(self.x)
        seen = np.ones(len(rows), bool) if missing is None else ~missing.all(axis=1)
        seen = np.logical_or.reduceat(seen, self.starts)
        self.n_observed = float(seen.sum() if weight is None else weight[seen].sum())

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
            covariates=take(self.covariates, chosen),
        )


class Chunks:
    """Data that do not fit in memory: one callable per chunk, which the worker calls to get a `Batch`.

    The callables are called once at the start, to count units, their weight and what is observed.
    """

    in_memory = False
    order: Array | None = None

    def __init__(self, openers: Sequence[Callable[[], Batch]]) -> None:
        used = []
        self.n_units, self.total_weight, self.n_observed = 0, 0.0, 0.0
        for opener in openers:
            part = data_of(opener())
            used += [opener] if part.n_units else []
            self.n_units += part.n_units
            self.total_weight += part.total_weight
            self.n_observed += part.n_observed
        if not used:
            raise HiddenmixError("HM110", "no chunk holds a unit of positive weight", "at least one row")
        self.openers = tuple(used)

    def chunks(self) -> Iterator[Callable[[], Batch]]:
        """The callables, in order."""
        yield from self.openers

    def sample(self, rng: np.random.Generator, size: int) -> Batch:
        """A batch of about `size` units, the same share of every chunk."""
        share = size / max(self.n_units, 1)
        parts = (data_of(opener()) for opener in self.openers)
        return joined([part.sample(rng, max(1, round(share * part.n_units))) for part in parts])


def data_of(batch: Batch, chunk: int | None = None) -> Rows | Groups:
    """A batch as data of their own: absent units dropped, rows with the same missing cells together."""
    own: Callable[[int | None], Rows | Groups] | None = getattr(batch, "as_data", None)
    if own is not None:
        return own(chunk)
    if batch.starts is None:
        return Rows(batch.x, batch.weight, batch.evidence, chunk, batch.covariates)
    sizes = np.diff(np.append(batch.starts, n_rows(batch.x)))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return Groups(batch.x, groups, batch.weight, batch.evidence, covariates=batch.covariates)


def opened(chunk: Any) -> Iterator[Batch]:
    """The batches of a chunk: itself, or of a callable what it opens, where the work is done."""
    if callable(chunk):
        yield from data_of(chunk()).chunks()
    else:
        yield chunk


def _table(covariates: Any, n: int) -> Array | None:
    """Covariates (n, p), one row for each unit. Raises HM404 for another shape."""
    if covariates is None:
        return None
    table = np.asarray(covariates, dtype=float)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or len(table) != n:
        raise HiddenmixError("HM404", f"covariates of shape {table.shape} for {n} units", "one row for each unit")
    return table


def unit_weights(weight: Any, n: int) -> Array | None:
    """Weights that are numbers of 0 or more, one for each unit; in a chunk all of them may be 0."""
    return np.zeros(n) if weight is not None and not np.any(weight) else check_weights(weight, n)


def pattern_codes(missing: Array) -> Array:
    """An integer for each row's pattern of missing cells."""
    packed = np.packbits(missing, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    return np.asarray(np.unique(keys, return_inverse=True)[1])
