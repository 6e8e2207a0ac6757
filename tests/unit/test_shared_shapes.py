"""Covariances that all components share, or those of a group: against formulas, plain shapes and mclust's figures."""

import numpy as np
import pytest
from tests.unit.sharing import GROUPS, LABELS, RNG, TIES, D, K, X, covariance_of, dense, deviations, estimated

import hiddenmix as hm
from hiddenmix.families.shapes import FORMS, SEARCHED


class TestFormulas:
    @pytest.mark.parametrize("form", FORMS)
    def test_one_covariance_for_all_is_that_of_the_deviations(self, form):
        family = hm.Normal(TIES[form])
        want = covariance_of(deviations(slice(None)), form)
        np.testing.assert_allclose(dense(family, estimated(family)), [want] * K, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("form", FORMS)
    def test_a_group_has_the_covariance_of_its_deviations(self, form):
        family = hm.Normal(form, groups=GROUPS)
        want = [covariance_of(deviations(GROUPS[LABELS] == group), form) for group in GROUPS]
        np.testing.assert_allclose(dense(family, estimated(family)), want, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("form", FORMS)
    def test_groups_lie_between_a_covariance_of_its_own_and_one_for_all(self, form):
        for groups, plain in ((range(K), form), (np.zeros(K, dtype=int), TIES[form])):
            grouped = hm.Normal(form, groups=groups)
            one, other = estimated(grouped), estimated(hm.Normal(plain))
            np.testing.assert_allclose(dense(grouped, one), dense(hm.Normal(plain), other), rtol=1e-12)
            assert grouped.n_free(one) == hm.Normal(plain).n_free(other)

    @pytest.mark.parametrize(
        ("options", "group"), [({"groups": [0, 1, 0, 0]}, [0, 1, 0, 0]), ({"covariance": "tied"}, [0] * K)]
    )
    def test_the_prior_of_a_group_is_one_prior(self, options, group):
        """Up to a constant, -1/2 [(nu + d + 1) log|S| + tr Psi / S] of each group, and that of each mean given S."""
        prior = hm.NormalPrior(np.array([1.0, 0.0, 2.0]), np.diag([1.0, 2.0, 3.0]) + 0.1, 0.5, 7.0)
        family = hm.Normal(**options, prior=prior).prepare(X, None, K)

        def formula(params):
            covs = dense(family, params)[np.unique(group, return_index=True)[1]]
            total = 0.0
            for cov in covs:
                total -= 0.5 * (
                    (prior.dof + D + 1) * np.linalg.slogdet(cov)[1] + np.trace(np.linalg.inv(cov) @ prior.scale)
                )
            for mean, code in zip(params.mean, group, strict=True):
                shift = mean - prior.mean
                total -= 0.5 * np.linalg.slogdet(covs[code])[1]
                total -= 0.5 * prior.shrinkage * shift @ np.linalg.solve(covs[code], shift)
            return total

        one = estimated(family)
        other = family.unravel(0.2 * RNG.standard_normal(family.n_free(one)), one)
        got = family.log_prior(other) - family.log_prior(one)
        assert got == pytest.approx(formula(other) - formula(one), rel=1e-10)

    def test_units_of_the_columns(self):
        units = np.array([1.0, 2.0, 0.5])
        family, balls = hm.Normal("tied_spherical", units=units), hm.Normal("tied_spherical")
        one, other = estimated(family), estimated(balls, x=X / units)
        np.testing.assert_allclose(one.cov.sd, other.cov.sd, rtol=1e-12)
        want = balls.log_prob(other, X / units) - np.log(units).sum()
        np.testing.assert_allclose(family.log_prob(one, X), want, rtol=1e-12)


class TestMclust:
    """Its BIC of Old Faithful (two figures each; k = 1 is a closed form), as `mclustBIC(faithful)` prints them."""

    @pytest.mark.parametrize(
        ("shape", "k", "bic"),
        [
            ("tied_spherical", 1, 4024.721),
            ("tied_spherical", 2, 3452.998),
            ("tied_diag", 1, 3055.835),
            ("tied_diag", 2, 2354.601),
        ],
    )
    def test_bic(self, shape, k, bic):
        x = hm.datasets.faithful().data
        model = hm.GaussianMixture(k, covariance_type=shape, tol=1e-9, random_state=0).fit(x)
        assert model.bic(x) == pytest.approx(bic, abs=2e-3)
        assert model.covariances_.shape == ((2,) if shape == "tied_diag" else ())
        assert f"({shape}, {'EEI' if shape == 'tied_diag' else 'EII'})" in model.summary()


def test_auto_searches_the_shapes_that_it_always_did():
    assert SEARCHED == ("full", "tied", "diag", "spherical")
    assert hm.GaussianMixture(2, covariance_type="auto")._shapes() == list(SEARCHED)


@pytest.mark.parametrize("shape", ["tied_diag", "tied_spherical"])
class TestEstimator:
    def test_parameters_as_arrays(self, shape, tmp_path):
        model = hm.GaussianMixture(2, covariance_type=shape, random_state=0, n_init=3).fit(X)
        again = hm.GaussianMixture.from_parameters(
            model.weights_, model.means_, model.covariances_, covariance_type=shape
        )
        np.testing.assert_allclose(again.score_samples(X), model.score_samples(X), rtol=1e-12)
        np.testing.assert_allclose(model.precisions_ * model.covariances_, np.ones(model.covariances_.shape))
        model.save(tmp_path / "m.hmx")
        back = hm.load(tmp_path / "m.hmx")
        np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
        assert back.summary() == model.summary()
        assert model.standard_errors()["covariance"].shape == model.covariances_.shape

    def test_starting_spreads(self, shape):
        sd = np.array([1.0, 2.0, 0.5]) if shape == "tied_diag" else 2.0
        means = X[:2]
        by_sd = hm.GaussianMixture(2, covariance_type=shape, means_init=means, stds_init=sd).fit(X)
        by_precision = hm.GaussianMixture(2, covariance_type=shape, means_init=means, precisions_init=1 / np.square(sd))
        np.testing.assert_allclose(by_precision.fit(X).means_, by_sd.means_, rtol=1e-10)
        with pytest.raises(hm.HiddenmixError, match="HM404"):
            hm.GaussianMixture(2, covariance_type=shape, means_init=means, stds_init=[1.0, 1.0]).fit(X)

    def test_standardised(self, shape):
        """Balls in standardised columns; of ellipsoids along the axes it is nothing new."""
        x = X * np.array([1.0, 1e3, 1e-3])
        model = hm.GaussianMixture(2, covariance_type=shape, standardize=True, random_state=0, n_init=3).fit(x)
        unit = x.std(axis=0)
        plain = hm.GaussianMixture(2, covariance_type=shape, random_state=0, n_init=3).fit(x / unit)
        np.testing.assert_allclose(model.means_ / unit, plain.means_, rtol=1e-6, atol=1e-6)
        assert model.covariances_.shape == (3,)
        model.means_ = model.means_ + 0.0  # as users do
        np.testing.assert_allclose(model.predict_proba(x), plain.predict_proba(x / unit), atol=1e-6)


def test_one_column_decides_balls_of_one_size_too():
    with pytest.warns(hm.HiddenmixWarning, match="HM204"):
        hm.GaussianMixture(2, covariance_type="tied_spherical", random_state=0, n_init=1).fit(X * [1.0, 1e3, 1.0])
