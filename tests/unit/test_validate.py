"""What users hand over: accepted exactly, or refused with a code that names the place."""

import datetime
import decimal
import fractions
import re
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hiddenmix import _validate as v
from hiddenmix._errors import HiddenmixError, HiddenmixTypeError, HiddenmixWarning

nan = np.nan
NUMBERS = [[1.0, nan], [2.5, 4.0], [nan, 6.0]]


def frame_of(library):
    """The same table of numbers with two missing cells in each library's own way."""
    columns = {"a": [1.0, 2.5, None], "b": [None, 4, 6]}
    match library:
        case "pandas":
            return pd.DataFrame(columns)
        case "pandas nullable":
            return pd.DataFrame({"a": pd.array(columns["a"], "Float64"), "b": pd.array(columns["b"], "Int64")})
        case "pandas arrow":
            return pd.DataFrame({"a": pd.array(columns["a"], "double[pyarrow]"), "b": pd.array(columns["b"], "Int8")})
        case "pandas object":
            return pd.DataFrame(columns, dtype=object)
        case "polars":
            return pl.DataFrame(columns)
        case "polars lazy":
            return pl.LazyFrame(columns)
        case "polars decimal":
            return pl.DataFrame(columns).cast({"a": pl.Decimal(10, 2)})
        case "pyarrow":
            return pa.table(columns)
        case "duckdb":
            return duckdb.connect().sql("FROM (VALUES (1.0, NULL), (2.5, 4), (NULL, 6)) t(a, b)")


LIBRARIES = [
    "pandas",
    "pandas nullable",
    "pandas arrow",
    "pandas object",
    "polars",
    "polars lazy",
    "polars decimal",
    "pyarrow",
    "duckdb",
]


def refusal(code, call, *args, **options):
    """The error that the call must raise, checked for its code."""
    with pytest.raises(HiddenmixError) as caught:
        call(*args, **options)
    assert caught.value.code == code, caught.value
    return caught.value


class TestTableAccepts:
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_frames(self, library):
        table = v.check_table(frame_of(library))
        assert table.columns == ("a", "b")
        assert table.values.dtype == np.float64
        np.testing.assert_array_equal(table.values, NUMBERS)

    @pytest.mark.parametrize("make", [
        lambda x: x,
        np.asfortranarray,
        lambda x: np.ma.masked_array(np.nan_to_num(x, nan=99), mask=np.isnan(x)),
        lambda x: x.astype(">f8"),
        lambda x: x.astype(np.longdouble),
        lambda x: np.where(np.isnan(x), None, x.astype(object)),
        lambda x: np.where(np.isnan(x), pd.NA, x.astype(object)),
        lambda x: x.tolist(),
        lambda x: tuple(map(tuple, x)),
        lambda x: [[None if np.isnan(c) else fractions.Fraction(c) for c in row] for row in x],
        lambda x: [[decimal.Decimal(str(c)) for c in row] for row in x],
    ], ids=["plain", "fortran", "masked", "big endian", "long double", "object None", "object NA", "lists", "tuples",
            "fractions", "decimals"])  # fmt: skip
    def test_arrays(self, make):
        table = v.check_table(make(np.array(NUMBERS)))
        assert table.columns is None
        assert table.values.dtype == np.float64
        assert table.values.dtype.isnative
        np.testing.assert_array_equal(table.values, NUMBERS)

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, object])
    def test_other_numbers_become_float64(self, dtype):
        table = v.check_table(np.array([[0, 1], [1, 1]], dtype))
        assert table.values.dtype == np.float64
        np.testing.assert_array_equal(table.values, [[0, 1], [1, 1]])

    def test_masked_integers_and_booleans(self):
        for dtype in (np.int32, bool):
            x = np.ma.masked_array(np.array([[1, 0], [1, 1]], dtype), mask=[[0, 1], [0, 0]])
            np.testing.assert_array_equal(v.check_table(x).values, [[1, nan], [1, 1]])
            assert x.mask.tolist() == [[False, True], [False, False]]

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_floats_are_not_copied(self, dtype, order, tmp_path):
        x = np.array(NUMBERS, dtype, order=order)
        x.flags.writeable = False
        assert v.check_table(x).values is x
        mapped = np.memmap(tmp_path / "x", dtype, "w+", shape=(3, 2), order=order)
        mapped[:] = x
        assert np.shares_memory(v.check_table(mapped).values, mapped)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_frames_of_one_float_type_keep_it(self, dtype):
        x = np.array(NUMBERS, dtype)
        frame = pd.DataFrame(x, columns=["a", "b"])
        table = v.check_table(frame)
        assert table.values.dtype == dtype
        assert np.shares_memory(table.values, frame.to_numpy())
        assert v.check_table(pl.DataFrame(x)).values.dtype == dtype
        assert v.check_table(pd.DataFrame({"a": x[:, 0], "b": pd.array(x[:, 1])})).values.dtype == dtype

    def test_mixed_float_widths_widen(self):
        frame = pl.DataFrame({"a": pl.Series([1.5, 2], dtype=pl.Float32), "b": [1.0, 2.0]})
        assert v.check_table(frame).values.dtype == np.float64

    def test_nullable_booleans(self):
        table = v.check_table(pd.DataFrame({"a": pd.array([True, None, False], "boolean"), "b": [True, False, True]}))
        np.testing.assert_array_equal(table.values, [[1, 1], [nan, 0], [0, 1]])

    def test_frames_that_number_their_columns_have_no_names(self):
        for x in (np.eye(2), np.array([[1, 2], [3, 4], [5, 6]])):
            table = v.check_table(pd.DataFrame(x))
            assert table.columns is None
            np.testing.assert_array_equal(table.values, x)
        codes = v.check_categories(pd.DataFrame({5: ["u", "v", "u"], 7: [1, 1, 2]})).codes
        assert codes.tolist() == [[0, 0], [1, 0], [0, 1]]

    def test_rows_without_any_cell(self):
        np.testing.assert_array_equal(v.check_table([[nan, nan], [1, 2]]).values, [[nan, nan], [1, 2]])

    def test_an_object_with_array_interface(self):
        class Wrapped:
            def __array__(self, dtype=None, copy=None):
                return np.eye(2)

        np.testing.assert_array_equal(v.check_table(Wrapped()).values, np.eye(2))

    def test_empty_columns_only_if_allowed(self):
        x = [[1, nan], [2, nan]]
        np.testing.assert_array_equal(v.check_table(x, allow_empty_columns=True).values, x)
        error = refusal("HM118", v.check_table, x)
        assert "column 1 has no value: all of its 2 cells" in error.message
        assert "column 'b'" in refusal("HM118", v.check_table, pd.DataFrame(x, columns=["a", "b"])).message

    @given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
                      elements=st.floats(allow_infinity=False)))  # fmt: skip
    def test_lists_and_objects_are_read_as_the_array_is(self, x):
        x[0] = 0.0  # no column without a value
        for same in (x.tolist(), x.astype(object), pl.DataFrame(x), np.ma.masked_invalid(x)):
            np.testing.assert_array_equal(v.check_table(same).values, x)


def test_checking_an_array_loads_no_frame_library():
    code = (
        "import sys, numpy as np; from hiddenmix._validate import check_table; check_table(np.eye(2));"
        "names = ('pandas', 'polars', 'pyarrow', 'duckdb', 'narwhals', 'sklearn', 'scipy');"
        "print([m for m in names if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


class TestTableRefuses:
    @pytest.mark.parametrize(("x", "code", "words"), [
        (np.zeros((0, 3)), "HM110", r"0 sample\(s\) \(shape=\(0, 3\)\) while a minimum of 1 is required"),
        (np.zeros((12, 0)), "HM110", r"0 feature\(s\) \(shape=\(\d*, 0\)\) while a minimum of \d* is required."),
        (pd.DataFrame(), "HM110", "minimum of 1"),
        (pl.DataFrame({"a": []}), "HM110", "0 sample"),
        (np.zeros(3), "HM111", r"1D array of shape \(3,\). Reshape your data"),
        (pd.Series([1.0, 2.0]), "HM111", "Reshape your data"),
        (pl.Series([1.0, 2.0]), "HM111", "Reshape your data"),
        (["a", "b"], "HM111", "Reshape your data"),
        (5.0, "HM111", "a single number"),
        (np.zeros((2, 2, 2)), "HM111", r"3D array of shape \(2, 2, 2\)"),
        ("penguins", "HM129", 'got "penguins"'),
        (None, "HM129", "got None"),
        ({"a": [1, 2]}, "HM129", "dict"),
        ([[1, 2], [3]], "HM129", "a list that cannot be read as a table"),
        ([[1, "n/a "], [2, 3]], "HM112", r'column 1 has text in row 0 \(counting from 0\): "n/a "'),
        (np.array([["1", "2"]]), "HM112", "text in row 0"),
        (np.array([[b"1"]]), "HM112", "text"),
        (np.array([[1, 2], [3, "x"]], object), "HM112", "column 1 has text in row 1"),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), "HM112", "column 'b' has text in row 0"),
        (pl.DataFrame({"a": [1, 2], "b": [None, "y"]}), "HM112", "column 'b' has text in row 1"),
        (pd.DataFrame({"a": pd.Categorical(["u", "v"])}), "HM112", '"u"'),
        (pl.DataFrame({"a": [datetime.date(2020, 1, 2)]}), "HM113", "column 'a' holds a date or time: 2020-01-02"),
        (pd.DataFrame({"a": pd.to_timedelta([1, 2])}), "HM113", "date or time"),
        (np.array([["2020-01-02"]], "M8[D]"), "HM113", "2020-01-02"),
        (np.array([[1, datetime.timedelta(1)]], object), "HM113", "row 0, column 1"),
        (np.array([[1, np.timedelta64(3, "s")]], object), "HM113", "row 0, column 1"),
        (np.array([[1j]]), "HM114", "Complex data not supported"),
        ([[1.0, 2j]], "HM114", "Complex data not supported"),
        (np.array([[1, 2j]], object), "HM114", "row 0, column 1"),
        (pd.DataFrame({"a": [1.0, 2j]}), "HM114", "Complex data not supported"),
        ([[1.0, np.inf], [2, 3]], "HM116", r"infinity: row 0, column 1 \(counting from 0\) holds inf"),
        (pd.DataFrame({"a": [1, -np.inf]}), "HM116", r"infinity: row 1 \(counting from 0\), column 'a' holds -inf"),
        ([[1, 10**400]], "HM116", "row 0, column 1 .* infinity"),
        (np.array([[nan, 1], [1, np.inf]], np.float32), "HM116", "row 1, column 1"),
        (pd.DataFrame(np.eye(2), columns=["a", "a"]), "HM129", "'a' 2 times"),
    ])  # fmt: skip
    def test_by_code_and_place(self, x, code, words):
        error = refusal(code, v.check_table, x)
        assert re.search(words, str(error)), str(error)
        assert not isinstance(error, TypeError)

    @pytest.mark.parametrize("cell", [{"foo": "bar"}, [1], object(), lambda: 1, np.zeros(2)])
    def test_objects_that_are_no_numbers_are_a_type_error(self, cell):
        x = np.ones((3, 2), object)
        x[2, 1] = cell
        error = refusal("HM115", v.check_table, x)
        assert isinstance(error, HiddenmixTypeError)
        assert re.search("argument must be .* string.* number", str(error))  # scikit-learn's own check asks for this
        assert "row 2, column 1" in error.message

    def test_nested_values_in_a_frame(self):
        assert "column 'a'" in refusal("HM115", v.check_table, pl.DataFrame({"a": [[1], [2]]})).message

    @pytest.mark.parametrize("make", [scipy.sparse.csr_array, scipy.sparse.coo_matrix, scipy.sparse.dok_array])
    def test_sparse(self, make):
        for call in (v.check_table, v.check_categories):
            error = refusal("HM117", call, make(np.eye(3)))
            assert isinstance(error, TypeError)
            assert "Sparse" in str(error)

    def test_names_of_mixed_types(self):
        error = refusal("HM129", v.check_table, pd.DataFrame(np.eye(2), columns=["a", 1]))
        assert isinstance(error, TypeError)
        assert "['int', 'str']" in str(error)

    def test_minimum_of_rows(self):
        assert v.check_table([[1], [2]], min_rows=2).values.shape == (2, 1)
        assert "Found array with 1 sample(s)" in refusal("HM110", v.check_table, [[1]], min_rows=2).message

    def test_infinity_far_down_a_long_table(self):
        x = np.zeros((1_100_000, 2))
        x[1_099_999, 1] = -np.inf
        assert "row 1099999, column 1" in refusal("HM116", v.check_table, x).message


class TestSquares:
    @pytest.mark.parametrize("x", [
        [[1e149], [-1e149]], [[1e-149], [-1e-149]], [[0.0], [0.0]], [[1e-300], [1e-300]], [[nan], [1.0]],
        [[1e12, 1e-12], [2e12, 3e-12]],
    ])  # fmt: skip
    def test_passes(self, x):
        v.check_squares(np.array(x))
        v.check_squares(np.clip(x, -1e30, 1e30).astype(np.float32))

    @pytest.mark.parametrize(("column", "words"), [
        ([1e300, 2e300], "'b' goes up to 2e[+]300"),
        ([-1e200, nan], "'b' goes up to 1e[+]200"),
        ([1e-300, 2e-300], "'b' has a standard deviation of 5e-301"),
        ([0.0, 1e-200], "'b' has a standard deviation"),
    ])  # fmt: skip
    def test_refuses(self, column, words):
        x = np.column_stack([[1.0, 2.0], column])
        assert re.search(words, refusal("HM119", v.check_squares, x, ("a", "b")).message)

    def test_ranges_leave_missing_cells_out(self):
        ranges = v.column_ranges(np.array([[1, nan, nan], [-2, 5, nan]]))
        np.testing.assert_array_equal(ranges.low, [-2, 5, nan])
        np.testing.assert_array_equal(ranges.high, [1, 5, nan])


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


class TestDistinct:
    def test_message_counts_duplicates(self):
        x = np.repeat([[1.0, 2], [1, 3]], 1000, axis=0)
        v.check_enough_distinct(x, 2)
        assert refusal("HM201", v.check_enough_distinct, x, 3).message == (
            "3 components need at least 3 distinct rows; there are 2 (1998 of 2000 rows are duplicates)")  # fmt: skip

    def test_one(self):
        message = refusal("HM201", v.check_enough_distinct, np.ones((3, 1)), 2).message
        assert "there is 1 (2 of 3 rows are duplicates)" in message

    def test_rows_of_weight_zero_or_without_a_cell_do_not_count(self):
        x = np.array([[1.0], [2], [3], [nan]])
        v.check_enough_distinct(x, 3)
        message = refusal("HM201", v.check_enough_distinct, x, 4).message
        assert "there are 3 (1 of 4 rows are duplicates or empty)" in message
        message = refusal("HM201", v.check_enough_distinct, x, 3, np.array([1.0, 1, 0, 1])).message
        assert "there are 2" in message

    def test_zero_has_no_sign_and_missing_cells_are_alike(self):
        other_nan = np.array(0x7FF8000000000123, np.uint64).view(np.float64)
        x = np.array([[0.0, nan], [-0.0, other_nan]])
        assert v.count_distinct(x, 5) == 1

    @given(hnp.arrays(np.float32, st.tuples(st.integers(1, 200), st.integers(1, 3)),
                      elements=st.sampled_from([0, -0.0, 1, 2, nan])), st.integers(1, 12))  # fmt: skip
    def test_against_sets(self, x, limit):
        rows = {tuple(None if np.isnan(c) else float(c) for c in row) for row in x}
        rows = {row for row in rows if set(row) != {None}}
        for same in (x, np.asfortranarray(x), x.astype(np.float64)):
            assert v.count_distinct(same, limit) == min(limit, len(rows))


class TestDegenerate:
    rng = np.random.default_rng(3)
    names = ("a", "b", "c", "d", "e")

    def table(self, n=300):
        return self.rng.normal(size=(n, 5)) * [1, 1e6, 1e-6, 3, 1] + [0, 1e7, 0, 5, -2]

    def test_ordinary_columns(self):
        found = v.degenerate_columns(self.table(), self.names)
        assert not found
        assert found.describe() == ""

    @pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6])
    def test_nearly_collinear_is_not_degenerate(self, noise):
        x = self.table()
        x[:, 4] = x[:, 0] + noise * self.rng.normal(size=len(x))
        assert not v.degenerate_columns(x)

    def test_constant(self):
        x = self.table()
        x[:, 2] = 7
        x[3, 2] = nan
        found = v.degenerate_columns(x, self.names)
        assert found.constant == (2,)
        assert found.describe() == "column 'c' is constant"

    @pytest.mark.parametrize(("shift", "scale"), [(0, 1), (32, 1.8), (-1e5, -1e-9)])
    def test_copies_in_other_units(self, shift, scale):
        x = self.table()
        x[:, 3] = shift + scale * x[:, 1]
        found = v.degenerate_columns(x, self.names)
        assert found.combined == ((3, (1,)),)
        assert found.describe() == "column 'd' is a copy of column 'b', or a multiple of it"

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_a_total_beside_its_parts(self, dtype):
        x = self.rng.normal(5, 2, size=(300, 5)).astype(dtype)
        x[:, 4] = x[:, 0] + x[:, 2] + x[:, 3]
        found = v.degenerate_columns(x, self.names)
        assert found.combined == ((4, (0, 2, 3)),)
        assert "column 'e' is a combination of column 'a', column 'c' and column 'd'" in found.describe()
        assert "column 4 is a combination of column 0, column 2 and column 3" in v.degenerate_columns(x).describe()

    def test_several_at_once(self):
        x = self.table()
        x[:, 1], x[:, 2], x[:, 4] = 1, 2 * x[:, 0], x[:, 3] - x[:, 0]
        found = v.degenerate_columns(x, self.names)
        assert found.constant == (1,)
        assert found.combined == ((2, (0,)), (4, (0, 3)))

    def test_one_row_in_many_that_breaks_the_relation(self):
        x = self.rng.normal(size=(100_003, 2))
        x[:, 1] = x[:, 0]
        assert v.degenerate_columns(x).combined == ((1, (0,)),)
        x[77_777, 1] += 1  # a row that the sample does not hold
        assert not v.degenerate_columns(x)

    def test_missing_cells(self):
        x = self.table()
        x[:, 4] = x[:, 0] + x[:, 3]
        x[self.rng.random(x.shape) < 0.2] = nan
        assert v.degenerate_columns(x).combined == ((4, (0, 3)),)

    def test_no_complete_row(self):
        x = self.table()
        x[:, 4] = 3 * x[:, 0]
        x[np.arange(300), self.rng.integers(0, 5, 300)] = nan
        assert v.degenerate_columns(x).combined == ((4, (0,)),)

    def test_too_few_rows(self):
        found = v.degenerate_columns(self.table(5))
        assert found.few_rows == 5
        assert "5 distinct rows are too few" in found.describe()
        assert v.degenerate_columns(np.repeat(self.table(4), 100, axis=0)).few_rows == 4
        assert not v.degenerate_columns(self.table(6))

    def test_rows_of_weight_zero_are_absent(self):
        x = self.table()
        x[:-1, 1] = 4
        weights = np.ones(300)
        assert not v.degenerate_columns(x, None, weights)
        weights[-1] = 0
        assert v.degenerate_columns(x, None, weights).constant == (1,)

    def test_a_single_column(self):
        assert not v.degenerate_columns(self.table()[:, :1])
        assert v.degenerate_columns(np.ones((9, 1))).constant == (0,)


class TestSameColumns:
    def test_the_same(self):
        v.check_same_columns(2, ("a", "b"), 2, ("a", "b"), "M")
        v.check_same_columns(2, None, 2, None, "M")

    @pytest.mark.parametrize(("columns", "words", "help"), [
        (("b", "a"), "Feature names must be in the same order as they were in fit.", "right order"),
        (("a", "d"), "Feature names unseen at fit time:\n- d\n"
                     "Feature names seen at fit time, yet now missing:\n- b", "rename 'd' to 'b'?"),
        (("a",), "yet now missing:\n- b", ""),
        (("a", "b", "x"), "unseen at fit time:\n- x", "right order"),
    ])  # fmt: skip
    def test_other_names(self, columns, words, help):
        error = refusal("HM501", v.check_same_columns, len(columns), columns, 2, ("a", "b"), "M")
        assert error.message.startswith("The feature names should match those that were passed during fit.\n")
        assert words in error.message
        assert help in error.help

    def test_many_other_names_are_cut_short(self):
        many = tuple(f"x{i}" for i in range(9))
        message = refusal("HM501", v.check_same_columns, 9, many, 1, ("a",), "M").message
        assert "- x4\n- ...\n" in message
        assert "x5" not in message

    def test_another_number(self):
        message = refusal("HM502", v.check_same_columns, 1, None, 4, None, "GaussianMixture").message
        assert message == "X has 1 features, but GaussianMixture is expecting 4 features as input"

    @pytest.mark.parametrize(("columns", "fitted", "words"), [
        (None, ("a",), "X does not have valid feature names, but M was fitted with feature names"),
        (("a",), None, "X has feature names, but M was fitted without feature names"),
    ])  # fmt: skip
    def test_names_on_one_side_only(self, columns, fitted, words):
        with pytest.warns(HiddenmixWarning, match=words) as caught:
            v.check_same_columns(1, columns, 1, fitted, "M")
        assert caught[0].message.code == "HM504"
