"""Incremental EM: an M-step after every chunk, with the statistics of the other chunks as they last were.

Neal & Hinton (1998, in Jordan (ed.), Learning in Graphical Models, 355-368) read EM as climbing the free energy
F(t_1, ..., t_C, t) = sum_c [l_c(t_c) + q(t, S_c) - q(t_c, S_c)] + log_prior(t), where t_c are the parameters at which
chunk c saw its last E-step and S_c = S_c(t_c) what it gave. An M-step raises F over t, an E-step on one chunk raises it
over t_c, where it touches l_c. F is a lower bound of the objective at t, and a maximum of F is one of the objective.

Nothing is ever subtracted from the sum: the statistics stand at the leaves of a tree, and a new leaf is merged up to
the root, in log2(C) merges. With one chunk this is EM, bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from hiddenmix import _tree
from hiddenmix._tree import record
from hiddenmix.engine.em import State
from hiddenmix.engine.problem import Part, Point, Problem
from hiddenmix.model import Bound

P = TypeVar("P")
S = TypeVar("S")

NOTE = "free energy"


@record
class Kept:
    """What is known of every chunk: `levels` is the tree of statistics, leaves first.

    `rests` are l_c(t_c) - q(t_c, S_c), the part of the free energy that the next parameters do not touch, and
    `magnitudes` the chunks' |l_c|.
    """

    levels: tuple[tuple[Any, ...], ...]
    rests: tuple[float, ...]
    magnitudes: tuple[float, ...]


@record
class Incremental:
    """One iteration is one pass over the chunks, in their order, with an M-step before each. Needs the model's `q`.

    What is climbed, audited and kept in the history is the free energy; the result has the objective itself.
    """

    bound: ClassVar[Bound] = "lower"

    def init(self, problem: Problem[P, S], params: P) -> State[P, S]:
        """The E-step on every chunk, at the same parameters."""
        parts = list(problem.parts(params))
        rests = tuple(_rest(problem, params, part) for part in parts)
        kept = Kept(grown([part.stats for part in parts]), rests, tuple(part.magnitude for part in parts))
        return State(_free_energy(problem, params, kept), kept, NOTE)

    def step(self, problem: Problem[P, S], state: State[P, S]) -> State[P, S]:
        """M-step, E-step on the next chunk, and so on through all of them."""
        point, kept = state.point, state.memory
        levels, rests, magnitudes = [list(level) for level in kept.levels], list(kept.rests), list(kept.magnitudes)
        for index, chunk in enumerate(problem.data.chunks()):
            params = problem.update(point)
            part = problem.part(params, chunk)
            if not math.isfinite(part.loglik):
                return replace(state, point=replace(point, given=params, loglik=part.loglik, expected=part.stats))
            regrow(levels, index, part.stats)
            rests[index], magnitudes[index] = _rest(problem, params, part), part.magnitude
            point = replace(point, given=params, expected=levels[-1][0])
        kept = Kept(tuple(tuple(level) for level in levels), tuple(rests), tuple(magnitudes))
        return State(_free_energy(problem, point.params, kept), kept, NOTE, state.evaluations + 1)


def grown(leaves: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    """The levels of the tree that `merge_all` would merge in, from the leaves to the root."""
    levels = [tuple(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(tuple(_joined(below, i) for i in range((len(below) + 1) // 2)))
    return tuple(levels)


def regrow(levels: list[list[Any]], index: int, leaf: Any) -> None:
    """Put a new leaf in the place of an old one, and merge it up to the root."""
    levels[0][index] = leaf
    for below, above in pairwise(levels):
        index //= 2
        above[index] = _joined(below, index)


def _joined(below: Any, index: int) -> Any:
    pair = below[2 * index : 2 * index + 2]
    return _tree.merge(*pair) if len(pair) == 2 else pair[0]


def _rest(problem: Problem[P, S], params: P, part: Part) -> float:
    return part.loglik - float(problem.model.q(params, part.stats))


def _free_energy(problem: Problem[P, S], params: P, kept: Kept) -> Point[P, S]:
    """The point at `params`, with the free energy in the place of the objective.

    `q` is asked chunk by chunk: it may leave out a term that depends on the statistics, the same one as in `rests`.
    """
    model, leaves = problem.model, kept.levels[0]
    loglik = math.fsum([*kept.rests, *(float(model.q(params, leaf)) for leaf in leaves)])
    return Point(params, loglik, float(model.log_prior(params)), kept.levels[-1][0], sum(kept.magnitudes))
