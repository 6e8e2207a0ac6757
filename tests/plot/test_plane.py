"""Scatters: what is drawn of one, two and more columns, against SciPy and brute force; what is left out is said."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import hiddenmix as hm
from hiddenmix.plot import ClassificationDisplay, DensityDisplay, HistoryDisplay, PairsDisplay, UncertaintyDisplay
from hiddenmix.plot._colours import colours
from hiddenmix.plot._view import View

COLUMNS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
PENGUINS = pd.DataFrame(np.asarray(hm.datasets.penguins().data, dtype=float), columns=COLUMNS)
SPECIES = np.array([str(v) for v in hm.datasets.penguins().labels["species"]])
SEEN = ~PENGUINS.isna().any(axis=1).to_numpy()
SCATTERS = (ClassificationDisplay, UncertaintyDisplay, DensityDisplay)


@pytest.fixture(scope="module")
def penguins():
    return hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(PENGUINS)


def offsets(collections):
    return np.concatenate([np.asarray(c.get_offsets()) for c in collections])


def overlap(model, pair):
    """How much normals of one covariance overlap in two columns, by numerical integration of sqrt(w p w' p')."""
    means, cov = model.means_[:, pair], model.covariances_[np.ix_(pair, pair)]
    low, high = (f(means, axis=0) + s * 5 * np.sqrt(np.diag(cov)) for f, s in ((np.min, -1), (np.max, 1)))
    axes = [np.linspace(a, b, 120) for a, b in zip(low, high)]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    parts = [w * stats.multivariate_normal(m, cov).pdf(grid) for w, m in zip(model.weights_, means)]
    cell = np.prod([a[1] - a[0] for a in axes])
    return sum(np.sqrt(parts[i] * parts[j]).sum() * cell for i in range(3) for j in range(i))


def test_the_pair_that_is_shown_is_the_one_that_overlaps_least(penguins):
    display = ClassificationDisplay.from_estimator(penguins, PENGUINS)
    pairs = [(a, b) for a in range(4) for b in range(a + 1, 4)]
    best = min(pairs, key=lambda pair: overlap(penguins, list(pair)))
    assert display.plane.columns == best
    assert f"Components differ most in {COLUMNS[best[0]]} and {COLUMNS[best[1]]}" in display.words()
    assert display.ax_.get_xlabel() == COLUMNS[best[0]]
    assert display.ax_.get_ylabel() == COLUMNS[best[1]]


def test_points_colours_markers(penguins):
    display = ClassificationDisplay.from_estimator(penguins, PENGUINS, columns=["body_mass_g", 0])
    resp = penguins.predict_proba(PENGUINS)[SEEN]
    x = PENGUINS[["body_mass_g", "bill_length_mm"]].to_numpy()[SEEN]
    markers = set()
    for j, points in enumerate(display.points_):
        mine = np.argmax(resp, axis=1) == j
        np.testing.assert_allclose(points.get_offsets(), x[mine])
        np.testing.assert_allclose(points.get_facecolors()[:, :3], resp[mine] @ colours(3), atol=1e-9)
        markers.add(points.get_paths()[0].vertices.tobytes())
    assert len(markers) == 3  # also without colours
    assert "2 rows with a missing cell there are left out" in display.words()
    assert "154 most probably component 1" in display.words()  # REFERENCE: sizes 154, 123, 65
    hard = ClassificationDisplay.from_estimator(penguins, PENGUINS, hard=True)
    for j, points in enumerate(hard.points_):
        assert np.allclose(points.get_facecolors()[:, :3], colours(3)[j])


def test_ellipses_hold_what_two_normal_columns_have_within_1_and_2_sd(penguins):
    """Every point of an outline has the Mahalanobis distance 1 or 2; its area is pi r^2 sqrt det."""
    display = ClassificationDisplay.from_estimator(penguins, PENGUINS, columns=[0, 3])
    cov = penguins.covariances_[np.ix_([0, 3], [0, 3])]
    for mean, outlines in zip(penguins.means_[:, [0, 3]], display.ellipses_):
        for radius, outline in zip((1, 2), outlines):
            xy = outline.get_xydata() - mean
            np.testing.assert_allclose(np.einsum("ni,ij,nj->n", xy, np.linalg.inv(cov), xy), radius**2, rtol=1e-9)
            area = 0.5 * abs(np.sum(xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]))
            assert area == pytest.approx(np.pi * radius**2 * np.sqrt(np.linalg.det(cov)), rel=2e-3)
    means = np.array([line.get_xydata()[0] for line in display.means_])
    np.testing.assert_allclose(means, penguins.means_[:, [0, 3]])


def test_one_column_has_curves(penguins):
    for cls in (ClassificationDisplay, DensityDisplay):
        display = cls.from_estimator(penguins, PENGUINS, columns="flipper_length_mm")
        sd = np.sqrt(penguins.covariances_[2, 2])
        for line, weight, mean in zip(display.curves_, penguins.weights_, penguins.means_[:, 2]):
            np.testing.assert_allclose(line.get_ydata(), weight * stats.norm(mean, sd).pdf(line.get_xdata()), rtol=1e-9)
        np.testing.assert_allclose(
            display.density_.get_ydata(), np.sum([line.get_ydata() for line in display.curves_], axis=0), rtol=1e-12
        )
    x = PENGUINS["flipper_length_mm"].dropna()
    bars = [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in display.bars_]
    for left, width, height in bars[:-1]:
        assert height * width == pytest.approx(np.mean((x >= left) & (x < left + width)), abs=1e-9)
    assert sum(width * height for _, width, height in bars) == pytest.approx(1)


def test_contours_enclose_the_rows_that_they_promise(penguins):
    display = DensityDisplay.from_estimator(penguins, PENGUINS, columns=[0, 3])
    x = PENGUINS.to_numpy()[SEEN][:, [0, 3]]
    cov = penguins.covariances_[np.ix_([0, 3], [0, 3])]
    parts = [
        w * stats.multivariate_normal(m, cov).pdf(x) for w, m in zip(penguins.weights_, penguins.means_[:, [0, 3]])
    ]
    log_density = np.log(np.sum(parts, axis=0))
    inside = [np.mean(log_density >= level - 1e-12) for level in display.levels]
    np.testing.assert_allclose(inside, [0.95, 0.75, 0.5, 0.25], atol=2 / len(x))
    outlines = [p.to_polygons(closed_only=False) for p in display.contours_.get_paths()]
    for level, lines in zip(np.sort(display.levels), outlines):
        at = np.concatenate(lines)
        parts = [
            w * stats.multivariate_normal(m, cov).pdf(at) for w, m in zip(penguins.weights_, penguins.means_[:, [0, 3]])
        ]
        np.testing.assert_allclose(np.log(np.sum(parts, axis=0)), level, atol=0.02)


def test_unsure_rows_stand_out(penguins):
    """REFERENCE: 10 rows with a highest membership below 0.90."""
    certainty = penguins.predict_proba(PENGUINS)[SEEN].max(axis=1)
    x = PENGUINS.to_numpy()[SEEN]
    display = UncertaintyDisplay.from_estimator(penguins, PENGUINS, columns=[0, 1])
    unsure, sure = offsets(display.unsure_), offsets(display.sure_)
    assert len(unsure) == 10
    assert len(sure) == 332
    expected = x[certainty < 0.9][:, :2]
    np.testing.assert_allclose(unsure[np.lexsort(unsure.T)], expected[np.lexsort(expected.T)])
    sizes = np.concatenate([c.get_sizes() for c in display.unsure_ if len(c.get_offsets())])
    order = [int(np.flatnonzero((x[:, :2] == at).all(axis=1) & (certainty < 0.9))[0]) for at in unsure]
    assert np.all(np.diff(sizes[np.argsort(certainty[order])]) <= 1e-9)  # less sure is larger
    assert max(s for c in display.sure_ for s in c.get_sizes()) <= sizes.min()
    assert "342 rows by bill_length_mm and bill_depth_mm: 10 unsure" in display.words()
    line = UncertaintyDisplay.from_estimator(penguins, PENGUINS, columns=1)
    heights = offsets([*line.sure_, *line.unsure_])
    expected = np.column_stack([x[:, 1], 1 - certainty])
    np.testing.assert_allclose(heights[np.lexsort(heights.T)], expected[np.lexsort(expected.T)], atol=1e-12)
    assert line.curve_ is None  # what other columns say is not a function of this one


def test_uncertainty_of_one_column_is_a_curve():
    x = hm.datasets.redblue().data
    model = hm.GaussianMixture(2, weights="equal", means_init=[[3], [7]]).fit(x)
    curve = UncertaintyDisplay.from_estimator(model, x).curve_
    np.testing.assert_allclose(
        curve.get_ydata(), 1 - model.predict_proba(curve.get_xdata()[:, None]).max(axis=1), atol=1e-9
    )


def test_classes_have_the_colours_and_subclasses_the_ellipses():
    table, y = PENGUINS[SEEN], SPECIES[SEEN]
    model = hm.MixtureDiscriminant(subclasses=2, random_state=0).fit(table, y)
    display = ClassificationDisplay.from_estimator(model, table, columns=[0, 1])
    assert len(display.points_) == 3
    assert len(display.ellipses_) == 6
    chosen = model.predict(table)
    for c, points in enumerate(display.points_):
        xy = table.to_numpy()[chosen == model.classes_[c]][:, :2]
        np.testing.assert_allclose(points.get_offsets(), xy)
    for j, c in enumerate(model.subclass_classes_):
        assert np.allclose(display.ellipses_[j][0].get_color(), colours(3)[c])
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == list(map(str, model.classes_))
    unsure = UncertaintyDisplay.from_estimator(model, table, columns=[0, 1])
    np.testing.assert_allclose(unsure.plane.certainty, model.predict_proba(table).max(axis=1), atol=1e-12)


def test_counts_are_moved_less_than_half():
    rng = np.random.default_rng(1)
    x = rng.poisson(np.where(rng.random(200) < 0.4, [[3], [12]], [[10], [2]]).T).astype(float)
    model = hm.PoissonMixture(2, random_state=0).fit(x)
    display = ClassificationDisplay.from_estimator(model, x)
    at = offsets(display.points_)
    np.testing.assert_array_equal(np.unique(at.round(), axis=0), np.unique(x, axis=0))
    assert "Counts are moved a little" in display.words()
    assert display.ellipses_ == []
    means = np.array([line.get_xydata()[0] for line in display.means_])
    np.testing.assert_allclose(means, model.rates_)
    one = ClassificationDisplay.from_estimator(hm.PoissonMixture(2, random_state=0).fit(x[:, :1]), x[:, :1])
    assert all(line.get_drawstyle() == "steps-mid" for line in one.curves_)
    DensityDisplay.from_estimator(model, x).figure_.canvas.draw()


def test_many_rows_are_sampled_and_it_is_said():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (15_000, 2)), rng.normal(5, 1, (15_000, 2))])
    view = View.of(hm.GaussianMixture(2, means_init=[[0, 0], [5, 5]]).steps(x))
    display = ClassificationDisplay.from_view(view).plot()
    assert len(offsets(display.points_)) == 20_000
    assert all(points.get_rasterized() for points in display.points_)
    assert "random sample of 20000 of 30000 rows" in display.words()
    np.testing.assert_array_equal(display.plane.x, x[display.plane.drawn])
    again = ClassificationDisplay.from_view(view)
    np.testing.assert_array_equal(again.plane.drawn, display.plane.drawn)  # the same picture twice


def test_pairs(penguins):
    display = PairsDisplay.from_estimator(penguins, PENGUINS)
    assert display.ax_.shape == (4, 4)
    assert display.ax_[0, 1] is None
    x = PENGUINS.to_numpy()[SEEN]
    for (i, j), points in display.points_.items():
        assert i > j
        at = offsets(points)
        np.testing.assert_allclose(at[np.lexsort(at.T)], x[:, [j, i]][np.lexsort(x[:, [j, i]].T)])
        mean = np.mean(display.ellipses_[i, j][1][0].get_xydata()[:-1], axis=0)
        np.testing.assert_allclose(mean, penguins.means_[1, [j, i]], rtol=1e-9)
    assert len(display.points_) == 6
    for i, lines in display.curves_.items():
        sd = np.sqrt(penguins.covariances_[i, i])
        for line, weight, mean in zip(lines, penguins.weights_, penguins.means_[:, i]):
            np.testing.assert_allclose(line.get_ydata(), weight * stats.norm(mean, sd).pdf(line.get_xdata()), rtol=1e-9)


def test_pairs_of_many_columns_show_those_that_separate():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 9))
    x[:150, [1, 4, 7]] += 4
    x[:150, [2, 3, 8]] += 2
    model = hm.GaussianMixture(2, covariance_type="diag", random_state=0).fit(x)
    display = PairsDisplay.from_estimator(model, x)
    assert display.columns == (1, 2, 3, 4, 7, 8)
    assert display.words().endswith("overlap more in them: x0, x5, x6.")


def test_missing_cells_are_counted_by_panel():
    table = PENGUINS.copy()
    table.iloc[:30, 0] = np.nan
    table.iloc[20:60, 1] = np.nan
    model = hm.GaussianMixture(2, covariance_type="tied", random_state=0).fit(table)
    seen = table[["bill_length_mm", "bill_depth_mm"]].notna().all(axis=1)
    display = ClassificationDisplay.from_estimator(model, table, columns=[0, 1])
    assert len(offsets(display.points_)) == seen.sum()
    assert f"{(~seen).sum()} rows with a missing cell" in display.words()
    pairs = PairsDisplay.from_estimator(model, table)
    assert len(offsets(pairs.points_[3, 2])) == table[COLUMNS[2:]].notna().all(axis=1).sum()


@pytest.mark.parametrize("cls", SCATTERS)
def test_one_component_many_components_and_odd_names(cls):
    table = pd.DataFrame(hm.datasets.faithful().data, columns=["$a_1", "<script> " + "very " * 40])
    rng = np.random.default_rng(0)
    for k in (1, 12):
        centres = table.to_numpy()[rng.choice(len(table), k, replace=False)]
        run = hm.GaussianMixture(k, covariance_type="spherical", means_init=centres).fit(table)
        display = cls.from_estimator(run, table)
        display.figure_.canvas.draw()
        assert "$a_1" in display.words()
        assert display.ax_.get_xlabel() == r"\$a_1"
        assert len(display.ax_.get_ylabel()) <= 40


@pytest.mark.parametrize("cls", [*SCATTERS, PairsDisplay])
def test_what_has_no_place_on_an_axis(cls):
    frame = pd.DataFrame({"a": [1.0, 2.0, 8.0, 9.0, 1.5, 8.5], "b": list("xyxyxx"), "c": [1.0, 2, 9, 8, 1, 9]})
    model = hm.MixedMixture(1, random_state=0).fit(frame)
    display = cls.from_estimator(model, frame)  # the numbers among the columns
    display.figure_.canvas.draw()
    for wrong in (["b"], ["a", "b"], "d", 7, ["a", "a"], []):
        with pytest.raises(hm.HiddenmixError) as refused:
            cls.from_estimator(model, frame, columns=wrong)
        assert refused.value.code == "HM416"
    only = hm.CategoricalMixture(1, random_state=0).fit(frame[["b"]])
    with pytest.raises(hm.HiddenmixError, match="ProfilesDisplay"):
        cls.from_estimator(only, frame[["b"]])


def test_a_given_axes_is_used(penguins):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, 2, layout="constrained")
    display = ClassificationDisplay.from_estimator(penguins, PENGUINS, ax=axes[1])
    assert display.ax_ is axes[1]
    pairs = PairsDisplay.from_estimator(penguins, PENGUINS, columns=[0, 1], ax=axes[0])
    assert pairs.figure_ is display.figure_
    pairs.figure_.canvas.draw()


def test_files(penguins, tmp_path):
    display = ClassificationDisplay.from_estimator(penguins, PENGUINS)
    for ending in ("png", "svg", "pdf"):
        display.save(tmp_path / f"a.{ending}")
        assert (tmp_path / f"a.{ending}").stat().st_size > 2000


def test_a_family_without_densities_of_its_columns_names_another_picture():
    x = np.random.default_rng(0).multinomial(20, [0.2, 0.3, 0.5], 60).astype(float)
    model = hm.MultinomialMixture(1, random_state=0).fit(x)
    ClassificationDisplay.from_estimator(model, x).figure_.canvas.draw()
    for cls in (DensityDisplay, PairsDisplay, HistoryDisplay):
        with pytest.raises(hm.HiddenmixError, match="ProfilesDisplay") as refused:
            cls.from_estimator(model, x)
        assert refused.value.code == "HM416"
