"""Coins whose tosses are known and whose names are not: each set divided among the coins, and their new biases."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.families.views import tosses
from hiddenmix.plot._colours import colours
from hiddenmix.plot._display import Display, label_text, styled
from hiddenmix.plot._view import View, is_stepper

MOST_ROWS, MOST_COINS = 30, 6
LABEL, BAR, CELL = 0.95, 1.4, 1.42  # widths in inches: what was tossed, its bar, the numbers of a coin
ROW = 0.27  # height of a row
PALE = 0.62  # how far the colour of tails goes towards white
RULE, GREY = "#BBBBBB", "#555555"


class CoinsDisplay(Display):
    """One row for each set of tosses: a bar divided among the coins, each part into heads (dark) and tails (pale).

    The E-step gives each coin its share of a set, and with it that share of the set's heads and tails. The M-step's new
    biases are the heads in the totals.

    Parameters
    ----------
    heads, tosses : arrays of shape (n,)
        NaN heads: a set that was not seen.
    resp : array of shape (n, k)
        Each coin's share of each set.
    bias, new : arrays of shape (k,)
        The biases before, which the shares belong to, and after the M-step.
    weight : array of shape (n,) or None
        How often each set counts.
    names : sequence of str
    column : str
    iteration : int or None

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    heads_, tails_ : list of list of Rectangle
        By row and coin; the totals last.
    cells_ : list of list of Text
        By row and coin: share, heads and tails, three texts each.
    new_ : list of Text

    References
    ----------
    Do & Batzoglou (2008), What is the expectation maximization algorithm? Nature Biotechnology 26:897.
    """

    def __init__(
        self, heads: Array, tosses: Array, resp: Array, bias: Array, new: Array, weight: Array | None = None,
        names: tuple[str, ...] = (), column: str = "x", iteration: int | None = None,
    ) -> None:  # fmt: skip
        self.heads, self.tosses, self.resp = np.asarray(heads, float), np.asarray(tosses, float), np.asarray(resp)
        self.bias, self.new = np.asarray(bias), np.asarray(new)
        self.weight = np.ones(len(self.heads)) if weight is None else np.asarray(weight, float)
        self.names = tuple(names) or tuple(f"coin {j + 1}" for j in range(len(self.bias)))
        self.column, self.iteration = column, iteration

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, iteration: int | None = None, ax: Any = None, sample_weight: Any = None,
        known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The step that a `BinomialMixture` made at an iteration of its history (the first), or that a `Stepper` is at.

        Raises
        ------
        HiddenmixError : HM416 no heads of tosses in one column, or too many sets; HM421 an iteration that was not kept
        """
        view = View.of(model, X, sample_weight, known_labels, covariates)
        here = is_stepper(model) and iteration is None
        return cls.from_view(view, view.params if here else None, iteration).plot(ax)

    @classmethod
    def from_view(cls, view: View, params: Any = None, iteration: int | None = None) -> Self:
        """The numbers of the picture, at given parameters or at an iteration of the history."""
        count = _tosses_of(view)
        if params is None:
            iteration, params = _at(view, iteration)
        with single_threaded_blas():
            point = view.problem.evaluate(params)
            new = view.problem.update(point)
        heads, then = view.values[:, 0], view.at(params)
        before, after = (at.centres[:, 0] / count for at in (then, view.at(new)))
        sizes = np.full(len(heads), count)
        return cls(heads, sizes, then.resp, before, after, view.weight, view.names, view.columns[0], iteration)

    @property
    def expected_heads(self) -> Array:
        """Heads of every set for every coin (n, k)."""
        return self.resp * (self.weight * np.nan_to_num(self.heads))[:, None]

    @property
    def expected_tails(self) -> Array:
        """Tails of every set for every coin (n, k)."""
        return self.resp * (self.weight * np.nan_to_num(self.tosses - self.heads))[:, None]

    def plot(self, ax: Any = None) -> Self:
        """Draw the rows, the totals and the biases."""
        n, k = self.resp.shape
        size = (LABEL + BAR + CELL * k + 0.1, ROW * (n + 5.6))
        with styled():
            ax = self._place(ax, size)
            ax.set(xlim=(0, size[0]), ylim=(n + 5.2, -0.4))
            ax.axis("off")
            self._palette = colours(k)
            self._head(ax)
            self.heads_: list[list[Any]] = []
            self.tails_: list[list[Any]] = []
            self.cells_: list[list[Any]] = []
            for i in range(n):
                self._row(ax, i + 3.0, self._said(i), self.expected_heads[i], self.expected_tails[i], self.resp[i])
            ax.plot([0, size[0]], [n + 2.9] * 2, color=RULE, lw=0.8)
            totals = self.expected_heads.sum(axis=0), self.expected_tails.sum(axis=0)
            self._row(ax, n + 3.5, "in all", *totals, None)
            ax.text(0, n + 4.6, "M: new bias", va="center", weight="bold")
            self.new_ = [
                ax.text(self._left(j) + CELL, n + 4.6, f"{new:.4f}", ha="right", va="center", weight="bold", color=c)
                for j, (new, c) in enumerate(zip(self.new, self._palette))
            ]
        return self

    def _left(self, j: int) -> float:
        return LABEL + BAR + 0.05 + CELL * j

    def _said(self, i: int) -> str:
        if np.isnan(self.heads[i]):
            return "not seen"
        often = "" if self.weight[i] == 1 else f" × {self.weight[i]:g}"
        return f"{self.heads[i]:g} of {self.tosses[i]:g}{often}"

    def _head(self, ax: Any) -> None:
        """Names, biases now, and what the columns are."""
        if self.column != "x":
            ax.text(0, 0, label_text(self.column, most=28), va="center", fontsize=9)
        ax.text(0, 2.0, "heads", va="center", fontsize=8.5, color=GREY)
        ax.text(LABEL, 2.0, "dark heads, pale tails", va="center", fontsize=8.5, color=GREY)
        step = "" if self.iteration is None else f" {self.iteration + 1}"
        ax.text(0, 1.0, f"E{step}: whose tosses?", va="center", weight="bold")
        for j, (name, colour) in enumerate(zip(self.names, self._palette)):
            right = self._left(j) + CELL
            ax.text(right, 0, label_text(name, most=16), ha="right", va="center", color=colour, weight="bold")
            ax.text(right, 1.0, f"bias {self.bias[j]:.4g}", ha="right", va="center", color=colour)
            for at, what in zip(_stops(right), ("share", "heads", "tails")):
                ax.text(at, 2.0, what, ha="right", va="center", fontsize=8.5, color=GREY)
        ax.plot([0, self._left(len(self.bias))], [2.45] * 2, color=RULE, lw=0.8)

    def _row(self, ax: Any, y: float, said: str, heads: Array, tails: Array, share: Array | None) -> None:
        """A set of tosses, or the totals (without shares): words, the divided bar, the numbers."""
        from matplotlib.patches import Rectangle

        ax.text(0, y, said, va="center", fontsize=9)
        total = float(np.sum(heads + tails)) or 1.0
        x = LABEL
        drawn: tuple[list[Any], list[Any]] = ([], [])
        texts = []
        for j, colour in enumerate(self._palette):
            for part, kept, face in zip((heads[j], tails[j]), drawn, (colour, colour + PALE * (1 - colour))):
                box = Rectangle((x, y - 0.36), BAR * 0.94 * part / total, 0.72, facecolor=face, lw=0)
                kept.append(ax.add_patch(box))
                x += box.get_width()
            if j > 0:
                ax.plot([drawn[0][j].get_x()] * 2, [y - 0.4, y + 0.4], color="white", lw=1.6)
            cells = ("" if share is None else f"{share[j]:.2f}", _told(heads[j]), _told(tails[j]))
            stops = _stops(self._left(j) + CELL)
            texts.append([ax.text(at, y, c, ha="right", va="center", fontsize=9) for at, c in zip(stops, cells)])
        self.heads_.append(drawn[0])
        self.tails_.append(drawn[1])
        self.cells_.append(texts)

    def words(self) -> str:
        """What each coin got, and the bias that follows."""
        heads, tails = self.expected_heads.sum(axis=0), self.expected_tails.sum(axis=0)
        when = "" if self.iteration is None else f" at iteration {self.iteration}"
        told = [
            f"{name} (bias {before:.4g}) takes {h:.2f} heads and {t:.2f} tails, so that its bias becomes {after:.4g}"
            for name, before, h, t, after in zip(self.names, self.bias, heads, tails, self.new)
        ]
        n, k = self.resp.shape
        return f"{n} set{'s' * (n != 1)} of tosses divided among {k} coin{'s' * (k != 1)}{when}: {'; '.join(told)}."


def _stops(right: float) -> tuple[float, float, float]:
    """Where the three numbers of a coin end."""
    return right - 0.94, right - 0.47, right


def _told(count: float) -> str:
    """A number of heads or tails in the room that there is."""
    return f"{count:.2f}" if count < 99.995 else f"{count:.1f}" if count < 9999.95 else f"{count:.3g}"


def _tosses_of(view: View) -> float:
    """The number of tosses in a set; HM416 where the picture does not suit."""
    count = tosses(view.model.plain().family, view.d)
    fix = "ResponsibilitiesDisplay shows the memberships of any rows"
    if count is None or view.d != 1:
        raise HiddenmixError("HM416", "divided bars need the heads of tosses in one column: a BinomialMixture", fix)
    if len(view.values) > MOST_ROWS or view.k > MOST_COINS:
        raise HiddenmixError(
            "HM416", f"divided bars have room for {MOST_ROWS} rows and {MOST_COINS} coins; here are {len(view.values)} "
            f"rows and {view.k} components", fix,
        )  # fmt: skip
    return float(count[0])


def _at(view: View, iteration: int | None) -> tuple[int | None, Any]:
    """An iteration of the history, the first unless told; the parameters as they are where there is no history."""
    history = view.history()
    if not history and iteration is None:
        return None, view.params
    for t, params in history:
        if iteration is None or t == iteration:
            return t, params
    raise HiddenmixError(
        "HM421", f"the history does not hold iteration {iteration}", f"it holds {[t for t, _ in history]}"
    )
