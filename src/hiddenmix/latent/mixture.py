"""The finite mixture: each unit comes from one of k components, and which one is hidden.

log p(x) = log sum_j w_j p_j(x). The E-step's responsibilities r_j = w_j p_j / sum_l w_l p_l weigh the rows in the
components' statistics; the weights are the mean responsibilities (McLachlan & Peel 2000, Finite Mixture Models).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import entropy, safe_log, softmax
from hiddenmix._starts import ONE_WAY
from hiddenmix._tree import Array
from hiddenmix._validate import check_n_components
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.batch import Batch, Evidence, missing_cells
from hiddenmix.latent import _compiled
from hiddenmix.latent._apart import apart
from hiddenmix.latent._proposals import moves
from hiddenmix.latent._records import Ambiguity, MixtureParams, MixtureStats, log_weights_of
from hiddenmix.latent._starting import enough, given, responsibilities
from hiddenmix.latent._together import MixtureSets
from hiddenmix.latent._weights import GroupWeights, weighing
from hiddenmix.model import Data, Degenerate, Family, Known, Model, outcome

P = TypeVar("P")
S = TypeVar("S")
Sharing = Callable[[Array], tuple[Array, Array]]

SMALL = 10_000  # units that are worked on at several parameters at once
LARGE = 10**6  # units that settle a family (its prior, its levels) where not all can be held in memory
LEAK = 0.02  # rows that a component of d + 2 rows may lose to its neighbours before it counts as smaller


class Mixture(Model[MixtureParams[P], MixtureStats[S], Batch]):
    """A mixture of `n_components` of a family.

    Parameters
    ----------
    family : Family
        The components' distribution.
    n_components : int
        k.
    weights : {"free", "equal"}, array of shape (k,), Known, or GroupWeights
        "equal" fixes them at 1/k; an array fixes all, `Known` some, `GroupWeights` the sums over groups of components.
    concentration : float or array of shape (k,)
        Dirichlet prior on free weights; 1 is none.
    """

    bound = "exact"
    strategies = ("kmeans", "k-means++", "random_from_data")

    def __init__(
        self,
        family: Family[P, S],
        n_components: int,
        *,
        weights: Literal["free", "equal"] | Array | Known | GroupWeights = "free",
        concentration: float | Array = 1.0,
    ) -> None:
        self.family, self.n_components = family, check_n_components(n_components, sys.maxsize)
        self.weights = weights
        self.concentration = np.broadcast_to(np.asarray(concentration, dtype=float), (self.n_components,))
        if np.any(self.concentration < 1):
            raise HiddenmixError("HM403", "concentration must be at least 1", "1 is no prior, 2 adds one row each")
        self.weighing = weighing(weights, self.concentration)
        self.known = self.weighing.known

    def with_family(self, family: Family[P, S]) -> Mixture[P, S]:
        """The same mixture of another family."""
        return Mixture(family, self.n_components, weights=self.weights, concentration=self.concentration)

    def plain(self) -> Mixture[P, S]:
        """The mixture whose densities carry no penalty."""
        family = self.family.plain()
        return self if family is self.family else self.with_family(family)

    def prepare(self, data: Data) -> Mixture[P, S]:
        """The mixture with its family settled on the data."""
        batch = data.sample(np.random.default_rng(0), data.n_units if data.in_memory else LARGE)
        weight = None if batch.weight is None else batch.units_to_rows(batch.weight[:, None])[:, 0]
        family = self.family.prepare(batch.x, weight, self.n_components)
        return self if family is self.family else self.with_family(family)

    def start(self, data: Data, rng: np.random.Generator, how: Any = "kmeans") -> MixtureParams[P]:
        """Parameters from starting responsibilities on a sample of units.

        `how` is one of `_starts.STRATEGIES`, "auto", an array in the order that the caller's rows had (labels (n,) from
        0 to k - 1, or responsibilities (n, k)), or a function (model, data, generator) that makes the parameters.
        """
        if callable(how):
            return how(self, data, rng)  # type: ignore[no-any-return]
        if isinstance(how, str):
            source = np.random.default_rng(0) if how in ONE_WAY else rng
            batch = data.sample(source, enough(data, self.n_components))
            return self._begun(batch, responsibilities(self, batch, [rng], [how])[0])
        return self._begun(data.sample(rng, data.n_units), given(data, how, self.n_components))

    def starts(
        self, data: Data, rngs: Sequence[np.random.Generator], hows: Sequence[Any]
    ) -> list[MixtureParams[P] | Degenerate]:
        """The same from each generator. Those that look at all rows look at them together."""
        size = enough(data, self.n_components)
        if not data.in_memory or data.n_units > size or not all(isinstance(how, str) for how in hows):
            return super().starts(data, rngs, hows)
        batch, sets = data.sample(rngs[0], size), self.together(data)
        every = responsibilities(self, batch, rngs, hows)
        if sets is not None:
            with contextlib.suppress(Degenerate):  # then each by itself, to find out which
                return sets.begin(batch, every)
        return [outcome(self._begun, batch, resp) for resp in every]

    def conform(self, params: MixtureParams[P]) -> MixtureParams[P]:
        """Known weights put in, the others sharing what these leave; and what is known of the components."""
        weights = self.weighing.shared(params.weights)
        return MixtureParams(weights, self.family.conform(params.components))

    def e_step(self, params: MixtureParams[P], batch: Batch) -> tuple[float, MixtureStats[S]]:
        """Responsibilities, and with them the log-likelihood and the statistics of the batch."""
        log_weights = log_weights_of(params)
        done = _compiled.expected(self.family, params.components, log_weights, batch)
        if done is not None:
            loglik, counts, components = done
            return loglik, MixtureStats(counts, components)
        return self.e_step_by(softmax, params, batch)

    def e_step_by(self, share: Sharing, params: MixtureParams[P], batch: Batch) -> tuple[float, MixtureStats[S]]:
        """The E-step whose memberships `share` makes: of log w_j + log p_j (n, k), values (n,) and shares (n, k)."""
        log_weights = log_weights_of(params)
        logliks, stats = zip(*(self._of_block(params, log_weights, block, share) for block in batch.blocks()))
        return sum(logliks), _tree.merge_all(stats)

    def together(self, data: Data) -> MixtureSets | None:
        """Small data are worked on at several parameters at once, where components share nothing."""
        if not data.in_memory or data.n_units > SMALL or self.family.repeated(1) is None:
            return None
        first = data.sample(np.random.default_rng(0), 1)
        return MixtureSets(self) if all(map(is_numpy, _tree.leaves(first.x))) else None

    def m_step(self, params: MixtureParams[P], stats: MixtureStats[S]) -> MixtureParams[P]:
        """Weights from the counts, components from their statistics."""
        components = self.family.estimate(params.components, stats.components)
        return MixtureParams(self.weighing.estimate(stats.counts), components)

    def log_prior(self, params: MixtureParams[P]) -> float:
        """The Dirichlet log density of the weights, and the family's own."""
        return float(self.weighing.log_prior(params.weights)) + self.family.log_prior(params.components)

    def q(self, params: MixtureParams[P], stats: MixtureStats[S]) -> float:
        """sum counts log w + the components' expected log densities."""
        components = self.family.expected_log_prob(params.components, stats.components)
        return float(stats.counts @ safe_log(params.weights)) + float(np.sum(components))

    def q_gradient(self, params: MixtureParams[P], stats: MixtureStats[S], base: MixtureParams[P]) -> Array | None:
        """That of the weights, and the family's own; None where the family has none."""
        components = self.family.gradient(params.components, stats.components, base.components)
        if components is None:
            return None
        return np.concatenate([self.weighing.gradient(params.weights, stats.counts, base.weights), components])

    def posterior(self, params: MixtureParams[P], batch: Batch) -> tuple[Array, Array]:
        """Log densities (n,) and membership probabilities (n, k) of the units; impossible ones have the weights."""
        log_weights = log_weights_of(params)
        parts = [self._posterior(params, log_weights, block)[:2] for block in batch.blocks()]
        norm, resp = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts))
        xp = namespace(norm)
        impossible = norm == -xp.inf
        if xp.any(impossible):
            resp = xp.where(impossible[:, None], like(params.weights, resp), resp)
        return norm, resp

    def ambiguity(self, params: MixtureParams[P], batch: Batch) -> Ambiguity:
        """What selection criteria need of a batch; rows without a cell say nothing of their membership."""
        norm, resp = (to_numpy(part) for part in self.posterior(params, batch))
        weight = np.ones(len(norm)) if batch.weight is None else batch.weight
        missing = missing_cells(batch.x)
        if missing is not None:
            seen = np.asarray(~missing.all(axis=1), dtype=float)[:, None]
            weight = weight * (batch.rows_to_units(seen)[:, 0] > 0)
        largest = np.log(np.maximum(resp.max(axis=1), np.finfo(float).tiny))
        sizes = np.bincount(np.argmax(resp, axis=1), weight, minlength=self.n_components)
        return Ambiguity(float(weight @ norm), float(weight @ entropy(resp)), float(weight @ largest), sizes)

    def n_free(self, params: MixtureParams[P]) -> int:
        """Free weights and free parameters of the components."""
        return self.weighing.n_free + self.family.n_free(params.components)

    def sample(self, params: MixtureParams[P], n: int, rng: np.random.Generator) -> tuple[Any, Array]:
        """`n` draws and the components that they came from."""
        labels = rng.choice(self.n_components, size=n, p=params.weights / params.weights.sum())
        return self.family.sample(params.components, labels, rng), labels

    def ravel(self, params: MixtureParams[P], base: MixtureParams[P]) -> Array:
        """Log-ratios of the free weights, then the components' coordinates."""
        weights = self.weighing.ravel(params.weights, base.weights)
        return np.concatenate([weights, self.family.ravel(params.components, base.components)])

    def unravel(self, vector: Array, base: MixtureParams[P]) -> MixtureParams[P]:
        """The inverse of `ravel`."""
        size = self.weighing.n_free
        weights = self.weighing.unravel(vector[:size], base.weights)
        return MixtureParams(weights, self.family.unravel(vector[size:], base.components))

    def on_boundary(self, params: MixtureParams[P]) -> bool:
        """Whether a free weight is zero, or a component on its family's boundary."""
        return self.weighing.on_boundary(params.weights) or self.family.on_boundary(params.components)

    def inside(self, params: MixtureParams[P], step: float) -> Iterator[MixtureParams[P]]:
        """Each free weight of 0 moved inside, then what the components have on their boundary."""
        for weights in self.weighing.inside(params.weights, step):
            yield MixtureParams(weights, params.components)
        for components in self.family.inside(params.components, step):
            yield MixtureParams(params.weights, components)

    def apart(self, params: MixtureParams[P], data: Data, rng: np.random.Generator) -> Iterator[MixtureParams[P]]:
        """Components that coincide, set apart along some directions of the rows that they share."""
        return apart(self, params, data, rng)

    def moves(self, params: MixtureParams[P], data: Data, rng: np.random.Generator) -> Iterator[MixtureParams[P]]:
        """Two components merged, and one divided in two."""
        return moves(self, params, data, rng)

    def estimates(self, params: MixtureParams[P]) -> dict[str, Array]:
        """The weights and the components' parameters."""
        return {"weights": params.weights, **self.family.estimates(params.components)}

    def order(self, params: MixtureParams[P]) -> Array:
        """Components by falling weight (to three digits: fits differ in the next), equal ones by location."""
        location = np.reshape(self.family.location(params.components), (self.n_components, -1))
        keys = [*location.T[::-1], -np.round(params.weights, 3)]
        return np.lexsort(keys)

    def match(self, params: MixtureParams[P], other: MixtureParams[P]) -> MixtureParams[P]:
        """`params` with its components in the order of those of `other` that lie nearest."""
        here, there = (
            np.column_stack([np.reshape(self.family.location(p.components), (self.n_components, -1)), p.weights])
            for p in (params, other)
        )
        unit = np.std(there, axis=0)
        unit = np.where(unit > 0, unit, 1.0)
        cost = np.square((there[:, None, :] - here[None, :, :]) / unit).sum(axis=2)
        return _tree.pick(params, linear_sum_assignment(cost)[1])

    def spurious(self, params: MixtureParams[P], stats: MixtureStats[S], data: Data) -> Array:
        """Components carried by so few rows that their likelihood says little (McLachlan & Peel 2000, section 3.10)."""
        if self.n_components == 1:  # it is carried by all rows, and can lean on no few of them
            return np.zeros(0, dtype=int)
        row = min(1.0, data.total_weight / max(data.n_units, 1))  # weights may sum to 1; weights above 1 repeat rows
        return np.flatnonzero(stats.counts / row < self.family.least_rows(params.components) - LEAK)

    def _of_block(
        self, params: MixtureParams[P], log_weights: Array, batch: Batch, share: Sharing
    ) -> tuple[float, MixtureStats[S]]:
        norm, resp, stats_of = self._posterior(params, log_weights, batch, share)
        if batch.weight is not None:
            weight = like(batch.weight, resp)
            resp = resp * weight[:, None]
            norm = norm * weight
        xp = namespace(resp)
        counts = to_numpy(xp.sum(resp, axis=0))
        return float(xp.sum(norm)), MixtureStats(counts, stats_of(batch.units_to_rows(resp)))

    def _posterior(
        self, params: MixtureParams[P], log_weights: Array, batch: Batch, share: Sharing = softmax
    ) -> tuple[Array, Array, Any]:
        log_prob, stats_of = self.family.evaluate(params.components, batch.x)
        joint = batch.rows_to_units(log_prob) + like(log_weights, log_prob)
        if batch.evidence is not None:
            joint = joint + like(batch.evidence.log_weights(), joint)
        return *share(joint), stats_of

    def _begun(self, batch: Batch, resp: Array) -> MixtureParams[P]:
        """The first estimate."""
        stats = self.first_stats(batch, resp)
        return MixtureParams(self.weighing.estimate(stats.counts), self.family.estimate(None, stats.components))

    def first_stats(self, batch: Batch, resp: Array) -> MixtureStats[S]:
        """Statistics from responsibilities alone."""
        if batch.weight is not None:
            resp = resp * batch.weight[:, None]
        return MixtureStats(resp.sum(axis=0), self.family.stats(None, batch.x, batch.units_to_rows(resp)))


__all__ = ["Ambiguity", "Evidence", "Mixture", "MixtureParams", "MixtureStats"]
