"""At the border: a fit without an estimate is an error, and one that deserves a second look is a warning."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import Names, column_name
from hiddenmix.engine.result import Certificate, Result, Status
from hiddenmix.estimators._warnings import ConvergenceWarning, warn
from hiddenmix.latent.mixture import MixtureStats

FEW_FINISHED = 3  # with fewer starts at their end, that only one is in the best optimum says nothing
NOTICEABLE = 1.0  # a difference of log-likelihoods below this does not make one optimum better than another
EMPTY = 1e-8  # share of all weight


def refuse(result: Result[Any, Any], fix: str, columns: Names = None) -> None:
    """Raise HM205 where no start gave an estimate."""
    if result.status in (Status.COLLAPSED, Status.NOT_FINITE) or not result.point.finite:
        n = len(result.starts)
        what = "the start" if n == 1 else f"all {n} starts"
        why = with_names(result.reason, columns) or result.status.value
        raise HiddenmixError("HM205", f"no estimate: {what} ended early; {why}", fix)


def warn_about(result: Result[Any, Any], max_iter: int, tol: float, columns: Names = None) -> None:
    """Give every warning that the result deserves."""
    for warning in warnings_of(result, max_iter, tol, columns):
        warn(warning)


def warnings_of(
    result: Result[Any, Any], max_iter: int, tol: float, columns: Names = None
) -> Iterator[ConvergenceWarning]:
    """Warnings in the order of the catalogue."""
    yield from _collapsed(result, columns)
    if result.status is Status.ITERATION_LIMIT and max_iter > 0:
        yield _limit(result, tol)
    yield from _lonely(result)
    if result.spurious:
        names = ", ".join(str(j + 1) for j in result.spurious)
        yield ConvergenceWarning(
            "HM304",
            f"component {names} is carried by a handful of rows, and no other optimum was found",
            "fewer components, covariance_type='tied', or prior='conjugate'" if _shaped(result) else "fewer components",
        )
    if result.certificate is Certificate.SADDLE:
        yield ConvergenceWarning("HM305", "the fit stopped at a saddle, where the likelihood rises in some direction",
                                 "another start: random_state, or other initial means")  # fmt: skip
    empty = _empty(result)
    if empty:
        yield ConvergenceWarning("HM309", f"no row belongs to component {', '.join(str(j + 1) for j in empty)}",
                                 "fewer components")  # fmt: skip
    if result.status is Status.DECREASED:
        yield ConvergenceWarning("HM311", result.reason, "an M-step that maximises, or data in double precision")


def _shaped(result: Result[Any, Any]) -> bool:
    """Whether components, or a part of their columns, have covariances of a shape."""
    family = getattr(result.model, "family", None)
    return any(hasattr(part, "shape") for part in (family, *getattr(family, "families", ())))


def with_names(reason: str, columns: Names) -> str:
    """The reason with a column's name in the place of its number."""
    return re.sub(r"\bcolumn (\d+) \(counting from 0\)", lambda found: column_name(int(found[1]), columns), reason)


def _collapsed(result: Result[Any, Any], columns: Names) -> Iterator[ConvergenceWarning]:
    collapsed = [start for start in result.starts if start.status is Status.COLLAPSED]
    if collapsed:
        yield ConvergenceWarning(
            "HM301",
            f"{with_names(collapsed[0].reason, columns)} in {len(collapsed)} of {len(result.starts)} starts; "
            "those starts were set aside\n"
            "  where a variance goes to 0 the likelihood goes to infinity; that is not a good fit",
            "fewer components, or prior='conjugate'",
        )


def _limit(result: Result[Any, Any], tol: float) -> ConvergenceWarning:
    done, gain, more = result.iterations, 0.0, ""
    objectives = result.trace.objectives
    if len(objectives) > 1:
        gain = objectives[-1] - objectives[-2]
    left = None
    if not result.trace[-1].note:  # plain EM: gains of accelerated steps are of different kinds
        left = iterations_left(objectives, tol * (result.problem.data.n_observed if result.problem else 1.0))
    if left is not None:
        more = f"  (about {left} more)"
    return ConvergenceWarning(
        "HM302",
        f"stopped after {done} iterations, still rising by {gain:.2g} per iteration",
        f"max_iter={_rounded_up(done + left) if left is not None else 10 * max(done, 1)}{more}",
    )


def iterations_left(objectives: list[float], target: float) -> int | None:
    """Iterations until gains and their projection are below `target`, if they go on shrinking as they do now."""
    if len(objectives) < 3:
        return None
    gain, before = objectives[-1] - objectives[-2], objectives[-2] - objectives[-3]
    rate = gain / before if before > 0 else 1.0
    if not 0 < rate < 1 or target <= 0:
        return None
    return max(1, math.ceil(math.log(target / (gain * max(1.0, rate / (1 - rate)))) / math.log(rate)))


def _rounded_up(count: int) -> int:
    """The next number of two digits and zeros."""
    unit = 10 ** max(len(str(count)) - 2, 0)
    return int(math.ceil(count / unit) * unit)


def _lonely(result: Result[Any, Any]) -> Iterator[ConvergenceWarning]:
    """A best optimum that only one start found, and well above the next: a better one may be unseen."""
    optima = result.optima
    finished = sum(count for _, count in optima)
    if finished < FEW_FINISHED or optima[0][1] > 1 or result.spurious:
        return
    if any(start.optimum == 0 and start.how == "given" for start in result.starts):
        return  # what gave that start has looked around
    if len(optima) > 1 and optima[0][0] - optima[1][0] > NOTICEABLE:
        yield ConvergenceWarning(
            "HM303",
            f"{finished} of {len(result.starts)} starts finished, only 1 of them in the best optimum "
            f"(best {optima[0][0]:.2f}, next {optima[1][0]:.2f})",
            f"n_init={5 * len(result.starts)}",
        )


def _empty(result: Result[Any, Any]) -> list[int]:
    stats = result.point.stats
    if not isinstance(stats, MixtureStats):  # one component has all rows
        return []
    return [int(j) for j in np.flatnonzero(stats.counts < EMPTY * stats.counts.sum())]
