"""Means in an affine subspace: the M-step against a numerical optimiser and discriminant analysis, and its chart."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

import hiddenmix as hm
from hiddenmix.engine.stopping import Gain
from hiddenmix.families._normal_rank import Chart, projected

K, D, N = 6, 4, 200


def case(seed=0, missing=0.0):
    """Rows of K overlapping groups, columns far from white, and soft responsibilities."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(K, N, p=[0.3, 0.25, 0.2, 0.15, 0.07, 0.03])
    x = (rng.standard_normal((N, D)) + 2 * rng.standard_normal((K, D))[labels]) @ rng.standard_normal((D, D))
    x[rng.random(x.shape) < missing] = np.nan
    return x + 5, labels, 0.9 * np.eye(K)[labels] + 0.1 * rng.dirichlet(np.ones(K), N)


def value(family, params, stats):
    return float(np.sum(family.expected_log_prob(params, stats)))


def dimensions(mean, root):
    """Singular values of the whitened means about one of them, each a share of the largest."""
    size = np.linalg.svd(np.linalg.solve(root, (mean - mean[0]).T), compute_uv=False)
    return size / size[0]


class TestMaximum:
    @pytest.mark.parametrize("rank", [1, 2, 3])
    @pytest.mark.parametrize("seed", range(3))
    def test_no_optimiser_finds_a_better_one(self, rank, seed):
        """L-BFGS over centre, directions and places on them, with the best covariance of each, from random starts."""
        x, _, resp = case(seed)
        family = hm.Normal("tied", rank=rank)
        stats = family.stats(None, x, resp)
        best = family.estimate(None, stats)
        count, start = resp.sum(axis=0), D + rank * D

        def log_det(v):
            centre, axes, places = v[:D], v[D:start].reshape(rank, D), v[start:].reshape(K, rank)
            left = stats.mean - (centre + places @ axes)
            total = stats.scatter.sum(axis=0) if stats.scatter.ndim == 3 else stats.scatter
            total = total + (count[:, None] * left).T @ left
            slope = -2 * np.linalg.solve(total, (count[:, None] * left).T).T  # (k, d)
            by_part = slope.sum(axis=0), places.T @ slope, slope @ axes.T
            return np.linalg.slogdet(total)[1], np.concatenate([part.ravel() for part in by_part])

        rng = np.random.default_rng(seed)
        spread = stats.mean.std(axis=0)
        found = []
        for _ in range(8):
            axes, places = rng.standard_normal((rank, D)) * spread, rng.standard_normal((K, rank))
            begin = np.concatenate([stats.mean.mean(axis=0), axes.ravel(), places.ravel()])
            found.append(minimize(log_det, begin, jac=True, method="L-BFGS-B", options={"maxiter": 2000}).fun)
        got = np.linalg.slogdet(N * best.cov.chol @ best.cov.chol.T)[1]
        assert min(found) >= got - 1e-9 * abs(got)
        assert min(found) <= got + 1e-4  # the optimiser does get there

    @pytest.mark.parametrize("rank", [1, 2])
    def test_it_is_reduced_rank_discriminant_analysis(self, rank):
        """Of known classes, the means lie in the span of the leading discriminant directions, and only these decide."""
        x, labels, _ = case()
        family = hm.Normal("tied", rank=rank)
        stats = family.stats(None, x, np.eye(K)[labels])
        params = family.estimate(None, stats)
        lda = LinearDiscriminantAnalysis(n_components=rank).fit(x, labels)
        plain = hm.Normal("tied").estimate(None, stats)
        within = plain.cov.chol @ plain.cov.chol.T
        span = within @ lda.scalings_[:, :rank]  # (d, r)
        shift = params.mean - x.mean(axis=0)
        left = shift.T - span @ np.linalg.lstsq(span, shift.T, rcond=None)[0]
        assert np.abs(left).max() < 1e-8 * np.abs(shift).max()
        unit = np.sqrt(np.diag(lda.scalings_.T @ within @ lda.scalings_))[:rank]
        place = (lda.transform(x[:20])[:, None] - lda.transform(plain.mean)) / unit
        distance = np.square(place).sum(axis=2)
        log_prob = family.log_prob(params, x[:20])
        got = log_prob[:, 1:] - log_prob[:, :1]
        np.testing.assert_allclose(got, (distance[:, :1] - distance[:, 1:]) / 2, atol=1e-9 * np.abs(distance).max())

    def test_means_of_the_whole_space_are_those_of_the_rows(self):
        x, _, resp = case()
        stats = hm.Normal("tied").stats(None, x, resp)
        plain = hm.Normal("tied").estimate(None, stats)
        for rank in (4, 5, 9):
            params = hm.Normal("tied", rank=rank).estimate(None, stats)
            np.testing.assert_array_equal(params.mean, plain.mean)
            np.testing.assert_array_equal(params.cov.chol, plain.cov.chol)
            assert hm.Normal("tied", rank=rank).n_free(params) == hm.Normal("tied").n_free(plain)

    def test_more_dimensions_are_better(self):
        x, _, resp = case()
        stats = hm.Normal("tied").stats(None, x, resp)
        values = [value(f, f.estimate(None, stats), stats) for f in (hm.Normal("tied", rank=r) for r in (1, 2, 3, 4))]
        assert np.all(np.diff(values) > 0)

    def test_the_given_covariance_decides_what_is_near(self):
        x, _, resp = case()
        held = np.diag([1.0, 100.0, 1.0, 1.0])
        family = hm.Normal("tied", rank=1, cov=hm.Known(held))
        stats = family.stats(None, x, resp)
        best = family.estimate(None, stats)
        assert dimensions(best.mean, np.sqrt(held))[1] < 1e-12
        rng = np.random.default_rng(0)
        for _ in range(50):
            moved = family.unravel(0.05 * rng.standard_normal(family.n_free(best)), best)
            assert value(family, moved, stats) < value(family, best, stats)

    def test_empty_components_are_taken_along(self):
        """A component without rows has no say, and moves no further than it must."""
        x, _, resp = case()
        family = hm.Normal("tied", rank=2)
        params = family.estimate(None, family.stats(None, x, resp))
        less = resp.copy()
        less[:, 1] = 0.0
        after = family.estimate(params, family.stats(params, x, less))
        rest = np.arange(K) != 1
        alone = family.estimate(None, family.stats(None, x, less[:, rest]))
        np.testing.assert_allclose(after.mean[rest], alone.mean, rtol=1e-10)
        np.testing.assert_allclose(after.cov.chol, alone.cov.chol, rtol=1e-10, atol=1e-12)
        assert dimensions(after.mean, after.cov.chol)[2] < 1e-12

    def test_dimensions_that_nobody_needs_go_to_empty_components(self):
        mean = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 0.5]])
        kept = projected(mean, np.array([5.0, 3.0, 0.0, 0.0]), np.eye(3), 2)
        np.testing.assert_allclose(kept[:2], mean[:2], atol=1e-12)
        np.testing.assert_allclose(kept[2], mean[2], atol=0.5)
        assert dimensions(kept, np.eye(3))[2] < 1e-12
        nobody = projected(mean[:3], np.array([5.0, 3.0, 0.0]), np.eye(3), 2)
        np.testing.assert_allclose(nobody, mean[:3], atol=1e-12)


class TestChart:
    @pytest.mark.parametrize("rank", [1, 2, 3])
    def test_as_many_coordinates_as_the_set_has_dimensions(self, rank):
        """The rank of the Jacobian of all means in the coordinates."""
        x, _, resp = case()
        family = hm.Normal("tied", rank=rank)
        base = family.estimate(None, family.stats(None, x, resp))
        size = D + rank * (D + K - 1 - rank)
        assert family.n_free(base) == size + D * (D + 1) // 2
        chart = Chart.of(base.mean, base.cov.chol, rank)
        step = 1e-6 * np.eye(size)
        jacobian = np.array([(chart.unravel(s) - chart.unravel(-s)).ravel() for s in step]) / 2e-6
        assert np.linalg.matrix_rank(jacobian, tol=1e-4) == size

    @pytest.mark.parametrize("length", [1e-3, 0.3, 3.0])
    def test_every_point_has_the_rank(self, length):
        x, _, resp = case()
        family = hm.Normal("tied", rank=2)
        base = family.estimate(None, family.stats(None, x, resp))
        for seed in range(5):
            moved = family.unravel(length * np.random.default_rng(seed).standard_normal(family.n_free(base)), base)
            assert dimensions(moved.mean, base.cov.chol)[2] < 1e-10

    def test_coordinates_are_standard_deviations(self):
        """Units and directions of the columns do not matter; to first order a step moves means by its own length."""
        x, _, resp = case()
        family = hm.Normal("tied", rank=2)
        base = family.estimate(None, family.stats(None, x, resp))
        chart = Chart.of(base.mean, base.cov.chol, 2)
        for place in range(D, D + 2 * (D + K - 3)):
            step = np.zeros(D + 2 * (D + K - 3))
            step[place] = 1e-6
            moved = np.linalg.solve(base.cov.chol, (chart.unravel(step) - base.mean).T)
            assert np.linalg.norm(moved) == pytest.approx(1e-6, rel=1e-3)

    def test_means_of_a_smaller_rank_give_no_nan(self):
        """Where the means coincide the set has a corner: coordinates stay finite, and lead out of it."""
        root = np.diag([1.0, 2.0, 3.0, 1.0])
        line = np.outer(np.arange(K) - 2.5, [1.0, 2.0, 0.0, 1.0])
        for mean in (np.zeros((K, D)), line):
            chart = Chart.of(mean, root, 2)
            zero = chart.ravel(mean)
            np.testing.assert_allclose(zero, 0, atol=1e-12)
            moved = chart.unravel(zero + 0.1)
            assert np.isfinite(moved).all()
            assert np.abs(moved - mean).max() > 0.01
            assert np.isfinite(chart.gradient(np.ones((K, D)), mean)).all()

    def test_starting_means_are_brought_in(self):
        x, _, resp = case()
        family = hm.Normal("tied", rank=2)
        plain = hm.Normal("tied").estimate(None, family.stats(None, x, resp))
        inside = family.conform(plain)
        assert dimensions(plain.mean, plain.cov.chol)[2] > 0.01
        assert dimensions(inside.mean, plain.cov.chol)[2] < 1e-12
        assert family.conform(inside).mean is inside.mean


class TestFit:
    @pytest.mark.parametrize(
        ("missing", "certificate"), [(0.0, hm.Certificate.MAXIMUM), (0.15, hm.Certificate.FLAT)]
    )  # of the second case two components become the same
    def test_every_algorithm_finds_the_same_maximum(self, missing, certificate):
        x = case(missing=missing)[0][:80]
        model = hm.Mixture(hm.Normal("tied", rank=1), 3)
        start = model.start(hm.Rows(x), np.random.default_rng(1), "kmeans")
        results = [
            hm.fit(model, x, start, algorithm=algorithm, stop=Gain(1e-11), max_iter=5000, rng=0)
            for algorithm in (hm.EM(), hm.LBFGS())
        ]
        assert [result.certificate for result in results] == [certificate] * 2
        assert np.ptp([result.objective for result in results]) < 1e-6
        assert results[0].loglik < hm.fit(hm.Mixture(hm.Normal("tied"), 3), x, start, rng=0).loglik - 0.1

    def test_standard_errors_and_model_files(self, tmp_path):
        x = case()[0]
        model = hm.MixtureModel(hm.Normal("tied", rank=1), 3, random_state=0, n_init=1).fit(x)
        errors = model.standard_errors()
        assert np.all(errors["mean"] > 0)
        assert np.all(np.isfinite(errors["covariance"]))
        model.save(tmp_path / "m.hmx")
        back = hm.load(tmp_path / "m.hmx")
        np.testing.assert_array_equal(back.predict_proba(x), model.predict_proba(x))
        assert repr(back.result_.model.family) == "Normal('tied', rank=1)"

    def test_fewer_dimensions_tell_waves_apart_better(self):
        """Of noise in many columns, what is left out is noise: on average the density of new rows is higher."""
        gains = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            means = np.zeros((4, 12))
            means[:, :2] = [[0, 0], [3, 0], [0, 3], [3, 3]]
            labels = rng.integers(0, 4, 1100)
            x = means[labels] + rng.standard_normal((1100, 12))
            resp = np.eye(4)[labels[:100]]
            scores = []
            for family in (hm.Normal("tied", rank=2), hm.Normal("tied")):
                params = family.estimate(None, family.stats(None, x[:100], resp))
                scores.append(family.log_prob(params, x[100:])[np.arange(1000), labels[100:]].mean())
            gains.append(scores[0] - scores[1])
        assert np.mean(gains) > 0


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("HM403", {"rank": 0}),
        ("HM403", {"rank": 1.5}),
        ("HM403", {"rank": True}),
        ("HM410", {"covariance": "full", "rank": 1}),
        ("HM410", {"covariance": "tied_diag", "rank": 1}),
        ("HM410", {"covariance": "tied_spherical", "rank": 1}),
        ("HM410", {"rank": 1, "prior": "conjugate"}),
        ("HM410", {"rank": 1, "mean": hm.Known([[0.0]])}),
        ("HM410", {"rank": 1, "groups": [0, 1]}),
    ],
)
def test_refusals(code, options):
    with pytest.raises(hm.HiddenmixError, match=code):
        hm.Normal(**({"covariance": "tied"} | options))
