"""Keyboard only, narrow windows, dark colours, reduced motion: for everybody."""

from __future__ import annotations

from typing import Any

import pytest

STATES = [
    "data=coins&at=3",
    "data=coins&at=3&k=4&start=kmeans",
    "data=redblue&at=5&reveal=colour",
    "data=penguins&at=3&k=5",
]

#: Elements that reach beyond the window or beyond what clips them, scrolling boxes aside.
OVERFLOWING = """() => {
  const scrolls = (e) => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll('body *')].filter((e) => {
    const box = e.getBoundingClientRect();
    const apart = e.closest('.skip, dialog, clipPath, [clip-path], option') || scrolls(e.parentElement);
    if (!box.width || apart) return false;
    return box.right > innerWidth + 1 || box.left < -1;
  });
  return wide.map((e) => `${e.tagName}.${e.getAttribute('class')}#${e.id}`);
}"""

#: Elements with text of their own, their contrast with the ground that is painted behind them, and their size.
CONTRASTS = """() => {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (text) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  const seen = (e) => e.getClientRects().length && !e.disabled && !e.matches('.letter, option, title, noscript *');
  return [...document.querySelectorAll('body *')].filter((e) => own(e) && seen(e)).map((e) => {
    const style = getComputedStyle(e), svg = e.namespaceURI.endsWith('svg');
    const both = [light(rgba(svg ? style.fill : style.color)), light(ground(svg ? e.closest('section') : e))];
    const [a, b] = both.sort((x, y) => y - x);
    return [`${e.tagName}.${e.getAttribute('class')} ${e.textContent.slice(0, 30)}`, (a + 0.05) / (b + 0.05)];
  });
}"""

#: What has the focus: its name, its outline, and the outline of what is pressed in a picture.
FOCUSED = """() => {
  const e = document.activeElement;
  const hit = e.querySelector?.('.hit');
  const name = e.id || e.getAttribute('class') || e.parentElement?.id || e.tagName;
  return [name, getComputedStyle(e).outlineStyle, hit ? getComputedStyle(hit).stroke : ''];
}"""


def test_keyboard_only_from_load_to_convergence(lab: Any) -> None:
    screen = lab()
    for _ in range(40):
        if screen.page.evaluate("document.activeElement.dataset.example") == "coins":
            break
        screen.press("Tab")
    screen.press("Enter")
    assert "data=coins" in screen.state
    for _ in range(10):
        screen.press("e", "m")
    screen.press("e")
    assert "Converged" in screen.text("#status")
    assert screen.values["coin A: bias"][1] == "0.7967441495"


def test_everything_is_reached_by_tab_and_seen_when_it_is(lab: Any) -> None:
    screen = lab("data=redblue&at=3")
    reached = set()
    for _ in range(60):
        screen.page.keyboard.press("Tab")
        at, outline, stroke = screen.page.evaluate(FOCUSED)
        reached.add(at)
        assert outline != "none" or stroke not in ("", "none") or "points" in at or at == "BODY", at
    ids = {
        "step-e",
        "step-m",
        "step-em",
        "step-play",
        "step-end",
        "scrub",
        "axis",
        "formula-open",
        "script-open",
        "digits",
    }
    assert ids | {"handle of-0", "handle of-1", "csv-open", "help-open", "theme", "start-k", "trace-plot"} <= reached


def test_dots_can_be_read_with_pointer_and_arrows(lab: Any) -> None:
    screen = lab("data=redblue&at=3")
    screen.page.focus("g.points")
    screen.press("ArrowRight")
    first = screen.text("#tip")
    assert "component 1" in first
    assert "%" in first
    screen.press("ArrowRight")
    assert screen.text("#tip") != first
    assert "at=3" in screen.state  # the arrows were the dots' own
    screen.page.evaluate("document.activeElement.blur()")
    assert not screen.page.is_visible("#tip")
    screen.page.locator(".dot").first.hover()
    assert screen.page.is_visible("#tip")


def test_letters_in_a_field_are_letters(lab: Any) -> None:
    screen = lab("data=redblue")
    screen.page.focus("#start-k")
    screen.press("e", "m", "ArrowRight")
    assert "at=0" in screen.state
    screen.page.evaluate("document.activeElement.blur()")
    screen.press("?")
    assert screen.page.is_visible("#help")
    screen.press("e", "Escape")
    assert not screen.page.is_visible("#help")
    assert "at=0" in screen.state


def test_play_and_pause(lab: Any) -> None:
    screen = lab("data=coins")
    screen.page.keyboard.press("Space")
    screen.page.wait_for_function("() => location.hash.includes('at=2')")
    assert screen.text("#step-play") == "pause"
    screen.page.keyboard.press("Space")
    screen.settle()
    assert screen.text("#step-play") == "play"


def test_nothing_overflows_at_360_pixels(lab: Any) -> None:
    screen = lab("data=faithful&at=2", 360, 800)
    for state in STATES:
        screen.open(state)
        assert screen.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert screen.page.evaluate(OVERFLOWING) == []
    small = screen.page.evaluate(
        "[...document.querySelectorAll('main button, main select, main input, header button')]"
        ".filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 31.5)"
        ".map((e) => e.id || e.textContent)"
    )
    assert small == []


def test_1280_by_800_needs_no_scrolling(lab: Any) -> None:
    screen = lab("data=faithful&at=2")
    for state in STATES:
        size = "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        assert screen.open(state).page.evaluate(size) == [800, 1280]
        assert screen.page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(lab: Any, scheme: str) -> None:
    screen = lab(color_scheme=scheme)
    for state in STATES:
        found = screen.open(state).page.evaluate(CONTRASTS)
        assert len(found) > 50
        assert [each for each in found if each[1] < 4.5] == []
    ground = screen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == {"light": "rgb(245, 244, 240)", "dark": "rgb(17, 19, 22)"}[scheme]


def test_the_theme_is_kept(lab: Any) -> None:
    screen = lab(color_scheme="light").click("#theme")
    dark = "rgb(17, 19, 22)"
    assert screen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark
    screen.page.reload()
    screen.settle()
    assert screen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


@pytest.mark.parametrize(("motion", "frames"), [("reduce", 1), ("no-preference", 5)])
def test_reduced_motion_does_not_move(lab: Any, motion: str, frames: int) -> None:
    screen = lab("data=redblue&at=1", reduced_motion=motion)
    screen.page.evaluate(
        """() => { window.seen = new Set();
        const note = (target) => target.matches('.curves .of-0 .curve') && seen.add(target.getAttribute('d'));
        new MutationObserver((all) => all.forEach(({ target }) => note(target)))
          .observe(document.getElementById('stage'), { subtree: true, attributes: true, attributeFilter: ['d'] }); }"""
    )
    screen.click("#step-m")
    screen.page.wait_for_timeout(500)
    seen = screen.page.evaluate("seen.size")
    assert seen == 1 if frames == 1 else seen >= frames
