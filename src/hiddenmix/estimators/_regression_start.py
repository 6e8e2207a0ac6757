"""Where mixtures of regressions start: lines through a few units each, or coefficients that are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._tree import Array

BACKGROUND = 0.1  # weight of all other units, as a share of those that a line is drawn through


@dataclass(frozen=True)
class RandomLines:
    """Each component is first fitted to a few units of its own, drawn at random: `size` of them."""

    size: int
    located = False

    def __call__(self, model: Any, data: Any, rng: np.random.Generator) -> Any:
        """The start."""
        n, k = data.n_given, model.n_components
        size = max(1, min(self.size, n // k))
        resp = np.full((n, k), BACKGROUND * size / n)
        drawn = rng.permutation(n)[: k * size].reshape(k, size)
        for j, rows in enumerate(drawn):
            resp[rows] = 0.0
            resp[rows, j] = 1.0
        return model.start(data, rng, resp)


@dataclass(frozen=True)
class GivenLines:
    """Coefficients (k, p) that are given; the rest as if all components had all units."""

    coef: Array
    located = True

    def __call__(self, model: Any, data: Any, rng: np.random.Generator) -> Any:
        """The start."""
        begun = model.start(data, rng, np.full((data.n_given, model.n_components), 1.0 / model.n_components))
        parts = {**vars(begun), "components": model.family.with_coef(begun.components, self.coef)}
        return model.conform(type(begun)(**parts))
