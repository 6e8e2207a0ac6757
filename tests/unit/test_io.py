"""Tables in: what is understood of a file, what is refused, and where. Model files: what goes in comes out."""

import datetime
import gzip
import json
import zipfile

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiddenmix import io
from hiddenmix._errors import HiddenmixError

nan = np.nan


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


def refusal(code, call, *args, **options):
    with pytest.raises(HiddenmixError) as caught:
        call(*args, **options)
    assert caught.value.code == code, caught.value
    return caught.value


def uses(inspection):
    return {column.name: (column.kind, column.use) for column in inspection.columns}


def column(inspection, name):
    return next(c for c in inspection.columns if c.name == name)


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


class TestColumns:
    content = (
        "id,even,name,day,time,flag,zero_one,same,none,size,kind,when\n"
        + "".join(
            f"{i * 7},{i},name {i},2020-01-{i:02d},10:{i:02d},{'yes' if i % 2 else 'no'},{i % 2},5,NA,{i}.5,"
            f"{'ab'[i % 2]},{i:02d}.01.2020\n" for i in range(1, 13)
        )
    )  # fmt: skip

    def test_kinds_and_reasons(self, write):
        found = io.inspect_table(write("a.csv", self.content))
        assert found.n_rows == 12  # and one column has a name that would be a missing cell
        assert uses(found) == {
            "id": ("number", "set aside"), "even": ("number", "set aside"), "name": ("text", "set aside"),
            "day": ("date", "set aside"), "time": ("date", "set aside"), "flag": ("boolean", "set aside"),
            "zero_one": ("boolean", "set aside"), "same": ("number", "set aside"), "none": ("empty", "set aside"),
            "size": ("number", "used"), "kind": ("category", "set aside"), "when": ("date", "set aside"),
        }  # fmt: skip
        reasons = {c.name: c.reason for c in found.columns}
        assert reasons["id"] == "another whole number in each row: an identifier"
        assert reasons["even"] == "counts up from 1 to 12: a row number"
        assert reasons["same"] == "constant"
        assert reasons["none"] == "no value at all"
        assert reasons["kind"] == "2 different texts: a category"
        assert reasons["flag"] == reasons["zero_one"] == "two values: a category"
        assert reasons["size"] == ""

    def test_counts(self, write):
        found = column(io.inspect_table(write("a.csv", "x,y\n1,2\n,2\nNA,5\n4,6\n")), "x")
        assert (found.n_missing, found.n_distinct, found.facts.low, found.facts.high) == (2, 2, 1, 4)
        assert found.facts.whole

    def test_chosen_columns_are_used_whatever_they_look_like(self, write):
        table = io.read_table(write("a.csv", self.content), columns=["id", "zero_one", "same"])
        assert table.columns == ("id", "zero_one", "same")
        assert table.values[1].tolist() == [14, 0, 5]
        assert column(table.inspection, "size").reason == "not among --columns"

    def test_columns_left_out(self, write):
        found = io.inspect_table(write("a.csv", self.content), columns=["-size"])
        assert found.used == ()
        assert column(found, "size").reason == "left out by --columns"
        assert "size: left out by --columns" in refusal("HM103", io.read_table, "a.csv", columns=["-size"]).message

    def test_a_name_that_starts_with_a_dash(self, write):
        assert io.read_table(write("a.csv", "-x,y\n1.5,2\n2.5,4\n"), columns=["-x"]).columns == ("-x",)

    def test_names_that_differ_in_case_or_look_like_our_own(self, write):
        table = io.read_table(write("a.csv", "x,X,row,c0,base,kept\n1,2.5,7.5,8,9,1\n2.5,3,9,9,1,2\n"))
        assert table.columns == ("x", "X_1", "row", "c0", "base", "kept")
        assert table.values.tolist() == [[1, 2.5, 7.5, 8, 9, 1], [2.5, 3, 9, 9, 1, 2]]
        assert table.rows.tolist() == [1, 2]

    def test_names_with_quotes_spaces_and_keywords(self, write):
        table = io.read_table(write("a.csv", '"a ""b""",select,it\'s\n1.5,2,3\n2.5,3,5\n'), where='"select" > 2')
        assert table.inspection.columns[0].name == 'a "b"'
        assert table.rows.tolist() == [2]

    def test_labels_keep_their_type(self, write):
        content = "x,n,t,m,h\n1.5,3,a,1,0.5\n2.5,4,,NA,1.5\n3.5,3,b,2,NA\n"
        labels = io.read_table(write("a.csv", content), labels=["n", "t", "m", "h"]).labels
        assert {name: values.tolist() for name, values in labels.items()} == {
            "n": [3, 4, 3], "t": ["a", None, "b"], "m": [1, None, 2], "h": [0.5, 1.5, None]}  # fmt: skip
        assert [type(value) for value in labels["n"].tolist()] == [int, int, int]

    @pytest.mark.parametrize("options", [{"columns": ["inc"]}, {"columns": ["-inc"]}, {"labels": ["inc"]}])
    def test_no_such_column(self, write, options):
        error = refusal("HM104", io.inspect_table, write("a.csv", "income,age\n1.5,2\n"), **options)
        assert error.message == "no column is called 'inc'; there are income, age"
        assert error.help == "did you mean 'income'?"

    def test_column_and_label_at_once(self, write):
        write("a.csv", "x,y\n1.5,2\n2,3\n")
        assert "'x'" in refusal("HM410", io.inspect_table, "a.csv", columns=["x"], labels=["x"]).message


class TestFilter:
    def test_numbers_compare_as_numbers(self, write):
        table = io.read_table(write("a.csv", "x;g\n9,5;a\n10,5;b\n100,5;a\n20,5;a\n"), where="x > 9.6 AND g = 'a'")
        assert table.values.tolist() == [[100.5], [20.5]]
        assert table.rows.tolist() == [3, 4]

    def test_only_the_kept_rows_matter(self, write):
        write("a.csv", "x,ok\n1.5,1\noops,0\n2.5,1\n3.5,1\n")
        refusal("HM112", io.read_table, "a.csv")
        assert io.read_table("a.csv", where="ok = 1").values.tolist() == [[1.5], [2.5], [3.5]]

    @pytest.mark.parametrize("where", ["yeer > 3", "x >", "x = 'a' || ", "sum(x) > 1", "x); DROP TABLE base; --"])
    def test_no_condition(self, write, where):
        write("a.csv", "x,y\n1.5,2\n2.5,3\n")
        error = refusal("HM406", io.inspect_table, "a.csv", where=where)
        assert where in error.message
        assert error.help == "the columns are x, y"

    def test_nothing_left(self, write):
        write("a.csv", "x,y\n1.5,2\n2.5,3\n")
        assert "where x > 5" in refusal("HM110", io.read_table, "a.csv", where="x > 5").message


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


TREES = [
    None, True, 0, -(10**30), 1.5, "", "text with Ü and \n", [], {}, (), [1, [2, (3, None)]],
    {"a": {"b": [1.0, "x"]}, "c": (True, {"d": ()})}, {"$array": 3}, {"$": {"$tuple": [1]}},
    datetime.date(2020, 2, 29), datetime.datetime(2020, 2, 29, 12, 30, 0, 5), float("inf"), -float("inf"),
]  # fmt: skip


TREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
    max_leaves=8,
)


class TestModelFiles:
    @pytest.mark.parametrize("tree", TREES, ids=repr)
    def test_plain_values(self, folder, tree):
        io.save_model("m.hmx", tree)
        again = io.load_model("m.hmx")
        assert again == tree
        assert type(again) is type(tree)

    @given(TREE)
    def test_any_nesting(self, tmp_path_factory, tree):
        path = tmp_path_factory.mktemp("m") / "m.hmx"
        io.save_model(path, tree)
        assert repr(io.load_model(path)) == repr(tree)

    @pytest.mark.parametrize("array", [
        np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array(2.5), np.zeros((0, 3)),
        np.array([1, 2], np.int8), np.array([True, False]), np.array([nan, np.inf]), np.array([1j]),
        np.array(["a", "Ü"]), np.array([b"x"]), np.array(["2020-01-01"], "M8[D]"), np.float32([1, 2]),
    ], ids=lambda a: f"{a.dtype} {a.shape}")  # fmt: skip
    def test_arrays(self, folder, array):
        io.save_model("m.hmx", {"values": [array]})
        again = io.load_model("m.hmx")["values"][0]
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, array)
        assert not again.flags.writeable

    def test_arrays_of_objects(self, folder):
        array = np.array([["a", None], [3, datetime.date(2020, 1, 1)]], object)
        io.save_model("m.hmx", array)
        again = io.load_model("m.hmx")
        assert again.dtype == object
        assert again.tolist() == array.tolist()
        assert not again.flags.writeable

    def test_numpy_scalars_become_numbers(self, folder):
        io.save_model("m.hmx", [np.float64(1.5), np.int8(2), np.bool_(True), np.str_("s")])
        assert repr(io.load_model("m.hmx")) == "[1.5, 2, True, 's']"

    def test_not_a_number(self, folder):
        io.save_model("m.hmx", nan)
        assert np.isnan(io.load_model("m.hmx"))

    @pytest.mark.parametrize(("tree", "words"), [
        ({"a": [1, object()]}, "model.a[1] is of type object"),
        ({1: 2}, "model is of type dict, which a model file cannot hold: its keys must be texts"),
        ({"f": print}, "model.f is of type builtin_function_or_method"),
        ({"s": {1, 2}}, "model.s is of type set"),
        (np.zeros(2, "i4,f8"), "model is of type ndarray with cells of [('f0'"),
        ([np.ma.masked_array([1], mask=[1])], "model[0] is of type MaskedArray"),
        (np.array([object()]), "model[0] is of type object"),
    ])  # fmt: skip
    def test_what_a_file_cannot_hold(self, folder, tree, words):
        error = refusal("HM515", io.save_model, "m.hmx", tree)
        assert words in error.message
        assert isinstance(error, TypeError)
        assert not any(folder.iterdir())

    def test_equal_models_are_equal_files(self, folder):
        for name in ("a.hmx", "b.hmx"):
            io.save_model(name, {"x": np.arange(3), "y": 1.5})
        assert (folder / "a.hmx").read_bytes() == (folder / "b.hmx").read_bytes()

    def test_numpy_opens_it_too(self, folder):
        io.save_model("m.hmx", [np.arange(3)])
        with np.load("m.hmx", allow_pickle=False) as archive:
            assert archive["array_0"].tolist() == [0, 1, 2]

    def test_replacing_and_not_being_able_to(self, folder):
        io.save_model("m.hmx", 1)
        io.save_model("m.hmx", 2)
        assert io.load_model("m.hmx") == 2
        assert [path.name for path in folder.iterdir()] == ["m.hmx"]
        (folder / "sub").mkdir()
        assert "'sub' cannot be written" in refusal("HM516", io.save_model, "sub", 3).message
        refusal("HM516", io.save_model, "no/where.hmx", 3)
        assert sorted(path.name for path in folder.iterdir()) == ["m.hmx", "sub"]

    def test_missing_and_foreign_files(self, folder):
        assert "no model file 'm.hmx'" in refusal("HM101", io.load_model, "m.hmx").message
        (folder / "m.hmx").write_text("x,y\n1,2\n")
        refusal("HM511", io.load_model, "m.hmx")
        with zipfile.ZipFile("z.hmx", "w") as archive:
            archive.writestr("other.txt", "hello")
        refusal("HM511", io.load_model, "z.hmx")
        with zipfile.ZipFile("j.hmx", "w") as archive:
            archive.writestr("model.json", json.dumps({"kind": "something else"}))
        refusal("HM511", io.load_model, "j.hmx")

    def test_a_newer_format(self, folder):
        with zipfile.ZipFile("m.hmx", "w") as archive:
            head = {"kind": "hiddenmix model", "format": io.FORMAT + 1, "hiddenmix": "99.0", "payload": None}
            archive.writestr("model.json", json.dumps(head))
        error = refusal("HM512", io.load_model, "m.hmx")
        assert "written by hiddenmix 99.0" in error.message
        assert "upgrade" in error.help

    def test_every_truncation_is_noticed(self, folder):
        io.save_model("m.hmx", {"x": np.random.default_rng(0).normal(size=50), "y": "text"})
        content = (folder / "m.hmx").read_bytes()
        for size in range(2, len(content), 37):
            (folder / "cut.hmx").write_bytes(content[:size])
            refusal("HM513", io.load_model, "cut.hmx")

    def test_a_flipped_byte_never_gives_another_model(self, folder):
        x = np.arange(20.0)
        io.save_model("m.hmx", [x])
        content = bytearray((folder / "m.hmx").read_bytes())
        damaged = 0
        for place in range(0, len(content), 7):
            flipped = content.copy()
            flipped[place] ^= 0x41
            (folder / "bad.hmx").write_bytes(flipped)
            try:
                again = io.load_model("bad.hmx")[0]
            except HiddenmixError as error:
                damaged += error.code in ("HM511", "HM513")
            else:
                np.testing.assert_array_equal(again, x)
        assert damaged > 10

    def test_no_code_comes_out(self, folder):
        """An array of pickled objects in the archive is refused, and not loaded."""
        with zipfile.ZipFile("m.hmx", "w") as archive:
            head = {"kind": "hiddenmix model", "format": 1, "hiddenmix": "0", "payload": {"$array": 0}}
            archive.writestr("model.json", json.dumps(head))
            with archive.open("array_0.npy", "w") as file:
                np.lib.format.write_array(file, np.array([{}], object), allow_pickle=True)
        assert "pickle" in refusal("HM513", io.load_model, "m.hmx").message
