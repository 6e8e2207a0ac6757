"""Distances from a centre that merge exactly: the sufficient statistics of exponential dispersion families.

A Bregman divergence D(t; m) = f(t) - f(m) - f'(m) (t - m) of a convex f is never negative, is smallest on average at
the mean, and sum w D(t; c) = sum w D(t; mean) + W D(mean; c) (Banerjee et al. 2005, J. Machine Learning Research
6:1705). So weight, mean and the sum of divergences from the mean tell all, and merge as second moments do: nothing is
subtracted, and values that agree in many digits lose none. Directions merge by the lengths of their resultants.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np

from hiddenmix._tree import Array, record, static
from hiddenmix._xp import namespace
from hiddenmix.families._charts import wrapped


class Divergence(ABC):
    """A distance D(t; centre) >= 0 that adds up over parts; arrays of any library."""

    @abstractmethod
    def __call__(self, t: Array, centre: Array) -> Array:
        """The distances of values from centres, accurate where they are close."""

    def features(self, t: Array) -> list[Array]:
        """What is summed to find the mean."""
        return [t]

    def mean(self, sums: list[Array], weight: Array) -> Array:
        """The mean, from weighted sums of the features."""
        return sums[0] / weight

    def joined(self, first: Gaps, second: Gaps) -> tuple[Array, Array]:
        """The mean of two parts, and by how much the distances from it exceed those from their own means."""
        weight = first.weight + second.weight
        share = second.weight / np.where(weight > 0, weight, 1.0)
        mean = np.where(first.weight > 0, first.mean + share * (second.mean - first.mean), second.mean)
        return mean, first.weight * self(first.mean, mean) + second.weight * self(second.mean, mean)

    def about(self, gaps: Gaps, centre: Array) -> Array:
        """The sum of the distances from another centre."""
        return gaps.gap + gaps.weight * self(gaps.mean, centre)


@final
class Square(Divergence):
    """f(t) = t²: (t - m)²."""

    def __call__(self, t: Array, centre: Array) -> Array:
        return (t - centre) ** 2


@final
class Ratio(Divergence):
    """f(t) = -log t, t > 0: t/m - 1 - log(t/m)."""

    def __call__(self, t: Array, centre: Array) -> Array:
        xp = namespace(t)
        excess = (t - centre) / centre
        near = xp.abs(excess) < 0.5
        zero = xp.zeros_like(excess)
        return excess - xp.where(near, xp.log1p(xp.where(near, excess, zero)), xp.log(t / centre))


@final
class Inverse(Divergence):
    """f(t) = 1/t, t > 0: (t - m)² / (t m²)."""

    def __call__(self, t: Array, centre: Array) -> Array:
        return ((t - centre) / centre) ** 2 / t


@final
class Odds(Divergence):
    """f(t) = log(1 + e^t): the Kullback-Leibler divergence of a coin with log-odds t from one with log-odds m."""

    def __call__(self, t: Array, centre: Array) -> Array:
        xp = namespace(t)
        apart = t - centre
        near = xp.abs(apart) < 1
        chance = xp.exp(-softplus(-centre))
        small = xp.log1p(chance * xp.expm1(xp.where(near, apart, xp.zeros_like(apart))))
        return xp.where(near, small, softplus(t) - softplus(centre)) - chance * apart


@final
class Turn(Divergence):
    """Of angles: 1 - cos(t - m)."""

    def __call__(self, t: Array, centre: Array) -> Array:
        return 2 * namespace(t).sin((t - centre) / 2) ** 2

    def features(self, t: Array) -> list[Array]:
        xp = namespace(t)
        return [xp.cos(t), xp.sin(t)]

    def mean(self, sums: list[Array], weight: Array) -> Array:
        return wrapped(np.arctan2(sums[1], sums[0]))

    def joined(self, first: Gaps, second: Gaps) -> tuple[Array, Array]:
        a, b, apart = first.resultant, second.resultant, second.mean - first.mean
        along, across = a + b * np.cos(apart), b * np.sin(apart)
        turned = np.where(first.weight > 0, first.mean + np.arctan2(across, along), second.mean)
        length = a + b + np.hypot(along, across)
        return wrapped(turned), 2 * a * b * self(apart, np.zeros(())) / np.where(length > 0, length, 1.0)

    def about(self, gaps: Gaps, centre: Array) -> Array:
        return gaps.gap + gaps.resultant * self(gaps.mean, centre)


DIVERGENCES = {"square": Square(), "ratio": Ratio(), "inverse": Inverse(), "odds": Odds(), "turn": Turn()}


@record
class Gaps:
    """Weights, means, and sums of the divergences of values from these means: all (k, d)."""

    weight: Array
    mean: Array
    gap: Array
    kind: Any = static(default="square")

    @property
    def resultant(self) -> Array:
        """The length of the sum of unit vectors, where values are angles."""
        return self.weight - self.gap

    def merge(self, other: Gaps) -> Gaps:
        """Those of both parts together."""
        mean, more = DIVERGENCES[self.kind].joined(self, other)
        return Gaps(self.weight + other.weight, mean, self.gap + other.gap + more, self.kind)

    def scale(self, factor: float) -> Gaps:
        """The same as if every weight had been `factor` times as large."""
        return Gaps(self.weight * factor, self.mean, self.gap * factor, self.kind)

    def about(self, centre: Array) -> Array:
        """The sums of divergences from other centres (k, d)."""
        return DIVERGENCES[self.kind].about(self, centre)


def softplus(t: Array) -> Array:
    """log(1 + e^t)."""
    xp = namespace(t)
    return xp.where(t > 0, t, xp.zeros_like(t)) + xp.log1p(xp.exp(-xp.abs(t)))


__all__ = ["DIVERGENCES", "Divergence", "Gaps", "softplus"]
