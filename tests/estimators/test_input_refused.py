"""Bad input: refused with a coded message that names the place."""

import datetime

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from tests.estimators.two_groups import COUNTS, MODEL, NAN, X

import hiddenmix as hm


def cell(value, row=1, column=1, dtype=object):
    x = X.astype(dtype)
    x[row, column] = value
    return x


REFUSED = {
    "no rows": (np.empty((0, 3)), "HM110"),
    "no columns": (np.empty((5, 0)), "HM110"),
    "one-dimensional": (X[:, 0], "HM111"),
    "three-dimensional": (X[None], "HM111"),
    "text": (cell("n/a"), "HM112", 'row 1 .*"n/a"'),
    "text array": (X.astype(str), "HM112"),
    "a date": (cell(datetime.date(2020, 1, 1)), "HM113"),
    "dates": (np.array([["2020-01-01"]] * 5, dtype="datetime64[D]"), "HM113"),
    "complex": (X + 1j, "HM114"),
    "a complex cell": (cell(1j), "HM114"),
    "a dictionary": (cell({"a": 1}), "HM115"),
    "a list": (cell([1, 2]), "HM115"),
    "infinity": (cell(np.inf, dtype=float), "HM116", "row 1, column 1"),
    "minus infinity": (cell(-np.inf, dtype=float), "HM116"),
    "infinity in an object": (cell(float("inf")), "HM116"),
    "sparse": (scipy.sparse.csr_array(np.eye(5)), "HM117", "dense"),
    "an empty column": (np.where(np.arange(3) == 2, NAN, X), "HM118", "column 2"),
    "a huge value": (cell(1e300, dtype=float), "HM119"),
    "tiny values": (X * 1e-300, "HM119"),
    "ragged": ([[1.0, 2.0], [1.0]], "HM129"),
    "a text": ("penguins", "HM129"),
    "too few distinct rows": (np.repeat([[1.0, 2.0, 3.0]], 20, axis=0), "HM201", "there is 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_tables(case):
    table, code, *pattern = REFUSED[case]
    with pytest.raises(hm.HiddenmixError, match=pattern[0] if pattern else code) as error:
        clone(MODEL).fit(table)
    assert error.value.code == code


@pytest.mark.parametrize("case", ["text", "a dictionary", "infinity", "sparse", "one-dimensional", "complex"])
def test_refused_tables_at_predict(case):
    table, code, *_ = REFUSED[case]
    fitted = clone(MODEL).fit(X)
    for method in (fitted.predict, fitted.score_samples, fitted.conditional, fitted.impute):
        with pytest.raises(hm.HiddenmixError, match=code):
            method(table)


@pytest.mark.parametrize(
    ("weight", "code"),
    [
        (np.where(np.arange(90) == 3, -1.0, 1.0), "HM122"),
        (np.where(np.arange(90) == 3, NAN, 1.0), "HM122"),
        (np.where(np.arange(90) == 3, np.inf, 1.0), "HM122"),
        (np.zeros(90), "HM123"),
        (np.ones(89), "HM121"),
        (np.ones((90, 2)), "HM121"),
    ],
)
def test_refused_weights(weight, code):
    with pytest.raises(hm.HiddenmixError, match=code):
        clone(MODEL).fit(X, sample_weight=weight)


@pytest.mark.parametrize(
    ("model", "value", "code"),
    [
        (hm.PoissonMixture(2), -1, "HM124"),
        (hm.PoissonMixture(2), 0.5, "HM125"),
        (hm.BinomialMixture(2, trials=20), 21, "HM126"),
        (hm.BinomialMixture(2), -3, "HM124"),
        (hm.MultinomialMixture(2), 2.5, "HM125"),
        (hm.MultinomialMixture(2), -1, "HM124"),
    ],
)
def test_refused_counts(model, value, code):
    x = COUNTS.astype(float)
    x[4, 1] = value
    with pytest.raises(hm.HiddenmixError, match=code) as error:
        model.fit(x)
    assert "row 4" in error.value.message
    fitted = clone(model).fit(COUNTS) if code != "HM126" else hm.BinomialMixture(2, trials=20).fit(COUNTS)
    with pytest.raises(hm.HiddenmixError, match=code):
        fitted.predict(x)


@pytest.mark.parametrize("trials", [0, -2, 1.5, NAN, [10], [10, 10, 10], np.full((60, 1), 10)])
def test_refused_trials(trials):
    with pytest.raises(hm.HiddenmixError, match="HM127"):
        hm.BinomialMixture(2, trials=trials).fit(COUNTS)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"n_components": 0}, "HM402"),
        ({"n_components": -1}, "HM402"),
        ({"n_components": 2.0}, "HM402"),
        ({"n_components": None}, "HM402"),
        ({"n_components": "many"}, "HM402"),
        ({"n_components": [0, 1]}, "HM402"),
        ({"n_components": 91}, "HM202"),
        ({"covariance_type": "round"}, "HM401"),
        ({"covariance_type": ["full", "round"]}, "HM401"),
        ({"tol": -1.0}, "HM403"),
        ({"tol": "small"}, "HM403"),
        ({"tol": NAN}, "HM403"),
        ({"max_iter": 1.5}, "HM403"),
        ({"n_init": 0}, "HM403"),
        ({"reg_covar": -1.0}, "HM403"),
        ({"reg_covar": "some"}, "HM401"),
        ({"init_params": "best"}, "HM401"),
        ({"weights": "big"}, "HM401"),
        ({"weights": [0.5, 0.6]}, "HM403"),
        ({"weights": [0.2, 0.3, 0.5]}, "HM404"),
        ({"weights": [0.2, 0.3, 0.5], "covariance_type": "auto", "n_components": 2}, "HM410"),
        ({"weights": [0.5, 0.5], "n_components": [1, 2]}, "HM410"),
        ({"weights": [0.5, 0.5], "n_components": "auto"}, "HM410"),
        ({"algorithm": "newton"}, "HM401"),
        ({"n_jobs": 0}, "HM403"),
        ({"n_components": "auto", "criterion": "luck"}, "HM401"),
        ({"weights_init": [0.5, 0.6]}, "HM405"),
        ({"weights_init": [1.0]}, "HM404"),
        ({"means_init": np.zeros((2, 2))}, "HM404"),
        ({"means_init": np.full((2, 3), NAN)}, "HM405"),
        ({"means_init": [["a"] * 3] * 2}, "HM404"),
        ({"precisions_init": np.ones((2, 3))}, "HM404"),
        ({"precisions_init": -np.array([np.eye(3)] * 2)}, "HM405"),
        ({"stds_init": np.zeros((2, 3))}, "HM405"),
        ({"stds_init": np.ones(2)}, "HM404"),
        ({"stds_init": np.ones((2, 3)), "precisions_init": np.array([np.eye(3)] * 2)}, "HM410"),
        ({"weights": "equal", "weights_init": [0.4, 0.6]}, "HM410"),
    ],
    ids=str,
)
def test_refused_options(options, code):
    with pytest.raises(hm.HiddenmixError, match=code):
        clone(MODEL).set_params(**options).fit(X)


def test_refused_columns_at_predict():
    named = pd.DataFrame(X, columns=["a", "b", "c"])
    model = clone(MODEL).fit(named)
    for wrong, code in (
        (named.rename(columns={"b": "d"}), "HM501"),
        (named[["b", "a", "c"]], "HM501"),
        (named[["a", "b"]], "HM501"),
        (X[:, :2], "HM502"),
    ):
        with pytest.raises(hm.HiddenmixError, match=code):
            model.predict(wrong)
    with pytest.warns(hm.HiddenmixWarning, match="HM504"):
        model.predict(X)


def test_unseen_categories():
    x = np.array([["a", "b"], ["b", "b"], ["a", "c"], ["b", "c"]])
    model = hm.CategoricalMixture(1).fit(x)
    with pytest.raises(hm.HiddenmixError, match="HM503"):
        model.predict([["z", "b"]])
    with pytest.raises(hm.HiddenmixError, match="2 features"):
        model.predict([["a"]])
