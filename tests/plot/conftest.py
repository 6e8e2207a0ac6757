"""The penguins, a model of them that pictures share, and figures closed after each test."""

import pytest

import hiddenmix as hm
from hiddenmix.datasets import load


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="session")
def penguins():
    return load("penguins")


@pytest.fixture(scope="session")
def fitted(penguins):
    model = hm.GaussianMixture([1, 2, 3], covariance_type=["full", "tied"], n_init=2, random_state=0)
    return model.fit(penguins.data)
