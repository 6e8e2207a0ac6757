"""No hidden component at all: one distribution, for data whose hidden part is their missing cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._xp import like, namespace
from hiddenmix.batch import Batch
from hiddenmix.model import Data, Family, Model

P = TypeVar("P")
S = TypeVar("S")

SAMPLE = 50_000  # units that the start looks at
LARGE = 10**6  # units that settle the family where not all can be held in memory


class Single(Model[P, S, Batch]):
    """One family with one component; the parameters are the family's own (k = 1).

    Parameters
    ----------
    family : Family
        The distribution of a row.
    """

    bound = "exact"

    def __init__(self, family: Family[P, S]) -> None:
        self.family = family

    def with_family(self, family: Family[P, S]) -> Single[P, S]:
        """The same model of another family."""
        return Single(family)

    def plain(self) -> Single[P, S]:
        """The model whose density carries no penalty."""
        family = self.family.plain()
        return self if family is self.family else Single(family)

    def prepare(self, data: Data) -> Single[P, S]:
        """The model with its family settled on the data."""
        batch = data.sample(np.random.default_rng(0), data.n_units if data.in_memory else LARGE)
        family = self.family.prepare(batch.x, batch.weight, 1)
        return self if family is self.family else Single(family)

    def start(self, data: Data, rng: np.random.Generator, how: Any = "auto") -> P:
        """The estimate with missing cells at their column's mean and variance."""
        batch = data.sample(rng, SAMPLE)
        resp = np.ones((batch.n_units, 1)) if batch.weight is None else batch.weight[:, None]
        return self.family.estimate(None, self.family.stats(None, batch.x, batch.units_to_rows(resp)))

    def conform(self, params: P) -> P:
        """What is known put in."""
        return self.family.conform(params)

    def e_step(self, params: P, batch: Batch) -> tuple[float, S]:
        """The log-likelihood of the observed cells, and the expected statistics of all."""
        log_prob, stats_of = self.family.evaluate(params, batch.x)
        xp = namespace(log_prob)
        resp = xp.ones_like(log_prob)
        if batch.weight is not None:
            resp = batch.units_to_rows(like(batch.weight, log_prob)[:, None])
        return float(xp.sum(resp * log_prob)), stats_of(resp)

    def m_step(self, params: P, stats: S) -> P:
        """The family's estimate."""
        return self.family.estimate(params, stats)

    def log_prior(self, params: P) -> float:
        """The family's log prior."""
        return self.family.log_prior(params)

    def q(self, params: P, stats: S) -> float:
        """The expected log density of the completed data."""
        return float(np.sum(self.family.expected_log_prob(params, stats)))

    def q_gradient(self, params: P, stats: S, base: P) -> Array | None:
        """The family's gradient."""
        return self.family.gradient(params, stats, base)

    def posterior(self, params: P, batch: Batch) -> tuple[Array, Array]:
        """Log densities (n,) of the units; membership (n, 1) is certain."""
        log_prob = batch.rows_to_units(self.family.log_prob(params, batch.x))
        return log_prob[:, 0], namespace(log_prob).ones_like(log_prob)

    def n_free(self, params: P) -> int:
        """The family's free parameters."""
        return self.family.n_free(params)

    def sample(self, params: P, n: int, rng: np.random.Generator) -> tuple[Any, Array]:
        """`n` draws."""
        labels = np.zeros(n, dtype=int)
        return self.family.sample(params, labels, rng), labels

    def ravel(self, params: P, base: P) -> Array:
        """The family's coordinates."""
        return self.family.ravel(params, base)

    def unravel(self, vector: Array, base: P) -> P:
        """The inverse of `ravel`."""
        return self.family.unravel(vector, base)

    def on_boundary(self, params: P) -> bool:
        """Whether the family's parameters lie on its boundary."""
        return self.family.on_boundary(params)

    def inside(self, params: P, step: float) -> Iterator[P]:
        """What the family has on its boundary, moved inside."""
        return self.family.inside(params, step)

    def estimates(self, params: P) -> dict[str, Array]:
        """The family's parameters."""
        return self.family.estimates(params)
