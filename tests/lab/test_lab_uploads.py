"""Uploaded tables: read as the command line reads them, refused as it refuses them, and kept within limits."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hiddenmix._errors import HiddenmixError
from hiddenmix.cli import main
from hiddenmix.io import read_table
from hiddenmix.lab._lab import Lab
from hiddenmix.lab._tables import Tables

BROKEN = {
    "text.csv": b"a,b\n1,2\n2,3\n3,4\nn/a?,5\n4,6\n",
    "rows.csv": b"a;b;c\n1;2;3\n1;2;3\n1;2\n1;2;3;4;5\n",
    "empty.csv": b"",
    "header.csv": b"a,b\n",
    "words.csv": b"name,town\nx,y\nz,w\n",
    "dates.csv": b"day\n2020-01-01\n2020-01-02\n2020-01-05\n",
    "infinite.csv": b"a,b\n1,2\ninf,3\n4,5\n2,6\n",
    "sheet.xlsx": b"PK\x03\x04 not a table",
    "model.hmx": b"PK\x03\x04",
    "cut.csv.gz": gzip.compress(b"a,b\n1,2\n3,4\n" * 50, mtime=0)[:40],
    "no.parquet": b"PAR1 nothing",
    "bytes.csv": bytes(range(256)) * 4,
    "lines.jsonl": b'{"a": 1}\n{"a": \n',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gets_the_command_line_s_message(page, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(BROKEN[name])
    told = CliRunner().invoke(main, ["fit", name], env={"NO_COLOR": "1"})
    assert told.exit_code == 1
    error = page.upload(BROKEN[name], name, status=400)
    said = f"error[{error['code']}]: {error['message']}"
    assert said in told.stderr
    assert "upload-" not in json.dumps(error)
    assert page.lab.tables.folder not in json.dumps(error)
    if error["help"] and "--" not in error["help"]:
        assert error["help"] in told.stderr


def test_a_table_is_read_as_the_command_line_reads_it(page, blobs, tmp_path):
    told = page.upload(blobs, "blobs.csv")
    assert told["n_rows"] == 90
    assert told["name"] == "blobs.csv"
    chips = {chip["name"]: chip for chip in told["columns"]}
    assert [chip["use"] for chip in told["columns"]] == ["use", "use", "use", "label"]
    assert chips["kind"]["reason"] == "3 different texts: a category"
    assert "6 missing" in chips["left"]["detail"]
    assert told["preview"]["columns"] == ["left", "right", "high", "kind"]
    assert told["preview"]["rows"][:2] == [line.split(",") for line in blobs.splitlines()[1:3]]
    assert len(told["preview"]["rows"]) == 8
    path = tmp_path / "blobs.csv"
    path.write_text(blobs)
    table = read_table(path)
    opened = page.post("/api/session", told["config"])
    held = page.lab.sessions.get(opened["session"]).scene.table
    np.testing.assert_array_equal(held.values, table.values)
    assert opened["scene"]["lacking"] == 6
    assert opened["scene"]["drawn"] == 84
    assert opened["scene"]["known"]["kind"]["levels"] == ["x", "y", "z"]


ROWS = [(1.5, 2), (2.5, 3), (4.5, 1), (7.5, 9)]
CSV = "a,b\n1.5,2\n2.5,3\n4.5,1\n7.5,9\n"
KINDS = {
    "comma.csv": "a;b\n1,5;2\n2,5;3\n4,5;1\n7,5;9\n",
    "tabs.tsv": CSV.replace(",", "\t"),
    "packed.csv.gz": gzip.compress(CSV.encode(), mtime=0),
    "no ending": CSV,
    "lines.jsonl": "\n".join(json.dumps({"a": a, "b": b}) for a, b in ROWS),
    "UP.CSV": CSV,
    "latin.csv": "a,b,ort\n1.5,2,K\xf6ln\n2.5,3,B\n4.5,1,C\n7.5,9,D\n".encode("latin-1"),
}


@pytest.mark.parametrize(("name", "content"), KINDS.items())
def test_every_kind_of_table(page, name, content):
    told = page.upload(content, name.replace(" ", "%20"))
    opened = page.post("/api/session", told["config"])
    assert opened["scene"]["points"]["x"] == [[1.5, 2.5, 4.5, 7.5], [2.0, 3.0, 1.0, 9.0]]


def test_further_spellings_of_missing_cells_and_columns(page):
    content = BROKEN["text.csv"]
    told = page.upload(content, query="?missing=n/a%3F")
    assert [chip["use"] for chip in told["columns"]] == ["use", "use"]
    frame = page.post("/api/session", {**told["config"], "k": 1, "at": 3})
    assert frame["scene"]["lacking"] == 1
    script = page.get(f"/api/session/{frame['session']}/script")["script"]
    assert "missing=['n/a?']" in script
    told = page.upload(content, query="?columns=-a")
    assert {chip["name"]: chip["use"] for chip in told["columns"]} == {"a": "ignore", "b": "use"}


HOSTILE = ["<script>alert(1)</script>", "", "a" * 3000, "$x_1^2$", "x'; DROP TABLE base; --", "-a", "ü😀", '"', "=1+1"]


def test_odd_names_of_columns_and_levels(page):
    names = HOSTILE[:1] + HOSTILE[3:]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    rows = [",".join(str((i * (j + 3)) % 17 + 0.5) for j in range(len(names) - 1)) + ",<b>" for i in range(20)]
    told = page.upload(header + "\n" + "\n".join(rows) + "\n", "<script>.csv")
    assert told["name"] == "<script>.csv"
    assert [chip["name"] for chip in told["columns"]] == names
    opened = page.post("/api/session", {**told["config"], "show": [names[0], names[3]], "at": 3})
    assert opened["scene"]["show"] == [names[0], names[3]]
    assert opened["frame"]["config"]["use"] == names[:-1]
    again = page.post("/api/session", opened["frame"]["config"])
    assert again["frame"] == opened["frame"]


def test_too_large_is_refused_by_what_is_declared_and_by_what_comes(page):
    lab = Lab(limit=1000)
    web = type(page)(lab).web
    body = b"a,b\n" + b"1,2\n" * 400

    def pieces():
        yield from (body[i : i + 100] for i in range(0, len(body), 100))

    for content in (body, pieces()):
        answer = web.post("/api/upload", content=content, headers={"X-Filename": "a.csv"})
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "HM105"
        assert "0.001 MB" in answer.json()["error"]["message"]
    lying = web.post("/api/upload", content=body, headers={"Content-Length": "10", "X-Filename": "a.csv"})
    assert lying.status_code == 413
    assert list(Path(lab.tables.folder).iterdir()) == []
    lab.close()


def test_nothing_is_left_behind(page, lab, blobs):
    folder = Path(lab.tables.folder)
    page.upload(blobs)
    assert len(list(folder.iterdir())) == 1
    for name, content in BROKEN.items():
        page.upload(content, name, status=400)
    assert len(list(folder.iterdir())) == 1
    assert os.stat(folder).st_mode & 0o077 == 0
    lab.close()
    assert not folder.exists()


def test_a_lab_that_is_forgotten_removes_its_folder():
    tables = Tables()
    folder = Path(tables.folder)
    assert folder.exists()
    del tables
    assert not folder.exists()


def test_the_tables_used_longest_ago_are_given_up(page, blobs):
    page.lab.tables = tables = Tables(most=3)
    first = page.upload(blobs, "first.csv")
    for i in range(2):
        page.upload(blobs, f"{i}.csv")
    page.post("/api/session", first["config"])  # used again
    page.upload(blobs, "one more.csv")
    assert len(list(Path(tables.folder).iterdir())) == 3
    page.post("/api/session", first["config"])
    second = page.upload(blobs, "0.csv")  # was given up, and has the same name again
    assert page.post("/api/session", second["config"])["scene"]["title"] == "0.csv"


def test_a_table_that_was_given_up_is_told_by_its_code_and_works_once_it_is_back(page, blobs):
    told = page.upload(blobs)
    other = Lab()
    with pytest.raises(HiddenmixError) as caught:
        other.open(told["config"])
    assert caught.value.code == "HM106"
    incoming = other.tables.incoming()
    incoming.write(blobs.encode())
    incoming.close()
    again = other.upload(incoming, "table.csv", (), ())
    assert again["table"] == told["table"]
    assert other.open(told["config"])["frame"] == page.post("/api/session", told["config"])["frame"]
    other.close()


def test_all_tables_together_have_room_for_so_much(blobs):
    tables = Tables(most_files=3 * len(blobs))
    ids = []
    for i in range(6):
        incoming = tables.incoming()
        incoming.write(blobs.encode())
        incoming.close()
        ids.append(tables.add(incoming, f"{i}.csv", (), ()).id)
    assert len(list(Path(tables.folder).iterdir())) == 3
    assert tables.get(ids[-1]).name == "5.csv"
    tables.close()


def test_columns_that_cannot_be_fitted_are_told_as_the_library_does(page):
    rows = "a,b,c\n" + "".join(f"{i % 7},{2 * (i % 7)},5\n" for i in range(40))
    told = page.upload(rows)
    opened = page.post("/api/session", told["config"])
    assert any("multiple" in note for note in opened["scene"]["notes"])
    assert {chip["name"]: chip["use"] for chip in told["columns"]} == {"a": "use", "b": "use", "c": "ignore"}
    constant = page.post("/api/session", {**told["config"], "use": ["a", "c"], "show": ["c"]})
    assert any("constant" in note for note in constant["scene"]["notes"])
    low, high = constant["scene"]["extent"][0]
    assert low < 5 < high


def test_more_components_than_distinct_rows(page):
    told = page.upload("x\n1\n1\n2\n2\n2\n")
    error = page.post("/api/session", {**told["config"], "k": 3}, 400)
    assert error["code"] == "HM201"
    error = page.post("/api/session", {**told["config"], "k": 9}, 400)
    assert error["code"] in ("HM201", "HM202")


def test_numbers_too_large_to_square(page):
    told = page.upload("x\n1e200\n2e200\n-3e200\n4e200\n7e200\n")
    for start in ("same", "kmeans"):
        assert page.post("/api/session", {**told["config"], "start": start}, 400)["code"] == "HM119"


def test_a_shown_column_without_any_pair(page):
    told = page.upload("a,b\n1,\n2,\n3,\n,4\n,5\n,7\n4,\n,1\n")
    opened = page.post("/api/session", {**told["config"], "k": 1, "at": 3})
    assert opened["scene"]["drawn"] == 0
    assert opened["scene"]["lacking"] == 8
    assert opened["frame"]["resp"] == [[]]
    assert opened["frame"]["sentence"]
