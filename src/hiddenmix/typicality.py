"""How typical rows are of a component, from draws: the default of `Family.typicality`."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy
from hiddenmix.batch import missing_cells

DRAWS = 2000  # of each component: probabilities are then good to about 0.01
LEAST = 1 / (1 + DRAWS)  # and no smaller: a row less dense than all draws counts as one of them
SEED = 0
TIE = 1e-9  # densities of equal rows agree to this, however they are computed


def drawn_typicality(family: Any, params: Any, x: Any) -> Array:
    """The share of a component's draws whose density is no higher than the row's, (1 + #{<=}) / (1 + draws): (n, k).

    Rows are compared with draws that miss the same cells. The draws are the same in every call.

    Raises
    ------
    HiddenmixError : HM411 a family without `sample`, or rows whose density depends on more than their own cells
    """
    if not is_numpy(x):
        raise HiddenmixError(
            "HM411",
            f"{type(family).__name__} cannot say how typical rows of {type(x).__name__} are",
            "define typicality(params, x)",
        )
    k = _tree.n_components(params)
    labels = np.repeat(np.arange(k), DRAWS)
    draws = np.asarray(family.sample(params, labels, np.random.default_rng(SEED)), dtype=float)
    missing = missing_cells(x)
    if missing is None:
        return _shares(family, params, x, draws, labels)
    out = np.ones((len(x), k))
    kinds, code = np.unique(missing, axis=0, return_inverse=True)
    for i, mask in enumerate(kinds):
        rows = np.flatnonzero(np.ravel(code) == i)
        if not mask.all():
            hidden = np.where(mask.reshape(draws.shape[1:]), np.nan, draws)
            out[rows] = _shares(family, params, x[rows], hidden, labels)
    return out


def masked(draws: Any, x: Any) -> Any:
    """The draws without the cells that the rows miss."""
    missing = missing_cells(x)
    return draws if missing is None else np.where(np.reshape(missing, draws.shape), np.nan, draws)


def _shares(family: Any, params: Any, x: Array, draws: Array, labels: Array) -> Array:
    """The same for rows and draws that miss the same cells."""
    here, there = family.log_prob(params, x), family.log_prob(params, draws)
    out = np.empty(here.shape)
    for j in range(here.shape[1]):
        known = np.sort(there[labels == j, j])
        possible = np.isfinite(here[:, j])  # of a row that is impossible not even rounding makes more
        slack = np.where(possible, TIE * (1 + np.abs(np.where(possible, here[:, j], 0.0))), 0.0)
        below = np.searchsorted(known, here[:, j] + slack, side="right")
        out[:, j] = (1 + below) / (1 + len(known))
    return out
