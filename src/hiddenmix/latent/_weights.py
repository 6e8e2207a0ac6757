"""What is known of the weights: all, some or none of them, or the sums of groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from hiddenmix import _simplex
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import safe_log
from hiddenmix._tree import Array, record
from hiddenmix.model import Known

SUM = 1e-9  # how far known weights may be from summing to 1


@record
class GroupWeights:
    """Weights of which only the sums over groups of components are known; within a group they are free.

    `group` (k,) are codes from 0 up, `total` (g,) the sums, which add up to 1. So the classes of a mixture of mixtures
    keep given prior probabilities, while those of their subclasses are estimated.
    """

    group: Array
    total: Array


class Weighing(Protocol):
    """How weights are estimated: what is known of them, and a Dirichlet prior on the others.

    `known` are those that are known entry by entry, `n_free` is the number of coordinates, and `interchangeable` says
    whether components may trade places. Counts, masses and weights of an estimate may have further axes in front of the
    components'.
    """

    known: Known
    n_free: int
    interchangeable: bool

    def estimate(self, counts: Array) -> Array:
        """The weights with the highest posterior density."""
        ...

    def shared(self, mass: Array) -> Array:
        """The free weights share what is left for them, as their mass does; evenly where they have none."""
        ...

    def log_prior(self, weights: Array) -> Array:
        """The Dirichlet log density, up to a constant."""
        ...

    def ravel(self, weights: Array, base: Array) -> Array:
        """Log-ratios of the free weights, less those of the base."""
        ...

    def unravel(self, vector: Array, base: Array) -> Array:
        """The inverse of `ravel`."""
        ...

    def gradient(self, weights: Array, counts: Array, base: Array) -> Array:
        """The gradient of sum counts log w, plus the log prior, in the coordinates of `ravel`."""
        ...

    def on_boundary(self, weights: Array) -> bool:
        """Whether a free weight is 0."""
        ...

    def inside(self, weights: Array, step: float) -> Iterator[Array]:
        """Each free weight of 0 in turn moved inside."""
        ...


def weighing(weights: Any, concentration: Array) -> Weighing:
    """How the weights of as many components as have a `concentration` (k,) are estimated.

    Raises HM401, HM403 or HM404 where the weights are not usable.
    """
    if isinstance(weights, GroupWeights):
        return GroupWeighing(weights, concentration)
    return EntryWeighing(known_weights(weights, len(concentration)), concentration)


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
    if not np.all(value[mask] >= 0) or total > 1 + SUM or (mask.all() and abs(total - 1) > SUM):
        what = f"known weights must be 0 or more and sum to 1; these are {np.array2string(value[mask], threshold=8)}"
        raise HiddenmixError("HM403", what, "w / w.sum(), or weights='equal'")
    return Known(value, mask)


class EntryWeighing(Weighing):
    """Weights that are known one by one (in full shape), all, some or none of them."""

    def __init__(self, known: Known, concentration: Array) -> None:
        self.known = known
        self.free = ~known.mask((len(concentration),))
        value = np.asarray(known.value)[~self.free]
        alike = not len(value) or (len(value) == len(concentration) and np.allclose(value, value[0]))
        self.interchangeable = bool(alike and np.ptp(concentration) == 0)
        self.n_free = max(int(self.free.sum()) - 1, 0)
        self._even = _simplex.beginning(self.free, np.asarray(known.value, dtype=float))
        self._pseudo = concentration - 1

    def estimate(self, counts: Array) -> Array:
        return self.shared(counts + self._pseudo)

    def shared(self, mass: Array) -> Array:
        return _simplex.estimate(mass, self.free, self._even)

    def log_prior(self, weights: Array) -> Array:
        return _log_dirichlet(weights, self._pseudo)

    def ravel(self, weights: Array, base: Array) -> Array:
        return _simplex.ravel(weights, base, self.free)

    def unravel(self, vector: Array, base: Array) -> Array:
        return _simplex.unravel(vector, base, self.free)

    def gradient(self, weights: Array, counts: Array, base: Array) -> Array:
        return _simplex.gradient(weights, counts + self._pseudo, base, self.free)

    def on_boundary(self, weights: Array) -> bool:
        return _simplex.on_boundary(weights, self.free)

    def inside(self, weights: Array, step: float) -> Iterator[Array]:
        return _simplex.inside(weights, self.free, step)


class GroupWeighing(Weighing):
    """Weights of which the sums over groups are known: in each group, its sum times probabilities.

    A table (g, m) has a group in each row; the rows of smaller groups end in entries that do not exist, held at 0.
    """

    def __init__(self, weights: GroupWeights, concentration: Array) -> None:
        k = len(concentration)
        group, total = _groups(weights, k)
        size = np.bincount(group, minlength=len(total))
        order = np.argsort(group, kind="stable")
        place = np.empty(k, dtype=int)  # in its row
        place[order] = np.arange(k) - np.repeat(np.cumsum(size) - size, size)
        self._cells = (group, place)
        self._total, self._shape = total[group], (len(total), int(size.max()))
        self._free = self._table(self._total) > 0
        self._even = _simplex.beginning(self._free, np.zeros(self._shape))
        self._pseudo = concentration - 1
        self.n_free = int(np.maximum(self._free.sum(axis=1) - 1, 0).sum())
        self.known = Known(np.full(k, 1 / k), np.zeros(k, dtype=bool))
        self.interchangeable = False

    def estimate(self, counts: Array) -> Array:
        return self.shared(counts + self._pseudo)

    def shared(self, mass: Array) -> Array:
        return self._total * self._row(_simplex.estimate(self._table(mass), self._free, self._even))

    def log_prior(self, weights: Array) -> Array:
        return _log_dirichlet(weights, self._pseudo)

    def ravel(self, weights: Array, base: Array) -> Array:
        return _simplex.ravel(self._table(weights), self._table(base), self._free)

    def unravel(self, vector: Array, base: Array) -> Array:
        return self._row(_simplex.unravel(vector, self._table(base), self._free))

    def gradient(self, weights: Array, counts: Array, base: Array) -> Array:
        tables = self._table(weights), self._table(counts + self._pseudo), self._table(base)
        return _simplex.gradient(*tables, self._free)

    def on_boundary(self, weights: Array) -> bool:
        return _simplex.on_boundary(self._table(weights), self._free)

    def inside(self, weights: Array, step: float) -> Iterator[Array]:
        for moved in _simplex.inside(self._table(weights), self._free, step):
            yield self._total * self._row(moved)

    def _table(self, values: Array) -> Array:
        """Values (..., k) in the table (..., g, m)."""
        table = np.zeros((*values.shape[:-1], *self._shape))
        table[..., *self._cells] = values
        return table

    def _row(self, table: Array) -> Array:
        """The inverse of `_table`."""
        return np.asarray(table[..., *self._cells])


def _log_dirichlet(weights: Array, pseudo: Array) -> Array:
    return safe_log(weights) @ pseudo if pseudo.any() else np.zeros(weights.shape[:-1])


def _groups(weights: GroupWeights, k: int) -> tuple[Array, Array]:
    """Codes (k,) and sums (g,). Raises HM404 another shape, HM403 codes or sums that are none."""
    group, total = np.asarray(weights.group), _numbers(weights.total, k)
    if group.shape != (k,) or total.ndim != 1:
        what = f"group and total must have shapes ({k},) and (g,); got {group.shape} and {total.shape}"
        raise HiddenmixError("HM404", what, "one code for each component, one sum for each group")
    if not np.array_equal(np.unique(group), np.arange(len(total))):
        what = f"group must hold the codes 0 to {len(total) - 1}; got {group.tolist()}"
        raise HiddenmixError("HM403", what, "one code from 0 up for each component")
    if not np.all(total >= 0) or abs(total.sum() - 1) > SUM:
        raise HiddenmixError("HM403", f"known weights sum to {total.sum():g}", "non-negative sums that add up to 1")
    return group.astype(int), total


def _numbers(weights: Any, k: int) -> Array:
    try:
        return np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise HiddenmixError("HM404", f"weights must be {k} numbers; got {weights!r}", '"free" or "equal"') from None
