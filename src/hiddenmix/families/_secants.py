"""Slopes without derivatives: those of the secants between the points at which a function was asked last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hiddenmix._tree import Array

CLOSE = 1e-9  # points between which a secant would be rounding


class Secants:
    """A function of m points, with slopes, for `falling_roots`; `first` is a guess of the slope where it begins."""

    def __init__(self, f: Callable[[Array], Array], first: Array) -> None:
        self.f, self.slope = f, first
        self.last: tuple[Array, Array] | None = None

    def __call__(self, at: Array) -> tuple[Array, Array]:
        """Values and slopes."""
        value = self.f(at)
        if self.last is not None:
            step = at - self.last[0]
            far = np.abs(step) > CLOSE
            self.slope = np.where(far, (value - self.last[1]) / np.where(far, step, 1.0), self.slope)
        self.last = at, value
        return value, self.slope


__all__ = ["Secants"]
