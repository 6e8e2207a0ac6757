"""Compositions: the Dirichlet distribution of d shares that are above 0 and sum to 1.

log p(x; a) = log Gamma(sum a) - sum_c log Gamma(a_c) + sum_c (a_c - 1) log x_c, with respect to all but one of the
shares. Of a row with missing parts, the observed ones together with the rest, 1 less their sum, are Dirichlet with the
missing parts' a added up; the missing parts share that rest by a Dirichlet of their own, whence their expected
logarithms. A single missing part is no mystery: it is the rest. The estimate solves psi(a_c) - psi(sum a) = mean log
x_c by Newton steps, a diagonal matrix plus a constant one, and by the fixed point where these do not rise (Minka 2000,
Estimating a Dirichlet distribution; Ronning 1989, J. Statistical Computation and Simulation 32:215).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import gammaln, polygamma, psi

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.families._base import Conjugate, columns, weighted_columns, weighted_sums
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._given import refuse_known, row_prior
from hiddenmix.families._normal_rows import patterns
from hiddenmix.model import Degenerate, Known

SUM = 1e-5  # how far the parts may be from summing to 1: rounding of single precision and of printed tables
POINT = 1e-12  # 1 less the sum of the geometric means below this is no spread
STEPS = 500


@record
class DirichletParams:
    """Parameters (k, d), above 0; a component's mean is its share of their sum, its precision that sum."""

    alpha: Array


@record
class DirichletStats:
    """Expected rows (k,), and sums of the expected logarithms of the parts (k, d)."""

    weight: Array
    logs: Array


class Dirichlet(Conjugate[DirichletParams, DirichletStats]):
    """Dirichlet components; data are shares (n, d) above 0 that sum to 1 in each row.

    Parameters
    ----------
    alpha : Known, optional
        Parameters that are given, whole or by component and part.
    prior : tuple (float, float or array of shape (d,)), optional
        Rows seen before, added to every component, and the geometric means of their parts, whose sum is below 1.

    Raises
    ------
    HiddenmixError : HM151 rows that are no compositions, HM403 a prior that is none
    """

    def __init__(self, *, alpha: Known | None = None, prior: tuple[float, Any] | None = None) -> None:
        refuse_known(alpha, "alpha", POSITIVE)
        self.known, self.prior = alpha, None
        self.pseudo = None if prior is None else row_prior("Dirichlet", "(rows, geometric_means)", prior)

    def prepare(self, x: Any, weight: Array | None, k: int) -> Dirichlet:
        """The family with its prior as a statistic, once the data are seen to be compositions."""
        _refuse(x)
        if self.pseudo is None:
            return self
        family = Dirichlet(alpha=self.known, prior=self.pseudo)
        weight, mean = self.pseudo[0], np.broadcast_to(self.pseudo[1], (x.shape[1],))
        if not (weight > 0 and np.all(mean > 0) and mean.sum() < 1):
            what = f"the geometric means of a prior's parts are above 0 and sum to less than 1; got {mean.sum():g}"
            raise HiddenmixError("HM403", what, f"prior=(1.0, {0.5 / x.shape[1]:g})")
        family.prior = DirichletStats(np.asarray(weight), weight * np.log(mean))
        return family

    def log_prob(self, params: DirichletParams, x: Any) -> Array:
        """Log densities (n, k) of the observed parts."""
        return self.evaluate(params, x)[0]

    def stats(self, params: DirichletParams | None, x: Any, resp: Array) -> DirichletStats:
        """Expected logarithms; at the very first start missing parts share the rest as those of other rows do."""
        if params is None:
            mean = weighted_columns(np.asarray(to_numpy(columns(x)), dtype=float), None)[0]
            params = DirichletParams(np.broadcast_to(len(mean) * mean / mean.sum(), (resp.shape[1], len(mean))))
        return self.evaluate(params, x)[1](resp)

    def evaluate(self, params: DirichletParams, x: Any) -> tuple[Array, Callable[[Array], DirichletStats]]:
        """Products with the logarithms, run by run of rows that miss the same parts."""
        _refuse(x)
        x = np.asarray(x, dtype=float) if is_numpy(x) else x
        xp, runs = namespace(x), []
        for rows, observed in patterns(x):
            runs.append((rows, _Run.of(params, x[rows, :], observed)))
        parts = [run.log_prob for _, run in runs]
        log_prob = parts[0] if len(parts) == 1 else xp.concat(parts, axis=0)

        def stats_of(resp: Array) -> DirichletStats:
            return _tree.merge_all(run.stats(resp[rows, :]) for rows, run in runs)

        return log_prob, stats_of

    def maximise(self, params: DirichletParams | None, stats: DirichletStats) -> DirichletParams:
        """Newton steps to the parameters that expect the mean logarithms; empty components keep theirs."""
        k, d = stats.logs.shape
        some = stats.weight > 0
        mean = np.where(some[:, None], stats.logs / np.where(some, stats.weight, 1.0)[:, None], -np.log(d) - 1.0)
        free = np.ones((k, d), bool) if self.known is None else ~self.known.mask((k, d))
        spread = 1 - np.exp(mean).sum(axis=1)
        closed = some & free.all(axis=1) & (spread < POINT)
        if closed.any():
            raise Degenerate(int(np.argmax(closed)), "collapsed: all its rows are the same composition")
        alpha = np.ones((k, d)) if params is None else params.alpha
        if self.known is not None:
            alpha = self.known.fill(alpha)
        share = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
        guess = 0.5 * (d - 1) / np.maximum(-np.log1p(-np.minimum(spread, 0.999)), POINT)[:, None] * share
        first = np.where(free, guess, alpha)
        first = np.where((_value(first, mean) > _value(alpha, mean))[:, None], first, alpha)
        return DirichletParams(np.where(some[:, None], _solve(first, mean, free), alpha))

    def conform(self, params: DirichletParams) -> DirichletParams:
        """Known parameters put in."""
        return params if self.known is None else DirichletParams(self.known.fill(params.alpha))

    def expected_log_prob(self, params: DirichletParams, stats: DirichletStats) -> Array:
        """weight [log Gamma(sum a) - sum log Gamma(a)] + (a - 1)'logs, per component (k,)."""
        return np.asarray(stats.weight * _log_norm(params.alpha) + np.sum((params.alpha - 1) * stats.logs, axis=1))

    def repeated(self, count: int) -> Dirichlet | None:
        """Components share nothing, unless something is known of single ones."""
        return self if self.known is None else None

    def coordinates(self, x: Any) -> Array:
        """Roots of the parts, between which Euclidean distance is Hellinger's; missing ones at the column's mean."""
        x = np.asarray(to_numpy(columns(x)), dtype=float)
        return np.sqrt(np.where(np.isnan(x), weighted_columns(x, None)[0], x))

    def sample(self, params: DirichletParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d), by logarithms of gamma variates, which small parameters do not drive to 0."""
        alpha = params.alpha[labels]
        logs = np.log(rng.standard_gamma(alpha + 1)) + np.log(rng.random(alpha.shape)) / alpha
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return np.maximum(shares, np.finfo(float).tiny)

    def ravel(self, params: DirichletParams, base: DirichletParams) -> Array:
        """Logs, less those of the base."""
        return np.asarray(np.log(params.alpha / base.alpha)[self._free(base)])

    def unravel(self, vector: Array, base: DirichletParams) -> DirichletParams:
        """The inverse of `ravel`."""
        shift = np.zeros(base.alpha.shape)
        shift[self._free(base)] = vector
        return DirichletParams(base.alpha * np.exp(shift))

    def slopes(self, params: DirichletParams, stats: DirichletStats, base: DirichletParams) -> Array:
        """a times (logs - weight times their expectation)."""
        expected = psi(params.alpha) - psi(params.alpha.sum(axis=1, keepdims=True))
        weight = np.reshape(np.broadcast_to(stats.weight, len(params.alpha)), (-1, 1))
        return np.asarray((params.alpha * (stats.logs - weight * expected))[self._free(base)])

    def location(self, params: DirichletParams) -> Array:
        """The means."""
        return np.asarray(params.alpha / params.alpha.sum(axis=1, keepdims=True))

    def _free(self, params: DirichletParams) -> Array:
        return np.ones(params.alpha.shape, bool) if self.known is None else ~self.known.mask(params.alpha.shape)


class _Run:
    """Rows that miss the same parts: log densities, and the function to statistics."""

    def __init__(self, log_prob: Array, weigh: Callable[[Array], Array]) -> None:
        self.log_prob, self.weigh = log_prob, weigh

    def stats(self, resp: Array) -> DirichletStats:
        """Statistics from responsibilities (n, k)."""
        return DirichletStats(to_numpy(namespace(resp).sum(resp, axis=0)).astype(float), self.weigh(resp))

    @staticmethod
    def of(params: DirichletParams, x: Array, observed: Array | None) -> _Run:
        """Of rows (n, d) with these parts observed (None: all)."""
        xp = namespace(x)
        if observed is not None and not observed.any():
            nothing = np.zeros((x.shape[0], len(params.alpha)))
            expected = psi(params.alpha) - psi(params.alpha.sum(axis=1, keepdims=True))
            return _Run(like(nothing, x), lambda resp: to_numpy(xp.sum(resp, axis=0))[:, None] * expected)
        if observed is None:
            logs, alpha, places = xp.log(x).T, params.alpha, None
        else:
            kept = [x[:, int(c)] for c in np.flatnonzero(observed)]
            rest = 1.0 - sum(kept[1:], kept[0])
            logs = xp.log(xp.stack([*kept, rest], axis=0))
            alpha = np.column_stack([params.alpha[:, observed], params.alpha[:, ~observed].sum(axis=1)])
            places = (np.flatnonzero(observed), np.flatnonzero(~observed))
        log_prob = (like(alpha - 1, logs) @ logs).T + like(_log_norm(alpha), logs)
        return _Run(log_prob, lambda resp: _unfolded(params, weighted_sums(resp, logs), resp, places))


def _unfolded(params: DirichletParams, sums: Array, resp: Array, places: tuple[Array, Array] | None) -> Array:
    """Sums of expected logarithms of all parts (k, d), from those of the observed ones and the rest."""
    if places is None:
        return sums
    seen, unseen = places
    out = np.empty(params.alpha.shape)
    out[:, seen] = sums[:, :-1]
    own = params.alpha[:, unseen]
    share = psi(own) - psi(own.sum(axis=1, keepdims=True))
    out[:, unseen] = sums[:, -1:] + to_numpy(namespace(resp).sum(resp, axis=0))[:, None] * share
    return out


def _solve(alpha: Array, mean: Array, free: Array) -> Array:
    """The maxima of log Gamma(sum a) - sum log Gamma(a) + a'mean over the free entries, from starting points (k, d)."""
    for _ in range(STEPS):
        total = alpha.sum(axis=1, keepdims=True)
        slope = np.where(free, psi(total) - psi(alpha) + mean, 0.0)
        inverse = np.where(free, -1 / polygamma(1, alpha), 0.0)
        constant = polygamma(1, total)
        common = np.sum(slope * inverse, axis=1, keepdims=True) / (1 / constant + inverse.sum(axis=1, keepdims=True))
        step = (slope - common) * inverse
        after = alpha - step
        value = _value(alpha, mean)
        with np.errstate(all="ignore"):
            rising = (after > 0).all(axis=1) & (_value(np.abs(after), mean) >= value - 1e-13 * np.abs(value))
        fixed = np.where(free, _inverse_psi(psi(total) + mean), alpha)
        after = np.where(rising[:, None], after, fixed)
        still = np.max(np.abs(after - alpha) / alpha) <= 1e-14
        alpha = after
        if still or np.max(np.abs(slope) * alpha / (1 + np.abs(mean) * alpha)) <= 1e-15:
            break
    return alpha


def _value(alpha: Array, mean: Array) -> Array:
    return np.asarray(_log_norm(alpha) + np.sum(alpha * mean, axis=1))


def _inverse_psi(y: Array) -> Array:
    """The argument at which the digamma function is y, by Newton steps from Minka's guess."""
    x = np.where(y >= -2.22, np.exp(np.minimum(y, 700.0)) + 0.5, -1 / (y + np.euler_gamma))
    for _ in range(6):
        x = x - (psi(x) - y) / polygamma(1, x)
    return np.asarray(x)


def _log_norm(alpha: Array) -> Array:
    return np.asarray(gammaln(alpha.sum(axis=1)) - gammaln(alpha).sum(axis=1))


def _refuse(x: Any) -> None:
    """Require parts above 0 that sum to 1, with a rest where some are missing; other libraries are taken at their word.

    Raises HM151.
    """
    if not is_numpy(x):
        return
    if x.ndim != 2 or x.shape[1] < 2:
        raise HiddenmixError("HM151", "a composition needs two parts or more", "np.column_stack([p, 1 - p])")
    low = x <= 0
    if low.any():
        i, c = (int(v) for v in np.argwhere(low)[0])
        what = f"row {i} holds {x[i, c]:g} in column {c} (counting from 0); parts are above 0"
        raise HiddenmixError("HM151", what, "(X * (n - 1) + 1 / d) / n, with n rows and d parts")
    total, missing = np.nansum(x, axis=1, dtype=float), np.isnan(x).sum(axis=1)
    bad = np.where(missing > 0, total >= 1, np.abs(total - 1) > SUM)
    if bad.any():
        i = int(np.argmax(bad))
        rest = ", which leaves nothing for the missing ones" if missing[i] else "; they sum to 1"
        what = f"the parts of row {i} sum to {total[i]:.6g}{rest}"
        raise HiddenmixError("HM151", what, "X / X.sum(axis=1, keepdims=True)")


__all__ = ["Dirichlet", "DirichletParams", "DirichletStats"]
