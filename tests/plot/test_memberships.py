"""Pictures of rows in components, recomputed by other means: bars, tables against classes and labelings, series."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.plot.refusing import refused

import hiddenmix as hm
from hiddenmix import plot
from hiddenmix.datasets import load
from hiddenmix.plot._colours import colours


class TestResponsibilities:
    def test_bars_are_the_memberships_in_order(self, fitted, penguins):
        display = plot.ResponsibilitiesDisplay.from_estimator(fitted, penguins.data)
        resp = fitted.predict_proba(penguins.data)
        resp = resp[~np.isnan(penguins.data).all(axis=1)]
        assert len(display.order_) == len(resp) == 342
        label, highest = resp.argmax(axis=1)[display.order_], resp.max(axis=1)[display.order_]
        assert (np.diff(label) >= 0).all()
        same = np.diff(label) == 0
        assert (np.diff(highest)[same] <= 0).all()
        base = np.zeros(len(resp))
        for j, bar in enumerate(display.bars_):
            low, high = edges(bar, len(resp))
            np.testing.assert_allclose(low, base, atol=1e-12)
            np.testing.assert_allclose(high - low, resp[display.order_, j], atol=1e-12)
            np.testing.assert_allclose(bar.get_facecolor()[0, :3], colours(3)[j])
            base = high
        np.testing.assert_allclose(base, 1.0)

    def test_few_rows_keep_their_order_and_names(self):
        resp = np.array([[0.2, 0.8], [1.0, 0.0], [0.5, 0.5]])
        display = plot.ResponsibilitiesDisplay(resp, rows=["a$b$", "", "third"]).plot()
        widths = np.array([[patch.get_width() for patch in bar] for bar in display.bars_]).T
        np.testing.assert_allclose(widths, resp)
        assert [t.get_text() for t in display.ax_.get_yticklabels()] == [r"a\$b\$", "(unnamed)", "third"]

    def test_many_rows_are_thinned_and_the_picture_says_so(self):
        resp = np.random.default_rng(0).dirichlet([0.5, 0.5, 0.5], size=50_000)
        display = plot.ResponsibilitiesDisplay(resp).plot()
        assert len(display.order_) == 2000
        assert "50000 rows, 2000 of them drawn" in display.ax_.get_title()
        assert f"{(resp.max(axis=1) < 0.9).sum()} are unsure" in display.words()


def edges(bar, n):
    """Lower and upper edge of a filled step at the middle of each of n rows."""
    path = bar.get_paths()[0].vertices
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    for a, b in pairwise(path):
        if abs(b[0] - a[0]) > 0.5:  # the level of one row
            i = int(min(a[0], b[0]))
            low[i], high[i] = min(low[i], a[1]), max(high[i], a[1])
    return low, high


class TestConfusion:
    def test_cells_are_weights_of_rows(self, penguins):
        x, y = penguins.data, np.array(penguins.labels["species"], dtype=object)
        sizes = {"Adelie": 2, "Chinstrap": 1, "Gentoo": 2}
        model = hm.MixtureDiscriminant(sizes, random_state=0).fit(x, y)
        display = plot.ConfusionDisplay.from_estimator(model, x, y)
        np.testing.assert_allclose(display.table, model.subclass_confusion(x, y))
        wrong = int((model.predict(x) != y).sum())
        assert f"{wrong} of 344 rows" in display.ax_.get_title()
        assert [t.get_text() for t in display.ax_.get_yticklabels()] == list(model.subclass_names_)

    def test_shade_is_the_share_of_the_subclass(self):
        table = np.array([[8.0, 2.0], [0.0, 5.0], [1.0, 3.0]])
        display = plot.ConfusionDisplay(table, [0, 1, 0], ["a 1", "b 1", "a 2"], ["a", "b"]).plot()
        assert display.order_.tolist() == [0, 2, 1]
        shares = np.array([[0.8, 0.2], [0.25, 0.75], [0.0, 1.0]])
        red, blue = colours(2)
        own = np.array([[1, 0], [1, 0], [0, 1]])[..., None]
        expected = 1 - 0.85 * shares[..., None] * (1 - np.where(own, blue, red))
        np.testing.assert_allclose(display.image_.get_array()[..., :3], expected, atol=1e-12)
        assert "Subclass a 2 has 3 of them, mostly taken for b" in display.words()

    def test_the_report_and_other_classifiers(self):
        rng = np.random.default_rng(2)
        x = np.concatenate([rng.normal(m, 1.0, (40, 2)) for m in ((0, 0), (6, 0), (3, 0))])
        y = np.repeat(["out", "out", "in"], 40)
        model = hm.SubclassClassifier(LogisticRegression(), {"out": 2, "in": 1}, random_state=0).fit(x, y)
        display = plot.ConfusionDisplay.from_estimator(model, x, y)
        assert display.table.sum() == pytest.approx(120)
        by_class = np.array([display.table[model.subclass_classes_ == c].sum(axis=0) for c in range(2)])
        truth = np.array([[((y == a) & (model.predict(x) == b)).sum() for b in model.classes_] for a in model.classes_])
        np.testing.assert_allclose(by_class, truth, atol=1e-9)
        hard = hm.hard_subclasses(hm.MixtureDiscriminant({"out": 2, "in": 1}, random_state=0), x, y, cv=3)
        told = plot.ConfusionDisplay.from_report(hard)
        np.testing.assert_allclose(told.table, hard.confusion)
        assert [told.classes[c] for c in told.group] == [name.rpartition(" ")[0] for name in told.names]
        refused("HM416", plot.ConfusionDisplay.from_estimator, hm.GaussianMixture(1).fit(x), x, y)


class TestContingency:
    def test_matches_are_on_the_diagonal(self):
        counts = np.array([[1, 30, 2], [4, 0, 20], [25, 1, 0], [3, 3, 3]])
        display = plot.ContingencyDisplay(counts, "wxyz", ["a", "b", "c"], "kind").plot()
        assert display.rows_.tolist() == [0, 1, 2, 3]
        assert display.columns_.tolist() == [1, 2, 0]
        drawn = counts[np.ix_(display.rows_, display.columns_)]
        assert (drawn[np.arange(3), np.arange(3)] == [30, 20, 25]).all()
        shares = drawn / drawn.sum(axis=1, keepdims=True)
        expected = 1 - 0.85 * shares[..., None] * (1 - colours(2)[1])
        np.testing.assert_allclose(display.image_.get_array()[..., :3], expected, atol=1e-12)
        assert "75 of 92 rows" in display.words()

    def test_of_many_levels_the_rest_is_counted_together(self):
        rng = np.random.default_rng(0)
        counts = rng.poisson(3, size=(3, 40))
        display = plot.ContingencyDisplay(counts, range(3), range(40)).plot()
        texts = {(t.get_position()): t.get_text() for t in display.ax_.texts}
        rest = counts[np.ix_(display.rows_, np.setdiff1d(np.arange(40), display.columns_))].sum(axis=1)
        assert [int(texts[(12, i)]) for i in range(3)] == rest.tolist()
        assert display.ax_.get_xticklabels()[-1].get_text() == "28 others"

    def test_of_a_comparison(self, penguins):
        known = {name: penguins.labels[name] for name in ("species", "sex")}
        found = hm.compare(penguins.labels["island"], known, n_permutations=99)
        display = plot.ContingencyDisplay.from_comparison(found, "species")
        np.testing.assert_array_equal(display.counts, found["species"].table.counts)
        assert f"{found['species'].adjusted_rand:.3f}" in display.ax_.get_title()
        assert plot.ContingencyDisplay.from_comparison(found).labeling == "species"
        refused("HM413", plot.ContingencyDisplay.from_comparison, found, "colour")

    def test_the_labeling_that_goes_best_is_shown(self):
        """One of six levels that halves each cluster explains all, and fits worse than one that is nearly the same."""
        rng = np.random.default_rng(0)
        clusters = np.repeat(np.arange(3), 60)
        close = np.where(rng.random(180) < 0.02, (clusters + 1) % 3, clusters)
        fine = 4 * clusters + rng.integers(0, 4, 180)
        found = hm.compare(clusters, {"fine": fine, "close": close}, n_permutations=99)
        assert found["fine"].explained > found["close"].explained
        assert found["close"].adjusted_mutual_info > found["fine"].adjusted_mutual_info
        assert plot.ContingencyDisplay.from_comparison(found).labeling == "close"


class TestSeries:
    def test_rows_stand_in_their_order_of_time(self):
        x = load("earthquakes").data
        model = hm.PoissonMixture(3, random_state=0).fit(x)
        years = np.arange(1900, 1900 + len(x))
        mixed = np.random.default_rng(0).permutation(len(x))
        display = plot.SeriesDisplay.from_estimator(model, x[mixed], time=years[mixed], time_name="year")
        np.testing.assert_array_equal(display.dots_.get_offsets(), np.column_stack([years, x[:, 0]]))
        label = model.predict(x)
        np.testing.assert_allclose(display.steps_.get_ydata(), model.rates_[label, 0])
        assert f"changes {(np.diff(label) != 0).sum()} time" in display.words()
        low, high = (np.array(v) for v in zip(*(edges_at(bar, years) for bar in display.ribbon_)))
        np.testing.assert_allclose((high - low).T, model.predict_proba(x), atol=1e-12)

    def test_dates_missing_values_and_refusals(self, fitted, penguins):
        x = penguins.data[:40]
        days = np.datetime64("2007-11-11") + np.arange(40)
        display = plot.SeriesDisplay.from_estimator(fitted, x, time=days, column="x3")
        assert display.column == "x3"
        display.figure_.canvas.draw()
        refused("HM404", plot.SeriesDisplay.from_estimator, fitted, x, time=days[:3])
        refused("HM416", plot.SeriesDisplay.from_estimator, fitted, x, column=4)


def edges_at(bar, times):
    """Lower and upper edge of a filled step at each time."""
    path = bar.get_paths()[0].vertices
    low, high = np.full(len(times), np.inf), np.full(len(times), -np.inf)
    for a, b in pairwise(path):
        if abs(b[0] - a[0]) > 0.4:
            i = int(np.searchsorted(times, min(a[0], b[0])))
            low[i], high[i] = min(low[i], a[1]), max(high[i], a[1])
    return low, high
