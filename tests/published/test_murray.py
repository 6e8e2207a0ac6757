"""A saddle that looks like convergence (Murray 1977, in the discussion of Dempster, Laird & Rubin, JRSS B 39:27).

Twelve pairs from a bivariate normal with mean 0, eight of them with one value missing. From correlation 0, EM stops at
S = 2.5 I, which is a saddle; the maxima have diagonal 8/3 and correlation 1/2 or -1/2. At the saddle, a perturbation in
the correlation grows by 16/15 in each iteration.
"""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.families.shapes import Full

N = np.nan
PAIRS = np.array(
    [(1, 1), (1, -1), (-1, 1), (-1, -1), (2, N), (2, N), (-2, N), (-2, N), (N, 2), (N, 2), (N, -2), (N, -2)]
)
MODEL = hm.Single(hm.Normal(mean=hm.Known(np.zeros((1, 2)))))
SADDLE, MAXIMUM = -30.0333423863, -29.9742864105


def start(correlation):
    return hm.NormalParams(np.zeros((1, 2)), Full(np.linalg.cholesky([[[1.0, correlation], [correlation, 1.0]]])))


def covariance(result):
    return MODEL.estimates(result.params)["covariance"][0]


def assert_at_a_maximum(result, sign=None):
    cov = covariance(result)
    assert result.loglik == pytest.approx(MAXIMUM, abs=1e-10)
    assert np.diag(cov) == pytest.approx([8 / 3, 8 / 3], abs=1e-5)
    assert abs(cov[0, 1]) * 3 / 8 == pytest.approx(0.5, abs=1e-5)
    assert sign in (None, np.sign(cov[0, 1]))
    assert result.certificate is hm.Certificate.MAXIMUM


def test_from_zero_em_stops_at_the_saddle_and_says_so():
    result = hm.fit(MODEL, PAIRS, start(0.0), certificate="check", rng=0)
    assert result.status is hm.Status.CONVERGED
    assert result.certificate is hm.Certificate.SADDLE
    assert result.growth == pytest.approx(16 / 15, abs=1e-3)
    assert result.loglik == pytest.approx(SADDLE, abs=1e-5)
    np.testing.assert_allclose(covariance(result), 2.5 * np.eye(2), atol=2e-2)


def test_the_saddle_to_all_digits():
    result = hm.fit(MODEL, PAIRS, start(0.0), certificate="off", stop=hm.Iterations(200))
    assert result.loglik == pytest.approx(SADDLE, abs=5.1e-11)
    np.testing.assert_allclose(covariance(result), 2.5 * np.eye(2), atol=1e-12)
    assert result.certificate is hm.Certificate.UNCHECKED


@pytest.mark.parametrize("seed", range(5))
def test_from_zero_the_default_escapes(seed):
    result = hm.fit(MODEL, PAIRS, start(0.0), rng=seed)
    assert result.loglik == pytest.approx(MAXIMUM, abs=2e-5)
    assert result.certificate is hm.Certificate.MAXIMUM


def test_from_zero_to_the_maximum():
    assert_at_a_maximum(hm.fit(MODEL, PAIRS, start(0.0), stop=hm.Gain(1e-14), rng=0))


@pytest.mark.parametrize("correlation", [0.1, -0.1])
@pytest.mark.parametrize("certificate", ["check", "escape"])
def test_from_either_side(correlation, certificate):
    result = hm.fit(MODEL, PAIRS, start(correlation), certificate=certificate, stop=hm.Gain(1e-14), rng=0)
    assert_at_a_maximum(result, np.sign(correlation))


def test_without_a_start_it_ends_at_a_maximum():
    assert_at_a_maximum(hm.fit(MODEL, PAIRS, stop=hm.Gain(1e-14), rng=0))


def test_standard_errors_do_not_exist_at_the_saddle():
    result = hm.fit(MODEL, PAIRS, start(0.0), certificate="check", rng=0)
    with pytest.raises(hm.HiddenmixError, match="exist at a maximum only"):
        result.standard_errors()
