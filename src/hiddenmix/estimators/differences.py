"""Every default of `GaussianMixture` that is not scikit-learn's, and why; the documentation renders this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: From the constructor argument to the reason.
DIFFERENT_DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tol": (
            "scikit-learn stops when the mean log-likelihood per row rises by less than 1e-3 in one iteration. EM is "
            "often slow, and many small gains add up: that rule stops well before the maximum. Here both the last gain "
            "and the sum of all gains still to come (Aitken's projection) must be below `tol` per observed row. An "
            "accelerated climb says by itself what is to come: what the slope along its next step promises, or what "
            "its last twenty steps gained together, whichever is more."
        ),
        "max_iter": (
            "A tighter rule needs more iterations, and the limit is there to end a climb that does not end by itself. "
            "Reaching it is reported as a status, and never called convergence."
        ),
        "reg_covar": (
            "Exact maximum likelihood: nothing is added to the variances, so the answer does not depend on the unit of "
            "a column. Where no maximum exists (constant or collinear columns, too few distinct rows), warning HM203 "
            "names the columns and the fit uses 1e-6. An explicit 0 forbids that."
        ),
        "n_init": (
            "The likelihood has many local maxima. Several starts are raced: all run a few iterations, the worse ones "
            "stop early, so that ten cost far less than ten fits. From 40 000 rows on they race on a sample of 10 000, "
            "and the best of them goes on with all rows. `result_.starts` keeps what became of each."
        ),
        "init_params": (
            "Starts of one kind tend to find the same optima. `auto` takes turns: k-means, the seeds of k-means++, and "
            "rows at random, all on a bounded subsample, so that the cost does not grow with n."
        ),
    }
)
