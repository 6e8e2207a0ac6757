"""Bootstrap stability: Jaccard coefficients by hand, and mixtures whose answer is known."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.discover.stability import _jaccard, _told, bootstrap_stability


def test_jaccard_by_hand():
    now, new = np.array([0, 0, 0, 1, 1]), np.array([1, 1, 0, 0, 0])
    # component 0 is {0, 1, 2}: with {2, 3, 4} 1/5, with {0, 1} 2/3; component 1 is {3, 4}: with {2, 3, 4} 2/3
    np.testing.assert_allclose(_jaccard(now, new, 3), [2 / 3, 2 / 3, -1])
    sets = [{0, 1, 2}, {3, 4}], [{2, 3, 4}, {0, 1}]
    expected = [max(len(a & b) / len(a | b) for b in sets[1]) for a in sets[0]]
    np.testing.assert_allclose(_jaccard(now, new, 2), expected)


def test_refits_without_a_row_of_the_component_do_not_count():
    told = _told(np.array([[1.0, -1.0, -1.0], [0.5, 0.8, -1.0]]), 3, 1)
    np.testing.assert_allclose(told.mean, [0.75, 0.8, 0])
    np.testing.assert_allclose(told.sd, [0.25, 0, 0])
    np.testing.assert_allclose(told.dissolved, [0.5, 0, 1])
    np.testing.assert_allclose(told.recovered, [0.5, 1, 0])
    assert "1 of 3 refits failed" in told.summary()


def fitted(x, k):
    result = hm.fit(hm.Mixture(hm.Normal("tied"), k), x, starts=5, rng=0)
    return result.model, result.params


def test_separate_groups_come_back_and_cut_ones_do_not():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) + 12])
    apart = bootstrap_stability(*fitted(x, 2), x, None, 20, 3, np.random.default_rng(1))
    assert np.all(apart.mean > 0.99)
    assert apart.reading(0) == "very stable"
    assert apart.n_failed == 0
    cut = bootstrap_stability(*fitted(x, 3), x, None, 20, 3, np.random.default_rng(1))
    assert cut.mean.min() < 0.75 < cut.mean.max()


def test_weights_count_as_rows():
    """By rows, the group in the middle belongs to the left one; by weight it is the right one that joins it."""
    rng = np.random.default_rng(3)
    x = np.repeat([0.0, 5.0, 11.0, np.nan], [30, 30, 30, 1])[:, None] + 0.5 * rng.normal(size=(91, 1))
    weight = np.repeat([20.0, 20.0, 1.0, 1.0], [30, 30, 30, 1])
    result = hm.fit(hm.Mixture(hm.Normal("tied"), 2), hm.Rows(x, weight), starts=5, rng=0)
    judged = (result.model, result.params, x)
    assert np.all(bootstrap_stability(*judged, weight, 10, 3, np.random.default_rng(5)).mean > 0.99)
    assert np.all(bootstrap_stability(*judged, None, 10, 3, np.random.default_rng(5)).mean < 0.7)


def test_weights_that_are_not_whole_are_refused():
    x = np.arange(10.0)[:, None]
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        bootstrap_stability(*fitted(x, 1), x, np.full(10, 0.5), 2, 1, np.random.default_rng(0))
