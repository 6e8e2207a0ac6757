"""Several models in one call: known weights, weights that count for little, and what is kept."""

import warnings

import numpy as np
import pytest

import hiddenmix as hm

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(0, 1, (60, 2)), RNG.normal(4, 1, (30, 2))])
FAST = {"random_state": 0, "n_init": 2}


def test_known_weights_choose_among_shapes():
    model = hm.GaussianMixture(2, covariance_type="auto", weights=[0.3, 0.7], **FAST).fit(X)
    assert {c.n_components for c in model.selection_.candidates} == {2}
    np.testing.assert_array_equal(model.weights_, [0.3, 0.7])
    with pytest.raises(hm.HiddenmixError, match="n_components=2"):
        hm.GaussianMixture([2, 3], weights=hm.Known([0.3, 0.7]), **FAST).fit(X)
    assert len(hm.GaussianMixture([1, 2], weights="equal", **FAST).fit(X).selection_.candidates) == 2


def test_weights_that_sum_to_one_are_said_to_leave_no_penalty():
    weight = np.full(len(X), 1 / len(X))
    with pytest.warns(hm.HiddenmixWarning, match="HM131") as caught:
        hm.GaussianMixture([1, 2], **FAST).fit(X, sample_weight=weight)
    assert "sample_weight * n / sample_weight.sum()" in caught[0].message.help
    with pytest.warns(hm.HiddenmixWarning, match="HM131"):
        hm.GaussianMixture(2, covariance_type=["full", "tied"], **FAST).fit(X, sample_weight=weight)


@pytest.mark.parametrize(
    ("n_components", "weight"),
    [
        (2, np.full(90, 1 / 90)),  # one model: nothing is compared
        ([1, 2], np.full(90, 0.6)),
        ([1, 2], np.repeat([1.0, 0.0], [30, 60])),  # absent rows are no rows
        ([1, 2], None),
    ],
)
def test_weights_that_need_no_warning(n_components, weight):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hm.GaussianMixture(n_components, covariance_type="tied", **FAST).fit(X, sample_weight=weight)


def test_scaled_weights_choose_what_plain_rows_choose():
    weight = np.full(len(X), 1 / len(X))
    scaled = hm.GaussianMixture("auto", **FAST).fit(X, sample_weight=weight * len(X) / weight.sum())
    assert scaled.n_components_ == hm.GaussianMixture("auto", **FAST).fit(X).n_components_ == 2


def test_sizes_are_those_of_the_prediction():
    x = np.vstack([X, np.full((3, 2), np.nan)])
    weight = np.arange(len(x)) % 3.0
    model = hm.GaussianMixture(2, reg_covar=0.5, **FAST).fit(x, sample_weight=weight)
    expected = np.bincount(model.predict(X), weight[: len(X)])
    np.testing.assert_allclose(model.facts_.sizes, expected)
    assert model.facts_.n_empty == 3
