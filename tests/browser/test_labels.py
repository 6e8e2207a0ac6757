"""Labels of means on a line: no dashed line of another mean crosses one out, and both move with the mean."""

from __future__ import annotations

from typing import Any

import pytest

#: Labels that a mean's line runs through: how many do, and how many of these are painted over by it.
CROSSED = """() => {
  const lines = [...document.querySelectorAll('#stage .mean-line')];
  const labels = [...document.querySelectorAll('#stage .mean-label')].filter((label) => label.textContent);
  const pairs = labels.flatMap((label) => lines.filter((line) => {
    const [a, b] = [label.getBoundingClientRect(), line.getBoundingClientRect()];
    return b.left > a.left && b.left < a.right && b.top < a.bottom && b.bottom > a.top;
  }).map((line) => line.compareDocumentPosition(label) & Node.DOCUMENT_POSITION_FOLLOWING));
  const halo = labels.every((label) => getComputedStyle(label).paintOrder.startsWith('stroke'));
  return [lines.length, labels.length, pairs.length, pairs.filter((above) => !above).length, halo];
}"""

#: Where each disc is, and the line that belongs to it.
PLACES = """() => [0, 1].map((j) => {
  const disc = document.querySelector(`#stage .handle.of-${j} .marker`).getBoundingClientRect();
  const line = document.querySelector(`#stage .mean-line.of-${j}`).getBoundingClientRect();
  return [disc.left + disc.width / 2, line.left + line.width / 2];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_lie_above_the_lines_of_others(lab: Any, scheme: str) -> None:
    screen = lab("data=redblue&k=12&weights=free&start=kmeans&seed=3&at=11", color_scheme=scheme)
    lines, labels, crossed, over, halo = screen.page.evaluate(CROSSED)
    assert (lines, labels, over, halo) == (12, 12, 0, True)
    assert crossed > 0  # or nothing was tested


@pytest.mark.parametrize("data", ["redblue", "coins"])
def test_a_line_moves_with_its_mean(lab: Any, data: str) -> None:
    screen = lab(f"data={data}&at=1")
    before = screen.page.evaluate(PLACES)
    screen.page.locator("#stage .handle").first.focus()
    for _ in range(5):
        screen.page.keyboard.press("ArrowRight")
    held = screen.page.evaluate(PLACES)
    screen.press("Enter")
    after = screen.page.evaluate(PLACES)
    for places in (before, held, after):
        for disc, line in places:
            assert abs(disc - line) < 1.5
    assert held[0][0] - before[0][0] == pytest.approx(20, abs=1)
    assert after[0][0] == pytest.approx(held[0][0], abs=1.5)
    assert [after[1], held[1]] == [before[1], before[1]]
