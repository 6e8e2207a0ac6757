"""The two coins of Do & Batzoglou (2008), What is the expectation maximization algorithm?, Nature Biotechnology 26:897.

Five sets of ten tosses, each with one of two coins, and which one is hidden; both are equally likely. The figures to
ten digits were computed apart from this library; they round to those printed in the paper (0.71 and 0.58 after one
iteration, 0.80 and 0.52 after ten).
"""

import numpy as np
import pytest

import hiddenmix as hm

HEADS = hm.datasets.coins().data
COEFFICIENTS = 21.773275943775  # log of the product of the binomial coefficients, which the table leaves out
START = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.60], [0.50]]))

TABLE = [  # iteration, A, B, log-likelihood before it
    (1, 0.7130122354, 0.5813393083, -33.0938625198),
    (2, 0.7452920361, 0.5692557502, -31.8592579482),
    (3, 0.7680988344, 0.5495359141, -31.7231160794),
    (5, 0.7910552459, 0.5262811670, -31.5849468427),
    (10, 0.7967441495, 0.5196586622, -31.5702019866),
]
LIMIT = 0.7967890669, 0.5195831201, -31.5702002360


@pytest.fixture(scope="module")
def coins():
    return hm.Mixture(hm.Binomial(trials=10), 2, weights="equal")


@pytest.fixture(scope="module")
def long(coins):
    return hm.fit(coins, HEADS, START, stop=hm.Iterations(100))


def test_first_responsibilities(coins):
    _, resp = coins.posterior(START, hm.Batch(HEADS))
    first = [0.44914893, 0.80498552, 0.73346716, 0.35215613, 0.64721512]
    np.testing.assert_allclose(resp, np.transpose([first, 1 - np.array(first)]), atol=5e-9)


def test_first_expected_counts(coins):
    stats = hm.Stepper(coins, HEADS, START).e().point.stats
    np.testing.assert_allclose(stats.components.successes[:, 0], [21.29748190, 11.70251810], atol=5e-9)
    np.testing.assert_allclose(stats.components.failures[:, 0], [8.57224661, 8.42775339], atol=5e-9)


@pytest.mark.parametrize(("iteration", "a", "b", "loglik"), TABLE)
def test_table(long, iteration, a, b, loglik):
    np.testing.assert_allclose(long.trace[iteration].params.components.p[:, 0], [a, b], atol=5e-11)
    assert long.trace[iteration - 1].loglik == pytest.approx(loglik + COEFFICIENTS, abs=5.1e-11)


def test_limit(long):
    a, b, loglik = LIMIT
    np.testing.assert_allclose(long.params.components.p[:, 0], [a, b], atol=5e-11)
    assert long.loglik == pytest.approx(loglik + COEFFICIENTS, abs=5.1e-11)
    assert long.loglik == pytest.approx(-9.7969242922216, abs=1e-12)  # in 30-digit arithmetic


def test_the_papers_own_rule_stops_after_eight_steps(coins):
    result = hm.fit(coins, HEADS, START, stop=hm.ParameterChange(1e-3))
    assert result.iterations == 8
    assert result.status is hm.Status.CONVERGED
    assert [f"{p:.4f}" for p in result.params.components.p[:, 0]] == ["0.7965", "0.5200"]
    assert [f"{p:.2f}" for p in result.params.components.p[:, 0]] == ["0.80", "0.52"]


def test_our_own_rule_goes_to_the_limit(coins):
    result = hm.fit(coins, HEADS, START, stop=hm.Gain(1e-12))
    assert result.certificate is hm.Certificate.MAXIMUM
    np.testing.assert_allclose(result.params.components.p[:, 0], LIMIT[:2], atol=1e-5)


def test_coins_known(coins):
    """With the coin of every set known, B A A B A, the estimate is heads over tosses: 24/30 and 9/20."""
    codes = np.array([1, 0, 0, 1, 0])
    assert [("A", "B")[c] for c in codes] == list(hm.datasets.coins().labels["coin"])
    rows = hm.Rows(HEADS, evidence=hm.Evidence.from_labels(codes, 2))
    result = hm.fit(coins, rows, START)
    np.testing.assert_allclose(result.params.components.p[:, 0], [0.80, 0.45], rtol=1e-15)
    assert result.converged
