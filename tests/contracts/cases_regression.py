"""Regressions: normal, Poisson, binomial, gamma; shared and given coefficients, offsets, trials, priors."""

import numpy as np
from scipy import stats
from tests.contracts.entering import ROWS, WEIGHTS, K, family

import hiddenmix as hm

rng = np.random.default_rng(7)
FEATURES = np.column_stack([np.ones(ROWS), rng.normal(3.0, 2.0, ROWS), rng.integers(0, 2, ROWS)])
OFFSET = rng.normal(0.0, 0.3, ROWS)
TRIALS = rng.integers(1, 12, ROWS).astype(float)
LABELS = rng.choice(K, size=ROWS, p=WEIGHTS)
GIVEN = np.array([[True, False, False], [False, False, False], [False, True, True]])


def data(family, params, missing=0.0, offset=None, trials=None):
    """A design whose responses are drawn from the family; some of them are then removed."""
    blank = hm.Design(np.ones(ROWS), FEATURES, offset, trials)
    x = family.resample(params, LABELS, blank, rng)
    return x.with_response(np.where(rng.random(ROWS) < missing, np.nan, x.response))


def oracle(log_prob):
    """`log_prob(y, linear predictor, params, design)`, row by row and component by component."""

    def of(params, x):
        eta = np.asarray(x.features, float) @ params.coef.T + (0.0 if x.offset is None else x.offset[:, None])
        return np.nan_to_num(log_prob(x.response[:, None], eta, params, x), nan=0.0)

    return of


COEF = np.array([[0.0, 1.5, 1.0], [8.0, -1.0, 0.5], [3.0, 0.2, -2.0]])
LINES = hm.RegressionParams(COEF, [0.7, 1.0, 1.6])
normal = oracle(lambda y, eta, p, x: stats.norm.logpdf(y, eta, p.sd))
_plain = hm.NormalRegression()
family("regression", _plain, LINES, normal, x=data(_plain, LINES), array_api=False)
_shared = hm.NormalRegression(shared=[2])
_same = hm.RegressionParams(COEF * [1, 1, 0] + [0, 0, 0.5], [0.7, 1.0, 1.6])
family(
    "regression-shared",
    _shared,
    _same,
    normal,
    x=data(_shared, _same, 0.1, OFFSET),
    array_api=False,
    constrained=True,
)
_even = hm.RegressionParams(COEF, [1.0, 1.0, 1.0])
_prior = hm.RegressionPrior([0.0, 0.5, 0.5], dof=3.0, scale=0.8)
_tied = hm.NormalRegression(variance="shared", prior=_prior)
family("regression-prior", _tied, _even, normal, x=data(_tied, _even, 0.1), array_api=False, constrained=True)
_known = hm.NormalRegression(coef=hm.Known(COEF, GIVEN))
family("regression-known", _known, LINES, x=data(_known, LINES), array_api=False, known=lambda p: p.coef[GIVEN])

SLOPES = np.array([[0.5, 0.3, 0.2], [2.0, -0.3, 0.4], [1.0, 0.1, -0.6]])
RATES = hm.GlmParams(SLOPES)
poisson = oracle(lambda y, eta, p, x: stats.poisson.logpmf(y, np.exp(eta)))
_poisson = hm.PoissonRegression()
_counts = data(_poisson, RATES, 0.1, OFFSET)
family("poisson-regression", _poisson, RATES, poisson, x=_counts, array_api=False)
_prior = hm.PoissonRegression(shared=[1], prior=[0.0, 4.0, 4.0])
_same = hm.GlmParams(SLOPES * [1, 0, 1] + [0, 0.2, 0])
family(
    "poisson-regression-prior", _prior, _same, poisson, x=data(_prior, _same, 0.1), array_api=False, constrained=True
)

binomial = oracle(lambda y, eta, p, x: stats.binom.logpmf(y, x.trials[:, None], 1 / (1 + np.exp(-eta))))
_logits = hm.BinomialRegression()
family("binomial-regression", _logits, RATES, binomial, x=data(_logits, RATES, 0.0, None, TRIALS), array_api=False)
_known = hm.BinomialRegression(coef=hm.Known(SLOPES, GIVEN), prior=0.5)
family(
    "binomial-regression-known",
    _known,
    RATES,
    binomial,
    x=data(_known, RATES, 0.1, OFFSET, TRIALS),
    array_api=False,
    known=lambda p: p.coef[GIVEN],
)

SIZES = hm.GlmParams(SLOPES, [2.0, 9.0, 30.0])
gamma = oracle(lambda y, eta, p, x: stats.gamma.logpdf(y, p.shape, scale=np.exp(eta) / p.shape))
_gamma = hm.GammaRegression()
family("gamma-regression", _gamma, SIZES, gamma, x=data(_gamma, SIZES, 0.1, OFFSET), array_api=False)
_prior = hm.GammaRegression(shared=[2], prior=[0.0, 2.0, 2.0])
_same = hm.GlmParams(SLOPES * [1, 1, 0] + [0, 0, 0.4], [2.0, 9.0, 30.0])
family("gamma-regression-prior", _prior, _same, gamma, x=data(_prior, _same), array_api=False, constrained=True)

UNITS, TIMES = ROWS // 2, 5
_x = np.stack([np.ones((UNITS, TIMES)), rng.normal(0.0, 1.0, (UNITS, TIMES))], axis=2)
_gaps = np.where(rng.random((UNITS, TIMES)) < 0.2, np.nan, 0.0)
PANEL = hm.Panel(_gaps, _x, _x, rng.normal(0.0, 0.3, (UNITS, TIMES)))
ROOTS = np.array([[[0.8, 0.0], [0.2, 0.5]], [[0.3, 0.0], [-0.2, 0.7]], [[1.2, 0.0], [0.0, 0.2]]])
PATHS = hm.RandomParams(hm.RegressionParams(COEF[:, :2], [0.5, 0.8, 0.6]), ROOTS)


def panel_oracle(params, x):
    out = np.zeros((len(x.response), K))
    for i, y in enumerate(x.response):
        seen = ~np.isnan(y)
        for j in range(K):
            z = x.random[i, seen] @ params.chol[j]
            mean = x.features[i, seen] @ params.lines.coef[j] + x.offset[i, seen]
            cov = z @ z.T + params.lines.sd[j] ** 2 * np.eye(seen.sum())
            out[i, j] = stats.multivariate_normal(mean, cov).logpdf(y[seen]) if seen.any() else 0.0
    return out


_random = hm.RandomRegression()
_groups = _random.resample(PATHS, LABELS[:UNITS], PANEL, rng)
family("random-regression", _random, PATHS, panel_oracle, x=_groups, array_api=False)
_random = hm.RandomRegression(covariance="shared", variance="shared", shared=[1])
_same = hm.RandomParams(hm.RegressionParams(COEF[:, :2] * [1, 0], [0.6] * 3), ROOTS[[0, 0, 0]])
_groups = _random.resample(_same, LABELS[:UNITS], PANEL, rng)
family("random-regression-shared", _random, _same, panel_oracle, x=_groups, array_api=False, constrained=True)
