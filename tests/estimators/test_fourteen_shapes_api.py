"""`GaussianMixture` with any of the fourteen shapes: names, attributes, files, starts, and what it refuses."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone

import hiddenmix as hm
from hiddenmix.families.shapes import ALL, DECOMPOSED, ORDER, SHAPES

RNG = np.random.default_rng(0)
LABELS = np.repeat(range(2), 60)
X = (
    np.array([[0.0, 0.0, 0.0], [9.0, -9.0, 9.0]])[LABELS]
    + RNG.standard_normal((120, 3)) * [1.0, 2.0, 0.5] @ (np.linalg.qr(RNG.standard_normal((3, 3)))[0])
)
FAST = {"n_init": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hm.HiddenmixWarning)
        yield


@pytest.mark.parametrize("letters", ORDER)
def test_letters_are_as_good_as_words(letters):
    word = SHAPES[letters].name
    one = hm.GaussianMixture(2, covariance_type=letters.lower(), **FAST).fit(X)
    assert one.covariance_type_ == word
    assert one.get_params()["covariance_type"] == letters.lower()
    other = clone(one).set_params(covariance_type=word).fit(X)
    np.testing.assert_array_equal(one.covariances_, other.covariances_)
    assert f"({word}, {letters})" in one.summary()
    given = hm.GaussianMixture.from_parameters(one.weights_, one.means_, one.covariances_, covariance_type=letters)
    np.testing.assert_allclose(given.score_samples(X), one.score_samples(X), rtol=1e-9)


@pytest.mark.parametrize("shape", DECOMPOSED)
def test_layouts_starts_and_files(shape, tmp_path):
    model = hm.GaussianMixture(2, covariance_type=shape, **FAST).fit(X)
    one = (2, 3) if SHAPES[shape].kind == "diag" else (2, 3, 3)
    assert model.covariances_.shape == model.precisions_.shape == model.precisions_cholesky_.shape == one
    model.save(tmp_path / "model.hmx")
    np.testing.assert_array_equal(hm.load(tmp_path / "model.hmx").predict_proba(X), model.predict_proba(X))
    again = clone(model).set_params(means_init=model.means_, precisions_init=model.precisions_).fit(X)
    assert again.result_.loglik == pytest.approx(model.result_.loglik, abs=1e-3)
    known = hm.Normal(shape, cov=hm.Known(model.covariances_))
    start = hm.MixtureParams(model.weights_, hm.NormalParams(model.means_, model.result_.params.components.cov))
    held = hm.fit(hm.Mixture(known, 2), X, start)
    assert held.params.components.cov.volume == pytest.approx(start.components.cov.volume, rel=1e-12)


def test_missing_cells_are_filled_in_from_what_is_seen():
    holes = X.copy()
    holes[::5, 1] = np.nan
    for letters in ("VVE", "VEI"):
        model = hm.GaussianMixture(2, covariance_type=letters, **FAST).fit(holes)
        filled = hm.conditional(model, holes).mean() if hasattr(hm, "conditional") else model.conditional(holes).mean()
        assert np.all(np.isfinite(filled))


def test_all_are_tried_and_what_is_the_same_once():
    assert hm.GaussianMixture(2, covariance_type="all")._shapes() == list(ALL)
    model = hm.GaussianMixture([1, 2], covariance_type="all", criterion="bic", init_params="ward").fit(X)
    tried = [(c.n_components, c.shape) for c in model.selection_.candidates]
    assert tried.count((2, "same_volume")) == 1
    assert len(tried) == 14 + 3
    assert [shape for k, shape in tried if k == 1] == ["spherical", "diag", "full"]
    column = hm.GaussianMixture([1, 2], covariance_type=["EEE", "VVE", "EVI", "full"], init_params="ward").fit(X[:, :1])
    assert [(c.n_components, c.shape) for c in column.selection_.candidates] == [(1, "full"), (2, "tied"), (2, "full")]


def test_columns_in_their_own_units():
    apart = X * [1.0, 1e3, 1.0]
    for letters in ("EVE", "VVE", "EEV", "VEV"):
        model = hm.GaussianMixture(2, covariance_type=letters, standardize=True, **FAST)
        plain = clone(model).set_params(standardize=True).fit(X)
        wide = model.fit(apart)
        assert wide.result_.loglik == pytest.approx(plain.result_.loglik - 120 * np.log(1e3), abs=1e-3)
        with pytest.warns(hm.HiddenmixWarning, match="HM204"):
            clone(model).set_params(standardize=False).fit(apart)


def test_subclasses_share_a_whole_covariance_or_none():
    model = hm.MixtureDiscriminant(2, mixture=hm.GaussianMixture(covariance_type="VEV"))
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        model.fit(X, LABELS)


def test_a_word_that_is_none():
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        hm.GaussianMixture(2, covariance_type="EEX").fit(X)


def test_the_command_knows_every_name():
    from hiddenmix.cli import fit

    assert fit.LETTERS == ORDER
    assert {*fit.SHAPES, *fit.MORE_SHAPES} == set(ALL)


@pytest.mark.parametrize("letters", ["VEI", "EVV", "VVE", "EEV"])
def test_components_that_coincide_are_set_apart(letters):
    """The mean and covariance of all rows, twice: EM stays there, and the fit does not."""
    spread = np.array([np.cov(X.T, bias=True)] * 2)
    spread = np.diagonal(spread, axis1=1, axis2=2) if SHAPES[letters].kind == "diag" else spread
    start = hm.NormalParams([X.mean(axis=0)] * 2, SHAPES[letters].from_dense(spread, 2))
    result = hm.fit(hm.Mixture(hm.Normal(letters), 2), X, hm.MixtureParams([0.5, 0.5], start))
    alone = hm.GaussianMixture(1, covariance_type=letters, **FAST).fit(X).result_
    assert result.loglik > alone.loglik + 1.0


def test_a_ridge_is_part_of_the_maximum():
    for letters in ("VEI", "EVE", "VEE", "EVV"):
        family = hm.Normal(letters, reg_covar=0.3)
        params = family.estimate(None, family.stats(None, X, np.eye(2)[LABELS]))
        params = family.estimate(params, family.stats(params, X, np.eye(2)[LABELS]))

        def penalised(shift, family=family, params=params):
            moved = family.unravel(shift, params)
            return float(family.log_prob(moved, X)[np.arange(120), LABELS].sum())

        top = penalised(np.zeros(family.n_free(params)))
        for _ in range(10):
            assert penalised(1e-3 * RNG.standard_normal(family.n_free(params))) < top
