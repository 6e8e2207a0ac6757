"""A weight of w is the row w times, and 0 is the row absent."""

import numpy as np
import pytest

import hiddenmix as hm

RNG = np.random.default_rng(0)
WEIGHT = RNG.integers(0, 4, 40)
NORMAL = RNG.standard_normal((40, 2)) + np.repeat([[0, 0], [4, 4]], 20, axis=0)
COUNTS = RNG.poisson(np.repeat([[2, 9], [8, 3]], 20, axis=0))
LEVELS = np.where(RNG.random((40, 3)) < np.repeat([[0.2], [0.9]], 20, axis=0), "yes", "no")

CASES = {
    "gaussian": (hm.GaussianMixture(2, means_init=[[0, 0], [4, 4]]), NORMAL, "means_"),
    "poisson": (hm.PoissonMixture(2, rates_init=[[2, 9], [8, 3]]), COUNTS, "rates_"),
    "binomial": (
        hm.BinomialMixture(2, trials=30, probabilities_init=[[0.1, 0.3], [0.3, 0.1]]),
        COUNTS,
        "probabilities_",
    ),
    "multinomial": (hm.MultinomialMixture(2, probabilities_init=[[0.2, 0.8], [0.7, 0.3]]), COUNTS, "probabilities_"),
    "categorical": (hm.CategoricalMixture(1), LEVELS, "probabilities_"),
    "imputer": (hm.NormalImputer(), np.where(RNG.random((40, 2)) < 0.2, np.nan, NORMAL), "covariance_"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_weight_is_a_number_of_rows(case):
    from sklearn.base import clone

    model, x, attribute = CASES[case]
    weighted = clone(model).fit(x, sample_weight=WEIGHT)
    repeated = clone(model).fit(np.repeat(x, WEIGHT, axis=0))
    np.testing.assert_allclose(
        np.ravel(getattr(weighted, attribute)), np.ravel(getattr(repeated, attribute)), rtol=1e-8, atol=1e-10
    )
    assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_)
    assert weighted.n_iter_ == repeated.n_iter_


@pytest.mark.parametrize("case", CASES)
def test_a_weight_of_zero_is_absence(case):
    from sklearn.base import clone

    model, x, attribute = CASES[case]
    present = WEIGHT > 0
    zero = clone(model).fit(x, sample_weight=present)
    absent = clone(model).fit(x[present])
    np.testing.assert_array_equal(np.ravel(getattr(zero, attribute)), np.ravel(getattr(absent, attribute)))


def test_random_starts_do_not_see_rows_of_weight_zero():
    present = WEIGHT > 0
    zero = hm.GaussianMixture(2, random_state=0).fit(NORMAL, sample_weight=present)
    absent = hm.GaussianMixture(2, random_state=0).fit(NORMAL[present])
    np.testing.assert_array_equal(zero.means_, absent.means_)
    assert zero.facts_.criteria.bic == absent.facts_.criteria.bic


def test_scores_are_weighted_means():
    model = hm.GaussianMixture(2, random_state=0).fit(NORMAL)
    each = model.score_samples(NORMAL)
    assert model.score(NORMAL, sample_weight=WEIGHT) == pytest.approx(np.average(each, weights=WEIGHT))
    repeated = np.repeat(NORMAL, WEIGHT, axis=0)
    assert model.bic(NORMAL, sample_weight=WEIGHT) == pytest.approx(model.bic(repeated))
    assert model.icl(NORMAL, sample_weight=WEIGHT) == pytest.approx(model.icl(repeated))
