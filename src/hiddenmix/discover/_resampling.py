"""What all resampling has in common: whole weights, refits, and memberships in the order of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._xp import to_numpy
from hiddenmix.data import Rows
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result
from hiddenmix.engine.stopping import Gain

WHOLE = 1e-9
CLOSE = 0.02  # of a unit of log-likelihood is enough where likelihoods of many tables are compared
SMALL = 4096  # rows that are worked on in one chunk


def whole(weight: Array | None, n: int) -> Array:
    """How often each row counts (n,), as whole numbers.

    Raises HM410 for weights that are not whole: a draw of rows, or a simulated table, has a row so and so many times.
    """
    if weight is None:
        return np.ones(n, dtype=int)
    counts = np.rint(weight).astype(int)
    if np.max(np.abs(weight - counts)) > WHOLE:
        raise HiddenmixError(
            "HM410",
            "resampling needs to know how many rows there are, and weights that are not whole do not tell",
            "whole weights (3 is the row three times), or none",
        )
    return counts


def refit(model: Any, rows: Rows, params: Any = None, **options: Any) -> Result[Any, Any] | None:
    """A fit without history or certificate; None where it failed."""
    try:
        result = fit(model, rows, params, certificate="off", history=False, **options)
    except HiddenmixError as error:
        if error.code != "HM205":
            raise
        return None
    return result if result.status.finished and np.isfinite(result.loglik) else None


def closely(n: float) -> dict[str, Any]:
    """Options of a fit whose log-likelihood is good to `CLOSE`, of n rows."""
    return {"stop": Gain(min(max(CLOSE / max(n, 1.0), 1e-7), 1e-3)), "max_iter": 300, "algorithm": "em"}


def in_one(x: Any, weight: Array | None = None) -> Rows:
    """Rows for the engine, few of them in one chunk."""
    n = _tree.n_rows(x)
    return Rows(x, weight, chunk=max(n, 1) if n <= SMALL else None)


def memberships(model: Any, params: Any, rows: Rows) -> Array:
    """Membership probabilities (n, k) in the order that the rows have in `rows.x`."""
    return np.concatenate([to_numpy(model.posterior(params, batch)[1]) for batch in rows.chunks()])
