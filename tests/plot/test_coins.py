"""The coins of Do & Batzoglou (2008), drawn: shares, expected heads and tails, and the biases that follow."""

import itertools

import numpy as np
import pytest
from scipy import stats

import hiddenmix as hm
from hiddenmix.plot import CoinsDisplay

HEADS = np.array([[5.0], [9], [8], [4], [7]])


def coins(**settings):
    return hm.BinomialMixture(2, trials=10, weights="equal", probabilities_init=[[0.6], [0.5]], **settings)


def texts(rows):
    return [[tuple(t.get_text() for t in cell) for cell in row] for row in rows]


def check_published(display):
    """REFERENCE: responsibilities, expected counts and the first step, by Do & Batzoglou and recomputed."""
    np.testing.assert_allclose(
        display.resp[:, 0], [0.44914893, 0.80498552, 0.73346716, 0.35215613, 0.64721512], atol=5e-9
    )
    np.testing.assert_allclose(display.expected_heads.sum(axis=0), [21.29748190, 11.70251810], atol=5e-9)
    np.testing.assert_allclose(display.expected_tails.sum(axis=0), [8.57224661, 8.42775339], atol=5e-9)
    np.testing.assert_allclose(display.new, [0.7130122354, 0.5813393083], atol=5e-11)
    np.testing.assert_allclose(display.bias, [0.6, 0.5])


def test_published_first_step():
    display = CoinsDisplay.from_estimator(coins(random_state=0).fit(HEADS), HEADS)
    check_published(display)
    assert display.iteration == 0
    assert texts(display.cells_)[0] == [("0.45", "2.25", "2.25"), ("0.55", "2.75", "2.75")]
    assert texts(display.cells_)[-1] == [("", "21.30", "8.57"), ("", "11.70", "8.43")]
    assert [t.get_text() for t in display.new_] == ["0.7130", "0.5813"]
    assert "21.30 heads and 8.57 tails" in display.words()


def test_a_stepper_shows_where_it_stands():
    run = coins().steps(HEADS)
    check_published(CoinsDisplay.from_estimator(run))
    run.em()
    second = CoinsDisplay.from_estimator(run)
    np.testing.assert_allclose(second.bias, [0.7130122354, 0.5813393083], atol=5e-11)
    np.testing.assert_allclose(second.new, [0.7452920361, 0.5692557502], atol=5e-11)


def test_bars_are_divided_by_share_then_by_heads():
    """Recomputed with SciPy, three coins of unequal weights, a weight for each row, a row that was not seen."""
    rng = np.random.default_rng(3)
    heads = rng.binomial(20, rng.choice([0.2, 0.5, 0.9], 12))[:, None].astype(float)
    heads[4] = np.nan
    weight = np.arange(12) % 3 + 1.0
    model = hm.BinomialMixture(3, trials=20, random_state=0).fit(heads, sample_weight=weight)
    display = CoinsDisplay.from_estimator(model, heads, sample_weight=weight, iteration=model.n_iter_)
    # at the last iteration, whose parameters the estimator has
    np.testing.assert_allclose(display.bias, model.probabilities_[:, 0], rtol=1e-12)
    joint = model.weights_ * stats.binom.pmf(np.nan_to_num(heads), 20, model.probabilities_[:, 0])
    share = joint / joint.sum(axis=1, keepdims=True)
    for i in range(12):
        parts = [[box.get_width() for box in boxes[i]] for boxes in (display.heads_, display.tails_)]
        if i == 4:
            assert np.all(np.array(parts) == 0)
            continue
        expected = np.array([share[i] * heads[i], share[i] * (20 - heads[i])])
        np.testing.assert_allclose(parts / np.sum(parts), expected / 20, atol=1e-9)
    seen = np.setdiff1d(np.arange(12), 4)
    gained = (share * weight[:, None] * heads)[seen].sum(axis=0) / (share * weight[:, None] * 20)[seen].sum(axis=0)
    np.testing.assert_allclose(display.new, gained, atol=1e-9)
    edges = [(box.get_x(), box.get_x() + box.get_width()) for j in range(3) for box in
             (display.heads_[0][j], display.tails_[0][j])]  # fmt: skip
    assert all(a[1] == pytest.approx(b[0]) for a, b in itertools.pairwise(edges))


def test_a_prior_moves_the_new_bias_and_not_the_counts():
    display = CoinsDisplay.from_estimator(coins(prior=(2, 3)).steps(HEADS))
    heads, tails = np.array([21.29748190, 11.70251810]), np.array([8.57224661, 8.42775339])
    np.testing.assert_allclose(display.expected_heads.sum(axis=0), heads, atol=5e-9)
    np.testing.assert_allclose(display.new, (heads + 2) / (heads + tails + 5), atol=1e-8)


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (hm.PoissonMixture(2, random_state=0), HEADS),
        (hm.BinomialMixture(2, trials=10, random_state=0), np.hstack([HEADS, HEADS[::-1]])),
        (hm.BinomialMixture(2, trials=10, random_state=0), np.tile(HEADS, (7, 1))),
    ],
    ids=["no tosses", "two columns", "many rows"],
)
def test_other_data_are_told_which_picture_suits(model, x):
    fitted = model.fit(x)
    with pytest.raises(hm.HiddenmixError, match="ResponsibilitiesDisplay") as refused:
        CoinsDisplay.from_estimator(fitted, x)
    assert refused.value.code == "HM416"


def test_an_iteration_that_is_not_there():
    model = coins(random_state=0).fit(HEADS)
    with pytest.raises(hm.HiddenmixError) as refused:
        CoinsDisplay.from_estimator(model, HEADS, iteration=999)
    assert refused.value.code == "HM421"
