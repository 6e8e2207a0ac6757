"""Truncated exponential and normal: moments match, edges of the parameter space, recovery, and what is refused."""

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm

RNG = np.random.default_rng(0)


def column(values):
    return np.asarray(values, dtype=float)[:, None]


def fitted(family, x, weight=None):
    return family.estimate(None, family.stats(None, x, np.ones((len(x), 1)) if weight is None else weight))


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.0), (1.0, np.inf), (-2.0, 1e6)])
def test_the_exponential_estimate_is_the_maximum(low, high):
    family = hm.TruncatedExponential(low, high)
    x = family.sample(hm.ExponentialParams([[0.8]]), np.zeros(200, int), RNG)
    w = RNG.random((200, 1))
    rate = fitted(family, x, w).rate[0, 0]
    y, width = x - low, high - low

    def minus(log_rate):
        r = np.exp(log_rate)
        return -np.sum(w * (log_rate - r * y - (np.log(-np.expm1(-r * width)) if np.isfinite(width) else 0.0)))

    best = optimize.minimize_scalar(minus, bracket=(-1, 1), tol=1e-12)
    assert minus(np.log(rate)) <= best.fun + 1e-9
    assert np.log(rate) == pytest.approx(best.x, abs=1e-6)


def test_beyond_the_middle_no_rate_is_best():
    family = hm.TruncatedExponential(0.0, 10.0)
    found = fitted(family, column([4.0, 6.0, 7.0]))
    assert found.rate[0, 0] == 0
    assert family.on_boundary(found)
    assert family.log_prob(found, column([1.0, 9.0])) == pytest.approx(-np.log(10))
    near = hm.ExponentialParams([[1e-9]])
    assert family.log_prob(near, column([1.0])) == pytest.approx(-np.log(10), abs=1e-7)
    small = fitted(family, column([4.999, 4.9999]))  # next to the middle: 12 (1/2 - mean/width) / width
    assert small.rate[0, 0] == pytest.approx(12 * (0.5 - 0.499945) / 10, rel=1e-3)


@pytest.mark.parametrize(
    ("low", "high", "mean", "sd"),
    [(-1.0, 2.0, 0.0, 1.0), (0.0, np.inf, 1.0, 1.0), (-np.inf, 3.0, 2.0, 5.0), (10.0, 11.0, 0.0, 3.0)],
)
def test_the_normal_estimate_is_the_maximum(low, high, mean, sd):
    family = hm.TruncatedNormal(low, high)
    x = family.sample(hm.TruncatedNormalParams([[mean]], [[sd]]), np.zeros(4000, int), np.random.default_rng(1))
    assert np.all((x >= low) & (x <= high))
    w = np.random.default_rng(2).random((4000, 1))
    found = fitted(family, x, w)

    def minus(v):
        m, s = v[0], np.exp(v[1])
        return -np.sum(w * stats.truncnorm.logpdf(x, (low - m) / s, (high - m) / s, m, s))

    here = np.array([found.mean[0, 0], np.log(found.sd[0, 0])])
    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "initial_simplex": here + np.eye(3, 2) * 0.3}
    best = optimize.minimize(minus, here, method="Nelder-Mead", options=options)
    assert minus(here) <= best.fun + 1e-9 * abs(best.fun)
    got = np.array([family.means(found)[0, 0], family.variances(found)[0, 0]])
    want = np.average(x, weights=w), np.average((x - np.average(x, weights=w)) ** 2, weights=w)
    assert got == pytest.approx(want, rel=1e-8)  # both moments are those of the data


def test_a_known_mean_and_a_known_standard_deviation():
    x = column(stats.truncnorm.rvs(-1, 2, size=500, random_state=3))
    for held in ({"mean": hm.Known(np.array([[0.3]]))}, {"sd": hm.Known(np.array([[1.4]]))}):
        family = hm.TruncatedNormal(-1, 2, **held)
        best = fitted(family, x)
        stat = family.stats(None, x, np.ones((500, 1)))
        assert np.abs(family.gradient(best, stat, best)) == pytest.approx([0.0], abs=1e-8)


def test_values_spread_evenly_between_two_bounds_reach_the_boundary():
    family, x = hm.TruncatedNormal(0.0, 1.0), column(np.r_[np.linspace(0, 1, 101), 0.0, 1.0])
    found = fitted(family, x)
    assert found.sd[0, 0] == 10.0
    assert family.on_boundary(found)
    assert [float(p.sd[0, 0]) for p in family.inside(found, 1e-3)] == [pytest.approx(9.99)]
    assert np.allclose(family.log_prob(found, x), 0.0, atol=2e-3)  # nearly the uniform density


def test_one_bound_and_an_exponential_spread():
    x = column(np.random.default_rng(4).pareto(3.0, size=400))
    with pytest.raises(hm.Degenerate, match="as wide as no normal"):
        fitted(hm.TruncatedNormal(0.0), x)
    with pytest.raises(hm.Degenerate, match="no spread"):
        fitted(hm.TruncatedNormal(0.0), column([1.0, 1.0]))
    with pytest.raises(hm.Degenerate, match="lower bound"):
        fitted(hm.TruncatedExponential(1.0), column([1.0, 1.0]))


@pytest.mark.parametrize(
    ("family", "params", "dist"),
    [
        (hm.TruncatedNormal(-1, 2), hm.TruncatedNormalParams([[0.5]], [[2.0]]), stats.truncnorm(-0.75, 0.75, 0.5, 2)),
        (hm.TruncatedExponential(1, 3), hm.ExponentialParams([[0.7]]), stats.truncexpon(1.4, 1, 1 / 0.7)),
    ],
)
def test_moments_and_distribution_functions(family, params, dist):
    assert family.means(params)[0, 0] == pytest.approx(dist.mean(), rel=1e-12)
    assert family.variances(params)[0, 0] == pytest.approx(dist.var(), rel=1e-10)
    values = np.array([-9.0, 1.1, 1.9, 9.0])
    assert family.below(params, values[:, None, None])[:, 0, 0] == pytest.approx(dist.cdf(values), rel=1e-12)
    draws = family.sample(params, np.zeros(20_000, int), np.random.default_rng(5))[:, 0]
    assert stats.kstest(draws, dist.cdf).pvalue > 0.01


def test_bounds_of_single_columns_follow_them():
    family = hm.TruncatedNormal([0.0, -1.0], [1.0, 5.0])
    params = hm.TruncatedNormalParams([[0.2, 2.0]], [[1.0, 3.0]])
    alone, own = family.part(params, np.array([1]))
    x = np.array([[np.nan, 2.5]])
    assert alone.log_prob(own, x[:, 1:]) == pytest.approx(family.log_prob(params, x))


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.0), (1.0, np.inf), (0.5, 4.0), (0.0, np.inf)])
def test_the_weibull_estimate_is_the_maximum(low, high):
    family = hm.TruncatedWeibull(low, high)
    params = hm.WeibullParams([[1.8]], [[2.0]])
    x = family.sample(params, np.zeros(600, int), np.random.default_rng(6))
    w = np.random.default_rng(7).random((600, 1))
    found = fitted(family.prepare(x, None, 1), x, w)

    def minus(v):
        dist = stats.weibull_min(np.exp(v[0]), scale=np.exp(v[1]))
        return -np.sum(w * (dist.logpdf(x) - np.log(dist.cdf(high) - dist.cdf(low))))

    here = np.log([found.shape[0, 0], found.scale[0, 0]])
    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "initial_simplex": here + np.eye(3, 2) * 0.3}
    best = optimize.minimize(minus, here, method="Nelder-Mead", options=options)
    assert minus(here) <= best.fun + 1e-9
    dist = stats.weibull_min(found.shape[0, 0], scale=found.scale[0, 0])
    mass = dist.cdf(high) - dist.cdf(low)
    assert family.means(found)[0, 0] == pytest.approx(dist.expect(lambda t: t, lb=low, ub=high) / mass, rel=1e-7)
    draws = family.sample(found, np.zeros(20_000, int), np.random.default_rng(8))[:, 0]
    assert stats.kstest(draws, lambda t: (dist.cdf(t) - dist.cdf(low)) / mass).pvalue > 0.01
    assert family.below(found, np.array([[[1.7]]]))[0, 0, 0] == pytest.approx((dist.cdf(1.7) - dist.cdf(low)) / mass)


def test_weibull_edges():
    rng = np.random.default_rng(9)
    for x, bounds, words in (
        (column(np.log1p(rng.random(300) * np.expm1(9.0)) / 3), (0.0, 3.0), "upper bound"),
        (column(np.exp(rng.pareto(2.0, 300))), (1.0, np.inf), "more slowly"),
        (column([2.0, 2.0]), (1.0, np.inf), "all but equal"),
    ):
        with pytest.raises(hm.Degenerate, match=words):
            fitted(hm.TruncatedWeibull(*bounds).prepare(x, None, 1), x)


def test_what_is_refused():
    for kind in (hm.TruncatedNormal, hm.TruncatedExponential):
        with pytest.raises(hm.HiddenmixError, match="HM430"):
            kind(2.0, [3.0, 1.0])
        with pytest.raises(hm.HiddenmixError, match="HM140"):
            kind(0.0, 1.0).prepare(column([0.5, 1.5]), None, 1)
    with pytest.raises(hm.HiddenmixError, match="HM430"):
        hm.TruncatedExponential(-np.inf, 1.0)
