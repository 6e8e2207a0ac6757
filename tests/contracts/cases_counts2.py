"""Counts that vary more than Poisson or binomial ones, or have more zeros."""

import numpy as np
from scipy import stats
from tests.contracts.entering import ROWS, by_column, counts_to, family

import hiddenmix as hm

SOME = np.array([[True, False], [False, False], [True, True]])
NUMPY = {"array_api": False}

SPREAD = hm.NegativeBinomialParams([[2.0, 60.0], [20.0, 3.0], [90.0, 90.0]], [[0.6, 0.3], [0.5, 0.5], [0.3, 0.2]])
nbinom_oracle = by_column(
    lambda x, p: stats.nbinom.logpmf(x, 1 / p.dispersion, 1 / (1 + p.dispersion * p.mean)),
)
family("negative-binomial-missing", hm.NegativeBinomial(), SPREAD, nbinom_oracle, counts_to(1500), missing=0.2, **NUMPY)
_prior = hm.NegativeBinomial(prior=([0, 5, 20], 2.0))
family("negative-binomial-prior", _prior, SPREAD, nbinom_oracle, missing=0.1, **NUMPY)
_held = hm.NegativeBinomial(dispersion=hm.Known(SPREAD.dispersion, SOME), mean=hm.Known(SPREAD.mean, ~SOME))
family(
    "negative-binomial-known", _held, SPREAD, nbinom_oracle,
    known=lambda p: np.append(p.dispersion[SOME], p.mean[~SOME]), **NUMPY,
)  # fmt: skip
_edge = hm.NegativeBinomialParams([[2.0, 9.0], [12.0, 0.0], [30.0, 3.0]], [[0.0, 0.3], [0.5, 0.0], [0.1, 0.0]])
family("negative-binomial-edge", hm.NegativeBinomial(), _edge, missing=0.1, **NUMPY)

CLUSTERED = hm.BetaBinomialParams([[0.2, 0.5], [0.8, 0.3], [0.5, 0.9]], [[0.1, 0.3], [0.2, 0.05], [0.05, 0.2]])
_shape = lambda p, q: q * (1 / p.correlation - 1)  # noqa: E731
betabinom_oracle = by_column(lambda x, p: stats.betabinom.logpmf(x, 20, _shape(p, p.p), _shape(p, 1 - p.p)))
_family = hm.BetaBinomial(20)
family("beta-binomial-missing", _family, CLUSTERED, betabinom_oracle, counts_to(20), missing=0.2, **NUMPY)
_held = hm.BetaBinomial(
    20, p=hm.Known(CLUSTERED.p, SOME), correlation=hm.Known(CLUSTERED.correlation, ~SOME), prior=([(3, 9), (2, 2)], 2.0)
)
family(
    "beta-binomial-known", _held, CLUSTERED, betabinom_oracle, missing=0.1,
    known=lambda p: np.append(p.p[SOME], p.correlation[~SOME]), **NUMPY,
)  # fmt: skip
_rng = np.random.default_rng(2)
_trials = _rng.integers(1, 15, size=(ROWS, 2)).astype(float)
_chance = _rng.beta(*np.where(_rng.random((1, ROWS, 1)) < 0.4, [[[8.0]], [[2.0]]], [[[2.0]], [[9.0]]]), (ROWS, 2))
_tosses = hm.Tosses(_rng.binomial(_trials.astype(int), _chance).astype(float), _trials)
family("beta-binomial-tosses", hm.BetaBinomial(), CLUSTERED, x=_tosses, **NUMPY)
_edge = hm.BetaBinomialParams([[0.0, 0.5], [1.0, 0.3], [0.5, 0.4]], [[0.2, 0.0], [0.2, 1.0], [0.0, 0.2]])
family("beta-binomial-edge", hm.BetaBinomial(8), _edge, missing=0.1, **NUMPY)


def inflated(oracle):
    """The mixture of zeros and counts, cell by cell."""

    def logpmf(x, params):
        share = params.inflation
        return np.where(np.isnan(x), np.nan, np.log(share * (x == 0) + (1 - share) * np.exp(oracle(x, params.counts))))

    return by_column(logpmf)


SHARES = np.array([[0.4, 0.2], [0.1, 0.5], [0.3, 0.3]])
_counts = hm.PoissonParams([[2.0, 12.0], [9.0, 3.0], [25.0, 25.0]])
_params = hm.ZeroInflatedParams(SHARES, _counts)
_oracle = inflated(lambda x, p: stats.poisson.logpmf(x, p.rate))
_family = hm.ZeroInflated(hm.Poisson())
family("zero-inflated-poisson-missing", _family, _params, _oracle, counts_to(120), missing=0.2, **NUMPY)
_held = hm.ZeroInflated(hm.Poisson(prior=(2.0, 0.5)), inflation=hm.Known(SHARES, SOME), prior=(0.5, 1.0))
family("zero-inflated-poisson-known", _held, _params, _oracle, known=lambda p: p.inflation[SOME], **NUMPY)
_params = hm.ZeroInflatedParams(SHARES, SPREAD)
_oracle = inflated(lambda x, p: stats.nbinom.logpmf(x, 1 / p.dispersion, 1 / (1 + p.dispersion * p.mean)))
family("zero-inflated-negative-binomial", hm.ZeroInflated(hm.NegativeBinomial()), _params, _oracle, **NUMPY)
_params = hm.ZeroInflatedParams(SHARES, hm.BinomialParams([[0.2, 0.5], [0.8, 0.3], [0.5, 0.9]]))
_oracle = inflated(lambda x, p: stats.binom.logpmf(x, 12, p.p))
family("zero-inflated-binomial", hm.ZeroInflated(hm.Binomial(12)), _params, _oracle, missing=0.1, **NUMPY)
