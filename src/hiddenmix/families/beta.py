"""The beta distribution, columns independent: shares between 0 and 1.

log p(x; a, b) = sum_c [(a - 1) log x + (b - 1) log(1 - x) - log B(a, b)], over observed cells. With y = log x/(1 - x),
m = a / f and f = a + b it is log(f^f / a^a b^b) - log B(a, b) - f D(y; log m/(1 - m)) - log x (1 - x), D being the
divergence of two coins. The estimate solves digamma(a) - digamma(f) = mean of log x and digamma(b) - digamma(f) = mean
of log(1 - x), whose solution is the one maximum of a concave function, by nested Newton's steps to float precision
(Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, section 25.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import betainc, expit, logit

from hiddenmix._special import log_digamma_gap, log_gamma_gap
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix._xp import namespace
from hiddenmix.families._charts import POSITIVE
from hiddenmix.families._dispersion import SPREAD, Dispersion, rows_of
from hiddenmix.families._gaps import DIVERGENCES, Gaps, softplus
from hiddenmix.families._independent import Field, Given, refuse_collapse
from hiddenmix.families._roots import CLOSE, falling_roots
from hiddenmix.model import Known

JOINT = 30  # steps in both parameters at once
LEAP = 2.0  # the longest of them, in logs
FAR = 300.0  # log-odds of shares whose squares can be held
INSIDE = (np.finfo(float).tiny, np.nextafter(1.0, 0.0))  # draws stay there


@record
class BetaParams:
    """The exponents of x and of 1 - x, plus 1 (k, d): the mean is alpha / (alpha + beta)."""

    alpha: Array
    beta: Array


class Beta(Dispersion[BetaParams]):
    """Beta components; data are values between 0 and 1, both left out (n, d).

    Parameters
    ----------
    alpha, beta : Known, optional
        Parameters that are given.
    prior : tuple of three, optional
        (rows, alpha, beta): so many rows were seen before, in every component, whose own estimate these are. Both may
        differ by column (d,).

    Raises
    ------
    HiddenmixError : HM135 values that are not between 0 and 1
    """

    params = BetaParams
    fields = (Field("alpha", POSITIVE), Field("beta", POSITIVE))
    divergence, stand_in, between = "odds", 0.5, (0.0, 1.0)

    def __init__(
        self,
        *,
        alpha: Known | None = None,
        beta: Known | None = None,
        prior: tuple[float, Array | float, Array | float] | None = None,
    ) -> None:
        super().__init__(prior, alpha=alpha, beta=beta)

    def pseudo_stats(self, prior: Any) -> Gaps:
        """Rows whose log-odds and logs have the means that they have under a and b."""
        a, b = (np.asarray(part, dtype=float) for part in prior[1:])
        first, second, both = (log_digamma_gap(part)[0] for part in (a, b, a + b))
        odds, share = np.log(a / b), a / (a + b)
        mean = odds - first + second
        gap = share * first + (1 - share) * second - both - DIVERGENCES["odds"](mean, odds)
        return rows_of(prior, mean, gap, "odds")

    def refuse(self, x: Array) -> None:
        """HM135 values that are not between 0 and 1."""
        check_support(x, "share")

    def statistic(self, x: Array) -> Array:
        """log x/(1 - x)."""
        xp = namespace(x)
        return xp.log(x) - xp.log1p(-x)

    def log_base(self, x: Array) -> Array:
        """-log x (1 - x)."""
        xp = namespace(x)
        return -xp.log(x) - xp.log1p(-x)

    def form(self, params: BetaParams) -> tuple[Array, Array, Array]:
        """log a/b; a + b; and what is left, by Stirling's series of all three."""
        a, b, total = params.alpha, params.beta, params.alpha + params.beta
        return np.log(a / b), total, log_gamma_gap(a) + log_gamma_gap(b) - log_gamma_gap(total)

    def solve(self, stats: Gaps, given: Mapping[str, Given], old: BetaParams | None) -> BetaParams:
        """Both by nested Newton's steps; of one that is known, the other."""
        gap, first, second = stats.gap / stats.weight, given["alpha"], given["beta"]
        free = ~(first.mask | second.mask)
        refuse_collapse((gap <= SPREAD) & free, "has a single value")
        a, b = np.ones(gap.shape), np.ones(gap.shape)
        total, odds = 0.5 / gap[free], stats.mean[free]
        if old is not None:
            total, odds = (old.alpha + old.beta)[free], np.log(old.alpha / old.beta)[free]
        a[free], b[free] = _both(stats.mean[free], gap[free], total, odds)
        one, other = second.mask & ~first.mask, first.mask & ~second.mask
        a[one] = _other(second.value[one], -softplus(-stats.mean[one]) - gap[one])
        b[other] = _other(first.value[other], -softplus(stats.mean[other]) - gap[other])
        return BetaParams(first.fill(a), second.fill(b))

    def partials(self, params: BetaParams, stats: Gaps) -> dict[str, Array]:
        """weight (digamma(a + b) - digamma(a)) + sum of log x, and the same for b and 1 - x."""
        first, second, both = (log_digamma_gap(v)[0] for v in (params.alpha, params.beta, params.alpha + params.beta))
        odds = np.log(params.alpha / params.beta)
        above = softplus(-odds) - softplus(-stats.mean) + first - both
        beneath = softplus(odds) - softplus(stats.mean) + second - both
        return {"alpha": stats.weight * above - stats.gap, "beta": stats.weight * beneath - stats.gap}

    def straightened(self, x: Array) -> Array:
        """Log-odds."""
        return np.asarray(logit(x))

    def means(self, params: BetaParams) -> Array:
        """a / (a + b)."""
        return params.alpha / (params.alpha + params.beta)

    def variances(self, params: BetaParams) -> Array:
        """m (1 - m) / (a + b + 1)."""
        mean = self.means(params)
        return mean * (1 - mean) / (params.alpha + params.beta + 1)

    def below(self, params: BetaParams, value: Array) -> Array:
        """The incomplete beta function."""
        return np.asarray(betainc(params.alpha, params.beta, np.clip(value, 0.0, 1.0)))

    def draw(self, params: BetaParams, rng: np.random.Generator) -> Array:
        """Draws, never 0 or 1."""
        return np.clip(rng.beta(params.alpha, params.beta), *INSIDE)


def _both(mean: Array, gap: Array, total: Array, odds: Array) -> tuple[Array, Array]:
    """Both parameters, from a start: Newton's steps in both, nested ones where these do not arrive."""
    odds, log_total = np.array(odds, dtype=float), np.log(total)
    going = np.ones(odds.shape, dtype=bool)
    for _ in range(JOINT):
        if not going.any():
            break
        share, rest, (h, g, both), (dh, dg, slope) = _parts(log_total, odds)
        found, wanted = share * h + rest * g - both, gap + DIVERGENCES["odds"](mean, odds)
        first, second = mean - odds + h - g, np.log(found / wanted)
        both_shares, total = share * rest, np.exp(log_total)
        across = total * (share * dh - rest * dg)
        matrix = [
            [total * both_shares * (dh + dg) - 1, across],
            [
                both_shares * ((h - g + across) / found + (mean - odds) / wanted),
                total * (share**2 * dh + rest**2 * dg - slope) / found,
            ],
        ]
        det = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0]
        det = np.where(det > 0, det, np.inf)
        step = np.clip((matrix[0][1] * second - matrix[1][1] * first) / det, -LEAP, LEAP)
        turn = np.clip((matrix[1][0] * first - matrix[0][0] * second) / det, -LEAP, LEAP)
        odds, log_total = odds + step * going, log_total + turn * going
        arrived = (np.abs(step) <= CLOSE * np.maximum(np.abs(odds), 1)) & (np.abs(turn) <= CLOSE)
        going &= ~(arrived & np.isfinite(det))
    if going.any():
        odds[going], log_total[going] = _nested(mean[going], gap[going])
    total = np.exp(log_total)
    return total * expit(odds), total * expit(-odds)


def _nested(mean: Array, gap: Array) -> tuple[Array, Array]:
    """Log-odds and log f by an outer equation in log f and an inner one in the log-odds at that f."""
    odds = np.array(mean, dtype=float)

    def outer(log_total: Array) -> tuple[Array, Array]:
        total = np.exp(log_total)

        def inner(odds: Array) -> tuple[Array, Array]:
            share, rest, (h, g, _), (dh, dg, _) = _parts(log_total, odds)
            return mean - odds + h - g, total * share * rest * (dh + dg) - 1

        odds[:] = falling_roots(inner, odds)
        share, rest, (h, g, both), (dh, dg, slope) = _parts(log_total, odds)
        found, wanted = share * h + rest * g - both, gap + DIVERGENCES["odds"](mean, odds)
        across, turn = share * dh - rest * dg, total * share * rest * (dh + dg) - 1
        rise = share**2 * dh + rest**2 * dg - slope - total * share * rest * across**2 / turn
        return np.log(found / wanted), total * rise / wanted

    log_total = falling_roots(outer, -np.log(2 * gap))
    return odds, log_total


def _parts(log_total: Array, odds: Array) -> tuple[Array, Array, Array, Array]:
    """m, 1 - m, and what logs exceed digammas by at a, b and f, with its derivatives: (m,), (m,), (3, m), (3, m)."""
    odds, total = np.clip(odds, -FAR, FAR), np.exp(log_total)
    share, rest = expit(odds), expit(-odds)
    return share, rest, *log_digamma_gap(np.stack([total * share, total * rest, total]))


def _other(known: Array, log_mean: Array) -> Array:
    """b with digamma(b) - digamma(a + b) = the mean of its logs, for a known a."""

    def excess(log_value: Array) -> tuple[Array, Array]:
        value = np.exp(log_value)
        (h, dh), (g, dg) = log_digamma_gap(value), log_digamma_gap(value + known)
        return log_mean + np.log1p(known / value) + h - g, value * dh - 1 + value * (1 / (value + known) - dg)

    return np.exp(falling_roots(excess, np.log(known)))


__all__ = ["Beta", "BetaParams"]
