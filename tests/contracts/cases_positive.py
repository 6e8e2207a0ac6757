"""Positive numbers, shares, directions and waiting times."""

import numpy as np
from scipy import stats
from tests.contracts.entering import by_column, counts_to, family

import hiddenmix as hm
from hiddenmix.families.beta import Beta, BetaParams
from hiddenmix.families.exponential import Exponential, ExponentialParams
from hiddenmix.families.gamma import Gamma, GammaParams
from hiddenmix.families.geometric import Geometric, GeometricParams
from hiddenmix.families.inverse_gaussian import InverseGaussian, InverseGaussianParams
from hiddenmix.families.log_normal import LogNormal, LogNormalParams
from hiddenmix.families.von_mises import VonMises, VonMisesParams

SOME = np.array([[True, False], [False, False], [True, True]])
CROSSED = np.array([[False, True], [False, True], [True, False]])


def half_line(column):
    """Quadrature over values above 0 that is uniform in their logs."""
    logs = np.linspace(-40, 12, 20001)
    return np.exp(logs), np.exp(logs) * (logs[1] - logs[0])


def shares(column):
    """Quadrature over values from 0 to 1 that is uniform in their log-odds."""
    odds = np.linspace(-60, 36, 20001)
    share = 1 / (1 + np.exp(-odds))
    return share, share * (1 - share) * (odds[1] - odds[0])


def around(column):
    """The trapezoidal rule on the circle."""
    return np.linspace(-np.pi, np.pi, 400, endpoint=False), np.full(400, np.pi / 200)


RATES = ExponentialParams([[1.0, 6.0], [5.0, 2.0], [0.2, 0.4]])
exponential_oracle = by_column(lambda x, params: stats.expon.logpdf(x, scale=1 / params.rate))
family("exponential-missing", Exponential(), RATES, exponential_oracle, half_line, missing=0.2)
family("exponential-prior", Exponential(prior=(2.0, 0.5)), RATES, exponential_oracle, missing=0.1)
_held = Exponential(rate=hm.Known(RATES.rate, SOME))
family("exponential-known", _held, RATES, exponential_oracle, known=lambda p: p.rate[SOME])

CHANCES = GeometricParams([[0.3, 0.5], [0.5, 0.05], [0.02, 0.1]])
geometric_oracle = by_column(lambda x, params: stats.geom.logpmf(x, params.p, loc=-1))
family("geometric-missing", Geometric(), CHANCES, geometric_oracle, counts_to(900), missing=0.2)
trials_oracle = by_column(lambda x, params: stats.geom.logpmf(x, params.p))
_held = Geometric(1, p=hm.Known(CHANCES.p, SOME), prior=(2.0, 0.5))
family("geometric-known", _held, CHANCES, trials_oracle, known=lambda p: p.p[SOME], missing=0.1)
family("geometric-edge", Geometric(), GeometricParams([[1.0, 0.5], [0.5, 1.0], [0.2, 0.2]]), missing=0.1)

# Gamma, inverse Gaussian, log-normal

SHAPES = GammaParams([[1.5, 8.0], [9.0, 0.7], [4.0, 30.0]], [[1.0, 2.0], [2.0, 1.0], [0.5, 3.0]])
gamma_oracle = by_column(lambda x, p: stats.gamma.logpdf(x, p.shape, scale=1 / p.rate))
family("gamma-missing", Gamma(), SHAPES, gamma_oracle, half_line, missing=0.2)
_prior = (2.5, np.array([2.0, 5.0]), 1.0)
family("gamma-prior", Gamma(prior=_prior), SHAPES, gamma_oracle, missing=0.1)
_held = Gamma(shape=hm.Known(SHAPES.shape, SOME), rate=hm.Known(SHAPES.rate, CROSSED))
family("gamma-known", _held, SHAPES, gamma_oracle, known=lambda p: np.append(p.shape[SOME], p.rate[CROSSED]))

PASSAGES = InverseGaussianParams([[1.0, 6.0], [5.0, 2.0], [0.3, 9.0]], [[2.0, 30.0], [9.0, 4.0], [3.0, 3.0]])
passage_oracle = by_column(lambda x, p: stats.invgauss.logpdf(x, p.mean / p.shape, scale=p.shape))
family("inverse-gaussian-missing", InverseGaussian(), PASSAGES, passage_oracle, half_line, missing=0.2)
_held = InverseGaussian(
    mean=hm.Known(PASSAGES.mean, SOME), shape=hm.Known(PASSAGES.shape, CROSSED), prior=(2.0, 1.0, 3.0)
)
family(
    "inverse-gaussian-known", _held, PASSAGES, passage_oracle,
    known=lambda p: np.append(p.mean[SOME], p.shape[CROSSED]), missing=0.1,
)  # fmt: skip

LOGS = LogNormalParams([[0.0, 2.0], [1.0, -1.0], [3.0, 4.0]], [[0.3, 0.5], [0.7, 1.0], [0.2, 0.4]])
log_normal_oracle = by_column(lambda x, p: stats.lognorm.logpdf(x, p.log_sd, scale=np.exp(p.log_mean)))
family("log-normal-missing", LogNormal(), LOGS, log_normal_oracle, half_line, missing=0.2)
_held = LogNormal(log_mean=hm.Known(LOGS.log_mean, SOME), log_sd=hm.Known(LOGS.log_sd, CROSSED), prior=(0.5, 1.0, 2.0))
family(
    "log-normal-known", _held, LOGS, log_normal_oracle,
    known=lambda p: np.append(p.log_mean[SOME], p.log_sd[CROSSED]), missing=0.1,
)  # fmt: skip

# Shares and directions

EXPONENTS = BetaParams([[2.0, 8.0], [9.0, 2.0], [3.0, 5.0]], [[6.0, 3.0], [2.0, 9.0], [4.0, 4.0]])
beta_oracle = by_column(lambda x, p: stats.beta.logpdf(x, p.alpha, p.beta))
family("beta-missing", Beta(), EXPONENTS, beta_oracle, shares, missing=0.2)
family("beta-prior", Beta(prior=(2.0, 1.0, np.array([2.0, 1.0]))), EXPONENTS, beta_oracle, missing=0.1)
_held = Beta(alpha=hm.Known(EXPONENTS.alpha, SOME), beta=hm.Known(EXPONENTS.beta, CROSSED))
family("beta-known", _held, EXPONENTS, beta_oracle, known=lambda p: np.append(p.alpha[SOME], p.beta[CROSSED]))

TURNS = VonMisesParams([[0.0, 3.0], [2.0, -3.0], [-2.0, 1.0]], [[4.0, 2.0], [9.0, 5.0], [3.0, 8.0]])
turn_oracle = by_column(lambda x, p: stats.vonmises.logpdf(x, p.concentration, loc=p.direction))
family("von-mises-missing", VonMises(), TURNS, turn_oracle, around, missing=0.2)
family("von-mises-prior", VonMises(prior=(2.0, 1.0, 3.0)), TURNS, turn_oracle, missing=0.1)
_held = VonMises(direction=hm.Known(TURNS.direction, SOME), concentration=hm.Known(TURNS.concentration, CROSSED))
_both = lambda p: np.append(p.direction[SOME], p.concentration[CROSSED])  # noqa: E731
family("von-mises-known", _held, TURNS, turn_oracle, known=_both)
