"""How a chain begins and goes on: first states of their own, or those of a chain that has been running for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize, root
from scipy.sparse.csgraph import connected_components

from hiddenmix._errors import HiddenmixError
from hiddenmix._special import safe_log
from hiddenmix._tree import Array
from hiddenmix.latent._moves import Moves
from hiddenmix.latent._weights import Weighing, weighing
from hiddenmix.model import Degenerate

Pair = tuple[Array, Array]  # first states (k,) and transitions (k, k): probabilities, or expected counts

LITTLE = 1e-3  # of a transition, by which the search for a stationary chain begins off the edge
NEAR = 1e-8  # slope at which that search ends, for each transition that was counted; the last steps are Newton's
ROUNDING = 1e-12


class Chances(Protocol):
    """Probabilities of first states and transitions: how they are estimated, and their free coordinates."""

    moves: Moves
    n_free: int
    interchangeable: bool

    def estimate(self, counts: Pair, old: Pair) -> Pair:
        """Those with the highest posterior density."""
        ...

    def shared(self, pair: Pair) -> Pair:
        """What is known put in, the others sharing what is left."""
        ...

    def beginning(self) -> Pair:
        """Where nothing has been seen."""
        ...

    def log_prior(self, pair: Pair) -> float:
        """The Dirichlet log densities, up to a constant."""
        ...

    def ravel(self, pair: Pair, base: Pair) -> Array:
        """Log-ratios of the free ones, less those of the base."""
        ...

    def unravel(self, vector: Array, base: Pair) -> Pair:
        """The inverse of `ravel`."""
        ...

    def gradient(self, pair: Pair, counts: Pair, base: Pair) -> Array:
        """The gradient of sum counts log p, plus the log prior, in the coordinates of `ravel`."""
        ...

    def on_boundary(self, pair: Pair) -> bool:
        """Whether a free probability is 0."""
        ...

    def inside(self, pair: Pair, step: float) -> Iterator[Pair]:
        """Each free probability of 0 in turn moved inside."""
        ...


class Separate(Chances):
    """First states that have nothing to do with the transitions."""

    def __init__(self, first: Weighing, moves: Moves) -> None:
        self.first, self.moves = first, moves
        self.n_free = first.n_free + moves.n_free
        self.interchangeable = first.interchangeable and moves.interchangeable

    def estimate(self, counts: Pair, old: Pair) -> Pair:
        return self.first.estimate(counts[0]), self.moves.estimate(counts[1], old[1])

    def shared(self, pair: Pair) -> Pair:
        return self.first.shared(pair[0]), self.moves.shared(pair[1])

    def beginning(self) -> Pair:
        return self.first.shared(np.zeros(len(self.moves.even))), self.moves.beginning()

    def log_prior(self, pair: Pair) -> float:
        return float(self.first.log_prior(pair[0])) + self.moves.log_prior(pair[1])

    def ravel(self, pair: Pair, base: Pair) -> Array:
        return np.concatenate([self.first.ravel(pair[0], base[0]), self.moves.ravel(pair[1], base[1])])

    def unravel(self, vector: Array, base: Pair) -> Pair:
        first, moves = np.split(vector, [self.first.n_free])
        return self.first.unravel(first, base[0]), self.moves.unravel(moves, base[1])

    def gradient(self, pair: Pair, counts: Pair, base: Pair) -> Array:
        first = self.first.gradient(pair[0], counts[0], base[0])
        return np.concatenate([first, self.moves.gradient(pair[1], counts[1], base[1])])

    def on_boundary(self, pair: Pair) -> bool:
        return self.first.on_boundary(pair[0]) or self.moves.on_boundary(pair[1])

    def inside(self, pair: Pair, step: float) -> Iterator[Pair]:
        for first in self.first.inside(pair[0], step):
            yield first, pair[1]
        for moved in self.moves.inside(pair[1], step):
            yield pair[0], moved


class Stationary(Chances):
    """First states drawn from the stationary distribution of the transitions: pi with pi A = pi.

    Counts of first states then say something of the transitions too, whose maximum has no closed form: it is found by a
    search in the free coordinates, where d log pi = pi dA Z with Z = (I - A + 1 pi)^-1 (Schweitzer 1968,
    J. Applied Probability 5:401).

    Raises
    ------
    HiddenmixError
        HM438 where some states cannot be reached from others.
    """

    def __init__(self, moves: Moves) -> None:
        self.moves, self.n_free, self.interchangeable = moves, moves.n_free, moves.interchangeable
        possible = moves.free | (moves.even > 0)
        if connected_components(possible, directed=True, connection="strong")[0] > 1:
            what = (
                "a chain in which some states cannot be reached from others need not have one stationary distribution"
            )
            raise HiddenmixError("HM438", what, 'initial="free", or "first"')

    def estimate(self, counts: Pair, old: Pair) -> Pair:
        first, seen = counts
        alone = self.moves.estimate(seen, old[1])
        base = self.moves.estimate(seen + LITTLE * np.where(self.moves.free, old[1], 0.0), old[1])
        if not first.any() or not self.n_free:
            return stationary(alone), alone

        def loss(vector: Array) -> tuple[float, Array]:
            pair = self.unravel(vector, (first, base))
            value = first @ safe_log(pair[0]) + np.sum((seen + self.moves.pseudo) * safe_log(pair[1]))
            return -float(value), -self.gradient(pair, counts, (first, base))

        def slope(vector: Array) -> Array:
            return loss(vector)[1]

        start = np.zeros(self.moves.ravel(base, base).size)
        near = minimize(loss, start, jac=True, method="BFGS", options={"gtol": NEAR * max(seen.sum(), 1.0)}).x
        there = root(slope, near).x if near.size else near
        near = there if loss(there)[0] <= loss(near)[0] + ROUNDING * (1.0 + seen.sum()) else near
        ends = [self.moves.unravel(near, base), alone, old[1]]
        mass = seen + self.moves.pseudo
        heights = [first @ safe_log(stationary(end)) + np.sum(mass * safe_log(end)) for end in ends]
        best = ends[int(np.argmax(heights))]
        return stationary(best), best

    def shared(self, pair: Pair) -> Pair:
        moves = self.moves.shared(pair[1])
        return stationary(moves), moves

    def beginning(self) -> Pair:
        moves = self.moves.beginning()
        return stationary(moves), moves

    def log_prior(self, pair: Pair) -> float:
        return self.moves.log_prior(pair[1])

    def ravel(self, pair: Pair, base: Pair) -> Array:
        return self.moves.ravel(pair[1], base[1])

    def unravel(self, vector: Array, base: Pair) -> Pair:
        moves = self.moves.unravel(vector, base[1])
        return stationary(moves), moves

    def gradient(self, pair: Pair, counts: Pair, base: Pair) -> Array:
        first, moves = pair
        k = len(first)
        share = np.divide(counts[0], first, out=np.zeros(k), where=counts[0] > 0)
        slope = np.linalg.solve(np.eye(k) - moves + first, share)
        return self.moves.gradient(moves, counts[1] + moves * np.outer(first, slope), base[1])

    def on_boundary(self, pair: Pair) -> bool:
        return self.moves.on_boundary(pair[1])

    def inside(self, pair: Pair, step: float) -> Iterator[Pair]:
        for moved in self.moves.inside(pair[1], step):
            yield stationary(moved), moved


def stationary(transitions: Array) -> Array:
    """The distribution (k,) that the transitions leave as it is; Degenerate where there are several."""
    k = len(transitions)
    try:
        found = np.linalg.solve((np.eye(k) - transitions + 1.0).T, np.ones(k))
    except np.linalg.LinAlgError:
        raise Degenerate(0, "can no longer be reached from all others, or left: no stationary distribution") from None
    found = np.maximum(found, 0.0)
    return np.asarray(found / found.sum())


def chances(initial: Any, concentration: Array, moves: Moves) -> Chances:
    """What is known of first states and transitions. Raises HM401 another word, HM403, HM404 and HM438."""
    k = len(moves.even)
    if isinstance(initial, str):
        if initial not in ("free", "equal", "first", "stationary"):
            what = f"initial cannot be {initial!r}"
            raise HiddenmixError("HM401", what, '"free", "equal", "first", "stationary", an array, or Known')
        if initial == "stationary":
            return Stationary(moves)
        initial = np.eye(k)[0] if initial == "first" else initial
    return Separate(weighing(initial, concentration), moves)
