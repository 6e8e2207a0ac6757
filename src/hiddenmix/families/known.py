"""Whether a family is told something of single parameters, so that its components are no longer interchangeable."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from hiddenmix.families.normal import Normal
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.model import Known


@singledispatch
def knows(family: Any) -> bool:
    """Whether one of the family's settings is `Known`."""
    return any(isinstance(setting, Known) for setting in vars(family).values())


@knows.register
def _(family: Normal) -> bool:
    return not (family.known_mean is None and family.known_cov is None and family.groups is None)


@knows.register(Product)
@knows.register(LinearProduct)
def _(family: Product | LinearProduct) -> bool:
    return any(knows(part) for part in family.families)


__all__ = ["knows"]
