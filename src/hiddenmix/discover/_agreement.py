"""How a clustering and a known labeling go together: from measures and the thresholds here, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from hiddenmix._tree import record
from hiddenmix.discover._words import printable

__all__ = ["ALONE", "ALPHA", "FOUND", "NEGLIGIBLE", "Agreement", "Measures", "agreement", "listed", "reading"]

ALPHA = 0.05  # p-values up to here are significant
EQUAL = 1 - 1e-12  # adjusted Rand index: the same grouping
SAME = 0.90  # adjusted Rand index: almost the same grouping
MUCH = 0.65  # adjusted Rand index: much the same grouping
HIGH = 0.80  # of one entropy known from the other, beyond chance: one grouping is a refinement of the other ...
LOWER = 0.10  # ... if the other way round at least so much less is known
PARTLY = 0.30  # adjusted mutual information: partly the same grouping; below, weakly related ...
TELLING = 0.10  # and from here on not unrelated, either, where only too few rows keep it from being significant
NEGLIGIBLE = 0.01  # ... and below this unrelated, however many rows make it significant
ALONE = 0.90  # levels, or clusters, per row: nearly every row has its own


class Agreement(Enum):
    """How a clustering and a known labeling go together, from measures alone."""

    EQUAL = "the same grouping"
    SAME = "almost the same grouping"
    FINER = "finer: it splits levels of {name}"
    COARSER = "coarser: it merges levels of {name}"
    THROUGH = "related only through {others}"
    MUCH = "much the same grouping"
    PARTLY = "partly the same grouping"
    WEAKLY = "weakly related"
    TOO_FEW = "too few rows to tell"
    UNRELATED = "unrelated: the clustering found something else"
    IDENTIFIER = "no grouping: nearly every row has a level of its own"
    ONE_LEVEL = "no grouping: all rows have the same level"
    ONE_CLUSTER = "nothing to compare: all rows are in the same cluster"
    ALL_APART = "nothing to compare: nearly every row is a cluster of its own"
    UNKNOWN = "nothing to compare: no row has a value"


FOUND = (Agreement.EQUAL, Agreement.SAME, Agreement.MUCH, Agreement.FINER, Agreement.COARSER, Agreement.PARTLY)


@record
class Measures:
    """What the agreement of a clustering and a labeling is read from."""

    n: int
    n_levels: int
    n_clusters: int
    adjusted_rand: float
    adjusted_mutual_info: float
    explained: float
    recovered: float
    significant: bool
    related: bool
    follows: bool


def agreement(m: Measures) -> Agreement:
    """The kind of agreement; the first that holds."""
    finer = m.n_clusters > m.n_levels and m.recovered >= max(HIGH, m.explained + LOWER)
    coarser = m.n_levels > m.n_clusters and m.explained >= max(HIGH, m.recovered + LOWER)
    kinds = (
        (m.n == 0, Agreement.UNKNOWN),
        (m.n_clusters == 1, Agreement.ONE_CLUSTER),
        (not m.significant and m.n_clusters >= ALONE * m.n, Agreement.ALL_APART),
        (m.n_levels == 1, Agreement.ONE_LEVEL),
        (not m.significant and m.n_levels >= ALONE * m.n, Agreement.IDENTIFIER),
        (not m.significant and m.adjusted_mutual_info >= TELLING, Agreement.TOO_FEW),
        (not m.related, Agreement.UNRELATED),
        (m.adjusted_rand >= EQUAL, Agreement.EQUAL),
        (m.adjusted_rand >= SAME, Agreement.SAME),
        (finer, Agreement.FINER),
        (coarser, Agreement.COARSER),
        (m.follows, Agreement.THROUGH),
        (m.adjusted_rand >= MUCH, Agreement.MUCH),
        (m.adjusted_mutual_info >= PARTLY, Agreement.PARTLY),
    )
    return next((kind for holds, kind in kinds if holds), Agreement.WEAKLY)


def reading(kind: Agreement, name: str, follows: Sequence[str]) -> str:
    """The kind of agreement in words."""
    return printable(kind.value.format(name=name, others=listed(follows[:1])))


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    told = [name if name.strip() else repr(name) for name in names]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
