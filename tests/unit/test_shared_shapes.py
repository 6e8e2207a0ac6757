"""Covariances that all components share, or those of a group: against formulas, plain shapes and mclust's figures."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.batch import Evidence
from hiddenmix.data import Rows
from hiddenmix.families.known import knows
from hiddenmix.families.released import released
from hiddenmix.families.shapes import FORMS, SEARCHED

RNG = np.random.default_rng(0)
K, D, N = 4, 3, 120
LABELS = RNG.integers(0, K, N)
X = RNG.standard_normal((N, D)) * np.array([1.0, 2.0, 0.5]) * (1 + LABELS[:, None] // 2) + 2 * LABELS[:, None]
RESP = np.eye(K)[LABELS]
GROUPS = np.array([0, 1, 0, 1])
TIES = {"full": "tied", "diag": "tied_diag", "spherical": "tied_spherical"}


def estimated(family, resp=RESP, x=X):
    """The M-step from these responsibilities, without old parameters."""
    return family.estimate(None, family.stats(None, x, resp))


def deviations(rows):
    """Rows less the means of their components."""
    means = np.array([X[j == LABELS].mean(axis=0) for j in range(K)])
    return (X - means[LABELS])[rows]


def covariance_of(deviation, form):
    """The maximum-likelihood covariance (d, d) of one group's deviations."""
    scatter = deviation.T @ deviation / len(deviation)
    if form == "full":
        return scatter
    variances = np.diag(scatter)
    return np.diag(variances if form == "diag" else np.full(D, variances.mean()))


def dense(family, params):
    """Covariances (k, d, d)."""
    roots = family.shape.roots(params.cov, *params.mean.shape)
    return roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])


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


class TestGroups:
    def test_groups_that_are_told_apart_are_fitted_as_if_alone(self):
        """Where it is known which group a row comes from, a step is one step of a tied mixture for each group."""
        rows = [np.flatnonzero(group == LABELS % 2) for group in range(2)]
        alone = hm.Mixture(hm.Normal("tied"), 2)
        befores = [alone.start(Rows(X[part]), np.random.default_rng(0), "random_from_data") for part in rows]
        afters = [
            alone.m_step(params, alone.e_step(params, hm.Batch(X[part]))[1])
            for params, part in zip(befores, rows, strict=True)
        ]
        groups = np.array([0, 0, 1, 1])
        family, share = hm.Normal("full", groups=groups), np.array([len(part) for part in rows]) / N
        evidence = Evidence(np.where(groups == [[0], [1]], 0.0, -np.inf), LABELS % 2)
        covs = np.repeat([dense(alone.family, params.components)[0] for params in befores], 2, axis=0)
        start = hm.MixtureParams(
            np.concatenate([part * params.weights for part, params in zip(share, befores, strict=True)]),
            hm.NormalParams(
                np.concatenate([params.components.mean for params in befores]), family.shape.from_dense(covs, 4)
            ),
        )
        model = hm.Mixture(family, 4)
        after = model.m_step(start, model.e_step(start, hm.Batch(X, evidence=evidence))[1])
        for group, want in enumerate(afters):
            here = groups == group
            np.testing.assert_allclose(after.weights[here], share[group] * want.weights, rtol=1e-9)
            np.testing.assert_allclose(after.components.mean[here], want.components.mean, rtol=1e-9)
            got = dense(family, after.components)[here]
            np.testing.assert_allclose(got, dense(alone.family, want.components), rtol=1e-9, atol=1e-12)

    def test_components_keep_their_group_when_they_change_places(self):
        family, order = hm.Normal("diag", groups=GROUPS), np.array([1, 2, 0, 3])
        params = estimated(family)
        moved = _tree.pick(params, order)
        after = family.estimate(moved, family.stats(moved, X, RESP[:, order]))
        np.testing.assert_array_equal(after.cov.group, GROUPS[order])
        np.testing.assert_allclose(dense(family, after), dense(family, params)[order], rtol=1e-12)

    def test_a_group_without_rows_keeps_its_covariance(self):
        family = hm.Normal("full", groups=[0, 0, 0, 1])
        params, resp = estimated(family), RESP.copy()
        resp[:, 3] = 0.0
        after = family.estimate(params, family.stats(params, X, resp))
        np.testing.assert_array_equal(after.cov.cov.chol[1], params.cov.cov.chol[1])
        np.testing.assert_allclose(after.cov.cov.chol[0], params.cov.cov.chol[0], rtol=1e-12)

    def test_a_collapse_names_a_component_of_the_group(self):
        x = X.copy()
        x[LABELS == 3, 1] = x[LABELS == 2, 1] = 5.0
        with pytest.raises(hm.Degenerate, match="component 3 collapsed: it has no spread in column 1"):
            estimated(hm.Normal("diag", groups=[0, 0, 1, 1]), x=x)

    def test_they_are_never_suspected_of_being_spurious(self):
        family = hm.Normal("full", groups=GROUPS)
        assert family.least_rows(estimated(family)) == 0
        assert family.repeated(2) is None
        assert knows(family)
        assert not knows(hm.Normal("tied_diag"))
        assert repr(family) == "Normal('full', groups=[0, 1, 0, 1])"

    def test_a_mixture_keeps_the_order_of_components_with_groups(self, tmp_path):
        model = hm.MixtureModel(hm.Normal("full", groups=[0, 1, 0]), 3, random_state=0, n_init=2).fit(X)
        assert model.result_.params.components.cov.group.tolist() == [0, 1, 0]
        model.save(tmp_path / "m.hmx")
        back = hm.load(tmp_path / "m.hmx")
        np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
        assert repr(back.result_.model.family) == "Normal('full', groups=[0, 1, 0])"

    @pytest.mark.parametrize(
        ("code", "options"),
        [
            ("HM410", {"covariance": "tied", "groups": [0, 1]}),
            ("HM404", {"covariance": "full", "groups": [[0, 1]]}),
            ("HM404", {"covariance": "full", "groups": []}),
            ("HM403", {"covariance": "full", "groups": [0, 2]}),
            ("HM403", {"covariance": "full", "groups": [-1, 0]}),
            ("HM403", {"covariance": "full", "groups": [0.5, 1.0]}),
            ("HM410", {"covariance": "tied_diag", "units": "sd"}),
            ("HM410", {"covariance": "full", "units": [1.0, 1.0]}),
            ("HM410", {"covariance": "tied_diag", "cov": hm.Known(np.ones(2), np.array([True, False]))}),
            ("HM401", {"covariance": "tied_full"}),
        ],
    )
    def test_refusals(self, code, options):
        with pytest.raises(hm.HiddenmixError, match=code):
            hm.Normal(**options)

    def test_as_many_codes_as_components(self):
        with pytest.raises(hm.HiddenmixError, match=r"groups must have shape \(3,\)"):
            hm.Mixture(hm.Normal("full", groups=[0, 1]), 3).prepare(Rows(X))

    def test_known_covariances_of_a_group_must_agree(self):
        with pytest.raises(hm.HiddenmixError, match="HM405"):
            hm.Normal("diag", groups=[0, 0]).shape.from_dense(np.array([[1.0, 1.0], [1.0, 2.0]]), 2)


class TestReleased:
    @pytest.mark.parametrize("form", FORMS)
    def test_the_densities_stay(self, form):
        family = hm.Normal(form, groups=GROUPS, reg_covar=0.1)
        params = estimated(family)
        plain, own = released(family, params)
        assert (plain.groups, plain.shape.name) == (None, form)
        np.testing.assert_allclose(plain.log_prob(own, X), family.log_prob(params, X), rtol=1e-13)
        np.testing.assert_allclose(plain.estimates(own)["covariance"], family.estimates(params)["covariance"])
        assert own.cov is not params.cov

    def test_with_units(self):
        family = hm.Normal("spherical", groups=GROUPS, units="sd").prepare(X, None, K)
        params = estimated(family)
        assert params.cov.cov.sd.shape == (2,)
        plain, own = released(family, params)
        np.testing.assert_allclose(plain.log_prob(own, X), family.log_prob(params, X), rtol=1e-13)

    def test_plain_families_come_back_as_they_are(self):
        family = hm.Normal("tied")
        params = estimated(family)
        assert released(family, params) == (family, params)
        assert released(hm.Poisson(), params)[1] is params

    def test_a_rank_is_released_as_tied(self):
        family = hm.Normal("tied", rank=1)
        params = estimated(family)
        plain, own = released(family, params)
        assert plain.rank is None
        np.testing.assert_array_equal(plain.log_prob(own, X), family.log_prob(params, X))

    def test_parts_of_a_product(self):
        product = hm.Product([hm.Normal("full", groups=GROUPS), hm.Poisson()], [[0, 1], 2])
        x = np.column_stack([X[:, :2], RNG.poisson(3.0, N)])
        params = estimated(product, x=x)
        plain, own = released(product, params)
        assert plain.families[0].groups is None
        np.testing.assert_allclose(plain.log_prob(own, x), product.log_prob(params, x), rtol=1e-13)
        same = hm.Product([hm.Normal("full"), hm.Poisson()], [[0, 1], 2])
        assert released(same, own) == (same, own)


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
