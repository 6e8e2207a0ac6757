"""Parameter values that are given and not estimated."""

from __future__ import annotations

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record


@record
class Known:
    """Parameter values that are given and not estimated.

    `where` is a mask that broadcasts against `value` (components first); None fixes everything.

    Raises
    ------
    HiddenmixError : HM404 values or a mask that do not fit the parameter, once its shape is known
    """

    value: Array
    where: Array | None = None

    def mask(self, shape: tuple[int, ...]) -> Array:
        """Which entries are fixed, in full shape."""
        return np.broadcast_to(True if self.where is None else _fitting("where", self.where, shape).astype(bool), shape)

    def fill(self, estimate: Array) -> Array:
        """The estimate with the known entries put in."""
        value = _fitting("value", self.value, estimate.shape).astype(float)
        return np.where(self.mask(estimate.shape), value, estimate)


def _fitting(name: str, value: Array, shape: tuple[int, ...]) -> Array:
    """An array that can be broadcast to a parameter's shape."""
    value = np.asarray(value)
    if value.ndim > len(shape) or any(own not in (1, size) for own, size in zip(value.shape[::-1], shape[::-1])):
        what = f"a known parameter has shape {shape}, components first, which its {name} of shape {value.shape} is not"
        raise HiddenmixError("HM404", what, f"hm.Known({name}), of shape {shape}")
    return value
