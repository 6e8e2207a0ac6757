"""Modified Bessel functions of the first kind, exponentially scaled and in log space, of any order and argument.

SciPy's `ive` underflows where the order is large beside the argument, and gives up where the argument is huge. There
the power series (Abramowitz & Stegun 1964, 9.6.10), the expansion that is uniform in large orders (9.7.7) and that for
large arguments (9.7.1) take over; each is used only where it is good to rounding.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, ive

from hiddenmix._tree import Array

SERIES = 40  # terms of the power series
HUGE = 1e8  # an argument beyond what `ive` takes
LARGE = 60.0  # an order from which the uniform expansion is good to rounding
LOST = 1e-290  # a value too small for `ive`


def log_unit(order: float, x: Array) -> Array:
    """log of I_order(x) (2/x)^order Gamma(order + 1) - x, which is 0 at x = 0."""
    x = np.asarray(x, dtype=float)
    out = np.empty(x.shape)
    small = np.square(x) <= 4 * (order + 1)
    out[small] = np.log(_series(order, x[small])) - x[small]
    rest = ~small
    power = order * np.log(x[rest] / 2) - gammaln(order + 1)
    out[rest] = log_scaled(order, x[rest]) - power
    return out


def log_scaled(order: float, x: Array) -> Array:
    """log I_order(x) - x, for arguments with x^2 > 4 (order + 1)."""
    with np.errstate(all="ignore"):  # where it underflows or gives up, others take over
        value = np.where(x < HUGE, ive(order, np.minimum(x, HUGE)), 0.0)
    done = value > LOST
    out = np.log(np.where(done, value, 1.0))
    uniform = ~done & (order >= LARGE)
    out[uniform] = _uniform(order, x[uniform])
    far = ~done & ~uniform
    out[far] = _far(order, x[far])
    return out


def ratio(order: float, x: Array) -> Array:
    """I_{order + 1}(x) / I_order(x), from 0 at x = 0 up to 1."""
    x = np.asarray(x, dtype=float)
    out = np.empty(x.shape)
    small = np.square(x) <= 4 * (order + 1)
    least = x[small]
    out[small] = least / (2 * (order + 1)) * _series(order + 1, least) / _series(order, least)
    rest = x[~small]
    next_small = np.square(rest) <= 4 * (order + 2)  # of the next order the series still serves
    above = np.empty(rest.shape)
    above[~next_small] = log_scaled(order + 1, rest[~next_small])
    part = rest[next_small]
    power = (order + 1) * np.log(part / 2) - gammaln(order + 2)
    above[next_small] = power + np.log(_series(order + 1, part)) - part
    out[~small] = np.exp(above - log_scaled(order, rest))
    return out


def _series(order: float, x: Array) -> Array:
    """sum_m (x^2/4)^m / (m! (order + 1)_m)."""
    quarter = np.square(x) / 4
    term = total = np.ones(x.shape)
    for m in range(1, SERIES):
        term = term * quarter / (m * (order + m))
        total = total + term
    return total


def _uniform(order: float, x: Array) -> Array:
    """For large orders: with t = order / sqrt(order^2 + x^2), the polynomials u_1 to u_4 in t."""
    root = np.hypot(order, x)
    t = order / root
    s = t * t
    terms = (
        t * (3 - 5 * s) / 24,
        s * (81 - 462 * s + 385 * s**2) / 1152,
        t * s * (30375 - 369603 * s + 765765 * s**2 - 425425 * s**3) / 414720,
        s**2 * (4465125 - 94121676 * s + 349922430 * s**2 - 446185740 * s**3 + 185910725 * s**4) / 39813120,
    )
    total = sum(u / order**n for n, u in enumerate(terms, 1))
    exponent = order**2 / (root + x) - order * np.arcsinh(order / x)
    return np.asarray(exponent - 0.5 * np.log(2 * np.pi * root) + np.log1p(total))


def _far(order: float, x: Array) -> Array:
    """For arguments far beyond the square of the order."""
    mu, term, total = 4 * order**2, np.ones(x.shape), np.zeros(x.shape)
    for m in range(1, 7):
        term = -term * (mu - (2 * m - 1) ** 2) / (m * 8 * x)
        total = total + term
    return np.asarray(np.log1p(total) - 0.5 * np.log(2 * np.pi * x))
