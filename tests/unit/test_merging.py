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


def test_no_elbow_leaves_the_components():
    """Four components that are equally alike: every merging takes about as much."""
    found = hm.merge_components(np.full((20, 4), 0.25))
    assert found.n_clusters == 4
    assert "falls evenly" in found.reason
    assert hm.merge_components(np.full((9, 2), 0.5)).n_clusters == 2


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
