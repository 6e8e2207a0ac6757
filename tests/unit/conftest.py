"""A folder of the test's own, and files written into it."""

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a file into the current folder and give back its name."""

    def write(name, content):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return name

    return write
