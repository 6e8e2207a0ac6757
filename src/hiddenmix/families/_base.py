"""What our families share: a prior is a statistic, merged before the M-step and weighed like one in the objective."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar, final

import numpy as np

from hiddenmix import _tree
from hiddenmix._special import impossible_below
from hiddenmix._tree import Array
from hiddenmix._validate import check_counts
from hiddenmix._xp import is_numpy, like, namespace, to_numpy
from hiddenmix.kernels.form import Form, Layout, coded_layout, n_rows, plain_form
from hiddenmix.kernels.piece import Piece
from hiddenmix.model import Family

P = TypeVar("P")
S = TypeVar("S")


class Conjugate(Family[P, S]):
    """A family whose prior has the form of its statistics. Subclasses write `maximise`; the rest is here, once."""

    prior: S | None

    @abstractmethod
    def maximise(self, params: P | None, stats: S) -> P:
        """The parameters that maximise `expected_log_prob(·, stats).sum()`; empty components keep theirs."""

    @final
    def estimate(self, params: P | None, stats: S) -> P:
        """The maximum-likelihood, or with a prior the maximum a posteriori, parameters."""
        return self.maximise(params, stats if self.prior is None else _tree.merge(stats, self.prior))

    def slopes(self, params: P, stats: S, base: P) -> Array | None:
        """The gradient of `expected_log_prob(·, stats).sum()` in the coordinates around `base`; None where unknown."""
        return None

    @final
    def gradient(self, params: P, stats: S, base: P) -> Array | None:
        """The same with the prior's part."""
        return self.slopes(params, stats if self.prior is None else _tree.merge(stats, self.prior), base)

    @final
    def log_prior(self, params: P) -> float:
        """The log prior density of all components, up to a constant."""
        return float(np.sum(self.log_priors(params)))

    @final
    def log_priors(self, params: P) -> Array:
        """The same by component (k,); one 0 for all without a prior."""
        return np.zeros(()) if self.prior is None else self.expected_log_prob(params, self.prior)


def refuse_no_counts(x: Any, trials: Any = None) -> None:
    """Require whole numbers from 0 up, at most `trials`; arrays of other libraries are taken at their word.

    Raises HM124 negative, HM125 fractional, HM126 above its trials.
    """
    if is_numpy(x):
        check_counts(np.asarray(columns(x), dtype=float), trials)


def columns(x: Any) -> Array:
    """One-dimensional data as one column."""
    return x[:, None] if x.ndim == 1 else x


def weighted_columns(x: Array, weight: Array | None) -> tuple[Array, Array]:
    """Mean and standard deviation of each column over its observed cells; NaN-free, sd at least tiny."""
    seen = ~np.isnan(x)
    w = seen if weight is None else seen * weight[:, None]
    total = np.maximum(w.sum(axis=0), np.finfo(float).tiny)
    filled = np.where(seen, x, 0.0)
    mean = (w * filled).sum(axis=0) / total
    var = (w * np.where(seen, x - mean, 0.0) ** 2).sum(axis=0) / total
    return mean, np.sqrt(var)


def standardised(x: Array) -> Array:
    """Columns with mean 0 and standard deviation 1, missing cells at the mean: for starting values."""
    x = np.asarray(x, dtype=float)
    mean, sd = weighted_columns(x, None)
    return np.where(np.isnan(x), 0.0, (x - mean) / np.where(sd > 0, sd, 1.0))


class Linear(Conjugate[P, S]):
    """An exponential family whose log density is natural parameters times features, plus a part free of parameters.

    log p_j(x) = natural_j · features(x) + log_base(x), so that an E-step is two matrix products around a softmax, and
    the expected statistics are the sums of responsibilities times features. `natural` must be finite: log 0 is
    `LOG_ZERO`. Features of missing cells are zero.
    """

    @abstractmethod
    def natural(self, params: P) -> Array:
        """Natural parameters (k, p), finite."""

    @abstractmethod
    def features(self, x: Any) -> Array:
        """Features (p, n), rows innermost."""

    @abstractmethod
    def log_base(self, x: Any) -> Array | None:
        """The part of the log density that no parameter touches (n,), or None."""

    @abstractmethod
    def from_features(self, sums: Array) -> S:
        """The statistics, from sums of responsibilities times features (k, p)."""

    def codes(self, d: int) -> Sequence[tuple[int, int, float]] | None:
        """How the features come from the cells of an array with d columns: a column, a rule and its argument for each.

        With them the compiled E-step makes the features; None: they are made by `features`.
        """
        return None

    @final
    def linear(self, params: P, x: Any, complete: bool = False) -> list[Piece[S]] | None:
        """All rows in one piece; None for device arrays."""
        if not all(is_numpy(leaf) for leaf in _tree.leaves(x)):
            return None
        layout = _layout(self, columns(x).shape[1]) if is_numpy(x) else None
        form, base = _form(self, params, layout), self.log_base(x)
        given = self.features(x) if layout is None else None
        x = None if layout is None else columns(x)
        return [Piece(slice(0, n_rows(x, given)), form, x, given, base, lambda e, _: self.from_features(e.sums))]

    @final
    def evaluate(self, params: P, x: Any) -> tuple[Array, Callable[[Array], S]]:
        """Product; and, once there are responsibilities, the product back."""
        phi = self.features(x)
        logits = impossible_below(like(self.natural(params), phi) @ phi)  # (k, n)
        base = self.log_base(x)
        return (logits if base is None else logits + base).T, lambda resp: self.from_features(weighted_sums(resp, phi))

    @final
    def log_prob(self, params: P, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    @final
    def stats(self, params: P | None, x: Any, resp: Array) -> S:
        """The sums of the features, weighted by `resp` (n, k)."""
        return self.from_features(weighted_sums(resp, self.features(x)))


@lru_cache(maxsize=64)
def _layout(family: Linear[Any, Any], d: int) -> Layout | None:
    """How the features of an array with d columns are made in the compiled E-step; None where they are not."""
    codes = family.codes(d)
    return None if codes is None else coded_layout(d, codes)


@lru_cache(maxsize=8)  # one for all chunks of an iteration
def _form(family: Linear[Any, Any], params: Any, layout: Layout | None) -> Form:
    theta = family.natural(params)
    return plain_form(Layout(given=theta.shape[1]) if layout is None else layout, theta)


def weighted_sums(resp: Array, phi: Array) -> Array:
    """Sums over the rows of responsibilities (n, k) times features (p, n), as NumPy (k, p)."""
    xp = namespace(phi)
    shares = resp.T if is_numpy(phi) else xp.astype(xp.asarray(resp), phi.dtype).T
    return to_numpy(shares @ phi.T)


def known_cells(x: Array) -> tuple[Array, Array]:
    """Values with 0 in missing cells, and 1 where a cell is observed: both (d, n) in the data's floating dtype."""
    x = columns(x)
    if is_numpy(x):
        x = np.asarray(x, dtype=float).T
        missing = np.isnan(x)
        if not missing.any():
            return x, np.ones_like(x)
        return np.where(missing, 0.0, x), 1.0 - missing
    xp = namespace(x)
    missing = xp.isnan(x)
    zeros = xp.zeros_like(x)
    return xp.where(missing, zeros, x).T, xp.where(missing, zeros, xp.ones_like(x)).T
