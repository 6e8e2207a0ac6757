"""Beta-binomial counts, columns independent: binomial counts whose probability varies from row to row.

With mean probability p and intraclass correlation r, a count x of t tosses has variance t p (1 - p) (1 + (t - 1) r);
r = 0 is the binomial distribution, r = 1 all tosses alike. With f = t - x failures and T(m, b) the sum of log(b + r i)
over 0 < i < m,

    log p(x) = log C(t, x) + [x > 0] (log p + T(x, p (1 - r))) + [f > 0] (log(1 - p) + T(f, (1 - p) (1 - r)))
               - T(t, 1 - r) + [0 < x < t] log(1 - r),

summed over the observed cells; p (1 - r)/r and (1 - p) (1 - r)/r are the two shapes of the beta distribution (Griffiths
1973, Biometrics 29:637). The statistic is the histogram of the pairs (x, t). For each r the likelihood is concave in p;
the M-step is Newton's method on the derivative of that profile by r, and its edges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit, logit

from hiddenmix._errors import HiddenmixError
from hiddenmix._special import LOG_ZERO, ZERO, log_factorial, safe_log
from hiddenmix._tree import Array, record
from hiddenmix._validate import check_counts
from hiddenmix._xp import is_numpy
from hiddenmix.families._base import columns, refuse_no_counts
from hiddenmix.families._charts import SHARE
from hiddenmix.families._counted import Counted
from hiddenmix.families._histogram import Histogram, pseudo_histogram
from hiddenmix.families._independent import Field, Given
from hiddenmix.families._rising import log_rising, rising_slope
from hiddenmix.families._roots import falling_roots
from hiddenmix.families.binomial import Tosses
from hiddenmix.model import Known

STEP = 1e-4  # of log-odds, for the slopes that Newton's method takes
NOISE = 16 * np.finfo(float).eps  # of a sum, as a share of its terms
AROUND = STEP * np.array([[0, 1, -1, 0, 0], [0, 0, 0, 1, -1]])  # of both log-odds
EDGE = 27.0  # log-odds of a correlation next to 0 or 1


@record
class BetaBinomialParams:
    """Mean success probabilities, and correlations of two tosses of one row, both (k, d)."""

    p: Array
    correlation: Array


class BetaBinomial(Counted[BetaBinomialParams]):
    """Beta-binomial components; data are counts (n, d), or `Tosses` where the number of trials varies by row.

    Parameters
    ----------
    trials : int, array of shape (d,), or None
        Tosses per cell; None takes the largest count that is seen in each column.
    p, correlation : Known, optional
        Mean probabilities and intraclass correlations that are given.
    prior : tuple (tosses, rows), optional
        Pairs (successes, trials), of shape (m, 2), that were seen before in every component and column, together as
        many as `rows` rows.

    Raises
    ------
    HiddenmixError : HM124 negative counts, HM125 fractional ones, HM126 above their trials
    """

    params = BetaBinomialParams
    fields = (Field("p", SHARE, words="probability"), Field("correlation", SHARE))
    prior_form: ClassVar[str] = "(tosses, rows)"
    options: ClassVar[tuple[str, ...]] = ("trials",)

    def __init__(
        self,
        trials: int | Array | None = None,
        *,
        p: Known | None = None,
        correlation: Known | None = None,
        prior: tuple[Sequence[tuple[float, float]], float] | None = None,
    ) -> None:
        self.trials = None if trials is None else np.asarray(trials, dtype=float)
        super().__init__(prior, p=p, correlation=correlation)

    def pseudo_stats(self, prior: tuple[Sequence[tuple[float, float]], float]) -> Histogram:
        """The histogram of the pairs that were seen before."""
        tosses = np.asarray(prior[0], dtype=float)
        if tosses.ndim != 2 or tosses.shape[1] != 2:
            raise ValueError
        check_counts(tosses[:, :1], tosses[:, 1:])
        return pseudo_histogram(tosses, prior[1])

    def refuse(self, x: Array) -> None:
        """HM124 negative counts, HM125 fractional ones, HM126 above their trials."""
        refuse_no_counts(x, self.trials)

    def settled(self, x: Any) -> BetaBinomial:
        """The family with its number of trials."""
        if isinstance(x, Tosses):
            refuse_no_counts(x.successes)
            refuse_no_counts(x.trials)
            if is_numpy(x.trials) and np.any(x.successes > x.trials):
                raise HiddenmixError("HM126", "a row has more successes than trials", "Tosses(successes, trials)")
            return self
        if self.trials is not None:
            return self
        most = np.nanmax(columns(x), axis=0)
        return BetaBinomial(**self.arguments() | {"trials": most})

    def numbers(self, x: Any) -> Sequence[Array]:
        """Successes and trials."""
        if isinstance(x, Tosses):
            return [np.asarray(columns(part), dtype=float) for part in (x.successes, x.trials)]
        assert self.trials is not None, "prepare the family with data, or give trials"
        x = np.asarray(columns(x), dtype=float)
        return [x, np.broadcast_to(self.trials, x.shape)]

    def table(self, x: Any) -> Array:
        """Shares of successes."""
        heads, tosses = self.numbers(x)
        return np.where(tosses > 0, heads / np.where(tosses > 0, tosses, 1.0), np.nan)

    def straightened(self, x: Array) -> Array:
        """Variance-stabilised shares."""
        return np.arcsin(np.sqrt(x))

    def log_mass(self, params: BetaBinomialParams, value: Array) -> Array:
        """The log probabilities of pairs (x, t)."""
        x, t = value[..., 0], value[..., 1]
        p, r = params.p, params.correlation
        choices = log_factorial(t) - log_factorial(x) - log_factorial(t - x)
        heads, tails = (_share(count, q, r) for count, q in ((x, p), (t - x, 1 - p)))
        mixed = np.where((x > 0) & (x < t), safe_log(1 - r), 0.0)
        return np.maximum(choices + heads + tails + mixed - _later(t, 1 - r, r), LOG_ZERO)

    def solve(self, stats: Histogram, given: Mapping[str, Given], old: BetaBinomialParams | None) -> BetaBinomialParams:
        """The zero of the profile's derivative by the correlation, from the old one, or an edge."""
        x, t, w = stats.value[:, 0], stats.value[:, 1], stats.weight  # (L,), (L,), (m, L)
        heads, tosses = w @ x, w @ t
        share = np.where(tosses > 0, heads / np.where(tosses > 0, tosses, 1.0), 0.5)
        p = given["p"].fill(share)
        before = np.zeros(len(p)) if old is None else old.correlation
        r = given["correlation"].fill(before)
        free, known_p = ~given["correlation"].mask, given["p"].mask
        told = (p > ZERO) & (p < 1 - ZERO)  # where all tosses are alike, any correlation will do
        several, mixed = w @ (t > 1) > 0, w @ ((x > 0) & (x < t)) > 0
        rise, size = _slopes(x, t, w, p, np.zeros(len(p)))[1:]
        apart = told & several & free
        r = np.where(apart, np.where(mixed, 0.0, 1.0), r)
        inner = apart & mixed & (rise > NOISE * size)
        start = np.where((before > ZERO) & (before < 1 - ZERO), before, 0.1)
        r[inner] = expit(_log_odds(x, t, w[inner], p[inner], known_p[inner], logit(start[inner])))
        r = np.where(r < ZERO, 0.0, np.where(r > 1 - ZERO, 1.0, r))
        bent = told & ~known_p & (r > 0) & (r < 1)
        p[bent] = expit(_best_p(x, t, w[bent], r[bent], logit(p[bent])))
        return BetaBinomialParams(p, r)

    def partials(self, params: BetaBinomialParams, stats: Histogram) -> dict[str, Array]:
        """The derivatives by the probability and the correlation."""
        x, t = stats.value[:, 0], stats.value[:, 1]
        by_p, by_r, _ = _slopes(x, t, stats.weight, params.p, params.correlation)
        return {"p": by_p, "correlation": by_r}

    def means(self, params: BetaBinomialParams) -> Array:
        """t p; p where the number of trials varies by row."""
        return params.p * self._tosses

    def variances(self, params: BetaBinomialParams) -> Array:
        """t p (1 - p) (1 + (t - 1) r)."""
        return self._tosses * params.p * (1 - params.p) * (1 + (self._tosses - 1) * params.correlation)

    def below(self, params: BetaBinomialParams, value: Array) -> Array:
        """The probabilities of all smaller counts, added up."""
        every = np.arange(np.max(self._tosses) + 1)
        value = np.asarray(value)
        total = np.zeros(np.broadcast_shapes(value.shape, params.p.shape))
        for count in every:
            pair = np.stack(np.broadcast_arrays(np.minimum(count, self._tosses), self._tosses), axis=-1)
            mass = np.where(count <= self._tosses, np.exp(self.log_mass(params, pair)), 0.0)
            total += np.where(value >= count, mass, 0.0)
        return np.minimum(total, 1.0)

    def draw(self, params: BetaBinomialParams, rng: np.random.Generator) -> Array:
        """Binomial counts with beta probabilities."""
        p, r = params.p, params.correlation
        within = (r > ZERO) & (r < 1 - ZERO) & (p > 0) & (p < 1)
        odds = np.where(within, (1 - r) / np.where(within, r, 1.0), 1.0)
        chance = rng.beta(np.where(within, p, 0.5) * odds, np.where(within, 1 - p, 0.5) * odds)
        alike = (rng.random(p.shape) < p).astype(float)
        chance = np.where(within, chance, np.where(r > 0.5, alike, p))
        return rng.binomial(np.broadcast_to(self._tosses, p.shape).astype(int), chance).astype(float)

    @property
    def _tosses(self) -> Array:
        return np.ones(1) if self.trials is None else np.atleast_1d(self.trials)


def _later(m: Array, b: Array, r: Array) -> Array:
    """T(m, b): the logs of all factors but the first."""
    first = b + r
    first = np.where(first > 0, first, 1.0)
    rest = np.maximum(m - 1, 0.0)
    return rest * np.log(first) + log_rising(rest, r / first)


def _share(m: Array, q: Array, r: Array) -> Array:
    """[m > 0] (log q + T(m, q (1 - r)))."""
    return np.where(m > 0, safe_log(q) + _later(m, q * (1 - r), r), 0.0)


def _sums(m: Array, b: Array, r: Array) -> tuple[Array, Array]:
    """The derivatives of T(m, b) by b and by r: sums of 1 / (b + r i) and i / (b + r i), 0 < i < m."""
    first = b + r
    first = np.where(first > 0, first, 1.0)
    rest, a = np.maximum(m - 1, 0.0), r / first
    slope = rising_slope(rest, a)
    ones = (rest - a * slope) / first
    return ones, ones + slope / first


def _slopes(x: Array, t: Array, w: Array, p: Array, r: Array) -> tuple[Array, Array, Array]:
    """Derivatives (...) of the log-likelihood of pairs with weights w (..., L) by p and by r; the size of the second.

    Where p or r is at an edge they are finite, and mean nothing.
    """
    p, r, f = p[..., None], r[..., None], t - x
    q = 1 - p
    inside = np.where((p > 0) & (q > 0), p * q, 1.0)
    m, b = np.concatenate([x, f, t]), np.stack(np.broadcast_arrays(p, q, 1.0), axis=-2) * (1 - r)[..., None, :]
    ones, sums = _sums(m.reshape(3, -1), b, r[..., None, :])  # (..., 3, L)
    head_1, tail_1, all_1 = np.moveaxis(ones, -2, 0)
    head_i, tail_i, all_i = np.moveaxis(sums, -2, 0)
    mixed = ((x > 0) & (x < t)) / np.where(r < 1, 1 - r, 1.0)
    by_p = ((x > 0) * q - (f > 0) * p) / inside + (1 - r) * (head_1 - tail_1)
    by_r = head_i - p * head_1 + tail_i - q * tail_1 - (all_i - all_1) - mixed
    size = head_i + p * head_1 + tail_i + q * tail_1 + all_i + all_1 + mixed
    return np.sum(w * by_p, axis=-1), np.sum(w * by_r, axis=-1), np.sum(w * size, axis=-1)


def _by_odds(x: Array, t: Array, w: Array) -> Callable[[Array, Array], tuple[Array, Array, Array]]:
    """The same by the log-odds of p and of r, as a function of these."""

    def slopes(at_p: Array, at_r: Array) -> tuple[Array, Array, Array]:
        p, r = expit(at_p), expit(at_r)
        by_p, by_r, size = _slopes(x, t, w, p, r)
        return by_p * p * expit(-at_p), by_r * r * expit(-at_r), size * r * expit(-at_r)

    return slopes


def _best_p(x: Array, t: Array, w: Array, r: Array, start: Array) -> Array:
    """The log-odds of the best p (m,) for correlations r (m,): the likelihood is concave in p."""
    slopes, at_r, size = _by_odds(x, t, w), logit(r), w @ t

    def falling(at: Array) -> tuple[Array, Array]:
        value, ahead, behind = slopes(at + np.outer((0, STEP, -STEP), np.ones(len(at))), at_r)[0]
        return np.where(np.abs(value) <= NOISE * size, 0.0, value), (ahead - behind) / (2 * STEP)

    return falling_roots(falling, start)


def _log_odds(x: Array, t: Array, w: Array, p: Array, known_p: Array, start: Array) -> Array:
    """The log-odds of the correlation at which the profile of the likelihood is level."""
    slopes, at_p = _by_odds(x, t, w), np.array(logit(p))

    def falling(at: Array) -> tuple[Array, Array]:
        free = ~known_p
        at_p[free] = _best_p(x, t, w[free], expit(at[free]), at_p[free])
        by_p, by_r, size = slopes(at_p + AROUND[0][:, None], at + AROUND[1][:, None])
        value, size = by_r[0], size[0]
        pp, pr, rr = ((by[i] - by[i + 1]) / (2 * STEP) for by, i in ((by_p, 1), (by_r, 1), (by_r, 3)))
        slope = rr - np.where(free & (pp < 0), pr * pr / np.where(pp < 0, pp, 1.0), 0.0)
        return np.where(np.abs(value) <= NOISE * size, 0.0, value), slope

    return falling_roots(falling, start, -EDGE - 1, EDGE + 9)


__all__ = ["BetaBinomial", "BetaBinomialParams"]
