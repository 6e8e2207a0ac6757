"""Known parameters, missing cells, labels, ridges and units: checked against direct maximisation and closed forms."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from tests.engine.support import arrays, blobs, holes, mixture, start

import hiddenmix as hm
from hiddenmix.families.poisson import Poisson, PoissonParams

X = blobs(200, seed=2, apart=2.5) @ np.array([[1.0, 0.7], [0.0, 1.0]])  # columns that depend on each other
LONG = {"stop": hm.Gain(1e-13), "max_iter": 5000}


def log_density(x, weights, means, covs, penalty=0.0):
    """Log densities (n,) of a normal mixture, one row at a time over its observed cells."""
    out = np.zeros(len(x))
    for i, row in enumerate(x):
        seen = ~np.isnan(row)
        if not seen.any():
            continue
        terms = []
        for w, m, c in zip(weights, means, covs, strict=True):
            block = c[np.ix_(seen, seen)]
            log_prob = multivariate_normal(m[seen], block).logpdf(row[seen])
            terms.append(np.log(w) + log_prob - penalty / 2 * np.trace(np.linalg.inv(block)))
        out[i] = logsumexp(terms)
    return out


def dense(result):
    named = result.model.estimates(result.params)
    cov = named["covariance"]
    k, d = named["mean"].shape
    if cov.ndim == 2 and cov.shape == (d, d) and result.model.family.shape.pooled:
        cov = np.stack([cov] * k)
    elif cov.ndim == 2:
        cov = np.stack([np.diag(c) for c in cov])
    elif cov.ndim == 1:
        cov = np.stack([c * np.eye(d) for c in cov])
    return named["weights"], named["mean"], cov


class TestMissingCells:
    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    @pytest.mark.parametrize("ridge", [0.0, 0.2])
    def test_log_likelihood_is_that_of_the_observed_cells(self, shape, ridge):
        x = holes(X, 0.3)
        result = hm.fit(mixture(shape, reg_covar=ridge), x, start(x, shape), stop=hm.Iterations(5))
        assert result.loglik == pytest.approx(log_density(x, *dense(result), penalty=ridge).sum(), rel=1e-12)
        plain = hm.fit(result.model.plain(), x, result.params, max_iter=0)
        assert plain.loglik == pytest.approx(log_density(x, *dense(result)).sum(), rel=1e-12)

    def test_em_finds_what_direct_maximisation_finds(self):
        """Two normals in the plane, a third of the cells missing; SciPy climbs the observed-data likelihood itself."""
        x = holes(blobs(60, k=2, seed=11), 0.3)
        masks = np.unique(~np.isnan(x), axis=0)
        patterns = [(m, x[(~np.isnan(x) == m).all(axis=1)][:, m]) for m in masks if m.any()]

        def unpacked(v):
            w = 1 / (1 + np.exp(-v[0]))
            lower = np.zeros((2, 2, 2))
            lower[:, 0, 0], lower[:, 1, 1], lower[:, 1, 0] = np.exp(v[5:7]), np.exp(v[7:9]), v[9:11]
            return np.array([w, 1 - w]), v[1:5].reshape(2, 2), lower @ np.swapaxes(lower, 1, 2)

        def negative(v):
            weights, means, covs = unpacked(v)
            total = 0.0
            for m, part in patterns:
                joint = [
                    np.log(w) + multivariate_normal(mu[m], c[np.ix_(m, m)]).logpdf(part)
                    for w, mu, c in zip(weights, means, covs, strict=True)
                ]
                total += logsumexp(np.reshape(joint, (2, -1)), axis=0).sum()
            return -total

        result = hm.fit(mixture(k=2), x, starts=5, rng=0, **LONG)
        weights, means, covs = dense(result)
        roots = np.linalg.cholesky(covs)
        odds = np.log(weights[0] / weights[1])
        at = np.concatenate([[odds], means.ravel(), np.log(roots[:, 0, 0]), np.log(roots[:, 1, 1]), roots[:, 1, 0]])
        assert -negative(at) == pytest.approx(result.loglik, rel=1e-12)
        away = at + 0.3 * np.random.default_rng(0).standard_normal(len(at))
        direct = minimize(negative, away, method="BFGS", options={"gtol": 1e-6})
        assert -direct.fun == pytest.approx(result.loglik, abs=1e-6)
        for ours, theirs in zip((weights, means, covs), unpacked(direct.x), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-4)

    def test_rows_without_any_cell_say_nothing(self):
        """They count in neither the log-likelihood nor n, and change no parameter at the maximum."""
        empty = np.vstack([X, np.full((50, 2), np.nan)])
        a, b = (hm.fit(mixture(), x, start(X), **LONG) for x in (X, empty))
        assert a.problem.data.n_observed == b.problem.data.n_observed == 200
        assert b.loglik == pytest.approx(a.loglik, abs=1e-7)
        np.testing.assert_allclose(arrays(a.params), arrays(b.params), atol=1e-4)


class TestKnown:
    def test_means(self):
        params = start(X)
        known = hm.Known(params.components.mean, where=[[True, True], [True, False], [False, False]])
        result = hm.fit(mixture(mean=known), X, params, **LONG)
        mask = known.mask((3, 2))
        np.testing.assert_array_equal(result.params.components.mean[mask], params.components.mean[mask])
        assert (result.params.components.mean[~mask] != params.components.mean[~mask]).all()
        free = hm.fit(mixture(), X, params, **LONG)
        assert result.model.n_free(result.params) == free.model.n_free(free.params) - 3 == 17 - 3
        assert result.loglik < free.loglik
        assert np.diff(result.trace.objectives).min() > -1e-9

    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    @pytest.mark.parametrize("what", ["mean", "cov", "weights"])
    def test_the_rest_is_maximised(self, shape, what):
        """No step along any free coordinate is higher, and every free coordinate moves something."""
        free = hm.fit(mixture(shape), X, starts=3, rng=0).params
        covs = 1.3 * hm.Normal(shape).shape.dense(free.components.cov)
        means = free.components.mean + np.array([0.3, 0.0])
        options = {
            "mean": {"mean": hm.Known(means, where=[[True, False]] * 3)},
            "cov": {"cov": hm.Known(covs)},
            "weights": {"weights": hm.Known(np.array([0.2, 0.3, 0.5]), where=[True, False, False])},
        }
        starts = {
            "mean": hm.MixtureParams(free.weights, hm.NormalParams(means, free.components.cov)),
            "cov": hm.MixtureParams(
                free.weights, hm.NormalParams(free.components.mean, hm.Normal(shape).shape.from_dense(covs, 3))
            ),
            "weights": hm.MixtureParams([0.2, 0.3, 0.5], free.components),
        }
        result = hm.fit(mixture(shape, **options[what]), X, starts[what], **LONG)
        assert result.converged
        problem, model = result.problem, result.model
        size = model.ravel(result.params, result.params).size
        assert size == model.n_free(result.params)
        for axis in np.eye(size):
            for step in (0.01, -0.01):
                moved = model.unravel(step * axis, result.params)
                assert not np.array_equal(arrays(moved), arrays(result.params))
                assert problem.evaluate(moved).objective < result.objective

    def test_covariances_of_some_components(self):
        params = start(X)
        value = np.stack([np.eye(2), 2 * np.eye(2), 3 * np.eye(2)])
        result = hm.fit(mixture(cov=hm.Known(value, where=[False, True, False])), X, params, **LONG)
        covs = result.model.estimates(result.params)["covariance"]
        np.testing.assert_allclose(covs[1], 2 * np.eye(2), rtol=1e-14)
        assert np.abs(covs[0] - np.eye(2)).max() > 0.01
        assert result.model.n_free(result.params) == 17 - 3

    def test_equal_weights(self):
        result = hm.fit(mixture(weights="equal"), X, start(X), stop=hm.Iterations(20))
        np.testing.assert_array_equal(result.params.weights, np.full(3, 1 / 3))
        assert result.model.n_free(result.params) == 17 - 2

    def test_some_weights(self):
        known = hm.Known(np.array([0.5, 0.0, 0.0]), where=[True, False, False])
        result = hm.fit(mixture(weights=known), X, start(X), stop=hm.Iterations(20))
        assert result.params.weights[0] == 0.5
        assert result.params.weights.sum() == pytest.approx(1.0)
        assert result.model.n_free(result.params) == 17 - 1

    def test_one_rate_of_a_poisson(self):
        counts = np.random.default_rng(0).poisson([[2.0]] * 50 + [[9.0]] * 50)
        family = Poisson(rate=hm.Known(np.array([[2.0], [0.0]]), where=[[True], [False]]))
        begin = hm.MixtureParams([0.5, 0.5], PoissonParams([[2.0], [6.0]]))
        result = hm.fit(hm.Mixture(family, 2), counts.astype(float), begin, **LONG)
        assert result.params.components.rate[0, 0] == 2.0
        assert result.params.components.rate[1, 0] == pytest.approx(9, abs=1)
        assert result.model.n_free(result.params) == 2


class TestRidge:
    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    def test_the_m_step_adds_it_to_the_variances(self, shape):
        model, params = mixture(shape, reg_covar=0.7), start(X, shape)
        _, resp = model.posterior(params, hm.Batch(X))
        new = hm.Stepper(model, X, params).e().m().params
        counts = resp.sum(axis=0)
        means = resp.T @ X / counts[:, None]
        scatter = np.stack([(X - m).T @ ((X - m) * r[:, None]) for m, r in zip(means, resp.T, strict=True)])
        var = np.diagonal(scatter, axis1=1, axis2=2) / counts[:, None]
        expected = {
            "full": scatter / counts[:, None, None] + 0.7 * np.eye(2),
            "tied": scatter.sum(axis=0) / len(X) + 0.7 * np.eye(2),
            "diag": var + 0.7,
            "spherical": var.mean(axis=1) + 0.7,
        }
        np.testing.assert_allclose(new.components.mean, means, rtol=1e-12)
        np.testing.assert_allclose(model.estimates(new)["covariance"], expected[shape], rtol=1e-11)

    @pytest.mark.parametrize("ridge", [1e-6, 0.1, 10.0])
    def test_the_objective_rises_to_its_maximum(self, ridge):
        result = hm.fit(mixture(reg_covar=ridge), holes(X), start(X), **LONG)
        assert result.converged
        assert np.diff(result.trace.objectives).min() > -1e-9

    def test_identical_rows_can_then_be_fitted(self):
        x = np.repeat([[0.0, 0.0], [1.0, 5.0]], 10, axis=0)
        result = hm.fit(mixture(k=2, reg_covar=1e-6), x, rng=0)
        covs = result.model.estimates(result.params)["covariance"]
        np.testing.assert_allclose(covs, np.stack([1e-6 * np.eye(2)] * 2), rtol=1e-6)


class TestUnits:
    """Columns 1e12 apart: the same fit, its log-likelihood less the sum of log scales over observed cells."""

    @pytest.mark.parametrize("shape", ["full", "tied", "diag"])
    @pytest.mark.parametrize("x", [X, holes(X)], ids=["complete", "missing"])
    def test_equivariance(self, shape, x):
        unit = np.array([1e-6, 1e6])
        resp = np.random.default_rng(0).dirichlet(np.ones(3), size=len(x))
        a, b = (hm.fit(mixture(shape), rows, how=resp, stop=hm.Iterations(60)) for rows in (x, x * unit))
        shift = ((~np.isnan(x)) * np.log(unit)).sum()
        assert b.loglik == pytest.approx(a.loglik - shift, rel=1e-10)
        np.testing.assert_allclose(b.params.weights, a.params.weights, rtol=1e-7)
        np.testing.assert_allclose(b.params.components.mean, a.params.components.mean * unit, rtol=1e-6)
        np.testing.assert_allclose(dense(b)[2], dense(a)[2] * np.multiply.outer(unit, unit), rtol=1e-6, atol=1e-20)

    @pytest.mark.parametrize("shape", ["full", "tied", "diag"])
    def test_own_starts_too(self, shape):
        unit = np.array([1e-6, 1e6])
        a, b = (hm.fit(mixture(shape), rows, starts=4, rng=0) for rows in (X, X * unit))
        assert b.loglik == pytest.approx(a.loglik - 200 * np.log(unit).sum(), abs=1e-6)
        assert b.certificate is a.certificate is hm.Certificate.MAXIMUM

    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    def test_a_far_origin(self, shape):
        a, b = (hm.fit(mixture(shape), rows, start(rows, shape), stop=hm.Iterations(30)) for rows in (X, X + 1e7))
        assert b.loglik == pytest.approx(a.loglik, abs=1e-5)
        np.testing.assert_allclose(dense(b)[2], dense(a)[2], rtol=1e-6, atol=1e-6)


class TestLabels:
    def test_all_known_is_the_closed_form(self):
        codes = np.random.default_rng(0).integers(0, 3, len(X))
        rows = hm.Rows(X, evidence=hm.Evidence.from_labels(codes, 3))
        result = hm.fit(mixture(), rows, rng=0)
        weights, means, covs = dense(result)
        np.testing.assert_allclose(weights, np.bincount(codes) / len(X), rtol=1e-12)
        np.testing.assert_allclose(means, [X[codes == j].mean(axis=0) for j in range(3)], rtol=1e-12)
        np.testing.assert_allclose(covs, [np.cov(X[codes == j].T, bias=True) for j in range(3)], rtol=1e-11)

    def test_some_known_stay_in_their_component(self):
        codes = np.full(len(X), -1)
        codes[:30] = np.arange(30) % 3
        rows = hm.Rows(X, evidence=hm.Evidence.from_labels(codes, 3))
        result = hm.fit(mixture(), rows, starts=3, rng=0)
        (batch,) = rows.chunks()
        norm, resp = result.model.posterior(result.params, batch)
        np.testing.assert_array_equal(resp[:30], np.eye(3)[codes[:30]])
        plain, loose = result.model.posterior(result.params, hm.Batch(X))
        np.testing.assert_array_equal(loose[30:], resp[30:])
        joint = plain[:30] + np.log(loose[np.arange(30), codes[:30]])
        np.testing.assert_allclose(norm[:30], joint, rtol=1e-10)
        assert np.diff(result.trace.objectives).min() > -1e-9

    def test_partly_known_and_soft(self):
        """Rows that may be one of two; and log-weights that act as prior odds."""
        table = np.zeros((len(X), 3))
        table[:50, 2] = -np.inf
        table[50:90] = np.log([0.7, 0.2, 0.1])
        params = start(X)
        rows = hm.Rows(X, evidence=hm.Evidence(table))
        (batch,) = rows.chunks()
        _, resp = mixture().posterior(params, batch)
        _, plain = mixture().posterior(params, hm.Batch(X))
        assert np.all(resp[:50, 2] == 0)
        expected = plain * np.exp(table)
        np.testing.assert_allclose(resp, expected / expected.sum(axis=1, keepdims=True), rtol=1e-10, atol=1e-300)
        assert hm.fit(mixture(), rows, params).converged
