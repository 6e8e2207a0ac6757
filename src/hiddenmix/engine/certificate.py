"""A stop is not yet a maximum: find out what it is.

At a stationary point the derivative of the EM map has eigenvalues below 1 where the point is a maximum, and one above 1
along a direction in which the objective rises (Dempster, Laird & Rubin 1977; Murray 1977 gave the data that everybody
should try: EM stops at a saddle whose growth is 16/15). The largest is found by the power method, on differences of the
map along a random perturbation.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.result import Certificate
from hiddenmix.engine.sample import sampled, speaks_for
from hiddenmix.model import Degenerate

P = TypeVar("P")

STEP = 1e-4  # of the perturbation, in free coordinates
SETTLED = 1e-3, 0.1  # change of the growth between two rounds: share of it, or of so much where it is smaller
FINE = 0.05  # share, at most, of what the growth lacks to 1 for that change: near 1 it must be known better
ROUGH = 0.05  # share of the square of what it lacks to 1, where less is asked: far below 1 it need not be known well
FLOOR = 1e-6  # added to that change: a growth of exactly 1 would never settle without it
AGREE, AGREE_ROUGHLY = 3, 2  # rounds in a row whose growths must agree
VANISHED = 1e-6  # a growth below this is none
INWARD = 1e-3  # step from the boundary
MOST = 100  # such steps at most
TRIED, CLIMBED = 6, 20  # ways of setting coinciding parts apart at most, and EM steps from each
TOL = 1e-6  # the tolerance of a stopping rule that leaves next to nothing to come
SLACK = 2.0  # times the tolerance, per observed row: a rise below it is what the stopping rule left over
ROUNDS, FEW = 60, 12  # of the power method; on all rows, from the direction that a sample gives
FLAT = 2e-4  # a growth so near to 1 cannot be told from it


@record
class Finding:
    """The certificate, the growth of perturbations under the EM map, and an uphill point where there is one."""

    certificate: Certificate
    growth: float | None = None
    uphill: Any = None


def certify(problem: Problem[P, Any], point: Point[P, Any], rng: np.random.Generator, tol: float = TOL) -> Finding:
    """Whether EM returns to `point` from a perturbation, where the climb stopped with this tolerance."""
    model = problem.model
    slack = SLACK * max(tol, TOL) * problem.data.n_observed  # what the stopping rule may have left over
    size = model.ravel(point.params, point.params).size
    quiet = Certificate.BOUNDARY if model.on_boundary(point.params) else Certificate.MAXIMUM
    if size == 0:
        inward = _inside(problem, point, slack)
        return Finding(quiet) if inward is None else Finding(Certificate.SADDLE, None, inward)
    try:
        growth, direction, settled = _growth(problem, point, rng, size)
    except (Degenerate, FloatingPointError, np.linalg.LinAlgError):
        return Finding(Certificate.UNCHECKED)
    if not np.isfinite(growth):
        return Finding(Certificate.UNCHECKED)
    edge = quiet is Certificate.BOUNDARY  # what runs to infinity rises for ever, by less than the rule leaves over
    sure = growth > 1 + FLAT and tol <= TOL and not edge
    least = 100 * problem.rounding(point) + (0.0 if sure else slack)
    uphill = _higher(problem, point, direction, least) if growth >= 1 - FLAT else None
    uphill = _inside(problem, point, slack) if uphill is None else uphill
    if uphill is not None:
        return Finding(Certificate.SADDLE, growth, uphill)
    together, higher = _apart(problem, point, slack)
    if higher is not None:
        return Finding(Certificate.SADDLE, growth, higher)
    if growth < 1 - FLAT:
        quiet = Certificate.FLAT if together else quiet
        return Finding(quiet if settled else Certificate.UNCHECKED, growth)
    if growth > 1 + FLAT:
        return Finding(quiet if edge else Certificate.UNCHECKED, growth)
    return Finding(Certificate.BOUNDARY if _runs_off(problem, point, direction, slack) else Certificate.FLAT, growth)


def _runs_off(problem: Problem[P, Any], point: Point[P, Any], direction: Array, slack: float) -> bool:
    """Whether the direction only follows a probability that falls to 0 for ever: then not even q changes along it."""
    try:
        sides = (problem.model.unravel(sign * direction, point.params) for sign in (1.0, -1.0))
        return all(problem.q(point.params, point) - problem.q(params, point) < slack for params in sides)
    except HiddenmixError:  # a model without q
        return False


def _apart(problem: Problem[P, Any], point: Point[P, Any], least: float) -> tuple[bool, Any]:
    """Whether parts of the model coincide, and parameters that are higher once these stand apart; None without."""
    together, rng = False, np.random.default_rng(0)  # of its own: whether parts coincide must not change other draws
    for params in itertools.islice(problem.model.apart(point.params, problem.data, rng), TRIED):
        together = True
        try:
            for _ in range(CLIMBED):
                here = problem.evaluate(params)
                if here.finite and here.objective > point.objective + least:
                    return True, params
                params = problem.update(here)
        except (Degenerate, FloatingPointError, np.linalg.LinAlgError):
            continue
    return together, None


def _growth(
    problem: Problem[P, Any], point: Point[P, Any], rng: np.random.Generator, size: int
) -> tuple[float, Array, bool]:
    """The power method; of large data, from the direction that it finds on a sample, where a round costs little."""
    start = rng.standard_normal(size)
    sample = sampled(problem, rng)
    if sample is None or not speaks_for(sample, point.params):
        return _power_method(problem, point, start, ROUNDS)
    there = sample.evaluate(point.params)
    _, direction, _ = _power_method(sample, there, start, ROUNDS)
    return _power_method(problem, point, direction, FEW, roughly=True)


def _power_method(
    problem: Problem[P, Any], point: Point[P, Any], start: Array, rounds: int, roughly: bool = False
) -> tuple[float, Array, bool]:
    """The largest growth of a perturbation under the EM map at the point, its direction, and whether it settled.

    `roughly` lets a growth that is far below 1 change by more, and believes it sooner.
    """
    model, base = problem.model, point.params
    origin = model.ravel(problem.update(point), base)
    direction = start / np.linalg.norm(start)
    growth, settled = 0.0, 0
    for _ in range(rounds):
        moved = problem.update(problem.evaluate(model.unravel(STEP * direction, base)))
        image = (model.ravel(moved, base) - origin) / STEP
        before, growth = growth, float(np.linalg.norm(image))
        if growth < VANISHED or not np.isfinite(growth):
            return growth, direction, True
        direction = image / growth
        least = max(SETTLED[0] * max(growth, SETTLED[1]), ROUGH * max(1 - growth, 0.0) ** 2 if roughly else 0.0)
        change = abs(growth - before)
        settled = settled + 1 if change < min(least, FINE * abs(1 - growth) + FLOOR) else 0
        if settled == (AGREE_ROUGHLY if roughly else AGREE):
            return growth, direction, True
    return growth, direction, False


def _inside(problem: Problem[P, Any], point: Point[P, Any], least: float) -> P | None:
    """Parameters a little inside the boundary whose objective is higher: the chart holds what lies on it."""
    for params in itertools.islice(problem.model.inside(point.params, INWARD), MOST):
        tried = problem.evaluate(params)
        if tried.finite and tried.objective > point.objective + least:
            return params
    return None


def _higher(problem: Problem[P, Any], point: Point[P, Any], direction: Array, least: float) -> P | None:
    """Parameters along the direction whose objective is higher by at least so much; None when there are none."""
    for length in (0.3, 0.1, 0.03, 0.01):
        for sign in (1.0, -1.0):
            params = problem.model.unravel(sign * length * direction, point.params)
            try:
                tried = problem.evaluate(params)
            except Degenerate:
                continue
            if tried.finite and tried.objective > point.objective + least:
                return params
    return None
