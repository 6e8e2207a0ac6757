"""Degenerate input: guarded with a warning, and what a fit can come to is said."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from tests.estimators.two_groups import MODEL, NAN, X

import hiddenmix as hm

# Guard ---------------------------------------------------------------------------------------------------------------

DEGENERATE = {
    "constant": (np.column_stack([X, np.full(90, 4.0)]), "'q' is constant"),
    "copy": (np.column_stack([X, X[:, 1] * 2 + 1]), "'q' is a copy of column 'b'"),
    "combination": (np.column_stack([X, X[:, 0] - X[:, 2]]), "'q' is a combination of column 'a' and column 'c'"),
    "large copy": (np.column_stack([X * 1e7, X[:, 1] * 1e7]), "'q' is a copy of column 'b'"),
}


@pytest.mark.parametrize("shape", ["full", "tied"])
@pytest.mark.parametrize("case", DEGENERATE)
def test_guarded_degenerate_columns(case, shape):
    x, words = DEGENERATE[case]
    frame = pd.DataFrame(x, columns=["a", "b", "c", "q"])
    model = clone(MODEL).set_params(covariance_type=shape)
    with pytest.warns(hm.HiddenmixWarning, match=words) as caught:
        model.fit(frame)
    assert [w.message.code for w in caught] == ["HM203"]
    assert np.isfinite(model.score(frame))
    assert model.reg_covar_ >= 1e-6
    assert f"reg_covar={model.reg_covar_:g}" in model.summary()
    assert f"reg_covar={model.reg_covar_:g}" in model.result_.reason
    np.linalg.cholesky(model.covariances_)
    with pytest.raises(hm.HiddenmixError, match=words) as error:
        model.set_params(reg_covar=0).fit(frame)
    assert error.value.code == "HM203"
    model.set_params(reg_covar=1e-3 * x.var()).fit(frame)  # asked for: no warning


def test_guarded_few_rows():
    with pytest.warns(hm.HiddenmixWarning, match="distinct rows are too few"):
        model = hm.GaussianMixture(1).fit(X[:3])
    assert np.isfinite(model.covariances_).all()
    with pytest.warns(hm.HiddenmixWarning, match="HM203"):
        single = hm.GaussianMixture(1).fit(X[:1])
    np.testing.assert_array_equal(single.means_, X[:1])


def test_exact_where_a_maximum_exists():
    """A constant column does not hurt a spherical fit, nor a copy one with independent columns."""
    x = DEGENERATE["copy"][0]
    assert clone(MODEL).set_params(covariance_type="diag").fit(x).reg_covar_ == 0.0
    x = DEGENERATE["constant"][0]
    assert clone(MODEL).set_params(covariance_type="spherical").fit(x).reg_covar_ == 0.0
    with pytest.warns(hm.HiddenmixWarning, match="HM203"):
        clone(MODEL).set_params(covariance_type="diag").fit(x)
    given = hm.NormalPrior(mean=np.zeros(4), scale=np.eye(4), dof=5.0)
    assert clone(MODEL).set_params(prior=given).fit(x).reg_covar_ == 0.0


@pytest.mark.parametrize("value", [4.0, 0.1])
def test_guarded_constant_columns_that_are_standardised(value):
    """A column without a spread has no unit: it is named, and measured as it is."""
    x = np.column_stack([X, np.full(90, value)])
    model = clone(MODEL).set_params(covariance_type="spherical", standardize=True)
    with pytest.warns(hm.HiddenmixWarning, match="column 3 is constant") as caught:
        model.fit(x)
    assert [w.message.code for w in caught] == ["HM203"]
    assert np.all(model.covariances_ > 0)
    units = model.covariances_ / model.covariances_[:, -1:]
    np.testing.assert_allclose(units, np.tile([*X.var(axis=0), 1.0], (2, 1)), rtol=1e-9)
    with pytest.raises(hm.HiddenmixError, match="HM203"):
        model.set_params(reg_covar=0).fit(x)


@pytest.mark.parametrize("scale", [1e12, 1e-12, 1e100, 1e-100])
@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
def test_guarded_scales(scale, shape):
    """Columns far apart in scale: the same fit, rescaled."""
    unit = np.array([1.0, scale, 1.0])
    model = clone(MODEL).set_params(covariance_type=shape)
    plain, scaled = clone(model).fit(X), clone(model).fit(X * unit)
    np.testing.assert_allclose(scaled.means_, plain.means_ * unit, rtol=1e-6)
    np.testing.assert_allclose(scaled.predict_proba(X * unit), plain.predict_proba(X), atol=1e-6)
    assert scaled.score(X * unit) == pytest.approx(plain.score(X) - np.log(scale), rel=1e-9)


def test_guarded_spherical_scales():
    frame = pd.DataFrame(X * [1, 1, 5000], columns=["length", "depth", "mass"])
    with pytest.warns(hm.HiddenmixWarning, match="'mass' varies .* as much as column") as caught:
        clone(MODEL).set_params(covariance_type="spherical").fit(frame)
    assert caught[0].message.code == "HM204"


def test_float32_never_gives_an_indefinite_covariance():
    rng = np.random.default_rng(5)
    for offset, noise in ((0, 1e-3), (1e4, 1e-1), (1e6, 1.0)):
        base = rng.standard_normal((400, 1))
        x = (np.concatenate([base, base + noise * rng.standard_normal((400, 1))], axis=1) + offset).astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hm.HiddenmixWarning)
            model = hm.GaussianMixture(2, random_state=0, n_init=2).fit(x)
        assert np.linalg.eigvalsh(model.covariances_).min() > 0
        np.linalg.cholesky(model.covariances_)
        assert np.isfinite(model.score(x))


# What a fit can come to ----------------------------------------------------------------------------------------------


def test_collapsed_starts_are_set_aside_and_said():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(0, 1, (60, 1)), np.full((6, 1), 4.0), rng.normal(8, 1, (40, 1))])
    with pytest.warns(hm.ConvergenceWarning) as caught:
        model = hm.GaussianMixture(4, random_state=0, init_params="random_from_data").fit(x)
    codes = {w.message.code for w in caught}
    assert "HM301" in codes
    assert np.isfinite(model.covariances_).all()
    assert any(s.status is hm.Status.COLLAPSED for s in model.result_.starts)
    assert "collapsed" in model.summary()


def test_no_estimate_is_an_error():
    x = np.repeat([[0.0], [5.0]], [10, 12], axis=0)
    with pytest.raises(hm.HiddenmixError) as error:
        hm.GaussianMixture(2, means_init=[[0.0], [5.0]], stds_init=[0.1, 0.1]).fit(x)
    assert error.value.code == "HM205"
    assert "prior" in error.value.help


def test_a_spurious_maximum_is_not_chosen_silently():
    """Galaxies with six components: optima that lean on two rows are larger, and flagged."""
    x = hm.datasets.galaxies().data / 1000
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = hm.GaussianMixture(6, random_state=0).fit(x)
    codes = {w.message.code for w in caught}
    assert codes <= {"HM301", "HM303", "HM304"}
    if model.result_.spurious:
        assert "HM304" in codes
    assert "starts finished" in model.summary()


def test_a_saddle_is_left():
    """Murray's data, from correlation 0: the fit of the imputer goes on from the saddle."""
    x = np.array(
        [[1, 1], [1, -1], [-1, 1], [-1, -1], *[[2, NAN]] * 2, *[[-2, NAN]] * 2, *[[NAN, 2]] * 2, *[[NAN, -2]] * 2]
    )
    imputer = hm.NormalImputer().fit(x)
    assert imputer.result_.certificate is not hm.Certificate.SADDLE  # the fit went on from there
    assert imputer.result_.loglik > -30.0333


def test_warnings_are_those_of_scikit_learn_too():
    from sklearn.exceptions import ConvergenceWarning

    assert issubclass(hm.ConvergenceWarning, ConvergenceWarning)
    assert issubclass(hm.ConvergenceWarning, hm.HiddenmixWarning)
    with pytest.warns(ConvergenceWarning):
        hm.GaussianMixture(2, max_iter=1, means_init=[[0, 0, 0], [1, 1, 1]]).fit(X)


def test_unfitted():
    from sklearn.exceptions import NotFittedError

    for name in ("predict", "score", "sample", "conditional", "summary", "marginal"):
        method = getattr(hm.GaussianMixture(2), name)
        with pytest.raises(NotFittedError):
            method(*([] if name in ("sample", "summary") else [X]))
