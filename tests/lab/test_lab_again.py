"""Going on from before a drag: EM does its step from there, and the drag is forgotten, as a drag forgets the steps."""

import pytest


def plain(frame):
    """A frame without what only says how far others went."""
    return {**frame, "last": 0, "trace": 0, "config": {**frame["config"], "at": 0}, "sentence": 0}


def dragged(page):
    told, do = page.run(data="redblue", at=4)
    do("move", component=0, to={"x": 5.3})
    do("em")
    return told, do


def test_steps_from_before_a_drag_are_em_s_own(page):
    _, do = dragged(page)
    _, other = page.run(data="redblue")
    for at, what in enumerate("ememem"):
        frame, without = do(what, at=at), other(what)
        assert frame["at"] == without["at"] == at + 1
        assert frame["config"]["moves"] == []
        assert not frame["moved"]
        assert plain(frame) == plain(without)
        assert frame["sentence"] == without["sentence"]


@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize("what", ["em", "end"])
def test_longer_orders_from_before_a_drag_too(page, at, what):
    _, do = dragged(page)
    _, other = page.run(data="redblue")
    frame, without = do(what, at=at), other(what, at=at)
    assert frame["at"] == without["at"]
    assert plain(frame) == plain(without)


@pytest.mark.parametrize("order", [("m", 0), ("e", 1), ("m", 2), ("e", 3)])
def test_a_button_that_does_nothing_forgets_nothing(page, order):
    _, do = dragged(page)
    frame = do(order[0], at=order[1])
    assert frame["at"] == order[1]
    assert [move["at"] for move in frame["config"]["moves"]] == [4]
    assert frame["last"] == 5


def test_looking_back_forgets_nothing_and_a_step_at_the_drag_keeps_it(page):
    told, do = dragged(page)
    for at in (0, 3, 4):
        seen = page.get(f"/api/session/{told['session']}/frame/{at}")["frame"]
        assert [move["at"] for move in seen["config"]["moves"]] == [4]
    frame = do("e", at=4)
    assert [move["at"] for move in frame["config"]["moves"]] == [4]
    assert frame["at"] == 5
    assert [each["at"] for each in frame["trace"]] == [1, 3, 5]


def test_of_two_drags_only_the_later_one_is_forgotten(page):
    _, do = page.run(data="redblue", at=2)
    do("move", component=0, to={"x": 5.3})
    do("em")
    do("em")
    do("move", component=1, to={"x": 6.0})
    frame = do("m", at=3)
    assert [move["at"] for move in frame["config"]["moves"]] == [2]
    assert frame["at"] == 4


def test_what_was_checked_at_the_end_is_checked_again(page):
    _, do = page.run(data="redblue", start="same")
    end = do("end")
    assert "saddle" in end["status"]
    do("move", at=end["at"], component=0, to={"x": 2.0})
    assert "maximum" in do("end")["certificate"]
    assert do("end", at=0)["status"] == end["status"]
