"""Groups by merging rows two by two, always those that cost the least: starting values that draw nothing.

With ellipsoids of any volume, shape and orientation the classification likelihood falls by what sum n_c log|W_c / n_c|
rises (Banfield & Raftery 1993, Biometrics 49:803). Groups of few rows have no determinant; Fraley (1998, SIAM J. Sci.
Comput. 20:270) puts log(|W_c / n_c| + tr W_c / n_c + tr W / (n q)) in its place, W being the scatter of all rows. As
this adds up what has different units, rows are measured along their principal axes, each divided by the root of its
standard deviation (Scrucca & Raftery 2015, Adv. Data Anal. Classif. 9:447), the mean variance being 1. With equal balls
what rises is tr W_c: Ward's criterion, on the rows as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from hiddenmix._tree import Array

MOST = 2000  # rows that are merged; the memory goes with their square
WORK = 6e6  # rows squared times columns, that a tree of ellipsoids may take
FEWEST = 200
FLAT = 1e-8  # a principal axis with less than this share of the largest standard deviation is none


def grouped(points: Array, mass: Array, k: int, ellipsoids: bool) -> Array:
    """Labels (n,) of k groups of rows (n, q) of weights (n,): the tree of at most `MOST` rows, cut.

    These are spread evenly over the rows; the others go with the nearest of them.
    """
    heavy = np.flatnonzero(mass > 0)
    if len(heavy) <= k:
        labels = np.zeros(len(points), dtype=int)
        labels[heavy] = np.arange(len(heavy))
        return labels
    z = _scaled(points, mass) if ellipsoids else points
    most = MOST if not ellipsoids else int(min(MOST, max(FEWEST, np.sqrt(WORK / max(z.shape[1], 1)))))
    chosen = heavy
    if len(heavy) > most:
        chosen = heavy[np.linspace(0, len(heavy) - 1, max(most, k)).astype(int)]
    labels = cut(merges(z[chosen], mass[chosen], ellipsoids), len(chosen), k)
    if len(chosen) == len(points):
        return labels
    return np.asarray(labels[cKDTree(z[chosen]).query(z)[1]])


def cut(tree: Array, n: int, k: int) -> Array:
    """The labels (n,) of k groups, numbered by their first rows, from the merges (n - 1, 2) in their order."""
    into = np.arange(n)
    for kept, gone in tree[: n - k]:
        into[gone] = kept
    for row in range(n):  # groups go by their first rows, so that what came before is settled
        into[row] = into[into[row]]
    return np.unique(into, return_inverse=True)[1].reshape(n)


def merges(points: Array, mass: Array, ellipsoids: bool) -> Array:
    """The merges (n - 1, 2) in their order: the first rows of the two groups, the smaller of them first."""
    groups = _Groups.of(points, mass, ellipsoids)
    n = len(points)
    cost = np.full((n, n), np.inf)
    for a in range(n - 1):
        later = np.arange(a + 1, n)
        cost[a, later] = groups.costs(a, later)
    cost = np.minimum(cost, cost.T)
    partner = cost.argmin(axis=1)
    lowest = cost[np.arange(n), partner]
    alive, out = np.ones(n, dtype=bool), np.empty((n - 1, 2), dtype=int)
    for step in range(n - 1):
        a = int(lowest.argmin())
        a, b = sorted((a, int(partner[a])))
        out[step] = a, b
        groups.merge(a, b)
        alive[b] = False
        cost[b] = cost[:, b] = np.inf
        others = np.flatnonzero(alive)
        others = others[others != a]
        cost[a, others] = cost[others, a] = groups.costs(a, others)
        lowest[b] = np.inf
        stale = others[(partner[others] == a) | (partner[others] == b)]
        fresh = others[cost[others, a] < lowest[others]]
        partner[fresh], lowest[fresh] = a, cost[fresh, a]
        again = np.append(stale, a)
        partner[again] = cost[again].argmin(axis=1)
        lowest[again] = cost[again, partner[again]]
    return out


@dataclass
class _Groups:
    """Weights (n,), means (n, q), scatters (n, q, q), criteria (n,), and which are of several rows."""

    mass: Array
    mean: Array
    scatter: Array | None
    term: Array
    many: Array

    @staticmethod
    def of(points: Array, mass: Array, ellipsoids: bool) -> _Groups:
        n, q = points.shape
        return _Groups(
            np.array(mass, dtype=float),
            np.array(points, dtype=float),
            np.zeros((n, q, q)) if ellipsoids else None,
            np.zeros(n),  # log 1, the mean variance
            np.zeros(n, dtype=bool),
        )

    def costs(self, a: int, others: Array) -> Array:
        """How much the criterion rises when group `a` takes in each of the others."""
        delta = self.mean[others] - self.mean[a]
        total = self.mass[others] + self.mass[a]
        share = self.mass[others] * self.mass[a] / total
        apart = share * np.vecdot(delta, delta)
        if self.scatter is None:
            return np.asarray(apart)
        spread = apart + self.scatter[a].trace() + self.scatter[others].trace(axis1=1, axis2=2)
        det = self._determinants(a, others, delta, share)
        q = delta.shape[1]
        criterion = total * np.log(np.maximum(det, 0.0) / total**q + spread / total + 1.0)
        return np.asarray(criterion - self.term[others] - self.term[a])

    def merge(self, a: int, b: int) -> None:
        """Group `a` takes in group `b`."""
        delta, total = self.mean[b] - self.mean[a], self.mass[a] + self.mass[b]
        if self.scatter is not None:
            self.term[a] += self.term[b] + self.costs(a, np.array([b]))[0]
            outer = np.multiply.outer(delta, delta) * (self.mass[a] * self.mass[b] / total)
            self.scatter[a] += self.scatter[b] + outer
        self.mean[a] += delta * (self.mass[b] / total)
        self.mass[a] = total
        self.many[a] = True

    def _determinants(self, a: int, others: Array, delta: Array, share: Array) -> Array:
        """|W_a + W_o + share delta delta'| of each of the others; |W| + share delta' adj(W) delta where W_o is 0."""
        assert self.scatter is not None
        values, vectors = np.linalg.eigh(self.scatter[a])
        values = np.maximum(values, 0.0)
        rest = np.array([np.delete(values, i).prod() for i in range(len(values))])
        out = values.prod() + share * (np.square(delta @ vectors) @ rest)
        some = np.flatnonzero(self.many[others])
        if some.size:
            outer = share[some, None, None] * delta[some, :, None] * delta[some, None, :]
            out[some] = np.linalg.det(self.scatter[a] + self.scatter[others[some]] + outer)
        return np.asarray(out)


def _scaled(points: Array, mass: Array) -> Array:
    """Rows along their principal axes, each divided by the root of its standard deviation; mean variance 1."""
    weight = mass / mass.sum()
    centred = points - weight @ points
    sd = np.sqrt(weight @ np.square(centred))
    centred = centred / np.where(sd > 0, sd, 1.0)
    values, vectors = np.linalg.eigh((centred * weight[:, None]).T @ centred)
    spread = np.sqrt(np.maximum(values, 0.0))
    kept = spread > FLAT * spread.max(initial=0.0)
    if not kept.any():
        return np.zeros((len(points), 1))
    z = centred @ (vectors[:, kept] / np.sqrt(spread[kept]))
    return np.asarray(z / np.sqrt((weight @ np.square(z)).mean()))
