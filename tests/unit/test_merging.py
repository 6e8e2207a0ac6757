"""Merging components by entropy, against entropies computed again for every pair."""

import itertools

import numpy as np
import pytest
from scipy.stats import entropy

import hiddenmix as hm


def memberships(seed, n=60, k=5):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(k, 0.3), n), rng.integers(0, 4, n).astype(float)


def merged(resp, groups):
    return np.stack([resp[:, list(group)].sum(axis=1) for group in groups], axis=1)


def total_entropy(resp, weight):
    return float(weight @ entropy(resp, axis=1))


@pytest.mark.parametrize("seed", range(3))
def test_every_step_is_the_best_of_all_pairs(seed):
    resp, weight = memberships(seed)
    found = hm.merge_components(resp, weight)
    for n in range(5, 1, -1):
        groups = found.groups(n)
        tried = {}
        for a, b in itertools.combinations(groups, 2):
            rest = [group for group in groups if group not in (a, b)]
            tried[tuple(sorted([*rest, tuple(sorted(a + b))]))] = total_entropy(merged(resp, [*rest, a + b]), weight)
        best = min(tried, key=tried.get)
        assert found.groups(n - 1) == best
        assert found.entropies[n - 2] == pytest.approx(tried[best], abs=1e-10)
        step = found.steps[5 - n]
        assert step.decrease == pytest.approx(total_entropy(merged(resp, groups), weight) - tried[best])
        assert step.merged_weight == pytest.approx(weight @ merged(resp, [step.first + step.second])[:, 0])


def test_weights_are_repeated_rows():
    resp, weight = memberships(3)
    weighted = hm.merge_components(resp, weight)
    repeated = hm.merge_components(np.repeat(resp, weight.astype(int), axis=0))
    assert [s.first + s.second for s in weighted.steps] == [s.first + s.second for s in repeated.steps]
    np.testing.assert_allclose(weighted.entropies, repeated.entropies, atol=1e-10)
    assert weighted.n_clusters == repeated.n_clusters


def test_memberships_and_labels_of_merged_clusters():
    resp, _ = memberships(4)
    found = hm.merge_components(resp)
    for n in range(1, 6):
        np.testing.assert_allclose(found.memberships(n), merged(resp, found.groups(n)))
        np.testing.assert_allclose(found.memberships(n).sum(axis=1), 1)
        np.testing.assert_array_equal(found.labels(n), merged(resp, found.groups(n)).argmax(axis=1))
        assert sorted(j for group in found.groups(n) for j in group) == list(range(5))


def halves():
    """Four components: 0 and 2 share their rows evenly, 1 and 3 theirs, and the two pairs are separate."""
    resp = np.zeros((40, 4))
    resp[:20, [0, 2]] = 0.5
    resp[20:, [1, 3]] = 0.5
    return resp


def test_two_pairs_are_two_clusters():
    found = hm.merge_components(halves())
    assert found.n_clusters == 2
    assert found.groups() == ((0, 2), (1, 3))
    np.testing.assert_allclose(found.entropies, [0, 0, 20 * np.log(2), 40 * np.log(2)], atol=1e-12)
    assert "4 components form 2 clusters" in found.summary()
    assert "components 1 and 3" in found.summary()


def test_separate_components_are_clusters_as_they_are():
    found = hm.merge_components(0.99 * np.eye(3)[np.arange(30) % 3] + 0.01 / 3)
    assert found.n_clusters == 3
    assert "no two components overlap much" in found.reason


def contested(pure, shared):
    """Four components with rows of their own, and rows that each two of them share evenly."""
    pairs = [(np.eye(4)[a] + np.eye(4)[b]) / 2 for a, b in itertools.combinations(range(4), 2)]
    return np.concatenate([np.repeat(np.eye(4), pure, axis=0), np.repeat(pairs, shared, axis=0)])


def test_no_elbow_and_little_overlap_leave_the_components():
    found = hm.merge_components(contested(20, 10))
    assert found.n_clusters == 4
    assert "falls evenly" in found.reason
    assert found.steps[0].taken == pytest.approx(0.25 * 10 / 35)  # half of the shared rows, of which half are its own


def test_components_that_cannot_be_told_apart_are_one_cluster():
    for k in (2, 4):
        found = hm.merge_components(np.full((20, k), 1 / k))
        assert found.n_clusters == 1
        assert found.steps[0].taken == 0.5
        assert found.summary().startswith(
            f"{k} components form 1 cluster: those that were merged overlap, at least 50 %"
        )
    assert repr(found) == "Merging(4 components form 1 cluster)"


def test_the_share_that_is_taken_for_the_other():
    """Of the rows of 0 (weight 3.1) those at 0.4, of the rows of 1 (weight 2.9) those at 0.3 are lost."""
    resp = np.array([[1.0, 0], [0.7, 0.3], [0.4, 0.6], [0, 1]])
    (step,) = hm.merge_components(resp, [2.0, 1, 1, 2]).steps
    assert step.taken == pytest.approx(max(0.4 / 3.1, 0.3 / 2.9))
    assert hm.merge_components(resp, [2.0, 1, 1, 2]).n_clusters == 1
    assert hm.merge_components(resp, [9.0, 1, 1, 9]).n_clusters == 2


def merged_fit(x, k, **options):
    return hm.GaussianMixture(k, random_state=0, **options).fit(x).merge_components(x)


@pytest.mark.filterwarnings("ignore::hiddenmix.ConvergenceWarning")  # with too many components there are many optima
def test_one_group_is_one_cluster():
    """Groups without a second mode: a normal fitted with two components, a gamma blob with three."""
    rng = np.random.default_rng(0)
    for x, k in ((rng.normal(size=(300, 2)), 2), (rng.gamma(2, size=(500, 2)), 3)):
        found = merged_fit(x, k)
        assert found.n_clusters == 1
        assert "would be taken for the other" in found.reason
        assert found.groups() == (tuple(range(k)),)


@pytest.mark.parametrize(("gap", "n"), [(2.0, 1), (3.0, 2), (4.0, 2)])
def test_two_normals_are_two_clusters_from_about_three_standard_deviations(gap, n):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 2)) + np.repeat([[0, 0], [gap, 0]], 200, axis=0)
    assert merged_fit(x, 2).n_clusters == n


def test_clusters_of_real_data_stay():
    faithful, penguins = hm.datasets.faithful().data, hm.datasets.penguins().data
    assert merged_fit(faithful, 2).n_clusters == 2
    assert merged_fit(penguins, 3, covariance_type="tied").n_clusters == 3
    four = merged_fit(penguins, 4, covariance_type="tied")
    assert four.n_clusters == 3
    assert "rises by" in four.reason


def test_a_small_overlapping_component_does_not_merge_the_others():
    """Only the next step counts: 0 and 1 overlap little, and come before 2 and 3, of which nobody can tell the rows."""
    resp = np.zeros((1000, 4))
    resp[:400, 0] = resp[400:800, 1] = 1
    resp[300:500, :2] = [[0.95, 0.05]] * 100 + [[0.05, 0.95]] * 100
    resp[800:980, 2] = 1
    resp[980:, 2:] = 0.5
    found = hm.merge_components(resp)
    assert found.steps[0].first == (0,)
    assert found.steps[0].taken < 0.1 < found.steps[1].taken
    assert (0, 1) not in found.groups()


def test_one_component():
    found = hm.merge_components(np.ones((5, 1)))
    assert found.groups() == ((0,),)
    assert found.steps == ()


def test_what_is_no_membership_is_refused():
    with pytest.raises(hm.HiddenmixError, match="HM404"):
        hm.merge_components(np.ones(4))
    with pytest.raises(hm.HiddenmixError, match="HM404"):
        hm.merge_components([[0.5, 0.4]])
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        hm.merge_components(halves()).groups(5)
