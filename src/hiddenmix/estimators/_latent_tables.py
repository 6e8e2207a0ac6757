"""What latent classes answer: one table for each item, and how they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray
from hiddenmix.discover._words import aligned


class ClassTables(Mapping[str, Array]):
    """The probabilities (k, levels) of the answers to each item, by the item's name; printed, they are a page.

    Parameters
    ----------
    names : of the items
    levels : of each item, its answers
    probabilities : of each item (k, levels)
    """

    def __init__(self, names: Sequence[str], levels: Sequence[AnyArray], probabilities: Sequence[Array]) -> None:
        self.names, self.levels, self.probabilities = tuple(names), tuple(levels), tuple(probabilities)

    def __getitem__(self, name: str) -> Array:
        if name not in self.names:
            raise KeyError(name)
        return self.probabilities[self.names.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        k = len(self.probabilities[0])
        return f"ClassTables({len(self)} items, {k} class{'es' * (k > 1)})"

    def __str__(self) -> str:
        return "\n".join(line for name in self for line in self.lines(name))

    def lines(self, name: str) -> list[str]:
        """The table of one item: a line for each class."""
        p, levels = self[name], self.levels[self.names.index(name)]
        head = [name, *(str(level) for level in levels)]
        return aligned([head, *([f"class {j + 1}", *(f"{x:.3f}" for x in row)] for j, row in enumerate(p))], {0})


def coefficient_lines(names: Sequence[str], coefficients: Array) -> list[str]:
    """The coefficients (k, 1 + p) of the memberships of all classes but the first, which they are against."""
    head = ["against class 1", "intercept", *names]
    rows = [[f"class {j + 1}", *(f"{x:.4g}" for x in row)] for j, row in enumerate(coefficients) if j]
    return aligned([head, *rows], {0}) if rows else []


def relative_entropy(entropy: float, n: float, k: int) -> float:
    """1 - entropy / (n log k): 1 where every membership is certain, 0 where none says anything."""
    return 1.0 if k == 1 or n == 0 else 1.0 - entropy / (n * float(np.log(k)))


def assigned(resp: Array, weight: Array | None) -> Array:
    """The classification table (k, k): of the weight of class j, what is assigned to class m as the most probable."""
    w = resp if weight is None else resp * weight[:, None]
    return np.asarray(w.T @ np.eye(resp.shape[1])[np.argmax(resp, axis=1)])
