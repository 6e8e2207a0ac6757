"""How a run ends, in words: once, with what was found, and never without a word."""

import re

import numpy as np
import pytest

from hiddenmix.engine.result import Certificate
from hiddenmix.lab import _run, _session
from hiddenmix.lab._sentences import status


def said(frame):
    """What the page shows of a frame."""
    return frame["sentence"] + " " + (frame["status"] if frame["converged"] or frame["stopped"] else "")


@pytest.mark.parametrize(("config", "kind"), [
    ({"data": "redblue"}, "local maximum"),
    ({"data": "redblue", "start": "same"}, "saddle"),
    ({"data": "faithful"}, "local maximum"),
])  # fmt: skip
def test_the_end_is_said_once(page, config, kind):
    _, do = page.run(**config)
    frame = do("end")
    told = said(frame)
    assert frame["converged"]
    assert told.lower().count("converged") == 1
    assert told.count(kind) == 1
    assert kind.split()[-1] in frame["certificate"]
    assert len(re.findall(r"maximum", told)) == 1


@pytest.mark.parametrize("verdict", [*Certificate, None])
def test_every_verdict_has_words(page, verdict):
    told, do = page.run(data="redblue")
    end = do("end")["at"]
    session = page.lab.sessions.get(told["session"])
    text = status(session, session.state(end), verdict)
    assert text.startswith("Converged")
    assert text.endswith(".")
    known = {Certificate.SADDLE: "saddle", Certificate.FLAT: "flat", Certificate.BOUNDARY: "boundary",
             Certificate.UNCHECKED: "could not be told", Certificate.MAXIMUM: "local maximum"}  # fmt: skip
    for other, word in known.items():
        assert (word in text) == (other is verdict)
    assert ("other starts" in text) == (verdict in (Certificate.MAXIMUM, Certificate.BOUNDARY))


def test_one_group_has_no_higher_maximum_and_nothing_rises(page):
    _, do = page.run(data="faithful", k=1)
    frame = do("end")
    assert "other starts" not in said(frame)
    assert "stays at" in frame["sentence"]
    assert "rose" not in frame["sentence"]


def test_a_press_that_is_cut_short_says_so(page, monkeypatch):
    monkeypatch.setattr(_run, "MOST_ITERATIONS", 4)
    _, do = page.run(data="faithful", k=3, start="random", seed=3)
    frame = do("end")
    assert not frame["converged"]
    assert "Not converged" in frame["sentence"]
    assert "press again" in frame["sentence"]
    monkeypatch.setattr(_run, "MOST_ITERATIONS", 1000)
    assert "Not converged" not in said(do("end"))


@pytest.mark.parametrize("half", [0, 1, 2])
def test_a_press_that_ran_out_of_time_says_so_even_after_one_step(page, monkeypatch, half):
    monkeypatch.setattr(_session, "PATIENCE", 0.0)
    _, do = page.run(data="faithful", k=3, start="random", seed=3)
    for what in "em"[:half]:
        do(what)
    frame = do("end")
    assert frame["at"] <= 3
    assert "Not converged" in frame["sentence"]
    assert "press again" in frame["sentence"]


def test_a_collapse_is_said_once(page):
    rows = "x\n" + "\n".join(["0"] * 5 + [f"{v}" for v in (7, 9, 11, 13, 16, 20)]) + "\n"
    table = page.upload(rows)
    told = page.post("/api/session", {**table["config"], "k": 2, "start": "kmeans"})
    place = f"/api/session/{told['session']}/do"
    for what in ("end", "em"):
        frame = page.post(place, {"do": what})["frame"]
        assert frame["stopped"]
        assert said(frame).count("component 1") == 1, said(frame)


def test_the_last_half_step_is_an_end_also_where_nothing_converged(page, monkeypatch):
    for module in ("_run", "_sentences", "_frames"):
        monkeypatch.setattr(f"hiddenmix.lab.{module}.MOST_HALVES", 7)
    _, do = page.run(data="faithful", k=3, start="random", seed=3)
    frame = do("end")
    assert (frame["at"], frame["converged"], frame["stopped"]) == (7, False, True)
    assert "the lab goes no further" in said(frame)
    assert do("m")["at"] == 7
    assert not page.run(data="faithful", k=3, start="random", seed=3)[1]("em")["stopped"]
    assert np.isfinite(frame["loglik"])


COLLAPSING = {"data": "redblue", "k": 12, "weights": "free", "start": "kmeans", "seed": 3}


def test_an_address_of_a_collapsed_run_shows_the_collapse_again(page):
    _, do = page.run(**COLLAPSING)
    end = do("end")
    assert end["stopped"]
    again = page.open(**end["config"])["frame"]
    assert again["stopped"]
    assert again["status"] == end["status"]
    assert "component 12 collapsed" in again["status"]
    assert (again["at"], again["last"], again["trace"]) == (end["at"], end["last"], end["trace"])
    earlier = page.open(**{**end["config"], "at": end["at"] - 2})["frame"]
    assert not earlier["stopped"]
    assert earlier["last"] == end["at"] - 2


@pytest.mark.parametrize("at", [0, 1, 2, 7])
def test_looking_ahead_changes_nothing(page, at):
    _, do = page.run(data="faithful")
    for half in range(at):
        do("em"[half % 2])
    told, other = page.run(data="faithful", at=at)
    assert told["frame"]["last"] == at
    assert not told["frame"]["stopped"]
    for half in range(at, at + 6):
        here, there = do("em"[half % 2]), other("em"[half % 2])
        assert here == there


def test_a_drag_between_groups_that_lie_apart_leaves_the_bound_where_it_was(page):
    rows = "x\n" + "\n".join(f"{c + i / 10:.1f}" for c in (0, 1000) for i in range(9)) + "\n"
    told = page.post("/api/session", page.upload(rows)["config"])
    place = f"/api/session/{told['session']}/do"
    page.post(place, {"do": "e"})
    frame = page.post(place, {"do": "move", "component": 0, "to": {"x": 5.0}})["frame"]
    assert frame["objective"] - frame["bound"] < 1e-9
    assert "still touches it" in frame["sentence"]
    assert "below" not in frame["sentence"]
    _, do = page.run(data="redblue", at=1)
    assert "below it" in do("move", component=0, to={"x": 5.0})["sentence"]


@pytest.mark.parametrize(("value", "words"), [
    (2.5, "not 2.5"), ([1, 2], "not a list"), ("2", "not a text"), (True, "not true or false"),
])  # fmt: skip
def test_what_is_no_whole_number_is_named(page, value, words):
    message = page.post("/api/session", {"data": "redblue", "k": value}, 400)["message"]
    assert message == f"'k' must be a whole number, {words}"
