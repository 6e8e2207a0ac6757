"""Whether components come back when the data are drawn again.

Hennig 2007, Computational Statistics & Data Analysis 52:258: rows are drawn with replacement, the model is fitted from
scratch, and each component is compared with the most similar component of the new fit, by the Jaccard coefficient (the
rows in both over the rows in either) of the distinct rows drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.batch import missing_cells
from hiddenmix.data import Rows
from hiddenmix.discover._resampling import in_one, memberships, refit, whole

DISSOLVED, RECOVERED = 0.5, 0.75  # Hennig's: at most, at least
READINGS = ((0.85, "very stable"), (0.75, "stable"), (0.6, "there is something, but its limits are vague"))


@record
class Stability:
    """How stable each of k components is.

    Attributes
    ----------
    mean, sd : arrays (k,)
        Of the Jaccard coefficients with the most similar component of each refit.
    dissolved, recovered : arrays (k,)
        The shares of refits with a coefficient of at most 0.5, and of at least 0.75.
    n_bootstrap, n_failed : int
        How many times rows were drawn, and how many of the refits failed; these are left out.
    """

    mean: Array
    sd: Array
    dissolved: Array
    recovered: Array
    n_bootstrap: int
    n_failed: int

    def __repr__(self) -> str:
        means = ", ".join(f"{mean:.2f}" for mean in self.mean)
        return f"Stability(mean Jaccard {means}; {self.n_bootstrap - self.n_failed} refits)"

    def reading(self, j: int) -> str:
        """The mean in words, by Hennig's limits."""
        return next((words for limit, words in READINGS if self.mean[j] >= limit), "not stable")

    def summary(self) -> str:
        """A line for each component."""
        lines = [
            f"component {j + 1}: {self.reading(j)} (mean Jaccard {self.mean[j]:.2f}; came back in "
            f"{100 * self.recovered[j]:.0f} % of {self.n_bootstrap - self.n_failed} refits, dissolved in "
            f"{100 * self.dissolved[j]:.0f} %)"
            for j in range(len(self.mean))
        ]
        if self.n_failed:
            lines.append(f"{self.n_failed} of {self.n_bootstrap} refits failed and are left out")
        return "\n".join(lines)


def bootstrap_stability(
    model: Any, params: Any, x: Any, weight: Array | None, n_bootstrap: int, n_init: int, rng: np.random.Generator
) -> Stability:
    """Refit the mixture on rows drawn again, and compare.

    Parameters
    ----------
    model : Mixture
    params : MixtureParams
        The fit to judge.
    x : array of shape (n, d)
    weight : array of shape (n,), optional
        Whole numbers: how often each row counts.
    n_bootstrap : int
        How often rows are drawn.
    n_init : int
        Starts of each refit.
    rng : numpy Generator

    Raises
    ------
    HiddenmixError : HM410 weights that are not whole, HM205 all refits failed
    """
    counts, missing = whole(weight, len(x)), missing_cells(x)
    if missing is not None:  # rows without a value belong nowhere
        counts = np.where(missing.all(axis=1), 0, counts)
    kept = np.flatnonzero(counts)
    rows = in_one(_tree.take(x, kept), counts[kept].astype(float))
    model, now = model.prepare(rows), _labels(model, params, rows, len(kept))
    found, failed, total = [], 0, int(counts.sum())
    for _ in range(n_bootstrap):
        drawn = rng.multinomial(total, counts[kept] / total)
        again = in_one(_tree.take(x, kept), drawn.astype(float))
        result = refit(model, again, starts=n_init, rng=rng.spawn(1)[0])
        if result is None:
            failed += 1
            continue
        seen = drawn > 0
        new = _labels(result.model, result.params, again, len(kept))
        found.append(_jaccard(now[seen], new[seen], model.n_components))
    if not found:
        raise HiddenmixError(
            "HM205", f"all {n_bootstrap} refits failed", "fewer components, a tied covariance, a prior"
        )
    return _told(np.stack(found), n_bootstrap, failed)


def _labels(model: Any, params: Any, rows: Rows, n: int) -> Array:
    """The most probable component of each row, in the caller's order; -1 for absent rows."""
    out = np.full(n, -1)
    out[slice(None) if rows.order is None else rows.order] = np.argmax(memberships(model, params, rows), axis=1)
    return out


def _jaccard(now: Array, new: Array, k: int) -> Array:
    """The largest Jaccard coefficient of each component with one of the new fit (k,); -1 for one without rows."""
    a, b = np.eye(k)[now], np.eye(k)[new]
    both = a.T @ b
    either = a.sum(axis=0)[:, None] + b.sum(axis=0) - both
    best = (both / np.where(either > 0, either, 1.0)).max(axis=1)
    return np.where(a.sum(axis=0) > 0, best, -1.0)


def _told(found: Array, n_bootstrap: int, failed: int) -> Stability:
    """Means over the refits whose draws had rows of the component; 0 and dissolved where none had."""
    there = found >= 0
    times = np.maximum(there.sum(axis=0), 1)
    value = np.where(there, found, 0.0)
    mean = value.sum(axis=0) / times
    sd = np.sqrt((there * (value - mean) ** 2).sum(axis=0) / times)
    dissolved = np.where(there.any(axis=0), ((value <= DISSOLVED) & there).sum(axis=0) / times, 1.0)
    recovered = (value >= RECOVERED).sum(axis=0) / times
    return Stability(mean, sd, dissolved, recovered, n_bootstrap, failed)
