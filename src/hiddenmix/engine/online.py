"""Online EM: an M-step after every chunk, on a running average of the statistics.

Cappé & Moulines (2009, JRSS B 71:593): with step sizes g_t that fall, s <- (1 - g_t) s + g_t S_t and t <- M(s), where
S_t is an unbiased estimate of the whole data's statistics. Here it is the statistics of one chunk, scaled by the number
of chunks. With g_t = (t + delay)^-power and 1/2 < power <= 1 the sum of g_t is infinite and that of its squares is not,
so that the parameters settle at a stationary point of the likelihood. What is remembered is one statistic, whatever the
number of chunks; early passes over large data gain more than EM's, the last digits take longer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import record
from hiddenmix.engine.em import State
from hiddenmix.engine.problem import Problem
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")


@record
class Running:
    """The running average of the statistics, the M-steps done, and the passes."""

    stats: Any
    updates: int
    passes: int


@record
class Online:
    """One iteration is one pass over the chunks, in an order drawn from `seed`, and an evaluation at its end.

    The objective may fall from one pass to the next, and is not audited. Chunks should be alike: shuffle sorted data.

    Parameters
    ----------
    power : float
        How fast step sizes fall: above 1/2, at most 1. (Liang & Klein 2009 found 0.5 to 0.7 good in practice.)
    delay : float
        The larger, the smaller the first steps; at least 0.
    seed : int
        Of the order of the chunks.
    """

    power: float = 0.7
    delay: float = 2.0
    seed: int = 0
    bound: ClassVar[Bound] = "noisy"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """The E-step over all data; its statistics begin the average."""
        if not (0.5 < self.power <= 1 and self.delay >= 0):
            raise HiddenmixError(
                "HM401",
                f"power {self.power:g}, delay {self.delay:g} do not let it settle",
                "0.5 < power <= 1, delay >= 0",
            )
        point = problem.evaluate(params)
        fixed = _unscalable(point.stats)
        if fixed is not None:
            raise HiddenmixError("HM411", f"Online needs `scale`; {fixed} has none", f"define {fixed}.scale(factor)")
        return State(point, Running(point.stats, 0, 0))

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """A step after each chunk."""
        running, point = state.memory, state.point
        stats, updates = running.stats, running.updates
        chunks = list(problem.data.chunks())
        for index in np.random.default_rng([self.seed, running.passes]).permutation(len(chunks)):
            part = problem.part(point.params, chunks[index])
            updates += 1
            size = (updates + self.delay) ** -self.power
            stats = _tree.merge(_tree.scale(stats, 1 - size), _tree.scale(part.stats, size * len(chunks)))
            point = replace(point, given=problem.update(replace(point, expected=stats)))
        memory = Running(stats, updates, running.passes + 1)
        return State(problem.evaluate(point.params), memory, evaluations=state.evaluations + 2)


def _unscalable(stats: Any) -> str | None:
    """The name of a statistic that merges in its own way and does not say how it scales."""
    if hasattr(stats, "merge"):
        return None if hasattr(stats, "scale") else type(stats).__name__
    parts = stats if isinstance(stats, tuple) else vars(stats).values() if _tree.is_record(stats) else ()
    return next((name for name in map(_unscalable, parts) if name is not None), None)
