"""A series and its hidden states: values in their order, and memberships as a ribbon below them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray
from hiddenmix.plot._colours import colours, soft
from hiddenmix.plot._display import SIZE, Display, label_text, styled
from hiddenmix.plot._panels import panels
from hiddenmix.plot._plane import column_number, place_of
from hiddenmix.plot._view import View

MANY = 3000  # rows from which dots are small and drawn as one image
BREAK = {"color": "0.1", "lw": 0.8, "zorder": 4}  # between two sequences
CHANGES = 120  # of the most probable component, beyond which the line of its means would hide the dots


class SeriesDisplay(Display):
    """One column over time, with the mean of each row's most probable component, over a ribbon of memberships.

    Parameters
    ----------
    x : array of shape (n,)
        The values, in order of time.
    resp : array of shape (n, k)
        Memberships, or probabilities of states.
    centres : array of shape (k,)
        What is expected in each component; NaN where nothing is.
    time : array of shape (n,), optional
        Numbers or dates, ascending; 1, 2, ... without.
    column, time_name : str
    names : sequence of str
        Of the components.
    levels : sequence of str, optional
        Of a column of categories: what the codes stand for.
    observed : array of shape (n,), optional
        Which rows have a value in any column; the others are not counted in words.
    starts : array of int, optional
        Rows at which a further sequence begins.

    Attributes
    ----------
    ax_ : array of shape (2, 1)
        The axes of values and ribbon.
    figure_ : Figure
    dots_ : PathCollection
    steps_ : Line2D
        The means; not visible where there are more than 120 steps.
    ribbon_ : list of PolyCollection
    starts_ : list of Line2D
        Where further sequences begin.
    """

    def __init__(
        self, x: Array, resp: Array, centres: Array, time: Any = None, column: str = "x", time_name: str = "row",
        names: tuple[str, ...] = (), levels: tuple[str, ...] | None = None, observed: Array | None = None,
        starts: Array | None = None,
    ) -> None:  # fmt: skip
        self.x, self.resp, self.centres = np.asarray(x, dtype=float), np.asarray(resp), np.asarray(centres, dtype=float)
        self.time: AnyArray = np.arange(1, len(self.x) + 1) if time is None else np.asarray(time)
        self.column, self.time_name, self.names, self.levels = column, time_name, names, levels
        self.observed: AnyArray = np.ones(len(self.x), dtype=bool) if observed is None else np.asarray(observed)
        self.starts: AnyArray = np.zeros(0, dtype=int) if starts is None else np.asarray(starts, dtype=int)

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, time: Any = None, time_name: str | None = None, column: int | str = 0,
        ax: Any = None, sample_weight: Any = None, known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The rows of X in their order, or by `time` (numbers or dates), in one of the columns.

        Raises
        ------
        HiddenmixError : HM404 not one time for each row; HM416 no such column
        """
        view = View.of(model, X, sample_weight, known_labels, covariates)
        return cls.from_view(view, time=time, time_name=time_name, column=column).plot(ax)

    @classmethod
    def from_states(
        cls, model: Any, X: Any, *, lengths: Any = None, groups: Any = None, time: Any = None,
        time_name: str | None = None, column: int | str = 0, ax: Any = None,
    ) -> Self:  # fmt: skip
        """A fitted `HiddenMarkovModel` on the sequences of X: each row with the probabilities of its states.

        Parameters
        ----------
        model : fitted estimator
        X : table of shape (n, d)
        lengths, groups : as for its `fit`
        time : array of shape (n,), optional
            Numbers or dates, ascending.
        column : int or str

        Raises
        ------
        HiddenmixError : HM404 not one time for each row, or times that do not ascend; HM416 no such column
        """
        columns, expected = model._columns()
        place = place_of(column, columns)
        x, resp = model._values(X)[:, place], model.predict_proba(X, lengths, groups)
        _require_ascending(time, len(x))
        names = tuple(f"state {j + 1}" for j in range(resp.shape[1]))
        told = time_name or ("row" if time is None else "time")
        starts = model._starts(len(x), lengths, groups)
        return cls(x, resp, expected[:, place], time, columns[place], told, names, None, ~np.isnan(x), starts).plot(ax)

    @classmethod
    def from_view(cls, view: View, *, time: Any = None, time_name: str | None = None, column: int | str = 0) -> Self:
        """The numbers of the picture."""
        column = column_number(view, column)
        order = np.arange(len(view.values))
        if time is not None:
            time = np.asarray(time)
            if time.shape != order.shape:
                raise HiddenmixError("HM404", f"{time.size} times for {len(order)} rows", "one for each row")
            order = np.argsort(time, kind="stable")
            time = time[order]
        levels = view.levels[column]
        named = None if levels is None else tuple(map(str, levels))
        told = time_name or ("row" if time is None else "time")
        return cls(
            view.values[order, column], view.resp[order], view.centres[:, column], time, view.columns[column], told,
            view.names, named, view.observed[order],
        )  # fmt: skip

    def plot(self, ax: Any = None) -> Self:
        """Draw values and ribbon; `ax` may be one axes, whose place they share."""
        with styled():
            self.ax_ = panels(ax, 2, 1, (1.2 * SIZE[0], SIZE[1]), (3.2, 1.0))
            above, below = self.ax_.flat
            self.figure_ = above.figure
            below.sharex(above)
            self._values(above)
            self._ribbon(below)
            self.starts_ = [ax.axvline(self._edges()[row], **BREAK) for ax in (above, below) for row in self.starts]
            above.tick_params(labelbottom=False)
            below.set_xlabel(label_text(self.time_name))
        return self

    def _values(self, ax: Any) -> None:
        n, k = self.resp.shape
        many = n > MANY
        label = np.argmax(self.resp, axis=1)
        means = self.centres[label]
        shown = (np.diff(label) != 0).sum() <= CHANGES
        self.dots_ = ax.scatter(
            self.time, self.x, c=soft(self.resp), s=4 if many else 24 if n <= 300 else 10, alpha=0.5 if many else 0.9,
            lw=0 if many else 0.3, ec="white", rasterized=many, zorder=3,
        )  # fmt: skip
        (self.steps_,) = ax.plot(self.time, means, color="0.25", lw=1.2, drawstyle="steps-mid", zorder=2, visible=shown)
        for mean, colour in zip(self.centres, colours(k)):
            if np.isfinite(mean):
                ax.axhline(mean, color=colour, ls="--", lw=0.9, zorder=1)
        if self.levels is not None:
            ax.set_yticks(range(len(self.levels)), [label_text(level, most=16) for level in self.levels])
        ax.set_ylabel(label_text(self.column, most=30))

    def _ribbon(self, ax: Any) -> None:
        k = self.resp.shape[1]
        edges = self._edges()
        top = np.zeros((len(edges), k + 1))
        top[:-1, 1:] = np.cumsum(self.resp, axis=1)
        top[-1] = top[-2]
        self.ribbon_ = [
            ax.fill_between(edges, top[:, j], top[:, j + 1], step="post", color=c, lw=0, rasterized=len(edges) > MANY)
            for j, c in enumerate(colours(k))
        ]
        ax.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=[0, 1])
        ax.set_ylabel("membership", fontsize=8)

    def _edges(self) -> AnyArray:
        """Where the part of each row begins, half way between two times, and where the last one ends."""
        t = self.time
        if len(t) == 1:
            return np.array([t[0] - 0.5, t[0] + 0.5]) if t.dtype.kind in "iuf" else np.array([t[0], t[0] + 1])
        half = (t[1:] - t[:-1]) / 2
        middles = t[:-1] + half
        edges: AnyArray = np.concatenate([[t[0] - half[0]], middles, [t[-1] + half[-1]]])
        return edges

    def words(self) -> str:
        """How often the most probable component changes, and how many rows each has."""
        resp = self.resp[self.observed]
        n, k = resp.shape
        label = np.argmax(resp, axis=1)
        sequence = np.searchsorted(self.starts, np.flatnonzero(self.observed), side="right")
        changes = int(((np.diff(label) != 0) & (np.diff(sequence) == 0)).sum())
        among = f" in {len(self.starts) + 1} sequences" if len(self.starts) else ""
        sizes = np.bincount(label, minlength=k)
        told = ", ".join(
            f"{size} of {name}" + (f" (mean {mean:.4g})" if np.isfinite(mean) else "")
            for size, name, mean in zip(sizes, self.names or range(1, k + 1), self.centres)
        )
        return (
            f"{self.column} over {n} rows{among}: {told}. The most probable one changes {changes} "
            f"time{'s' * (changes != 1)}."
        )


def _require_ascending(time: Any, n: int) -> None:
    """HM404 where sequences have no times in the order of their rows."""
    if time is None:
        return
    time = np.asarray(time)
    if time.shape != (n,):
        raise HiddenmixError("HM404", f"{time.size} times for {n} rows", "one for each row")
    if np.any(time[1:] < time[:-1]):
        raise HiddenmixError("HM404", "the times of a sequence must ascend", "sort the table by time, or leave it out")
