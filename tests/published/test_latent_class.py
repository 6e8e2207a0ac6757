"""Role conflict (Stouffer & Toby 1951, American Journal of Sociology 56:395), as analysed by Goodman (1974).

216 respondents and four situations, answered in a universalistic (1) or particularistic (2) way. Goodman, L. A. (1974).
Exploratory latent structure analysis using both identifiable and unidentifiable models. Biometrika 61:215: independence
has G^2 81.08 and X^2 104.11 with 11 degrees of freedom, two latent classes have 2.72 and 2.72 with 6, and the shares
.279 and .721 with the probabilities of a universalistic answer below.
"""

import itertools

import numpy as np
import pytest

import hiddenmix as hm

PATTERNS = np.array(list(itertools.product([1, 2], repeat=4)))
SEEN = np.array([20, 2, 9, 2, 6, 1, 4, 1, 38, 7, 24, 6, 25, 6, 23, 42])
SHARES = [0.721, 0.279]
UNIVERSAL = [[0.286, 0.670, 0.646, 0.868], [0.007, 0.060, 0.073, 0.231]]


def fitted(k, **options):
    return hm.LatentClassModel(k, random_state=0, tol=1e-10, max_iter=20000, **options).fit(
        PATTERNS, sample_weight=SEEN
    )


def test_independence():
    fit = fitted(1).goodness_of_fit()
    assert SEEN.sum() == 216
    assert (round(fit.g2, 2), round(fit.x2, 2), fit.df) == (81.08, 104.11, 11)


def test_two_classes():
    model = fitted(2)
    fit = model.goodness_of_fit()
    assert (round(fit.g2, 2), round(fit.x2, 2), fit.df) == (2.72, 2.72, 6)
    np.testing.assert_allclose(model.weights_, SHARES, atol=5.1e-4)
    found = np.column_stack([p[:, 0] for p in model.probabilities_])
    np.testing.assert_allclose(found, UNIVERSAL, atol=5.1e-4)


def test_rows_and_patterns_are_the_same():
    rows = hm.LatentClassModel(2, random_state=0).fit(np.repeat(PATTERNS, SEEN, axis=0))
    assert rows.result_.loglik == pytest.approx(fitted(2).result_.loglik, abs=1e-4)
