"""What is known of the transitions of a hidden chain: which are possible, which are given, and a Dirichlet prior."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix import _simplex
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import safe_log
from hiddenmix._tree import Array
from hiddenmix.model import Known

SUM = 1e-9  # how far known probabilities may be from summing to 1
STAY = 0.5  # where nothing else is known, a chain begins with this much more of staying than of each move


class Moves:
    """Transition probabilities (k, k), each row those from one state; all, some or none of them known.

    Parameters
    ----------
    transitions : {"free", "left-to-right"}, array of shape (k, k), or Known
        "left-to-right": each state stays or goes on to the next. An array of booleans says which transitions are
        possible; one of numbers gives all of them, `Known` some.
    concentration : float or array of shape (k, k)
        Dirichlet prior on free probabilities; 1 is none.
    k : int
        The number of states.

    Raises
    ------
    HiddenmixError
        HM401 another word, HM404 another shape, HM437 a state without a way on, or rows that cannot sum to 1.
    """

    def __init__(self, transitions: Any, concentration: Any, k: int) -> None:
        pseudo = pseudo_counts(concentration, (k, k), "transitions")
        known = known_transitions(transitions, k)
        held = known.mask((k, k))
        self.known, self.free = known, ~held
        self.pseudo = np.where(self.free, pseudo - 1, 0.0)
        self.n_free = int(np.maximum(self.free.sum(axis=1) - 1, 0).sum())
        self.even = _simplex.beginning(self.free, np.broadcast_to(np.asarray(known.value, dtype=float), (k, k)))
        self.interchangeable = bool(_symmetric(self.even) and _symmetric(self.pseudo) and _symmetric(self.free))

    def estimate(self, counts: Array, old: Array) -> Array:
        """The probabilities with the highest posterior density; a state that was never left keeps its own."""
        return _simplex.estimate(counts + self.pseudo, self.free, old)

    def beginning(self) -> Array:
        """Where nothing has been seen: staying is more probable than each move."""
        mass = self.even + STAY * np.eye(len(self.even))
        return _simplex.estimate(mass, self.free, self.even)

    def shared(self, transitions: Array) -> Array:
        """What is known put in, the others sharing what is left."""
        return _simplex.estimate(transitions, self.free, self.even)

    def log_prior(self, transitions: Array) -> float:
        """The Dirichlet log density, up to a constant."""
        return float(np.sum(safe_log(transitions) * self.pseudo)) if self.pseudo.any() else 0.0

    def ravel(self, transitions: Array, base: Array) -> Array:
        """Log-ratios of the free probabilities, less those of the base."""
        return _simplex.ravel(transitions, base, self.free)

    def unravel(self, vector: Array, base: Array) -> Array:
        """The inverse of `ravel`."""
        return _simplex.unravel(vector, base, self.free)

    def gradient(self, transitions: Array, counts: Array, base: Array) -> Array:
        """The gradient of sum counts log p, plus the log prior, in the coordinates of `ravel`."""
        return _simplex.gradient(transitions, counts + self.pseudo, base, self.free)

    def on_boundary(self, transitions: Array) -> bool:
        """Whether a free probability is 0."""
        return _simplex.on_boundary(transitions, self.free)

    def inside(self, transitions: Array, step: float) -> Iterator[Array]:
        """Each free probability of 0 in turn moved inside."""
        return _simplex.inside(transitions, self.free, step)


def known_transitions(transitions: Any, k: int) -> Known:
    """Which transitions (k, k) are known, and what they are."""
    if isinstance(transitions, str):
        if transitions not in ("free", "left-to-right"):
            what = f"transitions cannot be {transitions!r}"
            raise HiddenmixError("HM401", what, '"free", "left-to-right", an array (k, k), or Known')
        possible = np.eye(k, dtype=bool) | np.eye(k, k=1, dtype=bool)
        known = Known(np.zeros((k, k)), np.zeros((k, k), dtype=bool) if transitions == "free" else ~possible)
    elif isinstance(transitions, Known):
        known = transitions
    else:
        known = _given(transitions)
    try:
        value = np.broadcast_to(np.asarray(known.value, dtype=float), (k, k))
        held = known.mask((k, k))
    except (TypeError, ValueError):
        raise HiddenmixError("HM404", f"transitions must have shape ({k}, {k})", "a row for each state") from None
    total = np.where(held, value, 0.0).sum(axis=1)
    full = held.all(axis=1)
    wrong = np.any(held & ~(value >= 0), axis=1) | (total > 1 + SUM) | (full & ~(np.abs(total - 1) <= SUM))
    if wrong.any():
        state = int(np.argmax(wrong))
        raise HiddenmixError(
            "HM437",
            f"from state {state + 1} known transitions sum to {total[state]:g}, and {(~held[state]).sum()} are free",
            "probabilities of 0 or more; a row without free ones sums to 1, and each state has a way on",
        )
    return Known(value, held)


def pseudo_counts(concentration: Any, shape: tuple[int, ...], of: str) -> Array:
    """A Dirichlet prior's parameters, one number or in full shape. Raises HM403 for what is none."""
    try:
        values = np.asarray(concentration, dtype=float)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    if values.shape not in ((), shape) or not np.all((values >= 1) & np.isfinite(values)):
        what = f"the concentration of {of} must be 1 or more, one number or an array {shape}; got {concentration!r}"
        raise HiddenmixError("HM403", what, "1 is no prior, 2 adds one of each")
    return np.asarray(np.broadcast_to(values, shape))


def _given(transitions: Any) -> Known:
    """Booleans say what is possible, and numbers are all known; what is neither has a shape that nothing has."""
    try:
        table = np.asarray(transitions)
    except ValueError:
        table = np.zeros((0, 0))
    return Known(np.zeros(table.shape), ~table) if table.dtype == bool else Known(table)


def _symmetric(matrix: Array) -> bool:
    """Whether states may trade places: all entries beside the diagonal are equal, and all on it."""
    k = len(matrix)
    apart = np.asarray(matrix, dtype=float)[~np.eye(k, dtype=bool)]
    return bool(np.allclose(apart, apart[:1]) if k > 1 else True) and bool(np.allclose(np.diag(matrix), matrix[0, 0]))
