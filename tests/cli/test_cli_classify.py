"""`hiddenmix classify`: classes told apart by mixtures, from a table to a model that predicts."""

import csv
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

import hiddenmix as hm
from hiddenmix.cli import main

pd = pytest.importorskip("pandas")

KINDS = ("--subclasses", "bike=4,car=4,truck=3", "--tied", "none")


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args], prog_name="hiddenmix")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def vehicles(tmp_path_factory):
    """The worked example, once: its result and its folder."""
    out = tmp_path_factory.mktemp("classify") / "out" / "vehicles"
    return run("classify", "vehicles", "--target", "class", *KINDS, "--starts", "3", "--within", "--out", out), out


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A folder with t.csv: class u in two groups, class v in one; missing cells and labels; text, and constants."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, (30, 2)), rng.normal(8, 1, (30, 2)), rng.normal((0, 8), 1, (30, 2))].round(3)
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(
        g=["u"] * 60 + ["v"] * 30, code=[1] * 60 + [2] * 30, id=[f"i{i}" for i in range(90)], one="k", x=x[:, 0] ** 2
    )
    frame.loc[::11, "g"] = None
    frame.loc[3, "a"] = np.nan
    frame.loc[5, ["a", "b"]] = np.nan
    frame.to_csv("t.csv", index=False)
    return frame


class TestTheVehicles:
    def test_what_it_prints(self, vehicles):
        result, _ = vehicles
        assert result.exit_code == 0, result.stderr
        wanted = (
            r"vehicles: 1580 rows. Using 6 number columns: length_m, .*",
            r" +Set aside as labels: class, kind.",
            r"Target class: bike 570, car 670, truck 340 rows",
            r"Subclasses as asked: bike 4, car 4, truck 3; full covariance, each subclass its own",
            r"Error out of 5 folds, .*",
            r"  mixture discriminant  \d\.\d %  \d\d of 1580 rows",
            r"  one normal per class  \d\.\d %  \d+ of 1580 rows",
            r"  linear discriminant   \d\.\d %  \d+ of 1580 rows",
            r"Confusion of the mixture discriminant, .*",
            r" +bike +car +truck",
            r" +bike +\d{3} +\d+ +0",
            r"Hard subclasses: \d\d of 1580 rows wrong \(\d\.\d %\), out of 5 folds",
            r" +rank +subclass .*",
            r" +1 .*car 100 %",
            r" +2 .*car 100 %",
            r"  1\. (bike|truck) \d \(\d+ % (trike|delivery truck)\): .*",
            r"     typical rows \d+, \d+, \d+, \d+, \d+",
            r"  2\. (bike|truck) \d \(\d+ % (trike|delivery truck)\): .*",
            r"Structure within classes, by BIC \(lower is better\)",
            r"  bike \(570 rows\): 4 components .*",
        )
        lines = iter(result.stdout.splitlines())
        for pattern in wanted:  # each somewhere after the one before it
            assert any(re.fullmatch(pattern, line) for line in lines), pattern

    def test_the_summary_has_the_same_figures(self, vehicles):
        result, out = vehicles
        text = (out / "summary.json").read_text(encoding="utf-8")
        found = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        errors = found["errors"]
        for name, error in errors.items():
            assert f"  {name.ljust(20)}  {100 * error['rate']:.1f} %  {error['wrong']} of 1580 rows" in result.stdout
        wrong = [errors[name]["wrong"] for name in ("mixture discriminant", "one normal per class")]
        assert wrong[0] < wrong[1] / 2
        table = np.array(found["confusion"]["rows"])
        assert table.sum() == 1580
        assert table.sum() - np.trace(table) == wrong[0]
        first, second = found["hard_subclasses"]["subclasses"][:2]
        assert {first["known"]["kind"]["level"], second["known"]["kind"]["level"]} == {"trike", "delivery truck"}
        assert [one["n_components"] for one in found["within"]["classes"]] == [4, 4, 3]
        assert found["reproduce"]["command"].startswith("hiddenmix classify vehicles --target class --subclasses")

    def test_predictions_are_out_of_fold(self, vehicles):
        _, out = vehicles
        rows = rows_of(out / "predictions.csv")
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        data = hm.datasets.vehicles()
        assert [row["class"] for row in rows] == list(data.labels["class"])
        assert (
            sum(row["class"] != row["prediction"] for row in rows) == summary["errors"]["mixture discriminant"]["wrong"]
        )
        proba = np.array([[float(row[f"probability_{name}"]) for name in ("bike", "car", "truck")] for row in rows])
        np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)
        assert all(row["own_subclass"].startswith(row["class"]) for row in rows)

    def test_a_row_is_refused_by_what_is_written_of_it(self, vehicles):
        _, out = vehicles
        model, data = hm.load(out / "model.hmx"), hm.datasets.vehicles()
        typicality = model.typicality(pd.DataFrame(data.data, columns=data.columns)).max(axis=1)
        seen = set()
        for row, typical in zip(rows_of(out / "predictions.csv"), typicality):
            proba = sorted(float(row[f"probability_{name}"]) for name in ("bike", "car", "truck"))
            expected = "outlier" if typical < 1e-3 else "ambiguous" if proba[-1] < 0.9 else ""
            assert row["refused"] == expected
            assert row["prediction"] == max(model.classes_, key=lambda name: float(row[f"probability_{name}"]))
            if proba[-2] > 1e-3:
                assert float(row["margin"]) == pytest.approx(np.log(proba[-1] / proba[-2]), abs=1e-2, rel=1e-2)
            seen.add(row["refused"])
        assert seen == {"", "ambiguous", "outlier"}

    def test_the_model_predicts(self, vehicles, tmp_path, monkeypatch):
        _, out = vehicles
        monkeypatch.chdir(tmp_path)
        data = hm.datasets.vehicles()
        frame = pd.DataFrame(data.data, columns=data.columns)
        frame[frame.columns[::-1]].to_csv("new.csv", index=False)
        model = hm.load(out / "model.hmx")
        assert run("predict", out / "model.hmx", "new.csv", "--out", "p.csv").exit_code == 0
        rows = rows_of("p.csv")
        assert [row["prediction"] for row in rows] == model.predict(frame).tolist()
        assert [row["subclass"] for row in rows] == model.subclass_names_[model.predict_subclass(frame)].tolist()
        found = json.loads(run("predict", out / "model.hmx", "new.csv", "--json").stdout)
        np.testing.assert_allclose(found["probability"], model.predict_proba(frame))
        assert found["prediction"] == model.predict(frame).tolist()
        assert run("show", out / "model.hmx").stdout.rstrip("\n") == model.summary()
        assert json.loads(run("show", out / "model.hmx", "--json").stdout)["classes_"] == ["bike", "car", "truck"]


class TestTables:
    def test_rows_without_a_class_are_classified(self, table, tmp_path):
        result = run("classify", "t.csv", "--target", "g", "--columns", "a,b", "--starts", "2", "--out", "o")
        assert result.exit_code == 0, result.stderr
        assert "Target g: u 53, v 27 rows; 9 rows without a class: used in the fit, and classified" in result.stdout
        assert "Subclasses chosen by BIC: u 2, v 1" in result.stdout
        assert "1 row has no measurements" in result.stdout
        rows = rows_of(tmp_path / "o" / "predictions.csv")
        assert [row["prediction"] for row in rows[::11]] == ["u"] * 6 + ["v"] * 3
        assert [row["g"] for row in rows[::11]] == [""] * 9
        assert rows[3]["prediction"] == "u"
        measured = [row for row in rows if row["prediction"]]
        assert len(measured) == 89
        assert all(row["own_subclass"].startswith(row["g"] or row["prediction"]) for row in measured)
        assert (rows[5]["prediction"], rows[5]["own_subclass"], rows[5]["refused"]) == ("", "", "")

    def test_json_is_all_of_stdout(self, table):
        quick = ("--columns", "a,b", "--starts", "2", "--subclasses", "1=2,2=1")
        result = run("classify", "t.csv", "--target", "code", *quick, "--json")
        found = json.loads(result.stdout)
        assert found["model"]["subclasses"] == {"1": 2, "2": 1}
        assert found["errors"]["mixture discriminant"]["rows"] == 89
        assert found["within"] is None
        assert "Target code: 1 59, 2 30 rows" in result.stderr

    def test_the_same_again(self, table, tmp_path):
        for out in ("one", "two"):
            options = ("--columns", "a,b", "--subclasses", "u=2,v=1", "--starts", "2", "--seed", "5", "--out", out)
            assert run("classify", "t.csv", "--target", "g", *options).exit_code == 0
        for name in ("predictions.csv", "summary.json"):
            one, two = ((tmp_path / out / name).read_text() for out in ("one", "two"))
            assert one == two.replace("--out two", "--out one")

    def test_a_rank(self, table):
        result = run("classify", "t.csv", "--target", "g", "--columns", "a,b", "--subclasses", "u=2,v=1", "--rank", "1")
        assert result.exit_code == 0
        assert "means of rank 1" in result.stdout

    def test_a_reference_that_cannot_be_fitted_is_told(self, table, monkeypatch):
        from hiddenmix.cli import _classify_work

        monkeypatch.setitem(_classify_work.REFERENCES, "linear discriminant", {"subclasses": 99})
        result = run("classify", "t.csv", "--target", "g", "--columns", "a,b", "--subclasses", "1")
        assert result.exit_code == 0
        assert re.search(r"  linear discriminant   fold 1 of 5: class 'u' cannot have 99 subclasses", result.stdout)


MISTAKES = {
    "no such column": (("--target", "h"), 1, "HM104", "no column is called 'h'", ""),
    "one class": (("--target", "one"), 1, "HM208", "'k'", "hiddenmix fit t.csv --labels one"),
    "a level for each row": (("--target", "id"), 1, "HM132", "90 different values in 90 rows", "--target COL"),
    "measurements": (("--target", "x"), 1, "HM132", "these are no classes", "--target COL"),
    "target among the columns": (("--target", "g", "--columns", "g,a"), 2, "HM410", "is the target", "--columns a"),
    "text as numbers": (("--target", "g", "--columns", "id"), 1, "HM112", "holds text", "--columns -id"),
    "no numbers": (("--target", "g", "--columns", "-a,-b,-code,-x"), 1, "HM103", "no column of numbers", "--columns"),
    "too many folds": (("--target", "g", "--cv", "40"), 1, "HM209", "class 'v' has 27 rows", "--cv 27, or"),
    "too many subclasses": (("--target", "g", "--columns", "a,b", "--subclasses", "u=70"), 1, "HM207",
                            "class 'u' cannot have 70 subclasses", "--subclasses u=53 or fewer"),
    "unknown class": (("--target", "g", "--subclasses", "w=2"), 2, "HM410", "'w', which no row has",
                      "--subclasses u=2,v=2"),
    "rank without a common covariance": (("--target", "g", "--tied", "none", "--rank", "1", "--subclasses", "1"), 2,
                                         "HM410", "rank", "--tied all"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(table, mistake, tmp_path):
    args, exit_code, code, text, fix = MISTAKES[mistake]
    result = run("classify", "t.csv", *args, "--out", "o")
    assert result.exit_code == exit_code
    error = result.stderr[result.stderr.index("error[") :]
    assert error.startswith(f"error[{code}]: ")
    assert text in error
    assert fix in error
    assert "defect" not in error
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("wish", ["x", "0", "u=0", "u=", "u=two"])
def test_numbers_that_are_none(table, wish):
    result = run("classify", "t.csv", "--target", "g", "--subclasses", wish)
    assert result.exit_code == 2
    assert "is not auto, a number from 1 on, or a list such as car=3,bike=2" in result.stderr
