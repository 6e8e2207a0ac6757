"""Spreads and coordinates that rows far out do not decide."""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families._base import weighted_columns

QUARTILES = 0.25, 0.5, 0.75
NORMAL_QUARTILES = 1.3489795003921634  # between the quartiles of a standard normal
NEAR = 3.0  # units up to which distances count in full


def robust_coordinates(x: Array) -> Array:
    """Columns about their median in units of their spread, missing cells at 0.

    Values beyond 3 count by half the logarithm of what is more, so that some rows in a hundred far out are no cluster.
    """
    centre, spread = robust_centre_and_spread(x)
    z = (x - centre) / spread
    far = np.abs(z) > NEAR
    z = np.where(far, np.sign(z) * (NEAR + 0.5 * np.log1p(np.maximum(np.abs(z) - NEAR, 0.0))), z)
    return np.where(np.isnan(x), 0.0, z)


def robust_centre_and_spread(x: Array, weight: Array | None = None) -> tuple[Array, Array]:
    """The median of each column's observed cells, and what is between their quartiles in units of a normal's (d,).

    The spread is the standard deviation where most cells are equal, and 1 where all are.
    """
    mean, sd = weighted_columns(x, weight)
    centre, spread = mean.copy(), np.where(sd > 0, sd, 1.0)
    for c, column in enumerate(x.T):
        seen = ~np.isnan(column) if weight is None else ~np.isnan(column) & (weight > 0)
        if seen.any():
            shares = None if weight is None else weight[seen]
            low, centre[c], high = np.quantile(column[seen], QUARTILES, weights=shares, method="inverted_cdf")
            if high > low:
                spread[c] = (high - low) / NORMAL_QUARTILES
    return centre, spread
