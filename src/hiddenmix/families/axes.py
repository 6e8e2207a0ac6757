"""Parameters of a family that move alone, for pictures of the lower bound along one of them.

Families of users need none of this: their parameters are moved in the chart of `ravel`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families._independent import IndependentColumns
from hiddenmix.families.binomial import Binomial, BinomialParams
from hiddenmix.families.categorical import Categorical, CategoricalParams
from hiddenmix.families.choice import Choice, ChoiceParams
from hiddenmix.families.dirichlet import Dirichlet, DirichletParams
from hiddenmix.families.multinomial import Multinomial, MultinomialParams
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.poisson import Poisson, PoissonParams
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.families.student import Student, StudentParams


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
def _(family: Dirichlet, params: DirichletParams) -> list[Axis]:
    return _entries("parameter", "alpha", params)


@axes.register
def _(family: Choice, params: ChoiceParams) -> list[Axis]:
    def within(b: int, axis: Axis) -> Axis:
        where = None if axis.component is None else np.flatnonzero(family.blocks == b)[axis.component]
        return replace(
            axis,
            component=None if where is None else int(np.flatnonzero(params.place == where)[0]),
            at=lambda value: replace(params, parts=(*params.parts[:b], axis.at(value), *params.parts[b + 1 :])),
            read=lambda other: axis.read(other.parts[b]),
        )

    parts = enumerate(zip(family.families, params.parts))
    return [within(b, axis) for b, (f, p) in parts for axis in axes(f, p)]


@axes.register
def _(family: Student, params: StudentParams) -> list[Axis]:
    def kept(axis: Axis) -> Axis:
        def at(value: float) -> StudentParams:
            normal = axis.at(value)
            return replace(params, mean=normal.mean, cov=normal.cov)

        return replace(axis, name=axis.name.replace("standard deviation", "scale"), at=at)

    return [kept(axis) for axis in axes(family.normal, NormalParams(params.mean, params.cov))]


@axes.register
def _(family: Binomial, params: BinomialParams) -> list[Axis]:
    return _entries("probability", "p", params, high=1.0)


@axes.register
def _(family: Poisson, params: PoissonParams) -> list[Axis]:
    return _entries("rate", "rate", params)


@axes.register
def _(family: IndependentColumns, params: Any) -> list[Axis]:  # type: ignore[type-arg]
    found = []
    for field in family.fields:
        chart, units = field.chart, np.broadcast_to(family.unit(field, params), getattr(params, field.name).shape)
        lengths = [chart.length(*pair) for pair in zip(getattr(params, field.name).flat, units.flat)]
        entries = _entries(field.words or field.name, field.name, params)
        found += [
            replace(axis, unit=float(length), low=chart.low, high=chart.high) for axis, length in zip(entries, lengths)
        ]
    return found


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


__all__ = ["Axis", "axes", "moved_share", "unit_of"]
