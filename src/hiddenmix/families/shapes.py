"""Covariance shapes by name: what a normal family assumes of its covariance matrices.

The fourteen shapes of Celeux & Govaert (1995, Pattern Recognition 28:781) go by their letters, and by words: those of
scikit-learn, and others. The words "same_..." list what the components have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families.axes_shapes import (
    DiagSameShape,
    DiagSameVolume,
    SameOrientation,
    SameShape,
    SameVolumeOrientation,
    SameVolumeShape,
)
from hiddenmix.families.decomposed_shapes import SameShapeOrientation, SameVolume
from hiddenmix.families.factor_shapes import FactorShape, factor_shape
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
from hiddenmix.families.unit_shapes import UnitShape


class Shapes(dict[str, Shape]):
    """Shapes by word, in the order in which they are listed; looked up by letters ("VVE", "vve") as well."""

    def __missing__(self, name: str) -> Shape:
        for shape in self.values():
            if isinstance(name, str) and shape.letters == name.upper():
                return shape
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (
            isinstance(name, str) and any(shape.letters == name.upper() for shape in self.values())
        )


SEARCHED = ("full", "tied", "diag", "spherical")  # what "auto" tries
FORMS: dict[str, OwnShape] = {form.name: form for form in (FullShape(), DiagShape(), SphericalShape())}
TIED: dict[str, Shape] = {shape.name: shape for shape in map(TiedShape, FORMS.values())}
DECOMPOSED: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        SameShapeOrientation(),
        SameVolumeOrientation(),
        SameOrientation(),
        SameVolumeShape(),
        SameShape(),
        SameVolume(),
        DiagSameShape(),
        DiagSameVolume(),
    )
}
SHAPES = Shapes({name: (FORMS | TIED)[name] for name in (*SEARCHED, "tied_diag", "tied_spherical")} | DECOMPOSED)
ORDER = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
ALL = tuple(SHAPES[letters].name for letters in ORDER)  # what "all" tries, the fewest parameters first


def shape_of(
    name: str | FactorShape, groups: Sequence[int] | Array | None = None, units: Array | str | None = None
) -> Shape:
    """The shape of this name, shared within groups of components, or measured in units (d,) of the columns.

    Units that are still a word leave the columns as they are.

    Raises HM401 no such shape, HM403 or HM404 unusable groups, HM410 groups or units that mean nothing for it.
    """
    factors = factor_shape(str(getattr(name, "name", name)))
    if factors is not None:
        if groups is not None or units is not None:
            raise HiddenmixError("HM410", f"groups and units mean nothing for {factors.name}", "leave them out")
        return factors
    if not isinstance(name, str) or name not in SHAPES:
        names = (f"{shape.name} ({shape.letters})" for shape in SHAPES.values())
        raise HiddenmixError("HM401", f"no covariance is called {name!r}", f"one of {', '.join(names)}")
    shape = SHAPES[name]
    if units is not None and shape.scale_free:
        raise HiddenmixError("HM410", f"units mean nothing for {name!r}", "leave them out: it has no scale")
    given: Any = None if units is None or isinstance(units, str) else units
    if shape.name not in FORMS:
        if groups is not None:
            shared = "one covariance already" if shape.name in TIED else "part of its covariances already"
            what = f"{shape.name!r} shares {shared}"
            raise HiddenmixError("HM410", what, f"one of {', '.join(FORMS)}")
        if given is None:
            return shape
        return TiedShape(UnitSphericalShape(given)) if shape.name in TIED else UnitShape(shape, given)
    form = FORMS[shape.name] if given is None else UnitSphericalShape(given)
    return form if groups is None else GroupedShape(form, groups)


def different(shapes: Sequence[str], k: int, single_column: bool) -> list[str]:
    """The shapes that are not second names of others for k components: those of `SEARCHED` stay, else those before."""
    kept: dict[str, str] = {}
    for shape in sorted(shapes, key=lambda shape: SEARCHED.index(shape) if shape in SEARCHED else len(SEARCHED)):
        kept.setdefault(_comes_to(shape, k, single_column), shape)
    return [shape for shape in shapes if shape in kept.values()]


def _comes_to(shape: str, k: int, single_column: bool) -> str:
    """What is left of a shape, by its letters: of one column the volume, of one component what its axes are."""
    if shape not in SHAPES:
        return shape
    volume, form, axes = tuple(SHAPES[shape].letters)
    if single_column:
        return "" if k == 1 else volume
    if k == 1:
        return "balls" if form == "I" else "columns" if axes == "I" else "ellipsoids"
    return shape


__all__ = [
    "ALL",
    "SEARCHED",
    "SHAPES",
    "Diag",
    "DiagShape",
    "FactorShape",
    "Full",
    "FullShape",
    "Grouped",
    "GroupedShape",
    "Shape",
    "Shapes",
    "Spherical",
    "SphericalShape",
    "Tied",
    "TiedDiag",
    "TiedShape",
    "TiedSpherical",
    "UnitShape",
    "UnitSphericalShape",
    "different",
    "shape_of",
]
