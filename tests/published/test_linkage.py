"""Genetic linkage (Dempster, Laird & Rubin 1977, JRSS B 39:1, section 1; information: Louis 1982, JRSS B 44:226).

A model of the user's own, no mixture: 197 animals in four cells with probabilities 1/2 + p/4, (1 - p)/4, (1 - p)/4 and
p/4; hidden is how many of the first cell belong to its p/4. It goes straight into `hm.fit`.
"""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.engine import information

COUNTS = np.array([[125.0, 18.0, 20.0, 34.0]])
BEST = (15 + np.sqrt(53809)) / 394


@hm.record
class Recombination:
    p: float


@hm.record
class Tally:
    """Expected animals that point to p, and to 1 - p."""

    yes: float
    no: float


class Linkage(hm.Model):
    def start(self, data, rng, how):
        return Recombination(rng.uniform(0.05, 0.95))

    def e_step(self, params, batch):
        (a, b, c, d), p = batch.x.T, params.p
        loglik = a * np.log(1 / 2 + p / 4) + (b + c) * np.log((1 - p) / 4) + d * np.log(p / 4)
        return loglik.sum(), Tally((a * p / (2 + p) + d).sum(), (b + c).sum())

    def m_step(self, params, stats):
        return Recombination(stats.yes / (stats.yes + stats.no))

    def q(self, params, stats):
        return stats.yes * np.log(params.p) + stats.no * np.log(1 - params.p)


@pytest.fixture(scope="module")
def result():
    return hm.fit(Linkage(), COUNTS, Recombination(0.5), stop=hm.ParameterChange(1e-14))


def test_iterates(result):
    iterates = [0.5, 0.608247422680, 0.624321050369, 0.626488879080, 0.626777322347, 0.626815632110]
    assert [step.params.p for step in result.trace][:6] == pytest.approx(iterates, abs=5.1e-13)


def test_maximum(result):
    assert abs(BEST - 0.6268214978709824) < 2e-16
    assert result.params.p == pytest.approx(BEST, abs=1e-14)
    assert result.status is hm.Status.CONVERGED
    assert result.certificate is hm.Certificate.MAXIMUM


def test_default_rule_and_own_starts():
    result = hm.fit(Linkage(), COUNTS, starts=5, rng=0, stop=hm.Gain(1e-10))
    assert result.params.p == pytest.approx(BEST, abs=1e-5)
    assert len({start.optimum for start in result.starts if start.optimum is not None}) == 1


def test_error_ratios_tend_to_the_fraction_of_missing_information(result):
    errors = np.array([step.params.p for step in result.trace]) - BEST
    ratios = errors[1:8] / errors[:7]
    assert ratios[6] == pytest.approx(0.1327787, abs=2e-7)
    assert np.all(np.diff(np.abs(ratios[:6] - 0.1327787)) < 0)
    assert information.missing_fraction(result.problem, result.point) == pytest.approx(0.1327787, abs=5.1e-8)
    assert result.growth == pytest.approx(0.1327787, abs=1e-4)


def test_information(result):
    complete = information.complete_information(result.problem, result.point)
    observed = information.observed_information(result.problem, result.point)
    assert complete == pytest.approx(np.array([[435.31785]]), abs=5.1e-6)
    assert observed == pytest.approx(np.array([[377.51690]]), abs=5.1e-6)
    assert complete - observed == pytest.approx(np.array([[57.80095]]), abs=5.1e-6)


def test_standard_error(result):
    errors = result.standard_errors()
    assert list(errors) == ["p"]
    assert errors["p"] == pytest.approx(0.0514673, abs=5.1e-8)


def test_bound_of_the_users_model_touches_and_lies_below(result):
    stepper = hm.Stepper(Linkage(), COUNTS, Recombination(0.5)).e()
    assert stepper.bound == pytest.approx(stepper.loglik, abs=1e-12)
    for p in (0.1, 0.3, 0.6, 0.9):
        assert stepper.bound_at(Recombination(p)) < stepper.objective_at(Recombination(p))
