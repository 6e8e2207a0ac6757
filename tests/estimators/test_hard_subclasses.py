"""`hard_subclasses`: whose rows are got wrong, out of fold, and what they are taken for."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, ShuffleSplit, StratifiedKFold, cross_val_predict

import hiddenmix as hm
from hiddenmix.discover.confused import confusion, errors_of
from hiddenmix.discover.typical import typical_rows

pd = pytest.importorskip("pandas")

KINDS = {"bike": 4, "car": 4, "truck": 3}


@pytest.fixture(scope="module")
def vehicles():
    data = hm.datasets.vehicles()
    return pd.DataFrame(data.data, columns=data.columns), data.labels["class"], data.labels["kind"]


CLASSIFIERS = {
    "discriminant": hm.MixtureDiscriminant(KINDS, tied="none", random_state=0),
    "shared": hm.MixtureDiscriminant(KINDS, random_state=0),
    "subclasses": hm.SubclassClassifier(LinearDiscriminantAnalysis(), KINDS, random_state=0),
}


@pytest.fixture(scope="module", params=CLASSIFIERS)
def report(request, vehicles):
    X, y, kind = vehicles
    return hm.hard_subclasses(CLASSIFIERS[request.param], X, y, labels={"kind": kind})


def toy(n=20):
    """Class "a" at 0 and 10, class "b" at 5, and a few of "b" among the "a" at 10."""
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 0.5, n), rng.normal(10, 0.5, n), rng.normal(5, 0.5, n), rng.normal(10, 0.5, 4)][:, None]
    return x, np.repeat(["a", "b"], [2 * n, n + 4])


class TestTheVehicles:
    def test_trikes_and_delivery_trucks_lead(self, report):
        first, second, *rest = report.subclasses
        assert {first.known[0][1], second.known[0][1]} == {"trike", "delivery truck"}
        assert min(first.known[0][2], second.known[0][2]) > 0.9
        assert [s.rank for s in report.subclasses] == list(range(1, 12))
        assert all(s.excess < min(first.excess, second.excess) / 1.5 for s in rest)
        assert {s.name for s in report.hard} >= {first.name, second.name}
        for s, of in ((first, first.of), (second, second.of)):
            assert s.taken_for[0] == ("car", pytest.approx(1.0, abs=0.01))
            assert of == {"trike": "bike", "delivery truck": "truck"}[s.known[0][1]]
            assert s.of_class > 0.95

    def test_kinds_are_told_and_not_used(self, vehicles, report):
        _, y, kind = vehicles
        found = {s.known[0][1] for s in report.subclasses}
        assert found == set(kind)
        for s in report.subclasses:
            assert np.all(kind[list(s.typical)] == s.known[0][1])
            assert np.all(y[list(s.typical)] == s.of)

    def test_it_reads(self, report):
        text = report.summary()
        assert text.splitlines()[0] == (
            f"Hard subclasses: {round(report.error_rate * 1580)} of 1580 rows wrong ({100 * report.error_rate:.1f} %), "
            "out of 5 folds"
        )
        trike = next(s for s in report.subclasses if s.known[0][1] == "trike")
        assert f"{trike.rank}. {trike.name} (100 % trike): high width_m" in text
        shown = report.lines(rows=np.arange(1580) + 1, top=2)
        assert f"     typical rows {', '.join(str(i + 1) for i in report.subclasses[0].typical)}" in shown
        assert "  and 9 more, less hard" in shown

    def test_it_is_plain(self, report):
        found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert found["subclasses"][0]["rank"] == 1
        np.testing.assert_allclose(np.sum(found["confusion"]["rows"]), 1580)


def test_against_scikit_learns_folds(vehicles):
    # One subclass for each class: the table is the confusion matrix of cross-validated predictions.
    X, y, _ = vehicles
    model = hm.SubclassClassifier(LinearDiscriminantAnalysis(), 1)
    found = hm.hard_subclasses(model, X, y, cv=4, random_state=3)
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    predicted = cross_val_predict(LinearDiscriminantAnalysis(), X, y, cv=folds)
    expected = pd.crosstab(y, predicted)
    np.testing.assert_allclose(found.confusion, expected)
    assert found.error_rate == pytest.approx(np.mean(predicted != y))
    wrong = pd.Series(predicted != y).groupby(y).agg(["sum", "size"])
    excess = (wrong["sum"] - wrong["size"] * np.mean(predicted != y)).sort_values(ascending=False)
    assert [s.of for s in found.subclasses] == list(excess.index)
    np.testing.assert_allclose([s.excess for s in found.subclasses], excess)
    assert all(s.words == "the only subclass of its class" for s in found.subclasses)


def test_errors_by_hand():
    # Two subclasses of class 0, one of class 1; the second row is half of each.
    memberships = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    table = confusion(memberships, np.array([0, 1, 1, 1, 0]), 2, np.array([1.0, 2, 1, 1, 3]))
    np.testing.assert_allclose(table, [[1, 1], [0, 2], [3, 1]])
    found = errors_of(table, np.array([0, 0, 1]))
    np.testing.assert_allclose(found.rows, [2, 2, 4])
    np.testing.assert_allclose(found.wrong, [1, 2, 3])
    np.testing.assert_allclose(found.rate, [0.5, 1, 0.75])
    np.testing.assert_allclose(found.of_class, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found.of_all, [1 / 6, 1 / 3, 1 / 2])
    assert found.total == 0.75
    np.testing.assert_allclose(found.excess, [-0.5, 0.5, 0])
    assert found.order.tolist() == [1, 2, 0]


def test_nothing_wrong_is_no_division_by_zero():
    found = errors_of(np.diag([3.0, 4.0, 0.0]), np.array([0, 1, 2]))
    assert found.total == 0
    for values in (found.rate, found.of_class, found.of_all, found.excess):
        assert values.tolist() == [0, 0, 0]


class TestTypicalRows:
    def test_nearest_to_the_centre_of_those_that_surely_belong(self):
        values = np.array([[0.0, 0], [1, 0], [5, 0], [-6, 0], [2.5, 0]])
        resp = np.array([[1.0, 0], [1, 0], [1, 0], [1, 0], [0.3, 0.7]])
        assert typical_rows(values, resp, top=2) == [[0, 1], [4]]

    def test_categories_missing_cells_and_weights(self):
        values = np.array([[0.0, 1], [0, np.nan], [1, 1], [np.nan, np.nan], [0, 50]])
        resp = np.ones((5, 1))
        found = typical_rows(values, resp, levels=[["u", "v"], None], weight=np.array([1, 1, 1, 1, 0.0]))
        assert found == [[0, 1, 2]] or found == [[1, 0, 2]]


class TestRowsAndFolds:
    def test_weights_are_repetitions(self):
        x, y = toy()
        folds = np.arange(len(x)) % 3
        w = np.random.default_rng(0).integers(1, 4, len(x))
        model = hm.SubclassClassifier(LogisticRegression(tol=1e-9), {"a": 2, "b": 1}, random_state=0)
        weighted = hm.hard_subclasses(model, x, y, sample_weight=w, cv=PredefinedSplit(folds))
        many = np.repeat(np.arange(len(x)), w)
        repeated = hm.hard_subclasses(model, x[many], y[many], cv=PredefinedSplit(folds[many]))
        np.testing.assert_allclose(weighted.confusion, repeated.confusion, atol=1e-6)
        assert weighted.names == repeated.names

    def test_a_fitted_classifier_is_used_as_it_is(self):
        x, y = toy()
        model = hm.MixtureDiscriminant({"a": 2, "b": 2}, tied="class", random_state=0)
        fresh, fitted = (hm.hard_subclasses(one, x, y) for one in (model, clone(model).fit(x, y)))
        assert fresh.to_dict() == fitted.to_dict()
        assert fresh.subclasses[0].of == "b"
        assert fresh.subclasses[0].taken_for[0][0] == "a"
        assert fresh.subclasses[0].error_rate > 0.9

    def test_rows_without_a_label_are_not_counted(self):
        x, y = toy()
        some = np.array([*y, None, None], dtype=object)
        more = np.r_[x, [[0.0], [5.0]]]
        model = hm.MixtureDiscriminant({"a": 2, "b": 2}, tied="class", random_state=0)
        found = hm.hard_subclasses(model, more, some, labels={"half": [1, 2] * 33})
        assert found.confusion.sum() == pytest.approx(len(x))
        assert all(i < len(x) for s in found.subclasses for i in s.typical)

    def test_categories(self):
        rng = np.random.default_rng(0)
        kind = np.repeat([0, 1, 2], 60)
        x = pd.DataFrame({c: np.where(rng.random(180) < 0.9, kind, rng.integers(0, 3, 180)) for c in "pqrs"})
        x = x.replace({0: "low", 1: "mid", 2: "top"})
        y = np.where(kind == 1, "centre", "edge")
        model = hm.MixtureDiscriminant({"centre": 1, "edge": 2}, mixture=hm.CategoricalMixture(), random_state=0)
        found = hm.hard_subclasses(model, x, y, labels={"kind": kind})
        assert {s.known[0][1] for s in found.subclasses if s.of == "edge"} == {0, 2}
        assert any("mostly top" in s.words for s in found.subclasses)


class TestMistakes:
    @pytest.mark.parametrize(
        ("cv", "code", "text"),
        [
            (50, "HM209", "class 'b' has 24 rows, too few for 50 folds"),
            (1, "HM403", "at least 2"),
            (ShuffleSplit(3, random_state=0), "HM410", "not once"),
            (PredefinedSplit([0] * 40 + [1] * 24), "HM209", "fold 1 of 2 has no row of class 'a' to learn from"),
        ],
    )
    def test_folds(self, cv, code, text):
        x, y = toy()
        with pytest.raises(hm.HiddenmixError, match=text) as caught:
            hm.hard_subclasses(hm.MixtureDiscriminant(1), x, y, cv=cv)
        assert caught.value.code == code

    def test_a_class_of_one_row(self):
        x, y = toy()
        with pytest.raises(hm.HiddenmixError, match="class 'z' has 1 row,") as caught:
            hm.hard_subclasses(hm.MixtureDiscriminant(1), np.r_[x, [[3.0]]], [*y, "z"])
        assert "leave the class out" in caught.value.help

    @pytest.mark.filterwarnings("ignore:class 'b'. no row belongs:hiddenmix.ConvergenceWarning")
    def test_a_fold_that_fails_is_named(self):
        x, y = toy(3)
        mixture = hm.GaussianMixture(prior="conjugate", n_init=1)
        model = hm.SubclassClassifier(LogisticRegression(), {"a": 1, "b": 6}, mixture=mixture)
        with pytest.raises(hm.HiddenmixError, match=r"fold 1 of 3: class 'b' cannot have 6 subclasses") as caught:
            hm.hard_subclasses(model, x, y, cv=3)
        assert caught.value.code == "HM207"

    def test_no_subclasses(self):
        x, y = toy()
        with pytest.raises(hm.HiddenmixError, match="LogisticRegression has no subclasses") as caught:
            hm.hard_subclasses(LogisticRegression(), x, y)
        assert caught.value.code == "HM411"

    @pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
    def test_names_of_another_number(self, names):
        x, y = toy()
        with pytest.raises(hm.HiddenmixError, match=f"names has {len(names)} names? for 2 columns") as caught:
            hm.hard_subclasses(hm.MixtureDiscriminant(1), np.column_stack([x, x**2]), y, names=names)
        assert caught.value.code == "HM410"
        assert caught.value.help.startswith("2 names")

    @pytest.mark.parametrize("labels", [{"kind": [1, 2]}, {"kind": 3}])
    def test_labels_of_another_length(self, labels):
        x, y = toy()
        with pytest.raises(hm.HiddenmixError, match="kind must have one") as caught:
            hm.hard_subclasses(hm.MixtureDiscriminant(1), x, y, labels=labels)
        assert caught.value.code == "HM128"
        model = hm.MixtureDiscriminant(1).fit(x, y)
        with pytest.raises(hm.HiddenmixError) as caught:
            hm.hard_subclasses(model, x[:-1], y)
        assert caught.value.code == "HM128"


def test_a_fitted_classifier_of_other_classes_is_refused():
    x, y = toy()
    model = hm.MixtureDiscriminant(1).fit(np.vstack([x, x + 50]), [*y, *["far"] * len(y)])
    with pytest.raises(hm.HiddenmixError, match=r"tells .*'far'.* apart, and y has") as caught:
        hm.hard_subclasses(model, x, y)
    assert caught.value.code == "HM410"


@pytest.mark.parametrize("kind", ["datetime64[D]", "S"])
def test_classes_of_all_kinds_make_plain_values(kind):
    x, y = toy()
    names = np.array(["2020-01-01", "2020-01-02"])[np.unique(y, return_inverse=True)[1]].astype(kind)
    found = hm.hard_subclasses(hm.MixtureDiscriminant(1), x, names)
    assert "2020-01-01" in json.dumps(found.to_dict()["classes"])
    assert "2020-01-01" in json.dumps(hm.within(x, names, n_components=1).to_dict())
