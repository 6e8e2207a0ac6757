"""Overlap by draws and by rows, against closed forms for normals."""

import numpy as np
import pytest
from scipy.stats import norm

import hiddenmix as hm
from hiddenmix.discover.overlap import drawn_overlap, seen_overlap
from hiddenmix.families.shapes import Full

MEAN = np.array([[0.0, 0.0], [2.0, 1.0], [0.5, -3.0]])
COV = np.array([[[1.0, 0.3], [0.3, 2.0]], [[2.0, -0.4], [-0.4, 0.5]], [[0.7, 0.0], [0.0, 0.7]]])


def closed_form(i, j):
    """exp(-D) of Bhattacharyya's distance between normals."""
    middle, apart = (COV[i] + COV[j]) / 2, MEAN[i] - MEAN[j]
    shape = np.log(np.linalg.det(middle) / np.sqrt(np.linalg.det(COV[i]) * np.linalg.det(COV[j])))
    return np.exp(-apart @ np.linalg.solve(middle, apart) / 8 - shape / 2)


def normals():
    return hm.MixtureParams(np.array([0.5, 0.3, 0.2]), hm.NormalParams(MEAN, Full(np.linalg.cholesky(COV))))


def test_bhattacharyya_of_normals():
    found = drawn_overlap(hm.Normal(), normals(), 20_000, np.random.default_rng(0))
    expected = np.array([[closed_form(i, j) for j in range(3)] for i in range(3)])
    apart = np.abs(found.bhattacharyya - expected)
    off = ~np.eye(3, dtype=bool)
    assert np.all(apart[off] < 4 * found.bhattacharyya_se[off])
    assert np.all(found.bhattacharyya_se[off] < 0.005)
    np.testing.assert_array_equal(np.diag(found.bhattacharyya), 1)
    np.testing.assert_array_equal(found.bhattacharyya, found.bhattacharyya.T)
    assert found.pairs()[0] == (0, 1)


def line(gap, weights):
    return hm.MixtureParams(np.asarray(weights), hm.NormalParams(np.array([[0.0], [gap]]), Full(np.ones((2, 1, 1)))))


@pytest.mark.parametrize(("gap", "weights"), [(1.0, [0.5, 0.5]), (3.0, [0.8, 0.2])])
def test_misclassification_of_two_normals_on_a_line(gap, weights):
    """The border lies at gap/2 + log(w0/w1)/gap."""
    found = drawn_overlap(hm.Normal(), line(gap, weights), 40_000, np.random.default_rng(1))
    border = gap / 2 + np.log(weights[0] / weights[1]) / gap
    exact = np.array([norm.sf(border), norm.cdf(border - gap)])
    assert abs(found.omega[0, 1] - exact[0]) < 4 * found.omega_se[0, 1]
    assert abs(found.omega[1, 0] - exact[1]) < 4 * found.omega_se[1, 0]
    np.testing.assert_allclose(found.missed, [found.omega[0, 1], found.omega[1, 0]])
    assert found.omega[0, 0] == found.omega[1, 1] == 0


def test_rows_of_the_mixture_tell_the_same():
    params = normals()
    mixture = hm.Mixture(hm.Normal(), 3)
    x, _ = mixture.sample(params, 40_000, np.random.default_rng(2))
    drawn = drawn_overlap(hm.Normal(), params, 20_000, np.random.default_rng(3))
    seen = seen_overlap(mixture.posterior(params, hm.Batch(x))[1], params.weights)
    np.testing.assert_allclose(seen.bhattacharyya, drawn.bhattacharyya, atol=0.02)
    np.testing.assert_allclose(seen.omega, drawn.omega, atol=0.02)
    np.testing.assert_allclose(seen.missed, drawn.missed, atol=0.02)


def test_equal_and_separate_components():
    equal = drawn_overlap(hm.Normal(), line(0.0, [0.5, 0.5]), 100, np.random.default_rng(0))
    np.testing.assert_allclose(equal.bhattacharyya, 1)
    np.testing.assert_allclose(equal.omega, [[0, 0.5], [0.5, 0]])
    apart = drawn_overlap(hm.Normal(), line(1e6, [0.5, 0.5]), 100, np.random.default_rng(0))
    np.testing.assert_allclose(apart.bhattacharyya, np.eye(2), atol=1e-12)
    np.testing.assert_array_equal(apart.omega, np.zeros((2, 2)))


def test_counts_have_an_overlap_too():
    """Poisson: the coefficient is exp(-(sqrt a - sqrt b)²/2)."""
    params = hm.MixtureParams(np.array([0.5, 0.5]), hm.PoissonParams(np.array([[2.0], [5.0]])))
    found = drawn_overlap(hm.Poisson(), params, 20_000, np.random.default_rng(4))
    exact = np.exp(-((np.sqrt(2) - np.sqrt(5)) ** 2) / 2)
    assert abs(found.bhattacharyya[0, 1] - exact) < 4 * found.bhattacharyya_se[0, 1]
    assert "components 1 and 2" in found.summary()


def test_weights_are_repeated_rows():
    rng = np.random.default_rng(0)
    resp, weight = rng.dirichlet([0.5, 0.4, 0.3], 50), rng.integers(0, 4, 50)
    weights = np.array([0.5, 0.3, 0.2])
    weighted = seen_overlap(resp, weights, weight.astype(float))
    repeated = seen_overlap(np.repeat(resp, weight, axis=0), weights)
    for name in ("bhattacharyya", "bhattacharyya_se", "omega", "omega_se", "missed"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-10, atol=1e-12)
    assert np.any(weighted.omega != seen_overlap(resp, weights).omega)
