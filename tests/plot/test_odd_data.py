"""Pictures of data at the edges: impossible parameters, empty rows, labels without values, odd sizes and digits."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pytest
from scipy.special import xlogy

import hiddenmix as hm
from hiddenmix.plot import (
    ClassificationDisplay,
    ConfusionDisplay,
    ContingencyDisplay,
    HistoryDisplay,
    MergingDisplay,
    PairsDisplay,
    SeriesDisplay,
    TraceDisplay,
    animate,
)
from hiddenmix.plot._bound import bound_curve
from hiddenmix.plot._pictures import Subject, draw
from hiddenmix.plot._view import View


def _counts(seed=0):
    rng = np.random.default_rng(seed)
    return np.r_[rng.binomial(10, 0.97, 30), rng.binomial(10, 0.02, 30)].reshape(-1, 1)


def _rates(seed=0):
    rng = np.random.default_rng(seed)
    return np.r_[rng.poisson(0.05, 40), rng.poisson(5, 40)].reshape(-1, 1)


def _levels(seed=0):
    rng = np.random.default_rng(seed)
    return np.c_[np.repeat([0, 1], [28, 32]), rng.integers(0, 3, 60), np.repeat([0, 1], [20, 40])]


ODD = [
    (hm.BinomialMixture(2, trials=10, random_state=0), _counts()),
    (hm.PoissonMixture(2, random_state=0), _rates()),
    (hm.CategoricalMixture(2, random_state=0), _levels()),
]


@pytest.mark.parametrize(("model", "x"), ODD, ids=["binomial", "poisson", "categorical"])
@pytest.mark.parametrize("last", [False, True])
def test_no_curve_falls_into_a_stand_in_for_the_log_of_nothing(model, x, last):
    view = View.of(model.fit(x), x)
    history = view.history()
    view = view.at(history[-1 if last else 0][1])
    point = view.problem.evaluate(view.params)
    for axis in view.axes():
        curve = bound_curve(view, point, axis)
        assert len(curve.values) > 40, axis.name
        assert 0 < np.ptp(curve.bound) < 1e3, (axis.name, axis.component, axis.column, axis.level)
        assert np.all(curve.bound <= curve.objective + 1e-9 * np.abs(curve.objective))
        # no spike: the last hundredth of the window is not deeper than all of it besides
        inner = curve.bound[1:-1]
        assert np.ptp(curve.bound) <= 3 * np.ptp(inner) + 1e-9, (axis.name, axis.level)


def test_a_rate_whose_bound_has_no_end_at_nothing_is_followed_near_it():
    x = np.r_[np.zeros(40, dtype=int), 1, 6, 7, 8, 9, 10, 11, 7].reshape(-1, 1)
    model = hm.PoissonMixture(2, random_state=0).fit(x)
    view = View.of(model, x)
    axis = min((a for a in view.axes() if a.name == "rate"), key=lambda a: a.value)
    point = view.problem.evaluate(view.params)
    curve = bound_curve(view, point, axis)
    resp = view.resp[:, axis.component]
    heads, mass = float(resp @ x[:, 0]), float(resp.sum())
    expected = xlogy(heads, curve.values / axis.value) - mass * (curve.values - axis.value)
    np.testing.assert_allclose(curve.bound - curve.now[2], expected, atol=1e-8 * abs(curve.now[2]))
    assert curve.values[0] > 0


def _gaps():
    """Two groups, ten rows without a value."""
    rng = np.random.default_rng(1)
    x = np.r_[rng.normal(0, 1, (30, 2)), rng.normal(3, 1, (30, 2))]
    x[:10] = np.nan
    return x


def test_merging_and_series_leave_out_rows_without_a_value():
    x = _gaps()
    model = hm.GaussianMixture(2, random_state=0).fit(x)
    merging = MergingDisplay.from_estimator(model, x).merging
    t = model.predict_proba(x[10:])
    assert merging.entropies[-1] == pytest.approx(-xlogy(t, t).sum(), rel=1e-9)
    assert "over 50 rows" in SeriesDisplay.from_estimator(model, x).words()


def test_a_stepper_has_a_climb_and_a_merging_and_no_confusion():
    x = _gaps()[10:]
    run = hm.GaussianMixture(2, random_state=0).steps(x)
    for _ in range(3):
        run.e()
        run.m()
    run.e()
    trace = TraceDisplay.from_estimator(run)
    np.testing.assert_array_equal(trace.line_.get_ydata(), run.history.objectives)
    assert len(MergingDisplay.from_estimator(run).merging.resp) == 50
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        ConfusionDisplay.from_estimator(run)


@pytest.mark.parametrize("what", ["merging", "bound", "classification", "series"])
def test_a_table_without_a_value_has_no_picture(what):
    model = hm.GaussianMixture(2, random_state=0).fit(_gaps())
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        draw(what, Subject(model, np.full((3, 2), np.nan)))


def test_a_table_without_a_value_has_no_animation():
    model = hm.GaussianMixture(2, random_state=0).fit(_gaps())
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        animate(model, np.full((3, 2), np.nan))


def test_a_label_without_a_value_has_no_table():
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        ContingencyDisplay(np.zeros((2, 0)), ["1", "2"], []).plot()


def test_empty_cells_of_a_table_are_as_the_page_is():
    display = ContingencyDisplay(np.array([[5, 0], [2, 7]]), ["1", "2"], ["u", "v"]).plot()
    alpha = np.asarray(display.image_.get_array())[..., 3]
    assert [alpha[i, j] for i, row in enumerate([[5, 0], [2, 7]]) for j in range(2)] == [1, 0, 1, 1]


def test_a_file_that_fails_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "p.png"
    path.write_bytes(b"before")
    display = ContingencyDisplay(np.array([[5, 0], [2, 7]]), ["1", "2"], ["u", "v"]).plot()

    def full(beside, **_):
        with open(beside, "wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(display.figure_, "savefig", full)
        with pytest.raises(hm.HiddenmixError, match=r"p\.png cannot be written: No space") as raised:
            display.save(path)
    assert raised.value.code == "HM516"
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["p.png"]
    display.save(path)
    assert path.read_bytes()[1:4] == b"PNG"
    with pytest.raises(hm.HiddenmixError, match="HM516"):
        display.save(tmp_path / "nowhere" / "p.png")


def test_a_picture_of_too_many_pixels_is_refused(tmp_path):
    display = ContingencyDisplay(np.array([[5, 0], [2, 7]]), ["1", "2"], ["u", "v"]).plot()
    display.figure_.set_size_inches(60, 60)
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        display.save(tmp_path / "p.png", dpi=1200)
    assert not list(tmp_path.iterdir())


def test_far_from_nothing_ticks_and_means_tell_values_apart():
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, (40, 2)), rng.normal(6, 1, (40, 2))] + 1e9
    model = hm.GaussianMixture(2, random_state=0).fit(x)
    display = ClassificationDisplay.from_estimator(model, x)
    display.figure_.canvas.draw()
    assert all(len(tick.get_text()) < 6 for tick in display.ax_.get_xticklabels())
    assert "1e9" in display.ax_.xaxis.get_offset_text().get_text()
    means = HistoryDisplay.from_estimator(model, x).table_
    assert means[1][2].get_text() != means[2][2].get_text()


def test_few_rows_are_shown_with_whole_ellipses():
    x = np.array([[0, 0], [1, 0.2], [0.3, 2.0]])
    display = ClassificationDisplay.from_estimator(hm.GaussianMixture(1).fit(x), x)
    mean, sd = x.mean(axis=0), x.std(axis=0)
    for (low, high), m, s in zip((display.ax_.get_xlim(), display.ax_.get_ylim()), mean, sd):
        assert low <= m - 2 * s
        assert high >= m + 2 * s


def test_many_panels_of_some_points_are_one_image_each():
    x = np.random.default_rng(0).normal(size=(500, 4))
    display = PairsDisplay.from_estimator(hm.GaussianMixture(1).fit(x), x)
    assert all(points.get_rasterized() for parts in display.points_.values() for points in parts)
