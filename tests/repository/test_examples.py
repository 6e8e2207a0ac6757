"""The Python in README, CONTRIBUTING and the documentation runs as it stands."""

import re
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
WITH_CODE = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_examples_run(page, tmp_path, monkeypatch):
    """The blocks of a page are one program, run from top to bottom."""
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    module = types.ModuleType("example")  # a real one: pickle looks classes up in theirs
    monkeypatch.setitem(sys.modules, "example", module)
    for block in BLOCK.finditer(text):
        above = "\n" * text.count("\n", 0, block.start(1))  # so that a traceback shows the page's own line
        exec(compile(above + block.group(1), str(page), "exec"), module.__dict__)
