"""Negative binomial and beta-binomial: rising products, published fits, optimisers, and Poisson and binomial edges."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm
from hiddenmix.families._rising import lag, log_rising, rising_slope

# Red mites on 150 apple leaves: Bliss & Fisher 1953, Biometrics 9:176; their maximum-likelihood k is 1.02459.
MITES = np.repeat(np.arange(8.0), [70, 38, 17, 10, 9, 3, 2, 1])[:, None]
# Sons among 12 children of 6115 Saxon families: Geissler 1889; Lindsey & Altham 1998, Appl. Statist. 47:149.
SONS = np.repeat(np.arange(13.0), [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7])[:, None]


def fitted(family, x, resp=None):
    family = family.prepare(x, None, 1)
    return family.estimate(None, family.stats(None, x, np.ones((len(x), 1)) if resp is None else resp))


@pytest.mark.parametrize("a", [0.0, 1e-300, 1e-20, 1e-9, 1e-4, 0.01, 0.0624, 0.0626, 0.3, 1.0, 30.0, 1e6])
def test_rising_products_are_sums(a):
    for x in (0, 1, 2, 5, 100, 5000):
        total, slope = math.fsum(math.log1p(a * m) for m in range(x)), math.fsum(m / (1 + a * m) for m in range(x))
        assert log_rising(x, a) == pytest.approx(total, rel=2e-14, abs=2e-14)
        assert rising_slope(x, a) == pytest.approx(slope, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("u", [0.0, 1e-200, 1e-8, 0.1, 0.2499, 0.25, 3.0])
def test_lag_meets_its_series(u):
    series = math.fsum((-1) ** (i + 1) * u**i / (i + 2) for i in range(400)) if u < 0.9 else (math.log1p(u) - u) / u**2
    assert lag(np.asarray(u)) == pytest.approx(series, rel=4e-15)


def test_red_mites():
    found = fitted(hm.NegativeBinomial(), MITES)
    assert found.mean[0, 0] == pytest.approx(172 / 150, rel=1e-14)
    assert 1 / found.dispersion[0, 0] == pytest.approx(1.02459, abs=5e-6)


def test_saxon_families():
    """Published are shapes 34.09558 and 31.5715, which are near the maximum, and an AIC of 24989.74."""
    found = fitted(hm.BetaBinomial(12), SONS)
    p, r = found.p[0, 0], found.correlation[0, 0]
    shapes = np.array([p, 1 - p]) * (1 / r - 1)
    assert shapes == pytest.approx([34.09558, 31.5715], rel=3e-4)
    loglik = hm.BetaBinomial(12).log_prob(found, SONS).sum()
    assert 4 - 2 * loglik == pytest.approx(24989.74, abs=5e-3)
    assert loglik > stats.betabinom.logpmf(SONS, 12, 34.09558, 31.5715).sum()


def test_the_negative_binomial_estimate_is_the_maximum():
    rng = np.random.default_rng(0)
    x, w = rng.negative_binomial(1.3, 0.1, size=300).astype(float), rng.random(300)
    found = fitted(hm.NegativeBinomial(), x[:, None], w[:, None])

    def minus(v):
        m, a = np.exp(v)
        return -np.sum(w * stats.nbinom.logpmf(x, 1 / a, 1 / (1 + a * m)))

    here = np.log([found.mean[0, 0], found.dispersion[0, 0]])
    best = optimize.minimize(minus, here + 0.1, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    assert minus(here) <= best.fun + 1e-9
    assert np.allclose(here, best.x, atol=1e-5)


def test_the_beta_binomial_estimate_is_the_maximum():
    rng = np.random.default_rng(1)
    trials = rng.integers(1, 30, size=300).astype(float)
    x, w = rng.binomial(trials.astype(int), rng.beta(0.8, 2.5, size=300)).astype(float), rng.random(300)
    family, data = hm.BetaBinomial(), hm.Tosses(x[:, None], trials[:, None])
    found = family.estimate(None, family.stats(None, data, w[:, None]))

    def minus(v):
        a, b = np.exp(v)
        return -np.sum(w * stats.betabinom.logpmf(x, trials, a, b))

    p, odds = found.p[0, 0], 1 / found.correlation[0, 0] - 1
    here = np.log([p * odds, (1 - p) * odds])
    best = optimize.minimize(minus, here + 0.1, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    assert minus(here) <= best.fun + 1e-9
    assert np.allclose(here, best.x, atol=1e-5)


def test_counts_that_vary_less_are_poisson_and_binomial():
    x = np.random.default_rng(2).binomial(10, 0.5, size=(200, 1)).astype(float)
    found = fitted(hm.NegativeBinomial(), x)
    assert found.dispersion[0, 0] == 0
    assert hm.NegativeBinomial().on_boundary(found)
    same = hm.Poisson().log_prob(hm.PoissonParams(found.mean), x)
    assert np.allclose(hm.NegativeBinomial().log_prob(found, x), same, rtol=1e-13)
    near = hm.NegativeBinomialParams(found.mean, np.full((1, 1), 1e-13))
    assert np.allclose(hm.NegativeBinomial().log_prob(near, x), same, rtol=1e-10)
    even = np.repeat([[4.0], [5.0], [6.0]], [10, 30, 10], axis=0)
    found = fitted(hm.BetaBinomial(10), even)
    assert found.correlation[0, 0] == 0
    assert found.p[0, 0] == pytest.approx(0.5, rel=1e-14)
    same = hm.Binomial(10).log_prob(hm.BinomialParams(found.p), even)
    assert np.allclose(hm.BetaBinomial(10).log_prob(found, even), same, rtol=1e-13)


def test_tosses_that_are_all_alike():
    x = np.repeat([[0.0], [7.0]], [30, 10], axis=0)
    family = hm.BetaBinomial(7)
    found = fitted(family, x)
    assert found.correlation[0, 0] == 1
    assert found.p[0, 0] == 0.25
    assert family.log_prob(found, x).sum() == pytest.approx(30 * np.log(0.75) + 10 * np.log(0.25))
    assert family.log_prob(found, np.array([[3.0]])) == -np.inf
    rng = np.random.default_rng(0)
    assert set(np.unique(family.sample(found, np.zeros(50, int), rng))) == {0.0, 7.0}


def test_large_counts():
    x = np.round(np.random.default_rng(3).gamma(4.0, 2.5e6, size=(400, 1)))
    found = fitted(hm.NegativeBinomial(), x)
    shape = stats.gamma.fit(x[:, 0], floc=0)[0]  # so large counts are gamma distributed
    assert 1 / found.dispersion[0, 0] == pytest.approx(shape, rel=1e-5)


@pytest.mark.parametrize("family", [hm.NegativeBinomial(), hm.BetaBinomial(9)])
def test_distribution_functions_add_up_probabilities(family):
    params = family.params(np.array([[0.7, 0.2]]), np.array([[0.4, 0.1]]))
    counts = np.repeat(np.arange(10.0)[:, None], 2, axis=1)
    each = np.array(
        [np.exp(family.log_prob(params, np.where(np.arange(2) == c, counts, np.nan)))[:, 0] for c in (0, 1)]
    )
    got = family.below(params, counts[:, None, :])[:, 0]
    assert np.allclose(got.T, np.cumsum(each, axis=1), rtol=1e-12)


def test_what_is_refused():
    for family, x, code in (
        (hm.NegativeBinomial(), [[-1.0]], "HM124"),
        (hm.NegativeBinomial(), [[0.5]], "HM125"),
        (hm.BetaBinomial(3), [[4.0]], "HM126"),
        (hm.BetaBinomial(), hm.Tosses(np.array([[4.0]]), np.array([[3.0]])), "HM126"),
    ):
        with pytest.raises(hm.HiddenmixError, match=code):
            family.prepare(np.array(x) if isinstance(x, list) else x, None, 1)
