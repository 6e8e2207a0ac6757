"""Sums of exponentials and logarithms that keep their meaning at the edges."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import gammaln

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
