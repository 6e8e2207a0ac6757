"""`GaussianMixture` against scikit-learn's: the same arguments, attributes and meanings, from the same start."""

import inspect

import numpy as np
import pytest
import sklearn.mixture
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.estimators.three_groups import start, table

import hiddenmix as hm
from hiddenmix.estimators.differences import DIFFERENT_DEFAULTS

SHAPES = ["full", "tied", "diag", "spherical"]


def both(shape, **options):
    theirs = sklearn.mixture.GaussianMixture(
        3, covariance_type=shape, tol=1e-13, max_iter=3000, **start(shape), **{"reg_covar": 0.0, **options}
    )
    ours = hm.GaussianMixture(
        3, covariance_type=shape, tol=1e-14, max_iter=3000, **start(shape), **{"reg_covar": 0.0, **options}
    )
    x = table()
    return ours.fit(x), theirs.fit(x), x


def test_every_argument_of_scikit_learn_is_there():
    ours, theirs = (inspect.signature(cls).parameters for cls in (hm.GaussianMixture, sklearn.mixture.GaussianMixture))
    assert set(theirs) <= set(ours)
    assert all(ours[name].kind == theirs[name].kind for name in theirs)


def test_every_default_that_differs_is_explained():
    ours, theirs = (inspect.signature(cls).parameters for cls in (hm.GaussianMixture, sklearn.mixture.GaussianMixture))
    assert {name for name in theirs if ours[name].default != theirs[name].default} == set(DIFFERENT_DEFAULTS)


@pytest.mark.parametrize("shape", SHAPES)
def test_parameters_agree_from_the_same_start(shape):
    ours, theirs, _ = both(shape)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ridge_means_the_same(shape):
    """The M-step is the same; ours has the ridge in the objective, too, so that it never falls."""
    ours, theirs, x = both(shape, reg_covar=1e-6)
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-6, err_msg=name)
    ours, theirs, x = both(shape, reg_covar=0.05)
    np.testing.assert_allclose(ours.covariances_, theirs.covariances_, atol=1e-3)
    np.testing.assert_allclose(ours.score_samples(x), theirs.score_samples(x), atol=1e-3)
    assert np.all(np.diff(ours.lower_bounds_) > -1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_method_gives_the_same(shape):
    ours, theirs, x = both(shape)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(ours.score_samples(x), theirs.score_samples(x), atol=1e-6)
    assert ours.score(x) == pytest.approx(theirs.score(x), abs=1e-9)
    assert ours.aic(x) == pytest.approx(theirs.aic(x), abs=1e-5)
    assert ours.bic(x) == pytest.approx(theirs.bic(x), abs=1e-5)
    np.testing.assert_array_equal(ours.fit_predict(x), theirs.fit_predict(x))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_fitted_attribute_is_there_in_the_same_layout(shape):
    ours, theirs, _ = both(shape)
    fitted = [name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")]
    assert {"lower_bound_", "lower_bounds_", "n_iter_", "converged_", "n_features_in_"} <= set(fitted)
    for name in fitted:
        if name != "lower_bounds_":  # as many as there were iterations
            assert np.shape(getattr(ours, name)) == np.shape(getattr(theirs, name)), name
    assert len(ours.lower_bounds_) == ours.n_iter_
    assert ours.converged_ is True


def test_the_iterates_are_those_of_scikit_learn():
    ours, theirs, x = both("full")
    same = min(len(theirs.lower_bounds_), 15)  # theirs belong to the parameters before each M-step
    np.testing.assert_allclose(ours.history_.objectives[:same], np.multiply(theirs.lower_bounds_[:same], len(x)))
    assert ours.lower_bound_ == ours.result_.objective / len(x) == ours.lower_bounds_[-1]


def test_a_precision_factor_is_upper_triangular():
    ours, _, _ = both("full")
    factors = ours.precisions_cholesky_
    np.testing.assert_array_equal(factors, np.triu(factors))
    np.testing.assert_allclose(factors @ np.swapaxes(factors, 1, 2), np.linalg.inv(ours.covariances_), rtol=1e-9)


def test_samples_come_from_the_mixture():
    model = hm.GaussianMixture.from_parameters(
        [0.25, 0.75], [[0.0, 0.0], [10.0, 10.0]], [np.eye(2), [[2.0, 1.0], [1.0, 2.0]]], random_state=0
    )
    x, labels = model.sample(20000)
    assert x.shape == (20000, 2)
    assert labels.mean() == pytest.approx(0.75, abs=0.02)
    np.testing.assert_allclose(np.cov(x[labels == 1].T), model.covariances_[1], atol=0.1)
    np.testing.assert_array_equal(x, model.sample(20000)[0])  # random_state is a number
    with pytest.raises(hm.HiddenmixError, match="n_samples"):
        model.sample(0)


@pytest.mark.parametrize("shape", SHAPES)
def test_given_parameters_predict_without_a_fit(shape):
    fitted, _, x = both(shape)
    model = hm.GaussianMixture.from_parameters(
        fitted.weights_, fitted.means_, fitted.covariances_, covariance_type=shape
    )
    np.testing.assert_allclose(model.predict_proba(x), fitted.predict_proba(x), atol=1e-12)
    assert model.bic(x) == pytest.approx(fitted.bic(x))
    assert "given parameters" in model.summary()
    with pytest.raises(hm.HiddenmixError, match="HM421"):
        model.standard_errors()


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "code"),
    [
        ([0.5, 0.6], [[0.0], [1.0]], [[[1.0]], [[1.0]]], "HM405"),
        ([0.5, 0.5], [0.0, 1.0], [[[1.0]], [[1.0]]], "HM404"),
        ([0.5, 0.5], [[0.0], [1.0]], [[1.0], [1.0]], "HM404"),
        ([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[-1.0]]], "HM405"),
        ([1.0], [[0.0, 0.0]], [[[1.0, 2.0], [2.0, 1.0]]], "HM405"),
        ([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.0, 1.0]]], "HM405"),
        ([1.0], [[0.0, np.nan]], [np.eye(2)], "HM405"),
    ],
)
def test_parameters_that_are_none(weights, means, covariances, code):
    with pytest.raises(hm.HiddenmixError, match=code):
        hm.GaussianMixture.from_parameters(weights, means, covariances)


def test_attributes_set_by_hand_are_used():
    """A recipe of old: fill in the attributes of an unfitted mixture, and predict."""
    fitted, theirs, x = both("full")
    by_hand = hm.GaussianMixture(3)
    by_hand.weights_, by_hand.means_, by_hand.covariances_ = theirs.weights_, theirs.means_, theirs.covariances_
    by_hand.precisions_cholesky_ = theirs.precisions_cholesky_
    np.testing.assert_allclose(by_hand.predict_proba(x), theirs.predict_proba(x), atol=1e-12)
    fitted.means_ = fitted.means_ + 100.0
    assert fitted.score(x) < -100
    with pytest.raises(ValueError, match="read-only"):
        fitted.weights_[0] = 0.5


def test_pipelines_searches_and_clones():
    x = table()
    piped = make_pipeline(StandardScaler(), hm.GaussianMixture(3, random_state=0)).fit(x)
    assert piped.predict(x).shape == (len(x),)
    grid = GridSearchCV(hm.GaussianMixture(random_state=0, n_init=2), {"n_components": [1, 3]}, cv=3).fit(x)
    assert grid.best_params_ == {"n_components": 3}
    copy = clone(hm.GaussianMixture(3, weights="equal", n_jobs=2))
    assert copy.get_params()["weights"] == "equal"
    assert not hasattr(copy, "weights_")


def test_a_plain_copy_of_the_import_line_works():
    """What code written for scikit-learn does, with nothing but the import changed."""
    x = table()
    model = hm.GaussianMixture(n_components=3, covariance_type="full", tol=1e-3, max_iter=100, n_init=1, random_state=0)
    labels = model.fit(x).predict(x)
    assert set(labels) == {0, 1, 2}
    draws, components = model.sample(10)
    assert draws.shape == (10, 2)
    assert components.shape == (10,)
    assert model.bic(x) < hm.GaussianMixture(1).fit(x).bic(x)
