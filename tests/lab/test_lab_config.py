"""Configurations: what is settled, what is refused and how, and that they make the same screen again."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiddenmix import datasets
from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._config import parse
from hiddenmix.lab._lab import Lab
from hiddenmix.lab._settled import default_config, settle
from hiddenmix.lab._sheets import builtin

KEYS = {"data", "use", "labels", "k", "shape", "weights", "start", "seed", "show", "at", "moves"}
DEEP = "[" * 100_000


def test_what_is_left_out_is_settled(page):
    config = page.open(data="penguins")["scene"]["config"]
    assert config == {
        "data": "penguins",
        "use": ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"],
        "labels": ["species", "island", "sex", "year"],
        "k": 3,
        "shape": "tied",
        "weights": "free",
        "start": "random_from_data",
        "seed": 0,
        "show": ["bill_length_mm", "bill_depth_mm"],
        "at": 0,
        "moves": [],
    }


@pytest.mark.parametrize("name", datasets.names())
def test_every_data_set_opens_with_nothing_said(page, name):
    told = page.open(data=name)
    assert told["scene"]["config"].keys() == KEYS
    assert told["frame"]["config"] == told["scene"]["config"]
    assert told["scene"]["n"] == len(datasets.load(name).data)
    assert default_config(builtin(name)) == parse(told["scene"]["config"])


@pytest.mark.parametrize("name", ["coins", "redblue", "faithful", "penguins", "galaxies", "customers"])
def test_everything_to_try_can_be_tried(page, name):
    tries = page.open(data=name)["scene"]["tries"]
    assert len(tries) >= 2
    for each in tries:
        assert page.post("/api/session", each["config"])["frame"]["config"] == each["config"]


def test_a_settled_configuration_stays_as_it_is():
    for name in ("coins", "penguins"):
        once = settle(parse({"data": name, "at": 7}), builtin(name))
        assert settle(parse(json.loads(json.dumps(once.plain()))), builtin(name)) == once


@pytest.mark.parametrize(("wish", "found"), [
    ({"data": "redblue", "k": 5}, {"start": "kmeans"}),
    ({"data": "faithful", "start": "default"}, {"start": "kmeans"}),
    ({"data": "penguins", "use": ["body_mass_g", "bill_length_mm"]},
     {"use": ["bill_length_mm", "body_mass_g"], "show": ["bill_length_mm"]}),
    ({"data": "penguins", "use": ["year", "body_mass_g"]}, {"labels": ["species", "island", "sex"]}),
    ({"data": "faithful", "show": ["waiting", "waiting", "eruptions"]}, {"show": ["waiting", "eruptions"]}),
    ({"data": "faithful", "show": ["nothing"]}, {"show": ["eruptions", "waiting"]}),
    ({"data": "faithful", "k": 2.0}, {"k": 2}),
    ({"data": "faithful", "seed": None, "use": None}, {"use": ["eruptions", "waiting"]}),
])  # fmt: skip
def test_what_cannot_be_is_replaced(page, wish, found):
    config = page.post("/api/session", wish)["frame"]["config"]
    assert {key: config[key] for key in found} == found


WRONG = [
    ([], "HM417"), ("coins", "HM417"), (None, "HM417"), (3, "HM417"), (True, "HM417"),
    ({"data": 3}, "HM417"), ({"data": "coin"}, "HM407"), ({"data": "../../etc/passwd"}, "HM407"),
    ({"data": "table-0123456789abcdef"}, "HM106"), ({"data": "x" * 3000}, "HM403"), ({"data": "\ud800"}, "HM407"),
    ({"colour": 1}, "HM417"), ({"__class__": 1}, "HM417"),
    ({"k": "2"}, "HM417"), ({"k": 2.5}, "HM417"), ({"k": True}, "HM417"), ({"k": 0}, "HM403"), ({"k": -1}, "HM403"),
    ({"k": 21}, "HM403"), ({"k": 10**400}, "HM403"), ({"k": [2]}, "HM417"),
    ({"shape": "round"}, "HM401"), ({"shape": 1}, "HM417"), ({"weights": "heavy"}, "HM401"), ({"start": "x"}, "HM401"),
    ({"seed": -1}, "HM403"), ({"seed": 2**32}, "HM403"), ({"seed": {}}, "HM417"),
    ({"at": 10**9}, "HM403"), ({"at": -1}, "HM403"), ({"at": 1e308}, "HM403"),
    ({"use": "x"}, "HM417"), ({"use": []}, "HM417"), ({"use": ["nothing"]}, "HM104"), ({"use": [1]}, "HM417"),
    ({"use": ["x"] * 1001}, "HM403"), ({"use": ["y" * 5000]}, "HM403"), ({"labels": ["nothing"]}, "HM104"),
    ({"labels": ["x"], "use": ["x"]}, "HM410"), ({"use": ["colour"]}, "HM112"), ({"show": [None]}, "HM417"),
    ({"moves": {}}, "HM417"), ({"moves": [1]}, "HM417"), ({"moves": [{}]}, "HM417"),
    ({"moves": [{"at": 0, "component": 2, "to": {"x": 1}}]}, "HM417"),
    ({"moves": [{"at": 0, "component": -1, "to": {"x": 1}}]}, "HM403"),
    ({"moves": [{"at": 0, "component": 0, "to": {}}]}, "HM417"),
    ({"moves": [{"at": 0, "component": 0, "to": {"y": 1}}]}, "HM417"),
    ({"moves": [{"at": 0, "component": 0, "to": {"x": "1"}}]}, "HM417"),
    ({"moves": [{"at": 0, "component": 0, "to": {"x": 1e300}}]}, "HM403"),
    ({"moves": [{"at": 0, "component": 0, "to": {"x": 10**400}}]}, "HM403"),
    ({"moves": [{"at": 0, "component": 0, "to": {"x": True}}]}, "HM417"),
    ({"moves": [{"at": 0, "component": 0, "to": {"x": 1}, "more": 1}]}, "HM417"),
    ({"moves": [{"at": 0, "component": 0, "to": {"x": 1}}] * 201}, "HM403"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code"), WRONG)
def test_what_is_no_configuration_is_refused_with_a_code(page, value, code):
    body = json.dumps(value)
    error = page.post("/api/session", status=404 if code == "HM106" else 400, content=body)
    assert error["code"] == code
    assert len(error["message"]) < 4000


@pytest.mark.parametrize("body", [
    b"", b"{", b"not json", b'{"k": NaN}', b'{"k": Infinity}', b'{"k": -Infinity}', b"\xff\xfe", DEEP.encode(),
    b'{"k": 1e999}', b'{"k": ' + b"1" * 5000 + b"}", b'{"k": 2} x', "{\u201ck\u201d: 2}".encode(),
])  # fmt: skip
def test_what_is_no_json_is_refused_with_a_code(page, body):
    assert page.post("/api/session", status=400, content=body)["code"] in ("HM417", "HM403")


@pytest.mark.parametrize("order", [
    None, [], {}, {"do": "x"}, {"do": 3}, {"do": ["e"]}, {"do": "go"}, {"do": "go", "at": -1}, {"do": "go", "at": "3"},
    {"do": "go", "at": 10**12}, {"do": "go", "at": 1.5}, {"do": "move"}, {"do": "move", "component": 0},
    {"do": "move", "component": 7, "to": {"x": 1}}, {"do": "move", "component": 0, "to": {"nothing": 1}},
    {"do": "move", "component": 0, "to": {"x": None}}, {"do": "e", "more": 1}, {"do": "move", "component": "0"},
])  # fmt: skip
def test_what_is_no_order_is_refused_and_changes_nothing(page, order):
    told = page.open(data="redblue", at=3)
    place = f"/api/session/{told['session']}"
    assert page.post(f"{place}/do", status=400, content=json.dumps(order))["code"] in ("HM417", "HM403")
    assert page.get(f"{place}/frame/3")["frame"] == told["frame"]
    assert page.post(f"{place}/do", {"do": "go", "at": 3})["frame"]["config"] == told["frame"]["config"]


@pytest.mark.parametrize("at", ["-1", "x", "1.5", "1e3", "9" * 30, "%C2%B2", "0x1"])
def test_a_half_step_that_is_none(page, at):
    told = page.open(data="coins")
    for path in (f"frame/{at}", f"bound?at={at}", f"script?at={at}"):
        assert page.get(f"/api/session/{told['session']}/{path}", 400)["code"] in ("HM417", "HM403")


def test_a_far_half_step_is_the_last_one_that_the_lab_goes_to(page):
    told = page.open(data="coins")
    frame = page.get(f"/api/session/{told['session']}/frame/{10**9}")["frame"]
    assert frame["at"] == frame["last"] == 4000
    assert frame["converged"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(KEYS)), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_anything_is_read_or_refused_with_a_code(value):
    config = None
    with contextlib.suppress(HiddenmixError):  # any other error fails
        config = parse(value)
    assert config is None or parse(json.loads(json.dumps(config.plain()))) == config


def test_a_configuration_makes_the_same_screen_in_another_lab(page, clock):
    _, do = page.run(data="redblue", k=3, start="random_from_data", seed=5, weights="free")
    do("em"), do("em")
    do("move", component=1, to={"x": 6.25})
    do("em"), do("m")
    do("move", component=0, to={"x": 2.5})
    do("move", component=2, to={"x": 8.0})
    do("move", component=0, to={"x": 2.0})
    first = do("e")
    assert [(m["at"], m["component"]) for m in first["config"]["moves"]] == [(3, 1), (5, 0), (5, 2)]
    other = Lab()
    again = other.open(json.loads(json.dumps(first["config"])))["frame"]
    other.close()
    assert again == first


def test_a_screen_before_a_later_drag_keeps_the_drag(page):
    told, do = page.run(data="faithful")
    do("em"), do("move", component=0, to={"waiting": 70.0})
    last = do("em")
    back = page.get(f"/api/session/{told['session']}/frame/0")["frame"]
    assert (back["at"], back["last"]) == (0, last["at"])
    again = page.post("/api/session", back["config"])["frame"]
    assert again["at"] == 0
    assert again["last"] == 1  # as far as the drag, which is part of the run
    assert {**again, "last": 0, "trace": 0} == {**back, "last": 0, "trace": 0}
