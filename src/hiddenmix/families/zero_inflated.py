"""Zero-inflated counts: in every cell, with some probability the count is 0 whatever the family of counts says.

log p(x) = sum_c log(v_c [x_c = 0] + (1 - v_c) p_c(x_c)), over observed cells, p_c the density of column c.
Whether a zero is structural is hidden as the component is; the E-step finds its probability z = v / (v + (1 - v) p(0)),
gives the family its cells with weights r (1 - z), and the estimate of v is the structural share, sum r z / sum r
(Lambert 1992, Technometrics 34:1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._special import impossible_below, safe_log
from hiddenmix._tree import Array, record
from hiddenmix.families._base import columns
from hiddenmix.families._charts import SHARE
from hiddenmix.families._given import read_prior, refuse_known
from hiddenmix.families.cells import NumberCells
from hiddenmix.families.conditional import Group, conditional, marginal
from hiddenmix.families.known import knows
from hiddenmix.families.views import Kind, centres, kinds
from hiddenmix.model import Family, Known

UNIT = np.ones(())


@record
class ZeroInflatedParams:
    """Shares of structural zeros (k, d), and the parameters of the family of counts."""

    inflation: Array
    counts: Any


@record
class ZeroInflatedStats:
    """Expected structural zeros and other cells, both (k, d), and the family's statistics of the latter."""

    zeros: Array
    rest: Array
    counts: Any


class ZeroInflated(Family[ZeroInflatedParams, ZeroInflatedStats]):
    """Counts of a family, with more zeros than it has; data are those of the family.

    Parameters
    ----------
    counts : Family
        Of counts, with independent columns: Poisson, negative binomial, binomial, beta-binomial, geometric. It sees one
        column at a time, the others missing.
    inflation : Known, optional
        Shares of structural zeros that are given.
    prior : tuple of two floats, optional
        Structural zeros, and other cells, added to every component and column; the family has its own prior.
    """

    def __init__(
        self, counts: Family[Any, Any], *, inflation: Known | None = None, prior: tuple[float, float] | None = None
    ) -> None:
        self.family, self.known, self.pseudo = counts, inflation, prior
        refuse_known(inflation, "inflation", SHARE)
        pseudo = (0.0, 0.0) if prior is None else prior
        self._zeros, self._rest = read_prior("ZeroInflated", "(zeros, others)", pseudo)

    def __repr__(self) -> str:
        return f"ZeroInflated({self.family!r})"

    def with_family(self, family: Family[Any, Any]) -> ZeroInflated:
        """The same inflation of another family."""
        return self if family is self.family else ZeroInflated(family, inflation=self.known, prior=self.pseudo)

    def prepare(self, x: Any, weight: Array | None, k: int) -> ZeroInflated:
        """The same of the settled family."""
        return self.with_family(self.family.prepare(x, weight, k))

    def plain(self) -> ZeroInflated:
        """The same of the plain family."""
        return self.with_family(self.family.plain())

    def repeated(self, count: int) -> ZeroInflated | None:
        """The same of the repeated family, where no inflation is known."""
        family = self.family.repeated(count)
        return None if family is None or self.known is not None else self.with_family(family)

    def log_prob(self, params: ZeroInflatedParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def evaluate(self, params: ZeroInflatedParams, x: Any) -> tuple[Array, Callable[[Array], ZeroInflatedStats]]:
        """Log densities, column by column, and with them the probability that a zero is structural."""
        counts = _counts(x)
        seen, zero = ~np.isnan(counts), counts == 0
        done = [self.family.evaluate(params.counts, _only(x, c)) for c in range(counts.shape[1])]
        log_prob, structural = 0.0, []
        for c, (density, _) in enumerate(done):
            share, rest = safe_log(params.inflation[:, c]), safe_log(1 - params.inflation[:, c])
            full = np.maximum(rest + density, np.finfo(float).min)
            full = np.where(zero[:, c, None], np.logaddexp(share, full), np.where(seen[:, c, None], full, 0.0))
            structural.append(np.where(zero[:, c, None], np.exp(np.minimum(share - full, 0.0)), 0.0))
            log_prob = log_prob + impossible_below(full)

        def stats_of(resp: Array) -> ZeroInflatedStats:
            return self._stats(seen, resp, structural, [stats for _, stats in done])

        return np.asarray(log_prob), stats_of

    def stats(self, params: ZeroInflatedParams | None, x: Any, resp: Array) -> ZeroInflatedStats:
        """Expected structural zeros, the other cells, and their statistics; at the start half the zeros are."""
        if params is not None:
            return self.evaluate(params, x)[1](resp)
        counts = _counts(x)
        half = [np.repeat(0.5 * (counts[:, c, None] == 0), resp.shape[1], axis=1) for c in range(counts.shape[1])]
        each = [self._begun(_only(x, c)) for c in range(counts.shape[1])]
        return self._stats(~np.isnan(counts), resp, half, each)

    def estimate(self, params: ZeroInflatedParams | None, stats: ZeroInflatedStats) -> ZeroInflatedParams:
        """The structural share, and the family's own estimate; a component without cells keeps its share."""
        zeros, rest = stats.zeros + self._zeros, stats.rest + self._rest
        total = zeros + rest
        old = np.full(total.shape, SHARE.neutral) if params is None else params.inflation
        inflation = np.where(total > 0, zeros / np.where(total > 0, total, 1.0), old)
        counts = self.family.estimate(None if params is None else params.counts, stats.counts)
        return ZeroInflatedParams(inflation if self.known is None else self.known.fill(inflation), counts)

    def expected_log_prob(self, params: ZeroInflatedParams, stats: ZeroInflatedStats) -> Array:
        """zeros log v + rest log(1 - v), and the family's (k,)."""
        own = np.sum(_share_log_prob(params.inflation, stats.zeros, stats.rest), axis=1)
        return own + self.family.expected_log_prob(params.counts, stats.counts)

    def log_prior(self, params: ZeroInflatedParams) -> float:
        """The beta log densities of the shares, and the family's own."""
        return float(np.sum(self._own_priors(params))) + self.family.log_prior(params.counts)

    def log_priors(self, params: ZeroInflatedParams) -> Array:
        """The same by component (k,)."""
        return self._own_priors(params) + self.family.log_priors(params.counts)

    def gradient(self, params: ZeroInflatedParams, stats: ZeroInflatedStats, base: ZeroInflatedParams) -> Array | None:
        """That of the shares' log-odds, then the family's own; None where it has none."""
        counts = self.family.gradient(params.counts, stats.counts, base.counts)
        if counts is None:
            return None
        v = params.inflation
        slope = (stats.zeros + self._zeros) * (1 - v) - (stats.rest + self._rest) * v
        return np.concatenate([np.where(SHARE.edge(v), 0.0, slope)[self._free(base)], counts])

    def conform(self, params: ZeroInflatedParams) -> ZeroInflatedParams:
        """Known shares put in, and what is known of the counts."""
        inflation = params.inflation if self.known is None else self.known.fill(params.inflation)
        return ZeroInflatedParams(inflation, self.family.conform(params.counts))

    def coordinates(self, x: Any) -> Array:
        """Those of the counts."""
        return self.family.coordinates(x)

    def sample(self, params: ZeroInflatedParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        counts = np.asarray(self.family.sample(params.counts, labels, rng))
        return np.where(rng.random(counts.shape) < params.inflation[labels], 0.0, counts)

    def ravel(self, params: ZeroInflatedParams, base: ZeroInflatedParams) -> Array:
        """Log-odds of the shares less those of the base, then the coordinates of the counts."""
        own = SHARE.ravel(params.inflation, base.inflation, UNIT)[self._free(base)]
        return np.concatenate([own, self.family.ravel(params.counts, base.counts)])

    def unravel(self, vector: Array, base: ZeroInflatedParams) -> ZeroInflatedParams:
        """The inverse of `ravel`."""
        free = self._free(base)
        shift, size = np.zeros(free.shape), int(free.sum())
        shift[free] = vector[:size]
        counts = self.family.unravel(vector[size:], base.counts)
        return ZeroInflatedParams(SHARE.unravel(shift, base.inflation, UNIT), counts)

    def on_boundary(self, params: ZeroInflatedParams) -> bool:
        """Whether a free share is 0 or 1, or the counts lie on the boundary."""
        edge = bool(np.any(self._free(params) & SHARE.edge(params.inflation)))
        return edge or self.family.on_boundary(params.counts)

    def inside(self, params: ZeroInflatedParams, step: float) -> Iterator[ZeroInflatedParams]:
        """Each free share of 0 or 1 moved inside, then what the counts have on their boundary."""
        for place in zip(*np.nonzero(self._free(params) & SHARE.edge(params.inflation))):
            inflation = params.inflation.copy()
            inflation[place] = SHARE.moved(float(inflation[place]), step)
            yield replace(params, inflation=inflation)
        for counts in self.family.inside(params.counts, step):
            yield replace(params, counts=counts)

    def estimates(self, params: ZeroInflatedParams) -> dict[str, Array]:
        """The shares, and the parameters of the counts."""
        return {"inflation": params.inflation, **self.family.estimates(params.counts)}

    def location(self, params: ZeroInflatedParams) -> Array:
        """Those of the counts, then the shares."""
        return np.concatenate([self.family.location(params.counts), params.inflation], axis=1)

    def least_rows(self, params: ZeroInflatedParams) -> Any:
        """That of the counts."""
        return self.family.least_rows(params.counts)

    def _begun(self, x: Any) -> Callable[[Array], Any]:
        return lambda resp: self.family.stats(None, x, resp)

    def _stats(
        self, seen: Array, resp: Array, structural: list[Array], stats_of: list[Callable[[Array], Any]]
    ) -> ZeroInflatedStats:
        """The statistics, from the probabilities (n, k) that each column's zeros are structural."""
        resp = np.asarray(resp, dtype=float)
        zeros = np.stack([np.sum(resp * z, axis=0) for z in structural], axis=1)
        rest = [resp * (1 - z) * seen[:, c, None] for c, z in enumerate(structural)]
        counts = _tree.merge_all([of(part) for of, part in zip(stats_of, rest)])
        return ZeroInflatedStats(zeros, np.stack([part.sum(axis=0) for part in rest], axis=1), counts)

    def _own_priors(self, params: ZeroInflatedParams) -> Array:
        return np.sum(_share_log_prob(params.inflation, self._zeros, self._rest), axis=1)

    def _free(self, params: ZeroInflatedParams) -> Array:
        shape = params.inflation.shape
        return np.ones(shape, bool) if self.known is None else ~self.known.mask(shape)


def _share_log_prob(share: Array, zeros: Array | float, rest: Array | float) -> Array:
    return np.asarray(zeros * safe_log(share) + rest * safe_log(1 - share))


def _counts(x: Any) -> Array:
    """The counts (n, d): the data themselves, or the first field of a record of arrays."""
    return np.asarray(columns(next(_tree.leaves(x))), dtype=float)


def _only(x: Any, column: int) -> Any:
    """The data with all columns but one missing."""
    if _tree.is_record(x):
        return type(x)(**{f.name: _only(getattr(x, f.name), column) for f in fields(x)})
    x = np.asarray(columns(x), dtype=float)
    return x if x.shape[1] == 1 else np.where(np.arange(x.shape[1]) == column, x, np.nan)


@record
class InflatedCells(NumberCells):
    """Missing cells: the family's, and the shares of structural zeros (k, m)."""

    counts: Any
    share: Array
    whole = True

    def means(self) -> Array:
        return (1 - self.share) * self.counts.means()

    def variances(self) -> Array:
        within = self.counts.variances() + self.share * np.square(self.counts.means())
        return np.asarray((1 - self.share) * within)

    def below(self, value: Array) -> Array:
        return np.where(value < 0, 0.0, self.share + (1 - self.share) * self.counts.below(value))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        counts = self.counts.draw(labels, rng)
        return np.where(rng.random(counts.shape) < self.share[labels], 0.0, counts)


@conditional.register
def _(family: ZeroInflated, params: ZeroInflatedParams, x: Array) -> list[Group]:
    found = conditional(family.family, params.counts, x)
    return [(columns, InflatedCells(cells, params.inflation[:, columns])) for columns, cells in found]


@marginal.register
def _(family: ZeroInflated, params: ZeroInflatedParams, columns: Array) -> tuple[ZeroInflated, ZeroInflatedParams]:
    counts, own = marginal(family.family, params.counts, columns)
    return ZeroInflated(counts), ZeroInflatedParams(params.inflation[:, columns], own)


@kinds.register
def _(family: ZeroInflated, d: int) -> tuple[Kind, ...]:
    return kinds(family.family, d)


@centres.register
def _(family: ZeroInflated, params: ZeroInflatedParams, d: int) -> Array:
    return np.asarray((1 - params.inflation) * centres(family.family, params.counts, d))


@knows.register
def _(family: ZeroInflated) -> bool:
    return family.known is not None or knows(family.family)


__all__ = ["ZeroInflated", "ZeroInflatedParams"]
