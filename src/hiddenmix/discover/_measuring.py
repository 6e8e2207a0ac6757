"""A clustering beside one labeling: what is counted, tested and matched, and then judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._validate import Labels
from hiddenmix.discover._agreement import ALPHA, NEGLIGIBLE, Agreement, Measures, agreement, reading
from hiddenmix.discover._compare_input import Clusters
from hiddenmix.discover._comparison import ClusterMatch, LabelingComparison, Soft
from hiddenmix.discover._contingency import (
    Contingency,
    compressed,
    counted,
    hard_scores,
    matching,
    mutual_information,
    normalized_information,
    soft_rand,
)
from hiddenmix.discover._permutation import Information, information

__all__ = ["Chance", "Measured", "measured_within"]

MOST_CELLS = 50_000_000  # of a contingency table


@record
class Chance:
    """How tests are made: permutations of each, the least number for very large tables, and the seed."""

    permutations: int
    least: int
    seed: int


@record
class Measured:
    """A labeling beside the clusters, before the verdict.

    Attributes
    ----------
    rows : those where both are known
    codes, levels : their clusters and levels
    names : of the levels
    counts : the contingency table
    scores : those of `hard_scores`
    information : mutual information and its null distribution
    """

    clusters: Clusters
    name: str
    rows: Array
    codes: Array
    levels: Array
    names: Array
    counts: Array
    scores: dict[str, float]
    information: Information

    @classmethod
    def of(cls, clusters: Clusters, name: str, labels: Labels, chance: Chance) -> Measured:
        """Count and test. Raises HM414 for a table that is too large."""
        rows = np.flatnonzero((clusters.codes >= 0) & (labels.codes >= 0))
        codes = clusters.codes[rows]
        levels, kept = compressed(labels.codes[rows])
        k, m = len(clusters.names), len(kept)
        if k * m > MOST_CELLS:
            raise HiddenmixError(
                "HM414",
                f"{k} clusters and {m} levels of {name!r} make a table of {k * m:.2g} cells",
                f"leave {name!r} out, or give it fewer levels",
            )
        tested = measured_within(clusters, labels, None, np.ones(clusters.n, bool), chance)
        counts, scores = counted(codes, levels, (k, m)), hard_scores(codes, levels)
        return cls(clusters, name, rows, codes, levels, labels.levels[kept], counts, scores, tested)

    def related(self, adjusted: float) -> bool:
        """Whether the labeling has to do with the clusters: significant, and more than negligible."""
        return adjusted <= ALPHA and self.scores["adjusted_mutual_info"] >= NEGLIGIBLE

    def judged(self, adjusted: float, follows: tuple[str, ...], stands: tuple[str, ...]) -> LabelingComparison:
        """The record, with its verdict."""
        known, n = self.information, len(self.rows)
        clusters, levels = self.clusters.names.tolist(), self.names.tolist()
        matches = matching(self.counts)
        wanted = np.full(len(self.clusters.names), -1)
        wanted[list(matches)] = list(matches.values())
        agree = wanted[self.codes] == self.levels
        kind = self._kind(adjusted, bool(follows))
        return LabelingComparison(
            name=self.name,
            n=n,
            n_levels=len(self.names),
            **self.scores,
            by_chance=known.by_chance,
            explained=known.explained,
            recovered=known.recovered,
            matches=tuple((clusters[j], levels[level]) for j, level in sorted(matches.items())),
            matched_share=float(agree.mean()) if n else 0.0,
            p_value=known.p_value,
            p_adjusted=adjusted,
            table=Contingency(self.counts, self.clusters.names, self.names),
            disagree=self.rows[~agree],
            clusters=self._main_levels(),
            soft=self._soft(),
            follows_from=follows,
            stands_for=stands,
            agreement=kind,
            reading=reading(kind, self.name, follows),
        )

    def _kind(self, adjusted: float, follows: bool) -> Agreement:
        """How labeling and clusters go together."""
        return agreement(
            Measures(
                n=len(self.rows),
                n_levels=len(self.names),
                n_clusters=int(self.counts.any(axis=1).sum()),
                adjusted_rand=self.scores["adjusted_rand"],
                adjusted_mutual_info=self.scores["adjusted_mutual_info"],
                explained=self.information.explained,
                recovered=self.information.recovered,
                significant=adjusted <= ALPHA,
                related=self.related(adjusted),
                follows=follows,
            )
        )

    def _main_levels(self) -> tuple[ClusterMatch, ...]:
        """For each cluster the level that holds most of it."""
        sizes, totals = self.counts.sum(axis=1), self.counts.sum(axis=0)
        levels = self.names.tolist()
        main = [int(row.argmax()) if size else -1 for row, size in zip(self.counts, sizes)]

        def match(j: int, level: int, cluster: Any) -> ClusterMatch:
            if level < 0:
                return ClusterMatch(cluster, self.name, None, 0, 0.0, 0.0, False)
            both, size = float(self.counts[j, level]), int(sizes[j])
            shared = main.count(level) > 1
            return ClusterMatch(
                cluster, self.name, levels[level], size, both / size, both / float(totals[level]), shared
            )

        return tuple(
            match(j, level, cluster) for j, (level, cluster) in enumerate(zip(main, self.clusters.names.tolist()))
        )

    def _soft(self) -> Soft | None:
        if self.clusters.memberships is None:
            return None
        memberships = self.clusters.memberships[self.rows]
        table = np.zeros((len(self.names), memberships.shape[1]))
        np.add.at(table, self.levels, memberships)
        held = Contingency(table.T, self.clusters.names, self.names)
        if not len(self.rows):
            return Soft(held, 0.0, 0.0, 0.0)
        rand = soft_rand(memberships, self.levels, table.T)
        return Soft(held, mutual_information(table), normalized_information(table), rand)


def measured_within(
    clusters: Clusters, labels: Labels, strata: Array | None, rows: Array, chance: Chance
) -> Information:
    """I(clusters; labels | strata) over those of `rows` (n,) bool where cluster and label are known."""
    both = rows & (clusters.codes >= 0) & (labels.codes >= 0)
    if not both.any():
        return Information(0.0, 0.0, 1.0, 0.0, 0.0, False)
    within = None if strata is None else strata[both]
    return information(clusters.codes[both], labels.codes[both], within, chance.permutations, chance.least, chance.seed)
