"""Components that are generalised linear models: the M-step without finite sufficient statistics.

The statistic is the gradient g and the curvature H of the weighted log-likelihood at the parameters of the E-step, and
how far rows reach. For the links here every term f of a row, a function of its linear predictor, has |f'''| <= -f'', so
that for rows with |x'd| <= rho |d|_H and s = rho |d|_H (Bach 2010, Electronic J. of Statistics 4:384, proposition 1;
Sun & Tran-Dinh 2019, Mathematical Programming 178:145)

    loglik(b + d) - loglik(b) >= g'd - (exp(s) - 1 - s) / rho^2.

The right side is `expected_log_prob`: it touches the expected log density at the E-step's parameters with its gradient
and its curvature, and lies below it everywhere. Its maximum is a Newton step, H^-1 g, shortened by log(1 + rho N) /
(rho N) with N^2 = g'H^-1 g. So no M-step can lower the likelihood, its fixed points are those of EM, and near them
the step is Newton's.
"""

from __future__ import annotations

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.families._regression_design import Places
from hiddenmix.model import Degenerate

ROUNDS, EPS = 200, 2.0**-50
FLAT = 1e-14  # share of the largest curvature below which there is none
SMALL, NEAR, FURTHEST = 1e-8, 1e-2, 700.0  # lengths from which on functions are computed in other ways


@record
class GlmStats:
    """Weight (k,), and at the coefficients `base` (k, p): gradient (k, p), curvature (k, p, p), loss (k,).

    `reach` (k,) is the longest row that a component has, in units in which all rows are white; it merges by the
    maximum.
    """

    weight: Array
    gradient: Array
    curvature: Array
    loss: Array
    reach: Array
    base: Array

    def merge(self, other: GlmStats) -> GlmStats:
        """That of the rows of both. Raises HM411 where they are expected under different parameters."""
        if not np.array_equal(self.base, other.base):
            what = "statistics of a generalised linear model merge at the same coefficients only"
            raise HiddenmixError("HM411", what, "algorithm='em' or 'lbfgs'; no incremental or online EM")
        return GlmStats(
            self.weight + other.weight,
            self.gradient + other.gradient,
            self.curvature + other.curvature,
            self.loss + other.loss,
            np.maximum(self.reach, other.reach),
            self.base,
        )

    def scale(self, factor: float) -> GlmStats:
        """The same as if every weight had been `factor` times as large."""
        weight, gradient = factor * self.weight, factor * self.gradient
        return GlmStats(weight, gradient, factor * self.curvature, factor * self.loss, self.reach, self.base)


class Minorant:
    """The lower bound of the expected log density, for k components; a gain over the one at `base`."""

    def __init__(self, stats: GlmStats, whiten: Array) -> None:
        self.stats = stats
        white = whiten @ stats.curvature @ whiten.T
        bends = np.linalg.eigvalsh((white + np.swapaxes(white, 1, 2)) / 2)  # (k, p)
        real = bends > FLAT * bends[:, -1:]
        least = np.where(real.any(axis=1), np.where(real, bends, np.inf).min(axis=1, initial=np.inf), 0.0)
        #: 1 / rho of each component; rows have no part along directions without curvature
        self.room = np.sqrt(least) / np.where(stats.reach > 0, stats.reach, 1.0)

    def gain(self, coef: Array) -> Array:
        """The bound (k,) at coefficients (k, p), less that at the base."""
        d = coef - self.stats.base
        s = self._length(d)
        return np.asarray((self.stats.gradient * d).sum(axis=1) - np.square(self.room) * _excess(s))

    def slope(self, coef: Array) -> Array:
        """Its gradient (k, p)."""
        d = coef - self.stats.base
        return self.stats.gradient - _stretch(self._length(d))[:, None] * self._bent(d)

    def hessian(self, coef: Array) -> Array:
        """Minus its second derivatives (k, p, p)."""
        d = coef - self.stats.base
        s, along = self._length(d), self._bent(d)
        more = _stretch_slope(s) / np.where(self.room > 0, np.square(self.room), 1.0)
        outer = along[:, :, None] * along[:, None, :]
        return _stretch(s)[:, None, None] * self.stats.curvature + more[:, None, None] * outer

    def _bent(self, d: Array) -> Array:
        return np.einsum("kab,kb->ka", self.stats.curvature, d)

    def _length(self, d: Array) -> Array:
        squared = np.maximum(np.einsum("ka,ka->k", d, self._bent(d)), 0.0)
        return np.sqrt(squared) / np.where(self.room > 0, self.room, 1.0)


def climb(bound: Minorant, factor: Array, penalty: Array, places: Places, old: Array) -> Array:
    """Coefficients (k, p) that maximise sum_j factor_j gain_j - 1/2 sum penalty coef^2 over the free ones.

    Newton's method on the statistics, from the base, halved where it would go too far; where components share nothing
    and there is no penalty its solution is the one in closed form. Components without rows keep what they have.
    """
    coef = _alone(bound, places, old) if not penalty.any() and not places.shared.any() else old

    def objective(coef: Array) -> float:
        return float((factor * bound.gain(coef)).sum() - 0.5 * (penalty * coef**2).sum())

    here = objective(coef)
    for _ in range(ROUNDS):
        slope = places.total(factor[:, None] * bound.slope(coef) - penalty * coef)
        step = _newton(_joined(factor[:, None, None] * bound.hessian(coef), penalty, places), slope, places.first[0])
        rise, length, least = float(slope @ step), 1.0, EPS * (1 + abs(here))
        while length * rise > least:
            tried = coef + length * places.spread(step)
            there = objective(tried)
            if there >= here + 0.25 * length * rise - least:
                coef, here = tried, there
                break
            length /= 2
        if rise <= least:
            return coef + places.spread(step)  # which rounding no longer tells from the maximum
    return coef


def _newton(hessian: Array, slope: Array, owners: Array) -> Array:
    """H^-1 g; 0 where there is no curvature. Raises `Degenerate` where some direction has none."""
    size = np.sqrt(np.diagonal(hessian))
    free = size > 0
    step = np.zeros(len(slope))
    if free.any():
        scaled = hessian[np.ix_(free, free)] / (size[free, None] * size[free])
        bends, axes = np.linalg.eigh(scaled)
        if bends[0] <= FLAT:
            j = int(owners[free][np.argmax(np.abs(axes[:, 0]))])
            raise Degenerate(j, "collapsed: its rows do not determine its coefficients")
        step[free] = np.linalg.solve(scaled, slope[free] / size[free]) / size[free]
    return step


def _alone(bound: Minorant, places: Places, old: Array) -> Array:
    """The maximum where components share nothing and nothing is penalised: a damped Newton step for each."""
    coef = old.copy()
    for j in np.flatnonzero(bound.room > 0):
        free = places.place[j] >= 0
        if free.any():
            slope = bound.stats.gradient[j, free]
            step = _newton(bound.stats.curvature[j][np.ix_(free, free)], slope, np.full(free.sum(), j))
            far = np.sqrt(max(float(slope @ step), 0.0)) / bound.room[j]
            coef[j, free] += step * (np.log1p(far) / far if far > 0 else 1.0)
    return coef


def _joined(hessian: Array, penalty: Array, places: Places) -> Array:
    """Second derivatives by the free coefficients, of those by the entries of each component."""
    out = np.zeros((places.size + 1, places.size + 1))  # given ones fall on the last, which is dropped
    for place, block, more in zip(places.place, hessian, penalty, strict=True):
        out[np.ix_(place, place)] += block + np.diag(more)
    return out[:-1, :-1]


def _excess(s: Array) -> Array:
    """exp(s) - 1 - s, infinite where it is beyond all numbers."""
    near = np.minimum(s, NEAR)
    series = near**2 / 2 * (1 + near / 3 * (1 + near / 4 * (1 + near / 5 * (1 + near / 6 * (1 + near / 7)))))
    with np.errstate(over="ignore"):
        return np.where(s < NEAR, series, np.expm1(s) - s)


def _stretch(s: Array) -> Array:
    """(exp(s) - 1) / s."""
    safe = np.clip(s, SMALL, FURTHEST)
    return np.where(s < SMALL, 1 + s / 2, np.expm1(safe) / safe)


def _stretch_slope(s: Array) -> Array:
    """The derivative of `_stretch`, over s; 0 at 0, where it multiplies a square."""
    near, far = np.clip(s, SMALL, NEAR), np.clip(s, NEAR, FURTHEST)
    series = (1 / 2 + near / 3 * (1 + near / 8 * 3 * (1 + near / 15 * 4))) / near
    return np.where(s < SMALL, 0.0, np.where(s < NEAR, series, (far * np.exp(far) - np.expm1(far)) / far**3))


__all__ = ["GlmStats", "Minorant", "climb"]
