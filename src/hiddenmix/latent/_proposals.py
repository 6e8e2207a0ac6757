"""Where else a mixture might stand: two components become one, and one becomes two.

Plain EM cannot take a component from where there are too many to where there are too few: on the way the likelihood
falls. So responsibilities are moved by hand (Ueda, Nakano, Ghahramani & Hinton 2000, Neural Computation 12:2109):
those of a pair that shares its rows become one component's, and the place that is left takes half of the rows of
another. Which pair, and which other, two criteria tell: the cosine of the pair's responsibilities (Zhang and others
2003, Pattern Recognition 36:1973), and the Kullback-Leibler divergence of a component's density from that of the rows
it carries,

    J(s) = sum_i f_i [log f_i - log p_s(x_i)],   f_i = r_is / sum_l r_ls.

A component that carries nothing comes first: to merge it is to prune it. The component that a pair becomes may be the
one that is divided, along another direction than before. Pairs and divisions are taken by the sum of their ranks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Batch
from hiddenmix.latent._apart import UNITS, estimated, points_of, sides
from hiddenmix.latent._records import MixtureParams
from hiddenmix.model import Data, Degenerate

if TYPE_CHECKING:
    from hiddenmix.latent.mixture import Mixture

EMPTY = 1e-3  # units' worth of responsibility below which a component carries nothing
WAYS = 2  # directions in which rows are divided: along their longest axis, and along one drawn


def moves(
    mixture: Mixture[Any, Any], params: MixtureParams[Any], data: Data, rng: np.random.Generator
) -> Iterator[MixtureParams[Any]]:
    """Parameters after each merge and division, the most promising first; those that are impossible are left out."""
    if mixture.n_components < 2:
        return
    batch = data.sample(rng, UNITS)
    resp = to_numpy(mixture.posterior(params, batch)[1])
    mass = np.ones(len(resp)) if batch.weight is None else batch.weight
    alike, misfits = _overlap(resp, mass), _misfit(mixture, params, batch, resp * mass[:, None])
    points = points_of(mixture, batch)
    ranked = sorted(_triples(alike, misfits), key=lambda move: move[0])
    for way in range(WAYS):
        for _, kept, freed, divided in ranked:
            after = resp.copy()
            after[:, kept] += resp[:, freed]
            after[:, freed] = 0.0
            both = after[:, divided].copy()
            if not both @ mass > EMPTY:
                continue
            for side in itertools.islice(sides(points, both * mass, rng), way, way + 1):
                after[:, divided], after[:, freed] = both * side, both * (1.0 - side)
                try:
                    yield estimated(mixture, params, batch, after)
                except Degenerate:
                    continue


def _triples(alike: Array, misfits: Array) -> Iterator[tuple[int, int, int, int]]:
    """The rank of a move, the component that stays of the pair, the one that is freed, and the one that is divided."""
    k = len(misfits)
    pairs = sorted(itertools.combinations(range(k), 2), key=lambda pair: -alike[pair])
    for rank, (i, j) in enumerate(pairs):
        others = [s for s in np.argsort(-misfits, kind="stable") if s not in (i, j)]
        for place, s in enumerate([*others, i]):
            yield rank + place, i, j, int(s)


def _overlap(resp: Array, mass: Array) -> Array:
    """The cosines (k, k) of the components' responsibilities; above all of them where one carries nothing."""
    products = (resp * mass[:, None]).T @ resp
    length = np.sqrt(np.diag(products))
    empty = mass @ resp <= EMPTY
    scale = np.where(length > 0, length, 1.0)
    return np.where(empty[:, None] | empty, 2.0, products / np.outer(scale, scale))


def _misfit(mixture: Mixture[Any, Any], params: MixtureParams[Any], batch: Batch, resp: Array) -> Array:
    """How far the components' densities (k,) are from those of the rows that they carry."""
    log_prob = batch.rows_to_units(to_numpy(mixture.family.log_prob(params.components, batch.x)))
    total = resp.sum(axis=0)
    share = resp / np.where(total > 0, total, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(share > 0, share * (np.log(share) - log_prob), 0.0)
    return np.where(total > EMPTY, terms.sum(axis=0), -np.inf)
