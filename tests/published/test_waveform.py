"""Mixture discriminant analysis on the waveform data (Hastie, Tibshirani & Friedman 2009, Elements of Statistical
Learning, 2nd ed., section 12.7 and Table 12.4; Hastie & Tibshirani 1996, JRSS B 58:155).

Published test errors, means of ten simulations with standard error .006: linear discriminant analysis .191, quadratic
.205, MDA with three subclasses for each class .169; Bayes .140. Means of ten vary by more than their differences, so
that the comparison here is paired: 40 simulations, every method on the same draws. Recomputed over 60 simulations
textbook MDA has .182 (.171 to .195 for means of ten) where linear discriminant analysis has .1975.
"""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

import hiddenmix as hm

# With 300 rows in 21 dimensions there are many optima, which the fits say.
pytestmark = pytest.mark.filterwarnings("ignore:.*only 1 of them in the best optimum:hiddenmix.ConvergenceWarning")
SEEDS = range(40)
PUBLISHED = {"LDA": 0.191, "MDA": 0.169, "Bayes": 0.140}


def waveform(n, rng):
    """Each class mixes two of three triangular waves, at 21 points, with normal noise."""
    at = np.arange(1, 22)
    first, second, third = (np.maximum(6 - np.abs(at - peak), 0.0) for peak in (11, 15, 7))
    ends = np.array([[first, second], [first, third], [second, third]])
    y, share = rng.integers(0, 3, n), rng.random((n, 1))
    return share * ends[y, 0] + (1 - share) * ends[y, 1] + rng.standard_normal((n, 21)), y


def draws(seed):
    rng = np.random.default_rng(seed)
    return *waveform(300, rng), *waveform(500, rng)


def errors(make, seeds=SEEDS):
    """The test error on every draw."""
    found = []
    for seed in seeds:
        x, y, test, truth = draws(seed)
        found.append(np.mean(make(seed).fit(x, y).predict(test) != truth))
    return np.array(found)


@pytest.fixture(scope="module")
def linear():
    return errors(lambda seed: LinearDiscriminantAnalysis())


def said(name, found):
    return f"{name}: {found.mean():.4f} (s.e. {found.std() / np.sqrt(len(found)):.4f}); published: {PUBLISHED}"


def test_linear_discriminant_analysis_is_the_same_yardstick(linear):
    assert linear.mean() == pytest.approx(0.1975, abs=0.001), said("LDA", linear)


def test_three_subclasses_with_one_full_covariance(linear):
    found = errors(lambda seed: hm.MixtureDiscriminant(3, random_state=seed))
    print(said("MDA", found))
    assert found.mean() <= 0.190, said("MDA", found)
    assert (linear - found).mean() >= 0.006, said("MDA", found)


@pytest.mark.parametrize(
    "options", [{"n_components_rank": 2}, {"covariance_type": "spherical"}, {"covariance_type": "diag"}], ids=str
)
def test_fewer_parameters_do_better(options, linear):
    half = SEEDS[::2]  # they differ by several standard errors
    found = errors(lambda seed: hm.MixtureDiscriminant(3, random_state=seed, **options), half)
    print(said(f"MDA {options}", found))
    assert found.mean() <= 0.162, said(f"MDA {options}", found)
    assert (linear[::2] - found).mean() > 0.02
