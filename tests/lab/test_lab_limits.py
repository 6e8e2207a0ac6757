"""Files that unpack to too much are refused, and memory is accounted by what is held."""

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from hiddenmix.io import DataTable, Inspection
from hiddenmix.io._limits import Limits
from hiddenmix.lab._lab import Lab
from hiddenmix.lab._shelf import Shelf, held

MILLION = gzip.compress(b"1.5,2.5\n" * 125_000, mtime=0)


def test_a_bomb_is_refused_and_leaves_nothing(page):
    bomb = gzip.compress(b"a,b\n", mtime=0) + MILLION * 501
    assert len(bomb) < 10**6
    error = page.upload(bomb, "a.csv.gz", status=413)
    assert (error["code"], error["help"].split("  ")[0]) == ("HM105", "hiddenmix lab FILE")
    assert "500 MB" in error["message"]
    assert os.listdir(page.lab.tables.folder) == []
    assert page.lab.tables.shelf.bytes == 0


def test_a_parquet_bomb_is_refused(page, tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"a": np.zeros(40_000_000, np.int8)}), tmp_path / "a.parquet", compression="zstd")
    content = (tmp_path / "a.parquet").read_bytes()
    assert len(content) < 10**6
    error = page.upload(content, "a.parquet", status=413)
    assert error["code"] == "HM105"
    assert "40,000,000 rows" in error["message"]


def test_other_columns_of_an_upload_are_read_within_the_same_limits(page, blobs):
    told = page.upload(blobs)
    sheet = page.lab.tables.get(told["table"])
    assert sheet.limits.fix.startswith("hiddenmix lab FILE")
    object.__setattr__(sheet, "limits", Limits(fetched=1000))
    error = page.post("/api/session", {**told["config"], "use": ["left"], "labels": [], "show": ["left"]}, status=413)
    assert error["code"] == "HM105"


def test_the_end_of_the_lab_ends_a_reading(blobs):
    lab = Lab()
    tables = lab.tables
    assert tables._limits().stopped() is False
    lab.stop()
    assert tables._limits().stopped() is True


def table(n, columns=1, labels=()):
    known = {name: np.array(["a label"] * n, object) for name in labels}
    return DataTable(Inspection("t", n, ()), np.zeros((n, columns)), known, np.arange(n))


def test_what_is_held_counts_values_rows_and_texts():
    assert held(table(1000, 3)) == 1000 * (3 * 8 + 8)
    assert held(table(1000, 3, ("g",))) >= 1000 * (3 * 8 + 8 + 8 + 50)


def test_the_shelf_has_room_for_so_much_over_all_tables():
    shelf = Shelf(most_bytes=3 * held(table(100)))
    for i in range(3):
        shelf.put((f"t{i}", i), table(100))
    assert shelf.bytes == 3 * held(table(100))
    assert shelf.get(("t0", 0)) is not None  # used again
    shelf.put(("t3", 3), table(100))
    assert [shelf.get((f"t{i}", i)) is not None for i in range(4)] == [True, False, True, True]
    shelf.put(("large", 0), table(1000))  # the newest stays
    assert shelf.get(("large", 0)) is not None
    assert shelf.bytes == held(table(1000))
    shelf.forget("large")
    assert shelf.bytes == 0


def test_every_choice_of_columns_counts_and_a_table_given_up_is_forgotten(page, blobs):
    told = page.upload(blobs)
    shelf = page.lab.tables.shelf
    before = shelf.bytes
    assert before > 90 * 3 * 8
    page.post("/api/session", {**told["config"], "use": ["left", "right"], "labels": [], "show": ["left"]})
    assert shelf.bytes > before + 90 * 2 * 8
    page.lab.tables._most = 1
    page.upload("x,y\n1,2\n2,3\n4,7\n", "other.csv")
    assert shelf.bytes < before
    assert len(list(Path(page.lab.tables.folder).iterdir())) == 1


def test_one_file_is_read_at_a_time():
    shelf, inside, most = Shelf(), [], []

    def read():
        with shelf.reading():
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
