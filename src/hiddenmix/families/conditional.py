"""What a family knows of missing cells: their distribution given the observed ones, component by component.

For a normal it is the regression of the missing block on the observed one; where columns are independent within a
component, it is the component's own marginal. `conditional` answers for rows that miss the same cells, in groups of
columns, `marginal` restricts a family to some of its columns.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from hiddenmix import _linalg
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families._independent import IndependentColumns
from hiddenmix.families._more_cells import BoxCells, PartCells, either
from hiddenmix.families._student_cells import student_cells
from hiddenmix.families.binomial import Binomial, BinomialParams
from hiddenmix.families.categorical import Categorical, CategoricalParams
from hiddenmix.families.cells import Cells, Heads, LevelCells, NormalCells, PoissonCells, Shared
from hiddenmix.families.choice import Choice, ChoiceParams
from hiddenmix.families.dirichlet import Dirichlet, DirichletParams
from hiddenmix.families.multinomial import Multinomial, MultinomialParams
from hiddenmix.families.normal import Normal, NormalParams
from hiddenmix.families.poisson import Poisson, PoissonParams
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.families.skew_normal import SkewNormal, SkewNormalParams
from hiddenmix.families.skew_t import SkewStudent, SkewStudentParams
from hiddenmix.families.student import Student, StudentParams
from hiddenmix.families.uniform import Uniform, UniformParams

Group = tuple[Array, Cells]  # columns (m,), and the cells in them


@singledispatch
def conditional(family: Any, params: Any, x: Array) -> list[Group]:
    """The distribution of the missing cells of rows (n, d) that all miss the same ones, in groups of columns."""
    raise HiddenmixError(
        "HM410",
        f"{type(family).__name__} does not say what it knows of missing cells",
        "another family, such as Student()",
    )


@singledispatch
def marginal(family: Any, params: Any, columns: Array) -> tuple[Any, Any]:
    """The family and the parameters of some columns (m,)."""
    raise HiddenmixError(
        "HM410", f"{type(family).__name__} does not say what its columns are by themselves", "a family of the library"
    )


def _missing(x: Array) -> Array:
    return np.flatnonzero(np.isnan(x[0]))


@conditional.register
def _(family: Normal, params: NormalParams, x: Array) -> list[Group]:
    k, d = params.mean.shape
    roots = family.shape.roots(params.cov, k, d)
    unseen = _missing(x)
    if roots.ndim == 2:
        mean = params.mean[None, :, unseen]
        return [(unseen, NormalCells(mean, np.eye(len(unseen)) * roots[:, unseen, None]))]
    seen = np.setdiff1d(np.arange(d), unseen)
    # Of the Cholesky factor with the observed columns first, the last block is that of the conditional covariance.
    rows = roots[:, np.concatenate([seen, unseen])]
    lower = np.swapaxes(np.linalg.qr(np.swapaxes(rows, 1, 2), mode="r"), 1, 2)
    m = len(seen)
    mean = params.mean[None, :, unseen]
    if m:
        first = lower[:, :m, :m]
        slope = lower[:, m:, :m] @ _linalg.inverse_triangular(np.ascontiguousarray(first))
        delta = np.asarray(x[:, seen], dtype=float)[:, None, :] - params.mean[:, seen]  # (n, k, m)
        mean = mean + np.einsum("kuo,nko->nku", slope, delta)
    return [(unseen, NormalCells(mean, lower[:, m:, m:]))]


@conditional.register
def _(family: Student, params: StudentParams, x: Array) -> list[Group]:
    placed = conditional(family.normal, NormalParams(params.mean, params.cov), x)
    return [(unseen, student_cells(family, params, x, cells)) for unseen, cells in placed]  # type: ignore[arg-type]


@conditional.register
def _(family: Binomial, params: BinomialParams, x: Array) -> list[Group]:
    unseen = _missing(x)
    assert family.trials is not None
    trials = np.broadcast_to(family.trials, (x.shape[1],))
    return [(unseen, Heads(params.p[:, unseen], trials[unseen]))]


@conditional.register
def _(family: Poisson, params: PoissonParams, x: Array) -> list[Group]:
    unseen = _missing(x)
    return [(unseen, PoissonCells(params.rate[:, unseen]))]


@conditional.register
def _(family: IndependentColumns, params: Any, x: Array) -> list[Group]:  # type: ignore[type-arg]
    unseen = _missing(x)
    alone, own = marginal(family, params, unseen)
    return [(unseen, alone.cells(own))]


@conditional.register
def _(family: Multinomial, params: MultinomialParams, x: Array) -> list[Group]:
    unseen = _missing(x)
    seen = np.setdiff1d(np.arange(x.shape[1]), unseen)
    total = np.asarray(x[:, seen], dtype=float).sum(axis=1)
    if not np.all(total > 0):
        what = "a row whose observed counts are all 0, or all missing, tells nothing of the missing ones"
        raise HiddenmixError("HM410", what, "leave such rows out")
    share = params.p[:, seen].sum(axis=1, keepdims=True)
    odds = params.p[:, unseen] / np.where(share > 0, share, 1.0)
    return [(unseen, Shared(total, odds))]


@conditional.register
def _(family: Dirichlet, params: DirichletParams, x: Array) -> list[Group]:
    unseen = _missing(x)
    rest = 1.0 - np.nansum(np.asarray(x, dtype=float), axis=1)
    return [(unseen, PartCells(rest, params.alpha[:, unseen]))]


@conditional.register
def _(family: Uniform, params: UniformParams, x: Array) -> list[Group]:
    unseen = _missing(x)
    return [(unseen, BoxCells(params.low[:, unseen], params.high[:, unseen]))]


@conditional.register
def _(family: Choice, params: ChoiceParams, x: Array) -> list[Group]:
    return either([conditional(f, p, x) for f, p in zip(family.families, params.parts)], params.place)


@conditional.register
def _(family: Categorical, params: CategoricalParams, x: Array) -> list[Group]:
    unseen = _missing(x)
    return [(unseen, LevelCells(params.p[:, unseen]))]


@conditional.register(Product)
@conditional.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...], x: Array) -> list[Group]:
    found: list[Group] = []
    for part, own, columns in zip(family.families, params, family.columns):
        chosen = np.asarray(columns)
        if np.isnan(x[0, chosen]).any():
            found += [(chosen[where], cells) for where, cells in conditional(part, own, x[:, chosen])]
    return found


@marginal.register
def _(family: Normal, params: NormalParams, columns: Array) -> tuple[Normal, NormalParams]:
    shape, k = family.shape, len(params.mean)
    dense = shape.dense(params.cov)
    if shape.kind == "full":
        dense = dense[..., columns[:, None], columns]
    elif shape.kind == "diag":
        dense = dense[..., columns]
    if shape.loose:  # a part of such covariances is of no particular shape
        part = Normal(shape.loose)
    else:
        part = Normal(shape.name, units=None if family.units is None else np.asarray(family.units)[columns])
    return part, NormalParams(params.mean[:, columns], part.shape.from_dense(dense, k))


@marginal.register
def _(family: Student, params: StudentParams, columns: Array) -> tuple[Student, StudentParams]:
    normal, own = marginal(family.normal, NormalParams(params.mean, params.cov), columns)
    return Student(normal.shape.name, units=normal.units), StudentParams(own.mean, own.cov, params.df)


@marginal.register
def _(family: SkewNormal, params: SkewNormalParams, columns: Array) -> tuple[SkewNormal, SkewNormalParams]:
    normal, own = marginal(family.normal, params.normal, columns)
    return SkewNormal(normal.shape.name), SkewNormalParams(own, params.skew[:, columns])


@marginal.register
def _(family: SkewStudent, params: SkewStudentParams, columns: Array) -> tuple[SkewStudent, SkewStudentParams]:
    normal, own = marginal(family.normal, params.normal, columns)
    return SkewStudent(normal.shape.name), SkewStudentParams(own, params.skew[:, columns], params.df)


@marginal.register
def _(family: Binomial, params: BinomialParams, columns: Array) -> tuple[Binomial, BinomialParams]:
    assert family.trials is not None
    trials = np.broadcast_to(family.trials, (params.p.shape[1],))
    return Binomial(trials[columns]), BinomialParams(params.p[:, columns])


@marginal.register
def _(family: Poisson, params: PoissonParams, columns: Array) -> tuple[Poisson, PoissonParams]:
    return Poisson(), PoissonParams(params.rate[:, columns])


@marginal.register
def _(family: IndependentColumns, params: Any, columns: Array) -> tuple[Any, Any]:  # type: ignore[type-arg]
    return family.part(params, columns)


@marginal.register
def _(family: Uniform, params: UniformParams, columns: Array) -> tuple[Uniform, UniformParams]:
    low, high = params.low[:, columns], params.high[:, columns]
    return Uniform(np.stack([low, high])), UniformParams(low, high)


@marginal.register
def _(family: Choice, params: ChoiceParams, columns: Array) -> tuple[Choice, ChoiceParams]:
    parts = [marginal(f, p, columns) for f, p in zip(family.families, params.parts)]
    return Choice([f for f, _ in parts], family.sizes), ChoiceParams(tuple(p for _, p in parts), params.place)


@marginal.register
def _(family: Categorical, params: CategoricalParams, columns: Array) -> tuple[Categorical, CategoricalParams]:
    assert family.levels is not None
    levels = family.levels[columns]
    return Categorical(levels), CategoricalParams(params.p[:, columns, : levels.max()])


@marginal.register(Product)
@marginal.register(LinearProduct)
def _(family: Product | LinearProduct, params: tuple[Any, ...], columns: Array) -> tuple[Any, tuple[Any, ...]]:
    families, kept, places = [], [], []
    for part, own, group in zip(family.families, params, family.columns):
        where = [i for i, column in enumerate(columns) if column in group]
        if where:
            inner = np.array([group.index(int(columns[i])) for i in where])
            smaller, rest = marginal(part, own, inner)
            families.append(smaller)
            kept.append(rest)
            places.append(where)
    return type(family)(families, places), tuple(kept)


__all__ = ["conditional", "marginal"]
