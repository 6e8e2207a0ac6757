"""`hiddenmix compare`, and the block of `hiddenmix fit` on the labels."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from hiddenmix.cli import main

QUICK = ("-k", "3", "--shape", "tied", "--starts", "3")


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args], prog_name="hiddenmix")


def block(stdout):
    """The lines on the labels."""
    lines = stdout.splitlines()
    return lines[lines.index("Which known labeling did it find?") :]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """The penguins in three groups: the result, and the folder."""
    out = tmp_path_factory.mktemp("penguins")
    return run("fit", "penguins", *QUICK, "--labels", "species,island,sex,year", "--out", out, "--no-pictures"), out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Some table without numbers: clusters, a label that agrees, one that does not, an identifier."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{'abc'[i % 3]},{'xyz'[i % 3]},{'pq'[i // 2 % 2]},id{i}" for i in range(60)]
    (tmp_path / "t.csv").write_text("group,known,other,name\n" + "\n".join(rows) + "\n,x,p,id60\n")
    return tmp_path


class TestFit:
    def test_the_block(self, fitted):
        _, head, species, island, sex, year, *sentence = block(fitted[0].stdout)
        verdict = " ".join(map(str.strip, sentence))
        assert head.split() == ["label", "agreement", "(ARI)", "NMI", "matched", "p", "rows", "reading"]
        assert species.split() == [
            "species",
            "0.960",
            "0.937",
            "98.5",
            "%",
            "0.004",
            "342",
            "almost",
            "the",
            "same",
            "grouping",
        ]
        assert island.split()[:2] == ["island", "0.373"]
        assert island.endswith("related only through species")
        assert sex.split()[:2] == ["sex", "-0.003"]
        assert sex.endswith("333  unrelated: the clustering found something else")
        assert year.split()[:2] == ["year", "-0.001"]
        assert verdict.startswith("The clustering found species (98.5 % of rows match), something else than sex and")
        assert "island follows from species" in verdict

    def test_it_follows_the_summary(self, fitted):
        lines = fitted[0].stdout.splitlines()
        at = lines.index("Which known labeling did it find?")
        assert "10 points are unsure" in lines[at - 1]

    def test_the_summary_holds_it(self, fitted):
        found = json.loads((fitted[1] / "summary.json").read_text())["labels"]
        assert [a["name"] for a in found["labelings"]] == ["species", "island", "sex", "year"]
        assert found["verdict"] == " ".join(map(str.strip, block(fitted[0].stdout)[-2:]))
        species = found["labelings"][0]
        assert species["agreement"] == "same"
        assert species["n_disagree"] == len(species["disagree"]) == 5
        assert species["table"]["clusters"] == [1, 2, 3]
        assert species["soft"]["adjusted_rand"] > 0.9
        rows = (fitted[1] / "assignments.csv").read_text().splitlines()
        of_file = {int(row.split(",")[0]): row.split(",") for row in rows[1:]}
        match = dict(species["matches"])
        assert all(match[int(of_file[i][5])] != of_file[i][1] for i in species["disagree"])

    def test_the_customers_are_found_by_age_and_not_by_sex(self):
        _, _, age, sex, *sentence = block(run("fit", "customers", "--starts", "2").stdout)
        verdict = " ".join(map(str.strip, sentence))
        assert float(age.split()[1]) >= 0.95
        assert abs(float(sex.split()[1])) <= 0.01
        assert "found age_group (99.5 % of rows match), something else than sex" in verdict

    def test_without_labels_there_is_no_block(self, folder):
        (folder / "n.csv").write_text("x\n" + "\n".join(str(i) for i in np.r_[0:10:0.5, 50:60:0.5]))
        result = run("fit", "n.csv", "-k", "2", "--starts", "2", "--json")
        assert "labeling" not in result.stderr
        assert json.loads(result.stdout)["labels"] is None

    def test_an_identifier_and_a_label_that_cannot_be_compared(self, folder):
        x = np.r_[0:10:0.5, 50:60:0.5]
        (folder / "n.csv").write_text("x,id,far\n" + "\n".join(f"{v},r{v},{'inf' if v else 1.5}" for v in x))
        result = run("fit", "n.csv", "-k", "2", "--starts", "2", "--columns", "x", "--labels", "id")
        assert "no grouping: nearly every row has a level of its own" in result.stdout
        result = run("fit", "n.csv", "-k", "2", "--starts", "2", "--columns", "x", "--labels", "far", "--out", "o")
        assert result.exit_code == 0
        assert "warning[HM116]: the components are not compared with the labels: " in result.stderr
        assert (folder / "o" / "model.hmx").exists()


class TestCompare:
    def test_what_fit_wrote(self, fitted):
        table = fitted[1] / "assignments.csv"
        result = run("compare", table, "--clusters", "component", "--labels", "species,island,sex,year")
        assert result.exit_code == 0, result.stderr
        printed = block(result.stdout)
        assert printed[: len(block(fitted[0].stdout))] == block(fitted[0].stdout)
        assert any("island given species" in line for line in printed)
        assert result.stderr == "assignments.csv: 342 of 344 rows in 3 clusters by component\n"

    def test_memberships(self, fitted):
        table = fitted[1] / "assignments.csv"
        given = ("--clusters", "component", "--labels", "species", "--json")
        soft = json.loads(run("compare", table, "--memberships", "membership_", *given).stdout)
        named = ",".join(f"membership_{j}" for j in (1, 2, 3))
        assert json.loads(run("compare", table, "--memberships", named, *given).stdout) == soft
        written = json.loads((fitted[1] / "summary.json").read_text())["labels"]["labelings"][0]["soft"]
        assert soft["n"] == 342
        assert soft["labelings"][0]["soft"]["adjusted_rand"] == pytest.approx(written["adjusted_rand"], abs=1e-5)
        alone = run("compare", table, "--memberships", "membership_", "--labels", "species", "--json", "-q")
        assert json.loads(alone.stdout)["n"] == 344

    def test_a_table_without_numbers(self, folder):
        result = run("compare", "t.csv", "--clusters", "group", "--labels", "known,other,name")
        assert result.exit_code == 0, result.stderr
        _, _, known, other, name, *sentence = block(result.stdout)
        assert known.endswith("  the same grouping")
        assert other.endswith("unrelated: the clustering found something else")
        assert name.endswith("no grouping: nearly every row has a level of its own")
        assert " ".join(map(str.strip, sentence[:2])) == (
            "The clustering found known (100 % of rows match), something else than other, which it ignored; "
            "name groups nothing; nothing of it is new."
        )
        assert result.stderr == "t.csv: 60 of 61 rows in 3 clusters by group\n"

    def test_a_file_and_the_rows_that_disagree(self, folder):
        text = (folder / "t.csv").read_text().replace("a,x,q,id3\n", "a,y,q,id3\n")
        (folder / "t.csv").write_text(text)
        result = run("compare", "t.csv", "--clusters", "group", "--labels", "known", "--out", "found.json", "--json")
        found = json.loads((folder / "found.json").read_text())
        assert json.loads(result.stdout) == found
        assert found["labelings"][0]["disagree"] == [4]

    def test_options_that_choose_rows(self, folder):
        args = ("compare", "t.csv", "--clusters", "group", "--labels", "known,other", "--json")
        assert json.loads(run(*args, "--where", "\"group\" <> 'c'").stdout)["n"] == 40
        assert json.loads(run(*args, "--missing", "x").stdout)["labelings"][0]["n"] == 40
        assert json.loads(run(*args, "--permutations", "99").stdout)["n_permutations"] == 99

    def test_the_seed(self, folder):
        args = ("compare", "t.csv", "--clusters", "group", "--labels", "other", "--json", "--seed")
        assert run(*args, "1").stdout == run(*args, "1").stdout != run(*args, "2").stdout

    def test_a_built_in_table(self):
        result = run("compare", "penguins", "--clusters", "species", "--labels", "sex,year")
        assert "something else than sex and year" in result.stdout

    @pytest.mark.parametrize(
        ("args", "code", "words"),
        [
            (("--labels", "known"), 2, "one of --clusters and --memberships must say where the clusters are"),
            (("--clusters", "group"), 2, "Missing option '--labels'"),
            (("--clusters", "group", "--labels", "group"), 2, "error[HM410]: column 'group' holds the clusters"),
            (("--clusters", "grup", "--labels", "known"), 1, "error[HM104]: no column is called 'grup'"),
            (("--memberships", "name", "--labels", "known"), 1, "error[HM112]: column 'name' has text"),
            (("--clusters", "group", "--labels", ","), 2, "error[HM413]: labelings holds no labeling"),
        ],
    )
    def test_mistakes(self, folder, args, code, words):
        result = run("compare", "t.csv", *args)
        assert result.exit_code == code
        assert words in result.stderr
        assert result.stdout == ""

    def test_memberships_that_do_not_sum_to_one(self, folder):
        (folder / "m.csv").write_text("a,b,g\n0.5,0.5,x\n0.5,0.4,y\n")
        result = run("compare", "m.csv", "--memberships", "a,b", "--labels", "g")
        assert result.exit_code == 1
        assert result.stderr.startswith("error[HM130]: clusters: row 1 (counting from 0) holds [0.5, 0.4]")


@pytest.mark.parametrize("name", ["found.html", "found.md"])
def test_a_report_is_written_where_the_file_says_so(folder, name):
    result = run("compare", "t.csv", "--clusters", "group", "--labels", "known,other", "--out", name)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, f"Wrote {name}")
    text = (folder / name).read_text(encoding="utf-8")
    assert "t.csv: which known labeling was found" in text
    assert "The clustering found known" in text
