"""Linear families as the kernels see them: log densities that are parameters times features of a row.

log p_j(x) = constant_j + theta_j · phi(x), plus a part that no component changes. A `Layout` says how the features phi
come from a row; it depends on the family and the number of columns. A `Form` adds the numbers, which change with every
iteration.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from hiddenmix._tree import Array

VALUE, SEEN, REST, LEVEL = range(4)  # rules for counts and categories
SOFTMAX = 13  # what one component of the softmax costs, in multiplications of a row


@dataclass(frozen=True, eq=False)
class Layout:
    """How features come from a row of data, in this order.

    whitened : the first so many columns as z = scale (x - pivot), `dense` when `scale` is a lower triangular matrix
    square : |z|²
    codes : (m, 2) what counts and categories say, a column and a rule for each, with `arguments` (m,)
    given : features that come ready-made with the data
    products : (2, q) the products of two of the features above, by their positions

    Rules give 0 for a missing cell. VALUE is (x - pivot) scale, SEEN is 1, REST is the argument less x, and LEVEL is 1
    where x equals the argument. `pooled` asks for the scatter of z over all components together, which shapes with a
    common covariance need.
    """

    columns: int = 0
    whitened: int = 0
    dense: bool = False
    square: bool = False
    codes: Array = field(default_factory=lambda: np.zeros((0, 2), dtype=np.uint64))
    arguments: Array = field(default_factory=lambda: np.zeros(0))
    given: int = 0
    products: Array = field(default_factory=lambda: np.zeros((2, 0), dtype=np.uint64))
    pooled: Literal["", "diag", "full"] = ""

    @property
    def plain(self) -> int:
        """Features that are not products."""
        return self.whitened + self.square + len(self.codes) + self.given

    @property
    def size(self) -> int:
        """p, the number of features."""
        return self.plain + len(self.products[0])


@functools.lru_cache(maxsize=64)
def normal_layout(kind: Literal["full", "diag", "spherical"], pooled: bool, d: int) -> Layout:
    """The features of a normal family: z and its products for "full", squares for "diag", |z|² where one number does.

    Whatever the shape, a pooled one only needs |z|² of each row, for its quadratic form is common to all components.
    """
    dense = kind == "full"
    if pooled:
        return Layout(d, d, dense, square=True, pooled="full" if dense else "diag")
    if kind == "spherical":
        return Layout(d, d, square=True)
    products = np.triu_indices(d) if dense else (np.arange(d), np.arange(d))
    return Layout(d, d, dense, products=np.array(products, dtype=np.uint64))


def coded_layout(d: int, codes: Sequence[tuple[int, int, float]]) -> Layout:
    """Features of counts and categories in d columns, each a column, a rule and its argument."""
    columns_and_rules = np.array([code[:2] for code in codes], dtype=np.uint64).reshape(-1, 2)
    return Layout(d, codes=columns_and_rules, arguments=np.array([code[2] for code in codes], dtype=float))


def plain_form(layout: Layout, theta: Array) -> Form:
    """Parameters (k, p) of features of the data as they are."""
    k, columns = len(theta), layout.columns
    return Form(layout, theta, np.zeros(k), np.zeros((1, columns)), np.ones((1, columns)), (k,))


@dataclass(frozen=True, eq=False)
class Form:
    """Components in linear form, in one or more groups with coordinates of their own.

    theta (k, p) is finite, and so is constant (k,). Components `ends[g - 1]` to `ends[g]` form group g, whose
    coordinates are pivot[g] (columns,) and scale[g], which is (whitened, whitened) if the layout is dense and
    (columns,) otherwise. Next to a dense scale, other columns have scale 1. Where all features are those of a normal
    family, `peaks` (k, whitened) may say where the log densities are largest, in these coordinates; with them, an
    E-step with many components leaves out those that are certain not to matter. `order` (k,) says which of the caller's
    components each one is; None where they stand in the same order.
    """

    layout: Layout
    theta: Array
    constant: Array
    pivot: Array
    scale: Array
    ends: tuple[int, ...]
    peaks: Array | None = None
    order: Array | None = None


class Knowledge(Protocol):
    """Log-weights of the components, row by row: `table[codes]`, or `table` (n, k) itself without codes."""

    @property
    def table(self) -> Array:
        """Log-weights (m, k)."""

    @property
    def codes(self) -> Array | None:
        """The row of the table for each row of the data (n,)."""


@dataclass(frozen=True, eq=False)
class LogWeights:
    """Knowledge of the rows, by itself."""

    table: Array
    codes: Array | None = None


@dataclass(frozen=True, eq=False)
class Expected:
    """What an E-step gives, summed over rows: log-likelihood, counts (k,), responsibilities times features (k, p).

    `scatter` has, for each group, the sum of z z' (whitened, whitened) or z² (whitened,) over the rows, weighted by the
    responsibilities of the group's components together; None unless the layout asks for it.
    """

    loglik: float
    counts: Array
    sums: Array
    scatter: Array | None = None


def n_rows(x: Array | None, given: Array | None) -> int:
    """Rows of the data (n, columns), or of features that come ready-made (g, n)."""
    if x is not None:
        return len(x)
    if given is None:
        raise ValueError("an E-step needs data, or features that come ready-made")
    return int(given.shape[1])
