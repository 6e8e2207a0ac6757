"""A climb of EM as frames, E and M apart: numbers only, from the library's own stepper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Point
from hiddenmix.engine.stepper import Stepper
from hiddenmix.engine.stopping import Gain, Progress, Stop
from hiddenmix.plot._view import View

SHOWN = 1500  # rows that are drawn at most
SAME_OBJECTIVE = 1e-5  # relative: a slow climb stops a little below its limit
SAME_MODEL = 1e-3  # fall of q from one optimum to the other, per unit of weight

Half = Literal["start", "e", "m"]


@dataclass(frozen=True, eq=False)
class Frame:
    """One half-step. An E-step has new memberships, an M-step new parameters; everything else is as before.

    Attributes
    ----------
    step : "start", "e" or "m"
    iteration : how many M-steps made these parameters; log-likelihood and parameters are those of the trace there
    params : the parameters now
    resp : (rows drawn, k) memberships as the last E-step left them; None before the first
    loglik, objective : at these parameters; the objective is log-likelihood plus log prior
    bound : the lower bound of the last E-step at these parameters; None before the first
    skipped : iterations before this frame that have none of their own
    """

    step: Half
    iteration: int
    params: Any
    resp: Array | None
    loglik: float
    objective: float
    bound: float | None
    skipped: int = 0


@dataclass(frozen=True, eq=False)
class Climb:
    """All frames, with what they are drawn on.

    Attributes
    ----------
    view : the rows that are drawn, at the last parameters
    rows : their indices
    n : the number of rows that EM runs on
    frames : the first is the start, the last an E-step
    objectives : (iterations + 1,) of every iteration, whether it has a frame or not
    converged : whether the stopping rule was met
    ending : how it ended, in a few words
    penalised : whether there is a prior, so that log-likelihood and objective differ
    note : how the climb compares with the fit; nothing where both are the same
    total : rows of the table; more than n where EM runs on a part of them
    """

    view: View
    rows: Array
    n: int
    frames: tuple[Frame, ...]
    objectives: Array
    converged: bool
    ending: str
    penalised: bool
    note: str
    total: int

    @property
    def iterations(self) -> int:
        """From the start to the last E-step."""
        return len(self.objectives) - 1


def part_of(view: View, most: int | None) -> tuple[View, int]:
    """So many of its rows, drawn at random, and how many there are; all of them where they are no more."""
    n = len(view.values)
    return view if most is None or n <= most else view.part(_drawn(n, most)), n


def climb_of(
    source: View, run: Stepper[Any, Any], stop: Stop | None, max_iter: int, most: int, fitted: bool, total: int
) -> Climb:
    """Run EM until the rule is met, and choose at most `most` frames; `fitted` asks whether it ends where `source` is.

    All early iterations have their frames; later ones are chosen so that each rises by as much as the others. Of a
    part of the `total` rows it is not asked where it ends.
    """
    rule = Gain() if stop is None else stop
    run.until_converged(rule, max_iter)
    objectives = np.array(run.history.objectives)
    n = len(source.values)
    rows = _drawn(n, SHOWN)
    shown = source.part(rows)
    frames = _frames(shown, run, chosen_iterations(objectives, _held(run), (most - 2) // 2))
    met = not run.reason and _met(run, rule)
    assert run.point is not None
    return Climb(
        shown.at(run.point.params),
        rows,
        n,
        frames,
        objectives,
        met and rule.converges,
        _ending(run, met, rule.converges),
        any(frame.objective != frame.loglik for frame in frames),
        _compared(source, run, objectives) if fitted and n == total else "",
        total,
    )


def chosen_iterations(objectives: Array, held: Sequence[int], most: int) -> list[int]:
    """Which iterations have an E and an M frame: at most `most` of those whose parameters are `held`.

    Two fifths are the first ones, and the last one is always there; between them the objective rises by equal parts.
    """
    last = len(objectives) - 1
    held = [s for s in held if s < last]
    if len(held) <= most:
        return held
    early = max(1, 2 * most // 5)
    found = set(held[:early]) | {held[-1]}
    later = np.array(held[early:])
    levels = np.linspace(objectives[later[0]], objectives[last], most - early + 1)[1:-1]
    where = np.minimum(np.searchsorted(objectives[later], levels), len(later) - 1)
    found |= set(later[where].tolist())
    spare = np.geomspace(1, len(later), 4 * most).astype(int) - 1  # where several levels lie in one iteration
    for i in spare:
        if len(found) >= most:
            break
        found.add(int(later[i]))
    return sorted(found)


def _drawn(n: int, most: int) -> Array:
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))


def _held(run: Stepper[Any, Any]) -> list[int]:
    return [step.iteration for step in run.history if step.params is not None]


def _frames(shown: View, run: Stepper[Any, Any], chosen: Sequence[int]) -> tuple[Frame, ...]:
    """Each chosen iteration's E-step and M-step, made again from its parameters; the last E-step at the end."""
    problem, trace = run.problem, run.history
    last = run.point
    assert last is not None
    here = problem.evaluate(trace[0].params) if len(trace) > 1 else last
    frames = [Frame("start", 0, here.params, None, here.loglik, here.objective, None)]
    at = 0
    with single_threaded_blas():
        for s in chosen:
            if s != at:
                here = problem.evaluate(trace[s].params)
            resp = shown.at(here.params).resp
            frames.append(_e(here, s, resp, s - at))
            params = problem.update(here)
            there = problem.evaluate(params)
            bound = problem.bound(params, here)
            frames.append(Frame("m", s + 1, params, resp, there.loglik, there.objective, bound))
            here, at = there, s + 1
    final = len(trace) - 1
    here = here if at == final else last  # equal, but frames that share parameters share the object
    frames.append(_e(here, final, shown.at(here.params).resp, final - at))
    return tuple(frames)


def _e(point: Point[Any, Any], iteration: int, resp: Array, skipped: int) -> Frame:
    return Frame("e", iteration, point.params, resp, point.loglik, point.objective, point.objective, skipped)


def _met(run: Stepper[Any, Any], rule: Stop) -> bool:
    """Whether the rule holds where the run ended."""
    trace, now = run.history, run.point
    assert now is not None
    if len(trace) < 2:
        return False
    if trace[-2].params is None:  # thinned: long, and stopped by the rule or the limit
        return rule.met(Progress(trace.objectives, now, now, run.problem.data.n_observed, run.problem.rounding(now)))
    before = run.problem.evaluate(trace[-2].params)
    return rule.met(Progress(trace.objectives, before, now, run.problem.data.n_observed, run.problem.rounding(now)))


def _ending(run: Stepper[Any, Any], met: bool, converges: bool) -> str:
    if run.reason:
        return f"stopped: {run.reason}"
    if not met:
        return "not converged"
    return "converged" if converges else "stopped there as asked"


def _compared(fit: View, run: Stepper[Any, Any], objectives: Array) -> str:
    """Whether EM took the fit's way, and whether it came to its optimum, in words; nothing where it did both."""
    told = []
    trace = None if fit.trace is None else np.array(fit.trace.objectives)
    if trace is not None and len(trace):
        both = min(len(trace), len(objectives))
        if not np.isclose(trace[0], objectives[0], rtol=1e-6, atol=0):
            told.append("The fit's own log-likelihood began elsewhere: these are other rows, weights or known labels.")
        elif not np.allclose(trace[:both], objectives[:both], rtol=1e-9, atol=0):
            told.append(
                f"The fit itself was accelerated ({len(trace) - 1} iterations); this is plain EM from the same start."
            )
    end = fit.problem.evaluate(fit.params)
    if not _same(run, end):
        gap = end.objective - float(objectives[-1])
        where = "another point than the fit, with the same objective"
        if gap:
            where = f"another point than the fit, whose objective is {abs(gap):.4g} {'higher' if gap > 0 else 'lower'}"
        told.append(f"It ends at {where}.")
    return " ".join(told)


def _same(run: Stepper[Any, Any], end: Point[Any, Any]) -> bool:
    """Whether two points are the same optimum, up to the order of components."""
    point, problem = run.point, run.problem
    assert point is not None
    if abs(point.objective - end.objective) > SAME_OBJECTIVE * (1 + abs(end.objective)):
        return False
    try:
        fall = problem.q(end.params, end) - problem.q(problem.model.match(point.params, end.params), end)
    except HiddenmixError:  # a model without q
        return True
    return fall <= SAME_MODEL * problem.data.total_weight
