"""What every family promises, one function a promise."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array, n_components
from hiddenmix.model import Degenerate, Family
from hiddenmix.testing._compare import (
    check_coordinates,
    check_gradient_of,
    check_record,
    finite,
    mapped,
    needs,
    own_parts,
    same,
    shifts,
    summit,
)

Support = Callable[[int], tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class FamilyCase:
    """A family, parameters of k components, and data, on which to check its promises.

    Parameters
    ----------
    family : Family
        Prepared on the data.
    params : P
        Parameters of two components or more.
    x : array of shape (n, d), or record of arrays
        Some dozens of rows that are plausible under the parameters; missing cells welcome.
    oracle : callable, optional
        (params, x) -> log densities (n, k), computed in another way: SciPy's, or enumeration.
    support : callable, optional
        column -> the values that a cell may have, and the width of each (1 for counts), to add up densities.
    array_api : bool
        Whether the E-step runs on any array library.
    known : callable, optional
        params -> the entries that are given and not estimated, where there are any.
    samples : bool
        Whether the family's `sample` draws what a fit of the mixture can recover.
    constrained : bool
        Whether the parameters of one component restrict those of the others, so that an empty one may have to move.
    seed : int
        Of responsibilities and perturbations.
    """

    family: Family[Any, Any]
    params: Any
    x: Any
    oracle: Callable[[Any, Any], Array] | None = None
    support: Support | None = None
    array_api: bool = False
    known: Callable[[Any], Array] | None = None
    samples: bool = False
    constrained: bool = False
    seed: int = 0

    @property
    def k(self) -> int:
        """The number of components."""
        return n_components(self.params)

    @property
    def exchangeable(self) -> bool:
        """Whether components may trade places: not where parameters of theirs are given."""
        return self.known is None

    @property
    def resp(self) -> Array:
        """Responsibilities (n, k), random."""
        return np.random.default_rng(self.seed).dirichlet(np.ones(self.k), size=_tree.n_rows(self.x))

    @property
    def stats(self) -> Any:
        """The statistics of all rows."""
        return self.family.stats(self.params, self.x, self.resp)

    @property
    def counts(self) -> Array:
        """Whole weights (n,), some of them 0."""
        return np.random.default_rng(self.seed + 1).integers(0, 4, size=_tree.n_rows(self.x))


@needs("oracle")
def check_log_prob(case: FamilyCase) -> None:
    """`log_prob` agrees with the oracle."""
    assert case.oracle is not None
    same(case.family.log_prob(case.params, case.x), case.oracle(case.params, case.x), "log_prob", 1e-10)


def check_evaluate(case: FamilyCase) -> None:
    """`evaluate` gives what `log_prob` and `stats` give."""
    log_prob, stats_of = case.family.evaluate(case.params, case.x)
    assert log_prob.shape == (_tree.n_rows(case.x), case.k), f"log_prob has shape {log_prob.shape}"
    same(log_prob, case.family.log_prob(case.params, case.x), "evaluate's log_prob", 1e-12)
    same(stats_of(case.resp), case.stats, "evaluate's statistics")


@needs("support")
def check_missing(case: FamilyCase) -> None:
    """A missing cell is integrated out: the density without it is the sum of the densities over its values."""
    assert case.support is not None
    rows = np.array(np.asarray(case.x, dtype=float)[:6])
    for column in range(rows.shape[1]):
        values, widths = case.support(column)
        without = rows.copy()
        without[:, column] = np.nan
        got = case.family.log_prob(case.params, without)
        for row, log_prob in zip(rows, got, strict=True):
            filled = np.repeat(row[None, :], len(values), axis=0)
            filled[:, column] = values
            density = np.exp(case.family.log_prob(case.params, filled))  # (values, k)
            same(np.exp(log_prob), widths @ density, f"the density without column {column + 1}", 1e-8)
    nothing = case.family.log_prob(case.params, np.full((1, rows.shape[1]), np.nan))
    same(nothing, np.zeros((1, case.k)), "log_prob of a row without any cell", 1e-12)


def check_merge(case: FamilyCase) -> None:
    """The merged statistics of parts, in either order, are the statistics of the whole."""
    n = _tree.n_rows(case.x)
    one, two = (
        case.family.stats(case.params, _tree.take(case.x, rows), case.resp[rows])
        for rows in (np.arange(n // 3), np.arange(n // 3, n))
    )
    same(_tree.merge(one, two), case.stats, "merged statistics")
    same(_tree.merge(two, one), case.stats, "statistics merged in the other order")


def check_weights(case: FamilyCase) -> None:
    """A row of weight w counts as w rows, one of weight 0 as none."""
    weighted = case.family.stats(case.params, case.x, case.resp * case.counts[:, None])
    rows = np.repeat(np.arange(len(case.counts)), case.counts)
    repeated = case.family.stats(case.params, _tree.take(case.x, rows), case.resp[rows])
    same(weighted, repeated, "statistics of weighted rows against repeated ones")


@needs("exchangeable")
def check_permutation(case: FamilyCase) -> None:
    """Components in another order give the same results in that order."""
    order = np.roll(np.arange(case.k), 1)
    params = _tree.pick(case.params, order)
    same(case.family.log_prob(params, case.x), case.family.log_prob(case.params, case.x)[:, order], "log_prob permuted")
    stats = case.family.stats(params, case.x, case.resp[:, order])
    want = _tree.pick(case.family.estimate(case.params, case.stats), order)
    same(case.family.estimate(params, stats), want, "estimate permuted")
    expected = case.family.expected_log_prob(case.params, case.stats)
    same(case.family.expected_log_prob(params, stats), expected[order], "expected_log_prob permuted")


def check_estimate(case: FamilyCase) -> None:
    """No parameters near the estimate are better, and the slope of what it maximises is zero there."""
    family, stats = case.family, case.stats
    best = family.estimate(case.params, stats)

    def objective(shift: Array) -> float:
        params = family.unravel(shift, best)
        return float(np.sum(family.expected_log_prob(params, stats))) + family.log_prior(params)

    size = family.ravel(best, best).size
    summit(objective, size, case.seed, not family.on_boundary(best), "expected log density + log prior of the estimate")


def check_start(case: FamilyCase) -> None:
    """Without parameters, statistics and estimate are finite, or the data are said to allow none."""
    try:
        params = case.family.estimate(None, case.family.stats(None, case.x, case.resp))
    except Degenerate:
        return
    finite(params, "the estimate at the very first start")


def check_empty(case: FamilyCase) -> None:
    """A component without rows keeps its parameters, or where there is a prior takes those of the prior."""
    resp = case.resp
    resp[:, 0] = 0.0
    stats = case.family.stats(case.params, case.x, resp)
    finite(stats, "the statistics with an empty component")
    got = case.family.estimate(case.params, stats)
    finite(got, "the estimate with an empty component")
    if case.constrained:
        return
    want, what = case.params, "its old parameters"
    if case.family.log_prior(case.params) != 0:
        want, what = case.family.estimate(case.params, _tree.scale(stats, 0.0)), "the prior's"
    empty = [part[:1] for part in own_parts(got)]
    same(tuple(empty), tuple(part[:1] for part in own_parts(want)), f"parameters of an empty component against {what}")


def check_single_precision(case: FamilyCase) -> None:
    """Data in float32 give what they give in float64."""
    short = mapped(case.x, lambda leaf: leaf.astype(np.float32))
    want = case.family.log_prob(case.params, case.x)
    same(case.family.log_prob(case.params, short), want, "log_prob in float32", 1e-5)
    got = case.family.estimate(case.params, case.family.stats(case.params, short, case.resp))
    same(got, case.family.estimate(case.params, case.stats), "estimate in float32", 1e-5)


@needs("array_api")
def check_array_api(case: FamilyCase) -> None:
    """A strict Array API library gives NumPy's answer, in both precisions."""
    import array_api_strict as xp

    for dtype, tolerance in ((xp.float64, 1e-9), (xp.float32, 1e-4)):
        x, resp = mapped((case.x, case.resp), functools.partial(xp.asarray, dtype=dtype))
        log_prob, stats_of = case.family.evaluate(case.params, x)
        assert log_prob.dtype == dtype, f"log_prob came back as {log_prob.dtype} instead of {dtype}"
        got = np.from_dlpack(log_prob).astype(float)
        same(got, case.family.log_prob(case.params, case.x), f"log_prob in {dtype}", tolerance)
        same(stats_of(resp), case.stats, f"statistics in {dtype}", tolerance)


def check_chart(case: FamilyCase) -> None:
    """The chart of free coordinates is one, and known parameters have none."""
    other = case.family.estimate(case.params, case.stats)
    if case.family.on_boundary(other) or case.family.on_boundary(case.params):  # which the chart holds fixed
        other = case.params
    check_coordinates(case.family, case.params, other, case.family.n_free(case.params), case.seed)


def check_gradient(case: FamilyCase) -> None:
    """The gradient, where the family has one, is that of what `estimate` maximises."""
    family, stats = case.family, case.stats

    def objective(params: Any) -> float:
        return float(np.sum(family.expected_log_prob(params, stats))) + family.log_prior(params)

    check_gradient_of(family, case.params, lambda p: family.gradient(p, stats, case.params), objective)


@needs("known")
def check_known(case: FamilyCase) -> None:
    """Given parameters stay as they are, in estimates and along all free coordinates."""
    assert case.known is not None
    given = case.known(case.params)
    assert np.size(given), "nothing is known"
    same(case.known(case.family.estimate(case.params, case.stats)), given, "given parameters after an estimate", 1e-14)
    for shift in shifts(len(case.family.ravel(case.params, case.params)), case.seed):
        moved = case.family.unravel(shift, case.params)
        same(case.known(moved), given, "given parameters after a step in free coordinates", 1e-14)


def check_params(case: FamilyCase) -> None:
    """Parameters are read-only and can be stored; what people read of them is finite."""
    check_record(case.params)
    check_record(case.family.estimate(case.params, case.stats))
    finite(tuple(case.family.estimates(case.params).values()), "estimates")


FAMILY_CHECKS = (
    check_log_prob,
    check_evaluate,
    check_missing,
    check_merge,
    check_weights,
    check_permutation,
    check_estimate,
    check_start,
    check_empty,
    check_single_precision,
    check_array_api,
    check_chart,
    check_gradient,
    check_known,
    check_params,
)
