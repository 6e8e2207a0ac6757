"""`hiddenmix impute`: completed tables as files."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from hiddenmix.cli import main


def run(*args):
    return CliRunner().invoke(main, ["impute", *args], prog_name="hiddenmix")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def survey(tmp_path, monkeypatch):
    """A file of texts, measurements and whole numbers, two cells in ten of the latter two missing."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    height = rng.normal(170, 10, 80).round(1)
    weight = np.rint(height - 100 + rng.normal(0, 5, 80)).astype(int)
    rows = [
        [f"p{i}", "" if i % 9 == 1 else h, "" if i % 7 == 3 else "n/a" if i == 0 else w, ["x", "y"][i % 2]]
        for i, (h, w) in enumerate(zip(height, weight))
    ]
    with open("survey.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name", "height", "weight", "town"], *rows])
    return rows_of("survey.csv")


ARGUMENTS = ("survey.csv", "-k", "1", "--shape", "full", "--missing", "n/a", "--out", "done")


def test_tables_are_the_file_with_its_holes_filled(survey, tmp_path):
    result = run(*ARGUMENTS, "-m", "3")
    assert result.exit_code == 0, result.output
    assert "1 Gaussian component" in result.stdout
    assert "Filled in 9 of height, 12 of weight\n" in result.stderr
    assert "Wrote done/: completed_1.csv completed_2.csv completed_3.csv\n" in result.stderr
    tables = [rows_of(tmp_path / "done" / f"completed_{i}.csv") for i in (1, 2, 3)]
    for table in tables:
        assert list(table[0]) == ["name", "height", "weight", "town"]
        for old, new in zip(survey, table, strict=True):
            assert (new["name"], new["town"]) == (old["name"], old["town"])
            for name in ("height", "weight"):
                if old[name] in ("", "n/a"):
                    assert np.isfinite(float(new[name]))
                else:
                    assert float(new[name]) == float(old[name])
            assert new["weight"] == str(int(new["weight"]))  # a column of whole numbers stays one
    assert len({tuple(table[1]["height"] for table in (each,)) for each in tables}) == 3
    run(*ARGUMENTS[:-1], "again", "-m", "1")
    assert rows_of(tmp_path / "again" / "completed_1.csv") == tables[0]


def test_json_and_methods(survey, tmp_path):
    result = run(*ARGUMENTS, "-m", "1", "--method", "information", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "files": ["done/completed_1.csv"],
        "method": "information",
        "filled": {"height": 9, "weight": 12},
    }


def test_mistakes(survey, tmp_path):
    nothing = run("faithful", "--out", "done")
    assert nothing.exit_code == 2
    assert "error[HM410]: no cell of eruptions, waiting is missing" in nothing.stderr
    assert not (tmp_path / "done").exists()
    assert "error[HM103]" in run("survey.csv", "--columns", "-height,-weight", "--out", "done").stderr
    assert "HM101" in run("surveys.csv", "--out", "done").stderr
    assert "Missing option '--out'" in run("survey.csv").stderr
