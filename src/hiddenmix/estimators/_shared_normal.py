"""Normal subclasses that share their covariance, over everything or within each class, and where their means lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.estimators import _ridge
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.normal import Normal
from hiddenmix.families.shapes import SHAPES, Shape

TIED = {"full": "tied", "diag": "tied_diag", "spherical": "tied_spherical"}
OWN = {tied: own for own, tied in TIED.items()}


def own_shape(covariance_type: str) -> str:
    """The shape of one covariance by itself: "full" for "tied"."""
    return OWN.get(covariance_type, covariance_type)


def by_itself(covariance_type: str, tied: str) -> str:
    """The shape for the subclasses of one class by themselves."""
    own = own_shape(covariance_type)
    return own if tied == "none" else TIED[own]


def normal_subclasses(
    mixture: Any, task: Task, classes: Classes, group: Array, sharing: Sharing
) -> tuple[Normal, Note]:
    """The family of all subclasses, and what there is to say of it.

    Raises
    ------
    HiddenmixError : HM203 no maximum exists and the user forbade a ridge, HM410 options that do not go together
    """
    own = own_shape(mixture.covariance_type)
    if sharing.rank is not None and sharing.tied != "all":
        raise HiddenmixError("HM410", "a reduced rank needs one covariance for all subclasses", "tied='all'")
    kind = SHAPES[own]
    standardize = bool(mixture.standardize) and not kind.scale_free
    ridge = _ridge_for(mixture, kind, task, classes, sharing.tied, standardize)
    scales = () if standardize else _ridge.scales(kind, task.table, task.weight)
    note = Note(ridge.text, (*ridge.warnings, *scales), {"reg_covar_": ridge.value})
    units = _ridge.units(task.table, task.weight) if standardize else None
    options: dict[str, Any] = {"prior": mixture.prior, "reg_covar": ridge.value, "units": units}
    if sharing.tied == "all":
        return Normal(TIED[own], rank=sharing.rank, **options), note
    return Normal(own, groups=group if sharing.tied == "class" else None, **options), note


def _ridge_for(mixture: Any, kind: Shape, task: Task, classes: Classes, tied: str, standardize: bool) -> _ridge.Ridge:
    """The ridge that is needed within classes: of all together where they share the covariance, else of the worst."""
    found: list[_ridge.Ridge] = []
    reasons = []
    for name, table, weight in _parts(task, classes, tied):
        try:
            ridge = _ridge.settle(mixture.reg_covar, kind, mixture.prior, table, weight, standardize)
        except HiddenmixError as error:
            raise HiddenmixError(error.code, f"{name}: {error.message}", error.help) from None
        found.append(ridge)
        reasons += [f"{name}, {ridge.why}"] if ridge.why else []
    return _ridge.Ridge(max(ridge.value for ridge in found), "; ".join(reasons))


def _parts(task: Task, classes: Classes, tied: str) -> Iterator[tuple[str, Table, Array | None]]:
    """The labelled rows of each class; where one covariance is for all, all of them about their classes' means."""
    values, columns = task.table.values, task.table.columns
    every = [(name, classes.rows(code)) for code, name in enumerate(classes.names.tolist())]
    if tied != "all":
        for name, rows in every:
            yield f"class {name!r}", Table(values[rows], columns), None if task.weight is None else task.weight[rows]
        return
    inside = np.array(values, dtype=float)
    for _, rows in every:
        seen = ~np.isnan(inside[rows])
        count = np.maximum(seen.sum(axis=0), 1)
        inside[rows] -= np.where(seen, inside[rows], 0.0).sum(axis=0) / count
    rows = np.flatnonzero(classes.codes >= 0)
    yield "within the classes", Table(inside[rows], columns), None if task.weight is None else task.weight[rows]
