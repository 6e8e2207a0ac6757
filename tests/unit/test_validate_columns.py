"""What columns of numbers must allow: squares, distinct rows, covariances with an inverse, and the names of the fit."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.unit.asking import refusal

from hiddenmix import _validate as v
from hiddenmix._errors import HiddenmixWarning

nan = np.nan


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
