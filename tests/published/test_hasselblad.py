"""Slow EM: death notices of women of 80 and over, counted by day, as two Poissons (Hasselblad 1969, JASA 64:1459).

EM's rate here, 0.9957, is the fraction of missing information. Published from its own start: 2909 evaluations of the EM
map (Varadhan & Roland 2008, Scand. J. Statist. 35:335; tolerance 1e-8); from the start used here it takes 2586. Log-
likelihoods and the observed information were computed apart from this library.
"""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.engine import information
from hiddenmix.families.poisson import Poisson, PoissonParams

DAYS = np.array([162.0, 267.0, 271.0, 185.0, 111.0, 61.0, 27.0, 8.0, 3.0, 1.0])
ROWS = hm.Rows(np.arange(10.0)[:, None], DAYS)
MODEL = hm.Mixture(Poisson(), 2)
START = hm.MixtureParams([0.3, 0.7], PoissonParams([[1.0], [2.5]]))


@pytest.fixture(scope="module")
def long():
    return hm.fit(MODEL, ROWS, START, stop=hm.Iterations(3000), max_iter=3000)


@pytest.fixture(scope="module")
def best():
    return hm.fit(MODEL, ROWS, START, stop=hm.ParameterChange(2e-12), max_iter=6000, history=False)


@pytest.mark.parametrize(
    ("iteration", "loglik"),
    [
        (0, -1992.72326625655),
        (1, -1990.1556674467),
        (5, -1990.0418770873),
        (100, -1989.9810451902),
        (500, -1989.9468136188),
        (2000, -1989.9458598850),
    ],
)
def test_trace(long, iteration, loglik):
    assert long.trace[iteration].loglik == pytest.approx(loglik, abs=1e-10)


def test_maximum(best):
    assert best.loglik == pytest.approx(-1989.945859883, abs=5.1e-10)
    assert best.params.weights == pytest.approx([1 - 0.6401146030151, 0.6401146030151], abs=1e-9)
    assert best.params.components.rate[:, 0] == pytest.approx([1.2560951012244, 2.6634043566325], abs=3e-9)
    assert best.certificate is hm.Certificate.MAXIMUM


def test_rate_and_number_of_maps(long):
    path = np.array([[s.params.weights[0], *s.params.components.rate[:, 0]] for s in long.trace])
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps[-1] / steps[-2] == pytest.approx(0.995666, abs=1.1e-6)
    assert int(np.argmax(steps < 1e-8)) + 1 == 2586


def test_rate_is_the_fraction_of_missing_information(best):
    assert information.missing_fraction(best.problem, best.point) == pytest.approx(0.995666, abs=1.1e-6)


def test_the_default_rule_does_not_stop_where_the_gain_is_small_but_much_is_to_come():
    result = hm.fit(MODEL, ROWS, START)
    gains = np.diff(result.trace.objectives)
    assert result.converged
    assert result.iterations > 3 * int(np.argmax(gains < 1e-6 * DAYS.sum()))
    assert -1989.945859883 - result.loglik < 1.1e-6 * DAYS.sum()


def test_standard_errors(best):
    """Compare a published numerical Hessian, 0.1948226, 0.3502560 and 0.2506522, to 1e-3."""
    errors = best.standard_errors()
    ours = [errors["weights"][0], errors["weights"][1], *errors["rate"][:, 0]]
    assert ours == pytest.approx([0.1946843, 0.1946843, 0.3500297, 0.2504783], abs=1.5e-7)
    assert ours == pytest.approx([0.1948226, 0.1948226, 0.3502560, 0.2506522], rel=1e-3)


def test_weighted_counts_are_repeated_rows():
    repeated = hm.fit(MODEL, np.repeat(np.arange(10.0), DAYS.astype(int)), START, stop=hm.Iterations(10))
    weighted = hm.fit(MODEL, ROWS, START, stop=hm.Iterations(10))
    assert repeated.loglik == pytest.approx(weighted.loglik, rel=1e-14)
    np.testing.assert_allclose(repeated.params.components.rate, weighted.params.components.rate, rtol=1e-13)
