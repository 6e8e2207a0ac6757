"""The customers: groups by age, and a sex that has nothing to do with them."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.discover._agreement import Agreement


@pytest.fixture(scope="module")
def found():
    data = hm.datasets.customers()
    return hm.compare(hm.GaussianMixture("auto", random_state=0).fit(data.data).predict_proba(data.data), data.labels)


def test_the_table():
    data = hm.datasets.customers()
    ages, sexes = data.labels["age_group"], data.labels["sex"]
    assert {(age, int((ages == age).sum())) for age in set(ages)} == {("elderly", 230), ("kid", 170)}
    assert {(sex, int((sexes == sex).sum())) for sex in set(sexes)} == {("female", 200), ("male", 200)}
    assert (data.data > 0).all()
    np.testing.assert_array_equal(data.data, hm.datasets.load("customers").data)
    assert data.data[0].tolist() == [7.01, 9.48, 4.86, 14.58]


def test_the_clustering_matches_age_and_not_sex(found):
    assert found.n_clusters == 2
    assert found["age_group"].adjusted_rand >= 0.95
    assert found["age_group"].soft.adjusted_rand >= 0.95
    assert abs(found["sex"].adjusted_rand) <= 0.01
    assert found["sex"].p_adjusted > 0.05


def test_it_is_reported_as_something_else_than_sex(found):
    assert found["age_group"].agreement is Agreement.SAME
    assert found["sex"].reading == "unrelated: the clustering found something else"
    assert found.verdict.startswith(
        "The clustering found age_group (99.5 % of rows match), something else than sex, which it ignored; "
    )
    assert [part.labelings for part in found.explained] == [("age_group",)]
