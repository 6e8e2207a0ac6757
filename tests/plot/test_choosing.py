"""Pictures of how a model came about, recomputed by other means: criteria, merging, its assumption, the climb."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.plot.refusing import refused

import hiddenmix as hm
from hiddenmix import plot
from hiddenmix.plot.selection import Panel
from hiddenmix.select import Candidate, Criteria, Selection


def tried(k, shape, bic, told=""):
    return Candidate(k, shape, None, Criteria(0.0, 1, 1.0, bic - 1, bic, bic + 1, bic + 2), None, told)


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
