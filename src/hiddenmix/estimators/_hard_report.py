"""The report on hard subclasses: a record for each subclass, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover._words import aligned, percent
from hiddenmix.discover._words import plain as as_plain

__all__ = ["HardSubclass", "HardSubclasses"]

NOTABLE = 2.0  # standard deviations of the errors, were all rows as hard, beyond which a subclass counts as hard
NAMED = 0.6  # share of a subclass's rows from which a known level is given as its name
SHOWN = 0.005  # share of a subclass's errors from which the class that they were taken for is shown


@dataclass(frozen=True)
class HardSubclass:
    """One subclass, and how a classifier fares with it.

    Attributes
    ----------
    rank : 1 is the hardest: the most errors beyond its part if all rows were as hard
    index : its number among the subclasses, from 0
    name : such as "bike 2"
    of : its class
    rows : the weight of its rows
    wrong : the weight of its rows that were predicted to be of another class
    error_rate : wrong / rows
    taken_for : the classes that these were predicted to be, with the share of each; the largest first
    of_class : the share of its class's errors that it carries
    of_all : the share of all errors
    excess : errors beyond its part, rows · (error_rate - that of all rows)
    typical : positions of rows that are typical of it, from 0
    words : what makes it different from the other subclasses of its class
    known : for each set-aside labeling its name, the level that most of the subclass's rows have, and their share
    """

    rank: int
    index: int
    name: str
    of: Any
    rows: float
    wrong: float
    error_rate: float
    taken_for: tuple[tuple[Any, float], ...]
    of_class: float
    of_all: float
    excess: float
    typical: tuple[int, ...]
    words: str
    known: tuple[tuple[str, Any, float], ...] = ()


@dataclass(frozen=True, eq=False)
class HardSubclasses:
    """All subclasses, the hardest first.

    Attributes
    ----------
    subclasses : by rank
    classes : the names of the classes
    names : the names of the subclasses, in the order of `confusion`
    confusion : (K, m) weight of the rows of each subclass that were predicted to be of each class
    error_rate : of all rows, out of fold
    folds : how many
    """

    subclasses: tuple[HardSubclass, ...]
    classes: tuple[Any, ...]
    names: tuple[str, ...]
    confusion: Array
    error_rate: float
    folds: int

    def __repr__(self) -> str:
        first = self.subclasses[0]
        return f"HardSubclasses({len(self.subclasses)} subclasses, hardest {first.name!r})"

    @property
    def hard(self) -> tuple[HardSubclass, ...]:
        """Those with clearly more errors than their part: by two standard deviations, were all rows as hard."""
        p = self.error_rate
        return tuple(s for s in self.subclasses if s.excess > NOTABLE * float(np.sqrt(s.rows * p * (1 - p))))

    def lines(self, rows: Array | None = None, top: int | None = None) -> list[str]:
        """A table by rank, and sentences on the hard ones; `rows` (n,) are other numbers for the rows, from 0 without.

        `top` ends the table after so many ranks.
        """
        wrong = sum(s.wrong for s in self.subclasses)
        total = sum(s.rows for s in self.subclasses)
        shown = self.subclasses[:top]
        head = ["rank", "subclass", "rows", "wrong", "rate", "of its class's errors", "of all errors", "taken for"]
        table = aligned([head, *(_cells(s) for s in shown)])
        left = len(self.subclasses) - len(shown)
        table += [f"  and {left} more, less hard"] if left else []
        told = [line for s in self.hard if s in shown for line in _told(s, rows)]
        title = f"{wrong:.6g} of {total:.6g} rows wrong ({_share(self.error_rate)}), out of {self.folds} folds"
        return [title, *(line.rstrip() for line in table), *told]

    def summary(self) -> str:
        """The table and the sentences."""
        return "Hard subclasses: " + "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return as_plain(  # type: ignore[no-any-return]
            {
                "error_rate": self.error_rate,
                "folds": self.folds,
                "classes": list(self.classes),
                "subclasses": [
                    {
                        **{name: value for name, value in vars(s).items() if name not in ("of", "taken_for", "known")},
                        "class": s.of,
                        "typical": list(s.typical),
                        "taken_for": [{"class": name, "share": share} for name, share in s.taken_for],
                        "known": {name: {"level": level, "share": share} for name, level, share in s.known},
                    }
                    for s in self.subclasses
                ],
                "confusion": {"subclasses": list(self.names), "rows": self.confusion.tolist()},
            }
        )


def _cells(s: HardSubclass) -> list[str]:
    taken = ", ".join(
        f"{name} {_share(share)}" for name, share in s.taken_for[:2] if share >= SHOWN and s.wrong >= 0.05
    )
    return [
        str(s.rank), s.name, f"{s.rows:.0f}", f"{s.wrong:.1f}", _share(s.error_rate), _share(s.of_class),
        _share(s.of_all), taken,
    ]  # fmt: skip


def _told(s: HardSubclass, rows: Array | None) -> list[str]:
    """What a hard subclass is."""
    most = "".join(f" ({_share(share)} {level})" for _, level, share in s.known if share >= NAMED)
    where = ", ".join(str(i if rows is None else rows[i]) for i in s.typical)
    return [f"  {s.rank}. {s.name}{most}: {s.words}", f"     typical rows {where}"]


def _share(share: float) -> str:
    return percent(share, counted=False)
