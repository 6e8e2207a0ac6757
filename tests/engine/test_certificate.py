"""What kind of point a stop is: each answer is reached, and none is given without the check."""

import numpy as np
import pytest
from tests.engine.support import COUNTS, Linkage, Recombination, blobs, mixture, same, start

import hiddenmix as hm
from hiddenmix.engine.certificate import certify

X = blobs(k=2, seed=3)


def twins(x, weights=(0.5, 0.5)):
    """Components that are all alike, which EM can never tell apart."""
    one = hm.Normal().shape.from_dense(np.cov(x.T, bias=True)[None], 2)
    return hm.MixtureParams(list(weights), hm.NormalParams(np.stack([x.mean(axis=0)] * 2), one))


def test_maximum():
    result = hm.fit(mixture(k=2), X, start(X, k=2), rng=0)
    assert result.certificate is hm.Certificate.MAXIMUM
    assert 0 < result.growth < 1


def test_growth_is_the_rate_of_convergence():
    result = hm.fit(Linkage(), COUNTS, Recombination(0.5), stop=hm.Gain(1e-14))
    gains = np.sqrt(np.diff(result.trace.objectives)[:5])
    assert result.growth == pytest.approx(gains[4] / gains[3], rel=1e-3)


def test_saddle_is_reported_and_not_left_where_only_a_check_is_asked():
    result = hm.fit(mixture(k=2), X, twins(X), certificate="check", rng=0)
    assert result.converged
    assert result.certificate is hm.Certificate.SADDLE
    assert result.growth > 1
    np.testing.assert_allclose(result.params.components.mean[0], result.params.components.mean[1])


def test_saddle_is_left_by_default():
    result = hm.fit(mixture(k=2), X, twins(X), rng=0)
    best = hm.fit(mixture(k=2), X, start(X, k=2), rng=0)
    assert result.certificate is hm.Certificate.MAXIMUM
    assert result.loglik == pytest.approx(best.loglik, abs=1e-3)


def test_history_runs_through_the_escape_and_never_falls():
    check = hm.fit(mixture(k=2), X, twins(X), certificate="check", rng=0)
    result = hm.fit(mixture(k=2), X, twins(X), rng=0)
    n = len(check.trace)
    assert result.trace.objectives[:n] == check.trace.objectives
    assert [step.iteration for step in result.trace] == list(range(len(result.trace)))
    assert np.diff(result.trace.objectives).min() > -1e-10
    assert same(result.params, result.trace[-1].params)
    assert result.evaluations == len(result.trace)


def test_an_escape_that_fails_leaves_no_trace():
    class Breaks(hm.Mixture):
        """Broken where the components differ."""

        def m_step(self, params, stats):
            if np.abs(np.ptp(params.components.mean, axis=0)).max() > 0.5:
                raise hm.Degenerate(0, "broke")
            return super().m_step(params, stats)

    result = hm.fit(Breaks(hm.Normal(), 2), X, twins(X), rng=0)
    assert result.certificate is hm.Certificate.SADDLE
    assert result.converged
    assert same(result.params, result.trace[-1].params)
    assert result.objective == result.trace[-1].objective


@pytest.mark.parametrize("seed", range(3))
def test_boundary(seed):
    heads = np.concatenate([np.zeros(10), np.full(10, 10.0)])
    result = hm.fit(hm.Mixture(hm.Binomial(10), 2), heads, rng=seed)
    assert sorted(result.params.components.p[:, 0]) == pytest.approx([0, 1], abs=1e-12)
    assert result.certificate is hm.Certificate.BOUNDARY


def test_a_boundary_that_is_a_saddle_inside_is_a_saddle():
    """A component on the boundary does not hide that the two others are twins."""
    heads = np.array([0.0] * 10 + [3.0] * 10 + [9.0] * 10)
    p = hm.BinomialParams([[0.0], [0.6], [0.6]])
    rows = hm.Rows(heads[:, None], evidence=hm.Evidence.from_labels(np.repeat([0, -1], [10, 20]), 3))
    result = hm.fit(hm.Mixture(hm.Binomial(10), 3), rows, hm.MixtureParams([1 / 3] * 3, p), certificate="check", rng=0)
    assert result.certificate is hm.Certificate.SADDLE


@pytest.mark.parametrize(
    "options",
    [{"certificate": "off"}, {"max_iter": 2}, {"callback": lambda step: True}],
    ids=["off", "limit", "callback"],
)
def test_never_a_maximum_without_the_check(options):
    result = hm.fit(mixture(k=2), X, start(X, k=2), **options)
    assert result.certificate is hm.Certificate.UNCHECKED


def test_everything_known_is_a_maximum():
    params = start(X, k=2)
    family = hm.Normal(mean=hm.Known(params.components.mean), cov=hm.Known(np.stack([np.eye(2)] * 2)))
    result = hm.fit(hm.Mixture(family, 2, weights="equal"), X, params)
    assert result.certificate is hm.Certificate.MAXIMUM
    assert result.growth is None


def test_the_certificate_does_not_depend_on_units():
    unit = np.array([1e-6, 1e6])
    for x in (X, X * unit):
        problem = hm.fit(mixture(k=2), x, twins(x), certificate="off").problem
        finding = certify(problem, problem.evaluate(twins(x)), np.random.default_rng(0))
        assert finding.certificate is hm.Certificate.SADDLE
    assert finding.growth == pytest.approx(
        hm.fit(mixture(k=2), X, twins(X), certificate="check", rng=0).growth, rel=0.01
    )


def test_flat_where_other_parameters_fit_as_well():
    """Two Bernoulli components of one column: only the mean of the mixture is identified."""
    toss = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    begin = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.3], [0.6]]))
    result = hm.fit(hm.Mixture(hm.Binomial(1), 2), toss, begin, rng=0)
    assert result.converged
    assert result.certificate is hm.Certificate.FLAT
    assert result.growth == pytest.approx(1, abs=2e-4)


def test_what_is_not_identified_is_flat():
    """Two Bernoulli components of one column: only the mixture's mean is identified."""
    toss = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    start = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.3], [0.6]]))
    assert hm.fit(hm.Mixture(hm.Binomial(1), 2), toss, start).certificate is hm.Certificate.FLAT


def test_a_probability_that_falls_for_ever_is_on_the_boundary():
    rng = np.random.default_rng(0)
    rare = np.where(np.arange(300)[:, None] < 150, [0.0, 0.9, 0.8, 0.7], [0.7, 0.2, 0.3, 0.1])
    answers = (rng.random((300, 4)) < rare).astype(float)
    result = hm.fit(hm.Mixture(hm.Binomial(1), 2), answers, starts=5, rng=0)
    assert 0 < result.params.components.p.min() < 1e-3
    assert result.certificate is hm.Certificate.BOUNDARY


def test_one_class_too_many_is_no_saddle():
    """Two latent classes of two items fit the table exactly, along a ridge or at its end; nothing rises from there."""
    codes = np.array([[0, 0], [1, 1], [0, 1], [2, 0]] * 9, dtype=float)
    for seed in range(3):
        result = hm.fit(hm.Mixture(hm.Categorical(), 2), codes, starts=3, rng=seed)
        assert result.certificate in (hm.Certificate.FLAT, hm.Certificate.BOUNDARY)
        assert result.loglik == pytest.approx(36 * np.log(1 / 4), abs=1e-3)


def test_the_inside_of_the_boundary_is_looked_at():
    """A probability that starts at 0 stays there under EM, though the likelihood rises inwards."""
    high = np.where(np.arange(400)[:, None] < 200, 0.8, 0.2)
    tosses = (np.random.default_rng(1).random((400, 3)) < high).astype(float)
    model = hm.Mixture(hm.Binomial(1), 2)
    start = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.0, 0.5, 0.5], [0.5, 0.4, 0.6]]))
    stuck = hm.fit(model, tosses, start, certificate="check")
    assert stuck.params.components.p[0, 0] == 0.0
    assert stuck.certificate is hm.Certificate.SADDLE
    free = hm.fit(model, tosses, start)
    assert free.certificate is hm.Certificate.MAXIMUM
    assert free.loglik > stuck.loglik + 7


def test_an_empty_component_that_would_help_is_no_maximum():
    x = np.random.default_rng(0).normal(size=(100, 2))
    x[:50] += 9
    model = hm.Mixture(hm.Normal(), 2)
    cov = model.family.shape.from_dense(np.eye(2), 2)
    start = hm.MixtureParams([1.0, 0.0], hm.NormalParams([[0.0, 0.0], [9.0, 9.0]], cov))
    assert hm.fit(model, x, start, certificate="check").certificate is hm.Certificate.SADDLE
    np.testing.assert_allclose(hm.fit(model, x, start).params.weights, [0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize("weights", ["free", "equal"])
@pytest.mark.parametrize(("d", "k"), [(1, 2), (2, 2), (2, 3)])
def test_components_that_coincide_are_no_maximum_where_there_are_groups(weights, d, k):
    """No derivative of the EM map tells: means that part change the log-likelihood in the fourth order only."""
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, (400, d)) + rng.integers(0, 2, (400, 1)) * 4
    model = hm.Mixture(hm.Normal(), k, weights=weights)
    start = hm.MixtureParams(np.full(k, 1 / k), hm.NormalParams(np.tile(x.mean(axis=0), (k, 1)), covariances(x, k)))
    result = hm.fit(model, x, start, certificate="check", rng=0)
    assert result.converged
    for seed in range(4):
        finding = certify(result.problem, result.point, np.random.default_rng(seed))
        assert finding.certificate is hm.Certificate.SADDLE
        assert result.problem.evaluate(finding.uphill).objective > result.objective
    assert hm.fit(model, x, start, rng=0).loglik > result.loglik + 10


def covariances(x, k):
    return hm.Normal().shape.from_dense(np.tile(np.cov(x.T, ddof=0).reshape(x.shape[1], -1), (k, 1, 1)), k)


def test_components_that_coincide_where_nothing_else_fits_better_are_flat():
    """A second Poisson component of counts spread less than Poisson: any weights fit as well, and nothing better."""
    x = np.repeat([3.0, 4.0], 50)
    model = hm.Mixture(hm.Poisson(), 2)
    start = hm.MixtureParams([0.5, 0.5], hm.PoissonParams([[3.5], [3.5]]))
    result = hm.fit(model, x, start, certificate="check", rng=0)
    assert result.certificate is hm.Certificate.FLAT


def test_components_that_labels_tell_apart_do_not_coincide():
    x = np.random.default_rng(0).normal(size=(60, 1))
    labels = np.tile([0, 1], 30)
    x = np.concatenate([x, x])
    both = np.concatenate([labels, 1 - labels])
    model = hm.GaussianMixture(2, random_state=0).fit(x, known_labels=both)
    np.testing.assert_allclose(model.means_[0], model.means_[1])
    assert model.result_.certificate is hm.Certificate.MAXIMUM
