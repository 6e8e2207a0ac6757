"""The command line: what goes to stdout and what to stderr, exit codes, and how errors read."""

import csv
import io
import json
import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from hiddenmix import datasets
from hiddenmix._errors import CATALOGUE, HiddenmixError, HiddenmixWarning
from hiddenmix.cli import main
from hiddenmix.cli._app import COMMANDS
from hiddenmix.cli._command import Command, emit_table, output_options, say
from hiddenmix.cli.doctor import OPTIONAL


@pytest.fixture
def hiddenmix(tmp_path, monkeypatch):
    """Run the command in an empty folder; the result has exit_code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    (tmp_path / "a.csv").write_text("x;y;g\n1,5;2;u\n2,5;NA;v\n3,5;4;u\n4,5;7;v\n")
    return lambda *args, **options: CliRunner().invoke(main, args, prog_name="hiddenmix", **options)


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


class TestGroup:
    def test_help_lists_every_command_with_its_line(self, hiddenmix):
        shown = " ".join(hiddenmix("--help").stdout.split())
        for name, line in COMMANDS.items():
            assert f"{name} {line}" in shown

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_has_help_and_the_shared_options(self, hiddenmix, name):
        result = hiddenmix(name, "--help")
        assert result.exit_code == 0
        for option in ("--json", "--quiet", "--debug"):
            assert option in result.stdout

    def test_help_loads_click_and_nothing_heavy(self):
        code = (
            "import sys, hiddenmix.cli as c\n"
            "try: c.main(['--help'])\nexcept SystemExit: pass\n"
            "heavy = ('numpy', 'scipy', 'sklearn', 'duckdb', 'rich', 'narwhals', 'matplotlib')\n"
            "print([name for name in heavy if name in sys.modules])"
        )
        assert python(code).stdout.splitlines()[-1] == "[]"

    def test_version(self, hiddenmix):
        assert re.fullmatch(r"hiddenmix \d+\.\d+\.\d+\S*\n", hiddenmix("--version").stdout)

    @pytest.mark.parametrize(
        "args", [["nothing"], ["look"], ["look", "a.csv", "--no-such-option"], ["explain", "a", "b"]]
    )
    def test_mistakes_on_the_command_line_exit_with_2(self, hiddenmix, args):
        result = hiddenmix(*args)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.startswith("Usage: hiddenmix")


class TestErrors:
    def test_a_coded_error_reads_as_the_guide_shows(self, hiddenmix):
        result = hiddenmix("look", "penguin.csv")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr == (
            "error[HM101]: no file called 'penguin.csv' here\n"
            "  help: did you mean the built-in data set 'penguins'?   hiddenmix fit penguins\n"
        )

    @pytest.mark.parametrize(("args", "code", "exit_code"), [
        (["look", "b.csv"], "HM101", 1),
        (["look", "a.csv", "--columns", "z"], "HM104", 1),
        (["look", "a.csv", "--where", "z > 1"], "HM406", 2),
        (["datasets", "nothing"], "HM407", 2),
        (["explain", "HM000"], "HM409", 2),
        (["look", "a.csv", "--columns", "x", "--labels", "x"], "HM410", 2),
    ])  # fmt: skip
    def test_exit_codes(self, hiddenmix, args, code, exit_code):
        result = hiddenmix(*args)
        assert result.stderr.startswith(f"error[{code}]: ")
        assert (result.exit_code, result.stdout) == (exit_code, "")

    def test_debug_gives_the_traceback(self, hiddenmix):
        assert isinstance(hiddenmix("look", "b.csv", "--debug").exception, HiddenmixError)

    def test_colour_only_where_it_is_wanted(self, hiddenmix, monkeypatch):
        assert "\x1b[" in hiddenmix("look", "b.csv", color=True).stderr
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[" not in hiddenmix("look", "b.csv", color=True).stderr

    def run(self, body, *args):
        command = click.command("try", cls=Command)(output_options(lambda as_json: body()))
        return CliRunner().invoke(command, args)

    def test_a_defect_of_ours_is_called_one(self):
        def body():
            raise ZeroDivisionError("oh")

        result = self.run(body)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            "error: unexpected ZeroDivisionError: oh\n  help: this is a defect in hiddenmix; --debug shows where\n"
        )
        assert isinstance(self.run(body, "--debug").exception, ZeroDivisionError)

    def test_coded_warnings(self):
        import warnings

        def body():
            for _ in range(2):
                warnings.warn(HiddenmixWarning("HM301", "component 2 collapsed", "fewer components"), stacklevel=1)

        line = "warning[HM301]: component 2 collapsed\n  help: fewer components (-k)\n"
        result = self.run(body, "-q")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", line * 2)

    def test_quiet_silences_remarks(self):
        assert self.run(lambda: say("a remark")).stderr == "a remark\n"
        assert self.run(lambda: say("a remark"), "--quiet").stderr == ""

    def test_numbers_stand_to_the_right(self):
        result = self.run(
            lambda: emit_table(("name", "n", "x"), [("a", 5, 1.0), ("long", 12345, None), ("b", 1, 0.25)])
        )
        assert result.stdout == "name      n     x\na         5     1\nlong  12345\nb         1  0.25\n"


class TestLook:
    def test_table_on_stdout_and_remarks_on_stderr(self, hiddenmix):
        result = hiddenmix("look", "a.csv")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "a.csv: 4 rows, 3 columns (separator ';', decimal ',', header yes)",
            "column  kind      missing  distinct  from   to  use        reason",
            "x       number          0         4   1.5  4.5  used",
            "y       number          1         3     2    7  used",
            "g       category        0         2             set aside  2 different texts: a category",
        ]
        assert result.stderr == "Would use 2 number columns: x, y\n"

    def test_options_reach_the_reader(self, hiddenmix):
        result = hiddenmix(
            "look", "a.csv", "--columns", "-y", "--labels", "g", "--where", "x > 2", "--missing", "u,zz", "-q"
        )
        lines = result.stdout.splitlines()
        assert lines[0].startswith("a.csv: 3 rows")
        assert lines[3].endswith("set aside  left out by --columns")
        assert lines[4].split()[:5] == ["g", "category", "1", "1", "label"]
        assert result.stderr == ""

    def test_json(self, hiddenmix):
        result = hiddenmix("look", "a.csv", "--json")
        found = json.loads(result.stdout)
        assert (found["name"], found["rows"]) == ("a.csv", 4)
        assert found["dialect"] == {"separator": ";", "decimal": ",", "header": True, "encoding": "utf-8"}
        assert found["columns"][1] == {
            "name": "y", "kind": "number", "missing": 1, "distinct": 3, "use": "used", "reason": ""}  # fmt: skip
        assert result.stderr == ""

    def test_built_in_labels(self, hiddenmix):
        result = hiddenmix("look", "penguins")
        assert result.stderr == (
            "Would use 4 number columns: bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g\n"
            "Set aside as labels: species, island, sex, year\n"
        )


class TestDatasets:
    def test_list(self, hiddenmix):
        lines = hiddenmix("datasets").stdout.splitlines()
        assert [line.split()[0] for line in lines[1:]] == list(datasets.names())
        assert lines[4].split()[1:3] == ["344", "4"]

    def test_list_as_json(self, hiddenmix):
        found = json.loads(hiddenmix("datasets", "--json").stdout)
        assert [d["name"] for d in found] == list(datasets.names())
        assert found[0]["labels"] == ["coin"]

    def test_csv_can_be_read_back(self, hiddenmix, tmp_path):
        result = hiddenmix("datasets", "penguins")
        assert "Source: palmerpenguins" in result.stderr
        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        assert len(rows) == 344
        assert rows[0]["bill_length_mm"] == "39.1"
        assert rows[0]["body_mass_g"] == "3750"
        assert rows[3]["bill_length_mm"] == rows[3]["sex"] == ""
        (tmp_path / "p.csv").write_text(result.stdout)
        assert hiddenmix("look", "p.csv", "--labels", "year").stderr.startswith(
            "Would use 4 number columns: bill_length"
        )

    def test_one_as_json(self, hiddenmix):
        found = json.loads(hiddenmix("datasets", "apple", "--json", "-q").stdout)
        assert found["size"][0] == 8
        assert found["worms"][-1] is None


class TestExplain:
    @pytest.mark.parametrize("code", ["HM112", "hm112", "112", "[HM112]"])
    def test_one(self, hiddenmix, code):
        result = hiddenmix("explain", code)
        title, *lines = result.stdout.splitlines()
        assert title == "HM112: text in a number column"
        assert " ".join(line.strip() for line in lines) == CATALOGUE["HM112"].explanation
        assert max(map(len, lines)) <= 100

    def test_all(self, hiddenmix):
        lines = hiddenmix("explain").stdout.splitlines()
        assert [line.split()[0] for line in lines[1:]] == list(CATALOGUE)

    def test_json(self, hiddenmix):
        found = json.loads(hiddenmix("explain", "HM301", "--json").stdout)
        assert found == [
            {"code": "HM301", "title": CATALOGUE["HM301"].title, "explanation": CATALOGUE["HM301"].explanation}
        ]


class TestDoctor:
    def test_json(self, hiddenmix):
        found = json.loads(hiddenmix("doctor", "--json").stdout)
        assert found["python"] == sys.version.split()[0]
        assert re.match(r"\d", found["core"]["numpy"])
        assert found["extras"]["cli"]["click"]
        assert all(pool["threads"] >= 1 for pool in found["thread_pools"])

    def test_whether_e_steps_are_compiled(self, hiddenmix):
        from hiddenmix.kernels import linear

        with linear.disabled():
            assert "E-steps of large tables: NumPy only (it is switched off)" in hiddenmix("doctor").stdout
            found = json.loads(hiddenmix("doctor", "--json").stdout)
        assert found["compiled"] is False
        assert found["why_not_compiled"] == "it is switched off"

    def test_the_line_that_installs_what_is_missing(self, hiddenmix, monkeypatch):
        from hiddenmix.cli import doctor

        there = doctor._version
        monkeypatch.setattr(doctor, "_version", lambda name: None if name in ("llvmlite", "uvicorn") else there(name))
        result = hiddenmix("doctor")
        assert result.exit_code == 0
        assert 'To have everything:  pip install "hiddenmix[lab,fast]"' in result.stderr
        missing = [line.split()[0] for line in result.stdout.splitlines() if " missing " in line]
        assert missing == ["uvicorn", "llvmlite"]

    def test_nothing_missing(self, hiddenmix, monkeypatch):
        from hiddenmix.cli import doctor

        monkeypatch.setattr(doctor, "_version", lambda name: "1.0")
        assert hiddenmix("doctor").stderr == "Everything is installed.\n"

    def test_extras_are_those_of_the_package(self):
        from importlib.metadata import requires

        declared = {}
        for line in requires("hiddenmix"):
            found = re.match(r"([\w-]+)[^;]*; extra == .(\w+).", line)
            if found and found[2] not in ("all", "dev"):
                declared.setdefault(found[2], set()).add(found[1])
        assert set(declared) == set(OPTIONAL)
        for extra, packages in declared.items():
            told = {name for names, _ in OPTIONAL.values() for name in names}
            assert packages <= told  # one extra may bring another
            assert packages & set(OPTIONAL[extra][0])
