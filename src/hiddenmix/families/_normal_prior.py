"""The normal-inverse-Wishart prior as a statistic: what it adds to the moments of the components."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._xp import to_numpy
from hiddenmix.families._base import columns, weighted_columns
from hiddenmix.families._normal_block import centred_moments
from hiddenmix.families.shapes import Shape
from hiddenmix.moments import Moments


@record
class NormalPrior:
    """A normal-inverse-Wishart prior: mean ~ N(mean, S / shrinkage), S ~ inverse Wishart(dof, scale).

    Parameters follow Fraley & Raftery (2007, J. Classification 24:155): `shrinkage` kappa0, `dof` nu0 > d - 1 (None
    is d + 2), `mean` (d,), `scale` (d, d).
    """

    mean: Array
    scale: Array
    shrinkage: float = _tree.static(default=0.01)
    dof: float | None = _tree.static(default=None)

    def moments(self, shape: Shape, k: int, known_mean: bool) -> Moments:
        """The prior as a statistic of the shape: what it adds to each component's moments.

        The prior of a covariance that s components share is one prior, of which each of them has a part 1/s.
        """
        d = len(self.mean)
        weight = 0.0 if known_mean else self.shrinkage
        nu = d + 2.0 if self.dof is None else self.dof
        if not nu > d - 1:
            raise HiddenmixError("HM403", f"the prior's dof must be above d - 1 = {d - 1}; got {nu:g}", f"dof={d + 2}")
        share = shape.share(k)
        extra = (0.0 if known_mean else 1.0) + (nu + d + 1) * share
        scale = np.asarray(self.scale, dtype=float)
        if shape.kind == "diag":
            scale = np.diag(scale)
        elif shape.kind == "spherical":
            scale = np.asarray(np.trace(scale))
        size = (k,) if shape.kind == "full" else (k, d)
        return Moments(
            np.full(size, weight),
            np.broadcast_to(extra if shape.kind == "full" else extra[:, None], size),
            np.broadcast_to(self.mean, (k, d)),
            scale if shape.pooled else np.multiply.outer(share, scale),
            shape.kind,
            shape.pooled,
        )


def conjugate_prior(x: Any, weight: Array | None, k: int) -> NormalPrior:
    """Fraley & Raftery's default: shrinkage 0.01, d + 2 degrees of freedom, scale cov / k^(2/d), the data's mean."""
    x = to_numpy(columns(x))
    mean, _ = weighted_columns(x, weight)
    d = x.shape[1]
    parts = []
    for begin in range(0, len(x), 2**16):
        block = x[begin : begin + 2**16]
        w = np.ones((len(block), 1)) if weight is None else weight[begin : begin + 2**16, None]
        parts.append(centred_moments(np.where(np.isnan(block), mean, block), w, mean[None, :], "full", False))
    total = _tree.merge_all(parts)
    return NormalPrior(mean, total.scatter[0] / total.weight[0] / k ** (2 / d), 0.01, d + 2.0)
