"""The pictures of a report: those that suit the model and its data, each where its section is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hiddenmix import plot
from hiddenmix._errors import HiddenmixError
from hiddenmix.discover._agreement import FOUND
from hiddenmix.discover._comparison import Comparison, LabelingComparison
from hiddenmix.estimators._hard_report import HardSubclasses
from hiddenmix.plot._display import quietly
from hiddenmix.plot._profile_numbers import stand_alone
from hiddenmix.plot.coins import MOST_COINS, MOST_ROWS
from hiddenmix.plot.confusion import ConfusionDisplay
from hiddenmix.plot.contingency import ContingencyDisplay
from hiddenmix.plot.selection import Panel, SelectionDisplay
from hiddenmix.report._blocks import Picture
from hiddenmix.report._findings import Findings

#: The names that a report's pictures can have.
NAMES = (
    "pairs", "classification", "density", "history", "coins", "profiles", "labeling", "selection", "merging",
    "assumption", "unsure", "trace", "confusion",
)  # fmt: skip
CELLS = 40  # levels or clusters that a picture of a table can hold


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of a mixture; none where they are not `wanted`."""

    found: Findings
    wanted: bool = True

    @cached_property
    def main(self) -> list[Picture]:
        """The data with the components."""
        view = self.found.view
        kinds = set(view.kinds)
        offers: list[tuple[str, str, Callable[[], Any]]] = []
        if view.d == 1 and len(view.values) <= MOST_ROWS and view.k <= MOST_COINS:
            told = "Each set of tosses, divided among the coins as its memberships are, and the biases that follow."
            offers.append(("coins", told, lambda: plot.CoinsDisplay.from_view(view)))
        if "category" not in kinds and stand_alone(view):
            offers += self._of_numbers(view.d)
        if "category" in kinds or kinds == {"count"} or view.d > 2:
            caption = "What the components are like, column by column."
            offers.append(("profiles", caption, lambda: plot.ProfilesDisplay.from_view(view)))
        return self._made(offers)

    def _of_numbers(self, d: int) -> list[tuple[str, str, Callable[[], Any]]]:
        view = self.found.view
        classified = "Rows in the colours of their components: what two of them share has a colour between theirs."
        if d == 1:
            told = "The densities of the components over the iterations, faint at first; a dashed line at each mean."
            return [
                ("classification", classified, lambda: plot.ClassificationDisplay.from_view(view)),
                ("history", told, lambda: plot.HistoryDisplay.from_view(view)),
            ]
        if d == 2:
            told = "Where rows are likely: contours of the density that the components form together."
            return [
                ("classification", f"{classified} Ellipses are at 1 and 2 standard deviations.",
                 lambda: plot.ClassificationDisplay.from_view(view)),
                ("density", told, lambda: plot.DensityDisplay.from_view(view)),
            ]  # fmt: skip
        return [("pairs", f"{classified} Each pair of columns.", lambda: plot.PairsDisplay.from_view(view))]

    @cached_property
    def labelings(self) -> list[Picture]:
        """The best labeling against the components."""
        found = self.found.comparison
        best = None if found is None else _best(found)
        return [] if best is None else self._made([_labeling("labeling", best)])

    @cached_property
    def selection(self) -> list[Picture]:
        """The criteria of all models."""
        found = self.found
        if found.selection is None or len(found.selection.ranking()) < 2:
            return []
        told = "Criteria of all models that were tried; lower is better, and the ring marks the one that was chosen."
        chosen = found.selection.criterion
        other = "icl" if chosen == "bic" else "bic"
        panels = [Panel(found.selection, name) for name in (chosen, other)]
        return self._made([("selection", told, lambda: SelectionDisplay(panels))])

    @cached_property
    def merging(self) -> list[Picture]:
        """The entropies of merging."""
        found = self.found
        told = "The entropy of the memberships when components are merged, two at a time."
        if found.view.k < 3:
            return []
        return self._made([("merging", told, lambda: plot.MergingDisplay(found.merging))])

    @cached_property
    def assumption(self) -> list[Picture]:
        """Quantiles against those that were assumed."""
        found = self.found
        told = "Squared distances from the components against those expected; the band holds 90 % of the simulations."
        return self._made([("assumption", told, lambda: plot.AssumptionDisplay(found.check))])

    @cached_property
    def unsure(self) -> list[Picture]:
        """How unsure the rows are."""
        view = self.found.view
        if view.d > 2 or "category" in view.kinds or not self.found.unsure.any():
            return []
        told = "Where the unsure rows are: the larger a dot, the less sure."
        return self._made([("unsure", told, lambda: plot.UncertaintyDisplay.from_view(view))])

    @cached_property
    def convergence(self) -> list[Picture]:
        """The climb."""
        result = self.found.result
        if result is None or len(result.trace.objectives) < 3:
            return []
        told = "The log-likelihood after each iteration."
        return self._made([("trace", told, lambda: plot.TraceDisplay.of_result(result))])

    def _made(self, offers: Sequence[tuple[str, str, Callable[[], Any]]]) -> list[Picture]:
        return list(_suitable(offers)) if self.wanted else []


def of_comparison(found: Comparison) -> list[Picture]:
    """Each labeling that was found against the clusters."""
    shown = [a for a in found if a.agreement in FOUND][:4]
    return list(_suitable([_labeling(f"labeling-{i + 1}", a) for i, a in enumerate(shown)]))


def of_hard(found: HardSubclasses) -> list[Picture]:
    """Subclasses against predicted classes."""
    told = "Subclasses against the classes that their rows were predicted to be."
    place = {name: j for j, name in enumerate(found.classes)}
    group = np.array([place[s.of] for s in sorted(found.subclasses, key=lambda s: s.index)])
    return list(
        _suitable([("confusion", told, lambda: ConfusionDisplay(found.confusion, group, found.names, found.classes))])
    )


def _suitable(offers: Sequence[tuple[str, str, Callable[[], Any]]]) -> Iterator[Picture]:
    """The pictures that these data have; a display refuses others with HM416."""
    for name, caption, make in offers:
        try:
            with quietly():
                yield Picture(name, make(), caption)
        except HiddenmixError as error:
            if error.code != "HM416":
                raise


def _best(found: Comparison) -> LabelingComparison | None:
    """The labeling that goes best with the components."""
    able = [a for a in found if a.agreement in FOUND and max(a.table.counts.shape) <= CELLS]
    return max(able, key=lambda a: a.adjusted_mutual_info, default=None)


def _labeling(name: str, found: LabelingComparison) -> tuple[str, str, Callable[[], Any]]:
    told = f"Rows of each component by {found.name}; frames mark what is matched."
    table = found.table
    return (
        name,
        told,
        lambda: ContingencyDisplay(table.counts, table.clusters, table.levels, found.name, found.adjusted_rand),
    )
