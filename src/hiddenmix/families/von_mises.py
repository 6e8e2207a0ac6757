"""The von Mises distribution, columns independent: directions, angles in radians.

log p(x; m, c) = sum_c [c cos(x - m) - log 2 pi I0(c)], over observed cells, with direction m and concentration c. The
direction is that of the sum of unit vectors; the concentration solves I1(c) / I0(c) = C, the mean of cos(x - m), here
by Newton's steps to float precision from the start of Banerjee et al. 2005 (J. Machine Learning Research 6:1345).
Without a direction (C = 0) the concentration is 0, and the old direction stays. Angles are unique up to full turns;
directions lie from -pi up, pi left out (Mardia & Jupp 2000, Directional Statistics, sections 3.5 and 5.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import i0e

from hiddenmix._special import bessel_gap
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import check_support
from hiddenmix.families._charts import ANGLE, NONNEGATIVE, wrapped
from hiddenmix.families._column_cells import AngleCells
from hiddenmix.families._dispersion import SPREAD, Dispersion, rows_of
from hiddenmix.families._gaps import Gaps
from hiddenmix.families._independent import Field, Given, refuse_collapse
from hiddenmix.families._roots import falling_roots
from hiddenmix.model import Known


@record
class VonMisesParams:
    """Mean directions in radians, and concentrations: both (k, d)."""

    direction: Array
    concentration: Array


class VonMises(Dispersion[VonMisesParams]):
    """Von Mises components; data are angles in radians (n, d).

    Parameters
    ----------
    direction, concentration : Known, optional
        Parameters that are given.
    prior : tuple of three, optional
        (rows, direction, concentration): so many rows were seen before, in every component, whose own estimate these
        are. Both may differ by column (d,).

    Raises
    ------
    HiddenmixError : HM137 angles beyond a full turn, which are hardly in radians
    """

    params = VonMisesParams
    fields = (Field("direction", ANGLE), Field("concentration", NONNEGATIVE))
    divergence, stand_in = "turn", 0.0

    def __init__(
        self,
        *,
        direction: Known | None = None,
        concentration: Known | None = None,
        prior: tuple[float, Array | float, Array | float] | None = None,
    ) -> None:
        super().__init__(prior, direction=direction, concentration=concentration)

    def pseudo_stats(self, prior: Any) -> Gaps:
        """Rows in this direction, whose unit vectors have the mean length I1(c) / I0(c)."""
        return rows_of(prior, wrapped(prior[1]), bessel_gap(np.asarray(prior[2], dtype=float))[0], "turn")

    def refuse(self, x: Array) -> None:
        """HM137 angles beyond a full turn."""
        check_support(x, "angle")

    def statistic(self, x: Array) -> Array:
        """x."""
        return x

    def log_base(self, x: Array) -> None:
        """Nothing."""

    def form(self, params: VonMisesParams) -> tuple[Array, Array, Array]:
        """m; c; -log 2 pi e^-c I0(c)."""
        return params.direction, params.concentration, -np.log(2 * np.pi * i0e(params.concentration))

    def solve(self, stats: Gaps, given: Mapping[str, Given], old: VonMisesParams | None) -> VonMisesParams:
        """The direction, then the concentration about it."""
        nowhere = stats.resultant <= 0
        direction = stats.mean if old is None else np.where(nowhere, old.direction, stats.mean)
        direction = given["direction"].fill(direction)
        spread = stats.about(direction) / stats.weight
        refuse_collapse((spread <= SPREAD) & ~given["concentration"].mask, "has a single direction")
        return VonMisesParams(direction, given["concentration"].fill(_concentration(spread)))

    def partials(self, params: VonMisesParams, stats: Gaps) -> dict[str, Array]:
        """c R sin(mean - m), R the length of the resultant; weight (1 - I1/I0) - sum of 1 - cos(x - m)."""
        turn = params.concentration * stats.resultant * np.sin(stats.mean - params.direction)
        level = stats.weight * bessel_gap(params.concentration)[0] - stats.about(params.direction)
        return {"direction": turn, "concentration": level}

    def straightened(self, x: Array) -> Array:
        """Cosines and sines."""
        return np.concatenate([np.cos(x), np.sin(x)], axis=1)

    def means(self, params: VonMisesParams) -> Array:
        """m, the mean direction."""
        return params.direction

    def variances(self, params: VonMisesParams) -> Array:
        """1 - I1(c) / I0(c), the circular variance."""
        return bessel_gap(params.concentration)[0]

    def below(self, params: VonMisesParams, value: Array) -> Array:
        """The probability of angles from -pi to x."""
        from scipy.stats import vonmises  # takes long to import

        shape = np.maximum(params.concentration, np.finfo(float).tiny)
        start = vonmises.cdf(-np.pi, shape, loc=params.direction)
        return np.asarray(vonmises.cdf(np.clip(value, -np.pi, np.pi), shape, loc=params.direction) - start)

    def draw(self, params: VonMisesParams, rng: np.random.Generator) -> Array:
        """Draws from -pi to pi."""
        return wrapped(rng.vonmises(params.direction, params.concentration))

    def cells(self, params: VonMisesParams) -> AngleCells:
        """Angles, whose mean is a direction."""
        return AngleCells(params.direction, 1 - bessel_gap(params.concentration)[0], params.concentration)


def _concentration(spread: Array) -> Array:
    """c with 1 - I1(c) / I0(c) = spread; 0 where that is 1 or more."""
    directed = (spread > SPREAD) & (spread < 1)
    target = np.where(directed, spread, 0.5)

    def excess(log_value: Array) -> tuple[Array, Array]:
        value = np.exp(log_value)
        gap, rise = bessel_gap(value)
        length = 1 - gap
        return np.log(gap / target) - np.log(length / (1 - target)), -value * rise / (gap * length)

    start = (1 - target) * (2 - (1 - target) ** 2) / (target * (2 - target))
    return np.where(directed, np.exp(falling_roots(excess, np.log(start))), 0.0)


__all__ = ["VonMises", "VonMisesParams"]
