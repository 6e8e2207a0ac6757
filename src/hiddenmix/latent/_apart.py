"""Where components coincide: every row is shared alike, so that EM alone can never tell them apart.

Such a point is stationary whatever the data are, and no first derivative of the EM map shows whether it is a maximum:
means that move apart change the log-likelihood in the fourth order only. So the components are set apart by hand, by
dividing the rows that they share, and the climb is tried from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Batch
from hiddenmix.latent._records import MixtureParams, MixtureStats
from hiddenmix.model import Data, Degenerate

if TYPE_CHECKING:
    from hiddenmix.latent.mixture import Mixture

SAME = 1e-3  # difference of two components, in free coordinates, that no data would show
UNITS = 10_000  # units by which components are set apart
STEEP = 2.0  # how fast memberships change along a direction, in its standard deviations


def apart(
    mixture: Mixture[Any, Any], params: MixtureParams[Any], data: Data, rng: np.random.Generator
) -> Iterator[MixtureParams[Any]]:
    """Parameters in which two components that coincide stand apart; nothing where none do."""
    pairs = list(_coinciding(mixture, params))
    if not pairs:
        return
    batch = data.sample(rng, UNITS)
    resp = to_numpy(mixture.posterior(params, batch)[1])
    for j, m in pairs:
        if not np.allclose(resp[:, j] * params.weights[m], resp[:, m] * params.weights[j], rtol=1e-2, atol=1e-9):
            continue  # evidence tells them apart
        both = resp[:, j] + resp[:, m]
        for side in sides(points_of(mixture, batch), both, rng):
            divided = resp.copy()
            divided[:, j], divided[:, m] = both * side, both * (1.0 - side)
            try:
                yield estimated(mixture, params, batch, divided)
            except Degenerate:
                continue


def _coinciding(mixture: Mixture[Any, Any], params: MixtureParams[Any]) -> Iterator[tuple[int, int]]:
    """Pairs of components that are the same; each component is in one pair at most."""
    family, components, k = mixture.family, params.components, mixture.n_components
    location = np.reshape(family.location(components), (k, -1))
    taken: set[int] = set()
    for j in range(k - 1):
        apart = np.square(location[j + 1 :] - location[j]).sum(axis=1)
        m = j + 1 + int(np.argmin(apart))  # if j is the same as any later one, then as the nearest
        swapped = np.arange(k)
        swapped[j] = m
        if not {j, m} & taken and np.linalg.norm(family.ravel(_tree.pick(components, swapped), components)) < SAME:
            taken |= {j, m}
            yield j, m


def points_of(mixture: Mixture[Any, Any], batch: Batch) -> Array:
    """Units as points (n, q)."""
    points = mixture.family.coordinates(batch.x)
    units: Array = batch.rows_to_units(points) / batch.rows_to_units(np.ones((len(points), 1)))
    return units


def sides(points: Array, weight: Array, rng: np.random.Generator) -> Iterator[Array]:
    """Memberships (n,) in the first of two: along the longest axis, along one drawn, and from within to without."""
    centred = points - np.average(points, axis=0, weights=weight)
    spread = (centred * weight[:, None]).T @ centred
    longest = np.linalg.eigh(spread)[1][:, -1]
    for along in (
        centred @ longest,
        centred @ rng.standard_normal(points.shape[1]),
        np.square(centred).sum(axis=1),
    ):
        middle = np.median(along)
        sd = np.sqrt(np.average(np.square(along - middle), weights=weight))
        if sd > 0:
            yield 1.0 / (1.0 + np.exp(np.clip(-STEEP * (along - middle) / sd, -50, 50)))


def estimated(mixture: Mixture[Any, Any], params: MixtureParams[Any], batch: Batch, resp: Array) -> MixtureParams[Any]:
    """The M-step at these memberships."""
    if batch.weight is not None:
        resp = resp * batch.weight[:, None]
    stats = mixture.family.evaluate(params.components, batch.x)[1](batch.units_to_rows(resp))
    return mixture.m_step(params, MixtureStats(resp.sum(axis=0), stats))
