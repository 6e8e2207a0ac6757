"""What families of counts share whose statistic is the weighted histogram of the distinct counts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, TypeVar, final

import numpy as np

from hiddenmix import _tree
from hiddenmix._special import impossible_below
from hiddenmix._tree import Array
from hiddenmix.families._base import columns, refuse_no_counts
from hiddenmix.families._histogram import Histogram, Tally
from hiddenmix.families._independent import IndependentColumns

P = TypeVar("P")


class Counted(IndependentColumns[P, Histogram]):
    """A family of counts, columns independent. Densities are worked out once for every distinct count."""

    kind: ClassVar[Literal["number", "count"]] = "count"

    @abstractmethod
    def log_mass(self, params: P, value: Array) -> Array:
        """Log probabilities of values (..., q) under parameters whose entries broadcast against (...); log 0 finite."""

    def numbers(self, x: Any) -> Sequence[Array]:
        """The numbers that a cell consists of: q arrays (n, d), NaN where it is missing."""
        return [np.asarray(columns(x), dtype=float)]

    @final
    def evaluate(self, params: P, x: Any) -> tuple[Array, Callable[[Array], Histogram]]:
        """Log densities (n, k) of the observed cells, and the histogram."""
        cells = Tally(self.numbers(x))
        table = impossible_below(self.log_mass(_tree.pick(params, (slice(None), cells.column)), cells.value))
        return cells.sums(table), cells.histogram

    @final
    def log_prob(self, params: P, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    @final
    def stats(self, params: P | None, x: Any, resp: Array) -> Histogram:
        """The histogram of the counts, rows weighted by `resp` (n, k)."""
        return Tally(self.numbers(x)).histogram(resp)

    @final
    def expected_log_prob(self, params: P, stats: Histogram) -> Array:
        """The weighted sum of the log probabilities of the distinct counts (k,)."""
        table = self.log_mass(_tree.pick(params, (..., None)), stats.value)
        return np.sum(np.where(stats.weight > 0, stats.weight * table, 0.0), axis=(1, 2))

    @final
    def weight(self, stats: Histogram) -> Array:
        """The rows (k, d) that were counted."""
        return np.asarray(stats.weight.sum(axis=-1))

    def refuse(self, x: Array) -> None:
        """HM124 negative counts, HM125 fractional ones."""
        refuse_no_counts(x)


__all__ = ["Counted"]
