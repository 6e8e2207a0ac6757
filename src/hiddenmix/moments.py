"""Weighted first and second moments that merge exactly: the sufficient statistics of normal families.

Merging follows Chan, Golub & LeVeque (1983, The American Statistician 37:242): with weights a and b and means apart by
delta, scatter = S_a + S_b + ab/(a+b) delta delta'. Raw second moments are never formed: at mean 1e4 and standard
deviation 1e-3 they would lose several per cent of the variance.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from hiddenmix._tree import Array, record, static

Kind = Literal["full", "diag", "spherical"]


@record
class Moments:
    """Moments of k components about their own means.

    `weight` and `dof` are (k,) for kind "full" and (k, d) otherwise, where columns are observed one by one. `mean` is
    (k, d). `scatter`, the weighted sum of squared deviations from `mean`, is (k, d, d), (k, d) or (k,) by kind; when
    `pooled`, it is summed over components and lacks the leading axis. `dof` counts rows as `weight` does, and differs
    from it only by what a prior adds.
    """

    weight: Array
    dof: Array
    mean: Array
    scatter: Array
    kind: Kind = static(default="full")
    pooled: bool = static(default=False)

    def merge(self, other: Moments) -> Moments:
        """Moments of both parts together."""
        weight = self.weight + other.weight
        safe = np.where(weight > 0, weight, 1.0)
        share = other.weight / safe
        delta = other.mean - self.mean
        between = outer(_columns(self.weight * share), delta, self.kind, self.pooled)
        return Moments(
            weight,
            self.dof + other.dof,
            np.where(_columns(self.weight) > 0, self.mean + _columns(share) * delta, other.mean),
            self.scatter + other.scatter + between,
            self.kind,
            self.pooled,
        )

    def scale(self, factor: float) -> Moments:
        """Moments as if every weight had been `factor` times as large."""
        return Moments(
            self.weight * factor, self.dof * factor, self.mean, self.scatter * factor, self.kind, self.pooled
        )

    def counting(self, dof: Array) -> Moments:
        """The same moments of so many rows (k,): where weights are responsibilities times latent scales of the rows."""
        dof = dof if self.kind == "full" else np.repeat(dof[:, None], self.mean.shape[1], axis=1)
        return Moments(self.weight, dof, self.mean, self.scatter, self.kind, self.pooled)

    def about(self, mean: Array) -> Array:
        """The scatter about another mean (k, d)."""
        return self.scatter + outer(_columns(self.weight), self.mean - mean, self.kind, self.pooled)

    def lift(self, observed: Array, center: Array, slope: Array, rest: Array) -> Moments:
        """Moments of all columns, from those of the `observed` ones and the regression of the others on them.

        Missing columns have conditional mean `center_m + slope (x_o - center_o)` and covariance `rest`, so that the
        mean is (m_o, center_m + B (m_o - center_o)) and the scatter [[S, S B'], [B S, B S B' + n C]], n being `dof`: a
        row's latent scale, which is in its weight, divides its C.

        observed : (d,) bool; center : (k, d); slope : (k, d_m, d_o); rest : (k, d_m, d_m).
        """
        k, d = center.shape
        seen, unseen = np.flatnonzero(observed), np.flatnonzero(~observed)
        mean = center.copy()
        shift = self.mean - center[:, seen]
        mean[:, seen] = self.mean
        mean[:, unseen] += np.einsum("kmo,ko->km", slope, shift)
        lifted = np.zeros((k, d, d)) if not self.pooled else np.zeros((d, d))
        noise = self.dof[:, None, None] * rest
        b = slope[0] if self.pooled else slope
        carried = b @ self.scatter
        lifted[..., seen[:, None], seen] = self.scatter
        lifted[..., unseen[:, None], seen] = carried
        lifted[..., seen[:, None], unseen] = np.swapaxes(carried, -1, -2)
        lifted[..., unseen[:, None], unseen] = carried @ np.swapaxes(b, -1, -2) + (
            noise.sum(axis=0) if self.pooled else noise
        )
        return Moments(self.weight, self.dof, mean, lifted, self.kind, self.pooled)


def outer(weight: Array, delta: Array, kind: Kind, pooled: bool) -> Array:
    """weight · delta delta' for weights (k, 1) or (k, d) and deviations (k, d), in the layout of a scatter."""
    scaled = weight * delta
    if kind == "full":
        return scaled.T @ delta if pooled else scaled[:, :, None] * delta[:, None, :]
    squared = scaled * delta  # (k, d)
    if kind == "spherical":
        return squared.sum() if pooled else squared.sum(axis=1)
    return squared.sum(axis=0) if pooled else squared


def _columns(weight: Array) -> Array:
    """A weight per component, or per component and column, ready to multiply means (k, d)."""
    return weight if weight.ndim == 2 else weight[:, None]
