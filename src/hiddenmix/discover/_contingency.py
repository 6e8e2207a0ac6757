"""Tables of counts of two labelings of the same rows, and the measures of agreement that rest on them."""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array, record

__all__ = [
    "SCORES",
    "Contingency",
    "compressed",
    "counted",
    "crossed",
    "entropy",
    "hard_information",
    "hard_scores",
    "matching",
    "mutual_information",
    "normalized_information",
    "soft_rand",
]


SCORES = (
    "adjusted_rand",
    "adjusted_mutual_info",
    "normalized_mutual_info",
    "mutual_info",
    "homogeneity",
    "completeness",
)


@record
class Contingency:
    """How many rows of each cluster have each level.

    Attributes
    ----------
    counts : (k, m) whole numbers, or sums of memberships
    clusters, levels : the names (k,) and (m,) of its rows and columns
    """

    counts: Array
    clusters: Array
    levels: Array


def compressed(codes: Array) -> tuple[Array, Array]:
    """Codes 0, 1, ... of the values that occur, and those values."""
    kept, again = np.unique(codes, return_inverse=True)
    return again, kept


def counted(rows: Array, columns: Array, shape: tuple[int, int]) -> Array:
    """The table of counts of two vectors of codes."""
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)


def crossed(first: Array, second: Array) -> Array:
    """Codes of the pairs of values that occur."""
    return compressed(first * (int(second.max(initial=0)) + 1) + second)[0]


def entropy(totals: Array) -> float:
    """Entropy in nats of the shares of `totals`."""
    shares = totals[totals > 0] / totals.sum()
    return float(max(0.0, -(shares * np.log(shares)).sum()))


def mutual_information(table: Array) -> float:
    """Mutual information in nats of a table of counts, or of sums of memberships."""
    joint = entropy(np.ravel(table))
    return max(0.0, entropy(table.sum(axis=0)) + entropy(table.sum(axis=1)) - joint)


def hard_information(first: Array, second: Array) -> float:
    """Mutual information in nats of two vectors of codes (n,), without their table."""
    joint = entropy(np.bincount(crossed(first, second)))
    return max(0.0, entropy(np.bincount(first)) + entropy(np.bincount(second)) - joint)


def normalized_information(table: Array) -> float:
    """2 I / (H(rows) + H(columns)) of a table of counts, or of sums of memberships; 1 where both entropies are 0."""
    both = entropy(table.sum(axis=0)) + entropy(table.sum(axis=1))
    return 2 * mutual_information(table) / both if both > 0 else 1.0


def hard_scores(clusters: Array, levels: Array) -> dict[str, float]:
    """The `SCORES` of two vectors of codes (n,); zeros where n is 0.

    The adjusted Rand index is 1 for the same grouping and 0 on average for independent ones (Hubert & Arabie 1985);
    normalized and adjusted mutual information are relative to the mean of both entropies, the latter beyond chance
    (Vinh, Epps & Bailey 2010); mutual information I is in nats; homogeneity is I / H(levels), 1 where each cluster
    holds rows of one level, and completeness I / H(clusters), 1 where the rows of each level lie in one cluster
    (Rosenberg & Hirschberg 2007).
    """
    if not len(levels):
        return dict.fromkeys(SCORES, 0.0)
    from sklearn import metrics  # a second, and only needed here

    homogeneity, completeness, _ = metrics.homogeneity_completeness_v_measure(levels, clusters)
    found = (
        metrics.adjusted_rand_score(levels, clusters),
        metrics.adjusted_mutual_info_score(levels, clusters),
        metrics.normalized_mutual_info_score(levels, clusters),
        max(0.0, metrics.mutual_info_score(levels, clusters)),
        homogeneity,
        completeness,
    )
    return {name: float(value) for name, value in zip(SCORES, found, strict=True)}


def matching(table: Array) -> dict[int, int]:
    """The one-to-one match of clusters to levels that holds the most rows (Kuhn 1955); empty pairs are left out."""
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment(table, maximize=True), strict=True)
    return {int(j): int(level) for j, level in pairs if table[j, level] > 0}


def soft_rand(memberships: Array, levels: Array, table: Array) -> float:
    """The adjusted Rand index of memberships (n, k) and levels (n,), from expected numbers of pairs.

    Each row draws its cluster from its memberships r, independently. With N = `table` (k, m), the sums of memberships
    for each level, the expected number of pairs that share cluster and level is S = (sum N^2 - sum_rows |r|^2) / 2,
    and that of pairs which share the cluster T = (sum_j N_j^2 - sum_rows |r|^2) / 2. With P pairs that share the
    level, of M in all, the index is (S - TP/M) / ((T + P)/2 - TP/M), which for hard memberships is Hubert & Arabie's.
    """
    n = len(levels)
    same_row = float(np.square(memberships).sum())
    both = (np.square(table).sum() - same_row) / 2
    cluster = (np.square(table.sum(axis=1)).sum() - same_row) / 2
    totals = np.bincount(levels)
    level = float((totals * (totals - 1) / 2).sum())
    pairs = n * (n - 1) / 2
    by_chance = cluster * level / pairs if pairs else 0.0
    most = (cluster + level) / 2 - by_chance
    if abs(most) <= 1e-12 * max(pairs, 1.0):  # both put all rows together, or all apart
        return 1.0
    return float((both - by_chance) / most)
