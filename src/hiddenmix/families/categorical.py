"""Categories: one of several levels in each column, columns independent.

log p(x; p) = sum_c log p_{c, x_c}, over observed cells. The estimate is the share of each level; a Dirichlet prior with
parameters 1 + a is a rows of every level seen before. Columns may differ in their number of levels: probabilities are
padded with zeros to the largest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix import _simplex
from hiddenmix._special import safe_log
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.families._base import Linear, columns, refuse_no_counts, weighted_columns
from hiddenmix.families._charts import SHARE
from hiddenmix.families._given import refuse_known
from hiddenmix.kernels.form import LEVEL
from hiddenmix.model import Known


@record
class CategoricalParams:
    """Probabilities of the levels (k, d, L), zero beyond a column's own number of levels."""

    p: Array


@record
class CategoricalStats:
    """Expected counts of the levels (k, d, L)."""

    counts: Array


class Categorical(Linear[CategoricalParams, CategoricalStats]):
    """Categorical components; data are codes (n, d) that count the levels of a column from 0, NaN for missing.

    A code beyond a column's levels says nothing here, like a missing cell; estimators refuse it.

    Parameters
    ----------
    levels : int, sequence of d ints, or None
        Levels of each column; None takes the largest code that is seen, plus 1.
    p : Known, optional
        Probabilities that are given; the others share what these leave.
    prior : float, optional
        Pseudo-count: rows added to every level of every component and column.
    """

    def __init__(
        self, levels: int | Sequence[int] | Array | None = None, *, p: Known | None = None, prior: float | None = None
    ) -> None:
        self.levels = None if levels is None else np.atleast_1d(np.asarray(levels, dtype=int))
        refuse_known(p, "p", SHARE)
        self.known, self.pseudo = p, prior
        self.prior: CategoricalStats | None = None
        if self.levels is not None and prior is not None:
            self.prior = CategoricalStats(np.where(self._exist(), prior, 0.0))

    def prepare(self, x: Any, weight: Array | None, k: int) -> Categorical:
        """The family with its levels settled, one number for each column."""
        refuse_no_counts(x)
        d = columns(x).shape[1]
        if self.levels is not None and len(self.levels) == d:
            return self
        seen = np.fmax.reduce(to_numpy(columns(x)), axis=0, initial=0.0) + 1
        levels = seen if self.levels is None else np.repeat(self.levels, d)
        return Categorical(levels, p=self.known, prior=self.pseudo)

    def repeated(self, count: int) -> Categorical | None:
        """Components share nothing, unless something is known of single ones."""
        return self if self.known is None else None

    def natural(self, params: CategoricalParams) -> Array:
        """log p of every level of every column."""
        return safe_log(params.p[:, self._exist()])

    def features(self, x: Any) -> Array:
        """Which level a row has: 0 and 1, one row for each level of each column."""
        which, code = np.nonzero(self._exist())
        if is_numpy(x):
            return (columns(x).T[which] == code[:, None]).astype(float)
        xp = namespace(x)
        values = xp.take(columns(x).T, xp.asarray(which.tolist(), dtype=xp.int64), axis=0)
        return xp.astype(values == like(code, x)[:, None], x.dtype)

    def codes(self, d: int) -> list[tuple[int, int, float]]:
        """The same, cell by cell."""
        return [(int(c), LEVEL, float(level)) for c, level in zip(*np.nonzero(self._exist()))]

    def log_base(self, x: Any) -> None:
        """Nothing: every factor has a parameter."""

    def from_features(self, sums: Array) -> CategoricalStats:
        """Expected counts."""
        counts = np.zeros((len(sums), *self._exist().shape))
        counts[:, self._exist()] = sums
        return CategoricalStats(counts)

    def maximise(self, params: CategoricalParams | None, stats: CategoricalStats) -> CategoricalParams:
        """Shares of the counts; a component that saw none keeps its probabilities (equal ones at the start)."""
        free = self._free(stats.counts.shape)
        if params is None:
            held = np.zeros(free.shape) if self.known is None else self.known.fill(np.zeros(free.shape))
            old = _simplex.beginning(free, np.where(self._exist(), held, 0.0))
        else:
            old = params.p
        return CategoricalParams(_simplex.estimate(stats.counts, free, old))

    def conform(self, params: CategoricalParams) -> CategoricalParams:
        """Known probabilities put in; the others share what these leave."""
        if self.known is None:
            return params
        return CategoricalParams(_simplex.estimate(params.p, self._free(params.p.shape), self.known.fill(params.p)))

    def expected_log_prob(self, params: CategoricalParams, stats: CategoricalStats) -> Array:
        """counts log p, per component (k,)."""
        return np.sum(stats.counts * safe_log(params.p), axis=(1, 2))

    def coordinates(self, x: Any) -> Array:
        """Levels as 0 and 1, missing cells at the column's shares."""
        coded = np.asarray(columns(x), dtype=float)
        which, _ = np.nonzero(self._exist())
        levels = np.where(np.isnan(coded[:, which]), np.nan, self.features(coded).T)
        return np.where(np.isnan(levels), weighted_columns(levels, None)[0], levels)

    def sample(self, params: CategoricalParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d), by the inverse of the distribution function."""
        reached = np.cumsum(params.p, axis=2)
        reached /= reached[:, :, -1:]
        draws = [rng.random(len(labels))[:, None] >= reached[labels, c] for c in range(reached.shape[1])]
        return np.stack([draw.sum(axis=1) for draw in draws], axis=1).astype(float)

    def ravel(self, params: CategoricalParams, base: CategoricalParams) -> Array:
        """Log-ratios within each column, less those of the base."""
        return _simplex.ravel(params.p, base.p, self._free(base.p.shape))

    def unravel(self, vector: Array, base: CategoricalParams) -> CategoricalParams:
        """The inverse of `ravel`."""
        return CategoricalParams(_simplex.unravel(vector, base.p, self._free(base.p.shape)))

    def slopes(self, params: CategoricalParams, stats: CategoricalStats, base: CategoricalParams) -> Array:
        """Counts, less those that the probabilities make of their total."""
        return _simplex.gradient(params.p, stats.counts, base.p, self._free(base.p.shape))

    def on_boundary(self, params: CategoricalParams) -> bool:
        """Whether a free probability is 0."""
        return _simplex.on_boundary(params.p, self._free(params.p.shape))

    def inside(self, params: CategoricalParams, step: float) -> Iterator[CategoricalParams]:
        """Each free probability of 0, moved inside."""
        return map(CategoricalParams, _simplex.inside(params.p, self._free(params.p.shape), step))

    def _exist(self) -> Array:
        """Which of the levels (d, L) a column has."""
        assert self.levels is not None, "prepare the family with data, or give levels"
        return np.arange(self.levels.max()) < self.levels[:, None]

    def _free(self, shape: tuple[int, ...]) -> Array:
        """Which of the probabilities (k, d, L) are neither padding nor known."""
        exist = np.broadcast_to(self._exist(), shape)
        return exist if self.known is None else exist & ~self.known.mask(shape)


__all__ = ["Categorical", "CategoricalParams", "CategoricalStats"]
