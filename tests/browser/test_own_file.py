"""Your CSV: good, broken, and hostile."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EVIL = "<script>alert(1)</script>"


def table(rows: int = 60) -> str:
    rng = np.random.default_rng(5)
    lines = [f"height,{EVIL},sex,$x^2$_y"]
    for i in range(rows):
        sex = "fm"[i % 2]
        centre = (165, 60) if sex == "f" else (178, 80)
        lines.append(f"{rng.normal(centre[0], 6):.2f},{rng.normal(centre[1], 8):.2f},{sex},{rng.normal():.4f}")
    return "\n".join(lines) + "\n"


def choose(screen: Any, path: Path) -> None:
    if not screen.page.is_visible("#csv"):
        screen.page.click("#csv-open")
    screen.page.set_input_files("#csv-file", path)
    screen.page.wait_for_selector("#csv-go, #csv-body .error:not([hidden])")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(table())
    return path


def test_a_good_file(lab: Any, good: Path) -> None:
    screen = lab()
    dialogs: list[str] = []
    screen.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    choose(screen, good)
    body = screen.text("#csv-body")
    assert "people.csv: 60 rows, 4 columns" in body
    assert EVIL in body
    assert screen.page.locator("#csv-body script").count() == 0
    assert screen.page.locator(".preview tbody tr").count() == 8
    chips = screen.page.locator(".chip")
    assert chips.count() == 4
    checked = screen.page.evaluate("[...document.querySelectorAll('.chip input:checked')].map((i) => i.value)")
    assert checked == ["use", "use", "label", "use"]
    chips.nth(3).locator("input[value=ignore]").check()
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv:not([open])", state="attached")
    screen.settle().press("e")
    assert screen.page.locator(".dot").count() == 60
    assert EVIL in screen.text("#stage")
    assert f"component 1: mean of {EVIL}" in screen.values
    assert not any("$x^2$" in name for name in screen.values)
    screen.page.select_option("#reveal-select", "sex")
    screen.settle()
    assert screen.page.locator(".dot.known").count() == 60
    assert dialogs == []
    again = lab(screen.state)
    assert again.values == screen.values


def test_a_file_may_be_dropped_anywhere(lab: Any, good: Path) -> None:
    screen = lab()
    screen.page.evaluate(
        """(text) => { const carried = new DataTransfer(); carried.items.add(new File([text], 'dropped.csv'));
        const dropped = new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true });
        document.getElementById('stage').dispatchEvent(dropped); }""",
        good.read_text(),
    )
    screen.page.wait_for_selector("#csv-go")
    assert "dropped.csv: 60 rows" in screen.text("#csv-body")
    screen.press("Escape")
    assert "data=coins" in screen.state  # nothing is shown before it is asked for


def test_odd_names_and_numbers_fit_the_page(lab: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    long, odd = "a very long name " * 12, "gr\u00f6\u00dfe \U0001f642 <b>&amp;"
    values = np.column_stack([rng.normal(0, 4e6, 200), rng.normal(0, 1e-6, 200)])
    path = tmp_path / "odd.csv"
    np.savetxt(path, values, delimiter=",", header=f'"{long}","{odd}"', comments="", fmt="%.9g", encoding="utf-8")
    screen = lab("", 360, 800)
    choose(screen, path)
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv:not([open])", state="attached")
    screen.settle().press("e", "m")
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert odd in screen.text("#stage")
    assert screen.page.locator("#stage b").count() == 0
    ticks = screen.page.locator("#stage .tick text").all_text_contents()
    assert all(len(tick) <= 7 for tick in ticks)
    boxes = [box for tick in screen.page.locator("#stage .axis-x .tick text").all() if (box := tick.bounding_box())]
    assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes))


def test_more_than_two_columns_are_seen_in_pairs(lab: Any, good: Path) -> None:
    screen = lab()
    choose(screen, good)
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv:not([open])", state="attached")
    screen.settle()
    screen.page.select_option("#pair select >> nth=1", "$x^2$_y")
    screen.settle()
    assert "$x^2$_y" in screen.text("#stage")
    assert "component 1: mean of $x^2$_y" in screen.values


def test_a_broken_file_gets_the_command_lines_own_words(lab: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("a,b\n" + "".join(f"{i},{2 * i}\n" for i in range(30)) + "7,n/a?\n")
    screen = lab()
    screen.expected = ("status of 400",)
    choose(screen, path)
    told = screen.text("#csv-body .error")
    assert "error[HM112]" in told
    assert "column 'b' has text in row 31" in told
    assert "help: " in told
    assert "--missing" in told


def test_no_column_is_used(lab: Any, good: Path) -> None:
    screen = lab()
    screen.expected = ("status of 400",)
    choose(screen, good)
    for chip in screen.page.locator(".chip").all():
        chip.locator("input[value=ignore]").check()
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv-body .error:not([hidden])")
    assert "no column is used" in screen.text("#csv-body .error")
    assert screen.page.is_visible("#csv")


def test_many_rows_are_all_fitted_and_some_are_drawn(lab: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "many.csv"
    np.savetxt(path, rng.normal(size=(20_000, 2)), delimiter=",", header="a,b", comments="", fmt="%.4f")
    screen = lab()
    choose(screen, path)
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv:not([open])", state="attached")
    screen.settle()
    assert screen.text("#drawn") == "all 20\u202f000 rows are fitted; 2\u202f000 are drawn"
    assert screen.page.locator(".dot").count() == 2000


def test_a_table_that_is_gone_is_named(lab: Any) -> None:
    screen = lab()
    screen.expected = ("status of 404",)
    screen.page.goto("about:blank")
    screen.page.goto(f"{screen.address}/#data=table-0000000000000000")
    screen.page.wait_for_selector("#problem:not([hidden])")
    assert "HM106" in screen.text("#problem")
    screen.click("text=Two coins")
    assert not screen.page.is_visible("#problem")
