"""Normal densities and moments on one block of observed columns: the arithmetic of the E-step.

This is the *centred* path, which whitens the rows about each component in turn. It is exact, runs on any array library,
and is the reference for the faster *linear* path (`_normal_linear`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, like, namespace, to_numpy, widened
from hiddenmix.moments import Kind, Moments

LOG_2PI = float(np.log(2 * np.pi))
SMALL = 2**13  # deviations of all rows from all means; up to here this path is as fast as the linear one


@dataclass(frozen=True)
class Block:
    """Components restricted to some columns, with everything that does not depend on the rows.

    `roots` and `inverse` are Cholesky factors (k, d, d) and their inverses, or standard deviations (k, d) and theirs.
    `log_norm` (k,) is the log density at the mean; a penalty of `reg_covar` is in it.
    """

    mean: Array
    roots: Array
    inverse: Array
    log_norm: Array
    kind: Kind
    pooled: bool

    @staticmethod
    def of(mean: Array, roots: Array, kind: Kind, pooled: bool, reg_covar: float) -> Block:
        """Factor and normalise."""
        d = mean.shape[1]
        if roots.ndim == 3:
            inverse = _linalg.inverse_triangular(np.ascontiguousarray(roots))
            scales = roots.diagonal(axis1=1, axis2=2)
        else:
            inverse, scales = 1.0 / roots, roots
        log_norm = -0.5 * d * LOG_2PI - np.log(scales).sum(axis=1)
        if reg_covar:
            log_norm -= 0.5 * reg_covar * np.square(inverse).reshape(len(inverse), -1).sum(axis=1)
        return Block(mean, roots, inverse, log_norm, kind, pooled)

    def restrict(self, chosen: Array) -> Block:
        """The block of some components."""
        return Block(
            self.mean[chosen], self.roots[chosen], self.inverse[chosen], self.log_norm[chosen], self.kind, self.pooled
        )

    def evaluate(self, x: Array) -> tuple[Array, Callable[[Array], Moments]]:
        """Log densities (n, k) of complete rows, and the function from responsibilities to moments."""
        x = widened(x)
        return self.log_prob(x), lambda resp: self.moments(x, resp)

    def log_prob(self, x: Array) -> Array:
        """Log densities by whitening about each component."""
        if is_small(x, len(self.mean)):
            delta = x.T - self.mean[:, :, None]  # (k, d, n)
            white = self.inverse @ delta if self.inverse.ndim == 3 else delta * self.inverse[:, :, None]
            return (self.log_norm[:, None] - 0.5 * np.einsum("kdn,kdn->kn", white, white)).T
        xp = namespace(x)
        mean, inverse, log_norm = (like(v, x) for v in (self.mean, self.inverse, self.log_norm))
        columns = []
        for j in range(len(self.mean)):
            delta = x - mean[j, :]
            white = delta @ inverse[j, ...].T if self.inverse.ndim == 3 else delta * inverse[j, :]
            columns.append(log_norm[j] - 0.5 * xp.sum(white * white, axis=1))
        return xp.stack(columns, axis=1) if not is_numpy(x) else np.stack(columns).T

    def moments(self, x: Array, resp: Array) -> Moments:
        """Moments about the components' own weighted means, in two passes."""
        return centred_moments(x, resp, self.mean, self.kind, self.pooled)


def is_small(x: Array, k: int) -> bool:
    """Whether NumPy does all components at once: where calls are few, rather than memory touched little."""
    return isinstance(x, np.ndarray) and x.size * k <= SMALL


def centred_moments(x: Array, resp: Array, fallback: Array, kind: Kind, pooled: bool) -> Moments:
    """Weighted moments of complete rows (n, d); components without weight get the `fallback` mean."""
    x = widened(x)
    xp = namespace(x)
    if not is_numpy(x):
        resp = xp.asarray(resp, dtype=x.dtype) if not hasattr(resp, "dtype") else xp.astype(resp, x.dtype)
    weight = to_numpy(xp.sum(resp, axis=0))
    safe = np.where(weight > 0, weight, 1.0)[:, None]
    mean = np.where(weight[:, None] > 0, to_numpy(resp.T @ x) / safe, fallback)
    if is_small(x, len(mean)):
        delta = x.T - mean[:, :, None]  # (k, d, n)
        weighted = delta * resp.T[:, None, :]
        full = kind == "full"
        scatter = weighted @ np.swapaxes(delta, 1, 2) if full else np.einsum("kdn,kdn->kd", weighted, delta)
        return _laid_out(weight, mean, scatter, kind, pooled)
    centre = like(mean, x)
    scatters = []
    for j in range(len(mean)):
        delta = x - centre[j, :]
        weighted = delta * resp[:, j][:, None]
        scatters.append(to_numpy(weighted.T @ delta if kind == "full" else xp.sum(weighted * delta, axis=0)))
    scatter = np.stack(scatters)
    return _laid_out(weight, mean, scatter, kind, pooled)


def _laid_out(weight: Array, mean: Array, scatter: Array, kind: Kind, pooled: bool) -> Moments:
    """Moments from per-component scatters (k, d, d) or (k, d) in the layout that the shape wants."""
    if kind == "spherical":
        scatter = scatter.sum(axis=1)
    if kind != "full":
        weight = np.repeat(weight[:, None], mean.shape[1], axis=1)
    return Moments(weight, weight, mean, scatter.sum(axis=0) if pooled else scatter, kind, pooled)
