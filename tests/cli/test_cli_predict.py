"""`hiddenmix predict` and `hiddenmix show`: new rows under a model file, and what it holds."""

import csv
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner

import hiddenmix as hm
from hiddenmix.cli import main

pd = pytest.importorskip("pandas")


def run(*args):
    return CliRunner().invoke(main, list(args), prog_name="hiddenmix")


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def frame(tmp_path, monkeypatch):
    """A folder with model.hmx of columns a, b, c, and new.csv with these."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, (40, 3)), rng.normal(8, 1, (40, 3))].round(3)
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    hm.GaussianMixture(2, random_state=0).fit(frame).save("model.hmx")
    frame.assign(name=["u", "v"] * 40).to_csv("new.csv", index=False)
    return frame


def proba(frame):
    return hm.load("model.hmx").predict_proba(frame)


class TestPredict:
    def test_csv_on_stdout(self, frame):
        result = run("predict", "model.hmx", "new.csv", "--labels", "name")
        assert (result.exit_code, result.stderr) == (0, "")
        rows = rows_of(result.stdout)
        assert list(rows[0]) == ["row", "name", "component", "membership_1", "membership_2", "uncertainty"]
        assert [int(row["row"]) for row in rows] == list(range(1, 81))
        assert [row["name"] for row in rows] == ["u", "v"] * 40
        assert [int(row["component"]) - 1 for row in rows] == proba(frame).argmax(axis=1).tolist()
        np.testing.assert_allclose([float(row["membership_1"]) for row in rows], proba(frame)[:, 0], atol=1e-6)

    def test_a_file_instead(self, frame, tmp_path):
        shown = run("predict", "model.hmx", "new.csv").stdout
        result = run("predict", "model.hmx", "new.csv", "--out", "p.csv")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Wrote p.csv: 80 rows\n")
        assert (tmp_path / "p.csv").read_text() == shown
        assert not list(tmp_path.glob("*.part"))

    def test_json(self, frame):
        found = json.loads(run("predict", "model.hmx", "new.csv", "--json").stdout)
        assert found["rows"] == list(range(1, 81))
        np.testing.assert_allclose(found["membership"], proba(frame))
        np.testing.assert_allclose(found["log_density"], hm.load("model.hmx").score_samples(frame))

    def test_columns_are_found_by_name_in_any_order(self, frame):
        expected = run("predict", "model.hmx", "new.csv").stdout
        frame[["c", "a", "b"]].assign(more=1.5).to_csv("turned.csv", index=False)
        assert run("predict", "model.hmx", "turned.csv").stdout == expected
        assert run("predict", "model.hmx", "turned.csv", "--columns", "b,a,c").stdout == expected

    def test_a_column_without_values_is_integrated_out(self, frame):
        empty = frame.assign(b=np.nan)
        empty.to_csv("empty.csv", index=False)
        found = json.loads(run("predict", "model.hmx", "empty.csv", "--json").stdout)
        np.testing.assert_allclose(found["membership"], proba(empty))

    def test_few_rows(self, frame):
        """A constant column, or one that counts, is still a column of the model."""
        frame.iloc[:1].to_csv("one.csv", index=False)
        assert len(rows_of(run("predict", "model.hmx", "one.csv").stdout)) == 1
        pd.DataFrame({"a": range(1, 31), "b": 2, "c": 0.5}).to_csv("odd.csv", index=False)
        assert len(rows_of(run("predict", "model.hmx", "odd.csv").stdout)) == 30

    def test_other_columns_read_as_the_guide_shows(self, frame):
        frame.rename(columns={"b": "d"})[["a", "c", "d"]].to_csv("new.csv", index=False)
        result = run("predict", "model.hmx", "new.csv")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            "error[HM501]: the model was fitted on columns a, b, c; new.csv has a, c, d\n  help: rename 'd' to 'b'?\n"
        )

    def test_too_few_columns_chosen(self, frame):
        result = run("predict", "model.hmx", "new.csv", "--columns", "a,b")
        assert result.stderr.startswith("error[HM501]: the model was fitted on columns a, b, c; new.csv has a, b\n")

    def test_text_in_a_column_of_the_model(self, frame):
        frame.astype(str).assign(b="x").to_csv("new.csv", index=False)
        assert run("predict", "model.hmx", "new.csv").stderr.startswith("error[HM112]: column 'b' holds text")

    @pytest.mark.parametrize("out", ["new.csv/p.csv", "nowhere/p.csv", "x" * 300])
    def test_a_file_that_cannot_be_written(self, frame, out):
        result = run("predict", "model.hmx", "new.csv", "--out", out)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"error[HM516]: '{out}' cannot be written: ")

    @pytest.mark.parametrize(("name", "content", "code"), [
        ("no.hmx", None, "HM101"), ("bad.hmx", b"text", "HM511"), ("cut.hmx", b"PK\x03\x04", "HM513"),
        ("new.csv", None, "HM511"),
    ])  # fmt: skip
    @pytest.mark.parametrize("command", ["predict", "show"])
    def test_not_a_model_file(self, frame, tmp_path, command, name, content, code):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        result = run(command, name, *(["new.csv"] if command == "predict" else []))
        assert result.exit_code == 1
        assert result.stderr.startswith(f"error[{code}]: ")


class TestOtherModels:
    def test_without_names_the_columns_of_the_file_are_used(self, frame):
        expected = run("predict", "model.hmx", "new.csv").stdout
        hm.GaussianMixture(2, random_state=0).fit(frame.to_numpy()).save("bare.hmx")
        result = run("predict", "bare.hmx", "new.csv")
        assert (result.exit_code, result.stdout) == (0, expected)
        assert result.stderr == "The model has no column names; its columns are taken to be a, b, c\n"

    def test_without_names_and_another_number(self, frame):
        hm.GaussianMixture(2, random_state=0).fit(frame.to_numpy()[:, :2]).save("bare.hmx")
        result = run("predict", "bare.hmx", "new.csv")
        assert result.exit_code == 1
        assert result.stderr == (
            "error[HM502]: the model has 2 columns, without names; of new.csv 3 would be used: a, b, c\n"
            "  help: --columns with 2 names\n"
        )
        assert run("predict", "bare.hmx", "new.csv", "--columns", "a,b").exit_code == 0

    def test_counts(self, frame):
        x = pd.DataFrame({"n": np.random.default_rng(0).poisson([2] * 30 + [20] * 30)})
        model = hm.PoissonMixture(2, random_state=0).fit(x)
        model.save("poisson.hmx")
        x.to_csv("n.csv", index=False)
        found = json.loads(run("predict", "poisson.hmx", "n.csv", "--json").stdout)
        np.testing.assert_allclose(found["membership"], model.predict_proba(x))
        (x - 30).to_csv("n.csv", index=False)
        assert run("predict", "poisson.hmx", "n.csv").stderr.startswith("error[HM124]: ")


class TestShow:
    def test_what_a_check_found_is_told_in_options(self, frame):
        skew = pd.DataFrame(np.random.default_rng(0).random((300, 3)) ** 3, columns=["a", "b", "c"])
        model = hm.GaussianMixture(1, covariance_type="diag").fit(skew)
        assert "covariance_type='full' is free of that" in model.check(skew, n_bootstrap=19).summary()
        model.save("checked.hmx")
        shown = run("show", "checked.hmx").stdout
        assert "(--shape full is free of that)" in shown
        assert "covariance_type=" not in shown

    def test_the_summary(self, frame):
        result = run("show", "model.hmx")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.rstrip("\n") == hm.load("model.hmx").summary()
        assert result.stdout.startswith("2 Gaussian components each with its own ellipsoidal covariance")

    def test_json(self, frame):
        found = json.loads(run("show", "model.hmx", "--json").stdout)
        assert found["estimator"] == "GaussianMixture"
        np.testing.assert_allclose(found["means_"], hm.load("model.hmx").means_)

    def test_an_imputer(self, frame):
        hm.NormalImputer().fit(frame).save("imputer.hmx")
        lines = run("show", "imputer.hmx").stdout.splitlines()
        assert lines[0] == "A normal distribution of 3 columns (full), to fill in missing cells"
        assert lines[-4].split() == ["column", "mean", "sd"]
        assert lines[-3].split() == ["a", f"{frame.a.mean():.4g}", f"{frame.a.std(ddof=0):.4g}"]
        assert json.loads(run("show", "imputer.hmx", "--json").stdout)["estimator"] == "NormalImputer"

    @pytest.mark.parametrize("family", [hm.Normal(), hm.Poisson()], ids=["normal", "poisson"])
    def test_any_family_as_json(self, frame, family):
        hm.MixtureModel(family, 2, random_state=0, n_init=2).fit(frame.round().abs()).save("own.hmx")
        found = json.loads(run("show", "own.hmx", "--json").stdout)
        assert len(found["weights_"]) == 2
