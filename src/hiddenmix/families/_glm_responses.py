"""The responses of generalised linear models: log densities by the linear predictor, and two derivatives of these."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy.special import expit, gammaln, polygamma, psi

from hiddenmix._errors import HiddenmixError
from hiddenmix._special import log_factorial
from hiddenmix._tree import Array
from hiddenmix._validate import check_counts
from hiddenmix.families._regression_design import Design

HIGHEST = 700.0  # exponent; densities beyond are 0
LARGE = 30.0  # shapes from which on series are exact


class Response(Protocol):
    """A distribution with a link. Arrays are (n, k), those of the response (n, 1).

    `shaped` says that components have a concentration too, `open` that coefficients may run to infinity: where a
    feature separates zeros from the rest.
    """

    name: str
    shaped: bool
    open: bool

    def check(self, y: Array, design: Design) -> None:
        """Refuse impossible responses (n,): HM124 to HM126, HM146."""
        ...

    def log_prob(self, y: Array, trials: Array, eta: Array, shape: Any) -> Array:
        """Log densities."""
        ...

    def derivatives(self, y: Array, trials: Array, eta: Array) -> tuple[Array, Array, Array]:
        """Loss, and the first and minus the second derivative of minus the loss by the predictor."""
        ...

    def mean(self, trials: Array, eta: Array) -> Array:
        """Expected responses."""
        ...

    def linked(self, y: Array, trials: Array) -> Array:
        """Responses (n,) on the scale of the predictor, moved inside, for starting values."""
        ...

    def draw(self, trials: Array, eta: Array, shape: Any, rng: np.random.Generator) -> Array:
        """Responses (n,) drawn at predictors (n,)."""
        ...


class PoissonResponse:
    """Counts with log mean eta: log p = y eta - exp(eta) - log y!."""

    name, shaped, open = "Poisson", False, True

    def check(self, y: Array, design: Design) -> None:
        check_counts(y[:, None])

    def log_prob(self, y: Array, trials: Array, eta: Array, shape: Any) -> Array:
        return np.asarray(y * eta - _exp(eta) - log_factorial(y))

    def derivatives(self, y: Array, trials: Array, eta: Array) -> tuple[Array, Array, Array]:
        mean = _exp(eta)
        return np.zeros_like(eta), y - mean, mean

    def mean(self, trials: Array, eta: Array) -> Array:
        return _exp(eta)

    def linked(self, y: Array, trials: Array) -> Array:
        return np.log(y + 0.5)

    def draw(self, trials: Array, eta: Array, shape: Any, rng: np.random.Generator) -> Array:
        return np.asarray(rng.poisson(np.exp(eta)), dtype=float)


class BinomialResponse:
    """Successes among trials with log odds eta: log p = log C(t, y) + y eta - t log(1 + exp(eta))."""

    name, shaped, open = "binomial", False, True

    def check(self, y: Array, design: Design) -> None:
        trials = np.ones(len(y)) if design.trials is None else np.asarray(design.trials, dtype=float)
        check_counts(y[:, None])
        check_counts(trials[:, None])
        seen = ~np.isnan(y)
        if np.any(y[seen] > trials[seen]):
            row = int(np.flatnonzero(seen)[np.argmax(y[seen] > trials[seen])])
            what = f"row {row} (counting from 0) has {y[row]:g} successes among {trials[row]:g} trials"
            raise HiddenmixError("HM126", what, "trials for each row; without them responses are 0 and 1")

    def log_prob(self, y: Array, trials: Array, eta: Array, shape: Any) -> Array:
        ways = log_factorial(trials) - log_factorial(y) - log_factorial(np.asarray(np.maximum(trials - y, 0.0)))
        return np.asarray(ways + y * eta - trials * np.logaddexp(0.0, eta))

    def derivatives(self, y: Array, trials: Array, eta: Array) -> tuple[Array, Array, Array]:
        p = expit(eta)
        return np.zeros_like(eta), y - trials * p, trials * p * expit(-eta)

    def mean(self, trials: Array, eta: Array) -> Array:
        return np.asarray(trials * expit(eta))

    def linked(self, y: Array, trials: Array) -> Array:
        return np.log((y + 0.5) / (trials - y + 0.5))

    def draw(self, trials: Array, eta: Array, shape: Any, rng: np.random.Generator) -> Array:
        return np.asarray(rng.binomial(trials.astype(int), expit(eta)), dtype=float)


class GammaResponse:
    """Positive responses with log mean eta and shape v, the variance being mean^2 / v.

    With t = y exp(-eta), the loss is t - 1 - log t, and log p = v log v - v - log Gamma(v) - v loss - log y.
    """

    name, shaped, open = "gamma", True, False

    def check(self, y: Array, design: Design) -> None:
        bad = y <= 0
        if bad.any():
            row = int(np.argmax(bad))
            raise HiddenmixError("HM146", f"row {row} (counting from 0) has {y[row]:g}, no gamma response", "above 0")

    def log_prob(self, y: Array, trials: Array, eta: Array, shape: Any) -> Array:
        loss = self.derivatives(y, trials, eta)[0]
        return np.asarray(log_peak(shape) - shape * loss - np.log(y))

    def derivatives(self, y: Array, trials: Array, eta: Array) -> tuple[Array, Array, Array]:
        log_t = np.minimum(np.log(y) - eta, HIGHEST)
        rise = np.expm1(log_t)
        return rise - log_t, rise, rise + 1.0

    def mean(self, trials: Array, eta: Array) -> Array:
        return _exp(eta)

    def linked(self, y: Array, trials: Array) -> Array:
        return np.log(y)

    def draw(self, trials: Array, eta: Array, shape: Any, rng: np.random.Generator) -> Array:
        return rng.gamma(shape, np.exp(eta) / shape)


def log_peak(v: Array) -> Array:
    """v log v - v - log Gamma(v), without loss of digits."""
    far = np.maximum(v, LARGE)
    rest = 1 / far**2
    series = 0.5 * np.log(far / (2 * np.pi)) - (1 - rest * (1 / 30 - rest * (1 / 105 - rest / 140))) / (12 * far)
    near = np.minimum(v, LARGE)
    return np.where(v > LARGE, series, near * np.log(near) - near - gammaln(near))


def log_peak_slope(v: Array) -> Array:
    """Its derivative, log v - digamma(v)."""
    far = np.maximum(v, LARGE)
    rest = 1 / far**2
    series = 0.5 / far + rest * (1 / 12 - rest * (1 / 120 - rest * (1 / 252 - rest / 240)))
    near = np.minimum(v, LARGE)
    return np.where(v > LARGE, series, np.log(near) - psi(near))


def shape_of(loss: Array) -> Array:
    """The root v of log v - digamma(v) = loss, by Newton's method in 1 / v (Minka 2002)."""
    v = (3 - loss + np.sqrt(np.square(loss - 3) + 24 * loss)) / (12 * loss)
    for _ in range(50):
        change = (log_peak_slope(v) - loss) / (1 / v - polygamma(1, v))
        v, before = 1 / (1 / v + change / np.square(v)), v
        if np.all(np.abs(v - before) <= 1e-15 * v):
            break
    return np.asarray(v)


def _exp(eta: Array) -> Array:
    return np.exp(np.minimum(eta, HIGHEST))
