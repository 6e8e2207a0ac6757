"""Poisson counts, columns independent.

log p(x; r) = sum_c [x_c log r_c - r_c - log x_c!], over observed cells. The estimate is events over exposure, the
exposure of a row being 1; a Gamma prior with shape 1 + a and rate b is a events seen in b rows before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix._special import ZERO, log_factorial, safe_log
from hiddenmix._tree import Array, record
from hiddenmix._xp import namespace
from hiddenmix.families._base import Linear, columns, known_cells, refuse_no_counts, standardised
from hiddenmix.families._charts import NONNEGATIVE
from hiddenmix.families._given import read_prior, refuse_known
from hiddenmix.kernels.form import SEEN, VALUE
from hiddenmix.model import Known


@record
class PoissonParams:
    """Rates (k, d): expected events per row."""

    rate: Array


@record
class PoissonStats:
    """Expected events, and the rows in which they were counted, both (k, d)."""

    events: Array
    exposure: Array


class Poisson(Linear[PoissonParams, PoissonStats]):
    """Poisson components; data are counts (n, d).

    Parameters
    ----------
    rate : Known, optional
        Rates that are given.
    prior : tuple of two floats, optional
        Events, and the rows in which they were counted, added to every component and column.
    """

    def __init__(self, *, rate: Known | None = None, prior: tuple[float, float] | None = None) -> None:
        refuse_known(rate, "rate", NONNEGATIVE)
        self.known, self.pseudo = rate, prior
        self.prior = None if prior is None else PoissonStats(*read_prior("Poisson", "(events, rows)", prior))

    def prepare(self, x: Any, weight: Array | None, k: int) -> Poisson:
        """The family as it is, once the data are seen to be counts."""
        refuse_no_counts(x)
        return self

    def natural(self, params: PoissonParams) -> Array:
        """log r, then -r."""
        return np.concatenate([safe_log(params.rate), -params.rate], axis=1)

    def features(self, x: Any) -> Array:
        """Counts, then 1 for every observed cell."""
        counts, seen = known_cells(x)
        return namespace(counts).concat([counts, seen], axis=0)

    def codes(self, d: int) -> list[tuple[int, int, float]]:
        """The same, cell by cell."""
        return [(c, rule, 0.0) for rule in (VALUE, SEEN) for c in range(d)]

    def log_base(self, x: Any) -> Array:
        """-log x!, summed over the columns."""
        counts, _ = known_cells(x)
        return -namespace(counts).sum(log_factorial(counts), axis=0)

    def from_features(self, sums: Array) -> PoissonStats:
        """Expected events and exposure."""
        events, exposure = np.split(sums, 2, axis=1)
        return PoissonStats(events, exposure)

    def maximise(self, params: PoissonParams | None, stats: PoissonStats) -> PoissonParams:
        """Events over exposure; a component that saw none keeps its rates (those of all rows at the start)."""
        old = _ratio(stats.events.sum(axis=0), stats.exposure.sum(axis=0), 1.0) if params is None else params.rate
        rate = _ratio(stats.events, stats.exposure, old)
        return PoissonParams(rate if self.known is None else self.known.fill(rate))

    def conform(self, params: PoissonParams) -> PoissonParams:
        """Known rates put in."""
        return params if self.known is None else PoissonParams(self.known.fill(params.rate))

    def expected_log_prob(self, params: PoissonParams, stats: PoissonStats) -> Array:
        """events log r - exposure r, per component (k,)."""
        return np.sum(stats.events * safe_log(params.rate) - stats.exposure * params.rate, axis=1)

    def coordinates(self, x: Any) -> Array:
        """Roots of the counts, whose variance does not depend on the rate, standardised."""
        return standardised(np.sqrt(np.asarray(columns(x), dtype=float)))

    def sample(self, params: PoissonParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        return rng.poisson(params.rate[labels]).astype(float)

    def ravel(self, params: PoissonParams, base: PoissonParams) -> Array:
        """Log rates, less those of the base; a rate of 0 stays."""
        held = (base.rate < ZERO) | (params.rate <= 0)
        ratio = np.where(held, 1.0, params.rate) / np.where(held, 1.0, base.rate)
        return np.log(ratio)[self._free(base)]

    def unravel(self, vector: Array, base: PoissonParams) -> PoissonParams:
        """The inverse of `ravel`."""
        shift = np.zeros(base.rate.shape)
        shift[self._free(base)] = vector
        return PoissonParams(np.where(base.rate < ZERO, base.rate, base.rate * np.exp(shift)))

    def slopes(self, params: PoissonParams, stats: PoissonStats, base: PoissonParams) -> Array:
        """Events, less those that the rates make of the exposure."""
        return np.asarray(stats.events - stats.exposure * params.rate)[self._free(base)]

    def on_boundary(self, params: PoissonParams) -> bool:
        """Whether a free rate is 0."""
        return bool(np.any(params.rate[self._free(params)] < ZERO))

    def inside(self, params: PoissonParams, step: float) -> Iterator[PoissonParams]:
        """Each free rate of 0, moved inside."""
        for place in zip(*np.nonzero(self._free(params) & (params.rate < ZERO))):
            rate = params.rate.copy()
            rate[place] = step
            yield PoissonParams(rate)

    def _free(self, params: PoissonParams) -> Array:
        return np.ones(params.rate.shape, bool) if self.known is None else ~self.known.mask(params.rate.shape)


def _ratio(events: Array, exposure: Array, otherwise: Array | float) -> Array:
    return np.where(exposure > 0, events / np.where(exposure > 0, exposure, 1.0), otherwise)


__all__ = ["Poisson", "PoissonParams", "PoissonStats"]
