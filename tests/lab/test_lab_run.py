"""Runs: the library's own stepper, whatever way one goes back and forth; drags, collapses, and the end."""

import threading

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.engine.problem import Problem
from hiddenmix.lab._config import parse
from hiddenmix.lab._kept import Kept, Room
from hiddenmix.lab._session import Session
from hiddenmix.lab._sheets import builtin


def session(**config):
    return Session(parse(config), builtin(config["data"]))


def numbers(params):
    return np.concatenate([np.ravel(leaf) for leaf in _tree.leaves(params)])


def same(a, b):
    return np.array_equal(numbers(a), numbers(b))


@pytest.mark.parametrize(("config", "model"), [
    ({"data": "faithful", "k": 3, "shape": "tied", "start": "kmeans", "seed": 4},
     hm.GaussianMixture(3, covariance_type="tied", init_params="kmeans", random_state=4)),
    ({"data": "penguins", "k": 2, "shape": "full", "start": "random", "seed": 1},
     hm.GaussianMixture(2, init_params="random", random_state=1)),
    ({"data": "galaxies", "k": 3, "shape": "spherical", "weights": "equal", "start": "k-means++"},
     hm.GaussianMixture(3, covariance_type="spherical", weights="equal", init_params="k-means++", random_state=0)),
    ({"data": "coins", "k": 3, "weights": "free", "start": "random_from_data", "seed": 2},
     hm.BinomialMixture(3, trials=10, init_params="random_from_data", random_state=2)),
])  # fmt: skip
def test_half_steps_are_the_stepper_s_to_the_last_bit(config, model):
    run = model.steps(hm.datasets.load(config["data"]).data)
    here = session(**config)
    for at in range(30):
        state = here.run.state(here.run.reach(at))
        assert same(state.params, run.params)
        assert state.loglik == run.loglik
        assert state.bound == (None if at == 0 else run.bound)
        assert state.next == run.next
        assert state.iteration == run.iteration
        run = run.e() if run.next == "e" else run.m()


def test_going_back_finds_what_was_there(page):
    told, do = page.run(data="faithful", k=3, seed=1)
    frames = [told["frame"], *(do("em"[i % 2]) for i in range(40))]
    for at in (17, 3, 40, 0, 1, 22):
        back = page.get(f"/api/session/{told['session']}/frame/{at}")["frame"]
        assert {**back, "last": at, "trace": 0} == {**frames[at], "last": at, "trace": 0}
        assert back["last"] == 40
    again = do("m", at=5)
    assert again["at"] == 6
    assert again["last"] == 40
    assert again["means"] == frames[6]["means"]


def test_parameters_that_were_given_up_come_back_to_the_last_bit():
    x = hm.datasets.load("faithful").data
    run = hm.GaussianMixture(3, init_params="random", random_state=0).steps(x)
    kept = Kept(Problem(run.model, run.problem.data), run.params, Room(2000))
    seen = [run.params]
    for _ in range(60):
        seen.append(run.em().params)
        kept.append(run.params)
    assert len(kept._held) < 20
    assert len(kept) == 61
    for i in (0, 1, 7, 31, 59, 60):
        assert same(kept[i], seen[i])


def test_the_end_is_where_the_engine_s_rule_is_met():
    here = session(data="faithful", k=3, start="random", seed=3)
    taken = here.order({"do": "end"})
    run = hm.GaussianMixture(3, init_params="random", random_state=3).steps(hm.datasets.load("faithful").data)
    run.until_converged()
    assert here.state(taken.end).iteration == run.iteration
    assert here.state(taken.end).converged
    assert not any(here.state(at).converged for at in range(taken.end - 1))
    assert same(here.state(taken.end).params, run.params)
    assert here.order({"do": "end"}).idle


def test_the_same_button_twice_changes_nothing(page):
    _, do = page.run(data="redblue")
    first = do("m")
    assert first["at"] == 0
    assert "nothing changes" in first["sentence"]
    once = do("e")
    again = do("e")
    assert "nothing changes, because memberships depend on the parameters only" in again["sentence"]
    assert {**once, "sentence": 0} == {**again, "sentence": 0}
    moved = do("m")
    twice = do("m")
    assert "nothing changes" in twice["sentence"]
    assert {**moved, "sentence": 0} == {**twice, "sentence": 0}
    assert moved["means"] != once["means"]
    assert moved["resp"] == once["resp"]


def test_a_whole_iteration_ends_after_an_e_step(page):
    _, do = page.run(data="redblue")
    assert [do("em")["at"] for _ in range(3)] == [1, 3, 5]
    assert do("m")["at"] == 6
    frame = do("em")
    assert (frame["at"], frame["half"], frame["next"]) == (7, "e", "m")


def test_a_drag_forgets_what_came_after(page):
    told, do = page.run(data="redblue")
    do("go", at=9)
    before = do("go", at=5)
    frame = do("move", component=1, to={"x": 4.0})
    assert (frame["at"], frame["last"], frame["next"], frame["moved"]) == (5, 5, "e", True)
    assert frame["means"] == [before["means"][0], [4.0]]
    assert frame["resp"] == before["resp"]  # memberships are what the last E-step left
    assert frame["loglik"] < before["loglik"]
    assert frame["bound"] < frame["loglik"]
    assert "component 2 to x 4" in frame["sentence"]
    assert "fell" in frame["sentence"]
    row = next(row for row in frame["table"] if row["component"] == 1)
    assert (row["parameter"], row["before"], row["now"]) == ("mean", before["means"][1][0], 4.0)
    after = do("e")
    assert (after["at"], after["half"]) == (6, "e")
    assert after["bound"] == pytest.approx(after["objective"], abs=1e-12)
    assert [each["at"] for each in after["trace"]] == [1, 3, 6]
    x = hm.datasets.load("redblue").data[:, 0]
    sd = np.sqrt(np.diagonal(_last_cov(page, told), axis1=1, axis2=2))[:, 0]
    dense = np.exp(-0.5 * ((x[:, None] - np.ravel(frame["means"])) / sd) ** 2) / sd
    np.testing.assert_allclose(np.array(after["resp"]).T, dense / dense.sum(axis=1, keepdims=True), atol=5e-5)


def _last_cov(page, told):
    params = page.lab.sessions.get(told["session"]).state(6).params.components
    return params.cov.chol @ np.swapaxes(params.cov.chol, 1, 2)


def test_drags_at_one_place_are_one(page):
    _, do = page.run(data="faithful")
    do("e")
    do("move", component=0, to={"waiting": 60.0, "eruptions": 3.0})
    do("move", component=1, to={"waiting": 65.0})
    frame = do("move", component=0, to={"waiting": 61.0})
    assert frame["config"]["moves"] == [
        {"at": 1, "component": 0, "to": {"eruptions": 3.0, "waiting": 61.0}},
        {"at": 1, "component": 1, "to": {"waiting": 65.0}},
    ]
    assert frame["means"][0] == [3.0, 61.0]
    assert frame["at"] == 1


def test_a_drag_at_the_start(page):
    _, do = page.run(data="redblue")
    frame = do("move", component=0, to={"x": 5.0})
    assert (frame["at"], frame["half"], frame["iteration"], frame["resp"]) == (0, "start", 0, None)
    assert {row["parameter"]: (row["before"], row["now"]) for row in frame["table"] if row["component"] == 0} == {
        "mean": (1.1, 5.0), "standard deviation": (2.0, 2.0)
    }  # fmt: skip
    assert do("em")["at"] == 1
    assert do("end")["converged"]


@pytest.mark.parametrize("to", [0.0, 1.0, -0.2, 7.0])
def test_a_coin_s_bias_lies_between_0_and_1(page, to):
    told, _ = page.run(data="coins")
    path = f"/api/session/{told['session']}/do"
    assert page.post(path, {"do": "move", "component": 0, "to": {"bias": to}}, 400)["code"] == "HM403"


@pytest.mark.parametrize("name", ["bias", "heads"])
def test_a_coin_can_be_dragged(page, name):
    _, do = page.run(data="coins")
    do("e")
    frame = do("move", component=1, to={name: 0.05})
    assert frame["coins"]["bias"] == [0.6, 0.05]
    assert frame["means"] == [[0.6], [0.05]]
    assert frame["config"]["moves"] == [{"at": 1, "component": 1, "to": {"bias": 0.05}}]
    assert do("end")["converged"]


def test_a_component_that_collapses_stops_the_run(page):
    rows = "x\n" + "\n".join(["0", "0", "0", "0", "0", *(f"{v}" for v in (7, 9, 11, 13, 16, 20))]) + "\n"
    table = page.upload(rows)
    config = {**table["config"], "k": 2, "start": "kmeans"}
    told = page.post("/api/session", config)
    place = f"/api/session/{told['session']}/do"
    frame = page.post(place, {"do": "end"})["frame"]
    assert frame["stopped"]
    assert not frame["converged"]
    assert "component" in frame["status"]
    assert frame["certificate"] is None
    assert frame["at"] == frame["last"]
    assert all(v is not None for mean in frame["means"] for v in mean)
    for what in ("m", "em", "end", "e"):
        again = page.post(place, {"do": what})["frame"]
        assert again["at"] == frame["at"]
        assert again["stopped"]
    assert page.get(f"/api/session/{told['session']}/frame/{10**6}")["frame"]["at"] == frame["at"]


def test_orders_at_once_to_one_session_are_all_done(page):
    told, do = page.run(data="faithful", k=3, seed=1)
    seen, failed = [], []

    def work():
        try:
            for _ in range(10):
                seen.append(do("em")["at"])
        except AssertionError as error:  # of the client: an answer that is none
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(seen) == list(range(1, 120, 2))
    assert page.get(f"/api/session/{told['session']}/frame/119")["frame"]["last"] == 119


def test_the_lab_goes_no_further_than_it_says(page):
    _, do = page.run(data="coins", at=4000)
    frame = do("e")
    assert frame["at"] == 4000
    assert "no further" in frame["sentence"]


def test_stopping_the_lab_ends_what_is_under_way(page):
    told, do = page.run(data="earthquakes")
    page.lab.stop()
    assert do("end")["at"] == 1
    assert page.get(f"/api/session/{told['session']}/frame/300")["frame"]["at"] == 1
