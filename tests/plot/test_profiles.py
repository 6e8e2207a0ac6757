"""Pictures of components column by column, recomputed by other means, in axes of their own or given ones."""

import numpy as np
import pytest
from scipy import stats
from tests.plot.refusing import refused

import hiddenmix as hm
from hiddenmix import plot
from hiddenmix.plot._display import label_text


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
