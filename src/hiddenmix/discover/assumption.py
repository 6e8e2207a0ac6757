"""Whether the components are distributed as the model assumes, by simulation from the fit.

A row's typicality is the probability that a draw of the component has a density no higher (`Family.typicality`). Of
rows that come from the mixture, weighted by their membership in a component, it is uniform. How far it is from that is
measured by the Anderson-Darling distance n ∫ (F(u) - u)² / (u (1 - u)) du, and judged by the same distance in tables
that the fitted mixture makes, with the same missing cells, and that are fitted again (a parametric bootstrap).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import chdtri

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.batch import missing_cells
from hiddenmix.data import Rows
from hiddenmix.discover._resampling import closely, in_one, memberships, refit
from hiddenmix.discover.onemore import ENOUGH, OneMore, gain_of_one_more, p_value

LEVELS = np.array([0.01, 0.025, 0.05, *np.arange(0.1, 0.95, 0.05), 0.95, 0.975, 0.99])
CLEAR = 2.0  # standard deviations from which the tails are called heavier or lighter
TINY = 1e-300


@record
class Check:
    """Whether the assumptions of a fit hold.

    Attributes
    ----------
    adjective : str
        What the components are assumed to be: "normal".
    statistic, p : arrays (k,)
        The Anderson-Darling distance of each component, and its p-value.
    tails : array (k,)
        How many standard deviations of the simulations the component's tails are heavier (above 0) or lighter.
    overall_p : float
        The p-value of all components together (the sum of their distances).
    expected : array (q,)
        Quantiles of squared distances under the assumption: chi-square with as many degrees of freedom as columns.
    observed, low, high : arrays (k, q)
        Those of the rows of each component, and the range of 90 % of the simulations: what a Q-Q plot shows.
    n_bootstrap, n_failed : int
        Simulated tables, and those of them that could not be fitted; these are left out.
    one_more : OneMore, optional
        The test against one component more.
    note : str
        Why there is no such test.
    suspect : str
        What else may be the reason when components are not as assumed: a clause, or "".
    """

    adjective: str
    statistic: Array
    p: Array
    tails: Array
    overall_p: float
    expected: Array
    observed: Array
    low: Array
    high: Array
    n_bootstrap: int
    n_failed: int
    one_more: OneMore | None = None
    note: str = ""
    suspect: str = ""

    def __repr__(self) -> str:
        more = "" if self.one_more is None else f", one more p {self.one_more.p:.2g}"
        return f"Check(components p {self.overall_p:.2g}{more}; {self.n_bootstrap - self.n_failed} simulations)"

    @property
    def holds(self) -> bool:
        """Whether the components together are as assumed, as far as these rows can tell."""
        return self.overall_p > ENOUGH

    def sentences(self) -> list[str]:
        """What was found, in words."""
        like = f"a {self.adjective} distribution" if self.adjective else "the assumed distribution"
        if self.holds:
            found = [f"No departure of the components from {like} (p {self.overall_p:.2g})"]
        else:
            found = [self._sentence(int(j), like) for j in np.flatnonzero(self.p <= ENOUGH)]
            found = found or [f"Together, the components depart from {like} (p {self.overall_p:.2g}), none clearly"]
            found += [f"That may be because {self.suspect}"] if self.suspect else []
        found.append(self.one_more.sentence() if self.one_more else f"One component more was not tried: {self.note}")
        failed = self.n_failed + (self.one_more.n_failed if self.one_more else 0)
        if failed:
            found.append(f"{failed} fits of {self.n_bootstrap} simulated tables failed and are left out")
        return found

    def summary(self) -> str:
        """The sentences, one on each line."""
        return "\n".join(self.sentences())

    def _sentence(self, j: int, like: str) -> str:
        tails = self.tails[j]
        if self.adjective:
            how = f"{'heavier' if tails > 0 else 'lighter'} tails than" if abs(tails) >= CLEAR else "another shape than"
            return f"Component {j + 1} does not look {self.adjective} (p {self.p[j]:.2g}: {how} {like})"
        how = f"{'more' if tails > 0 else 'fewer'} unlikely rows" if abs(tails) >= CLEAR else "rows otherwise spread"
        return f"Component {j + 1} does not look as assumed (p {self.p[j]:.2g}: {how} than under {like})"


@record
class _Fit:
    """A fit of k components, and what is compared of it.

    `distance` and `tails` (k,), `quantiles` (k, q), and `gain`, twice the rise of the log-likelihood to k + 1.
    """

    params: Any
    distance: Array
    tails: Array
    quantiles: Array
    gain: float | None


def check_assumption(
    model: Any,
    params: Any,
    x: Any,
    n_bootstrap: int,
    rng: np.random.Generator,
    bigger: Any = None,
    adjective: str = "",
    note: str = "",
) -> Check:
    """Compare the rows with tables that the mixture makes.

    Parameters
    ----------
    model : Mixture
        k components, prepared.
    params : MixtureParams
        The fit; on these rows it is gone on with until it converges.
    x : array of shape (n, d)
        Rows without a value are left out.
    n_bootstrap : int
        How many tables are simulated; p-values are no smaller than 1/(n_bootstrap + 1).
    rng : numpy Generator
    bigger : Mixture, optional
        The same with k + 1 components.
    adjective : str
        What to call the assumed distribution; "" for those without a name.
    note : str
        Why there is no `bigger`.

    Raises
    ------
    HiddenmixError : HM411 a family without `sample`, HM205 all fits failed
    """
    missing = missing_cells(x)
    if missing is not None:
        x = x[~missing.all(axis=1)]
    rows = in_one(x)
    bigger = bigger and bigger.prepare(rows)
    here = _fitted(model, params, rows, bigger, rng)
    if here is None:
        raise HiddenmixError("HM205", "the fit cannot be gone on with on these rows", "check(X) with the table of fit")
    tried = (
        _fitted(model, here.params, _simulated(model, here.params, x, rng), bigger, rng) for _ in range(n_bootstrap)
    )
    fits = [each for each in tried if each is not None]
    if not fits:
        raise HiddenmixError("HM205", f"all fits of {n_bootstrap} simulated tables failed", "fewer components, a prior")
    gains = np.array([each.gain for each in fits if each.gain is not None])
    one_more = None
    if here.gain is not None and len(gains):
        p = p_value(here.gain, gains)
        one_more = OneMore(model.n_components, here.gain, gains, p, len(fits) - len(gains))
    elif bigger is not None:
        note = "no fit of it finished"
    return _told(here, fits, x.shape[1], adjective, n_bootstrap, one_more, note)


def distance_from_uniform(u: Array, weight: Array) -> float:
    """The Anderson-Darling distance (times the sum of weights) of weighted values between 0 and 1 from uniform."""
    total = weight.sum()
    if total <= 0:
        return 0.0
    order = np.argsort(u)
    ends = np.concatenate([[0.0], np.clip(u[order], TINY, 1 - 1e-16), [1.0]])
    below = np.concatenate([[0.0], np.cumsum(weight[order]) / total])
    below[-1] = 1.0
    log_u, log_v = np.log(np.maximum(ends, TINY)), np.log(np.maximum(1 - ends, TINY))
    rise = below**2 * np.diff(log_u) - (1 - below) ** 2 * np.diff(log_v) - np.diff(ends)
    return float(total * max(rise.sum(), 0.0))


def _simulated(model: Any, params: Any, x: Array, rng: np.random.Generator) -> Rows:
    """A table of the mixture, with the cells missing that are missing in the data."""
    labels = rng.choice(model.n_components, size=len(x), p=params.weights / params.weights.sum())
    return in_one(model.family.resample(params.components, labels, x, rng))


def _fitted(model: Any, params: Any, rows: Rows, bigger: Any, rng: np.random.Generator) -> _Fit | None:
    """The fit of k components from `params`; None where it failed."""
    result = refit(model, rows, params, **closely(rows.n_observed))
    if result is None:
        return None
    resp = memberships(model, result.params, rows)
    u = model.family.typicality(result.params.components, rows.x)
    squared = np.square(np.log(np.maximum(u, TINY)))
    total = np.maximum(resp.sum(axis=0), TINY)
    distance = np.array([distance_from_uniform(u[:, j], resp[:, j]) for j in range(resp.shape[1])])
    quantiles = np.stack([_quantiles(u[:, j], resp[:, j]) for j in range(resp.shape[1])])
    gain = bigger and gain_of_one_more(model, result.params, result.loglik, bigger, rows, rng.spawn(1)[0])
    return _Fit(result.params, distance, (resp * squared).sum(axis=0) / total, quantiles, gain)


def _quantiles(u: Array, weight: Array) -> Array:
    """Weighted quantiles of 1 - u at `LEVELS`, as typicalities; 1 where there is no weight."""
    total = weight.sum()
    if total <= 0:
        return np.ones(len(LEVELS))
    order = np.argsort(-u)
    middles = (np.cumsum(weight[order]) - weight[order] / 2) / total
    return np.interp(LEVELS, middles, u[order])


def _told(
    here: _Fit,
    fits: list[_Fit],
    d: int,
    adjective: str,
    n_bootstrap: int,
    one_more: OneMore | None,
    note: str,
) -> Check:
    distances, tails = np.stack([f.distance for f in fits]), np.stack([f.tails for f in fits])
    p = np.array([p_value(statistic, distances[:, j]) for j, statistic in enumerate(here.distance)])
    spread = np.maximum(tails.std(axis=0), 1e-12 * (1 + np.abs(here.tails)))
    low, high = np.quantile(np.stack([f.quantiles for f in fits]), [0.95, 0.05], axis=0)
    return Check(
        adjective,
        here.distance,
        p,
        (here.tails - tails.mean(axis=0)) / spread,
        p_value(float(here.distance.sum()), distances.sum(axis=1)),
        _squared(1 - LEVELS, d),
        _squared(here.quantiles, d),
        _squared(low, d),
        _squared(high, d),
        n_bootstrap,
        n_bootstrap - len(fits),
        one_more,
        note,
    )


def _squared(typicality: Array, d: int) -> Array:
    """The squared distance that has the typicality: a chi-square quantile with d degrees of freedom."""
    return np.asarray(chdtri(d, np.maximum(typicality, TINY)))
