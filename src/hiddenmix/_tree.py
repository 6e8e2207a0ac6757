"""Frozen records and the few operations on trees of them: merge, scale, take, pick, stack, ravel.

A *tree* is an array, a number, None, a tuple of trees, or a record whose fields are trees. Parameters, statistics,
batches and results are all trees, so that one function serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, dataclass_transform

import numpy as np

from hiddenmix._xp import Array as Array
from hiddenmix._xp import rows_of

T = TypeVar("T")

AXIS = "component axis"
LISTED = (list, np.ndarray)


def shared(**kwargs: Any) -> Any:
    """A field that all components share: it has no component axis."""
    return field(metadata={AXIS: None}, **kwargs)


def static(**kwargs: Any) -> Any:
    """A field that is a setting, not a quantity: it is carried along, never merged, scaled or picked."""
    return field(metadata={AXIS: "static"}, **kwargs)


def _freeze(self: Any) -> None:
    """Make arrays of a record read-only; what was given stays as it is."""
    held = vars(self)
    for name, value in held.items():
        if isinstance(value, LISTED):
            array = np.asarray(value, dtype=float) if isinstance(value, list) else value
            if array.flags.writeable:
                array = array.view()
                array.setflags(write=False)
            held[name] = array


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field, shared, static))
def record(cls: type[T]) -> type[T]:
    """A frozen dataclass whose arrays are read-only; lists given for arrays become float arrays."""
    own: Any = cls.__dict__.get("__post_init__")

    def __post_init__(self: Any) -> None:
        _freeze(self)
        own(self)

    def __setstate__(self: Any, state: dict[str, Any]) -> None:  # pickle forgets which arrays are read-only
        vars(self).update(state)
        _freeze(self)

    cls.__post_init__ = _freeze if own is None else __post_init__  # type: ignore[attr-defined]
    if "__setstate__" not in cls.__dict__:
        cls.__setstate__ = __setstate__  # type: ignore[attr-defined]
    return dataclass(frozen=True, eq=False)(cls)


def is_record(tree: Any) -> bool:
    """Whether the tree is a record (and not its class)."""
    return hasattr(type(tree), "__dataclass_fields__")  # what `is_dataclass` looks at, in a third of its time


@cache
def _fields(cls: Hashable) -> tuple[tuple[str, Any], ...]:
    """The names of a record's fields, and the component axis of each: 0, None for none, or "static"."""
    return tuple((f.name, f.metadata.get(AXIS, 0)) for f in fields(cls))  # type: ignore[arg-type]


def _changed(tree: Any, new: Callable[[str, Any], Any], shared: bool = True) -> Any:
    """The record with `new(name, value)` in the place of every value that is not static, or not even shared."""
    held, kept = vars(tree), ("static",) if shared else ("static", None)
    return type(tree)(**{n: held[n] if axis in kept else new(n, held[n]) for n, axis in _fields(tree.__class__)})


def merge(a: T, b: T) -> T:
    """The statistic of both parts; fields add, unless their record says how it merges (as `Moments` does)."""
    first: Any = a
    second: Any = b
    if first is None or second is None:
        return b if first is None else a
    if hasattr(first, "merge"):
        return first.merge(second)  # type: ignore[no-any-return]
    if isinstance(first, tuple):
        return tuple(merge(x, y) for x, y in zip(first, second, strict=True))  # type: ignore[return-value]
    if is_record(first):
        return _changed(first, lambda name, value: merge(value, getattr(second, name)))  # type: ignore[no-any-return]
    return first + second  # type: ignore[no-any-return]


def merge_all(parts: Iterable[T]) -> T:
    """All parts merged pairwise in a fixed tree, whose shape depends only on how many there are.

    Works on a stream: holds at most log2(n) parts, as a binary counter holds digits.
    """
    digits: list[tuple[int, T]] = []
    for part in parts:
        size = 1
        while digits and digits[-1][0] == size:
            _, before = digits.pop()
            part, size = merge(before, part), 2 * size
        digits.append((size, part))
    if not digits:
        raise ValueError("nothing to merge")
    _, total = digits.pop()
    while digits:
        _, before = digits.pop()
        total = merge(before, total)
    return total


def scale(tree: T, factor: float) -> T:
    """The statistic as if every weight had been `factor` times as large."""
    node: Any = tree
    if node is None:
        return tree
    if hasattr(node, "scale"):
        return node.scale(factor)  # type: ignore[no-any-return]
    if isinstance(node, tuple):
        return tuple(scale(part, factor) for part in node)  # type: ignore[return-value]
    if is_record(node):
        return _changed(node, lambda _, value: scale(value, factor))  # type: ignore[no-any-return]
    return node * factor  # type: ignore[no-any-return]


def take(x: T, rows: Any) -> T:
    """The chosen rows of an array or of a record of arrays with a leading row axis."""
    node: Any = x
    if node is None:
        return x
    if isinstance(node, tuple):
        return tuple(take(part, rows) for part in node)  # type: ignore[return-value]
    if is_record(node):
        return _changed(node, lambda _, value: take(value, rows))  # type: ignore[no-any-return]
    if isinstance(rows, slice):
        return node[rows, ...]  # type: ignore[no-any-return]
    if isinstance(node, np.ndarray):
        return node[rows]  # type: ignore[no-any-return]
    return rows_of(node, rows)  # type: ignore[no-any-return]


def leaves(tree: Any) -> Iterator[Any]:
    """The arrays and numbers of a tree, in the order of its fields; settings are left out."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from leaves(part)
    elif is_record(tree):
        for name, axis in _fields(tree.__class__):
            if axis != "static":
                yield from leaves(getattr(tree, name))
    elif tree is not None:
        yield tree


def named(tree: Any) -> dict[str, Array]:
    """The fields of a record by name, as float arrays; none of anything else."""
    names = getattr(tree, "__dataclass_fields__", {})
    return {name: np.asarray(getattr(tree, name), dtype=float) for name in names}


def n_rows(x: Any) -> int:
    """The length of the leading axis that all arrays of `x` share."""
    return int(next(leaves(x)).shape[0])


def pick(params: T, index: Any) -> T:
    """The chosen components; fields that all components share stay as they are.

    A record with numbers from component to component says itself how they are picked, by a method `pick`.
    """
    node: Any = params
    if isinstance(node, np.ndarray):
        return node[index]  # type: ignore[no-any-return]
    if hasattr(node, "pick"):
        return node.pick(index)  # type: ignore[no-any-return]
    if isinstance(node, tuple):
        return tuple(pick(part, index) for part in node)  # type: ignore[return-value]
    if is_record(node):
        return _changed(node, lambda _, value: pick(value, index), shared=False)  # type: ignore[no-any-return]
    return node if node is None else node[index]  # type: ignore[return-value]


def n_components(params: Any) -> int:
    """The number of components that parameters hold: the length of the first component axis found."""
    if isinstance(params, tuple):
        return n_components(params[0])
    for name, f in params.__dataclass_fields__.items():
        axis = f.metadata.get(AXIS, 0)
        value = getattr(params, name)
        if axis == 0 and value is not None:
            return n_components(value) if isinstance(value, tuple) or is_record(value) else len(value)
    raise ValueError("no field has a component axis")


def stack(parts: Sequence[T]) -> T:
    """The components of all parts, one after the other; shared fields must be equal and are taken once."""
    first: Any = parts[0]
    if isinstance(first, tuple):
        return tuple(stack(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]
    if is_record(first):
        axes = dict(_fields(first.__class__))

        def joined(name: str, value: Any) -> Any:
            values = [getattr(part, name) for part in parts]
            if axes[name] is not None:
                return stack(values)
            same = [np.array_equal(x, y) for other in values for x, y in zip(leaves(value), leaves(other), strict=True)]
            if not all(same):
                raise ValueError(f"the parts do not share one {name}")
            return value

        return _changed(first, joined)  # type: ignore[no-any-return]
    return None if first is None else np.concatenate(parts)  # type: ignore[arg-type, return-value]


def ravel(tree: Any) -> Array:
    """All numbers of a tree in one vector."""
    parts = [np.ravel(np.asarray(leaf, dtype=float)) for leaf in leaves(tree)]
    return np.concatenate(parts) if parts else np.zeros(0)


def unravel(vector: Array, like: T) -> T:
    """The tree shaped as `like` that holds the numbers of `vector`."""
    position = 0

    def filled(node: Any) -> Any:
        nonlocal position
        if isinstance(node, tuple):
            return tuple(filled(part) for part in node)
        if is_record(node):
            return _changed(node, lambda _, value: filled(value))
        if node is None:
            return None
        if np.ndim(node) == 0 and not isinstance(node, np.ndarray):
            position += 1
            return float(vector[position - 1])
        size = int(np.size(node))
        values = np.asarray(vector[position : position + size], dtype=float).reshape(np.shape(node))
        position += size
        return values

    return filled(like)  # type: ignore[no-any-return]


def n_bytes(tree: Any) -> int:
    """How much memory the arrays of a tree take."""
    return sum(int(getattr(leaf, "nbytes", 8)) for leaf in leaves(tree))
