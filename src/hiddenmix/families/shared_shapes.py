"""Covariance shapes in which components share their covariance: all of them, or those of a group.

Both lean on a shape in which each component has a covariance of its own, the *form*, and hand it the groups in the
place of components: scatters and degrees of freedom are summed over a group before its M-step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix import _linalg, _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, shared
from hiddenmix.families.own_shapes import Diag, Full, OwnShape, Shape, Spherical
from hiddenmix.model import Degenerate

SAME = 1e-9  # relative; covariances of one group may differ by rounding


@record
class Tied:
    """One covariance matrix for all components: lower Cholesky factor (d, d)."""

    chol: Array = shared()


@record
class TiedDiag:
    """Independent columns, the same for all components: standard deviations (d,)."""

    sd: Array = shared()


@record
class TiedSpherical:
    """Independent columns of one spread in all components: a standard deviation ()."""

    sd: Array = shared()


@record
class Grouped:
    """One covariance for each group of components: those of the form, groups first, and the group (k,) of each."""

    cov: Any = shared()
    group: Array

    def __post_init__(self) -> None:
        if np.asarray(self.group).dtype.kind == "f":  # from a vector of all numbers: `unravel`
            codes = np.rint(self.group).astype(int)
            codes.setflags(write=False)
            vars(self)["group"] = codes


OWN = {"full": Full, "diag": Diag, "spherical": Spherical}
TIED = {"full": Tied, "diag": TiedDiag, "spherical": TiedSpherical}


class SharedShape(Shape):
    """Covariances of a form, each shared by the components of a group."""

    own, few = False, False

    def __init__(self, form: OwnShape) -> None:
        self.form = form
        self.kind, self.scale_free = form.kind, form.scale_free

    @abstractmethod
    def _held(self, cov: Any) -> Any:
        """The parameters of the form, groups in the place of components."""

    @abstractmethod
    def _sharing(self, held: Any, like: Any) -> Any:
        """The inverse of `_held`, with the groups of `like`; None for those at the start."""

    @abstractmethod
    def _summed(self, values: Array, cov: Any) -> Array:
        """Scatters, or degrees of freedom, of the groups from those of the components."""

    @abstractmethod
    def _first(self, group: int, cov: Any) -> int:
        """The first component of a group."""

    def estimate(self, old: Any, scatter: Array, dof: Array, unit: Array) -> Any:
        held = None if old is None else self._held(old)
        try:
            found = self.form.estimate(held, self._pooled(scatter, old), self._summed(dof, old), unit)
        except Degenerate as collapse:
            raise Degenerate(self._first(collapse.component, old), collapse.reason) from None
        return self._sharing(found, old)

    def ravel(self, cov: Any, base: Any) -> Array:
        return self.form.ravel(self._held(cov), self._held(base))

    def unravel(self, vector: Array, base: Any) -> Any:
        return self._sharing(self.form.unravel(vector, self._held(base)), base)

    def gradient(self, cov: Any, base: Any, scatter: Array, dof: Array) -> Array | None:
        held = self._held(cov), self._held(base)
        return self.form.gradient(*held, self._pooled(scatter, cov), self._summed(dof, cov))

    def _pooled(self, scatter: Array, cov: Any) -> Array:
        return self._summed(scatter, cov)


class TiedShape(SharedShape):
    """One covariance for all components; their scatters come pooled."""

    pooled = True

    def __init__(self, form: OwnShape) -> None:
        super().__init__(form)
        self.name, self.letters, self.words = form.tied

    def roots(self, cov: Any, k: int, d: int) -> Array:
        return _linalg.spread(self.form.roots(self._held(cov), 1, d)[0], k)

    def from_dense(self, cov: Array, k: int) -> Any:
        return self._sharing(self.form.from_dense(np.asarray(cov)[None], 1), None)

    def dense(self, cov: Any) -> Array:
        return np.asarray(self.form.dense(self._held(cov))[0])

    def share(self, k: int) -> Array:
        return np.full(k, 1 / k)

    def _held(self, cov: Any) -> Any:
        return OWN[self.form.name](*(np.asarray(leaf)[None] for leaf in _tree.leaves(cov)))

    def _sharing(self, held: Any, like: Any) -> Any:
        return TIED[self.form.name](*(np.asarray(leaf[0]) for leaf in _tree.leaves(held)))

    def _summed(self, values: Array, cov: Any) -> Array:
        return values.sum(axis=0, keepdims=True)

    def _pooled(self, scatter: Array, cov: Any) -> Array:
        return np.asarray(scatter)[None]

    def _first(self, group: int, cov: Any) -> int:
        return 0


class GroupedShape(SharedShape):
    """One covariance for each group of components, `group` (k,) with codes from 0 up."""

    pooled = False

    def __init__(self, form: OwnShape, group: Sequence[int] | Array) -> None:
        super().__init__(form)
        self.group = _codes(group)
        self.name, self.letters = form.name, form.letters
        self.words = f"{form.words}, shared within groups"

    def roots(self, cov: Grouped, k: int, d: int) -> Array:
        return np.asarray(self.form.roots(cov.cov, int(cov.group.max()) + 1, d)[cov.group])

    def from_dense(self, cov: Array, k: int) -> Grouped:
        every = self.form.from_dense(cov, k)
        held = _tree.pick(every, np.unique(self.group, return_index=True)[1])
        for given, one in zip(_tree.leaves(every), _tree.leaves(held), strict=True):
            if not np.allclose(given, one[self.group], rtol=SAME, atol=SAME * np.abs(given).max()):
                raise HiddenmixError("HM405", "covariances of one group differ", "one covariance for each group")
        return Grouped(held, self.group)

    def dense(self, cov: Grouped) -> Array:
        return np.asarray(self.form.dense(cov.cov)[cov.group])

    def share(self, k: int) -> Array:
        return np.asarray(1 / np.bincount(self.group)[self.group])

    def released(self, cov: Grouped) -> tuple[Shape, Any]:
        return self.form, _tree.pick(cov.cov, cov.group)

    def _held(self, cov: Grouped) -> Any:
        return cov.cov

    def _sharing(self, held: Any, like: Grouped | None) -> Grouped:
        return Grouped(held, self._group(like))

    def _summed(self, values: Array, cov: Grouped | None) -> Array:
        group = self._group(cov)
        total = np.zeros((int(group.max()) + 1, *values.shape[1:]))
        np.add.at(total, group, values)
        return total

    def _first(self, group: int, cov: Grouped | None) -> int:
        return int(np.flatnonzero(self._group(cov) == group)[0])

    def _group(self, cov: Grouped | None) -> Array:
        """Of parameters, whose components may have changed places, their own."""
        return self.group if cov is None else cov.group


def _codes(group: Sequence[int] | Array) -> Array:
    """Group codes (k,), every one from 0 up. Raises HM404 no list of codes, HM403 gaps, or no whole numbers."""
    codes = np.asarray(group)
    if codes.ndim != 1 or not codes.size:
        raise HiddenmixError("HM404", f"groups must have shape (k,); got {codes.shape}", "one code for each component")
    if not np.issubdtype(codes.dtype, np.integer) or not np.array_equal(np.unique(codes), np.arange(codes.max() + 1)):
        raise HiddenmixError(
            "HM403", f"groups must be the whole numbers 0, 1, ...; got {codes.tolist()}", "groups=[0, 0, 1]"
        )
    return codes.astype(int)
