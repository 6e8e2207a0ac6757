"""Times: Weibull, right-censored, truncated."""

import numpy as np
from scipy import stats
from tests.contracts.entering import ROWS, by_column, family

import hiddenmix as hm
from hiddenmix.families.exponential import ExponentialParams

SOME = np.array([[True, False], [False, False], [True, True]])
NUMPY = {"array_api": False}


def half_line(column):
    """Quadrature over values above 0 that is uniform in their logs."""
    logs = np.linspace(-40, 12, 20001)
    return np.exp(logs), np.exp(logs) * (logs[1] - logs[0])


def censored(x, limits, seed=3):
    """The times, cut at random limits."""
    limit = np.random.default_rng(seed).uniform(*limits, size=x.shape)
    return hm.Times(np.minimum(x, limit), np.where(np.isnan(x), np.nan, x <= limit))


def survival_oracle(frozen):
    """Densities of events, survival functions of the others; `frozen(params)` is a SciPy distribution."""

    def oracle(params, x):
        time, event = x.time[:, None, :], x.event[:, None, :]
        dist = frozen(params)
        return np.nansum(np.where(event == 1, dist.logpdf(time), dist.logsf(time)), axis=2)

    return oracle


LIVES = hm.WeibullParams([[1.5, 3.0], [4.0, 0.8], [2.0, 2.0]], [[2.0, 30.0], [9.0, 5.0], [40.0, 1.0]])
_weibull = lambda p: stats.weibull_min(p.shape, scale=p.scale)  # noqa: E731
weibull_oracle = by_column(lambda x, params: _weibull(params).logpdf(x))
family("weibull-missing", hm.Weibull(), LIVES, weibull_oracle, half_line, missing=0.2, **NUMPY)
family("weibull-prior", hm.Weibull(prior=([2, 3], 1.0)), LIVES, weibull_oracle, **NUMPY)
_held = hm.Weibull(shape=hm.Known(LIVES.shape, SOME), scale=hm.Known(LIVES.scale, ~SOME))
family(
    "weibull-known", _held, LIVES, weibull_oracle, missing=0.1,
    known=lambda p: np.append(p.shape[SOME], p.scale[~SOME]), **NUMPY,
)  # fmt: skip


def drawn(family, params, missing=0.1, seed=4):
    rng = np.random.default_rng(seed)
    x = family.sample(params, rng.choice(3, size=ROWS, p=[0.2, 0.3, 0.5]), rng)
    x[rng.random(x.shape) < missing] = np.nan
    return x


_times = censored(drawn(hm.Weibull(), LIVES), (1.0, 60.0))
family("weibull-censored", hm.Weibull(), LIVES, survival_oracle(_weibull), x=_times, **NUMPY)

RATES = ExponentialParams([[0.1, 2.0], [1.0, 0.3], [5.0, 5.0]])
_times = censored(drawn(hm.CensoredExponential(), RATES), (0.1, 4.0))
_oracle = survival_oracle(lambda p: stats.expon(scale=1 / p.rate))
_held = hm.CensoredExponential(rate=hm.Known(RATES.rate, SOME), prior=(1.0, 0.5))
family("exponential-censored", hm.CensoredExponential(), RATES, _oracle, x=_times, **NUMPY)
family("exponential-censored-known", _held, RATES, _oracle, x=_times, known=lambda p: p.rate[SOME], **NUMPY)

HEIGHTS = hm.CensoredNormalParams([[-3.0, 5.0], [2.0, 0.0], [8.0, 8.0]], [[1.0, 2.0], [0.5, 1.0], [3.0, 0.7]])
_values = censored(drawn(hm.CensoredNormal(), HEIGHTS), (-2.0, 14.0))
_oracle = survival_oracle(lambda p: stats.norm(p.mean, p.sd))
_held = hm.CensoredNormal(mean=hm.Known(HEIGHTS.mean, SOME), sd=hm.Known(HEIGHTS.sd, ~SOME), prior=(2.0, 3.0, 2.0))
family("normal-censored", hm.CensoredNormal(), HEIGHTS, _oracle, x=_values, **NUMPY)
family(
    "normal-censored-known", _held, HEIGHTS, _oracle, x=_values,
    known=lambda p: np.append(p.mean[SOME], p.sd[~SOME]), **NUMPY,
)  # fmt: skip

_family, _rates = hm.TruncatedExponential(0.5, [40.0, 90.0]), ExponentialParams([[0.1, 2.0], [2.0, 0.1], [0.2, 0.05]])


def truncexpon(x, p):
    width = np.array([39.5, 89.5])
    return stats.truncexpon.logpdf(x, width * p.rate, loc=0.5, scale=1 / p.rate)


def between(low, high):
    low, high = np.atleast_1d(low), np.atleast_1d(high)

    def support(column):
        edges = np.linspace(low[column % len(low)], high[column % len(high)], 200_001)
        return (edges[1:] + edges[:-1]) / 2, np.diff(edges)

    return support


_oracle, _support = by_column(truncexpon), between(0.5, [40.0, 90.0])
family("exponential-truncated-missing", _family, _rates, _oracle, _support, missing=0.2, **NUMPY)
_open = hm.TruncatedExponential(1.0, prior=(2.0, 1.0), rate=hm.Known(_rates.rate, SOME))
_oracle = by_column(lambda x, p: stats.expon.logpdf(x, 1.0, 1 / p.rate))
family("exponential-truncated-known", _open, _rates, _oracle, known=lambda p: p.rate[SOME], **NUMPY)

_cut = hm.TruncatedNormalParams([[-1.0, 5.0], [2.0, 0.5], [7.0, 8.0]], [[1.0, 2.0], [0.5, 1.0], [1.0, 0.7]])
_oracle = by_column(lambda x, p: stats.truncnorm.logpdf(x, (-1.5 - p.mean) / p.sd, (8.5 - p.mean) / p.sd, p.mean, p.sd))
_family = hm.TruncatedNormal(-1.5, 8.5)
family("normal-truncated-missing", _family, _cut, _oracle, between(-1.5, 8.5), missing=0.1, **NUMPY)
_held = hm.TruncatedNormal(
    -1.5, 8.5, mean=hm.Known(_cut.mean, SOME), sd=hm.Known(_cut.sd, ~SOME), prior=(2.0, 3.0, 2.0)
)
family(
    "normal-truncated-known", _held, _cut, _oracle,
    known=lambda p: np.append(p.mean[SOME], p.sd[~SOME]), samples=False, **NUMPY
)  # fmt: skip
_oracle = by_column(lambda x, p: stats.truncnorm.logpdf(x, (-1.5 - p.mean) / p.sd, np.inf, p.mean, p.sd))
family("normal-truncated-below", hm.TruncatedNormal(-1.5), _cut, _oracle, **NUMPY)

_cut = hm.WeibullParams([[1.5, 3.0], [4.0, 2.0], [2.5, 3.0]], [[2.0, 30.0], [9.0, 5.0], [5.0, 12.0]])


def truncweibull(low, high):
    def logpdf(x, p):
        dist = _weibull(p)
        return dist.logpdf(x) - np.log(dist.cdf(high) - dist.cdf(low))

    return by_column(logpdf)


_low, _high = np.array([0.5, 2.0]), np.array([10.0, np.inf])
_support = between(_low, [10.0, 120.0])
_family = hm.TruncatedWeibull(_low, _high)
family("weibull-truncated-missing", _family, _cut, truncweibull(_low, _high), _support, missing=0.1, **NUMPY)
_held = hm.TruncatedWeibull(
    _low, _high, shape=hm.Known(_cut.shape, SOME), scale=hm.Known(_cut.scale, ~SOME), prior=([4, 6], 1.0)
)
family(
    "weibull-truncated-known", _held, _cut, truncweibull(_low, _high),
    known=lambda p: np.append(p.shape[SOME], p.scale[~SOME]), **NUMPY
)  # fmt: skip
