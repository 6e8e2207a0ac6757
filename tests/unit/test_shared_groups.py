"""Covariances that the components of a group share: one step, files, refusals, and their release."""

import numpy as np
import pytest
from tests.unit.sharing import GROUPS, LABELS, RESP, RNG, K, N, X, dense, estimated

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.batch import Evidence
from hiddenmix.data import Rows
from hiddenmix.families.known import knows
from hiddenmix.families.released import released
from hiddenmix.families.shapes import FORMS


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
