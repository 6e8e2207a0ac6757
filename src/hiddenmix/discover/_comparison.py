"""The records that `hiddenmix.compare` gives back."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix.discover._agreement import Agreement
from hiddenmix.discover._contingency import Contingency

__all__ = ["ClusterMatch", "Comparison", "Conditional", "Explained", "LabelingComparison", "Soft", "Together"]

LISTED = 1000  # entries of a list or table in `to_dict`


@record
class ClusterMatch:
    """The level that holds most of a cluster.

    Attributes
    ----------
    cluster, labeling, level : names; labeling "" and level None where there is none
    n : rows of the cluster for which the labeling is known
    precision : the share of the cluster's rows that have the level
    recall : the share of the level's rows that are in the cluster
    splits : whether the level holds most of another cluster too
    """

    cluster: Any
    labeling: str
    level: Any
    n: int
    precision: float
    recall: float
    splits: bool


@record
class Soft:
    """Agreement of memberships, instead of most likely clusters, with a labeling.

    Attributes
    ----------
    table : the expected contingency table: sums of memberships for each level
    mutual_info : of that table, in nats
    normalized_mutual_info : the same relative to the mean of the entropies of the table's two margins
    adjusted_rand : from expected numbers of pairs when each row draws its cluster from its memberships
    """

    table: Contingency
    mutual_info: float
    normalized_mutual_info: float
    adjusted_rand: float


@record
class LabelingComparison:
    """A clustering and one known labeling; rows where either is missing are left out.

    Attributes
    ----------
    name, n, n_levels : of the labeling; the rows where both are known, and the levels that these have
    adjusted_rand, adjusted_mutual_info, normalized_mutual_info, homogeneity, completeness : as `hard_scores` says
    mutual_info : in nats
    by_chance : its mean over permutations
    explained : the share of the clustering's entropy that the labeling explains beyond chance
    recovered : the share of the labeling's entropy that the clustering tells beyond chance
    matches : pairs (cluster, level) of the best one-to-one match
    matched_share : the share of rows whose cluster is matched to their level
    p_value, p_adjusted : of the mutual information under permutation; adjusted by Holm over the labelings
    table : the contingency table
    disagree : the rows, in the caller's order from 0, whose cluster is not matched to their level
    clusters : for each cluster the level that holds most of it
    soft : the same from memberships, where these were given
    follows_from : labelings given which this one tells nothing more of the clusters, though they tell more than it
    stands_for : labelings of which either makes the other superfluous
    agreement, reading : the verdict, and its words
    """

    name: str
    n: int
    n_levels: int
    adjusted_rand: float
    adjusted_mutual_info: float
    normalized_mutual_info: float
    mutual_info: float
    homogeneity: float
    completeness: float
    by_chance: float
    explained: float
    recovered: float
    matches: tuple[tuple[Any, Any], ...]
    matched_share: float
    p_value: float
    p_adjusted: float
    table: Contingency
    disagree: Array
    clusters: tuple[ClusterMatch, ...]
    soft: Soft | None
    follows_from: tuple[str, ...]
    stands_for: tuple[str, ...]
    agreement: Agreement
    reading: str

    @property
    def left(self) -> float:
        """The share of the clustering's entropy that the labeling leaves: what is new when it alone is known."""
        return 1 - self.explained


@record
class Conditional:
    """What a labeling tells of the clusters when another is known: I(clusters; labeling | given) in nats.

    Attributes
    ----------
    labeling, given : names
    n : rows where both, and the cluster, are known
    value, by_chance : the information, and its mean over permutations within the levels of `given`
    p_value : of `value` under these permutations
    p_adjusted : by Holm over the labelings with the same `given`; None where `labeling` or `given` has nothing to do
        with the clusters, so that neither can follow from the other
    """

    labeling: str
    given: str
    n: int
    value: float
    by_chance: float
    p_value: float
    p_adjusted: float | None

    @property
    def excess(self) -> float:
        """The information beyond chance."""
        return self.value - self.by_chance


@record
class Explained:
    """A part of the clustering's entropy, and the labelings that explain it beyond those named before."""

    labelings: tuple[str, ...]
    share: float


@record
class Together:
    """What all labelings crossed tell of the clusters.

    Attributes
    ----------
    labelings : names of those crossed: all but those that group nothing
    n, n_levels : rows where all of them, and the cluster, are known; and the combinations of levels that these have
    mutual_info : I(clusters; all labelings) in nats
    by_chance, p_value : its mean over permutations, and its p-value under them
    explained : the share of the clustering's entropy explained beyond chance; 0 where not significant at 5 %
    crowded : whether nearly every row has a combination of its own, or there are too many to test: the information is
        then nearly as large by chance, and `explained` says little
    """

    labelings: tuple[str, ...]
    n: int
    n_levels: int
    mutual_info: float
    by_chance: float
    p_value: float
    explained: float
    crowded: bool

    @property
    def left(self) -> float:
        """The share of the clustering's entropy that all labelings together leave."""
        return 1 - self.explained


@record
class Comparison:
    """A clustering and known labelings of the same rows.

    Attributes
    ----------
    n, n_clusters : rows with a known cluster, and the clusters that they are in
    entropy : H(clusters) in nats
    labelings : a `LabelingComparison` for each; `comparison["species"]` gives one by its name
    conditionals : a `Conditional` for each ordered pair of labelings
    explained : which labelings explain which part of the entropy, in the order of their parts
    new : the share of the entropy that is left after the labelings in `explained`
    together : what all labelings crossed tell; None where none groups anything
    clusters : for each cluster the level, of any explaining labeling, that it goes best with
    verdict : what was found, ignored and is new, in one sentence
    n_permutations : how many permutations each test had
    """

    n: int
    n_clusters: int
    entropy: float
    labelings: tuple[LabelingComparison, ...]
    conditionals: tuple[Conditional, ...]
    explained: tuple[Explained, ...]
    new: float
    together: Together | None
    clusters: tuple[ClusterMatch, ...]
    verdict: str
    n_permutations: int

    def __repr__(self) -> str:
        return f"<Comparison of {self.n} rows: {self.verdict}>"

    def __getitem__(self, name: str) -> LabelingComparison:
        """The labeling of that name."""
        found = {labeling.name: labeling for labeling in self.labelings}
        return found[name]

    def __iter__(self) -> Iterator[LabelingComparison]:
        """The labelings."""
        return iter(self.labelings)

    @property
    def closest(self) -> tuple[LabelingComparison, ...]:
        """The labelings, those that go best with the clusters first: by adjusted mutual information."""
        return tuple(sorted(self.labelings, key=lambda one: -one.adjusted_mutual_info))

    def lines(self) -> list[str]:
        """A heading, a table with a line for each labeling, and the verdict."""
        from hiddenmix.discover._compare_words import lines

        return lines(self)

    def summary(self) -> str:
        """The lines, and what the labelings tell of each other and of each cluster."""
        from hiddenmix.discover._compare_words import details, lines

        return "\n".join([*lines(self), *details(self)])

    def report(self, path: str | os.PathLike[str] | None = None, title: str = "") -> Any:
        """The report of this comparison (`hiddenmix.report.Report`); written to `path`, where there is one.

        The path ends in .html, .md or .json. Raises HM408 where Jinja2 or Matplotlib is not installed.
        """
        # Reports stand above this package, which must not import them; only who asks for one needs them.
        found = importlib.import_module("hiddenmix.report").of(self, title=title)
        if path is not None:
            found.save(path)
        return found

    def to_dict(self, rows: Sequence[Any] | Array | None = None) -> dict[str, Any]:
        """Everything as plain values for JSON; long lists of rows are cut, and large tables left out.

        `rows` (n,) are names for the rows that disagree; by default they are counted from 0.
        """
        found = {name: _plain(value) for name, value in vars(self).items()}
        for labeling, made in zip(self.labelings, found["labelings"]):
            first = labeling.disagree[:LISTED]
            made["disagree"] = _plain(first if rows is None else [rows[i] for i in first])
            made["n_disagree"] = len(labeling.disagree)
            made["left"] = labeling.left
        for conditional, made in zip(self.conditionals, found["conditionals"]):
            made["excess"] = conditional.excess
        if self.together is not None:
            found["together"]["left"] = self.together.left
        return found


def _plain(value: Any) -> Any:
    """A value that JSON can hold; a table with too many cells is None."""
    if isinstance(value, Contingency) and value.counts.size > LISTED:
        return None
    if isinstance(value, Enum):
        return value.name.lower()
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: _plain(item) for name, item in vars(value).items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:LISTED]]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
