"""The published examples, by clicks, with the published digits on the screen."""

from __future__ import annotations

from typing import Any

import pytest

#: Do & Batzoglou (2008): iteration -> biases of A and B.
COINS = {
    1: ("0.7130122354", "0.5813393083"),
    2: ("0.7452920361", "0.5692557502"),
    3: ("0.7680988344", "0.5495359141"),
    5: ("0.7910552459", "0.5262811670"),
    10: ("0.7967441495", "0.5196586622"),
}
LIMIT = ("0.7967890669", "0.5195831201")


def biases(screen: Any) -> tuple[str, str]:
    return tuple(digits for _, digits in screen.values.values())  # type: ignore[return-value]


def test_coins_to_convergence_by_clicks(lab: Any) -> None:
    screen = lab().click("text=Two coins")
    assert screen.values["coin A: bias"][0] == "0.60000"
    assert screen.page.locator(".bar.plain").count() == 5  # nobody knows yet whose tosses they are
    screen.click("#step-e")
    assert [text[:5] for text in screen.page.locator(".bar .part:first-child").all_inner_texts()] == [
        "0.449", "0.805", "0.733", "0.352", "0.647",
    ]  # fmt: skip
    screen.click("#digits")
    totals = screen.text("tfoot").replace("\u00a0", " ")
    for figure in ("21.29748190 H", "8.57224661 T", "11.70251810 H", "8.42775339 T"):
        assert figure in totals
    screen.click("#digits")
    for iteration in range(1, 11):
        screen.click("#step-m")
        if iteration in COINS:
            assert biases(screen) == COINS[iteration]
        screen.click("#step-e")
    assert "Converged" in screen.text("#status")
    assert "local maximum" in screen.text("#status")
    screen.quickly("#step-em", 40).click("#digits")
    shown = [shown for shown, _ in screen.values.values()]
    assert tuple(shown) == LIMIT
    assert "0.7967890669" in screen.text("#rows")
    assert screen.text("#trace-now").startswith("−9.79692429")


def test_red_and_blue_twenty_iterations(lab: Any) -> None:
    screen = lab("data=redblue")
    assert screen.page.locator(".dot.plain").count() == 40
    screen.click("#step-e").click("#step-m")
    assert screen.page.locator(".dot.plain").count() == 0
    for _ in range(4):
        screen.click("#step-em")
    screen.quickly("#step-em", 15).click("#step-m")
    assert "iteration 20" in screen.text("#where")
    digits = {name: float(digits) for name, (_, digits) in screen.values.items()}
    assert digits == {
        "component 1: mean": pytest.approx(2.90962, abs=5e-6),
        "component 1: standard deviation": pytest.approx(0.85420, abs=5e-6),
        "component 2: mean": pytest.approx(6.83823, abs=5e-6),
        "component 2: standard deviation": pytest.approx(2.22718, abs=5e-6),
    }
    assert screen.values["component 1: mean"][0] == "2.9096"
    assert screen.text("#trace-now") == "−88.45253"


def test_the_known_colours_and_why_a_write_up_prints_others(lab: Any) -> None:
    screen = lab("data=redblue&at=7")
    assert screen.page.locator(".dot.known").count() == 0
    screen.page.select_option("#reveal-select", "colour")
    screen.settle()
    assert screen.page.locator(".dot.known").count() == 40
    assert len({path.get_attribute("d") for path in screen.page.locator(".dot").all()}) == 2
    for figure in ("2.81321", "0.80011", "6.97255", "2.03884", "2.802", "0.871", "6.932", "2.195"):
        assert figure in screen.text("#known-note")
    assert "reveal=colour" in screen.state


def test_only_one_step_is_next_and_the_other_is_a_lesson(lab: Any) -> None:
    screen = lab("data=redblue")

    def lit() -> list[str]:
        return list(screen.page.evaluate("[...document.querySelectorAll('.buttons .lit')].map((b) => b.textContent)"))

    assert lit() == ["E"]
    screen.click("#step-m")
    assert "nothing changes" in screen.text("#sentence")
    screen.click("#step-e")
    assert lit() == ["M"]
    before, values, state = screen.picture(), screen.values, screen.state
    screen.click("#step-e")
    assert "nothing changes" in screen.text("#sentence")
    assert (screen.picture(), screen.values, screen.state) == (before, values, state)
    screen.click("#step-m")
    assert lit() == ["E"]
    assert screen.picture() != before


def test_all_means_together_is_a_saddle_and_is_called_one(lab: Any) -> None:
    screen = lab("data=redblue&start=same").click("#step-end")
    assert "saddle" in screen.text("#status")


def test_penguins_pairs_and_species(lab: Any) -> None:
    screen = lab("data=penguins&at=3&reveal=species")
    assert screen.page.locator(".dot").count() == 342
    assert "all 344 rows are fitted" in screen.text("#drawn")
    assert screen.page.locator(".ellipse").count() == 6
    screen.page.select_option("#pair select >> nth=0", "body_mass_g")
    screen.settle()
    assert "show=body_mass_g,bill_depth_mm" in screen.state
    assert "at=3" in screen.state
    assert "body_mass_g" in screen.text("#stage")


def test_the_lower_bound_touches_after_e_and_not_after_m(lab: Any) -> None:
    screen = lab("data=redblue&at=5")
    words = "#bound-plot svg"
    assert "touches it here" in screen.page.get_attribute(words, "aria-label")
    assert screen.page.locator(".mark.here.touching").count() == 1
    screen.click("#step-m")
    assert "below it" in screen.page.get_attribute(words, "aria-label")
    screen.page.select_option("#axis", label="mean, component 2")
    screen.settle()
    assert screen.page.get_attribute(words, "aria-label").startswith("mean, component 2")
    assert "axis=" in screen.state


def test_formula_and_script_are_for_what_is_shown(lab: Any) -> None:
    screen = lab("data=coins&at=2")
    screen.click("#formula-open")
    assert screen.page.locator("#formula math").count() >= 4
    assert "0.71301" in screen.text("#formula-body")
    screen.press("Escape").click("#script-open")
    screen.page.wait_for_selector("#script[open]")
    program = screen.text("#script-text")
    assert "import hiddenmix" in program
    assert "BinomialMixture" in program
    screen.page.click("#copy")
    screen.page.wait_for_function("() => document.getElementById('copied').textContent !== ''")


def test_things_to_try_and_another_start(lab: Any) -> None:
    screen = lab("data=redblue&at=4")
    screen.click("text=5 groups on 2")
    assert "k=5" in screen.state
    assert "at=0" in screen.state
    screen.page.fill("#start-k", "3")
    screen.page.keyboard.press("Enter")
    screen.settle()
    assert "k=3" in screen.state
    assert len(screen.page.locator(".curve").all()) == 3
    screen.click("#next-seed")
    assert "seed=1" in screen.state
