"""What a hidden Markov model holds: its parameters and its statistics."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from hiddenmix import _tree
from hiddenmix._tree import Array, record

P = TypeVar("P")
S = TypeVar("S")


@record
class MarkovParams(Generic[P]):
    """Probabilities of the first state (k,) and of transitions (k, k) from row to column; the states' parameters."""

    initial: Array
    transitions: Array
    components: P

    def pick(self, index: Any) -> MarkovParams[P]:
        """The states in another order: rows and columns of the transitions alike."""
        transitions = self.transitions[index][:, index]
        return MarkovParams(self.initial[index], transitions, _tree.pick(self.components, index))


@record
class MarkovStats(Generic[S]):
    """Expected first states (k,), expected transitions (k, k), and the states' statistics."""

    initial: Array
    transitions: Array
    components: S
