"""Normal distributions cut off at one or two points: log probabilities and moments, far in the tails too.

With Mills' ratio λ(a) = φ(a)/(1 - Φ(a)), a standard normal above a has mean λ and variance 1 - λ (λ - a). Far out both
come from Laplace's continued fraction λ - a = 1/(a + 2/(a + 3/(a + ...))), which cancels nothing (Abramowitz & Stegun
1964, 26.2.14).
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, log_ndtr

from hiddenmix._tree import Array

FAR = 6.0  # from where the continued fraction is better
TERMS = 60
MOST = 700.0  # exponent
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


def above(a: Array) -> tuple[Array, Array]:
    """Mean and variance of a standard normal above `a`."""
    near, far = np.minimum(a, FAR), np.maximum(a, FAR)
    ratio = np.sqrt(2 / np.pi) / erfcx(np.maximum(near, -37.0) / np.sqrt(2))  # below -37 it is 0 to the last digit
    rest = np.zeros_like(far)
    for term in range(TERMS, 1, -1):
        rest = term / (far + rest)
    excess = 1 / (far + rest)
    mean = np.where(a < FAR, ratio, far + excess)
    return mean, np.where(a < FAR, 1 - ratio * (ratio - near), (rest - excess) * excess)


def log_between(a: Array, b: Array) -> Array:
    """log(Φ(b) - Φ(a)) for a < b, either of them infinite perhaps."""
    flip = a > -b  # the upper tail's differences keep their digits
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    top = log_ndtr(b)
    return np.asarray(top + np.log(-np.expm1(np.minimum(log_ndtr(a) - top, -1e-300))))


def edges(a: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """φ(a)/Z and φ(b)/Z with Z = Φ(b) - Φ(a), and a and b times these; 0 at infinity."""
    log_z = log_between(a, b)
    at_a, at_b = (np.exp(np.minimum(-0.5 * np.square(z) - HALF_LOG_2PI - log_z, MOST)) for z in (a, b))
    return at_a, at_b, np.where(np.isfinite(a), a, 0.0) * at_a, np.where(np.isfinite(b), b, 0.0) * at_b


__all__ = ["HALF_LOG_2PI", "above", "edges", "log_between"]
