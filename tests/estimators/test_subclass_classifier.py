"""`SubclassClassifier`: cluster each class, tell the subclasses apart, merge the answers back."""

import warnings

import numpy as np
import pytest
import sklearn.mixture
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

import hiddenmix as hm
from hiddenmix.estimators._subclass_counts import subclass_counts

pd = pytest.importorskip("pandas")

QUICK = hm.GaussianMixture(n_init=1, tol=1e-3, algorithm="em")


def exclusive_or(seed=0, n=60):
    """Two classes, each in two opposite corners of a square: no line parts them."""
    rng = np.random.default_rng(seed)
    corners = np.array([[0, 0], [4, 4], [0, 4], [4, 0]])
    where = np.repeat(np.arange(4), n)
    return corners[where] + rng.normal(0, 0.5, (4 * n, 2)), np.where(where < 2, "same", "differs"), where


def made(base=None, subclasses=2, **options):
    return hm.SubclassClassifier(base or LogisticRegression(), subclasses, random_state=0, **options)


# The checks fit tables with fewer rows than columns, for which hiddenmix warns.
@pytest.mark.filterwarnings("ignore::hiddenmix.HiddenmixWarning")
@parametrize_with_checks([hm.SubclassClassifier(LogisticRegression(max_iter=1000), mixture=QUICK)])
def test_check(estimator, check):
    check(estimator)


class TestMerging:
    def test_what_no_line_parts(self):
        x, y, _ = exclusive_or()
        assert LogisticRegression().fit(x, y).score(x, y) < 0.7
        assert made().fit(x, y).score(x, y) > 0.97

    def test_probabilities_are_sums_over_the_subclasses(self):
        x, y, _ = exclusive_or()
        model = made().fit(x, y)
        inner = LogisticRegression().fit(x, model.estimator_.predict(x))  # same codes, as they are told apart exactly
        np.testing.assert_allclose(inner.predict_proba(x), model.predict_subclass_proba(x))
        assert model.subclass_classes_.tolist() == [0, 0, 1, 1]
        assert model.classes_.tolist() == ["differs", "same"]
        parts = model.predict_subclass_proba(x)
        np.testing.assert_allclose(model.predict_proba(x), np.c_[parts[:, 0] + parts[:, 1], parts[:, 2] + parts[:, 3]])
        assert np.all(model.predict(x) == model.classes_[model.predict_proba(x).argmax(axis=1)])

    def test_the_sum_decides_and_not_the_largest_part(self):
        class Thirds(BaseEstimator):  # 0.4 for the one subclass of "b", 0.3 for each of the two of "a"
            _estimator_type = "classifier"

            def fit(self, X, y):
                self.classes_ = np.unique(y)
                return self

            def predict_proba(self, X):
                return np.tile([0.3, 0.3, 0.4], (len(X), 1))

            def predict(self, X):
                return np.full(len(X), 2)

        x = [[0.0], [0.1], [0.3], [9.0], [9.1], [9.4], [4.0], [4.1], [4.2]]
        model = made(Thirds(), {"a": 2, "b": 1}).fit(x, list("aaaaaabbb"))
        assert model.predict([[4.0]]).tolist() == ["a"]
        assert model.predict_subclass([[4.0]]).tolist() == [0]  # within the class that is predicted
        np.testing.assert_allclose(model.predict_proba([[4.0]]), [[0.6, 0.4]])

    def test_one_subclass_each_is_the_classifier_itself(self):
        data = hm.datasets.vehicles()
        x, y = data.data, data.labels["class"]
        alone = LinearDiscriminantAnalysis().fit(x, y)
        model = made(LinearDiscriminantAnalysis(), 1).fit(x, y)
        np.testing.assert_allclose(model.predict_proba(x), alone.predict_proba(x))
        assert model.mixtures_ == {"bike": None, "car": None, "truck": None}

    def test_without_probabilities(self):
        x, y, _ = exclusive_or()
        model = made(LinearSVC(), 2)
        assert not hasattr(model, "predict_proba")
        assert not hasattr(model.fit(x, y), "predict_subclass_proba")
        assert model.score(x, y) > 0.97
        assert np.all(model.predict(x) == model.classes_[model.subclass_classes_[model.estimator_.predict(x)]])

    def test_better_on_the_vehicles(self):
        data = hm.datasets.vehicles()
        learn, test = np.arange(0, 1580, 2), np.arange(1, 1580, 2)
        x, y = data.data, data.labels["class"]
        scores = [
            made(LinearDiscriminantAnalysis(), k).fit(x[learn], y[learn]).score(x[test], y[test])
            for k in (1, {"bike": 4, "car": 4, "truck": 3})
        ]
        assert scores[1] > scores[0] + 0.03


class TestSubclasses:
    def test_a_criterion_finds_the_kinds(self):
        data = hm.datasets.vehicles()
        model = made(LinearDiscriminantAnalysis(), "auto").fit(data.data, data.labels["class"])
        assert model.subclasses_ == {"bike": 4, "car": 4, "truck": 3}
        own = model.subclass_memberships(data.data, data.labels["class"]).argmax(axis=1)
        table = pd.crosstab(own, data.labels["kind"])
        assert table.max(axis=1).sum() == 1580  # each subclass is one kind
        assert model.subclass_names_[own[0]].startswith(data.labels["class"][0])

    def test_memberships_are_those_of_the_own_mixture(self):
        x, y, _ = exclusive_or()
        x = x * [1, 0.2]  # the corners of a class overlap
        model = made(mixture=hm.GaussianMixture(covariance_type="spherical", weights="equal")).fit(x, y)
        found = model.subclass_memberships(x, y)
        for c, name in enumerate(model.classes_):
            rows, columns = y == name, model.subclass_classes_ == c
            np.testing.assert_allclose(found[rows][:, columns], model.mixtures_[name].predict_proba(x[rows]))
            assert not found[rows][:, ~columns].any()

    def test_rows_without_a_label(self):
        x, y, _ = exclusive_or()
        some = y.astype(object)
        some[::3] = None
        model = made().fit(x, some)
        np.testing.assert_allclose(
            model.predict_proba(x),
            made().fit(x[some != None], some[some != None]).predict_proba(x),  # noqa: E711
        )
        found = model.subclass_memberships(x, some)
        np.testing.assert_allclose(found[::3], model.predict_subclass_proba(x[::3]))
        np.testing.assert_allclose(found.sum(axis=1), 1)
        certain = made(LinearSVC()).fit(x, y).subclass_memberships(x, [None] * len(x))
        assert np.all(certain.sum(axis=1) == 1)
        assert set(np.unique(certain)) == {0, 1}

    def test_a_component_without_rows_is_no_subclass(self):
        class Ends(BaseEstimator):
            """Components 0 and 2 have the rows, whatever is asked for."""

            def __init__(self, n_components=1):
                self.n_components = n_components

            def fit(self, X):
                return self

            def predict(self, X):
                return np.where(np.asarray(X)[:, 0] < 2, 0, 2)

            def predict_proba(self, X):
                return np.where((self.predict(X) == 0)[:, None], [0.8, 0.2, 0.0], [0.0, 0.5, 0.5])

        x, y, _ = exclusive_or()
        model = made(subclasses=3, mixture=Ends()).fit(x, y)
        assert model.subclasses_ == {"differs": 2, "same": 2}
        assert model.subclass_names_.tolist() == ["differs 1", "differs 2", "same 1", "same 2"]
        assert set(np.unique(model.subclass_memberships(x, y))) == {0, 1}

    @pytest.mark.parametrize("kind", [str, int, float, object, "category", bool])
    def test_labels_of_any_type(self, kind):
        x, _, where = exclusive_or(n=20)
        codes = where // 2
        if kind == "category":
            y = pd.Series(pd.Categorical.from_codes(codes, ["up", "down"]))
        else:
            y = np.array(["a", "b"], dtype=object)[codes] if kind is object else (codes + (kind is int)).astype(kind)
        model = made().fit(x, y)
        assert model.score(x, y) == 1
        assert set(model.subclasses_) == set(np.unique(np.asarray(y)).tolist())

    def test_any_clustering(self):
        x, y, _ = exclusive_or()
        theirs = sklearn.mixture.GaussianMixture(n_init=3, random_state=0)
        model = made(subclasses="auto", mixture=theirs).fit(x, y)
        for name in model.classes_:
            fits = [clone(theirs).set_params(n_components=k).fit(x[y == name]) for k in range(1, 7)]
            assert model.subclasses_[name] == 1 + np.argmin([fit.bic(x[y == name]) for fit in fits])

    def test_counts_and_categories(self):
        rng = np.random.default_rng(0)
        x = rng.poisson(np.repeat([[1], [9], [4]], 40, axis=0) * [1.0, 2.0])
        y = ["a"] * 80 + ["b"] * 40
        model = made(KNeighborsClassifier(), {"a": 2, "b": 1}, mixture=hm.PoissonMixture()).fit(x, y)
        assert model.score(x, y) > 0.9
        np.testing.assert_allclose(np.sort(model.mixtures_["a"].rates_[:, 0]), [1, 9], atol=1)


class TestWeights:
    def test_a_weight_is_a_repetition(self):
        x, y, _ = exclusive_or(n=25)
        w = np.random.default_rng(1).integers(0, 4, len(x))
        weighted = made(LogisticRegression(tol=1e-9)).fit(x, y, sample_weight=w)
        repeated = made(LogisticRegression(tol=1e-9)).fit(np.repeat(x, w, axis=0), np.repeat(y, w))
        np.testing.assert_allclose(weighted.predict_proba(x), repeated.predict_proba(x), atol=1e-5)

    def test_a_class_of_weight_zero_is_absent(self):
        x, _, where = exclusive_or(n=20)
        model = made(subclasses=1).fit(x, where, sample_weight=(where != 2).astype(float))
        assert model.classes_.tolist() == [0, 1, 3]

    def test_a_base_that_takes_none_is_told(self):
        x, y, _ = exclusive_or(n=20)
        with pytest.warns(hm.HiddenmixWarning, match="KNeighborsClassifier takes no sample_weight") as caught:
            made(KNeighborsClassifier()).fit(x, y, sample_weight=np.arange(len(x)))
        assert [one.message.code for one in caught] == ["HM412"]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made(KNeighborsClassifier()).fit(x, y, sample_weight=np.full(len(x), 2.0))


class TestMistakes:
    @pytest.mark.parametrize(
        ("subclasses", "code", "text"),
        [
            ({"same": 2}, "HM410", "leaves out class 'differs'"),
            ({"same": 2, "differs": 1, "else": 1}, "HM410", "names 'else', which no row has"),
            (0, "HM402", "must be 1 or more"),
            (2.0, "HM402", "'auto' or a whole number"),
            (True, "HM402", "'auto' or a whole number"),
            ("two", "HM401", "cannot be 'two'"),
            ({"same": 2, "differs": "many"}, "HM401", "of class 'differs' cannot be 'many'"),
        ],
    )
    def test_wishes(self, subclasses, code, text):
        x, y, _ = exclusive_or(n=5)
        with pytest.raises(hm.HiddenmixError, match=text) as caught:
            made(subclasses=subclasses).fit(x, y)
        assert caught.value.code == code

    def test_a_class_with_fewer_rows_than_subclasses(self):
        x = [[0.0], [1.0], [1.0], [2.0], [5.0], [6.0], [7.0], [8.0]]
        with pytest.raises(hm.HiddenmixError) as caught:
            made(subclasses={"few": 4, "many": 2}).fit(x, ["few"] * 4 + ["many"] * 4)
        assert caught.value.code == "HM207"
        assert str(caught.value).startswith("class 'few' cannot have 4 subclasses: it has 3 distinct rows")
        assert "subclasses={'few': 3, ...}" in caught.value.help

    def test_the_largest_number_that_fits_does_fit(self):
        assert subclass_counts({1: 3, 2: "auto"}, np.array([1, 2]), [3, 1]) == {1: 3, 2: "auto"}
        assert subclass_counts(np.int64(3), ["a"], [3]) == {"a": 3}
        with pytest.raises(hm.HiddenmixError, match="3 distinct rows"):
            subclass_counts(4, ["a"], [3])

    def test_a_fit_that_fails_names_its_class(self):
        x, y, _ = exclusive_or(n=5)
        x[y == "same", 1] = 3
        with pytest.raises(hm.HiddenmixError, match=r"class 'same': .* column 1 is constant") as caught:
            made(mixture=hm.GaussianMixture(reg_covar=0)).fit(x, y)
        assert caught.value.code == "HM203"

    def test_other_columns_and_classes_than_at_the_fit(self):
        x, y, _ = exclusive_or(n=10)
        frame = pd.DataFrame(x, columns=["u", "v"])
        model = made().fit(frame, y)
        assert model.feature_names_in_.tolist() == ["u", "v"]
        for code, table in (("HM501", frame.rename(columns={"v": "w"})), ("HM502", x[:, :1])):
            with pytest.raises(hm.HiddenmixError) as caught:
                model.predict(table)
            assert caught.value.code == code
        with pytest.raises(hm.HiddenmixError) as caught:
            model.subclass_memberships(frame, ["new"] * len(x))
        assert caught.value.code == "HM503"

    def test_what_is_no_mixture(self):
        x, y, _ = exclusive_or(n=5)
        with pytest.raises(hm.HiddenmixError, match="KMeans cannot cluster a class: it has no n_components"):
            made(mixture=KMeans()).fit(x, y)
        with pytest.raises(hm.HiddenmixError, match="has no icl"):
            made(subclasses="auto", criterion="icl", mixture=sklearn.mixture.GaussianMixture(random_state=0)).fit(x, y)


@pytest.mark.parametrize("base", [None, "x", LogisticRegression, StandardScaler()])
def test_a_base_that_is_no_classifier_is_refused_before_any_work(base):
    with pytest.raises(hm.HiddenmixError, match="is no classifier") as error:
        hm.SubclassClassifier(base).fit([[0.0], [1.0], [2.0], [3.0]], list("aabb"))
    assert error.value.code == "HM411"


def test_missing_cells_that_the_base_does_not_take_are_refused_before_any_work():
    x = [[0.0], [1.0], [np.nan], [3.0]]
    with pytest.raises(hm.HiddenmixError, match="missing cells that LogisticRegression does not take") as error:
        hm.SubclassClassifier(LogisticRegression(), 1).fit(x, list("aabb"))
    assert error.value.code == "HM410"
