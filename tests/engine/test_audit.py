"""Exact EM never falls: what does is found out, and is never called converged."""

from dataclasses import replace

import numpy as np
import pytest
from tests.engine.support import COUNTS, Linkage, Recombination, blobs, holes, mixture, same, start

import hiddenmix as hm
from hiddenmix.engine.problem import Problem

X = blobs()


class Overshoots(Linkage):
    """An M-step that goes three times as far as the maximum."""

    def m_step(self, params, stats):
        return Recombination(params.p + 3 * (super().m_step(params, stats).p - params.p))


class OneSided(Overshoots):
    """The same, without a q that could tell the cause."""

    def q(self, params, stats):
        return hm.Model.q(self, params, stats)


class Foreign(Linkage):
    """An E-step whose log-likelihood belongs to another model than its statistics."""

    def e_step(self, params, batch):
        return -100 * (params.p - 0.5) ** 2 - 1.0, super().e_step(params, batch)[1]


class Floored(hm.Mixture):
    """A floor under the variances that the objective knows nothing of: the classical mistake."""

    def m_step(self, params, stats):
        new = super().m_step(params, stats)
        return replace(new, components=replace(new.components, cov=replace(params.components.cov, sd=np.full(3, 3.0))))


def test_a_wrong_m_step_is_found_and_never_called_converged():
    result = hm.fit(Overshoots(), COUNTS, Recombination(0.5), stop=hm.Gain(1e-3))
    assert result.status is hm.Status.DECREASED
    assert not result.converged
    assert "this M-step is not a maximiser (it lowered q by" in result.reason
    assert result.certificate is hm.Certificate.UNCHECKED
    assert result.optima == ()


def test_the_result_is_the_point_before_the_fall_and_history_shows_it():
    result = hm.fit(Overshoots(), COUNTS, Recombination(0.5), stop=hm.Gain(1e-3))
    *_, before, after = result.trace
    assert after.objective < before.objective
    assert result.objective == before.objective
    assert same(result.params, before.params)
    assert f"in iteration {after.iteration}" in result.reason


def test_without_q_the_cause_stays_open():
    result = hm.fit(OneSided(), COUNTS, Recombination(0.5), stop=hm.Gain(1e-3))
    assert result.status is hm.Status.DECREASED
    assert "or the E-step does not belong to it" in result.reason


def test_an_e_step_of_another_model():
    result = hm.fit(Foreign(), COUNTS, Recombination(0.5))
    assert result.status is hm.Status.DECREASED
    assert "q and the log-likelihood do not belong together" in result.reason


def test_a_floor_outside_the_objective():
    model = Floored(hm.Normal("spherical"), 3)
    result = hm.fit(model, X, hm.fit(mixture("spherical"), X, start(X, "spherical")).params)
    assert result.status is hm.Status.DECREASED
    assert "not a maximiser" in result.reason


def test_a_start_that_fell_is_not_chosen():
    class Sometimes(Overshoots):
        """Wrong only from high starting values."""

        def m_step(self, params, stats):
            return (super() if params.p > 0.7 else super(Overshoots, self)).m_step(params, stats)

    starts = iter([0.95, 0.1, 0.92, 0.2])
    model = Sometimes()
    model.start = lambda data, rng, how: Recombination(next(starts))
    result = hm.fit(model, COUNTS, starts=4, race=False)
    assert [s.status for s in result.starts][::2] == [hm.Status.DECREASED] * 2
    assert result.converged
    assert [s.optimum for s in result.starts] == [None, 0, None, 0]


def test_rounding_is_no_fall():
    problem = Problem(Linkage(), hm.Rows(COUNTS))
    point = problem.evaluate(Recombination(0.5))
    assert problem.tolerated_fall(point) == pytest.approx(1e-9 * (1 + 208.47), rel=1e-4)

    class Trembling(Linkage):
        def e_step(self, params, batch):
            loglik, stats = super().e_step(params, batch)
            return loglik * (1 + 1e-10 * np.sin(1e9 * params.p)), stats

    result = hm.fit(Trembling(), COUNTS, Recombination(0.5), stop=hm.Iterations(50))
    assert result.status is hm.Status.ITERATION_LIMIT
    assert np.diff(result.trace.objectives).min() < 0


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize(
    "options",
    [{}, {"prior": "conjugate"}, {"reg_covar": 0.5}, {"prior": "conjugate", "reg_covar": 0.1}, {"concentration": 3.0}],
    ids=str,
)
@pytest.mark.parametrize("x", [X, holes(X)], ids=["complete", "missing"])
def test_the_objective_never_falls(shape, options, x):
    result = hm.fit(mixture(shape, **options), x, start(x, shape), stop=hm.Iterations(40))
    assert result.status is hm.Status.ITERATION_LIMIT
    assert np.diff(result.trace.objectives).min() > -1e-10


class TestNotFinite:
    def test_on_the_way(self):
        class Breaks(Linkage):
            def e_step(self, params, batch):
                loglik, stats = super().e_step(params, batch)
                return (np.nan if params.p > 0.62 else loglik), stats

        result = hm.fit(Breaks(), COUNTS, Recombination(0.5))
        assert result.status is hm.Status.NOT_FINITE
        assert "nan in iteration 2" in result.reason
        assert result.params.p == pytest.approx(0.608247422680)
        assert np.isfinite(result.objective)

    @pytest.mark.filterwarnings("ignore:divide by zero")
    def test_at_the_start(self):
        result = hm.fit(Linkage(), COUNTS, Recombination(1.0))
        assert result.status is hm.Status.NOT_FINITE
        assert "the starting parameters" in result.reason

    def test_others_are_chosen_and_the_census_stays_in_order(self):
        class Flat(Linkage):
            """Every start is an optimum of its own, at the height of its parameter."""

            def e_step(self, params, batch):
                return params.p, super().e_step(params, batch)[1]

            def m_step(self, params, stats):
                return params

            def q(self, params, stats):
                return -1e9 * params.p**2

        heights = [0.2, np.nan, 0.9, np.nan, 0.5, 0.9, np.nan, 0.3]
        starts = iter(heights)
        model = Flat()
        model.start = lambda data, rng, how: Recombination(next(starts))
        result = hm.fit(model, COUNTS, starts=8, race=False, certificate="off")
        assert result.params.p == 0.9
        assert [s.optimum for s in result.starts] == [3, None, 0, None, 1, 0, None, 2]
        assert [s.status is hm.Status.NOT_FINITE for s in result.starts] == list(np.isnan(heights))


class TestCollapse:
    ROWS = np.concatenate([np.zeros(6), np.linspace(4, 8, 20)])[:, None]

    def near(self, sd):
        cov = hm.Normal().shape.from_dense(np.array([[[sd**2]], [[4.0]]]), 2)
        return hm.MixtureParams([0.3, 0.7], hm.NormalParams([[0.0], [6.0]], cov))

    @pytest.mark.parametrize("shape", ["full", "diag", "spherical"])
    def test_ends_with_the_last_finite_point(self, shape):
        dense = {"full": np.array([[[0.01]], [[4.0]]]), "diag": np.array([[0.01], [4.0]]), "spherical": [0.01, 4.0]}
        cov = hm.Normal(shape).shape.from_dense(np.asarray(dense[shape]), 2)
        params = hm.MixtureParams([0.3, 0.7], hm.NormalParams([[0.0], [6.0]], cov))
        result = hm.fit(mixture(shape, k=2), self.ROWS, params)
        assert result.status is hm.Status.COLLAPSED
        assert "component 1 collapsed" in result.reason
        assert np.isfinite(result.objective)
        assert same(result.params, result.trace[-1].params)
        assert result.loglik == result.problem.evaluate(result.params).loglik

    def test_is_set_aside_when_another_finished(self):
        rng = np.random.default_rng(0)
        x = np.concatenate([rng.normal(0, 1, 40), np.random.default_rng(0).normal(4, 1, 40), np.full(4, 1.5)])
        result = hm.fit(mixture(k=3), x, starts=12, rng=0, race=False, max_iter=600)
        assert hm.Status.COLLAPSED in {s.status for s in result.starts}
        assert result.converged
        assert all(s.optimum is None for s in result.starts if s.status is hm.Status.COLLAPSED)
        assert result.loglik < max(s.loglik for s in result.starts if s.status is hm.Status.COLLAPSED)

    def test_a_prior_forbids_it(self):
        result = hm.fit(mixture(k=2, prior="conjugate"), self.ROWS, self.near(0.1))
        assert result.converged

    def test_nor_does_a_shared_covariance(self):
        assert hm.fit(mixture("tied", k=2), self.ROWS, rng=0).converged
