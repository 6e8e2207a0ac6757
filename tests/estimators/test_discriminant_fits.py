"""Classification by mixtures: against formulas, and mixtures fitted class by class."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logsumexp
from tests.estimators.classes import CODES, NAMES, X, Y, rings

import hiddenmix as hm
from hiddenmix import HiddenmixError


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
