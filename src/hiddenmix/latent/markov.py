"""The hidden Markov model: each row of a sequence is seen in one of k states, and the states form a Markov chain.

p(x, s) = initial(s_1) p(x_1 | s_1) times the product over t of transitions(s_t-1, s_t) p(x_t | s_t). The E-step's
probabilities of states and expected transitions come from the forward and backward recursions (Baum, Petrie, Soules &
Weiss 1970, Annals of Mathematical Statistics 41:164); initial and transition probabilities are shares of expected
counts, and the states' distributions are estimated as a mixture's are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import safe_log
from hiddenmix._tree import Array
from hiddenmix._validate import check_n_components
from hiddenmix._xp import to_numpy
from hiddenmix.batch import block_rows, blocks
from hiddenmix.kernels import chain
from hiddenmix.latent._chain_records import MarkovParams, MarkovStats
from hiddenmix.latent._chain_start import CHAIN_STRATEGIES, beginning
from hiddenmix.latent._chances import chances
from hiddenmix.latent._moves import Moves, pseudo_counts
from hiddenmix.latent._records import Ambiguity
from hiddenmix.model import Data, Family, Known, Model
from hiddenmix.sequences import SequenceBatch

P = TypeVar("P")
S = TypeVar("S")

LARGE = 10**6  # rows that settle a family where not all can be held in memory
MOST_STATES = 10_000


class Markov(Model[MarkovParams[P], MarkovStats[S], SequenceBatch]):
    """A hidden Markov model with `n_states` states; data are `Sequences`.

    Parameters
    ----------
    family : Family
        The distribution of a row in each state.
    n_states : int
        k.
    initial : {"free", "equal", "first", "stationary"}, array of shape (k,), or Known
        Probabilities of the first state: "first" begins in the first one, "stationary" as a chain that has been running
        for ever.
    transitions : {"free", "left-to-right"}, array of shape (k, k), or Known
        "left-to-right": each state stays or goes on to the next. An array of booleans says which transitions are
        possible; one of numbers gives all of them, `Known` some.
    initial_concentration, concentration : float, or arrays of shape (k,) and (k, k)
        Dirichlet priors on the free probabilities of first states and of transitions; 1 is none.
    """

    bound = "exact"

    def __init__(
        self,
        family: Family[P, S],
        n_states: int,
        *,
        initial: Literal["free", "equal", "first", "stationary"] | Array | Known = "free",
        transitions: Literal["free", "left-to-right"] | Array | Known = "free",
        initial_concentration: float | Array = 1.0,
        concentration: float | Array = 1.0,
    ) -> None:
        self.family, self.n_components = family, check_n_components(n_states, MOST_STATES)
        self.settings: dict[str, Any] = {
            "initial": initial, "transitions": transitions,
            "initial_concentration": initial_concentration, "concentration": concentration,
        }  # fmt: skip
        k = self.n_components
        first = pseudo_counts(initial_concentration, (k,), "first states")
        self.chances = chances(initial, first, Moves(transitions, concentration, k))
        self.interchangeable = self.chances.interchangeable
        self.strategies = CHAIN_STRATEGIES if self.interchangeable else ("segments", *CHAIN_STRATEGIES)

    def with_family(self, family: Family[P, S]) -> Markov[P, S]:
        """The same model of another family."""
        return Markov(family, self.n_components, **self.settings)

    def plain(self) -> Markov[P, S]:
        """The model whose densities carry no penalty."""
        family = self.family.plain()
        return self if family is self.family else self.with_family(family)

    def prepare(self, data: Data) -> Markov[P, S]:
        """The model with its family settled on the data. Raises HM436 where the data are no sequences."""
        batch = data.sample(np.random.default_rng(0), data.n_units if data.in_memory else LARGE)
        if not hasattr(batch, "in_time"):
            what = "a hidden Markov model needs to know which rows follow one another, and these are independent"
            raise HiddenmixError("HM436", what, "hiddenmix.Sequences(x, lengths)")
        weight = None if batch.weight is None else batch.units_to_rows(batch.weight[:, None])[:, 0]
        family = self.family.prepare(batch.x, weight, self.n_components)
        return self if family is self.family else self.with_family(family)

    def start(self, data: Data, rng: np.random.Generator, how: Any = "kmeans") -> MarkovParams[P]:
        """Parameters from responsibilities of rows: those of a strategy, labels or responsibilities; or as given."""
        return how(self, data, rng) if callable(how) else beginning(self, data, rng, how)

    def conform(self, params: MarkovParams[P]) -> MarkovParams[P]:
        """Known probabilities put in, the others sharing what these leave; and what is known of the states."""
        return MarkovParams(*self.chances.shared(_pair(params)), self.family.conform(params.components))

    def e_step(self, params: MarkovParams[P], batch: SequenceBatch) -> tuple[float, MarkovStats[S]]:
        """Probabilities of the states, and with them the log-likelihood and the statistics of the batch."""
        log_prob, stats_of = self._densities(params, batch)
        done = chain.smooth(log_prob, self._starts(batch), params.initial, params.transitions, batch.weight)
        loglik = done.loglik.sum() if batch.weight is None else batch.weight @ done.loglik
        first = done.resp[:, self._starts(batch)].sum(axis=1)
        return float(loglik), MarkovStats(first, done.moves, stats_of(done.resp))

    def m_step(self, params: MarkovParams[P], stats: MarkovStats[S]) -> MarkovParams[P]:
        """Initial and transition probabilities from their counts, states from their statistics."""
        components = self.family.estimate(params.components, stats.components)
        return MarkovParams(*self.chances.estimate(_pair(stats), _pair(params)), components)

    def log_prior(self, params: MarkovParams[P]) -> float:
        """The Dirichlet log densities of the probabilities, and the family's own."""
        return self.chances.log_prior(_pair(params)) + self.family.log_prior(params.components)

    def q(self, params: MarkovParams[P], stats: MarkovStats[S]) -> float:
        """sum counts log initial + sum counts log transitions + the states' expected log densities."""
        first = stats.initial @ safe_log(params.initial)
        moves = np.sum(stats.transitions * safe_log(params.transitions))
        return float(first + moves + np.sum(self.family.expected_log_prob(params.components, stats.components)))

    def q_gradient(self, params: MarkovParams[P], stats: MarkovStats[S], base: MarkovParams[P]) -> Array | None:
        """Those of the probabilities, and the family's own; None where the family has none."""
        components = self.family.gradient(params.components, stats.components, base.components)
        if components is None:
            return None
        return np.concatenate([self.chances.gradient(_pair(params), _pair(stats), _pair(base)), components])

    def posterior(self, params: MarkovParams[P], batch: SequenceBatch) -> tuple[Array, Array]:
        """Log densities (units,) of the sequences, and probabilities (n, k) of the states of rows in order of time.

        Of a sequence that is impossible, the probabilities are those before anything is seen.
        """
        starts = self._starts(batch)
        log_prob, _ = self._densities(params, batch)
        done = chain.smooth(log_prob, starts, params.initial, params.transitions)
        impossible = np.repeat(done.loglik == -np.inf, batch.sizes)
        if impossible.any():
            before = np.where(impossible, 0.0, log_prob)
            resp = chain.smooth(before, starts, params.initial, params.transitions).resp
            return done.loglik, np.transpose(np.where(impossible, resp, done.resp))
        return done.loglik, done.resp.T

    def most_probable(self, params: MarkovParams[P], batch: SequenceBatch) -> tuple[Array, Array]:
        """The most probable states (n,) in order of time, and the log of their joint density with the rows (units,)."""
        log_prob, _ = self._densities(params, batch)
        return chain.most_probable(log_prob, self._starts(batch), params.initial, params.transitions)

    def ambiguity(self, params: MarkovParams[P], batch: SequenceBatch) -> Ambiguity:
        """What selection criteria need: the entropy of the hidden path, and the probability of the likeliest one.

        The entropy of the path given the rows is the log-likelihood less the expected log of the joint density of path
        and rows, which is the sum that Hernando, Crespi & Cybenko (2005, IEEE Trans. Information Theory 51:2681) build
        up row by row.
        """
        starts = self._starts(batch)
        log_prob, _ = self._densities(params, batch)
        done = chain.smooth(log_prob, starts, params.initial, params.transitions, batch.weight)
        joint = chain.most_probable(log_prob, starts, params.initial, params.transitions)[1]
        weight = np.ones(len(starts)) if batch.weight is None else batch.weight
        possible = done.loglik > -np.inf
        first = done.resp[:, starts].sum(axis=1) @ safe_log(params.initial)
        seen = np.sum(done.resp * np.where(done.resp > 0, log_prob, 0.0))
        expected = first + np.sum(done.moves * safe_log(params.transitions)) + seen
        entropy = max(float(weight[possible] @ done.loglik[possible] - expected), 0.0)
        largest = float(weight[possible] @ (joint - done.loglik)[possible])
        rows = np.repeat(weight, batch.sizes)
        sizes = np.bincount(np.argmax(done.resp, axis=0), rows, minlength=self.n_components)
        return Ambiguity(float(weight @ done.loglik), entropy, min(largest, 0.0), sizes)

    def n_free(self, params: MarkovParams[P]) -> int:
        """Free probabilities and free parameters of the states."""
        return self.chances.n_free + self.family.n_free(params.components)

    def sample(self, params: MarkovParams[P], n: int, rng: np.random.Generator) -> tuple[Any, Array]:
        """One sequence of `n` rows, and its states."""
        cumulated = np.cumsum(params.transitions, axis=1)
        draws, states = rng.random(n), np.empty(n, dtype=int)
        before = np.cumsum(params.initial)
        for t, draw in enumerate(draws):
            states[t] = min(int(np.searchsorted(before, draw * before[-1], side="right")), len(before) - 1)
            before = cumulated[states[t]]
        return self.family.sample(params.components, states, rng), states

    def ravel(self, params: MarkovParams[P], base: MarkovParams[P]) -> Array:
        """Log-ratios of the free probabilities, then the states' coordinates."""
        chances = self.chances.ravel(_pair(params), _pair(base))
        return np.concatenate([chances, self.family.ravel(params.components, base.components)])

    def unravel(self, vector: Array, base: MarkovParams[P]) -> MarkovParams[P]:
        """The inverse of `ravel`."""
        chances, components = np.split(vector, [self.chances.n_free])
        pair = self.chances.unravel(chances, _pair(base))
        return MarkovParams(*pair, self.family.unravel(components, base.components))

    def on_boundary(self, params: MarkovParams[P]) -> bool:
        """Whether a free probability is zero, or a state on its family's boundary."""
        return self.chances.on_boundary(_pair(params)) or self.family.on_boundary(params.components)

    def inside(self, params: MarkovParams[P], step: float) -> Iterator[MarkovParams[P]]:
        """Each free probability of 0 moved inside, then what the states have on their boundary."""
        for pair in self.chances.inside(_pair(params), step):
            yield MarkovParams(*pair, params.components)
        for components in self.family.inside(params.components, step):
            yield MarkovParams(params.initial, params.transitions, components)

    def estimates(self, params: MarkovParams[P]) -> dict[str, Array]:
        """Initial and transition probabilities, and the states' parameters."""
        chances = {"initial": params.initial, "transitions": params.transitions}
        return {**chances, **self.family.estimates(params.components)}

    def order(self, params: MarkovParams[P]) -> Array:
        """States by location."""
        return np.lexsort(self._location(params).T[::-1])

    def match(self, params: MarkovParams[P], other: MarkovParams[P]) -> MarkovParams[P]:
        """`params` with its states in the order of those of `other` that lie nearest."""
        here, there = self._location(params), self._location(other)
        unit = np.std(there, axis=0)
        unit = np.where(unit > 0, unit, 1.0)
        cost = np.square((there[:, None, :] - here[None, :, :]) / unit).sum(axis=2)
        return _tree.pick(params, linear_sum_assignment(cost)[1])

    def spurious(self, params: MarkovParams[P], stats: MarkovStats[S], data: Data) -> Array:
        """States in which so few rows are that their likelihood says little."""
        if self.n_components == 1:
            return np.zeros(0, dtype=int)
        row = min(1.0, data.total_weight / max(data.n_units, 1))
        visits = (stats.initial + stats.transitions.sum(axis=0)) / row
        return np.flatnonzero(visits < self.family.least_rows(params.components) - 0.02)

    def _location(self, params: MarkovParams[P]) -> Array:
        return np.reshape(self.family.location(params.components), (self.n_components, -1))

    @staticmethod
    def _starts(batch: SequenceBatch) -> Array:
        assert batch.starts is not None
        return batch.starts

    def _densities(self, params: MarkovParams[P], batch: SequenceBatch) -> tuple[Array, Callable[[Array], S]]:
        """Log densities (k, n) in order of time, evidence included; and the statistics from probabilities (k, n)."""
        parts = []
        table = np.empty((self.n_components, _tree.n_rows(batch.x)))
        for rows in blocks(table.shape[1], block_rows(batch.x)):
            log_prob, stats_of = self.family.evaluate(params.components, _tree.take(batch.x, rows))
            table[:, rows] = to_numpy(log_prob).T
            parts.append((rows, stats_of))
        log_prob = batch.in_time(table)
        if batch.evidence is not None:
            log_prob = log_prob + batch.evidence.log_weights().T

        def of_all(resp: Array) -> S:
            resp = batch.of_rows(resp)
            return _tree.merge_all(stats_of(resp[:, rows].T) for rows, stats_of in parts)

        return log_prob, of_all


def _pair(of: MarkovParams[Any] | MarkovStats[Any]) -> tuple[Array, Array]:
    return of.initial, of.transitions


__all__ = ["Markov", "MarkovParams", "MarkovStats"]
