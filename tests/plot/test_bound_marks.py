"""What a picture of the bound says of the M-step: where it goes, which need not be the top along one parameter."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats
from tests.contracts.registry import FAMILIES, VARIANTS, WEIGHTS, K
from tests.engine.support import mixture, start
from tests.plot.test_bound import TABLES, X, check, key, view_of

import hiddenmix as hm
from hiddenmix.plot import BoundDisplay
from hiddenmix.plot._bound import bound_curve
from hiddenmix.plot._view import View


def labels(display):
    """What is written at the foot, without the value now."""
    (foot,) = [artist for artist in display.ax_.artists if hasattr(artist, "get_texts")]
    return [text.get_text() for text in foot.get_texts()][1:]


@pytest.mark.parametrize("name", [name for name in TABLES if not name.endswith(VARIANTS)])
def test_the_value_that_m_goes_to(name):
    """The number beside the mark is the parameter after the M-step, and "the top" is said of none but the top."""
    case = FAMILIES[name]
    view = view_of(hm.Mixture(case.family, K), hm.MixtureParams(WEIGHTS, case.params), case.x.astype(float))
    point = view.problem.evaluate(view.params)
    params = view.problem.update(point)
    after = {key(axis): axis.value for axis in view.at(params).axes()}
    for axis in {axis.name: axis for axis in view.axes()}.values():  # one of each name
        if axis.name.startswith("coordinate"):  # measured from where one stands: the chart's own way back
            there = float(view.model.family.ravel(params.components, view.params.components)[int(axis.name[11:]) - 1])
        else:
            there = after[key(axis)]
        display = BoundDisplay(bound_curve(view, point, axis, m=7), "a parameter").plot()
        curve, told = display.curve, labels(display)
        assert curve.after[0] == pytest.approx(there, rel=1e-12, abs=1e-15)
        assert curve.reached == (abs(there - curve.top[0]) <= 1e-6 * axis.unit)
        if display.after_ is not None:
            assert display.after_.get_xdata()[0] == curve.after[0]
            assert display.after_.get_ydata()[0] == pytest.approx(view.problem.bound(axis.at(there), point))
            assert told[-1].startswith("M moves all parameters, this one to ")
        if curve.reached:
            assert display.after_ is None
            assert "that is the M-step's value" in display.words()
            assert not told or told[0].startswith("M goes to the top: ")
        else:
            assert not any("goes to the top" in text for text in told)
            assert f"this one to {there:.6g}." in display.words()
        for text in told:
            if text.startswith("M"):
                assert float(text.split()[-1]) == pytest.approx(there, rel=1e-3, abs=1e-12)
        plt.close(display.figure_)


def test_which_parameters_m_takes_to_their_top():
    """Weights, probabilities, rates, and means under a diagonal covariance: q falls apart into one part for each."""
    exact = {"mean-diag": True, "mean-spherical": True, "mean-full": False, "mean-tied": False, "weight": True}
    for shape in ("full", "tied", "diag", "spherical"):
        view = view_of(mixture(shape), start(X, shape), X)
        view = view.at(view.problem.update(view.problem.evaluate(view.params)))  # covariances that correlate columns
        point = view.problem.evaluate(view.params)
        for name in ("mean", "weight"):
            reached = [bound_curve(view, point, a, m=5).reached for a in view.axes() if a.name == name]
            assert set(reached) == {exact[name if name == "weight" else f"mean-{shape}"]}, (shape, name)


def test_red_and_blue_the_standard_deviation_that_m_goes_to():
    """By hand: with the mean as it is the best variance is the mean square about it, after M it is the variance."""
    x = hm.datasets.redblue().data
    given = {"weights": "equal", "means_init": [[1.1], [9]], "stds_init": [2, 1.7]}
    run = hm.GaussianMixture(2, **given).steps(x).e()
    pdf = np.stack([stats.norm(1.1, 2).pdf(x[:, 0]), stats.norm(9, 1.7).pdf(x[:, 0])])
    red = pdf[0] / pdf.sum(axis=0)
    mean = np.average(x[:, 0], weights=red)
    alone, moved = (np.sqrt(np.average((x[:, 0] - m) ** 2, weights=red)) for m in (1.1, mean))
    display = BoundDisplay.from_estimator(run, parameter="standard deviation", component=0)
    assert alone > 2 > moved  # one could not be farther from the truth by saying that M goes to the top
    assert display.top_.get_xdata()[0] == pytest.approx(alone, abs=1e-6)
    assert display.after_.get_xdata()[0] == pytest.approx(moved, abs=1e-12)
    assert labels(display) == [
        f"highest along this parameter: {alone:.4g}", f"M moves all parameters, this one to {moved:.4g}",
    ]  # fmt: skip
    over = BoundDisplay.from_estimator(run.m(), parameter="standard deviation", component=0)
    assert over.now_.get_label() == f"M went to the top: {moved:.4g}"  # now that all others are there, too
    assert labels(over) == []


def test_a_difference_that_is_small_is_told_in_digits():
    """Old Faithful, the mean of waiting under a full covariance, one digit apart."""
    X2 = hm.datasets.faithful().data
    model = hm.GaussianMixture(2, random_state=0).fit(X2)
    display = BoundDisplay.from_estimator(model, X2, parameter="mean", component=0, column=1, iteration=1)
    goes = [float(text.split()[-1]) for text in labels(display)]
    assert len(set(goes)) == len(goes)
    history = View.of(model, X2).history()
    assert display.curve.after[0] == pytest.approx(history[2][1].components.mean[0, 1], rel=1e-9)
    assert not display.curve.reached


def test_an_m_step_that_fails_is_told():
    """Component 2 has one value to itself: the bound rises without end as its spread falls."""
    x = np.array([[0.0], [1.0], [2.0], [3.0], [40.0]])
    model = hm.GaussianMixture(2, means_init=[[1.5], [40.0]], stds_init=[1.0, 0.1], weights="equal")
    run = model.steps(x)
    view = View.of(run)
    point = view.problem.evaluate(run.params)
    display = BoundDisplay(bound_curve(view, point, view.axes()[0], m=9), "mean of component 1").plot()
    assert display.curve.after is None
    assert display.after_ is None
    assert "collapses" in display.words()
    assert not any("M" in text for text in labels(display))


def test_the_standard_deviation_of_a_tied_covariance():
    """In one column all components share one, which moves them all."""
    view = view_of(mixture("tied"), start(X[:, :1], "tied"), X[:, :1])
    check(view)
    (axis,) = [axis for axis in view.axes() if axis.name == "standard deviation"]
    assert axis.component is None
    moved = axis.at(2.5).components
    assert view.at(axis.at(2.5)).ellipsoids([0])[1].ravel() == pytest.approx([6.25] * 3)
    assert axis.read(axis.at(2.5)) == pytest.approx(2.5)
    np.testing.assert_array_equal(moved.mean, view.params.components.mean)
    model = hm.GaussianMixture(2, covariance_type="tied", random_state=0).fit(X[:, :1])
    display = BoundDisplay.from_estimator(model, X[:, :1], parameter="standard deviation")
    assert display.of == "standard deviation of all components"
    assert BoundDisplay.from_estimator(model, X[:, :1], parameter="standard deviation", component=1).of == display.of


KNOWN_WEIGHTS = {
    "some": (hm.Known([0.5, 0.0, 0.0], where=[True, False, False]), {1: 0.5, 2: 0.5}),
    "all but one": (hm.Known([0.5, 0.2, 0.0], where=[True, True, False]), {}),
    "groups": (hm.GroupWeights(np.array([0, 1, 1]), np.array([0.4, 0.6])), {1: 0.6, 2: 0.6}),
    "none": ("free", {0: 1.0, 1: 1.0, 2: 1.0}),
}


@pytest.mark.parametrize("known", KNOWN_WEIGHTS)
def test_weights_move_among_those_that_are_free(known):
    weights, shares = KNOWN_WEIGHTS[known]
    model = hm.Mixture(hm.Normal(), 3, weights=weights)
    view = view_of(model, model.conform(start(X, "full")), X)
    found = {axis.component: axis for axis in view.axes() if axis.name == "weight"}
    assert {j: pytest.approx(axis.high) for j, axis in found.items()} == shares
    for axis in found.values():
        moved = axis.at(0.3)
        assert moved.weights[axis.component] == axis.read(moved) == pytest.approx(0.3)
        np.testing.assert_allclose(model.conform(moved).weights, moved.weights, rtol=1e-12)
    if found:
        check(view, most=len(view.axes()))
