"""The Python in README, CONTRIBUTING and the documentation runs as it stands, and prints what the pages show."""

import re
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
WITH_CODE = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_examples_run(page, tmp_path, monkeypatch, capsys):
    """The blocks of a page are one program, run from top to bottom.

    A block of text that directly follows one is what it printed; "..." stands for what is left out.
    """
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    module = types.ModuleType("example")  # a real one: pickle looks classes up in theirs
    monkeypatch.setitem(sys.modules, "example", module)
    for block in BLOCK.finditer(text):
        above = "\n" * text.count("\n", 0, block.start(1))  # so that a traceback shows the page's own line
        exec(compile(above + block.group(1), str(page), "exec"), module.__dict__)
        printed, shown = capsys.readouterr().out, block.group(2)
        if shown is not None:
            parts = re.split(r"^ *\.\.\.\n", shown, flags=re.MULTILINE)
            assert re.fullmatch(".*".join(map(re.escape, parts)), printed, re.DOTALL) or shown == printed
