"""How many subclasses each class shall have."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError

__all__ = ["AUTO", "plain", "subclass_counts", "subclass_names"]

AUTO = "auto"


def subclass_counts(subclasses: Any, classes: Iterable[Any], counts: Sequence[int]) -> dict[Any, Any]:
    """The wish for each class: a number of subclasses, or "auto" where a criterion shall choose.

    Parameters
    ----------
    subclasses : one number for all classes, "auto", or a mapping that gives one of these for every class
    classes : (m,) the classes, sorted
    counts : (m,) the distinct rows of each, of positive weight and with an observed cell

    Returns
    -------
    dict
        In the order of `classes`, whose values are plain ones of Python as keys.

    Raises
    ------
    HiddenmixError : HM401 another word, HM402 less than one, HM410 a mapping that names other classes, HM207 a class
        with fewer distinct rows than subclasses
    HiddenmixTypeError : HM402 not a whole number
    """
    named = [plain(value) for value in classes]
    if isinstance(subclasses, Mapping):
        wishes = {plain(key): value for key, value in subclasses.items()}
        _require_all(wishes, named)
    else:
        wishes = dict.fromkeys(named, subclasses)
    found = {name: _number(wishes[name], name, isinstance(subclasses, Mapping)) for name in named}
    for name, rows in zip(named, counts, strict=True):
        if not rows:
            raise HiddenmixError("HM207", f"class {name!r} has no row with a value", "leave the class out")
        if found[name] != AUTO and found[name] > rows:
            raise HiddenmixError(
                "HM207",
                f"class {name!r} cannot have {found[name]} subclasses: it has {rows} distinct row{'s' * (rows != 1)}",
                f"subclasses={{{name!r}: {rows}, ...}} or fewer; {rows} is the largest number that fits",
            )
    return found


def subclass_names(classes: Iterable[Any], sizes: Iterable[int]) -> list[str]:
    """Names of the subclasses: the class, and a number from 1; "car 1", and "3 #1" where classes are no texts."""
    kinds = [(plain(name), size) for name, size in zip(classes, sizes, strict=True)]
    return [f"{name} {'' if isinstance(name, str) else '#'}{j + 1}" for name, size in kinds for j in range(size)]


def plain(value: Any) -> Any:
    """A NumPy scalar as Python's own value; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _require_all(wishes: Mapping[Any, Any], named: Sequence[Any]) -> None:
    """HM410 where the mapping leaves a class out, or names one that is not there."""
    missing = [name for name in named if name not in wishes]
    unknown = [name for name in wishes if name not in named]
    parts = [f"leaves out class {_listed(missing)}"] if missing else []
    parts += [f"names {_listed(unknown)}, which no row has"] if unknown else []
    if parts:
        whole = ", ".join(f"{name!r}: {wishes.get(name, 1)!r}" for name in named[:8]) + ", ..." * (len(named) > 8)
        raise HiddenmixError("HM410", f"subclasses {', and '.join(parts)}", f"subclasses={{{whole}}}")


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(repr, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _number(wish: Any, name: Any, each: bool) -> Any:
    where = f"subclasses of class {name!r}" if each else "subclasses"
    if isinstance(wish, str):
        if wish != AUTO:
            raise HiddenmixError("HM401", f"{where} cannot be {wish!r}", "'auto', or a whole number such as 3")
        return AUTO
    if isinstance(wish, bool | np.bool) or not isinstance(wish, numbers.Integral):
        raise HiddenmixTypeError(
            "HM402", f"{where} must be 'auto' or a whole number; got {wish!r}", "1, 2, 3, ... or 'auto'"
        )
    if wish < 1:
        raise HiddenmixError("HM402", f"{where} must be 1 or more; got {wish}", "subclasses=1 for one per class")
    return int(wish)
