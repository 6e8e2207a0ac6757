"""Tables in: the same numbers from files of many forms and built-in data sets, and what is refused, and where."""

import gzip

import duckdb
import numpy as np
import pytest
from tests.unit.asking import column, refusal, uses

from hiddenmix import io
from hiddenmix.io import _sources

nan = np.nan

INCOMES = "".join(f"{i};{i * 1.25 + 1000:.2f};{20 + i % 50}\n".replace(".", ",") for i in range(1, 6001))


class TestFormats:
    @pytest.mark.parametrize(("name", "content"), [
        ("a.csv", "x,y\n1.5,NA\n-2,7\n,3e2\n"),
        ("a.tsv", "x\ty\n1.5\tNA\n-2\t7\n\t3e2\n"),
        ("a.txt", "x|y\n1.5|\n-2|7\nNaN|300\n"),
        ("semicolon.csv", "x;y\n1,5;\n-2,0;7\nnull;300\n"),
        ("point.csv", "x;y\n1.5;\n-2.0;7\nnull;300\n"),
        ("spaces.csv", "x,y\n 1.5 , N/A\n -2, 7\n ,300 \n"),
        ("quoted.csv", '"x","y"\n"1.5",""\n"-2","7"\n"","300"\n'),
        ("windows.csv", "x,y\r\n1.5,NA\r\n-2,7\r\n,3e2\r\n"),
        ("bom.csv", "\ufeffx,y\n1.5,NA\n-2,7\n,3e2\n"),
        ("utf16.csv", "x,y\n1.5,NA\n-2,7\n,3e2\n".encode("utf-16")),
        ("a.csv.gz", gzip.compress(b"x,y\n1.5,NA\n-2,7\n,3e2\n", mtime=0)),
        ("a.jsonl", '{"x": 1.5, "y": null}\n{"x": -2, "y": 7}\n{"y": 300}\n'),
        ("a.json", '[{"x": 1.5}, {"x": -2, "y": 7}, {"y": 300}]'),
        ("texts.jsonl", '{"x": "1.5", "y": "NA"}\n{"x": "-2", "y": "7"}\n{"x": "", "y": "3e2"}\n'),
        ("no suffix", "x,y\n1.5,NA\n-2,7\n,3e2\n"),
        ("odd[1]*?.csv", "x,y\n1.5,NA\n-2,7\n,3e2\n"),
        ("it's.csv", "x,y\n1.5,NA\n-2,7\n,3e2\n"),
    ])  # fmt: skip
    def test_the_same_table_in_many_forms(self, write, name, content):
        table = io.read_table(write(name, content))
        assert table.name == name
        assert table.columns == ("x", "y")
        assert table.values.dtype == np.float64
        assert table.values.flags.c_contiguous
        np.testing.assert_array_equal(table.values, [[1.5, nan], [-2, 7], [nan, 300]])
        assert table.rows.tolist() == [1, 2, 3]

    def test_parquet_with_its_own_types(self, folder):
        duckdb.connect().execute(
            "COPY (SELECT * FROM (VALUES (1::TINYINT, 1.25::DECIMAL(9, 2), 2.5::FLOAT, 'nan'::DOUBLE, true, 'u', "
            "DATE '2020-01-01', [1]), (NULL, 3, 4, 5, false, 'v', NULL, [2])) t(a, b, c, d, e, f, g, h)) "
            "TO 'a.parquet'"
        )
        table = io.read_table(folder / "a.parquet", columns=["a", "b", "c", "d"])
        np.testing.assert_array_equal(table.values, [[1, 1.25, 2.5, nan], [nan, 3, 4, 5]])
        kinds = {c.name: c.kind for c in io.inspect_table("a.parquet").columns}
        assert kinds == {"a": "number", "b": "number", "c": "number", "d": "number", "e": "boolean", "f": "text",
                         "g": "date", "h": "other"}  # fmt: skip
        assert io.inspect_table("a.parquet").dialect is None

    def test_the_dialect_is_reported(self, write):
        assert str(io.inspect_table(write("a.csv", "x;y\n1,5;2\n2,5;3\n")).dialect) == (
            "separator ';', decimal ',', header yes")  # fmt: skip
        assert str(io.inspect_table(write("b.tsv", "1.5\t2\n2.5\t3\n")).dialect) == (
            "separator tab, decimal '.', header no")  # fmt: skip
        latin = "name,x\nMüller,1\nBö,2\nMüller,3\nBö,4\n".encode("latin-1")
        found = io.read_table(write("c.csv", latin), labels=["name"])
        assert found.inspection.dialect.encoding == "latin-1"
        assert found.labels["name"].tolist() == ["Müller", "Bö", "Müller", "Bö"]

    def test_a_comma_is_no_decimal_mark_in_a_file_separated_by_commas(self, write):
        found = io.inspect_table(write("a.csv", 'x,y\n"1,5",1\n"2,5",3\n"2,7",4\n'))
        assert uses(found)["x"] == ("text", "set aside")

    def test_quotes_that_come_late(self, write):
        rows = "".join(f"{i % 7 + 0.5},plain\n" for i in range(30_000))
        table = io.read_table(write("a.csv", f'x,y\n{rows}9.5,"a, b"\n'), labels=["y"])
        assert table.values[-1, 0] == 9.5
        assert table.labels["y"][-1] == "a, b"

    def test_order_is_that_of_the_file(self, write):
        x = np.random.default_rng(0).normal(size=100_000)
        table = io.read_table(write("a.csv", "x,g\n" + "".join(f"{v!r},{i % 3}\n" for i, v in enumerate(x.tolist()))))
        np.testing.assert_array_equal(table.values[:, 0], x)
        some = io.read_table("a.csv", where="g = 1")
        np.testing.assert_array_equal(some.values[:, 0], x[1::3])
        np.testing.assert_array_equal(some.rows, np.arange(2, 100_001, 3))


class TestBuiltin:
    @pytest.mark.parametrize("name", io._sources.datasets.names())
    def test_numbers_and_labels_are_those_of_the_loader(self, name):
        data = io._sources.datasets.load(name)
        table = io.read_table(name)
        assert table.columns == data.columns
        np.testing.assert_array_equal(table.values, data.data)
        assert {key: value.tolist() for key, value in table.labels.items()} == {
            key: value.tolist() for key, value in data.labels.items()}  # fmt: skip

    def test_labels_can_be_chosen_or_used(self):
        found = io.inspect_table("penguins", labels=["species"])
        assert found.labels == ("species",)
        assert uses(found)["year"] == ("number", "used")
        assert column(found, "year").reason == "only 3 different values; if it is a label: --labels year"
        assert io.read_table("penguins", columns=["year"]).columns == ("year",)

    def test_a_file_of_that_name_comes_first_but_a_folder_does_not(self, write, folder):
        (folder / "penguins").mkdir()
        assert io.inspect_table("penguins").n_rows == 344
        assert io.inspect_table(write("galaxies", "x\n1.5\n2\n")).n_rows == 2


class TestRefusals:
    def test_text_among_numbers_reads_as_the_guide_shows(self, write):
        content = INCOMES.replace("\n4812;7015,00;", "\n4812;n/a ;")
        error = refusal("HM112", io.read_table, write("a.csv", f"id;income;age\n{content}"))
        assert error.message == (
            "column 'income' has text in row 4812: \"n/a \"\n"
            "  it was read as a number column from the other rows "
            "(auto-detected: separator ';', decimal ',', header yes)"
        )
        assert error.help == '--missing "n/a"   or leave it out: --columns -income'
        fixed = io.read_table("a.csv", missing=["n/a"])
        assert np.isnan(fixed.values[4811]).tolist() == [True, False]
        assert column(fixed.inspection, "income").n_missing == 1
        assert io.read_table("a.csv", columns=["-income"]).columns == ("age",)
        remark = column(io.inspect_table("a.csv"), "income")
        assert (remark.kind, remark.use, remark.reason) == ("number", "used", 'text in row 4812: "n/a "')

    def test_several_spellings_are_all_named(self, write):
        error = refusal("HM112", io.read_table, write("a.csv", "x,y\n1,2\n?,3\n-,1\n4,2\n5,7\n6,8\n"))
        assert '--missing "-,?"' in error.help
        assert io.read_table("a.csv", missing=["-", "?"]).values.shape == (6, 2)

    @pytest.mark.parametrize(("cell", "code", "words"), [
        ("1_000", "HM112", 'text in row 2: "1_000"'),
        ("1e999", "HM116", "infinite value in row 2"),
        ("-inf", "HM116", "infinite value in row 2"),
    ])  # fmt: skip
    def test_odd_cells(self, write, cell, code, words):
        assert words in refusal(code, io.read_table, write("a.csv", f"x,y\n1,2\n{cell},3\n4,2\n")).message

    @pytest.mark.parametrize(("name", "code"), [
        ("t", "HM112"), ("d", "HM113"), ("e", "HM118"), ("b", "HM112"),
    ])  # fmt: skip
    def test_insisting_on_a_column_without_numbers(self, write, name, code):
        write("a.csv", "x,t,d,e,b\n1.5,u,2020-01-01,,yes\n2.5,v,2021-01-01,,no\n")
        assert repr(name) in refusal(code, io.read_table, "a.csv", columns=[name]).message

    def test_no_number_column(self, write):
        message = refusal("HM103", io.read_table, write("a.csv", "name,town\nann,rome\nbob,paris\n")).message
        assert message == "no column of numbers is left to fit\n  name: text\n  town: text"

    def test_only_categories(self, write):
        path = write("a.csv", "kind,town\nu,rome\nu,paris\nv,rome\nv,rome\n")
        assert "LatentClassModel" in refusal("HM103", io.read_table, path).help

    def test_missing_file(self, write):
        error = refusal("HM101", io.read_table, "penguin.csv")
        assert error.message == "no file called 'penguin.csv' here"
        assert error.help == "did you mean the built-in data set 'penguins'?   hiddenmix fit penguins"
        write("income.csv", "x\n1\n")
        assert refusal("HM101", io.read_table, "incme.csv").help == "did you mean 'income.csv'?"
        assert refusal("HM101", io.read_table, "no/where.csv").message == "no file called 'where.csv' in 'no'"

    @pytest.mark.parametrize(("name", "content", "code", "words"), [
        ("a.csv", "", "HM110", "'a.csv' is empty"),
        ("a.csv", "x,y\n", "HM110", "'a.csv' has no row of data"),
        ("a.csv", "x,y\n1,2\n3\n4,5,6\n7,8\n", "HM102", "rows of differing lengths"),
        ("a.csv", "x,y\n" + "1,2\n" * 30_000 + "1,2,3\n", "HM102", "line 30002 of 'a.csv' has 3 cells where 2"),
        ("a.csv", bytes(range(256)) * 4, "HM102", "'a.csv' cannot be read as a table"),
        ("a.csv.gz", b"not gzip at all", "HM102", "'a.csv.gz' cannot be read"),
        ("a.parquet", "nope", "HM102", "'a.parquet' cannot be read"),
        ("a.jsonl", '{"a": 1}\n{"a":', "HM102", "'a.jsonl' cannot be read"),
        ("a.xlsx", "PK", "HM102", "of the kind Excel"),
        ("m.hmx", "PK", "HM102", "of the kind hiddenmix model"),
    ])  # fmt: skip
    def test_unreadable(self, write, folder, name, content, code, words):
        error = refusal(code, io.read_table, write(name, content))
        assert words in error.message
        assert str(folder) not in str(error)

    def test_a_folder(self, folder):
        assert "is a folder" in refusal("HM102", io.read_table, ".").message


ODD = 'row,"a ""b""",Straße,x*,label\n1,2,3,4,u\n5,6,7,8,v\n9,1,2,NA,u\n4,,3,1,w\n'


class TestFilters:
    @pytest.mark.parametrize("most", [0, 1_000_000], ids=["read again", "in memory"])
    @pytest.mark.parametrize(("where", "rows"), [
        (None, [1, 2, 3, 4]),
        ("row > 3", [2, 3, 4]),
        ('"a ""b""" < 3', [1, 3]),
        ('"STRAßE" = 3', [1, 4]),
        ("label = 'u' OR row * 2 > 9", [1, 2, 3]),
        ("COLUMNS(*) IS NOT NULL", [1, 2]),
        ('"x*" IS NULL -- the missing one', [3]),
    ])  # fmt: skip
    def test_a_filter_speaks_of_columns_by_name(self, write, monkeypatch, where, rows, most):
        monkeypatch.setattr(_sources, "_IN_MEMORY", most)
        write("odd.csv", ODD)
        every, some = io.read_table("odd.csv"), io.read_table("odd.csv", where=where)
        assert some.columns  # without those that are constant now
        for j, name in enumerate(some.columns):
            there = every.values[np.array(rows) - 1, every.columns.index(name)]
            np.testing.assert_array_equal(some.values[:, j], there)
        found = io.read_labels("odd.csv", ["label"], where=where)
        assert found.rows.tolist() == rows
        assert found.labels["label"].tolist() == ["uvuw"[row - 1] for row in rows]

    def test_many_columns_are_the_same_as_few(self, write):
        x = np.round(np.random.default_rng(0).normal(size=(40, 23)), 3)
        write("wide.csv", ",".join(f"c{j}" for j in range(23)) + "\n" + "\n".join(",".join(map(str, r)) for r in x))
        some = io.read_table("wide.csv", where="c7 > 0 AND c19 < 1")
        np.testing.assert_array_equal(some.values, x[(x[:, 7] > 0) & (x[:, 19] < 1)])
