"""Parameters of every iteration, within bounded memory: what is not held is stepped to again, and is the same."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakSet

import numpy as np

from hiddenmix import _tree
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Problem

__all__ = ["Kept", "Room", "size"]

MOST_BYTES: Final = 8 << 20  # of a session


class Room:
    """The memory that all runs of a session share for their parameters."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: WeakSet[Kept] = WeakSet()

    def admit(self, kept: Kept) -> None:
        """Another run."""
        self._kept.add(kept)
        self.tidy()

    def tidy(self) -> None:
        """Have whoever holds most hold half of it, until all fit; each holds its first parameters at least."""
        while sum(each.bytes for each in self._kept) > self._most:
            most = max(self._kept, key=lambda each: each.count)
            if most.count <= 2:
                break
            most.thin()


class Kept:
    """The parameters after 0, 1, 2, ... M-steps."""

    def __init__(self, problem: Problem[Any, Any], start: Any, room: Room | None = None) -> None:
        self._problem, self._room, self._stride = problem, room or Room(), 1
        self._held: dict[int, Any] = {0: start}
        self._last = 0, start
        self._each = max(size(start), 1)
        self._room.admit(self)

    @property
    def count(self) -> int:
        """How many iterations are held."""
        return len(self._held)

    @property
    def bytes(self) -> int:
        """About how much memory they take."""
        return self.count * self._each

    def append(self, params: Any) -> None:
        """Those of the next iteration."""
        count = self._last[0] + 1
        self._last = count, params
        if count % self._stride == 0:
            self._held[count] = params
            self._room.tidy()

    def thin(self) -> None:
        """Hold every other one only."""
        self._stride *= 2
        self._held = {i: each for i, each in self._held.items() if i % self._stride == 0}

    def __getitem__(self, iteration: int) -> Any:
        """The parameters, stepped to from the nearest earlier ones that are held: EM is deterministic."""
        if iteration == self._last[0]:
            return self._last[1]
        first = iteration - iteration % self._stride
        params = self._held[first]
        with single_threaded_blas():
            for _ in range(first, iteration):
                params = self._problem.update(self._problem.evaluate(params))
        return params

    def __len__(self) -> int:
        return self._last[0] + 1


def size(record: Any) -> int:
    """Bytes of all arrays of a record."""
    return sum(int(np.asarray(leaf).nbytes) for leaf in _tree.leaves(record))
