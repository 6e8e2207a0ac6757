"""`View` and what it asks of families: against densities, statistics and parameters computed by other ways."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.naive_bayes import GaussianNB

import hiddenmix as hm
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import n_bytes
from hiddenmix.families.axes import axes
from hiddenmix.families.views import centres, ellipsoids, kinds
from hiddenmix.plot._view import View

FAITHFUL = hm.datasets.faithful().data


def mixed_table():
    rng = np.random.default_rng(3)
    group = rng.integers(0, 2, 120)
    table = np.empty((120, 3), object)
    table[:, 0] = rng.normal(3.0 * group, 1.0)
    table[:, 1] = rng.poisson(2.0 + 5.0 * group).astype(float)
    table[:, 2] = np.where(rng.random(120) < 0.2 + 0.6 * group, "yes", "no")
    return table


def fitted():
    """Every kind of estimator with components, and its data."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.choice([2.0, 9.0], 150)[:, None], (150, 2)).astype(float)
    heads = rng.binomial(10, rng.choice([0.2, 0.8], 60)[:, None], (60, 1)).astype(float)
    votes = rng.multinomial(12, [0.2, 0.3, 0.5], 80).astype(float)
    words = rng.choice(np.array(["a", "b", "c"]), (90, 2))
    yield from (
        (hm.GaussianMixture(2, covariance_type=shape, random_state=0), FAITHFUL)
        for shape in ("full", "tied", "diag", "spherical")
    )
    yield hm.GaussianMixture(2, random_state=0), FAITHFUL[:, :1]
    yield hm.PoissonMixture(2, random_state=0), counts
    yield hm.BinomialMixture(2, trials=10, random_state=0), heads
    yield hm.MultinomialMixture(2, random_state=0, max_iter=3000), votes
    yield hm.CategoricalMixture(2, random_state=0, prior=0.5), words
    yield hm.MixedMixture(2, categorical=[2], counts=[1], random_state=0), mixed_table()


FITTED = [(model.fit(X), X) for model, X in fitted()]
IDS = [f"{type(m).__name__}-{getattr(m, 'covariance_type_', '')}-{np.shape(X)[1]}" for m, X in FITTED]


@pytest.mark.parametrize(("model", "X"), FITTED, ids=IDS)
def test_a_view_has_the_memberships_and_the_objective_of_the_fit(model, X):
    view = View.of(model, X)
    np.testing.assert_allclose(view.resp, model.predict_proba(X), atol=1e-12)
    np.testing.assert_allclose(view.log_density, model.score_samples(X), rtol=1e-10)
    assert view.problem.evaluate(view.params).objective == pytest.approx(model.result_.objective, rel=1e-10)


@pytest.mark.parametrize(("model", "X"), FITTED, ids=IDS)
def test_each_parameter_moves_alone_and_stays_where_it_is_put(model, X):
    view = View.of(model, X)
    before = view.problem.evaluate(view.params)
    found = view.axes()
    assert found
    for axis in found:
        here = view.problem.evaluate(axis.at(axis.value))
        assert here.objective == pytest.approx(before.objective, rel=1e-9), axis.name
        step = min(axis.value + 0.3 * axis.unit, 0.5 * (axis.value + axis.high))
        moved = axis.at(step)
        again = [a for a in view.at(moved).axes() if (a.name, a.component, a.column, a.level) == (
            axis.name, axis.component, axis.column, axis.level)]  # fmt: skip
        assert again[0].value == pytest.approx(step)
        np.testing.assert_allclose(np.sum(moved.weights), 1.0)


def test_normal_densities_of_single_columns_are_their_marginals():
    model = hm.GaussianMixture(2, random_state=0).fit(FAITHFUL)
    view = View.of(model, FAITHFUL)
    x = np.linspace(1.0, 6.0, 7)
    expected = [
        w * stats.norm(m[0], np.sqrt(c[0, 0])).pdf(x)
        for w, m, c in zip(model.weights_, model.means_, model.covariances_)
    ]
    np.testing.assert_allclose(view.densities([0], x[:, None]), np.transpose(expected), rtol=1e-10)
    mean, cov = view.ellipsoids([1])
    np.testing.assert_allclose(mean, model.means_[:, [1]])
    np.testing.assert_allclose(cov[:, 0, 0], model.covariances_[:, 1, 1], rtol=1e-10)


def test_counts_and_categories_have_no_ellipses_and_counts_have_centres():
    model, X = next((m, X) for m, X in FITTED if type(m).__name__ == "MixedMixture")
    view = View.of(model, X)
    assert view.kinds == ("number", "count", "category")
    assert view.ellipsoids([0, 1]) is None
    assert view.ellipsoids([0]) is not None
    np.testing.assert_allclose(view.centres[:, 0], model.means_[:, 0])
    np.testing.assert_allclose(view.centres[:, 1], model.rates_[:, 0])
    assert np.isnan(view.centres[:, 2]).all()


def test_the_centres_of_tosses_are_expected_heads():
    model, X = next((m, X) for m, X in FITTED if type(m).__name__ == "BinomialMixture")
    np.testing.assert_allclose(View.of(model, X).centres, 10 * model.probabilities_)


def test_known_parameters_do_not_move():
    x = hm.datasets.redblue().data
    model = hm.GaussianMixture(2, weights="equal", random_state=0).fit(x)
    names = {axis.name for axis in View.of(model, x).axes()}
    assert names == {"mean", "standard deviation"}
    family = hm.Normal(mean=hm.Known([[3.0], [0.0]], where=[[True], [False]]))
    own = hm.MixtureModel(family, 2, random_state=0).fit(x)
    means = [axis.component for axis in View.of(own, x).axes() if axis.name == "mean"]
    assert means == [1]


def test_a_stepper_is_seen_in_the_callers_order_with_its_weights_and_evidence():
    X = FAITHFUL[:40].copy()
    X[::7, 1] = np.nan
    weight = np.ones(40)
    weight[3], weight[4] = 2.0, 0.0
    labels = np.full(40, -1)
    labels[:2] = [0, 1]
    run = hm.GaussianMixture(2, random_state=0).steps(X, weight, labels).e().m().e()
    view = View.of(run)
    present = weight > 0
    np.testing.assert_array_equal(view.values, X[present])
    np.testing.assert_array_equal(view.weight, weight[present])
    np.testing.assert_allclose(view.resp[:2], np.eye(2), atol=1e-12)
    assert view.problem.evaluate(view.params).objective == pytest.approx(run.objective, rel=1e-12)
    assert [i for i, _ in view.history()] == [0, 1]


def test_steps_go_from_the_start_of_the_fit_to_its_optimum():
    model = hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(FAITHFUL)
    run = View.of(model, FAITHFUL).steps()
    assert run.objective == pytest.approx(model.history_[0].objective, rel=1e-12)
    assert run.until_converged().loglik == pytest.approx(-1126.31593, abs=1e-3)


def test_history_is_thinned_with_its_ends():
    model = hm.GaussianMixture(3, covariance_type="tied", random_state=0, algorithm="em").fit(FAITHFUL)
    every = View.of(model, FAITHFUL).history()
    few = View.of(model, FAITHFUL).history(5)
    assert len(every) == model.n_iter_ + 1
    assert len(few) == 5
    assert (few[0], few[-1]) == (every[0], every[-1])


@pytest.mark.parametrize(
    "options", [{}, {"prior": "conjugate"}, {"reg_covar": 1e-3}, {"covariance_type": "tied"}], ids=str
)
def test_model_files_keep_history_prior_and_penalty(options, tmp_path):
    model = hm.GaussianMixture(2, random_state=0, **options).fit(FAITHFUL)
    model.save(tmp_path / "m.hmx")
    loaded = hm.load(tmp_path / "m.hmx")
    before, after = View.of(model, FAITHFUL), View.of(loaded, FAITHFUL)
    assert after.problem.evaluate(after.params).objective == pytest.approx(model.result_.objective, rel=1e-12)
    assert [i for i, _ in after.history()] == [i for i, _ in before.history()]
    for (_, old), (_, new) in zip(before.history(), after.history()):
        np.testing.assert_array_equal(old.components.mean, new.components.mean)
    assert after.steps().objective == pytest.approx(model.history_[0].objective, rel=1e-12)


def test_model_files_thin_a_long_history_to_a_size():
    model = hm.GaussianMixture(3, covariance_type="tied", random_state=0, algorithm="em").fit(FAITHFUL)
    trace = model.history_
    kept = trace.kept(6 * n_bytes(trace[0].params))
    assert sorted(kept)[0] == 0
    assert sorted(kept)[-1] == model.n_iter_
    assert len(kept) == 6


def test_a_classifier_is_seen_as_its_subclasses():
    X, y = FAITHFUL, np.where(FAITHFUL[:, 0] > 3, "long", "short")
    model = hm.MixtureDiscriminant({"long": 2, "short": 1}, random_state=0).fit(X, y)
    view = View.of(model, X)
    assert view.names == ("long 1", "long 2", "short 1")
    assert view.classes == ("long", "short")
    assert view.group.tolist() == [0, 0, 1]
    told = View.of(model, X, known_labels=y)
    np.testing.assert_allclose(told.resp, model.subclass_memberships(X, y), atol=1e-12)
    assert told.problem.evaluate(told.params).objective == pytest.approx(model.mixture_.result_.objective, rel=1e-12)
    assert view.problem.evaluate(view.params).objective > model.mixture_.result_.objective


def test_what_cannot_be_seen_is_told():
    others = hm.NormalImputer().fit(FAITHFUL), hm.SubclassClassifier(GaussianNB()).fit(FAITHFUL, FAITHFUL[:, 0] > 3)
    for other in others:
        with pytest.raises(HiddenmixError, match="HM410"):
            View.of(other, FAITHFUL)
    model = hm.GaussianMixture(2, random_state=0).fit(FAITHFUL)
    with pytest.raises(HiddenmixError, match="HM410"):
        View.of(model)
    with pytest.raises(HiddenmixError, match="HM502"):
        View.of(model, FAITHFUL[:, :1])
    family = hm.Binomial()
    start = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.6], [0.5]]))
    run = hm.Stepper(hm.Mixture(family, 2), hm.Tosses(np.array([[3.0], [1.0]]), np.array([[5.0], [4.0]])), start)
    with pytest.raises(HiddenmixError, match="HM410"):
        View.of(run.e())
    given = hm.GaussianMixture.from_parameters([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.stack([np.eye(2)] * 2))
    with pytest.raises(HiddenmixError, match="HM421"):
        View.of(given, FAITHFUL).steps()


def test_families_of_users_are_numbers_that_move_in_their_chart():
    class Laplace(hm.Family):
        def ravel(self, params, base):
            return params - base

        def unravel(self, vector, base):
            return base + vector

    params = np.array([1.0, 2.0])
    assert kinds(Laplace(), 2) == ("number", "number")
    assert ellipsoids(Laplace(), params) is None
    moved = axes(Laplace(), params)[1].at(0.5)
    np.testing.assert_array_equal(moved, [1.0, 2.5])
    view = View.of(FITTED[0][0], FAITHFUL)
    assert np.isfinite(replace(view).centres).all()
    assert np.isfinite(centres(view.model.family, view.params.components, 2)).all()
