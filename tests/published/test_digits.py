"""scikit-learn's handwritten digits, five folds: several normal subclasses for each digit against one.

Of Alpaydin & Kaynak (1998), Kybernetes 27:369, as scikit-learn ships them. All on the same 64 columns and folds.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_val_score

import hiddenmix as hm

# Some pixels are always white, which the fits tell of.
pytestmark = pytest.mark.filterwarnings("ignore::hiddenmix.HiddenmixWarning")
X, Y = load_digits(return_X_y=True)
FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)
QUICK = hm.GaussianMixture(n_init=1)


def accuracy(subclasses, **options):
    model = hm.MixtureDiscriminant(subclasses, mixture=QUICK, random_state=0, **options)
    return np.mean(cross_val_score(model, X, Y, cv=FOLDS))


def test_several_subclasses_are_better_than_one_normal_for_each_digit():
    one = {
        "its own full covariance": accuracy(1, tied="none"),
        "one full covariance for all": accuracy(1, tied="all"),
        "one variance for all": accuracy(1, covariance_type="spherical"),
    }
    ten = accuracy(10, covariance_type="spherical")
    print(f"one normal for each digit: {one}; ten, with one variance for all: {ten:.4f}")
    assert ten > max(one.values()) + 0.01
    assert ten > 0.975
