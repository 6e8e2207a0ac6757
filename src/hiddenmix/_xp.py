"""Array libraries: E-steps run where the data are, parameters and statistics are NumPy float64."""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np

Array = Any  # an array of whatever library the data come in; parameters and statistics are NumPy's


def is_numpy(x: Array) -> bool:
    """Whether the array is NumPy's own."""
    return isinstance(x, np.ndarray)


def is_elsewhere(x: object) -> bool:
    """Whether this is an array of another library that follows the Array API, or a PyTorch tensor."""
    return not isinstance(x, np.ndarray | np.generic) and (hasattr(x, "__array_namespace__") or hasattr(x, "detach"))


def namespace(x: Array) -> Any:
    """The Array API namespace of the array."""
    return np if isinstance(x, np.ndarray) else array_api_compat.array_namespace(x)


def widened(x: Array) -> Array:
    """A NumPy tile in float64, whatever it is stored in; a device array as it is."""
    return np.asarray(x, dtype=float) if isinstance(x, np.ndarray) else x


def like(value: Array, x: Array) -> Array:
    """A NumPy quantity in the library, dtype and device of `x` (NumPy quantities stay float64)."""
    if isinstance(x, np.ndarray):
        return value
    xp = namespace(x)
    value = np.asarray(value)
    place = {"dtype": x.dtype, "device": array_api_compat.device(x)}
    try:
        there = xp.asarray(value, **place)
    except (TypeError, NotImplementedError):  # a library that takes no NumPy array takes a list
        there = xp.asarray(value.tolist(), **place)
    return xp.reshape(there, value.shape)  # nested lists do not tell the shape of an array without entries


def rows_of(x: Array, rows: Array) -> Array:
    """The rows of a device array at whole-number positions (or where a mask holds) that are NumPy's."""
    positions = np.flatnonzero(rows) if rows.dtype == bool else rows
    xp = namespace(x)
    return xp.take(x, xp.asarray(positions.tolist(), dtype=xp.int64, device=array_api_compat.device(x)), axis=0)


def to_numpy(x: Array) -> Array:
    """The array as NumPy float64."""
    if isinstance(x, np.ndarray):
        return np.asarray(x, dtype=float)
    if hasattr(x, "detach"):
        x = x.detach().cpu().numpy()
    elif hasattr(x, "get"):
        x = x.get()
    else:
        x = np.from_dlpack(x)
    return np.asarray(x, dtype=float)
