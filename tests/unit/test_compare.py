"""`hiddenmix.compare`: scores, permutation tests, what follows from what, what is new, and the words for it."""

import itertools
import json

import numpy as np
import pytest
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

import hiddenmix as hm
from hiddenmix.discover._agreement import ALPHA, Agreement
from hiddenmix.discover._contingency import matching


def draw(seed=0, n=60, sizes=(3, 4, 2)):
    """Codes of that many levels, the second depending on the first."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, sizes[0], n)
    second = np.where(rng.random(n) < 0.5, first % sizes[1], rng.integers(0, sizes[1], n))
    return first, second, rng.integers(0, sizes[2], n)


def test_scores_are_those_of_scikit_learn():
    c, a, _ = draw()
    found = hm.compare(c, {"a": a})["a"]
    assert found.adjusted_rand == metrics.adjusted_rand_score(a, c)
    assert found.adjusted_mutual_info == metrics.adjusted_mutual_info_score(a, c)
    assert found.normalized_mutual_info == metrics.normalized_mutual_info_score(a, c)
    assert found.homogeneity == metrics.homogeneity_score(a, c)
    assert found.completeness == metrics.completeness_score(a, c)
    np.testing.assert_array_equal(found.table.counts, contingency_matrix(c, a))


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 3)])
def test_the_match_is_the_best_of_all(shape):
    table = np.random.default_rng(3).integers(0, 9, shape)
    wide = table if shape[0] <= shape[1] else table.T
    best = max(
        sum(wide[j, level] for j, level in enumerate(order))
        for order in itertools.permutations(range(wide.shape[1]), wide.shape[0])
    )
    assert sum(table[j, level] for j, level in matching(table).items()) == best


def test_rows_that_disagree():
    found = hm.compare(list("aabbbc"), {"x": [7, 7, 8, 8, 7, None]})["x"]
    assert found.matches == (("a", 7), ("b", 8))
    assert found.disagree.tolist() == [4]
    assert [(m.cluster, m.level, m.n, m.precision, m.recall) for m in found.clusters] == [
        ("a", 7, 2, 1, 2 / 3),
        ("b", 8, 3, 2 / 3, 1),
        ("c", None, 0, 0, 0),
    ]
    assert found.matched_share == 4 / 5
    with pytest.raises(ValueError, match="read-only"):
        found.disagree[0] = 1


@pytest.fixture(scope="module")
def penguins():
    """The three components of the penguins, and what is known of each bird."""
    data = hm.datasets.penguins()
    model = hm.GaussianMixture(3, covariance_type="tied", n_init=5, random_state=0).fit(data.data)
    memberships = model.predict_proba(data.data)
    memberships[np.isnan(data.data).all(axis=1)] = np.nan
    return hm.compare(memberships, data.labels)


class TestPenguins:
    def test_scores(self, penguins):
        rand = {a.name: (round(a.adjusted_rand, 3), a.n) for a in penguins}
        assert rand == {"species": (0.96, 342), "island": (0.373, 342), "sex": (-0.003, 333), "year": (-0.001, 342)}
        assert f"{100 * penguins['species'].matched_share:.1f}" == "98.5"
        assert penguins["island"].mutual_info == pytest.approx(0.496, abs=5e-4)

    def test_island_follows_from_species(self, penguins):
        pairs = {(c.labeling, c.given): c for c in penguins.conditionals}
        assert len(pairs) == 12
        island = pairs["island", "species"]
        assert island.value == pytest.approx(0.0032, abs=5e-5)
        assert abs(island.excess) <= 0.01
        assert 0.5 < island.p_value < 0.75
        species = pairs["species", "island"]
        assert species.excess >= 0.4
        assert species.p_value == 0.001
        assert (penguins["island"].follows_from, penguins["species"].follows_from) == (("species",), ())

    def test_words(self, penguins):
        kinds = [a.agreement for a in penguins]
        assert kinds == [Agreement.SAME, Agreement.THROUGH, Agreement.UNRELATED, Agreement.UNRELATED]
        assert penguins["island"].reading == "related only through species"
        assert penguins.verdict == (
            "The clustering found species (98.5 % of rows match), something else than sex and year, which it "
            f"ignored; island follows from species; {100 * penguins.new:.1f} % of it no labeling explains."
        )
        assert [part.labelings for part in penguins.explained] == [("species",)]

    def test_each_cluster_has_its_species(self, penguins):
        assert [(m.cluster, m.level, m.n, m.splits) for m in penguins.clusters] == [
            (0, "Adelie", 154, False),
            (1, "Gentoo", 123, False),
            (2, "Chinstrap", 65, False),
        ]
        assert penguins.clusters[0].precision == pytest.approx(150 / 154)
        assert penguins.clusters[0].recall == pytest.approx(150 / 151)


def test_neither_names_nor_the_order_of_rows_matter():
    c, a, b = draw(4, 80)
    order = np.random.default_rng(0).permutation(80)
    first = hm.compare(c, {"a": a, "b": b})
    names = np.array(["z", "x", "y"])
    second = hm.compare(names[c][order], {"a": -a[order], "b": b[order]})
    for one, two in zip(first, second):
        for field in ("adjusted_rand", "adjusted_mutual_info", "by_chance", "explained", "matched_share"):
            assert getattr(one, field) == pytest.approx(getattr(two, field), abs=1e-12), field
        assert (one.p_value, one.p_adjusted, one.reading) == (two.p_value, two.p_adjusted, two.reading)
        assert sorted(order[two.disagree]) == one.disagree.tolist()
    assert [c.p_value for c in first.conditionals] == [c.p_value for c in second.conditionals]
    assert first.verdict == second.verdict


THREE = np.repeat([0, 1, 2], 40)
FEW = np.arange(120) % 8 == 0  # rows of one cluster that another label takes
KINDS = {
    Agreement.EQUAL: np.array(list("zyx"))[THREE],
    Agreement.SAME: np.where(np.arange(120) == 0, 1, THREE),
    Agreement.MUCH: np.where(FEW, (THREE + 1) % 3, THREE),
    Agreement.FINER: THREE // 2,
    Agreement.COARSER: 2 * THREE + np.arange(120) % 2,
    Agreement.PARTLY: np.where(np.arange(120) % 4 == 0, (THREE + 1) % 3, THREE),
    Agreement.WEAKLY: np.where(np.arange(120) % 2 == 0, (THREE + 1) % 3, np.where(np.arange(120) % 5, THREE, 0)),
    Agreement.UNRELATED: np.arange(120) % 3,
    Agreement.IDENTIFIER: np.arange(120),
    Agreement.ONE_LEVEL: ["same"] * 120,
    Agreement.UNKNOWN: [None] * 120,
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_agreement(kind):
    found = hm.compare(THREE, {"given": KINDS[kind]})
    assert found["given"].agreement is kind
    assert found["given"].reading == kind.value.format(name="given")
    finite(found)


def finite(found):
    """No NaN, and nothing that JSON cannot hold."""
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert found.summary()
    return json.loads(text)


@pytest.mark.parametrize(
    ("clusters", "kind", "words"),
    [
        ([1] * 120, Agreement.ONE_CLUSTER, "There is nothing to compare: all rows are in the same cluster."),
        (range(120), Agreement.ALL_APART, "There is nothing to compare: nearly every row is a cluster of its own."),
    ],
)
def test_clusterings_that_group_nothing(clusters, kind, words):
    found = hm.compare(list(clusters), {"three": THREE, "id": np.arange(120), "one": [1] * 120, "none": [None] * 120})
    assert [a.agreement for a in found] == [kind] * 3 + [Agreement.UNKNOWN]
    assert all(a.p_value == 1 for a in found)
    assert found.verdict == words
    finite(found)


@pytest.mark.parametrize("given", [["x"], ["x", "y"], ["x", None, "y"]])
def test_few_rows(given):
    finite(hm.compare(np.arange(len(given)) // 2, given))


def test_a_labeling_given_twice():
    found = hm.compare(THREE, {"a": KINDS[Agreement.MUCH], "again": KINDS[Agreement.MUCH]})
    assert (found["a"].stands_for, found["again"].stands_for) == (("again",), ("a",))
    assert found["a"].follows_from == ()
    assert "a and again stand for one another" in found.verdict
    assert len(found.explained) == 1


def test_exactly_explained_leaves_nothing_new():
    found = hm.compare(THREE, {"a": THREE + 5, "noise": np.arange(120) % 5})
    assert found.new == 0
    assert found.verdict.endswith("; nothing of it is new.")


def test_many_cells_explain_nothing_by_chance():
    rng = np.random.default_rng(0)
    found = hm.compare(rng.integers(0, 3, 200), {f"noise {j}": rng.integers(0, 6, 200) for j in range(4)})
    assert found.new == 1
    assert found.verdict.endswith("100 % of it no labeling explains.")


def test_clusters_that_only_a_combination_explains():
    rng = np.random.default_rng(3)
    a, b = rng.permutation(np.arange(200) % 2), rng.permutation(np.arange(200) % 2)
    found = hm.compare(a ^ b, {"a": a, "b": b})
    assert [part.labelings for part in found.explained] == [("a", "b")]
    assert found.new == 0
    assert "a and b together explain 100 % of it" in found.verdict
    assert "ignored" not in found.verdict


def test_a_second_labeling_within_the_first():
    rng = np.random.default_rng(1)
    kind, side = rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    clusters = np.where(kind == 0, 0, 1 + side)  # the second kind is split by its side
    found = hm.compare(clusters, {"kind": kind, "side": side})
    assert [part.labelings for part in found.explained] == [("kind",), ("side",)]
    assert found["kind"].agreement is Agreement.FINER
    assert [m.splits for m in found["kind"].clusters] == [False, True, True]
    assert found.new == pytest.approx(0, abs=1e-12)
    assert sum(part.share for part in found.explained) == pytest.approx(1)


def test_more_permutations_where_holm_needs_them():
    labelings = {f"noise {j}": np.arange(120) % (j + 2) for j in range(9)} | {"three": THREE}
    found = hm.compare(THREE, labelings, n_permutations=10)
    assert found.n_permutations == 220
    assert found["three"].p_adjusted == pytest.approx(10 / 221)
    assert found["three"].p_adjusted <= ALPHA


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, int])
def test_random_state(make):
    c, a, b = draw(5, 30)
    once, again = (hm.compare(c, {"a": a, "b": b}, random_state=make(7)) for _ in range(2))
    assert [x.p_value for x in once] == [x.p_value for x in again]
    others = {hm.compare(c, {"b": b}, random_state=make(s))["b"].by_chance for s in range(4)}
    assert len(others) > 1


def test_plain_values():
    rows = np.arange(120) + 1001
    found = hm.compare(np.eye(3)[THREE], {"much": KINDS[Agreement.MUCH], "id": np.arange(120)})
    plain = json.loads(json.dumps(found.to_dict(rows), allow_nan=False))
    much, identifier = plain["labelings"]
    assert much["agreement"] == "much"
    assert much["disagree"] == (1001 + np.flatnonzero(FEW)).tolist()
    assert much["n_disagree"] == FEW.sum()
    assert much["table"]["counts"] == found["much"].table.counts.tolist()
    assert identifier["table"]["counts"] is not None
    assert plain["verdict"] == found.verdict
    many = hm.compare(THREE.repeat(10), {"id": np.arange(1200)}).to_dict()["labelings"][0]
    assert (many["table"], len(many["disagree"]), many["n_disagree"]) == (None, 1000, 1197)


def test_the_table_is_aligned():
    heading, head, *rows, verdict = hm.compare(THREE, {"a": THREE, "long name": KINDS[Agreement.MUCH]}).lines()
    assert heading == "Which known labeling did it find?"
    assert head.split() == ["label", "agreement", "(ARI)", "NMI", "matched", "p", "reading"]
    assert {row.index(" %") for row in rows} == {head.index("matched") + len("matched") - 2}
    assert verdict.startswith("  The clustering found a (100 % of rows match)")


def test_a_comparison_shows_its_verdict():
    found = hm.compare([1, 1, 2, 2], [1, 1, 2, 2])
    assert repr(found) == f"<Comparison of 4 rows: {found.verdict}>"
    assert found.summary().splitlines()[: len(found.lines())] == found.lines()
