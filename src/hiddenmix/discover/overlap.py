"""How much components overlap: Bhattacharyya coefficients, and the chance to take one for the other.

The Bhattacharyya coefficient of two densities is the integral of sqrt(p q): 1 for equal ones, 0 for separate ones. As
the mean of sqrt(p q) / ((p + q)/2) over draws half from either it is bounded by 1, whatever the family. The chance that
a draw of component i is taken for component j is omega[j|i] = P(w_j p_j > w_i p_i | i) (Maitra & Melnykov 2010, Journal
of Computational and Graphical Statistics 19:354).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._special import safe_log
from hiddenmix._tree import Array, record
from hiddenmix._xp import to_numpy
from hiddenmix.discover._words import percent

DRAWS = 4000  # of each component: standard errors of at most 0.008


@record
class Overlap:
    """The overlap of k components.

    Attributes
    ----------
    bhattacharyya, bhattacharyya_se : arrays (k, k)
        The coefficients, 1 on the diagonal, and their standard errors.
    omega, omega_se : arrays (k, k)
        In row i and column j the probability that a row of component i is taken for one of j when only these two are in
        question; 0 on the diagonal; and the standard errors.
    missed : array (k,)
        The probability that a row of the component is taken for one of any other.
    """

    bhattacharyya: Array
    bhattacharyya_se: Array
    omega: Array
    omega_se: Array
    missed: Array

    def __repr__(self) -> str:
        pair = next(iter(self.pairs()), None)
        most = "" if pair is None else f", at most {self.bhattacharyya[pair]:.3f}"
        return f"Overlap({len(self.missed)} component{'s' * (len(self.missed) != 1)}{most})"

    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of components (from 0), those that overlap most first."""
        rows, columns = np.triu_indices(len(self.missed), 1)
        order = np.argsort(-self.bhattacharyya[rows, columns], kind="stable")
        return [(int(rows[i]), int(columns[i])) for i in order]

    def summary(self, top: int = 3) -> str:
        """The pairs that overlap most, in words."""
        lines = []
        for i, j in self.pairs()[:top]:
            lines.append(
                f"components {i + 1} and {j + 1}: overlap {self.bhattacharyya[i, j]:.3f} (0 separate, 1 equal); "
                f"{percent(self.omega[i, j])} of {i + 1} would be taken for {j + 1}, "
                f"{percent(self.omega[j, i])} of {j + 1} for {i + 1}"
            )
        return "\n".join(lines) if lines else "there is only one component"


def drawn_overlap(family: Any, params: Any, n_draws: int, rng: np.random.Generator) -> Overlap:
    """The overlap of the components of a mixture, from `n_draws` draws of each.

    Parameters
    ----------
    family : Family
        With `sample`.
    params : MixtureParams
    n_draws : int
        Of each component, 2 or more.
    rng : numpy Generator

    Raises
    ------
    HiddenmixError : HM411 a family without `sample`
    """
    k = len(params.weights)
    draws = family.sample(params.components, np.repeat(np.arange(k), n_draws), rng)
    log_prob = to_numpy(family.log_prob(params.components, draws)).reshape(k, n_draws, k)
    joint = log_prob + safe_log(params.weights)
    own, mine = _own(log_prob), _own(joint)
    with np.errstate(over="ignore"):
        half = np.exp(-np.abs(own[:, :, None] - log_prob) / 2)  # sqrt of the smaller over the larger density
    ratio = 2 * half / (1 + half**2)  # (k, draws, k)
    mean, var = ratio.mean(axis=1), ratio.var(axis=1) / n_draws
    taken = (joint > mine[:, :, None]) + 0.5 * (joint == mine[:, :, None])
    np.einsum("imi->im", taken)[...] = 0.0
    omega = taken.mean(axis=1)
    missed = np.mean(np.max(joint, axis=2) > mine, axis=1)
    return Overlap(
        _with_diagonal((mean + mean.T) / 2, 1.0),
        _with_diagonal(np.sqrt(var + var.T) / 2, 0.0),
        omega,
        np.sqrt(omega * (1 - omega) / n_draws),
        missed,
    )


def seen_overlap(memberships: Array, weights: Array, sample_weight: Array | None = None) -> Overlap:
    """The same from the memberships (n, k) of rows, whose cells may be missing, and the mixture's weights (k,).

    The integral of sqrt(p_i p_j) is the mean of sqrt(t_i t_j / (w_i w_j)) over rows of the mixture, t their
    memberships. A component without weight overlaps with none. A row of `sample_weight` (n,) 3 is the row three times.
    """
    n, k = memberships.shape
    rows = np.ones(n) if sample_weight is None else sample_weight
    share, n = rows / rows.sum(), rows.sum()
    scaled = np.sqrt(memberships / np.where(weights > 0, weights, 1.0))
    total = np.maximum(rows @ memberships, np.finfo(float).tiny)
    coefficient, se, omega = np.empty((k, k)), np.empty((k, k)), np.empty((k, k))
    for i in range(k):
        product = scaled[:, i, None] * scaled
        mean = share @ product
        coefficient[i], se[i] = np.minimum(mean, 1.0), np.sqrt(share @ (product - mean) ** 2 / n)
        mine = memberships[:, i, None]
        taken = (memberships > mine) + 0.5 * (memberships == mine)
        taken[:, i] = 0.0
        omega[i] = rows @ (mine * taken) / total[i]
    lost = memberships < memberships.max(axis=1, keepdims=True)
    return Overlap(
        _with_diagonal(coefficient, 1.0),
        _with_diagonal(se, 0.0),
        omega,
        np.sqrt(omega * (1 - omega) / np.maximum(total, 1.0)[:, None]),
        rows @ (memberships * lost) / total,
    )


def _own(values: Array) -> Array:
    """Of (k, m, k), what each component says of its own draws: (k, m)."""
    return np.einsum("imi->im", values).copy()


def _with_diagonal(matrix: Array, value: float) -> Array:
    out = np.array(matrix)
    np.fill_diagonal(out, value)
    return out
