"""Weights of which the sums over groups are known: estimate, chart, prior, and whole fits."""

import numpy as np
import pytest
from scipy.optimize import minimize

import hiddenmix as hm
from hiddenmix.estimators import _order
from hiddenmix.latent._weights import EntryWeighing, GroupWeighing, known_weights, weighing

GROUP, TOTAL = np.array([0, 1, 0, 2, 1, 0]), np.array([0.5, 0.3, 0.2])
K = len(GROUP)
NONE = np.ones(K)
COUNTS = np.array([3.0, 1.0, 2.0, 9.0, 4.0, 1.0])
SUMS = hm.GroupWeights(GROUP, TOTAL)


def sums(weights, group=GROUP):
    return np.bincount(group, weights)


def started(seed=0):
    """Weights with these sums."""
    mass = np.random.default_rng(seed).random(K)
    return mass * (TOTAL / sums(mass))[GROUP]


class TestEstimate:
    def test_counts_are_shared_out_within_groups(self):
        got = weighing(SUMS, NONE).estimate(COUNTS)
        np.testing.assert_allclose(got, [0.5 * 3 / 6, 0.3 / 5, 0.5 * 2 / 6, 0.2, 0.3 * 4 / 5, 0.5 / 6], rtol=1e-14)

    def test_no_optimiser_finds_a_better_one(self):
        """SLSQP under the sums, with a Dirichlet prior."""
        concentration = np.array([1.0, 2.0, 3.5, 1.0, 1.2, 4.0])
        here = weighing(SUMS, concentration)
        best = here.estimate(COUNTS)

        def minus(w):
            return -(COUNTS @ np.log(w) + here.log_prior(w))

        rule = {"type": "eq", "fun": lambda w: sums(w) - TOTAL}
        found = minimize(minus, started(), constraints=rule, bounds=[(1e-6, 1)] * K, options={"ftol": 1e-14})
        assert found.fun >= minus(best) - 1e-9
        np.testing.assert_allclose(found.x, best, atol=1e-5)

    def test_an_empty_group_is_shared_evenly(self):
        got = weighing(SUMS, NONE).estimate(np.array([0.0, 1.0, 0.0, 9.0, 4.0, 0.0]))
        np.testing.assert_allclose(got[GROUP == 0], 0.5 / 3)
        np.testing.assert_allclose(sums(got), TOTAL)

    def test_one_group_is_free_and_groups_of_one_are_known(self):
        one = weighing(hm.GroupWeights(np.zeros(K, int), np.ones(1)), NONE)
        free = weighing("free", NONE)
        np.testing.assert_allclose(one.estimate(COUNTS), free.estimate(COUNTS), rtol=1e-14)
        base, other = started(), free.estimate(COUNTS)
        np.testing.assert_allclose(one.ravel(other, base), free.ravel(other, base), rtol=1e-12)
        assert one.n_free == free.n_free == K - 1
        held = weighing(hm.GroupWeights(np.arange(K), started()), NONE)
        np.testing.assert_array_equal(held.estimate(COUNTS), started())
        assert held.n_free == 0
        assert held.ravel(started(), started()).shape == (0,)

    def test_a_group_of_no_weight_stays_without(self):
        here = weighing(hm.GroupWeights(GROUP, np.array([0.6, 0.0, 0.4])), NONE)
        got = here.estimate(COUNTS)
        np.testing.assert_array_equal(got[GROUP == 1], 0.0)
        assert not here.on_boundary(got)  # for they are not free
        assert here.n_free == 2
        np.testing.assert_allclose(here.unravel(np.array([0.3, -0.2]), got)[GROUP == 1], 0.0)

    def test_several_sets_at_once(self):
        here = weighing(SUMS, np.array([1.0, 2.0, 3.5, 1.0, 1.2, 4.0]))
        sets = np.stack([COUNTS, COUNTS[::-1]])
        np.testing.assert_array_equal(here.estimate(sets), [here.estimate(part) for part in sets])
        weights = np.stack([started(1), started(2)])
        np.testing.assert_allclose(here.log_prior(weights), [here.log_prior(part) for part in weights])


class TestChart:
    def test_it_is_one_for_each_group(self):
        here, base = weighing(SUMS, NONE), started()
        assert here.n_free == K - 3
        np.testing.assert_array_equal(here.ravel(base, base), np.zeros(3))
        for seed in range(5):
            step = np.random.default_rng(seed).standard_normal(3)
            moved = here.unravel(step, base)
            np.testing.assert_allclose(sums(moved), TOTAL, rtol=1e-14)
            assert moved.min() > 0
            np.testing.assert_allclose(here.ravel(moved, base), step, rtol=1e-10)

    def test_gradient(self):
        here, base = weighing(SUMS, np.array([1.0, 2.0, 3.5, 1.0, 1.2, 4.0])), started()

        def objective(vector):
            weights = here.unravel(vector, base)
            return COUNTS @ np.log(weights) + here.log_prior(weights)

        at = np.array([0.3, -0.5, 0.2])
        want = [(objective(at + e) - objective(at - e)) / 2e-6 for e in 1e-6 * np.eye(3)]
        np.testing.assert_allclose(here.gradient(here.unravel(at, base), COUNTS, base), want, rtol=1e-7)

    def test_a_weight_of_zero_lies_on_the_boundary(self):
        here, base = weighing(SUMS, NONE), started()
        assert not here.on_boundary(base)
        edge = here.shared(np.where(np.arange(K) == 2, 0.0, base))
        assert here.on_boundary(edge)
        (inside,) = here.inside(edge, 0.01)
        assert inside[2] == pytest.approx(0.5 * 0.01 / 1.01)
        np.testing.assert_allclose(sums(inside), TOTAL)
        np.testing.assert_allclose(inside[GROUP != 0], edge[GROUP != 0], rtol=1e-14)


class TestMixture:
    X = np.random.default_rng(1).poisson(np.repeat([[1.0, 9.0], [5.0, 5.0], [12.0, 2.0]], 60, axis=0)).astype(float)

    def test_a_fit_keeps_the_sums(self):
        group, total = np.array([0, 1, 0]), np.array([0.4, 0.6])
        model = hm.Mixture(hm.Poisson(), 3, weights=hm.GroupWeights(group, total))
        for algorithm in (hm.EM(), hm.LBFGS()):
            result = hm.fit(model, self.X, algorithm=algorithm, rng=0, starts=3, stop=hm.Gain(1e-12))
            assert result.certificate is hm.Certificate.MAXIMUM
            np.testing.assert_allclose(sums(result.params.weights, group), total, rtol=1e-12)
            free = hm.fit(hm.Mixture(hm.Poisson(), 3), self.X, rng=0, starts=3, stop=hm.Gain(1e-12))
            assert result.loglik < free.loglik
            assert model.n_free(result.params) == hm.Mixture(hm.Poisson(), 3).n_free(free.params) - 1

    def test_the_sums_of_the_maximum_restrict_nothing(self):
        free = hm.fit(hm.Mixture(hm.Poisson(), 3), self.X, rng=0, starts=3, stop=hm.Gain(1e-13))
        group = np.array([0, 1, 0])
        model = hm.Mixture(hm.Poisson(), 3, weights=hm.GroupWeights(group, sums(free.params.weights, group)))
        again = hm.fit(model, self.X, free.params, stop=hm.Gain(1e-13))
        np.testing.assert_allclose(again.params.weights, free.params.weights, atol=1e-5)
        assert again.loglik == pytest.approx(free.loglik, abs=1e-7)

    def test_starting_weights_are_brought_in(self):
        model = hm.Mixture(hm.Poisson(), 3, weights=hm.GroupWeights(np.array([0, 1, 0]), np.array([0.4, 0.6])))
        params = hm.MixtureParams(np.array([0.2, 0.2, 0.6]), hm.PoissonParams(np.ones((3, 2))))
        np.testing.assert_allclose(model.conform(params).weights, [0.1, 0.6, 0.3])

    def test_nothing_is_known_of_single_weights_and_components_keep_their_place(self, tmp_path):
        spec = hm.GroupWeights(np.array([0, 0, 1]), np.array([0.3, 0.7]))
        model = hm.Mixture(hm.Poisson(), 3, weights=spec)
        assert not model.known.mask((3,)).any()
        assert _order.in_place(model)
        fitted = hm.MixtureModel(hm.Poisson(), 3, weights=spec, random_state=0, n_init=2).fit(self.X)
        np.testing.assert_allclose(sums(fitted.weights_, spec.group), spec.total)
        fitted.save(tmp_path / "m.hmx")
        back = hm.load(tmp_path / "m.hmx")
        np.testing.assert_array_equal(back.fit(self.X).weights_, fitted.weights_)

    @pytest.mark.parametrize(
        ("code", "group", "total"),
        [
            ("HM404", [0, 0], [1.0]),
            ("HM404", [0, 0, 0], 1.0),
            ("HM404", [0, 0, 0], "all"),
            ("HM403", [0, 0, 2], [0.5, 0.5]),
            ("HM403", [0, 0, 0], [0.5, 0.5]),
            ("HM403", [0, 0, -1], [0.5, 0.5]),
            ("HM403", [0, 1, 1], [0.5, 0.4]),
            ("HM403", [0, 1, 1], [1.5, -0.5]),
        ],
    )
    def test_refusals(self, code, group, total):
        with pytest.raises(hm.HiddenmixError, match=code):
            hm.Mixture(hm.Poisson(), 3, weights=hm.GroupWeights(group, total))


def test_whether_components_may_trade_places():
    first = hm.Known(np.full(3, 0.2), np.array([True, False, False]))
    for weights, concentration, may in (
        ("free", [1, 1, 1], True),
        ("equal", [1, 1, 1], True),
        ("free", [1, 2, 1], False),
        ([0.5, 0.25, 0.25], [1, 1, 1], False),
        (first, [1, 1, 1], False),
    ):
        assert weighing(weights, np.array(concentration, dtype=float)).interchangeable is may
    assert isinstance(weighing("free", NONE), EntryWeighing)
    assert isinstance(weighing(SUMS, NONE), GroupWeighing)
    assert known_weights("free", 3).mask((3,)).tolist() == [False] * 3
