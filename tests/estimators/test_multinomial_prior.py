"""A Dirichlet prior on multinomial probabilities: one pseudo-count for all categories, or one for each."""

import numpy as np
import pytest

import hiddenmix as hm

COUNTS = np.random.default_rng(0).multinomial(20, [0.2, 0.3, 0.5], 60).astype(float)


@pytest.mark.parametrize("prior", [2.0, [1.0, 2.0, 3.0]])
def test_estimates_are_shares_of_what_was_seen_in_all(prior):
    fitted = hm.MultinomialMixture(1, prior=prior).fit(COUNTS)
    seen = COUNTS.sum(axis=0) + prior
    np.testing.assert_allclose(fitted.probabilities_, [seen / seen.sum()], rtol=1e-12)


@pytest.mark.parametrize(
    ("prior", "code"), [([1, 2], "HM404"), (-1, "HM403"), ("a", "HM403"), ([1, np.nan, 1], "HM403")]
)
def test_priors_that_are_none(prior, code):
    with pytest.raises(hm.HiddenmixError) as caught:
        hm.MultinomialMixture(1, prior=prior).fit(COUNTS)
    assert caught.value.code == code
