"""Reports of models that were loaded, of other rows than those of the fit, and the script that gives them again."""

import re

import numpy as np
import pandas as pd
import pytest

import hiddenmix as hm
from hiddenmix.report._script import call_of, literal, model_lines


@pytest.fixture(scope="module")
def penguins():
    """The penguins as a table with names, and a fit in which BIC and ICL choose differently."""
    data = hm.datasets.penguins()
    X = pd.DataFrame(data.data, columns=list(data.columns))
    return X, hm.GaussianMixture([3, 4], covariance_type="tied", random_state=0).fit(X)


def lines(report):
    """The report without what tells when and with what it was made."""
    return [line for line in report.markdown().splitlines() if "load" not in line]


class TestLoaded:
    def test_it_says_what_the_fit_says(self, penguins, tmp_path):
        X, model = penguins
        model.save(tmp_path / "m.hmx")
        loaded = hm.load(tmp_path / "m.hmx")
        fresh, again = (hm.report.of(each, X, name="penguins", pictures=False) for each in (model, loaded))
        assert "the 4th component splits one group into two that overlap" in again.markdown()
        assert lines(again) == lines(fresh)
        loaded.save(tmp_path / "again.hmx")
        twice = hm.report.of(hm.load(tmp_path / "again.hmx"), X, name="penguins", pictures=False)
        assert lines(twice) == lines(fresh)

    def test_models_that_were_set_aside(self, tmp_path):
        X = hm.datasets.faithful().data[:30]
        model = hm.GaussianMixture([1, 2, 3, 7, 9], random_state=0).fit(X)
        aside = [candidate.name for candidate in model.selection_.failures]
        assert aside
        model.save(tmp_path / "m.hmx")
        fresh, again = (hm.report.of(each, X, pictures=False) for each in (model, hm.load(tmp_path / "m.hmx")))
        assert f"{' '.join(aside)} set aside: its best maximum is carried by too few rows" in again.markdown()
        assert lines(again) == lines(fresh)
        for report in (fresh, again):
            told = report.to_dict()["selection"]["candidates"]
            assert [c["name"] for c in told if c["set_aside"]] == aside
            assert all(bool(c["reason"]) == c["set_aside"] for c in told)

    def test_the_column_of_a_collapse_has_its_name(self):
        rng = np.random.default_rng(0)
        X = pd.DataFrame({"flat": np.r_[np.zeros(20), np.arange(1, 21)], "wide": rng.normal(size=40)})
        model = hm.GaussianMixture([1, 2], n_init=3, random_state=0).fit(X)
        assert "no spread in column 0 (counting from 0)" in model.selection_.failures[0].why
        text = hm.report.of(model, X, pictures=False).markdown()
        assert "set aside: component 1 collapsed: it has no spread in column 'flat'" in text


class TestOtherRows:
    def test_sizes_are_those_of_the_rows_that_are_told_of(self, penguins):
        X, model = penguins
        few = X[:150]
        with pytest.warns(hm.HiddenmixWarning, match="the data has 150 rows, and the model was fitted on 344.*HM505"):
            report = hm.report.of(model, few, pictures=False)
        seen = ~few.isna().all(axis=1).to_numpy()
        sizes = np.bincount(model.predict(few)[seen], minlength=3)
        assert [c["rows"] for c in report.to_dict()["model"]["components"]] == sizes.tolist()
        text = report.markdown()
        assert f"of {sizes[0]}, {sizes[1]} and {sizes[2]} rows" in text
        assert "> These are not the rows of the fit, or not with its weights and known labels: the data has 150" in text
        assert "150 rows" in report.to_dict()["data"]["other_than_at_the_fit"]
        code = re.search(r"```python\n(.*?)```", text, flags=re.DOTALL)[1]
        assert "hm.load(" in code
        assert ".fit(" not in code

    def test_as_many_rows_with_other_values(self, penguins):
        X, model = penguins
        with pytest.warns(hm.HiddenmixWarning, match=r"the log-likelihood of birds is -\d+.*was -5190\.15"):
            hm.report.of(model, X * 1.01, name="birds", pictures=False)

    @pytest.mark.parametrize("what", ["sample_weight", "known_labels"])
    def test_without_what_the_fit_had(self, what):
        X = hm.datasets.faithful().data
        y = np.where(np.arange(len(X)) < 40, (X[:, 1] > 68).astype(float), np.nan)
        y[:10] = 1 - y[:10]
        given = {what: np.linspace(0, 2, len(X)) if what == "sample_weight" else y}
        model = hm.GaussianMixture(2, random_state=0).fit(X, **given)
        hm.report.of(model, X, **given, pictures=False)  # no warning, which would be an error
        with pytest.warns(hm.HiddenmixWarning, match="HM505"):
            report = hm.report.of(model, X, pictures=False)
        found = [c["rows"] for c in report.to_dict()["model"]["components"]]
        assert found == np.bincount(model.predict(X)).tolist()

    @pytest.mark.parametrize("options", [{}, {"standardize": True}, {"prior": "conjugate"}, {"reg_covar": 0.1}])
    @pytest.mark.parametrize("kind", ["float64", "float32", "holes"])
    def test_the_rows_of_the_fit_are_known_again(self, options, kind, tmp_path):
        X = hm.datasets.faithful().data.astype("float32" if kind == "float32" else float)
        if kind == "holes":
            X[::7, 0] = np.nan
        model = hm.GaussianMixture(2, random_state=0, **options).fit(X)
        model.save(tmp_path / "m.hmx")
        for each in (model, hm.load(tmp_path / "m.hmx")):
            assert hm.report.of(each, X, pictures=False).to_dict()["data"]["other_than_at_the_fit"] is None


class TestScript:
    @pytest.mark.parametrize(
        "value",
        [None, True, 3, 0.1, "a'b", [1, (2,), "x"], {"a": [1.5]}, range(2, 5), np.float64(2.5), np.array([[1.0, 2.0]])],
    )
    def test_literals_make_the_same_again(self, value):
        made = eval(literal(value), {"np": np, "hm": hm})
        np.testing.assert_equal(made, value)

    @pytest.mark.parametrize("value", [np.zeros(1000), np.random.default_rng(0), len, [np.zeros(99)], {"a": object()}])
    def test_what_cannot_be_written_is_a_name_and_a_remark(self, value):
        assert literal(value) is None
        remark, line = model_lines(hm.GaussianMixture(2, means_init=value, random_state=1))
        assert remark.startswith("# means_init: a ")
        assert line == "model = hm.GaussianMixture(2, means_init=means_init, random_state=1)"

    def test_not_finite_numbers_and_records(self):
        assert np.isnan(eval(literal(float("nan"))))
        prior = hm.NormalPrior(np.zeros(2), np.eye(2), 0.5, None)
        made = eval(literal(prior), {"np": np, "hm": hm})
        assert (made.mean.tolist(), made.scale.tolist(), made.shrinkage) == ([0, 0], [[1, 0], [0, 1]], 0.5)

    def test_a_fit_with_arrays_and_weights_is_made_again(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        X, w = hm.datasets.faithful().data, np.linspace(0, 2, 272)
        start = np.array([[2.0, 55.0], [4.0, 80.0]])
        model = hm.GaussianMixture(2, means_init=start, n_init=1, random_state=0).fit(X, sample_weight=w)
        text = hm.report.of(model, X, sample_weight=w, pictures=False).markdown()
        code = re.search(r"```python\n(.*?)```", text, flags=re.DOTALL)[1]
        assert code.startswith("import numpy as np\n")
        names = {"X": X, "weight": w}
        exec(code, names)
        np.testing.assert_array_equal(names["model"].means_, model.means_)

    def test_a_classifier_is_fitted_with_its_classes(self):
        X, y = hm.datasets.faithful().data, (hm.datasets.faithful().data[:, 1] > 68).astype(int)
        model = hm.MixtureDiscriminant(1, random_state=0).fit(X, y)
        text = hm.report.of(model, X, known_labels=y, pictures=False).markdown()
        assert "model.fit(X, y)\n" in text
        assert "hm.report.of(model, X, known_labels=y)" in text
        assert call_of(model) == "MixtureDiscriminant(1, random_state=0)"


def test_the_closest_labeling_is_drawn():
    rng = np.random.default_rng(0)
    groups = np.repeat([1, 2, 3, 4], 50)
    half, noisy = groups > 2, np.where(rng.random(200) < 0.1, rng.integers(1, 5, 200), groups)
    found = hm.compare(groups, {"half": half, "noisy": noisy}, n_permutations=99)
    scores = [one.adjusted_mutual_info for one in found.closest]
    assert scores == sorted(scores, reverse=True)
    assert {one.name for one in found.closest} == {"half", "noisy"}
    assert found.closest[0].name == max(found, key=lambda one: one.adjusted_mutual_info).name
