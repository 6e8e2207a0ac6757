"""Whether a family is told something of single parameters, so that its components are no longer interchangeable."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from hiddenmix._tree import Array
from hiddenmix.families.choice import Choice
from hiddenmix.families.normal import Normal
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.families.skew_normal import SkewNormal
from hiddenmix.families.skew_t import SkewStudent
from hiddenmix.families.student import Student
from hiddenmix.model import Known


@singledispatch
def knows(family: Any) -> bool:
    """Whether one of the family's settings is `Known`."""
    return any(isinstance(setting, Known) for setting in vars(family).values())


@knows.register
def _(family: Normal) -> bool:
    return not (family.known_mean is None and family.known_cov is None and family.groups is None)


@knows.register
def _(family: Student) -> bool:
    return knows(family.normal) or family.df.distinguishes


@knows.register
def _(family: SkewNormal) -> bool:
    return knows(family.normal) or family.known_skew is not None


@knows.register
def _(family: SkewStudent) -> bool:
    return knows(family.normal) or family.known_skew is not None or family.df.distinguishes


@knows.register(Product)
@knows.register(LinearProduct)
def _(family: Product | LinearProduct) -> bool:
    return any(knows(part) for part in family.families)


@knows.register
def _(family: Choice) -> bool:
    return any(knows(part) for part in family.families)


@singledispatch
def blocks(family: Any) -> Array | None:
    """The kind (k,) of each component, ascending, where only those of one kind may trade places; None: all may."""
    return None


@blocks.register
def _(family: Choice) -> Array:
    return family.blocks


__all__ = ["blocks", "knows"]
