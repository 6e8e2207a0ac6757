"""A model and its data, as an algorithm sees them: evaluate a point, update it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import record
from hiddenmix._validate import check_table
from hiddenmix._xp import is_elsewhere
from hiddenmix.data import Rows, opened
from hiddenmix.engine.pools import Serial
from hiddenmix.model import Data, Model, Pool

P = TypeVar("P")
S = TypeVar("S")

FALL = 1e-9  # a larger fall of the objective, per unit of weight and of log-likelihood, is not rounding
FALL_FLOAT32 = 1e-4
ROUNDING = 8 * 2.0**-52


@record
class Point(Generic[P, S]):
    """Parameters and what belongs to them: log-likelihood, log prior and the statistics expected under them.

    `magnitude` is the sum of the chunks' absolute log-likelihoods, the scale of rounding errors.
    """

    params: P
    loglik: float
    log_prior: float
    stats: S | None
    magnitude: float = 0.0

    @property
    def objective(self) -> float:
        """Log-likelihood plus log prior: what EM never decreases."""
        return self.loglik + self.log_prior

    @property
    def finite(self) -> bool:
        """Whether the objective is a number."""
        return math.isfinite(self.objective)

    def without_stats(self) -> Point[P, S]:
        """The point as history keeps it."""
        return replace(self, stats=None)


@record
class Part:
    """What one chunk gives."""

    loglik: float
    magnitude: float
    stats: Any


class Problem(Generic[P, S]):
    """Maximise log-likelihood plus log prior of `model` on `data`, chunks worked on by `pool`."""

    def __init__(self, model: Model[P, S, Any], data: Data, pool: Pool | None = None) -> None:
        self.model, self.data = model, data
        self.pool: Pool = pool or Serial()

    def evaluate(self, params: P) -> Point[P, S]:
        """The E-step over all data."""
        total = _tree.merge_all(self.parts(params))
        return Point(params, total.loglik, float(self.model.log_prior(params)), total.stats, total.magnitude)

    def evaluate_all(self, params: Sequence[P]) -> list[Point[P, S]]:
        """The E-step at several parameters."""
        return [self.evaluate(each) for each in params]

    def update(self, point: Point[P, S]) -> P:
        """The M-step."""
        assert point.stats is not None
        return self.model.m_step(point.params, point.stats)

    def parts(self, params: P) -> Iterator[Part]:
        """The E-step on every chunk, in the pool; what is sent there is the model, the parameters and the chunk."""
        return self.pool.map(partial(_part, self.model, params), self.data.chunks())

    def part(self, params: P, chunk: Any) -> Part:
        """The E-step on one chunk."""
        return _part(self.model, params, chunk)

    def tolerated_fall(self, point: Point[P, S]) -> float:
        """How far the objective may fall by rounding alone."""
        unit = FALL_FLOAT32 if getattr(self.data, "single_precision", False) else FALL
        return unit * (self.data.total_weight + point.magnitude)

    def rounding(self, point: Point[P, S]) -> float:
        """Differences of the objective below this are float error."""
        return ROUNDING * (self.data.total_weight + point.magnitude + abs(point.log_prior))

    def q(self, params: P, point: Point[P, S]) -> float:
        """The expected complete-data log-likelihood plus log prior of `params`, expected at `point`."""
        return float(self.model.q(params, point.stats)) + float(self.model.log_prior(params))  # type: ignore[arg-type]

    def bound(self, params: P, point: Point[P, S]) -> float:
        """The lower bound of the objective at `params` that touches it at `point`."""
        return point.objective + self.q(params, point) - self.q(point.params, point)


def _part(model: Model[P, S, Any], params: P, chunk: Any) -> Part:
    """The E-step on one chunk, which is opened here, where the work is done, when it is a callable."""
    steps = (model.e_step(params, batch) for batch in opened(chunk))
    return _tree.merge_all(Part(float(loglik), abs(float(loglik)), stats) for loglik, stats in steps)


def as_data(data: Any) -> Data:
    """Data as they are; an array, checked, or a record or tuple of arrays as rows."""
    if isinstance(data, Data):
        return data
    if _tree.is_record(data) or isinstance(data, tuple) or is_elsewhere(data):
        return Rows(data)
    if np.ndim(data) == 1:
        data = np.asarray(data)[:, None]
    return Rows(check_table(data, allow_empty_columns=True).values)
