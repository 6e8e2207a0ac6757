"""Data sets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from hiddenmix._errors import HiddenmixError
from hiddenmix.datasets._customers import customers
from hiddenmix.datasets._files import apple, earthquakes, faithful, galaxies, penguins
from hiddenmix.datasets._generated import coins, redblue
from hiddenmix.datasets._record import Dataset
from hiddenmix.datasets._vehicles import vehicles

__all__ = ["load", "names"]

_LOADERS: Final[Mapping[str, Callable[[], Dataset]]] = MappingProxyType(
    {
        loader.__name__: loader
        for loader in (coins, redblue, faithful, penguins, galaxies, earthquakes, apple, vehicles, customers)
    }
)


def names() -> tuple[str, ...]:
    """The names that `load` knows."""
    return tuple(_LOADERS)


def load(name: str) -> Dataset:
    """The built-in data set of that name; HM407 if there is none."""
    if name not in _LOADERS:
        near = get_close_matches(name, _LOADERS, n=1)
        raise HiddenmixError(
            "HM407",
            f"no built-in data set is called {name!r}; there are {', '.join(_LOADERS)}",
            f"did you mean {near[0]!r}?" if near else "",
        )
    return _LOADERS[name]()
