"""Classification by mixtures: what is said of rows, other families, labels of all kinds, files."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from tests.estimators.classes import CODES, NAMES, X, Y, rings

import hiddenmix as hm
from hiddenmix import HiddenmixError

# What is said of rows


@pytest.fixture(scope="module")
def fitted():
    x, y = rings(seed=5)
    return hm.MixtureDiscriminant({"ends": 2, "middle": 1}, tied="none", random_state=0).fit(x, y), x, y


def test_subclasses_merge_back_into_classes(fitted):
    model, x, _ = fitted
    proba, by_subclass = model.predict_proba(x), model.predict_subclass_proba(x)
    np.testing.assert_allclose(by_subclass[:, :2].sum(axis=1), proba[:, 0], atol=1e-12)
    chosen = model.predict_subclass(x)
    assert (model.classes_[model.subclass_classes_[chosen]] == model.predict(x)).all()
    assert set(chosen[model.predict(x) == "ends"]) == {0, 1}


def test_the_subclass_lies_within_the_predicted_class_even_where_another_is_more_probable():
    x = np.concatenate([np.linspace(-3, -1, 20), np.linspace(1, 3, 20), np.linspace(-1, 1, 20)])[:, None]
    model = hm.MixtureDiscriminant({"a": 2, "b": 1}, covariance_type="spherical", tied="none", random_state=0)
    mixture = model.fit(x, ["a"] * 40 + ["b"] * 20).mixture_
    mixture.weights_, mixture.means_ = np.array([0.3, 0.3, 0.4]), np.array([[-0.6], [0.6], [0.0]])
    mixture.precisions_cholesky_ = 1 / np.array([0.7, 0.7, 1.0])
    grid = np.linspace(-1, 1, 201)[:, None]
    proba = model.predict_subclass_proba(grid)
    split = (proba.argmax(axis=1) == 2) & (model.predict(grid) == "a")
    assert split.any()
    assert (model.predict_subclass(grid[split]) < 2).all()


def test_memberships_stay_within_the_own_class(fitted):
    model, x, y = fitted
    labels = y.astype(object)
    labels[0] = None
    memberships = model.subclass_memberships(x, labels)
    np.testing.assert_allclose(memberships.sum(axis=1), 1)
    assert (memberships[1:][y[1:] == "middle", :2] == 0).all()
    np.testing.assert_allclose(memberships[0], model.predict_subclass_proba(x)[0])
    confusion = model.subclass_confusion(x, y)
    assert confusion.shape == (3, 2)
    np.testing.assert_allclose(confusion.sum(axis=0), [(model.predict(x) == c).sum() for c in model.classes_])
    with pytest.raises(HiddenmixError, match=r"y holds 'new', a class that the fit never saw.*HM503"):
        model.subclass_memberships(x[:1], ["new"])


def test_margins_are_log_odds(fitted):
    model, x, _ = fitted
    proba = np.sort(model.predict_log_proba(x), axis=1)
    np.testing.assert_allclose(model.margin(x), proba[:, 1] - proba[:, 0])
    np.testing.assert_allclose(np.abs(model.decision_function(x)), model.margin(x))
    three = hm.MixtureDiscriminant(1).fit(X, Y)
    assert three.decision_function(X).shape == (150, 3)
    assert np.isfinite(three.decision_function(X * 100)).all()  # where probabilities round to 0 and 1


def test_rejected_rows_are_ambiguous_or_outliers(fitted):
    model = fitted[0]
    rows = np.array([[0.0, 0.0], [5.0, 0.0], [2.5, 0.0], [0.0, 60.0]])
    decided = model.decide(rows)
    assert decided.labels.tolist() == ["middle", "ends", None, None]
    assert decided.reasons.tolist() == ["", "", "ambiguous", "outlier"]
    assert decided.typicality[3] < 1e-12
    everything = model.decide(rows, min_probability=0, min_typicality=0)
    assert (everything.labels == model.predict(rows)).all()
    outliers = (model.decide(rings(4000, seed=8)[0], 0, 0.01).reasons == "outlier").mean()
    assert 0.002 < outliers < 0.02
    with pytest.raises(HiddenmixError, match="HM403"):
        model.decide(rows, min_probability=1.5)


# Other families


def test_counts_categories_and_mixed_columns_classify_too():
    rng = np.random.default_rng(2)
    y = rng.choice(["low", "high"], 300)
    rates = np.where((y == "low")[:, None], 2.0, 6.0)
    counts = rng.poisson(rates * np.array([1.0, 2.0]))
    poisson = hm.MixtureDiscriminant(1, mixture=hm.PoissonMixture()).fit(counts, y)
    means = np.stack([counts[y == c].mean(axis=0) for c in ("high", "low")])
    np.testing.assert_allclose(poisson.mixture_.rates_, means, rtol=1e-6)
    colours = np.where(rng.random((300, 1)) < 0.8, np.where((y == "low")[:, None], "blue", "red"), "green")
    levels = hm.MixtureDiscriminant(2, mixture=hm.CategoricalMixture(random_state=0)).fit(colours, y)
    assert (levels.predict(colours)[colours[:, 0] == "blue"] == "low").all()
    table = pd.DataFrame({"count": counts[:, 0], "size": rng.standard_normal(300) + (y == "low"), "c": colours[:, 0]})
    mixed = hm.MixtureDiscriminant(1, mixture=hm.MixedMixture(counts=["count"])).fit(table, y)
    assert (mixed.predict(table) == y).mean() > max((poisson.predict(counts) == y).mean(), 0.9)
    assert (mixed.decide(table, 0).reasons == "outlier").mean() < 0.02


# Labels, arguments, files


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (Y, NAMES),
        (CODES, [0, 1, 2]),
        (np.where(CODES == 0, np.nan, CODES), [1, 2]),
        (pd.Series(Y).where(CODES > 0), NAMES[1:]),
        (pd.Categorical(Y), NAMES),
        (list(CODES > 0), [False, True]),
        (Y.astype(object), NAMES),
        (np.where(CODES == 0, -1, CODES), [-1, 1, 2]),
    ],
)
def test_labels_of_all_kinds(labels, classes):
    model = hm.MixtureDiscriminant(1).fit(X, labels)
    assert model.classes_.tolist() == list(classes)
    known = ~pd.isna(pd.Series(labels)).to_numpy()
    assert (model.predict(X)[known] == np.asarray(labels, dtype=object)[known]).mean() > 0.85


def test_it_is_a_scikit_learn_classifier(tmp_path):
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    grid = GridSearchCV(hm.MixtureDiscriminant(random_state=0), {"subclasses": [1, 2], "tied": ["class"]}, cv=3)
    best = grid.fit(table, Y).best_estimator_
    assert grid.best_score_ > 0.95
    assert list(best.feature_names_in_) == list("abcd")
    deeper = clone(hm.MixtureDiscriminant(mixture=hm.GaussianMixture(n_init=3))).set_params(mixture__n_init=1)
    assert deeper.mixture.n_init == 1
    best.save(tmp_path / "model.hmx")
    again = hm.load(tmp_path / "model.hmx")
    np.testing.assert_array_equal(again.predict_proba(table), best.predict_proba(table))
    assert again.summary() == best.summary()
    assert again.subclasses_ == best.subclasses_
    assert "setosa 1" in again.summary()


def test_a_given_mixture_goes_into_the_file_and_comes_back(tmp_path):
    model = hm.MixtureDiscriminant(2, mixture=hm.PoissonMixture(n_init=2, random_state=0)).fit(np.round(10 * X), CODES)
    model.save(tmp_path / "model.hmx")
    again = hm.load(tmp_path / "model.hmx")
    assert again.mixture.n_init == 2
    np.testing.assert_array_equal(again.predict_proba(np.round(10 * X)), model.predict_proba(np.round(10 * X)))
