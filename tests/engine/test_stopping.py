"""Stopping rules: the arithmetic, and what they mean on a slow climb."""

import numpy as np
import pytest
from tests.engine.support import COUNTS, Linkage, Recombination

import hiddenmix as hm
from hiddenmix.engine.problem import Point
from hiddenmix.engine.stopping import Progress


def progress(*objectives, n=1.0, rounding=0.0, before=0.0, now=0.0, audited=True):
    points = [Point(Recombination(p), 0.0, 0.0, None) for p in (before, now)]
    return Progress(objectives, *points, n, rounding, audited)


class TestGain:
    @pytest.mark.parametrize(
        ("gains", "met"),
        [
            ((1.0, 0.4), False),  # the gain itself is large
            ((2e-6, 0.9e-6), True),  # a = 0.45: 0.74e-6 is to come
            ((1.0e-6, 0.6e-6), True),  # a = 0.6: 0.9e-6 is to come
            ((1.0e-6, 0.7e-6), False),  # a = 0.7: 1.6e-6 is to come
            ((0.5e-6, 0.5e-6), False),  # a = 1
            ((0.1e-6, 0.9e-6), False),  # a > 1: gathering speed
        ],
    )
    def test_gain_and_projection_are_below_the_tolerance(self, gains, met):
        objectives = np.cumsum([0.0, *gains])
        assert hm.Gain(1e-6).met(progress(*objectives.tolist())) is met

    @pytest.mark.parametrize(
        ("gain", "ahead", "met"),
        [
            (0.9e-6, 1e-6, True),
            (0.9e-6, 1.1e-6, False),
            (1.1e-6, 0.9e-6, False),
            (0.9e-6, float("inf"), False),
            (1e-9, 1e-9, True),  # whatever the gain before
        ],
    )
    def test_an_accelerated_climb_says_what_is_to_come(self, gain, ahead, met):
        assert hm.Gain(1e-6).met(progress(0.0, 1e-12, 1e-12 + gain)._replace(ahead=ahead)) is met
        assert hm.Gain(1e-30).met(progress(0.0, gain, rounding=1e-6)._replace(ahead=ahead)) is met

    def test_is_per_observed_row(self):
        assert not hm.Gain(1e-6).met(progress(0.0, 8e-4, 10e-4))
        assert hm.Gain(1e-6).met(progress(0.0, 8e-4, 10e-4, n=1000.0))

    def test_one_gain_tells_no_rate(self):
        assert not hm.Gain(1e-6).met(progress(0.0, 1e-9))

    @pytest.mark.parametrize("gain", [0.0, 1e-13, -1e-13, -1e-10])
    def test_a_gain_below_float_error_ends_it(self, gain):
        assert hm.Gain(1e-30).met(progress(0.0, 1e-13, 1e-13 + gain, rounding=1e-12))

    def test_after_a_gain_of_zero_it_goes_on(self):
        assert not hm.Gain(1e-6).met(progress(0.0, 0.0, 1e-9))

    def test_a_fall_of_a_noisy_objective_is_no_convergence(self):
        assert hm.Gain(1e-6).met(progress(0.0, 1.0, 0.5))
        assert not hm.Gain(1e-6).met(progress(0.0, 1.0, 0.5, audited=False))
        assert hm.Gain(1e-6).met(progress(0.0, 1e-6, 0.6e-6, audited=False))


def test_parameter_change_is_the_largest_one():
    rule = hm.ParameterChange(1e-3)
    assert rule.met(progress(0.0, 0.0, before=0.5, now=0.5009))
    assert not rule.met(progress(0.0, 0.0, before=0.5, now=0.4989))
    assert not rule.met(progress(0.0, 0.0, before=0.5, now=0.501))


def test_iterations():
    assert not hm.Iterations(2).met(progress(0.0, 1.0))
    assert hm.Iterations(2).met(progress(0.0, 1.0, 2.0))
    assert not hm.Iterations(2).converges


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-6, 1e-8])
def test_what_is_left_at_the_stop_is_below_the_tolerance(tol):
    best = hm.fit(Linkage(), COUNTS, Recombination(0.5), stop=hm.Iterations(60)).loglik
    result = hm.fit(Linkage(), COUNTS, Recombination(0.1), stop=hm.Gain(tol))
    assert result.converged
    assert 0 <= best - result.loglik < tol


def test_defaults():
    assert hm.Gain().tol == 1e-6
    assert hm.ParameterChange().tol == 1e-3
