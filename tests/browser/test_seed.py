"""Seeds, from the field, from the button and from the address: every one that the library takes, and no other."""

from __future__ import annotations

from typing import Any

LAST = 2**32 - 1


def test_the_last_seed_can_be_typed_and_the_next_is_the_first(lab: Any) -> None:
    screen = lab("data=faithful&start=random&seed=999999")
    screen.click("#next-seed")
    assert "seed=1000000" in screen.state
    screen.page.fill("#start-seed", str(LAST))
    screen.page.press("#start-seed", "Tab")
    screen.settle()
    assert f"seed={LAST}" in screen.state
    screen.page.reload()
    screen.settle()
    assert screen.page.input_value("#start-seed") == str(LAST)
    screen.click("#next-seed")
    assert "seed=0&" in screen.state


def test_a_seed_that_is_too_large_is_told_and_not_dropped(lab: Any) -> None:
    screen = lab("data=redblue")
    screen.expected = ("400",)
    screen.open("#data=redblue&start=random&seed=" + str(LAST + 1))
    assert str(LAST) in screen.text("#problem")
    screen.page.fill("#start-seed", str(LAST + 1))
    screen.page.press("#start-seed", "Tab")
    assert screen.settle().page.input_value("#start-seed") == "0"


def test_what_has_stopped_has_no_next_step(lab: Any) -> None:
    screen = lab("data=redblue&k=12&weights=free&start=kmeans&seed=3").click("#step-end")
    assert "Stopped: component 12" in screen.text("#status")
    assert screen.page.locator("#step .lit").count() == 0
    shown = screen.text("#status"), screen.values
    screen.page.reload()
    screen.settle()
    assert (screen.text("#status"), screen.values) == shown
    assert screen.page.locator("#step .lit").count() == 0
    screen.press("ArrowLeft")
    assert screen.page.locator("#step .lit").count() == 1
