"""Clusters against a known labeling."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.discover._comparison import Comparison, LabelingComparison
from hiddenmix.discover._contingency import matching
from hiddenmix.plot._colours import PALETTE, colours
from hiddenmix.plot._display import SIZE, Display, label_text, styled
from hiddenmix.plot._panels import outline, percent, shaded_table, whole

MOST = 12  # levels with a column of their own


class ContingencyDisplay(Display):
    """How many rows of each cluster have each level of a labeling; the best one-to-one match is on the diagonal.

    A cell has the number of rows; its shade is their share of the cluster. Frames are around the matched pairs. Of
    many levels the matched and the most frequent are drawn, and the others counted together.

    Parameters
    ----------
    counts : array of shape (k, m)
    clusters, levels : sequences of k and m str
    labeling : str
    adjusted_rand : float, optional
        Of the whole table.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    image_ : AxesImage
    rows_, columns_ : arrays
        Clusters and levels as they are drawn.
    """

    def __init__(
        self, counts: Array, clusters: Any, levels: Any, labeling: str = "", adjusted_rand: float | None = None
    ) -> None:
        self.counts = np.asarray(counts, dtype=float)
        self.clusters, self.levels = tuple(map(str, clusters)), tuple(map(str, levels))
        self.labeling, self.adjusted_rand = labeling, adjusted_rand

    @classmethod
    def from_comparison(cls, comparison: Comparison, name: str | None = None, *, ax: Any = None) -> Self:
        """The table of one labeling of `hm.compare`; without a name, of the one that goes best with the clusters.

        Raises
        ------
        HiddenmixError : HM413 no labeling of that name
        """
        labelings = {one.name: one for one in comparison}
        if name is None:
            name = comparison.closest[0].name
        if name not in labelings:
            raise HiddenmixError("HM413", f"no labeling is called {name!r}", f"one of {', '.join(labelings)}")
        return cls.of_labeling(labelings[name]).plot(ax)

    @classmethod
    def of_labeling(cls, found: LabelingComparison) -> Self:
        """The numbers of the picture."""
        table = found.table
        return cls(table.counts, table.clusters, table.levels, found.name, found.adjusted_rand)

    def plot(self, ax: Any = None) -> Self:
        """Draw the table; HM416 where no row has a known label."""
        pairs = matching(self.counts)
        k, m = self.counts.shape
        if not m:
            raise HiddenmixError("HM416", f"no row has a value of the label {self.labeling!r}", "another label")
        by_size = np.argsort(-self.counts.sum(axis=0), kind="stable").tolist()
        matched = [pairs[j] for j in range(k) if j in pairs]
        columns = matched + [level for level in by_size if level not in matched]
        self.rows_ = np.array([j for j in range(k) if j in pairs] + [j for j in range(k) if j not in pairs])
        shown = max(MOST, len(matched)) if m > max(MOST, len(matched)) else m
        self.columns_ = np.array(columns[:shown])
        table = self.counts[np.ix_(self.rows_, self.columns_)]
        levels = [label_text(self.levels[j], most=16) for j in self.columns_]
        if shown < m:
            table = np.column_stack([table, self.counts[np.ix_(self.rows_, columns[shown:])].sum(axis=1)])
            levels.append(f"{m - shown} others")
        total = np.maximum(self.counts.sum(axis=1)[self.rows_, None], 1e-300)
        size = (max(SIZE[0], 1.6 + 0.55 * len(levels)), max(SIZE[1], 1.1 + 0.36 * k))
        with styled():
            ax = self._place(ax, size)
            texts = [[whole(count) if count > 0 else "" for count in row] for row in table]
            named = [label_text(self.clusters[j], most=16) for j in self.rows_]
            self.image_ = shaded_table(ax, table / total, texts, named, levels, colours(2)[1])
            for i, j in enumerate(self.rows_):
                if j in pairs:
                    outline(ax, i, i, PALETTE[1])
            title = "" if self.adjusted_rand is None else f"adjusted Rand index {self.adjusted_rand:.3f}"
            ax.set(xlabel=label_text(self.labeling or "level"), ylabel="cluster")
            ax.set_title(title, fontsize=9)
        return self

    def words(self) -> str:
        """How many rows lie on the diagonal."""
        pairs = matching(self.counts)
        on = sum(self.counts[j, level] for j, level in pairs.items())
        n = float(self.counts.sum())
        told = ", ".join(f"{self.clusters[j]} with {self.levels[level]}" for j, level in sorted(pairs.items()))
        rand = "" if self.adjusted_rand is None else f" The adjusted Rand index is {self.adjusted_rand:.3f}."
        return (
            f"Clusters and levels of {self.labeling or 'a labeling'}, matched: {told}. {whole(on)} of {whole(n)} rows "
            f"({percent(on / n if n else 0.0)}) lie in matched pairs.{rand}"
        )
