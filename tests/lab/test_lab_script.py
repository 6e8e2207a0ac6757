"""The Python program for what is on the screen is run, and has the numbers of the screen."""

import numpy as np
import pytest

from hiddenmix._errors import HiddenmixWarning


def run(script, capsys):
    names = {}
    exec(compile(script, "script.py", "exec"), names)
    return names["run"], capsys.readouterr().out


def agrees(page, told, at, capsys):
    script = page.get(f"/api/session/{told['session']}/script?at={at}")["script"]
    frame = page.get(f"/api/session/{told['session']}/frame/{at}")["frame"]
    state = page.lab.sessions.get(told["session"]).state(at)
    done, printed = run(script, capsys)
    assert done.loglik == frame["loglik"] == state.loglik
    assert f"log-likelihood {frame['loglik']!r}\n" in printed
    assert done.params.weights.tolist() == frame["weights"]
    assert done.next == frame["next"]
    shown = done.model.estimates(done.params)
    held = done.model.estimates(state.params)
    for name, values in shown.items():
        np.testing.assert_array_equal(values, held[name])
        assert f"{name} {values.tolist()!r}" in printed
    return script


@pytest.mark.parametrize("config", [
    {"data": "coins"}, {"data": "coins", "weights": "free"}, {"data": "coins", "start": "same", "k": 3},
    {"data": "coins", "start": "random", "seed": 7, "k": 3, "weights": "equal"},
    {"data": "redblue"}, {"data": "redblue", "weights": "free"}, {"data": "redblue", "shape": "tied"},
    {"data": "redblue", "start": "same"}, {"data": "faithful", "k": 4, "shape": "diag", "seed": 11},
    {"data": "penguins"}, {"data": "penguins", "use": ["body_mass_g", "year"], "start": "k-means++"},
    {"data": "penguins", "start": "same", "use": ["bill_depth_mm", "body_mass_g"]},
    {"data": "galaxies", "shape": "spherical"}, {"data": "apple"}, {"data": "earthquakes", "start": "random_from_data"},
    {"data": "customers", "show": ["hour_of_day"]},
])  # fmt: skip
def test_the_script_has_the_numbers_on_the_screen(page, config, capsys):
    told = page.open(**config)
    for at in (0, 1, 2, 9):
        agrees(page, told, at, capsys)


def test_the_script_drags_means_as_the_user_did(page, capsys):
    told, do = page.run(data="faithful", k=3)
    do("em"), do("m")
    do("move", component=2, to={"waiting": 71.5})
    do("move", component=0, to={"waiting": 60.25, "eruptions": 3.125})
    do("em"), do("em")
    do("move", component=1, to={"eruptions": 4.0})
    do("em")
    for at in (0, 1, 2, 3, 5, 6):
        script = agrees(page, told, at, capsys)
        assert script.count("hm.Stepper") == {0: 0, 1: 0, 2: 2, 3: 2, 5: 3, 6: 3}[at]


def test_the_script_drags_coins(page, capsys):
    told, do = page.run(data="coins")
    do("move", component=0, to={"bias": 0.3})
    do("em"), do("move", component=1, to={"bias": 0.9}), do("em"), do("m")
    for at in (0, 1, 2, 3):
        agrees(page, told, at, capsys)


def test_the_script_of_a_table_reads_the_user_s_file(page, blobs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name = "my 'own' \\ \"data\".csv"
    (tmp_path / name).write_text(blobs)
    told = page.upload(blobs, "my%20'own'%20%5C%20%22data%22.csv")
    if told["name"] != name:  # what stands before a backslash is a folder
        (tmp_path / told["name"]).write_text(blobs)
    opened = page.post("/api/session", {**told["config"], "use": ["left", "high"], "k": 3})
    for at in (0, 5):
        agrees(page, opened, at, capsys)


def test_the_script_of_a_table_with_options(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    content = "a,b\n" + "".join(f"{i % 7 + i / 50},{i % 5}\n" for i in range(40)) + "gone,3\n"
    (tmp_path / "t.csv").write_text(content)
    told = page.upload(content, "t.csv", query="?missing=gone")
    opened = page.post("/api/session", {**told["config"], "k": 1})
    script = agrees(page, opened, 4, capsys)
    assert "missing=['gone']" in script


def test_the_script_warns_as_the_lab_does(page, capsys):
    told = page.open(data="penguins", shape="spherical", at=2)
    assert "decides this spherical fit by itself" in told["scene"]["notes"][0]
    script = page.get(f"/api/session/{told['session']}/script?at=2")["script"]
    with pytest.warns(HiddenmixWarning, match="decides this spherical fit by itself"):
        done, _ = run(script, capsys)
    assert done.loglik == told["frame"]["loglik"]
