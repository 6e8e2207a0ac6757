"""M-steps of covariances volume_j · D_j diag(shape_j) D_j' with |shape| = 1, where the axes D_j need no iteration.

All maximise -1/2 sum_j [dof_j log|S_j| + tr S_j^-1 W_j] over their set. Formulas are those of Celeux & Govaert (1995,
Pattern Recognition 28:781); where these go in turn between volume and shape, the same maximum is found by Newton's
method. Numbers of rows `dof` may differ by column where cells are missing.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix.families.own_shapes import factors
from hiddenmix.model import Degenerate

TURNS = 500
DONE = 1e-28  # a Newton decrement below this share of the rows is rounding
HALVINGS = 40


def one_shape(scatter: Array, dof: Array, volume: Array, shape: Array) -> tuple[Array, Array]:
    """Volumes (k,) and one shape (d,) for all, from squared deviations along the axes and numbers of rows (k, d).

    sum dof log(volume shape) + scatter / (volume shape) is convex in the logarithms: its only minimum is found by
    Newton steps between exact ones in turn. Components, and columns, without any rows keep theirs.
    """
    d = scatter.shape[1]
    u, v = np.log(volume), np.log(shape)
    rows, columns = dof.sum(axis=1) > 0, dof.sum(axis=0) > 0
    s, n = scatter[np.ix_(rows, columns)], dof[np.ix_(rows, columns)]
    refuse_flat(np.where(rows, scatter[:, columns].sum(axis=1), 1.0))
    if s.size:
        if not np.all(s.sum(axis=0) > 0):
            raise Degenerate(0, f"collapsed: no component has any spread in direction {int(np.argmin(s.sum(axis=0)))}")
        y = np.log(s.sum(axis=0) / n.sum(axis=0))
        x = np.log((s / np.exp(y)).sum(axis=1) / n.sum(axis=1))
        u[rows], v[columns] = _additive(s, n, x, y)
    shift = v.sum() / d
    u[rows] += shift
    return np.exp(u), np.exp(v - shift)


def _additive(s: Array, n: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """The minimum over x (k,) and y (d,) of sum n (x + y) + s exp(-x - y)."""

    def value(x: Array, y: Array) -> float:
        total = x[:, None] + y
        with np.errstate(over="ignore"):  # a step much too long is infinitely bad
            return float((n * total + s * np.exp(-total)).sum())

    rows, columns = n.sum(axis=1), n.sum(axis=0)
    for _ in range(TURNS):
        y = np.log((s * np.exp(-x)[:, None]).sum(axis=0) / columns)
        x = np.log((s * np.exp(-y)).sum(axis=1) / rows)
        r = s * np.exp(-x[:, None] - y)
        below = r.sum(axis=0)
        slope = columns - below  # that of x is zero
        weighted = r / below
        left = np.diag(r.sum(axis=1)) - weighted @ r.T
        dx = np.linalg.lstsq(left, weighted @ slope, rcond=1e-13)[0]
        dy = -(slope + r.T @ dx) / below
        decrement = -float(slope @ dy)
        if not decrement > DONE * n.sum():
            break
        here, step = value(x, y), 1.0
        while not value(x + step * dx, y + step * dy) <= here and step > 2.0**-HALVINGS:
            step /= 2
        if not step > 2.0**-HALVINGS:
            if decrement <= 1e-12 * n.sum():
                break  # what is left to gain is below the rounding of the values
            continue  # the exact steps in turn go on
        x, y = x + step * dx, y + step * dy
    return x, y


def one_volume(scatter: Array, dof: Array, old: Array, shape: Array) -> tuple[Array, Array]:
    """One volume () for all, and shapes (k, d), from squared deviations (k, d) and numbers of rows (k, d).

    With the same number of rows in all columns, component j has the shape of its deviations and volume is the sum of
    their geometric means over the sum of the rows. Otherwise shape_jc volume = scatter_jc / (dof_jc + t_j), with t_j
    summing to zero and such that all volumes agree. Components without rows keep their shape, and where all miss some
    column, so that no volume is told, it is the `old` one.
    """
    some = dof.sum(axis=1) > 0
    shape = np.array(shape)
    refuse_flat(np.where(some, np.where(dof > 0, scatter, 1.0).min(axis=1), 1.0))
    s, n = scatter[some], dof[some]
    if np.all(n == n[:, :1]):
        size = np.exp(np.log(s).mean(axis=1))
        shape[some] = s / size[:, None]
        return np.asarray(size.sum() / n[:, 0].sum()), shape
    full = (n > 0).all(axis=1)  # elsewhere a column that nothing is known of takes up what the volume asks for
    level = _level(np.log(s[full]), n[full]) if full.any() else s.shape[1] * float(np.log(old))
    inside = np.flatnonzero(some)
    for place, j in enumerate(inside):
        if full[place]:
            var = s[place] / (n[place] + _excess(np.log(s[place : place + 1]), n[place : place + 1], level)[0])
        else:
            seen = n[place] > 0
            var = np.array(shape[j])
            var[seen] = s[place, seen] / n[place, seen]
            left = level - np.log(var).sum()
            var[~seen] *= np.exp(left / (~seen).sum())
        shape[j] = var / np.exp(np.log(var).mean())
    return np.asarray(np.exp(level / s.shape[1])), shape


def _level(logs: Array, n: Array) -> float:
    """The log determinant that all components have in common: where the excesses sum to zero."""
    d = logs.shape[1]
    size = np.logaddexp.reduce(logs.mean(axis=1))
    low, high = (d * (size - np.log(getattr(n, end)(axis=1).sum())) for end in ("max", "min"))
    return float(brentq(lambda level: _excess(logs, n, level).sum(), low - 1e-9, high + 1e-9, xtol=1e-14, rtol=1e-15))


def _excess(logs: Array, n: Array, level: float) -> Array:
    """t (k,) for which sum_c log scatter_jc - log(n_jc + t_j) is `level`, by Newton steps kept inside bounds."""
    size = np.exp(logs.mean(axis=1) - level / logs.shape[1])
    least = n.min(axis=1)
    low, high = np.maximum(size - n.max(axis=1), -least), size - least
    t = high
    for _ in range(100):
        cells = n + t[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            miss = logs.sum(axis=1) - np.log(cells).sum(axis=1) - level  # falls with t
            step = miss / (1 / cells).sum(axis=1)
        low, high = np.where(miss >= 0, t, low), np.where(miss <= 0, t, high)
        new = np.where(np.isfinite(step), t + step, 0.5 * (low + high))
        new = np.where((new < low) | (new > high), 0.5 * (low + high), new)
        if np.all(np.abs(new - t) <= 1e-15 * (np.abs(t) + size)):
            return new
        t = new
    return t


def one_matrix(scatter: Array, dof: Array, unit: Array, start: Array) -> tuple[Array, Array]:
    """Volumes (k,) and the Cholesky factor (d, d), of determinant 1, of the matrix that all have in common.

    n log|C| + d sum_j n_j log tr(C^-1 W_j) is convex along the geodesics of covariance matrices; in steps L exp(X) L'
    its curvature at the minimum is n less a matrix of rank k, so that Newton steps cost no more than those in turn.
    """
    d, n = scatter.shape[1], dof.sum()
    lower = factors(scatter.sum(axis=0, keepdims=True) / n, unit)[0]
    here, trace, excess, parts = _gauge(lower, scatter, dof)
    size = np.exp(np.log(np.diagonal(lower) / np.diagonal(start)).mean())  # the start, with the pooled one's volume
    before = _gauge(size * start, scatter, dof)
    if before[0] < here:
        lower, (here, trace, excess, parts) = size * start, before
    for _ in range(TURNS):
        if not np.square(excess).sum() > DONE:
            break
        flat = parts - np.eye(d) / d  # steps keep the volume
        gram = np.einsum("jab,lab->jl", flat, flat)
        right = np.einsum("jab,ab->j", flat, excess)
        lift = np.linalg.lstsq(np.diag(n / (d * dof)) - gram, right, rcond=1e-12)[0]
        newton = excess + np.einsum("j,jab->ab", lift, flat)
        for step in (1.0, 0.5, 0.25, None):
            moved = _turned(lower, excess, None if step is None else step * newton)
            there = _gauge(moved, scatter, dof)
            nearer = np.square(there[2]).sum() < 0.5 * np.square(excess).sum()
            if there[0] < here or (nearer and there[0] <= here + 1e-15 * n * d):
                break
        else:
            break  # at rounding
        lower, (here, trace, excess, parts) = moved, there
        factors((lower @ lower.T)[None], unit)
    size = np.exp(2 * np.log(np.diagonal(lower)).mean())
    return trace / (d * dof) * size, lower / np.sqrt(size)


def _gauge(lower: Array, scatter: Array, dof: Array) -> tuple[float, Array, Array, Array]:
    """The objective, tr C^-1 W_j (k,), and the relative excess (d, d) of the pooled scatter, from its parts."""
    inverse = _linalg.inverse_triangular(lower)
    white = inverse @ scatter @ inverse.T
    trace = white.trace(axis1=1, axis2=2)
    parts = white / trace[:, None, None]
    n, d = dof.sum(), len(lower)
    value = float(d * (dof * np.log(trace)).sum() + 2 * n * np.log(np.diagonal(lower)).sum())
    return value, trace, d * np.einsum("j,jab->ab", dof / n, parts) - np.eye(d), parts


def _turned(lower: Array, excess: Array, direction: Array | None) -> Array:
    """The factor after the step exp(direction), or after the exact step in turn; the volume says nothing, and stays."""
    if direction is None:
        moved = _linalg.cholesky(excess + np.eye(len(lower)))
        return np.asarray(lower @ moved / np.exp(np.log(np.diagonal(moved)).mean()))
    values, vectors = np.linalg.eigh(direction)
    values -= values.mean()
    half = vectors * np.exp(np.clip(values, -30, 30) / 2)
    upper = np.asarray(np.linalg.qr(half.T, mode="r"))
    return np.asarray(lower @ (upper.T * np.sign(np.diagonal(upper))))


def own_matrices(scatter: Array, dof: Array, unit: Array, chol: Array) -> tuple[Array, Array]:
    """One volume () for all, and Cholesky factors (k, d, d) of determinant 1; components without rows keep theirs."""
    d = scatter.shape[1]
    chol, total = np.array(chol), 0.0
    for j in np.flatnonzero(dof > 0):
        lower = factors(scatter[j : j + 1] / dof[j], unit, int(j))[0]
        size = np.exp(np.log(np.diagonal(lower)).sum() / d)
        chol[j] = lower / size
        total += dof[j] * size**2
    return np.asarray(total / dof.sum()), chol


def refuse_flat(least: Array) -> None:
    """Raise where a component's smallest sum of squares (k,) is zero."""
    if not np.all(least > 0):
        raise Degenerate(int(np.argmin(least)), "collapsed: it has no spread in some direction")
