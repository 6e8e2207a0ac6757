"""What `hiddenmix.compare` says of simulated causes and of chance alone, over many seeds."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix._validate import check_labels
from hiddenmix.discover._compare_input import read_clusters
from hiddenmix.discover._conditioning import conditioned
from hiddenmix.discover._explaining import explaining, n_tests
from hiddenmix.discover._measuring import Chance

SEEDS = range(40)


def noisy(rng, cause, kept, kinds=3):
    """The cause in a share of the rows, and any of so many values in the others."""
    return np.where(rng.random(len(cause)) < kept, cause, rng.integers(0, kinds, len(cause)))


def compared(clusters, labelings, seed):
    return hm.compare(clusters, labelings, n_permutations=99, random_state=seed)


def test_what_comes_first_in_a_chain_follows_from_the_middle_and_never_the_reverse():
    """A -> B -> C: given B, A tells nothing more of C, and is said to in 5 % of draws; given A, B always does."""
    follows = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        a = rng.integers(0, 3, 200)
        b = noisy(rng, a, 0.7)
        found = compared(noisy(rng, b, 0.8), {"a": a, "b": b}, seed)
        follows.append(found["a"].follows_from == ("b",))
        assert (found["b"].follows_from, found["b"].stands_for) == ((), ())
    assert 0.88 <= np.mean(follows) < 1


def test_of_two_independent_causes_neither_follows():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        a, b = rng.integers(0, 2, (2, 200))
        found = compared(noisy(rng, 2 * a + b, 0.7, 4), {"a": a, "b": b}, seed)
        assert all(x.follows_from == x.stands_for == () for x in found)
        assert {part.labelings for part in found.explained} == {("a",), ("b",)}


def test_many_labelings_may_follow_from_one():
    """Of six noisy pictures of B none tells more than B; without adjustment, in a quarter of draws one seems to."""
    adjusted, each = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        b = rng.integers(0, 3, 300)
        pictures = {f"a{j}": noisy(rng, b, 0.7) for j in range(6)}
        found = compared(noisy(rng, b, 0.8), {"b": b} | pictures, seed)
        adjusted.append(all("b" in found[name].follows_from for name in pictures))
        each.append(all(c.p_value > 0.05 for c in found.conditionals if c.given == "b"))
        assert found["b"].follows_from == ()
    assert np.mean(adjusted) >= 0.92
    assert np.mean(each) <= 0.8  # or this could not tell the two apart


def test_the_family_of_a_conditional_test():
    """Holm over those with the same `given`; labelings that have nothing to do with the clusters are not in it."""
    rng = np.random.default_rng(0)
    b, noise = rng.integers(0, 3, (2, 200))
    clusters = read_clusters(noisy(rng, b, 0.8))
    values = {"b": b, "a": noisy(rng, b, 0.4), "c": noisy(rng, b, 0.4), "noise": noise}
    labelings = {name: check_labels(x, 200, name, None) for name, x in values.items()}
    made = conditioned(clusters, labelings, {"a", "b", "c"}, Chance(99, 80, 0))
    found = {(x.labeling, x.given): (x.p_value, x.p_adjusted) for x in made}
    assert len(found) == 12
    for pair, (_, adjusted) in found.items():
        assert (adjusted is None) == ("noise" in pair)
    (least, one), (most, two) = sorted([found["a", "b"], found["c", "b"]])
    assert one == pytest.approx(min(1, 2 * least))
    assert two == pytest.approx(max(2 * least, most))


@pytest.mark.parametrize("m", [1, 2, 4])
def test_chance_alone_is_named_in_one_draw_of_twenty(m):
    """One by one and then all together: the whole keeps 5 %."""
    named = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        clusters = read_clusters(rng.integers(0, 3, 150))
        labelings = {f"{j}": check_labels(rng.integers(0, 2, 150), 150, "a", None) for j in range(m)}
        named += bool(explaining(clusters, labelings, Chance(119, 20 * n_tests(m), seed))[0])
    assert 0.02 <= named / 300 <= 0.06


def test_together_beside_chance():
    """With a combination of levels for nearly every row the information is large, and no larger than by chance."""
    explained = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        noise = {f"noise {j}": rng.integers(0, 6, 150) for j in range(4)}
        every = compared(rng.integers(0, 3, 150), noise, seed).together
        assert every.crowded
        assert every.mutual_info > 0.9
        assert abs(every.mutual_info - every.by_chance) < 0.05
        explained.append(every.explained > 0)
    assert np.mean(explained) <= 0.1
