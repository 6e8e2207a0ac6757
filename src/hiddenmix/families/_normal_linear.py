"""The linear path of normal families: two matrix products around a softmax.

Every log density is a product of natural parameters with features of the row (1, z, z z'), and the moments are the
product of responsibilities with the same features, in coordinates z shifted to a pivot between the components and
whitened by their mean covariance. In these coordinates the relative error of a covariance S is about float error times
rho2 = (|mean|² + tr S) / (least eigenvalue of S). Components with a large one form a group with a pivot of their own;
a group of one is whitened about itself, where rho2 is the number of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix._xp import widened
from hiddenmix.families._normal_block import Block
from hiddenmix.moments import Moments

RHO2 = 1e5  # keeps the error of a covariance from features below 1e-10
LOST = 10 * RHO2  # rows that turn out worse than this are done again by the centred path


@dataclass(frozen=True)
class LinearBlock:
    """A block in linear form: groups of components, each with its own coordinates."""

    groups: tuple[tuple[Array, Features], ...]
    n_components: int

    @staticmethod
    def of(block: Block) -> LinearBlock:
        """Split the components into groups that are accurate."""
        groups: list[tuple[Array, Features]] = []
        left = np.arange(len(block.mean))
        while len(left):
            coordinates = Coordinates.of(block.restrict(left))
            fits = coordinates.rho2 <= RHO2
            if fits.all():
                groups.append((left, Features.of(block.restrict(left), coordinates)))
                break
            chosen = left[fits] if fits.any() else left[:1]
            part = block.restrict(chosen)
            groups.append((chosen, Features.of(part, coordinates.pick(fits) if fits.any() else Coordinates.of(part))))
            left = left[~np.isin(left, chosen)]
        return LinearBlock(tuple(groups), len(block.mean))

    def evaluate(self, x: Array) -> tuple[Array, Callable[[Array], Moments]]:
        """Log densities (n, k) of complete rows, and the function from responsibilities to moments."""
        x = widened(x)
        if len(self.groups) == 1:
            return self.groups[0][1].evaluate(x)
        log_prob = np.empty((self.n_components, len(x)))
        back = []
        for chosen, features in self.groups:
            part, part_moments = features.evaluate(x)
            log_prob[chosen] = part.T
            back.append(part_moments)

        def moments_of(resp: Array) -> Moments:
            return self._gathered([f(resp[:, c]) for (c, _), f in zip(self.groups, back, strict=True)])

        return log_prob.T, moments_of

    def _gathered(self, parts: Sequence[Moments]) -> Moments:
        """The moments of all groups in the order of the components."""
        order = np.argsort(np.concatenate([chosen for chosen, _ in self.groups]))
        weight, dof, mean = (
            np.concatenate([getattr(part, name) for part in parts])[order] for name in ("weight", "dof", "mean")
        )
        first = parts[0]
        if first.pooled:
            scatter = np.sum([part.scatter for part in parts], axis=0)
        else:
            scatter = np.concatenate([part.scatter for part in parts])[order]
        return Moments(weight, dof, mean, scatter, first.kind, first.pooled)


@dataclass(frozen=True)
class Coordinates:
    """z = scale^-1 (x - pivot), with `scale` a factor (d, d) or standard deviations (d,).

    `centre` (k, d) and `precision_root` are the components' means and inverse roots in these coordinates, `rho2` (k,)
    how much accuracy the features lose.
    """

    pivot: Array
    scale: Array
    inverse_scale: Array
    centre: Array
    precision_root: Array
    rho2: Array

    @staticmethod
    def of(block: Block) -> Coordinates:
        """Pivot at the median of the means, scale from the mean covariance."""
        pivot = np.median(block.mean, axis=0)
        if block.roots.ndim == 2:
            scale = np.sqrt(np.square(block.roots).mean(axis=0))
            centre = (block.mean - pivot) / scale
            precision_root = block.inverse * scale
            spread, least = np.square(block.roots / scale).sum(axis=1), np.square(precision_root).max(axis=1)
            return Coordinates(pivot, scale, 1 / scale, centre, precision_root, _rho2(centre, spread, least))
        if block.pooled or len(block.mean) == 1:
            scale, inverse_scale = block.roots[0], block.inverse[0]
        else:
            scale = _linalg.cholesky((block.roots @ np.swapaxes(block.roots, 1, 2)).mean(axis=0))
            inverse_scale = _linalg.inverse_triangular(scale)
        centre = (block.mean - pivot) @ inverse_scale.T
        precision_root = block.inverse @ scale
        spread = np.square(inverse_scale @ block.roots).sum(axis=(1, 2))
        least = np.square(precision_root).sum(axis=(1, 2))  # an upper bound, cheap
        if np.any(_rho2(centre, spread, least) > RHO2):
            least = np.linalg.norm(precision_root, ord=2, axis=(1, 2)) ** 2
        return Coordinates(pivot, scale, inverse_scale, centre, precision_root, _rho2(centre, spread, least))

    def pick(self, chosen: Array) -> Coordinates:
        """The same coordinates, for some of the components."""
        return Coordinates(
            self.pivot,
            self.scale,
            self.inverse_scale,
            self.centre[chosen],
            self.precision_root[chosen],
            self.rho2[chosen],
        )

    def whiten(self, x: Array) -> Array:
        """z (d, n), rows of x innermost."""
        shifted = (x - self.pivot).T
        return shifted * self.inverse_scale[:, None] if self.scale.ndim == 1 else self.inverse_scale @ shifted


@dataclass(frozen=True)
class Features:
    """One group: `theta` (k, p) times features (p, n)."""

    block: Block
    theta: Array
    coordinates: Coordinates

    @staticmethod
    def of(block: Block, coordinates: Coordinates) -> Features:
        """Natural parameters in these coordinates; all of them finite."""
        centre, root = coordinates.centre, coordinates.precision_root
        k, d = centre.shape
        if block.pooled:
            slope, quadratic = centre, np.ones((k, 1))
        elif block.kind == "full":
            precision = np.swapaxes(root, 1, 2) @ root
            slope = np.einsum("kab,kb->ka", precision, centre)
            rows, cols = np.triu_indices(d)
            quadratic = precision[:, rows, cols] * np.where(rows == cols, -0.5, -1.0)
        else:
            slope = root**2 * centre
            quadratic = -0.5 * (root**2 if block.kind == "diag" else root[:, :1] ** 2)
        constant = block.log_norm - 0.5 * np.einsum("ka,ka->k", slope, centre)
        return Features(block, np.concatenate([constant[:, None], slope, quadratic], axis=1), coordinates)

    def evaluate(self, x: Array) -> tuple[Array, Callable[[Array], Moments]]:
        """Product; and, once there are responsibilities, the product back."""
        z = self.coordinates.whiten(x)
        phi = self._features(z)
        return (self.theta @ phi).T, lambda resp: self._moments(resp, phi, z) or self.block.moments(x, resp)

    def _features(self, z: Array) -> Array:
        """1, z, and the products that the shape needs: z z' (upper triangle), z², |z|², or -|z|²/2 shared by all."""
        d, n = z.shape
        phi = np.empty((self.theta.shape[1], n))
        phi[0] = 1.0
        phi[1 : d + 1] = z
        if self.block.pooled:
            np.einsum("dn,dn->n", z, z, out=phi[-1])
            phi[-1] *= -0.5
        elif self.block.kind == "full":
            row = d + 1
            for a in range(d):
                np.multiply(z[a], z[a:], out=phi[row : row + d - a])
                row += d - a
        elif self.block.kind == "diag":
            np.multiply(z, z, out=phi[d + 1 :])
        else:
            np.einsum("dn,dn->n", z, z, out=phi[-1])
        return phi

    def _moments(self, resp: Array, phi: Array, z: Array) -> Moments | None:
        """The moments; None where the rows turn out so that their spread was lost, which the parameters cannot know."""
        d, kind, pooled = len(z), self.block.kind, self.block.pooled
        pivot, scale = self.coordinates.pivot, self.coordinates.scale
        shares = resp.T  # (k, n)
        sums = shares @ phi.T
        weight = sums[:, 0]
        safe = np.where(weight > 0, weight, 1.0)[:, None]
        local = np.where(weight[:, None] > 0, sums[:, 1 : d + 1] / safe, self.coordinates.centre)
        scatter = self._scatter(sums, shares, z, weight, local)
        if self._lost(scatter, weight, local, len(resp)):
            return None
        if scale.ndim == 2:
            mean = pivot + local @ scale.T
            scatter = scale @ scatter @ scale.T
        else:
            mean = pivot + local * scale
            scatter = scatter * (scale**2 if kind == "diag" else scale[0] ** 2)
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

    def _lost(self, scatter: Array, weight: Array, local: Array, n: int) -> bool:
        """Whether the rows of a component lie much closer together than to the pivot; tiny components may."""
        d = local.shape[1]
        heavy = (weight > 0) & (weight * n >= (d + 2) * weight.sum())
        if not heavy.any():
            return False
        spread = np.diagonal(scatter, axis1=-2, axis2=-1) if self.block.kind == "full" else scatter
        if self.block.kind == "spherical":
            spread = np.asarray(spread / d)[..., None]
        mass = weight.sum() if self.block.pooled else weight[heavy, None]
        variance = (spread if self.block.pooled else spread[heavy]) / mass
        return bool(np.any(np.square(local[heavy]) + variance > LOST * variance))


def _rho2(centre: Array, spread: Array, least: Array) -> Array:
    """How many float errors a covariance loses, per component (k,); `least` is one over its least eigenvalue."""
    return (np.square(centre).sum(axis=1) + spread) * least
