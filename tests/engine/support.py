"""Data, starts and models that the engine's tests share."""

from __future__ import annotations

import numpy as np
from tests.published.test_linkage import COUNTS, Linkage, Recombination

import hiddenmix as hm
from hiddenmix.families.shapes import SHAPES

__all__ = ["COUNTS", "Linkage", "Recombination", "arrays", "blobs", "holes", "mixture", "same", "start"]


def blobs(n=300, d=2, k=3, seed=0, apart=4.0):
    """Rows from k round clusters that overlap a little."""
    rng = np.random.default_rng(seed)
    centres = apart * rng.standard_normal((k, d))
    return centres[rng.integers(k, size=n)] + rng.standard_normal((n, d))


def holes(x, share=0.2, seed=0):
    """The rows with a share of their cells missing, some rows without any cell among them."""
    rng = np.random.default_rng(seed)
    x = np.where(rng.random(x.shape) < share, np.nan, x)
    x[:2] = np.nan
    return x


def mixture(shape="full", k=3, **options):
    weights = options.pop("weights", "free")
    concentration = options.pop("concentration", 1.0)
    return hm.Mixture(hm.Normal(shape, **options), k, weights=weights, concentration=concentration)


def start(x, shape="full", k=3, seed=0):
    """Means at random complete rows, the columns' variances, equal weights."""
    rng = np.random.default_rng(seed)
    complete = x[~np.isnan(x).any(axis=1)]
    var = np.nanvar(x, axis=0)
    dense = {"full": np.diag(var), "tied": np.diag(var), "diag": var, "spherical": var.mean()}[shape]
    cov = SHAPES[shape].from_dense(dense, k)
    return hm.MixtureParams(np.full(k, 1 / k), hm.NormalParams(rng.choice(complete, k, replace=False), cov))


def arrays(params):
    """All numbers in one vector."""
    from hiddenmix._tree import ravel

    return ravel(params)


def same(a, b):
    """Whether two trees hold the same bits."""
    return arrays(a).tobytes() == arrays(b).tobytes()
