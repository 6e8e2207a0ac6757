"""Points that are evaluated together: several parameters side by side, in one pass over the data.

What a model makes of parameters side by side stays in one `Stack`; each of them has a `Seat` there, and is taken out
only when somebody asks for it. A climb that goes on, or gives up, never needs that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from hiddenmix import _tree
from hiddenmix._together import Together

T = TypeVar("T")


class Stack:
    """Parameters, or statistics, side by side, and how they are taken apart."""

    def __init__(self, sets: Together, joined: Any, count: int) -> None:
        self.sets, self.joined, self.count = sets, joined, count

    @cached_property
    def bytes_each(self) -> int:
        """The memory that one of them takes."""
        return _tree.n_bytes(self.joined) // self.count

    def seats(self) -> list[Seat[Any]]:
        """All places in the stack."""
        return [Seat(self, place) for place in range(self.count)]


class Seat(Generic[T]):
    """One place in a stack."""

    def __init__(self, stack: Stack, place: int) -> None:
        self.stack, self.place = stack, place

    @cached_property
    def value(self) -> T:
        """What sits here, as it is alone: the same object whenever it is asked for."""
        return self.stack.sets.take(self.stack.joined, self.place)  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return alone, (self.value,)


def alone(value: T) -> T:
    """What had a seat, or none."""
    return value.value if isinstance(value, Seat) else value


def n_bytes(value: Any) -> int:
    """The memory that it takes, alone or in its stack."""
    return value.stack.bytes_each if isinstance(value, Seat) else _tree.n_bytes(value)


def joined(sets: Together, parts: Sequence[Any]) -> Any:
    """Parameters or statistics side by side; where all have seats in one stack, as they are there."""
    first = parts[0]
    if not all(isinstance(part, Seat) and part.stack is first.stack for part in parts):
        return sets.join([alone(part) for part in parts])
    places = [part.place for part in parts]
    everyone = places == list(range(first.stack.count))
    return first.stack.joined if everyone else sets.pick(first.stack.joined, places)
