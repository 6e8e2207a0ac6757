"""One answer from the analyses of several completed data sets: Rubin's rules.

Of m estimates q_i with variances u_i, the pooled estimate is the mean of the q_i, and its variance
t = u + (1 + 1/m) b has a part within data sets, u = mean of the u_i, and a part between them, b = sum (q_i - mean)^2 /
(m - 1), which is what the missing cells cost. With r = (1 + 1/m) b / u and l = (1 + 1/m) b / t, (estimate - truth) /
sqrt t has about a t distribution with (m - 1) / l^2 degrees of freedom (Rubin 1987, Multiple Imputation for Nonresponse
in Surveys, section 3.3); where the complete data would have `dof_complete` only, with
1 / (l^2 / (m - 1) + 1 / (dof_complete (dof_complete + 1) / (dof_complete + 3) (1 - l))) of them (Barnard & Rubin 1999,
Biometrika 86:948).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, static
from hiddenmix.discover._words import aligned


@record
class Pooled:
    """What the analyses of m completed data sets say together.

    Arrays have the shape of one estimate: () for a single number, (p,) for several.

    Attributes
    ----------
    estimate : array
    within, between, total : array
        Variances within and between data sets, and of the estimate.
    dof : array
        Degrees of freedom of the t distribution of (estimate - truth) / se.
    increase : array
        Relative increase in variance due to the missing cells, r = (1 + 1/m) between / within.
    missing_information : array
        The fraction of the information about the quantity that is missing, (r + 2 / (v + 3)) / (r + 1) with v =
        (m - 1)(1 + 1/r)^2 (Rubin 1987, equation 3.1.10).
    covariance : array of shape (p, p) or None
        Of the estimates, where covariances were given: the same rule, with matrices.
    m : int
    names : tuple of str
        Of the quantities.
    """

    estimate: Array
    within: Array
    between: Array
    total: Array
    dof: Array
    increase: Array
    missing_information: Array
    covariance: Array | None
    m: int = static()
    names: tuple[str, ...] = static(default=())

    @property
    def se(self) -> Array:
        """Standard errors: the roots of `total`."""
        return np.sqrt(self.total)

    def interval(self, level: float = 0.95) -> Array:
        """Confidence intervals, (2,) or (2, p): the lower ends, then the upper ones.

        Parameters
        ----------
        level : float
            The probability, between 0 and 1, that such an interval holds the truth.
        """
        if not 0 < level < 1:
            raise HiddenmixError("HM403", f"a level lies between 0 and 1; got {level}", "interval(0.95)")
        reach = student.ppf((1 + level) / 2, self.dof) * self.se
        return np.stack([self.estimate - reach, self.estimate + reach])

    def p_value(self, null: Any = 0.0) -> Array:
        """Two-sided p-values of the hypothesis that the truth is `null`."""
        distance = np.abs(self.estimate - np.asarray(null, dtype=float))
        with np.errstate(divide="ignore", invalid="ignore"):  # without any variance, only `null` itself is possible
            ratio = np.where(distance > 0, distance / self.se, 0.0)
        return np.asarray(2 * student.sf(ratio, self.dof))

    def __repr__(self) -> str:
        low, high = (np.ravel(end) for end in self.interval())
        head = ["", "estimate", "se", "95 % from", "to", "df", "missing information"]
        parts = (self.estimate, self.se, low, high, self.dof)
        columns = [[f"{value:.4g}" for value in np.ravel(part)] for part in parts]
        columns.append([f"{100 * value:.1f} %" for value in np.ravel(self.missing_information)])
        names = self.names or [f"q{i}" for i in range(low.size)]
        lines = aligned([head, *([name, *cells] for name, *cells in zip(names, *columns, strict=True))], {0})
        return "\n".join([f"Pooled over {self.m} completed data sets", *lines])


def pool(estimates: Any, variances: Any, dof_complete: Any = None) -> Pooled:
    """Pool the analyses of several completed data sets by Rubin's rules.

    Parameters
    ----------
    estimates : sequence of m numbers, arrays of shape (p,), mappings or series
        What was estimated from each completed data set. Names are taken from mappings and series.
    variances : sequence of m
        Squared standard errors in the shape of the estimates, or covariance matrices (p, p).
    dof_complete : float or array of shape (p,), optional
        Degrees of freedom that the estimates would have without missing cells: n - 1 of a mean, n - p of regression
        coefficients. None stands for a large table.

    Returns
    -------
    Pooled
        `estimate`, `total`, `se`, `dof`, `missing_information`, `interval(level)`; it prints as a table.

    Raises
    ------
    HiddenmixError : HM442 fewer than two data sets, shapes that do not go together, or variances below 0

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys. Barnard & Rubin (1999), Biometrika 86:948.

    Examples
    --------
    >>> import hiddenmix as hm
    >>> pooled = hm.pool([10.0, 12.0, 11.0], [4.0, 4.0, 4.0])
    >>> round(float(pooled.estimate), 3), round(float(pooled.total), 3)
    (11.0, 5.333)
    """
    names = _names(estimates)
    q, u = _numbers("estimates", estimates), _numbers("variances", variances)
    m = len(q) if q.ndim else 0
    if m < 2:
        raise HiddenmixError(
            "HM442", "the variance between data sets needs two or more of them", "completed(X, m=20), one estimate each"
        )
    mean, matrix = q.mean(axis=0), None
    if q.ndim == 2 and u.shape == (m, q.shape[1], q.shape[1]):
        apart = q - mean
        matrix = u.mean(axis=0) + (1 + 1 / m) * (apart.T @ apart) / (m - 1)
        u = np.diagonal(u, axis1=1, axis2=2)
    if q.ndim > 2 or u.shape != q.shape or not np.all(u >= 0):
        what = f"estimates of shape {q.shape} with variances of shape {u.shape}, the smallest {u.min():.3g}"
        raise HiddenmixError("HM442", what, "squared standard errors, one for each estimate, or covariances (m, p, p)")
    within, between = u.mean(axis=0), q.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing between: no increase, and all degrees of freedom
        share = np.where(extra > 0, extra / total, 0.0)
        increase = np.where(extra > 0, extra / within, 0.0)
        large = (m - 1) / np.square(share)
    return Pooled(
        mean,
        within,
        between,
        total,
        _dof(large, share, dof_complete),
        increase,
        share + (1 - share) * 2 / (large + 3),  # (r + 2 / (v + 3)) / (r + 1), for infinite r too
        matrix,
        m,
        names,
    )


def _dof(large: Array, share: Array, dof_complete: Any) -> Array:
    """Barnard & Rubin's degrees of freedom, from those of a large table."""
    if dof_complete is None:
        return large
    complete = _numbers("dof_complete", dof_complete)
    if complete.shape not in ((), share.shape) or not np.all(complete > 0):
        what = f"dof_complete must be above 0, one number or one for each estimate; got {dof_complete}"
        raise HiddenmixError("HM442", what, "n - 1 of a mean, n - p of p coefficients; None for a large table")
    observed = complete * (complete + 1) / (complete + 3) * (1 - share)
    with np.errstate(divide="ignore"):  # where all variance lies between, none of the data sets has anything to say
        return np.asarray(1 / (1 / large + np.where(share < 1, 1 / observed, 0.0)))


def _numbers(what: str, values: Any) -> Array:
    """A float array of numbers; HM442 otherwise."""
    if isinstance(values, Iterable) and not hasattr(values, "shape"):
        values = [list(each.values()) if isinstance(each, Mapping) else each for each in values]
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if not array.size or not np.all(np.isfinite(array)):
        raise HiddenmixError("HM442", f"{what} must be finite numbers, of equal shapes", "one entry for each data set")
    return array


def _names(estimates: Any) -> tuple[str, ...]:
    """The names that the first estimate has, if it has any; HM442 where the others have other ones."""
    if not isinstance(estimates, Sequence) or not len(estimates) or not hasattr(estimates[0], "keys"):
        return ()
    names = [tuple(map(str, each.keys())) for each in estimates]
    if len(set(names)) > 1:
        raise HiddenmixError("HM442", f"estimates with different names: {sorted(set(names))[:2]}", "the same in all")
    return names[0]


__all__ = ["Pooled", "pool"]
