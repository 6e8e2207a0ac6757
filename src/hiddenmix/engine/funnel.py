"""Many starts on large data: they race on a sample of the rows, and only the best see all of them.

More starts find a better optimum than more rows do. Each start is the best of a few candidates after a few iterations
on the sample; there the starts race, and those that are left, unless they have become alike, race on all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from hiddenmix.engine.em import EM
from hiddenmix.engine.race import Entry, Runner, advance, heat, lined_up, ranked, same
from hiddenmix.engine.sample import sampled, speaks_for
from hiddenmix.engine.stopping import Gain
from hiddenmix.model import Degenerate

P = TypeVar("P")
S = TypeVar("S")

CANDIDATES = 2  # for each start
FIRST, SECOND, THIRD = 3, 6, 12  # iterations on the sample: of all candidates, of the best of each start, of the best
BEST = 3
FINALISTS = 2
FINAL = 2  # iterations of the finalists on all rows, before only one is left


def on_sample(
    runner: Runner[P, S], ways: Sequence[Any], rngs: Sequence[np.random.Generator], rng: np.random.Generator
) -> list[Entry[P, S]] | None:
    """The starts after the race: one about to climb to the end on all rows, the others where they gave up.

    On the sample it is EM with `Gain()` that climbs, whatever the runner's algorithm and rule. None where the user
    counts the iterations (`max_iter` is small, or the rule is not one of convergence), where the data are too few or
    cannot be sampled, and where every start collapses on the sample: then all rows decide.
    """
    counted = runner.max_iter <= FIRST + SECOND + THIRD or not runner.stop.converges
    if counted or not all(isinstance(way, str) for way in ways):
        return None
    sample = sampled(runner.problem, rng)
    if sample is None:
        return None
    small = Runner(sample, EM(), Gain(), runner.max_iter, False, None)
    generators = [each for start in rngs for each in start.spawn(CANDIDATES)]
    field = lined_up(small, [way for way in ways for _ in range(CANDIDATES)], generators)
    possible = [entry for entry in field if isinstance(entry, Entry)]
    if not possible or not speaks_for(sample, possible[0].climb.point.params):
        return None
    advance(sample, possible, FIRST)
    scale = runner.problem.data.total_weight / sample.data.total_weight
    chosen = (_best(field[i : i + CANDIDATES]) for i in range(0, len(field), CANDIDATES))
    entries = [replace(entry, scale=scale) for entry in chosen if entry is not None]
    advance(sample, entries, SECOND)
    best = _different(heat(entries, BEST))
    advance(sample, best, THIRD)
    finalists = heat(best, FINALISTS)
    return _on_all_rows(runner, entries, finalists) if finalists else None


def _best(group: Sequence[Entry[P, S] | Degenerate]) -> Entry[P, S] | None:
    """The highest that is usable, sound ones first; any where none is; None where none could start."""
    started = [entry for entry in group if isinstance(entry, Entry)]
    field = ranked(started)
    return next(iter([entry for entry in field if not entry.spurious] + field + started), None)


def _different(field: Sequence[Entry[P, S]]) -> list[Entry[P, S]]:
    """Those that stand at different points, the highest of those that have become alike."""
    kept: list[Entry[P, S]] = []
    for entry in field:
        if not any(same(entry.climb.problem, other.climb, entry.climb) for other in kept):
            kept.append(entry)
    return kept


def _on_all_rows(
    runner: Runner[P, S], entries: Sequence[Entry[P, S]], finalists: Sequence[Entry[P, S]]
) -> list[Entry[P, S]]:
    """The finalists race on all rows, those at their end on the sample too; the others gave up there."""
    chosen = [entry.climb for entry in finalists]
    for entry in entries:
        if entry.usable:
            entry.climb.give_up()
    problem = runner.problem
    problem.foresee_at([climb.point.params for climb in chosen])
    after = [
        Entry(runner.climb(entry.climb.point.params), entry.how) if entry.climb in chosen else entry
        for entry in entries
    ]
    final = [entry for entry in after if entry.climb.problem is problem]
    if len(final) > 1:
        advance(problem, final, FINAL)
        heat(final, 1)
    return after
