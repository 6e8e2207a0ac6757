"""Covariance shapes of factor analysis: S_j = L_j L_j' + Psi_j, loadings L (d, q) and uniquenesses Psi, diagonal.

q factors explain what columns have in common. Loadings and uniquenesses are each component's own, or common to all, and
uniquenesses differ between columns or do not (isotropic: probabilistic principal components, Tipping & Bishop 1999,
JRSS B 61:611). Letters are those of McNicholas & Murphy (2008, Statistics and Computing 18:285): loadings,
uniquenesses, isotropic, each constrained (C) or not (U). A mixture with a normal of such a shape is one of factor
analysers (Ghahramani & Hinton 1996, Technical Report CRG-TR-96-1, Toronto).

A uniqueness may tend to 0 (a Heywood case): it is held at 1e-8 of its column's variance, beyond which the likelihood
gains nothing to speak of.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np

from hiddenmix import _linalg
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, shared
from hiddenmix.families._factor_chart import free, pivots, standard, triangular
from hiddenmix.families._factor_limits import HEYWOOD, guess, refuse_collapse, refuse_many
from hiddenmix.families._factor_profile import Profile, deviance, solve, solve_common
from hiddenmix.families.own_shapes import Shape, refuse_points
from hiddenmix.model import Degenerate

Sharing = Literal["own", "common"]


@record
class OwnFactors:
    """Loadings (k, d, q), and roots of the uniquenesses (k, d)."""

    loading: Array
    sd: Array


@record
class OwnLoadings:
    """Loadings (k, d, q), and roots of the uniquenesses (d,) that all components share."""

    loading: Array
    sd: Array = shared()


@record
class CommonLoadings:
    """Roots of the uniquenesses (k, d), and loadings (d, q) that all components share."""

    sd: Array
    loading: Array = shared()


@record
class CommonFactors:
    """Loadings (d, q) and roots of the uniquenesses (d,), the same for all components."""

    loading: Array = shared()
    sd: Array = shared()


class FactorShape(Shape):
    """Covariances with `n_factors` factors.

    Parameters
    ----------
    n_factors : int
        q, from 1 up.
    loadings, uniquenesses : {"own", "common"}
        Whether each component has its own.
    isotropic : bool
        One uniqueness for all columns.

    Raises
    ------
    HiddenmixError : HM403 no such number, HM401 no such word
    """

    kind, pooled, loose = "full", False, "full"

    def __init__(
        self, n_factors: int, loadings: Sharing = "own", uniquenesses: Sharing = "own", isotropic: bool = False
    ) -> None:
        if not (isinstance(n_factors, int | np.integer) and n_factors >= 1):
            raise HiddenmixError("HM403", f"n_factors must be 1, 2, ...; got {n_factors!r}", "n_factors=2")
        for name, word in (("loadings", loadings), ("uniquenesses", uniquenesses)):
            if word not in ("own", "common"):
                raise HiddenmixError("HM401", f"{name} cannot be {word!r}", '"own" or "common"')
        self.n_factors, self.isotropic = int(n_factors), bool(isotropic)
        self.one_loading, self.one_noise = loadings == "common", uniquenesses == "common"
        self.letters = "".join("C" if one else "U" for one in (self.one_loading, self.one_noise, self.isotropic))
        self.name = f"factors-{self.n_factors}-{self.letters}"
        whose = {True: "common", False: "own"}
        self.words = (
            f"of {self.n_factors} factor{'s' * (self.n_factors > 1)}, {whose[self.one_loading]} loadings and "
            f"{whose[self.one_noise]} {'isotropic ' * self.isotropic}uniquenesses"
        )
        self.own, self.few = not (self.one_loading or self.one_noise), not self.one_noise
        self.scale_free = not self.isotropic
        self.record: Any = {
            (False, False): OwnFactors,
            (False, True): OwnLoadings,
            (True, False): CommonLoadings,
            (True, True): CommonFactors,
        }[self.one_loading, self.one_noise]

    def roots(self, cov: Any, k: int, d: int) -> Array:
        return _linalg.spread(_linalg.cholesky(self.dense(cov)), k) if self.pooled_all else self._roots(cov)

    @property
    def pooled_all(self) -> bool:
        """Whether all components have one covariance."""
        return self.one_loading and self.one_noise

    def _roots(self, cov: Any) -> Array:
        return _linalg.cholesky(self.dense(cov))

    def dense(self, cov: Any) -> Array:
        """Covariances (k, d, d); (d, d) where all components have the same."""
        inner = cov.loading @ np.swapaxes(cov.loading, -1, -2)
        return np.asarray(inner + np.square(cov.sd)[..., None] * np.eye(cov.sd.shape[-1]))

    def from_dense(self, cov: Array, k: int) -> Any:
        """The nearest covariances of this shape (in Kullback-Leibler divergence from the given ones)."""
        cov = np.broadcast_to(cov, (k, *cov.shape[-2:]))
        return self.estimate(None, cov, np.ones(k), np.sqrt(np.diagonal(cov, axis1=1, axis2=2).mean(axis=0)))

    def estimate(self, old: Any, scatter: Array, dof: Array, unit: Array) -> Any:
        k, d = scatter.shape[:2]
        refuse_many(self.n_factors, d, self.isotropic)
        some = np.flatnonzero(dof > 0)
        if not len(some) or (old is None and len(some) < k and not self.pooled_all):
            if old is not None:
                return old
            raise Degenerate(int(np.argmin(dof)), "has no rows to start from")
        covs = scatter[some] / dof[some, None, None]
        if self.pooled_all:
            covs, share = (scatter.sum(axis=0) / dof.sum())[None], np.ones(1)
        else:
            share = dof[some] / dof.sum()
        refuse_points(np.diagonal(covs, axis1=1, axis2=2), unit)
        loading, log_noise = self._solved(old, covs, share, some)
        if old is None or self.pooled_all or len(some) == k:
            return self._made(loading, log_noise)
        held, noise = np.array(self._loading(old, k)), np.array(self._log_noise(old, k))
        held[some], noise[some] = loading, log_noise
        return self._made(held, noise if not self.one_noise else np.repeat(log_noise[:1], k, axis=0))

    def _solved(self, old: Any, covs: Array, share: Array, some: Array) -> tuple[Array, Array]:
        """Loadings (m, d, q) and log uniquenesses (m, d) of m components with these sample covariances (m, d, d)."""
        m, q = len(covs), self.n_factors
        before = None if old is None else self._log_noise(old, int(some[-1]) + 1)[some[:m]]
        if self.one_noise or self.one_loading:
            groups = [np.arange(m)]
        else:
            groups = [np.array([j]) for j in range(m)]
        loading, noise = np.empty((*covs.shape[:2], q)), np.empty(covs.shape[:2])
        for rows in groups:
            part, own = covs[rows], share[rows] / share[rows].sum()
            if self.one_loading and not self.one_noise:
                found = self._common(None if old is None else old.loading, before, part, own)
            else:
                found = self._profiled(None if before is None else before[rows[0]], part, own)
            loading[rows], noise[rows] = found
            refuse_collapse(part, noise[rows], some[rows], self.n_factors, self.isotropic)
        return loading, noise

    def _profiled(self, before: Array | None, covs: Array, share: Array) -> tuple[Array, Array]:
        pooled = np.einsum("j,jab->ab", share, covs)
        low = self._floor(np.diagonal(pooled), before)
        starts = [guess(pooled, self.n_factors, self.isotropic)] if before is None else [before]
        if before is None and not self.isotropic:
            starts.append(np.log(np.diagonal(pooled) / 2))
        every = [solve(covs, share, self.n_factors, x, low, self.isotropic) for x in starts]
        values = [sum(w * Profile.of(c, x, self.n_factors).value for w, c in zip(share, covs)) for x in every]
        x = every[int(np.argmin(values))]
        loading = np.stack([Profile.of(cov, x, self.n_factors).loadings(x, self.n_factors) for cov in covs])
        return loading, np.broadcast_to(x, (len(covs), len(x)))

    def _common(self, loading: Array | None, before: Array | None, covs: Array, share: Array) -> tuple[Array, Array]:
        pooled = np.einsum("j,jab->ab", share, covs)
        if loading is None or before is None:  # from the common factors of all
            first, noise = self._profiled(None, pooled[None], np.ones(1))
            loading, before = first[0], np.repeat(noise, len(covs), axis=0)
        low = self._floor(np.diagonal(pooled), before.min(axis=0))
        loading, noise = solve_common(covs, share, loading, before, low, self.isotropic)
        return np.broadcast_to(loading, (len(covs), *loading.shape)), noise

    def _floor(self, var: Array, before: Array | None) -> Array:
        """The smallest log uniquenesses (d,); never above the old ones, so that a step never falls."""
        low = np.log(HEYWOOD * var)
        return low if before is None else np.minimum(low, before)

    def _loading(self, cov: Any, k: int) -> Array:
        """Loadings (k, d, q)."""
        return cov.loading if cov.loading.ndim == 3 else _linalg.spread(cov.loading, k)

    def _log_noise(self, cov: Any, k: int) -> Array:
        """Log uniquenesses (k, d)."""
        log_noise = 2 * np.log(cov.sd)
        return log_noise if log_noise.ndim == 2 else _linalg.spread(log_noise, k)

    def _made(self, loading: Array, log_noise: Array) -> Any:
        """The record of loadings (k, d, q) and log uniquenesses (k, d), in standard form."""
        if self.one_loading:
            loading = standard(loading[0], log_noise.mean(axis=0))
        else:
            loading = np.stack([standard(own, x) for own, x in zip(loading, log_noise)])
        sd = np.exp(log_noise / 2)
        return self.record(loading=loading, sd=sd[0] if self.one_noise else sd)

    def ravel(self, cov: Any, base: Any) -> Array:
        parts = []
        for loading, (before, unit, rows) in zip(_stacked(cov.loading), self._bases(base)):
            own = loading / unit[:, None]
            shift = own @ triangular(own, rows) - before
            parts.append(shift[free(len(unit), rows)])
        logs = np.log(cov.sd / base.sd)
        parts.append((logs[..., 0] if self.isotropic else logs).reshape(-1))
        return np.concatenate(parts)

    def unravel(self, vector: Array, base: Any) -> Any:
        position, loading = 0, []
        for before, unit, rows in self._bases(base):
            mask = free(len(unit), rows)
            size = int(mask.sum())
            own = before.copy()
            own[mask] += vector[position : position + size]
            loading.append(own * unit[:, None])
            position += size
        logs = vector[position:].reshape(*base.sd.shape[:-1], 1 if self.isotropic else base.sd.shape[-1])
        log_noise = np.atleast_2d(2 * (np.log(base.sd) + logs))
        k = max(len(loading), len(log_noise))
        return self._made(
            np.broadcast_to(loading, (k, *loading[0].shape)), np.broadcast_to(log_noise, (k, log_noise.shape[1]))
        )

    def gradient(self, cov: Any, base: Any, scatter: Array, dof: Array) -> Array:
        k = len(dof)
        loading, log_noise = self._loading(cov, k), self._log_noise(cov, k)
        safe = np.where(dof > 0, dof, 1.0)
        slopes = [
            -0.5 * w * deviance(s / n, own, x)[1] for w, n, s, own, x in zip(dof, safe, scatter, loading, log_noise)
        ]
        rise = np.stack([2 * slope @ own for slope, own in zip(slopes, loading)])  # (k, d, q)
        rise = rise.sum(axis=0, keepdims=True) if self.one_loading else rise
        parts = []
        for own, slope, (_, unit, rows) in zip(_stacked(cov.loading), rise, self._bases(base)):
            turn = triangular(own / unit[:, None], rows)
            parts.append((slope @ turn * unit[:, None])[free(len(unit), rows)])
        turn = np.stack([2 * np.diag(slope) * np.exp(x) for slope, x in zip(slopes, log_noise)])
        turn = turn.sum(axis=0) if self.one_noise else turn
        parts.append((turn.sum(axis=-1) if self.isotropic else turn).reshape(-1))
        return np.concatenate(parts)

    def share(self, k: int) -> Array:
        return np.full(k, 1 / k) if self.pooled_all else np.ones(k)

    def _bases(self, base: Any) -> list[tuple[Array, Array, Array]]:
        """Of every set of loadings: them in units and triangular, the units (d,), and the rows that are triangular."""
        dense = self.dense(base).reshape(-1, base.sd.shape[-1], base.sd.shape[-1])
        units = np.sqrt(np.diagonal(dense, axis1=1, axis2=2))
        out = []
        for loading, unit in zip(_stacked(base.loading), units):
            own = loading / unit[:, None]
            rows = pivots(own)
            out.append((own @ triangular(own, rows), unit, rows))
        return out


def factor_shape(name: str) -> FactorShape | None:
    """The shape of a name such as "factors-2" or "factors-2-CUU"; None where it is none."""
    found = re.fullmatch(r"factors-(\d+)(?:-([CU])([CU])([CU]))?", name)
    if found is None:
        return None
    words = {"C": "common", "U": "own", None: "own"}
    return FactorShape(int(found[1]), words[found[2]], words[found[3]], found[4] == "C")  # type: ignore[arg-type]


def _stacked(loading: Array) -> Array:
    return loading if loading.ndim == 3 else loading[None]


__all__ = ["CommonFactors", "CommonLoadings", "FactorShape", "OwnFactors", "OwnLoadings", "factor_shape"]
