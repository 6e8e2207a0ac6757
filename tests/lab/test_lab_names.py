"""The program's name for the user's file: the path that was given, the whole name, and never a built-in table's."""

import numpy as np
import pytest

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._lab import Lab
from hiddenmix.lab.serve import sheet_of

ROWS = "a,b\n" + "".join(f"{i % 7 + i / 50},{i % 5}\n" for i in range(40))


def ran(page, told):
    """The program of a session, run, and whether its numbers are those of the screen."""
    script = page.get(f"/api/session/{told['session']}/script?at=1")["script"]
    names = {}
    exec(compile(script, "script.py", "exec"), names)
    assert names["run"].loglik == page.get(f"/api/session/{told['session']}/frame/1")["frame"]["loglik"]
    return script


@pytest.mark.parametrize("name", ["mine.csv", "dir/mine.csv", "dir/../dir/penguins", "penguins", "redblue"])
def test_a_file_of_the_command_line_is_read_where_it_lies(page, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dir").mkdir()
    (tmp_path / name).write_text(ROWS)
    lab = Lab(sheet_of(name))
    own = type(page)(lab)
    script = ran(own, own.post("/api/session", own.get("/api/start")["open"]))
    assert repr(name) in script or repr(f"./{name}") in script
    (tmp_path / name).unlink()
    with pytest.raises(HiddenmixError) as caught:
        exec(compile(script, "script.py", "exec"), {})
    assert caught.value.code == "HM101"
    lab.close()


def test_an_upload_with_a_built_in_name_never_reads_the_built_in_table(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = page.post("/api/session", page.upload(ROWS, "penguins")["config"])
    (tmp_path / "penguins").write_text(ROWS)
    script = ran(page, told)
    (tmp_path / "penguins").unlink()
    with pytest.raises(HiddenmixError) as caught:
        exec(compile(script, "script.py", "exec"), {})
    assert caught.value.code == "HM101"


def test_a_built_in_table_with_some_columns_is_read_by_its_name(page):
    script = ran(page, page.open(data="penguins", use=["body_mass_g", "year"]))
    assert "read_table('penguins', " in script


def test_a_long_name_is_whole(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "n" * 200 + ".csv"
    (tmp_path / name).write_text(ROWS)
    script = ran(page, page.post("/api/session", page.upload(ROWS, name)["config"]))
    assert repr(name) in script


def test_what_the_library_warns_of_is_apart_from_what_the_lab_tells(page):
    x = np.round(np.arange(3000) % 71 / 7, 2)
    told = page.upload("a,b\n" + "".join(f"{v:.2f},{2 * v:.2f}\n" for v in x))
    scene = page.post("/api/session", told["config"])["scene"]
    assert ["copy of column 'a'" in warning for warning in scene["warnings"]] == [True]
    assert len(scene["notes"]) == 2
    assert scene["notes"][:1] == scene["warnings"]
