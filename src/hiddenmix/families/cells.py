"""Distributions of missing cells: of n rows that miss the same m columns, under each of k components.

A mixture's knowledge of a cell is the components' distributions weighted by the row's memberships (n, k), which every
method here is given. Quantiles solve F(v) = q for the mixture's distribution function F by bisection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self, final

import numpy as np
from scipy.special import bdtr, betainc, ndtr, pdtr

from hiddenmix._tree import Array, record

HALVINGS = 70  # of the bracket of a quantile
ROUNDING = 1e-12  # of a distribution function that jumps
REACH = 40.0  # standard deviations that the bracket reaches beyond the outermost means


class Cells(ABC):
    """What all cells can do, numbers or levels."""

    @abstractmethod
    def best(self, weights: Array) -> Array:
        """The single value (n, m) that stands for the cell: the mean of a number, the most probable level."""

    @abstractmethod
    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, m), from the components in `labels` (n,); of one row's cells, any number of them."""

    def row(self, i: int) -> Self:
        """The cells of one row; where nothing depends on the row, the same."""
        return self


class NumberCells(Cells):
    """Cells that hold numbers."""

    whole: ClassVar[bool]

    @abstractmethod
    def means(self) -> Array:
        """Components' means (n, k, m), or (1, k, m) when they are the same for all rows."""

    @abstractmethod
    def variances(self) -> Array:
        """Components' variances, likewise."""

    @abstractmethod
    def below(self, value: Array) -> Array:
        """Components' distribution functions (n, k, m) at values (n, 1, m)."""

    def bracket(self, q: float) -> tuple[Array, Array]:
        """What the quantile of any mixture of the components lies between, (n, m) or (1, m) each."""
        reach = REACH * np.sqrt(self.variances())
        return (self.means() - reach).min(axis=1), (self.means() + reach).max(axis=1)

    def covariances(self) -> Array:
        """Components' covariances (n, k, m, m), or (1, k, m, m)."""
        variances = self.variances()
        return variances[..., None] * np.eye(variances.shape[-1])

    @final
    def mean(self, weights: Array) -> Array:
        """The means (n, m)."""
        return (weights[:, None, :] @ self.means())[:, 0, :]

    @final
    def sd(self, weights: Array) -> Array:
        """The standard deviations (n, m), within components and between them."""
        apart = self.means() - self.mean(weights)[:, None, :]
        shares = weights[:, :, None]
        spread = self.variances() + np.square(apart)  # infinite where a tail is heavy
        return np.sqrt((shares * np.where(shares > 0, spread, 0.0)).sum(axis=1))

    @final
    def best(self, weights: Array) -> Array:
        return self.mean(weights)

    @final
    def quantile(self, weights: Array, q: float) -> Array:
        """The smallest values (n, m) that are not exceeded with probability `q`, 0 < q < 1."""
        low, high = self.bracket(q)
        low, high = (np.broadcast_to(end, (len(weights), end.shape[-1])).copy() for end in (low, high))
        if self.whole:
            low, high = np.full(low.shape, -1.0), np.ceil(high)
        for _ in range(HALVINGS):
            middle = np.floor((low + high) / 2) if self.whole else (low + high) / 2
            reached = (weights[:, None, :] @ self.below(middle[:, None, :]))[:, 0, :] >= q - ROUNDING * self.whole
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return high


@record
class NormalCells(NumberCells):
    """Normal cells: means (n, k, m), or (1, k, m), and factors (k, m, m) of the covariances."""

    mean_values: Array
    factors: Array
    whole = False

    def means(self) -> Array:
        return self.mean_values

    def variances(self) -> Array:
        return np.square(self.factors).sum(axis=2)[None]

    def covariances(self) -> Array:
        return (self.factors @ np.swapaxes(self.factors, 1, 2))[None]

    def below(self, value: Array) -> Array:
        return np.asarray(ndtr((value - self.mean_values) / np.sqrt(self.variances())))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        noise = rng.standard_normal((len(labels), self.factors.shape[1]))
        centre = np.broadcast_to(self.mean_values, (len(labels), *self.mean_values.shape[1:]))
        return centre[np.arange(len(labels)), labels] + np.einsum("nab,nb->na", self.factors[labels], noise)

    def row(self, i: int) -> NormalCells:
        return self if len(self.mean_values) == 1 else NormalCells(self.mean_values[i : i + 1], self.factors)


@record
class Heads(NumberCells):
    """Binomial counts: probabilities (k, m), trials (m,)."""

    p: Array
    trials: Array
    whole = True

    def means(self) -> Array:
        return (self.p * self.trials)[None]

    def variances(self) -> Array:
        return (self.p * (1 - self.p) * self.trials)[None]

    def below(self, value: Array) -> Array:
        inside = np.minimum(value, self.trials)
        return np.where(value < 0, 0.0, bdtr(np.maximum(inside, 0), self.trials.astype(int), self.p))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        return rng.binomial(self.trials.astype(int), self.p[labels]).astype(float)


@record
class PoissonCells(NumberCells):
    """Poisson counts: rates (k, m)."""

    rate: Array
    whole = True

    def means(self) -> Array:
        return self.rate[None]

    def variances(self) -> Array:
        return self.rate[None]

    def below(self, value: Array) -> Array:
        return np.where(value < 0, 0.0, pdtr(np.maximum(value, 0), self.rate))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        return rng.poisson(self.rate[labels]).astype(float)


@record
class Shared(NumberCells):
    """Counts of the unobserved categories of a multinomial, until the observed ones have reached their total (n,).

    They are negative multinomial; `odds` (k, m) are p_c / P, with P the probability of all observed categories.
    """

    total: Array
    odds: Array
    whole = True

    def means(self) -> Array:
        return self.total[:, None, None] * self.odds

    def variances(self) -> Array:
        return self.total[:, None, None] * self.odds * (1 + self.odds)

    def covariances(self) -> Array:
        diagonal = self.odds[:, :, None] * np.eye(self.odds.shape[1])
        return self.total[:, None, None, None] * (diagonal + self.odds[:, :, None] * self.odds[:, None, :])

    def below(self, value: Array) -> Array:
        total = np.maximum(self.total, 1.0)[:, None, None]  # a total of 0 leaves 0 everywhere
        found = betainc(total, np.maximum(value, 0) + 1, 1 / (1 + self.odds))
        return np.where(value < 0, 0.0, np.where(self.total[:, None, None] > 0, found, 1.0))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        pace = rng.standard_gamma(np.broadcast_to(self.total, (len(labels),)))
        return rng.poisson(pace[:, None] * self.odds[labels]).astype(float)

    def row(self, i: int) -> Shared:
        return Shared(self.total[i : i + 1], self.odds)


@record
class LevelCells(Cells):
    """Categories: probabilities (k, m, L) of the levels."""

    p: Array

    def probabilities(self, weights: Array) -> Array:
        """Probabilities of the levels (n, m, L)."""
        return np.einsum("nk,kml->nml", weights, self.p)

    def best(self, weights: Array) -> Array:
        return np.argmax(self.probabilities(weights), axis=2).astype(float)

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        reached = np.cumsum(self.p, axis=2)[labels]  # (n, m, L)
        chance = rng.random(reached.shape[:2])[..., None] * reached[:, :, -1:]
        return (chance >= reached).sum(axis=2).astype(float)
