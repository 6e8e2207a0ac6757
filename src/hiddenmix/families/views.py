"""What pictures ask of a family: what its columns hold, centres, ellipses, and parameters that move alone.

Families of users need none of this: their columns count as numbers, and their parameters are moved in the chart of
`ravel`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, Literal

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix.families.binomial import Binomial, BinomialParams
from hiddenmix.families.categorical import Categorical, CategoricalParams
from hiddenmix.families.multinomial import Multinomial, MultinomialParams
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.poisson import Poisson, PoissonParams
from hiddenmix.families.product import LinearProduct, Product

Kind = Literal["number", "count", "category"]


@dataclass(frozen=True)
class Axis:
    """One parameter of one component: the components' parameters `at` any value of it, and its value in any (`read`).

    `component` is None where all components share it. `column` (and `level` of a category) say where it stands; None
    where it belongs to no column. `unit` is a length on the axis that is neither tiny nor huge; the value lies between
    `low` and `high`.
    """

    name: str
    component: int | None
    column: int | None
    value: float
    unit: float
    at: Callable[[float], Any]
    read: Callable[[Any], float]
    low: float = -np.inf
    high: float = np.inf
    level: int | None = None


@singledispatch
def kinds(family: Any, d: int) -> tuple[Kind, ...]:
    """What each of the d columns holds."""
    return _all("number", d)


@kinds.register(Binomial)
@kinds.register(Multinomial)
@kinds.register(Poisson)
def _(family: Any, d: int) -> tuple[Kind, ...]:
    return _all("count", d)


@kinds.register(Categorical)
def _(family: Categorical, d: int) -> tuple[Kind, ...]:
    return _all("category", d)


@kinds.register(Product)
@kinds.register(LinearProduct)
def _(family: Product | LinearProduct, d: int) -> tuple[Kind, ...]:
    found: list[Kind] = ["number"] * d
    for part, group in zip(family.families, family.columns):
        for column, kind in zip(group, kinds(part, len(group))):
            found[column] = kind
    return tuple(found)


@singledispatch
def centres(family: Any, params: Any, d: int) -> Array:
    """The expected value (k, d) of every component in each column, NaN where there is none, or none is known."""
    return np.full((_tree.n_components(params), d), np.nan)


@centres.register
def _(family: Normal, params: NormalParams, d: int) -> Array:
    return np.array(params.mean)


@centres.register
def _(family: Binomial, params: BinomialParams, d: int) -> Array:
    assert family.trials is not None
    return np.array(params.p * family.trials)


@centres.register
def _(family: Poisson, params: PoissonParams, d: int) -> Array:
    return np.array(params.rate)


@centres.register(Product)
@centres.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...], d: int) -> Array:
    found = np.full((_tree.n_components(params), d), np.nan)
    for part, own, group in zip(family.families, params, family.columns):
        found[:, list(group)] = centres(part, own, len(group))
    return found


@singledispatch
def tosses(family: Any, d: int) -> Array | None:
    """The number of tosses (d,) behind each column of counts; None where they are no heads of tosses."""
    return None


@tosses.register
def _(family: Binomial, d: int) -> Array | None:
    return None if family.trials is None else np.array(np.broadcast_to(family.trials, (d,)))


@singledispatch
def ellipsoids(family: Any, params: Any) -> tuple[Array, Array] | None:
    """Means (k, d) and covariances (k, d, d) of components that are normal; None where they are not."""
    return None


@ellipsoids.register
def _(family: Normal, params: NormalParams) -> tuple[Array, Array]:
    k, d = params.mean.shape
    roots = family.shape.roots(params.cov, k, d)
    roots = roots if roots.ndim == 3 else roots[..., None] * np.eye(d)
    return params.mean, roots @ np.swapaxes(roots, 1, 2)


@ellipsoids.register(Product)
@ellipsoids.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...]) -> tuple[Array, Array] | None:
    parts = [ellipsoids(part, own) for part, own in zip(family.families, params)]
    d = sum(len(group) for group in family.columns)
    if any(part is None for part in parts):
        return None
    k = len(parts[0][0])  # type: ignore[index]
    mean, cov = np.zeros((k, d)), np.zeros((k, d, d))
    for part, group in zip(parts, family.columns):
        assert part is not None
        mean[:, list(group)] = part[0]
        cov[:, np.array(group)[:, None], list(group)] = part[1]
    return mean, cov


@singledispatch
def axes(family: Any, params: Any) -> list[Axis]:
    """The parameters of all components that can be moved while everything else stays."""
    size = family.ravel(params, params).size

    def moved(i: int) -> Callable[[float], Any]:
        return lambda value: family.unravel(value * np.eye(size)[i], params)

    def read(i: int) -> Callable[[Any], float]:
        return lambda other: float(family.ravel(other, params)[i])

    return [Axis(f"coordinate {i + 1}", 0, None, 0.0, 1.0, moved(i), read(i)) for i in range(size)]


@axes.register
def _(family: Normal, params: NormalParams) -> list[Axis]:
    k, d = params.mean.shape

    def sds(at: NormalParams) -> Array:
        roots = family.shape.roots(at.cov, k, d)
        return np.sqrt(np.square(roots).sum(axis=2)) if roots.ndim == 3 else roots

    sd = sds(params)

    def mean(j: int, c: int) -> Axis:
        def at(value: float) -> NormalParams:
            return replace(params, mean=_put(params.mean, (j, c), value))

        return Axis("mean", j, c, float(params.mean[j, c]), float(sd[j, c]), at, lambda p: float(p.mean[j, c]))

    def spread(j: int | None) -> Axis:
        value = float(sd[j or 0, 0])

        def at(new: float) -> NormalParams:
            dense = np.array(family.shape.dense(params.cov))
            dense[... if j is None else j] *= (new / value) ** 2
            return replace(params, cov=family.shape.from_dense(dense, k))

        return Axis("standard deviation", j, 0, value, 0.5 * value, at, lambda p: float(sds(p)[j or 0, 0]), low=0.0)

    owners: list[int | None] = list(range(k)) if family.shape.own else [None] if family.shape.pooled else []
    return [mean(j, c) for j in range(k) for c in range(d)] + [spread(j) for j in owners if d == 1]


@axes.register
def _(family: Binomial, params: BinomialParams) -> list[Axis]:
    return _entries("probability", "p", params, high=1.0)


@axes.register
def _(family: Poisson, params: PoissonParams) -> list[Axis]:
    return _entries("rate", "rate", params)


@axes.register
def _(family: Multinomial, params: MultinomialParams) -> list[Axis]:
    return _shares(params)


@axes.register
def _(family: Categorical, params: CategoricalParams) -> list[Axis]:
    return _shares(params)


@axes.register(Product)
@axes.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...]) -> list[Axis]:
    def within(i: int, axis: Axis) -> Axis:
        return replace(
            axis,
            column=None if axis.column is None else family.columns[i][axis.column],
            at=lambda value: (*params[:i], axis.at(value), *params[i + 1 :]),
            read=lambda other: axis.read(other[i]),
        )

    parts = enumerate(zip(family.families, params))
    return [within(i, axis) for i, (part, own) in parts for axis in axes(part, own)]


def _all(kind: Kind, d: int) -> tuple[Kind, ...]:
    return (kind,) * d


def moved_share(p: Array, index: int, value: float, among: Array | None = None) -> Array:
    """Shares (m,) with one of them at `value` and the others in their old proportion.

    `among` (m,) says which share with one another what they have together, that one included; the rest stays.
    """
    others = np.ones(len(p), dtype=bool) if among is None else among.copy()
    total = float(p[others].sum()) if among is not None else 1.0
    others[index] = False
    rest, left = total - p[index], total - value
    out = np.array(p, dtype=float)
    out[others] = p[others] * (left / rest) if rest > 0 else left / max(int(others.sum()), 1)
    return _put(out, index, value)


def unit_of(value: float, high: float = np.inf) -> float:
    """A length on the axis of a share, a probability or a rate: its standard deviation in one draw, never tiny."""
    return float(np.sqrt(max(value * (1.0 - value / high), 1e-2 * min(high, 1.0))))


def _put(values: Array, where: Any, value: float) -> Array:
    out = np.array(values, dtype=float)
    out[where] = value
    return out


def _entries(name: str, field: str, params: Any, high: float = np.inf) -> list[Axis]:
    """An axis for each entry (k, d) of a field, 0 at least."""
    values = getattr(params, field)

    def entry(index: tuple[int, int], value: float) -> Axis:
        return Axis(
            name, *index, float(value), unit_of(value, high),
            lambda new: replace(params, **{field: _put(values, index, new)}),
            lambda other: float(getattr(other, field)[index]), 0.0, high,
        )  # fmt: skip

    return [entry(index, value) for index, value in np.ndenumerate(values)]


def _shares(params: Any) -> list[Axis]:
    """An axis for each share of p (k, m) or (k, d, m); the shares beside it keep their proportions."""
    p = params.p

    def share(index: tuple[int, ...], value: float) -> Axis:
        column, level = (index[1], None) if len(index) == 2 else (index[1], index[2])
        own = index[:-1]
        return Axis(
            "share", index[0], column, float(value), unit_of(value, 1.0),
            lambda new: replace(params, p=_put(p, own, moved_share(p[own], index[-1], new))),
            lambda other: float(other.p[index]), 0.0, 1.0, level,
        )  # fmt: skip

    return [share(index, value) for index, value in np.ndenumerate(p)]


__all__ = ["Axis", "Kind", "axes", "centres", "ellipsoids", "kinds", "moved_share", "tosses", "unit_of"]
