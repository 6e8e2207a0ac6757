"""Data frames of pandas, polars and pyarrow: names kept, and given back."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline

import hiddenmix as hm

PENGUINS = hm.datasets.penguins()
NAMES = list(PENGUINS.columns)
TABLE = PENGUINS.data


def frame_of(kind):
    frame = pl.DataFrame(TABLE, schema=NAMES)
    return {"pandas": frame.to_pandas, "polars": lambda: frame, "pyarrow": frame.to_arrow, "lazy": frame.lazy}[kind]()


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "lazy"])
def test_names_are_kept(kind):
    frame = frame_of(kind)
    model = hm.GaussianMixture(2, random_state=0, n_init=2, covariance_type="tied").fit(frame)
    assert model.feature_names_in_.tolist() == NAMES
    assert model.n_features_in_ == 4
    assert all(name in model.summary() for name in NAMES)
    np.testing.assert_array_equal(model.predict(frame), model.predict(frame_of("pandas")))
    model.fit(TABLE)
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_set_output(kind):
    frame = frame_of(kind)
    imputer = hm.NormalImputer().set_output(transform=kind).fit(frame)
    filled = imputer.transform(frame)
    assert type(filled) is type(frame)
    assert list(filled.columns) == NAMES
    assert imputer.get_feature_names_out().tolist() == NAMES
    assert np.isfinite(np.asarray(filled)).all()


def test_in_a_pipeline_with_names():
    frame = frame_of("pandas")
    piped = make_pipeline(hm.NormalImputer(), hm.GaussianMixture(2, random_state=0, n_init=2, covariance_type="tied"))
    piped.set_output(transform="pandas")
    piped.fit(frame)
    assert piped[-1].feature_names_in_.tolist() == NAMES
    both = ColumnTransformer([("bill", hm.NormalImputer(), NAMES[:2])], remainder="drop")
    assert both.fit_transform(frame).shape == (344, 2)


@pytest.mark.parametrize("kind", ["pandas", "polars", "categories", "objects"])
def test_categories_of_frames(kind):
    columns = {name: PENGUINS.labels[name] for name in ("species", "island", "sex")}
    given = {
        "pandas": lambda: pd.DataFrame(columns),
        "polars": lambda: pl.DataFrame({name: list(values) for name, values in columns.items()}),
        "categories": lambda: pd.DataFrame(columns).astype("category"),
        "objects": lambda: np.stack(list(columns.values()), axis=1),
    }[kind]()
    model = hm.CategoricalMixture(2, random_state=0, n_init=2, prior=0.5).fit(given)
    assert [levels.tolist() for levels in model.categories_] == [
        ["Adelie", "Chinstrap", "Gentoo"],
        ["Biscoe", "Dream", "Torgersen"],
        ["female", "male"],
    ]
    assert [p.shape for p in model.probabilities_] == [(2, 3), (2, 3), (2, 2)]
    draws, _ = model.sample(50)
    assert set(draws[:, 0]) <= {"Adelie", "Chinstrap", "Gentoo"}
    if kind != "objects":
        assert model.feature_names_in_.tolist() == list(columns)


@pytest.mark.parametrize("kind", ["pandas", "polars", "objects"])
def test_mixed_frames(kind):
    frame = pd.DataFrame(TABLE, columns=NAMES)
    frame["species"] = PENGUINS.labels["species"]
    frame["heavy"] = frame["body_mass_g"] > 4000
    frame["visits"] = np.random.default_rng(0).poisson(np.where(frame["species"] == "Gentoo", 9.0, 2.0))
    counts = ["visits"]
    if kind == "polars":
        frame = pl.from_pandas(frame)
    if kind == "objects":
        frame, counts = frame.to_numpy(dtype=object), [6]
    model = hm.MixedMixture(2, counts=counts, random_state=0, n_init=2, prior=0.5).fit(frame)
    assert model.columns_ == {"number": [0, 1, 2, 3], "count": [6], "category": [4, 5]}
    assert model.means_.shape == (2, 4)
    assert sorted(np.round(model.rates_[:, 0])) == [2.0, 9.0]
    assert model.categories_[1].tolist() == [False, True]
    draws, _ = model.sample(5)
    assert draws.shape == (5, 7)
    assert "latent" not in model.summary()
    assert model.predict(frame).shape == (344,)


def test_mixed_choices():
    frame = pd.DataFrame({"a": [1.0, 2.0, 1.0, 2.0, 1.0, 5.0], "b": ["x", "y", "x", "y", "y", "x"]})
    by_number = hm.MixedMixture(1, categorical=["a", "b"]).fit(frame)
    assert by_number.columns_ == {"category": [0, 1]}
    assert by_number.categories_[0].tolist() == [1.0, 2.0, 5.0]
    for options, code in (
        ({"categorical": ["c"]}, "HM104"),
        ({"counts": ["b"]}, "HM112"),
        ({"counts": ["a"], "categorical": ["a"]}, "HM410"),
        ({"categorical": []}, "HM112"),
        ({"covariance_type": "ball"}, "HM401"),
        ({"prior": -1.0}, "HM403"),
    ):
        with pytest.raises(hm.HiddenmixError, match=code):
            hm.MixedMixture(1, **options).fit(frame)
