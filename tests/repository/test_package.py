"""What is shipped is complete, and tells nothing about the machine it was made on."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import hiddenmix

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return set(archive.namelist())


def test_wheel_holds_the_package_and_its_data(wheel):
    files = [f for f in (ROOT / "src").rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    assert {f.relative_to(ROOT / "src").as_posix() for f in files} <= wheel
    assert "hiddenmix/py.typed" in wheel
    assert any(name.startswith("hiddenmix/datasets/data/") and name.endswith(".csv") for name in wheel)
    assert any(name.endswith("/licenses/LICENSE") for name in wheel)


def test_wheel_holds_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert tops == {"hiddenmix", f"hiddenmix-{PROJECT['version']}.dist-info"}


def test_version_stands_in_one_place():
    assert hiddenmix.__version__ == version("hiddenmix") == PROJECT["version"]


def test_dependencies_have_lower_bounds_only():
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    bounds = [need for group in groups for need in group if not need.startswith("hiddenmix[")]
    assert [need for need in bounds if not re.fullmatch(r"[\w-]+(\[[\w,]+\])?>=[\d.]+", need)] == []


def test_lock_holds_names_and_versions_only():
    lines = (ROOT / "requirements-lock.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []


def test_extra_all_is_every_extra_for_users():
    extras = set(PROJECT["optional-dependencies"]) - {"all", "dev"}
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert set(everything.removeprefix("hiddenmix[").removesuffix("]").split(",")) == extras
