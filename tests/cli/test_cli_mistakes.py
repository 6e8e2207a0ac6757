"""`hiddenmix fit` on bad files and bad options: a coded error, the right exit code, never a traceback."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

from hiddenmix._errors import HiddenmixError
from hiddenmix.cli import main


def run(*args):
    return CliRunner().invoke(main, list(args), prog_name="hiddenmix")


def csv_of(*rows):
    return "\n".join(["a,b", *(",".join(map(str, row)) for row in rows)]).encode()


BAD = {
    "empty.csv": (b"", "HM110"),
    "header.csv": (b"a,b\n", "HM110"),
    "text.csv": (b"a,b\nfoo,bar\nbaz,qux\n", "HM103"),
    "mixed.csv": (csv_of((1.5, 2), (2.5, "n/a "), (3, 4), (5, 5)), "HM112"),
    "inf.csv": (csv_of((1, 2), ("inf", 3), (4, 5), (2, 2)), "HM116"),
    "constant.csv": (csv_of(*[(1, 1.5)] * 20), "HM103"),
    "huge.csv": (csv_of(*((1e300 * i, 2 * i * i) for i in range(1, 20))), "HM119"),
    "tiny.csv": (csv_of(*((1e-300 * i, 2 * i * i) for i in range(1, 20))), "HM119"),
    "ragged.csv": (b"a,b\n1,2\n1,2,3\n", "HM102"),
    "binary.csv": (bytes(range(256)) * 20, "HM102"),
    "binary.parquet": (bytes(range(256)) * 20, "HM102"),
    "cut.json": (b'{"a":', "HM102"),
    "cut.csv.gz": (b"\x1f\x8b123", "HM102"),
    "table.xlsx": (b"PK", "HM102"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_fitted(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, code = BAD[name]
    (tmp_path / name).write_bytes(content)
    result = run("fit", name, "--out", "o")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error[{code}]: ")
    assert "defect" not in result.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(1.5, 2.5)] * 10 + [(3.5, 2.0)] * 10, "2 distinct rows are too few for so many columns"),
        ([(1.5, 2.0)], "1 distinct row is too few for so many columns"),
    ],
    ids=["duplicates", "one row"],
)
def test_a_degenerate_file_is_fitted_with_a_warning(rows, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_bytes(csv_of(*rows))
    result = run("fit", "t.csv", "--starts", "2", "-q", "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning[HM203]: ")
    assert reason in result.stderr
    assert "--prior conjugate" in result.stderr
    json.loads(result.stdout)


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_bytes(csv_of(*np.random.default_rng(0).normal(size=(40, 2)).round(3)))
    (tmp_path / "dup.csv").write_bytes(csv_of(*[(1.5, 2.5)] * 10 + [(3.5, 2.0)] * 10))


@pytest.mark.usefixtures("table")
class TestErrors:
    def test_too_many_components_is_said_once_with_the_option(self):
        result = run("fit", "dup.csv", "-k", "3-5")
        assert result.exit_code == 1
        assert result.stderr == (
            "error[HM201]: 3 components need at least 3 distinct rows; there are 2 (18 of 20 rows are duplicates)\n"
            "  help: -k 2 or fewer\n"
        )

    def test_more_components_than_rows(self):
        result = run("fit", "t.csv", "-k", "41")
        assert result.stderr.startswith("error[HM202]: 41 components need at least 41 rows")
        assert result.stderr.endswith("  help: -k 40 or fewer\n")

    def test_where_nothing_can_be_fitted_the_fix_is_literal(self):
        result = run("fit", "dup.csv", "-k", "2", "--shape", "diag", "--reg-covar", "0")
        assert result.exit_code == 1
        assert result.stderr.startswith("error[HM206]: none of the models could be fitted: diag,2: ")
        assert result.stderr.endswith("\n  help: -k 1   or --prior conjugate\n")

    def test_models_set_aside_are_named_with_columns_and_reason(self):
        result = run("fit", "dup.csv", "-k", "2-3", "--starts", "2")
        assert (
            "  full,3 tied,3 diag,3 spherical,3 set aside: 3 components need at least 3 distinct rows" in result.stdout
        )
        assert not re.search(r"\bcolumn \d", result.stdout)

    @pytest.mark.parametrize(
        "options",
        [
            ("-k", "0"), ("-k", "x"), ("-k", "3-1"), ("-k", "1-1000000000"), ("--shape", "round"), ("--seed", "-1"),
            ("--tol", "nan"), ("--reg-covar", "inf"), ("--starts", "0"), ("--max-iter", "0"), ("--prior", "some"),
            ("--out", "t.csv"), ("--criterion", "best"), ("--columns", "a", "--labels", "a"), ("--where", "zz > 1"),
        ],
        ids=" ".join,
    )  # fmt: skip
    def test_mistakes_on_the_command_line_exit_with_2(self, options):
        result = run("fit", "t.csv", *options)
        assert (result.exit_code, result.stdout) == (2, "")
        assert re.match(r"Usage: hiddenmix fit|error\[HM4\d\d\]: ", result.stderr)

    @pytest.mark.parametrize(
        ("args", "code"),
        [(("fit", "no.csv"), "HM101"), (("fit", "t.csv", "--columns", "zz"), "HM104"),
         (("fit", "t.csv", "--where", "a > 1e9"), "HM110"), (("fit", "."), "HM102")],
    )  # fmt: skip
    def test_mistakes_in_the_data_exit_with_1(self, args, code):
        result = run(*args)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"error[{code}]: ")

    def test_debug_gives_the_traceback(self):
        assert isinstance(run("fit", "dup.csv", "-k", "3", "--debug").exception, HiddenmixError)

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
    def test_a_full_disk_is_a_coded_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run(command("datasets", "apple"), stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert "error[HM516]: the output cannot be written: No space left on device" in done.stderr
        assert "Traceback" not in done.stderr


def command(*args):
    return [sys.executable, "-c", "from hiddenmix.cli import main; main(prog_name='hiddenmix')", *args]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_the_best_so_far(tmp_path):
    x = np.random.default_rng(0).standard_t(3, size=(200_000, 4))
    np.savetxt(tmp_path / "t.csv", x, delimiter=",", header="a,b,c,d", comments="", fmt="%.4f")
    endless = ("-k", "8", "--shape", "full", "--tol", "0", "--max-iter", "10000000", "--out", "o", "--no-pictures")
    with subprocess.Popen(
        command("fit", "t.csv", *endless), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        first = process.stdout.readline()  # the fit begins after it
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert first.startswith("t.csv: 200000 rows")
    assert process.returncode == 0, err
    assert "warning[HM310]: stopped by Ctrl-C" in err
    assert "Traceback" not in err
    assert "8 Gaussian components" in out
    files = {"assignments.csv", "model.hmx", "summary.json", "unsure.csv", "report.html", "report.md"}
    assert files <= {p.name for p in (tmp_path / "o").iterdir()}
    assert json.loads((tmp_path / "o" / "summary.json").read_text())["model"]["converged"] is False
