"""Who belongs where, and how surely: the memberships of every row as a divided bar."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover.unsure import UNSURE, unsure
from hiddenmix.plot._colours import colours
from hiddenmix.plot._display import SIZE, Display, label_text, styled
from hiddenmix.plot._panels import component_ticks
from hiddenmix.plot._view import View

FEW = 25  # rows that get a bar with a name each
MOST = 2000  # bars; a picture has no room for more


class ResponsibilitiesDisplay(Display):
    """A bar for each row, divided as its memberships are, sorted by component and then by membership.

    Up to 25 rows stand below one another in their own order, by name. Of more than 2000 rows evenly spaced ones are
    drawn, and the picture says so.

    Parameters
    ----------
    resp : array of shape (n, k)
        Memberships; rows sum to 1.
    names : sequence of str, optional
        Of the components.
    rows : sequence of str, optional
        Names of the rows.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    order_ : array of shape (m,)
        The rows that are drawn, as they are drawn.
    bars_ : list of PolyCollection, or of BarContainer where there are few rows
        One for each component.
    """

    def __init__(self, resp: Array, names: Any = None, rows: Any = None) -> None:
        self.resp = np.asarray(resp, dtype=float)
        n, k = self.resp.shape
        self.names = tuple(f"component {j + 1}" for j in range(k)) if names is None else tuple(names)
        self.rows = tuple(str(i + 1) for i in range(n)) if rows is None else tuple(map(str, rows))

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, rows: Any = None, ax: Any = None, sample_weight: Any = None,
        known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The memberships of the rows of X; `rows` are names for them. A `Stepper` needs no X."""
        return cls.from_view(View.of(model, X, sample_weight, known_labels, covariates), rows=rows).plot(ax)

    @classmethod
    def from_view(cls, view: View, *, rows: Any = None) -> Self:
        """The numbers of the picture; rows without any value, whose memberships are the weights, are left out."""
        seen = np.flatnonzero(view.observed)
        names = [str(i + 1) for i in seen] if rows is None else [rows[i] for i in seen]
        return cls(view.resp[seen], view.names, names)

    def plot(self, ax: Any = None) -> Self:
        """Draw the bars."""
        n = len(self.resp)
        few = n <= FEW
        height = max(SIZE[1], 0.9 + 0.22 * n) if few else SIZE[1]
        with styled():
            ax = self._place(ax, (SIZE[0], height))
            if few:
                self._few(ax)
            else:
                self._many(ax)
        return self

    def words(self) -> str:
        """How many rows are most probably of each component, and how many are unsure."""
        n, k = self.resp.shape
        sizes = np.bincount(np.argmax(self.resp, axis=1), minlength=k)
        told = ", ".join(f"{size} of {name}" for size, name in zip(sizes, self.names))
        count = int(unsure(self.resp).sum())
        return (
            f"Memberships of {n} row{'s' * (n != 1)}: {told}. {count} {'is' if count == 1 else 'are'} unsure "
            f"(highest membership below {UNSURE:.2f})."
        )

    def _few(self, ax: Any) -> None:
        n, k = self.resp.shape
        self.order_ = np.arange(n)
        left, self.bars_ = np.zeros(n), []
        for j, colour in enumerate(colours(k)):
            share = self.resp[:, j]
            bar = ax.barh(np.arange(n), share, 0.8, left=left, color=colour, ec="white", lw=0.6)
            self.bars_.append(bar)
            for i in np.flatnonzero(share >= 0.12):
                ax.text(
                    left[i] + share[i] / 2, i, f"{share[i]:.2f}", ha="center", va="center", fontsize=8, color="white"
                )
            left = left + share
        ax.set_yticks(range(n), [label_text(name, most=24) for name in self.rows])
        ax.set(ylim=(n - 0.4, -0.6), xlim=(0, 1), xlabel="membership")
        ax.tick_params(axis="y", length=0)
        if k <= 8:
            short = [label_text(name, most=18) for name in self.names]
            ax.legend(self.bars_, short, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(k, 3))

    def _many(self, ax: Any) -> None:
        n, k = self.resp.shape
        label = np.argmax(self.resp, axis=1)
        order = np.lexsort((-self.resp.max(axis=1), label))
        drawn = order if n <= MOST else order[np.unique(np.linspace(0, n - 1, MOST).round().astype(int))]
        self.order_ = drawn
        m = len(drawn)
        edges, top = np.arange(m + 1), np.zeros((m + 1, k + 1))
        top[:-1, 1:] = np.cumsum(self.resp[drawn], axis=1)
        top[-1] = top[-2]
        self.bars_ = [
            ax.fill_between(edges, top[:, j], top[:, j + 1], step="post", color=colour, lw=0, rasterized=m > 500)
            for j, colour in enumerate(colours(k))
        ]
        sizes = np.bincount(label[drawn], minlength=k)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        for start in starts[1:-1]:
            ax.axvline(start, color="white", lw=1.2)
        self._below(ax, sizes, starts, np.bincount(label, minlength=k))
        ax.set(xlim=(0, m), ylim=(0, 1), ylabel="membership")
        count = int(unsure(self.resp).sum())
        every = f", {m} of them drawn" if m < n else ""
        ax.set_title(f"{n} rows{every}; {count} unsure (below {UNSURE:.2f})", fontsize=9)

    def _below(self, ax: Any, sizes: Array, starts: Array, counts: Array) -> None:
        """The name and size of each component below its part; those too narrow for their number have none."""
        short, title = component_ticks(self.names, most=12)
        shown = np.flatnonzero(sizes >= 0.035 * sizes.sum())
        wide = max((len(short[j]) for j in shown), default=0) * len(shown) > 40
        ax.set_xticks(
            (starts[:-1] + sizes / 2)[shown], [f"{short[j]}\n({counts[j]})" for j in shown], rotation=30 if wide else 0
        )
        ax.tick_params(axis="x", length=0)
        ax.set_xlabel(f"{title or 'component'} (rows), by membership")
