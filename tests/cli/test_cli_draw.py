"""`hiddenmix draw`: pictures from a model file and its data."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import hiddenmix as hm
from hiddenmix.cli import main
from hiddenmix.datasets import load

pd = pytest.importorskip("pandas")


def run(*args):
    return CliRunner().invoke(main, ["draw", *args], prog_name="hiddenmix")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with model.hmx of columns a, b, and rows.csv with these, a label, and a day."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(np.r_[rng.normal(0, 1, (30, 2)), rng.normal(8, 1, (30, 2))].round(3), columns=["a", "b"])
    hm.GaussianMixture([1, 2], n_init=2, random_state=0).fit(frame).save("model.hmx")
    days = pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d")
    frame.assign(kind=["u"] * 30 + ["v"] * 30, day=days).to_csv("rows.csv", index=False)
    return tmp_path


def test_the_picture_that_suits_best_by_default(folder):
    result = run("model.hmx", "rows.csv")
    assert result.exit_code == 0, result.output
    assert (folder / "model-classification.png").exists()
    assert result.stdout == ""
    assert "Wrote model-classification.png: classification. 60 rows by a and b" in result.stderr
    assert "warning" not in result.stderr


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "webp"])
def test_formats_and_sizes(folder, ending):
    assert run("model.hmx", "--what", "trace", "-o", f"t.{ending}", "--size", "4x2", "--dpi", "50").exit_code == 0
    if ending in ("png", "webp"):
        with Image.open(f"t.{ending}") as image:
            assert image.size == (200, 100)
    assert (folder / f"t.{ending}").stat().st_size > 500


def test_traces_and_selections_need_no_data_and_others_do(folder):
    assert run("model.hmx", "--what", "selection", "-o", "s.png").exit_code == 0
    assert json.loads(run("model.hmx", "--list", "--json").stdout) == ["selection", "trace"]
    result = run("model.hmx", "--what", "density")
    assert result.exit_code == 2
    assert "HM421" in result.stderr
    assert "selection, trace" in result.stderr
    assert not (folder / "model-density.png").exists()


def test_a_list_of_what_suits(folder):
    names = run("model.hmx", "rows.csv", "--list").stdout
    assert [line.split()[0] for line in names.splitlines()][:2] == ["classification", "pairs"]
    assert "coins" not in names


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--what", "coins"), "HM416", "one of classification, pairs"),
        (("--what", "tracee"), "HM415", "did you mean 'trace'?"),
        (("--what", "zzz"), "HM415", "one of coins, classification"),
        (("--what", "trace", "-o", "x.bmp"), "HM415", "'x.bmp' does not end in a kind of picture"),
        (("--what", "trace", "--size", "big"), "HM403", "--size 7x4"),
        (("--what", "pairs", "--columns", "a,nothing"), "HM416", "'nothing'"),
        (("--what", "bound", "--iteration", "999"), "HM421", "999"),
        (("--what", "series", "--time", "kind"), "HM416", "'kind' has no times"),
    ],
)
def test_mistakes(folder, arguments, code, told):
    result = run("model.hmx", "rows.csv", *arguments)
    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_columns_labels_and_time(folder):
    result = run("model.hmx", "rows.csv", "--what", "history", "--columns", "b", "-o", "h.png", "--json")
    assert "of b over" in json.loads(result.stdout)["words"]
    result = run("model.hmx", "rows.csv", "--what", "contingency", "--labels", "kind", "-o", "k.png", "--json")
    assert "60 of 60 rows (100 %) lie in matched pairs" in json.loads(result.stdout)["words"]
    assert run("model.hmx", "rows.csv", "--what", "series", "--time", "day", "-o", "s.svg").exit_code == 0
    assert "2020" in (folder / "s.svg").read_text()


def test_other_rows_than_those_of_the_fit_are_told(folder):
    frame = pd.read_csv("rows.csv")
    result = run("model.hmx", "rows.csv", "--where", "a < 4", "-o", "x.png")
    assert "warning[HM505]: rows.csv has 30 rows, and the model was fitted on 60" in result.stderr
    frame.assign(a=frame.a + 0.01).to_csv("moved.csv", index=False)
    result = run("model.hmx", "moved.csv", "-o", "x.png")
    assert result.exit_code == 0
    assert "warning[HM505]: the log-likelihood of moved.csv is" in result.stderr


def test_a_model_without_names_takes_the_columns_in_their_order(folder):
    hm.GaussianMixture(2, random_state=0).fit(load("faithful").data).save("plain.hmx")
    result = run("plain.hmx", "faithful", "--what", "history", "--columns", "waiting", "-o", "h.png")
    assert result.exit_code == 0, result.output
    assert "x1 over" in result.stderr
    assert "HM505" not in result.stderr


def test_an_animation(folder):
    result = run("model.hmx", "rows.csv", "--what", "animation", "-o", "climb.gif", "--dpi", "30")
    assert result.exit_code == 0, result.output
    with Image.open("climb.gif") as climb:
        assert climb.n_frames > 2
    assert "HM421" in run("model.hmx", "--what", "animation").stderr


def test_a_classifier_and_its_classes(folder):
    frame = pd.read_csv("rows.csv")
    hm.MixtureDiscriminant(1, random_state=0).fit(frame[["a", "b"]], frame["kind"]).save("classes.hmx")
    result = run("classes.hmx", "rows.csv", "--what", "confusion", "--labels", "kind", "-o", "c.png")
    assert result.exit_code == 0, result.output
    assert "0 of 60 rows are taken for another class" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("rows.csv", "--what", "trace", "--iteration", "2"),
        ("rows.csv", "--size", "1x1"),
        ("rows.csv", "--size", "60x60", "--dpi", "1200"),
        ("rows.csv", "--what", "animation", "--size", "5x5"),
        ("rows.csv", "--what", "animation", "--dpi", "300"),
    ],
)
def test_options_without_meaning_and_impossible_sizes_are_refused(folder, options):
    before = sorted(folder.iterdir())
    result = run("model.hmx", *options)
    assert result.exit_code == 2
    assert "HM403" in result.stderr
    assert sorted(folder.iterdir()) == before


def test_of_several_labels_it_says_which_was_drawn(folder):
    result = run("model.hmx", "rows.csv", "--what", "contingency", "--labels", "kind,day", "-o", "c.png")
    assert result.exit_code == 0, result.output
    assert "Of kind and day this goes best with the clusters" in " ".join(result.stderr.split())
