"""Standard errors against the numerical Hessian of a log-likelihood written down here."""

import numpy as np
import pytest
from scipy.stats import norm
from tests.engine.support import COUNTS, Linkage, Recombination, blobs, holes, mixture, start

import hiddenmix as hm
from hiddenmix.engine import information

X = blobs(150, d=1, k=2, seed=2, apart=2.0)


def hessian(f, at, step=1e-3):
    """Central differences of fourth order, both times."""
    steps = np.full(len(at), step)
    return information.jacobian(lambda v: information.gradient(f, v, steps), np.asarray(at), steps)


@pytest.fixture(scope="module")
def result():
    return hm.fit(mixture(k=2), X, starts=5, rng=0, stop=hm.ParameterChange(1e-11), max_iter=20_000)


def test_two_normals(result):
    """In the parameters themselves: weight, means, variances."""
    named = result.model.estimates(result.params)

    def loglik(v):
        w, means, sds = np.array([v[0], 1 - v[0]]), v[1:3], np.sqrt(v[3:5])
        return np.log((w * norm.pdf(X, means, sds)).sum(axis=1)).sum()

    at = [named["weights"][0], *named["mean"][:, 0], *named["covariance"][:, 0, 0]]
    expected = np.sqrt(np.diag(np.linalg.inv(-hessian(loglik, at))))
    errors = result.standard_errors()
    ours = [errors["weights"][0], *errors["mean"][:, 0], *errors["covariance"][:, 0, 0]]
    assert ours == pytest.approx(expected, rel=1e-5)
    assert errors["weights"][1] == pytest.approx(errors["weights"][0])
    assert {name: value.shape for name, value in errors.items()} == {k: np.shape(v) for k, v in named.items()}


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_observed_information_is_the_curvature_of_the_objective(shape):
    """Along random directions; with a prior and missing cells, at parameters that are no maximum."""
    x = holes(blobs(80, k=2, seed=1), 0.1)
    result = hm.fit(mixture(shape, k=2, prior="conjugate"), x, start(x, shape, 2), stop=hm.Iterations(9))
    problem, base, model = result.problem, result.params, result.model
    ours = information.observed_information(problem, result.point)
    stencil = np.array([-1, 16, -30, 16, -1]) / 12 / 3e-3**2
    for direction in np.random.default_rng(0).standard_normal((6, len(ours))):
        along = [problem.evaluate(model.unravel(3e-3 * t * direction, base)).objective for t in (-2, -1, 0, 1, 2)]
        assert direction @ ours @ direction == pytest.approx(-stencil @ along, rel=2e-5)


def test_one_normal_has_the_textbooks_standard_errors():
    """sd over sqrt n for a mean, variance times sqrt(2/n) for a variance."""
    x = blobs(60, d=2, k=1)
    result = hm.fit(hm.Single(hm.Normal()), x)
    errors, cov = result.standard_errors(), np.cov(x.T, bias=True)
    np.testing.assert_allclose(errors["mean"][0], np.sqrt(np.diag(cov) / 60), rtol=1e-7)
    np.testing.assert_allclose(np.diag(errors["covariance"][0]), np.diag(cov) * np.sqrt(2 / 60), rtol=1e-7)


def test_what_is_known_has_none():
    params = start(X, k=2)
    known = hm.Known(params.components.mean, where=[[True], [False]])
    result = hm.fit(
        mixture(k=2, mean=known, weights="equal"), X, params, stop=hm.ParameterChange(1e-9), max_iter=20_000
    )
    errors = result.standard_errors()
    assert list(errors["weights"]) == [0, 0]
    assert errors["mean"][0] == 0
    assert errors["mean"][1] > 0


@pytest.mark.parametrize("unit", [1e-7, 1.0, 1e7])
def test_a_users_model_may_have_any_unit(unit):
    """The same model with p written in other units: the free coordinates of a user's model are its parameters."""

    class Scaled(Linkage):
        def e_step(self, params, batch):
            return super().e_step(Recombination(params.p / unit), batch)

        def m_step(self, params, stats):
            return Recombination(unit * super().m_step(params, stats).p)

        def q(self, params, stats):
            return super().q(Recombination(params.p / unit), stats)

    result = hm.fit(Scaled(), COUNTS, Recombination(0.5 * unit), stop=hm.Gain(1e-14), certificate="off")
    assert result.standard_errors()["p"] == pytest.approx(0.0514673 * unit, rel=1e-6)


class TestWhereTheyDoNotExist:
    def test_before_convergence(self):
        result = hm.fit(mixture(k=2), X, start(X, k=2), max_iter=2)
        with pytest.raises(hm.HiddenmixError, match="exist at a maximum only"):
            result.standard_errors()

    def test_on_the_boundary(self):
        heads = np.concatenate([np.zeros(10), np.full(10, 10.0)])
        result = hm.fit(hm.Mixture(hm.Binomial(10), 2), heads, rng=0)
        with pytest.raises(hm.HiddenmixError, match="boundary"):
            result.standard_errors()

    def test_along_a_flat_direction(self):
        """Two Bernoulli components of one column: only the mixture's mean is identified."""
        toss = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
        model = hm.Mixture(hm.Binomial(1), 2)
        result = hm.fit(model, toss, hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.3], [0.6]])))
        with pytest.raises(hm.HiddenmixError, match="not identified"):
            result.standard_errors()

    def test_without_q(self):
        class Bare(Linkage):
            def q(self, params, stats):
                return hm.Model.q(self, params, stats)

        result = hm.fit(Bare(), COUNTS, Recombination(0.5))
        with pytest.raises(hm.HiddenmixError, match="Bare has no q"):
            result.standard_errors()
