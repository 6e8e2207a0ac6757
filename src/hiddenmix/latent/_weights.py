"""Weights that are known: all, some, or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix import _simplex
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import safe_log
from hiddenmix._tree import Array
from hiddenmix.model import Known


def known_weights(weights: Any, k: int) -> Known:
    """The weights (k,) that are known, and which: of "free" none, of "equal" and an array all, of `Known` some.

    Raises HM401 another word, HM403 no weights, HM404 another shape.
    """
    if isinstance(weights, Known):
        known = weights
    elif isinstance(weights, str):
        if weights not in ("free", "equal"):
            raise HiddenmixError("HM401", f"weights cannot be {weights!r}", '"free", "equal", an array, or Known')
        known = Known(np.full(k, 1 / k), np.full(k, weights == "equal"))
    else:
        known = Known(_numbers(weights, k))
    if np.shape(known.value) not in ((), (1,), (k,)):
        raise HiddenmixError(
            "HM404", f"weights must have shape ({k},); got {np.shape(known.value)}", "one weight for each component"
        )
    value, mask = np.broadcast_to(np.asarray(known.value, dtype=float), (k,)), known.mask((k,))
    total = value[mask].sum()
    if np.any(value[mask] < 0) or total > 1 + 1e-9 or (mask.all() and abs(total - 1) > 1e-9):
        raise HiddenmixError("HM403", f"known weights sum to {total:g}", "non-negative weights that sum to 1")
    return Known(value, mask)


class Weighing:
    """How weights are estimated: what is known of them (in full shape), and a Dirichlet prior on the others.

    `free` (k,) says which are, `n_free` how many coordinates they have. Counts and masses may have further axes in
    front of the components'.
    """

    def __init__(self, known: Known, concentration: Array) -> None:
        k = len(concentration)
        self.free = ~known.mask((k,))
        self.n_free = max(int(self.free.sum()) - 1, 0)
        self._even = _simplex.beginning(self.free, np.asarray(known.value, dtype=float))
        self._pseudo = concentration - 1

    def estimate(self, counts: Array) -> Array:
        """The weights with the highest posterior density."""
        return self.shared(counts + self._pseudo)

    def shared(self, mass: Array) -> Array:
        """The free weights share what the known ones leave, as their mass does; evenly where they have none."""
        return _simplex.estimate(mass, self.free, self._even)

    def log_prior(self, weights: Array) -> Array:
        """The Dirichlet log density, up to a constant."""
        return safe_log(weights) @ self._pseudo if self._pseudo.any() else np.zeros(weights.shape[:-1])

    def ravel(self, weights: Array, base: Array) -> Array:
        """Log-ratios of the free weights, less those of the base."""
        return _simplex.ravel(weights, base, self.free)

    def unravel(self, vector: Array, base: Array) -> Array:
        """The inverse of `ravel`."""
        return _simplex.unravel(vector, base, self.free)

    def gradient(self, weights: Array, counts: Array, base: Array) -> Array:
        """The gradient of sum counts log w, plus the log prior, in the coordinates of `ravel`."""
        return _simplex.gradient(weights, counts + self._pseudo, base, self.free)

    def on_boundary(self, weights: Array) -> bool:
        """Whether a free weight is 0."""
        return _simplex.on_boundary(weights, self.free)

    def inside(self, weights: Array, step: float) -> Iterator[Array]:
        """Each free weight of 0 in turn moved inside."""
        return _simplex.inside(weights, self.free, step)


def _numbers(weights: Any, k: int) -> Array:
    try:
        return np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise HiddenmixError("HM404", f"weights must be {k} numbers; got {weights!r}", '"free" or "equal"') from None
