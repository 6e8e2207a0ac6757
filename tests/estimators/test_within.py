"""`within`: how many components each class wants, and what tells them apart."""

import json

import numpy as np
import pytest
import sklearn.mixture
from sklearn.exceptions import DataConversionWarning

import hiddenmix as hm

pd = pytest.importorskip("pandas")

QUICK = hm.GaussianMixture(n_init=2, tol=1e-3, reg_covar=0)


@pytest.fixture(scope="module")
def vehicles():
    data = hm.datasets.vehicles()
    return data, hm.within(pd.DataFrame(data.data, columns=data.columns), data.labels["class"])


class TestTheVehicles:
    def test_each_class_wants_its_kinds(self, vehicles):
        data, found = vehicles
        assert {one.name: one.n_components for one in found.classes} == {"bike": 4, "car": 4, "truck": 3}
        for one in found.classes:
            kinds = [set(data.labels["kind"][list(rows)]) for rows in one.typical]
            assert [len(kind) for kind in kinds] == [1] * one.n_components
            assert len(set.union(*kinds)) == one.n_components
            of, counts = np.unique(data.labels["kind"][data.labels["class"] == one.name], return_counts=True)
            assert sorted(one.sizes) == sorted(counts)
            assert len(of) == one.n_components

    def test_the_gain_is_a_difference_of_bic(self, vehicles):
        # scikit-learn's mixture with the same number of components, from its best of ten starts, is the oracle.
        data, found = vehicles
        for name in ("bike", "truck"):
            x, one = data.data[data.labels["class"] == name], found[name]
            theirs = {
                k: sklearn.mixture.GaussianMixture(k, n_init=10, tol=1e-8, reg_covar=0, max_iter=1000, random_state=0)
                .fit(x).bic(x)
                for k in (1, one.n_components)
            }  # fmt: skip
            assert one.criteria[1] == pytest.approx(theirs[1], abs=1e-3)
            assert one.gain == pytest.approx(theirs[1] - theirs[one.n_components], abs=5)
            assert one.criteria[one.n_components] < theirs[one.n_components] + 1e-3
            assert one.gain > 1000

    def test_it_reads(self, vehicles):
        _, found = vehicles
        lines = found.summary().splitlines()
        assert lines[0] == "Structure within classes, by BIC (lower is better)"
        assert lines[1].startswith("  bike (570 rows): 4 components (BIC 4598.")
        assert lines[2].startswith("    1: 210 rows; low height_m (-1.5 sd)")
        first = found["bike"].typical[0]
        assert lines[3] == f"       typical rows {', '.join(map(str, first))}"
        assert found.lines(np.arange(1580) + 1)[3].endswith(f"rows {', '.join(str(i + 1) for i in first)}")
        assert repr(found) == "Within(bike: 4, car: 4, truck: 3)"
        plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert [one["n_components"] for one in plain["classes"]] == [4, 4, 3]
        with pytest.raises(KeyError):
            found["boat"]


class TestPenguins:
    def test_no_species_has_structure(self):
        data = hm.datasets.penguins()
        found = hm.within(data.data, data.labels["species"])
        assert [one.n_components for one in found.classes] == [1, 1, 1]
        assert [one.gain for one in found.classes] == [0, 0, 0]
        assert "Gentoo (124 rows): one component is enough (BIC 31." in found.summary()
        assert all(one.criteria[k] > one.criteria[1] for one in found.classes for k in one.criteria if k > 1)

    def test_rows_without_a_label_are_left_out(self):
        data = hm.datasets.penguins()
        found = hm.within(data.data, data.labels["sex"], n_components={"male": 3, "female": "auto"})
        assert [(one.name, one.rows) for one in found.classes] == [("female", 165), ("male", 168)]
        assert found["male"].n_components == 3
        assert list(found["male"].criteria) == [3]
        assert found["male"].gain is None
        assert "male (168 rows): 3 components, as asked" in found.summary()
        sizes = [set(data.labels["species"][list(rows)]) for rows in found["male"].typical]
        assert sizes.count({"Gentoo"}) >= 1


class TestSmallClasses:
    def test_they_are_told_with_a_reason(self):
        x = np.random.default_rng(0).normal(size=(30, 2))
        x[20:25] = 1.5
        y = ["many"] * 20 + ["same"] * 5 + ["few"] * 2 + ["one"] + [None] * 2
        found = hm.within(x, y)
        assert [one.name for one in found.classes] == ["few", "many", "one", "same"]
        assert found["many"].n_components == 1
        for name, reason in (("few", "2 distinct rows are too few"), ("one", "1 distinct row"), ("same", "constant")):
            assert found[name].n_components == 0
            assert reason in found[name].reason
            assert found[name].mixture is None
        assert "few (2 rows): nothing could be fitted: " in found.summary()
        assert found.to_dict()["classes"][0]["components"] == []

    def test_more_components_than_rows(self):
        with pytest.raises(hm.HiddenmixError, match="class 'b' cannot have 3 subclasses: it has 2") as caught:
            hm.within([[1.0], [2.0], [4.0], [5.0], [8.0]], list("aaabb"), n_components=3)
        assert caught.value.code == "HM207"

    def test_no_label_at_all(self):
        with pytest.raises(hm.HiddenmixError, match="no row has a label") as caught:
            hm.within([[1.0], [2.0]], [None, None])
        assert caught.value.code == "HM208"

    def test_labels_are_read_as_by_classifiers(self):
        data = hm.datasets.penguins()
        options = {"n_components": 1, "mixture": QUICK}
        column = pd.DataFrame({"species": data.labels["species"]})
        with pytest.warns(DataConversionWarning, match="column-vector"):
            found = hm.within(data.data, column, **options)
        assert found.to_dict() == hm.within(data.data, data.labels["species"], **options).to_dict()
        with pytest.raises(hm.HiddenmixError, match="measurements") as caught:
            hm.within(data.data, np.nan_to_num(data.data[:, 0]), **options)
        assert caught.value.code == "HM132"

    def test_one_class_is_enough(self):
        x = np.r_[np.random.default_rng(0).normal(0, 1, (40, 1)), np.random.default_rng(1).normal(9, 1, (40, 1))]
        assert hm.within(x, np.zeros(80), mixture=QUICK).classes[0].n_components == 2


class TestOtherMixtures:
    def test_weights_are_repetitions(self):
        rng = np.random.default_rng(0)
        x = np.r_[rng.normal(0, 1, (30, 1)), rng.normal(7, 1, (20, 1)), rng.normal(3, 1, (20, 1))]
        y = np.repeat(["two", "one"], [50, 20])
        w = rng.integers(1, 4, 70)
        weighted = hm.within(x, y, sample_weight=w, mixture=QUICK)
        repeated = hm.within(np.repeat(x, w, axis=0), np.repeat(y, w), mixture=QUICK)
        for one, other in zip(weighted.classes, repeated.classes):
            assert one.n_components == other.n_components
            assert one.criteria[1] == pytest.approx(other.criteria[1])
            np.testing.assert_allclose(one.sizes, other.sizes)

    def test_categories_by_icl(self):
        rng = np.random.default_rng(0)
        kind = np.repeat([0, 1, 2], 80)
        x = pd.DataFrame({c: np.where(rng.random(240) < 0.95, kind, rng.integers(0, 3, 240)) for c in "pqrst"})
        x = x.replace({0: "low", 1: "mid", 2: "top"})
        y = np.where(kind == 1, "centre", "edge")
        found = hm.within(x, y, mixture=hm.CategoricalMixture(n_init=1, tol=1e-3), criterion="icl")
        assert {one.name: one.n_components for one in found.classes} == {"centre": 1, "edge": 2}
        assert all("mostly" in words for words in found["edge"].words)

    def test_a_mixture_that_is_not_ours(self):
        data = hm.datasets.vehicles()
        rows = data.labels["class"] == "truck"
        theirs = sklearn.mixture.GaussianMixture(n_init=2)
        found = hm.within(data.data[rows], data.labels["class"][rows], mixture=theirs)
        assert found["truck"].n_components == 3

    @pytest.mark.parametrize(
        ("option", "code"), [({"criterion": "waic"}, "HM401"), ({"covariance_type": "x"}, "HM401")]
    )
    def test_unknown_words(self, option, code):
        with pytest.raises(hm.HiddenmixError) as caught:
            hm.within([[1.0], [2.0]], ["a", "b"], **option)
        assert caught.value.code == code
