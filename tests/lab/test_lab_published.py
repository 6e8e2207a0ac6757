"""The lab shows the published numbers: two coins (Do & Batzoglou 2008), red and blue, penguins, and a saddle."""

import pytest

COEFFICIENTS = 21.7732759438  # of the binomial, which the write-up leaves out


def bias(frame):
    return [row["now"] for row in frame["table"] if row["parameter"] == "bias"]


def test_the_coins_first_half_steps(page):
    _, do = page.run(data="coins")
    frame = do("e")
    assert frame["resp"][0] == pytest.approx([0.44914893, 0.80498552, 0.73346716, 0.35215613, 0.64721512], abs=5e-5)
    coins = frame["coins"]
    assert [row["resp"][0] for row in coins["rows"]] == pytest.approx(
        [0.44914893, 0.80498552, 0.73346716, 0.35215613, 0.64721512], abs=5e-9
    )
    assert coins["totals"]["heads"] == pytest.approx([21.29748190, 11.70251810], abs=5e-9)
    assert coins["totals"]["tails"] == pytest.approx([8.57224661, 8.42775339], abs=5e-9)
    assert frame["loglik"] - COEFFICIENTS == pytest.approx(-33.0938625198, abs=1e-9)
    assert bias(frame) == [0.6, 0.5]
    frame = do("m")
    assert bias(frame) == pytest.approx([0.7130122354, 0.5813393083], abs=5e-11)
    assert frame["coins"]["bias"] == bias(frame)
    assert "coin A's bias rose by 0.113 to 0.713" in frame["sentence"]


@pytest.mark.parametrize(("iteration", "a", "b", "loglik"), [
    (2, 0.7452920361, 0.5692557502, -31.8592579482), (3, 0.7680988344, 0.5495359141, -31.7231160794),
    (5, 0.7910552459, 0.5262811670, -31.5849468427), (10, 0.7967441495, 0.5196586622, -31.5702019866),
])  # fmt: skip
def test_the_coins_iterations(page, iteration, a, b, loglik):
    frame = page.open(data="coins", at=2 * iteration)["frame"]
    assert frame["iteration"] == iteration
    assert bias(frame) == pytest.approx([a, b], abs=5e-11)
    before = page.open(data="coins", at=2 * iteration - 1)["frame"]
    assert before["loglik"] - COEFFICIENTS == pytest.approx(loglik, abs=1e-9)


def test_the_coins_limit(page):
    _, do = page.run(data="coins")
    frame = do("end")
    assert frame["converged"]
    assert "maximum" in frame["certificate"]
    frame = do("go", at=200)
    assert bias(frame) == pytest.approx([0.7967890669, 0.5195831201], abs=5e-10)
    assert frame["loglik"] == pytest.approx(-9.7969242923, abs=5e-10)


def test_red_and_blue_after_20_iterations(page):
    told, do = page.run(data="redblue")
    assert told["frame"]["loglik"] == pytest.approx(-114.7383, abs=5e-5)
    assert "-114.738" in do("e")["sentence"]
    frame = do("go", at=40)
    assert frame["iteration"] == 20
    values = {(row["parameter"], row["component"]): row["now"] for row in frame["table"]}
    assert values[("mean", 0)] == pytest.approx(2.90962, abs=5e-6)
    assert values[("standard deviation", 0)] == pytest.approx(0.85420, abs=5e-6)
    assert values[("mean", 1)] == pytest.approx(6.83823, abs=5e-6)
    assert values[("standard deviation", 1)] == pytest.approx(2.22718, abs=5e-6)
    assert frame["loglik"] == pytest.approx(-88.45253, abs=5e-6)


def test_red_and_blue_with_free_weights(page):
    frame = page.open(data="redblue", weights="free", at=2000)["frame"]
    assert frame["weights"] == pytest.approx([0.48421, 0.51579], abs=5e-6)
    assert frame["loglik"] == pytest.approx(-88.44651, abs=5e-6)


def test_red_and_blue_say_which_known_colours_are_meant(page):
    text = page.open(data="redblue")["scene"]["text"]
    for figure in ("2.81321 / 0.80011", "6.97255 / 2.03884", "2.802 / 0.871", "6.932 / 2.195"):
        assert figure in text


@pytest.mark.parametrize("data", ["redblue", "coins", "faithful"])
def test_both_means_together_end_at_a_saddle(page, data):
    _, do = page.run(data=data, start="same")
    first = do("e")
    assert "shared equally" in first["sentence"]
    frame = do("end")
    assert frame["converged"]
    assert "saddle" in frame["status"]
    assert "saddle" in frame["certificate"]
    assert frame["means"][0] == pytest.approx(frame["means"][1], rel=1e-12)


def test_things_to_try_end_as_they_say(page):
    tries = {each["text"]: each["config"] for each in page.open(data="penguins")["scene"]["tries"]}
    ends = {}
    for text, config in [("", {"data": "penguins"}), *tries.items()]:
        _, do = page.run(**config)
        ends[text] = do("end")
    assert ends[""]["loglik"] == pytest.approx(-5190.146, abs=2e-3)
    lower = ends["a bad start: it ends at a lower maximum"]
    assert lower["loglik"] < -5270
    assert "local maximum" in lower["status"]
    stuck = ends["so even a start that EM stops at once"]
    assert stuck["iteration"] < 5
    assert "saddle" in stuck["certificate"]
    assert ends["a 4th group: it splits one that is there"]["loglik"] > ends[""]["loglik"]


def test_penguins_at_the_best_fit(page):
    _, do = page.run(data="penguins")
    frame = do("end")
    assert frame["loglik"] == pytest.approx(-5190.146, abs=2e-3)
    assert sorted(frame["weights"]) == pytest.approx([65 / 342, 123 / 342, 154 / 342], abs=0.01)
    assert "maximum" in frame["status"]


def test_apple_has_the_literature_s_mean(page):
    frame = page.open(data="apple", at=400)["frame"]
    assert frame["means"][0] == pytest.approx([14.722222, 49.333333], abs=5e-5)
    assert frame["loglik"] == pytest.approx(-101.7856321278, abs=1e-7)
