"""Directions and compositions: special functions, M-steps against other optimisers, published numbers, bad data."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from scipy.special import gammaln

import hiddenmix as hm
from hiddenmix.families._bessel import log_unit, ratio
from hiddenmix.families._sphere import exp_map, log_map, pulled_back
from hiddenmix.families.dirichlet import DirichletStats
from hiddenmix.families.von_mises_fisher import VonMisesFisherStats


@pytest.mark.parametrize(
    ("order", "x", "log_value", "next_over_it"),
    [  # in 40 digits, by another program
        (0.5, 2.0, -1.4047798079457772, 0.5373147207275481),
        (4.5, 0.01, -0.0099954545470438641, 0.00090909027336377123),
        (99.0, 1e4, -490.08208730078796, 0.99009900745000489),
        (300.0, 50.0, -47.930661863212445, 0.082493116081645028),
        (300.0, 5.0, -4.979236594155746, 0.0083050768609540563),
        (999.0, 1e6, -7212.3462852129302, 0.9990009990007495),
        (1.0, 1e10, -34.764567747592913, 0.99999999985),
        (3.0, 0.0, 0.0, 0.0),
    ],
)
def test_bessel_functions_of_any_order_and_argument(order, x, log_value, next_over_it):
    assert log_unit(order, np.array([x]))[0] == pytest.approx(log_value, rel=2e-14, abs=1e-300)
    assert ratio(order, np.array([x]))[0] == pytest.approx(next_over_it, rel=1e-12, abs=1e-300)


def directions(rng, n, d, kappa):
    return stats.vonmises_fisher(np.eye(d)[-1], kappa).rvs(n, random_state=rng)


@pytest.mark.parametrize(("d", "kappa"), [(2, 0.3), (3, 5.0), (10, 60.0), (200, 3.0), (3, 1e6)])
def test_no_other_natural_parameter_is_better_than_the_estimate(d, kappa):
    rng = np.random.default_rng(d)
    x = directions(rng, 80, d, kappa)
    family, resp = hm.VonMisesFisher(), rng.random((80, 1))
    found = family.stats(None, x, resp)
    best = family.estimate(None, found)
    value = family.expected_log_prob(best, found)[0]

    def lost(v):  # an affine map of the natural parameter
        return -family.expected_log_prob(family.unravel(v, best), found)[0]

    if d <= 10:
        rise = lambda v: -family.slopes(family.unravel(v, best), found, best)  # noqa: E731
        other = optimize.minimize(lost, np.linspace(-0.3, 0.3, d), jac=rise, method="BFGS", options={"gtol": 1e-9})
        assert -other.fun <= value + 1e-9 * abs(value)
        assert -other.fun == pytest.approx(value, rel=1e-8)
    assert ratio(d / 2 - 1, best.kappa)[0] == pytest.approx(np.linalg.norm(found.total) / found.weight[0], rel=1e-13)


def test_scipy_fits_the_same():
    x = directions(np.random.default_rng(3), 200, 4, 7.0)
    mean, kappa = stats.vonmises_fisher.fit(x)
    params = hm.fit(hm.Single(hm.VonMisesFisher()), hm.Rows(x)).params
    np.testing.assert_allclose(params.mean[0], mean, atol=1e-12)
    assert params.kappa[0] == pytest.approx(kappa, rel=1e-8)


def test_in_two_columns_it_is_von_mises():
    angle = np.linspace(-3, 3, 7)
    params = hm.VonMisesFisherParams([[np.cos(0.4), np.sin(0.4)]], [2.5])
    got = hm.VonMisesFisher().log_prob(params, np.column_stack([np.cos(angle), np.sin(angle)]))
    np.testing.assert_allclose(got[:, 0], stats.vonmises(2.5, loc=0.4).logpdf(angle), atol=1e-13)


def test_rows_that_point_everywhere_are_uniform_and_a_missing_row_says_nothing():
    x = np.concatenate([np.eye(3), -np.eye(3), np.full((2, 3), np.nan)])
    params = hm.fit(hm.Single(hm.VonMisesFisher()), hm.Rows(x)).params
    assert params.kappa[0] == 0
    got = hm.VonMisesFisher().log_prob(params, x)[:, 0]
    np.testing.assert_allclose(got, [-np.log(4 * np.pi)] * 6 + [0, 0], atol=1e-14)


def test_clusters_of_directions_are_found_again():
    rng = np.random.default_rng(5)
    truth = hm.VonMisesFisherParams(np.eye(6)[:3], [40.0, 15.0, 80.0])
    labels = rng.choice(3, 900, p=[0.5, 0.3, 0.2])
    x = hm.VonMisesFisher().sample(truth, labels, rng)
    model = hm.MixtureModel(hm.VonMisesFisher(), 3, random_state=0).fit(x)
    np.testing.assert_allclose(model.estimates_["mean"], np.eye(6)[:3], atol=0.05)
    np.testing.assert_allclose(model.estimates_["kappa"], truth.kappa, rtol=0.15)


def test_one_direction_only_is_a_collapse():
    found = VonMisesFisherStats(np.array([3.0, 5.0]), np.array([[0.0, 1.5], [3.0, 4.0]]))
    with pytest.raises(hm.Degenerate, match="component 2 collapsed"):
        hm.VonMisesFisher().estimate(None, found)
    x = np.concatenate([directions(np.random.default_rng(0), 20, 3, 1.0), np.tile([[0.0, 0.0, 1.0]], (20, 1))])
    start = hm.MixtureParams([0.5, 0.5], hm.VonMisesFisherParams(np.eye(3)[[0, 2]], [1.0, 1e9]))
    result = hm.fit(hm.Mixture(hm.VonMisesFisher(), 2), hm.Rows(x), start)
    assert "collapsed" in result.status.value
    held = hm.VonMisesFisher(prior=(1.0, np.zeros(3)))  # which keeps the concentration finite
    assert hm.fit(hm.Mixture(held, 2), hm.Rows(x), start).converged


@pytest.mark.parametrize(
    ("x", "said"),
    [([[1.0, 1.0]], "row 0 has length 1.41421"), ([[0.0, 1.0], [np.nan, 1.0]], "row 1 .* misses"), ([[1.0]], "two")],
)
def test_rows_that_are_no_directions_are_refused(x, said):
    with pytest.raises(hm.HiddenmixError, match=said) as error:
        hm.fit(hm.Single(hm.VonMisesFisher()), hm.Rows(np.array(x)))
    assert error.value.code == "HM150"
    with pytest.raises(hm.HiddenmixError, match=said):
        hm.VonMisesFisher().features(np.array(x))


def test_the_chart_of_the_sphere():
    rng = np.random.default_rng(0)
    base, point, slope = rng.standard_normal((3, 5))
    base, point = base / np.linalg.norm(base), point / np.linalg.norm(point)
    vector = log_map(point, base)
    np.testing.assert_allclose(exp_map(vector, base), point, atol=1e-14)
    step = 1e-6 * np.eye(4)
    want = [(exp_map(vector + s, base) - exp_map(vector - s, base)) @ slope / 2e-6 for s in step]
    np.testing.assert_allclose(pulled_back(slope, point, base), want, atol=1e-8)


# Serum protein proportions of 23 white Pekin ducklings (Mosimann 1962, Biometrika 49:65; table 1.1 and section 2.8 of
# Ng, Tian & Tang 2011, Dirichlet and Related Distributions, give the estimate and the log-likelihood)
ALBUMIN_FIRST = """
.178 .162 .083 .087 .078 .040 .049 .100 .075 .084 .060 .089 .050 .073 .064 .085 .094 .014 .060 .031 .025 .045 .0195
.346 .307 .448 .474 .503 .456 .363 .317 .394 .445 .435 .418 .485 .378 .562 .465 .388 .449 .544 .569 .491 .613 .526
.476 .531 .469 .439 .419 .504 .588 .583 .531 .471 .505 .493 .465 .549 .374 .450 .518 .537 .396 .400 .484 .342 .4545
"""


def ducklings():
    return np.array([[float(word) for word in line.split()] for line in ALBUMIN_FIRST.strip().splitlines()]).T


def test_published_estimate_of_the_ducklings():
    result = hm.fit(hm.Single(hm.Dirichlet()), hm.Rows(ducklings()))
    np.testing.assert_allclose(result.params.alpha, [[3.215, 20.383, 21.685]], atol=1e-3)
    assert result.loglik == pytest.approx(73.1250, abs=1e-4)


@pytest.mark.parametrize("alpha", [(0.01, 0.02, 0.05), (0.4, 3.0, 80.0), (1e5, 2e5, 3e4, 1.0), (1.0,) * 20])
def test_no_other_parameters_are_better_than_the_dirichlet_estimate(alpha):
    rng = np.random.default_rng(1)
    family, alpha = hm.Dirichlet(), np.array(alpha)
    x = family.sample(hm.DirichletParams(alpha[None]), np.zeros(60, int), rng)
    found = family.stats(None, x, rng.random((60, 1)))
    best = family.estimate(None, found)
    value = family.expected_log_prob(best, found)[0]
    other = optimize.minimize(
        lambda v: -family.expected_log_prob(hm.DirichletParams(np.exp(v)[None]), found)[0],
        np.log(alpha),
        jac=lambda v: -family.slopes(hm.DirichletParams(np.exp(v)[None]), found, best),
        method="BFGS",
        options={"gtol": 1e-8},
    )
    assert -other.fun <= value + 1e-9 * abs(value)
    assert -other.fun == pytest.approx(value, rel=1e-6)
    assert np.max(np.abs(family.slopes(best, found, best))) <= 1e-9 * found.weight[0] * (1 + best.alpha.max())


def test_missing_parts_are_integrated_out():
    alpha = hm.DirichletParams([[2.0, 3.0, 1.5, 4.0], [0.8, 1.0, 2.0, 5.0]])
    family = hm.Dirichlet()
    got = np.exp(family.log_prob(alpha, np.array([[0.2, np.nan, 0.3, np.nan]])))[0]
    for j in range(2):
        whole = lambda b: np.exp(family.log_prob(alpha, np.array([[0.2, b, 0.3, 0.5 - b]])))[0, j]  # noqa: B023, E731
        assert got[j] == pytest.approx(integrate.quad(whole, 0, 0.5)[0], rel=1e-8)
    one = family.log_prob(alpha, np.array([[0.2, 0.1, np.nan, 0.4], [0.2, 0.1, 0.3, 0.4]]))
    np.testing.assert_allclose(one[0], one[1], atol=1e-13)  # a single missing part is the rest


def test_em_with_missing_parts_reaches_what_a_direct_climb_reaches():
    rng = np.random.default_rng(2)
    x = ducklings()
    x = np.column_stack([x[:, 0], x[:, 1] * 0.6, x[:, 1] * 0.4 * np.exp(rng.normal(0, 0.1, 23)), x[:, 2]])
    x /= x.sum(axis=1, keepdims=True)
    x[rng.random(x.shape) < 0.3] = np.nan
    family = hm.Dirichlet()
    result = hm.fit(hm.Single(family), hm.Rows(x), stop=hm.Gain(1e-12))
    lost = lambda v: -np.sum(family.log_prob(hm.DirichletParams(np.exp(v)[None]), x))  # noqa: E731
    other = optimize.minimize(lost, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    assert result.loglik == pytest.approx(-other.fun, abs=1e-7)


def test_equal_compositions_are_a_collapse():
    logs = np.log([0.2, 0.3, 0.5])
    with pytest.raises(hm.Degenerate, match="same composition"):
        hm.Dirichlet().estimate(None, DirichletStats(np.array([4.0]), 4 * logs[None]))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([0.5, 0.6], "sum to 1.1"),
        ([0.0, 1.0], "holds 0 in column 0"),
        ([-0.5, 1.5], "holds -0.5"),
        ([0.7, 0.3, np.nan], "leaves nothing"),
        ([1.0], "two parts"),
    ],
)
def test_rows_that_are_no_compositions_are_refused(row, said):
    with pytest.raises(hm.HiddenmixError, match=said) as error:
        hm.fit(hm.Single(hm.Dirichlet()), hm.Rows(np.array([row])))
    assert error.value.code == "HM151"


def test_priors_that_are_none_are_refused():
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        hm.VonMisesFisher(prior=(1.0, [1.0, 0.0]))
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        hm.Dirichlet(prior=(1.0, 0.5)).prepare(np.array([[0.5, 0.5]]), None, 1)


def test_missing_parts_have_a_distribution():
    model = hm.MixtureModel(hm.Dirichlet(), 1).fit(ducklings())
    x = np.array([[0.05, np.nan, np.nan], [0.1, 0.4, np.nan]])
    alpha = model.estimates_["alpha"][0]
    known = model.impute(x)
    assert known[0, 1] == pytest.approx(0.95 * alpha[1] / (alpha[1] + alpha[2]))
    assert known[1, 2] == pytest.approx(0.5)
    np.testing.assert_allclose(model.impute(x, "draw", 0).sum(axis=1), 1.0)
    want = 0.95 * stats.beta(alpha[1], alpha[2]).ppf(0.9)
    assert model.conditional(x).quantile(0.9)[0, 1] == pytest.approx(want, rel=1e-9)


def test_log_norm_is_minus_the_log_of_the_area_of_the_sphere():
    from hiddenmix.families.von_mises_fisher import log_norm

    for d in (2, 3, 50):
        area = np.log(2) + d / 2 * np.log(np.pi) - gammaln(d / 2)
        assert log_norm(np.zeros(1), d)[0] == pytest.approx(-area, rel=1e-14)
