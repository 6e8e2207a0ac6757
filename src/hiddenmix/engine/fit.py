"""`fit`: the loop, the starts, the audit and the certificate, for any model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixTypeError
from hiddenmix._validate import check_number, check_word
from hiddenmix.engine.accelerate import ALGORITHMS
from hiddenmix.engine.certificate import Finding, certify
from hiddenmix.engine.climb import Callback, Climb
from hiddenmix.engine.em import Algorithm
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Problem, as_data
from hiddenmix.engine.race import Runner
from hiddenmix.engine.result import Certificate, Result, Status
from hiddenmix.engine.starts import census, choose, race_all
from hiddenmix.engine.stopping import Gain, Stop
from hiddenmix.model import Data, Model, Pool

P = TypeVar("P")
S = TypeVar("S")
Name = Literal["em", "auto", "lbfgs", "anderson", "squarem", "split-merge"]
Check = Literal["escape", "check", "off"]

ESCAPES = 5  # times that a fit may leave a saddle


def fit(
    model: Model[P, S, Any],
    data: Any,
    params: P | None = None,
    *,
    algorithm: Algorithm | Name = "em",
    stop: Stop | None = None,
    max_iter: int = 1000,
    starts: int = 1,
    how: Any = "auto",
    pool: Pool | None = None,
    rng: np.random.Generator | int | None = None,
    callback: Callback | None = None,
    certificate: Check = "escape",
    race: bool = True,
    keep_spurious: bool = False,
    history: bool = True,
) -> Result[P, S]:
    """Maximise the likelihood (plus the log prior) of a model with hidden data.

    Parameters
    ----------
    model : Model
        Ours or your own: `start`, `e_step`, `m_step`.
    data : Data, array of shape (n, d), or record of arrays
        Independent units. Arrays become `Rows`.
    params : P, optional
        Where to start. Without them the model starts itself, `starts` times.
    algorithm : Algorithm or {"em", "auto", "lbfgs", "anderson", "squarem", "split-merge"}
        `EM()` by default. "auto" begins as EM and is accelerated where that pays. "split-merge" tries other places from
        where EM settles.
    stop : Stop
        `Gain(tol)` by default; `ParameterChange(tol)`, `Iterations(count)`.
    max_iter : int
        Iterations at most, for each start. Reaching it is not convergence.
    starts : int
        How many starts, each with a random generator spawned from `rng`.
    how : str or object
        How the model starts itself; passed to `model.start`. Of a tuple of ways each start takes the next.
    pool : Pool
        Where the chunks are worked on: `Serial()`, `Threads()`, any executor. The result does not depend on it.
    rng : numpy Generator or int
        Seeds everything random.
    callback : callable
        Called with each `Step` of each climb on all units (the race on a sample, from 40 000 units on, is silent); a
        true answer stops the climb.
    certificate : {"escape", "check", "off"}
        Check that the stop is a maximum; "escape" goes on from a saddle, "check" only reports it.
    race : bool
        Give up starts that are behind after a few iterations; from 40 000 units on they race on a sample of 10 000, and
        only the best see all units. False finishes all, on all units.
    keep_spurious : bool
        Allow a maximum that is carried by a handful of rows.
    history : bool
        Keep the parameters of every iteration (in bounded memory).

    Returns
    -------
    Result
        Its `status` and `certificate` say how it ended. Nothing is raised for a climb that went wrong.

    Raises
    ------
    HiddenmixError
        HM1xx for unusable data, HM205 where they do not allow a start, HM4xx for unusable options.
    """
    _check_parts(model, algorithm, stop)
    check_word("certificate", certificate, ("escape", "check", "off"))
    check_number("starts", starts, 1, whole=True)
    check_number("max_iter", max_iter, 0, whole=True)
    generator = np.random.default_rng(rng)
    units: Data = as_data(data)
    model = model.prepare(units)
    problem = Problem(model, units, pool)
    climber = ALGORITHMS[algorithm]() if isinstance(algorithm, str) else algorithm
    runner = Runner(problem, climber, stop or Gain(), max_iter, history, callback)
    with single_threaded_blas():
        climbs = race_all(runner, params, starts, how, generator, race and not keep_spurious)
        best = choose(problem, climbs, keep_spurious)
        finding, escaped = _certify(runner, climbs[best].climb, certificate, generator)
        climbs[best] = replace(climbs[best], climb=escaped)
        winner = choose(problem, climbs, keep_spurious)
        if winner != best:
            finding = Finding(Certificate.UNCHECKED)
        climb = climbs[winner].climb
        return Result(
            model,
            climb.point,
            climb.status or Status.ITERATION_LIMIT,
            finding.certificate,
            climb.trace,
            census(problem, climbs),
            climbs[winner].spurious,
            climb.reason,
            finding.growth,
            sum(each.climb.state.evaluations for each in climbs if each.climb.problem is problem),
            problem,
        )


def _check_parts(model: Any, algorithm: Any, stop: Any) -> None:
    """Require a model, an algorithm and a stopping rule before any work."""
    if isinstance(algorithm, str):
        check_word("algorithm", algorithm, ALGORITHMS)
    elif not (hasattr(algorithm, "init") and hasattr(algorithm, "step")):
        raise HiddenmixTypeError("HM401", f"{algorithm!r} is no algorithm", f"one of {', '.join(ALGORITHMS)}")
    if not hasattr(model, "prepare"):
        name = type(model).__name__
        raise HiddenmixTypeError("HM411", f"{name} is no hiddenmix.Model", f"class {name}(hiddenmix.Model): ...")
    if stop is not None and not hasattr(stop, "met"):
        raise HiddenmixTypeError("HM401", f"{stop!r} is no stopping rule", f"stop=hiddenmix.Gain({stop!r})")


def _certify(
    runner: Runner[P, S], climb: Climb[P, S], check: Check, rng: np.random.Generator
) -> tuple[Finding, Climb[P, S]]:
    """What the stop is; where it is a saddle and may be left, the climb goes on from there."""
    finding = Finding(Certificate.UNCHECKED)
    if check == "off" or climb.status is not Status.CONVERGED or not climb.audited:
        return finding, climb
    tol = runner.stop.tol if isinstance(runner.stop, Gain) else 0.0
    for _ in range(ESCAPES):
        finding = certify(runner.problem, climb.point, rng, tol)
        if finding.certificate is not Certificate.SADDLE or check != "escape":
            break
        onward = runner.climb(finding.uphill, climb.trace.copy())
        onward.advance()
        if onward.status is None or not onward.status.finished:
            break
        evaluations = climb.state.evaluations + onward.state.evaluations
        climb = onward
        climb.state = replace(climb.state, evaluations=evaluations)
        if climb.status is not Status.CONVERGED:
            return Finding(Certificate.UNCHECKED), climb
    return finding, climb
