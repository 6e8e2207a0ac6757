"""Sums of exponentials and logarithms that keep their meaning at the edges."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import digamma, gammaln, i0e, i1e, zeta

from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, like, namespace, to_numpy

LOG_ZERO = -1e30  # a finite stand-in for log 0 where it multiplies a zero count: 0 * (-inf) is NaN


def safe_log(p: Array) -> Array:
    """log p, with `LOG_ZERO` for log 0."""
    p = np.asarray(p, dtype=float)
    return np.where(p > 0, np.log(np.where(p > 0, p, 1.0)), LOG_ZERO)


@functools.cache
def _log_factorials() -> Array:
    return gammaln(np.arange(2**16) + 1.0)


def log_factorial(counts: Array) -> Array:
    """log n! of whole numbers, from a table where they are small; the array may be of any library."""
    if not is_numpy(counts):
        return like(log_factorial(to_numpy(counts)), counts)
    table = _log_factorials()
    if counts.size and counts.max() < len(table):
        return table[counts.astype(np.intp)]
    return np.asarray(gammaln(counts + 1.0))


def softmax(joint: Array) -> tuple[Array, Array]:
    """log-sum-exp over the components and the shares of each: `(n, k) -> (n,), (n, k)`.

    A row that is impossible under every component has log-sum-exp -inf and no shares. NumPy input may be overwritten;
    the work is done component by component over contiguous rows, whatever the layout that comes in.
    """
    if not isinstance(joint, np.ndarray):
        return _softmax_elsewhere(joint)
    norm, shares = shares_of(np.ascontiguousarray(joint.T))
    return norm, shares.T


def shares_of(joint: Array) -> tuple[Array, Array]:
    """The same for NumPy arrays with rows innermost, in place: `(..., k, n) -> (..., n), (..., k, n)`."""
    top = joint.max(axis=-2)
    impossible = top == -np.inf
    some = impossible.any()
    if some:
        top[impossible] = 0.0
    joint -= top[..., None, :]
    np.exp(joint, out=joint)
    total = joint.sum(axis=-2)
    if some:
        total[impossible] = 1.0
        top[impossible] = -np.inf
    joint /= total[..., None, :]
    top += np.log(total, out=total)
    return top, joint


def _softmax_elsewhere(joint: Array) -> tuple[Array, Array]:
    xp = namespace(joint)
    top = xp.max(joint, axis=1)
    possible = xp.isfinite(top)
    top = xp.where(possible, top, xp.zeros_like(top))
    shares = xp.where(possible[:, None], xp.exp(joint - top[:, None]), xp.zeros_like(joint))
    total = xp.sum(shares, axis=1)
    safe = xp.where(possible, total, xp.ones_like(total))
    norm = xp.where(possible, top + xp.log(safe), xp.full_like(top, -float("inf")))
    return norm, shares / safe[:, None]


def entropy(resp: Array) -> Array:
    """The entropy of each row of shares, in nats: `(n, k) -> (n,)`."""
    resp = np.asarray(resp, dtype=float)
    return -np.sum(resp * np.log(np.where(resp > 0, resp, 1.0)), axis=1)


def impossible_below(log_prob: Array) -> Array:
    """Log densities with -inf where a probability of 0 met a count: products with `LOG_ZERO` say so."""
    if isinstance(log_prob, np.ndarray):
        log_prob[log_prob < LOG_ZERO / 2] = -np.inf
        return log_prob
    xp = namespace(log_prob)
    return xp.where(log_prob < LOG_ZERO / 2, xp.full_like(log_prob, -float("inf")), log_prob)


ZERO = 1e-12  # a probability below this counts as on the boundary, where the chart holds it fixed


def ravel_share(p: Array, base: Array) -> Array:
    """logit p - logit base; entries on the boundary give 0."""
    held = (base < ZERO) | (base > 1 - ZERO) | (p <= 0) | (p >= 1)
    p, base = np.where(held, 0.5, p), np.where(held, 0.5, base)
    return np.log(p / base) - np.log((1 - p) / (1 - base))


def unravel_share(vector: Array, base: Array) -> Array:
    """The inverse of `ravel_share`; entries on the boundary stay."""
    odds = np.exp(np.clip(vector, -700, 700))
    return np.where((base < ZERO) | (base > 1 - ZERO), base, base * odds / (1 - base + base * odds))


STIRLING = 16.0  # from here on Stirling's series, whose next term is below 1e-17 of the first


def log_gamma_gap(a: Array) -> Array:
    """a log a - a - log Gamma(a) = 1/2 log(a / 2 pi) - 1/(12 a) + ..., without loss for large a > 0.

    Abramowitz & Stegun 1964, 6.1.41.
    """
    a = np.asarray(a, dtype=float)
    large, small = np.maximum(a, STIRLING), np.minimum(a, STIRLING)
    y = 1 / np.square(large)
    series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * 691 / 360360))))) / large
    direct = small * np.log(small) - small - gammaln(small)
    return np.where(a > STIRLING, 0.5 * np.log(large / (2 * np.pi)) - series, direct)


def log_digamma_gap(a: Array) -> tuple[Array, Array]:
    """log a - digamma(a) = 1/(2 a) + 1/(12 a²) - ..., without loss for large a > 0, and its derivative.

    Abramowitz & Stegun 1964, 6.3.18 and 6.4.12.
    """
    a = np.asarray(a, dtype=float)
    large, small = np.maximum(a, STIRLING), np.minimum(a, STIRLING)
    y = 1 / np.square(large)
    terms = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760)))))
    falls = 1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * (5 / 66 - y * 691 / 2730))))
    value = np.where(a > STIRLING, 0.5 / large + terms, np.log(small) - digamma(small))
    slope = np.where(a > STIRLING, -y * (0.5 + falls / large), 1 / small - zeta(2, small))
    return value, slope


BESSEL = 60.0  # from here on the expansion for large arguments


@functools.cache
def _bessel_terms() -> tuple[float, ...]:
    """c_n of 1 - I1(x)/I0(x) = sum c_n x^-n, which solves 2 B = (1 - B)/x + B² - B' (Mardia & Jupp 2000, A.12)."""
    terms = [0.0, 0.5]
    for n in range(2, 16):
        products = sum(terms[i] * terms[n - i] for i in range(1, n))
        terms.append(((n - 2) * terms[n - 1] + products) / 2)
    return tuple(terms)


def bessel_gap(x: Array) -> tuple[Array, Array]:
    """1 - I1(x) / I0(x) for x >= 0, without loss for large x, and the derivative of I1 / I0."""
    x = np.asarray(x, dtype=float)
    large, small = np.maximum(x, BESSEL), np.minimum(x, BESSEL)
    ratio = i1e(small) / i0e(small)
    over = np.where(small > 0, ratio / np.where(small > 0, small, 1.0), 0.5)
    gap, rise = np.zeros(x.shape), np.zeros(x.shape)
    for n, term in reversed(tuple(enumerate(_bessel_terms()))[1:]):
        gap, rise = (gap + term) / large, (rise + n * term) / large
    return np.where(x > BESSEL, gap, 1 - ratio), np.where(x > BESSEL, rise / large, 1 - over - np.square(ratio))
