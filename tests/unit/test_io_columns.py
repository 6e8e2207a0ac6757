"""Tables in: which columns are used or set aside, and why, and which rows a filter keeps."""

import pytest
from tests.unit.asking import column, refusal, uses

from hiddenmix import io


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
