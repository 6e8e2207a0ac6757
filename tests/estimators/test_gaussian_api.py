"""`GaussianMixture` against scikit-learn's: the same arguments, attributes and meanings, from the same start."""

import inspect

import numpy as np
import pytest
import sklearn.mixture
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import hiddenmix as hm
from hiddenmix.estimators.differences import DIFFERENT_DEFAULTS

SHAPES = ["full", "tied", "diag", "spherical"]
CENTRES = np.array([[0.0, 0.0], [8.0, 2.0], [2.0, 10.0]])


def table(seed=0, n=120, apart=1.0):
    rng = np.random.default_rng(seed)
    mix = np.array([[1.0, 0.4], [0.0, 0.8]])
    parts = [apart * centre + rng.standard_normal((n, 2)) @ mix * (1 + j / 3) for j, centre in enumerate(CENTRES)]
    return rng.permutation(np.concatenate(parts))


def start(shape):
    k, d = CENTRES.shape
    precisions = {
        "full": np.array([np.eye(d)] * k),
        "tied": np.eye(d),
        "diag": np.ones((k, d)),
        "spherical": np.ones(k),
    }
    return {
        "weights_init": np.array([0.3, 0.3, 0.4]),
        "means_init": CENTRES + 0.3,
        "precisions_init": precisions[shape] * 0.5,
    }


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


def test_limited_iterations_are_not_convergence():
    with pytest.warns(hm.ConvergenceWarning, match="still rising") as caught:
        model = hm.GaussianMixture(3, max_iter=3, **start("full")).fit(table())
    assert not model.converged_
    assert model.n_iter_ == 3
    assert caught[0].message.code == "HM302"
    assert "max_iter=" in caught[0].message.help
    assert caught[0].filename == __file__


def test_the_projected_number_of_iterations_is_about_right():
    x = table(apart=0.3)
    whole = hm.GaussianMixture(3, algorithm="em", **start("full")).fit(x).n_iter_
    with pytest.warns(hm.ConvergenceWarning) as caught:
        hm.GaussianMixture(3, algorithm="em", max_iter=whole - 8, **start("full")).fit(x)
    more = int(caught[0].message.help.split("about ")[1].split(" more")[0])
    assert 4 <= more <= 16


def test_an_accelerated_fit_projects_no_number_of_iterations():
    x = table(apart=0.3)
    slow = hm.GaussianMixture(3, algorithm="em", **start("full")).fit(x).n_iter_
    whole = hm.GaussianMixture(3, **start("full")).fit(x).n_iter_
    assert 20 < whole < slow
    with pytest.warns(hm.ConvergenceWarning) as caught:
        hm.GaussianMixture(3, max_iter=whole - 5, **start("full")).fit(x)
    assert caught[0].message.help == f"max_iter={10 * (whole - 5)}"


def test_no_iterations_leave_the_start():
    model = hm.GaussianMixture(3, max_iter=0, **start("full")).fit(table())
    np.testing.assert_allclose(model.means_, CENTRES + 0.3)
    assert model.n_iter_ == 0
    assert not model.converged_


def test_a_given_start_keeps_its_order_and_others_are_sorted():
    x = table()
    given = hm.GaussianMixture(3, means_init=CENTRES[::-1]).fit(x)
    np.testing.assert_allclose(given.means_, CENTRES[::-1], atol=0.6)
    free = hm.GaussianMixture(3, random_state=1).fit(x)
    assert np.all(np.diff(free.weights_) <= 0)
    for step in (free.history_[0], free.history_[-1]):
        near = np.square(step.params.components.mean - free.means_).sum(axis=1)
        assert np.all(near < 4), "the history is in the same order"
    assert free.result_.params.weights.tolist() == free.weights_.tolist()
    best = next(s for s in free.result_.starts if s.optimum == 0)
    np.testing.assert_allclose(best.params.components.mean, free.means_, atol=0.1)


def test_equal_weights_are_ordered_by_location():
    model = hm.GaussianMixture(3, weights="equal", random_state=0).fit(table())
    np.testing.assert_array_equal(model.weights_, [1 / 3] * 3)
    assert np.all(np.diff(model.means_[:, 0]) > 0)


def test_known_weights_stay_with_their_components():
    model = hm.GaussianMixture(3, weights=[0.2, 0.5, 0.3], random_state=0).fit(table())
    np.testing.assert_array_equal(model.weights_, [0.2, 0.5, 0.3])


def test_partial_starts():
    x = table()
    for given in ("weights_init", "means_init", "precisions_init"):
        model = hm.GaussianMixture(3, random_state=0, **{given: start("full")[given]}).fit(x)
        assert model.converged_
        assert len(model.result_.starts) == (1 if given == "means_init" else 10)
    deviations = hm.GaussianMixture(3, means_init=CENTRES, stds_init=np.ones((3, 2))).steps(x)
    np.testing.assert_array_equal(deviations.params.components.cov.chol, np.array([np.eye(2)] * 3))


def test_red_and_blue_as_published():
    x = hm.datasets.redblue().data
    model = hm.GaussianMixture(2, weights="equal", means_init=[[1.1], [9]], stds_init=[2, 1.7])
    run = model.steps(x)
    assert run.loglik == pytest.approx(-114.7383, abs=1e-4)
    for _ in range(20):
        run.e()
        assert run.bound == pytest.approx(run.objective, abs=1e-9)
        run.m()
    np.testing.assert_allclose(run.params.components.mean[:, 0], [2.90962, 6.83823], atol=1e-5)


def test_steps_are_bit_equal_to_fit():
    x = table()
    model = hm.GaussianMixture(3, **start("full")).fit(x)
    run = hm.GaussianMixture(3, **start("full")).steps(x).until_converged()
    assert run.history.objectives == model.history_.objectives
    np.testing.assert_array_equal(run.params.components.mean, model.means_)


def test_warm_start_goes_on():
    x = table(apart=0.5)
    with pytest.warns(hm.ConvergenceWarning):
        model = hm.GaussianMixture(3, max_iter=4, warm_start=True, random_state=0, **start("full")).fit(x)
    before = model.lower_bound_
    model.set_params(max_iter=1000).fit(x)
    assert model.history_[0].objective == pytest.approx(before * len(x))
    np.testing.assert_allclose(model.means_, hm.GaussianMixture(3, **start("full")).fit(x).means_, atol=0.01)
    model.set_params(n_components=2, weights_init=None, means_init=None, precisions_init=None).fit(x)
    assert model.means_.shape == (2, 2)


def test_random_states():
    x = table()
    one, two = (hm.GaussianMixture(3, random_state=5).fit(x) for _ in range(2))
    np.testing.assert_array_equal(one.means_, two.means_)
    for state in (np.random.RandomState(0), np.random.default_rng(0), None):
        assert hm.GaussianMixture(3, random_state=state).fit(x).converged_


@pytest.mark.parametrize("how", ["auto", "kmeans", "k-means++", "random_from_data", "random"])
def test_every_kind_of_start(how):
    model = hm.GaussianMixture(3, init_params=how, n_init=2, random_state=0).fit(table())
    assert model.converged_
    assert {s.how for s in model.result_.starts} <= {how, "kmeans", "k-means++", "random_from_data"}


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


def test_a_selection_over_sizes_and_shapes():
    model = hm.GaussianMixture(range(1, 4), covariance_type=["tied", "full"], random_state=0, n_init=4).fit(
        hm.datasets.faithful().data
    )
    assert (model.covariance_type_, model.n_components_) == ("full", 2)
    assert len(model.selection_.candidates) == 5  # one tied component is one full component
    assert model.means_.shape == (2, 2)
    by_bic = hm.GaussianMixture([2, 3], covariance_type="tied", criterion="bic", random_state=0, n_init=4)
    assert by_bic.fit(hm.datasets.faithful().data).n_components_ == 3
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        hm.GaussianMixture("auto", means_init=CENTRES).fit(table())


def test_auto_tries_what_the_data_allow():
    model = hm.GaussianMixture("auto", random_state=0).fit(
        np.repeat([[0.0], [1.0], [2.0], [7.0]], [5, 6, 4, 8], axis=0)
    )
    assert max(c.n_components for c in model.selection_.candidates) == 4


def test_summary_tells_it_all():
    names = hm.datasets.faithful().columns
    import pandas as pd

    x = pd.DataFrame(hm.datasets.faithful().data, columns=names)
    model = hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(x)
    text = model.summary()
    for part in (
        "3 Gaussian components sharing one ellipsoidal covariance (tied, EEE)",
        "log-likelihood -1126.31",
        "n 272",
        "parameters 11",
        "BIC 2314.30",
        "lower is better",
        "converged",
        "local maximum",
        "of 10 starts finished",
        *names,
    ):
        assert part in text, part
    assert model.facts_.criteria.bic == pytest.approx(model.bic(x))
    assert model.facts_.criteria.icl == pytest.approx(model.icl(x))
    assert model.facts_.criteria.icl_hard == pytest.approx(model.icl_hard(x))
    np.testing.assert_array_equal(model.facts_.sizes, np.bincount(model.predict(x)))


def test_standard_errors_belong_to_the_attributes():
    x = np.random.default_rng(0).standard_normal((400, 1)) * 3 + 1
    model = hm.GaussianMixture(1).fit(x)
    errors = model.standard_errors()
    assert errors["mean"][0, 0] == pytest.approx(x.std() / 20, rel=1e-4)
    assert errors["covariance"][0, 0, 0] == pytest.approx(x.var() * np.sqrt(2 / 400), rel=1e-4)


def test_verbose_reports_and_a_callback_stops(capsys):
    seen = []
    model = hm.GaussianMixture(3, verbose=2, verbose_interval=1, callback=seen.append, n_init=1, random_state=0)
    model.fit(table())
    out = capsys.readouterr().out
    assert "Initialization 0" in out
    assert "Iteration 1" in out
    assert len(seen) == model.n_iter_
    stopped = hm.GaussianMixture(3, callback=lambda step: step.iteration >= 2, random_state=0, n_init=1).fit(table())
    assert stopped.n_iter_ == 2
    assert not stopped.converged_
    assert stopped.result_.status is hm.Status.STOPPED


def test_threads_change_nothing():
    x = table(n=3000)
    one, two = (hm.GaussianMixture(3, n_init=2, random_state=0, n_jobs=jobs).fit(x) for jobs in (1, 2))
    np.testing.assert_array_equal(one.means_, two.means_)
    np.testing.assert_array_equal(one.predict_proba(x), two.predict_proba(x))


def test_priors():
    x = table(n=8)
    plain = hm.GaussianMixture(3, random_state=0, covariance_type="diag").fit(x)
    prior = hm.GaussianMixture(3, random_state=0, covariance_type="diag", prior="conjugate").fit(x)
    assert prior.score(x) < plain.score(x)
    given = hm.NormalPrior(mean=x.mean(axis=0), scale=np.eye(2), dof=4.0)
    assert hm.GaussianMixture(2, prior=given, random_state=0).fit(x).converged_
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        hm.GaussianMixture(2, prior="flat").fit(x)


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
