"""A model and its data, as an algorithm sees them: evaluate a point, update it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._together import Together
from hiddenmix._tree import Array, record
from hiddenmix._validate import check_table
from hiddenmix._xp import is_elsewhere
from hiddenmix.data import Rows, opened
from hiddenmix.engine.pools import Serial
from hiddenmix.engine.together import Seat, Stack, alone, joined
from hiddenmix.model import Data, Degenerate, Model, Pool, outcome

P = TypeVar("P")
S = TypeVar("S")

FALL = 1e-9  # a larger fall of the objective, per unit of weight and of log-likelihood, is not rounding
FALL_FLOAT32 = 1e-4
ROUNDING = 8 * 2.0**-52


@record
class Point(Generic[P, S]):
    """Parameters and what belongs to them: log-likelihood, log prior and the statistics expected under them.

    `magnitude` is the sum of the chunks' absolute log-likelihoods, the scale of rounding errors. Of points that were
    evaluated together, `given` and `expected` are seats among the parameters and the statistics of all.
    """

    given: P | Seat[P]
    loglik: float
    log_prior: float
    expected: S | Seat[S] | None
    magnitude: float = 0.0

    @property
    def params(self) -> P:
        """The parameters."""
        return alone(self.given)  # type: ignore[return-value]

    @property
    def stats(self) -> S | None:
        """The expected statistics."""
        return alone(self.expected)  # type: ignore[return-value]

    @property
    def together(self) -> bool:
        """Whether it was evaluated together with others."""
        return isinstance(self.given, Seat)

    @property
    def objective(self) -> float:
        """Log-likelihood plus log prior: what EM never decreases."""
        return self.loglik + self.log_prior

    @property
    def finite(self) -> bool:
        """Whether the objective is a number."""
        return math.isfinite(self.objective)


@record
class Part:
    """What one chunk gives."""

    loglik: float
    magnitude: float
    stats: Any


class Problem(Generic[P, S]):
    """Maximise log-likelihood plus log prior of `model` on `data`, chunks worked on by `pool`.

    Small problems are evaluated at several parameters in one pass, where the model can hold these side by side. What
    was foreseen is kept until it is asked for, or until the next forecast, so that an algorithm need not know: but it
    has to ask about the very object, point or parameters, and about an equal one the work is done again.
    """

    def __init__(self, model: Model[P, S, Any], data: Data, pool: Pool | None = None) -> None:
        self.model, self.data = model, data
        self.pool: Pool = pool or Serial()
        # What will be asked about, and the answer. The key is its id, which stays its own while it is kept here.
        self._foreseen: dict[int, tuple[Any, Any]] = {}

    def evaluate(self, params: P | Seat[P]) -> Point[P, S]:
        """The E-step over all data."""
        foreseen = self._foreseen.pop(id(params), None)
        if foreseen is not None:
            return foreseen[1]  # type: ignore[no-any-return]
        here: P = alone(params)  # type: ignore[assignment]
        total = _tree.merge_all(self.parts(here))
        return Point(here, total.loglik, float(self.model.log_prior(here)), total.stats, total.magnitude)

    def evaluate_all(self, params: Sequence[P | Seat[P]]) -> list[Point[P, S]]:
        """The E-step at several parameters: in one pass, where they can be held side by side."""
        if self._sets is None or len(params) < 2:
            return [self.evaluate(each) for each in params]
        stack = Stack(self._sets, joined(self._sets, params), len(params))
        steps = self.pool.map(partial(_part_of_all, stack), self.data.chunks())
        logliks, magnitudes, stats = _tree.merge_all(steps)
        scores = zip(logliks.tolist(), stack.sets.log_prior(stack.joined).tolist(), strict=True)
        given, expected = stack.seats(), Stack(self._sets, stats, stack.count).seats()
        each = zip(given, scores, expected, magnitudes.tolist(), strict=True)
        return [Point(here, *score, there, size) for here, score, there, size in each]

    def update(self, point: Point[P, S]) -> P:
        """The M-step."""
        foreseen = self._foreseen.pop(id(point), None)
        if foreseen is not None:
            if isinstance(foreseen[1], Degenerate):
                raise foreseen[1]
            return foreseen[1]  # type: ignore[no-any-return]
        assert point.stats is not None
        return self.model.m_step(point.params, point.stats)

    def update_all(self, points: Sequence[Point[P, S]]) -> list[P | Seat[P] | Degenerate]:
        """The M-step at several points; `Degenerate` in the place of parameters that collapsed."""
        if self._sets is not None and len(points) > 1:
            params = joined(self._sets, [point.given for point in points])
            stats = joined(self._sets, [point.expected for point in points])
            with contextlib.suppress(Degenerate):  # then each for itself, to find out which
                return [*Stack(self._sets, self._sets.m_step(params, stats), len(points)).seats()]
        return [outcome(self.update, point) for point in points]

    def foresee(self, points: Sequence[Point[P, S]]) -> None:
        """Make the EM steps from these points in one pass, for those who will ask for them one by one.

        What was foreseen before is forgotten: whoever went another way will not ask for it any more.
        """
        self._foreseen = {}
        if self._sets is None or len(points) < 2:
            return
        images = self.update_all(points)
        self.foresee_at([image for image in images if not isinstance(image, Degenerate)])  # this begins the table anew
        self._foreseen |= {id(point): (point, image) for point, image in zip(points, images, strict=True)}

    def foresee_at(self, params: Sequence[P | Seat[P]]) -> None:
        """Evaluate these parameters in one pass, likewise; what was foreseen before is forgotten."""
        self._foreseen = {}
        if self._sets is not None and len(params) > 1:
            answers = zip(params, self.evaluate_all(params), strict=True)
            self._foreseen = {id(each): (each, point) for each, point in answers}

    @cached_property
    def _sets(self) -> Together | None:
        return self.model.together(self.data)

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


def _part_of_all(stack: Stack, chunk: Any) -> tuple[Array, Array, Any]:
    """The E-step on one chunk at all parameters of a stack: log-likelihoods, their sizes, statistics."""

    def steps() -> Iterator[tuple[Array, Array, Any]]:
        for batch in opened(chunk):
            logliks, stats = stack.sets.e_step(stack.joined, batch)
            yield logliks, np.abs(logliks), stats

    return _tree.merge_all(steps())


def as_data(data: Any) -> Data:
    """Data as they are; an array, checked, or a record or tuple of arrays as rows."""
    if isinstance(data, Data):
        return data
    if _tree.is_record(data) or isinstance(data, tuple) or is_elsewhere(data):
        return Rows(data)
    if np.ndim(data) == 1:
        data = np.asarray(data)[:, None]
    return Rows(check_table(data, allow_empty_columns=True).values)
