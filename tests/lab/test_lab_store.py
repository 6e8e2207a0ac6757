"""Sessions are kept for a while: as many, so large, and so long."""

from dataclasses import dataclass

import pytest

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._store import IDLE, MOST_SESSIONS, Store


@dataclass(frozen=True)
class Thing:
    name: int
    bytes: int = 1


def there(store, id):
    try:
        return store.get(id) is not None
    except HiddenmixError as error:
        return error.code != "HM419"


def test_at_most_so_many_and_the_least_recently_used_goes_first(clock):
    store = Store(most=3, clock=clock)
    a, b, c = (store.add(Thing(i)) for i in range(3))
    assert store.get(a) == Thing(0)
    d = store.add(Thing(3))
    assert [there(store, id) for id in (a, b, c, d)] == [True, False, True, True]
    assert len(store) == 3


def test_what_is_idle_goes(clock):
    store = Store(idle=100.0, clock=clock)
    a, b = store.add(Thing(0)), store.add(Thing(1))
    clock.now = 80.0
    assert there(store, a)
    clock.now = 101.0
    assert [there(store, id) for id in (a, b)] == [True, False]
    clock.now = 202.0
    assert len(store) == 0


def test_what_is_large_makes_room_and_the_newest_stays(clock):
    store = Store(most_bytes=10, clock=clock)
    a, b = store.add(Thing(0, 6)), store.add(Thing(1, 3))
    c = store.add(Thing(2, 5))
    assert [there(store, id) for id in (a, b, c)] == [False, True, True]
    d = store.add(Thing(3, 1000))
    assert [there(store, id) for id in (b, c, d)] == [False, False, True]


def test_names_cannot_be_guessed(clock):
    store = Store(clock=clock)
    names = {store.add(Thing(i)) for i in range(60)}
    assert len(names) == 60
    assert all(len(name) >= 16 for name in names)


def test_the_lab_keeps_64_sessions_for_half_an_hour(page, clock):
    assert (MOST_SESSIONS, IDLE) == (64, 1800.0)
    ids = [page.open(data="coins")["session"] for _ in range(65)]
    assert page.get(f"/api/session/{ids[0]}/frame/0", 404)["code"] == "HM419"
    assert page.get(f"/api/session/{ids[1]}/frame/0")["frame"]["at"] == 0
    clock.now = 1799.0
    assert page.post(f"/api/session/{ids[2]}/do", {"do": "e"})["frame"]["at"] == 1
    clock.now = 1801.0
    assert page.get(f"/api/session/{ids[3]}/bound", 404)["code"] == "HM419"
    assert page.get(f"/api/session/{ids[2]}/frame/1")["frame"]["at"] == 1


@pytest.mark.parametrize("id", ["", "-1", "0", "x" * 500, "%00", "..", "%2e%2e%2fapi", "null"])
def test_sessions_that_there_are_not(page, id):
    for path in ("frame/0", "bound", "script"):
        assert page.get(f"/api/session/{id}/{path}", 404)["code"] in ("HM419", "HM417")
    assert page.post(f"/api/session/{id}/do", {"do": "e"}, 404)["code"] in ("HM419", "HM417")
