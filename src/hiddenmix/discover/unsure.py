"""Which rows are unsure of their component, in pictures, reports and the lab alike."""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array

UNSURE = 0.90  # a row whose highest membership is lower is unsure


def unsure(memberships: Array) -> Array:
    """Which rows (n,) have no membership, of those (n, k) in components or classes, that reaches `UNSURE`."""
    return np.asarray(memberships.max(axis=1) < UNSURE)


__all__ = ["UNSURE", "unsure"]
