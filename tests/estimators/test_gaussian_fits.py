"""`GaussianMixture`: starts, iterations, order, selection, and what is told of a fit."""

import numpy as np
import pytest
from tests.estimators.three_groups import CENTRES, start, table

import hiddenmix as hm


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
