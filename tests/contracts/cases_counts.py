"""Counts and categories, also at probabilities and rates of exactly 0."""

import numpy as np
from scipy import stats
from tests.contracts.entering import ROWS, by_column, counts_to, family

import hiddenmix as hm
from hiddenmix.families.binomial import Tosses


def multinomial_oracle(params, x):
    out = np.zeros((len(x), len(params.p)))
    for i, row in enumerate(x):
        seen = ~np.isnan(row)
        for j, p in enumerate(params.p):
            if seen.any():
                out[i, j] = stats.multinomial(row[seen].sum(), p[seen] / p[seen].sum()).logpmf(row[seen])
    return out


def level_oracle(params, x):
    out = np.zeros((len(x), len(params.p)))
    for i, row in enumerate(x):
        for c, code in enumerate(row):
            if not np.isnan(code):
                out[i] += np.log(params.p[:, c, int(code)])
    return out


rng = np.random.default_rng(1)
binomial_oracle = by_column(lambda x, params: stats.binom.logpmf(x, 12, params.p))
poisson_oracle = by_column(lambda x, params: stats.poisson.logpmf(x, params.rate))

CHANCES = hm.BinomialParams([[0.2, 0.5, 0.7, 0.3], [0.8, 0.3, 0.4, 0.6], [0.5, 0.9, 0.1, 0.2]])
family("binomial", hm.Binomial(12), CHANCES, binomial_oracle, counts_to(12))
family("binomial-missing", hm.Binomial(12), CHANCES, binomial_oracle, counts_to(12), missing=0.2)
family("binomial-prior", hm.Binomial(12, prior=(1.5, 0.5)), CHANCES, binomial_oracle, missing=0.1)
FIFTHS = np.arange(12).reshape(3, 4) % 5 == 0
_held = hm.Binomial(12, p=hm.Known(CHANCES.p, FIFTHS))
family("binomial-known", _held, CHANCES, binomial_oracle, known=lambda p: p.p[FIFTHS])
_trials = rng.integers(0, 9, size=(ROWS, 4)).astype(float)
_tosses = Tosses(rng.binomial(_trials.astype(int), 0.4).astype(float), _trials)
family("binomial-tosses", hm.Binomial(), CHANCES, x=_tosses)

FLIPS = by_column(lambda x, params: stats.bernoulli.logpmf(x, params.p))
_flips = hm.BinomialParams(np.concatenate([CHANCES.p, 1 - CHANCES.p[::-1]], axis=1))
family("bernoulli", hm.Bernoulli(), _flips, FLIPS, counts_to(1))
family("bernoulli-missing", hm.Bernoulli(prior=(1.0, 1.0)), _flips, FLIPS, counts_to(1), missing=0.2)

RATES = hm.PoissonParams([[1.0, 6.0], [5.0, 2.0], [9.0, 9.0]])
family("poisson", hm.Poisson(), RATES, poisson_oracle, counts_to(80))
family("poisson-missing", hm.Poisson(), RATES, poisson_oracle, counts_to(80), missing=0.2)
family("poisson-prior", hm.Poisson(prior=(2.0, 0.5)), RATES, poisson_oracle, missing=0.1)
SOME = np.array([[True, False], [False, False], [True, True]])
_held = hm.Poisson(rate=hm.Known(RATES.rate, SOME))
family("poisson-known", _held, RATES, poisson_oracle, known=lambda p: p.rate[SOME])

LEVELS = hm.CategoricalParams(
    np.array(
        [
            [[0.7, 0.3, 0.0, 0.0], [0.2, 0.1, 0.6, 0.1], [0.1, 0.2, 0.7, 0.0]],
            [[0.2, 0.8, 0.0, 0.0], [0.4, 0.4, 0.1, 0.1], [0.8, 0.1, 0.1, 0.0]],
            [[0.5, 0.5, 0.0, 0.0], [0.1, 0.1, 0.1, 0.7], [0.3, 0.6, 0.1, 0.0]],
        ]
    )
)
CODES = lambda column: (np.arange((2.0, 4.0, 3.0)[column]), np.ones((2, 4, 3)[column]))  # noqa: E731
family("categorical", hm.Categorical([2, 4, 3]), LEVELS, level_oracle, CODES)
family("categorical-missing", hm.Categorical([2, 4, 3]), LEVELS, level_oracle, CODES, missing=0.2)
family("categorical-prior", hm.Categorical([2, 4, 3], prior=0.7), LEVELS, level_oracle, CODES, missing=0.1)
CELLS = np.arange(36).reshape(3, 3, 4) % 5 == 0
_held = hm.Categorical([2, 4, 3], p=hm.Known(LEVELS.p, CELLS))
family("categorical-known", _held, LEVELS, level_oracle, known=lambda p: p.p[CELLS])

SHARES = hm.MultinomialParams([[0.1, 0.2, 0.3, 0.4], [0.4, 0.4, 0.1, 0.1], [0.25, 0.05, 0.6, 0.1]])
family("multinomial", hm.Multinomial(20), SHARES, multinomial_oracle)
family("multinomial-missing", hm.Multinomial(20), SHARES, multinomial_oracle, missing=0.15)
family("multinomial-prior", hm.Multinomial(20, prior=1.5), SHARES, multinomial_oracle, missing=0.1)
_held = hm.Multinomial(20, p=hm.Known(SHARES.p, FIFTHS))
family("multinomial-known", _held, SHARES, multinomial_oracle, known=lambda p: p.p[FIFTHS])

# Probabilities and rates of exactly 0: no NaN, whatever they multiply

family("bernoulli-edge", hm.Bernoulli(), hm.BinomialParams([[0.0, 0.5], [1.0, 0.0], [1.0, 1.0]]), missing=0.1)
family("poisson-edge", hm.Poisson(), hm.PoissonParams([[0.0, 1.0], [2.0, 0.0], [3.0, 3.0]]), missing=0.1)
_sharp = np.array([[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], [[0.0, 1.0, 0.0], [0.0, 0.2, 0.8]], [[0.2, 0.3, 0.5]] * 2])
family("categorical-edge", hm.Categorical(3), hm.CategoricalParams(_sharp), missing=0.1)
_sharp = hm.MultinomialParams([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
family("multinomial-edge", hm.Multinomial(9), _sharp, missing=0.2)
