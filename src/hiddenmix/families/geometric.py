"""The geometric distribution, columns independent: trials until the first success, or failures before it.

log p(x; q) = sum_c [log q_c + (x_c - s) log(1 - q_c)], over observed cells, x_c = s, s + 1, ... with s = 1 for trials
and 0 for failures. The estimate is successes over trials, every value being one success after x - s failures; a
Beta(1 + a, 1 + b) prior is a successes and b failures seen before (Johnson, Kemp & Kotz 2005, Univariate Discrete
Distributions, section 5.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._special import safe_log
from hiddenmix._tree import Array, record
from hiddenmix._validate import check_counts
from hiddenmix._validate.support import check_support
from hiddenmix._xp import namespace
from hiddenmix.families._base import known_cells
from hiddenmix.families._charts import SHARE
from hiddenmix.families._given import pseudo_counts
from hiddenmix.families._independent import Field, Given, Independent, impossible_under
from hiddenmix.kernels.form import REST, SEEN
from hiddenmix.model import Known

BELOW_ONE = np.nextafter(1.0, 0.0)
MOST = 1e15  # failures in one draw, of a probability that is nearly 0


@record
class GeometricParams:
    """Success probabilities (k, d)."""

    p: Array


@record
class GeometricStats:
    """Expected successes, one for every value, and failures: both (k, d)."""

    weight: Array
    failures: Array


class Geometric(Independent[GeometricParams, GeometricStats]):
    """Geometric components; data are whole numbers (n, d).

    Parameters
    ----------
    start : {0, 1}
        The smallest value: 0 counts failures before the first success, 1 counts trials with it.
    p : Known, optional
        Probabilities that are given.
    prior : tuple of two floats, optional
        Pseudo-counts: successes and failures added to every component and column.

    Raises
    ------
    HiddenmixError : HM403 another start; HM124, HM125, HM136 values that are no such counts
    """

    params = GeometricParams
    fields = (Field("p", SHARE, words="probability"),)
    prior_form: ClassVar[str] = "(successes, failures)"
    kind = "count"
    options = ("start",)

    def __init__(
        self, start: Literal[0, 1] = 0, *, p: Known | None = None, prior: tuple[float, float] | None = None
    ) -> None:
        if start not in (0, 1):
            raise HiddenmixError("HM403", f"start must be 0 or 1; got {start!r}", "Geometric(start=0)")
        self.start = int(start)
        super().__init__(prior, p=p)

    def __repr__(self) -> str:
        return f"Geometric({self.start})"

    def pseudo_stats(self, prior: tuple[float, float]) -> GeometricStats:
        """Successes and failures as they are."""
        return GeometricStats(*pseudo_counts(prior))

    def refuse(self, x: Array) -> None:
        """HM124, HM125, HM136 values that are no counts from `start` up."""
        if self.start:
            check_support(x, "from one")
        else:
            check_counts(x)

    def natural(self, params: GeometricParams) -> Array:
        """-log(1 - q), then log q."""
        return np.concatenate([-_log_rest(params.p), safe_log(params.p)], axis=1)

    def features(self, x: Any) -> Array:
        """Failures with a minus sign, then 1 for every observed cell."""
        values, seen = known_cells(x)
        return namespace(values).concat([seen * self.start - values, seen], axis=0)

    def codes(self, d: int) -> list[tuple[int, int, float]]:
        """The same, cell by cell."""
        return [(c, REST, float(self.start)) for c in range(d)] + [(c, SEEN, 0.0) for c in range(d)]

    def log_base(self, x: Any) -> Array | None:
        """-inf for values that are impossible."""
        return impossible_under(x, self.start)

    def from_features(self, sums: Array) -> GeometricStats:
        """Expected successes and failures."""
        negative, weight = np.split(sums, 2, axis=1)
        return GeometricStats(weight, -negative)

    def solve(self, stats: GeometricStats, given: Mapping[str, Given], old: GeometricParams | None) -> GeometricParams:
        """Successes over trials."""
        p = stats.weight / (stats.weight + stats.failures)
        p = np.where((p == 1) & (stats.failures > 0), BELOW_ONE, p)  # which failures, be they ever so few, rule out
        return GeometricParams(given["p"].fill(p))

    def expected_log_prob(self, params: GeometricParams, stats: GeometricStats) -> Array:
        """successes log q + failures log(1 - q), per component (k,)."""
        return np.sum(stats.weight * safe_log(params.p) + stats.failures * _log_rest(params.p), axis=1)

    def partials(self, params: GeometricParams, stats: GeometricStats) -> dict[str, Array]:
        """successes / q - failures / (1 - q)."""
        p, rest = np.maximum(params.p, 1e-300), np.maximum(1 - params.p, 1e-300)
        return {"p": stats.weight / p - stats.failures / rest}

    def straightened(self, x: Array) -> Array:
        """Logs of failures and a half."""
        return np.log(x - self.start + 0.5)

    def means(self, params: GeometricParams) -> Array:
        """s + (1 - q) / q."""
        return self.start + (1 - params.p) / np.maximum(params.p, 1 / MOST)

    def variances(self, params: GeometricParams) -> Array:
        """(1 - q) / q²."""
        return (1 - params.p) / np.square(np.maximum(params.p, 1 / MOST))

    def below(self, params: GeometricParams, value: Array) -> Array:
        """1 - (1 - q)^(floor(x) - s + 1)."""
        trials = np.maximum(np.floor(value) - self.start + 1, 0.0)
        return -np.expm1(trials * np.where(trials > 0, _log_rest(params.p), 0.0))

    def draw(self, params: GeometricParams, rng: np.random.Generator) -> Array:
        """Trials until the first success, from `start`."""
        return rng.geometric(np.maximum(params.p, 1 / MOST)) - 1.0 + self.start


def _log_rest(p: Array) -> Array:
    """log(1 - p), finite."""
    return np.where(p < 1, np.log1p(-np.where(p < 1, p, 0.0)), safe_log(np.zeros(())))


__all__ = ["Geometric", "GeometricParams", "GeometricStats"]
