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
    """One parameter of one component, and the components' parameters `at` any value of it.

    `column` (and `level` of a category) say where it stands; None where it belongs to no column. `unit` is a length on
    the axis that is neither tiny nor huge; the value lies between `low` and `high`.
    """

    name: str
    component: int
    column: int | None
    value: float
    unit: float
    at: Callable[[float], Any]
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

    return [Axis(f"coordinate {i + 1}", 0, None, 0.0, 1.0, moved(i)) for i in range(size)]


@axes.register
def _(family: Normal, params: NormalParams) -> list[Axis]:
    k, d = params.mean.shape
    roots = family.shape.roots(params.cov, k, d)
    sd = np.sqrt(np.square(roots).sum(axis=2)) if roots.ndim == 3 else roots

    def located(j: int, c: int) -> Callable[[float], NormalParams]:
        return lambda value: replace(params, mean=_put(params.mean, (j, c), value))

    def spread(j: int) -> Callable[[float], NormalParams]:
        def at(value: float) -> NormalParams:
            dense = np.array(family.shape.dense(params.cov))
            dense[j] *= (value / sd[j, 0]) ** 2
            return replace(params, cov=family.shape.from_dense(dense, k))

        return at

    found = [
        Axis("mean", j, c, float(params.mean[j, c]), float(sd[j, c]), located(j, c)) for j in range(k) for c in range(d)
    ]
    if d == 1 and family.shape.own:
        found += [
            Axis("standard deviation", j, 0, float(sd[j, 0]), 0.5 * float(sd[j, 0]), spread(j), low=0.0)
            for j in range(k)
        ]
    return found


@axes.register
def _(family: Binomial, params: BinomialParams) -> list[Axis]:
    return _entries("probability", params.p, BinomialParams, high=1.0)


@axes.register
def _(family: Poisson, params: PoissonParams) -> list[Axis]:
    return _entries("rate", params.rate, PoissonParams)


@axes.register
def _(family: Multinomial, params: MultinomialParams) -> list[Axis]:
    return _shares(params.p, MultinomialParams)


@axes.register
def _(family: Categorical, params: CategoricalParams) -> list[Axis]:
    return _shares(params.p, CategoricalParams)


@axes.register(Product)
@axes.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...]) -> list[Axis]:
    def among(i: int, at: Callable[[float], Any]) -> Callable[[float], tuple[Any, ...]]:
        return lambda value: (*params[:i], at(value), *params[i + 1 :])

    found = []
    for i, (part, own, group) in enumerate(zip(family.families, params, family.columns)):
        for axis in axes(part, own):
            column = None if axis.column is None else group[axis.column]
            found.append(replace(axis, column=column, at=among(i, axis.at)))
    return found


def _all(kind: Kind, d: int) -> tuple[Kind, ...]:
    return (kind,) * d


def moved_share(p: Array, index: int, value: float) -> Array:
    """Shares (m,) with one of them at `value` and the others in their old proportion."""
    rest = 1.0 - p[index]
    out = p * ((1.0 - value) / rest) if rest > 0 else np.full(p.shape, (1.0 - value) / max(len(p) - 1, 1))
    return _put(out, index, value)


def _put(values: Array, where: Any, value: float) -> Array:
    out = np.array(values, dtype=float)
    out[where] = value
    return out


def _entries(name: str, values: Array, made: Callable[[Array], Any], high: float = np.inf) -> list[Axis]:
    """An axis for each entry (k, d), 0 at least."""

    def at(index: tuple[int, int]) -> Callable[[float], Any]:
        return lambda value: made(_put(values, index, value))

    found = []
    for (j, c), value in np.ndenumerate(values):
        unit = np.sqrt(max(value * (1.0 - value / high), 1e-2 * min(high, 1.0)))
        found.append(Axis(name, j, c, float(value), float(unit), at((j, c)), 0.0, high))
    return found


def _shares(p: Array, made: Callable[[Array], Any]) -> list[Axis]:
    """An axis for each share of (k, m) or (k, d, m); the shares beside it keep their proportions."""

    def at(index: tuple[int, ...]) -> Callable[[float], Any]:
        return lambda value: made(_put(p, index[:-1], moved_share(p[index[:-1]], index[-1], value)))

    found = []
    for index, value in np.ndenumerate(p):
        unit = np.sqrt(max(value * (1.0 - value), 1e-2))
        column, level = (index[1], None) if len(index) == 2 else (index[1], index[2])
        found.append(Axis("share", index[0], column, float(value), float(unit), at(index), 0.0, 1.0, level))
    return found


__all__ = ["Axis", "Kind", "axes", "centres", "ellipsoids", "kinds", "moved_share", "tosses"]
