"""What a comparison is: a named function from options to lines, and the target that a line is held against."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

STRICTEST = 1e-11  # below it no tolerance goes


@dataclass(frozen=True)
class Options:
    """What the command line may change. None leaves a number to the case."""

    quick: bool = False
    rows: int | None = None
    seeds: int | None = None
    repeats: int | None = None
    rivals: tuple[str, ...] | None = None
    algorithm: str = "auto"
    tol: float = 1e-6
    out: Path | None = None
    keep: Literal["all", "rivals", "nothing"] = "all"

    def size(self, full: int, quick: int) -> int:
        """Rows of the data."""
        return self.rows or (quick if self.quick else full)

    def often(self, full: int, quick: int = 2) -> int:
        """Repeats of a measurement."""
        return self.repeats or (quick if self.quick else full)

    @property
    def tolerances(self) -> tuple[float, ...]:
        """Ours, from `tol` on ever stricter."""
        return tuple(self.tol / 10**i for i in range(8) if self.tol / 10**i > STRICTEST)

    def atleast(self, seconds: float) -> float:
        """Seconds of work behind a figure; none where the rows are so few that only the answers count."""
        return 0.0 if self.rows is not None and self.rows < 1000 else seconds

    def draws(self, full: int, quick: int = 2) -> range:
        """Seeds of the data or of the starts."""
        return range(self.seeds or (quick if self.quick else full))


@dataclass(frozen=True)
class Target:
    """A bound on the median, or with a `share` a bound that at least so large a part of the figures must keep."""

    sign: Literal[">=", "<="]
    bound: float
    share: float | None = None

    def reached(self, figures: tuple[float, ...]) -> bool:
        """Whether figures keep the bound."""
        keeps = [figure >= self.bound if self.sign == ">=" else figure <= self.bound for figure in figures]
        if self.share is not None:
            return sum(keeps) >= self.share * len(keeps) - 1e-9
        middle = statistics.median(figures)
        return middle >= self.bound if self.sign == ">=" else middle <= self.bound


def at_least(bound: float, share: float | None = None) -> Target:
    """A target from below."""
    return Target(">=", bound, share)


def at_most(bound: float, share: float | None = None) -> Target:
    """A target from above."""
    return Target("<=", bound, share)


@dataclass(frozen=True)
class Line:
    """One line of the table.

    `figures` are what is judged, one for each repeat or seed, in `unit`: "x" for a ratio (the other side by ours), "%",
    "s", "MB" or a word. `ours` and `other` are medians in `measure`; `rows` whatever was measured, for JSON.
    """

    case: str
    what: str
    figures: tuple[float, ...]
    unit: str = "x"
    target: Target | None = None
    ours: float | None = None
    other: float | None = None
    measure: str = "s"
    against: str = ""
    note: str = ""
    rows: tuple[dict[str, Any], ...] = ()

    @property
    def median(self) -> float:
        """The middle figure."""
        return statistics.median(self.figures)

    @property
    def reached(self) -> bool | None:
        """Whether the target is kept; None without one."""
        return None if self.target is None else self.target.reached(self.figures)

    def as_json(self) -> dict[str, Any]:
        """Everything, and what follows from it."""
        spread = {"median": self.median, "lowest": min(self.figures), "highest": max(self.figures)}
        return dict(_finite({**asdict(self), **spread, "reached": self.reached}))


def _finite(value: Any) -> Any:
    """JSON knows no infinity: a figure that is none becomes null."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Case:
    """A comparison that can be run by name."""

    name: str
    says: str
    run: Callable[[Options], Iterator[Line]]


CASES: dict[str, Case] = {}


def case(name: str, says: str) -> Callable[[Callable[[Options], Iterator[Line]]], Callable[[Options], Iterator[Line]]]:
    """Register a function under a name, with a sentence on what it compares."""

    def registered(run: Callable[[Options], Iterator[Line]]) -> Callable[[Options], Iterator[Line]]:
        CASES[name] = Case(name, says, run)
        return run

    return registered
