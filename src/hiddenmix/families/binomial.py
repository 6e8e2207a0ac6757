"""Binomial counts: heads among a known number of tosses, columns independent.

log p(x; q) = sum_c [log C(t_c, x_c) + x_c log q_c + (t_c - x_c) log(1 - q_c)], over observed cells. The estimate is
successes over tosses; a Beta(1 + a, 1 + b) prior is a successes and b failures seen before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._special import ZERO, log_factorial, ravel_share, safe_log, unravel_share
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, like, namespace
from hiddenmix.families._base import Linear, columns, known_cells, refuse_no_counts, standardised
from hiddenmix.families._charts import SHARE
from hiddenmix.families._given import read_prior, refuse_known
from hiddenmix.kernels.form import REST, VALUE
from hiddenmix.model import Known

BELOW_ONE = np.nextafter(1.0, 0.0)


@record
class BinomialParams:
    """Success probabilities (k, d)."""

    p: Array


@record
class BinomialStats:
    """Expected successes and failures, both (k, d)."""

    successes: Array
    failures: Array


@record
class Tosses:
    """Counts with a number of trials for every cell: both (n, d)."""

    successes: Array
    trials: Array


class Binomial(Linear[BinomialParams, BinomialStats]):
    """Binomial components; data are counts (n, d), or `Tosses` where the number of trials varies by row.

    Parameters
    ----------
    trials : int, array of shape (d,), or None
        Tosses per cell; None takes the largest count that is seen in each column.
    p : Known, optional
        Probabilities that are given.
    prior : tuple of two floats, optional
        Pseudo-counts: successes and failures added to every component and column.
    """

    def __init__(
        self, trials: int | Array | None = None, *, p: Known | None = None, prior: tuple[float, float] | None = None
    ) -> None:
        self.trials = None if trials is None else np.asarray(trials, dtype=float)
        refuse_known(p, "p", SHARE)
        self.known, self.pseudo = p, prior
        self.prior = None if prior is None else BinomialStats(*read_prior("Binomial", "(successes, failures)", prior))

    def prepare(self, x: Any, weight: Array | None, k: int) -> Binomial:
        """The family with its number of trials settled."""
        if isinstance(x, Tosses):
            refuse_no_counts(x.successes)
            refuse_no_counts(x.trials)
            if is_numpy(x.trials) and np.any(x.successes > x.trials):
                raise HiddenmixError("HM126", "a row has more successes than trials", "Tosses(successes, trials)")
            return self
        refuse_no_counts(x, self.trials)
        if self.trials is not None:
            return self
        return Binomial(np.nanmax(columns(x), axis=0), p=self.known, prior=self.pseudo)

    def natural(self, params: BinomialParams) -> Array:
        """log q, then log(1 - q)."""
        return np.concatenate([safe_log(params.p), safe_log(1 - params.p)], axis=1)

    def features(self, x: Any) -> Array:
        """Successes, then failures."""
        heads, tosses = self._counts(x)
        return namespace(heads).concat([heads, tosses - heads], axis=0)

    def codes(self, d: int) -> list[tuple[int, int, float]]:
        """The same, cell by cell."""
        assert self.trials is not None, "prepare the family with data, or give trials"
        trials = np.broadcast_to(self.trials, (d,)).tolist()
        return [(c, VALUE, 0.0) for c in range(d)] + [(c, REST, trials[c]) for c in range(d)]

    def log_base(self, x: Any) -> Array:
        """The binomial coefficients."""
        heads, tosses = self._counts(x)
        terms = log_factorial(tosses) - log_factorial(heads) - log_factorial(tosses - heads)
        return namespace(heads).sum(terms, axis=0)

    def from_features(self, sums: Array) -> BinomialStats:
        """Expected successes and failures."""
        successes, failures = np.split(sums, 2, axis=1)
        return BinomialStats(successes, failures)

    def maximise(self, params: BinomialParams | None, stats: BinomialStats) -> BinomialParams:
        """Successes over tosses; a component that saw none keeps its probabilities (1/2 at the start)."""
        tosses = stats.successes + stats.failures
        old = np.full(tosses.shape, 0.5) if params is None else params.p
        p = np.where(tosses > 0, stats.successes / np.where(tosses > 0, tosses, 1.0), old)
        p = np.where((p == 1) & (stats.failures > 0), BELOW_ONE, p)  # which failures, be they ever so few, rule out
        return BinomialParams(p if self.known is None else self.known.fill(p))

    def conform(self, params: BinomialParams) -> BinomialParams:
        """Known probabilities put in."""
        return params if self.known is None else BinomialParams(self.known.fill(params.p))

    def expected_log_prob(self, params: BinomialParams, stats: BinomialStats) -> Array:
        """successes log q + failures log(1 - q), per component (k,)."""
        terms = stats.successes * safe_log(params.p) + stats.failures * safe_log(1 - params.p)
        return np.sum(terms, axis=1)

    def coordinates(self, x: Any) -> Array:
        """Variance-stabilised shares of successes, standardised."""
        heads, tosses = self._counts(x)
        share = np.where(tosses > 0, heads / np.where(tosses > 0, tosses, 1.0), np.nan)
        return standardised(np.arcsin(np.sqrt(share)).T)

    def sample(self, params: BinomialParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        assert self.trials is not None
        return rng.binomial(self.trials.astype(int), params.p[labels]).astype(float)

    def ravel(self, params: BinomialParams, base: BinomialParams) -> Array:
        """Log-odds, less those of the base."""
        return ravel_share(params.p, base.p)[self._free(base)]

    def unravel(self, vector: Array, base: BinomialParams) -> BinomialParams:
        """The inverse of `ravel`."""
        shift = np.zeros(base.p.shape)
        shift[self._free(base)] = vector
        return BinomialParams(unravel_share(shift, base.p))

    def slopes(self, params: BinomialParams, stats: BinomialStats, base: BinomialParams) -> Array:
        """Successes, less those that the probabilities make of all tosses."""
        return np.asarray(stats.successes * (1 - params.p) - stats.failures * params.p)[self._free(base)]

    def on_boundary(self, params: BinomialParams) -> bool:
        """Whether a free probability is 0 or 1."""
        p = params.p[self._free(params)]
        return bool(np.any((p < ZERO) | (p > 1 - ZERO)))

    def inside(self, params: BinomialParams, step: float) -> Iterator[BinomialParams]:
        """Each free probability of 0 or 1, moved inside."""
        edge = self._free(params) & ((params.p < ZERO) | (params.p > 1 - ZERO))
        for place in zip(*np.nonzero(edge)):
            p = params.p.copy()
            p[place] = abs(np.round(p[place]) - step)
            yield BinomialParams(p)

    def _free(self, params: BinomialParams) -> Array:
        return np.ones(params.p.shape, bool) if self.known is None else ~self.known.mask(params.p.shape)

    def _counts(self, x: Any) -> tuple[Array, Array]:
        """Successes and trials (d, n); both 0 in missing cells."""
        if isinstance(x, Tosses):
            heads, seen = known_cells(x.successes)
            return heads, known_cells(x.trials)[0] * seen
        heads, seen = known_cells(x)
        assert self.trials is not None, "prepare the family with data, or give trials"
        trials = np.broadcast_to(self.trials, (heads.shape[0],))
        return heads, like(trials, heads)[:, None] * seen


__all__ = ["Binomial", "BinomialParams", "BinomialStats", "Tosses"]
