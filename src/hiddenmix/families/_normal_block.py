"""Normal densities and moments on one block of observed columns: the arithmetic of the E-step.

Two ways lead to the same numbers. The *centred* path whitens the rows about each component in turn; it is exact, runs
on any array library, and is the reference. The *linear* path writes every log density as a product of natural
parameters with features of the row (1, z, z z'), and the moments as the product of responsibilities with the same
features: two matrix products, in coordinates shifted to a pivot between the components and whitened by their mean
covariance. Its relative error in a covariance is about float error times `rho2`, so components with a large one take
the centred path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, like, namespace, to_numpy, widened
from hiddenmix.moments import Kind, Moments

RHO2 = 1e5  # keeps the error of a covariance from features below 1e-10
LOG_2PI = float(np.log(2 * np.pi))


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
            log_det = np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
            trace = np.square(inverse).sum(axis=(1, 2))
        else:
            inverse = 1.0 / roots
            log_det = np.log(roots).sum(axis=1)
            trace = np.square(inverse).sum(axis=1)
        log_norm = -0.5 * d * LOG_2PI - log_det - 0.5 * reg_covar * trace
        return Block(mean, roots, inverse, log_norm, kind, pooled)

    def evaluate(self, x: Array, linear: Features | None) -> tuple[Array, Callable[[Array], Moments]]:
        """Log densities (n, k) of complete rows, and the function from responsibilities to moments."""
        x = widened(x)
        if linear is not None and is_numpy(x):
            return linear.evaluate(x)
        return self.log_prob(x), lambda resp: self.moments(x, resp)

    def log_prob(self, x: Array) -> Array:
        """Log densities by whitening about each component."""
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


def centred_moments(x: Array, resp: Array, fallback: Array, kind: Kind, pooled: bool) -> Moments:
    """Weighted moments of complete rows (n, d); components without weight get the `fallback` mean."""
    x = widened(x)
    xp = namespace(x)
    if not is_numpy(x):
        resp = xp.asarray(resp, dtype=x.dtype) if not hasattr(resp, "dtype") else xp.astype(resp, x.dtype)
    weight = to_numpy(xp.sum(resp, axis=0))
    safe = np.where(weight > 0, weight, 1.0)[:, None]
    mean = np.where(weight[:, None] > 0, to_numpy(resp.T @ x) / safe, fallback)
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


@dataclass(frozen=True)
class Features:
    """The linear form of a block: `theta` (k, p) times features (p, n).

    `pivot` (d,) and `scale`, a factor (d, d) or standard deviations (d,), make coordinates z = scale^-1 (x - pivot).
    """

    block: Block
    theta: Array
    pivot: Array
    scale: Array
    inverse_scale: Array
    centre: Array

    @staticmethod
    def of(block: Block) -> Features | None:
        """The linear form, or None where it would not be accurate."""
        pivot = np.median(block.mean, axis=0)
        if block.roots.ndim == 3:
            if block.pooled:
                scale, inverse_scale = block.roots[0], block.inverse[0]
            else:
                try:
                    scale = _linalg.cholesky((block.roots @ np.swapaxes(block.roots, 1, 2)).mean(axis=0))
                except np.linalg.LinAlgError:
                    return None
                inverse_scale = _linalg.inverse_triangular(scale)
            centre = (block.mean - pivot) @ inverse_scale.T
            root, precision_root = inverse_scale @ block.roots, block.inverse @ scale
            spread, least = np.square(root).sum(axis=(1, 2)), np.square(precision_root).sum(axis=(1, 2))
            if np.max((np.square(centre).sum(axis=1) + spread) * least) > RHO2:
                least = np.linalg.norm(precision_root, ord=2, axis=(1, 2)) ** 2
        else:
            scale = np.sqrt(np.square(block.roots).mean(axis=0))
            inverse_scale = 1.0 / scale
            centre = (block.mean - pivot) * inverse_scale
            precision_root = block.inverse * scale
            spread, least = np.square(block.roots / scale).sum(axis=1), np.square(precision_root).max(axis=1)
        rho2 = (np.square(centre).sum(axis=1) + spread) * least
        if not np.all(rho2 <= RHO2):
            return None
        theta = _natural(block, centre, precision_root)
        return Features(block, theta, pivot, scale, inverse_scale, centre)

    def evaluate(self, x: Array) -> tuple[Array, Callable[[Array], Moments]]:
        """Product; and, once there are responsibilities, the product back."""
        z = self._whiten(x)
        phi = self._features(z)
        return (self.theta @ phi).T, lambda resp: self._moments(resp, phi, z)

    def _whiten(self, x: Array) -> Array:
        shifted = (x - self.pivot).T  # (d, n), rows innermost
        if self.scale.ndim == 1:
            return shifted * self.inverse_scale[:, None]
        return self.inverse_scale @ shifted

    def _features(self, z: Array) -> Array:
        """1, z, and the products that the shape needs: z z' (upper triangle), z², |z|², or -|z|²/2 shared by all."""
        d, n = z.shape
        kind, pooled = self.block.kind, self.block.pooled
        phi = np.empty((self.theta.shape[1], n))
        phi[0] = 1.0
        phi[1 : d + 1] = z
        if pooled:
            np.einsum("dn,dn->n", z, z, out=phi[-1])
            phi[-1] *= -0.5
        elif kind == "full":
            row = d + 1
            for a in range(d):
                np.multiply(z[a], z[a:], out=phi[row : row + d - a])
                row += d - a
        elif kind == "diag":
            np.multiply(z, z, out=phi[d + 1 :])
        else:
            np.einsum("dn,dn->n", z, z, out=phi[-1])
        return phi

    def _moments(self, resp: Array, phi: Array, z: Array) -> Moments:
        d = len(z)
        shares = resp.T  # (k, n)
        sums = shares @ phi.T
        weight = sums[:, 0]
        safe = np.where(weight > 0, weight, 1.0)[:, None]
        local = np.where(weight[:, None] > 0, sums[:, 1 : d + 1] / safe, self.centre)
        scatter = self._scatter(sums, shares, z, weight, local)
        kind, pooled = self.block.kind, self.block.pooled
        if self.scale.ndim == 2:
            mean = self.pivot + local @ self.scale.T
            scatter = self.scale @ scatter @ self.scale.T
        else:
            mean = self.pivot + local * self.scale
            scatter = scatter * (self.scale**2 if kind == "diag" else self.scale[0] ** 2)
        if kind != "full":
            weight = np.repeat(weight[:, None], d, axis=1)
        return Moments(weight, weight, mean, scatter, kind, pooled)

    def _scatter(self, sums: Array, shares: Array, z: Array, weight: Array, local: Array) -> Array:
        """The scatter about the weighted means, in the whitened coordinates."""
        d, kind = len(z), self.block.kind
        if self.block.pooled:
            rows = shares.sum(axis=0)
            total = (z * rows) @ z.T if kind == "full" else (z * z) @ rows
            between = (local * weight[:, None]).T @ local if kind == "full" else weight @ (local * local)
            return total - between if kind != "spherical" else (total - between).sum()
        if kind == "diag":
            return sums[:, d + 1 :] - weight[:, None] * local**2
        if kind == "spherical":
            return sums[:, -1] - weight * np.square(local).sum(axis=1)
        second = np.empty((len(weight), d, d))
        upper = np.triu_indices(d)
        second[:, upper[0], upper[1]] = sums[:, d + 1 :]
        second[:, upper[1], upper[0]] = sums[:, d + 1 :]
        return second - (weight[:, None] * local)[:, :, None] * local[:, None, :]


def _natural(block: Block, centre: Array, precision_root: Array) -> Array:
    """Natural parameters (k, p) in the whitened coordinates; all of them finite."""
    k, d = centre.shape
    if block.kind == "full" and not block.pooled:
        precision = np.swapaxes(precision_root, 1, 2) @ precision_root
        slope = np.einsum("kab,kb->ka", precision, centre)
        rows, cols = np.triu_indices(d)
        quadratic = precision[:, rows, cols] * np.where(rows == cols, -0.5, -1.0)
    elif block.pooled:
        slope, quadratic = centre, np.ones((k, 1))
    else:
        precision = precision_root**2
        slope = precision * centre
        quadratic = -0.5 * (precision if block.kind == "diag" else precision[:, :1])
    constant = block.log_norm - 0.5 * np.einsum("ka,ka->k", slope, centre)
    return np.concatenate([constant[:, None], slope, quadratic], axis=1)
