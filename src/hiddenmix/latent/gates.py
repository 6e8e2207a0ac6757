"""Mixtures whose membership probabilities depend on covariates of the unit: a softmax gate before any family.

log p(x | c) = log sum_j pi_j(c) p_j(x), pi_j(c) = exp(c' b_j) / sum_l exp(c' b_l), with an intercept in c: latent class
regression (Dayton & Macready 1988, JASA 83:173), concomitant variables, experts under a gate (Jordan & Jacobs 1994,
Neural Computation 6:181). The components' M-step is that of any mixture. The gate's has no finite statistic: its part
of q is replaced by the quadratic lower bound of `_softmax`, which touches it at the parameters of the E-step. So q here
is a lower bound of the expected complete-data log-likelihood; the bound that is drawn is still one of the objective,
its slope there is the objective's (Fisher's identity holds), and the M-step, its exact maximum, never lets the
objective fall. The steps are shorter than those of an inner iteration would be. Curvatures of q overstate the
complete-data information of the gate, and with it the fraction that is missing; standard errors come from slopes alone
and are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from scipy.special import softmax

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, shared
from hiddenmix._xp import like, namespace, to_numpy
from hiddenmix.batch import Batch, Evidence
from hiddenmix.latent._records import Ambiguity, MixtureParams, MixtureStats
from hiddenmix.latent._softmax import Softmax, centred, settled
from hiddenmix.latent.mixture import LARGE, Mixture
from hiddenmix.model import Data, Family, Model

P = TypeVar("P")
S = TypeVar("S")

FEWEST = 1e-3  # weight of a component that a start leaves empty


@record
class GatedParams(Generic[P]):
    """Coefficients (k, 1 + p) that sum to 0 over the components, and the parameters of the components.

    Of each component first its logit at the covariates' centre, then its slopes per unit of each covariate.
    """

    coef: Array
    components: P

    @property
    def weights(self) -> Array:
        """Membership probabilities (k,) of a unit whose covariates are at their centre."""
        return np.asarray(softmax(self.coef[:, 0]))


@record
class GatedStats(MixtureStats[S]):
    """Expected counts (k,), the components' statistics, and the gate's: h (k, 1 + p) and C, of all components."""

    target: Array
    gram: Array = shared()


class GatedMixture(Model[GatedParams[P], GatedStats[S], Batch]):
    """A mixture of `n_components` of a family, whose weights depend on the units' covariates.

    The data bring the covariates, one row for each unit: `Rows(x, covariates=c)`, or `Groups(x, groups, covariates=c)`
    with a row for each group, in the order of the sorted labels.

    Parameters
    ----------
    family : Family
        The components' distribution.
    n_components : int
        k.
    penalty : float
        Precision of a normal prior on the slopes of standardised covariates; 0 is none. It keeps slopes finite where
        covariates separate the components.
    centre, scale : array of shape (p,), optional
        Where covariates are centred, and their unit; by default the data's mean and standard deviation.
    """

    bound = "exact"
    strategies = Mixture.strategies

    def __init__(
        self,
        family: Family[P, S],
        n_components: int,
        *,
        penalty: float = 0.0,
        centre: Array | None = None,
        scale: Array | None = None,
    ) -> None:
        if not 0 <= penalty < np.inf:
            raise HiddenmixError("HM403", f"penalty must be 0 or more; got {penalty}", "0 is none, 1 is a weak one")
        self.mixture: Mixture[P, S] = Mixture(family, n_components)
        self.family, self.n_components, self.penalty = family, self.mixture.n_components, penalty
        self.weighing, self.known = self.mixture.weighing, self.mixture.known
        self.centre, self.scale = centre, scale

    @cached_property
    def gate(self) -> Softmax:
        """The gate. It needs `prepare`, or a centre and a scale."""
        if self.centre is None or self.scale is None:
            raise HiddenmixError("HM431", "the gate's covariates are not settled", "model.prepare(data), or hm.fit")
        return Softmax(
            self.n_components, np.asarray(self.centre, dtype=float), np.asarray(self.scale, dtype=float), self.penalty
        )

    def with_family(self, family: Family[P, S]) -> GatedMixture[P, S]:
        """The same gate before another family."""
        return GatedMixture(family, self.n_components, penalty=self.penalty, centre=self.centre, scale=self.scale)

    def plain(self) -> GatedMixture[P, S]:
        """The mixture whose densities carry no penalty."""
        family = self.family.plain()
        return self if family is self.family else self.with_family(family)

    def prepare(self, data: Data) -> GatedMixture[P, S]:
        """The mixture with its family and its gate settled on the data."""
        family = self.mixture.prepare(data).family
        if self.centre is not None and self.scale is not None:
            return self if family is self.family else self.with_family(family)
        batch = data.sample(np.random.default_rng(0), data.n_units if data.in_memory else LARGE)
        if batch.covariates is None:
            what = "memberships depend on covariates, and these data bring none"
            raise HiddenmixError("HM431", what, "Rows(x, covariates=c)")
        found = settled(batch.covariates, batch.weight, self.penalty)
        centre, scale = (own if given is None else given for given, own in zip((self.centre, self.scale), found))
        return GatedMixture(family, self.n_components, penalty=self.penalty, centre=centre, scale=scale)

    def start(self, data: Data, rng: np.random.Generator, how: Any = "kmeans") -> GatedParams[P]:
        """A mixture's start, with memberships that do not depend on the covariates yet."""
        if callable(how):
            return how(self, data, rng)  # type: ignore[no-any-return]
        begun = self.mixture.start(data, rng, how)
        coef = np.zeros((self.n_components, 1 + len(self.gate.centre)))
        coef[:, 0] = np.log(np.maximum(begun.weights, FEWEST))
        return GatedParams(centred(coef), begun.components)

    def conform(self, params: GatedParams[P]) -> GatedParams[P]:
        """What is known of the components put in, and coefficients that sum to 0."""
        return GatedParams(centred(params.coef), self.family.conform(params.components))

    def e_step(self, params: GatedParams[P], batch: Batch) -> tuple[float, GatedStats[S]]:
        """Responsibilities, and with them the log-likelihood and the statistics of components and gate."""
        logliks, stats = zip(*(self._of_block(params, block) for block in batch.blocks()))
        return sum(logliks), _tree.merge_all(stats)

    def m_step(self, params: GatedParams[P], stats: GatedStats[S]) -> GatedParams[P]:
        """The gate's least squares, and the components from their statistics."""
        components = self.family.estimate(params.components, stats.components)
        return GatedParams(self.gate.estimate(stats.target, stats.gram), components)

    def log_prior(self, params: GatedParams[P]) -> float:
        """The gate's, and the family's own."""
        return self.gate.log_prior(params.coef) + self.family.log_prior(params.components)

    def q(self, params: GatedParams[P], stats: GatedStats[S]) -> float:
        """The gate's lower bound, and the components' expected log densities."""
        components = self.family.expected_log_prob(params.components, stats.components)
        return self.gate.q(params.coef, stats.target, stats.gram) + float(np.sum(components))

    def q_gradient(self, params: GatedParams[P], stats: GatedStats[S], base: GatedParams[P]) -> Array | None:
        """That of the gate, and the family's own; None where the family has none."""
        components = self.family.gradient(params.components, stats.components, base.components)
        if components is None:
            return None
        return np.concatenate([self.gate.gradient(params.coef, stats.target, stats.gram), components])

    def memberships(self, params: GatedParams[P], covariates: Array) -> Array:
        """Membership probabilities (n, k) of units of which only the covariates (n, p) are known."""
        c = np.asarray(covariates, dtype=float)
        c = c[:, None] if c.ndim == 1 else c
        return np.exp(self.gate.log_weights(params.coef, self.gate.design(Batch(c, covariates=c))))

    def posterior(self, params: GatedParams[P], batch: Batch) -> tuple[Array, Array]:
        """Log densities (n,) and membership probabilities (n, k) of the units; impossible ones have the gate's."""
        norm, resp = self.mixture.posterior(*self._informed(params, batch))
        xp = namespace(norm)
        impossible = norm == -xp.inf
        if xp.any(impossible):
            gate = np.exp(self.gate.log_weights(params.coef, self.gate.design(batch)))
            resp = xp.where(impossible[:, None], like(gate, resp), resp)
        return norm, resp

    def ambiguity(self, params: GatedParams[P], batch: Batch) -> Ambiguity:
        """What selection criteria need of a batch."""
        return self.mixture.ambiguity(*self._informed(params, batch))

    def n_free(self, params: GatedParams[P]) -> int:
        """Coefficients of all components but one, and free parameters of the components."""
        return self.gate.n_free + self.family.n_free(params.components)

    def sample(
        self, params: GatedParams[P], n: int, rng: np.random.Generator, covariates: Array | None = None
    ) -> tuple[Any, Array]:
        """`n` draws and the components that they came from, for units with these covariates (by default the centre)."""
        c = np.tile(self.gate.centre, (n, 1)) if covariates is None else np.asarray(covariates, dtype=float)
        reached = np.cumsum(self.memberships(params, c), axis=1)
        labels = np.minimum((rng.random(n)[:, None] >= reached).sum(axis=1), self.n_components - 1)
        return self.family.sample(params.components, labels, rng), labels

    def ravel(self, params: GatedParams[P], base: GatedParams[P]) -> Array:
        """The gate's coordinates, then the components'."""
        gate = self.gate.ravel(params.coef, base.coef)
        return np.concatenate([gate, self.family.ravel(params.components, base.components)])

    def unravel(self, vector: Array, base: GatedParams[P]) -> GatedParams[P]:
        """The inverse of `ravel`."""
        size = self.gate.n_free
        coef = self.gate.unravel(vector[:size], base.coef)
        return GatedParams(coef, self.family.unravel(vector[size:], base.components))

    def on_boundary(self, params: GatedParams[P]) -> bool:
        """Whether a component lies on its family's boundary; the gate has none."""
        return self.family.on_boundary(params.components)

    def inside(self, params: GatedParams[P], step: float) -> Iterator[GatedParams[P]]:
        """What the components have on their boundary moved inside."""
        for components in self.family.inside(params.components, step):
            yield GatedParams(params.coef, components)

    def apart(self, params: GatedParams[P], data: Data, rng: np.random.Generator) -> Iterator[GatedParams[P]]:
        """Components that coincide, set apart as those of a mixture; the gate stays."""
        for moved in self.mixture.apart(MixtureParams(params.weights, params.components), data, rng):
            yield GatedParams(params.coef, moved.components)

    def estimates(self, params: GatedParams[P]) -> dict[str, Array]:
        """The gate's coefficients (k, 1 + p) against the first component, with the intercept where covariates are 0."""
        return {"gate": self.gate.at_zero(params.coef), **self.family.estimates(params.components)}

    def order(self, params: GatedParams[P]) -> Array:
        """Components by falling weight at the covariates' centre, equal ones by location."""
        return self.mixture.order(MixtureParams(params.weights, params.components))

    def match(self, params: GatedParams[P], other: GatedParams[P]) -> GatedParams[P]:
        """`params` with its components in the order of those of `other` that lie nearest."""
        matched: Any = self.mixture.match(params, other)  # type: ignore[arg-type]  # which only picks components
        return matched  # type: ignore[no-any-return]

    def spurious(self, params: GatedParams[P], stats: GatedStats[S], data: Data) -> Array:
        """Components carried by so few rows that their likelihood says little."""
        return self.mixture.spurious(MixtureParams(params.weights, params.components), stats, data)

    def _of_block(self, params: GatedParams[P], batch: Batch) -> tuple[float, GatedStats[S]]:
        gate, z = self.gate, self.gate.design(batch)
        given = MixtureParams(params.weights, params.components)
        norm, resp, stats_of = self.mixture._posterior(given, gate.log_weights(params.coef, z), batch)
        if batch.weight is not None:
            weight = like(batch.weight, resp)
            resp, norm = resp * weight[:, None], norm * weight
        shares = to_numpy(resp)
        target, gram = gate.stats(params.coef, z, shares, batch.weight)
        components = stats_of(batch.units_to_rows(resp))
        return float(namespace(norm).sum(norm)), GatedStats(shares.sum(axis=0), components, target, gram)

    def _informed(self, params: GatedParams[P], batch: Batch) -> tuple[MixtureParams[P], Batch]:
        """The mixture with equal weights, and the batch with what its covariates say as evidence."""
        k = self.n_components
        table = self.gate.log_weights(params.coef, self.gate.design(batch)) + np.log(k)
        if batch.evidence is not None:
            table = table + batch.evidence.log_weights()
        return MixtureParams(np.full(k, 1.0 / k), params.components), replace(batch, evidence=Evidence(table))


__all__ = ["GatedMixture", "GatedParams", "GatedStats"]
