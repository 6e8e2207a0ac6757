"""`hiddenmix fit`: where its output goes, its options, and the formats it reads."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.cli.running import PLAIN, QUICK, rows_of, run


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
