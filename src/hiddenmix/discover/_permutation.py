"""What chance alone would give: mutual information of tables with the same margins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix.discover._contingency import compressed, counted, crossed, entropy

__all__ = ["Information", "holm", "information"]

CELLS = 1_000_000  # of tables held at once
WORK = 100_000_000  # cells drawn in one test; larger tables get fewer permutations
TIE = 1e-10  # a drawn statistic this close to the observed one is equal to it


@record
class Information:
    """Mutual information of two labelings, perhaps within the levels of a third, and what chance gives.

    Attributes
    ----------
    value : I(clusters; levels | strata) in nats
    by_chance : its mean over permutations of the rows within each stratum
    p_value : (1 + permutations with at least `value`) / (1 + permutations)
    entropy : H(clusters | strata), the most that `value` can be
    level_entropy : H(levels | strata)
    testable : whether any permutation changes the table
    """

    value: float
    by_chance: float
    p_value: float
    entropy: float
    level_entropy: float
    testable: bool

    @property
    def excess(self) -> float:
        """What is left of `value` when the mean over permutations is subtracted."""
        return self.value - self.by_chance

    @property
    def explained(self) -> float:
        """The share of H(clusters | strata) that the levels explain beyond chance, in [0, 1]."""
        return _share(self.excess, self.entropy - self.by_chance)

    @property
    def recovered(self) -> float:
        """The share of H(levels | strata) that the clusters tell beyond chance, in [0, 1]."""
        return _share(self.excess, self.level_entropy - self.by_chance)


def information(
    clusters: Array, levels: Array, strata: Array | None, permutations: int, least: int, seed: int
) -> Information:
    """I(clusters; levels | strata) of three vectors of codes (n,), and its distribution under permutation.

    Permuting rows keeps both margins of a table, and the table of permuted rows has the distribution of a random
    table with these margins, so tables are drawn instead of rows (`scipy.stats.random_table`): the cost depends on
    their size and not on n. Very large tables are drawn fewer times, but not fewer than `least`. The answer does not
    depend on the order of rows, clusters, levels or strata.
    """
    n = len(clusters)
    within = np.zeros(n, np.intp) if strata is None else strata
    total, rows, columns = (_entropy(within), _entropy(clusters, within), _entropy(levels, within))
    value = max(0.0, rows + columns - _entropy(clusters, levels, within) - total)
    held, held_levels = max(0.0, rows - total), max(0.0, columns - total)
    tables = [free for free in map(_pooled, _tables(clusters, levels, within)) if free is not None]
    if not tables:
        return Information(value, value, 1.0, held, held_levels, False)
    permutations = min(permutations, max(least, WORK // sum(table.size for table, _ in tables)))
    rng = np.random.default_rng(seed)
    drawn, observed = np.zeros(permutations), 0.0
    for table, skip in sorted(tables, key=_order):
        observed += float(_statistic(table[None], skip)[0])
        drawn += _drawn(table, skip, permutations, rng)
    at_least = int((drawn >= observed - TIE * (1 + abs(observed))).sum())
    by_chance = value + float(drawn.mean() - observed) / n
    return Information(value, max(0.0, by_chance), (1 + at_least) / (1 + permutations), held, held_levels, True)


def holm(p_values: Array) -> Array:
    """P-values (m,) adjusted for m tests by Holm (1979): the i-th smallest times m - i + 1, made increasing."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(m, 0, -1)), 1.0)
    return adjusted


def _share(part: float, whole: float) -> float:
    return float(min(max(part / whole, 0.0), 1.0)) if whole > 1e-9 else 0.0


def _entropy(*codes: Array) -> float:
    """Joint entropy of vectors of codes."""
    joint = codes[0]
    for other in codes[1:]:
        joint = crossed(joint, other)
    return entropy(np.bincount(joint))


def _tables(clusters: Array, levels: Array, strata: Array) -> Iterator[Array]:
    """The table of counts of each stratum in which both clusters and levels differ: the others cannot change."""
    order = np.argsort(strata, kind="stable")
    starts = np.flatnonzero(np.diff(strata[order], prepend=-1))
    ends = np.append(starts[1:], len(order))
    differ = ends - starts > 2  # of two rows, each is alone in its cluster and its level
    for codes in (clusters[order], levels[order]):
        differ &= np.maximum.reduceat(codes, starts) > np.minimum.reduceat(codes, starts)
    for j in np.flatnonzero(differ):
        rows = order[starts[j] : ends[j]]
        first, kinds = compressed(clusters[rows])
        second, others = compressed(levels[rows])
        yield counted(first, second, (len(kinds), len(others)))


def _pooled(table: Array) -> tuple[Array, tuple[int, int]] | None:
    """The table, canonically ordered, with lines of one row pooled; and how many lines at its ends are such pools.

    A line with a single row adds 1 log 1 = 0 to the statistic wherever that row falls, so that all such lines may be
    one that is not counted. None where the statistic is the same for every table with these margins.
    """
    for axis in (0, 1):
        totals = table.sum(axis=1 - axis)
        lonely = totals == 1
        kept = np.take(table, np.flatnonzero(~lonely), axis)
        kept = np.take(kept, np.argsort(-kept.sum(axis=1 - axis), kind="stable"), axis)
        pool = np.take(table, np.flatnonzero(lonely), axis).sum(axis=axis, keepdims=True)
        table = np.concatenate([kept, pool], axis=axis)
    counted_part = table[:-1, :-1]
    skip = tuple(int(table[-1].sum() > 0) if axis == 0 else int(table[:, -1].sum() > 0) for axis in (0, 1))
    free = counted_part.size > 0 and min(table.shape[0] - 1 + skip[0], table.shape[1] - 1 + skip[1]) > 1
    table = table[: table.shape[0] - 1 + skip[0], : table.shape[1] - 1 + skip[1]]
    return (table, (skip[0], skip[1])) if free else None


def _order(pooled: tuple[Array, tuple[int, int]]) -> tuple[list[int], list[int], tuple[int, int]]:
    table, skip = pooled
    return table.sum(axis=1).tolist(), table.sum(axis=0).tolist(), skip


def _statistic(tables: Array, skip: tuple[int, int]) -> Array:
    """Sum of x log x over the cells that count, for each table (B, k, m); all else is the same for all of them."""
    from scipy.special import xlogy

    part = tables[:, : tables.shape[1] - skip[0], : tables.shape[2] - skip[1]]
    return np.asarray(xlogy(part, part).sum(axis=(1, 2)))


def _drawn(table: Array, skip: tuple[int, int], permutations: int, rng: np.random.Generator) -> Array:
    from scipy.stats import random_table

    null = random_table(table.sum(axis=1), table.sum(axis=0))
    batch = max(1, min(permutations, CELLS // table.size))
    found = []
    for first in range(0, permutations, batch):
        draws = null.rvs(min(batch, permutations - first), random_state=rng)
        found.append(_statistic(np.reshape(draws, (-1, *table.shape)), skip))
    return np.concatenate(found)
