"""Symbols of components in two columns, and the formula for what is fitted, whatever of it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

#: Of each dot: the number of corners of its outline (0: round), and of what the legend shows.
SHAPES = """() => {
  const count = (d) => (d.includes('A') ? 0 : d.split(/[LlHhVvMm]/).length - 1);
  const corners = (path) => count(path.getAttribute('d'));
  const legend = [...document.querySelectorAll('#legend .key.own path')];
  return [[...document.querySelectorAll('.dot')].map(corners), legend.map(corners)];
}"""
TEXT = "document.getElementById('formula-body').textContent"


def test_dots_in_a_plane_have_the_symbol_of_their_component(lab: Any) -> None:
    screen = lab("data=penguins&at=0")
    dots, legend = screen.page.evaluate(SHAPES)
    assert set(dots) == {0}  # nobody knows yet
    assert len(legend) == len(set(legend)) == 3
    screen.press("e", "m", "e")
    dots, legend = screen.page.evaluate(SHAPES)
    assert set(dots) == set(legend)
    most = screen.page.evaluate(
        "async (at) => { const token = localStorage.getItem('hiddenmix-token');"
        "const call = (path, more) => fetch(path, { headers: { 'X-Hiddenmix-Token': token }, ...more })"
        ".then((answer) => answer.json());"
        "const body = JSON.stringify({ data: 'penguins', at });"
        "return (await call('/api/session', { method: 'POST', body })).frame.resp; }",
        3,
    )
    assert [legend[j] for j in np.argmax(most, axis=0)] == dots
    screen.page.select_option("#reveal-select", "species")
    screen.settle()
    assert screen.page.locator("#legend .key.own").count() == 0  # symbols are the known labels' now
    assert screen.page.locator("#legend .swatch").count() == 3


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_the_formula_is_that_of_all_columns_that_are_fitted(lab: Any, shape: str) -> None:
    columns = ["show=waiting", "show=eruptions,waiting", "use=waiting&show=waiting"]
    states = [f"data=faithful&shape={shape}&{some}&at=1" for some in columns]
    screen, formulas = lab(states[0]), []
    for state in states:
        screen.open(state).click("#formula-open")
        formulas.append(screen.page.evaluate(TEXT).partition("Now")[0])
        screen.page.keyboard.press("Escape")
    one, both, alone = formulas
    assert one == both
    assert "\u03a3" in one
    assert "\u03a3" not in alone
    assert "\u03c3" in alone


def test_the_formula_says_what_it_leaves_out(lab: Any, tmp_path: Path) -> None:
    rows = [f"{i % 7},{(3 * i) % 11}" for i in range(30)] + ["2,", ",5", ","]
    path = tmp_path / "gaps.csv"
    path.write_text("a,b\n" + "\n".join(rows) + "\n")
    screen = lab()
    screen.click("#csv-open")
    screen.page.set_input_files("#csv-file", path)
    screen.page.wait_for_selector("#csv-go")
    screen.page.click("#csv-go")
    screen.page.wait_for_selector("#csv:not([open])", state="attached")
    screen.settle().click("#formula-open")
    told = screen.page.evaluate(TEXT)
    assert "3 rows lack a cell" in told
    assert "1 row has no cell at all" in told
    whole = lab("data=penguins&at=1").click("#formula-open")
    assert ("lack" in whole.page.evaluate(TEXT)) == ("lack" in whole.text("#about"))
