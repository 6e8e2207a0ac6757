"""log Π_{m<x} (1 + a m), the rising product of overdispersed counts, and its derivative by a.

With r = 1/a it is log Γ(r + x) - log Γ(r) - x log r. Where r is large these cancel, and Stirling's series takes their
place: (r + x - 1/2) log(1 + x/r) - x + δ(r + x) - δ(r), with δ(z) = 1/(12 z) - 1/(360 z³) + ... (Abramowitz & Stegun
1964, 6.1.41). Both hold for a = 0, where the product is 1.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from hiddenmix._tree import Array

LARGE = 16.0  # r from which the series is good to the last digit
SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
ODD = [1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3]  # 1/3 + w²/5 + w⁴/7 + ..., highest power first


def log_rising(x: Array, a: Array) -> Array:
    """log Π_{m<x} (1 + a m) for x >= 0, a >= 0."""
    x, a = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(a, dtype=float))
    small = a * LARGE <= 1
    r = 1 / np.where(small, 1.0, a)
    exact = gammaln(r + x) - gammaln(r) - x * np.log(r)
    a = np.where(small, a, 0.0)
    u = a * x
    with_x = u * x * lag(u) + (x - 0.5) * np.log1p(u)
    series = with_x + _delta(a / (1 + u)) - _delta(a)
    return np.where(small, series, exact)


def rising_slope(x: Array, a: Array) -> Array:
    """Its derivative by a: sum_{m<x} m / (1 + a m)."""
    x, a = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(a, dtype=float))
    small = a * LARGE <= 1
    r = 1 / np.where(small, 1.0, a)
    exact = r * (x - r * (digamma(r + x) - digamma(r)))
    a = np.where(small, a, 0.0)
    u = a * x
    with_x = -np.square(x) * lag(u) - x / (2 * (1 + u))
    series = with_x + _delta_slope(a / (1 + u)) / np.square(1 + u) - _delta_slope(a)
    return np.where(small, series, exact)


def lag(u: Array) -> Array:
    """(log(1 + u) - u) / u², -1/2 at 0: there from log(1 + u) = 2 (w + w³/3 + w⁵/5 + ...), w = u / (2 + u)."""
    u = np.asarray(u, dtype=float)
    near = np.abs(u) < 0.25
    v = np.where(near, u, 0.0)
    w = v / (2 + v)
    series = 2 * w * np.polyval(ODD, w * w) / np.square(2 + v) - 1 / (2 + v)
    far = np.where(near, 1.0, u)
    return np.where(near, series, (np.log1p(far) - far) / np.square(far))


def _delta(q: Array) -> Array:
    """δ(1/q)."""
    return q * np.polyval(SERIES[::-1], q * q)


def _delta_slope(q: Array) -> Array:
    """Its derivative by q."""
    return np.polyval([(2 * i + 1) * c for i, c in enumerate(SERIES)][::-1], q * q)


__all__ = ["lag", "log_rising", "rising_slope"]
