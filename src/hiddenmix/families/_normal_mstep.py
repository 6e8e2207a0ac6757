"""The M-step of normal families where some parameters are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families.own_shapes import POINT
from hiddenmix.families.shapes import Shape
from hiddenmix.model import Known
from hiddenmix.moments import Moments, outer

TINY = np.finfo(float).tiny
ROUNDING = 8 * np.finfo(float).eps / np.sqrt(POINT)  # of a constant column, next to the spread that it would be none of


def column_units(stats: Moments) -> Array:
    """Overall standard deviation of every column (d,), within and between components: what collapse is judged by."""
    weight = stats.weight if stats.weight.ndim == 2 else stats.weight[:, None]
    total = np.maximum(weight.sum(axis=0), TINY)
    centre = (weight * stats.mean).sum(axis=0) / total
    between = outer(weight, stats.mean - centre, "diag", pooled=True)
    within = stats.scatter if stats.pooled else stats.scatter.sum(axis=0)
    if stats.kind == "full":
        within = within.diagonal()
    elif stats.kind == "spherical":
        within = within / len(between)
    return np.sqrt((within + between) / total)


def covariance(shape: Shape, known: Known | None, old: Any, stats: Moments, mean: Array) -> Any:
    """The covariances given the means; those that are known stay."""
    unit = np.maximum(column_units(stats), ROUNDING * np.abs(stats.mean).max(axis=0))
    if known is None:
        return shape.estimate(old, stats.about(mean), stats.dof, unit)
    given = known_covariance(shape, known, old, len(mean))
    if known.where is None:
        return given
    fixed = np.broadcast_to(known.where, (len(mean),))
    dof = np.where(fixed if stats.dof.ndim == 1 else fixed[:, None], 0.0, stats.dof)
    return shape.estimate(given, stats.about(mean), dof, unit)


def refuse_covariance(shape: Shape, known: Known | None, k: int, d: int) -> None:
    """Require known covariances of k components and d columns: HM404 of another shape, HM405 no covariances."""
    if known is None:
        return
    value = np.asarray(known.value, dtype=float)
    try:
        with np.errstate(invalid="ignore"):
            roots = shape.roots(shape.from_dense(value, k), k, d)
    except HiddenmixError:
        raise
    except np.linalg.LinAlgError:
        roots = np.full((k, d), np.nan)
    except (ValueError, IndexError):
        roots = np.zeros((k, 0))
    if any(size != d for size in roots.shape[1:]):
        what = f"known covariances have shape {value.shape}, which is none of {k} components and {d} columns"
        raise HiddenmixError("HM404", what, f"cov=hm.Known(value), in the layout of {shape.name!r}, of {d} columns")
    if not np.all(np.isfinite(roots)):
        what = "known covariances must be symmetric and positive definite"
        raise HiddenmixError("HM405", what, "cov=hm.Known(np.cov(X.T)), for example")


def known_covariance(shape: Shape, known: Known | None, old: Any, k: int) -> Any:
    """The covariances that are known beside the old ones of the other components; without old ones, all as given."""
    if known is None:
        return old
    given = shape.from_dense(np.asarray(known.value, dtype=float), k)
    if known.where is None or old is None:
        return given
    fixed = np.broadcast_to(known.where, (k,))
    return _tree.pick(_tree.stack([given, old]), np.where(fixed, np.arange(k), np.arange(k) + k))


def means_and_covariance(
    shape: Shape, known_mean: Known, known_cov: Known | None, old: Any, stats: Moments, free: Array
) -> tuple[Array, Any]:
    """Known entries of the means stay, the others regress on them given the covariance, in turn with it.

    Each turn maximises over one of the two given the other, so that none can lower the objective (Meng & Rubin 1993,
    Biometrika 80:267); they are repeated until the means stand still.
    """
    fixed = known_mean.mask(free.shape)
    mean = known_mean.fill(free)
    cov = covariance(shape, known_cov, old, stats, mean)
    partly = np.flatnonzero(fixed.any(axis=1) & ~fixed.all(axis=1))
    if shape.kind != "full" or not len(partly):
        return mean, cov
    unit = np.where(column_units(stats) > 0, column_units(stats), 1.0)
    for _ in range(500):
        roots = shape.roots(cov, *free.shape)
        sigma = roots @ np.swapaxes(roots, 1, 2)
        before, mean = mean, mean.copy()
        for j in partly:
            held = fixed[j]
            slope = np.linalg.solve(sigma[j][np.ix_(held, held)], sigma[j][np.ix_(held, ~held)])
            mean[j, ~held] = free[j, ~held] + (mean[j, held] - free[j, held]) @ slope
        cov = covariance(shape, known_cov, cov, stats, mean)
        if np.max(np.abs(mean - before) / unit) < 1e-14:
            break
    return mean, cov
