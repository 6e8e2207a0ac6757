"""Zeros of many one-dimensional equations at once: Newton's steps inside a bracket that only ever shrinks.

Press et al. (2007, Numerical Recipes, section 9.4): Newton where its step stays inside the bracket, halving where not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hiddenmix._tree import Array

PATIENCE = 50  # steps after which the bracket is only halved
STEPS = 250
FIRST = 4.0  # the longest first step
ROUNDING = 4 * np.finfo(float).eps
CLOSE = 3e-9  # a step of Newton's after which the error, of the order of its square, is below rounding


def falling_roots(
    f: Callable[[Array], tuple[Array, Array]], start: Array, low: Array | float = -np.inf, high: Array | float = np.inf
) -> Array:
    """The zeros (m,) of m functions that are positive left of their zero and negative right of it, to float precision.

    Parameters
    ----------
    f : callable
        Points (m,) to values (m,) and slopes (m,), all points at once. Solve for the log of a positive unknown: zeros
        are found to a few units in the last place of max(1, |zero|).
    start : array of shape (m,)
        Inside the bracket; the better, the fewer steps.
    low, high : array of shape (m,) or float
        The bracket, open; where it is infinite it is found by doubling steps.
    """
    x = np.array(start, dtype=float)
    low, high = np.broadcast_to(low, x.shape).astype(float), np.broadcast_to(high, x.shape).astype(float)
    going = np.ones(x.shape, dtype=bool)
    for step in range(STEPS):
        if not going.any():
            break
        value, slope = f(x)
        low, high = np.where(value >= 0, x, low), np.where(value <= 0, x, high)
        leap = FIRST * 2.0 ** min(step, 60)  # a nearly flat function must not throw the point out of reach
        newton = x - np.clip(value / np.where(slope < 0, slope, -1.0), -leap, leap)
        usable = (slope < 0) & (newton > low) & (newton < high) & (step < PATIENCE)
        new = np.where(usable, newton, _halved(low, high, x, step))
        enough = np.where(usable, CLOSE, ROUNDING) * np.maximum(np.abs(x), 1.0)
        arrived = (np.abs(new - x) <= enough) | (value == 0)
        x, going = np.where(going & (value != 0), new, x), going & ~arrived
    return x


def _halved(low: Array, high: Array, x: Array, step: int) -> Array:
    """The middle of the brackets; from an end that is not known yet, a step that doubles."""
    reach = 2.0 ** min(step, 60)
    above, below = np.where(np.isinf(high), x + reach, high), np.where(np.isinf(low), x - reach, low)
    closed = np.isfinite(low) & np.isfinite(high)
    return np.where(closed, 0.5 * (below + above), np.where(np.isinf(high), above, below))


__all__ = ["CLOSE", "falling_roots"]
