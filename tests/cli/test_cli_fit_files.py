"""What `hiddenmix fit --out` writes: the report, its pictures, the animation, and what is said where one is not."""

import contextlib
import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.report.pages import sound

from hiddenmix.cli import _animating, main
from hiddenmix.cli._animating import ENOUGH, LEAST, MOST, extent

PLAIN = ("--no-pictures",)
ALL = "report.html report.md summary.json assignments.csv unsure.csv model.hmx"


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args], prog_name="hiddenmix")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A folder with t.csv, 60 rows in two clear groups; its columns are a and b, and g names the group."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, (30, 2)), rng.normal(8, 1, (30, 2))].round(3)
    lines = [f"{a},{b},{g}" for (a, b), g in zip(x, np.repeat(["low", "high"], 30))]
    (tmp_path / "t.csv").write_text("a,b,g\n" + "\n".join(lines) + "\n")
    return x


@pytest.fixture
def no_pictures(monkeypatch):
    """Reports that would have pictures, and have none, so that nothing is drawn."""
    from hiddenmix.report import _pictures

    monkeypatch.setattr(_pictures, "PLACES", ())


class TestReports:
    FIT = ("fit", "t.csv", "-k", "2", "--shape", "full", "--starts", "2", "--out", "o")

    def test_no_pictures(self, table, tmp_path):
        Path("o/pictures").mkdir(parents=True)
        for old in ("pictures/trace.png", "pictures/mine.png", "animation.html"):
            Path("o", old).write_text("of an earlier fit")
        result = run(*self.FIT, "--no-pictures", "--labels", "g")
        assert re.search(r"Wrote o/: report.html report.md summary.json assignments.csv unsure.csv model.hmx\n",
                         result.stderr)  # fmt: skip
        assert sorted(p.name for p in Path("o/pictures").iterdir()) == ["mine.png"]
        assert not Path("o/animation.html").exists()
        page = sound(Path("o/report.html").read_text(encoding="utf-8"))
        assert page.all("svg") == page.all("img") == []
        assert "The clustering found g (100 % of rows match)" in page.words()

    @pytest.mark.parametrize(
        ("missing", "remark", "written"),
        [
            ("jinja2", 'report.html was not written: HTML reports need .*\n  help: pip install "hiddenmix.report]"',
             f"{ALL.removeprefix('report.html ')} pictures/ animation.html"),
            ("matplotlib", 'no pictures were drawn: pictures need Matplotlib.*\n  help: pip install "hiddenmix.plot]"',
             ALL),
        ],
        ids=["jinja2", "matplotlib"],
    )  # fmt: skip
    def test_the_fit_stays_where_packages_are_missing(self, table, missing, remark, written, monkeypatch):
        from hiddenmix.report import _html, _pictures

        monkeypatch.setattr(_pictures, "PLACES", _pictures.PLACES[-1:])  # one picture is enough
        monkeypatch.setattr(_animating, "MOST", 1)
        monkeypatch.setitem(sys.modules, missing, None)
        _html._template.cache_clear()
        result = run(*self.FIT)
        assert re.search(rf"warning\[HM408\]: {remark}", result.stderr)
        assert result.stderr.count("warning") == 1
        assert f"Wrote o/: {written}\n" in result.stderr
        assert sorted(p.name for p in Path("o").iterdir()) == sorted(name.rstrip("/") for name in written.split())
        first = "hiddenmix show o/model.hmx" if missing == "jinja2" else "open o/report.html"
        assert f"Next:  {first}  |" in result.stderr

    def test_warnings_stand_in_the_words_of_the_command_line(self, table):
        result = run(*self.FIT, "--max-iter", "1", *PLAIN)
        assert "warning[HM302]" in result.stderr
        words = sound(Path("o/report.html").read_text(encoding="utf-8")).words()
        assert re.search(r"HM302: stopped after 1 iterations.* What helps: --max-iter \d+", words)
        assert [one["code"] for one in json.loads(Path("o/summary.json").read_text())["warnings"]] == ["HM302"]

    def test_labels_that_cannot_be_compared(self, table, monkeypatch):
        from hiddenmix._errors import HiddenmixError
        from hiddenmix.report import _findings

        def refuse(*_):
            raise HiddenmixError("HM414", "too many levels", "fewer")

        monkeypatch.setattr(_findings, "compare_known", refuse)
        result = run(*self.FIT, "--labels", "g", *PLAIN)
        assert "warning[HM414]: the components are not compared with the labels: too many levels" in result.stderr
        words = sound(Path("o/report.html").read_text(encoding="utf-8")).words()
        assert "The labels could not be compared; the warnings say why." in words
        assert "HM414: the components are not compared with the labels: too many levels" in words

    def test_an_interrupted_fit_says_so(self, table, monkeypatch):
        from hiddenmix.cli import _fitting
        from hiddenmix.cli._interrupt import Asked

        class Soon(Asked):
            steps = 0

            def __call__(self, *_):
                return self.yes

            @property
            def yes(self):
                Soon.steps += 1
                return Soon.steps > 12

            @yes.setter
            def yes(self, value): ...

        monkeypatch.setattr(_fitting, "stop_on_interrupt", lambda: contextlib.nullcontext(Soon()))
        result = run("fit", "t.csv", "-k", "1-6", "--out", "o", *PLAIN)
        assert result.exit_code == 0, result.stderr
        assert "warning[HM310]" in result.stderr
        words = sound(Path("o/report.html").read_text(encoding="utf-8")).words()
        assert "It was interrupted: this is the best so far, and not everything was tried." in words
        assert "HM310: stopped by Ctrl-C" in words

    def test_hints_can_be_pasted(self, table):
        Path("t.csv").rename("my table.csv")
        result = run("fit", "my table.csv", *self.FIT[2:-1], "o u t", *PLAIN)
        commands = re.search(r"Next:  (.*)\n", result.stderr)[1].split("  |  ")
        words = [shlex.split(command) for command in commands]
        assert words == [
            ["open", "o u t/report.html"],
            ["hiddenmix", "lab", "my table.csv"],
            ["hiddenmix", "predict", "o u t/model.hmx", "new.csv"],
        ]
        result = run("fit", "my table.csv", *self.FIT[2:-2])
        assert "Next:  hiddenmix fit 'my table.csv' --out DIR " in result.stderr


class TestAnimation:
    FIT = (*TestReports.FIT, "--starts", "1")

    def test_ctrl_c_leaves_it_out_and_everything_else_there(self, table, no_pictures, monkeypatch):
        there = []

        def interrupted(found):
            there.extend(sorted(p.name for p in Path("o").iterdir()))
            raise KeyboardInterrupt

        monkeypatch.setattr(_animating, "animated", interrupted)
        Path("o").mkdir()
        Path("o/animation.html").write_text("of an earlier fit")
        result = run(*self.FIT)
        assert result.exit_code == 0
        assert "warning[HM310]: animation.html was not written: stopped by Ctrl-C; everything else" in result.stderr
        assert "help: hiddenmix draw o/model.hmx t.csv --what animation -o o/animation.html" in result.stderr
        assert f"Wrote o/: {ALL}\n" in result.stderr
        assert there == sorted(p.name for p in Path("o").iterdir()) == sorted(ALL.split())
        assert "animation" not in Path("o/report.html").read_text(encoding="utf-8")

    def test_the_report_names_it_once_it_is_there(self, table, no_pictures, monkeypatch):
        monkeypatch.setattr(_animating, "MOST", 1)
        assert run(*self.FIT).exit_code == 0
        words = sound(Path("o/report.html").read_text(encoding="utf-8")).words()
        assert "animation.html: the climb as a moving picture, step by step" in words
        assert "animation.html: the climb" in Path("o/report.md").read_text(encoding="utf-8")

    def test_a_part_of_the_rows_is_said_to_be_one(self, table, no_pictures, monkeypatch):
        monkeypatch.setattr(_animating, "extent", lambda values, k: (40, 3))
        assert run(*self.FIT).exit_code == 0
        words = sound(Path("o/report.html").read_text(encoding="utf-8")).words()
        assert "animation.html: the climb as a moving picture, step by step, on 40 of the 60 rows" in words
        told = "EM runs on 40 of the 60 rows, drawn at random; the figures are those of this part, and not those of"
        assert told in Path("o/animation.html").read_text(encoding="utf-8")

    def test_what_takes_too_long_is_left_out(self, table, no_pictures, monkeypatch):
        monkeypatch.setattr(_animating, "SECONDS", 0.0)
        result = run(*self.FIT)
        assert "warning[HM416]: animation.html was not written: an iteration of EM takes too long" in result.stderr
        assert f"Wrote o/: {ALL}\n" in result.stderr

    @pytest.mark.parametrize(
        ("n", "d", "k", "rows"),
        [(300, 4, 3, 300), (50_000, 4, 6, 50_000), (1_000_000, 4, 6, 50_000), (100_000, 30, 6, 2_000)],
    )
    def test_more_rows_or_columns_mean_a_part(self, n, d, k, rows):
        values = np.broadcast_to(0.0, (n, d))
        taken, iterations = extent(values, k)
        assert taken == rows
        assert ENOUGH <= iterations <= MOST

    def test_patterns_of_missing_cells_count(self):
        values = np.random.default_rng(0).normal(size=(2000, 30))
        assert extent(values, 6)[0] == 2000
        values[:, 0][::2] = np.nan
        assert extent(values, 6)[0] == 2000  # two patterns
        values[np.random.default_rng(1).random(values.shape) < 0.1] = np.nan
        with np.testing.assert_raises_regex(Exception, "HM416"):
            extent(values, 6)
        rows, iterations = extent(values[:, :8], 3)
        assert rows <= 2000
        assert iterations >= LEAST
