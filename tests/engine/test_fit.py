"""The loop: what a result, its history and its starts promise."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture
from tests.engine.support import COUNTS, Linkage, Recombination, arrays, blobs, holes, mixture, same, start

import hiddenmix as hm
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.result import Trace

X = blobs(seed=2, apart=2.5)


class TestStepper:
    """The stepper is what pictures show: it must be what `fit` does, to the bit."""

    @pytest.mark.parametrize("x", [X, holes(X)], ids=["complete", "missing"])
    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    def test_bit_equal_to_fit(self, x, shape):
        model, params = mixture(shape, prior="conjugate"), start(x, shape)
        result = hm.fit(model, x, params, stop=hm.Iterations(8))
        stepper = hm.Stepper(model, x, params)
        for step in result.trace:
            stepper.e()
            assert same(stepper.params, step.params)
            assert (stepper.loglik, stepper.objective) == (step.loglik, step.objective)
            stepper.m()
        assert stepper.history.objectives == result.trace.objectives

    def test_until_converged_is_fit(self):
        result = hm.fit(mixture(), X, start(X), certificate="off")
        stepper = hm.Stepper(mixture(), X, start(X)).until_converged()
        assert same(stepper.params, result.params)
        assert stepper.objective == result.objective

    def test_the_same_half_step_twice_changes_nothing(self):
        stepper = hm.Stepper(mixture(), X, start(X))
        first = stepper.params
        assert stepper.m().params is first  # no M-step before the first E-step
        assert stepper.bound == -np.inf
        stepper.e().m()
        moved, raised = stepper.params, stepper.bound
        assert stepper.m().params is moved
        assert stepper.loglik > raised > stepper.history[0].loglik
        stepper.e()
        point = stepper.point
        assert stepper.e().point is point
        assert len(stepper.history) == 2
        assert stepper.iteration == 1

    def test_a_collapse_ends_it_with_the_last_parameters(self):
        x = np.array([[0.0], [0.0], [0.0], [5.0], [6.0], [7.5]])
        params = start(x, k=2)
        tight = hm.MixtureParams([0.5, 0.5], hm.NormalParams([[0.0], [6.0]], params.components.cov))
        stepper = hm.Stepper(mixture(k=2), x, tight).until_converged()
        assert "component 1 collapsed" in stepper.reason
        assert np.isfinite(stepper.objective)


class TestObjective:
    """What is reported belongs to the parameters it stands beside, never to the step before."""

    @pytest.mark.parametrize("prior", [None, "conjugate"])
    def test_at_every_step(self, prior):
        result = hm.fit(mixture(prior=prior, concentration=2.0), X, start(X), stop=hm.Iterations(6))
        problem = result.problem
        for step in result.trace:
            again = problem.evaluate(step.params)
            assert (step.loglik, step.objective) == (again.loglik, again.objective)
            assert step.objective != step.loglik
        assert same(result.params, result.trace[-1].params)
        assert result.loglik == problem.evaluate(result.params).loglik
        assert result.objective == result.loglik + result.model.log_prior(result.params)

    def test_log_likelihood_is_the_density_of_the_data(self):
        from scipy.stats import multivariate_normal

        result = hm.fit(mixture(), X, start(X), stop=hm.Iterations(5))
        named = result.model.estimates(result.params)
        density = sum(
            w * multivariate_normal(m, c).pdf(X)
            for w, m, c in zip(named["weights"], named["mean"], named["covariance"], strict=True)
        )
        assert result.loglik == pytest.approx(np.log(density).sum(), rel=1e-13)


class TestHistory:
    def test_every_iteration_is_there(self):
        result = hm.fit(mixture(), X, start(X))
        assert [step.iteration for step in result.trace] == list(range(result.iterations + 1))
        assert all(step.params is not None and step.seconds >= 0 for step in result.trace)
        assert same(result.trace[0].params, start(X))
        assert result.trace.objectives == [step.objective for step in result.trace]

    def test_can_be_off(self):
        result = hm.fit(mixture(), X, start(X), history=False)
        reference = hm.fit(mixture(), X, start(X))
        assert {step.params for step in result.trace} == {None}
        assert result.trace.objectives == reference.trace.objectives
        assert same(result.params, reference.params)

    def test_parameters_are_thinned_to_a_bound_and_evenly(self):
        problem = Problem(mixture(), hm.Rows(X))
        point = problem.evaluate(start(X))
        size = arrays(point.params).nbytes
        trace = Trace(max_bytes=10 * size)
        for iteration in range(200):
            trace.append(point, 0.0)
            held = [step.iteration for step in trace if step.params is not None]
            assert len(held) <= 12
            assert held == list(range(0, iteration + 1, trace.stride))
        assert len(held) >= 5
        assert len(trace.objectives) == 200


class TestCallback:
    def test_sees_every_step_and_can_stop(self):
        seen = []

        def watch(step):
            seen.append(step)
            return step.iteration == 4

        result = hm.fit(mixture(), X, start(X), callback=watch)
        assert [step.iteration for step in seen] == [1, 2, 3, 4]
        assert result.status is hm.Status.STOPPED
        assert result.iterations == 4
        assert not result.converged
        assert result.certificate is hm.Certificate.UNCHECKED
        assert same(result.params, seen[-1].params)

    def test_a_false_answer_goes_on(self):
        result = hm.fit(mixture(), X, start(X), callback=lambda step: None)
        assert result.status is hm.Status.CONVERGED


class TestIterationLimit:
    def test_is_not_convergence(self):
        result = hm.fit(mixture(), X, start(X), max_iter=3)
        assert result.iterations == 3
        assert result.status is hm.Status.ITERATION_LIMIT
        assert not result.converged
        assert result.certificate is hm.Certificate.UNCHECKED
        assert result.optima == ()
        assert "not converged" in result.status.value

    def test_nor_is_a_number_of_iterations(self):
        result = hm.fit(mixture(), X, start(X), stop=hm.Iterations(3))
        assert result.status is hm.Status.ITERATION_LIMIT

    def test_zero_iterations_evaluate_the_start(self):
        result = hm.fit(mixture(), X, start(X), max_iter=0)
        assert same(result.params, start(X))
        assert np.isfinite(result.loglik)


class TestSeeds:
    def test_the_same_seed_gives_the_same_result(self):
        first, again = (hm.fit(mixture(), X, starts=4, rng=7) for _ in range(2))
        assert same(first.params, again.params)
        assert [s.objective for s in first.starts] == [s.objective for s in again.starts]
        generator = hm.fit(mixture(), X, starts=4, rng=np.random.default_rng(7))
        assert same(first.params, generator.params)

    def test_another_seed_gives_other_starts(self):
        first, other = (hm.fit(mixture(), X, starts=2, rng=seed, max_iter=0) for seed in (1, 2))
        assert not same(first.starts[1].params, other.starts[1].params)

    def test_each_start_has_a_generator_of_its_own(self):
        """A start does not depend on how many others there are, and no two are alike."""
        few, many = (hm.fit(mixture(), X, starts=n, how="random", rng=3, max_iter=0) for n in (2, 5))
        for a, b in zip(few.starts, many.starts, strict=False):
            assert same(a.params, b.params)
        assert len({start.objective for start in many.starts}) == 5

    def test_nor_on_what_the_others_drew(self):
        """The third of three ways is the same whether two other ways came before it, or none."""
        mixed, alone = (
            hm.fit(mixture(), X, starts=3, how=how, rng=3, max_iter=0) for how in ("auto", "random_from_data")
        )
        assert mixed.starts[2].how == "random_from_data"
        assert same(mixed.starts[2].params, alone.starts[2].params)


class TestArguments:
    def test_one_column_may_be_flat(self):
        flat = hm.fit(mixture(k=2), X[:, 0], rng=0)
        assert flat.loglik == hm.fit(mixture(k=2), X[:, :1], rng=0).loglik

    def test_float32_is_the_data_as_stored(self):
        single = X.astype(np.float32)
        assert hm.Rows(single).x.dtype == np.float32
        result = hm.fit(mixture(), single, start(X), stop=hm.Iterations(5))
        double = hm.fit(mixture(), single.astype(float), start(X), stop=hm.Iterations(5))
        assert same(result.params, double.params)

    def test_no_possible_start_is_said(self):
        with pytest.raises(hm.HiddenmixError, match="no start is possible"):
            hm.fit(mixture(), np.ones((10, 2)), rng=0)

    def test_a_result_survives_pickle_without_its_data(self):
        import pickle

        result = pickle.loads(pickle.dumps(hm.fit(Linkage(), COUNTS, Recombination(0.5))))
        assert result.params.p == pytest.approx(0.6268, abs=1e-3)
        with pytest.raises(hm.HiddenmixError, match="HM421"):
            result.standard_errors()


class TestScikitLearn:
    """The same start and the same number of iterations give scikit-learn's parameters.

    With `reg_covar` they differ by its order: our E-step knows of it, so that the objective cannot fall.
    """

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    @pytest.mark.parametrize(("ridge", "tolerance"), [(0.0, 1e-11), (1e-6, 5e-6)])
    def test_parameters(self, shape, ridge, tolerance):
        params, iterations = start(X, shape), 25
        cov = params.components.cov
        family = hm.Normal(shape)
        dense = family.shape.dense(cov)
        precision = np.linalg.inv(dense) if shape in ("full", "tied") else 1 / dense
        reference = GaussianMixture(
            3,
            covariance_type=shape,
            reg_covar=ridge,
            tol=0.0,
            max_iter=iterations,
            weights_init=params.weights,
            means_init=params.components.mean,
            precisions_init=precision,
        ).fit(X)
        result = hm.fit(mixture(shape, reg_covar=ridge), X, params, stop=hm.Iterations(iterations))
        named = result.model.estimates(result.params)
        np.testing.assert_allclose(named["weights"], reference.weights_, rtol=tolerance)
        np.testing.assert_allclose(named["mean"], reference.means_, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(named["covariance"], reference.covariances_, rtol=tolerance, atol=tolerance)
        plain = hm.fit(result.model.plain(), X, result.params, max_iter=0)
        assert plain.loglik == pytest.approx(reference.score(X) * len(X), rel=tolerance)


def test_a_start_that_contradicts_what_is_known_is_brought_into_line():
    x = np.random.default_rng(0).normal(size=(60, 2))
    family = hm.Normal("full", mean=hm.Known([[0.0, 0.0], [1.0, 0.0]]), cov=hm.Known([np.eye(2)] * 2, [True, False]))
    model = hm.Mixture(family, 2, weights=hm.Known([0.25, 0.75]))
    cov = family.shape.from_dense(np.array([2 * np.eye(2), 3 * np.eye(2)]), 2)
    start = hm.MixtureParams([0.5, 0.5], hm.NormalParams([[5.0, 5.0], [6.0, 6.0]], cov))
    result = hm.fit(model, x, start)
    assert result.status is hm.Status.CONVERGED
    first = result.trace[0].params
    np.testing.assert_array_equal(first.weights, [0.25, 0.75])
    np.testing.assert_array_equal(first.components.mean, [[0.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(family.shape.dense(first.components.cov), [np.eye(2), 3 * np.eye(2)])


@pytest.mark.parametrize("unit", [1e-30, 1e-16, 1e30])
def test_the_unit_of_the_weights_does_not_matter(unit):
    counts = np.random.default_rng(4).poisson([[2.0]] * 80 + [[9.0]] * 100).astype(float)
    start = hm.MixtureParams([0.5, 0.5], hm.PoissonParams([[2.0], [9.0]]))
    one, other = (
        hm.fit(hm.Mixture(hm.Poisson(), 2), hm.Rows(counts, np.full(180, w)), start).params for w in (1.0, unit)
    )
    np.testing.assert_allclose(other.weights, one.weights, rtol=1e-12)
    np.testing.assert_allclose(other.components.rate, one.components.rate, rtol=1e-12)


def test_parts_are_checked_before_any_work():
    x = np.zeros((4, 1))
    with pytest.raises(hm.HiddenmixTypeError, match="object is no hiddenmix"):
        hm.fit(object(), x)
    with pytest.raises(hm.HiddenmixTypeError, match="is no stopping rule"):
        hm.fit(mixture(k=2), x, stop=1e-3)
