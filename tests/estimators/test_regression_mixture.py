"""`RegressionMixture`: what it finds, and all the ways to hand data to it."""

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import hiddenmix as hm

rng = np.random.default_rng(11)
N = 240
X = rng.uniform(0, 10, N)
SIDE = rng.integers(0, 2, N)
LINES = np.array([[1.0, 2.0], [15.0, -1.0]])  # they cross
Y = LINES[SIDE, 0] + LINES[SIDE, 1] * X + rng.normal(0, 1, N)


@pytest.fixture(scope="module")
def crossing():
    return hm.RegressionMixture(2, random_state=0).fit(X[:, None], Y)


def by_slope(model):
    order = np.argsort(-model.coef_[:, 0])
    return np.column_stack([model.intercept_, model.coef_])[order]


def test_two_crossing_lines(crossing):
    errors = crossing.standard_errors()["coef"][np.argsort(-crossing.coef_[:, 0])]
    assert np.all(np.abs(by_slope(crossing) - LINES) < 4 * errors)
    assert np.all(errors < 0.5)
    assert crossing.scale_ == pytest.approx([1.0, 1.0], abs=0.25)
    assert crossing.result_.certificate is hm.Certificate.MAXIMUM
    found = np.argsort(-crossing.coef_[:, 0]).tolist().index
    side = np.array([found(j) for j in crossing.labels(X[:, None], Y)])
    sure = crossing.predict_proba(X[:, None], Y).max(axis=1) > 0.99
    assert np.mean(side[sure] == SIDE[sure]) > 0.98


def test_the_log_likelihood_is_complete(crossing):
    mean = crossing.predict_components(X[:, None])
    assert mean == pytest.approx(crossing.intercept_ + X[:, None] * crossing.coef_[:, 0])
    density = np.log(stats.norm.pdf(Y[:, None], mean, crossing.scale_) @ crossing.weights_)
    assert crossing.score_samples(X[:, None], Y) == pytest.approx(density, rel=1e-10)
    assert crossing.result_.loglik == pytest.approx(density.sum(), rel=1e-12)
    assert crossing.score(X[:, None], Y) == pytest.approx(density.mean(), rel=1e-12)
    assert crossing.predict(X[:, None]) == pytest.approx(mean @ crossing.weights_)


def test_a_line_and_a_parabola():
    """The usual simulation: y = 5 x, or 15 + 10 x - x^2, with noise of standard deviation 3, x between 0 and 10."""
    x = rng.uniform(0, 10, 200)
    parabola = np.arange(200) >= 100
    y = np.where(parabola, 15 + 10 * x - x**2, 5 * x) + rng.normal(0, 3, 200)
    model = hm.RegressionMixture(2, random_state=0).fit(np.column_stack([x, x**2]), y)
    line = int(np.argmin(np.abs(model.coef_[:, 1])))
    order = [line, 1 - line]
    found = np.column_stack([model.intercept_, model.coef_])[order]
    errors = model.standard_errors()["coef"][order]
    assert np.all(np.abs(found - [[0, 5, 0], [15, 10, -1]]) < 4 * errors)
    assert model.weights_ == pytest.approx([0.5, 0.5], abs=0.1)
    assert model.result_.model.n_free(model.result_.params) == 9
    right = model.labels(np.column_stack([x, x**2]), y) == np.where(parabola, order[1], order[0])
    assert right.mean() > 0.9


def test_the_number_of_components_by_criterion():
    model = hm.RegressionMixture("auto", random_state=0, n_init=4).fit(X[:, None], Y)
    assert model.n_components_ == 2
    assert len(model.selection_.candidates) == 6


def test_summary_has_a_line_for_each_coefficient(crossing):
    text = crossing.summary()
    assert "2 normal regressions" in text
    lines = [line.split() for line in text.splitlines() if line.split()[1:2] == ["x0"]]
    assert len(lines) == 2
    assert float(lines[0][2]) == pytest.approx(crossing.coef_[0, 0], rel=1e-3)
    assert float(lines[0][3]) == pytest.approx(crossing.standard_errors()["coef"][0, 1], rel=1e-3)


def test_given_coefficients_keep_their_order():
    model = hm.RegressionMixture(2, coef_init=LINES[::-1]).fit(X[:, None], Y)
    assert model.coef_[0, 0] < 0 < model.coef_[1, 0]


def test_known_labels_come_first():
    labels = np.full(N, -1)
    labels[:40] = SIDE[:40]
    model = hm.RegressionMixture(2, random_state=0).fit(X[:, None], Y, known_labels=labels)
    assert model.coef_[0, 0] > 0 > model.coef_[1, 0]
    assert model.classes_.tolist() == [0, 1]


def test_missing_responses_say_nothing(crossing):
    x, y = np.append(X, [5.0, 6.0]), np.append(Y, [np.nan, np.nan])
    model = hm.RegressionMixture(2, random_state=0).fit(x[:, None], y)
    assert by_slope(model) == pytest.approx(by_slope(crossing), abs=1e-4)
    assert model.predict_proba(x[:, None], y)[-1] == pytest.approx(model.weights_)


def test_weights_are_repeats():
    weight = rng.integers(0, 3, N)
    start = {"coef_init": LINES, "tol": 1e-10}
    one = hm.RegressionMixture(2, **start).fit(X[:, None], Y, sample_weight=weight)
    other = hm.RegressionMixture(2, **start).fit(np.repeat(X, weight)[:, None], np.repeat(Y, weight))
    assert one.result_.loglik == pytest.approx(other.result_.loglik, rel=1e-10)
    assert one.coef_ == pytest.approx(other.coef_, abs=1e-6)


def test_rows_of_a_group_share_their_component():
    ids = np.repeat(np.arange(60), 4)
    side = rng.integers(0, 2, 60)[ids]
    y = np.where(side == 0, 1.0, 1.6) + 0.3 * X + rng.normal(0, 1, N)  # lines too near for single rows
    alone = hm.RegressionMixture(2, random_state=0, shared=[0], variance="shared").fit(X[:, None], y, groups=ids)
    proba = alone.predict_proba(X[:, None], y, groups=ids)
    assert np.all(proba == proba[np.arange(N) // 4 * 4])
    joint = np.log(alone.weights_) + np.array(
        [stats.norm.logpdf(y[ids == g, None], alone.predict_components(X[ids == g, None]), alone.scale_).sum(axis=0)
         for g in range(60)]
    )  # fmt: skip
    assert alone.result_.loglik == pytest.approx(special.logsumexp(joint, axis=1).sum(), rel=1e-10)
    assert alone.coef_[0] == alone.coef_[1]
    assert alone.result_.model.n_free(alone.result_.params) == 1 + 2 + 1 + 1


def test_random_intercepts():
    ids = np.repeat(np.arange(48), 5)
    side = np.repeat(rng.integers(0, 2, 48), 5)
    effect = rng.normal(0, 1.5, 48)
    y = LINES[side, 0] + LINES[side, 1] * X + effect[ids] + rng.normal(0, 0.5, N)
    model = hm.RegressionMixture(2, random=["intercept"], covariance="shared", random_state=0, n_init=5)
    model.fit(X[:, None], y, groups=ids)
    assert by_slope(model)[:, 1] == pytest.approx(LINES[:, 1], abs=0.1)
    assert np.sqrt(model.covariance_[:, 0, 0]) == pytest.approx([1.5, 1.5], abs=0.5)
    assert model.scale_ == pytest.approx([0.5, 0.5], abs=0.1)
    labels, found = model.random_effects(X[:, None], y, groups=ids)
    assert labels.tolist() == list(range(48))
    assert np.corrcoef(found[:, 0], effect)[0, 1] > 0.9
    assert "random effect" in model.summary()


def test_memberships_by_covariates():
    c = rng.normal(0, 1, N)
    side = (rng.random(N) < special.expit(1.5 * c - 0.3)).astype(int)
    y = LINES[side, 0] + LINES[side, 1] * X + rng.normal(0, 1, N)
    model = hm.RegressionMixture(2, random_state=0, n_init=4).fit(X[:, None], y, covariates=c)
    sign = 1.0 if model.coef_[0, 0] > 0 else -1.0  # the gate is that of the second component
    assert sign * model.gate_[1] == pytest.approx([-0.3, 1.5], abs=0.8)
    weights = special.softmax(np.column_stack([np.ones(N), c]) @ model.gate_.T, axis=1)
    want = (weights * model.predict_components(X[:, None])).sum(axis=1)
    assert model.predict(X[:, None], covariates=c) == pytest.approx(want)
    with pytest.raises(hm.HiddenmixError) as error:
        model.predict(X[:, None])
    assert error.value.code == "HM431"


def test_exposure_is_a_log_offset():
    exposure = rng.uniform(0.5, 3, N)
    y = rng.poisson(exposure * np.exp(np.where(SIDE, 0.2 * X, 2.0 - 0.3 * X)))
    options = {"distribution": "poisson", "coef_init": [[0.0, 0.2], [2.0, -0.3]]}
    one = hm.RegressionMixture(2, **options).fit(X[:, None], y, exposure=exposure)
    other = hm.RegressionMixture(2, **options).fit(X[:, None], y, offset=np.log(exposure))
    assert one.coef_ == pytest.approx(other.coef_, rel=1e-12)
    assert one.predict(X[:, None], exposure=2.0) == pytest.approx(2 * one.predict(X[:, None]))
    assert np.all(np.abs(one.coef_[:, 0] - [0.2, -0.3]) < 4 * one.standard_errors()["coef"][:, 1])


def test_trials_and_shapes():
    trials = rng.integers(5, 30, N)
    y = rng.binomial(trials, special.expit(np.where(SIDE, 0.5 * X - 2, 1 - 0.4 * X)))
    model = hm.RegressionMixture(2, distribution="binomial", random_state=0, n_init=4).fit(X[:, None], y, trials=trials)
    assert by_slope(model)[:, 1] == pytest.approx([0.5, -0.4], abs=0.1)
    y = rng.gamma(8.0, np.exp(np.where(SIDE, 0.2 * X, 3 - 0.3 * X)) / 8.0)
    model = hm.RegressionMixture(2, distribution="gamma", random_state=0, n_init=4).fit(X[:, None], y)
    assert by_slope(model)[:, 1] == pytest.approx([0.2, -0.3], abs=0.06)
    assert model.shape_ == pytest.approx([8.0, 8.0], rel=0.6)


@pytest.mark.parametrize("options", [{}, {"prior": 1.0}, {"fit_intercept": False}], ids=str)
def test_model_files_say_the_same(tmp_path, options):
    model = hm.RegressionMixture(2, random_state=0, n_init=2, **options).fit(pd.DataFrame({"dose": X}), Y)
    model.save(tmp_path / "model.hmx")
    again = hm.load(tmp_path / "model.hmx")
    frame = pd.DataFrame({"dose": X})
    assert np.array_equal(again.predict_proba(frame, Y), model.predict_proba(frame, Y))
    assert again.coef_.tolist() == model.coef_.tolist()
    assert again.summary().splitlines()[:4] == model.summary().splitlines()[:4]
    assert again.feature_names_in_.tolist() == ["dose"]


def test_frames_with_other_columns_are_refused():
    model = hm.RegressionMixture(1).fit(pd.DataFrame({"dose": X}), Y)
    with pytest.raises(hm.HiddenmixError) as error:
        model.predict(pd.DataFrame({"time": X}))
    assert error.value.code in ("HM501", "HM502")


# Formulas


FRAME = pd.DataFrame({"y": Y, "x": X, "site": np.where(rng.random(N) < 0.4, "a", "b"), "id": np.arange(N) // 3})


def test_formulas(crossing):
    model = hm.RegressionMixture(2, formula="y ~ x", random_state=0).fit(FRAME)
    assert by_slope(model) == pytest.approx(by_slope(crossing), rel=1e-9)
    model = hm.RegressionMixture(2, formula="y ~ 0 + C(site) + x:C(site)", random_state=0, n_init=3).fit(FRAME)
    assert model.coef_.shape == (2, 4)
    assert not model.intercept_.any()
    few = FRAME[FRAME.site == "a"].head(5)  # levels are those of the fit
    assert model.predict(few) == pytest.approx(model.predict(FRAME)[few.index])
    with pytest.raises(hm.HiddenmixError, match="'c'") as error:
        model.predict(few.assign(site="c"))
    assert error.value.code == "HM503"


def test_formulas_with_groups():
    one = hm.RegressionMixture(2, formula="y ~ x | id", coef_init=LINES).fit(FRAME)
    other = hm.RegressionMixture(2, coef_init=LINES).fit(FRAME[["x"]], Y, groups=FRAME["id"])
    assert one.result_.loglik == pytest.approx(other.result_.loglik, rel=1e-12)
    assert np.array_equal(one.predict_proba(FRAME), other.predict_proba(FRAME[["x"]], Y, groups=FRAME["id"]))


def test_missing_responses_in_formulas():
    frame = FRAME.assign(y=FRAME.y.where(FRAME.index > 4))
    model = hm.RegressionMixture(2, formula="y ~ x", coef_init=LINES).fit(frame)
    want = hm.RegressionMixture(2, coef_init=LINES).fit(X[5:, None], Y[5:])
    assert model.result_.loglik == pytest.approx(want.result_.loglik, rel=1e-12)


@pytest.mark.parametrize("formula", ["y", "y ~", "y ~ x |", "y ~ weight", "y ~ x | nobody", "y ~ x + (", 3])
def test_formulas_that_are_none(formula):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.RegressionMixture(2, formula=formula).fit(FRAME)
    assert error.value.code == "HM433"


def test_formulas_need_formulaic(monkeypatch):
    monkeypatch.setitem(sys.modules, "formulaic", None)
    with pytest.raises(hm.HiddenmixError) as error:
        hm.RegressionMixture(2, formula="y ~ x").fit(FRAME)
    assert error.value.code == "HM408"


@pytest.mark.parametrize(
    ("options", "given", "code"),
    [
        ({"distribution": "cauchy"}, {}, "HM401"),
        ({"variance": "none"}, {}, "HM401"),
        ({"random": ["intercept"]}, {}, "HM434"),
        ({"random": ["intercept"], "distribution": "poisson"}, {"groups": np.arange(N)}, "HM434"),
        ({"shared": ["nobody"]}, {}, "HM435"),
        ({"shared": [1]}, {}, "HM435"),
        ({"distribution": "poisson"}, {"exposure": np.zeros(N)}, "HM435"),
        ({}, {"groups": np.arange(N) // 2, "sample_weight": np.arange(N) % 2 + 1.0}, "HM435"),
        ({}, {"groups": np.arange(3)}, "HM404"),
        ({}, {"offset": np.ones(3)}, "HM404"),
        ({"coef_init": [[1.0]]}, {}, "HM404"),
        ({"prior": -1.0}, {}, "HM403"),
        ({"n_components": 0}, {}, "HM402"),
    ],
)
def test_options_that_cannot_be(options, given, code):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.RegressionMixture(**options).fit(X[:, None], abs(Y).round(), **given)
    assert error.value.code == code


def test_no_response():
    for y in (None, np.full(N, np.nan)):
        with pytest.raises(hm.HiddenmixError) as error:
            hm.RegressionMixture(1).fit(X[:, None], y)
        assert error.value.code in ("HM404", "HM110")


def test_lines_through_too_few_rows_are_told():
    x, y = np.arange(6.0)[:, None], np.array([0.0, 1.0, 2.0, 5.0, 4.0, 7.0])
    with pytest.raises(hm.HiddenmixError) as error:
        hm.RegressionMixture(3, random_state=0, n_init=3).fit(x, y)
    assert error.value.code == "HM205"


def test_given_coefficients_stay():
    known = hm.Known([[1.0, 2.0], [0.0, 0.0]], [[True, True], [False, False]])
    model = hm.RegressionMixture(2, coef=known, random_state=0, n_init=3).fit(X[:, None], Y)
    assert model.intercept_[0] == 1.0
    assert model.coef_[0, 0] == 2.0
    assert model.coef_[1, 0] == pytest.approx(-1.0, abs=0.2)
    assert model.standard_errors()["coef"][0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("given", ["exposure", "trials"])
def test_what_has_no_meaning_is_refused(given):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.RegressionMixture(1).fit(X[:, None], Y, **{given: np.ones(N)})
    assert error.value.code == "HM410"
