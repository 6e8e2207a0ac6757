"""What is on the screen, as the page's address says it; EM is deterministic, so the rest follows from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hiddenmix._errors import HiddenmixError

__all__ = ["MOST_HALVES", "SHAPES", "STARTS", "WEIGHTS", "Config", "Move", "mapping", "misunderstood", "parse"]
__all__ += ["parse_move", "places", "whole"]

T = TypeVar("T")

SHAPES: Final = ("full", "tied", "diag", "spherical")
WEIGHTS: Final = ("free", "equal")
STARTS: Final = ("default", "kmeans", "k-means++", "random_from_data", "random", "same")
MOST_COMPONENTS: Final = 20
MOST_HALVES: Final = 4000  # half-steps of a run
MOST_MOVES: Final = 200
MOST_NAMES: Final = 1000
LONGEST: Final = 2000  # characters of a name
MOST_SEED: Final = 2**32 - 1


@dataclass(frozen=True)
class Move:
    """A mean that was dragged at half-step `at`: of `component`, counted from 0, to these places in some columns."""

    at: int
    component: int
    to: tuple[tuple[str, float], ...]

    def plain(self) -> dict[str, Any]:
        """The move as JSON has it."""
        return {"at": self.at, "component": self.component, "to": dict(self.to)}


@dataclass(frozen=True)
class Config:
    """Data, model, start, what is shown, and how far EM went. None is what the data's own default settles."""

    data: str = "redblue"
    use: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    k: int | None = None
    shape: str | None = None
    weights: str | None = None
    start: str | None = None
    seed: int | None = None
    show: tuple[str, ...] | None = None
    at: int = 0
    moves: tuple[Move, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The configuration as JSON has it."""
        lists = {name: _listed(getattr(self, name)) for name in ("use", "labels", "show")}
        return {**vars(self), **lists, "moves": [move.plain() for move in self.moves]}


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)


def misunderstood(what: str, fix: str = "") -> HiddenmixError:
    """The error for a call that is none: HM417."""
    return HiddenmixError("HM417", what, fix)


def parse(value: object) -> Config:
    """A configuration from JSON; keys may be left out.

    Raises
    ------
    HiddenmixError : HM417 an unknown key, or a value of the wrong type; HM401 an unknown word; HM403 a number out of
        range
    """
    given = mapping(value, "the configuration", tuple(READ))
    return Config(**{name: READ[name](name, each) for name, each in given.items() if each is not None})


def parse_move(value: object) -> Move:
    """A move from JSON; errors as for `parse`."""
    given = mapping(value, "a move", ("at", "component", "to"))
    missing = [name for name in ("at", "component", "to") if name not in given]
    if missing:
        raise misunderstood(f"a move needs {missing[0]!r}", '{"at": 2, "component": 0, "to": {"x": 4.5}}')
    at = whole("at", given["at"], 0, MOST_HALVES)
    return Move(at, whole("component", given["component"], 0, MOST_COMPONENTS - 1), places(given["to"]))


def places(value: object) -> tuple[tuple[str, float], ...]:
    """Where a mean was dragged to: a number for each of some columns."""
    found = mapping(value, "'to'", None)
    if not 0 < len(found) <= MOST_NAMES:
        raise misunderstood("'to' must name at least one column, with a number", '{"x": 4.5}')
    return tuple(
        (text("a column's name", name), number(f"'to' in {name[:80]!r}", each)) for name, each in found.items()
    )


def mapping(value: object, what: str, allowed: tuple[str, ...] | None) -> Mapping[str, object]:
    """A JSON object that has allowed keys only."""
    if not isinstance(value, dict):
        raise misunderstood(f"{what} must be an object, not {_kind(value)}")
    unknown = [] if allowed is None else [key for key in value if key not in allowed]
    if unknown and allowed is not None:
        raise misunderstood(f"{what} has no {str(unknown[0])[:80]!r}", f"one of {', '.join(allowed)}")
    return value


def whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number in a range: HM417 where it is none, HM403 outside."""
    if isinstance(value, bool) or not isinstance(value, int):
        if not (isinstance(value, float) and value.is_integer()):
            given = f"{value:g}" if isinstance(value, float) else _kind(value)
            raise misunderstood(f"{name!r} must be a whole number, not {given}")
        value = int(value)
    if not low <= value <= high:
        raise HiddenmixError("HM403", f"{name!r} must be from {low} to {high}", f"{low}, for example")
    return value


def number(name: str, value: object) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise misunderstood(f"{name} must be a number, not {_kind(value)}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise HiddenmixError("HM403", f"{name} must be a finite number")
    return found


def text(name: str, value: object) -> str:
    """A text that is not too long."""
    if not isinstance(value, str):
        raise misunderstood(f"{name} must be a text, not {_kind(value)}")
    if len(value) > LONGEST:
        raise HiddenmixError("HM403", f"{name} has {len(value)} characters; {LONGEST} at most")
    return value


def _whole(low: int, high: int) -> Callable[[str, object], int]:
    return lambda name, value: whole(name, value, low, high)


def _word(words: tuple[str, ...]) -> Callable[[str, object], str]:
    def read(name: str, value: object) -> str:
        found = text(repr(name), value)
        if found not in words:
            raise HiddenmixError("HM401", f"{name!r} cannot be {found[:80]!r}", f"one of {', '.join(words)}")
        return found

    return read


def _several(one: Callable[[object], T], most: int) -> Callable[[str, object], tuple[T, ...]]:
    def read(name: str, value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise misunderstood(f"{name!r} must be a list, not {_kind(value)}")
        if len(value) > most:
            raise HiddenmixError("HM403", f"{name!r} has {len(value)} entries; {most} at most")
        return tuple(one(each) for each in value)

    return read


def _kind(value: object) -> str:
    """The type of a JSON value in words."""
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "nothing")


_names = _several(lambda name: text("a column's name", name), MOST_NAMES)

#: How each key is read.
READ: Final[dict[str, Callable[[str, object], Any]]] = {
    "data": lambda name, value: text(repr(name), value),
    "use": _names,
    "labels": _names,
    "k": _whole(1, MOST_COMPONENTS),
    "shape": _word(SHAPES),
    "weights": _word(WEIGHTS),
    "start": _word(STARTS),
    "seed": _whole(0, MOST_SEED),
    "show": _names,
    "at": _whole(0, MOST_HALVES),
    "moves": _several(parse_move, MOST_MOVES),
}
