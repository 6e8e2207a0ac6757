"""Hasselblad's death notices, two Poissons: how many evaluations until nothing is left to gain.

EM itself takes some thousands: its rate here is 0.9957.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import hiddenmix as hm
from bench.case import Line, Options, Target, at_most, case
from bench.data import DAYS, HASSELBLAD

NEAR = 1e-7
PUBLISHED = (0.3, 1.0, 2.5)
OTHERS = [(0.5, 1.0, 3.0), (0.9, 1.0, 3.0), (0.9, 1.0, 6.0)]
MOST = 5000


def evaluations(algorithm: str, start: tuple[float, float, float]) -> float:
    """E-steps until the log-likelihood is within `NEAR` of the largest; infinite where it never is."""
    weight, first, second = start
    params = hm.MixtureParams([weight, 1 - weight], hm.PoissonParams([[first], [second]]))
    climber: Any = algorithm
    model: Any = hm.Mixture(hm.Poisson(), 2)
    result: Any = hm.fit(
        model,
        hm.Rows(np.arange(10.0)[:, None], DAYS),
        params,
        algorithm=climber,
        stop=hm.Iterations(MOST),
        max_iter=MOST,
        callback=lambda step: step.objective >= HASSELBLAD - NEAR,
        certificate="off",
        history=False,
    )
    return float(result.evaluations) if result.loglik >= HASSELBLAD - NEAR else np.inf


@case("hasselblad", "evaluations to the maximum of a slow problem, two Poissons, from 204 starts")
def run(options: Options) -> Iterator[Line]:
    """Both accelerators that need no choice, and from the published start plain EM."""
    rng = np.random.default_rng(0)
    drawn = [(rng.uniform(0.02, 0.98), *rng.uniform(0.1, 9, 2)) for _ in options.draws(200, 20)]
    em = evaluations("em", PUBLISHED)
    for algorithm in ("lbfgs", "auto"):
        yield _line(algorithm, "from (0.3, 1, 2.5)", [evaluations(algorithm, PUBLISHED)], at_most(40), em)
        everywhere = [evaluations(algorithm, start) for start in [*OTHERS, *drawn]]
        yield _line(algorithm, f"from {len(everywhere)} other starts, all of them", everywhere, at_most(120, 1.0), None)


def _line(algorithm: str, what: str, counts: list[float], target: Target, em: float | None) -> Line:
    return Line(
        "hasselblad",
        f"two Poissons, {what}: evaluations, {algorithm}",
        tuple(counts),
        "evaluations",
        target,
        max(counts),
        em,
        "evaluations",
        "" if em is None else "plain EM",
        f"to within {NEAR:g} of the largest log-likelihood",
    )
