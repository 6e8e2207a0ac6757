"""Moving a mean, going back, the address, and what happens when things go wrong."""

from __future__ import annotations

from typing import Any

import pytest


def mean(screen: Any, name: str) -> float:
    return float(screen.values[name][1].replace("−", "-"))


def test_dragging_a_mean_with_the_pointer(lab: Any) -> None:
    screen = lab("data=redblue&at=4")
    before = mean(screen, "component 1: mean")
    box = screen.page.locator(".handle.of-0 .hit").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    screen.page.mouse.move(x, y)
    screen.page.mouse.down()
    screen.page.mouse.move(x + 60, y, steps=5)
    assert screen.page.get_attribute("g.curves .of-0", "transform") == "translate(60,0)"  # it follows at once
    screen.page.mouse.up()
    screen.settle()
    after = mean(screen, "component 1: mean")
    width = float(screen.page.get_attribute("#stage clipPath rect", "width"))
    low, high = (float(screen.page.get_attribute(".handle.of-0", f"aria-value{end}")) for end in ("min", "max"))
    assert after - before == pytest.approx(60 / width * (high - low), rel=1e-6)
    assert "moves=4/0/x:" in screen.state
    assert "at=4" in screen.state
    assert screen.text("#sentence").startswith("You put component 1")
    assert "E" in screen.text(".buttons .lit")


def test_moving_a_mean_with_the_keyboard(lab: Any) -> None:
    screen = lab("data=faithful&at=3")
    before = screen.values
    screen.page.focus(".handle.of-1")
    screen.press("ArrowRight", "ArrowRight", "ArrowUp")
    assert screen.values == before  # not before Enter
    screen.press("Escape", "Enter")
    assert screen.values == before
    screen.press("Shift+ArrowRight", "ArrowUp", "Enter")
    assert mean(screen, "component 2: mean of eruptions") > float(before["component 2: mean of eruptions"][1])
    assert mean(screen, "component 2: mean of waiting") > float(before["component 2: mean of waiting"][1])
    assert screen.values["component 1: mean of waiting"] == before["component 1: mean of waiting"]
    assert screen.page.evaluate("document.activeElement.classList.contains('of-1')")
    assert "moves=3/1/eruptions:" in screen.state


def test_moving_a_coin(lab: Any) -> None:
    screen = lab("data=coins&at=1")
    screen.page.focus(".handle.of-1")
    screen.press("ArrowLeft", "ArrowLeft", "Enter")
    assert 0.4 < mean(screen, "coin B: bias") < 0.5
    screen.press("e", "m")
    assert "iteration" in screen.text("#where")


def test_scrubbing_back_forgets_nothing(lab: Any) -> None:
    screen = lab("data=redblue&at=6")
    there = screen.picture(), screen.values
    screen.click("#scrub-first")
    assert screen.text("#where") == "start"
    assert screen.page.locator(".dot.plain").count() == 40
    screen.press("ArrowRight")
    assert "at=1" in screen.state
    screen.click("#scrub-last")
    assert (screen.picture(), screen.values) == there
    screen.press("ArrowLeft", "ArrowLeft", "m")  # half-step 4 is an M-step: E is next, M a lesson
    assert "nothing changes" in screen.text("#sentence")
    screen.page.focus("#trace-plot svg")
    screen.press("ArrowLeft")
    assert "at=1" in screen.state
    screen.page.evaluate("document.activeElement.blur()")
    screen.press("m")
    assert "at=2" in screen.state
    assert screen.page.get_attribute("#scrub", "max") == "6"


def test_the_trace_is_a_way_back(lab: Any) -> None:
    screen = lab("data=redblue&at=9")
    dots = screen.page.locator(".trace-dots circle")
    assert dots.count() == 5
    dots.nth(1).click(force=True)
    screen.settle()
    assert "at=3" in screen.state


def test_a_bookmark_brings_everything_back(lab: Any) -> None:
    screen = lab("data=penguins&k=4&seed=3&at=2")
    screen.page.focus(".handle.of-2")
    screen.press("Shift+ArrowDown", "Enter", "e", "m", "e")
    screen.page.select_option("#reveal-select", "island")
    screen.page.select_option("#axis", index=3)
    screen.settle().click("#digits")
    bookmark, picture, values = screen.state, screen.picture(), screen.values
    assert "moves=2/2/" in bookmark
    again = lab(bookmark)
    assert again.state == bookmark
    assert again.values == values
    assert again.picture() == picture
    assert "token" not in again.page.url


def test_back_and_forward(lab: Any) -> None:
    screen = lab("data=coins").click("#step-e").click("#step-m")
    values = screen.values
    screen.click("text=Old Faithful")
    assert "data=faithful" in screen.state
    screen.page.go_back()
    screen.settle()
    assert "data=coins" in screen.state
    assert screen.values == values
    screen.page.go_back()
    screen.settle()
    assert "at=1" in screen.state
    assert screen.text("#where") == "iteration 0, after E"
    screen.page.go_forward()
    screen.settle()
    assert screen.values == values


def test_quick_clicks_are_not_lost(lab: Any) -> None:
    screen = lab("data=redblue")
    screen.page.evaluate("for (let i = 0; i < 7; i += 1) document.getElementById(i % 2 ? 'step-m' : 'step-e').click();")
    screen.settle()
    assert "at=7" in screen.state


def test_quick_keys_are_not_lost(lab: Any) -> None:
    screen = lab("data=redblue&at=8")
    screen.page.evaluate(
        "for (let i = 0; i < 5; i += 1) document.body.dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }));"
    )
    screen.settle()
    assert "at=3" in screen.state


def test_a_lost_session_is_made_again_unnoticed(lab: Any) -> None:
    screen = lab("data=redblue&at=3")
    wanted = screen.click("#step-m").values
    screen.click("#scrub-first").open("data=redblue&at=3")
    lose = {"n": 0}

    def gone(route: Any) -> None:
        lose["n"] += 1
        route.fulfill(status=404, json={"error": {"code": "HM419", "message": "gone", "help": ""}})

    screen.expected = ("404",)
    screen.page.route("**/api/session/*/do", gone, times=1)
    screen.click("#step-m")
    assert lose["n"] == 1
    assert screen.values == wanted
    assert not screen.page.is_visible("#problem")


def test_a_server_that_stopped_is_named(lab: Any) -> None:
    screen = lab("data=redblue&at=3")
    screen.expected = ("Failed to load resource", "ERR_FAILED", "net::")
    screen.page.route("**/api/**", lambda route: route.abort())
    screen.click("#step-m")
    assert "does not answer" in screen.text("#problem")
    assert "hiddenmix lab" in screen.text("#problem")
    screen.page.unroute("**/api/**")
    screen.click("#step-m")
    assert not screen.page.is_visible("#problem")
    assert "at=4" in screen.state


def test_without_the_token_nothing_is_shown_and_it_is_said_why(address: str, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#problem:not([hidden])")
    assert "token" in page.inner_text("#problem")
    assert page.locator(".dot").count() == 0
    context.close()
