"""A large problem on some of its rows: what can be learnt there costs little."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from hiddenmix.batch import Batch, missing_cells
from hiddenmix.data import data_of
from hiddenmix.engine.problem import Problem

P = TypeVar("P")

SIZE = 10_000  # units of a sample
LARGE = 4 * SIZE  # fewer units are all looked at
SHARE = 2_560  # of them in a chunk, so that there is something for every thread
ROWS = 15  # of the sample for each free parameter, at least


def sampled(problem: Problem[P, Any], rng: np.random.Generator) -> Problem[P, Any] | None:
    """The problem on a sample of its units; None where they are few, or of a kind of their own."""
    if problem.data.n_units < LARGE:
        return None
    batch = problem.data.sample(rng, SIZE)
    return Problem(problem.model, data_of(batch, SHARE), problem.pool) if isinstance(batch, Batch) else None


def speaks_for(sample: Problem[P, Any], params: P) -> bool:
    """Whether the sample is large enough for so many parameters."""
    size = int(sample.model.ravel(params, params).size)
    return size * ROWS <= _effective(sample.data)


def _effective(data: Any) -> float:
    """Units of equal weight without a missing cell that say as much: (sum w)^2 / sum w^2, times the share observed.

    Kish (1965, Survey Sampling, section 8.2).
    """
    weight, missing = data.weight, missing_cells(data.x)
    units = data.n_units if weight is None else weight.sum() ** 2 / np.square(weight).sum()
    return float(units if missing is None else units * (1.0 - missing.mean()))
