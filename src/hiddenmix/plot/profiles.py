"""What each component is like, column by column: levels, counts, or means with their spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from hiddenmix.plot._colours import colours
from hiddenmix.plot._display import SIZE, Display, label_text, styled
from hiddenmix.plot._panels import component_ticks, panels
from hiddenmix.plot._plane import column_number
from hiddenmix.plot._profile_numbers import Profile, most_apart, profiles
from hiddenmix.plot._view import View

MOST = 8  # columns that are drawn without being asked for
BARS = 36  # more of them in a panel are dots instead
DOTTED = 30  # counts that get a dot each


class ProfilesDisplay(Display):
    """A panel for each column with its distribution in every component.

    Categories have bars of the probabilities of their levels (of many, the eight in which the components differ most,
    and the others as one), counts the probability of each count with the mean dashed, numbers the mean with one
    standard deviation to both sides. Of more than eight columns those in which the components differ most are drawn.

    Parameters
    ----------
    profiles : sequence of Profile
    names : sequence of str
        Of the components.
    n_columns : int, optional
        How many columns there are; more than `profiles` where some are left out.

    Attributes
    ----------
    ax_ : Axes, or the array of them
    figure_ : Figure
    artists_ : list of list
        For each panel one for each component: BarContainer, Line2D, or ErrorbarContainer.
    """

    def __init__(self, profiles: Sequence[Profile], names: Sequence[str], n_columns: int | None = None) -> None:
        self.profiles, self.names = tuple(profiles), tuple(names)
        self.n_columns = len(self.profiles) if n_columns is None else n_columns

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, columns: Any = None, ax: Any = None, sample_weight: Any = None,
        known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The profiles of a fitted mixture; X says which counts and rows there are. A `Stepper` needs no X.

        Parameters
        ----------
        columns : sequence of int or str, optional
            The columns to draw; the eight most different without.

        Raises
        ------
        HiddenmixError : HM416 no such column, or a family of a user in several columns
        """
        return cls.from_view(View.of(model, X, sample_weight, known_labels, covariates), columns=columns).plot(ax)

    @classmethod
    def from_view(cls, view: View, *, columns: Any = None) -> Self:
        """The numbers of the picture."""
        found = profiles(view)
        if columns is None or len(found) < view.d:
            return cls(most_apart(found, MOST), view.names, len(found))
        wanted = [columns] if np.ndim(columns) == 0 else columns
        return cls([found[column_number(view, c)] for c in wanted], view.names)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels; `ax` may be one axes, whose place they share."""
        n = len(self.profiles)
        columns = 1 if n == 1 else 2
        rows = -(-n // columns)
        heights = [
            max(_height(p, len(self.names)) for p in self.profiles[i * columns : (i + 1) * columns])
            for i in range(rows)
        ]
        size = (SIZE[0] * (1 if n == 1 else 1.1), max(SIZE[1] if rows < 3 else 0.0, sum(heights) + 0.5))
        with styled():
            every = panels(ax, rows, columns, size, heights)
            self.artists_ = [self._draw(p, part) for p, part in zip(self.profiles, every.flat)]
            for spare in list(every.flat)[n:]:
                spare.set_visible(False)
            self.figure_ = every.flat[0].figure
            self.ax_ = every.flat[0] if every.size == 1 else every
            if len(self.names) > 1 and any(p.kind != "number" for p in self.profiles):
                self._legend()
            if n < self.n_columns:
                self.figure_.supxlabel(f"{n} of {self.n_columns} columns: the most different", fontsize=9)
        return self

    def _legend(self) -> None:
        from matplotlib.patches import Patch

        short, title = component_ticks(self.names, most=18)
        k = len(short)
        handles = [Patch(color=c) for c in colours(k)]
        wide = max(map(len, short))
        self.figure_.legend(
            handles, short, loc="outside upper center", title=title or None, handlelength=1.0, columnspacing=1.0,
            ncols=max(1, min(k, int(60 / (wide + 5)))),
        )  # fmt: skip

    def _draw(self, profile: Profile, ax: Any) -> list[Any]:
        makers = {"number": self._number, "count": self._count, "category": self._category}
        found = makers[profile.kind](profile, ax)
        ax.set_xlabel(label_text(profile.column, most=24))
        return found

    def _number(self, profile: Profile, ax: Any) -> list[Any]:
        k = len(self.names)
        found = [
            ax.errorbar([m], [j], xerr=[s], fmt="o", color=c, ms=6, lw=2, capsize=3)
            for j, (m, s, c) in enumerate(zip(profile.mean, profile.sd, colours(k)))
        ]
        short, title = component_ticks(self.names)
        ax.set_yticks(range(k), short)
        ax.set(ylim=(k - 0.4, -0.6), ylabel=title)
        ax.set_title("mean ± sd of the rows" if profile.of_rows else "mean ± sd", fontsize=8)
        return found

    def _count(self, profile: Profile, ax: Any) -> list[Any]:
        found = []
        marker = {"marker": "o", "ms": 3} if len(profile.points) <= DOTTED else {}
        for y, m, c in zip(profile.probability, profile.mean, colours(len(self.names))):
            found += ax.plot(profile.points, y, color=c, lw=1.5, **marker)
            ax.axvline(m, color=c, ls="--", lw=1)
        ax.set(ylim=(0, None), ylabel="probability")
        if len(profile.points) <= DOTTED:
            ax.xaxis.get_major_locator().set_params(integer=True)
        return found

    def _category(self, profile: Profile, ax: Any) -> list[Any]:
        k, m = profile.probability.shape
        found = []
        thick = 0.84 / k
        for j, (p, c) in enumerate(zip(profile.probability, colours(k))):
            if k * m <= BARS:
                found.append(ax.barh(np.arange(m) - 0.42 + thick * (j + 0.5), p, 0.9 * thick, color=c))
            else:
                found += ax.plot(p, np.arange(m), ls="", marker="o", ms=5, color=c, alpha=0.9, mec="white", mew=0.4)
        if k * m > BARS:
            ax.grid(axis="y", color="0.9")
            ax.set_axisbelow(True)
        ax.set_yticks(range(m), [label_text(level, most=16) for level in profile.levels])
        ax.tick_params(axis="y", length=0)
        ax.set(ylim=(m - 0.45, -0.55), xlim=(0, min(1.02, 1.08 * float(profile.probability.max()))))
        ax.set_title("probability", fontsize=8)
        return found

    def words(self) -> str:
        """In which columns the components differ most, and how."""
        if len(self.names) == 1:
            return f"The distribution of {len(self.profiles)} columns in one component."
        first = max(self.profiles, key=lambda p: p.separation)
        if first.kind == "category":
            level = int(np.argmax(np.ptp(first.probability, axis=0)))
            told = [f"{name} {p:.2f}" for name, p in zip(self.names, first.probability[:, level])]
            what = f"the probability of {first.levels[level]} is {', '.join(told)}"
        else:
            what = "the means are " + ", ".join(f"{name} {m:.4g}" for name, m in zip(self.names, first.mean))
        return f"The components differ most in {first.column}: {what}."


def _height(profile: Profile, k: int) -> float:
    """Inches that a panel needs."""
    if profile.kind == "count":
        return 1.9
    rows = k if profile.kind == "number" else len(profile.levels)
    each = 0.24 if profile.kind == "number" else max(0.22, 0.085 * k if rows * k <= BARS else 0.22)
    return max(1.2, 0.75 + each * rows)
