"""Completed data sets: of the kind that came in, from the right distribution, and honest about parameters."""

import pickle

import numpy as np
import pytest

import hiddenmix as hm

NAN = np.nan
METHODS = ("bootstrap", "information", "fixed")


def two_groups(n=160, seed=0, share=0.2):
    """Rows of two normal components in three columns, with holes; the first row is complete."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]])
    x[: n // 2] += 6.0
    x[rng.random(x.shape) < share] = NAN
    x[0] = 5.0
    return x


@pytest.fixture(scope="module")
def x():
    return two_groups()


@pytest.fixture(scope="module")
def gaussian(x):
    return hm.GaussianMixture(2, random_state=0, n_init=2).fit(x)


@pytest.mark.parametrize("method", METHODS)
def test_observed_cells_stay_and_draws_depend_on_the_seed_only(x, method):
    model = hm.GaussianMixture(2, covariance_type="tied", random_state=0, n_init=1).fit(x)
    two, five = (model.completed(x, m, method=method, rng=3) for m in (2, 5))
    assert len(two) == 2
    assert len(five) == 5
    for table in five:
        assert table.dtype == x.dtype
        assert np.isfinite(table).all()
        np.testing.assert_array_equal(table[~np.isnan(x)], x[~np.isnan(x)])
    for a, b in zip(two, five):  # the first ones do not depend on how many there are
        np.testing.assert_array_equal(a, b)
    holes = np.isnan(x)
    assert (five[0][holes] != five[1][holes]).all()
    assert np.isnan(x).any()  # which is as it was


def test_seeds(gaussian, x):
    own, zero, one = (gaussian.completed(x, 1, method="fixed", rng=rng)[0] for rng in (None, 0, 1))
    np.testing.assert_array_equal(own, zero)  # random_state=0
    assert not np.array_equal(zero, one)
    source = np.random.default_rng(0)
    first, second = (gaussian.completed(x, 1, rng=source)[0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_draws_have_the_conditional_distribution(gaussian):
    row = np.array([NAN, 3.2, NAN])
    table = gaussian.completed(np.tile(row, (60_000, 1)), 1, method="fixed", rng=0)[0]
    known = gaussian.conditional([row])[0]
    drawn = table[:, [0, 2]]
    np.testing.assert_allclose(drawn.mean(axis=0), known.mean(), atol=4 * known.sd().max() / np.sqrt(60_000))
    np.testing.assert_allclose(drawn.std(axis=0), known.sd(), rtol=0.02)
    between = known.means - known.mean()
    cov = np.einsum("k,kab->ab", known.weights, known.covariances + between[:, :, None] * between[:, None, :])
    np.testing.assert_allclose(np.cov(drawn.T), cov, atol=0.03 * np.abs(cov).max())
    np.testing.assert_allclose(np.quantile(drawn, [0.1, 0.9], axis=0), known.quantile([0.1, 0.9]), atol=0.06)


def frame():
    """Columns of every kind, as pandas has them."""
    import pandas as pd

    rng = np.random.default_rng(0)
    n, group = 120, np.repeat([0, 1], 60)
    level = np.where(rng.random(n) < 0.9, group, 1 - group)
    made = pd.DataFrame(
        {
            "size": rng.standard_normal(n) + 6 * group,
            "small": (rng.standard_normal(n) + 3 * group).astype(np.float32),
            "years": pd.array(np.rint(30 + 10 * group + 3 * rng.standard_normal(n)).astype(int), dtype="Int64"),
            "visits": rng.poisson(2.0 + 6 * group).astype(float),
            "grade": pd.Categorical(np.array(["low", "high"])[level], ["none", "low", "high"], ordered=True),
            "town": pd.Series(np.array(["Oslo", "Rome"])[level], dtype="string"),
            "member": pd.array(level.astype(bool), dtype="boolean"),
        },
        index=pd.Index(np.arange(n) + 100, name="id"),
    )
    for j, name in enumerate(made):
        made.loc[made.index[5 + j :: 7 + j], name] = None
    return made


@pytest.fixture(scope="module")
def mixed():
    return hm.MixedMixture(2, counts=["visits"], prior=0.1, random_state=0, n_init=2).fit(frame())


def test_pandas_frames_keep_index_names_and_types(mixed):
    import pandas as pd

    given = frame()
    for table in mixed.completed(given, 2, rng=0):
        assert isinstance(table, pd.DataFrame)
        pd.testing.assert_index_equal(table.index, given.index)
        assert (table.dtypes == given.dtypes).all()
        assert not table.isna().any(axis=None)
        pd.testing.assert_frame_equal(table.where(given.notna()), given.where(given.notna()))
        counts = table["visits"][given["visits"].isna()]
        assert (counts == np.floor(counts)).all()
        assert (counts >= 0).all()
        drawn = table["size"][given["size"].isna()]
        assert (drawn != np.floor(drawn)).all()
        assert set(table["grade"]) <= {"low", "high"}  # "none" was never seen
        assert set(table["town"]) == {"Oslo", "Rome"}
    pd.testing.assert_frame_equal(given, frame())


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_other_frames_keep_names_and_types(mixed, kind):
    given = frame().reset_index(drop=True)
    if kind == "polars":
        import polars as pl

        native = pl.from_pandas(given).with_columns(pl.col("grade").cast(pl.Enum(["none", "low", "high"])))
        rows, types = native.rows(), native.schema
    else:
        import pyarrow as pa

        native = pa.Table.from_pandas(given)
        rows, types = list(zip(*native.to_pydict().values())), native.schema.types
    table = mixed.completed(native, 1, rng=0)[0]
    assert type(table) is type(native)
    assert (table.schema if kind == "polars" else table.schema.types) == types
    after = table.rows() if kind == "polars" else list(zip(*table.to_pydict().values()))
    for old, new in zip(rows, after, strict=True):
        assert None not in new
        assert all(a == b for a, b in zip(old, new) if a is not None)
    pandas_rows = mixed.completed(given, 1, rng=0)[0]
    np.testing.assert_array_equal([row[0] for row in after], pandas_rows["size"])
    assert [row[4] for row in after] == pandas_rows["grade"].tolist()


def test_duckdb_relations_cannot_be_written_to(mixed):
    import duckdb

    given = frame()
    with pytest.raises(hm.HiddenmixError, match=r"HM410[\s\S]*relation.df"):
        mixed.completed(duckdb.from_df(given.astype({"grade": str})), 1)


def test_arrays_keep_their_type(x):
    rounded = np.rint(x)
    model = hm.GaussianMixture(2, random_state=0, n_init=2).fit(rounded)
    masked = np.ma.masked_array(np.where(np.isnan(rounded), -99, rounded).astype(int), np.isnan(rounded))
    objects = rounded.astype(object)
    objects[np.isnan(rounded)] = None
    single = rounded.astype(np.float32)
    exact = model.completed(rounded, 1, rng=0)[0]
    whole = model.completed(masked, 1, rng=0)[0]
    assert whole.dtype == int
    assert not isinstance(whole, np.ma.MaskedArray)
    np.testing.assert_array_equal(whole, np.rint(exact))  # draws of a column of integers are rounded
    loose = model.completed(objects, 1, rng=0)[0]
    assert loose.dtype == object
    np.testing.assert_array_equal(loose.astype(float), exact)
    holes = np.isnan(rounded)
    assert all(a is b for a, b in zip(loose[~holes], objects[~holes]))
    assert model.completed(single, 1, rng=0)[0].dtype == np.float32
    np.testing.assert_array_equal(model.completed(rounded.tolist(), 1, rng=0)[0], exact)
    integers = np.array([[None if v is None else int(v) for v in row] for row in objects], dtype=object)
    assert {type(v) for v in model.completed(integers, 1, rng=0)[0].ravel()} == {int}


def truth_values():
    x = np.random.default_rng(0).random((80, 3)) < np.repeat([[0.2], [0.8]], 40, axis=0)
    x = x.astype(object)
    x[::7, 1] = None
    return x


def counted(x):
    return np.rint(np.abs(x))


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (hm.GaussianMixture(2, covariance_type="tied", prior="conjugate", random_state=0), two_groups()),
        (hm.GaussianMixture(2, covariance_type="spherical", standardize=True, random_state=0), two_groups()),
        (hm.StudentMixture(2, df=8, random_state=0), two_groups()),
        (hm.PoissonMixture(2, prior=(1, 1), random_state=0), counted(two_groups())),
        (hm.BinomialMixture(2, trials=20, prior=(1, 1), random_state=0), counted(two_groups())),
        (hm.CategoricalMixture(2, prior=1.0, random_state=0), truth_values()),
        (hm.LatentClassModel(2, prior=1.0, random_state=0, n_init=3), truth_values()),
        (hm.MixtureModel(hm.Gamma(), 2, random_state=0, n_init=2), np.abs(two_groups()) + 0.1),
        (hm.NormalImputer(random_state=0), two_groups()),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("method", METHODS)
def test_every_mixture_completes(model, table, method):
    model.fit(table)
    missing = np.array([[value is None or value != value for value in row] for row in table])
    first, second = model.completed(table, 2, method=method, rng=0)
    assert first.dtype == table.dtype
    assert (first[~missing] == table[~missing]).all()
    assert set(np.unique(first[missing].astype(float))) != set()
    assert (first[missing] != second[missing]).any()
    drawn = first[missing].astype(float)
    assert np.isfinite(drawn).all()
    if table.dtype == object:
        assert set(first.ravel()) == {True, False}
    elif not isinstance(model, hm.NormalImputer | hm.GaussianMixture | hm.StudentMixture):
        assert (drawn >= 0).all()
        if not isinstance(model, hm.MixtureModel):
            assert (drawn == np.floor(drawn)).all()


def test_a_column_alone_and_columns_of_another_table(gaussian, x):
    later = np.array([[NAN, 1.0, 2.0], [NAN, NAN, NAN]])
    assert gaussian.completed(later, 1, rng=0)[0].shape == (2, 3)
    with pytest.raises(hm.HiddenmixError, match="HM502"):
        gaussian.completed(later[:, :2], 1)
    for m in (0, 1.5):
        with pytest.raises(hm.HiddenmixError, match="HM403"):
            gaussian.completed(x, m)
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        gaussian.completed(x, method="mcmc")


def test_without_the_data_of_the_fit_parameters_are_fixed(gaussian, x):
    bare = hm.GaussianMixture.from_parameters(gaussian.weights_, gaussian.means_, gaussian.covariances_)
    for model in (pickle.loads(pickle.dumps(gaussian)), bare, gaussian.marginal([0, 1, 2])):
        for method in METHODS[:2]:
            with pytest.raises(hm.HiddenmixError, match="HM421"):
                model.completed(x, 1, method=method)
        np.testing.assert_allclose(
            model.completed(x, 1, method="fixed", rng=0)[0], gaussian.completed(x, 1, method="fixed", rng=0)[0]
        )


def test_curvature_that_tells_no_uncertainty():
    x = two_groups(60)
    with pytest.warns(hm.ConvergenceWarning):
        short = hm.GaussianMixture(2, random_state=0, max_iter=1, n_init=1).fit(x)
    with pytest.raises(hm.HiddenmixError, match=r"HM441|iteration limit"):
        short.completed(x, 1, method="information")
    edge = hm.BinomialMixture(1, trials=1).fit([[1.0, 0.0], [1.0, 1.0], [1.0, NAN]])  # a probability of 1
    with pytest.raises(hm.HiddenmixError, match=r"boundary[\s\S]*bootstrap"):
        edge.completed([[1.0, NAN]], 1, method="information")
    assert set(np.unique(edge.completed([[1.0, NAN]], 1))) <= {0.0, 1.0}


def test_samples_without_an_estimate_are_drawn_again_and_told():
    x = np.array([[0.0], [0.1], [-0.1], [0.3], [0.2], [8.0], [8.4], [7.7], [8.1], [NAN]])
    model = hm.GaussianMixture(2, means_init=[[0.0], [8.0]], reg_covar=0).fit(x)
    with pytest.warns(hm.HiddenmixWarning, match=r"bootstrap samples had no estimate[\s\S]*HM441"):
        tables = model.completed(x, 60, rng=0)
    assert np.isfinite(np.array(tables)).all()


def test_refits_that_stop_early_are_told(x):
    with pytest.warns(hm.ConvergenceWarning):
        model = hm.GaussianMixture(2, random_state=0, max_iter=1, n_init=1, algorithm="em").fit(x)
    with pytest.warns(hm.ConvergenceWarning, match=r"refits stopped after 1 iterations"):
        model.completed(x, 2, rng=0)
