"""The M-step of factor-analytic covariances S = L L' + Psi, Psi diagonal: the best uniquenesses, loadings profiled out.

Given Psi = diag(exp x), the best loadings come from the eigenvalues t_m and eigenvectors of Psi^-1/2 C Psi^-1/2, C the
sample covariance: the q largest of those above 1 are kept, and -2/n times the log-likelihood becomes

f(x) = sum x + sum_{kept} (log t_m + 1) + sum_{others} t_m, df/dx_i = sum_{others} (1 - t_m) w_im^2

(Lawley & Maxwell 1971, Factor Analysis as a Statistical Method; Joreskog 1967, Psychometrika 32:443). Newton steps use
the exact second derivatives (Clarke 1970, British J. Mathematical and Statistical Psychology 23:43). Several components
that share their uniquenesses, and columns that share one, add up their parts. Common loadings of components with
uniquenesses of their own have no such profile, and are climbed to by L-BFGS in all parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from hiddenmix import _linalg
from hiddenmix._tree import Array

STEPS = 200
LONGEST = 3.0  # of a step in log uniquenesses
LEVEL = 1e-15  # a slope, of one row, that is none
SETTLED = 1e-11  # a slope, of one row, from which L-BFGS need not start again
ROUNDING = 1e-13  # a gain, of one row, that does not show
GRADED = 1e4  # variances that differ by this factor
NEAR = 7.0  # a log uniqueness this near its bound, and falling, goes there at once: it is flat all the way
CLOSE = 1e-10  # eigenvalues this near count as equal


@dataclass(frozen=True)
class Profile:
    """The profiled function of one component at x (d,)."""

    value: float
    slope: Array
    theta: Array
    axes: Array
    kept: int

    @staticmethod
    def of(cov: Array, x: Array, q: int) -> Profile:
        """Of a sample covariance (d, d)."""
        theta, axes = spectrum(cov, np.exp(-x / 2))
        kept = int(np.sum(theta[:q] > 1))
        rest = theta[kept:]
        value = x.sum() + np.sum(np.log(theta[:kept]) + 1) + rest.sum()
        return Profile(float(value), np.square(axes[:, kept:]) @ (1 - rest), theta, axes, kept)

    def curvature(self) -> Array:
        """Second derivatives (d, d)."""
        inner, theta = self.axes[:, self.kept :], self.theta[self.kept :]
        out = ((inner * theta) @ inner.T) * (inner @ inner.T)
        for t, axis in zip(self.theta[: self.kept], self.axes.T):
            gap = np.maximum(t - theta, CLOSE * t)
            out += ((inner * ((1 - theta) * (t + theta) / gap)) @ inner.T) * np.outer(axis, axis)
        return np.asarray(out)

    def loadings(self, x: Array, q: int) -> Array:
        """The best loadings (d, q); columns beyond those kept are 0."""
        out = np.zeros((len(x), q))
        out[:, : self.kept] = np.exp(x / 2)[:, None] * self.axes[:, : self.kept] * np.sqrt(self.theta[: self.kept] - 1)
        return out


def spectrum(cov: Array, scale: Array) -> tuple[Array, Array]:
    """Eigenvalues, largest first, and eigenvectors of diag(scale) C diag(scale).

    Where scales differ much the small eigenvalues would drown in the rounding of the large ones; singular values of the
    Cholesky factor with the largest columns first do not (Higham 2002, section 10.3.2).
    """
    scaled = scale[:, None] * cov * scale
    size = np.diagonal(scaled)
    if size.max() > GRADED * size.min() > 0:
        order = np.argsort(-size)
        try:
            left, values, _ = np.linalg.svd(np.linalg.cholesky(scaled[np.ix_(order, order)]))
        except np.linalg.LinAlgError:
            pass
        else:
            axes = np.empty_like(left)
            axes[order] = left
            return np.square(values), axes
    theta, axes = np.linalg.eigh(scaled)
    return np.maximum(theta[::-1], 0.0), axes[:, ::-1]


def solve(covs: Array, share: Array, q: int, x: Array, low: Array, isotropic: bool) -> Array:
    """The log uniquenesses (d,) that minimise sum share_j f_j(x), from `x` on, none of them below `low` (d,).

    `covs` (m, d, d) are the components that share them, `share` (m,) their parts of the rows. The value never rises.
    """
    one = np.ones((len(x), 1)) if isotropic else np.eye(len(x))
    x, low = np.maximum(x, low), np.full(len(x), low.max()) if isotropic else low
    value, slope, now = _at(covs, share, q, x)
    for _ in range(STEPS):
        held = (x <= low) & (slope > 0) & (not isotropic)
        rise = one.T @ np.where(held, 0.0, slope)
        if np.max(np.abs(rise), initial=0.0) <= LEVEL:
            break
        steep = one.T @ (sum(w * p.curvature() for w, p in zip(share, now)) * np.outer(~held, ~held)) @ one
        bend, along = np.linalg.eigh(steep)
        bend = np.maximum(np.abs(bend), 1e-8 * max(np.abs(bend).max(), 1e-8))
        step = one @ (-(along @ ((along.T @ rise) / bend)))
        step = np.where(held, 0.0, step)
        step *= min(1.0, LONGEST / np.abs(step).max())
        if not isotropic:
            step = np.where((slope > 0) & (x < low + NEAR), low - x, step)
        for _ in range(40):
            after = np.maximum(x + step, low)
            best = _at(covs, share, q, after)
            gain = -slope @ (after - x)
            if gain <= ROUNDING * (1 + abs(value)):  # values no longer tell; slopes do, to the last step
                if np.max(np.abs(one.T @ np.where(held, 0.0, best[1]))) > 0.5 * np.max(np.abs(rise)):
                    return x
                break
            if best[0] <= value - 1e-4 * gain:
                break
            step /= 2
        else:
            break
        x, (value, slope, now) = after, best
    return x


def _at(covs: Array, share: Array, q: int, x: Array) -> tuple[float, Array, list[Profile]]:
    now = [Profile.of(cov, x, q) for cov in covs]
    value = sum(w * p.value for w, p in zip(share, now))
    return value, np.asarray(sum(w * p.slope for w, p in zip(share, now))), now


def solve_common(
    covs: Array, share: Array, loading: Array, x: Array, low: Array, isotropic: bool
) -> tuple[Array, Array]:
    """Loadings (d, q) that components share, and their log uniquenesses (m, d), from given ones on."""
    d, q = loading.shape
    unit = np.sqrt(np.einsum("j,jii->i", share, covs))
    own = x.mean(axis=1, keepdims=True) if isotropic else x
    floor = np.full(own.shape, low.max()) if isotropic else np.broadcast_to(low, own.shape)

    def split(v: Array) -> tuple[Array, Array]:
        return v[: d * q].reshape(d, q) * unit[:, None], np.broadcast_to(v[d * q :].reshape(own.shape), x.shape)

    def lost(v: Array) -> tuple[float, Array]:
        loading, x = split(v)
        value, rise, turn = 0.0, np.zeros((d, q)), np.empty(x.shape)
        for j, (w, cov) in enumerate(zip(share, covs)):
            one, slope = deviance(cov, loading, x[j])
            value += w * one
            rise += 2 * w * slope @ loading
            turn[j] = w * np.diag(slope) * np.exp(x[j])
        turn = turn.sum(axis=1, keepdims=True) if isotropic else turn
        return value, np.concatenate([(rise * unit[:, None]).ravel(), turn.ravel()])

    low_all = np.concatenate([np.full(d * q, -np.inf), floor.ravel()])
    best = np.concatenate([(loading / unit[:, None]).ravel(), np.maximum(own, floor).ravel()])
    for level in (1e-4, 1e-7, 1e-10):  # as far as Newton steps need to go on from there
        best = _polished(lost, _climbed(lost, best, low_all, level), low_all)
        slope = lost(best)[1]
        if np.max(np.abs(np.where((best <= low_all) & (slope > 0), 0.0, slope))) <= SETTLED:
            break
    loading, x = split(best)
    return loading, np.array(x)


def _climbed(lost: Callable[[Array], tuple[float, Array]], best: Array, low: Array, level: float) -> Array:
    """L-BFGS until slopes are below `level`, once more from where what came near its bound was put on it."""
    options: Any = {"maxiter": 5000, "maxfun": 20000, "ftol": 0.0, "gtol": level, "maxcor": 30}
    bounds = [(None if np.isinf(f) else float(f), None) for f in low]
    for _ in range(2):
        found = minimize(lost, best, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        best = found.x if found.fun <= lost(best)[0] else best
        value, slope = lost(best)
        near = (slope > 0) & (best < low + NEAR) & (best > low)
        snapped = np.where(near, low, best)
        if not near.any() or lost(snapped)[0] > value:
            break
        best = snapped
    return best


def _polished(lost: Callable[[Array], tuple[float, Array]], best: Array, low: Array) -> Array:
    """Newton steps by conjugate gradients, for as long as slopes fall: the last digits, which values do not tell."""
    value, slope = lost(best)
    free = ~((best <= low) & (slope > 0))

    def bent(v: Array) -> Array:
        length = max(float(np.linalg.norm(v)), 1e-300)
        step = 1e-5 / length * v
        return (lost(best + step)[1] - lost(best - step)[1])[free] * (length / 2e-5)

    for _ in range(20):
        right, step = -slope[free], np.zeros(int(free.sum()))
        rest = along = right
        steep = float(np.linalg.norm(right))
        for _ in range(4 * len(right)):
            wide = np.zeros(len(best))
            wide[free] = along
            curved = bent(wide)
            bend = along @ curved
            if bend <= 1e-13 * (along @ along):
                break
            size = (rest @ rest) / bend
            step, after = step + size * along, rest - size * curved
            if np.linalg.norm(after) <= max(1e-8, min(0.1, steep)) * steep:
                break
            along, rest = after + (after @ after) / (rest @ rest) * along, after
        moved = best.copy()
        moved[free] += step
        if np.any(moved < low):
            break
        there, new = lost(moved)
        if np.linalg.norm(new[free]) > 0.5 * np.linalg.norm(slope[free]) or there > value + ROUNDING * (1 + abs(value)):
            break
        best, value, slope = moved, there, new
    return best


def deviance(cov: Array, loading: Array, x: Array) -> tuple[float, Array]:
    """log|S| + tr S^-1 C of S = L L' + diag(exp x), and its derivative (d, d) in S."""
    root = np.linalg.cholesky(loading @ loading.T + np.diag(np.exp(x)))
    half = _linalg.inverse_triangular(root)
    inverse = half.T @ half
    carried = inverse @ cov
    return float(2 * np.log(np.diagonal(root)).sum() + np.trace(carried)), inverse - carried @ inverse
