"""How well a model of categories fits the patterns of answers: G^2 and X^2 against the saturated model.

Over the cells s of the table of all patterns, with counts n_s, N in all, and expected counts e_s = N p_s,
G^2 = 2 sum n_s log(n_s / e_s) = 2 (saturated - model log-likelihood), X^2 = sum (n_s - e_s)^2 / e_s; degrees of freedom
are the cells less 1 less the model's parameters (Goodman 1974, Biometrika 61:215). With missing answers the saturated
model is fitted by EM on the table, where the answers are missing at random (Fuchs 1982, JASA 77:270), and X^2 is not
defined. Both are chi-squared only where expected counts are not small, in most tables of many items nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import chi2

from hiddenmix._tree import Array, record

CELLS = 2**18  # of a table that the saturated model is fitted to; where answers are missing, it is held whole
ROUNDS = 20_000
GAP = 1e-5  # what the saturated log-likelihood may lack


@record
class GoodnessOfFit:
    """G^2, X^2 (None with missing answers), their degrees of freedom and the chi-squared tail of G^2 (None below 1).

    `n_cells` are the possible patterns of complete answers, `n_patterns` those that were seen, with their gaps.
    """

    g2: float
    x2: float | None
    df: int
    p_value: float | None
    n_cells: int
    n_patterns: int


def goodness_of_fit(
    codes: Array, sizes: Sequence[int], weight: Array | None, log_density: Callable[[Array], Array], n_parameters: int
) -> GoodnessOfFit | None:
    """The fit of a model to the answers (n, d); None where the saturated model is out of reach.

    Parameters
    ----------
    codes : levels counted from 0, NaN where an answer is missing
    sizes : the number of levels of each item
    weight : (n,) of the rows
    log_density : of patterns (m, d) under the model
    n_parameters : of the model
    """
    some = ~np.isnan(codes).all(axis=1)
    patterns, inverse = np.unique(np.where(np.isnan(codes[some]), -1, codes[some]), axis=0, return_inverse=True)
    counts = np.bincount(np.ravel(inverse), None if weight is None else weight[some], len(patterns))
    patterns, counts = patterns[counts > 0], counts[counts > 0]
    n_cells = math.prod(int(size) for size in sizes)
    n, log_p = counts.sum(), log_density(np.where(patterns < 0, np.nan, patterns))
    x2 = None
    if (patterns < 0).any():
        top = _saturated(patterns.astype(int), counts, sizes, n_cells)
        if top is None:
            return None
    else:
        expected = n * np.exp(log_p)
        top = float(counts @ np.log(counts / n))
        x2 = float(np.sum(np.square(counts - expected) / expected) + max(n - expected.sum(), 0.0))
    df = n_cells - 1 - n_parameters
    g2 = 2 * (top - float(counts @ log_p))
    return GoodnessOfFit(g2, x2, df, float(chi2.sf(g2, df)) if df > 0 else None, n_cells, len(patterns))


def _saturated(patterns: Array, counts: Array, sizes: Sequence[int], n_cells: int) -> float | None:
    """The highest log-likelihood of patterns, -1 for missing, under any probabilities of the table; None if not found.

    The log-likelihood is concave, and N log of the largest slope bounds what it lacks (Lindsay 1983).
    """
    if n_cells > CELLS or len(sizes) > 32:
        return None
    tables = []
    kinds, kind = np.unique(patterns < 0, axis=0, return_inverse=True)
    for i, missing in enumerate(kinds):
        rows = np.ravel(kind) == i
        table = np.zeros([1 if gone else int(size) for gone, size in zip(missing, sizes)])
        np.add.at(table, tuple(np.where(missing, 0, patterns[rows]).T), counts[rows])
        tables.append((tuple(np.flatnonzero(missing).tolist()), table))
    n, p = counts.sum(), np.full([int(size) for size in sizes], 1.0 / n_cells)
    for _ in range(ROUNDS):
        slope, loglik = np.zeros(p.shape), 0.0
        for axes, table in tables:
            margin = p.sum(axis=axes, keepdims=True)
            seen = table > 0
            loglik += float(table[seen] @ np.log(margin[seen]))
            slope += np.divide(table, n * margin, out=np.zeros(table.shape), where=seen)
        if n * math.log(max(float(slope.max()), 1.0)) <= GAP:
            return loglik
        p *= slope
    return None


__all__ = ["GoodnessOfFit", "goodness_of_fit"]
