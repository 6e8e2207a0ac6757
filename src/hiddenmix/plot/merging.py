"""Components are not clusters: the entropy of the memberships while components are merged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.discover.merging import MergeStep, Merging, merge_components, two_lines
from hiddenmix.plot._colours import NEUTRAL, PALETTE
from hiddenmix.plot._display import SIZE, Display, styled
from hiddenmix.plot._view import View

LONGEST = 44  # letters of the line that names the clusters


class MergingDisplay(Display):
    """The entropy of the memberships against the number of clusters, from all components down to one.

    Beside each point stand the components that were merged to come to it. Where the entropies have an elbow, two lines
    break there; a ring marks the number of clusters that was chosen, and the title names the components of each.

    Parameters
    ----------
    merging : Merging
        Of `hm.merge_components`.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    line_ : Line2D
        The entropies.
    elbow_ : list of Line2D
        The two lines; empty where the entropies have no elbow.
    chosen_ : Line2D
        The ring.

    References
    ----------
    Baudry, Raftery, Celeux, Lo & Gottardo (2010), Journal of Computational and Graphical Statistics 19:332.
    """

    def __init__(self, merging: Merging) -> None:
        self.merging = merging

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, sample_weight: Any = None, covariates: Any = None, ax: Any = None
    ) -> Self:
        """Merge the components of a fitted mixture on X, or of a `Stepper` as it stands (without X), and draw it."""
        return cls.from_view(View.of(model, X, sample_weight, covariates=covariates)).plot(ax)

    @classmethod
    def from_view(cls, view: View) -> Self:
        """The numbers of the picture, of the rows with a value: others have the weights as their memberships."""
        seen = view.observed
        if not seen.any():
            raise HiddenmixError("HM416", "no row has a value", "the table of the fit")
        return cls(merge_components(view.resp[seen], None if view.weight is None else view.weight[seen]))

    @classmethod
    def from_merging(cls, merging: Merging, *, ax: Any = None) -> Self:
        """Draw what `merge_components` found."""
        return cls(merging).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the curve."""
        merging = self.merging
        k, chosen, curve = merging.n_components, merging.n_clusters, merging.entropies
        counts = np.arange(1, k + 1)
        with styled():
            ax = self._place(ax, SIZE)
            self.elbow_ = []
            if merging.elbow is not None:
                at, *lines = two_lines(curve)
                for (slope, intercept), x in zip(lines, ([1, at], [at, k])):
                    y = slope * np.array(x) + intercept
                    self.elbow_ += ax.plot(x, y, color=NEUTRAL, ls="--", lw=1.2, zorder=1)
            (self.line_,) = ax.plot(counts, curve, color=PALETTE[1], marker="o", ms=5, lw=1.5)
            (self.chosen_,) = ax.plot(
                [chosen], [curve[chosen - 1]], marker="o", ms=14, mfc="none", mec="black", mew=1.4, ls=""
            )
            for step in merging.steps if k <= 10 else ():
                ax.annotate(_pair(step), (step.clusters, step.entropy), (-4, 7), textcoords="offset points",
                            ha="right", fontsize=8)  # fmt: skip
            ax.set_xticks(counts if k <= 12 else counts[:: -(-k // 10)])
            top = float(curve.max()) if curve.max() > 1e-6 else 1.0
            ax.set(
                xlim=(1 - 0.16 * k, k + 0.5), ylim=(-0.06 * top, 1.14 * top),
                xlabel="number of clusters", ylabel="entropy of the memberships (nats)",
            )  # fmt: skip
            ax.set_title(self._title(), fontsize=9)
        return self

    def _title(self) -> str:
        groups = [_group(group) for group in self.merging.groups()]
        n, text = len(groups), " | ".join(groups)
        start = f"{n} cluster{'s' * (n != 1)}"
        return f"{start}: {text}" if len(text) <= LONGEST else start

    def words(self) -> str:
        """How many clusters there are, of which components, and why."""
        merging = self.merging
        k, n = merging.n_components, merging.n_clusters
        groups = ", ".join(_group(group) for group in merging.groups())
        return (
            f"{k} component{'s form' if k != 1 else ' forms'} {n} cluster{'s' * (n != 1)} ({groups}): {merging.reason}."
        )


def _group(components: tuple[int, ...]) -> str:
    return "+".join(str(j + 1) for j in components)


def _pair(step: MergeStep) -> str:
    """What was merged; long groups as their number of components."""
    first, second = (_group(part) if len(part) <= 2 else f"({len(part)})" for part in (step.first, step.second))
    return f"{first} & {second}"
