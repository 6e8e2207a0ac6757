"""Probabilities that sum to 1 along the last axis, some of them held: how to estimate, chart and judge them.

`free` is a mask over the probabilities; `p` and `base` hold the held ones too. Entries that do not exist (the padding
of a column with fewer levels than another) are held at 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hiddenmix._special import ZERO
from hiddenmix._tree import Array


def estimate(counts: Array, free: Array, old: Array) -> Array:
    """The maximum of sum counts log p over the free entries: they share what the held ones leave, as their counts do.

    Rows without free counts stay as in `old`, which holds the held entries too.
    """
    mass = np.where(free, counts, 0.0)
    total = mass.sum(axis=-1, keepdims=True)
    left = 1.0 - np.where(free, 0.0, old).sum(axis=-1, keepdims=True)
    return np.where(free & (total > 0), left * mass / np.where(total > 0, total, 1.0), old)


def beginning(free: Array, held: Array) -> Array:
    """Probabilities where nothing was seen: the held ones, and equal shares of the rest."""
    value = np.where(free, 0.0, held)
    return np.where(
        free, (1.0 - value.sum(axis=-1, keepdims=True)) / np.maximum(free.sum(axis=-1, keepdims=True), 1), value
    )


def ravel(p: Array, base: Array, free: Array) -> Array:
    """Log-ratios of the free entries to one of them, less those of `base`; entries on the boundary give 0."""
    chart, reference = _chart(base, free)
    dead = ~free | (base < ZERO) | (p <= 0)
    change = np.log(np.where(dead, 1.0, p)) - np.log(np.where(dead, 1.0, base))
    return (change - np.take_along_axis(change, reference, axis=-1))[chart]


def unravel(vector: Array, base: Array, free: Array) -> Array:
    """The inverse of `ravel`: the free entries keep their total."""
    chart, _ = _chart(base, free)
    logits = np.zeros(base.shape)
    logits[chart] = vector
    mass = np.where(free, base * np.exp(logits - logits.max(axis=-1, keepdims=True)), 0.0)
    left = np.where(free, base, 0.0).sum(axis=-1, keepdims=True)
    total = mass.sum(axis=-1, keepdims=True)
    return np.where(free, mass * (left / np.where(total > 0, total, 1.0)), base)


def gradient(p: Array, counts: Array, base: Array, free: Array) -> Array:
    """The gradient of sum counts log p in the coordinates of `ravel`."""
    counts, mass = np.where(free, counts, 0.0), np.where(free, p, 0.0)
    left = mass.sum(axis=-1, keepdims=True)
    share = mass / np.where(left > 0, left, 1.0)
    return np.asarray((counts - counts.sum(axis=-1, keepdims=True) * share)[_chart(base, free)[0]])


def on_boundary(p: Array, free: Array) -> bool:
    """Whether a free entry is 0."""
    return bool(np.any(free & (p < ZERO)))


def inside(p: Array, free: Array, step: float) -> Iterator[Array]:
    """Each free entry of 0 in turn, given `step` of what the free entries of its row share."""
    for place in zip(*np.nonzero(free & (p < ZERO))):
        counts = np.where(free, p, 0.0)
        counts[place] = step * counts[place[:-1]].sum()
        yield estimate(counts, free, p)


def _chart(base: Array, free: Array) -> tuple[Array, Array]:
    """Which entries have a coordinate, and the one in each row that has none: the largest, which is never 0."""
    reference = np.argmax(np.where(free, base, -1.0), axis=-1)[..., None]
    chart = np.array(free)
    np.put_along_axis(chart, reference, False, axis=-1)
    return chart, reference
