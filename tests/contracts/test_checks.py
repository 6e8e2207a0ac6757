"""The checks catch what they are there for: families and models that break one promise each."""

import numpy as np
import pytest
from examples import own_family, own_model
from examples.own_family import Exponential, ExponentialParams, ExponentialStats
from examples.own_model import ANIMALS, Linkage
from scipy import stats

import hiddenmix as hm
from hiddenmix.testing import check_family, check_model

PARAMS = ExponentialParams([0.2, 2.0])
WAITS = np.random.default_rng(0).exponential([[0.5]] * 30 + [[5.0]] * 30)


def oracle(params, x):
    return stats.expon.logpdf(x, scale=1 / params.rate)


class WrongDensity(Exponential):
    def log_prob(self, params, x):
        return np.log(params.rate) - 1.01 * x[:, :1] * params.rate


class MeansInsteadOfSums(Exponential):
    def stats(self, params, x, resp):
        return ExponentialStats(resp.mean(axis=0), resp.T @ x[:, 0] / len(x))


class WeightsForgotten(Exponential):
    def stats(self, params, x, resp):
        share = resp / resp.sum(axis=1, keepdims=True).clip(1e-300)
        return ExponentialStats(share.sum(axis=0), share.T @ x[:, 0])


class NoMaximum(Exponential):
    def estimate(self, params, stats):
        return ExponentialParams(1.02 * super().estimate(params, stats).rate)


class EmptyIsNan(Exponential):
    def estimate(self, params, stats):
        with np.errstate(invalid="ignore"):
            return ExponentialParams(stats.weight / stats.total)


class ForeignQ(Exponential):
    def expected_log_prob(self, params, stats):
        return stats.weight * np.log(params.rate) - 1.1 * params.rate * stats.total

    def estimate(self, params, stats):
        return super().estimate(params, ExponentialStats(stats.weight, 1.1 * stats.total))


class PriorOutsideTheObjective(Exponential):
    def estimate(self, params, stats):
        return super().estimate(params, ExponentialStats(stats.weight + 2.0, stats.total + 1.0))


class ComponentsMixedUp(Exponential):
    def log_prob(self, params, x):
        return super().log_prob(params, x) * np.arange(1, 1 + len(params.rate))


class OneCoordinateTooMany(Exponential):
    def n_free(self, params):
        return len(params.rate) + 1


class Gradient(Exponential):
    times = 1.0

    def gradient(self, params, stats, base):
        return stats.weight / params.rate - self.times * stats.total


class WrongGradient(Gradient):
    times = 1.01


class HalfPrecision(Exponential):
    def log_prob(self, params, x):
        return super().log_prob(params, np.round(x, 2) if x.dtype == np.float32 else x)


@pytest.mark.parametrize(
    ("family", "complaint"),
    [
        (WrongDensity, "check_log_prob: log_prob: apart"),
        (MeansInsteadOfSums, "check_merge: merged statistics"),
        (WeightsForgotten, "check_weights: statistics of weighted rows"),
        (NoMaximum, "check_estimate: .* is higher by"),
        (EmptyIsNan, "check_empty: .* NaN"),
        (ForeignQ, "check_fisher: the slope of q"),
        (PriorOutsideTheObjective, "check_estimate: .* is higher by"),
        (ComponentsMixedUp, "check_permutation: log_prob permuted"),
        (OneCoordinateTooMany, "check_chart: n_free is 3, but ravel has 2"),
        (WrongGradient, "check_gradient: the gradient against differences"),
        (HalfPrecision, "check_single_precision: log_prob in float32"),
    ],
)
def test_a_broken_family_is_caught(family, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check_family(family(), PARAMS, WAITS, oracle=oracle)


@pytest.mark.parametrize("family", [Exponential, Gradient])
def test_a_sound_family_passes(family):
    check_family(family(), PARAMS, WAITS, oracle=oracle)


class WeightsIgnored(Linkage):
    def e_step(self, p, batch):
        return super().e_step(p, hm.Batch(batch.x))


class HalfStep(Linkage):
    def m_step(self, p, stats):
        return (p + super().m_step(p, stats)) / 2


class Overshoot(Linkage):
    def m_step(self, p, stats):
        return p + 2.5 * (super().m_step(p, stats) - p)


class GradientOfTheLikelihoodOnly(Linkage):
    def log_prior(self, p):
        return np.log(p)

    def m_step(self, p, stats):
        return (stats[0] + 1) / (stats.sum() + 1)

    def q_gradient(self, p, stats, base):
        return np.array([stats[0] / p - stats[1] / (1 - p)])


class LogLikelihoodOfAnotherModel(Linkage):
    def e_step(self, p, batch):
        loglik, stats = super().e_step(p, batch)
        return loglik + 3.0 * p, stats


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (WeightsIgnored, "check_unit_weights: the log-likelihood of weighted units"),
        (HalfStep, "check_m_step: q of the M-step: .* is higher by"),
        (Overshoot, "check_ascent: the objective fell"),
        (LogLikelihoodOfAnotherModel, "check_fisher: the slope of q"),
        (GradientOfTheLikelihoodOnly, "^check_q_gradient: the gradient against differences: .*$"),
    ],
)
def test_a_broken_model_is_caught(model, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check_model(model(), 0.5, ANIMALS)


def test_a_sound_model_passes():
    check_model(Linkage(), 0.5, ANIMALS)


@pytest.mark.parametrize("module", [own_family, own_model], ids=lambda module: module.__name__)
def test_the_examples_run(module, capsys):
    assert module.main().converged
    assert "converged" in capsys.readouterr().out
