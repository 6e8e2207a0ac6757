"""Latent classes at the edges: covariates of any size, one row, and arguments that cannot be."""

import warnings

import numpy as np
import pytest

import hiddenmix as hm

RNG = np.random.default_rng(1)
CLASS = (RNG.random(200) < 0.4).astype(int)
C = RNG.standard_normal((200, 2)) + CLASS[:, None]
ANSWERS = (RNG.random((200, 4)) < np.array([[0.8, 0.3, 0.6, 0.9], [0.2, 0.7, 0.1, 0.3]])[CLASS]).astype(int)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_unit_of_a_covariate_does_not_matter(size):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = hm.Rows(ANSWERS.astype(float), covariates=C * size)
        found = hm.fit(hm.GatedMixture(hm.Categorical([2] * 4), 2), data, starts=3, rng=0)
    plain = hm.Rows(ANSWERS.astype(float), covariates=C)
    there = hm.fit(hm.GatedMixture(hm.Categorical([2] * 4), 2), plain, starts=3, rng=0)
    assert found.loglik == pytest.approx(there.loglik, rel=1e-9)


def test_one_row_has_standard_errors_of_nothing():
    model = hm.LatentClassModel(1).fit([["yes", "no"]])
    assert model.standard_errors()["weights"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("call", "code", "word"),
    [
        (lambda: hm.LatentClassModel([]).fit(ANSWERS), "HM401", "empty"),
        (lambda: hm.LatentClassModel(True).fit(ANSWERS), "HM402", "n_classes"),
        (lambda: hm.LatentClassModel(2, weights=[np.nan, 1]).fit(ANSWERS), "HM403", "0 or more"),
        (lambda: hm.LatentClassModel(2, weights=None).fit(ANSWERS), "HM403", "0 or more"),
        (lambda: hm.LatentClassModel(2).fit(ANSWERS, covariates=np.where(C > 0, "a", "b")), "HM112", "zeros and ones"),
        (lambda: hm.LatentClassModel(2).fit(ANSWERS, covariates=np.where(C > 3, np.inf, C)), "HM116", "covariate"),
    ],
)
def test_arguments_that_cannot_be(call, code, word):
    with pytest.raises(hm.HiddenmixError) as error:
        call()
    assert error.value.code == code
    assert word in str(error.value)


def test_covariates_alone_that_are_none():
    model = hm.LatentClassModel(2, random_state=0, n_init=2).fit(ANSWERS, covariates=C)
    with pytest.raises(hm.HiddenmixError) as error:
        model.predict_membership(3)
    assert error.value.code == "HM111"
