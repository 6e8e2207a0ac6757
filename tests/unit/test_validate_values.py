"""Weights, counts, categories, labels and numbers of components: accepted exactly, or refused with a code."""

import datetime
import decimal
import re

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.asking import refusal

from hiddenmix import _validate as v

nan = np.nan


class TestWeights:
    def test_none_stays_none(self):
        assert v.check_weights(None, 3) is None

    @pytest.mark.parametrize("w", [
        [1, 0, 2], np.array([1, 0, 2], np.float32), pd.Series([1, 0, 2]), pl.Series([1, 0, 2]), (True, False, 2),
        [decimal.Decimal(1), 0, 2],
    ])  # fmt: skip
    def test_vectors(self, w):
        got = v.check_weights(w, 3)
        assert got.dtype == np.float64
        assert got.tolist() == [1, 0, 2]

    def test_a_number_is_for_all(self):
        assert v.check_weights(2, 3).tolist() == [2, 2, 2]
        assert v.check_weights(np.float32(0.5), 2).tolist() == [0.5, 0.5]

    @pytest.mark.parametrize(("w", "code", "words"), [
        ([1, 2], "HM121", r"shape \(3,\); got shape \(2,\)"),
        (np.ones((3, 2)), "HM121", r"got shape \(3, 2\)"),
        ([1, -2, 1], "HM122", r"row 1 \(counting from 0\) has -2"),
        ([1, nan, 1], "HM122", "row 1"),
        (np.ma.masked_array([1.0, 1, 1], mask=[0, 0, 1]), "HM122", "row 2"),
        ([1, 1, np.inf], "HM122", "row 2"),
        ([1, None, 1], "HM122", "row 1"),
        (-1, "HM122", "row 0"),
        ([0, 0, 0], "HM123", "weights.*zero"),
        (0, "HM123", "zero"),
        (["a", "b", "c"], "HM112", "text"),
        ("heavy", "HM112", "heavy"),
        ([1, 1j, 1], "HM114", "Complex"),
        ([1, {}, 1], "HM115", "dict"),
    ])  # fmt: skip
    def test_refuses(self, w, code, words):
        assert re.search(words, str(refusal(code, v.check_weights, w, 3)))


class TestCounts:
    x = np.array([[0.0, 3], [nan, 10]])

    @pytest.mark.parametrize("trials", [10, [1, 10], [[3], [10]], [[0 + 1, 3], [1, 10]], np.float32(10)])
    def test_trials_are_spread_over_the_table(self, trials):
        got = v.check_counts(self.x, trials)
        np.testing.assert_array_equal(got, np.broadcast_to(trials, (2, 2)))
        assert not got.flags.writeable

    def test_without_trials(self):
        assert v.check_counts(self.x) is None

    @pytest.mark.parametrize(("cell", "trials", "code", "words"), [
        (-1, None, "HM124", "Negative values in data: row 1, column 0 .* holds -1"),
        (0.5, None, "HM125", "row 1, column 0 .* holds 0.5"),
        (11, 10, "HM126", "row 1, column 0 .* holds 11, more than its 10 trials"),
        (1, 0, "HM127", "got 0"),
        (1, 2.5, "HM127", "got 2.5"),
        (1, [10, nan], "HM127", "got nan"),
        (1, [1, 2, 3], "HM127", r"shape \(3,\) do not fit a table of shape \(2, 2\)"),
        (1, "ten", "HM112", "ten"),
    ])  # fmt: skip
    def test_refuses(self, cell, trials, code, words):
        x = self.x.copy()
        x[1, 0] = cell
        assert re.search(words, str(refusal(code, v.check_counts, x, trials)))

    def test_names(self):
        assert "column 'b'" in refusal("HM124", v.check_counts, np.array([[1.0, -3]]), None, ("a", "b")).message

    def test_per_cell_trials_name_the_cell_beyond_them(self):
        assert "row 1, column 1 (counting from 0) holds 10, more than its 9 trials" in refusal(
            "HM126", v.check_counts, self.x, [[1, 3], [1, 9]]).message  # fmt: skip

    @pytest.mark.parametrize(("x", "most"), [([[0.0, 3], [nan, 10]], 10), ([[0.0]], 1), ([[nan]], 1)])
    def test_largest(self, x, most):
        assert v.largest_count(np.array(x)) == most


class TestCategories:
    @pytest.mark.parametrize(("column", "levels"), [
        (["b", "a", None, "b"], ["a", "b"]),
        ([2, 1, None, 2], [1, 2]),
        ([2.5, -1.0, nan, 2.5], [-1.0, 2.5]),
        ([True, False, None, True], [False, True]),
        ([datetime.date(2021, 1, 1), datetime.date(2020, 1, 1), None, datetime.date(2021, 1, 1)],
         [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)]),
        (["x", 3, pd.NA, "x"], [3, "x"]),
    ])  # fmt: skip
    def test_codes_point_into_sorted_levels(self, column, levels):
        x = np.empty((4, 1), object)
        x[:, 0] = column
        got = v.check_categories(x)
        assert got.levels[0].tolist() == levels
        assert not got.levels[0].flags.writeable
        first = levels.index(column[0])
        np.testing.assert_array_equal(got.codes, [[first], [1 - first], [nan], [first]])

    @pytest.mark.parametrize("x", [
        np.array([["b", "u"], ["a", "u"]]),
        np.ma.masked_array([["b", "u"], ["a", "?"]], mask=[[0, 0], [0, 1]]),
        [["b", "u"], ["a", None]],
        pd.DataFrame({"p": ["b", "a"], "q": ["u", None]}),
        pd.DataFrame({"p": pd.Categorical(["b", "a"]), "q": pd.Categorical(["u", None])}),
        pl.DataFrame({"p": ["b", "a"], "q": ["u", None]}),
        pa.table({"p": pa.array(["b", "a"]).dictionary_encode(), "q": pa.array(["u", None]).dictionary_encode()}),
    ], ids=["array", "masked", "lists", "pandas", "categorical", "polars", "pyarrow"])  # fmt: skip
    def test_any_kind_of_table(self, x):
        got = v.check_categories(x)
        assert [level.tolist() for level in got.levels] == [["a", "b"], ["u"]]
        np.testing.assert_array_equal(got.codes[:, 0], [1, 0])
        assert got.codes[0, 1] == 0
        assert got.columns == (None if isinstance(x, np.ndarray | list) else ("p", "q"))

    def test_a_missing_cell_is_nan_in_any_kind_of_table(self):
        for x in ([["u"], [None]], np.ma.masked_array([["u"], ["v"]], mask=[[0], [1]]),
                  pa.table({"q": pa.array(["u", None]).dictionary_encode()}),
                  duckdb.connect().sql("FROM (VALUES ('u'), (NULL)) t(q)")):  # fmt: skip
            got = v.check_categories(x)
            np.testing.assert_array_equal(got.codes, [[0], [nan]])
            assert got.levels[0].tolist() == ["u"]

    def test_later_tables_use_the_levels_of_the_first(self):
        levels = v.check_categories([["b", 1], ["a", 5]]).levels
        got = v.check_categories([["a", 5.0], ["a", None]], levels=levels, allow_empty_columns=True)
        np.testing.assert_array_equal(got.codes, [[0, 1], [0, nan]])
        error = refusal("HM503", v.check_categories, [["a", 1], ["teal", 1]], levels=levels)
        assert 'row 1, column 0 (counting from 0) holds "teal"' in error.message
        assert 'known: "a", "b"' in error.message
        assert "2 were seen" in refusal("HM502", v.check_categories, [["a"]], levels=levels).message

    def test_nanoseconds(self):
        x = pd.DataFrame({"d": pd.to_datetime(["2021-01-02", None, "2020-01-01"]).astype("datetime64[ns]")})
        got = v.check_categories(x)
        assert got.levels[0].tolist() == [datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 2)]
        np.testing.assert_array_equal(got.codes[:, 0], [1, nan, 0])

    @pytest.mark.parametrize(("x", "code", "words"), [
        (np.zeros((0, 1)), "HM110", "0 sample"),
        (["a", "b"], "HM111", "Reshape"),
        ([[None], [nan]], "HM118", "column 0 has no value"),
        (np.array([[1j]]), "HM114", "Complex data not supported"),
        (np.array([["a", 1j]], object), "HM114", "row 0, column 1"),
        ([[0.0], [np.inf]], "HM116", "infinity: row 1, column 0"),
    ])  # fmt: skip
    def test_refuses(self, x, code, words):
        assert re.search(words, str(refusal(code, v.check_categories, x)))

    def test_values_without_a_hash(self):
        x = np.array([["a", "b"], ["a", "b"]], object)
        x[1, 0] = {"foo": "bar"}
        error = refusal("HM115", v.check_categories, x)
        assert isinstance(error, TypeError)
        assert re.search("argument must be .* string.* number", str(error))
        assert "row 1, column 0" in error.message

    @given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=20).filter(any))
    def test_codes_give_the_values_back(self, column):
        got = v.check_categories([[cell] for cell in column])
        back = [None if np.isnan(c) else got.levels[0][int(c)] for c in got.codes[:, 0]]
        assert back == column


class TestLabels:
    @pytest.mark.parametrize(("labels", "levels", "codes"), [
        (["b", "a", None, -1], ["a", "b"], [1, 0, -1, -1]),
        ([3, 1, -1, 3], [1, 3], [1, 0, -1, 1]),
        (np.array([3.0, nan, -1.0, 1.0]), [1, 3], [1, -1, -1, 0]),
        (np.array([True, False, True, True]), [False, True], [1, 0, 1, 1]),
        (np.array(["x", "y", "x", "x"]), ["x", "y"], [0, 1, 0, 0]),
        (pd.Series(["b", None, "a", "a"]), ["a", "b"], [1, -1, 0, 0]),
        (pd.Series([2, None, 1, 1], dtype="Int64"), [1, 2], [1, -1, 0, 0]),
        (pd.Series(pd.Categorical(["q", None, "p", "p"])), ["p", "q"], [1, -1, 0, 0]),
        (pl.Series(["b", None, "a", "a"]), ["a", "b"], [1, -1, 0, 0]),
        (np.ma.masked_array([5, 6, 7, 5], mask=[0, 1, 0, 0]), [5, 7], [0, -1, 1, 0]),
        ([None, None, -1, nan], [], [-1, -1, -1, -1]),
    ])  # fmt: skip
    def test_known_and_unknown(self, labels, levels, codes):
        got = v.check_labels(labels, 4)
        assert got.levels.tolist() == levels
        assert got.codes.tolist() == codes
        assert got.codes.dtype == np.intp

    @pytest.mark.parametrize(("labels", "code"), [
        ([1, 2], "HM128"), ("abcd", "HM128"), (np.zeros((4, 1)), "HM128"), ([[1], [2], [3], [4]], "HM128"),
        ([1, {}, 2, 3], "HM115"),
    ])  # fmt: skip
    def test_refuses(self, labels, code):
        refusal(code, v.check_labels, labels, 4)


class TestComponents:
    @pytest.mark.parametrize("k", [1, 5, np.int32(3), np.uint8(5)])
    def test_accepts(self, k):
        got = v.check_n_components(k, 5)
        assert type(got) is int
        assert got == k

    @pytest.mark.parametrize("k", [2.0, "3", None, True, [2], nan])
    def test_other_types(self, k):
        assert isinstance(refusal("HM402", v.check_n_components, k, 5), TypeError)

    @pytest.mark.parametrize("k", [0, -1])
    def test_too_small(self, k):
        assert not isinstance(refusal("HM402", v.check_n_components, k, 5), TypeError)

    def test_more_than_rows(self):
        assert "3 components need at least 3 rows; there are 2" in refusal("HM202", v.check_n_components, 3, 2).message
        assert "there is 1 (n_samples = 1)" in refusal("HM202", v.check_n_components, 2, 1).message
