"""Tables that users hand over: accepted exactly, or refused with a code that names the place."""

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
from tests.unit.asking import refusal

from hiddenmix import _validate as v
from hiddenmix._errors import HiddenmixTypeError

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
