"""The linear path of normal families: two matrix products around a softmax.

Every log density is a product of natural parameters with features of the row (1, z, z z'), and the moments are the
product of responsibilities with the same features, in coordinates z that all components share (`_normal_coordinates`).
Components for which these are not accurate form a group with coordinates of their own; a group of one is whitened about
itself, where nothing is lost. The same numbers serve NumPy (`LinearBlock.evaluate`) and the compiled E-step
(`LinearBlock.form`, `LinearBlock.expected`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._xp import widened
from hiddenmix.families._normal_block import Block
from hiddenmix.families._normal_coordinates import RHO2, Coordinates
from hiddenmix.kernels.form import Expected, Form, normal_layout
from hiddenmix.moments import Moments, outer

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
        left, rest = np.arange(len(block.mean)), block
        while len(left):
            coordinates = Coordinates.of(rest)
            fits = coordinates.rho2 <= RHO2
            if fits.all():
                groups.append((left, Features.of(rest, coordinates)))
                break
            if fits.any():
                coordinates = coordinates.pick(fits)
            else:
                fits = np.arange(len(left)) == 0
                coordinates = Coordinates.of(rest.restrict(fits))
            groups.append((left[fits], Features.of(rest.restrict(fits), coordinates)))
            left, rest = left[~fits], rest.restrict(~fits)
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

    @cached_property
    def form(self) -> Form:
        """The same for the compiled E-step."""
        chosen, features = zip(*self.groups, strict=True)
        block, coordinates = features[0].block, [part.coordinates for part in features]
        theta = np.concatenate([part.theta for part in features])
        if block.pooled:
            theta[:, -1] *= -0.5
        return Form(
            normal_layout(block.kind, block.pooled, block.mean.shape[1]),
            theta[:, 1:],
            theta[:, 0],
            np.array([part.pivot for part in coordinates]),
            np.array([part.inverse_scale for part in coordinates]),
            tuple(accumulate(map(len, chosen))),
            None if block.pooled else np.concatenate([part.centre for part in coordinates]),
            np.concatenate(chosen) if len(chosen) > 1 else None,
        )

    def expected(self, expected: Expected, n: int) -> Moments | None:
        """The moments of `n` rows, from what the compiled E-step gives; None where their spread was lost."""
        parts = []
        for g, (chosen, features) in enumerate(self.groups):
            d = features.block.mean.shape[1]
            sums = expected.sums[chosen]
            second = sums[:, d:] if expected.scatter is None else expected.scatter[g]
            part = features.moments(expected.counts[chosen], sums[:, :d], second, n)
            if part is None:
                return None
            parts.append(part)
        return parts[0] if len(parts) == 1 else self._gathered(parts)

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
class Features:
    """One group: `theta` (k, p) times features (p, n)."""

    block: Block
    theta: Array
    coordinates: Coordinates

    @staticmethod
    def of(block: Block, coordinates: Coordinates) -> Features:
        """Natural parameters in these coordinates; all of them finite."""
        centre, precision = coordinates.centre, coordinates.precision
        k, d = centre.shape
        if block.pooled:
            slope, quadratic = centre, np.ones((k, 1))
        elif block.kind == "full":
            slope = (precision @ centre[:, :, None])[:, :, 0]
            upper, halved = _upper(d)
            quadratic = precision.reshape(k, d * d).take(upper, axis=1) * halved
        else:
            slope = precision * centre
            quadratic = -0.5 * (precision if block.kind == "diag" else precision[:, :1])
        constant = block.log_norm - 0.5 * np.vecdot(slope, centre)
        return Features(block, np.concatenate([constant[:, None], slope, quadratic], axis=1), coordinates)

    def evaluate(self, x: Array) -> tuple[Array, Callable[[Array], Moments]]:
        """Product; and, once there are responsibilities, the product back."""
        phi = self._features(x)
        return (self.theta @ phi).T, lambda resp: self._back(resp.T, phi) or self.block.moments(x, resp)

    def _features(self, x: Array) -> Array:
        """1, z, and the products that the shape needs: z z' (upper triangle), z², |z|², or -|z|²/2 shared by all."""
        n, d = x.shape
        phi = np.empty((self.theta.shape[1], n))
        phi[0] = 1.0
        z = self.coordinates.whiten(x, out=phi[1 : d + 1])
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

    def _back(self, shares: Array, phi: Array) -> Moments | None:
        """The moments from responsibilities (k, n)."""
        d = self.block.mean.shape[1]
        z, sums = phi[1 : d + 1], shares @ phi.T
        second = sums[:, d + 1 :]
        if self.block.pooled:
            rows = shares.sum(axis=0)
            second = (z * rows) @ z.T if self.block.kind == "full" else (z * z) @ rows
        return self.moments(sums[:, 0], sums[:, 1 : d + 1], second, shares.shape[1])

    def moments(self, weight: Array, first: Array, second: Array, n: int) -> Moments | None:
        """Moments about the components' means, from sums of 1 (k,), z (k, d) and the shape's products of z over n rows.

        For a pooled shape `second` is the scatter of z about 0 over all components, (d, d) or (d,). None where the rows
        turn out so that their spread was lost, which the parameters cannot know.
        """
        kind, pooled, d = self.block.kind, self.block.pooled, first.shape[1]
        rows = weight[:, None]
        local = np.divide(first, rows, out=self.coordinates.centre.copy(), where=rows > 0)
        if kind == "spherical":
            second = second.sum(axis=-1)
        elif kind == "full" and not pooled:
            second = second.take(_lower_too(d), axis=1).reshape(-1, d, d)
        scatter = second - outer(rows, local, kind, pooled)
        if self._lost(scatter, second, weight, n):
            return None
        mean, scatter = self._unwhitened(local, scatter)
        if kind != "full":
            weight = np.repeat(rows, d, axis=1)
        return Moments(weight, weight, mean, scatter, kind, pooled)

    def _unwhitened(self, mean: Array, scatter: Array) -> tuple[Array, Array]:
        """Means and scatters in the coordinates of the rows."""
        pivot, scale = self.coordinates.pivot, self.coordinates.scale
        if scale.ndim == 2:
            return pivot + mean @ scale.T, scale @ scatter @ scale.T
        return pivot + mean * scale, scatter * np.square(scale if self.block.kind == "diag" else scale[0])

    def _lost(self, scatter: Array, second: Array, weight: Array, n: int) -> bool:
        """Whether a component's rows lie much closer together than to the pivot; tiny components may."""
        if self.block.kind == "full":
            scatter, second = (products.diagonal(axis1=-2, axis2=-1) for products in (scatter, second))
        lost = second > LOST * scatter
        if not lost.any():
            return False
        heavy = weight * n >= (self.block.mean.shape[1] + 2) * weight.sum()
        return bool(heavy.any() if self.block.pooled else lost[heavy].any())


@lru_cache(maxsize=16)
def _upper(d: int) -> tuple[Array, Array]:
    """Where the upper triangle of a matrix (d, d) lies in its ravelled form, and how often it counts, times -1/2."""
    rows, cols = np.triu_indices(d)
    return rows * d + cols, np.where(rows == cols, -0.5, -1.0)


@lru_cache(maxsize=16)
def _lower_too(d: int) -> Array:
    """For each cell of a symmetric matrix, ravelled, its place in the upper triangle."""
    place = np.empty((d, d), dtype=int)
    rows, cols = np.triu_indices(d)
    place[rows, cols] = place[cols, rows] = np.arange(len(rows))
    return place.ravel()
