"""The pictures of a report: those that suit the model and its data, each where its section is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from hiddenmix import plot
from hiddenmix._errors import HiddenmixError
from hiddenmix.discover._agreement import FOUND
from hiddenmix.discover._comparison import Comparison, LabelingComparison
from hiddenmix.estimators._hard_report import HardSubclasses
from hiddenmix.plot._display import quietly
from hiddenmix.plot._pictures import PICTURES, Subject
from hiddenmix.plot.confusion import ConfusionDisplay
from hiddenmix.plot.contingency import ContingencyDisplay
from hiddenmix.plot.selection import SelectionDisplay
from hiddenmix.report._blocks import Picture
from hiddenmix.report._findings import Findings

CELLS = 40  # levels or clusters that a picture of a table can hold
SECTIONS = ("main", "labelings", "selection", "merging", "assumption", "unsure", "convergence")
CLASSIFIED = "Rows in the colours of their components: what two of them share has a colour between theirs."


@dataclass(frozen=True)
class Place:
    """A picture of the registry in the report: its name here, its section, where it is wanted, and its caption."""

    kind: str
    name: str
    section: str
    wanted: Callable[[Findings], bool]
    caption: str
    make: Callable[[Findings], Any]


def _numbers(d: int) -> Callable[[Findings], bool]:
    """Whether there are d columns of numbers or counts."""
    return lambda found: found.view.d == d and "category" not in found.view.kinds


def _selection(found: Findings) -> SelectionDisplay:
    assert found.selection is not None
    return SelectionDisplay.of_selection(found.selection)


def _in_profile(found: Findings) -> bool:
    kinds = set(found.view.kinds)
    return "category" in kinds or kinds == {"count"} or found.view.d > 2


#: Which pictures a report has, in their order; what a picture needs is known to the registry.
PLACES = (
    Place("coins", "coins", "main", lambda found: True,
          "Each set of tosses, divided among the coins as its memberships are, and the biases that follow.",
          lambda found: plot.CoinsDisplay.from_view(found.view)),
    Place("classification", "classification", "main", _numbers(1), CLASSIFIED,
          lambda found: plot.ClassificationDisplay.from_view(found.view)),
    Place("history", "history", "main", _numbers(1),
          "The densities of the components over the iterations, faint at first; a dashed line at each mean.",
          lambda found: plot.HistoryDisplay.from_view(found.view)),
    Place("classification", "classification", "main", _numbers(2),
          f"{CLASSIFIED} Ellipses are at 1 and 2 standard deviations.",
          lambda found: plot.ClassificationDisplay.from_view(found.view)),
    Place("density", "density", "main", _numbers(2),
          "Where rows are likely: contours of the density that the components form together.",
          lambda found: plot.DensityDisplay.from_view(found.view)),
    Place("pairs", "pairs", "main", lambda found: found.view.d > 2 and "category" not in found.view.kinds,
          f"{CLASSIFIED} Each pair of columns.", lambda found: plot.PairsDisplay.from_view(found.view)),
    Place("profiles", "profiles", "main", _in_profile, "What the components are like, column by column.",
          lambda found: plot.ProfilesDisplay.from_view(found.view)),
    Place("selection", "selection", "selection",
          lambda found: found.selection is not None and len(found.selection.ranking()) > 1,
          "Criteria of all models that were tried; lower is better, and the ring marks the one that was chosen.",
          _selection),
    Place("merging", "merging", "merging", lambda found: found.view.k > 2,
          "The entropy of the memberships when components are merged, two at a time.",
          lambda found: plot.MergingDisplay(found.merging)),
    Place("assumption", "assumption", "assumption", lambda found: True,
          "Distances of rows from the centre of their component, against those expected. At each distance the band "
          "holds 90 % of the simulated tables; it is not meant for all distances at once.",
          lambda found: plot.AssumptionDisplay(found.check)),
    Place("uncertainty", "unsure", "unsure",
          lambda found: found.view.d < 3 and "category" not in found.view.kinds and bool(found.unsure.any()),
          "Where the unsure rows are: the larger a dot, the less sure.",
          lambda found: plot.UncertaintyDisplay.from_view(found.view)),
    Place("trace", "trace", "convergence",
          lambda found: found.result is not None and len(found.result.trace.objectives) > 2,
          "The log-likelihood after each iteration.", lambda found: plot.TraceDisplay.of_result(found.result)),
)  # fmt: skip

#: The names that the pictures of a mixture's report can have.
NAMES = (*dict.fromkeys(place.name for place in PLACES), "labeling")


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of a mixture; none where they are not `wanted`."""

    found: Findings
    wanted: bool = True

    @cached_property
    def sections(self) -> dict[str, list[Picture]]:
        """The pictures by the section where they stand."""
        made: dict[str, list[Picture]] = {name: [] for name in SECTIONS}
        if not self.wanted:
            return made
        found = self.found
        subject = Subject(found.model, found.view.values, found.labels)
        vars(subject)["view"] = found.view  # which need not be read again
        for place in PLACES:
            if place.wanted(found) and not PICTURES[place.kind].against(subject):
                made[place.section] += _suitable(place.name, place.caption, partial(place.make, found))
        best = None if found.comparison is None else _best(found.comparison)
        if best is not None:
            made["labelings"] += _labeling("labeling", best)
        return made

    def of(self, section: str) -> list[Picture]:
        """Those of one section."""
        return self.sections[section]


def of_comparison(found: Comparison) -> list[Picture]:
    """Each labeling that was found against the clusters."""
    shown = [a for a in found if a.agreement in FOUND][:4]
    return [picture for i, a in enumerate(shown) for picture in _labeling(f"labeling-{i + 1}", a)]


def of_hard(found: HardSubclasses) -> list[Picture]:
    """Subclasses against predicted classes."""
    told = "Subclasses against the classes that their rows were predicted to be."
    return list(_suitable("confusion", told, lambda: ConfusionDisplay.of_report(found)))


def _suitable(name: str, caption: str, make: Callable[[], Any]) -> Iterator[Picture]:
    """The picture where these data have it; a display refuses others with HM416."""
    try:
        with quietly():
            yield Picture(name, make(), caption)
    except HiddenmixError as error:
        if error.code != "HM416":
            raise


def _best(found: Comparison) -> LabelingComparison | None:
    """The labeling that goes best with the components, of those that a picture can hold."""
    able = (a for a in found.closest if a.agreement in FOUND and max(a.table.counts.shape) <= CELLS)
    return next(able, None)


def _labeling(name: str, found: LabelingComparison) -> Iterator[Picture]:
    told = f"Rows of each component by {found.name}; frames mark what is matched."
    return _suitable(name, told, lambda: ContingencyDisplay.of_labeling(found))
