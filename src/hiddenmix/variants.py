"""Starts that another kind of EM finds: annealed from a high temperature, or wandered to by stochastic EM.

Each is a way to start, `fit(model, data, how=Annealed(), starts=10)`, from which plain EM (or whatever the fit climbs
by) goes on to a maximum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import record, static
from hiddenmix._validate import check_number
from hiddenmix.engine.best import Best
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result
from hiddenmix.engine.stopping import Iterations
from hiddenmix.latent.mixture import Mixture, MixtureParams
from hiddenmix.latent.wrappers import Stochastic, Tempered
from hiddenmix.model import Data

P = TypeVar("P")

SCHEDULE = (0.6, 0.7, 0.8, 0.9, 1.0)
STEPS = 20  # EM steps at each temperature
JITTER = 0.02  # in free coordinates, after each temperature: components that are one stay one without it
TRIED = 10  # EM steps that the best point of stochastic EM has to stand: a high one may be about to collapse
DRAWS = 100  # steps of stochastic EM


@record
class Annealed:
    """Parameters after some EM steps at each inverse temperature of a schedule.

    Where temperature is high, small groups melt into larger ones, and the parameters forget where they began. After
    each temperature they are shaken a little: components that have become one would stay one. Where all of a component
    is free it is near 1 that they part. (Ueda & Nakano 1998, Neural Networks 11:271; Rose 1998, Proc. IEEE 86:2210.)

    Parameters
    ----------
    schedule : sequence of float
        Inverse temperatures, above 0; the last is 1, which is plain EM and is left to the fit. HM444 otherwise.
    steps : int
        EM steps at each.
    how : str or object
        Where the first one begins.
    """

    schedule: Sequence[float] = static(default=SCHEDULE)
    steps: int = STEPS
    how: Any = static(default="auto")
    name = "annealing"

    def __call__(self, model: Any, data: Data, rng: np.random.Generator) -> Any:
        """The parameters; where a component collapses at one temperature, the next goes on from the step before."""
        check_number("steps", self.steps, 0, whole=True)
        betas = [float(beta) for beta in self.schedule]
        if not betas or betas[-1] != 1 or not all(0 < beta < math.inf for beta in betas):
            what = f"inverse temperatures must be above 0 and end at 1; got {self.schedule}"
            raise HiddenmixError("HM444", what, f"schedule={SCHEDULE}")
        params = model.conform(model.start(data, rng, self.how))
        for beta in betas[:-1]:
            params = _steps(Tempered(model, beta), data, params, "em", self.steps).params
            shift = JITTER * rng.standard_normal(model.ravel(params, params).size)
            params = model.unravel(shift, params)
        return params


@record
class Drawn:
    """The best parameters that stochastic EM visits in so many steps (Biernacki, Celeux & Govaert 2003, CSDA 41:561).

    Parameters
    ----------
    steps : int
        Iterations of stochastic EM.
    how : str or object
        Where it begins.
    """

    steps: int = DRAWS
    how: Any = static(default="auto")
    name = "stochastic"

    def __call__(self, model: Any, data: Data, rng: np.random.Generator) -> Any:
        """The parameters; those that it began from where EM collapses from the best."""
        check_number("steps", self.steps, 0, whole=True)
        params = model.conform(model.start(data, rng, self.how))
        drawing = Stochastic(model, int(rng.integers(2**32)))
        best = drawing.given(_steps(drawing, data, params, Best(), self.steps).params)
        onward = _steps(model, data, best, "em", TRIED)
        return best if onward.status.finished and not onward.spurious else params


def anneal(
    model: Mixture[P, Any],
    data: Any,
    *,
    schedule: Sequence[float] = SCHEDULE,
    steps: int = STEPS,
    how: Any = "auto",
    **options: Any,
) -> Result[MixtureParams[P], Any]:
    """Deterministic annealing: EM along rising inverse temperatures, and at the end plain EM to a maximum.

    Parameters
    ----------
    model : Mixture
        HM443 for other models.
    data : Data, array of shape (n, d), or record of arrays
    schedule : sequence of float
        Inverse temperatures, the last of them 1; those above 1 are allowed before it. HM444 otherwise.
    steps : int
        EM steps at each but the last.
    how : str or object
        Where the first temperature begins.
    **options
        Of `fit`: `starts`, `rng`, `stop` and so on, for the climb at 1.

    Returns
    -------
    Result
        Of the mixture itself; its trace begins where annealing ended.
    """
    Tempered(model, 1.0)  # which refuses other models
    return fit(model, data, how=Annealed(tuple(schedule), steps, how), **options)


def _steps(model: Any, data: Data, params: Any, algorithm: Any, count: int) -> Result[Any, Any]:
    return fit(
        model,
        data,
        params,
        algorithm=algorithm,
        stop=Iterations(count),
        max_iter=count,
        certificate="off",
        history=False,
    )
