"""Student's t distribution in d dimensions, with missing cells integrated out.

log t(x; m, S, v) = lgamma((v + d)/2) - lgamma(v/2) - d/2 log(v pi) - 1/2 log|S| - (v + d)/2 log(1 + D/v), with squared
distance D = (x - m)' S^-1 (x - m). It is a normal whose covariance is divided by a scale u ~ Gamma(v/2, v/2) of the
row, which the E-step knows to be Gamma((v + d)/2, (v + D)/2): the mean scale (v + d)/(v + D) weighs the row in mean and
scatter, so that far rows count little, and E[log u] - E[u] moves v (Lange, Little & Taylor 1989, J. American
Statistical Association 84:881; Peel & McLachlan 2000, Statistics and Computing 10:339). With missing cells d counts
the observed ones, and the missing given these and u are normal (Liu & Rubin 1995, Statistica Sinica 5:19).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy.special import fdtrc, gammaln, psi

from hiddenmix import _tree
from hiddenmix._tree import Array, record
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.families._base import Conjugate, columns
from hiddenmix.families._freedom import START, Freedom
from hiddenmix.families._normal_block import LOG_2PI
from hiddenmix.families._normal_prior import NormalPrior
from hiddenmix.families._normal_rows import Run, evaluate_runs, joined
from hiddenmix.families._robust import robust_centre_and_spread, robust_coordinates
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.precision import spreads
from hiddenmix.model import Degenerate, Known
from hiddenmix.moments import Moments

FLAT = 1e-12  # standard deviations below this share of a column's are none


@record
class StudentParams:
    """Means (k, d), the scale matrices in the record of their shape, and degrees of freedom (k,).

    Where v > 2 the covariance is v/(v - 2) times the scale matrix.
    """

    mean: Array
    cov: Any
    df: Array


@record
class StudentStats:
    """Moments of the rows weighted by responsibility times scale, and what degrees of freedom are estimated from.

    `count` (k,) are responsibilities, `excess` (k,) these times E[log u] - E[u] + 1, at most 0.
    """

    moments: Moments
    count: Array
    excess: Array


class Student(Conjugate[StudentParams, StudentStats]):
    """Student-t components.

    Parameters
    ----------
    covariance : str
        The shape of the scale matrices, by the names of `Normal`.
    df : float, array of shape (k,), or Known, optional
        Degrees of freedom that are given; None estimates them, between 0.1 and 1000, which stands for a normal.
    shared_df : bool
        Whether one number is estimated for all components.
    mean, cov : Known, optional
        Means and scale matrices that are given, as for `Normal`.
    prior : NormalPrior or "conjugate", optional
        A prior of means and scale matrices, as for `Normal`.
    units, groups : optional
        As for `Normal`.

    Raises
    ------
    HiddenmixError : HM428 degrees of freedom out of range, HM401, HM403, HM404, HM410 as for `Normal`
    """

    least_typicality = 0.0

    def __init__(
        self,
        covariance: str = "full",
        *,
        df: float | Array | Known | None = None,
        shared_df: bool = False,
        mean: Known | None = None,
        cov: Known | None = None,
        prior: NormalPrior | Literal["conjugate"] | None = None,
        units: Array | Literal["sd"] | None = None,
        groups: Sequence[int] | Array | None = None,
    ) -> None:
        self.normal = Normal(covariance, mean=mean, cov=cov, prior=prior, units=units, groups=groups)
        self.df = Freedom(df, shared_df)
        self.unit: Array | None = None
        self.prior: StudentStats | None = None

    def __repr__(self) -> str:
        return f"Student({self.normal.shape.name!r})"

    def prepare(self, x: Any, weight: Array | None, k: int) -> Student:
        """The family with its prior as a statistic, and the columns' spreads, by which collapse is judged."""
        return self._with(self.normal.prepare(x, weight, k), _about(x, weight)[1])

    def log_prob(self, params: StudentParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: StudentParams | None, x: Any, resp: Array) -> StudentStats:
        """Moments, scales and their logarithms.

        Without parameters the scales are those of one wide t about the columns' medians, and moments count rows by
        them: rows far out must not settle the first scale matrices.
        """
        if params is None:
            k, (centre, spread) = resp.shape[1], _about(x, namespace(resp).sum(resp, axis=1))
            wide = self.normal.round(k, centre, spread)
            found = self._evaluate(StudentParams(wide.mean, wide.cov, np.full(k, START)), x, centred=True)[1](resp)
            return replace(found, moments=replace(found.moments, dof=found.moments.weight))
        return self._evaluate(params, x, centred=True)[1](resp)

    def evaluate(self, params: StudentParams, x: Any) -> tuple[Array, Callable[[Array], StudentStats]]:
        """Log densities, and the function from responsibilities to statistics."""
        return self._evaluate(params, x, centred=False)

    def maximise(self, params: StudentParams | None, stats: StudentStats) -> StudentParams:
        """Weighted means and scatters, the latter over the responsibilities; then the degrees of freedom.

        Raises Degenerate where a scale matrix has no width left in some column: at rows that are equal, or as few
        degrees of freedom as to make one row a component, the likelihood has no bound (Fernandez & Steel 1999,
        Biometrika 86:153).
        """
        normal = self.normal.maximise(None if params is None else _normal(params), stats.moments)
        if self.unit is not None and self.normal.known_cov is None:
            flat = np.argwhere(spreads(self.normal.shape, normal) < FLAT * self.unit)
            if len(flat):
                reason = f"collapsed: it has no spread in column {flat[0, 1]} (counting from 0)"
                raise Degenerate(int(flat[0, 0]), reason)
        return StudentParams(
            normal.mean, normal.cov, self.df.estimate(None if params is None else params.df, stats.count, stats.excess)
        )

    def repeated(self, count: int) -> Student | None:
        """Components that have nothing in common and of which nothing is known; the prior as often as they are."""
        normal = self.normal.repeated(count) if self.df.own else None
        return None if normal is None else self._with(normal, self.unit)

    def conform(self, params: StudentParams) -> StudentParams:
        """What is known put in, and degrees of freedom within their bounds."""
        normal = self.normal.conform(_normal(params))
        return StudentParams(normal.mean, normal.cov, self.df.conform(params.df))

    def expected_log_prob(self, params: StudentParams, stats: StudentStats) -> Array:
        """-1/2 [n log|S| + tr S^-1 (weighted scatter about m)] + n [h log h - lgamma(h) - h] + h e (k,), h = v/2."""
        placed = self.normal.expected_log_prob(_normal(params), stats.moments)
        return placed + self.df.expected(params.df, stats.count, stats.excess)

    def coordinates(self, x: Any) -> Array:
        """Columns in units of the distance of their quartiles, far values by their logarithm."""
        return robust_coordinates(np.asarray(columns(x), dtype=float))

    def sample(self, params: StudentParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        noise = self.normal.sample(NormalParams(np.zeros_like(params.mean), params.cov), labels, rng)
        df = params.df[labels]
        return params.mean[labels] + noise / np.sqrt(rng.chisquare(df) / df)[:, None]

    def typicality(self, params: StudentParams, x: Any) -> Array:
        """From squared distances over the number of cells, which have the F distribution."""
        x = np.asarray(columns(x))
        out = np.ones((len(x), len(params.mean)))
        for run in evaluate_runs(self.normal.shape, 0.0, params, x, True):
            if run.n_seen:
                out[run.rows] = fdtrc(run.n_seen, params.df, _squared(run) / run.n_seen)
        return out

    def distances(self, params: StudentParams, x: Array) -> tuple[Array, int]:
        """Squared distances (n, k) of rows that miss the same cells, and how many cells they have."""
        (run,) = evaluate_runs(self.normal.shape, 0.0, params, columns(x), True)
        return _squared(run), run.n_seen

    def scales(self, params: StudentParams, x: Any) -> Array:
        """The expected scale (n, k) of each row in each component, by which it counts: near 0 for an outlier."""
        runs = evaluate_runs(self.normal.shape, 0.0, params, columns(x), True)
        return joined([_mixed(params, run)[1] for run in runs])

    def ravel(self, params: StudentParams, base: StudentParams) -> Array:
        """The coordinates of a normal, then those of the degrees of freedom."""
        placed = self.normal.ravel(_normal(params), _normal(base))
        return np.concatenate([placed, self.df.ravel(params.df, base.df)])

    def unravel(self, vector: Array, base: StudentParams) -> StudentParams:
        """The inverse of `ravel`."""
        size = len(vector) - len(self.df.ravel(base.df, base.df))
        normal = self.normal.unravel(vector[:size], _normal(base))
        return StudentParams(normal.mean, normal.cov, self.df.unravel(vector[size:], base.df))

    def slopes(self, params: StudentParams, stats: StudentStats, base: StudentParams) -> Array | None:
        """Those of a normal with these moments, then those of the degrees of freedom."""
        placed = self.normal.slopes(_normal(params), stats.moments, _normal(base))
        if placed is None:
            return None
        return np.concatenate([placed, self.df.slopes(params.df, stats.count, stats.excess)])

    def on_boundary(self, params: StudentParams) -> bool:
        """Whether free degrees of freedom have met a bound."""
        return self.df.on_boundary(params.df)

    def inside(self, params: StudentParams, step: float) -> Iterator[StudentParams]:
        """Degrees of freedom on a bound, moved inside."""
        return (StudentParams(params.mean, params.cov, df) for df in self.df.inside(params.df, step))

    def estimates(self, params: StudentParams) -> dict[str, Array]:
        """Means, scale matrices in the layout of the shape, and degrees of freedom."""
        return {"mean": params.mean, "scale": self.normal.shape.dense(params.cov), "df": params.df}

    def location(self, params: StudentParams) -> Array:
        """The means."""
        return params.mean

    def least_rows(self, params: StudentParams) -> float:
        """As for `Normal`."""
        return self.normal.least_rows(_normal(params))

    def _with(self, normal: Normal, unit: Array | None) -> Student:
        family = copy.copy(self)
        none = None if normal.prior is None else np.zeros(len(normal.prior.mean))
        prior = None if normal.prior is None else StudentStats(normal.prior, none, none)
        vars(family).update(normal=normal, unit=unit, prior=prior)
        return family

    def _evaluate(self, params: StudentParams, x: Any, centred: bool) -> tuple[Array, Callable[[Array], StudentStats]]:
        runs = evaluate_runs(self.normal.shape, 0.0, params, columns(x), centred)
        mixed = [_mixed(params, run) for run in runs]

        def stats_of(resp: Array) -> StudentStats:
            return _tree.merge_all(
                _weighed(params, run, resp[run.rows, :], scale, log_scale)
                for run, (_, scale, log_scale) in zip(runs, mixed, strict=True)
            )

        return joined([log_prob for log_prob, _, _ in mixed]), stats_of


def _normal(params: StudentParams) -> NormalParams:
    return NormalParams(params.mean, params.cov)


def _about(x: Any, weight: Array | None) -> tuple[Array, Array]:
    """Robust centres and spreads (d,) of the columns."""
    return robust_centre_and_spread(to_numpy(columns(x)), None if weight is None else to_numpy(weight))


def _squared(run: Run) -> Array:
    """Squared distances (n, k), from normal log densities."""
    squared = 2 * (like(run.log_norm, run.log_prob) - run.log_prob)
    xp = namespace(squared)
    return xp.where(squared > 0, squared, xp.zeros_like(squared))


def _mixed(params: StudentParams, run: Run) -> tuple[Array, Array, Array]:
    """Log densities (n, k), expected scales, and the logarithms of these."""
    half, rise = params.df / 2, (params.df + run.n_seen) / 2
    log_norm = run.log_norm + 0.5 * run.n_seen * LOG_2PI
    log_norm = log_norm + gammaln(rise) - gammaln(half) - 0.5 * run.n_seen * np.log(2 * np.pi * half)
    squared = _squared(run)
    log1p = np.log1p if is_numpy(squared) else namespace(squared).log1p
    far = log1p(squared / like(params.df, squared))
    log_scale = like(np.log(rise / half), squared) - far
    return like(log_norm, squared) - like(rise, squared) * far, namespace(squared).exp(log_scale), log_scale


def _weighed(params: StudentParams, run: Run, resp: Array, scale: Array, log_scale: Array) -> StudentStats:
    """The statistics of one run."""
    xp = namespace(scale)
    resp = resp if is_numpy(scale) else xp.astype(xp.asarray(resp), scale.dtype)
    count = to_numpy(xp.sum(resp, axis=0))
    rise = (params.df + run.n_seen) / 2
    excess = to_numpy(xp.sum(resp * (log_scale - scale + 1), axis=0)) + count * (psi(rise) - np.log(rise))
    return StudentStats(run.moments(resp * scale, count), count, excess)


__all__ = ["Student", "StudentParams", "StudentStats"]
