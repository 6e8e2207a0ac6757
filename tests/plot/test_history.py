"""The history picture of red and blue: published figures, curves recomputed with SciPy, the table, counts as steps."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from scipy import stats

import hiddenmix as hm
from hiddenmix.plot import HistoryDisplay
from hiddenmix.plot._colours import colours
from hiddenmix.plot._profile_numbers import profiles
from hiddenmix.plot._view import View

REDBLUE = hm.datasets.redblue()
X = REDBLUE.data


def twenty():
    run = hm.GaussianMixture(2, weights="equal", means_init=[[1.1], [9]], stds_init=[2, 1.7]).steps(X)
    for _ in range(20):
        run.em()
    return run.e()


def test_published_figures_in_the_table():
    """REFERENCE: after 20 iterations 2.910 / 0.854 and 6.838 / 2.227; known colours as the write-up prints them."""
    display = HistoryDisplay.from_estimator(twenty(), known={"blue": (6.932, 2.195), "red": (2.802, 0.871)})
    table = [[cell.get_text() for cell in line] for line in display.table_]
    assert table == [
        ["mean (sd)", "start", "after 20 steps", "known"],
        ["component 1", "1.1 (2)", "2.91 (0.854)", "red 2.802 (0.871)"],
        ["component 2", "9 (1.7)", "6.838 (2.23)", "blue 6.932 (2.19)"],
    ]
    assert "from 9 (1.7) to 6.838 (2.23)" in display.words()


def test_known_labels_are_recomputed():
    """REFERENCE: the draws today give red 2.81321 / 0.80011 and blue 6.97255 / 2.03884."""
    labels = next(iter(REDBLUE.labels.values()))
    display = HistoryDisplay.from_estimator(twenty(), known=labels)
    (red, a, s), (blue, b, t) = display.known
    assert (red, blue) == ("red", "blue")
    np.testing.assert_allclose([a, s, b, t], [2.81321, 0.80011, 6.97255, 2.03884], atol=5e-6)


def test_curves_of_every_iteration():
    display = HistoryDisplay.from_estimator(twenty())
    assert len(display.curves_) == 21
    for t, (means, sds) in enumerate(zip(display.means, display.sds)):
        for j, line in enumerate(display.curves_[t]):
            np.testing.assert_allclose(
                line.get_ydata(), stats.norm(means[j], sds[j]).pdf(line.get_xdata()), rtol=1e-9, atol=1e-300
            )
            assert to_rgb(line.get_color()) == pytest.approx(tuple(colours(2)[j]))
    strengths = [lines[0].get_alpha() for lines in display.curves_]
    assert strengths == sorted(strengths)
    assert strengths[0] < 0.25
    assert strengths[-1] == 1
    for j, line in enumerate(display.means_):
        assert line.get_linestyle() not in ("-", "None")
        assert list(line.get_xdata()) == [display.means[-1, j]] * 2
        peak = np.max(display.curves_[-1][j].get_ydata())
        assert line.get_ydata()[1] == pytest.approx(peak)


def test_dots_are_between_the_colours_by_membership():
    run = twenty()
    display = HistoryDisplay.from_estimator(run)
    np.testing.assert_allclose(display.dots_.get_offsets()[:, 0], X[:, 0])
    np.testing.assert_allclose(display.dots_.get_offsets()[:, 1], 0)
    parts = np.stack([stats.norm(m, s).pdf(X[:, 0]) for m, s in zip(display.means[-1], display.sds[-1])], axis=1)
    resp = parts / parts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(display.dots_.get_facecolors()[:, :3], resp @ colours(2), atol=1e-9)


def test_counts_are_steps():
    x = np.random.default_rng(0).poisson(np.where(np.arange(90) < 30, 2.0, 9.0))[:, None].astype(float)
    x[3] = np.nan
    model = hm.PoissonMixture(2, random_state=0).fit(x)
    display = HistoryDisplay.from_estimator(model, x)
    assert len(display.x) == 89
    for line, rate in zip(display.curves_[-1], model.rates_[:, 0]):
        assert line.get_drawstyle() == "steps-mid"
        np.testing.assert_allclose(line.get_ydata(), stats.poisson(rate).pmf(line.get_xdata()), rtol=1e-9)
    assert display.table_[0][0].get_text() == "mean"


def test_a_column_of_several_by_name_with_an_odd_name():
    import pandas as pd

    table = pd.DataFrame(hm.datasets.faithful().data, columns=["a", "$b_1$"])
    model = hm.GaussianMixture(2, random_state=0).fit(table)
    display = HistoryDisplay.from_estimator(model, table, column="$b_1$")
    spread = np.sqrt(model.covariances_[:, 1, 1])
    for line, mean, sd in zip(display.curves_[-1], model.means_[:, 1], spread):
        np.testing.assert_allclose(line.get_ydata(), stats.norm(mean, sd).pdf(line.get_xdata()), rtol=1e-9)
    assert display.ax_.get_xlabel() == r"\$b_1\$"
    display.figure_.canvas.draw()


def test_many_rows_are_sampled_and_it_is_said():
    x = np.random.default_rng(0).normal(size=(25_000, 1))
    run = hm.GaussianMixture(2, random_state=0).steps(x).e()
    display = HistoryDisplay.from_estimator(run)
    assert len(display.dots_.get_offsets()) == 20_000
    assert "Of 25000 rows a random sample of 20000" in display.words()
    assert display.dots_.get_rasterized()


def test_what_has_no_history():
    x = np.array([["a"], ["b"], ["a"], ["b"]], dtype=object)
    model = hm.CategoricalMixture(1, random_state=0).fit(x)
    with pytest.raises(hm.HiddenmixError, match="ProfilesDisplay") as refused:
        HistoryDisplay.from_estimator(model, x)
    assert refused.value.code == "HM416"
    with pytest.raises(hm.HiddenmixError) as refused:
        HistoryDisplay.from_estimator(twenty(), column="weight")
    assert refused.value.code == "HM416"
    with pytest.raises(hm.HiddenmixError) as refused:
        HistoryDisplay.from_estimator(twenty(), known=["red"])
    assert refused.value.code == "HM416"


@pytest.mark.filterwarnings("error")
def test_a_component_of_weight_zero_has_its_curve():
    """The density of a component does not depend on its weight."""
    model = hm.GaussianMixture.from_parameters([1.0, 0.0], [[2.8], [6.9]], [[[0.81]], [[4.0]]])
    display = HistoryDisplay.from_estimator(model, X)
    for line, (mean, sd) in zip(display.curves_[-1], ((2.8, 0.9), (6.9, 2.0))):
        np.testing.assert_allclose(line.get_ydata(), stats.norm(mean, sd).pdf(line.get_xdata()), rtol=1e-9, atol=1e-300)
    counts = np.array([[1.0], [3], [2], [0], [4]])
    view = View.of(hm.PoissonMixture(2, random_state=0).fit(counts), counts)
    (profile,) = profiles(view.at(hm.MixtureParams([1.0, 0.0], hm.PoissonParams([[2.0], [5.0]]))))
    expected = stats.poisson(np.array([[2.0], [5.0]])).pmf(profile.points)
    np.testing.assert_allclose(profile.probability, expected, rtol=1e-9)
