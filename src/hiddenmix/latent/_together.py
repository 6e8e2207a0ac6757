"""Several parameters of one mixture side by side: an E-step and an M-step for count·k components at once.

Components of one set never meet those of another: the softmax runs within each set. What they share is the work that
does not depend on the set, and the cost of starting each array operation, which is most of a small fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._special import shares_of
from hiddenmix._tree import Array
from hiddenmix.batch import Batch
from hiddenmix.latent._records import MixtureParams, MixtureStats, log_weights_of

if TYPE_CHECKING:
    from hiddenmix.latent.mixture import Mixture


class MixtureSets:
    """Sets of k components, one after the other in one record of parameters and one of statistics."""

    def __init__(self, mixture: Mixture[Any, Any]) -> None:
        self.mixture = mixture
        self.k = mixture.n_components

    def join(self, parts: Sequence[Any]) -> Any:
        """Parameters, or statistics, side by side."""
        return _tree.stack(parts)

    def pick(self, joined: Any, places: Sequence[int]) -> Any:
        """Those of some of the sets, side by side."""
        return _tree.pick(joined, (np.multiply(places, self.k)[:, None] + np.arange(self.k)).ravel())

    def take(self, joined: Any, place: int) -> Any:
        """Those of one set, as they are alone."""
        return _tree.pick(joined, slice(place * self.k, (place + 1) * self.k))

    def begin(self, batch: Batch, every: Sequence[Array]) -> list[Any]:
        """The first estimates from responsibilities. Raises `Degenerate` where one of them collapses."""
        params = self._estimate(None, self.join([self.mixture.first_stats(batch, resp) for resp in every]))
        return [self.take(params, place) for place in range(len(every))]

    def e_step(self, params: Any, batch: Batch) -> tuple[Array, Any]:
        """Log-likelihoods (sets,), and the statistics of all sets."""
        log_prob, stats_of = self._family(params.weights).evaluate(params.components, batch.x)
        joint = np.ascontiguousarray(batch.rows_to_units(log_prob).T) + log_weights_of(params)[:, None]  # (sets k, n)
        joint = joint.reshape(-1, self.k, joint.shape[1])
        if batch.evidence is not None:
            joint += batch.evidence.log_weights().T
        norm, resp = shares_of(joint)
        if batch.weight is not None:
            resp *= batch.weight
            norm *= batch.weight
        counts = resp.sum(axis=2).ravel()
        stats = stats_of(batch.units_to_rows(resp.reshape(-1, resp.shape[2]).T))
        return norm.sum(axis=1), MixtureStats(counts, stats)

    def m_step(self, params: Any, stats: Any) -> Any:
        """The parameters of all sets. Raises `Degenerate`, where one collapses, with a component counted over all."""
        return self._estimate(params.components, stats)

    def log_prior(self, params: Any) -> Array:
        """Log priors (sets,)."""
        weights = params.weights.reshape(-1, self.k)
        each = np.broadcast_to(self._family(params.weights).log_priors(params.components), params.weights.shape)
        return self.mixture.weighing.log_prior(weights) + each.reshape(weights.shape).sum(axis=1)

    def _estimate(self, components: Any, stats: Any) -> Any:
        weights = self.mixture.weighing.estimate(stats.counts.reshape(-1, self.k))
        return MixtureParams(weights.ravel(), self._family(stats.counts).estimate(components, stats.components))

    def _family(self, every: Array) -> Any:
        """The family for as many components as there are numbers, one for each."""
        return self.mixture.family.repeated(len(every) // self.k)
