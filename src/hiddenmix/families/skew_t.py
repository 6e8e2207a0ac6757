"""The skew-t distribution in d dimensions, with missing cells integrated out.

x = m + (b |z| + e) / sqrt(u) with z ~ N(0, 1), e ~ N(0, S) and u ~ Gamma(v/2, v/2) has log density log 2 +
log t(x; m, S + b b', v) + log T((c/s) sqrt((v + d)/(v + D)); v + d), with c and s as for the skew-normal and D the
squared distance of x from m in terms of S + b b'. Given x the latent t = |z|/sqrt(u) is a Student-t about c, cut off at
0, and u given both a Gamma. All expectations follow from the tail's mass and density and, for the degrees of freedom,
E[log u], which is one integral on a line that a fixed Gauss-Legendre rule gives to rounding (`_half_lines`): the E-step
is exact, and so is EM's ascent. It is the restricted form of Pyne et al. (2009, PNAS 106:8519), which Lee & McLachlan
(2013, Advances in Data Analysis and Classification 7:241) compare with others. As for the skew-normal, in small samples
the highest likelihood may lie where S is singular.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import gammaln, psi

from hiddenmix._tree import Array, record
from hiddenmix._xp import to_numpy
from hiddenmix.families._base import Conjugate, columns
from hiddenmix.families._freedom import START, Freedom
from hiddenmix.families._half_lines import student_half
from hiddenmix.families._normal_block import LOG_2PI
from hiddenmix.families._normal_prior import NormalPrior
from hiddenmix.families._normal_rows import joined
from hiddenmix.families._robust import robust_centre_and_spread, robust_coordinates
from hiddenmix.families._skew_mstep import HALF_MEAN, Skewing, first_moments
from hiddenmix.families._skew_rows import SkewRun, merged, skew_runs
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.precision import spreads
from hiddenmix.families.student import FLAT, StudentStats
from hiddenmix.model import Degenerate, Known

LOG_2 = float(np.log(2))


@record
class SkewStudentParams:
    """Locations and scale matrices as those of `normal`, skewness (k, d), degrees of freedom (k,)."""

    normal: NormalParams
    skew: Array
    df: Array


class SkewStudent(Conjugate[SkewStudentParams, StudentStats]):
    """Skew-t components. Their statistics are those of `Student`, the moments of rows and latent t together (k, d + 1).

    Parameters
    ----------
    covariance : str
        The shape of the scale matrices, by the names of `Normal`.
    df : float, array of shape (k,), or Known, optional
        Degrees of freedom that are given; None estimates them, between 0.1 and 1000, which stands for a skew-normal.
    shared_df : bool
        Whether one number is estimated for all components.
    location, skew, scale : Known, optional
        Parameters that are given: locations and skewness by component, scale matrices as the covariances of `Normal`.
    prior : NormalPrior or "conjugate", optional
        A prior of locations and scale matrices, as for `Normal`.
    groups : array of int of shape (k,), optional
        As for `Normal`.

    Raises
    ------
    HiddenmixError : HM428 degrees of freedom out of range, HM401, HM403, HM404, HM410 as for `Normal`
    """

    def __init__(
        self,
        covariance: str = "full",
        *,
        df: float | Array | Known | None = None,
        shared_df: bool = False,
        location: Known | None = None,
        skew: Known | None = None,
        scale: Known | None = None,
        prior: NormalPrior | Literal["conjugate"] | None = None,
        groups: Sequence[int] | Array | None = None,
    ) -> None:
        self.normal = Normal(covariance, mean=location, cov=scale, prior=prior, groups=groups)
        self.skewing, self.df = Skewing(self.normal, skew), Freedom(df, shared_df)
        self.known_skew = skew
        self.unit: Array | None = None
        self.prior: StudentStats | None = None

    def __repr__(self) -> str:
        return f"SkewStudent({self.normal.shape.name!r})"

    def prepare(self, x: Any, weight: Array | None, k: int) -> SkewStudent:
        """The family with its prior as a statistic, and the columns' spreads, by which collapse is judged."""
        unit = robust_centre_and_spread(to_numpy(columns(x)), weight)[1]
        return self._with(self.normal.prepare(x, weight, k), unit)

    def log_prob(self, params: SkewStudentParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: SkewStudentParams | None, x: Any, resp: Array) -> StudentStats:
        """Moments, scales and their logarithms; without parameters as for `Student` and `SkewNormal`."""
        if params is not None:
            return self.evaluate(params, x)[1](resp)
        x, resp = to_numpy(columns(x)), to_numpy(resp)
        centre, spread = robust_centre_and_spread(x, resp.sum(axis=1))
        squared = np.nansum(np.square((x - centre) / spread), axis=1)
        n_seen, half, count = (~np.isnan(x)).sum(axis=1), START / 2, resp.sum(axis=0)
        moments = first_moments(x, resp, (START + n_seen) / (START + squared))
        return StudentStats(moments, count, count * (psi(half) - np.log(half)))

    def evaluate(self, params: SkewStudentParams, x: Any) -> tuple[Array, Callable[[Array], StudentStats]]:
        """Log densities, and the function from responsibilities to statistics."""
        runs = skew_runs(self.normal.shape, params.normal, params.skew, x)
        done = [_evaluated(params.df, run) for run in runs]
        return joined([log_prob for log_prob, _ in done]), merged([stats for _, stats in done], runs)

    def maximise(self, params: SkewStudentParams | None, stats: StudentStats) -> SkewStudentParams:
        """The regression of x on t, residuals to the scale matrix; then the degrees of freedom.

        Raises Degenerate where a component has no width left in some column, as `Student` does.
        """
        old, bent = (None, None) if params is None else (params.normal, params.skew)
        normal, skew = self.skewing.estimate(old, bent, stats.moments)
        if self.unit is not None and self.normal.known_cov is None:
            flat = np.argwhere(np.hypot(spreads(self.normal.shape, normal), skew) < FLAT * self.unit)
            if len(flat):
                reason = f"collapsed: it has no spread in column {flat[0, 1]} (counting from 0)"
                raise Degenerate(int(flat[0, 0]), reason)
        df = self.df.estimate(None if params is None else params.df, stats.count, stats.excess)
        return SkewStudentParams(normal, skew, df)

    def repeated(self, count: int) -> SkewStudent | None:
        """Components that have nothing in common and of which nothing is known; the prior as often as they are."""
        normal = self.normal.repeated(count) if self.known_skew is None and self.df.own else None
        return None if normal is None else self._with(normal, self.unit)

    def conform(self, params: SkewStudentParams) -> SkewStudentParams:
        """What is known put in, and degrees of freedom within their bounds."""
        return SkewStudentParams(*self.skewing.conform(params.normal, params.skew), self.df.conform(params.df))

    def expected_log_prob(self, params: SkewStudentParams, stats: StudentStats) -> Array:
        """That of the regression, and n [h log h - lgamma(h) - h] + h e with h = v/2 (k,)."""
        placed = self.skewing.expected(params.normal, params.skew, stats.moments)
        return placed + self.df.expected(params.df, stats.count, stats.excess)

    def coordinates(self, x: Any) -> Array:
        """Columns in units of the distance of their quartiles, far values by their logarithm."""
        return robust_coordinates(np.asarray(columns(x), dtype=float))

    def sample(self, params: SkewStudentParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        centre = NormalParams(np.zeros_like(params.normal.mean), params.normal.cov)
        about = self.normal.sample(centre, labels, rng)
        about = about + params.skew[labels] * np.abs(rng.standard_normal(len(labels)))[:, None]
        df = params.df[labels]
        return params.normal.mean[labels] + about / np.sqrt(rng.chisquare(df) / df)[:, None]

    def ravel(self, params: SkewStudentParams, base: SkewStudentParams) -> Array:
        """Locations and scale matrices as of a normal, the skewness in units of the scale, the degrees of freedom."""
        placed = self.skewing.ravel(params.normal, params.skew, base.normal, base.skew)
        return np.concatenate([placed, self.df.ravel(params.df, base.df)])

    def unravel(self, vector: Array, base: SkewStudentParams) -> SkewStudentParams:
        """The inverse of `ravel`."""
        size = len(vector) - len(self.df.ravel(base.df, base.df))
        placed = self.skewing.unravel(vector[:size], base.normal, base.skew)
        return SkewStudentParams(*placed, self.df.unravel(vector[size:], base.df))

    def slopes(self, params: SkewStudentParams, stats: StudentStats, base: SkewStudentParams) -> Array | None:
        """Those of the regression, then those of the degrees of freedom."""
        placed = self.skewing.slopes(params.normal, params.skew, stats.moments, base.normal, base.skew)
        if placed is None:
            return None
        return np.concatenate([placed, self.df.slopes(params.df, stats.count, stats.excess)])

    def on_boundary(self, params: SkewStudentParams) -> bool:
        """Whether free degrees of freedom have met a bound."""
        return self.df.on_boundary(params.df)

    def inside(self, params: SkewStudentParams, step: float) -> Iterator[SkewStudentParams]:
        """Degrees of freedom on a bound, moved inside."""
        return (SkewStudentParams(params.normal, params.skew, df) for df in self.df.inside(params.df, step))

    def means(self, params: SkewStudentParams) -> Array:
        """The expected values (k, d), infinite in the direction of the skewness where v is at most 1."""
        half, some = params.df / 2, params.df > 1
        ratio = np.exp(gammaln(np.where(some, half - 0.5, 1.0)) - gammaln(half)) * np.sqrt(half)
        stretch = np.where(some, HALF_MEAN * ratio, np.inf)[:, None]
        return params.normal.mean + np.where(
            params.skew == 0, 0.0, stretch * np.where(params.skew == 0, 1.0, params.skew)
        )

    def estimates(self, params: SkewStudentParams) -> dict[str, Array]:
        """Locations, skewness, scale matrices in the layout of the shape, and degrees of freedom."""
        scale = self.normal.shape.dense(params.normal.cov)
        return {"location": params.normal.mean, "skew": params.skew, "scale": scale, "df": params.df}

    def location(self, params: SkewStudentParams) -> Array:
        """Where the means of skew-normal components would lie."""
        return params.normal.mean + HALF_MEAN * params.skew

    def least_rows(self, params: SkewStudentParams) -> float:
        """As for `Normal`, and one row more for the skewness."""
        least = self.normal.least_rows(params.normal)
        return least + 1.0 if least else 0.0

    def _with(self, normal: Normal, unit: Array | None) -> SkewStudent:
        family = copy.copy(self)
        skewing = Skewing(normal, self.known_skew)
        moments = skewing.prior()
        prior = moments if moments is None else StudentStats(moments, *np.zeros((2, len(moments.mean))))
        vars(family).update(normal=normal, skewing=skewing, unit=unit, prior=prior)
        return family


def _evaluated(df: Array, run: SkewRun) -> tuple[Array, Callable[[Array], StudentStats]]:
    """Log densities (n, k) of a run, and the function from responsibilities (k, n) to statistics."""
    (along, squared), n_seen, sd = run.place, run.x.shape[1], run.sd[:, None]
    half, rise = df / 2, ((df + n_seen) / 2)
    wide = df[:, None] + squared
    y, r = along / np.sqrt(wide), 2 * rise[:, None]
    log_mass, hazard, log_rest = student_half(y, r)
    log_norm = (
        run.log_norm + 0.5 * n_seen * LOG_2PI + gammaln(rise) - gammaln(half) - 0.5 * n_seen * np.log(2 * np.pi * half)
    )
    log_prob = LOG_2 + log_norm[:, None] - rise[:, None] * np.log1p(squared / df[:, None]) + log_mass

    def stats(resp: Array) -> StudentStats:
        inner = r + y * hazard
        scale = inner / wide  # E[u]
        mean = sd * (along + hazard * np.sqrt(wide) / inner)  # E[u t] / E[u]
        var = np.maximum(1 - hazard * (y + hazard / inner), 0.0)  # E[u t²] - E[u t]² / E[u], over s²
        log_scale = psi((r + 1) / 2) + LOG_2 - np.log(wide) - log_rest
        count = resp.sum(axis=1)
        moments = run.moments(resp * scale, mean, np.square(run.sd) * np.vecdot(resp, var), count)
        return StudentStats(moments, count, np.vecdot(resp, log_scale - scale + 1))

    return log_prob.T, stats


__all__ = ["SkewStudent", "SkewStudentParams"]
