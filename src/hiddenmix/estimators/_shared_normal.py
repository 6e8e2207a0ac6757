"""Normal subclasses that share their covariance, over everything or within each class, and where their means lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.engine.result import Result
from hiddenmix.estimators import _ridge
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._in_classes import InClasses
from hiddenmix.estimators._task import Note
from hiddenmix.estimators._warnings import reworded
from hiddenmix.families.normal import Normal
from hiddenmix.families.released import released
from hiddenmix.families.shapes import DECOMPOSED, SHAPES, Shape
from hiddenmix.latent.mixture import MixtureParams

TIED = {"full": "tied", "diag": "tied_diag", "spherical": "tied_spherical"}
OWN = {tied: own for own, tied in TIED.items()}


class NormalInClasses(InClasses):
    """Mixtures whose columns of numbers are normal: their subclasses can share a covariance."""

    covariance_type: Any

    def _tied(self) -> str:
        return "all"

    def _by_itself(self, tied: str) -> dict[str, Any]:
        own = own_shape(self.covariance_type)
        return {"covariance_type": own if tied == "none" else TIED[own]}

    def _released(self, result: Result[Any, Any]) -> tuple[Any, Any]:
        model = result.model.plain()
        family, components = released(model.family, result.params.components)
        return model.with_family(family), MixtureParams(result.params.weights, components)


@dataclass(frozen=True)
class ColumnsOfNumbers:
    """The columns of numbers, with the options of the mixture that concern them."""

    table: Table
    weight: Array | None
    covariance_type: str
    reg_covar: Any
    prior: Any = None
    standardize: bool = False


def own_shape(covariance_type: str) -> str:
    """The shape of one covariance by itself: "full" for "tied".

    Raises HM410 where components share something else.
    """
    name = SHAPES[covariance_type].name if covariance_type in SHAPES else covariance_type
    if name in DECOMPOSED:
        what = f"subclasses share a whole covariance or none; {covariance_type!r} shares part of it"
        raise HiddenmixError("HM410", what, "covariance_type='full', and tied='all', 'class' or 'none'")
    return OWN.get(name, name)


def normal_subclasses(
    numbers: ColumnsOfNumbers, classes: Classes, group: Array, sharing: Sharing
) -> tuple[Normal, Note]:
    """The family of all subclasses, of classes `group` (k,), and what there is to say of it.

    Raises
    ------
    HiddenmixError : HM203 no maximum exists and the user forbade a ridge, HM410 options that do not go together
    """
    own = own_shape(numbers.covariance_type)
    if sharing.rank is not None and (sharing.tied != "all" or own != "full"):
        what = "a reduced rank needs one full covariance for all subclasses"
        raise HiddenmixError("HM410", what, "tied='all', covariance_type='full'")
    if sharing.rank is not None and numbers.prior is not None:
        raise HiddenmixError("HM410", "a reduced rank goes without a prior", "n_components_rank=None, or prior=None")
    kind = SHAPES[own]
    standardize = bool(numbers.standardize) and not kind.scale_free
    ridge = _ridge_for(numbers, kind, classes, sharing.tied, standardize)
    scales = () if standardize else _ridge.scales(kind, numbers.table, numbers.weight)
    note = Note(ridge.text, (*ridge.warnings, *scales), {"reg_covar_": ridge.value})
    units = _ridge.units(numbers.table, numbers.weight) if standardize else None
    options: dict[str, Any] = {"prior": numbers.prior, "reg_covar": ridge.value, "units": units}
    if sharing.tied == "all":
        return Normal(TIED[own], rank=sharing.rank, **options), note
    return Normal(own, groups=group if sharing.tied == "class" else None, **options), note


def _ridge_for(numbers: ColumnsOfNumbers, kind: Shape, classes: Classes, tied: str, standardize: bool) -> _ridge.Ridge:
    """The ridge that is needed within classes: of all together where they share the covariance, else of the worst."""
    found: list[_ridge.Ridge] = []
    reasons = []
    for name, table, weight in _parts(numbers, classes, tied):
        with reworded(partial("{}: {}".format, name)):
            ridge = _ridge.settle(numbers.reg_covar, kind, numbers.prior, table, weight, standardize)
        found.append(ridge)
        reasons += [f"{name}, {ridge.why}"] if ridge.why else []
    return _ridge.Ridge(max(ridge.value for ridge in found), "; ".join(reasons))


def _parts(numbers: ColumnsOfNumbers, classes: Classes, tied: str) -> Iterator[tuple[str, Table, Array | None]]:
    """The labelled rows of each class; where one covariance is for all, all of them about their classes' means."""
    values, columns = numbers.table.values, numbers.table.columns
    every = [(name, classes.rows(code)) for code, name in enumerate(classes.names.tolist())]
    weight = numbers.weight
    if tied != "all":
        for name, rows in every:
            yield f"class {name!r}", Table(values[rows], columns), None if weight is None else weight[rows]
        return
    inside = np.array(values, dtype=float)
    for _, rows in every:
        seen = ~np.isnan(inside[rows])
        count = np.maximum(seen.sum(axis=0), 1)
        inside[rows] -= np.where(seen, inside[rows], 0.0).sum(axis=0) / count
    rows = np.flatnonzero(classes.codes >= 0)
    yield "within the classes", Table(inside[rows], columns), None if weight is None else weight[rows]
