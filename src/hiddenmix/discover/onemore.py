"""Whether one component more describes the data better than chance alone would let it.

Twice the difference of the log-likelihoods of k + 1 and k components has no known distribution; its distribution under
k components is simulated (McLachlan 1987, Applied Statistics 36:318).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix.data import Rows
from hiddenmix.discover._resampling import closely, memberships, refit

ENOUGH = 0.05  # p-values up to here count
HEAT = 6  # iterations before one start is chosen


@record
class OneMore:
    """The test of k components against k + 1.

    Attributes
    ----------
    n_components : int
        k.
    statistic : float
        Twice the difference of the log-likelihoods.
    simulated : array
        The same from tables that k components made.
    p : float
        The share of these that are as large, (1 + #{>=}) / (1 + number).
    n_failed : int
        Simulated tables whose fits failed; they are left out.
    """

    n_components: int
    statistic: float
    simulated: Array
    p: float
    n_failed: int

    def __repr__(self) -> str:
        return f"OneMore({self.n_components + 1} instead of {self.n_components}: p {self.p:.2g})"

    @property
    def needed(self) -> bool:
        """Whether k + 1 components describe the data better than chance alone would let them."""
        return self.p <= ENOUGH

    def sentence(self) -> str:
        """The outcome in words."""
        reading = "describes the data better than chance would let it" if self.needed else "not needed"
        k = self.n_components
        return f"One component more ({k + 1} instead of {k}): p {self.p:.2g}, {reading}"


def gain_of_one_more(
    model: Any, params: Any, loglik: float, bigger: Any, rows: Rows, rng: np.random.Generator
) -> float | None:
    """Twice the rise of the log-likelihood from k components, at `params`, to k + 1; None where these failed.

    The k + 1 components start from each component split in two, across and from the centre outward; the start that is
    the highest after a few iterations goes on.
    """
    starts, options = split_starts(model, params, rows), closely(rows.n_observed)
    first = refit(bigger, rows, starts=len(starts), how=starts, max_iter=HEAT, race=False, rng=rng)
    result = first and refit(bigger, rows, first.params, **options)
    return None if result is None else max(2 * (result.loglik - loglik), 0.0)


def split_starts(model: Any, params: Any, rows: Rows) -> tuple[Array, ...]:
    """Memberships (n, k + 1) in the caller's order, for each way to split a component in two.

    Across: at the component's centre, along the direction in which it is widest. Outward: the half of its rows with
    the larger distances from the centre against the other half. Distances are those of the family's coordinates.
    """
    resp, points = memberships(model, params, rows), model.family.coordinates(rows.x)
    starts = []
    for j in range(resp.shape[1]):
        share = resp[:, j] if rows.weight is None else resp[:, j] * rows.weight
        if share.sum() <= 0:
            continue
        for side in _sides(points, share / share.sum()):
            split = np.column_stack([resp, resp[:, j] * side])
            split[:, j] *= 1 - side
            starts.append(rows.restore(split, fill=0.0))
    return tuple(starts)


def _sides(points: Array, share: Array) -> tuple[Array, Array]:
    """1 for rows on the one side, 0 on the other (n,), for both ways to split."""
    centred = points - share @ points
    spread = (centred * share[:, None]).T @ centred
    across = centred @ np.linalg.eigh(spread)[1][:, -1]
    sd = np.sqrt(np.diagonal(spread))
    distance = np.square(centred / np.where(sd > 0, sd, 1.0)).sum(axis=1)
    order = np.argsort(distance)
    middle = distance[order[np.searchsorted(np.cumsum(share[order]), 0.5)]]
    return (across > 0).astype(float), (distance > middle).astype(float)


def p_value(statistic: float, simulated: Array) -> float:
    """The share of simulated values that are as large, the observed one counted in."""
    return float((1 + np.sum(simulated >= statistic)) / (1 + len(simulated)))
