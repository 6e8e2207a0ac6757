"""Unusual input: accepted exactly, to the last bit where the numbers are the same."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from tests.estimators.two_groups import HOLES, MODEL, NAN, X

import hiddenmix as hm


def reference(x):
    return clone(MODEL).fit(np.asarray(x, dtype=float))


def same(model, other):
    np.testing.assert_array_equal(model.means_, other.means_)
    np.testing.assert_array_equal(model.covariances_, other.covariances_)


INTEGERS = np.round(X).astype(int)


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (INTEGERS, INTEGERS),
        (INTEGERS.astype(object), INTEGERS),
        (X.astype(object), X),
        (X.tolist(), X),
        (np.asfortranarray(X), X),
        (X[:, :1], X[:, :1]),
        (pd.DataFrame(X), X),
        (pd.DataFrame(INTEGERS).astype("Int64"), INTEGERS),
        (pl.DataFrame(X, schema=["a", "b", "c"]), X),
        (pl.DataFrame(INTEGERS, schema=["a", "b", "c"]), INTEGERS),
        (X.astype(">f8"), X),
        (X.astype(np.float32).astype(np.longdouble), X.astype(np.float32)),
    ],
    ids=["int", "int objects", "float objects", "lists", "Fortran", "one column", "pandas", "Int64", "polars",
         "polars int", "big-endian", "long double"],
)  # fmt: skip
def test_accepted_exactly(given, plain):
    same(clone(MODEL).fit(given), reference(plain))


def test_accepted_booleans():
    x = X > 3
    model = hm.BinomialMixture(2, trials=1, random_state=0)
    np.testing.assert_array_equal(clone(model).fit(x).probabilities_, clone(model).fit(x.astype(float)).probabilities_)


def test_accepted_read_only_and_mapped(tmp_path):
    mapped = np.memmap(tmp_path / "x.bin", dtype=float, mode="w+", shape=X.shape)
    mapped[:] = X
    fixed = X.copy()
    fixed.flags.writeable = False
    before = X.copy()
    for given in (mapped, fixed):
        same(clone(MODEL).fit(given), reference(X))
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("kind", ["masked", "objects", "nullable", "polars", "pyarrow"])
def test_accepted_missing_cells(kind):
    missing = np.isnan(HOLES)
    frame = pd.DataFrame(HOLES, columns=["a", "b", "c"])
    given = {
        "masked": lambda: np.ma.array(np.where(missing, -99.0, HOLES), mask=missing),
        "objects": lambda: np.where(missing, None, HOLES.astype(object)),
        "nullable": lambda: frame.astype("Float64"),
        "polars": lambda: pl.DataFrame(np.where(missing, 0.0, HOLES), schema=["a", "b", "c"]).with_columns(
            *[pl.Series(name, [None if np.isnan(v) else v for v in frame[name]]) for name in "abc"]
        ),
        "pyarrow": lambda: pl.from_pandas(frame).to_arrow(),
    }[kind]()
    same(clone(MODEL).fit(given), reference(HOLES))


def test_accepted_float32_is_float64_to_single_precision():
    single = X.astype(np.float32)
    model = clone(MODEL).fit(single)
    np.testing.assert_allclose(model.means_, reference(X).means_, rtol=1e-5, atol=1e-5)
    assert model.means_.dtype == np.float64
    same(model, reference(single))


def test_accepted_rows_without_a_value():
    empty = np.concatenate([X[:20], np.full((7, 3), NAN), X[20:]])
    tight = clone(MODEL).set_params(means_init=[[0, 0, 0], [6, 6, 6]], tol=1e-13)
    model, plain = clone(tight).fit(empty), clone(tight).fit(X)
    np.testing.assert_allclose(model.means_, plain.means_, rtol=1e-6)
    assert model.facts_.criteria.n == len(X)
    assert model.bic(empty) == pytest.approx(plain.bic(X))
    np.testing.assert_allclose(model.predict_proba(empty)[20], model.weights_)
    assert model.score_samples(empty)[20] == pytest.approx(0.0, abs=1e-12)
    assert model.facts_.sizes.sum() == len(X)
    assert "7 have no value" in model.summary()
