"""Questions to a fitted estimator about its components."""

import numpy as np
import pandas as pd
import pytest

import hiddenmix as hm
from hiddenmix import datasets


@pytest.fixture(scope="module")
def penguins():
    data = datasets.penguins()
    frame = pd.DataFrame(data.data, columns=list(data.columns))
    return hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(frame), frame


def test_components_of_penguins_are_clusters(penguins):
    model, frame = penguins
    found = model.merge_components(frame)
    assert found.n_clusters == 3
    np.testing.assert_array_equal(found.labels(), model.predict(frame))
    four = hm.GaussianMixture(4, covariance_type="tied", random_state=0).fit(frame).merge_components(frame)
    assert four.n_clusters == 3
    np.testing.assert_allclose(four.entropies[1:3], found.entropies[1:], atol=1.5)


def test_differences_of_penguins(penguins):
    model, frame = penguins
    found = model.differences(frame)
    assert found.names == tuple(frame.columns)
    assert found.words(1, top=2) == "high flipper_length_mm (+3.7 sd), low bill_depth_mm (-3.0 sd)"
    assert len(found.table()) == 5


def test_overlap_of_penguins(penguins):
    model, frame = penguins
    drawn, seen = model.overlap(), model.overlap(frame)
    assert drawn.pairs()[0] == seen.pairs()[0] == (0, 2)
    np.testing.assert_allclose(drawn.bhattacharyya, seen.bhattacharyya, atol=0.03)
    np.testing.assert_array_equal(model.overlap().omega, drawn.omega)
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        model.overlap(n_draws=1)
    twice = model.overlap(frame, np.full(len(frame), 2.0))
    np.testing.assert_allclose(twice.omega, seen.omega)
    np.testing.assert_allclose(twice.bhattacharyya_se, seen.bhattacharyya_se / np.sqrt(2))
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        model.overlap(sample_weight=np.ones(len(frame)))


def test_answers_are_one_line_at_a_prompt(penguins):
    model, frame = penguins
    assert repr(model.merge_components(frame)) == "Merging(3 components form 3 clusters)"
    assert repr(model.overlap()).startswith("Overlap(3 components, at most 0.09")
    assert repr(model.stability(frame, n_bootstrap=2, n_init=1)).startswith("Stability(mean Jaccard 0.9")
    assert repr(model.differences(frame)) == "Effects(3 groups, 4 columns)"
    check = hm.GaussianMixture(1).fit(frame).check(frame, n_bootstrap=3)
    assert repr(check) == "Check(components p 0.25, one more p 0.25; 3 simulations)"
    assert repr(check.one_more) == "OneMore(2 instead of 1: p 0.25)"


def test_stability_of_penguins(penguins):
    model, frame = penguins
    found = model.stability(frame, n_bootstrap=8, n_init=3)
    assert np.all(found.mean > 0.9)
    assert found.n_failed == 0
    again = model.stability(frame, n_bootstrap=8, n_init=3)
    np.testing.assert_array_equal(found.mean, again.mean)


def test_check_is_told_and_kept(penguins, tmp_path):
    model, frame = penguins
    model = hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(frame)
    assert not hasattr(model, "check_")
    before = model.summary()
    found = model.check(frame, n_bootstrap=19)
    assert model.check_ is found
    assert model.summary().startswith(before)
    for sentence in found.sentences():
        assert sentence in model.summary()
    assert "does not look normal" in model.summary()
    assert "share one covariance" in model.summary()
    model.save(tmp_path / "model.hmx")
    loaded = hm.load(tmp_path / "model.hmx")
    assert loaded.summary() == model.summary()
    np.testing.assert_array_equal(loaded.check_.observed, found.observed)
    assert loaded.check(frame, n_bootstrap=19).sentences() == found.sentences()
    model.fit(frame)
    assert not hasattr(model, "check_")
    assert model.summary() == before


def test_weights_of_a_check_are_repeated_rows():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + 6])
    weight = rng.integers(0, 3, 80)
    repeated = np.repeat(x, weight, axis=0)
    options = {"n_bootstrap": 9, "random_state": 3}
    weighted = hm.GaussianMixture(2, random_state=0).fit(x, sample_weight=weight).check(x, weight, **options)
    plain = hm.GaussianMixture(2, random_state=0).fit(repeated).check(repeated, **options)
    np.testing.assert_allclose(weighted.statistic, plain.statistic, rtol=1e-3)
    assert weighted.sentences() == plain.sentences()
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        hm.GaussianMixture(2, random_state=0).fit(x).check(x, weight + 0.5)


def mixed(seed=0):
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 2, 120)
    kinds = np.where(rng.random((120, 2)) < np.where(z, 0.9, 0.1)[:, None], "Gentoo", "Adelie")
    table = {"size": rng.normal(4.0 * z), "visits": rng.poisson(np.where(z, 9, 2))}
    frame = pd.DataFrame({**table, "kind": kinds[:, 0], "tint": kinds[:, 1]})
    frame.loc[::9, "size"] = np.nan
    return frame


def counts(seed=0):
    rng = np.random.default_rng(seed)
    return rng.poisson(np.where(rng.integers(0, 2, (120, 1)), [2, 9], [9, 3]))


CASES = {
    "poisson": (hm.PoissonMixture(2, random_state=0), counts()),
    "binomial": (hm.BinomialMixture(2, trials=40, random_state=0), counts()),
    "multinomial": (hm.MultinomialMixture(2, random_state=0), counts()),
    "categorical": (hm.CategoricalMixture(2, random_state=0), mixed()[["kind", "tint"]].assign(more=mixed()["kind"])),
    "mixed": (hm.MixedMixture(2, counts=["visits"], random_state=0), mixed()),
    "own": (hm.MixtureModel(hm.Poisson(), 2, random_state=0), counts()),
}


@pytest.mark.parametrize("name", CASES)
def test_every_estimator_answers(name, tmp_path):
    estimator, X = CASES[name]
    model = estimator.fit(X)
    found = model.check(X, n_bootstrap=5)
    assert np.isfinite(found.p).all()
    assert found.n_failed == 0
    assert np.isfinite(model.stability(X, n_bootstrap=3, n_init=2).mean).all()
    assert np.isfinite(model.overlap(n_draws=100).bhattacharyya).all()
    assert np.isfinite(model.differences(X).effect).all()
    assert model.merge_components(X).n_components == 2
    model.save(tmp_path / "model.hmx")
    assert hm.load(tmp_path / "model.hmx").summary() == model.summary()


def test_levels_are_named():
    model = hm.MixedMixture(2, counts=["visits"], random_state=0).fit(mixed())
    assert "Gentoo" in "".join(model.differences(mixed()).words(j, top=4) for j in range(2))


def test_one_more_than_can_be_is_not_tried():
    x = np.repeat([[0.0], [1.0], [5.0], [6.0]], 10, axis=0)
    found = hm.GaussianMixture(4, covariance_type="tied", reg_covar=0.01).fit(x).check(x, n_bootstrap=3)
    assert found.one_more is None
    assert "was not tried" in found.summary()
    fixed = hm.GaussianMixture(2, weights=[0.5, 0.5], covariance_type="tied", reg_covar=0.01).fit(x)
    assert "was not tried" in fixed.check(x, n_bootstrap=3).summary()


def test_given_parameters_can_be_checked():
    x = np.random.default_rng(0).normal(size=(50, 1))
    model = hm.GaussianMixture.from_parameters([1.0], [[0.0]], [[[1.0]]])
    assert model.check(x, n_bootstrap=9).holds
    assert "instead of 1" in model.summary()
