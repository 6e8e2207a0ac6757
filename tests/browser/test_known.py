"""Known labels: names that every JavaScript object has, and more levels than there are symbols."""

from __future__ import annotations

from typing import Any

import pytest

SYMBOLS = "[...document.querySelectorAll('#stage .points path')].map((path) => path.getAttribute('d'))"
KEYS = "[...document.querySelectorAll('#legend svg path')].map((path) => path.getAttribute('d')).filter((d) => d)"


@pytest.mark.parametrize("data", ["redblue", "coins", "penguins"])
def test_an_address_that_names_no_label(lab: Any, data: str) -> None:
    states = [f"data={data}&at=1&reveal={name}" for name in ("constructor", "__proto__", "toString")]
    screen = lab(states[0])
    for state in states:
        screen.open(state)
        assert screen.page.is_visible("#lab")
        assert screen.text("#where") == "iteration 0, after E"
        assert screen.page.input_value("#reveal-select") == ""
        screen.press("m")
        assert screen.text("#where") == "iteration 1, after M"


def uploaded(screen: Any, content: str) -> Any:
    screen.page.click("#csv-open")
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": content.encode()}
    screen.page.set_input_files("#csv-file", files=[file])
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv", state="hidden")
    return screen.settle()


def test_a_column_and_a_label_called_as_what_every_object_has(lab: Any) -> None:
    rows = "".join(f"{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(40))
    screen = uploaded(lab(), "__proto__,valueOf,constructor\n" + rows)
    screen.page.select_option("#reveal-select", "constructor")
    assert len(set(screen.page.evaluate(SYMBOLS))) == 2
    screen.page.locator(".handles > *").first.focus()
    screen.press("ArrowRight", "ArrowRight", "Enter")
    moved, before = screen.values, screen.text("#sentence")
    assert "You put component 1 to __proto__" in before
    assert "__proto__:" in screen.state
    screen.page.reload()
    screen.settle()
    assert screen.values == moved
    assert screen.page.input_value("#reveal-select") == "constructor"


def test_no_two_levels_in_the_legend_share_a_symbol(lab: Any) -> None:
    levels = [f"level {i % 15}" for i in range(60)] + [f"level {i % 6}" for i in range(60)]
    screen = uploaded(lab(), "a,b,kind\n" + "".join(f"{i % 7},{i % 11},{x}\n" for i, x in enumerate(levels)))
    screen.page.select_option("#reveal-select", "kind")
    keys = screen.page.evaluate(KEYS)
    assert len(keys) == len(set(keys)) == 7
    legend = screen.text("#legend")
    assert all(f"level {i}" in legend for i in range(6))
    assert "level 6" not in legend
    assert "9 others" in legend
    assert len(set(screen.page.evaluate(SYMBOLS))) == 7
