"""What makes groups different: against means and standard deviations computed group by group."""

import numpy as np
import pytest

import hiddenmix as hm


def grouped(seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], [30, 50, 20])
    x = rng.normal(size=(100, 3)) + np.array([[0, 0, 1], [3, 0, 0], [0, 1, 5]])[labels]
    return x, labels


def pooled(x, inside):
    a, b = x[inside], x[~inside]
    return (a.mean() - b.mean()) / np.sqrt((len(a) * a.var() + len(b) * b.var()) / len(x))


def test_hard_groups():
    x, labels = grouped()
    found = hm.standardised_effects(x, np.eye(3)[labels])
    expected = [[pooled(x[:, c], labels == j) for c in range(3)] for j in range(3)]
    np.testing.assert_allclose(found.effect, expected, rtol=1e-10)
    np.testing.assert_allclose(found.inside, [x[labels == j].mean(axis=0) for j in range(3)])
    np.testing.assert_allclose(found.outside, [x[labels != j].mean(axis=0) for j in range(3)])
    np.testing.assert_allclose(found.size, [0.3, 0.5, 0.2])
    assert found.words(1, top=1) == f"high x0 ({expected[1][0]:+.1f} sd)"
    assert found.words(0, top=3).startswith("low ")


def test_soft_memberships_are_weights():
    """A row of membership 1/4 in a group is a quarter of a row there, and three quarters elsewhere."""
    x, _ = grouped(1)
    resp = np.random.default_rng(2).integers(0, 5, (100, 1)) / 4
    soft = hm.standardised_effects(x, np.hstack([resp, 1 - resp]))
    times = np.concatenate([4 * resp[:, 0], 4 - 4 * resp[:, 0]]).astype(int)
    rows, side = np.repeat(np.vstack([x, x]), times, axis=0), np.repeat(np.repeat([0, 1], 100), times)
    np.testing.assert_allclose(soft.effect, hm.standardised_effects(rows, np.eye(2)[side]).effect, rtol=1e-9)


def test_weights_are_repeated_rows_and_missing_cells_are_left_out():
    x, labels = grouped(3)
    x[::7, 1] = np.nan
    weight = np.random.default_rng(4).integers(0, 3, 100)
    found = hm.standardised_effects(x, np.eye(3)[labels], weight=weight)
    again = hm.standardised_effects(np.repeat(x, weight, axis=0), np.eye(3)[np.repeat(labels, weight)])
    np.testing.assert_allclose(found.effect, again.effect, rtol=1e-9)
    seen = ~np.isnan(x[:, 1])
    alone = hm.standardised_effects(x[seen][:, [1]], np.eye(3)[labels[seen]], weight=weight[seen])
    np.testing.assert_allclose(found.effect[:, 1], alone.effect[:, 0], rtol=1e-9)


def test_categories():
    labels = np.repeat([0, 1], [40, 60])
    codes = np.concatenate([np.repeat([0, 1], [38, 2]), np.repeat([0, 1, 2], [6, 26, 28])]).astype(float)
    found = hm.standardised_effects(codes[:, None], np.eye(2)[labels], ["species"], [["Gentoo", "Adelie", "Other"]])
    assert found.words(0) == "species mostly Gentoo (95 % against 10 %)"
    assert found.effect[0, 0] == pytest.approx(2 * np.arcsin(np.sqrt(0.95)) - 2 * np.arcsin(np.sqrt(0.1)))
    assert found.words(1) == "species less often Gentoo (10 % against 95 %)"
    assert "Gentoo 95 %" in found.table()[1]


def test_nothing_is_nan():
    x = np.column_stack([np.ones(20), np.arange(20) % 2, np.full(20, np.nan), np.zeros(20)])
    resp = np.column_stack([np.arange(20) % 2 == 0, np.arange(20) % 2 == 1, np.zeros(20)]).astype(float)
    found = hm.standardised_effects(x, resp, levels=[None, None, None, ["only"]])
    for values in (found.effect, found.inside, found.outside, found.size):
        assert np.isfinite(values).all()
    np.testing.assert_array_equal(found.effect[:, [0, 2, 3]], 0)
    np.testing.assert_array_equal(found.effect[2], 0)
    assert found.words(2) == "has no rows"
    assert found.words(0) == "low x1 (more than 100 sd apart)"
    assert len(found.table()) == 5
    alone = hm.standardised_effects(x[:, :2], np.ones((20, 1)))
    assert "nothing to compare" in alone.words(0)


def test_far_offsets_do_not_matter():
    x, labels = grouped(5)
    near, far = (hm.standardised_effects(x + offset, np.eye(3)[labels]).effect for offset in (0, 1e8))
    np.testing.assert_allclose(near, far, atol=1e-6)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        hm.standardised_effects(np.ones((3, 2)), np.ones((4, 1)))


def test_a_level_that_half_of_the_group_has_counts_twice():
    """b differs by 0.71, a by 0.40 only; but most of the group have a, which says more of it."""
    codes = np.repeat([0, 1, 2, 0, 1, 2], [60, 5, 35, 40, 30, 30])
    found = hm.standardised_effects(codes[:, None], np.repeat(np.eye(2), 100, axis=0), ["kind"], [["a", "b", "c"]])
    apart = [2 * np.arcsin(np.sqrt(p)) - 2 * np.arcsin(np.sqrt(q)) for p, q in ((0.6, 0.4), (0.05, 0.3))]
    assert abs(apart[1]) > apart[0] > abs(apart[1]) / 2
    assert found.words(0) == "kind mostly a (60 % against 40 %)"
    assert found.effect[0, 0] == pytest.approx(apart[0])  # counted twice in the choice, not in what is told
    assert found.words(1) == "kind more often b (30 % against 5 %)"
