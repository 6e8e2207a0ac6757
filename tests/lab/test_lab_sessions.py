"""What a session holds, what it refuses, and that its notes are its own."""

import threading
import warnings

import numpy as np
import pytest

from hiddenmix.estimators import _warnings
from hiddenmix.estimators._warnings import collected, warn
from hiddenmix.lab import _session
from hiddenmix.lab._config import MOST_MOVES, parse
from hiddenmix.lab._kept import MOST_BYTES
from hiddenmix.lab._session import Session
from hiddenmix.lab._sheets import builtin


def begun(**config):
    return Session(parse(config), builtin(config["data"]))


def test_more_drags_than_an_address_can_say_are_refused(page):
    told, do = page.run(data="redblue")
    for i in range(MOST_MOVES):
        frame = do("move", component=i % 2, to={"x": 3.0 + 0.01 * i})
        frame = do("e") if i % 2 else frame
    assert len(frame["config"]["moves"]) == MOST_MOVES
    path = f"/api/session/{told['session']}/do"
    error = page.post(path, {"do": "move", "component": 0, "to": {"x": 4.0}}, 400)
    assert error["code"] == "HM403"
    again = page.post("/api/session", frame["config"])["frame"]  # what the address says still opens
    assert again["means"] == frame["means"]
    last = frame["config"]["moves"][-1]
    do("move", at=last["at"], component=last["component"], to={"x": 5.0})  # the same one once more
    do("move", at=0, component=0, to={"x": 5.0})  # what came after is forgotten


def test_a_session_counts_what_its_run_holds():
    session = begun(data="penguins", k=8, shape="full", start="random_from_data")
    before = session.bytes
    assert before >= session.scene.table.values.nbytes
    session.order({"do": "go", "at": 40})
    params = session.state(40).params
    own = sum(np.asarray(leaf).nbytes for leaf in (params.weights, params.components.mean, params.components.cov))
    assert session.bytes - before >= 20 * own
    segments = session.run.segments
    first = session.bytes
    session.order({"do": "move", "component": 0, "to": {"bill_length_mm": 45.0}})
    session.order({"do": "e"})
    assert session.bytes > first
    assert session.run.segments is not segments


def test_all_runs_of_a_session_share_one_room(monkeypatch):
    session = begun(data="faithful", start="random", seed=8)
    room = session.run._room
    room._most = 4000
    for i in range(12):
        session.order({"do": "move", "at": 10 * i, "component": 0, "to": {"waiting": 60.0 + i}})
        session.order({"do": "go", "at": 10 * (i + 1)})
    assert len(session.run.segments) == 13
    assert sum(segment.kept.bytes for segment in session.run.segments) <= 4000 + 12 * 2 * 112
    fresh = begun(data="faithful", start="random", seed=8, moves=[move.plain() for move in session.run.moves], at=120)
    assert fresh.run._room._most == MOST_BYTES
    for at in (0, 3, 47, 60, 88, 120):
        one, other = session.state(at), fresh.state(at)
        assert one.loglik == other.loglik
        np.testing.assert_array_equal(one.params.components.mean, other.params.components.mean)


def test_notes_are_those_of_the_own_session_only(page, monkeypatch):
    """While one session starts slowly, another one starts and is warned."""
    constant = page.upload("a,b\n" + "".join(f"{i % 7},5\n" for i in range(40)))
    inside, go_on, own = threading.Event(), threading.Event(), []
    steps = _session.Recipe.made

    def slowly(self):
        if self.k == 3:
            inside.set()
            go_on.wait(20)
        return steps(self)

    monkeypatch.setattr(_session.Recipe, "made", slowly)
    with warnings.catch_warnings(record=True) as elsewhere:
        warnings.simplefilter("always")
        slow = threading.Thread(target=lambda: own.append(begun(data="redblue", k=3).notes))
        slow.start()
        assert inside.wait(20)
        config = {**constant["config"], "use": ["a", "b"], "show": ["b"]}
        warned = page.post("/api/session", config)["scene"]["notes"]  # does not wait for the other
        go_on.set()
        slow.join()
    assert own == [[]]
    assert any("constant" in note for note in warned)
    assert elsewhere == []


def test_warnings_are_collected_in_one_thread_only():
    def other():
        with pytest.warns(_warnings.ConvergenceWarning):
            warn(_warnings.ConvergenceWarning("HM203", "of another thread"))

    first = _warnings.ConvergenceWarning("HM203", "own")
    with collected() as told:
        warn(first)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert told == [first]
