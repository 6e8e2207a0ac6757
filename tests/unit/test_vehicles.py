"""The generated vehicles: kinds within classes, and two kinds that lie between classes."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.model_selection import cross_val_predict

from hiddenmix import datasets

SUMS = [7415.36, 2501.11, 2820.77, 4576.24, 4026833.0, 171045.0]
BETWEEN = {"trike": ("tourer", "city car"), "delivery truck": ("people carrier", "box truck")}


@pytest.fixture(scope="module")
def vehicles():
    return datasets.vehicles()


def median(data, kind):
    return np.median(data.data[data.labels["kind"] == kind], axis=0)


def test_classes_of_several_kinds(vehicles):
    of, kinds = vehicles.labels["class"], vehicles.labels["kind"]
    assert dict(zip(*np.unique(of, return_counts=True))) == {"bike": 570, "car": 670, "truck": 340}
    members = {name: sorted(set(kinds[of == name])) for name in ("bike", "car", "truck")}
    assert members == {
        "bike": ["motorbike", "scooter", "tourer", "trike"],
        "car": ["city car", "family car", "people carrier", "sports car"],
        "truck": ["articulated truck", "box truck", "delivery truck"],
    }


def test_the_draws_stay_what_they_are(vehicles):
    assert vehicles.data[0].tolist() == datasets.load("vehicles").data[0].tolist()
    np.testing.assert_allclose(vehicles.data.sum(axis=0), SUMS, atol=0.005)
    assert vehicles.labels["kind"][:3].tolist() == ["sports car", "scooter", "people carrier"]


def test_units_are_plausible(vehicles):
    low, high = vehicles.data.min(axis=0), vehicles.data.max(axis=0)
    assert np.all(low > [1.5, 0.5, 0.9, 1.1, 80, 5])
    assert np.all(high < [20, 3, 4.6, 12, 22000, 450])
    length, wheelbase = vehicles.data[:, 0], vehicles.data[:, 3]
    assert np.all(wheelbase < length)


@pytest.mark.parametrize("kind", BETWEEN)
def test_a_kind_between_two_classes(vehicles, kind):
    below, above = (median(vehicles, other) for other in BETWEEN[kind])
    size = [0, 1, 3, 4]  # length, width, wheelbase, mass
    assert np.all(below[size] < median(vehicles, kind)[size])
    assert np.all(median(vehicles, kind)[size] < above[size])


def test_two_kinds_are_hard_even_where_all_kinds_are_known(vehicles):
    # An oracle of its own: one normal for each kind.
    of, kinds = vehicles.labels["class"], vehicles.labels["kind"]
    home = dict(zip(kinds, of))
    found = cross_val_predict(QuadraticDiscriminantAnalysis(), vehicles.data, kinds, cv=5)
    wrong = np.array([home[kind] for kind in found]) != of
    rate = {kind: wrong[kinds == kind].mean() for kind in home}
    hardest = sorted(rate, key=rate.get)[-2:]
    assert set(hardest) == set(BETWEEN)
    assert 0.01 < wrong.mean() < 0.03
    assert min(rate[kind] for kind in BETWEEN) > 2 * max(rate[kind] for kind in set(rate) - set(BETWEEN))
