"""Directions: the von Mises-Fisher distribution of unit vectors in d dimensions.

log p(x; m, kappa) = log C_d(kappa) + kappa m'x, with C_d(kappa) = kappa^v / ((2 pi)^(v + 1) I_v(kappa)) and v = d/2 -
1, with respect to area on the sphere. The mean direction is that of the sum of the rows, and kappa solves A(kappa) = R,
the mean length of the rows along it, where A = I_{v+1} / I_v (Mardia & Jupp 2000, Directional Statistics, section 10.3;
Banerjee, Dhillon, Ghosh & Sra 2005, J. Machine Learning Research 6:1345), by Newton steps between the bounds of Sra
(2012, Computational Statistics 27:177). The cells of a row lie on a sphere together, so that one of them alone cannot
be integrated out; a row that is missing as a whole can.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammaln
from scipy.stats import vonmises_fisher

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, namespace, to_numpy
from hiddenmix.families._base import Linear, columns, known_cells
from hiddenmix.families._bessel import log_unit, ratio
from hiddenmix.families._charts import NONNEGATIVE
from hiddenmix.families._given import refuse_known, row_prior
from hiddenmix.families._sphere import exp_map, log_map, pulled_back, stretch
from hiddenmix.model import Degenerate, Known

UNIT = 1e-5  # how far the length of a row may be from 1: rounding of single precision and of printed tables
POINT = 1e-12  # a mean length this close to 1 is no spread
STEPS = 100


@record
class VonMisesFisherParams:
    """Mean directions (k, d), of length 1, and concentrations (k,), 0 for a uniform distribution."""

    mean: Array
    kappa: Array


@record
class VonMisesFisherStats:
    """Expected rows (k,) and their sum (k, d)."""

    weight: Array
    total: Array


class VonMisesFisher(Linear[VonMisesFisherParams, VonMisesFisherStats]):
    """Von Mises-Fisher components; data are unit vectors (n, d), d >= 2.

    Parameters
    ----------
    mean, kappa : Known, optional
        Mean directions (k, d) and concentrations (k,) that are given; `where` (k,) says of which components.
    prior : tuple (float, array of shape (d,)), optional
        Rows seen before, added to every component, and their mean, of length below 1; a mean of 0 draws towards
        uniform components.

    Raises
    ------
    HiddenmixError : HM150 rows that are no directions, HM403 a prior that is none
    """

    def __init__(
        self, *, mean: Known | None = None, kappa: Known | None = None, prior: tuple[float, Any] | None = None
    ) -> None:
        refuse_known(mean, "mean", by_component=True)
        refuse_known(kappa, "kappa", NONNEGATIVE)
        self.known_mean, self.known_kappa, self.prior = mean, kappa, None
        self.pseudo = None if prior is None else row_prior("VonMisesFisher", "(rows, mean)", prior)
        if self.pseudo is not None:
            weight, centre = self.pseudo
            if not (weight > 0 and np.linalg.norm(centre) < 1):
                raise HiddenmixError("HM403", "the prior is no mean of unit vectors", "prior=(1.0, np.zeros(d))")
            self.prior = VonMisesFisherStats(np.asarray(weight), weight * centre)

    def prepare(self, x: Any, weight: Array | None, k: int) -> VonMisesFisher:
        """The family as it is, once the data are seen to be directions."""
        self.features(x)
        return self

    def natural(self, params: VonMisesFisherParams) -> Array:
        """kappa m, then log C."""
        return np.column_stack([params.kappa[:, None] * params.mean, log_norm(params.kappa, params.mean.shape[1])])

    def features(self, x: Any) -> Array:
        """The row, then 1; zeros for a row that is missing. Raises HM150 where a row is no direction."""
        values, seen = known_cells(x)
        _refuse(x)
        return namespace(values).concat([values, seen[:1, :]], axis=0)

    def log_base(self, x: Any) -> None:
        """Nothing."""
        return None

    def from_features(self, sums: Array) -> VonMisesFisherStats:
        """Expected rows and their sum."""
        return VonMisesFisherStats(sums[:, -1], sums[:, :-1])

    def maximise(self, params: VonMisesFisherParams | None, stats: VonMisesFisherStats) -> VonMisesFisherParams:
        """The direction of the sum, and the concentration that has the mean length; empty components keep theirs."""
        k, d = stats.total.shape
        if params is None:  # rows without any direction in common lie around anywhere
            params = VonMisesFisherParams(np.broadcast_to(np.eye(d)[0], (k, d)), np.zeros(k))
        length = np.linalg.norm(stats.total, axis=1)
        some = stats.weight > 0
        pointed = some & (length > 0)
        mean = np.where(pointed[:, None], stats.total / np.where(pointed, length, 1.0)[:, None], params.mean)
        mean = self._with_known(self.known_mean, mean)
        along = np.sum(mean * stats.total, axis=1) / np.where(some, stats.weight, 1.0)
        held = self._held(self.known_kappa, k)
        closed = some & ~held & (along >= 1 - POINT)
        if closed.any():
            raise Degenerate(int(np.argmax(closed)), "collapsed: all its rows point in one direction")
        found = _concentration(np.where(some & ~held, np.clip(along, 0.0, None), 0.0), d)
        return VonMisesFisherParams(mean, self._with_known(self.known_kappa, np.where(some, found, params.kappa)))

    def conform(self, params: VonMisesFisherParams) -> VonMisesFisherParams:
        """Known directions and concentrations put in."""
        return VonMisesFisherParams(
            self._with_known(self.known_mean, params.mean), self._with_known(self.known_kappa, params.kappa)
        )

    def expected_log_prob(self, params: VonMisesFisherParams, stats: VonMisesFisherStats) -> Array:
        """weight log C + kappa m'total, per component (k,)."""
        norm = log_norm(params.kappa, params.mean.shape[1])
        return np.asarray(stats.weight * norm + params.kappa * np.sum(params.mean * stats.total, axis=1))

    def repeated(self, count: int) -> VonMisesFisher | None:
        """Components share nothing, unless something is known of single ones."""
        return self if self.known_mean is None and self.known_kappa is None else None

    def coordinates(self, x: Any) -> Array:
        """The rows themselves; missing ones in the middle of the ball."""
        return np.nan_to_num(np.asarray(to_numpy(columns(x)), dtype=float))

    def sample(self, params: VonMisesFisherParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        out = rng.standard_normal((len(labels), params.mean.shape[1]))
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        for j in np.unique(labels):
            if params.kappa[j] > 0:
                rows = labels == j
                law = vonmises_fisher(params.mean[j] / np.linalg.norm(params.mean[j]), params.kappa[j])
                out[rows] = law.rvs(int(rows.sum()), random_state=rng).reshape(-1, out.shape[1])
        return out

    def location(self, params: VonMisesFisherParams) -> Array:
        """The mean directions."""
        return params.mean

    def ravel(self, params: VonMisesFisherParams, base: VonMisesFisherParams) -> Array:
        """kappa m less that of the base, in units of its standard errors from one row; angles where kappa is known."""
        parts = []
        for j, (m, b, held_mean, held_kappa) in enumerate(self._components(base)):
            unit = _units(b, base.kappa[j])
            if not held_mean and not held_kappa:
                shift = params.kappa[j] * params.mean[j] - base.kappa[j] * b
                parts.append(stretch(b, 1 / unit[0], 1 / unit[1]) @ shift)
            elif held_mean and not held_kappa:
                parts.append(np.atleast_1d(params.kappa[j] - base.kappa[j]) / unit[0])
            elif not held_mean:
                parts.append(log_map(params.mean[j], b) * m)
        return np.concatenate([np.zeros(0), *parts])

    def unravel(self, vector: Array, base: VonMisesFisherParams) -> VonMisesFisherParams:
        """The inverse of `ravel`; a concentration that would fall below 0 is 0."""
        mean, kappa, position = base.mean.copy(), base.kappa.copy(), 0
        for j, (m, b, held_mean, held_kappa) in enumerate(self._components(base)):
            unit = _units(b, base.kappa[j])
            size = _size(len(b), held_mean, held_kappa)
            own, position = vector[position : position + size], position + size
            if not held_mean and not held_kappa:
                natural = base.kappa[j] * b + stretch(b, *unit) @ own
                kappa[j] = np.linalg.norm(natural)
                mean[j] = natural / kappa[j] if kappa[j] > 0 else b
            elif held_mean and not held_kappa:
                kappa[j] = max(base.kappa[j] + unit[0] * own[0], 0.0)
            elif not held_mean:
                mean[j] = exp_map(own / m, b)
        return VonMisesFisherParams(mean, kappa)

    def slopes(self, params: VonMisesFisherParams, stats: VonMisesFisherStats, base: VonMisesFisherParams) -> Array:
        """total - weight A(kappa) m, carried to the coordinates."""
        pull = ratio(base.mean.shape[1] / 2 - 1, params.kappa)
        rise = stats.total - (stats.weight * pull)[:, None] * params.mean
        parts = []
        for j, (m, b, held_mean, held_kappa) in enumerate(self._components(base)):
            unit = _units(b, base.kappa[j])
            if not held_mean and not held_kappa:
                parts.append(stretch(b, *unit) @ rise[j])
            elif held_mean and not held_kappa:
                parts.append(np.atleast_1d(unit[0] * (b @ rise[j])))
            elif not held_mean:
                parts.append(pulled_back(params.kappa[j] * stats.total[j], params.mean[j], b) / m)
        return np.concatenate([np.zeros(0), *parts])

    def on_boundary(self, params: VonMisesFisherParams) -> bool:
        """Whether a free concentration around a known direction is 0; around a free one 0 is an inner point."""
        k = len(params.kappa)
        edge = self._held(self.known_mean, k) & ~self._held(self.known_kappa, k)
        return bool(np.any(edge & (params.kappa <= 0)))

    def _components(self, base: VonMisesFisherParams) -> list[tuple[float, Array, bool, bool]]:
        """Of each component: one over the unit of angles, the direction, whether it is known, and the concentration."""
        k = len(base.kappa)
        held = zip(self._held(self.known_mean, k), self._held(self.known_kappa, k))
        sharp = np.sqrt(np.maximum(base.kappa, 1.0))
        return [(float(s), b, bool(m), bool(c)) for s, b, (m, c) in zip(sharp, base.mean, held)]

    def _held(self, known: Known | None, k: int) -> Array:
        return np.zeros(k, bool) if known is None else np.reshape(known.mask((k,)), k)

    def _with_known(self, known: Known | None, values: Array) -> Array:
        if known is None:
            return values
        held = self._held(known, len(values)).reshape(-1, *[1] * (values.ndim - 1))
        return np.where(held, Known(known.value).fill(values), values)


def log_norm(kappa: Array, d: int) -> Array:
    """log C_d(kappa) (k,); at 0 it is minus the log of the sphere's area."""
    order = d / 2 - 1
    flat = gammaln(order + 1) - np.log(2) - (order + 1) * np.log(np.pi)
    return np.asarray(flat - log_unit(order, kappa) - kappa)


def _concentration(length: Array, d: int) -> Array:
    """The concentrations (k,) of mean lengths R (k,) below 1: Newton steps, halvings where they leave the bounds."""
    order, spread = d / 2 - 1, 1 - np.square(length)
    low, high = length * (d - 2) / spread, length * d / spread
    kappa = length * (d - np.square(length)) / spread
    for _ in range(STEPS):
        gap = ratio(order, kappa) - length
        low, high = np.where(gap < 0, kappa, low), np.where(gap > 0, kappa, high)
        pull = gap + length
        steep = 1 - pull**2 - (d - 1) * pull / np.where(kappa > 0, kappa, 1.0)
        step = kappa - gap / np.where(steep > 0, steep, np.inf)
        inside = (steep > 0) & (step >= low) & (step <= high)
        after = np.where(gap == 0, kappa, np.where(inside, step, (low + high) / 2))
        done = np.abs(after - kappa) <= 1e-15 * kappa
        kappa = after
        if done.all():
            break
    return kappa


def _units(mean: Array, kappa: float) -> tuple[float, float]:
    """How much of kappa m, along and across m, one row's information lets pass: its inverse roots."""
    d = len(mean)
    pull = float(ratio(d / 2 - 1, np.asarray([kappa]))[0])
    across = pull / kappa if kappa > 1e-3 else 1.0 / d
    along = 1 - pull**2 - (d - 1) * across
    least = 0.5 * min(1 / d, (d - 1) / (2 * max(kappa, 1.0) ** 2))  # where rounding leaves nothing of it
    return 1 / np.sqrt(max(along, least)), 1 / np.sqrt(across)


def _size(d: int, held_mean: bool, held_kappa: bool) -> int:
    """The number of coordinates of a component."""
    return (0 if held_mean else d - 1) + (0 if held_kappa else 1)


def _refuse(x: Any) -> None:
    """Require rows of length 1, or without any cell; arrays of other libraries are taken at their word."""
    if not is_numpy(x):
        return
    if x.ndim != 2 or x.shape[1] < 2:
        raise HiddenmixError("HM150", "a direction has two columns or more", "np.column_stack([np.cos(a), np.sin(a)])")
    squared = np.einsum("nd,nd->n", x, x, dtype=float)
    bad = ~(np.abs(squared - 1) <= 2 * UNIT)
    if bad.any():
        bad &= ~np.isnan(x).all(axis=1)
    if bad.any():
        i = int(np.argmax(bad))
        if np.isnan(squared[i]):
            what, fix = f"row {i} of directions misses some of its cells", "NaN in all cells of such a row"
        else:
            what = f"row {i} has length {np.sqrt(squared[i]):.6g}; directions have length 1"
            fix = "X / np.linalg.norm(X, axis=1, keepdims=True)"
        raise HiddenmixError("HM150", what, fix)


__all__ = ["VonMisesFisher", "VonMisesFisherParams", "VonMisesFisherStats"]
