"""Classification by mixtures: against formulas, and mixtures fitted class by class; labels of all kinds; mistakes."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

import hiddenmix as hm
from hiddenmix import HiddenmixError

X, CODES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
Y = NAMES[CODES]


def rings(n=400, seed=0):
    """Class "ends" lies left and right of class "middle"; no line separates them."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(n) < 0.5, "ends", "middle")
    side = np.where(rng.random(n) < 0.3, -1, 1)
    x = rng.standard_normal((n, 2))
    x[:, 0] += np.where(y == "ends", 5 * side, 0)
    return x, y


def densities(model, x):
    """log w_j p_j(x) by SciPy (n, k), from the mixture's attributes in the layout of a full covariance."""
    m = model.mixture_
    cov = np.broadcast_to(m.covariances_, (len(m.weights_), *m.covariances_.shape[-2:]))
    each = [np.log(w) + stats.multivariate_normal(a, c).logpdf(x) for w, a, c in zip(m.weights_, m.means_, cov)]
    return np.column_stack(each)


# One subclass for each class


@pytest.mark.parametrize("tied", ["all", "none"])
def test_one_subclass_is_linear_or_quadratic_discriminant_analysis(tied):
    model = hm.MixtureDiscriminant(1, tied=tied).fit(X, Y)
    scatters = [np.cov(X[c == CODES].T, bias=True) for c in range(3)]
    covs = [np.mean(scatters, axis=0)] * 3 if tied == "all" else scatters
    joint = [stats.multivariate_normal(X[c == CODES].mean(axis=0), covs[c]).logpdf(X) for c in range(3)]
    expected = np.column_stack(joint) + np.log(1 / 3)
    expected -= logsumexp(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_log_proba(X), expected, rtol=1e-7, atol=1e-7)
    assert (model.predict(X) == NAMES[expected.argmax(axis=1)]).all()


def test_the_log_likelihood_is_that_of_rows_and_labels():
    labels = Y.astype(object)
    labels[::3] = None
    model = hm.MixtureDiscriminant(2, tied="class", random_state=0).fit(X, labels)
    joint = densities(model, X)
    own = np.array([[name is None or name == NAMES[c] for c in model.subclass_classes_] for name in labels])
    expected = logsumexp(np.where(own, joint, -np.inf), axis=1).sum()
    assert model.mixture_.result_.loglik == pytest.approx(expected, rel=1e-9)


# Several subclasses


def test_where_nothing_is_shared_classes_are_fitted_by_themselves():
    x, y = rings()
    model = hm.MixtureDiscriminant({"ends": 2, "middle": 1}, tied="none", random_state=0).fit(x, y)
    apart = {c: hm.GaussianMixture(k, random_state=0).fit(x[y == c]) for c, k in (("ends", 2), ("middle", 1))}
    expected = sum(m.result_.loglik + (y == c).sum() * np.log((y == c).mean()) for c, m in apart.items())
    assert model.mixture_.result_.loglik == pytest.approx(expected, rel=1e-7)
    np.testing.assert_allclose(model.mixture_.means_[:2], apart["ends"].means_, atol=1e-3)
    assert (model.predict(x) == y).mean() > 0.97
    assert (hm.MixtureDiscriminant(1, tied="all").fit(x, y).predict(x) == y).mean() < 0.9


@pytest.mark.parametrize("criterion", ["bic", "icl", "cv"])
def test_auto_finds_the_number_of_subclasses(criterion):
    x, y = rings(300)
    model = hm.MixtureDiscriminant(tied="none", criterion=criterion, random_state=0).fit(x, y)
    assert model.subclasses_ == {"ends": 2, "middle": 1}
    assert list(model.subclass_names_) == ["ends 1", "ends 2", "middle 1"]
    if criterion == "cv":
        assert min(model.losses_, key=model.losses_.get) == (2, 1)
    else:
        assert model.selection_["ends"].best.n_components == 2


@pytest.mark.parametrize("tied", ["all", "class", "none"])
@pytest.mark.parametrize("shape", ["full", "diag", "spherical"])
def test_covariances_are_shared_as_asked(tied, shape):
    model = hm.MixtureDiscriminant(2, tied=tied, covariance_type=shape, random_state=0, mixture=None).fit(X, Y)
    result, d = model.mixture_.result_, 4
    one = {"full": d * (d + 1) // 2, "diag": d, "spherical": 1}[shape]
    groups = {"all": 1, "class": 3, "none": 6}[tied]
    assert model.mixture_.facts_.criteria.n_parameters == 5 + 6 * d + one * groups
    assert result.converged
    cov = model.mixture_.covariances_
    if tied == "class":
        np.testing.assert_array_equal(cov[0], cov[1])
        assert not np.allclose(cov[0], cov[2])
    free = hm.MixtureDiscriminant(2, tied="none", covariance_type=shape, random_state=0).fit(X, Y)
    assert free.mixture_.result_.loglik >= result.loglik - 1e-6


def test_a_reduced_rank_puts_all_means_on_one_plane():
    model = hm.MixtureDiscriminant(2, n_components_rank=2, random_state=0).fit(X, Y)
    centred = model.mixture_.means_ - model.mixture_.means_.mean(axis=0)
    size = np.linalg.svd(centred)[1]
    assert size[2] < 1e-10 * size[0] < size[1]


def test_rows_without_a_label_help():
    x, y = rings(1000, seed=3)
    few = y.astype(object)
    few[16:] = None
    test, truth = rings(2000, seed=4)
    options = {"subclasses": {"ends": 2, "middle": 1}, "covariance_type": "spherical", "tied": "all", "random_state": 0}
    alone = hm.MixtureDiscriminant(**options).fit(x[:16], y[:16])
    helped = hm.MixtureDiscriminant(**options).fit(x, few)
    errors = [(model.predict(test) != truth).mean() for model in (alone, helped)]
    assert errors[1] < min(errors[0], 0.02)


def test_given_priors_are_kept_and_matter():
    x, y = rings(300)
    labels = y.astype(object)
    labels[::2] = None  # the weights of subclasses hang on the priors then
    even = hm.MixtureDiscriminant(2, tied="none", priors=[0.5, 0.5], random_state=0).fit(x, labels)
    rare = hm.MixtureDiscriminant(2, tied="none", priors={"ends": 0.01, "middle": 0.99}, random_state=0).fit(x, labels)
    np.testing.assert_allclose(even.priors_, 0.5, rtol=1e-12)
    np.testing.assert_allclose(rare.priors_, [0.01, 0.99], rtol=1e-12)
    assert (rare.predict(x) == "middle").sum() > (even.predict(x) == "middle").sum()
    np.testing.assert_allclose(even.predict_proba([[np.nan, np.nan]]), 0.5)


# Weights and missing cells


def test_a_weight_repeats_a_row_and_0_takes_it_away():
    x, y = rings(80)
    weight = np.random.default_rng(0).integers(0, 4, 80)
    options = {"subclasses": 1, "tied": "all"}
    weighted = hm.MixtureDiscriminant(**options).fit(x, y, sample_weight=weight)
    repeated = hm.MixtureDiscriminant(**options).fit(np.repeat(x, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.predict_proba(x), repeated.predict_proba(x), atol=1e-9)
    gone = np.append(y, "gone")
    without = hm.MixtureDiscriminant(**options).fit(np.vstack([x, [9, 9]]), gone, np.append(weight, 0))
    assert list(without.classes_) == ["ends", "middle"]
    np.testing.assert_allclose(without.predict_proba(x), weighted.predict_proba(x), atol=1e-12)


def test_missing_cells_are_integrated_out():
    rng = np.random.default_rng(1)
    holes = np.where(rng.random(X.shape) < 0.15, np.nan, X)
    holes[0] = np.nan
    model = hm.MixtureDiscriminant(2, tied="class", random_state=0).fit(holes, Y)
    assert (model.predict(holes)[1:] == Y[1:]).mean() > 0.9
    np.testing.assert_allclose(model.predict_proba(holes[:1])[0], model.priors_)
    part = X[:5].copy()
    part[:, 2:] = np.nan
    m = model.mixture_
    joint = np.column_stack(
        [np.log(w) + stats.multivariate_normal(a[:2], c[:2, :2]).logpdf(part[:, :2])
         for w, a, c in zip(m.weights_, m.means_, m.covariances_)]
    )  # fmt: skip
    resp = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_subclass_proba(part), resp, atol=1e-9)


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


# The mixture of all subclasses


@pytest.mark.parametrize(
    "options",
    [{"tied": "all"}, {"tied": "class"}, {"n_components_rank": 1}, {"tied": "class", "priors": [0.2, 0.3, 0.5]}],
    ids=str,
)
def test_the_mixture_of_all_subclasses_counts_its_parameters_as_fitted(options, tmp_path):
    model = hm.MixtureDiscriminant(2, random_state=0, mixture=hm.GaussianMixture(n_init=1), **options).fit(X, Y)
    fit = model.mixture_.facts_.criteria
    expected = -2 * model.mixture_.score_samples(X).sum() + fit.n_parameters * np.log(150)
    assert model.mixture_.bic(X) == pytest.approx(expected, rel=1e-12)
    model.save(tmp_path / "model.hmx")
    assert hm.load(tmp_path / "model.hmx").mixture_.bic(X) == model.mixture_.bic(X)
    said = {"tied": "the same within each class", "n_components_rank": "means of rank 1"}
    for name in options.keys() & said.keys() if options != {"tied": "all"} else ():
        assert said[name] in model.summary().splitlines()[1]


def test_the_mixture_of_all_subclasses_is_not_fitted_again_without_its_classes():
    mixture = hm.MixtureDiscriminant(1).fit(X, Y).mixture_
    assert mixture.covariance_type == mixture.covariance_type_ == "tied"
    for ask in (mixture.check, mixture.stability):
        with pytest.raises(HiddenmixError, match="subclasses of a classifier") as error:
            ask(X)
        assert error.value.code == "HM410"


def test_a_row_that_no_class_can_have_goes_by_the_priors():
    counts = np.zeros((60, 2))
    counts[:20, 0] = counts[20:, 1] = 3
    model = hm.MixtureDiscriminant(1, mixture=hm.PoissonMixture()).fit(counts, ["a"] * 20 + ["b"] * 40)
    assert model.predict([[3, 3]]) == ["b"]
    np.testing.assert_allclose(model.predict_proba([[3, 3]]), [[1 / 3, 2 / 3]])
    assert model.subclass_names_[model.predict_subclass([[3, 3]])] == ["b 1"]
    assert model.margin([[3, 3]]) == pytest.approx(np.log(2))


def test_arguments_by_class_go_into_the_file_whatever_the_classes(tmp_path):
    model = hm.MixtureDiscriminant({0: 2, 1: 1, 2: 1}, priors={0: 0.5, 1: 0.25, 2: 0.25}, random_state=0)
    model.fit(X, CODES).save(tmp_path / "model.hmx")
    again = hm.load(tmp_path / "model.hmx")
    assert again.get_params() == model.get_params()
    assert again.subclasses_ == {0: 2, 1: 1, 2: 1}


@pytest.mark.parametrize("tied", [None, "all", "class", "none"])
def test_numbers_of_mixed_columns_share_their_covariance_too(tied, tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": np.where(rng.random(150) < 0.3 + 0.2 * CODES, "x", "y")})
    mixed = hm.MixedMixture(covariance_type="full", n_init=2)
    model = hm.MixtureDiscriminant(1, mixture=mixed, tied=tied, random_state=0).fit(table, Y)
    scatters = [np.cov(X[c == CODES, :2].T, bias=True) for c in range(3)]
    covs = [np.mean(scatters, axis=0)] * 3 if tied in (None, "all") else scatters
    joint = [stats.multivariate_normal(X[c == CODES, :2].mean(axis=0), covs[c]).logpdf(X[:, :2]) for c in range(3)]
    share = np.array([np.mean(table["c"][c == CODES] == "x") for c in range(3)])
    expected = np.column_stack(joint) + np.log(np.where(table["c"].to_numpy()[:, None] == "x", share, 1 - share))
    expected -= logsumexp(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_log_proba(table), expected, rtol=1e-6, atol=1e-6)
    model.save(tmp_path / "model.hmx")
    np.testing.assert_array_equal(hm.load(tmp_path / "model.hmx").predict(table), model.predict(table))


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
