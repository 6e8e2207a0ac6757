"""Memberships that depend on covariates: against direct optimisers, at the edges, and over every kind of data."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp

import hiddenmix as hm
from hiddenmix.batch import Batch, Evidence
from hiddenmix.data import Chunks, Groups, Rows
from hiddenmix.engine.problem import Problem
from hiddenmix.latent._softmax import Softmax

RNG = np.random.default_rng(7)
N = 800
C = np.column_stack([RNG.normal(2000.0, 5.0, N), RNG.integers(0, 2, N)])
TRUE = np.array([[0.0, 0.0, 0.0], [-60.2, 0.03, 1.0], [199.5, -0.1, 0.5]])  # against the first, at covariates of 0
RATES = np.array([[1.0, 9.0], [5.0, 3.0], [12.0, 12.0]])


def gated(k=3, **options):
    return hm.GatedMixture(hm.Poisson(), k, **options)


def drawn(c=C, rng=RNG):
    p = np.exp(log_softmax(TRUE[:, 0] + c @ TRUE[:, 1:].T, axis=1))
    z = (rng.random(len(c))[:, None] >= np.cumsum(p, axis=1)).sum(axis=1)
    return rng.poisson(RATES[z]).astype(float), z


X, Z = drawn()


def test_the_maximum_is_that_of_a_direct_optimiser():
    """The observed log-likelihood, written anew, over coefficients and log rates; the fit is the start, perturbed."""
    result = hm.fit(gated(), Rows(X, covariates=C), starts=4, rng=0, stop=hm.Gain(1e-13), max_iter=20000)
    gate, rate = result.model.estimates(result.params).values()
    z = np.column_stack([np.ones(N), (C - C.mean(axis=0)) / C.std(axis=0)])

    def negative(theta):
        coef = np.vstack([np.zeros(3), theta[:6].reshape(2, 3)])
        log_rate = theta[6:].reshape(3, 2)
        density = X @ log_rate.T - np.exp(log_rate).sum(axis=1) - _log_factorials(X)[:, None]
        return -logsumexp(log_softmax(z @ coef.T, axis=1) + density, axis=1).sum()

    slopes = gate[1:, 1:] * C.std(axis=0)
    start = np.concatenate([np.column_stack([gate[1:, 0] + gate[1:, 1:] @ C.mean(axis=0), slopes]).ravel(),
                            np.log(rate).ravel()])  # fmt: skip
    found = minimize(negative, start + RNG.normal(0, 0.05, len(start)), method="BFGS", options={"gtol": 1e-6})
    assert -found.fun == pytest.approx(result.loglik, abs=1e-6)
    assert -found.fun <= result.loglik + 1e-8
    np.testing.assert_allclose(found.x, start, atol=2e-4)


def _log_factorials(x):
    from scipy.special import gammaln

    return gammaln(x + 1).sum(axis=1)


def test_coefficients_are_recovered():
    result = hm.fit(gated(), Rows(X, covariates=C), starts=4, rng=0)
    order = [int(np.argmin(np.abs(result.params.components.rate - r).sum(axis=1))) for r in RATES]
    matched = hm.pick(result.params, order)
    gate = result.model.estimates(matched)["gate"]
    np.testing.assert_allclose(gate[:, 1], TRUE[:, 1], atol=0.08)
    np.testing.assert_allclose(gate[:, 2], TRUE[:, 2], atol=0.8)
    np.testing.assert_allclose(matched.components.rate, RATES, rtol=0.15)


def labelled(penalty=0.0, z=Z):
    data = Rows(X, evidence=Evidence.from_labels(z, 3), covariates=C)
    return hm.fit(gated(penalty=penalty), data, rng=0, stop=hm.Gain(1e-14), max_iter=20000)


@pytest.mark.parametrize("penalty", [0.0, 3.0])
def test_known_classes_make_it_multinomial_regression(penalty):
    result = labelled(penalty)
    z = np.column_stack([np.ones(N), (C - C.mean(axis=0)) / C.std(axis=0)])

    def negative(theta):
        coef = np.vstack([np.zeros(3), theta.reshape(2, 3)])
        coef = coef - coef.mean(axis=0)
        return -log_softmax(z @ coef.T, axis=1)[np.arange(N), Z].sum() + penalty * np.square(coef[:, 1:]).sum() / 2

    found = minimize(negative, np.zeros(6), method="BFGS", options={"gtol": 1e-7})
    coef = result.params.coef * np.concatenate([[1.0], C.std(axis=0)])
    np.testing.assert_allclose((coef[1:] - coef[0]).ravel(), found.x, atol=1e-5)


def test_classes_that_a_covariate_separates_have_no_maximum_but_with_a_penalty():
    apart = np.digitize(C[:, 0], np.quantile(C[:, 0], [1 / 3, 2 / 3]))
    penalised = labelled(1.0, apart)
    assert penalised.converged
    assert np.abs(penalised.params.coef).max() < 10
    data = Rows(X, evidence=Evidence.from_labels(apart, 3), covariates=C)
    free = hm.fit(gated(), data, rng=0, max_iter=300, stop=hm.Iterations(300))
    assert np.all(np.diff(free.trace.objectives) > 0)


def test_q_is_below_the_expected_gate_likelihood_and_touches_it():
    gate = Softmax(3, C.mean(axis=0), C.std(axis=0))
    z = gate.design(Batch(C, covariates=C))
    resp = RNG.dirichlet(np.ones(3), size=N)
    here = RNG.normal(size=(3, 3)) / np.array([1.0, *C.std(axis=0)])
    here = here - here.mean(axis=0)
    h, gram = gate.stats(here, z, resp, None)

    def expected(coef):
        return float(np.sum(resp * gate.log_weights(coef, z)))

    constant = expected(here) - gate.q(here, h, gram)
    for size in (0.01, 0.3, 3.0):
        there = here + size * RNG.normal(size=(3, 3)) / np.array([1.0, *C.std(axis=0)])
        assert gate.q(there, h, gram) + constant < expected(there)
    best = gate.estimate(h, gram)
    assert expected(best) > expected(here)
    found = minimize(lambda v: -gate.q(gate.unravel(v, here), h, gram), np.zeros(6), method="BFGS", tol=1e-10)
    assert gate.q(best, h, gram) >= -found.fun - 1e-9
    np.testing.assert_allclose(gate.unravel(found.x, here), best, atol=1e-5)


def test_without_slopes_it_is_the_mixture():
    result = hm.fit(gated(), Rows(X, covariates=np.zeros((N, 0))), starts=4, rng=0, stop=hm.Gain(1e-12), max_iter=9999)
    plain = hm.fit(hm.Mixture(hm.Poisson(), 3), Rows(X), starts=4, rng=0, stop=hm.Gain(1e-12), max_iter=9999)
    assert result.loglik == pytest.approx(plain.loglik, abs=1e-6)
    order = result.model.order(result.params), plain.model.order(plain.params)
    np.testing.assert_allclose(result.params.weights[order[0]], plain.params.weights[order[1]], atol=1e-5)


PARAMS = hm.GatedParams(np.array([[0.2, 0.1, 0.5], [-0.1, -0.1, -0.2], [-0.1, 0.0, -0.3]]), hm.PoissonParams(RATES))


def test_groups_of_one_row_are_rows_and_larger_ones_share_their_covariates():
    model = gated().prepare(Rows(X, covariates=C))
    rows = Problem(model, Rows(X, covariates=C)).evaluate(PARAMS)
    ones = Problem(model, Groups(X, np.arange(N), covariates=C, chunk=100)).evaluate(PARAMS)
    assert ones.loglik == pytest.approx(rows.loglik, rel=1e-13)
    pairs = Problem(model, Groups(X, np.repeat(np.arange(N // 2), 2), covariates=C[::2])).evaluate(PARAMS)
    log_pi = np.log(model.memberships(PARAMS, C[::2]))
    log_p = hm.Poisson().log_prob(PARAMS.components, X)
    assert pairs.loglik == pytest.approx(logsumexp(log_pi + log_p[::2] + log_p[1::2], axis=1).sum(), rel=1e-12)


def test_chunks_out_of_memory_bring_their_covariates():
    openers = [lambda i=i: Batch(X[i::4], covariates=C[i::4]) for i in range(4)]
    model = gated()
    there, here = (hm.fit(model, data, starts=2, rng=1) for data in (Chunks(openers), Rows(X, covariates=C)))
    assert there.loglik == pytest.approx(here.loglik, abs=1e-2)
    sample = Chunks(openers).sample(np.random.default_rng(0), 100)
    assert sample.covariates.shape == (100, 2)
    many = Batch(np.tile(X, (50, 1)), covariates=np.tile(C, (50, 1)))
    assert sum(len(block.covariates) for block in many.blocks()) == 50 * N


def test_absent_rows_take_their_covariates_with_them():
    weight = RNG.integers(0, 3, N).astype(float)
    holes = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
    model = gated().prepare(Rows(X, covariates=C))
    weighted = Problem(model, Rows(holes, weight, covariates=C)).evaluate(PARAMS)
    each = [Problem(model, Rows(holes[i : i + 1], covariates=C[i : i + 1])).evaluate(PARAMS).loglik for i in range(40)]
    first = Problem(model, Rows(holes[:40], weight[:40], covariates=C[:40])).evaluate(PARAMS)
    assert first.loglik == pytest.approx(weight[:40] @ each, rel=1e-12)
    repeated = np.repeat(np.arange(N), weight.astype(int))
    assert weighted.loglik == pytest.approx(
        Problem(model, Rows(holes[repeated], covariates=C[repeated])).evaluate(PARAMS).loglik, rel=1e-12
    )


def test_draws_follow_the_memberships():
    model = gated().prepare(Rows(X, covariates=C))
    _, z = model.sample(PARAMS, 20000, np.random.default_rng(0), np.tile(C[:1], (20000, 1)))
    np.testing.assert_allclose(np.bincount(z) / 20000, model.memberships(PARAMS, C[:1])[0], atol=0.015)
    _, middle = model.sample(PARAMS, 20000, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(middle) / 20000, PARAMS.weights, atol=0.015)


def test_an_impossible_row_has_the_gates_memberships():
    zero = hm.GatedParams(PARAMS.coef, hm.PoissonParams(np.zeros((3, 2))))
    model = gated().prepare(Rows(X, covariates=C))
    norm, resp = model.posterior(zero, Batch(X[:5], covariates=C[:5]))
    assert (norm == -np.inf).all()
    np.testing.assert_allclose(resp, model.memberships(zero, C[:5]), rtol=1e-12)


HOLE = np.where(np.arange(2 * N).reshape(N, 2) == 21, np.nan, C)


@pytest.mark.parametrize(
    ("code", "data", "told"),
    [
        ("HM431", lambda: Rows(X), "bring none"),
        ("HM143", lambda: Rows(X, covariates=HOLE), "covariate 1 .* row 10"),
        ("HM144", lambda: Rows(X, covariates=C * [1, 0]), "covariate 1 .* constant"),
        ("HM144", lambda: Rows(X, covariates=np.column_stack([C, 7 - C.sum(axis=1)])), "follows from the others"),
        ("HM404", lambda: Rows(X, covariates=C[:9]), "for 800 units"),
    ],
)
def test_covariates_that_cannot_be_used(code, data, told):
    with pytest.raises(hm.HiddenmixError, match=f"{told}.*{code}"):
        hm.fit(gated(), data(), rng=0)


def test_a_batch_with_other_covariates_is_refused():
    model = gated().prepare(Rows(X, covariates=C))
    for batch, code in ((Batch(X), "HM431"), (Batch(X, covariates=C[:, :1]), "HM404")):
        with pytest.raises(hm.HiddenmixError, match=code):
            model.posterior(PARAMS, batch)
    with pytest.raises(hm.HiddenmixError, match="HM431"):
        gated().e_step(PARAMS, Batch(X, covariates=C))
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        gated(penalty=-1.0)


def test_pseudo_counts_of_a_multinomial_are_numbers_for_each_category():
    for prior, code in (([1.0, -1.0], "HM403"), ([[1.0]], "HM403"), (np.inf, "HM403")):
        with pytest.raises(hm.HiddenmixError, match=code):
            hm.Multinomial(prior=prior)
    with pytest.raises(hm.HiddenmixError, match="HM404"):
        hm.Multinomial(prior=[1.0, 2.0, 3.0]).prepare(X, None, 2)
    one = hm.fit(hm.Mixture(hm.Multinomial(prior=[1.0, 3.0]), 1), X[X.sum(axis=1) > 0])
    share = (X.sum(axis=0) + np.array([1, 3])) / (X.sum() + 4)
    np.testing.assert_allclose(one.params.components.p[0], share, rtol=1e-12)
