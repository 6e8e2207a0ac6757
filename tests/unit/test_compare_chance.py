"""Information, what chance gives of it, and agreement of memberships: against definitions, enumeration and draws."""

import itertools
import math

import numpy as np
import pytest
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

import hiddenmix as hm
from hiddenmix.discover._contingency import soft_rand
from hiddenmix.discover._permutation import holm, information


def draw(seed=0, n=60, sizes=(3, 4, 2)):
    """Codes of that many levels, the second depending on the first."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, sizes[0], n)
    second = np.where(rng.random(n) < 0.5, first % sizes[1], rng.integers(0, sizes[1], n))
    return first, second, rng.integers(0, sizes[2], n)


def by_definition(c, a, b):
    """I(C; A | B), term by term."""
    n, total = len(c), 0.0
    for i, j, s in set(zip(c.tolist(), a.tolist(), b.tolist())):
        p = np.mean((c == i) & (a == j) & (b == s))
        both = np.mean(b == s)
        total += p * math.log(p * both / (np.mean((c == i) & (b == s)) * np.mean((a == j) & (b == s))))
    return total if n else 0.0


def test_conditional_information_is_the_definition():
    c, a, b = draw()
    found = information(c, a, b, 20, 20, 0)
    assert found.value == pytest.approx(by_definition(c, a, b), abs=1e-12)
    joint = information(c, a * 2 + b, None, 20, 20, 0).value
    assert found.value == pytest.approx(joint - information(c, b, None, 20, 20, 0).value, abs=1e-12)


def test_mean_over_permutations_is_that_of_permuted_rows():
    c, a, b = draw(n=40)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(800):
        shuffled = a.copy()
        for level in np.unique(b):
            rows = np.flatnonzero(b == level)
            shuffled[rows] = a[rng.permutation(rows)]
        drawn.append(by_definition(c, shuffled, b))
    found = information(c, a, b, 4000, 20, 0)
    error = np.std(drawn) * math.sqrt(1 / 800 + 1 / 4000)
    assert abs(found.by_chance - np.mean(drawn)) < 4 * error
    share = np.mean(np.array(drawn) >= found.value - 1e-12)
    assert abs(found.p_value - share) < 4 * math.sqrt(share * (1 - share) * (1 / 800 + 1 / 4000)) + 1 / 800


@pytest.mark.parametrize("alone", [0, 7, 30])
def test_mean_over_permutations_is_the_exact_expectation(alone):
    """Levels of a single row are pooled, and change nothing."""
    c, a, _ = draw(2, 50)
    a = np.where(np.arange(50) < alone, 100 + np.arange(50), a)
    exact = expected_mutual_information(contingency_matrix(c, a), 50)
    assert information(c, a, None, 20_000, 20, 0).by_chance == pytest.approx(exact, abs=2e-3)


def test_p_value_is_the_share_of_all_permutations():
    c, a = np.array([0, 0, 0, 0, 1, 1, 1, 2]), np.array([0, 0, 0, 1, 1, 1, 2, 2])
    observed = metrics.mutual_info_score(c, a)
    every = [metrics.mutual_info_score(c, a[list(order)]) >= observed - 1e-12 for order in _orders(a)]
    assert information(c, a, None, 20_000, 20, 0).p_value == pytest.approx(np.mean(every), abs=0.01)


def _orders(a):
    """Row orders that give each distinct arrangement of `a` once."""
    seen = set()
    for order in itertools.permutations(range(len(a))):
        key = tuple(a[list(order)])
        if key not in seen:
            seen.add(key)
            yield order


def test_large_tables_are_drawn_less_often(monkeypatch):
    c = np.arange(60) % 3
    assert information(c, c, None, 999, 20, 0).p_value == 1 / 1000
    monkeypatch.setattr("hiddenmix.discover._permutation.WORK", 9 * 50)
    assert information(c, c, None, 999, 20, 0).p_value == 1 / 51
    assert information(c, c, None, 999, 80, 0).p_value == 1 / 81


def test_holm():
    """Adjusted by hand: 4 x .005, 3 x .01, then 2 x .03, below which .04 may not fall."""
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1, 1])


def test_soft_rand_is_that_of_drawn_clusters():
    rng = np.random.default_rng(0)
    levels = np.repeat([0, 1, 2], 10)
    r = rng.dirichlet(0.4 * np.ones(3), 30) + 2 * np.eye(3)[levels] * rng.random((30, 1))
    r /= r.sum(axis=1, keepdims=True)
    pairs = []
    for _ in range(2000):  # expected numbers of pairs, by drawing every row's cluster
        c = (rng.random((30, 1)) > r.cumsum(axis=1)).sum(axis=1)
        table = contingency_matrix(levels, c)
        pairs.append([(x * (x - 1) / 2).sum() for x in (table, table.sum(axis=0), table.sum(axis=1))] + [435])
    both, cluster, level, every = np.mean(pairs, axis=0)
    drawn = (both - cluster * level / every) / ((cluster + level) / 2 - cluster * level / every)
    table = np.array([r[levels == level].sum(axis=0) for level in range(3)]).T
    assert soft_rand(r, levels, table) == pytest.approx(drawn, abs=0.015)


def test_soft_rand_is_that_of_every_possible_draw():
    """All 3^5 ways in which five rows may draw their clusters, each with its probability: expected pairs are exact."""
    rng = np.random.default_rng(1)
    levels, r = np.array([0, 0, 1, 1, 1]), rng.dirichlet(np.ones(3), 5)
    pairs, total = np.zeros(2), 0.0
    for c in itertools.product(range(3), repeat=5):
        probability = math.prod(r[i, j] for i, j in enumerate(c))
        same = [(c[i] == c[j], levels[i] == levels[j]) for i, j in itertools.combinations(range(5), 2)]
        pairs += probability * np.array([sum(x and y for x, y in same), sum(x for x, _ in same)])
        total += probability
    both, cluster = pairs
    level, every = 1 + 3, 10
    exact = (both - cluster * level / every) / ((cluster + level) / 2 - cluster * level / every)
    table = np.array([r[levels == level].sum(axis=0) for level in range(2)]).T
    assert total == pytest.approx(1)
    assert soft_rand(r, levels, table) == pytest.approx(exact, abs=1e-12)


def test_conditional_null_is_that_of_every_permutation_within_strata():
    """All 5! 4! orders of rows: the share that reaches the observed information, and the mean."""
    c = np.array([0, 0, 0, 1, 1, 0, 1, 1, 1])
    a = np.array([0, 0, 1, 1, 2, 0, 0, 1, 1])
    b = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    first, second = np.flatnonzero(b == 0), np.flatnonzero(b == 1)
    known, every = {}, []
    for one in itertools.permutations(first):
        for two in itertools.permutations(second):
            shuffled = tuple(a[[*one, *two]].tolist())
            if shuffled not in known:
                known[shuffled] = by_definition(c, np.array(shuffled), b)
            every.append(known[shuffled])
    found = information(c, a, b, 40_000, 20, 0)
    share = np.mean(np.array(every) >= by_definition(c, a, b) - 1e-12)
    assert len(every) == 2880
    assert 0.05 < share < 0.95
    assert found.p_value == pytest.approx(share, abs=0.01)
    assert found.by_chance == pytest.approx(np.mean(every), abs=3e-3)


def test_soft_normalized_information_is_the_formula():
    r = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    found = hm.compare(r, list("xxy"))["labels"].soft
    p = np.array([[1.5, 0.5], [0.2, 0.8]]) / 3
    h = [-sum(q * math.log(q) for q in part) for part in (p.sum(axis=0), p.sum(axis=1), p.ravel())]
    assert found.mutual_info == pytest.approx(h[0] + h[1] - h[2], abs=1e-12)
    assert found.normalized_mutual_info == pytest.approx(2 * (h[0] + h[1] - h[2]) / (h[0] + h[1]), abs=1e-12)


@pytest.mark.parametrize(
    ("memberships", "levels"),
    [
        ([[1, 0]] * 3, "xxx"),
        ([[1, 0]] * 3, "xyz"),
        ([[0.5, 0.5]] * 3, "xxx"),
        (np.eye(3), "xyz"),
    ],
)
def test_soft_normalized_information_at_its_ends(memberships, levels):
    """One cluster and one level are the same grouping, as scikit-learn has it; either alone tells nothing."""
    soft = hm.compare(memberships, list(levels))["labels"].soft
    clusters = np.argmax(memberships, axis=1)
    wanted = metrics.normalized_mutual_info_score(list(levels), clusters) if np.max(memberships) == 1 else 0
    assert soft.normalized_mutual_info == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_hard_memberships_have_the_scores_of_their_labels(seed):
    c, a, _ = draw(seed)
    hard, soft = hm.compare(c, {"a": a})["a"], hm.compare(np.eye(3)[c], {"a": a})["a"]
    assert soft.soft.adjusted_rand == pytest.approx(metrics.adjusted_rand_score(a, c), abs=1e-12)
    assert soft.soft.mutual_info == pytest.approx(hard.mutual_info, abs=1e-12)
    assert soft.soft.normalized_mutual_info == pytest.approx(metrics.normalized_mutual_info_score(a, c), abs=1e-12)
    np.testing.assert_array_equal(soft.soft.table.counts, hard.table.counts)
    assert hard.soft is None
