"""One normal with missing cells, and normal mixtures, on data that everybody has."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.engine.starts import Entry, Runner, choose


def fitted(x, shape, k, **options):
    options = {"starts": 10, "rng": 0, **options}
    return hm.fit(hm.Mixture(hm.Normal(shape), k), x, **options)


def criteria(result):
    """BIC, hard ICL (mclust's) and entropy ICL, all to be small."""
    (batch,) = result.problem.data.chunks()
    sums = result.model.ambiguity(result.params, batch)
    bic = -2 * result.loglik + result.model.n_free(result.params) * np.log(result.problem.data.n_observed)
    return bic, bic - 2 * sums.log_largest, bic + 2 * sums.entropy


@pytest.fixture(scope="module")
def geyser():
    return fitted(TestFaithful.X, "tied", 3, stop=hm.Gain(1e-15))


@pytest.fixture(scope="module")
def penguins():
    return fitted(TestPenguins.X, "tied", 3, stop=hm.Gain(1e-12))


class TestApple:
    """Little & Rubin (2002), Statistical Analysis with Missing Data, example 7.1: 18 trees, 6 `worms` missing."""

    def test_maximum(self):
        x = hm.datasets.apple().data
        result = hm.fit(hm.Single(hm.Normal()), x, stop=hm.Iterations(200))
        estimates = result.model.estimates(result.params)
        np.testing.assert_allclose(estimates["mean"], [[14.722222, 49.333333]], atol=5.1e-7)
        np.testing.assert_allclose(
            estimates["covariance"], [[[89.533951, -90.696729], [-90.696729, 114.694955]]], atol=5.1e-7
        )
        assert result.loglik == pytest.approx(-101.7856321278, abs=5.1e-11)

    def test_default_rule_stops_there_with_a_certificate(self):
        result = hm.fit(hm.Single(hm.Normal()), hm.datasets.apple().data, rng=0)
        assert result.loglik == pytest.approx(-101.7856321278, abs=18e-6)
        assert result.certificate is hm.Certificate.MAXIMUM


class TestFaithful:
    """Old Faithful, one shared covariance ("EEE"), k = 3 (Scrucca, Fop, Murphy & Raftery 2016, R Journal 8:289).

    mclust 6.1.3 stops a little earlier, at -1126.326 (BIC 2314.316, hard ICL 2357.824).
    """

    X = hm.datasets.faithful().data

    def test_log_likelihood_and_criteria(self, geyser):
        bic, hard, entropy = criteria(geyser)
        assert geyser.loglik == pytest.approx(-1126.31593, abs=5e-6)
        assert geyser.model.n_free(geyser.params) == 11
        assert bic == pytest.approx(2314.2957, abs=5e-5)
        assert hard == pytest.approx(2358.390, abs=1e-3)  # 2358.3895 in the limit
        assert entropy == pytest.approx(2399.782, abs=1e-3)  # 2399.7815 in the limit
        assert geyser.certificate is hm.Certificate.MAXIMUM

    def test_in_the_limit(self):
        result = fitted(self.X, "tied", 3, starts=1, stop=hm.Iterations(300))
        assert criteria(result) == pytest.approx((2314.295678376, 2358.389487593, 2399.781490631), abs=1e-7)

    def test_mclust_stops_on_the_way(self):
        """Its figures lie on EM's path: there is a step with its log-likelihood and its BIC."""
        result = fitted(self.X, "tied", 3, starts=1, stop=hm.Iterations(300))
        logliks = np.array([step.loglik for step in result.trace])
        assert logliks[0] < -1126.326 < logliks[-1]
        assert -2 * -1126.326 + 11 * np.log(272) == pytest.approx(2314.316, abs=1e-3)

    def test_bic_prefers_it_among_our_shapes(self, geyser):
        others = [
            criteria(fitted(self.X, shape, k, starts=4, max_iter=150))[0]
            for shape in ("full", "tied", "diag", "spherical")
            for k in range(1, 6)
            if (shape, k) != ("tied", 3)
        ]
        assert criteria(geyser)[0] < min(others)


class TestGalaxies:
    """Roeder (1990, JASA 85:617), in 1000 km/s; the copy with 26690 in row 78. k = 3: McLachlan & Peel (2000)."""

    X = hm.datasets.galaxies().data / 1000

    def test_data_are_the_usual_copy(self):
        assert self.X[77] == 26.690

    def test_three(self):
        result = fitted(self.X, "full", 3, stop=hm.Gain(1e-12))
        order = np.argsort(result.params.components.mean[:, 0])
        _, resp = result.model.posterior(result.params, hm.Batch(self.X))
        assert result.loglik == pytest.approx(-203.17923, abs=5e-6)
        assert criteria(result)[0] == pytest.approx(441.61221, abs=5.1e-6)
        assert list(np.bincount(resp.argmax(axis=1), minlength=3)[order]) == [7, 72, 3]
        means = result.params.components.mean[order, 0]
        assert means == pytest.approx([9.71014, 21.40010, 33.04438], abs=5.1e-6)
        assert result.spurious == ()
        assert result.optima[0][1] >= 3

    @pytest.mark.parametrize(("k", "loglik"), [(5, -190.071), (6, -186.867)])
    def test_spurious_maxima_are_flagged_not_chosen(self, k, loglik):
        result = fitted(self.X, "full", k, starts=15, rng=1, race=False, max_iter=400)
        spurious = [s for s in result.starts if s.loglik > loglik - 0.01]
        assert len(spurious) >= 2
        for start in spurious:
            (tiny, *_) = sorted(start.params.weights * 82)
            assert tiny == pytest.approx(2.0, abs=0.05)
            narrow = np.argmin(start.params.components.cov.chol[:, 0, 0])
            assert narrow in start.spurious
            assert start.params.components.cov.chol[narrow, 0, 0] == pytest.approx(0.043, abs=5e-4)
        assert result.spurious == ()
        assert result.loglik < loglik - 1

    def test_a_spurious_maximum_may_be_kept(self):
        result = fitted(self.X, "full", 6, starts=6, rng=1, keep_spurious=True, max_iter=400)
        assert result.loglik == pytest.approx(-186.867, abs=1e-3)
        assert len(result.spurious) == 2

    @pytest.mark.parametrize("k", [5, 6])
    def test_nor_where_starts_race(self, k):
        """For k = 6 and this seed all that win the race turn out spurious; others are then called back."""
        result = fitted(self.X, "full", k, starts=20, rng=1)
        assert result.spurious == ()
        assert any(start.spurious for start in result.starts)


class TestPenguins:
    """Palmer penguins (Gorman, Williams & Fraser 2014, PLoS ONE 9:e90081): 342 rows with four measurements.

    Figures computed apart from this library.
    """

    X = hm.datasets.penguins().data
    SEEN = ~np.isnan(X).all(axis=1)
    Z = (X[SEEN] - X[SEEN].mean(axis=0)) / X[SEEN].std(axis=0)

    def test_original_units(self, penguins):
        bic, _, icl = criteria(penguins)
        assert penguins.loglik == pytest.approx(-5190.146, abs=5e-4)
        assert penguins.model.n_free(penguins.params) == 24
        assert (bic, icl) == pytest.approx((10520.33, 10536.93), abs=5.1e-3)
        assert penguins.certificate is hm.Certificate.MAXIMUM
        assert penguins.problem.data.n_observed == 342

    def test_standardised(self, penguins):
        result = fitted(self.Z, "tied", 3, stop=hm.Gain(1e-12))
        bic, _, icl = criteria(result)
        assert result.loglik == pytest.approx(-1187.90, abs=5e-3)
        assert (bic, icl) == pytest.approx((2515.8, 2532.4), abs=0.051)
        shift = 342 * np.log(self.X[self.SEEN].std(axis=0)).sum()
        assert result.loglik - shift == pytest.approx(penguins.loglik, abs=1e-6)

    def test_sizes_and_unsure_rows(self, penguins):
        _, resp = penguins.model.posterior(penguins.params, hm.Batch(self.X[self.SEEN]))
        assert sorted(np.bincount(resp.argmax(axis=1)), reverse=True) == [154, 123, 65]
        assert int((resp.max(axis=1) < 0.90).sum()) == 10

    def test_bic_prefers_four_and_icl_three(self):
        fits = {
            (shape, k): criteria(fitted(self.Z, shape, k, starts=6))
            for shape in ("full", "tied", "diag", "spherical")
            for k in range(1, 7)
        }
        bic = {which: values[0] for which, values in fits.items()}
        icl = {which: values[2] for which, values in fits.items()}
        assert min(bic, key=bic.get) == ("tied", 4)
        assert bic["tied", 4] == pytest.approx(2501.2, abs=0.051)
        assert sorted(icl, key=icl.get)[:2] == [("tied", 3), ("full", 3)]
        assert icl["full", 3] == pytest.approx(2570.6, abs=0.051)

    def test_spurious_maximum_of_full_four_is_flagged_not_chosen(self, penguins):
        """-1113.9 rides on 6 rows' worth of weight (5.95: fewer than the 6 = d + 2 that a component needs)."""
        _, three = penguins.model.posterior(penguins.params, hm.Batch(self.X[self.SEEN]))
        resp = np.column_stack([three, np.zeros(342)])
        resp[[280, 286, 291, 304, 306, 335]] = [0, 0, 0, 1]
        spurious = fitted(self.Z, "full", 4, starts=1, how=resp)
        assert spurious.loglik == pytest.approx(-1113.9, abs=0.01)
        assert spurious.params.weights[3] * 342 == pytest.approx(5.951, abs=5e-4)
        assert spurious.certificate is hm.Certificate.MAXIMUM
        assert spurious.spurious == (3,)

        ordinary = fitted(self.Z, "full", 4)
        assert ordinary.loglik == pytest.approx(-1128.127, abs=1e-3)
        assert ordinary.spurious == ()

        problem, runs = spurious.problem, [spurious, ordinary]
        entries = [
            Entry(Runner(problem, hm.EM(), hm.Gain(), 1, False, None).climb(r.params), "", r.spurious) for r in runs
        ]
        for entry in entries:
            entry.climb.advance()
        assert choose(problem, entries, keep_spurious=False) == 1
        assert choose(problem, entries, keep_spurious=True) == 0
