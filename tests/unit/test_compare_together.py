"""What all known labelings crossed tell of a clustering, and what each of them leaves."""

import json

import numpy as np
import pytest
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

import hiddenmix as hm

THREE = np.repeat([0, 1, 2], 40)


def draw(seed, n):
    """Two vectors of codes that depend on one another, and one that does not."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 3, n)
    return first, np.where(rng.random(n) < 0.5, first, rng.integers(0, 4, n)), rng.integers(0, 2, n)


def plain_values(found):
    """The record as JSON holds it: no NaN."""
    assert found.summary()
    return json.loads(json.dumps(found.to_dict(), allow_nan=False))


def test_all_labelings_together():
    """Crossed by hand: mutual information and its expectation are scikit-learn's, over rows where all are known."""
    c, a, b = draw(6, 150)
    some = [None if i % 10 == 0 else x for i, x in enumerate(b.tolist())]
    found = hm.compare(c, {"a": a, "b": some, "id": np.arange(150)}, n_permutations=20_000)
    rows = np.arange(150) % 10 > 0
    both, every = 2 * a[rows] + b[rows], found.together
    table = contingency_matrix(c[rows], both)
    assert (every.labelings, every.n, every.n_levels) == (("a", "b"), 135, table.shape[1])
    assert every.mutual_info == pytest.approx(metrics.mutual_info_score(c[rows], both), abs=1e-12)
    by_chance = expected_mutual_information(table, 135)
    assert every.by_chance == pytest.approx(by_chance, abs=2e-3)
    most = metrics.mutual_info_score(c[rows], c[rows])
    assert every.explained == pytest.approx((every.mutual_info - by_chance) / (most - by_chance), abs=5e-3)
    assert every.left == 1 - every.explained
    assert every.p_value < 0.0005
    assert not every.crowded
    assert found["a"].left == 1 - found["a"].explained
    plain = plain_values(found)
    assert plain["together"]["left"] == every.left
    assert plain["labelings"][0]["left"] == found["a"].left
    last = next(line.split() for line in found.summary().splitlines() if "given all together" in line)
    figures = [f"{every.mutual_info:.3f}", f"{every.by_chance:.3f}", "<0.001"]
    assert last[3:] == [str(every.n_levels), *figures, f"{100 * every.left:.0f}", "%"]


def test_a_cause_is_still_seen_where_nearly_every_row_has_its_own_combination():
    rng = np.random.default_rng(0)
    found = hm.compare(THREE, {"three": THREE} | {f"noise {j}": rng.integers(0, 7, 120) for j in range(3)})
    assert found.together.crowded
    assert found.together.explained == pytest.approx(1)
    said = f"Together they have {found.together.n_levels} combinations of levels on 120 rows"
    assert said in found.summary()


def test_too_many_combinations_to_test(monkeypatch):
    monkeypatch.setattr("hiddenmix.discover._explaining.WORK", 3 * 8 * 60 - 1)
    found = hm.compare(THREE, {"three": THREE, "eight": np.arange(120) % 8}).together
    assert (found.n_levels, found.crowded, found.p_value, found.explained) == (24, True, 1, 0)
    assert found.mutual_info == found.by_chance == pytest.approx(np.log(3))


@pytest.mark.parametrize("labels", [{"one": [1] * 120}, {"id": np.arange(120)}, {"none": [None] * 120}])
def test_nothing_to_cross(labels):
    found = hm.compare(THREE, labels)
    assert found.together is None
    assert plain_values(found)["together"] is None


def test_labelings_that_are_never_known_together():
    a = [x if i % 2 else None for i, x in enumerate(THREE.tolist())]
    b = [None if i % 2 else x for i, x in enumerate(THREE.tolist())]
    found = hm.compare(THREE, {"a": a, "b": b})
    assert (found.together.n, found.together.n_levels, found.together.explained) == (0, 0, 0)
    plain_values(found)
