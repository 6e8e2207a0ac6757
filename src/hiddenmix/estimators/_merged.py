"""Subclasses merged back into their classes."""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array


def by_class(shares: Array, group: Array, n_classes: int) -> Array:
    """Shares of subclasses (n, k) summed by class (n, n_classes); `group` (k,) are the classes of the subclasses."""
    return np.asarray(shares @ np.eye(n_classes)[group])


def best_within(shares: Array, group: Array, codes: Array) -> Array:
    """For each row the subclass (n,) with the largest share (n, k) among those of its class `codes` (n,)."""
    return np.asarray(np.argmax(np.where(group == codes[:, None], shares, -1.0), axis=1))
