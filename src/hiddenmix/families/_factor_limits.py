"""How far factors can go: their number, uniquenesses near 0, and where to begin between these limits."""

from __future__ import annotations

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.model import Degenerate

HEYWOOD = 1e-8  # the smallest uniqueness, as a part of the column's variance
SINGULAR = 1e-10  # an eigenvalue of a correlation matrix that is no dimension


def guess(cov: Array, q: int, isotropic: bool) -> Array:
    """Log uniquenesses (d,) to begin with: Joreskog's, or what the discarded eigenvalues leave."""
    d = len(cov)
    if isotropic:
        rest = np.linalg.eigvalsh(cov)[: d - q].mean()
        return np.full(d, np.log(max(rest, HEYWOOD * np.diagonal(cov).mean())))
    sd = np.sqrt(np.diagonal(cov))
    inverse = np.linalg.inv(cov / np.outer(sd, sd) + 1e-3 * np.eye(d))
    return np.asarray(np.log((1 - 0.5 * q / d) / np.diagonal(inverse) * sd**2))


def most_factors(d: int, isotropic: bool) -> int:
    """As many factors as d columns can tell: (d - q)^2 >= d + q, isotropic q < d."""
    return d - 1 if isotropic else int(np.floor(d + 0.5 - np.sqrt(2 * d + 0.25) + 1e-9))


def refuse_many(q: int, d: int, isotropic: bool) -> None:
    """Require no more factors than d columns can tell; HM439 otherwise."""
    most = most_factors(d, isotropic)
    if q > most:
        what = f"a table of n_features={d} cannot tell {q} factor{'s' * (q > 1)}: {most} at most"
        raise HiddenmixError("HM439", what, f"n_factors={most}" if most > 0 else "more columns")


def refuse_collapse(covs: Array, noise: Array, component: Array, q: int, isotropic: bool) -> None:
    """Raise where log uniquenesses (m, d) vanish in so many columns that the likelihood has no bound.

    As long as q factors can stand for the columns without a uniqueness, and these are not collinear, it has one.
    """
    for cov, x, j in zip(covs, noise, component):
        var = np.diagonal(cov)
        gone = np.flatnonzero(np.exp(x) <= 1.01 * HEYWOOD * (var.max() if isotropic else var))
        if not len(gone):
            continue
        part = cov[np.ix_(gone, gone)] / np.sqrt(np.outer(var[gone], var[gone]))
        if len(gone) > q or np.linalg.eigvalsh(part)[0] <= SINGULAR:
            raise Degenerate(int(j), "collapsed: its factors leave nothing of some columns")
