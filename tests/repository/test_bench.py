"""The benchmarks run, by name, and say what they promise; what they measure here is too small to mean anything."""

import json
import math

import numpy as np
import pytest
from bench import child
from bench.__main__ import main
from bench.case import CASES, Line, Options, at_least, at_most
from bench.cases import iris, limit
from bench.cases.goal import Goal
from bench.cases.goal import measured as seconds_to
from bench.cases.skipping import form_of
from bench.data import blobs, given_start, simplex
from bench.libraries import ROOM, Hiddenmix, ScikitLearn, rivals
from bench.report import amount, goal, markdown, spread
from bench.store import Store

import hiddenmix as hm
from hiddenmix.kernels import linear

SMALL = ["--rows", "400", "--seeds", "1", "--repeats", "1", "--rivals", "scikit-learn"]
QUICK = ["iris", "hasselblad", "iteration-1000000x10-k10", "float32", "skipping"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    return main([*QUICK, *SMALL, "--out", str(folder)]), folder


def test_every_case_that_must_be_shown_has_a_name():
    names = ["first-call", "goal-overlapping", "goal-separated", "hasselblad", "iris", "limit", "memory", "skipping"]
    sizes = ["10000x2-k3", "1000000x2-k5", "1000000x10-k10", "200000x32-k32", "100000x64-k16"]
    assert {*names, *(f"iteration-{size}" for size in sizes)} <= set(CASES)


def test_lines_are_complete_and_written(ran):
    lines, folder = ran
    kept = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    table = (folder / "bench.md").read_text(encoding="utf-8")
    assert [line["what"] for line in kept["lines"]] == [line.what for line in lines]
    assert all(markdown(line) in table for line in lines)
    assert {"cores", "processor", "versions", "load"} <= set(kept["machine"])
    assert all(math.isfinite(figure) for line in lines for figure in line.figures)


def test_answers_that_do_not_depend_on_the_clock(ran):
    lines, _ = ran
    by_case = {name: [line for line in lines if line.case == name] for name in {line.case for line in lines}}
    assert all(line.reached for line in by_case["hasselblad"])
    assert by_case["iris"][1].reached
    assert all(line.reached for line in by_case["float32"][:4])


def test_a_name_that_no_case_has():
    with pytest.raises(SystemExit):
        main(["nothing"])


def test_the_list(capsys):
    assert main(["--list"]) == []
    assert "goal-separated" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_both_libraries_make_the_same_iterations_from_the_same_start():
    x, start = blobs(500, 3, 2)
    ends = [library.prepared(x, start)(5) for library in (Hiddenmix(), ScikitLearn())]
    np.testing.assert_allclose(ends[0].means, ends[1].means, rtol=1e-4, atol=1e-4)
    assert ends[0].loglik(x) == pytest.approx(ends[1].loglik(x), abs=1e-5)
    assert start.loglik(x) < ends[0].loglik(x)


def test_iris_is_fitted_as_the_estimator_does_by_itself(monkeypatch):
    asked = []
    monkeypatch.setattr(iris, "Hiddenmix", lambda algorithm: asked.append(algorithm) or Hiddenmix(algorithm))
    seconds, _ = iris.run(Options(seeds=1))
    assert asked == [hm.GaussianMixture().algorithm]
    assert asked[0] in seconds.note


def test_libraries_without_room_for_their_arrays_are_left_out():
    n = ROOM // (8 * (10 + 2 * 4))
    assert [each.name for each in rivals(("scikit-learn",), n, 4, 10)] == ["scikit-learn"]
    assert rivals(("scikit-learn",), n + 1, 4, 10) == []


def test_a_simplex_has_equal_sides():
    x = simplex(100_000, 2, 3, 9.0, 0)
    means = given_start(x, 3, 0).means
    sides = np.linalg.norm(means - np.roll(means, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 9.0, rtol=0.05)


def test_forms_are_normal_log_densities():
    x, start = blobs(50, 3, 4)
    form = form_of(start.means, start.covariances)
    loglik = linear.e_step(form, x, np.log(start.weights)).loglik
    assert loglik / len(x) == pytest.approx(start.loglik(x), rel=1e-12)


def test_targets():
    assert at_least(10).reached((9.0, 11.0, 12.0))
    assert not at_least(10, share=1.0).reached((9.0, 11.0, 12.0))
    assert at_least(10, share=2 / 3).reached((9.0, 11.0, 12.0))
    assert at_most(10).reached((1.0, 2.0, 30.0))
    assert goal(at_least(40, share=11 / 12), "x") == "≥ 40× in 92 %"


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(0.0123, "s", "12.3 ms"), (2.5, "s", "2.5 s"), (40.02, "x", "40×")]
)
def test_amounts(value, unit, text):
    assert amount(value, unit) == text


def test_spread():
    assert spread(Line("c", "w", (3.0, 1.0, 2.0))) == "2× (1 to 3)"
    assert spread(Line("c", "w", (100.0, 0.0), "%")) == "1 of 2"


def test_what_is_not_a_number_is_null_in_json():
    assert Line("c", "w", (math.inf, 1.0)).as_json()["figures"] == [None, 1.0]


def test_rows_are_kept_and_measured_again_on_request(tmp_path):
    what = {"seed": 0}
    Store("c", Options(out=tmp_path)).row(what, lambda: {"seconds": 1.0}, ours=True)

    def again(keep, ours):
        return Store("c", Options(out=tmp_path, keep=keep)).row(what, lambda: {"seconds": 2.0}, ours)

    assert again("all", ours=True) == {"seconds": 1.0, "kept": True}
    assert again("rivals", ours=False) == {"seconds": 1.0, "kept": True}
    assert again("rivals", ours=True) == {"seconds": 2.0}
    assert again("nothing", ours=False) == {"seconds": 2.0}


def test_goal(tmp_path):
    case = Goal("easy", 9.0, 1.0, d=2, k=3)
    lines = list(seconds_to(case, Options(rows=400, seeds=1, rivals=("scikit-learn",), out=tmp_path)))
    mine, theirs = lines[0].rows[0]["ours"], lines[0].rows[0]["other"]
    assert mine["there"]
    assert mine["loglik"] >= theirs["loglik"] - 1e-9
    kept = list(seconds_to(case, Options(rows=400, seeds=1, rivals=("scikit-learn",), out=tmp_path)))
    assert "earlier run" in kept[0].note
    assert kept[0].figures == lines[0].figures


def test_limit(monkeypatch):
    monkeypatch.setattr(limit, "EM_TOL", 1e-7)
    monkeypatch.setattr(limit, "NEAR", 1e-4)
    ratio, stopped, good = limit.run(Options(rows=400, seeds=1))
    row = ratio.rows[0]
    assert row["other"]["iterations"] == pytest.approx(row["em"]["iterations"] + 1, abs=2)
    assert row["ours"]["loglik"] >= row["em"]["limit"] - 1e-4
    assert row["ours"]["stopped_evaluations"] <= row["ours"]["evaluations"]
    assert good.reached
    assert min(stopped.figures) > 0


def test_fresh_processes():
    answer = child.ask("memory", library="hiddenmix", n=300, single=True, traced=False, whole=False)
    assert answer["data"] == 300 * 10 * 4
    assert set(child.first_call()) == {"first_s", "second_s", "compiled"}
