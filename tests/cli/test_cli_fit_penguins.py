"""`hiddenmix fit` of the penguins: what it prints, the files it writes, and that both can be had again."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from tests.cli.running import PLAIN, QUICK, rows_of, run
from tests.report.pages import sound

import hiddenmix as hm

LABELS = "species,island,sex,year"


def memberships(rows):
    return np.array([[float(row[name]) for name in row if name.startswith("membership_")] for row in rows])


@pytest.fixture(scope="module")
def penguins(tmp_path_factory):
    """The main job, once: its result and its folder."""
    out = tmp_path_factory.mktemp("main") / "out" / "penguins"
    return run("fit", "penguins", "--labels", LABELS, "--out", out), out


class TestThePenguins:
    def test_lines_in_the_order_of_the_guide(self, penguins):
        result, _ = penguins
        assert result.exit_code == 0, result.stderr
        wanted = (
            r"penguins: 344 rows. Using 4 number columns: bill_length_mm, bill_depth_mm, "
            r"flipper_length_mm, body_mass_g",
            r" +Set aside as labels: species, island, sex, year.  "
            r"2 rows have no measurements \(kept; they say nothing\).",
            r"Tried 1-6 components x covariance shapes, 10 starts each: 23 models in [\d.]+ s",
            r"  ICL   tied,3  0.0 \|  full,3  \+38.\d \|  full,2  \+54.\d        \(lower is better\)",
            r"  BIC   tied,4  0.0 \|.*",
            r"  ICL and BIC disagree: the 4th component splits one group into two that overlap. Chosen by ICL: 3.  "
            r"--criterion bic for 4.",
            r"3 Gaussian components sharing one ellipsoidal covariance \(tied, EEE\)",
            r"  log-likelihood -5190.146   n 342   parameters 24",
            r"  BIC 10520.33   ICL 10536.93   .*lower is better.*",
            r"  \d+ iterations?; converged: .*",
            r"  component  share  points  bill_length_mm .*",
            r" +1  0.45\d +154 .*",
            r" +2  0.3\d\d +123 .*",
            r" +3  0.1\d\d +65 .*",
            r"  10 points are unsure \(highest membership below 0.90\); they are in unsure.csv",
        )
        lines = iter(result.stdout.splitlines())
        for pattern in wanted:  # each somewhere after the one before it
            assert any(re.fullmatch(pattern, line) for line in lines), pattern

    def test_bic_is_144_below_for_tied_4(self, penguins):
        line = next(line for line in penguins[0].stdout.splitlines() if line.startswith("  BIC "))
        assert re.search(r"tied,3  \+14\.[5-7]", line)

    def test_remarks_name_files_that_exist(self, penguins):
        result, out = penguins
        named = re.search(r"Wrote .*/: (.*)", result.stderr)[1].split()
        assert named == [
            "report.html", "report.md", "summary.json", "assignments.csv", "unsure.csv", "model.hmx", "pictures/",
            "animation.html",
        ]  # fmt: skip
        assert sorted(p.name for p in out.iterdir()) == sorted(name.rstrip("/") for name in named)
        assert re.search(
            r"Next:  open \S+/report.html  \|  hiddenmix lab penguins  \|  hiddenmix predict \S+/model.hmx new.csv",
            result.stderr,
        )
        assert len(result.stderr.splitlines()) == 2

    def test_the_report(self, penguins):
        _, out = penguins
        text = (out / "report.html").read_text(encoding="utf-8")
        page, told = sound(text), json.loads((out / "summary.json").read_text(encoding="utf-8"))
        assert len(text.encode()) < 1.5e6
        assert "342 of the 344 rows of penguins form 3 groups, of 154, 123 and 65 rows" in page.words()
        assert (
            "ICL and BIC disagree: the 4th component splits one group into two that overlap. Chosen by ICL: 3. "
            "--criterion bic chooses 4." in page.words()
        )
        assert told["labels"]["verdict"] in page.words()
        assert told["data"]["sha256"] in page.words()
        assert told["reproduce"]["command"] in page.words()
        table = {row[0]: row[1:] for row in page.tables()[0]}
        assert [int(cell) for cell in table["rows"]] == [c["rows"] for c in told["model"]["components"]]
        assert table["what makes it different"] == [c["different"] for c in told["model"]["components"]]
        unsure = next(t for t in page.tables() if t[0][0] == "row")
        assert [int(row[0]) for row in unsure[1:]] == [one["row"] for one in told["unsure"]]
        assert {row[0] for row in unsure[1:]} == {row["row"] for row in rows_of(out / "unsure.csv")}

    def test_markdown_shows_the_pictures_beside_it(self, penguins):
        _, out = penguins
        text = (out / "report.md").read_text(encoding="utf-8")
        links = re.findall(r"^!\[.{20,}\]\((pictures/\w+\.png)\)$", text, flags=re.MULTILINE)
        assert sorted(links) == sorted(f"pictures/{p.name}" for p in (out / "pictures").iterdir())
        assert {"pictures/pairs.png", "pictures/labeling.png", "pictures/selection.png"} <= set(links)

    def test_every_row_has_an_assignment(self, penguins):
        _, out = penguins
        rows = rows_of(out / "assignments.csv")
        assert [int(row["row"]) for row in rows] == list(range(1, 345))
        np.testing.assert_allclose(memberships(rows).sum(axis=1), 1, atol=5e-6)
        data = hm.datasets.load("penguins")
        assert [row["species"] for row in rows] == list(data.labels["species"])
        empty = np.isnan(data.data).all(axis=1)
        assert [row["component"] == "" for row in rows] == empty.tolist()
        seen = memberships(rows)[~empty]
        assert np.bincount(seen.argmax(axis=1)).tolist() == [154, 123, 65]
        assert [int(row["component"]) - 1 for row in rows if row["component"]] == seen.argmax(axis=1).tolist()
        uncertainty = [float(row["uncertainty"]) for row in rows]
        np.testing.assert_allclose(uncertainty, 1 - memberships(rows).max(axis=1), atol=2e-6)

    def test_unsure_rows_are_those_below_090(self, penguins):
        _, out = penguins
        everything, unsure = rows_of(out / "assignments.csv"), rows_of(out / "unsure.csv")
        assert len(unsure) == 10
        assert unsure == [row for row in everything if row["component"] and float(row["uncertainty"]) > 0.1]

    def test_summary(self, penguins):
        _, out = penguins
        text = (out / "summary.json").read_text(encoding="utf-8")
        found = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        data, model = found["data"], found["model"]
        assert (data["rows"], data["rows_without_measurements"], data["labels"]) == (344, 2, LABELS.split(","))
        assert (model["covariance_type"], model["n_components"], model["converged"]) == ("tied", 3, True)
        assert model["bic"] == pytest.approx(10520.33, abs=0.01)
        assert model["icl"] == pytest.approx(10536.93, abs=0.01)
        assert model["unsure_rows"] == 10
        assert [c["rows"] for c in model["components"]] == [154, 123, 65]
        assert len(found["selection"]["candidates"]) == 23
        assert len(found["starts"]) == 10

    @pytest.mark.filterwarnings("ignore:X does not have valid feature names")
    def test_the_model_file_predicts_the_same(self, penguins):
        _, out = penguins
        model = hm.load(out / "model.hmx")
        proba = model.predict_proba(hm.datasets.load("penguins").data.astype(float))
        np.testing.assert_allclose(proba, memberships(rows_of(out / "assignments.csv")), atol=1e-5)


def test_the_command_in_the_summary_gives_the_same_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("fit", "penguins", *QUICK, "--seed", "7", "--where", "year >= 2008", "--out", "a", *PLAIN).exit_code == 0
    first = {name: (tmp_path / "a" / name).read_bytes() for name in ("assignments.csv", "unsure.csv")}
    program, *words = shlex.split(json.loads((tmp_path / "a" / "summary.json").read_text())["reproduce"]["command"])
    assert program == "hiddenmix"
    assert run(*words).exit_code == 0
    for name, content in first.items():
        assert (tmp_path / "a" / name).read_bytes() == content, name


def test_the_script_in_the_report_gives_the_same_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ("--where", "year >= 2008", "--labels", "species", "--columns", "-body_mass_g,-year")
    assert run("fit", "penguins", *QUICK, "--seed", "7", *given, "--out", "a", *PLAIN).exit_code == 0
    code = [e["text"] for e in sound(Path("a/report.html").read_text(encoding="utf-8")).all("code")][1]
    names = {}
    exec(code.partition("report.save")[0], names)
    np.testing.assert_array_equal(names["model"].means_, hm.load("a/model.hmx").means_)
    first, again = json.loads(Path("a/summary.json").read_text(encoding="utf-8")), names["report"].to_dict()
    assert again["data"]["sha256"] == first["data"]["sha256"]
    assert again["data"]["columns"] == ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
    assert again["labels"]["verdict"] == first["labels"]["verdict"]
    assert again["model"]["components"] == json.loads(json.dumps(first["model"]["components"]))
