"""A fitted family without what only its fit needed: groups of components that share a covariance, a rank of the means.

The densities stay the same, but for what a fit adds to them (`reg_covar`, a prior), which is left as it is.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from hiddenmix.families.choice import Choice, ChoiceParams
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.product import LinearProduct, Product


@singledispatch
def released(family: Any, params: Any) -> tuple[Any, Any]:
    """The plain family and its parameters; a family that is plain already comes back as it is.

    `Normal(covariance, groups=...)` becomes `Normal(covariance)` with a covariance (k, ...) for each component, and
    `Normal("tied", rank=...)` becomes `Normal("tied")`. The prior of a grouped normal is not that of a plain one, and
    is dropped, as are known covariances.
    """
    return family, params


@released.register
def _(family: Normal, params: NormalParams) -> tuple[Normal, NormalParams]:
    if family.groups is None and family.rank is None:
        return family, params
    shape, cov = family.shape.released(params.cov)
    plain = Normal(shape.name, mean=family.known_mean, reg_covar=family.reg_covar, units=family.units)
    return plain, NormalParams(params.mean, cov)


@released.register(Product)
@released.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...]) -> tuple[Any, Any]:
    parts = [released(part, own) for part, own in zip(family.families, params, strict=True)]
    if all(part is own for (part, _), own in zip(parts, family.families, strict=True)):
        return family, params
    return type(family)([part for part, _ in parts], family.columns), tuple(own for _, own in parts)


@released.register
def _(family: Choice, params: ChoiceParams) -> tuple[Choice, ChoiceParams]:
    parts = [released(part, own) for part, own in zip(family.families, params.parts, strict=True)]
    if all(part is own for (part, _), own in zip(parts, family.families, strict=True)):
        return family, params
    return Choice([f for f, _ in parts], family.sizes), ChoiceParams(tuple(p for _, p in parts), params.place)


__all__ = ["released"]
