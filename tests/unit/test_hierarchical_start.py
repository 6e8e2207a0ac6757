"""Starts by agglomeration: every merge against brute force, Ward's tree against SciPy's, and fits that begin there."""

import itertools

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

import hiddenmix as hm
from hiddenmix import _agglomerate, _starts

RNG = np.random.default_rng(0)
LABELS = np.repeat(range(3), 40)
CENTRES = np.array([[0.0, 0.0], [12.0, 0.0], [0.0, 15.0]])
LONG = np.array([[[2.0, 0.0], [1.8, 0.3]], [[0.4, 0.0], [0.0, 2.0]], [[1.0, 0.0], [-0.9, 0.3]]])
X = CENTRES[LABELS] + np.einsum("nab,nb->na", LONG[LABELS], RNG.standard_normal((120, 2)))


def same_groups(one, other):
    """Whether two labelings divide the rows alike."""
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


def criterion(points, mass, ellipsoids):
    """The criterion of one group: its scatter about its mean, put into the formula of Fraley (1998)."""
    total = mass.sum()
    delta = points - mass @ points / total
    scatter = (delta * mass[:, None]).T @ delta
    if not ellipsoids:
        return np.trace(scatter)
    return total * np.log(max(np.linalg.det(scatter / total), 0.0) + np.trace(scatter) / total + 1.0)


@pytest.mark.parametrize("ellipsoids", [True, False])
@pytest.mark.parametrize("q", [1, 2, 3])
def test_every_merge_is_the_cheapest(ellipsoids, q):
    rng = np.random.default_rng(q)
    points, mass = rng.standard_normal((14, q)), rng.uniform(0.5, 2.0, 14)
    groups = {i: [i] for i in range(14)}
    for a, b in _agglomerate.merges(points, mass, ellipsoids):
        of = lambda rows: criterion(points[rows], mass[rows], ellipsoids)  # noqa: E731
        rise = {
            (i, j): of(groups[i] + groups[j]) - of(groups[i]) - of(groups[j])
            for i, j in itertools.combinations(sorted(groups), 2)
        }
        assert rise[a, b] <= min(rise.values()) + 1e-9
        groups[a] += groups.pop(b)


def test_equal_balls_are_wards_tree():
    want = fcluster(linkage(X, "ward"), 5, "maxclust")
    assert same_groups(_agglomerate.grouped(X, np.ones(120), 5, False), want)


def test_cuts_are_nested():
    tree = _agglomerate.merges(X[::2], np.ones(60), True)
    for k in range(1, 60):
        fine, coarse = _agglomerate.cut(tree, 60, k + 1), _agglomerate.cut(tree, 60, k)
        assert len(set(fine)) == len(set(zip(fine, coarse, strict=True))) == k + 1


@pytest.mark.parametrize("ellipsoids", [True, False])
def test_groups_that_lie_apart_are_found_in_any_units(ellipsoids):
    scale = np.array([1e4, 1e-3]) if ellipsoids else 1.0
    assert same_groups(_agglomerate.grouped(X * scale, np.ones(120), 3, ellipsoids), LABELS)


def test_only_some_rows_are_merged_and_the_others_follow(monkeypatch):
    monkeypatch.setattr(_agglomerate, "MOST", 30)
    made = []
    merges = _agglomerate.merges
    monkeypatch.setattr(_agglomerate, "merges", lambda z, *more: made.append(len(z)) or merges(z, *more))
    assert same_groups(_agglomerate.grouped(X, np.ones(120), 3, True), LABELS)
    assert made == [30]


def test_rows_of_weight_zero_have_no_say():
    far = np.concatenate([X, [[1e3, 1e3]]])
    labels = _agglomerate.grouped(far, np.append(np.ones(120), 0.0), 3, False)
    assert same_groups(labels[:120], LABELS)


def test_fewer_rows_than_groups():
    labels = _agglomerate.grouped(X[:2], np.ones(2), 3, True)
    assert labels.tolist() == [0, 1]


def test_columns_without_spread():
    flat = np.column_stack([X, np.full(120, 3.0)])
    assert same_groups(_agglomerate.grouped(flat, np.ones(120), 3, True), LABELS)
    assert len(set(_agglomerate.grouped(np.ones((9, 2)), np.ones(9), 3, True))) == 3


def test_groups_go_to_the_components_that_their_rows_may_belong_to():
    allowed = np.ones((120, 3))
    allowed[LABELS == 0] = [0, 0, 1]
    allowed[LABELS == 1] = [1, 0, 1]
    (resp,) = _starts.responsibilities(["ward"], X, 3, [RNG], None, allowed)
    assert np.argmax(resp, axis=1).tolist() == np.array([2, 0, 1])[LABELS].tolist()
    np.testing.assert_allclose(resp.sum(axis=1), 1.0)


class TestFits:
    @pytest.mark.parametrize("how", _starts.ONE_WAY)
    def test_any_seed_gives_the_same_fit_from_one_start(self, how):
        one, other = (hm.GaussianMixture(3, init_params=how, random_state=seed).fit(X) for seed in (0, 1))
        assert len(one.result_.starts) == 1
        np.testing.assert_array_equal(one.means_, other.means_)
        assert same_groups(one.predict(X), LABELS)

    def test_large_data_are_sampled_alike_by_any_seed(self):
        x = np.repeat(X, 40, axis=0) + RNG.standard_normal((4800, 2))
        one, other = (hm.GaussianMixture(3, init_params="ward", random_state=seed).fit(x) for seed in (0, 1))
        np.testing.assert_array_equal(one.means_, other.means_)

    def test_other_families_and_missing_cells(self):
        counts = np.random.default_rng(0).poisson(np.array([[2.0, 30.0], [25.0, 3.0]])[LABELS[:80] % 2])
        model = hm.PoissonMixture(2, init_params="hierarchical").fit(counts)
        assert same_groups(model.predict(counts), LABELS[:80] % 2)
        holes = X.copy()
        holes[::7, 0] = np.nan
        assert hm.GaussianMixture(3, init_params="hierarchical").fit(holes).converged_

    def test_old_faithful(self):
        """mclust begins this way, and comes to -1126.316 (three ellipsoids alike)."""
        x = hm.datasets.faithful().data
        model = hm.GaussianMixture(3, covariance_type="EEE", init_params="hierarchical", tol=1e-9).fit(x)
        assert model.result_.loglik == pytest.approx(-1126.31593, abs=1e-4)
