"""Generalised linear models: against iterated least squares and optimisers, and the lower bound of the M-step."""

import numpy as np
import pytest
from scipy import optimize, special, stats

import hiddenmix as hm

rng = np.random.default_rng(5)
N = 120
X = np.column_stack([np.ones(N), rng.normal(0, 1, N), rng.normal(3, 2, N)])
BETA = np.array([0.5, 0.8, -0.2])
OFFSET = rng.normal(0, 0.5, N)
TRIALS = rng.integers(1, 15, N).astype(float)
ETA = X @ BETA + OFFSET
DESIGNS = {
    "poisson": hm.Design(rng.poisson(np.exp(ETA)).astype(float), X, OFFSET),
    "binomial": hm.Design(rng.binomial(TRIALS.astype(int), special.expit(ETA)).astype(float), X, OFFSET, TRIALS),
    "gamma": hm.Design(rng.gamma(4.0, np.exp(ETA) / 4.0), X, OFFSET),
}
FAMILIES = {
    "poisson": hm.PoissonRegression(),
    "binomial": hm.BinomialRegression(),
    "gamma": hm.GammaRegression(),
}


def terms(name, y, eta, trials):
    """The log density's first derivative by the predictor, and minus its second one."""
    if name == "poisson":
        return y - np.exp(eta), np.exp(eta)
    if name == "binomial":
        p = special.expit(eta)
        return y - trials * p, trials * p * (1 - p)
    return y * np.exp(-eta) - 1, y * np.exp(-eta)


def newton(name, design, weight):
    """Maximum likelihood by Newton's method, from zero with halved steps."""
    coef, offset = np.zeros(3), design.offset
    trials = design.trials
    for _ in range(200):
        slope, bend = terms(name, design.response, X @ coef + offset, trials)
        step = np.linalg.solve((X * (weight * bend)[:, None]).T @ X, X.T @ (weight * slope))
        coef = coef + step / max(1.0, np.abs(step).max())
    return coef


@pytest.mark.parametrize("name", DESIGNS)
def test_one_component_is_iterated_least_squares(name):
    design = DESIGNS[name]
    weight = rng.integers(0, 3, N).astype(float)
    result = hm.fit(hm.Single(FAMILIES[name]), hm.Rows(design, weight), stop=hm.Gain(1e-14), max_iter=500)
    assert result.converged
    assert result.params.coef[0] == pytest.approx(newton(name, design, weight), rel=1e-8)


def test_the_shape_of_gamma_responses_is_the_maximum_too():
    design = DESIGNS["gamma"]
    result = hm.fit(hm.Single(hm.GammaRegression()), hm.Rows(design), stop=hm.Gain(1e-14))
    mean = np.exp(X @ newton("gamma", design, np.ones(N)) + OFFSET)
    best = optimize.minimize_scalar(
        lambda v: -stats.gamma.logpdf(design.response, v, scale=mean / v).sum(), bounds=(0.5, 20), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    assert result.params.shape[0] == pytest.approx(best.x, rel=1e-6)
    assert result.loglik == pytest.approx(-best.fun, abs=1e-8)


def test_shape_one_is_the_exponential_distribution():
    family = hm.GammaRegression(shape=hm.Known([1.0]))
    result = hm.fit(hm.Single(family), hm.Rows(DESIGNS["gamma"]), stop=hm.Gain(1e-12))
    mean = np.exp(X @ result.params.coef[0] + OFFSET)
    assert result.loglik == pytest.approx(stats.expon.logpdf(DESIGNS["gamma"].response, scale=mean).sum(), rel=1e-12)
    assert len(family.ravel(result.params, result.params)) == 3


@pytest.mark.parametrize("name", DESIGNS)
def test_the_bound_lies_below_the_likelihood_everywhere(name):
    design = DESIGNS[name]
    family = FAMILIES[name].prepare(design, None, 2)
    resp = rng.dirichlet([0.7, 0.7], N)
    shape = np.array([2.0, 7.0]) if name == "gamma" else None
    base = hm.GlmParams(np.array([[0.2, 1.0, -0.1], [1.0, 0.1, 0.3]]), shape)
    bound = family.stats(base, design, resp)

    def true(params):
        return (resp * family.log_prob(params, design)).sum(axis=0)

    def gap(direction):
        moved = hm.GlmParams(base.coef + direction, shape)
        rise = family.expected_log_prob(moved, bound) - family.expected_log_prob(base, bound)
        return true(moved) - true(base) - rise

    for length in (1e-3, 0.1, 1.0, 5.0, 30.0):
        for _ in range(40):
            direction = length * rng.standard_normal((2, 3))
            least = -1e-9 * (1 + np.abs(true(hm.GlmParams(base.coef + direction, shape))))
            assert np.all(gap(direction) >= least), f"{gap(direction)} at {length}"
    near = 1e-3 * np.ones((2, 3))
    assert gap(2 * near) / gap(near) == pytest.approx([8.0, 8.0], rel=0.1)  # it touches to the second order


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("far", [0.0, 4.0, -4.0])
def test_no_step_lowers_the_likelihood_however_far_off_it_begins(name, far):
    design = DESIGNS[name]
    family = FAMILIES[name].prepare(design, None, 1)
    params = hm.GlmParams(np.array([[far, -far, far / 2]]), np.ones(1) if name == "gamma" else None)
    want = newton(name, design, np.ones(N))
    before = -np.inf
    for _ in range(400):
        loglik = family.log_prob(params, design).sum()
        assert loglik >= before - 1e-9 * (1 + abs(loglik))
        before = loglik
        params = family.estimate(params, family.stats(params, design, np.ones((N, 1))))
    assert params.coef[0] == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_mixtures_are_maxima_of_the_likelihood(name):
    labels = rng.integers(0, 2, N)
    family = FAMILIES[name]
    truth = hm.GlmParams(np.array([[1.0, 0.9, 0.1], [-0.5, -0.9, 0.2]]), np.full(2, 6.0) if name == "gamma" else None)
    design = family.resample(truth, labels, hm.Design(np.ones(N), X, OFFSET, np.full(N, 12.0)), rng)
    model = hm.Mixture(family, 2)
    start = hm.MixtureParams([0.5, 0.5], truth)
    result = hm.fit(model, hm.Rows(design), start, stop=hm.Gain(1e-12), max_iter=5000, certificate="off")
    assert result.converged

    def params_of(v):
        shape = np.exp(v[7:]) if name == "gamma" else None
        p = special.expit(v[6])
        return np.array([p, 1 - p]), hm.GlmParams(v[:6].reshape(2, 3), shape)

    def objective(v):
        weights, params = params_of(v)
        return special.logsumexp(family.log_prob(params, design) + np.log(weights), axis=1).sum()

    shapes = [] if name != "gamma" else np.log(result.params.components.shape)
    here = np.concatenate([result.params.components.coef.ravel(), [special.logit(result.params.weights[0])], shapes])
    assert objective(here) == pytest.approx(result.loglik, rel=1e-12)
    best = optimize.minimize(lambda v: -objective(v), here + 0.02, method="BFGS", options={"gtol": 1e-8})
    assert result.loglik >= -best.fun - 1e-8 * N
    assert best.x == pytest.approx(here, abs=1e-3)


def test_ridge_is_the_penalised_maximum():
    design, precision = DESIGNS["poisson"], np.array([0.0, 5.0, 50.0])
    result = hm.fit(hm.Single(hm.PoissonRegression(prior=precision)), hm.Rows(design), stop=hm.Gain(1e-14))

    def objective(b):
        eta = X @ b + OFFSET
        return stats.poisson.logpmf(design.response, np.exp(eta)).sum() - 0.5 * precision @ b**2

    best = optimize.minimize(lambda b: -objective(b), np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    assert result.objective == pytest.approx(-best.fun, abs=1e-9)
    assert result.params.coef[0] == pytest.approx(best.x, abs=1e-6)


def test_separated_responses_have_a_maximum_with_a_prior_only():
    y = (X[:, 1] > 0).astype(float)
    result = hm.fit(hm.Single(hm.BinomialRegression(prior=1.0)), hm.Rows(hm.Design(y, X)), stop=hm.Gain(1e-12))
    assert result.converged
    assert result.certificate is hm.Certificate.MAXIMUM
    for seed in range(8):  # the certificate looks along a direction drawn at random
        without = hm.fit(hm.Single(hm.BinomialRegression()), hm.Rows(hm.Design(y, X)), max_iter=2000, rng=seed)
        assert without.loglik > result.loglik
        assert without.certificate in (hm.Certificate.BOUNDARY, hm.Certificate.FLAT)
    with pytest.raises(hm.HiddenmixError) as error:
        without.standard_errors()
    assert error.value.code == "HM420"


@pytest.mark.parametrize(
    ("family", "y", "trials", "code"),
    [
        (hm.GammaRegression(), 0.0, None, "HM146"),
        (hm.PoissonRegression(), -1.0, None, "HM124"),
        (hm.PoissonRegression(), 0.5, None, "HM125"),
        (hm.BinomialRegression(), 2.0, None, "HM126"),
        (hm.BinomialRegression(), 6.0, np.full(N, 5.0), "HM126"),
    ],
)
def test_impossible_responses_are_refused(family, y, trials, code):
    response = np.ones(N)
    response[4] = y
    with pytest.raises(hm.HiddenmixError) as error:
        family.prepare(hm.Design(response, X, None, trials), None, 1)
    assert error.value.code == code


def test_statistics_of_other_coefficients_do_not_merge():
    family, design = hm.PoissonRegression(), DESIGNS["poisson"]
    one, other = (family.stats(hm.GlmParams([[b, 0.0, 0.0]]), design, np.ones((N, 1))) for b in (0.0, 1.0))
    with pytest.raises(hm.HiddenmixError) as error:
        hm.merge(one, other)
    assert error.value.code == "HM411"


def test_typical_responses_are_those_that_draws_do_not_exceed():
    y = np.full(4, np.nan)
    y[:3] = 4.0, 0.0, 12.0
    x = hm.Design(y, np.ones((4, 1)))
    got = hm.PoissonRegression().typicality(hm.GlmParams([[np.log(4.2)]]), x)[:, 0]
    counts = np.arange(60)
    p = stats.poisson.pmf(counts, 4.2)
    want = [p[p <= p[int(one)] * (1 + 1e-9)].sum() for one in y[:3]]
    assert got[:3] == pytest.approx(want, abs=0.02)
    assert got[3] == 1.0
