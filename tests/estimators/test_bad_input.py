"""Bad input: refused with a coded message that names the place, accepted exactly, or guarded with a warning."""

import datetime
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from sklearn.base import clone

import hiddenmix as hm

NAN = np.nan
RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(0, 1, (40, 3)), RNG.normal(6, 1.5, (50, 3))])
COUNTS = RNG.poisson(np.repeat([[2, 9], [8, 3]], 30, axis=0))
MODEL = hm.GaussianMixture(2, random_state=0, n_init=3)


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


# Accept exactly ------------------------------------------------------------------------------------------------------


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


HOLES = np.where(RNG.random(X.shape) < 0.1, NAN, X)


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


# Guard ---------------------------------------------------------------------------------------------------------------

DEGENERATE = {
    "constant": (np.column_stack([X, np.full(90, 4.0)]), "'q' is constant"),
    "copy": (np.column_stack([X, X[:, 1] * 2 + 1]), "'q' is a copy of column 'b'"),
    "combination": (np.column_stack([X, X[:, 0] - X[:, 2]]), "'q' is a combination of column 'a' and column 'c'"),
    "large copy": (np.column_stack([X * 1e7, X[:, 1] * 1e7]), "'q' is a copy of column 'b'"),
}


@pytest.mark.parametrize("shape", ["full", "tied"])
@pytest.mark.parametrize("case", DEGENERATE)
def test_guarded_degenerate_columns(case, shape):
    x, words = DEGENERATE[case]
    frame = pd.DataFrame(x, columns=["a", "b", "c", "q"])
    model = clone(MODEL).set_params(covariance_type=shape)
    with pytest.warns(hm.HiddenmixWarning, match=words) as caught:
        model.fit(frame)
    assert [w.message.code for w in caught] == ["HM203"]
    assert np.isfinite(model.score(frame))
    assert model.reg_covar_ >= 1e-6
    assert f"reg_covar={model.reg_covar_:g}" in model.summary()
    assert f"reg_covar={model.reg_covar_:g}" in model.result_.reason
    np.linalg.cholesky(model.covariances_)
    with pytest.raises(hm.HiddenmixError, match=words) as error:
        model.set_params(reg_covar=0).fit(frame)
    assert error.value.code == "HM203"
    model.set_params(reg_covar=1e-3 * x.var()).fit(frame)  # asked for: no warning


def test_guarded_few_rows():
    with pytest.warns(hm.HiddenmixWarning, match="distinct rows are too few"):
        model = hm.GaussianMixture(1).fit(X[:3])
    assert np.isfinite(model.covariances_).all()
    with pytest.warns(hm.HiddenmixWarning, match="HM203"):
        single = hm.GaussianMixture(1).fit(X[:1])
    np.testing.assert_array_equal(single.means_, X[:1])


def test_exact_where_a_maximum_exists():
    """A constant column does not hurt a spherical fit, nor a copy one with independent columns."""
    x = DEGENERATE["copy"][0]
    assert clone(MODEL).set_params(covariance_type="diag").fit(x).reg_covar_ == 0.0
    x = DEGENERATE["constant"][0]
    assert clone(MODEL).set_params(covariance_type="spherical").fit(x).reg_covar_ == 0.0
    with pytest.warns(hm.HiddenmixWarning, match="HM203"):
        clone(MODEL).set_params(covariance_type="diag").fit(x)
    given = hm.NormalPrior(mean=np.zeros(4), scale=np.eye(4), dof=5.0)
    assert clone(MODEL).set_params(prior=given).fit(x).reg_covar_ == 0.0


@pytest.mark.parametrize("value", [4.0, 0.1])
def test_guarded_constant_columns_that_are_standardised(value):
    """A column without a spread has no unit: it is named, and measured as it is."""
    x = np.column_stack([X, np.full(90, value)])
    model = clone(MODEL).set_params(covariance_type="spherical", standardize=True)
    with pytest.warns(hm.HiddenmixWarning, match="column 3 is constant") as caught:
        model.fit(x)
    assert [w.message.code for w in caught] == ["HM203"]
    assert np.all(model.covariances_ > 0)
    units = model.covariances_ / model.covariances_[:, -1:]
    np.testing.assert_allclose(units, np.tile([*X.var(axis=0), 1.0], (2, 1)), rtol=1e-9)
    with pytest.raises(hm.HiddenmixError, match="HM203"):
        model.set_params(reg_covar=0).fit(x)


@pytest.mark.parametrize("scale", [1e12, 1e-12, 1e100, 1e-100])
@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
def test_guarded_scales(scale, shape):
    """Columns far apart in scale: the same fit, rescaled."""
    unit = np.array([1.0, scale, 1.0])
    model = clone(MODEL).set_params(covariance_type=shape)
    plain, scaled = clone(model).fit(X), clone(model).fit(X * unit)
    np.testing.assert_allclose(scaled.means_, plain.means_ * unit, rtol=1e-6)
    np.testing.assert_allclose(scaled.predict_proba(X * unit), plain.predict_proba(X), atol=1e-6)
    assert scaled.score(X * unit) == pytest.approx(plain.score(X) - np.log(scale), rel=1e-9)


def test_guarded_spherical_scales():
    frame = pd.DataFrame(X * [1, 1, 5000], columns=["length", "depth", "mass"])
    with pytest.warns(hm.HiddenmixWarning, match="'mass' varies .* as much as column") as caught:
        clone(MODEL).set_params(covariance_type="spherical").fit(frame)
    assert caught[0].message.code == "HM204"


def test_float32_never_gives_an_indefinite_covariance():
    rng = np.random.default_rng(5)
    for offset, noise in ((0, 1e-3), (1e4, 1e-1), (1e6, 1.0)):
        base = rng.standard_normal((400, 1))
        x = (np.concatenate([base, base + noise * rng.standard_normal((400, 1))], axis=1) + offset).astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hm.HiddenmixWarning)
            model = hm.GaussianMixture(2, random_state=0, n_init=2).fit(x)
        assert np.linalg.eigvalsh(model.covariances_).min() > 0
        np.linalg.cholesky(model.covariances_)
        assert np.isfinite(model.score(x))


# What a fit can come to ----------------------------------------------------------------------------------------------


def test_collapsed_starts_are_set_aside_and_said():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(0, 1, (60, 1)), np.full((6, 1), 4.0), rng.normal(8, 1, (40, 1))])
    with pytest.warns(hm.ConvergenceWarning) as caught:
        model = hm.GaussianMixture(4, random_state=0, init_params="random_from_data").fit(x)
    codes = {w.message.code for w in caught}
    assert "HM301" in codes
    assert np.isfinite(model.covariances_).all()
    assert any(s.status is hm.Status.COLLAPSED for s in model.result_.starts)
    assert "collapsed" in model.summary()


def test_no_estimate_is_an_error():
    x = np.repeat([[0.0], [5.0]], [10, 12], axis=0)
    with pytest.raises(hm.HiddenmixError) as error:
        hm.GaussianMixture(2, means_init=[[0.0], [5.0]], stds_init=[0.1, 0.1]).fit(x)
    assert error.value.code == "HM205"
    assert "prior" in error.value.help


def test_a_spurious_maximum_is_not_chosen_silently():
    """Galaxies with six components: optima that lean on two rows are larger, and flagged."""
    x = hm.datasets.galaxies().data / 1000
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = hm.GaussianMixture(6, random_state=0).fit(x)
    codes = {w.message.code for w in caught}
    assert codes <= {"HM301", "HM303", "HM304"}
    if model.result_.spurious:
        assert "HM304" in codes
    assert "starts finished" in model.summary()


def test_a_saddle_is_left():
    """Murray's data, from correlation 0: the fit of the imputer goes on from the saddle."""
    x = np.array(
        [[1, 1], [1, -1], [-1, 1], [-1, -1], *[[2, NAN]] * 2, *[[-2, NAN]] * 2, *[[NAN, 2]] * 2, *[[NAN, -2]] * 2]
    )
    imputer = hm.NormalImputer().fit(x)
    assert imputer.result_.certificate is not hm.Certificate.SADDLE  # the fit went on from there
    assert imputer.result_.loglik > -30.0333


def test_warnings_are_those_of_scikit_learn_too():
    from sklearn.exceptions import ConvergenceWarning

    assert issubclass(hm.ConvergenceWarning, ConvergenceWarning)
    assert issubclass(hm.ConvergenceWarning, hm.HiddenmixWarning)
    with pytest.warns(ConvergenceWarning):
        hm.GaussianMixture(2, max_iter=1, means_init=[[0, 0, 0], [1, 1, 1]]).fit(X)


def test_unfitted():
    from sklearn.exceptions import NotFittedError

    for name in ("predict", "score", "sample", "conditional", "summary", "marginal"):
        method = getattr(hm.GaussianMixture(2), name)
        with pytest.raises(NotFittedError):
            method(*([] if name in ("sample", "summary") else [X]))
