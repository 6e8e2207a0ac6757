"""Multinomial counts: how often each of d categories occurred in a row, given how often in all.

log p(x; p) = log n! - sum_c log x_c! + sum_c x_c log(p_c / P), over the row's observed categories, n and P being the
sums of their counts and probabilities. In a complete row P = 1. A missing count cannot be integrated out, for the row's
total is then unknown too; what the observed counts tell, given their own total, is how they share it: this density.

It is fitted by EM all the same. Had counting gone on until n events of the observed categories were seen, those of the
missing ones would be negative multinomial with expectations n p_c / P, and both together make the row multinomial
(Dempster, Laird & Rubin 1977, JRSS B 39:1, section 4.2, on truncated data). The estimate is the share of a category's
expected counts; a Dirichlet prior with parameters 1 + a_c is a_c counts of category c seen before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from hiddenmix import _simplex
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import impossible_below, log_factorial, safe_log
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.batch import missing_cells
from hiddenmix.families._base import Conjugate, known_cells, refuse_no_counts, weighted_columns, weighted_sums
from hiddenmix.families._charts import SHARE
from hiddenmix.families._given import refuse_known
from hiddenmix.kernels.form import VALUE, Form, Layout, coded_layout, plain_form
from hiddenmix.kernels.piece import Piece
from hiddenmix.model import Known
from hiddenmix.typicality import drawn_typicality


@record
class MultinomialParams:
    """Probabilities of the categories (k, d)."""

    p: Array


@record
class MultinomialStats:
    """Expected counts of the categories (k, d)."""

    counts: Array


class Multinomial(Conjugate[MultinomialParams, MultinomialStats]):
    """Multinomial components; data are counts (n, d), one column per category.

    Parameters
    ----------
    trials : int, optional
        The total of the rows that `sample` draws; None takes the mean total of the data's complete rows. Fits never
        use it, for every row brings its own.
    p : Known, optional
        Probabilities that are given; the others share what these leave.
    prior : float or array of shape (d,), optional
        Pseudo-counts of 0 or more: counts added to every category of every component, the same or each its own.

    Raises
    ------
    HiddenmixError : HM403 a prior below 0 or not finite, HM404 one of another shape
    """

    def __init__(
        self, trials: int | None = None, *, p: Known | None = None, prior: float | Array | None = None
    ) -> None:
        refuse_known(p, "p", SHARE)
        self.trials, self.known, self.pseudo = trials, p, prior
        self.prior = None if prior is None else MultinomialStats(_pseudo_counts(prior))

    def prepare(self, x: Any, weight: Array | None, k: int) -> Multinomial:
        """The family with the total of its draws settled."""
        refuse_no_counts(x)
        if self.prior is not None and np.shape(self.prior.counts) not in ((), (x.shape[1],)):
            what = f"a prior of shape {np.shape(self.prior.counts)} for {x.shape[1]} categories"
            raise HiddenmixError("HM404", what, "one number, or one for each category")
        if self.trials is not None:
            return self
        totals = to_numpy(x).sum(axis=1)
        totals = totals[np.isfinite(totals)]
        return Multinomial(int(np.rint(totals.mean())) if len(totals) else 1, p=self.known, prior=self.pseudo)

    def repeated(self, count: int) -> Multinomial | None:
        """Components share nothing, unless something is known of single ones."""
        return self if self.known is None else None

    def log_prob(self, params: MultinomialParams, x: Any) -> Array:
        """Log densities (n, k) of the observed counts, given their total."""
        return self.evaluate(params, x)[0]

    def stats(self, params: MultinomialParams | None, x: Any, resp: Array) -> MultinomialStats:
        """Expected counts of all categories; at the very first start missing ones are as frequent as in other rows."""
        if params is None:
            filled = _shares(x)
            total = filled.sum()
            share = filled.sum(axis=0) / total if total > 0 else np.full(x.shape[1], 1 / x.shape[1])
            params = MultinomialParams(np.broadcast_to(share, (resp.shape[1], x.shape[1])))
        return self.evaluate(params, x)[1](resp)

    def evaluate(self, params: MultinomialParams, x: Any) -> tuple[Array, Callable[[Array], MultinomialStats]]:
        """Product; and, once there are responsibilities, the product back. Missing counts take one more of each."""
        counts, seen = known_cells(x)
        xp = namespace(counts)
        total = xp.sum(counts, axis=0)
        logits = impossible_below(like(safe_log(params.p), counts) @ counts)
        base = log_factorial(total) - xp.sum(log_factorial(counts), axis=0)
        if missing_cells(x) is None:
            return (logits + base).T, lambda resp: MultinomialStats(weighted_sums(resp, counts))
        share = like(params.p, counts) @ seen  # P (k, n); where it is 0, the product above is already impossible
        share = xp.where(share > 0, share, xp.ones_like(share))
        unseen = 1.0 - seen

        def stats_of(resp: Array) -> MultinomialStats:
            per_unit = (total / share).T * (resp if is_numpy(counts) else xp.asarray(resp, dtype=counts.dtype))
            return MultinomialStats(weighted_sums(resp, counts) + params.p * weighted_sums(per_unit, unseen))

        return (logits - total * xp.log(share) + base).T, stats_of

    def linear(self, params: MultinomialParams, x: Any, complete: bool = False) -> list[Piece[MultinomialStats]] | None:
        """Complete rows in one piece: the counts are features. With missing counts there is no such form."""
        if not is_numpy(x) or not (complete or missing_cells(x) is None):
            return None
        base = log_factorial(x.sum(axis=1)) - log_factorial(x).sum(axis=1)
        return [Piece(slice(0, len(x)), _form(params), x, None, base, lambda e, _: MultinomialStats(e.sums))]

    def maximise(self, params: MultinomialParams | None, stats: MultinomialStats) -> MultinomialParams:
        """Shares of the counts; a component that saw none keeps its probabilities (equal ones at the start)."""
        free = self._free(stats.counts.shape)
        if params is None:
            held = np.zeros(free.shape) if self.known is None else self.known.fill(np.zeros(free.shape))
            old = _simplex.beginning(free, held)
        else:
            old = params.p
        return MultinomialParams(_simplex.estimate(stats.counts, free, old))

    def conform(self, params: MultinomialParams) -> MultinomialParams:
        """Known probabilities put in; the others share what these leave."""
        if self.known is None:
            return params
        return MultinomialParams(_simplex.estimate(params.p, self._free(params.p.shape), self.known.fill(params.p)))

    def expected_log_prob(self, params: MultinomialParams, stats: MultinomialStats) -> Array:
        """counts log p, per component (k,)."""
        return np.sum(stats.counts * safe_log(params.p), axis=1)

    def coordinates(self, x: Any) -> Array:
        """Roots of the shares, between which Euclidean distance is Hellinger's."""
        return np.sqrt(_shares(x))

    def sample(self, params: MultinomialParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d) with `trials` counts each."""
        assert self.trials is not None, "prepare the family with data, or give trials"
        return rng.multinomial(self.trials, params.p[labels]).astype(float)

    def typicality(self, params: MultinomialParams, x: Any) -> Array:
        """From draws with the row's own total, of its observed categories."""
        x = to_numpy(x)
        out = np.ones((len(x), len(params.p)))
        for rows, seen, total in _alike(x):
            family, part = Multinomial(total), MultinomialParams(_part(params.p, seen))
            out[rows] = drawn_typicality(family, part, x[np.ix_(rows, seen)])
        return out

    def resample(self, params: MultinomialParams, labels: Array, x: Any, rng: np.random.Generator) -> Array:
        """Draws with the totals of the rows, of their observed categories."""
        x = to_numpy(x)
        out = np.full(x.shape, np.nan)
        for rows, seen, total in _alike(x):
            out[np.ix_(rows, seen)] = rng.multinomial(total, _part(params.p, seen)[labels[rows]])
        return out

    def ravel(self, params: MultinomialParams, base: MultinomialParams) -> Array:
        """Log-ratios, less those of the base."""
        return _simplex.ravel(params.p, base.p, self._free(base.p.shape))

    def unravel(self, vector: Array, base: MultinomialParams) -> MultinomialParams:
        """The inverse of `ravel`."""
        return MultinomialParams(_simplex.unravel(vector, base.p, self._free(base.p.shape)))

    def slopes(self, params: MultinomialParams, stats: MultinomialStats, base: MultinomialParams) -> Array:
        """Counts, less those that the probabilities make of their total."""
        return _simplex.gradient(params.p, stats.counts, base.p, self._free(base.p.shape))

    def on_boundary(self, params: MultinomialParams) -> bool:
        """Whether a free probability is 0."""
        return _simplex.on_boundary(params.p, self._free(params.p.shape))

    def inside(self, params: MultinomialParams, step: float) -> Iterator[MultinomialParams]:
        """Each free probability of 0, moved inside."""
        return map(MultinomialParams, _simplex.inside(params.p, self._free(params.p.shape), step))

    def _free(self, shape: tuple[int, ...]) -> Array:
        return np.ones(shape, bool) if self.known is None else ~self.known.mask(shape)


def _pseudo_counts(prior: Any) -> Array:
    try:
        counts = np.asarray(prior, dtype=float)
    except (TypeError, ValueError):
        counts = np.full((), np.nan)
    if counts.ndim > 1 or not np.all(np.isfinite(counts) & (counts >= 0)):
        raise HiddenmixError("HM403", f"prior must be counts of 0 or more; got {prior!r}", "prior=0.5, or one for each")
    return counts


def _alike(x: Array) -> Iterator[tuple[Array, Array, int]]:
    """Rows that miss the same categories and have the same total: their places, what they observe, and the total."""
    kinds, code = np.unique(np.column_stack([np.isnan(x), np.nansum(x, axis=1)]), axis=0, return_inverse=True)
    for i, kind in enumerate(kinds):
        seen = np.flatnonzero(kind[:-1] == 0)
        if len(seen):
            yield np.flatnonzero(np.ravel(code) == i), seen, int(kind[-1])


def _part(p: Array, seen: Array) -> Array:
    """Probabilities of some categories, given that it is one of them; equal ones where none of them can be."""
    part = p[:, seen]
    share = part.sum(axis=1, keepdims=True)
    return np.where(share > 0, part / np.where(share > 0, share, 1.0), 1.0 / len(seen))


def _shares(x: Any) -> Array:
    """The share of each category in a row's observed counts (n, d); missing ones at their mean."""
    x = to_numpy(x)
    total = np.nansum(x, axis=1, keepdims=True)
    shares = x / np.where(total > 0, total, 1.0)
    return np.where(np.isnan(shares), weighted_columns(shares, None)[0], shares)


@lru_cache(maxsize=8)  # one for all chunks of an iteration
def _form(params: MultinomialParams) -> Form:
    return plain_form(_layout(params.p.shape[1]), safe_log(params.p))


@lru_cache(maxsize=64)
def _layout(d: int) -> Layout:
    return coded_layout(d, [(c, VALUE, 0.0) for c in range(d)])


__all__ = ["Multinomial", "MultinomialParams", "MultinomialStats"]
