"""The lower bound along one parameter: exact, for every family, prior and kind of knowledge; and its picture."""

import numpy as np
import pytest
from scipy import stats
from tests.contracts.registry import FAMILIES, WEIGHTS, K
from tests.engine.support import blobs, holes, mixture, start

import hiddenmix as hm
from hiddenmix.batch import Evidence
from hiddenmix.plot import BoundDisplay
from hiddenmix.plot._bound import bound_curve
from hiddenmix.plot._view import View

X = blobs(90, seed=5)


def view_of(model, params, x, weight=None, evidence=None):
    """A view as `View.of` makes it, of models that no estimator makes."""
    d = x.shape[1]
    rows = hm.Rows(x, weight, evidence)
    names = tuple(f"component {j + 1}" for j in range(len(params.weights)))
    return View(model.prepare(rows), params, x, ("x",) * d, (None,) * d, names, weight, evidence)


def brute(view, params):
    """Log-likelihood plus log prior, rows one by one."""
    model = view.model
    log_prob = np.asarray(model.family.log_prob(params.components, view.values))
    with np.errstate(divide="ignore"):
        joint = log_prob + np.log(params.weights)
    if view.evidence is not None:
        joint = joint + view.evidence.log_weights()
    each = np.logaddexp.reduce(joint, axis=1)
    weight = 1.0 if view.weight is None else view.weight
    return float(np.sum(weight * each)) + model.log_prior(params)


def check(view, *, most=3):
    """The promises of a curve, after an E-step and after the M-step that follows it."""
    problem = view.problem
    point = problem.evaluate(view.params)
    found = view.axes()
    assert found
    chosen = [found[i] for i in np.unique(np.linspace(0, len(found) - 1, most).astype(int))]
    gaps = []
    for axis in chosen:
        curve = bound_curve(view, point, axis, m=9)
        scale = 1e-9 * (1 + abs(point.objective))
        assert np.all(np.diff(curve.values) > 0)
        assert axis.value in curve.values
        assert curve.values[0] >= axis.low
        assert curve.values[-1] <= axis.high
        assert np.all(np.isfinite([curve.objective, curve.bound]))
        assert curve.touching
        assert curve.now[1] == pytest.approx(point.objective, abs=scale)
        assert np.all(curve.objective - curve.bound >= -scale)
        assert np.all(curve.bound <= curve.top[1] + scale)
        assert curve.top[1] >= curve.now[2] - scale
        gaps.append(np.max(curve.objective - curve.bound))
        for i in (0, len(curve.values) // 3, -1):
            assert curve.objective[i] == pytest.approx(brute(view, axis.at(curve.values[i])), abs=10 * scale)
    assert max(gaps) > 1e-3  # a bound that is the objective everywhere has nothing to show
    after = view.at(problem.update(point))
    same = {key(a): a for a in after.axes()}
    for axis in chosen:
        axis = same.get(key(axis))
        if axis is None:
            continue
        curve = bound_curve(after, point, axis, m=9)
        scale = 1e-9 * (1 + abs(point.objective))
        assert curve.now[2] >= point.objective - scale  # M goes up on the bound
        assert np.all(curve.objective - curve.bound >= -scale)
        assert curve.top[1] == pytest.approx(curve.now[2], abs=1e-7 * (1 + abs(point.objective)))  # to its top
        assert curve.after[0] == pytest.approx(axis.value, abs=1e-12 * (1 + abs(axis.value)))  # it is there


def key(axis):
    return axis.name, axis.component, axis.column, axis.level


TABLES = sorted(name for name, case in FAMILIES.items() if isinstance(case.x, np.ndarray))


@pytest.mark.parametrize("name", TABLES)
def test_every_family(name):
    case = FAMILIES[name]
    check(view_of(hm.Mixture(case.family, K), hm.MixtureParams(WEIGHTS, case.params), case.x.astype(float)))


OPTIONS = [{}, {"prior": "conjugate"}, {"concentration": 4.0}, {"reg_covar": 0.3}, {"weights": "equal"}]
KNOWLEDGE = {
    "plain": {},
    "weights": {"weight": np.arange(90.0) % 4},
    "labels": {"evidence": Evidence.from_labels(np.where(np.arange(90) < 10, np.arange(90) % 3, -1), 3)},
}


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(o) or "plain")
def test_priors_and_penalties(shape, options):
    for x in (X, holes(X, 0.3)):
        check(view_of(mixture(shape, **options), start(x, shape), x), most=2)


@pytest.mark.parametrize("knowledge", KNOWLEDGE)
def test_weights_and_known_labels(knowledge):
    view = view_of(mixture("full", prior="conjugate"), start(X, "full"), X, **KNOWLEDGE[knowledge])
    check(view)


def test_an_estimator_with_a_prior_and_known_labels():
    labels = [0, 1, *[None] * 88]
    model = hm.GaussianMixture(3, prior="conjugate", random_state=0).fit(X, known_labels=labels)
    check(View.of(model, X, known_labels=labels))


def test_pseudo_counts():
    counts = np.random.default_rng(1).poisson(np.where(np.arange(80) < 30, 2.0, 9.0))[:, None]
    model = hm.PoissonMixture(2, prior=(2, 1), random_state=0).fit(counts)
    check(View.of(model, counts))


def test_a_window_shows_the_marks_and_stays_within_bounds():
    """The first step of the coins: both marks lie inside, and neither bound nor window leaves 0 to 1."""
    heads = np.array([[5.0], [9], [8], [4], [7]])
    run = hm.BinomialMixture(2, trials=10, weights="equal").steps(heads)
    for params in (run.params, hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.999], [0.001]]))):
        view = View.of(run).at(params)
        point = view.problem.evaluate(params)
        for axis in view.axes():
            curve = bound_curve(view, point, axis)
            assert 0 <= curve.values[0] <= min(axis.value, curve.top[0])
            assert max(axis.value, curve.top[0]) <= curve.values[-1] <= 1
            assert len(curve.values) > 60


# The picture

HEADS = np.array([[5.0], [9], [8], [4], [7]])


def coins():
    return hm.BinomialMixture(2, trials=10, weights="equal", probabilities_init=[[0.6], [0.5]], random_state=0)


def binomial_loglik(a, b):
    pmf = np.stack([stats.binom.pmf(HEADS[:, 0], 10, p) for p in (a, b)])
    return np.log(0.5 * pmf.sum(axis=0)).sum()


def test_coins_drawn():
    """REFERENCE: the first step takes 0.6 to 0.7130122354; both curves recomputed with SciPy."""
    display = BoundDisplay.from_estimator(coins().fit(HEADS), HEADS)
    x, y = display.objective_.get_data()
    np.testing.assert_allclose(y, [binomial_loglik(p, 0.5) for p in x], rtol=1e-9)
    joint = np.stack([stats.binom.pmf(HEADS[:, 0], 10, p) for p in (0.6, 0.5)])
    resp = joint / joint.sum(axis=0)
    x, y = display.bound_.get_data()
    expected = [
        np.sum(resp * np.log(0.5 * np.stack([stats.binom.pmf(HEADS[:, 0], 10, q) for q in (p, 0.5)]) / resp)) for p in x
    ]
    np.testing.assert_allclose(y, expected, rtol=1e-9)  # sum r log(w p / r), the bound from its definition
    assert display.now_.get_xdata()[0] == 0.6
    assert display.now_.get_ydata()[0] == pytest.approx(binomial_loglik(0.6, 0.5), abs=1e-9)
    assert display.top_.get_xdata()[0] == pytest.approx(0.7130122354, abs=1e-7)
    assert display.ax_.get_xlabel() == "probability of component 1"
    assert "touches at 0.6" in display.words()


def test_e_touches_and_m_slides_to_the_top():
    run = coins().steps(HEADS)
    with pytest.raises(hm.HiddenmixError, match="E-step") as refused:
        BoundDisplay.from_estimator(run)
    assert refused.value.code == "HM421"
    touching = BoundDisplay.from_estimator(run.e(), component=0)
    assert touching.curve.touching
    below = BoundDisplay.from_estimator(run.m(), component=0)
    assert not below.curve.touching
    assert below.curve.now[0] == pytest.approx(touching.curve.top[0], abs=1e-7)
    assert below.now_.get_ydata()[0] == pytest.approx(run.bound, abs=1e-9)
    assert below.curve.now[1] == pytest.approx(run.objective, abs=1e-9)
    assert "below" in below.words()


def test_choosing_the_parameter_and_the_iteration():
    import pandas as pd

    table = pd.DataFrame(hm.datasets.faithful().data, columns=["eruptions", "waiting"])
    model = hm.GaussianMixture(2, random_state=0).fit(table)
    display = BoundDisplay.from_estimator(
        model, table, parameter="mean", component=1, column="waiting", iteration=model.n_iter_
    )
    assert display.of == "mean of component 2 in waiting"
    assert display.curve.now[0] == pytest.approx(model.means_[1, 1])
    assert display.curve.top[0] == pytest.approx(model.means_[1, 1], abs=0.1)  # the fit has converged
    weight = BoundDisplay.from_estimator(model, table, parameter="weight", component="component 1", iteration=0)
    assert weight.of == "weight of component 1"
    for wrong in ({"parameter": "rate"}, {"component": 2}, {"column": "weight"}):
        with pytest.raises(hm.HiddenmixError) as refused:
            BoundDisplay.from_estimator(model, table, **wrong)
        assert refused.value.code == "HM416"
    with pytest.raises(hm.HiddenmixError) as refused:
        BoundDisplay.from_estimator(model, table, iteration=10_000)
    assert refused.value.code == "HM421"


def test_by_default_gap_and_step_can_be_seen():
    """Of two components that hardly overlap there is hardly a gap to see."""
    X2 = hm.datasets.faithful().data
    for k, gap in ((2, 0.01), (3, 0.05)):
        display = BoundDisplay.from_estimator(hm.GaussianMixture(k, random_state=0).fit(X2), X2)
        curve = display.curve
        height = curve.objective.max() - curve.bound.min()
        assert np.max(curve.objective - curve.bound) > gap * height
        assert abs(curve.top[0] - curve.now[0]) > 0.04 * (curve.values[-1] - curve.values[0])


def test_a_prior_is_in_both_curves_and_said():
    model = hm.GaussianMixture(2, prior="conjugate", random_state=0).fit(X)
    display = BoundDisplay.from_estimator(model, X)
    assert display.ax_.get_ylabel() == "log-likelihood + log prior"
    assert BoundDisplay.from_estimator(hm.GaussianMixture(2, random_state=0).fit(X), X).ax_.get_ylabel() == (
        "log-likelihood"
    )
