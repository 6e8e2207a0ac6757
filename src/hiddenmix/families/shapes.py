"""Covariance shapes by name: what a normal family assumes of its covariance matrices.

Names follow Celeux & Govaert (1995, Pattern Recognition 28:781) and scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families.own_shapes import (
    Diag,
    DiagShape,
    Full,
    FullShape,
    OwnShape,
    Shape,
    Spherical,
    SphericalShape,
    UnitSphericalShape,
)
from hiddenmix.families.shared_shapes import Grouped, GroupedShape, Tied, TiedDiag, TiedShape, TiedSpherical

SEARCHED = ("full", "tied", "diag", "spherical")  # what "auto" tries
FORMS: dict[str, OwnShape] = {form.name: form for form in (FullShape(), DiagShape(), SphericalShape())}
TIED: dict[str, Shape] = {shape.name: shape for shape in map(TiedShape, FORMS.values())}
SHAPES = {name: (FORMS | TIED)[name] for name in (*SEARCHED, "tied_diag", "tied_spherical")}


def shape_of(name: str, groups: Sequence[int] | Array | None = None, units: Array | str | None = None) -> Shape:
    """The shape of this name, shared within groups of components, or with balls in units (d,) of the columns.

    Units that are still a word leave balls in the columns as they are.

    Raises HM401 no such shape, HM403 or HM404 unusable groups, HM410 groups or units that mean nothing for it.
    """
    if name not in SHAPES:
        raise HiddenmixError("HM401", f"no covariance is called {name!r}", f"one of {', '.join(SHAPES)}")
    if units is not None and SHAPES[name].scale_free:
        raise HiddenmixError("HM410", f"units mean nothing for {name!r}", "leave them out: it has no scale")
    ball = None if units is None or isinstance(units, str) else UnitSphericalShape(units)
    if name in TIED:
        if groups is not None:
            raise HiddenmixError("HM410", f"{name!r} shares one covariance already", f"one of {', '.join(FORMS)}")
        return TIED[name] if ball is None else TiedShape(ball)
    form = FORMS[name] if ball is None else ball
    return form if groups is None else GroupedShape(form, groups)


__all__ = [
    "SEARCHED",
    "SHAPES",
    "Diag",
    "DiagShape",
    "Full",
    "FullShape",
    "Grouped",
    "GroupedShape",
    "Shape",
    "Spherical",
    "SphericalShape",
    "Tied",
    "TiedDiag",
    "TiedShape",
    "TiedSpherical",
    "UnitSphericalShape",
    "shape_of",
]
