"""The page's pure functions, tested by Node's own runner."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

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
