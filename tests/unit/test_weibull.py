"""Weibull times: sums of powers from a lattice, the M-step against an optimiser, published fits, collapses."""

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm
from hiddenmix.families._powers import Powers, power_histogram

# Endurance of ball bearings, millions of revolutions: Lieblein & Zelen 1956, J. Res. NBS 57:273; fit in Lawless 1982.
BEARINGS = [17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88, 84.12]
BEARINGS += [93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.4]
# Weeks of remission under 6-mercaptopurine, 0 where it went on: Freireich et al. 1963, Blood 21:699.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def column(values):
    return np.asarray(values, dtype=float)[:, None]


def fitted(x, resp=None):
    family = hm.Weibull().prepare(x, None, 1)
    resp = np.ones((len(x.time if isinstance(x, hm.Times) else x), 1)) if resp is None else resp
    return family.estimate(None, family.stats(None, x, resp))


@pytest.mark.parametrize("sd", [3.0, 0.3, 0.01])
def test_sums_of_powers_are_those_of_the_data(sd):
    rng = np.random.default_rng(0)
    logs, largest = sd * rng.standard_normal((300, 1)), 64.0
    resp = rng.random((300, 2))
    powers = Powers(power_histogram(logs, resp, largest), largest)
    for c in (1e-3, 0.1, 1.0, 7.0, 30.0, largest):
        zero, one, two = powers(np.full((2, 1), c))
        y = logs[:, :1] - powers.top[:, 0]
        terms = resp * np.exp(c * y)
        assert np.allclose(zero[:, 0], terms.sum(axis=0), rtol=2e-14, atol=0)
        assert np.allclose(one[:, 0], (terms * y).sum(axis=0), rtol=1e-12, atol=0)
        assert np.allclose(two[:, 0], (terms * y * y).sum(axis=0), rtol=1e-11, atol=0)


def test_statistics_of_different_iterations_merge():
    rng = np.random.default_rng(1)
    x, family = rng.weibull(2.0, size=(200, 2)), hm.Weibull(largest_shape=512.0)
    here, there = hm.WeibullParams([[1.0, 1.0]], [[1.0, 1.0]]), hm.WeibullParams([[30.0, 9.0]], [[5.0, 0.1]])
    parts = family.stats(here, x[:90], np.ones((90, 1))), family.stats(there, x[90:], np.ones((110, 1)))
    both = family.estimate(here, hm.merge(*parts))
    whole = family.estimate(None, family.stats(None, x, np.ones((200, 1))))
    assert np.allclose(both.shape, whole.shape, rtol=1e-12)
    assert np.allclose(both.scale, whole.scale, rtol=1e-12)


def test_the_estimate_is_the_maximum_for_censored_times():
    rng = np.random.default_rng(2)
    time, limit, weight = rng.weibull(1.7, size=400) * 3, rng.uniform(0.5, 6, size=400), rng.random(400)
    x = hm.Times(column(np.minimum(time, limit)), column(time <= limit))
    found = fitted(x, column(weight))

    def minus(v):
        dist = stats.weibull_min(np.exp(v[0]), scale=np.exp(v[1]))
        seen = x.event[:, 0] == 1
        return -np.sum(weight * np.where(seen, dist.logpdf(x.time[:, 0]), dist.logsf(x.time[:, 0])))

    best = optimize.minimize(minus, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-11, "fatol": 1e-12})
    assert -minus(np.log([found.shape[0, 0], found.scale[0, 0]])) >= -best.fun - 1e-9
    assert np.allclose([found.shape[0, 0], found.scale[0, 0]], np.exp(best.x), rtol=1e-6)


def test_ball_bearings():
    found = fitted(column(BEARINGS))
    assert found.shape[0, 0] == pytest.approx(2.1021, abs=5e-5)
    assert found.scale[0, 0] == pytest.approx(81.88, abs=5e-3)
    loglik = hm.Weibull().log_prob(found, column(BEARINGS)).sum()
    assert loglik == pytest.approx(-113.691, abs=5e-4)


def test_remissions():
    x = hm.Times(column(WEEKS), column(RELAPSED))
    found = fitted(x)
    assert found.shape[0, 0] == pytest.approx(1.354, abs=5e-4)
    assert found.scale[0, 0] == pytest.approx(33.77, abs=5e-3)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_units_do_not_matter(scale):
    found, there = fitted(column(BEARINGS)), fitted(column(BEARINGS) * scale)
    assert np.allclose(there.shape, found.shape, rtol=1e-10)
    assert np.allclose(there.scale, found.scale * scale)


def test_a_narrow_component_beside_a_wide_one():
    x = np.concatenate(
        [1000 * np.random.default_rng(3).weibull(300.0, 200), np.random.default_rng(4).weibull(0.7, 200)]
    )
    result = hm.fit(hm.Mixture(hm.Weibull(), 2), hm.Rows(column(x)), starts=3, rng=0)
    shapes = np.sort(result.params.components.shape[:, 0])
    assert result.converged
    assert shapes[0] == pytest.approx(0.7, rel=0.15)
    assert shapes[1] == pytest.approx(300, rel=0.15)


def test_collapses():
    for x, words in (
        (column(np.full(9, 3.0)), "all but equal"),
        (hm.Times(column(np.arange(1.0, 9.0)), column(np.zeros(8))), "no event"),
    ):
        with pytest.raises(hm.Degenerate, match=words):
            fitted(x)


def test_what_is_refused():
    for x, code in (
        (column([1.0, 0.0]), "HM133"),
        (hm.Times(column([1.0, 2.0]), column([1.0, 2.0])), "HM139"),
        (hm.Times(column([1.0, 2.0]), column([1.0])), "HM139"),
        (hm.Times(column([1.0, -2.0]), column([1.0, 0.0])), "HM133"),
    ):
        with pytest.raises(hm.HiddenmixError, match=code):
            hm.Weibull().prepare(x, None, 1)
