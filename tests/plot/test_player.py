"""The page with the player: it stands alone, is escaped, stays small, and works by keys in a real browser."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hiddenmix as hm
from hiddenmix.plot import animate
from hiddenmix.plot._reel import INK, Reel


@pytest.fixture(scope="module")
def redblue():
    x = hm.datasets.redblue().data
    given = {"weights": "equal", "means_init": [[1.1], [9]], "stds_init": [2, 1.7]}
    return hm.GaussianMixture(2, **given).fit(x), x


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_page_stands_alone_and_is_escaped():
    bad = '</script><script>alert("1")</script>'
    rng = np.random.default_rng(0)
    X = pd.DataFrame({bad: np.r_[rng.normal(0, 1, 60), rng.normal(5, 1, 60)]})
    animation = animate(hm.GaussianMixture(2, random_state=0).fit(X), X, stop=hm.Iterations(3))
    text = animation.html(dpi=60)
    assert not re.search(r"(https?:)?//\w", re.sub(r"data:image/\w+;base64,[\w+/=]+", "", text))
    assert bad not in text
    assert len(re.findall("<script", text)) == len(re.findall("</script>", text)) == 2
    data = data_of(text)
    assert data["columns"][2].startswith("mean of </script>")
    assert len(data["frames"]) == len(animation)
    assert bad not in animation._repr_html_()
    assert '<iframe sandbox="allow-scripts"' in animation._repr_html_()


def test_page_adds_up_to_the_pictures(redblue, tmp_path):
    """Ground and layers of the page, laid over one another, are the frame; each is stored once."""
    animation = animate(*redblue, stop=hm.Iterations(3))
    path = tmp_path / "player.html"
    animation.save(path, fps=4, dpi=60)
    assert path.read_text(encoding="utf-8") == animation.html(4, 60)
    data = data_of(path.read_text(encoding="utf-8"))
    sources = [p["src"] for p in data["pictures"]]
    assert len(set(sources)) == len(sources)
    assert [f["ms"] for f in data["frames"]] == animation.durations(4)
    reel = Reel(animation.climb, animation.columns, 60)
    ground = reel.ground(INK)
    for index, frame in enumerate(data["frames"]):
        made = Image.new("RGBA", (data["width"], data["height"]), "white")
        for layer in [data["light"], *frame["layers"]]:
            piece = data["pictures"][layer]
            image = Image.open(io.BytesIO(base64.b64decode(piece["src"].split(",")[1]))).convert("RGBA")
            made.alpha_composite(image, (piece["x"], piece["y"]))
        whole = reel.whole(ground, index, "", "")[-data["height"] :]
        assert np.abs(np.asarray(made)[..., :3].astype(int) - whole).max() <= 3


def test_page_of_many_dots_stays_small():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 2)) + 3.0 * rng.integers(0, 3, (5000, 1))
    animation = animate(hm.GaussianMixture(4, random_state=0, n_init=1).fit(X), X)
    assert len(animation) == 60
    assert "1500 of them" in animation.words()
    assert len(animation.html()) < 2_000_000


def test_player_by_keys(browser, redblue, tmp_path):
    """Keys move the frames, nothing leaves the page, nothing moves by itself where less motion is asked for."""
    animation = animate(*redblue, stop=hm.Iterations(3))
    animation.save(tmp_path / "player.html", dpi=60)
    context = browser.new_context(viewport={"width": 360, "height": 640}, reduced_motion="reduce", color_scheme="dark")
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "player.html").as_uri())
    page.locator("#body tr").first.wait_for()

    def now():
        return page.locator("#count").text_content(), page.locator("#slider").input_value()

    assert now() == ("1 / 8", "0")
    for key, frame in [
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("End", 7),
        ("ArrowRight", 7),
        ("ArrowLeft", 6),
        ("Home", 0),
    ]:
        page.keyboard.press(key)
        assert now() == (f"{frame + 1} / 8", str(frame))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#m").get_attribute("class") == "lit"
    assert page.locator("#e").get_attribute("class") == ""
    assert "M-step" in page.locator("#picture").get_attribute("aria-label")
    means = animation.frames[2].params.components.mean.ravel()
    shown = [page.locator(f"#body tr:nth-child({j}) td").last.text_content() for j in (1, 2)]
    assert [float(s) for s in shown] == pytest.approx(means, rel=1e-3)
    page.keyboard.press("Space")
    assert page.locator("#play").text_content() == "Pause"
    page.keyboard.press("Space")
    assert page.locator("#play").text_content() == "Play"
    page.keyboard.press("Space")
    page.locator("#play", has_text="Play").wait_for()  # it plays, and pauses at the end
    assert now() == ("8 / 8", "7")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert said == []
    assert all(url.startswith(("file:", "data:")) for url in asked)
    context.close()


def test_player_plays_by_itself_in_a_notebook(browser, redblue):
    """In the frame that a notebook shows, where it may run its script and nothing else."""
    animation = animate(*redblue, stop=hm.Iterations(3))
    context = browser.new_context()
    page = context.new_page()
    page.set_content(animation._repr_html_())
    frame = page.frame_locator("iframe")
    frame.locator("#count", has_text="8 / 8").wait_for()  # from the first to the last, where it stays
    assert frame.locator("#play").text_content() == "Play"
    context.close()
