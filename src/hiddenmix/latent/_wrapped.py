"""A mixture with another E-step: what a wrapper hands on to the mixture that it wraps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixTypeError
from hiddenmix._tree import Array
from hiddenmix.batch import Batch
from hiddenmix.latent._records import Ambiguity, MixtureParams, MixtureStats
from hiddenmix.latent.mixture import Mixture, Sharing
from hiddenmix.model import Data, Degenerate, Family, Model

P = TypeVar("P")
S = TypeVar("S")


class Wrapped(Model[MixtureParams[P], MixtureStats[S], Batch]):
    """A mixture whose memberships are made in another way; of the mixture's own parameters."""

    strategies = Mixture.strategies
    likelihood = False  # what is maximised is another objective, whose curvature tells no standard errors

    def __init__(self, mixture: Mixture[P, S]) -> None:
        if not hasattr(mixture, "e_step_by"):
            name = type(mixture).__name__
            what = f"{type(self).__name__} is for a Mixture; got {name}"
            raise HiddenmixTypeError("HM443", what, f"{type(self).__name__}(hiddenmix.Mixture(family, k))")
        self.mixture = mixture
        self.family, self.n_components = mixture.family, mixture.n_components
        self.weights, self.weighing, self.known = mixture.weights, mixture.weighing, mixture.known

    @abstractmethod
    def around(self, mixture: Mixture[P, S]) -> Self:
        """The same wrapper of another mixture."""

    @abstractmethod
    def sharing(self, params: MixtureParams[P], batch: Batch) -> Sharing:
        """From log w_j + log p_j(x) (n, k) to the units' part in the objective (n,), and their memberships (n, k)."""

    def e_step(self, params: MixtureParams[P], batch: Batch) -> tuple[float, MixtureStats[S]]:
        """The objective, and the statistics under these memberships."""
        return self.mixture.e_step_by(self.sharing(params, batch), params, batch)

    def with_family(self, family: Family[P, S]) -> Self:
        """The same wrapper of the mixture of another family."""
        return self.around(self.mixture.with_family(family))

    def prepare(self, data: Data) -> Self:
        """The mixture settled on the data."""
        mixture = self.mixture.prepare(data)
        return self if mixture is self.mixture else self.around(mixture)

    def plain(self) -> Mixture[P, S]:
        """The mixture itself: scores and criteria are those of its density at these parameters."""
        return self.mixture.plain()

    def start(self, data: Data, rng: np.random.Generator, how: Any = "kmeans") -> MixtureParams[P]:
        """The mixture's start."""
        return self.mixture.start(data, rng, how)

    def starts(
        self, data: Data, rngs: Sequence[np.random.Generator], hows: Sequence[Any]
    ) -> list[MixtureParams[P] | Degenerate]:
        """The mixture's starts."""
        return self.mixture.starts(data, rngs, hows)

    def conform(self, params: MixtureParams[P]) -> MixtureParams[P]:
        """What is known put in."""
        return self.mixture.conform(params)

    def m_step(self, params: MixtureParams[P], stats: MixtureStats[S]) -> MixtureParams[P]:
        """The mixture's."""
        return self.mixture.m_step(params, stats)

    def log_prior(self, params: MixtureParams[P]) -> float:
        """The mixture's."""
        return self.mixture.log_prior(params)

    def q(self, params: MixtureParams[P], stats: MixtureStats[S]) -> float:
        """The mixture's: the entropy of the memberships is free of `params`."""
        return self.mixture.q(params, stats)

    def q_gradient(self, params: MixtureParams[P], stats: MixtureStats[S], base: MixtureParams[P]) -> Array | None:
        """The mixture's."""
        return self.mixture.q_gradient(params, stats, base)

    def posterior(self, params: MixtureParams[P], batch: Batch) -> tuple[Array, Array]:
        """Log densities (n,) and membership probabilities (n, k) of the mixture at these parameters."""
        return self.mixture.posterior(params, batch)

    def ambiguity(self, params: MixtureParams[P], batch: Batch) -> Ambiguity:
        """What selection criteria need, of the mixture's density."""
        return self.mixture.ambiguity(params, batch)

    def n_free(self, params: MixtureParams[P]) -> int:
        """Free weights and free parameters of the components."""
        return self.mixture.n_free(params)

    def sample(self, params: MixtureParams[P], n: int, rng: np.random.Generator) -> tuple[Any, Array]:
        """`n` draws from the mixture and the components that they came from."""
        return self.mixture.sample(params, n, rng)

    def ravel(self, params: MixtureParams[P], base: MixtureParams[P]) -> Array:
        """The mixture's coordinates."""
        return self.mixture.ravel(params, base)

    def unravel(self, vector: Array, base: MixtureParams[P]) -> MixtureParams[P]:
        """The inverse of `ravel`."""
        return self.mixture.unravel(vector, base)

    def on_boundary(self, params: MixtureParams[P]) -> bool:
        """Whether a free weight is zero, or a component on its family's boundary."""
        return self.mixture.on_boundary(params)

    def inside(self, params: MixtureParams[P], step: float) -> Iterator[MixtureParams[P]]:
        """What lies on the boundary moved inside."""
        return self.mixture.inside(params, step)

    def apart(self, params: MixtureParams[P], data: Data, rng: np.random.Generator) -> Iterator[MixtureParams[P]]:
        """Components that coincide, set apart."""
        return self.mixture.apart(params, data, rng)

    def moves(self, params: MixtureParams[P], data: Data, rng: np.random.Generator) -> Iterator[MixtureParams[P]]:
        """Two components merged, and one divided in two."""
        return self.mixture.moves(params, data, rng)

    def estimates(self, params: MixtureParams[P]) -> dict[str, Array]:
        """The weights and the components' parameters."""
        return self.mixture.estimates(params)

    def order(self, params: MixtureParams[P]) -> Array:
        """Components by falling weight, equal ones by location."""
        return self.mixture.order(params)

    def match(self, params: MixtureParams[P], other: MixtureParams[P]) -> MixtureParams[P]:
        """`params` with its components in the order of those of `other` that lie nearest."""
        return self.mixture.match(params, other)

    def spurious(self, params: MixtureParams[P], stats: MixtureStats[S], data: Data) -> Array:
        """Components carried by so few rows that their likelihood says little."""
        return self.mixture.spurious(params, stats, data)
