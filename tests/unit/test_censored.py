"""Right-censored exponential and normal: normal tails, remissions, Tobit fits, and what is refused."""

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm
from hiddenmix.families._mills import above, edges, log_between

# Weeks of remission under 6-mercaptopurine (9 of 21 relapsed in 359 weeks) and placebo: Freireich 1963, Blood 21:699.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def column(values):
    return np.asarray(values, dtype=float)[:, None]


@pytest.mark.parametrize("a", [-40.0, -8.0, -1.0, 0.0, 2.0, 5.99, 6.01, 9.0])
def test_means_and_variances_above(a):
    mean, variance = above(np.array([a]))
    far = stats.truncnorm(a, np.inf)
    assert mean[0] == pytest.approx(far.mean(), rel=1e-12)
    assert variance[0] == pytest.approx(far.var(), rel=1e-9)


def test_far_tails():
    """There the mean is a + 1/a - 2/a³ + ..., the variance 1/a² - 6/a⁴ + ..."""
    for a in (1e3, 1e6, 1e9):
        mean, variance = above(np.array([a]))
        assert mean[0] - a == pytest.approx(1 / a, rel=1e-5, abs=2e-16 * a)
        assert variance[0] == pytest.approx((1 - 6 / a**2) / a**2, rel=1e-9)
    assert log_between(np.array([40.0]), np.array([41.0]))[0] == pytest.approx(stats.norm.logsf(40), rel=1e-12)
    narrow = log_between(np.array([1.0]), np.array([1.0 + 1e-7]))[0]
    assert narrow == pytest.approx(stats.norm.logpdf(1.00000005) + np.log(1e-7), abs=1e-8)
    assert all(np.isfinite(part).all() for part in edges(np.array([45.0, -np.inf]), np.array([np.inf, -45.0])))


def test_remissions():
    family = hm.CensoredExponential()
    x = hm.Times(column(WEEKS + PLACEBO), column(RELAPSED + [1] * 21))
    resp = np.repeat(np.eye(2), 21, axis=0)
    found = family.estimate(None, family.stats(None, x, resp))
    assert found.rate[:, 0] == pytest.approx([9 / 359, 21 / 182], rel=1e-14)


def test_a_component_without_events():
    family = hm.CensoredExponential()
    x = hm.Times(column([1, 2, 3]), column([0, 0, 0]))
    found = family.estimate(None, family.stats(None, x, np.ones((3, 1))))
    assert found.rate[0, 0] == 0
    assert family.on_boundary(found)
    assert family.log_prob(found, x).sum() == 0
    assert family.log_prob(found, column([1.0]))[0, 0] == -np.inf


def test_a_tobit_fit_is_the_maximum():
    rng = np.random.default_rng(0)
    value, limit = 3 + 2 * rng.standard_normal(300), rng.uniform(0, 6, size=300)
    x = hm.Times(column(np.minimum(value, limit)), column(value <= limit))
    result = hm.fit(hm.Mixture(hm.CensoredNormal(), 1), hm.Rows(x), stop=hm.Gain(1e-14), max_iter=5000)
    found = result.params.components
    z, seen = x.time[:, 0], x.event[:, 0] == 1

    def minus(v):
        dist = stats.norm(v[0], np.exp(v[1]))
        return -np.sum(np.where(seen, dist.logpdf(z), dist.logsf(z)))

    best = optimize.minimize(minus, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    assert result.loglik == pytest.approx(-best.fun, abs=1e-8)
    assert [found.mean[0, 0], np.log(found.sd[0, 0])] == pytest.approx(best.x, abs=1e-5)


def test_equal_values_have_no_spread():
    family, x = hm.CensoredNormal(), column([2.0, 2.0, 2.0])
    with pytest.raises(hm.Degenerate, match="no spread"):
        family.estimate(None, family.stats(None, x, np.ones((3, 1))))


def test_what_is_refused():
    for family in (hm.CensoredNormal(), hm.CensoredExponential()):
        with pytest.raises(hm.HiddenmixError, match="HM139"):
            family.prepare(hm.Times(column([1.0]), column([0.5])), None, 1)
    with pytest.raises(hm.HiddenmixError, match="HM134"):
        hm.CensoredExponential().prepare(hm.Times(column([-1.0]), column([1.0])), None, 1)
