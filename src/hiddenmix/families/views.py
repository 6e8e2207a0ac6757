"""What pictures ask of a family: what its columns hold, centres and ellipses.

Families of users need none of this: their columns count as numbers.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Literal

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix.families._bessel import ratio
from hiddenmix.families._independent import IndependentColumns
from hiddenmix.families.binomial import Binomial, BinomialParams
from hiddenmix.families.categorical import Categorical
from hiddenmix.families.choice import Choice, ChoiceParams
from hiddenmix.families.dirichlet import Dirichlet, DirichletParams
from hiddenmix.families.multinomial import Multinomial
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.poisson import Poisson, PoissonParams
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.families.skew_normal import SkewNormal
from hiddenmix.families.skew_t import SkewStudent
from hiddenmix.families.student import Student, StudentParams
from hiddenmix.families.uniform import Uniform, UniformParams
from hiddenmix.families.von_mises_fisher import VonMisesFisher, VonMisesFisherParams

Kind = Literal["number", "count", "category"]


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


@kinds.register
def _(family: IndependentColumns, d: int) -> tuple[Kind, ...]:  # type: ignore[type-arg]
    return _all(family.kind, d)


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


@centres.register(SkewNormal)
@centres.register(SkewStudent)
def _(family: SkewNormal | SkewStudent, params: Any, d: int) -> Array:
    means = family.means(params)
    return np.where(np.isfinite(means), means, np.nan)


@centres.register
def _(family: Student, params: StudentParams, d: int) -> Array:
    return np.array(params.mean)


@centres.register
def _(family: Binomial, params: BinomialParams, d: int) -> Array:
    assert family.trials is not None
    return np.array(params.p * family.trials)


@centres.register
def _(family: Poisson, params: PoissonParams, d: int) -> Array:
    return np.array(params.rate)


@centres.register
def _(family: IndependentColumns, params: Any, d: int) -> Array:  # type: ignore[type-arg]
    return np.array(family.means(params))


@centres.register(Product)
@centres.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...], d: int) -> Array:
    found = np.full((_tree.n_components(params), d), np.nan)
    for part, own, group in zip(family.families, params, family.columns):
        found[:, list(group)] = centres(part, own, len(group))
    return found


@centres.register
def _(family: VonMisesFisher, params: VonMisesFisherParams, d: int) -> Array:
    return np.array(params.mean * ratio(d / 2 - 1, params.kappa)[:, None])


@centres.register
def _(family: Dirichlet, params: DirichletParams, d: int) -> Array:
    return np.array(family.location(params))


@centres.register
def _(family: Uniform, params: UniformParams, d: int) -> Array:
    return np.array(family.location(params))


@kinds.register
def _(family: Choice, d: int) -> tuple[Kind, ...]:
    return kinds(family.families[0], d)


@centres.register
def _(family: Choice, params: ChoiceParams, d: int) -> Array:
    parts = [centres(f, p, d) for f, p in zip(family.families, params.parts)]
    return np.asarray(np.concatenate(parts)[params.place])


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


@ellipsoids.register
def _(family: Student, params: StudentParams) -> tuple[Array, Array]:
    """Of the scale matrices: where the t bends, whether it has a covariance or not."""
    return ellipsoids(family.normal, NormalParams(params.mean, params.cov))  # type: ignore[return-value]


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


def _all(kind: Kind, d: int) -> tuple[Kind, ...]:
    return (kind,) * d


__all__ = ["Kind", "centres", "ellipsoids", "kinds", "tosses"]
