"""Reading within limits, and how large a packed file is taken to be."""

import gzip
from functools import partial

import duckdb
import numpy as np
import pytest

from hiddenmix import io
from hiddenmix._errors import HiddenmixError
from hiddenmix.io import OpenTable, _sources
from hiddenmix.io._limits import Limits, Watch, unpacked_size

BLOCK = b"1.5,2.5,3.5\n" * 80_000  # 960 KB


def packed(blocks):
    """A .gz of that many blocks: .gz files one after the other are one."""
    return gzip.compress(b"a,b,c\n", mtime=0) + gzip.compress(BLOCK, mtime=0) * blocks


def written(path, content):
    path.write_bytes(content)
    return path


def refused(call):
    with pytest.raises(HiddenmixError) as caught:
        call()
    assert caught.value.code == "HM105"
    assert caught.value.help == "elsewhere"
    return caught.value.message


def opened(path, **limits):
    return OpenTable(path, limits=Limits(fix="elsewhere", **limits))


def parquet(path, query):
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_within_the_limits_it_is_the_same_table(tmp_path):
    rng = np.random.default_rng(0)
    lines = ["x,y,kind", *(f"{a!r},{b!r},{'uv'[b > 0]}" for a, b in rng.normal(size=(500, 2)).tolist())]
    text = "\n".join([*lines, "NA,3,u"]).encode()
    for name, content in (("a.csv", text), ("b.csv.gz", gzip.compress(text, mtime=0))):
        path = written(tmp_path / name, content)
        own, plain = opened(path), io.read_table(path, labels=["kind"])
        table = own.read((), ["kind"])
        np.testing.assert_array_equal(table.values, plain.values)
        np.testing.assert_array_equal(table.labels["kind"], plain.labels["kind"])
        assert own.preview(1) == [tuple(lines[1].split(","))]
        own.close()


def test_what_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path):
    path = written(tmp_path / "a.csv.gz", packed(8))
    assert path.stat().st_size < 50_000
    assert "larger than 5 MB" in refused(lambda: opened(path, unpacked=5 * 10**6))
    opened(path, unpacked=8 * 10**6).close()


def test_a_parquet_file_is_judged_by_its_own_tables(tmp_path):
    path = parquet(tmp_path / "a.parquet", "SELECT 1::TINYINT AS a, 2::TINYINT AS b FROM range(3000000)")
    assert path.stat().st_size < 100_000
    assert "3,000,000 rows of 2 columns" in refused(lambda: opened(path, fetched=10**8))
    opened(path, fetched=2 * 10**8).close()


def test_long_texts_that_are_stored_once_do_not_fill_the_memory(tmp_path):
    path = parquet(tmp_path / "a.parquet", "SELECT i % 7 AS a, repeat('x', 100000) AS s FROM range(20000) t(i)")
    assert path.stat().st_size < 1_000_000  # 2 GB of text
    assert "200 MB of memory" in refused(lambda: opened(path, memory=2 * 10**8))


def test_columns_that_are_too_many_cells_are_refused(tmp_path):
    rows = "".join(f"{i},{i % 9},{'uvw'[i % 3]}\n" for i in range(1000))
    table = opened(written(tmp_path / "a.csv", f"a,b,kind\n{rows}".encode()), fetched=80_000)
    assert len(table.read((), ()).values) == 1000
    assert "1,000 rows of 2 columns" in refused(lambda: table.read((), ["kind"]))


def test_a_query_that_takes_too_long_is_ended():
    con = duckdb.connect()
    with pytest.raises(HiddenmixError, match=r"more than 0\.2 s"), Watch(Limits(seconds=0.2)).on(con):
        con.execute("SELECT sum(hash(a.range + b.range)) FROM range(1000000) a, range(1000000) b").fetchall()
    assert con.execute("SELECT 1").fetchall() == [(1,)]


def test_nothing_is_read_for_nobody(tmp_path):
    path = written(tmp_path / "a.csv", b"a,b\n1,2\n3,4\n")
    ended = []
    table = opened(path, stopped=lambda: bool(ended))
    ended.append(True)
    assert "nobody waits" in refused(table.read)
    assert "nobody waits" in refused(partial(opened, path, stopped=lambda: True))
    late = Watch(Limits(unpacked=5_000_000, stopped=lambda: True, fix="elsewhere"))
    large = written(tmp_path / "b.csv.gz", packed(8))
    assert "nobody waits" in refused(lambda: late.refuse_unpacked(large))


def test_once_the_table_is_there_no_other_file_can_be_opened(tmp_path):
    other = written(tmp_path / "other.csv", b"secret\n1\n")
    con = opened(written(tmp_path / "a.csv", b"a,b\n1,2\n3,4\n")).source.connection
    for statement in (
        f"SELECT * FROM read_csv('{other}')",
        f"COPY base TO '{tmp_path / 'out.csv'}'",
        "SET enable_external_access=true",
        "SET memory_limit='64GB'",
    ):
        with pytest.raises(duckdb.Error):
            con.execute(statement)
    assert con.execute("SELECT count(*) FROM base").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "content",
    [b"a,b\n" + b"1,2\n" * 500_000, b"".join(b"%d,%d\n" % (i * 7919 % 99991, i) for i in range(200_000)), b"a\n", b""],
)
def test_how_much_a_packed_file_holds(tmp_path, content):
    path = written(tmp_path / "a.csv.gz", gzip.compress(content, mtime=0))
    assert 0.7 * len(content) <= unpacked_size(path) <= 1.5 * len(content) + 100
    assert unpacked_size(written(tmp_path / "a.csv", content)) == len(content)


def test_several_members_are_counted_together_and_a_broken_file_is_not(tmp_path):
    whole = 20 * len(BLOCK)
    assert 0.7 * whole <= unpacked_size(written(tmp_path / "a.csv.gz", packed(20))) <= 1.5 * whole
    broken = written(tmp_path / "b.csv.gz", b"no gzip at all")
    assert unpacked_size(broken) == broken.stat().st_size


@pytest.mark.parametrize("name", ["packed.csv.gz", "small.parquet", "plain.csv"])
def test_what_is_large_once_unpacked_is_not_held(tmp_path, name, monkeypatch):
    """A view reads the file again for each look, and its numbers are the same."""
    path = tmp_path / name
    query = "SELECT (i % 7)::TINYINT AS a, (i % 3) + 0.5 AS b FROM range(100000) t(i)"
    if name.endswith("parquet"):
        parquet(path, query)
    else:
        duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER)")
    plain = OpenTable(path)
    assert kinds(plain) == ["BASE TABLE"]
    monkeypatch.setattr(_sources, "_IN_MEMORY", 500_000)
    assert path.stat().st_size < 500_000 or name == "plain.csv"
    viewed = OpenTable(path)
    assert kinds(viewed) == ["VIEW"]
    np.testing.assert_array_equal(viewed.read().values, plain.read().values)
    assert kinds(opened(path)) == ["BASE TABLE"]


def kinds(table):
    query = "SELECT table_type FROM information_schema.tables WHERE table_name = 'base'"
    return [
        kind.replace("LOCAL TEMPORARY", "BASE TABLE") for (kind,) in table.source.connection.execute(query).fetchall()
    ]


def test_the_first_text_of_each_column_is_found_by_its_row(tmp_path):
    rows = "".join(f"{i},{'?' if i == 40 else i},{'-' if i in (7, 60) else i}\n" for i in range(100))
    found = OpenTable(written(tmp_path / "a.csv", f"a,b,c\n{rows}".encode()), where="a > 20").inspect().columns
    assert [column.facts.text for column in found] == [None, (41, "?"), (61, "-")]
