"""The page's pure functions, tested by Node's own runner; and its colours against those of `hiddenmix.plot`."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hiddenmix.plot import _colours

NODE = shutil.which("node")
STATIC = Path(str(files("hiddenmix.lab"))) / "static"

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")


def node(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run([NODE, *arguments], input=given, capture_output=True, text=True, timeout=120)


def test_the_pure_functions() -> None:
    names = sorted(str(path) for path in Path(__file__).parent.glob("*.test.mjs"))
    done = node("--test", "--test-reporter=tap", *names)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


def test_soft_colours_are_those_of_the_pictures() -> None:
    resp = np.random.default_rng(0).dirichlet(np.full(8, 0.4), size=200)
    program = f"""
        import {{ soft }} from {json.dumps(STATIC.joinpath("pure", "colour.js").as_uri())};
        import {{ readFileSync }} from "node:fs";
        const {{ resp, palette }} = JSON.parse(readFileSync(0, "utf8"));
        console.log(JSON.stringify(resp.map((row) => soft(row, palette))));
    """
    given = json.dumps({"resp": resp.tolist(), "palette": _colours.PALETTE})
    done = node("--input-type=module", "-e", program, given=given)
    assert done.returncode == 0, done.stderr
    theirs = np.array([[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in json.loads(done.stdout)])
    assert np.abs(theirs - 255 * _colours.soft(resp)).max() <= 0.5 + 1e-6
    assert len(set(json.loads(done.stdout))) > 100


def test_every_module_can_be_read_and_stays_small() -> None:
    sources = [path for path in STATIC.rglob("*.js") if path.parent.name != "vendor"]
    assert len(sources) > 15
    for path in sources:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
        checked = node("--input-type=module", "--check", "-", given=path.read_text(encoding="utf-8"))
        assert checked.returncode == 0, checked.stderr


def test_no_markup_is_made_from_text() -> None:
    for path in STATIC.rglob("*.js"):
        if path.parent.name == "vendor":
            continue
        source = path.read_text(encoding="utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".html("):
            assert forbidden not in source, (path.name, forbidden)


def test_the_page_has_no_inline_style_or_script() -> None:
    page = STATIC.joinpath("index.html").read_text(encoding="utf-8")
    assert "style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
    assert page.count("<script") == 2
    assert page.count("<script src=") + page.count('<script type="module" src=') == 2
    assert "http" not in page.replace("http-equiv", "")
