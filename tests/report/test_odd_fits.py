"""What reports and the command line say of odd fits: many components, one, broken searches, figures far out."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.report.pages import sound

import hiddenmix as hm
from hiddenmix.cli import main
from hiddenmix.estimators._summary import number
from hiddenmix.report._blocks import Grid


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args], prog_name="hiddenmix")


@pytest.fixture(scope="module")
def faithful():
    return hm.datasets.faithful().data


class TestManyComponents:
    def test_the_most_probable_of_eight_are_named(self, faithful):
        model = hm.GaussianMixture(8, covariance_type="diag", random_state=0, n_init=1).fit(faithful)
        table = next(
            t for t in sound(hm.report.of(model, faithful, pictures=False).html()).tables() if t[0][0] == "row"
        )
        assert table[0] == ["row", "most probable"]
        proba = model.predict_proba(faithful)
        for row, told in table[1:]:
            first, share = told.split(",")[0].split(": ")
            assert int(first) == proba[int(row)].argmax() + 1
            assert float(share) == pytest.approx(proba[int(row)].max(), abs=6e-4)

    @pytest.mark.parametrize(
        "parts", [{"rows": (("1", "2"),)}, {"head_colours": (0,)}, {"colours": (0, 1)}], ids=str
    )  # fmt: skip
    def test_a_table_that_does_not_fit_together_is_none(self, parts):
        with pytest.raises(AssertionError):
            Grid(**{"head": ("a", "b", "c"), "rows": (("1", "2", "3"),)} | parts)


class TestOneComponent:
    """That there are no groups is said only where one component was compared with more."""

    def report(self, model, X):
        report = hm.report.of(model, X, pictures=False)
        return report.document.title, report.markdown()

    @pytest.fixture
    def noise(self):
        return np.random.default_rng(3).normal(size=(200, 2))

    def test_an_interrupted_search(self, noise):
        steps = []

        def stop(step):
            steps.append(step)
            return len(steps) > 1  # one component takes a single step

        model = hm.GaussianMixture([1, 2, 3], covariance_type="full", random_state=0, callback=stop).fit(noise)
        assert [c.n_components for c in model.selection_.ranking()] == [1, 2]
        title, text = self.report(model, noise)
        assert "No groups" not in text
        assert "so that this does not tell whether there are groups" in text
        assert title.endswith("one component")

    def test_all_others_set_aside(self):
        X = np.repeat([[0.0, 0.0], [1.0, 0.5], [5.0, 9.0], [0.3, 4.0]], [30, 1, 1, 1], axis=0)
        X = X + 1e-3 * np.random.default_rng(0).normal(size=X.shape)
        model = hm.GaussianMixture([1, 3], covariance_type="full", random_state=0, n_init=1, reg_covar=0.0)
        model.fit(X)
        assert [c.n_components for c in model.selection_.ranking()] == [1]
        title, text = self.report(model, X)
        assert "One component describes the 33 rows of the data; all models of more were set aside" in text
        assert title.endswith("one component")

    def test_the_criterion_and_its_rival_are_named(self):
        X = np.random.default_rng(0).normal(size=(400, 1)) * np.repeat([1.0, 4.0], 200)[:, None]
        model = hm.GaussianMixture([1, 2], random_state=0).fit(X)
        assert model.selection_.best.n_components == 1
        assert model.selection_.ranking("bic")[0].n_components == 2
        title, text = self.report(model, X)
        assert "better than several do (by ICL; BIC prefers 2)." in text
        assert title.endswith("no groups")

    def test_nothing_is_unsure(self, noise, tmp_path):
        np.savetxt(tmp_path / "noise.csv", noise, delimiter=",", header="a,b", comments="")
        out = tmp_path / "out"
        out.mkdir()
        (out / "unsure.csv").write_text("of an earlier fit")
        done = run("fit", tmp_path / "noise.csv", "-k", 1, "--out", out, "--no-pictures")
        assert done.exit_code == 0, done.output
        assert "are unsure" not in done.output
        assert "unsure.csv" not in done.output
        assert not (out / "unsure.csv").exists()
        assert "unsure.csv" not in (out / "report.md").read_text()


class TestWords:
    def test_one_unsure_point(self):
        from hiddenmix.cli import _narrate

        class Found:
            unsure = np.array([False, True])

        assert _narrate.unsure_line(Found, True).endswith("; it is in unsure.csv")
        Found.unsure = np.array([True, True])
        assert _narrate.unsure_line(Found, True).endswith("; they are in unsure.csv")

    def test_a_label_without_a_name(self):
        rng = np.random.default_rng(0)
        found = hm.compare(rng.integers(0, 3, 90), {"": rng.integers(0, 3, 90)})
        assert "something else than '', which it ignored" in found.verdict

    def test_a_column_without_a_name_has_one_name(self):
        X = hm.datasets.redblue().data
        model = hm.GaussianMixture(2, random_state=0).fit(X)
        text = hm.report.of(model, X).markdown()
        assert "x0" not in text
        assert "x0" not in model.summary()

    def test_all_rows_missing(self, faithful):
        model = hm.GaussianMixture(2, random_state=0).fit(faithful)
        with pytest.raises(hm.HiddenmixError, match="none of the 5 rows has a value") as caught:
            hm.report.of(model, np.full((5, 2), np.nan))
        assert caught.value.code == "HM110"


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "spread", "told"),
        [
            (1000000000.3, 1.804, "1000000000.3"),
            (-1000000000.3, 1.804, "-1000000000.3"),
            (1.7e9, 1000.0, "1700000000"),
            (3806.21, 1.2, "3806.2"),
            (3806.21, 501.0, "3806"),  # as without a spread
            (190.1, 6.9, "190.1"),
            (5.0, 0.0, "5"),
            (0.0, 1.0, "0"),
            (1e300, 1.0, "1e+300"),
        ],
    )
    def test_digits_are_those_that_the_spread_leaves(self, value, spread, told):
        assert number(value, spread) == told

    @pytest.mark.parametrize("centre", [0.0, -3.0, 1e4, 1e9, -1e12])
    @pytest.mark.parametrize("sd", [1e-3, 0.7, 40.0, 9e5])
    def test_a_mean_is_read_to_a_tenth_of_its_sd(self, centre, sd):
        for value in centre + sd * np.linspace(-3, 3, 11):
            assert abs(float(number(value, sd)) - value) <= max(0.1 * sd, 1e-14 * abs(value))

    def test_in_the_summary_and_the_report(self, faithful):
        X = faithful[:, :1] + 1e9
        model = hm.GaussianMixture(2, random_state=0).fit(X)
        told = hm.report.of(model, X, pictures=False).markdown()
        for mean, variance in zip(model.means_[:, 0], model.covariances_[:, 0, 0]):
            cell = f"{number(mean, variance**0.5)} ± {number(variance**0.5)}"
            assert "." in cell.split(" ±")[0]
            assert cell in model.summary()
            assert cell in told


class TestFiles:
    def comparison(self, tmp_path):
        path = tmp_path / "t.csv"
        path.write_text("c,l\n" + "".join(f"{i % 2},{i % 2}\n" for i in range(40)))
        return ["compare", path, "--clusters", "c", "--labels", "l", "--permutations", 19]

    @pytest.mark.parametrize("name", ["x.pdf", "x", "x.csv"])
    def test_another_ending_is_refused_before_the_work(self, tmp_path, name, monkeypatch):
        from hiddenmix.discover import compare

        monkeypatch.setattr(compare, "compare_known", None)
        done = run(*self.comparison(tmp_path), "--out", tmp_path / name)
        assert (done.exit_code, "HM425" in done.output) == (2, True)
        assert not (tmp_path / name).exists()

    @pytest.mark.parametrize("name", ["x.html", "x.md"])
    def test_without_matplotlib_there_are_no_pictures(self, tmp_path, name, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        done = run(*self.comparison(tmp_path), "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert "HM408" in done.output
        assert "no pictures were drawn" in done.output
        assert "the same grouping" in (tmp_path / name).read_text()

    def test_the_list_of_pictures_needs_no_matplotlib(self, faithful, tmp_path, monkeypatch):
        hm.GaussianMixture(2, random_state=0).fit(faithful).save(tmp_path / "m.hmx")
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        done = run("draw", tmp_path / "m.hmx", "faithful", "--list")
        assert done.exit_code == 0, done.output
        assert "classification" in done.output


class TestFixes:
    """Every refusal says what to do."""

    @pytest.mark.parametrize(
        ("content", "options", "code", "fix"),
        [
            ("", (), "HM110", "written or copied to its end"),
            ("a,b\n", (), "HM110", "rows below its heading"),
            ("a,b\n1,2\n3,4\n", ("--where", "a > 9"), "HM110", "condition that some rows meet"),
            ("a,b\n1,2\n3,4\n", ("--columns", "zzz"), "HM104", "one of these names"),
        ],
    )
    def test_of_tables(self, content, options, code, fix, tmp_path):
        (tmp_path / "t.csv").write_text(content)
        done = run("fit", tmp_path / "t.csv", *options)
        assert code in done.output
        assert fix in " ".join(done.output.split())

    def test_of_models(self, tmp_path):
        (tmp_path / "m.hmx").write_text("nothing")
        done = run("show", tmp_path / "m.hmx")
        assert "HM511" in done.output
        assert "model.save(path)" in done.output

    def test_columns_in_the_words_of_the_command_line(self):
        from hiddenmix.cli._command import in_options

        assert in_options("columns=[0, 1]") == "--columns A,B"
        assert in_options("columns= others, or one by itself") == "other --columns, or one by itself"


@pytest.mark.parametrize("name", ["r.html", "r.md", "r.json"])
def test_a_report_that_cannot_be_written_leaves_the_old_one(name, faithful, tmp_path, monkeypatch):
    model = hm.GaussianMixture(2, random_state=0).fit(faithful)
    report = hm.report.of(model, faithful, pictures=False)
    path = tmp_path / name
    report.save(path)
    before = path.read_bytes()
    write = Path.write_text

    def full(self, text, **how):
        write(self, text[:100], **how)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(hm.HiddenmixError, match=f"{name} cannot be written: No space left") as caught:
        report.save(path)
    assert caught.value.code == "HM516"
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_panels_that_would_be_too_small_are_scrolled():
    X = np.random.default_rng(0).normal(size=(60, 4)) + np.repeat([[0.0], [9.0]], 30, axis=0)
    for d, scrolled in ((2, False), (4, True)):
        model = hm.GaussianMixture(2, covariance_type="diag", random_state=0).fit(X[:, :d])
        page = sound(hm.report.of(model, X[:, :d]).html())
        panels = [e for e in page.elements if "panels" in (e["attributes"].get("class") or "")]
        assert bool(panels) is scrolled
        assert all("figure" in e["inside"] for e in panels)


INTERRUPTED = """
import os, signal, threading
import duckdb
from hiddenmix.io._interrupt import interruptible

connection = duckdb.connect()
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    with interruptible(connection):
        endless = "SELECT sum(sqrt(a.range * b.range)) FROM range(100000) a, range(10000000) b"
        connection.execute(endless).fetchall()
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_while_duckdb_reads():
    """It has an error of its own for that; here it is what it is everywhere. In a program of its own, for here
    somebody else may look after signals."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr, done.returncode) == ("interrupted\n", "", 0)


def test_only_duckdbs_interruption_is_one():
    import duckdb

    from hiddenmix.io._interrupt import interruptible

    with pytest.raises(RuntimeError, match="another"), interruptible(duckdb.connect()):
        raise RuntimeError("another")
