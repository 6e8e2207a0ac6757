"""The skew-normal distribution in d dimensions, with missing cells integrated out.

x = m + b |z| + e with z ~ N(0, 1) and e ~ N(0, S) has log density log 2 + log N(x; m, S + b b') + log Phi(c/s), where
s² = 1/(1 + b'S^-1 b) and c = s² b'S^-1 (x - m). The half-normal t = |z| is the latent variable: given x it is normal
about c with variance s², cut off at 0; given t the rows are normal about m + b t, so that the M-step is a regression
on t. Observed cells of a row are skew-normal with their part of m, b and S. It is Azzalini & Dalla Valle's (1996,
Biometrika 83:715) in the parameters of Pyne et al. (2009, PNAS 106:8519) and Lin (2009, J. Multivariate Analysis
100:257). In small samples the highest likelihood may lie where S is singular, at a half-normal: it is finite there, and
EM goes to it slowly; a prior keeps away.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from hiddenmix._tree import Array, record
from hiddenmix._xp import to_numpy
from hiddenmix.families._base import Conjugate, columns, standardised
from hiddenmix.families._half_lines import normal_half
from hiddenmix.families._normal_prior import NormalPrior
from hiddenmix.families._normal_rows import joined
from hiddenmix.families._skew_mstep import HALF_MEAN, Skewing, first_moments
from hiddenmix.families._skew_rows import SkewRun, merged, skew_runs
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.model import Known
from hiddenmix.moments import Moments

LOG_2 = float(np.log(2))


@record
class SkewNormalParams:
    """Locations and scale matrices as the means and covariances of `normal`, and skewness (k, d).

    The mean is location + sqrt(2/pi) skew, the covariance scale + (1 - 2/pi) skew skew'.
    """

    normal: NormalParams
    skew: Array


class SkewNormal(Conjugate[SkewNormalParams, Moments]):
    """Skew-normal components. Their statistics are the moments of rows and latent t together (k, d + 1).

    Parameters
    ----------
    covariance : str
        The shape of the scale matrices, by the names of `Normal`.
    location, skew, scale : Known, optional
        Parameters that are given: locations and skewness by component, scale matrices as the covariances of `Normal`.
    prior : NormalPrior or "conjugate", optional
        A prior of locations and scale matrices, as for `Normal`.
    groups : array of int of shape (k,), optional
        As for `Normal`.

    Raises
    ------
    HiddenmixError : HM401, HM403, HM404, HM410 as for `Normal`
    """

    def __init__(
        self,
        covariance: str = "full",
        *,
        location: Known | None = None,
        skew: Known | None = None,
        scale: Known | None = None,
        prior: NormalPrior | Literal["conjugate"] | None = None,
        groups: Sequence[int] | Array | None = None,
    ) -> None:
        self.normal = Normal(covariance, mean=location, cov=scale, prior=prior, groups=groups)
        self.skewing = Skewing(self.normal, skew)
        self.known_skew = skew
        self.prior: Moments | None = None

    def __repr__(self) -> str:
        return f"SkewNormal({self.normal.shape.name!r})"

    def prepare(self, x: Any, weight: Array | None, k: int) -> SkewNormal:
        """The family with its prior as a statistic."""
        return self._with(self.normal.prepare(x, weight, k))

    def log_prob(self, params: SkewNormalParams, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: SkewNormalParams | None, x: Any, resp: Array) -> Moments:
        """Moments of rows and t; without parameters such that the first estimate has the rows' third moments."""
        if params is None:
            return first_moments(to_numpy(columns(x)), to_numpy(resp))
        return self.evaluate(params, x)[1](resp)

    def evaluate(self, params: SkewNormalParams, x: Any) -> tuple[Array, Callable[[Array], Moments]]:
        """Log densities, and the function from responsibilities to moments."""
        runs = skew_runs(self.normal.shape, params.normal, params.skew, x)
        done = [_evaluated(run) for run in runs]
        return joined([log_prob for log_prob, _ in done]), merged([stats for _, stats in done], runs)

    def maximise(self, params: SkewNormalParams | None, stats: Moments) -> SkewNormalParams:
        """The regression of x on t, residuals to the scale matrix."""
        normal, skew = (None, None) if params is None else (params.normal, params.skew)
        return SkewNormalParams(*self.skewing.estimate(normal, skew, stats))

    def repeated(self, count: int) -> SkewNormal | None:
        """Components that have nothing in common and of which nothing is known; the prior as often as they are."""
        normal = self.normal.repeated(count) if self.known_skew is None else None
        return None if normal is None else self._with(normal)

    def conform(self, params: SkewNormalParams) -> SkewNormalParams:
        """Known parameters put in."""
        return SkewNormalParams(*self.skewing.conform(params.normal, params.skew))

    def expected_log_prob(self, params: SkewNormalParams, stats: Moments) -> Array:
        """-1/2 [n log|S| + tr S^-1 (scatter of x - b t about m)] (k,)."""
        return self.skewing.expected(params.normal, params.skew, stats)

    def coordinates(self, x: Any) -> Array:
        """Standardised columns, missing cells at the mean."""
        return standardised(columns(x))

    def sample(self, params: SkewNormalParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        about = self.normal.sample(params.normal, labels, rng)
        return about + params.skew[labels] * np.abs(rng.standard_normal(len(labels)))[:, None]

    def ravel(self, params: SkewNormalParams, base: SkewNormalParams) -> Array:
        """Locations and scale matrices as of a normal, then the skewness in units of the scale."""
        return self.skewing.ravel(params.normal, params.skew, base.normal, base.skew)

    def unravel(self, vector: Array, base: SkewNormalParams) -> SkewNormalParams:
        """The inverse of `ravel`."""
        return SkewNormalParams(*self.skewing.unravel(vector, base.normal, base.skew))

    def slopes(self, params: SkewNormalParams, stats: Moments, base: SkewNormalParams) -> Array | None:
        """Those of the regression."""
        return self.skewing.slopes(params.normal, params.skew, stats, base.normal, base.skew)

    def means(self, params: SkewNormalParams) -> Array:
        """The expected values (k, d)."""
        return params.normal.mean + HALF_MEAN * params.skew

    def estimates(self, params: SkewNormalParams) -> dict[str, Array]:
        """Locations, skewness, and scale matrices in the layout of the shape."""
        scale = self.normal.shape.dense(params.normal.cov)
        return {"location": params.normal.mean, "skew": params.skew, "scale": scale}

    def location(self, params: SkewNormalParams) -> Array:
        """The means, which tell components apart better than where their half-lines begin."""
        return self.means(params)

    def least_rows(self, params: SkewNormalParams) -> float:
        """As for `Normal`, and one row more for the skewness."""
        least = self.normal.least_rows(params.normal)
        return least + 1.0 if least else 0.0

    def _with(self, normal: Normal) -> SkewNormal:
        family = copy.copy(self)
        skewing = Skewing(normal, self.known_skew)
        vars(family).update(normal=normal, skewing=skewing, prior=skewing.prior())
        return family


def _evaluated(run: SkewRun) -> tuple[Array, Callable[[Array], Moments]]:
    """Log densities (n, k) of a run, and the function from responsibilities (k, n) to moments."""
    along, squared = run.place
    log_half, mean, var = normal_half(along)
    sd = run.sd[:, None]

    def stats(resp: Array) -> Moments:
        rest = np.square(run.sd) * np.vecdot(resp, var)
        return run.moments(resp, sd * mean, rest, resp.sum(axis=1))

    return (LOG_2 + run.log_norm[:, None] - 0.5 * squared + log_half).T, stats


__all__ = ["SkewNormal", "SkewNormalParams"]
