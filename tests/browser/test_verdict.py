"""What is said at the end of a run can be read, whole, wherever it is said."""

from __future__ import annotations

from typing import Any

import pytest

#: Whether every line of the sentences lies inside its panel, and the panel inside the window or what scrolls.
READABLE = """() => {
  const panel = document.querySelector('#say').getBoundingClientRect();
  const lines = [...document.querySelectorAll('#sentence, #status')].flatMap((e) => [...e.getClientRects()]);
  const cut = lines.filter((line) => line.bottom > panel.bottom || line.top < panel.top || line.right > panel.right);
  return [lines.length, cut.length, panel.bottom <= Math.max(innerHeight, document.body.scrollHeight)];
}"""

ENDS = {
    "data=redblue": "local maximum",
    "data=redblue&start=same": "saddle",
    "data=redblue&k=12&weights=free&start=kmeans&seed=3": "collapsed",
    "data=penguins": "local maximum",
    "data=coins": "local maximum",
}


@pytest.mark.parametrize("sizes", [[(1280, 800), (1090, 700), (1920, 1080)], [(360, 800)]], ids=["wide", "narrow"])
@pytest.mark.parametrize("state", ENDS)
def test_the_end_of_a_run_can_be_read(lab: Any, state: str, sizes: list[tuple[int, int]]) -> None:
    screen = lab(state, *sizes[0]).click("#step-end")
    assert ENDS[state] in screen.text("#status")
    for width, height in sizes:
        screen.page.set_viewport_size({"width": width, "height": height})
        for _ in range(2):  # as the end of a journey, and as a half-step one comes to
            lines, cut, inside = screen.settle().page.evaluate(READABLE)
            assert lines >= 2
            assert cut == 0
            assert inside
            screen.press("ArrowLeft", "ArrowRight")


def test_a_sentence_of_many_lines_makes_its_panel_grow(lab: Any) -> None:
    screen = lab("data=redblue&at=1")
    story = "document.querySelector('#status').textContent = 'a long story, '.repeat(60)"
    # At once: an answer that comes later writes the page's own words again.
    lines, cut, inside = screen.page.evaluate(f"() => {{ {story}; return ({READABLE})(); }}")
    assert lines > 5
    assert (cut, inside) == (0, True)


def test_what_the_library_warns_of_is_on_the_screen(lab: Any) -> None:
    screen = lab()
    rows = "a,b\n" + "".join(f"{a:.2f},{2 * a:.2f}\n" for a in (round(i % 71 / 7, 2) for i in range(90)))
    screen.page.click("#csv-open")
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    screen.page.set_input_files("#csv-file", files=[file])
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv", state="hidden")
    screen.settle().click("#step-end")
    note = screen.page.locator("#warnings")
    assert "copy of column 'a'" in note.inner_text()
    box = note.bounding_box()
    assert box["height"] > 10
    assert box["y"] + box["height"] < 800
    assert "copy of" not in screen.text("#about")
    screen.click("[data-example=coins]")
    assert note.inner_text() == ""


#: Numbers of the table of which a part cannot be seen.
CUT = """() => {
  const box = document.querySelector('#numbers .scroll').getBoundingClientRect();
  return [...document.querySelectorAll('#numbers td, #numbers thead th')].filter((e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    const own = e.getBoundingClientRect();
    return [...range.getClientRects()].some((r) => r.right > Math.min(own.right, box.right, innerWidth) + 0.5
      || r.left < Math.max(own.left, box.left) - 0.5);
  }).map((e) => e.textContent);
}"""


@pytest.mark.parametrize("state", ["data=penguins&at=4", "data=redblue&at=4", "data=customers&at=4", "data=coins&at=4"])
def test_no_number_of_the_table_is_cut_in_a_narrow_window(lab: Any, state: str) -> None:
    screen = lab(state, 360, 800)
    for width in (360, 420, 699):
        screen.page.set_viewport_size({"width": width, "height": 800})
        for _ in range(2):  # all digits, and few
            screen.click("#digits")
            assert screen.page.evaluate(CUT) == []
        heads = screen.page.evaluate("[...document.querySelectorAll('#numbers thead th')].map((e) => e.innerText)")
        assert heads[1:] == ["before", "now", "change"]
