"""Classification by mixtures: mistakes are named, and what nobody would do on purpose."""

import numpy as np
import pytest
from tests.estimators.classes import CODES, NAMES, X, Y, rings

import hiddenmix as hm
from hiddenmix import HiddenmixError

# Mistakes


def test_a_class_with_fewer_rows_than_subclasses_is_named_with_what_fits():
    x, y = rings(60)
    x = np.vstack([x, np.repeat([[30.0, 1.0]], 4, axis=0), [[31, 1]]])
    y = np.append(y, ["rare"] * 5)
    with pytest.raises(HiddenmixError, match=r"class 'rare' cannot have 3 subclasses: it has 2 distinct rows") as error:
        hm.MixtureDiscriminant(3).fit(x, y)
    assert error.value.code == "HM207"
    assert "2 is the largest number that fits" in error.value.help


@pytest.mark.parametrize(
    ("options", "labels", "code", "words"),
    [
        ({}, None, "HM132", "requires y"),
        ({}, X[:, 0] + 0.01, "HM132", "measurements, not classes"),
        ({}, np.zeros(150), "HM208", "at least two classes"),
        ({}, [None] * 150, "HM208", "no row has a label"),
        ({}, Y[:-1], "HM128", "one value per row"),
        ({"subclasses": {"setosa": 2}}, Y, "HM410", "'versicolor', 'virginica'"),
        ({"subclasses": 0}, Y, "HM402", "1 or more"),
        ({"subclasses": "many"}, Y, "HM401", "'many'"),
        ({"tied": "some"}, Y, "HM401", "tied"),
        ({"criterion": "gini"}, Y, "HM401", "criterion"),
        ({"priors": [0.5, 0.5]}, Y, "HM404", r"shape \(3,\)"),
        ({"priors": [0.5, 0.5, 0.5]}, Y, "HM405", "sum to 1"),
        ({"priors": {"setosa": 1.0}}, Y, "HM410", "priors name"),
        ({"n_components_rank": 2, "tied": "none"}, Y, "HM410", "tied='all'"),
        ({"n_components_rank": 0}, Y, "HM403", "n_components_rank"),
        ({"mixture": hm.PoissonMixture(), "covariance_type": "full"}, Y, "HM410", "no covariance"),
        ({"mixture": hm.PoissonMixture(), "tied": "all"}, Y, "HM410", "no covariance to share"),
        ({"mixture": "normal"}, Y, "HM401", "mixture"),
        ({"covariance_type": "round"}, Y, "HM401", "covariance_type"),
        ({"covariance_type": "auto"}, Y, "HM401", "covariance_type"),
        ({"covariance_type": ["full", "diag"]}, Y, "HM401", "covariance_type"),
        ({"mixture": hm.GaussianMixture(covariance_type="auto")}, Y, "HM410", "one kind of covariance"),
        ({"mixture": hm.GaussianMixture(weights="equal")}, Y, "HM410", "weights of `mixture`"),
        ({"mixture": hm.GaussianMixture(means_init=X[:1])}, Y, "HM410", "means_init of `mixture`"),
    ],
)
def test_mistakes_are_named(options, labels, code, words):
    with pytest.raises(HiddenmixError, match=words) as error:
        hm.MixtureDiscriminant(**{"subclasses": 1, **options}).fit(np.round(10 * X), labels)
    assert error.value.code.startswith(code)


def test_a_class_whose_covariance_has_no_inverse_is_told():
    x, y = rings(60)
    x = np.vstack([x, [[9.0, 2.0], [9.5, 3.0]]])
    y = np.append(y, ["pair"] * 2)
    with pytest.warns(hm.HiddenmixWarning, match=r"class 'pair'.*") as caught:
        model = hm.MixtureDiscriminant(1, tied="none").fit(x, y)
    assert {warning.message.code for warning in caught} == {"HM203"}
    assert np.isfinite(model.predict_proba(x)).all()
    with pytest.raises(HiddenmixError, match="class 'pair'"):
        hm.MixtureDiscriminant(1, tied="none", mixture=hm.GaussianMixture(reg_covar=0.0)).fit(x, y)
    hm.MixtureDiscriminant(1, tied="all").fit(x, y)  # what the classes share has one


# What nobody would do on purpose


@pytest.mark.parametrize("shape", ["full", "diag"])
@pytest.mark.parametrize("tied", ["all", "class", "none"])
def test_a_class_without_any_value_in_a_column_is_named(shape, tied):
    holes = X.copy()
    holes[CODES == 1, 2] = np.nan
    with pytest.raises(HiddenmixError, match=r"class 'versicolor': column 2.* has no value in any of its 50") as error:
        hm.MixtureDiscriminant(1, covariance_type=shape, tied=tied).fit(holes, Y)
    assert error.value.code == "HM118"


def test_probabilities_of_rows_at_the_end_of_the_world_sum_to_1():
    model = hm.MixtureDiscriminant(1).fit(X, Y)
    for size in (1e6, 1e12, 1e100, -1e149):
        proba = model.predict_proba(np.full((1, 4), size))
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
        assert model.predict(np.full((1, 4), size))[0] == NAMES[proba.argmax()]


def test_what_no_class_can_estimate_by_itself_all_together_may():
    x, y = rings(60)
    x = np.vstack([x, [[9.0, 2.0], [9.0, 3.0], [12.0, 2.0]]])
    y = np.append(y, ["few"] * 3)
    exact = hm.GaussianMixture(reg_covar=0.0, n_init=2)
    model = hm.MixtureDiscriminant({"ends": 2, "middle": 1, "few": 2}, mixture=exact, random_state=0).fit(x, y)
    assert model.mixture_.reg_covar_ == 0
    assert np.isfinite(model.predict_log_proba(x)).all()


@pytest.mark.parametrize("seed", [-1, 1.5, "x"])
def test_a_random_state_that_is_none_is_named(seed):
    with pytest.raises(HiddenmixError, match="random_state cannot be"):
        hm.MixtureDiscriminant(2, random_state=seed).fit(X, Y)


@pytest.mark.parametrize(
    ("priors", "words"), [([1.0, 0.0, 0.0], "class 'versicolor' is 0"), ([-0.5, 0.5, 1.0], "class 'setosa' is -0.5")]
)
def test_a_prior_that_is_not_above_0_is_named(priors, words):
    with pytest.raises(HiddenmixError, match=words):
        hm.MixtureDiscriminant(1, priors=priors).fit(X, Y)


def test_auto_leaves_rows_enough_for_each_subclass():
    x, y = rings(11)
    model = hm.MixtureDiscriminant(random_state=0, mixture=hm.GaussianMixture(n_init=2)).fit(x, y)
    assert all(number <= max((y == name).sum() // 3, 1) for name, number in model.subclasses_.items())


def test_a_threshold_that_draws_cannot_reach_is_refused():
    counts = np.random.default_rng(0).poisson(3, (60, 2))
    model = hm.MixtureDiscriminant(1, mixture=hm.PoissonMixture()).fit(counts, ["a"] * 20 + ["b"] * 40)
    with pytest.raises(HiddenmixError, match="refuses no"):
        model.decide(counts, min_typicality=1e-4)
    assert (model.decide([[50, 50]], 0, 0.001).reasons == "outlier").all()


def test_fixes_are_arguments_of_the_classifier():
    rng = np.random.default_rng(0)
    x = np.vstack([rng.standard_normal((30, 2)), np.repeat(rng.standard_normal((3, 2)) + 9, 4, axis=0)])
    with pytest.raises(HiddenmixError, match=r"class 'b' \(12 rows\): no estimate") as error:
        hm.MixtureDiscriminant({"a": 1, "b": 3}, tied="none", random_state=0).fit(x, ["a"] * 30 + ["b"] * 12)
    assert "mixture=GaussianMixture(prior='conjugate')" in error.value.help
    mixture = hm.GaussianMixture(prior="conjugate")
    model = hm.MixtureDiscriminant({"a": 1, "b": 3}, tied="none", mixture=mixture, random_state=0)
    assert np.isfinite(model.fit(x, ["a"] * 30 + ["b"] * 12).predict_log_proba(x)).all()


def test_where_all_share_a_covariance_their_numbers_are_chosen_together():
    x, y = rings(300)
    model = hm.MixtureDiscriminant(random_state=0).fit(x, y)
    assert model.subclasses_ == {"ends": 2, "middle": 1}
    assert not hasattr(model, "selection_")
    chosen = model.losses_[2, 1]
    assert chosen == min(model.losses_.values()) == pytest.approx(model.mixture_.facts_.criteria.bic, abs=0.1)
    assert {(1, 1), (3, 1), (2, 2)} <= model.losses_.keys()
    part = hm.MixtureDiscriminant({"ends": "auto", "middle": 2}, random_state=0).fit(x, y)
    assert part.subclasses_ == {"ends": 2, "middle": 2}


@pytest.mark.parametrize("criterion", ["bic", "cv"])
def test_options_that_do_not_go_together_are_told_while_numbers_are_chosen(criterion):
    with pytest.raises(HiddenmixError, match="one full covariance") as error:
        hm.MixtureDiscriminant(covariance_type="diag", n_components_rank=1, criterion=criterion).fit(X, Y)
    assert error.value.code == "HM410"


def test_where_no_number_can_be_fitted_the_reason_is_told():
    exact = hm.GaussianMixture(reg_covar=0.0)
    with pytest.raises(HiddenmixError, match="with the smallest: within the classes: no maximum") as error:
        hm.MixtureDiscriminant(mixture=exact).fit(np.column_stack([X, X[:, 0]]), Y)
    assert error.value.code == "HM206"
    assert "reg_covar=1e-6" in error.value.help
