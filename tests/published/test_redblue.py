"""Red and blue: two normals on a line, from a widely read introduction to EM by example.

That write-up prints 2.910, 0.854, 6.838, 2.227 after 20 iterations, with standard deviations taken around the
*previous* means. Ours is the exact M-step, around the new means. Both have the same fixed points; after 20 iterations
they differ by 7e-6, below the printed digits. The weights are held at 1/2.
"""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.families.shapes import Full

X = hm.datasets.redblue().data
START = hm.MixtureParams([0.5, 0.5], hm.NormalParams([[1.1], [9.0]], Full(np.array([[[2.0]], [[1.7]]]))))


def numbers(params):
    """Means and standard deviations: red, then blue."""
    mean, sd = params.components.mean[:, 0], params.components.cov.chol[:, 0, 0]
    return [mean[0], sd[0], mean[1], sd[1]]


def with_the_previous_mean(iterations):
    """The write-up's own iteration."""
    x, mean, sd = X, np.array([1.1, 9.0]), np.array([2.0, 1.7])
    for _ in range(iterations):
        share = np.exp(-np.log(sd) - 0.5 * ((x - mean) / sd) ** 2)
        share /= share.sum(axis=1, keepdims=True)
        sd = np.sqrt((share * (x - mean) ** 2).sum(axis=0) / share.sum(axis=0))
        mean = (share * x).sum(axis=0) / share.sum(axis=0)
    return [mean[0], sd[0], mean[1], sd[1]]


@pytest.fixture(scope="module")
def equal():
    return hm.fit(hm.Mixture(hm.Normal(), 2, weights="equal"), X, START, stop=hm.Iterations(100))


def test_log_likelihoods(equal):
    assert equal.trace[0].loglik == pytest.approx(-114.7383, abs=5e-5)
    assert equal.trace[20].loglik == pytest.approx(-88.45253, abs=5e-6)


def test_twenty_iterations(equal):
    ours = numbers(equal.trace[20].params)
    np.testing.assert_allclose(ours, [2.90962, 0.85420, 6.83823, 2.22718], atol=5e-6)
    assert [f"{value:.3f}" for value in ours] == ["2.910", "0.854", "6.838", "2.227"]


def test_the_write_ups_m_step_differs_on_the_way_and_not_in_the_limit(equal):
    theirs = with_the_previous_mean(20)
    assert [f"{value:.3f}" for value in theirs] == ["2.910", "0.854", "6.838", "2.227"]
    assert 1e-6 < np.abs(np.subtract(theirs, numbers(equal.trace[20].params))).max() < 1e-5
    assert np.abs(np.subtract(with_the_previous_mean(1), numbers(equal.trace[1].params))).max() > 0.1
    np.testing.assert_allclose(with_the_previous_mean(300), numbers(equal.params), atol=1e-9)


def test_limit(equal):
    np.testing.assert_allclose(numbers(equal.params), [2.90959, 0.85415, 6.83795, 2.22736], atol=5e-6)


def test_free_weights():
    result = hm.fit(hm.Mixture(hm.Normal(), 2), X, START, stop=hm.Iterations(300))
    np.testing.assert_allclose(numbers(result.params), [2.90090, 0.84285, 6.76293, 2.26858], atol=5.1e-6)
    np.testing.assert_allclose(result.params.weights, [0.48421, 0.51579], atol=5e-6)
    assert result.loglik == pytest.approx(-88.44651, abs=5e-6)


def test_colours_known():
    """With known colours: plain means and standard deviations (the write-up's own draws differ from these)."""
    red = hm.datasets.redblue().labels["colour"] == "red"
    rows = hm.Rows(X, evidence=hm.Evidence.from_labels(np.where(red, 0, 1), 2))
    result = hm.fit(hm.Mixture(hm.Normal(), 2, weights="equal"), rows, START)
    plain = [X[red].mean(), X[red].std(), X[~red].mean(), X[~red].std()]
    np.testing.assert_allclose(numbers(result.params), plain, rtol=1e-13)
    np.testing.assert_allclose(plain, [2.81321, 0.80011, 6.97255, 2.03884], atol=5e-6)
