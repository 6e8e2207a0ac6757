"""Normal densities and moments of rows with missing cells: one block of observed columns per pattern.

The observed block of a normal is a normal; the regression of the missing block on it lifts the block's moments to all
columns (Little & Rubin 2002, section 11.2).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from scipy.special import chdtrc

from hiddenmix import _linalg, _tree
from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, namespace, to_numpy
from hiddenmix.batch import missing_cells
from hiddenmix.families._base import weighted_columns
from hiddenmix.families._normal_block import Block, is_small
from hiddenmix.families._normal_linear import LinearBlock
from hiddenmix.families.shapes import Shape
from hiddenmix.kernels.form import Expected, Form, Layout, plain_form
from hiddenmix.kernels.piece import Piece
from hiddenmix.moments import Moments

LINEAR_ROWS = 16  # fewer rows than this are not worth the set-up of the linear path
Regression = tuple[Array, Array]  # slope (k, d_m, d_o) and rest (k, d_m, d_m)


class _Params(Hashable, Protocol):
    @property
    def mean(self) -> Array: ...

    @property
    def cov(self) -> Any: ...


@dataclass(frozen=True)
class Run:
    """Rows that miss the same cells: which, how many cells they have, log densities (n, k), those at the mean (k,).

    `moments` takes weights (n, k) to moments in all columns. Where a latent scale multiplies the precision of each row,
    its second argument (k,) are the rows' worth of responsibility, which differ from the sums of the weights.
    """

    rows: slice
    n_seen: int
    log_prob: Array
    log_norm: Array
    moments: Callable[[Array, Array | None], Moments]


def evaluate_runs(shape: Shape, reg_covar: float, params: _Params, x: Array, centred: bool) -> list[Run]:
    """The rows, run by run."""
    return [_run(shape, reg_covar, params, x, centred, *run) for run in patterns(x)]


def _run(
    shape: Shape, reg_covar: float, params: _Params, x: Array, centred: bool, rows: slice, observed: Array | None
) -> Run:
    ready = prepared(shape, reg_covar, params, observed)
    part = columns_of(x[rows, :], observed)
    small = part.shape[0] < LINEAR_ROWS or is_small(part, len(params.mean))
    fast = not centred and is_numpy(part) and part.shape[1] > 0 and not small
    log_prob, moments = ready.linear.evaluate(part) if fast else ready.block.evaluate(part)

    def lifted(weight: Array, dof: Array | None) -> Moments:
        found = moments(weight) if dof is None else moments(weight).counting(dof)
        return _lifted(params, found, reg_covar, observed, ready.regression)

    return Run(rows, int(part.shape[1]), log_prob, ready.block.log_norm, lifted)


def evaluate_rows(
    shape: Shape, reg_covar: float, params: _Params, x: Array, centred: bool
) -> tuple[Array, Callable[[Array], Moments]]:
    """Log densities (n, k), and the function from responsibilities (n, k) to moments in all columns."""
    runs = evaluate_runs(shape, reg_covar, params, x, centred)

    def moments_of(resp: Array) -> Moments:
        return _tree.merge_all(run.moments(resp[run.rows, :], None) for run in runs)

    return joined([run.log_prob for run in runs]), moments_of


def linear_rows(
    shape: Shape, reg_covar: float, params: _Params, x: Array, complete: bool
) -> list[Piece[Moments]] | None:
    """The same in linear form, one piece for each run of rows that miss the same cells; None for device arrays."""
    if not is_numpy(x):
        return None
    runs = [(slice(0, len(x)), None)] if complete else patterns(x)
    return [_piece(shape, reg_covar, params, x, *run) for run in runs]


def _piece(
    shape: Shape, reg_covar: float, params: _Params, x: Array, rows: slice, observed: Array | None
) -> Piece[Moments]:
    ready = prepared(shape, reg_covar, params, observed)
    part = x[rows] if observed is None else x[rows][:, observed]
    empty = part.shape[1] == 0

    def stats_of(expected: Expected, n: int) -> Moments | None:
        if empty:  # such rows are all alike: one stands for them
            moments: Moments | None = ready.block.moments(part[:1], expected.counts[None, :])
        else:
            moments = ready.linear.expected(expected, n)
        return moments and _lifted(params, moments, reg_covar, observed, ready.regression)

    if empty:
        return Piece(rows, _nothing(len(params.mean)), part, None, None, stats_of)
    return Piece(rows, ready.linear.form, part, None, None, stats_of)


@lru_cache(maxsize=8)
def _nothing(k: int) -> Form:
    """The form of rows that say nothing."""
    return plain_form(Layout(), np.zeros((k, 0)))


def typicality_rows(shape: Shape, params: _Params, x: Array) -> Array:
    """The probability (n, k) that a squared Mahalanobis distance is larger than the row's, of the observed cells.

    Squared distances of a normal's draws are chi-square with as many degrees of freedom as cells.
    """
    out = np.ones((x.shape[0], len(params.mean)))
    for rows, observed in patterns(x):
        part = to_numpy(columns_of(x[rows, :], observed))
        if part.shape[1]:
            block = prepared(shape, 0.0, params, observed).block
            squared = 2 * (block.log_norm - block.log_prob(part))
            out[rows] = chdtrc(part.shape[1], np.maximum(squared, 0.0))
    return out


def patterns(x: Array) -> Iterator[tuple[slice, Array | None]]:
    """Runs of rows that miss the same cells: the rows, and which columns are observed (None: all)."""
    missing = missing_cells(x)
    if missing is None:
        yield slice(0, x.shape[0]), None
        return
    ends = np.flatnonzero((missing[1:] != missing[:-1]).any(axis=1)) + 1
    for start, stop in zip([0, *ends], [*ends, len(missing)], strict=True):
        observed = ~missing[start]
        yield slice(int(start), int(stop)), None if observed.all() else observed


def vague(x: Array, resp: Array) -> tuple[Array, Array] | None:
    """Column means and standard deviations (d,) that stand for missing cells at the very first start; None if none are.

    Raises nothing: a column without any spread counts as one of standard deviation 1.
    """
    if missing_cells(x) is None:
        return None
    mean, sd = weighted_columns(np.asarray(x, dtype=float), np.asarray(resp, dtype=float).sum(axis=1))
    return mean, np.where(sd > 0, sd, 1.0)


@dataclass(frozen=True)
class Pattern:
    """What depends on the parameters and on which columns are observed, only."""

    block: Block
    regression: Regression | None = None

    @cached_property
    def linear(self) -> LinearBlock:
        """The linear form, made when there are rows enough to want it."""
        return LinearBlock.of(self.block)


def prepared(shape: Shape, reg_covar: float, params: _Params, observed: Array | None) -> Pattern:
    """What the rows need that miss all but the `observed` cells; None: no cell is missing."""
    return _prepared(shape, reg_covar, params, None if observed is None else observed.tobytes())


@lru_cache(maxsize=8)  # rows come sorted by pattern, so that one that has passed is not met again
def _prepared(shape: Shape, reg_covar: float, params: _Params, pattern: bytes | None) -> Pattern:
    """What was prepared; records hash by identity, so that it never goes stale."""
    k, d = params.mean.shape
    roots = shape.roots(params.cov, k, d)
    if pattern is None:
        block = Block.of(params.mean, roots, shape.kind, shape.pooled, reg_covar)
        return Pattern(block)
    seen = np.frombuffer(pattern, dtype=bool)
    if roots.ndim == 2:
        block = Block.of(params.mean[:, seen], roots[:, seen], shape.kind, shape.pooled, reg_covar)
        return Pattern(block)
    roots = roots[:1] if shape.pooled else roots
    sigma = roots @ np.swapaxes(roots, 1, 2)
    part = _linalg.cholesky(sigma[:, seen][:, :, seen])
    if shape.pooled:
        part = _linalg.spread(part[0], k)
    block = Block.of(params.mean[:, seen], part, shape.kind, shape.pooled, reg_covar)
    carried = block.inverse[: len(sigma)] @ sigma[:, seen][:, :, ~seen]
    slope = np.swapaxes(carried, 1, 2) @ block.inverse[: len(sigma)]
    rest = sigma[:, ~seen][:, :, ~seen] - np.swapaxes(carried, 1, 2) @ carried
    regression = (np.broadcast_to(slope, (k, *slope.shape[1:])), np.broadcast_to(rest, (k, *rest.shape[1:])))
    return Pattern(block, regression)


def _lifted(
    params: _Params, part: Moments, reg_covar: float, observed: Array | None, regression: Regression | None
) -> Moments:
    """The moments of one pattern in all columns, `reg_covar` counted as noise of the observed cells."""
    if reg_covar:
        part = _with_ridge(part, reg_covar)
    if observed is None:
        return part
    if regression is not None:
        return part.lift(observed, params.mean, *regression)
    weight, dof, mean = np.zeros(params.mean.shape), np.zeros(params.mean.shape), params.mean.copy()
    weight[:, observed], dof[:, observed], mean[:, observed] = part.weight, part.dof, part.mean
    scatter = part.scatter
    if part.kind == "diag":
        scatter = np.zeros(params.mean.shape[part.pooled :])
        scatter[..., observed] = part.scatter
    return Moments(weight, dof, mean, scatter, part.kind, part.pooled)


def _with_ridge(part: Moments, reg_covar: float) -> Moments:
    """Each row's scatter plus reg_covar times the identity."""
    d = part.mean.shape[1]
    if part.kind == "full":
        ridge = part.weight[:, None, None] * (reg_covar * np.eye(d))
    else:
        ridge = part.weight * reg_covar if part.kind == "diag" else part.weight.sum(axis=1) * reg_covar
    scatter = part.scatter + (ridge.sum(axis=0) if part.pooled else ridge)
    return Moments(part.weight, part.dof, part.mean, scatter, part.kind, part.pooled)


def columns_of(x: Array, observed: Array | None) -> Array:
    """The observed columns; all of them where none is missing."""
    if observed is None:
        return x
    if is_numpy(x):
        return x[:, observed]
    chosen = namespace(x).asarray(np.flatnonzero(observed).tolist(), dtype=namespace(x).int64)
    return namespace(x).take(x, chosen, axis=1)


def joined(parts: list[Array]) -> Array:
    """Log densities of all runs, in the layout (k, n) underneath."""
    if len(parts) == 1:
        return parts[0]
    if is_numpy(parts[0]):
        return np.concatenate([part.T for part in parts], axis=1).T
    return namespace(parts[0]).concat(parts, axis=0)
