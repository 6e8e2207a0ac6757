"""Gamma, inverse Gaussian, log-normal, beta, von Mises: their maxima against optimisers, tables, and hard data."""

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm
from hiddenmix._special import bessel_gap
from hiddenmix.families import beta

# A family, log densities by SciPy, and the chart in which an optimiser works, for each of the two parameters
EXP = (np.exp, np.log)
SAME = (lambda v: v, lambda v: v)
CASES = {
    "gamma": (hm.Gamma, hm.GammaParams, lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b), (EXP, EXP)),
    "passage": (
        hm.InverseGaussian,
        hm.InverseGaussianParams,
        lambda x, m, s: stats.invgauss.logpdf(x, m / s, scale=s),
        (EXP, EXP),
    ),
    "log-normal": (
        hm.LogNormal,
        hm.LogNormalParams,
        lambda x, m, s: stats.lognorm.logpdf(x, s, scale=np.exp(m)),
        (SAME, EXP),
    ),
    "beta": (hm.Beta, hm.BetaParams, stats.beta.logpdf, (EXP, EXP)),
    "angles": (
        hm.VonMises,
        hm.VonMisesParams,
        lambda x, m, c: stats.vonmises.logpdf(x, c, loc=m),
        (SAME, EXP),
    ),
}
TRUTH = {"gamma": (0.7, 2.0), "passage": (3.0, 5.0), "log-normal": (1.0, 0.4), "beta": (0.6, 3.0), "angles": (2.0, 1.5)}


@pytest.mark.parametrize("fixed", ["", "first", "second"])
@pytest.mark.parametrize("name", CASES)
def test_no_optimiser_finds_a_better_maximum(name, fixed):
    make, record, logpdf, charts = CASES[name]
    rng = np.random.default_rng(list(name.encode()))
    true = record(*([[value]] for value in TRUTH[name]))
    x = make().sample(true, np.zeros(150, int), rng)
    w = rng.random(150)
    names = [field.name for field in make.fields]
    held = (
        {} if not fixed else {names[fixed == "second"]: hm.Known(np.full((1, 1), 1.3 * TRUTH[name][fixed == "second"]))}
    )
    family = make(**held)
    for old in (None, true):
        got = family.estimate(old, family.stats(old, x, w[:, None]))
        values = [getattr(got, field)[0, 0] for field in names]
        free = [i for i in range(2) if names[i] not in held]

        def loss(vector, values=values, free=free):
            point = list(values)
            for i, v in zip(free, vector, strict=True):
                point[i] = charts[i][0](v)
            return -np.sum(w * logpdf(x[:, 0], *point))

        best = loss([charts[i][1](values[i]) for i in free])
        start = [charts[i][1](TRUTH[name][i]) for i in free]
        found = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
        assert best <= found.fun + 1e-9
        assert found.fun == pytest.approx(best, abs=1e-6)
        np.testing.assert_allclose(
            [charts[i][0](v) for i, v in zip(free, found.x)], [values[i] for i in free], rtol=1e-5
        )
        np.testing.assert_allclose(family.log_prob(got, x)[:, 0], logpdf(x[:, 0], *values), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("shape", [1e-3, 0.1, 1.0, 30.0, 1e6])
def test_gamma_shapes_solve_their_equation_to_float_precision(shape):
    prior = hm.Gamma(prior=(5.0, shape, 2.0))
    got = prior.estimate(None, hm.Gamma().stats(None, np.ones((1, 1)), np.zeros((1, 1))))
    assert got.shape[0, 0] == pytest.approx(shape, rel=1e-13)
    assert got.rate[0, 0] == pytest.approx(2.0, rel=1e-13)


@pytest.mark.parametrize("concentration", [1e-6, 0.3, 5.0, 1e3, 1e9])
def test_concentrations_solve_their_equation_to_float_precision(concentration):
    prior = hm.VonMises(prior=(5.0, 0.5, concentration))
    got = prior.estimate(None, hm.VonMises().stats(None, np.zeros((1, 1)), np.zeros((1, 1))))
    assert got.concentration[0, 0] == pytest.approx(concentration, rel=1e-9)
    assert bessel_gap(got.concentration)[0][0, 0] == pytest.approx(bessel_gap(np.array(concentration))[0], rel=1e-14)


@pytest.mark.parametrize("exponents", [(0.01, 0.02), (1.0, 1.0), (1e-2, 50.0), (3e5, 2e5), (1e9, 7e11)])
def test_beta_parameters_solve_their_equations_to_float_precision(exponents):
    prior = hm.Beta(prior=(5.0, *exponents))
    got = prior.estimate(None, hm.Beta().stats(None, np.full((1, 1), 0.5), np.zeros((1, 1))))
    np.testing.assert_allclose([got.alpha[0, 0], got.beta[0, 0]], exponents, rtol=1e-8)


CLOSE = [("gamma", "shape"), ("passage", "shape"), ("log-normal", "log_sd"), ("beta", "alpha")]


@pytest.mark.parametrize(("name", "field"), CLOSE)
@pytest.mark.parametrize("spread", [1e-3, 1e-7, 1e-10])
def test_values_that_agree_in_many_digits_lose_none(name, field, spread):
    """With relative spread s, a gamma's shape is 1/s², and so for the others, to the order of s."""
    noise = spread * np.random.default_rng(0).standard_normal((500, 1))
    x = (0.25 if name == "beta" else 1234.5) * (1 + noise)
    variance = np.var(x / x.mean())
    got = getattr(CASES[name][0]().estimate(None, CASES[name][0]().stats(None, x, np.ones((500, 1)))), field)[0, 0]
    want = {
        "gamma": 1 / variance,
        "passage": x.mean() / variance,
        "log-normal": np.sqrt(variance),
        "beta": 0.75 / variance,
    }
    assert got == pytest.approx(want[name], rel=max(10 * spread, 3e-6 if spread < 1e-9 else 3e-8))


@pytest.mark.parametrize("name", ["gamma", "passage", "log-normal"])
def test_narrow_components_far_apart_are_fitted_without_a_fall(name):
    rng = np.random.default_rng(4)
    x = np.concatenate([1e-3 * (1 + 1e-6 * rng.standard_normal(80)), 1e6 * (1 + 1e-5 * rng.standard_normal(120))])
    fit = hm.fit(hm.Mixture(CASES[name][0](), 2), hm.Rows(x[:, None]), rng=0, starts=3)
    assert fit.converged
    means = np.sort(CASES[name][0]().means(fit.params.components)[:, 0])
    np.testing.assert_allclose(means, [x[:80].mean(), x[80:].mean()], rtol=1e-9)


def test_units_change_nothing_but_the_density_of_the_unit():
    x = hm.Gamma().sample(hm.GammaParams([[2.0], [9.0]], [[1.0], [0.5]]), np.arange(200) % 2, np.random.default_rng(6))
    for make in (hm.Gamma, hm.InverseGaussian, hm.LogNormal):
        one = hm.fit(hm.Mixture(make(), 2), hm.Rows(x), rng=0)
        other = hm.fit(hm.Mixture(make(), 2), hm.Rows(1e12 * x), rng=0)
        assert other.loglik == pytest.approx(one.loglik - 200 * np.log(1e12), abs=1e-5)


# Directions


def test_angles_count_up_to_full_turns():
    family, params = hm.VonMises(), hm.VonMisesParams([[3.0], [-1.0]], [[2.0], [4.0]])
    x = family.sample(params, np.arange(100) % 2, np.random.default_rng(0))
    turned = np.where(x > 0, x - 2 * np.pi, x)
    np.testing.assert_allclose(family.log_prob(params, turned), family.log_prob(params, x), rtol=1e-11)
    resp = np.random.default_rng(1).dirichlet([1, 1], 100)
    a, b = (family.estimate(params, family.stats(params, v, resp)) for v in (x, turned))
    np.testing.assert_allclose(a.direction, b.direction, atol=1e-13)
    np.testing.assert_allclose(a.concentration, b.concentration, rtol=1e-12)


def test_without_a_direction_the_concentration_is_0_and_the_old_direction_stays():
    family, old = hm.VonMises(), hm.VonMisesParams([[0.7]], [[2.0]])
    x = np.array([[0.5], [0.5 - np.pi]])
    got = family.estimate(old, family.stats(old, x, np.ones((2, 1))))
    assert got.concentration[0, 0] == pytest.approx(0.0, abs=1e-7)
    flat = hm.VonMisesParams([[0.7]], [[0.0]])
    np.testing.assert_allclose(family.log_prob(flat, x), -np.log(2 * np.pi))
    assert family.on_boundary(flat)
    inside = list(family.inside(flat, 0.1))
    assert [p.concentration[0, 0] for p in inside] == [0.1]
    held = hm.VonMises(direction=hm.Known(np.array([[3.0]])))  # away from all data: no concentration is better than 0
    near = np.array([[0.1], [-0.2], [0.05]])
    assert held.estimate(old, held.stats(old, near, np.ones((3, 1)))).concentration[0, 0] == 0.0


def test_missing_angles_are_filled_with_directions():
    family = hm.VonMises()
    rng = np.random.default_rng(0)
    x = family.sample(hm.VonMisesParams([[3.1, 1.0]], [[20.0, 20.0]]), np.zeros(200, int), rng)
    x[::10, 0] = np.nan
    filled = np.asarray(hm.MixtureModel(family, 1).fit(x).conditional(x).best())
    assert np.all(np.cos(filled[::10, 0] - 3.1) > 0.99)  # the mean of the numbers would lie near 0


def test_the_two_ways_to_the_parameters_of_a_beta_agree():
    rng = np.random.default_rng(9)
    mean, gap = 3 * rng.standard_normal(40), np.exp(rng.uniform(-12, 2, 40))
    odds, log_total = beta._nested(mean, gap)
    a, b = beta._both(mean, gap, np.full(40, 3.0), np.zeros(40))
    np.testing.assert_allclose(np.log(a / b), odds, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.log(a + b), log_total, rtol=1e-9, atol=1e-9)
