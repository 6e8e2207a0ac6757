"""Factor analysis, probabilistic principal components, and mixtures of factor analysers, as estimators."""

import numpy as np
import pytest
from scipy import optimize
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.decomposition import FactorAnalysis as Sklearn
from sklearn.metrics import adjusted_rand_score

import hiddenmix as hm

LOADINGS = np.array([[0.9, 0.0], [0.8, 0.1], [0.7, -0.2], [0.0, 0.8], [0.1, 0.9], [-0.2, 0.7], [0.5, 0.5]])
NOISE = np.array([0.3, 0.5, 0.6, 0.4, 0.2, 0.5, 0.7])


def drawn(n, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2)) @ LOADINGS.T + rng.standard_normal((n, 7)) * np.sqrt(NOISE) + 3.0
    x[rng.random(x.shape) < missing] = np.nan
    return x


@pytest.mark.parametrize("q", [1, 2, 3])
def test_never_below_scikit_learn(q):
    for x in (drawn(200), load_wine().data / load_wine().data.std(axis=0)):
        ours = hm.FactorAnalysis(q).fit(x)
        theirs = Sklearn(q, tol=1e-12, max_iter=20_000, svd_method="lapack").fit(x)
        gain = len(x) * (ours.score(x) - theirs.score(x))
        assert -1e-6 <= gain < 0.1
        assert ours.n_iter_ <= 2
        np.testing.assert_allclose(np.diag(ours.get_covariance()), x.var(axis=0), rtol=1e-6)


def test_isotropic_is_principal_components():
    x = drawn(300)
    ours = hm.FactorAnalysis(2, isotropic=True).fit(x)
    theirs = PCA(2).fit(x)
    np.testing.assert_allclose(ours.get_covariance() * 300 / 299, theirs.get_covariance(), atol=1e-10)
    span = np.linalg.svd(np.vstack([ours.loadings_.T, theirs.components_]))[1]
    np.testing.assert_allclose(span[2:], 0, atol=1e-8)
    assert np.ptp(ours.uniquenesses_) == pytest.approx(0, abs=1e-14)


def test_missing_cells_against_a_direct_climb_of_the_observed_likelihood():
    x = drawn(80, missing=0.2)
    model = hm.FactorAnalysis(1, tol=1e-12).fit(x)
    seen = ~np.isnan(x)

    def lost(v):
        mean, loading, noise = v[:7], v[7:14], np.exp(v[14:])
        dense = np.outer(loading, loading) + np.diag(noise)
        lost = 0.5 * np.log(2 * np.pi) * seen.sum()
        for row, s in zip(x - mean, seen):
            part = dense[np.ix_(s, s)]
            lost += 0.5 * (np.linalg.slogdet(part)[1] + row[s] @ np.linalg.solve(part, row[s]))
        return lost

    def at(m):
        return np.concatenate([m.mean_, m.loadings_[:, 0], np.log(m.uniquenesses_)])

    assert -lost(at(model)) == pytest.approx(model.result_.loglik, abs=1e-8)
    other = optimize.minimize(lost, at(model) + 0.05, method="L-BFGS-B", options={"maxfun": 10**5, "ftol": 1e-14})
    assert model.result_.loglik >= -other.fun - 1e-6
    assert model.result_.loglik == pytest.approx(-other.fun, abs=1e-3)


def test_scores_and_rotation():
    x = drawn(2000)
    model = hm.FactorAnalysis(2, rotation="varimax").fit(x)
    plain = hm.FactorAnalysis(2).fit(x)
    assert model.score(x) == pytest.approx(plain.score(x), rel=1e-12)
    got = model.loadings_[:6]
    assert np.abs(got[:3, 0]).min() > 0.5 > np.abs(got[:3, 1]).max() or np.abs(got[:3, 1]).min() > 0.5
    np.testing.assert_allclose(model.loadings_ @ model.loadings_.T, LOADINGS @ LOADINGS.T, atol=0.12)
    np.testing.assert_allclose(model.uniquenesses_, NOISE, atol=0.1)
    z = plain.transform(x)
    theirs = Sklearn(2, tol=1e-12, max_iter=20_000, svd_method="lapack").fit(x).transform(x)
    turn = np.linalg.lstsq(theirs, z, rcond=None)[0]
    np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-3)
    np.testing.assert_allclose(theirs @ turn, z, atol=1e-3)
    assert model.get_feature_names_out().tolist() == ["factoranalysis0", "factoranalysis1"]
    np.testing.assert_array_equal(plain.transform(np.full((1, 7), np.nan)), [[0.0, 0.0]])


def test_the_number_of_factors_by_criterion(tmp_path):
    x = drawn(400, missing=0.05)
    model = hm.FactorAnalysis("auto").fit(x)
    assert model.n_factors_ == 2
    assert list(model.criteria_) == [1, 2, 3]
    assert model.criteria_[2] == pytest.approx(-2 * model.result_.loglik + 27 * np.log(400), abs=1e-6)
    assert "uniqueness" in model.summary()
    assert model.impute(x).shape == x.shape
    assert model.sample(5).shape == (5, 7)
    model.save(tmp_path / "factors.hmx")
    again = hm.load(tmp_path / "factors.hmx")
    np.testing.assert_array_equal(again.transform(x), model.transform(x))
    assert again.n_factors_ == 2


def test_weights_are_repeats():
    x, w = drawn(200), np.random.default_rng(0).integers(0, 4, 200)
    one = hm.FactorAnalysis(2).fit(x, sample_weight=w)
    other = hm.FactorAnalysis(2).fit(np.repeat(x, w, axis=0))
    np.testing.assert_allclose(one.loadings_, other.loadings_, atol=1e-8)


def test_what_cannot_be_is_said():
    with pytest.raises(hm.HiddenmixError, match="HM439"):
        hm.FactorAnalysis(4).fit(drawn(50))
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        hm.FactorAnalysis(0).fit(drawn(50))
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        hm.FactorAnalysis(1, rotation="promax").fit(drawn(50))
    with pytest.raises(hm.HiddenmixError, match="HM205"):
        hm.FactorAnalysis(2).fit(drawn(3))
    x = drawn(100)
    x[:, 3] = x[:, 0] + 1e-9 * x[:, 1]
    x = np.column_stack([x[:, :4], np.random.default_rng(0).standard_normal((100, 2))])
    with pytest.raises(hm.HiddenmixError, match="HM205"):
        hm.FactorAnalysis(1).fit(x)


def test_a_heywood_case_warns():
    from sklearn.datasets import load_iris

    with pytest.warns(hm.HiddenmixWarning, match="HM440") as told:
        model = hm.FactorAnalysis(1).fit(load_iris().data)
    assert "column 2" in str(told[0].message)
    assert model.uniquenesses_[2] < 1e-7


def clusters(k, d, n, seed, apart, noise=None):
    rng = np.random.default_rng(seed)
    loading = rng.standard_normal((k, d, 2))
    noise = rng.uniform(0.3, 0.8, (k, d)) if noise is None else np.full((k, d), noise)
    labels = rng.choice(k, n)
    x = np.einsum("nab,nb->na", loading[labels], rng.standard_normal((n, 2)))
    x += rng.standard_normal((n, d)) * np.sqrt(noise)[labels] + apart * rng.standard_normal((k, d))[labels]
    return x, labels, loading @ np.swapaxes(loading, 1, 2) + noise[:, :, None] * np.eye(d)


def test_clusters_with_factors_of_their_own():
    x, labels, want = clusters(2, 10, 600, 4, 0.5)
    x[np.random.default_rng(0).random(x.shape) < 0.05] = np.nan
    model = hm.FactorMixture(2, [1, 2, 3], random_state=0, n_init=4).fit(x)
    assert model.n_factors_ == 2
    assert adjusted_rand_score(labels, model.predict(x)) > 0.8
    assert model.loadings_.shape == (2, 10, 2)
    dense = model.loadings_ @ np.swapaxes(model.loadings_, 1, 2) + model.uniquenesses_[:, :, None] * np.eye(10)
    np.testing.assert_allclose(model.covariances_, dense, atol=1e-12)
    order = [0, 1] if np.mean((model.predict(x) == 0) == (labels == 0)) > 0.5 else [1, 0]
    np.testing.assert_allclose(model.covariances_[order], want, atol=1.2)


def test_mixtures_share_what_they_are_told_to(tmp_path):
    x, labels, _ = clusters(3, 13, 400, 1, 2.0, noise=0.5)
    shared = {"random_state": 0, "n_init": 4}
    common = hm.FactorMixture(3, 2, uniquenesses="common", **shared).fit(x)
    assert np.ptp(common.uniquenesses_, axis=0).max() == 0
    assert common.result_.model.n_free(common.result_.params) == 2 + 39 + 3 * 25 + 13
    assert adjusted_rand_score(labels, common.predict(x)) > 0.95
    both = hm.FactorMixture(3, 2, loadings="common", uniquenesses="common", **shared).fit(x)
    assert both.covariances_.shape == (3, 13, 13)
    assert both.result_.loglik < common.result_.loglik
    common.save(tmp_path / "mixture.hmx")
    again = hm.load(tmp_path / "mixture.hmx")
    np.testing.assert_array_equal(again.predict_proba(x), common.predict_proba(x))
    assert again.summary() == common.summary()
    part = common.marginal([0, 3])
    np.testing.assert_allclose(part.covariances_, common.covariances_[:, [[0], [3]], [0, 3]], atol=1e-12)
    told = hm.FactorMixture(3, 2, uniquenesses="common", means_init=common.means_, random_state=0).fit(x)
    assert told.result_.loglik == pytest.approx(common.result_.loglik, abs=0.01)
