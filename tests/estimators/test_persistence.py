"""Model files and pickles: the same estimator comes back, and nothing but plain values goes in."""

import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest

import hiddenmix as hm

PENGUINS = hm.datasets.penguins()
FRAME = pd.DataFrame(PENGUINS.data, columns=PENGUINS.columns)
MIXED = FRAME.assign(species=PENGUINS.labels["species"], island=PENGUINS.labels["island"], sex=PENGUINS.labels["sex"])
COUNTS = pd.DataFrame(np.random.default_rng(0).poisson(np.repeat([[2, 9], [8, 3]], 30, axis=0)), columns=["a", "b"])
FAST = {"random_state": 0, "n_init": 2}

FITTED = {
    "full": lambda: hm.GaussianMixture(2, **FAST).fit(FRAME),
    "tied": lambda: hm.GaussianMixture(3, covariance_type="tied", weights="equal", **FAST).fit(PENGUINS.data),
    "standardised": lambda: hm.GaussianMixture(2, covariance_type="spherical", standardize=True, **FAST).fit(FRAME),
    "labels": lambda: hm.GaussianMixture(3, covariance_type="diag", means_init=None, **FAST).fit(
        FRAME, known_labels=PENGUINS.labels["species"]
    ),
    "prior": lambda: hm.GaussianMixture(
        2,
        covariance_type="diag",
        prior=hm.NormalPrior(mean=np.zeros(2), scale=np.eye(2), dof=4.0),
        stds_init=[[1.0, 1.0], [2.0, 2.0]],
        **FAST,
    ).fit(hm.datasets.faithful().data),
    "binomial": lambda: hm.BinomialMixture(2, **FAST).fit(COUNTS),
    "poisson": lambda: hm.PoissonMixture(2, prior=(1.0, 1.0), **FAST).fit(COUNTS),
    "multinomial": lambda: hm.MultinomialMixture(2, **FAST).fit(COUNTS),
    "categorical": lambda: hm.CategoricalMixture(2, prior=0.5, **FAST).fit(MIXED[["species", "island", "sex"]]),
    "mixed": lambda: hm.MixedMixture(2, prior=0.5, **FAST).fit(MIXED),
    "model": lambda: hm.MixtureModel(hm.Binomial(), 2, **FAST).fit(COUNTS),
    "product": lambda: hm.MixtureModel(hm.Product([hm.Poisson(), hm.Normal("diag")], [0, 1]), 2, **FAST).fit(COUNTS),
}
TABLES = dict.fromkeys(("full", "standardised", "labels"), FRAME) | {
    "tied": PENGUINS.data,
    "prior": hm.datasets.faithful().data,
    "mixed": MIXED,
    "categorical": MIXED[["species", "island", "sex"]],
}


@pytest.mark.parametrize("name", FITTED)
def test_a_model_file_gives_the_estimator_back(name, tmp_path):
    model, x = FITTED[name](), TABLES.get(name, COUNTS)
    path = tmp_path / "model.hmx"
    model.save(path)
    for back in (type(model).load(path), hm.load(path)):
        assert type(back) is type(model)
        np.testing.assert_array_equal(back.predict_proba(x), model.predict_proba(x))
        np.testing.assert_array_equal(back.score_samples(x), model.score_samples(x))
        assert back.summary() == model.summary()
        assert back.result_.status is model.result_.status
        assert back.result_.optima == model.result_.optima
        assert back.history_.objectives == model.history_.objectives
        assert back.bic(x) == model.bic(x)
        assert back.converged_ == model.converged_
        assert back.lower_bound_ == model.lower_bound_
        assert getattr(back, "covariance_type_", None) == getattr(model, "covariance_type_", None)
        if hasattr(model, "classes_"):
            assert back.classes_.tolist() == model.classes_.tolist()
        if hasattr(model, "feature_names_in_"):
            assert back.feature_names_in_.tolist() == model.feature_names_in_.tolist()
        np.testing.assert_array_equal(back.sample(5)[1], model.sample(5)[1])
        with pytest.raises(hm.HiddenmixError, match="HM421"):
            back.standard_errors()
        assert set(back.get_params()) == set(model.get_params())
    again = tmp_path / "again.hmx"
    hm.load(path).save(again)
    assert hm.load(again).summary() == model.summary()


@pytest.mark.parametrize("name", FITTED)
def test_a_pickle_gives_the_estimator_back(name):
    model, x = FITTED[name](), TABLES.get(name, COUNTS)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.predict_proba(x), model.predict_proba(x))
    assert back.summary() == model.summary()


def test_the_imputer_and_given_parameters(tmp_path):
    imputer = hm.NormalImputer().fit(FRAME)
    imputer.save(tmp_path / "i.hmx")
    back = hm.load(tmp_path / "i.hmx")
    np.testing.assert_array_equal(back.transform(FRAME), imputer.transform(FRAME))
    np.testing.assert_array_equal(back.covariance_, imputer.covariance_)
    assert back.converged_
    given = hm.GaussianMixture.from_parameters([1.0], [[0.0]], [[[2.0]]])
    given.save(tmp_path / "g.hmx")
    back = hm.GaussianMixture.load(tmp_path / "g.hmx")
    assert back.score_samples([[1.0]]) == given.score_samples([[1.0]])
    assert not hasattr(back, "result_")


def test_refitting_a_loaded_estimator(tmp_path):
    model = FITTED["full"]()
    model.save(tmp_path / "m.hmx")
    back = hm.load(tmp_path / "m.hmx").fit(FRAME)
    np.testing.assert_array_equal(back.means_, model.means_)


KNOWN = hm.Known([[2.0], [5.0]], [[True], [False]])
PRIOR = hm.NormalPrior(mean=[3.0, 6.0], scale=[[4.0, 1.0], [1.0, 4.0]], dof=5.0)
PRIORS = {
    "conjugate": (lambda: hm.Normal(prior="conjugate", reg_covar=1e-2), COUNTS),
    "normal": (lambda: hm.Normal("tied", prior=PRIOR), COUNTS),
    "ridge": (lambda: hm.Normal("diag", reg_covar=1.0), COUNTS),
    "units": (lambda: hm.Normal("spherical", units="sd", reg_covar=0.5), COUNTS),
    "known mean": (lambda: hm.Normal(mean=hm.Known([[2.0, 9.0], [8.0, 3.0]]), reg_covar=0.5), COUNTS),
    "binomial": (lambda: hm.Binomial(40, prior=(20.0, 30.0)), COUNTS),
    "poisson": (lambda: hm.Poisson(prior=(50.0, 20.0)), COUNTS),
    "known rate": (lambda: hm.Poisson(rate=KNOWN, prior=(50.0, 20.0)), COUNTS[["a"]]),
    "categorical": (lambda: hm.Categorical(prior=7.0), COUNTS > 5),
    "multinomial": (lambda: hm.Multinomial(prior=50.0), COUNTS),
    "product": (lambda: hm.Product([hm.Poisson(prior=(50.0, 20.0)), hm.Normal(reg_covar=2.0)], [0, 1]), COUNTS),
    "linear": (lambda: hm.Product([hm.Poisson(prior=(50.0, 20.0)), hm.Binomial(prior=(9.0, 8.0))], [0, 1]), COUNTS),
}


@pytest.mark.parametrize("name", PRIORS)
def test_a_loaded_estimator_keeps_all_of_its_family(name, tmp_path):
    family, x = PRIORS[name]
    model = hm.MixtureModel(family(), 2, **FAST).fit(x)
    model.save(tmp_path / "m.hmx")
    loaded = hm.load(tmp_path / "m.hmx")
    np.testing.assert_array_equal(loaded.score_samples(x), model.score_samples(x))
    again = loaded.fit(x)
    for parameter, value in model.estimates_.items():
        np.testing.assert_array_equal(again.estimates_[parameter], value, err_msg=parameter)
    assert again.lower_bound_ == model.lower_bound_
    again.save(tmp_path / "again.hmx")
    assert hm.load(tmp_path / "again.hmx").lower_bound_ == model.lower_bound_


def test_a_fitted_model_file_holds_densities_and_no_priors(tmp_path):
    hm.MixtureModel(hm.Product([hm.Poisson(prior=(1.0, 1.0)), hm.Normal(prior="conjugate")], [0, 1]), 2, **FAST).fit(
        COUNTS
    ).save(tmp_path / "m.hmx")
    content = hm.io.load_model(tmp_path / "m.hmx")
    assert all("prior" not in part for part in content["family"]["parts"])
    parts = content["arguments"]["family"]["family of components"]["parts"]
    assert [part["prior"] for part in parts] == [(1.0, 1.0), "conjugate"]


def test_what_cannot_be_saved_or_loaded(tmp_path):
    class Own(hm.Normal):
        pass

    path = tmp_path / "m.hmx"
    with pytest.raises(hm.HiddenmixError, match="HM515"):
        hm.MixtureModel(Own("diag"), 2, **FAST).fit(COUNTS).save(path)
    FITTED["binomial"]().save(path)
    with pytest.raises(hm.HiddenmixError, match="HM514"):
        hm.GaussianMixture.load(path)
    with pytest.raises(hm.HiddenmixError, match="HM101"):
        hm.load(tmp_path / "none.hmx")
    (tmp_path / "text.hmx").write_text("text")
    with pytest.raises(hm.HiddenmixError, match="HM511"):
        hm.load(tmp_path / "text.hmx")
    hm.io.save_model(tmp_path / "other.hmx", {"anything": 1})
    with pytest.raises(hm.HiddenmixError, match="HM514"):
        hm.load(tmp_path / "other.hmx")


@pytest.mark.parametrize(
    "record",
    ["os:system", "io:load_model", "estimators.gaussian:GaussianMixture", "nowhere:Thing", "model:Known.mask", ""],
)
def test_a_file_makes_only_records_of_the_library(record, tmp_path):
    content = hm.io.load_model(_saved(tmp_path))
    content["params"] = {"record": record, "value": 1}
    hm.io.save_model(tmp_path / "bad.hmx", content)
    with pytest.raises(hm.HiddenmixError, match="HM513"):
        hm.load(tmp_path / "bad.hmx")


def test_an_incomplete_file_is_damaged(tmp_path):
    content = hm.io.load_model(_saved(tmp_path))
    for missing in ("params", "reader", "family", "arguments"):
        hm.io.save_model(tmp_path / "bad.hmx", {key: value for key, value in content.items() if key != missing})
        with pytest.raises(hm.HiddenmixError, match="HM513"):
            hm.load(tmp_path / "bad.hmx")


def test_a_file_holds_no_code(tmp_path):
    with zipfile.ZipFile(_saved(tmp_path)) as archive:
        names = archive.namelist()
        assert names[0] == "model.json"
        assert all(name.endswith(".npy") for name in names[1:])
        json.loads(archive.read("model.json"))


def test_callbacks_and_generators_stay_behind(tmp_path):
    model = hm.GaussianMixture(2, callback=lambda step: None, random_state=np.random.RandomState(0)).fit(FRAME)
    model.save(tmp_path / "m.hmx")
    back = hm.load(tmp_path / "m.hmx")
    assert back.callback is None
    assert back.random_state is None


def _saved(folder):
    path = folder / "model.hmx"
    FITTED["binomial"]().save(path)
    return path
