"""Estimates of positive numbers and directions that stand in the literature."""

import numpy as np
import pytest

import hiddenmix as hm

# Repair times in hours of an airborne communication transceiver: Chhikara & Folks 1977, Technometrics 19:461.
REPAIRS = np.array([
    0.2, 0.3, 0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.7, 0.7, 0.7, 0.8, 0.8, 1.0, 1.0, 1.0, 1.0, 1.1, 1.3, 1.5, 1.5, 1.5,
    1.5, 2.0, 2.0, 2.2, 2.5, 2.7, 3.0, 3.0, 3.3, 3.3, 4.0, 4.0, 4.5, 4.7, 5.0, 5.4, 5.4, 7.0, 7.5, 8.8, 9.0,
    10.3, 22.0, 24.5,
])[:, None]  # fmt: skip

# Directions of 76 turtles after laying eggs, in degrees: Stephens 1969; Fisher 1993, Statistical Analysis of Circular
# Data, appendix B3.
TURTLES = np.array([
    8, 9, 13, 13, 14, 18, 22, 27, 30, 34, 38, 38, 40, 44, 45, 47, 48, 48, 48, 48, 50, 53, 56, 57, 58, 58, 61, 63,
    64, 64, 64, 65, 65, 68, 70, 73, 78, 78, 78, 83, 83, 88, 88, 88, 90, 92, 92, 93, 95, 96, 98, 100, 103, 106,
    113, 118, 138, 153, 153, 155, 204, 215, 223, 226, 237, 238, 243, 244, 250, 251, 257, 268, 285, 319, 343, 350,
])[:, None]  # fmt: skip


def test_repair_times_have_the_published_mean_and_shape():
    fit = hm.fit(hm.Mixture(hm.InverseGaussian(), 1), hm.Rows(REPAIRS), rng=0)
    assert fit.params.components.mean[0, 0] == pytest.approx(3.61, abs=0.005)
    assert fit.params.components.shape[0, 0] == pytest.approx(1.66, abs=0.005)


def test_turtles_head_for_the_sea():
    """Mean direction 64.2 degrees, mean resultant length 0.497 (Fisher 1993)."""
    x = np.deg2rad(TURTLES)
    family = hm.VonMises()
    stats = family.stats(None, x, np.ones((76, 1)))
    assert np.rad2deg(stats.mean[0, 0]) == pytest.approx(64.2, abs=0.05)
    assert stats.resultant[0, 0] / 76 == pytest.approx(0.497, abs=5e-4)
    alone, two = (hm.fit(hm.Mixture(family, k), hm.Rows(x), rng=0, starts=5) for k in (1, 2))
    order = np.argsort(-two.params.weights)
    headed = np.rad2deg(two.params.components.direction[order, 0])
    assert abs((headed[1] - headed[0]) % 360 - 180) < 5  # some go the opposite way
    assert two.loglik > alone.loglik + 8
