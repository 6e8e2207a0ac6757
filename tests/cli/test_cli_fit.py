"""`hiddenmix fit`: what it prints, the files it writes, and its options."""

import csv
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.report.pages import sound

import hiddenmix as hm
from hiddenmix.cli import main

LABELS = "species,island,sex,year"
QUICK = ("-k", "3", "--shape", "tied", "--starts", "3")
PLAIN = ("--no-pictures",)


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args], prog_name="hiddenmix")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def memberships(rows):
    return np.array([[float(row[name]) for name in row if name.startswith("membership_")] for row in rows])


@pytest.fixture(scope="module")
def penguins(tmp_path_factory):
    """The main job, once: its result and its folder."""
    out = tmp_path_factory.mktemp("main") / "out" / "penguins"
    return run("fit", "penguins", "--labels", LABELS, "--out", out), out


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A folder with t.csv, 60 rows in two clear groups; its columns are a and b, and g names the group."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, (30, 2)), rng.normal(8, 1, (30, 2))].round(3)
    group = np.repeat(["low", "high"], 30)
    lines = [f"{a},{b},{g}" for (a, b), g in zip(x, group)]
    (tmp_path / "t.csv").write_text("a,b,g\n" + "\n".join(lines) + "\n")
    return x


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


class TestOutput:
    def test_json_alone_on_stdout(self, table):
        result = run("fit", "t.csv", "-k", "2", "--shape", "full", "--starts", "2", "--json")
        assert json.loads(result.stdout)["model"]["n_components"] == 2
        assert "Using 2 number columns: a, b" in result.stderr
        assert "2 Gaussian components" in result.stderr

    def test_quiet(self, table):
        result = run(
            "fit", "t.csv", "-k", "2", "--shape", "full", "--starts", "2", "-q", "--json", "--out", "o", *PLAIN
        )
        assert (result.exit_code, result.stderr) == (0, "")
        assert json.loads(result.stdout) == json.loads(Path("o/summary.json").read_text())

    def test_without_a_folder_nothing_is_written(self, table, tmp_path):
        before = sorted(tmp_path.iterdir())
        result = run("fit", "t.csv", "-k", "2", "--shape", "full", "--starts", "2")
        assert "Next:  hiddenmix fit t.csv --out DIR " in result.stderr
        assert sorted(tmp_path.iterdir()) == before
        assert "unsure.csv" not in result.stdout

    def test_one_model_is_not_said_to_agree_with_itself(self, table):
        assert "agree" not in run("fit", "t.csv", "-k", "2", "--shape", "full", "--starts", "2").stdout

    def test_one_of_a_kind_is_singular(self, table):
        assert (
            "Tried 1 component, 1 start each: 1 model in"
            in run("fit", "t.csv", "-k", "1", "--shape", "full", "--starts", "1").stdout
        )

    @pytest.mark.parametrize("out", ["t.csv/sub", "x" * 300, "t.csv/sub/more"])
    def test_a_folder_that_cannot_be_made_is_refused_before_the_fit(self, table, out):
        result = run("fit", "t.csv", "--out", out)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"error[HM516]: '{out}' cannot be written: ")
        assert "Tried" not in result.stdout


class TestOptions:
    def fitted(self, *options):
        result = run("fit", "penguins", "--json", "-q", "--starts", "3", *options)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def test_criterion_bic_takes_four(self):
        grid = ("-k", "3-4", "--shape", "tied")
        assert self.fitted(*grid)["model"]["n_components"] == 3
        found = self.fitted(*grid, "--criterion", "bic")
        assert (found["model"]["n_components"], found["selection"]["criterion"]) == (4, "bic")

    def test_bic_and_icl_in_words(self):
        result = run("fit", "penguins", "--starts", "3", "-k", "3-4", "--shape", "tied", "--criterion", "bic")
        assert "Chosen by BIC: 4.  --criterion icl for 3." in result.stdout

    @pytest.mark.parametrize(("text", "sizes"), [("2", [2]), ("1-3", [1, 2, 3]), ("1,3", [1, 3]), ("3,1-2", [1, 2, 3])])
    def test_components(self, text, sizes):
        found = self.fitted("-k", text, "--shape", "diag", "--max-iter", "5")
        assert [c["n_components"] for c in found["selection"]["candidates"]] == sizes

    def test_shapes(self):
        found = self.fitted("-k", "2", "--shape", "diag", "--shape", "spherical")
        assert [c["name"] for c in found["selection"]["candidates"]] == ["diag,2", "spherical,2"]

    def test_one_column_has_two_shapes(self):
        found = self.fitted("-k", "2", "--columns", "bill_depth_mm")
        assert [c["name"] for c in found["selection"]["candidates"]] == ["full,2", "tied,2"]

    def test_standardize_changes_what_spherical_finds(self):
        given = ("-k", "3", "--shape", "spherical")
        plain, scaled = self.fitted(*given), self.fitted(*given, "--standardize")
        assert scaled["model"]["loglik"] > plain["model"]["loglik"] + 100

    def test_prior_and_reg_covar_lower_the_likelihood(self):
        base = self.fitted(*QUICK)["model"]["loglik"]
        assert self.fitted(*QUICK, "--prior", "conjugate")["model"]["loglik"] < base
        assert self.fitted(*QUICK, "--reg-covar", "1")["model"]["loglik"] < base

    def test_max_iter_is_a_warning_in_the_words_of_the_command_line(self):
        result = run("fit", "penguins", *QUICK, "--max-iter", "2", "-q")
        assert result.exit_code == 0
        assert re.match(r"warning\[HM302\]: stopped after 2 iterations.*\n  help: --max-iter \d+", result.stderr)

    def test_columns_and_labels(self, table, tmp_path):
        result = run("fit", "t.csv", "--columns", "-b", "--labels", "g", *QUICK, "-k", "2", "--out", "o", *PLAIN)
        assert "Using 1 number column: a" in result.stdout
        assert "Set aside as labels: g.  Set aside: b (left out by --columns)." in result.stdout
        rows = rows_of("o/assignments.csv")
        assert [row["g"] for row in rows] == ["low"] * 30 + ["high"] * 30
        assert len({(row["g"], row["component"]) for row in rows}) == 2

    def test_missing_spelling(self, table, tmp_path):
        text = (tmp_path / "t.csv").read_text().splitlines()
        (tmp_path / "t.csv").write_text("\n".join([*text[:5], "n/a,1.5,low", *text[6:]]))
        refused = run("fit", "t.csv")
        assert refused.stderr.startswith("error[HM112]: column 'a' has text in row 5: \"n/a\"")
        assert '--missing "n/a"' in refused.stderr
        result = run("fit", "t.csv", *QUICK, "-k", "2", "--missing", "n/a")
        assert "1 row with some cells missing (integrated out)." in result.stdout

    def test_where_keeps_the_row_numbers_of_the_file(self, table):
        run("fit", "t.csv", "--where", "a > 4", "-k", "1", "--shape", "full", "--out", "o", *PLAIN)
        assert [row["row"] for row in rows_of("o/assignments.csv")] == [str(i) for i in range(31, 61)]


class TestFormats:
    @pytest.fixture
    def expected(self, table):
        return self.assignments("t.csv")

    def assignments(self, file):
        result = run("fit", file, "-k", "2", "--shape", "full", "--starts", "2", "--out", "o", "-q", *PLAIN)
        assert (result.exit_code, result.stderr) == (0, ""), result.stderr
        with open("o/assignments.csv", "rb") as written:
            return written.read()

    def test_semicolons_and_decimal_commas(self, table, expected, tmp_path):
        (tmp_path / "s.csv").write_text((tmp_path / "t.csv").read_text().replace(",", ";").replace(".", ","))
        assert self.assignments("s.csv") == expected

    def test_gzip(self, table, expected, tmp_path):
        import gzip

        (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
        assert self.assignments("t.csv.gz") == expected

    def test_parquet(self, table, expected):
        import pandas as pd

        pd.read_csv("t.csv").to_parquet("t.parquet")
        assert self.assignments("t.parquet") == expected

    def test_json_lines(self, table, expected):
        import pandas as pd

        pd.read_csv("t.csv").to_json("t.jsonl", orient="records", lines=True)
        assert self.assignments("t.jsonl") == expected
