"""scikit-learn's own checks of the estimator API."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import hiddenmix as hm

FRACTIONS = "the check fits and predicts fractions, which are no counts; test_weights.py has the same check on counts"
UNSEEN = "the check predicts values that the fit never saw, which are no known levels; test_weights.py has it on levels"
WEIGHTS = "check_sample_weight_equivalence_on_dense_data"

ESTIMATORS = {
    hm.GaussianMixture(): {},
    hm.GaussianMixture(2, prior="conjugate", covariance_type="diag", n_init=2, random_state=0): {},
    hm.BinomialMixture(): {WEIGHTS: FRACTIONS},
    hm.MultinomialMixture(): {WEIGHTS: FRACTIONS},
    hm.PoissonMixture(): {WEIGHTS: FRACTIONS},
    hm.CategoricalMixture(): {WEIGHTS: UNSEEN},
    hm.LatentClassModel(n_init=2): {WEIGHTS: UNSEEN},
    hm.MixedMixture(): {},
    hm.MixtureModel(hm.Normal("diag")): {},
    hm.NormalImputer(): {},
    hm.FactorAnalysis(isotropic=True): {},  # two columns, which the checks have, tell no other factor
    hm.FactorMixture(isotropic=True, n_init=2): {},
    hm.MixtureDiscriminant(1): {},
    hm.MixtureDiscriminant(
        covariance_type="diag", tied="class", mixture=hm.GaussianMixture(n_init=1), random_state=0
    ): {},
}


# The checks fit tables with fewer rows than columns, for which hiddenmix warns.
@pytest.mark.filterwarnings("ignore::hiddenmix.HiddenmixWarning")
@parametrize_with_checks(list(ESTIMATORS), expected_failed_checks=lambda estimator: ESTIMATORS.get(estimator, {}))
def test_check(estimator, check):
    check(estimator)
