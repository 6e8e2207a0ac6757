"""Sequences of rows in time: what a hidden Markov model is fitted on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, n_rows, record, stack, take
from hiddenmix.batch import Evidence, GroupBatch, missing_cells
from hiddenmix.data import chunk_rows, pattern_codes, unit_weights

LONGEST = 2**53  # rows of a sequence


@record
class SequenceBatch(GroupBatch):
    """A chunk whose units are sequences of consecutive rows, each row with a hidden state of its own.

    `starts` (units,) holds the first row of each sequence, `weight` is per sequence; `evidence` is per row. Rows of `x`
    that miss the same cells stand together: row i of `x` has its place in time at `place[i]` (None: at i).
    """

    place: Array | None = None

    def in_time(self, values: Array) -> Array:
        """Values of the rows of `x` along the last axis, in the order of time."""
        if self.place is None:
            return values
        out = np.empty_like(values)
        out[..., self.place] = values
        return out

    def of_rows(self, values: Array) -> Array:
        """The inverse of `in_time`."""
        return values if self.place is None else values[..., self.place]

    def rows_to_units(self, log_prob: Array) -> Array:
        """The sum over the rows of each sequence."""
        return np.add.reduceat(self.in_time(log_prob.T).T, self._starts, axis=0)

    def units_to_rows(self, resp: Array) -> Array:
        """The sequence's number for each of its rows."""
        return self.of_rows(np.repeat(resp, self.sizes, axis=0).T).T

    @property
    def sizes(self) -> Array:
        """The length of each sequence (units,)."""
        return np.diff(np.append(self._starts, n_rows(self.x)))

    def as_data(self, chunk: int | None = None) -> Sequences:
        """The batch as data of their own."""
        x = self.x if self.place is None else take(self.x, np.argsort(self.place))
        return Sequences(x, self.sizes, self.weight, self.evidence, chunk)

    def joined_with(self, others: Sequence[SequenceBatch]) -> SequenceBatch:
        """One batch of all sequences."""
        parts = [each.as_data() for each in (self, *others)]
        tables = [part.evidence.log_weights() for part in parts if part.evidence is not None]
        return Sequences(
            stack([take(part.x, part.in_memory_order) for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([np.ones(part.n_units) if part.weight is None else part.weight for part in parts]),
            Evidence(np.concatenate(tables)) if len(tables) == len(parts) else None,
        ).whole()


class Sequences:
    """Sequences of different lengths, one after the other in an array or a record of arrays.

    A chunk has whole sequences. Sequences of weight 0 are absent; `order` maps sequences in chunk order back to the
    caller's, and `rows` does the same for their rows.

    Parameters
    ----------
    x : array of shape (n, d), or record of arrays
        The rows of all sequences, each in the order of time.
    lengths : sequence of int, optional
        How many rows each sequence has; one sequence by default.
    weight : array of shape (units,), optional
        Of the sequences: 3 is the sequence three times, 0 is none.
    evidence : Evidence, optional
        What is known of the state of each row.
    chunk : int, optional
        About how many rows a chunk has.

    Raises
    ------
    HiddenmixError
        HM148 lengths that do not fit the rows; HM129 weights that are none.
    """

    in_memory = True

    def __init__(
        self,
        x: Any,
        lengths: Any = None,
        weight: Array | None = None,
        evidence: Evidence | None = None,
        chunk: int | None = None,
    ) -> None:
        lengths = check_lengths(lengths, n_rows(x))
        weight = unit_weights(weight, len(lengths))
        self.order: Array | None = None
        self.rows: Array | None = None
        self.n_given = n_rows(x)
        if weight is not None and not (weight > 0).all():
            self.order = np.flatnonzero(weight > 0)
            self.rows = np.flatnonzero(np.repeat(weight > 0, lengths))
            x, weight, lengths = take(x, self.rows), weight[self.order], lengths[self.order]
            evidence = None if evidence is None else evidence.take(self.rows)
        self.lengths, self.weight, self.evidence = lengths, weight, evidence
        self.starts = np.cumsum(lengths) - lengths
        self.n_units = len(lengths)
        self.total_weight = float(self.n_units if weight is None else weight.sum())
        self.chunk = chunk or chunk_rows(x)
        missing = missing_cells(x)
        self.complete = missing is None
        seen = np.ones(n_rows(x)) if missing is None else 1.0 - missing.all(axis=1)
        self.n_observed = float(seen.sum() if weight is None else seen @ np.repeat(weight, lengths))
        self._bounds = self._units_of_chunks()
        self.place = None if missing is None else self._sorted(pattern_codes(missing))
        self.x = x if self.place is None else take(x, self.place + self._first_rows())

    def chunks(self) -> Iterator[SequenceBatch]:
        """Batches of whole sequences of about `chunk` rows."""
        for index, (first, last) in enumerate(itertools.pairwise(self._bounds)):
            yield self._batch(first, last, index)

    def sample(self, rng: np.random.Generator, size: int) -> SequenceBatch:
        """A batch of at most `size` sequences drawn without replacement; all when they are no more."""
        if self.n_units <= size:
            return self.whole()
        chosen = np.sort(rng.choice(self.n_units, size, replace=False))
        rows = np.concatenate([np.arange(self.starts[u], self.starts[u] + self.lengths[u]) for u in chosen])
        weight = None if self.weight is None else self.weight[chosen]
        evidence = None if self.evidence is None else self.evidence.take(rows)
        x = take(self.x, self.in_memory_order[rows])
        return Sequences(x, self.lengths[chosen], weight, evidence).whole()

    def whole(self) -> SequenceBatch:
        """All sequences in one batch."""
        if len(self._bounds) == 2:
            return self._batch(0, self.n_units, 0)
        x = take(self.x, self.in_memory_order)
        return Sequences(x, self.lengths, self.weight, self.evidence, max(n_rows(x), 1)).whole()

    def restore(self, values: Array, fill: float = np.nan) -> Array:
        """Values per row in the order of time, put among the caller's rows; those of absent sequences get `fill`."""
        if self.rows is None:
            return values
        out = np.full((self.n_given, *values.shape[1:]), fill, dtype=values.dtype)
        out[self.rows] = values
        return out

    @property
    def in_memory_order(self) -> Array:
        """Where each row, in the order of time, stands in `x`."""
        if self.place is None:
            return np.arange(n_rows(self.x))
        return np.argsort(self.place + self._first_rows())

    def _units_of_chunks(self) -> list[int]:
        """The first sequence of each chunk, and the end."""
        bounds, ends = [0], self.starts + self.lengths
        while bounds[-1] < self.n_units:
            first = bounds[-1]
            last = int(np.searchsorted(ends, self.starts[first] + self.chunk, side="right"))
            bounds.append(min(max(first + 1, last), self.n_units))
        return bounds

    def _rows_of_chunks(self) -> Array:
        """The first row of each chunk, and the end."""
        return np.append(self.starts, self.lengths.sum())[self._bounds]

    def _first_rows(self) -> Array:
        """For each row, the first one of its chunk."""
        bounds = self._rows_of_chunks()
        return np.repeat(bounds[:-1], np.diff(bounds))

    def _sorted(self, codes: Array) -> Array:
        """For each row of `x`, its place in time within its chunk: rows that miss the same cells stand together."""
        bounds = self._rows_of_chunks()
        return np.concatenate([np.argsort(codes[a:b], kind="stable") for a, b in itertools.pairwise(bounds)])

    def _batch(self, first: int, last: int, index: int) -> SequenceBatch:
        starts = self.starts[first:last]
        end = self.starts[last] if last < self.n_units else n_rows(self.x)
        rows = slice(int(starts[0]), int(end))
        return SequenceBatch(
            take(self.x, rows),
            index,
            None if self.weight is None else self.weight[first:last],
            None if self.evidence is None else self.evidence.take(rows),
            starts - starts[0],
            complete=self.complete,
            place=None if self.place is None else self.place[rows],
        )


def check_lengths(lengths: Any, n: int) -> Array:
    """Whole numbers above 0 that sum to the number of rows; HM148 otherwise."""
    if lengths is None:
        return np.array([n])
    try:
        values = np.asarray(lengths)
    except ValueError:
        values = np.zeros(0)
    numbers = values.dtype.kind in "iuf" and values.ndim == 1 and len(values) > 0
    if not numbers or not np.all((values >= 1) & (values <= LONGEST) & (values % 1 == 0)):
        what = f"lengths must be whole numbers of 1 or more, one for each sequence; got {lengths!r}"
        raise HiddenmixError("HM148", what, "lengths=[200, 150] for a table of 350 rows")
    whole = values.astype(int)
    if whole.sum() != n:
        what = f"lengths that sum to {whole.sum()}, for {n} rows"
        raise HiddenmixError("HM148", what, "lengths=[200, 150] for a table of 350 rows")
    return whole


__all__ = ["SequenceBatch", "Sequences", "check_lengths"]
