"""Parameters of every iteration, within bounded memory: what is not held is stepped to again, and is the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Problem

__all__ = ["Kept"]

MOST_BYTES = 8 << 20


class Kept:
    """The parameters after 0, 1, 2, ... M-steps."""

    def __init__(self, problem: Problem[Any, Any], start: Any, most_bytes: int = MOST_BYTES) -> None:
        self._problem, self._most, self._stride = problem, most_bytes, 1
        self._held: dict[int, Any] = {0: start}
        self._last = 0, start
        self._bytes = max(sum(np.asarray(leaf).nbytes for leaf in _tree.leaves(start)), 1)

    def append(self, params: Any) -> None:
        """Those of the next iteration."""
        count = self._last[0] + 1
        self._last = count, params
        if count % self._stride == 0:
            self._held[count] = params
            while len(self._held) > 2 and len(self._held) * self._bytes > self._most:
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
