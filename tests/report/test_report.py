"""Reports of fitted mixtures from Python: their figures, their form, and what they say in the odd cases."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from tests.report.pages import sound

import hiddenmix as hm


@pytest.fixture(scope="module")
def penguins():
    """The penguins, the fit, and its report."""
    data = hm.datasets.penguins()
    X = pd.DataFrame(data.data, columns=list(data.columns))
    model = hm.GaussianMixture([2, 3, 4], covariance_type=["tied", "diag"], random_state=0).fit(X)
    return X, model, hm.report.of(model, X, labels=data.labels, name="penguins")


def numbers(text):
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]


class TestFigures:
    def test_the_table_is_the_model(self, penguins):
        X, model, report = penguins
        table = sound(report.html()).tables()[0]
        rows = {row[0]: row[1:] for row in table}
        assert [numbers(cell)[0] for cell in rows["share"]] == pytest.approx(100 * model.weights_, abs=0.05)
        assert [float(cell) for cell in rows["rows"]] == model.facts_.sizes.tolist() == [154, 123, 65]
        for c, name in enumerate(X.columns):
            shown = np.array([numbers(cell) for cell in rows[name]])
            np.testing.assert_allclose(shown[:, 0], model.means_[:, c], rtol=5e-4)
            np.testing.assert_allclose(shown[:, 1], np.sqrt(model.covariances_[c, c]), rtol=5e-4)

    def test_unsure_rows_by_brute_force(self, penguins):
        X, model, report = penguins
        seen = ~X.isna().any(axis=1).to_numpy()
        joint = np.stack(
            [w * multivariate_normal(m, model.covariances_).pdf(X[seen]) for w, m in zip(model.weights_, model.means_)],
            axis=1,
        )
        proba = joint / joint.sum(axis=1, keepdims=True)
        at = np.flatnonzero(seen)[proba.max(axis=1) < 0.9]
        table = next(t for t in sound(report.html()).tables() if t[0][0] == "row")
        assert sorted(int(row[0]) for row in table[1:]) == at.tolist()
        for row in table[1:]:
            place = np.flatnonzero(np.flatnonzero(seen) == int(row[0]))[0]
            np.testing.assert_allclose([float(cell) for cell in row[-3:]], proba[place], atol=6e-4)
        highest = [max(float(cell) for cell in row[-3:]) for row in table[1:]]
        assert highest == sorted(highest)

    def test_criteria_are_those_of_the_selection(self, penguins):
        _, model, report = penguins
        table = next(t for t in sound(report.html()).tables() if t[0][0] == "model")
        ranked = model.selection_.ranking()
        assert [row[0] for row in table[1:]] == [c.name for c in ranked]
        for row, candidate in zip(table[1:], ranked):
            c = candidate.criteria
            assert float(row[1]) == pytest.approx(c.loglik, abs=6e-4)
            assert (int(row[2]), float(row[3]), float(row[4])) == pytest.approx(
                (c.n_parameters, c.bic, c.icl), abs=6e-3
            )

    def test_the_labeling_is_that_of_compare(self, penguins):
        X, model, report = penguins
        seen = ~X.isna().all(axis=1).to_numpy()
        labels = {name: values[seen] for name, values in hm.datasets.penguins().labels.items()}
        found = hm.compare(model.predict(X)[seen] + 1, labels)
        assert found["species"].adjusted_rand == pytest.approx(0.960, abs=5e-4)
        page = sound(report.html())
        assert found.verdict in page.words()
        table = next(t for t in page.tables() if t[0][0] == "label")
        assert {row[0]: float(row[1]) for row in table[1:]} == pytest.approx(
            {a.name: a.adjusted_rand for a in found}, abs=6e-4
        )

    def test_words_markdown_and_values_agree(self, penguins):
        _, model, report = penguins
        page, text, told = sound(report.html()), report.markdown(), report.to_dict()
        assert told["model"]["bic"] == model.facts_.criteria.bic
        assert [c["rows"] for c in told["model"]["components"]] == [154, 123, 65]
        assert told["model"]["unsure_rows"] == len(told["unsure"]) == 10
        lead = next(e["text"] for e in page.all("p") if e["attributes"].get("class") == "lead")
        assert "154, 123 and 65 rows" in lead
        assert "10 rows (2.9\u00a0%)" in lead
        assert lead.replace("\u00a0", " ") in text
        for heading in page.all("h2"):
            assert f"## {heading['text']}" in text
        json.dumps(told, allow_nan=False)

    def test_the_script_makes_the_same_again(self, penguins, tmp_path, monkeypatch):
        X, model, report = penguins
        monkeypatch.chdir(tmp_path)
        lines = next(e["text"] for e in sound(report.html()).all("code"))
        names = {"X": X, "labels": hm.datasets.penguins().labels}
        exec(lines, names)
        np.testing.assert_array_equal(names["model"].means_, model.means_)
        assert sound((tmp_path / "report.html").read_text()).tables()[0] == sound(report.html()).tables()[0]


class TestForm:
    def test_sections_stand_in_order(self, penguins):
        titles = [part.title for part in penguins[2].document.sections]
        assert titles == [
            "The answer", "Pictures", "Which known labeling was found", "How the model was chosen",
            "Are the components clusters?", "Unsure rows", "Convergence", "How to get this again", "Terms",
        ]  # fmt: skip

    def test_pictures_take_the_colour_of_the_page(self, penguins):
        page = sound(penguins[2].html())
        assert "currentColor" in page.text
        assert "#17191D" not in page.text.replace("--text: #17191d", "").upper()
        names = [p.name for p in penguins[2].document.pictures]
        assert {"pairs", "labeling", "selection", "merging", "trace"} <= set(names)

    def test_it_is_drawn_once_and_unknown_to_pyplot(self, penguins):
        import matplotlib.pyplot as plt

        before = plt.get_fignums()  # of tests that ran earlier
        assert hm.report.of(penguins[1], penguins[0]).html()
        assert plt.get_fignums() == before
        assert penguins[2].html() is penguins[2].html()

    def test_save_by_ending(self, penguins, tmp_path):
        report = penguins[2]
        report.save(tmp_path / "a.html")
        assert (tmp_path / "a.html").read_text(encoding="utf-8") == report.html()
        report.save(tmp_path / "a b.md")
        text = (tmp_path / "a b.md").read_text(encoding="utf-8")
        links = re.findall(r"^!\[.*\]\((\S+)\)$", text, flags=re.MULTILINE)
        assert len(links) == len(report.document.pictures)
        for link in links:
            picture = tmp_path / link.replace("%20", " ")
            assert picture.read_bytes().startswith(b"\x89PNG"), link
        report.save(tmp_path / "a.json")
        assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == json.loads(json.dumps(report.to_dict()))
        with pytest.raises(hm.HiddenmixError, match="HM425") as caught:
            report.save(tmp_path / "a.docx")
        assert ".html" in caught.value.help

    def test_notebooks_show_a_page_of_its_own(self, penguins):
        from tests.report.pages import Page

        (frame,) = Page(penguins[2]._repr_html_()).elements
        assert frame["tag"] == "iframe"
        assert frame["attributes"]["sandbox"] == ""
        assert frame["attributes"]["srcdoc"] == penguins[2].html()

    def test_without_pictures_nothing_is_drawn(self, penguins):
        report = hm.report.of(penguins[1], penguins[0], pictures=False)
        page = sound(report.html())
        assert report.document.pictures == page.all("svg") == page.all("img") == []


class TestOddCases:
    def test_one_component(self):
        X = np.random.default_rng(0).normal(size=(60, 2))
        report = hm.report.of(hm.GaussianMixture([1, 2], covariance_type="tied", random_state=0).fit(X), X)
        words = sound(report.html()).words()
        assert (
            "No groups were found: one component describes the 60 rows of the data better than several do (by ICL)."
            in words
        )
        assert "belongs to no group" not in words
        alone = hm.report.of(hm.GaussianMixture(1).fit(X), X, pictures=False).markdown()
        assert "One component describes the 60 rows of the data; more were not tried." in alone

    def test_given_parameters(self):
        X = hm.datasets.faithful().data
        model = hm.GaussianMixture.from_parameters([0.6, 0.4], [[4.3, 80], [2, 54]], [np.diag([0.2, 36.0])] * 2)
        words = sound(hm.report.of(model, X).html()).words()
        assert "The parameters were given; nothing was fitted." in words
        assert "The fit converged" not in words

    def test_the_limit_is_a_warning_and_no_maximum(self):
        X = hm.datasets.faithful().data
        with pytest.warns(hm.HiddenmixWarning, match="HM302"):
            model = hm.GaussianMixture(3, random_state=0, max_iter=2).fit(X)
        report = hm.report.of(model, X, pictures=False)
        page = sound(report.html())
        assert "The fit has not converged" in page.words()
        assert "local maximum" not in page.all("p")[1]["text"]
        warned = [e["text"] for e in page.all("p") if e["attributes"].get("class") == "warning"]
        assert any(text.startswith("HM302: stopped after 2 iterations") for text in warned)
        assert [one["code"] for one in report.to_dict()["warnings"]] == ["HM302"]

    def test_failed_candidates_are_set_aside_with_the_reason(self):
        X = np.r_[np.zeros((20, 1)), np.ones((20, 1)) * np.arange(1, 21)[:, None]]
        model = hm.GaussianMixture([1, 2, 25], covariance_type="full", random_state=0).fit(X)
        aside = [c for c in model.selection_.candidates if not c.sound]
        assert aside
        words = sound(hm.report.of(model, X, pictures=False).html()).words()
        assert "Models that were set aside:" in words
        for candidate in aside:
            assert candidate.name in words

    def test_components_that_form_fewer_clusters(self):
        rng = np.random.default_rng(1)
        X = np.r_[rng.gamma(1.0, size=(400, 2)), rng.normal(40, 1, (200, 2))]
        model = hm.GaussianMixture(3, random_state=0).fit(X)
        merging = model.merge_components(X)
        assert merging.n_clusters == 2
        page = sound(hm.report.of(model, X, pictures=False).html())
        assert "As clusters there are 2: components " in page.words()
        (head, *_), *_ = page.tables()
        assert "cluster" in head or any(row[0] == "cluster" for row in page.tables()[0])

    def test_checked_assumptions(self):
        X = np.random.default_rng(0).normal(size=(50, 1))
        model = hm.GaussianMixture(1).fit(X)
        found = model.check(X, n_bootstrap=5)
        report = hm.report.of(model, X)
        page = sound(report.html())
        for sentence in found.sentences():
            assert sentence in page.words()
        assert "assumption" in [p.name for p in report.document.pictures]
        assert report.to_dict()["model"]["assumption"]["p_values"] == found.p.tolist()

    def test_weights_count(self):
        X = hm.datasets.faithful().data
        w = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
        model = hm.GaussianMixture(2, random_state=0).fit(X, sample_weight=w)
        shown = hm.report.of(model, X, sample_weight=w, pictures=False).to_dict()["model"]["components"]
        sizes = np.bincount(model.predict(X), w)
        assert [c["rows"] for c in shown] == sizes.tolist()

    @pytest.mark.parametrize("kind", ["coins", "counts", "shares", "categories", "mixed", "classes"])
    def test_every_kind_of_model(self, kind):
        rng = np.random.default_rng(0)
        counts = np.r_[rng.poisson(3, (40, 2)), rng.poisson(15, (30, 2))]
        letters = rng.choice(list("abc"), (80, 3))
        letters[:40, 0] = "a"
        if kind == "coins":
            X = hm.datasets.coins().data
            model, expected = hm.BinomialMixture(2, trials=10, random_state=0).fit(X), "coins"
        elif kind == "counts":
            X, expected = counts, "classification"
            model = hm.PoissonMixture(2, random_state=0).fit(X)
        elif kind == "shares":
            X, expected = rng.multinomial(20, [0.6, 0.3, 0.1], 60), "profiles"
            X[:30] = rng.multinomial(20, [0.1, 0.1, 0.8], 30)
            model = hm.MultinomialMixture(2, random_state=0).fit(X)
        elif kind == "categories":
            X, expected = letters, "profiles"
            model = hm.CategoricalMixture(2, random_state=0).fit(X)
        elif kind == "mixed":
            X, expected = pd.DataFrame({"n": np.r_[counts[:, 0], counts[:, 1]] + 0.5, "c": list("uv") * 70}), "profiles"
            model = hm.MixedMixture(2, random_state=0).fit(X)
        else:
            X, expected = counts.astype(float), "classification"
            model = hm.MixtureDiscriminant(1, random_state=0).fit(X, np.repeat(["low", "high"], [40, 30]))
        report = hm.report.of(model, X)
        assert report.document.pictures[0].name == expected
        page = sound(report.html())
        assert re.search(r"form 2 (groups|subclasses)", page.words())
        json.dumps(report.to_dict(), allow_nan=False)

    def test_what_has_no_report(self):
        with pytest.raises(hm.HiddenmixError, match="HM410"):
            hm.report.of(hm.GaussianMixture(2).fit(hm.datasets.faithful().data))
        with pytest.raises(hm.HiddenmixError, match="HM410"):
            hm.report.of(hm.NormalImputer().fit(hm.datasets.apple().data), hm.datasets.apple().data)
        with pytest.raises(hm.HiddenmixError, match="HM410"):
            hm.report.of(hm.compare([1, 1, 2, 2], {"a": list("xxyy")}), np.zeros((4, 1)))


@pytest.mark.slow
def test_many_rows_stay_a_small_page():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(30_000, 10)), rng.normal(size=(70_000, 10)) + 4])
    model = hm.GaussianMixture(2, covariance_type="diag", random_state=0, n_init=1).fit(X)
    text = hm.report.of(model, X, labels={"half": np.repeat(["x", "y"], [30_000, 70_000])}).html()
    assert len(text.encode()) < 1.5e6
    sound(text)


@pytest.mark.parametrize(("tied", "told"), [("none", " (chosen by BIC among "), ("all", "")])
def test_classifiers_say_how_many_subclasses_each_class_has(tied, told):
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 1, (60, 2)), rng.normal(9, 1, (60, 2)), rng.normal(4.5, 1, (50, 2))]
    y = np.repeat(["a", "a", "b"], [60, 60, 50])
    model = hm.MixtureDiscriminant(subclasses="auto", tied=tied, criterion="bic", random_state=0).fit(X, y)
    words = hm.report.of(model, X, pictures=False).markdown()
    assert f"- a: 2 subclasses{told}" in words
    assert f"- b: 1 subclass{told}" in words


def test_a_classifier_on_other_features_has_none():
    from sklearn.linear_model import LogisticRegression

    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.repeat([0, 1], 20)
    model = hm.SubclassClassifier(LogisticRegression(), subclasses=1).fit(X, y)
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        hm.report.of(model, X)
