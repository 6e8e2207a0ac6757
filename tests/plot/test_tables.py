"""Pictures of tables and bars: what is drawn is recomputed by other means."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

import hiddenmix as hm
from hiddenmix import plot
from hiddenmix._errors import HiddenmixError
from hiddenmix.datasets import load
from hiddenmix.plot._colours import colours
from hiddenmix.plot._display import label_text
from hiddenmix.plot.selection import Panel
from hiddenmix.select import Candidate, Criteria, Selection


@pytest.fixture(scope="module")
def penguins():
    return load("penguins")


@pytest.fixture(scope="module")
def fitted(penguins):
    model = hm.GaussianMixture([1, 2, 3], covariance_type=["full", "tied"], n_init=2, random_state=0)
    return model.fit(penguins.data)


def tried(k, shape, bic, told=""):
    return Candidate(k, shape, None, Criteria(0.0, 1, 1.0, bic - 1, bic, bic + 1, bic + 2), None, told)


def refused(code, function, *arguments, **options):
    with pytest.raises(HiddenmixError) as caught:
        function(*arguments, **options)
    assert caught.value.code == code
    return caught.value


class TestSelection:
    def test_lines_are_the_criteria_and_the_ring_the_lowest(self, fitted):
        display = plot.SelectionDisplay.from_estimator(fitted)
        assert [p.criterion for p in display.panels] == ["icl", "bic"]
        for name, lines, ring in zip(("icl", "bic"), display.lines_, display.chosen_):
            lowest = np.inf, None
            for shape, line in lines.items():
                own = {c.n_components: c.criteria[name] for c in fitted.selection_.candidates if c.shape == shape}
                assert dict(zip(line.get_xdata(), line.get_ydata())) == own
                lowest = min(lowest, *((value, k) for k, value in own.items()))
            assert (ring.get_ydata()[0], ring.get_xdata()[0]) == lowest

    def test_what_was_set_aside_has_a_cross_and_no_place_on_the_line(self):
        grid = (tried(1, "full", 30.0), tried(2, "full", 20.0), tried(3, "full", -500.0, "too few rows carry it"))
        display = plot.SelectionDisplay([Panel(Selection(grid, "bic"), "bic")]).plot()
        assert display.lines_[0]["full"].get_xdata().tolist() == [1, 2]
        crosses = [line for line in display.ax_.lines if line.get_marker() == "x"]
        assert [line.get_xdata().tolist() for line in crosses] == [[3.0]]
        assert display.chosen_[0].get_xdata() == [2]
        assert "Set aside: full,3" in display.words()

    def test_one_bad_shape_does_not_hide_the_choice(self):
        grid = [tried(k, "full", 100.0 + (k - 3) ** 2) for k in range(1, 7)]
        grid += [tried(k, "spherical", 9000.0 + k) for k in range(1, 3)]
        display = plot.SelectionDisplay([Panel(Selection(tuple(grid), "bic"), "bic")]).plot()
        assert display.ax_.get_ylim()[1] < 200
        assert "beyond: spherical" in display.ax_.get_title(loc="right")

    def test_criteria_that_are_asked_for(self, fitted):
        assert len(plot.SelectionDisplay.from_estimator(fitted, criteria="aic").panels) == 1
        refused("HM401", plot.SelectionDisplay.from_estimator, fitted, criteria="dic")

    def test_model_files_keep_it(self, fitted, tmp_path):
        fitted.save(tmp_path / "m.hmx")
        again = hm.load(tmp_path / "m.hmx")
        assert again.selection_.lines() == fitted.selection_.lines()
        assert [c.why for c in again.selection_.failures] == [c.why for c in fitted.selection_.failures]
        first, second = (plot.SelectionDisplay.from_estimator(m).words() for m in (fitted, again))
        assert first == second
        again.save(tmp_path / "again.hmx")
        assert hm.load(tmp_path / "again.hmx").selection_.lines() == fitted.selection_.lines()

    def test_failures_survive_a_model_file(self, tmp_path):
        x = np.random.default_rng(0).normal(size=(6, 2)).round(1)
        model = hm.GaussianMixture([1, 2, 5], covariance_type="full", n_init=2, random_state=0).fit(x)
        assert model.selection_.failures
        model.save(tmp_path / "m.hmx")
        again = hm.load(tmp_path / "m.hmx").selection_
        assert [(c.name, c.why) for c in again.failures] == [(c.name, c.why) for c in model.selection_.failures]

    def test_a_classifier_has_a_panel_for_each_class_also_from_a_file(self, tmp_path):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=(80, 2)), np.repeat(["record", "pairs"], 40)  # names that the file format uses itself
        x[20:40] += 8
        model = hm.MixtureDiscriminant(tied="none", random_state=0).fit(x, y)
        model.save(tmp_path / "m.hmx")
        again = hm.load(tmp_path / "m.hmx")
        display = plot.SelectionDisplay.from_estimator(again)
        assert [p.title for p in display.panels] == ["pairs", "record"]
        assert display.words() == plot.SelectionDisplay.from_estimator(model).words()

    def test_refused_where_nothing_was_chosen(self):
        model = hm.GaussianMixture(1).fit([[0.0], [1.0], [2.0]])
        refused("HM416", plot.SelectionDisplay.from_estimator, model)


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


class TestMerging:
    def test_points_are_entropies_of_merged_memberships(self):
        rng = np.random.default_rng(3)
        x = np.concatenate([rng.normal(0, 1, (150, 1)), rng.normal(0.5, 2, (150, 1)), rng.normal(12, 1, (100, 1))])
        places, spreads = [[0.0], [0.5], [12.0], [12.5]], [[[1.0]], [[4.0]], [[1.0]], [[1.5]]]
        model = hm.GaussianMixture.from_parameters([0.3, 0.4, 0.2, 0.1], places, spreads)
        display = plot.MergingDisplay.from_estimator(model, x)
        merging = display.merging
        for n, entropy in zip(display.line_.get_xdata(), display.line_.get_ydata()):
            assert entropy == pytest.approx(stats.entropy(merging.memberships(n), axis=1).sum(), abs=1e-9)
        n = merging.n_clusters
        assert display.chosen_.get_xdata() == [n]
        named = display.ax_.get_title().partition(": ")[2].split(" | ")
        assert named == ["+".join(str(j + 1) for j in group) for group in merging.groups()]
        assert len(display.elbow_) == 2

    def test_lines_are_those_that_the_number_rests_on(self):
        """Two lines that break at the elbow where the reason names one, and none where it says that there is none."""
        grid = np.linspace(0, 2 * np.pi, 61)[:, None]
        even = np.exp(1.5 * np.cos(grid - np.linspace(0, 2 * np.pi, 4, endpoint=False)))  # no pair stands out
        apart = np.eye(4)[np.arange(60) % 4]
        pairs = np.repeat(np.eye(3), 2, axis=0)[np.arange(60) % 6]
        pairs = np.column_stack([pairs[:, 0] / 2, pairs[:, 0] / 2, pairs[:, 1:]])  # two of four are one
        for resp, elbow in ((even / even.sum(axis=1, keepdims=True), None), (apart, None), (pairs, 3)):
            merging = hm.merge_components(resp)
            display = plot.MergingDisplay.from_merging(merging)
            assert merging.elbow == elbow
            assert ("for each cluster up to" in merging.reason) == (elbow is not None)
            assert len(display.elbow_) == (0 if elbow is None else 2)
            if elbow is not None:
                (left, right) = (line.get_xdata().tolist() for line in display.elbow_)
                assert (left, right) == ([1, elbow], [elbow, 4])

    def test_one_component(self):
        display = plot.MergingDisplay.from_merging(hm.merge_components(np.ones((5, 1))))
        assert display.elbow_ == []
        assert display.words() == "1 component forms 1 cluster (1): there is only one."


class TestProfiles:
    def test_numbers_have_mean_and_sd(self, fitted, penguins):
        display = plot.ProfilesDisplay.from_estimator(fitted, penguins.data)
        sd = np.sqrt(np.einsum("kii->ki", np.broadcast_to(fitted.covariances_, (3, 4, 4))))
        for c, bars in enumerate(display.artists_):
            for j, bar in enumerate(bars):
                (segment,) = bar.lines[2][0].get_segments()
                mean = fitted.means_[j, c]
                np.testing.assert_allclose(segment[:, 0], [mean - sd[j, c], mean + sd[j, c]])

    def test_counts_have_their_probabilities(self):
        x = np.random.default_rng(0).poisson(np.repeat([2.0, 9.0], 60))[:, None]
        model = hm.PoissonMixture(2, random_state=0).fit(x)
        display = plot.ProfilesDisplay.from_estimator(model, x)
        for rate, line in zip(model.rates_[:, 0], display.artists_[0]):
            np.testing.assert_allclose(line.get_ydata(), stats.poisson.pmf(line.get_xdata(), rate), rtol=1e-9)

    def test_categories_have_bars_and_mixed_columns_their_own_kinds(self):
        rng = np.random.default_rng(1)
        pandas = pytest.importorskip("pandas")
        group = np.repeat([0, 1], 60)
        frame = pandas.DataFrame({
            "colour $x$": np.where(rng.random(120) < 0.2 + 0.6 * group, "red", "<b>"),
            "size": rng.normal(5 * group, 1.0), "n": rng.poisson(1 + 6 * group),
        })  # fmt: skip
        model = hm.MixedMixture(2, counts=["n"], random_state=0).fit(frame)
        display = plot.ProfilesDisplay.from_estimator(model, frame)
        assert [p.kind for p in display.profiles] == ["category", "number", "count"]
        widths = np.array([[patch.get_width() for patch in bars] for bars in display.artists_[0]])
        np.testing.assert_allclose(widths, model.probabilities_[0], atol=1e-12)
        assert [t.get_text() for t in display.ax_.flat[0].get_yticklabels()] == ["<b>", "red"]
        assert display.ax_.flat[0].get_xlabel() == label_text("colour $x$")
        alone = plot.ProfilesDisplay.from_estimator(model, frame, columns=["size"])
        assert [p.column for p in alone.profiles] == ["size"]
        refused("HM416", plot.ProfilesDisplay.from_estimator, model, frame, columns=["weight"])

    def test_many_levels_and_many_columns_are_cut_honestly(self):
        rng = np.random.default_rng(2)
        group = np.repeat([0, 1], 150)
        x = np.stack([(rng.integers(0, 10, 300) + 10 * group * (rng.random(300) < 0.7)).astype(str)], axis=1)
        x = np.hstack([x, rng.integers(0, 2, (300, 11)).astype(str)])
        model = hm.CategoricalMixture(2, n_init=2, random_state=0, max_iter=500).fit(x)
        display = plot.ProfilesDisplay.from_estimator(model, x)
        assert len(display.profiles) == 8
        assert "8 of 12 columns" in display.figure_._supxlabel.get_text()
        first = next(p for p in display.profiles if p.column == "x0")
        assert first.levels[-1] == f"{len(model.categories_[0]) - 8} others"
        np.testing.assert_allclose(first.probability.sum(axis=1), 1.0)

    def test_counts_that_share_a_total_have_shares(self):
        rng = np.random.default_rng(3)
        x = np.concatenate([rng.multinomial(30, [0.6, 0.3, 0.1], 40), rng.multinomial(30, [0.1, 0.2, 0.7], 40)])
        model = hm.MultinomialMixture(2, random_state=0).fit(x)
        display = plot.ProfilesDisplay.from_estimator(model, x)
        assert len(display.profiles) == 1
        np.testing.assert_allclose(display.profiles[0].probability, model.probabilities_, atol=1e-12)


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


class TestAssumption:
    def test_points_and_band_are_square_roots_of_the_check(self, penguins):
        model = hm.GaussianMixture(2, n_init=2, random_state=0).fit(penguins.data)
        refused("HM416", plot.AssumptionDisplay.from_estimator, model)
        check = model.check(penguins.data, n_bootstrap=3)
        display = plot.AssumptionDisplay.from_estimator(model)
        levels = np.array([0.01, 0.025, 0.05, *np.arange(0.1, 0.95, 0.05), 0.95, 0.975, 0.99])
        for j, (points, band) in enumerate(zip(display.points_, display.bands_)):
            np.testing.assert_allclose(points.get_xdata(), np.sqrt(stats.chi2.ppf(levels, 4)), rtol=1e-6)
            np.testing.assert_allclose(points.get_ydata() ** 2, check.observed[j], rtol=1e-12)
            assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(np.sqrt(check.high[j].max()))
        assert display.words() == " ".join(f"{s}." for s in check.sentences())


class TestTrace:
    def test_the_climb_and_its_distances(self, fitted):
        objectives = np.array(fitted.result_.trace.objectives)
        plain, log = plot.TraceDisplay.from_estimator(fitted), plot.TraceDisplay.from_estimator(fitted, log=True)
        np.testing.assert_array_equal(plain.line_.get_ydata(), objectives)
        assert "prior" not in plain.ax_.get_ylabel()
        left = objectives.max() - objectives
        np.testing.assert_array_equal(log.line_.get_xdata(), np.flatnonzero(left > 0))
        np.testing.assert_array_equal(log.line_.get_ydata(), left[left > 0])
        assert log.ax_.get_yscale() == "log"

    def test_other_optima_are_those_of_the_census(self, fitted):
        """Starts that end in one optimum differ in their last digits, and are one."""
        ends = [(0, -10.0), (1, -12.0), (1, -12.0 - 1e-9), (2, -15.0), (None, -20.0)]
        some = fitted.result_.starts[0]
        starts = tuple(replace(some, optimum=optimum, objective=value) for optimum, value in ends)
        display = plot.TraceDisplay.from_result(replace(fitted.result_, starts=starts))
        assert sorted(display.others.tolist()) == [-15.0, -12.0]
        assert "2 other optima were found" in display.words()

    def test_a_prior_is_named_and_other_starts_are_shown(self):
        x = np.random.default_rng(0).normal(size=(30, 1))
        model = hm.GaussianMixture(1, prior="conjugate").fit(x)
        assert "plus log prior" in plot.TraceDisplay.from_estimator(model).ax_.get_ylabel()
        display = plot.TraceDisplay(np.array([-10.0, -5.0, -4.0]), others=np.array([-4.5, -12.0, -4.0])).plot()
        assert [s[0, 1] for s in display.others_.get_segments()] == [-4.5]
        given = hm.GaussianMixture.from_parameters([1.0], [[0.0]], [[[1.0]]])
        refused("HM421", plot.TraceDisplay.from_estimator, given)


def test_panels_fit_into_one_axes_or_given_ones(fitted, penguins):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(1, 2)
    display = plot.ProfilesDisplay.from_estimator(fitted, penguins.data, ax=ax[0])
    assert display.figure_ is figure
    assert ax[0] not in figure.axes
    assert ax[1] in figure.axes
    one = plt.subplots(2, 2)[1]
    assert plot.ProfilesDisplay.from_estimator(fitted, penguins.data, ax=one).ax_[1, 1] is one[1, 1]
    refused("HM404", plot.ProfilesDisplay.from_estimator, fitted, penguins.data, ax=one[0])
