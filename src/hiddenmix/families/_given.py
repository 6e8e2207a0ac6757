"""What users say of parameters, read before any work: known values, and priors as so many rows seen before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.families._charts import REAL, Chart
from hiddenmix.model import Known

S = TypeVar("S")


def refuse_known(known: Any, name: str, chart: Chart | None = REAL, by_component: bool = False) -> None:
    """Require None, or a `Known` whose values the parameter can have; without a chart any.

    `by_component` says that the mask is one of components (k,).

    Raises HM410 for anything else than a `Known`, HM403 for values that are none of the parameter's, HM404 for a mask
    that does not fit them.
    """
    if known is None:
        return
    if type(known) is not Known:
        raise HiddenmixError("HM410", f"{name}={known!r} is no known parameter", f"{name}=hm.Known(value)")
    if chart is None:
        return
    value = np.asarray(known.value, dtype=float)
    where = np.asarray(True if known.where is None else known.where, dtype=bool)
    if by_component and where.ndim:
        where = where.reshape(-1, *(1,) * (value.ndim - 1))
    try:
        fixed = np.broadcast_arrays(value, where)
    except ValueError:
        what = f"known values of {name} have shape {value.shape}, and where has {where.shape}"
        raise HiddenmixError("HM404", what, "where: True or False for each value, or for each component") from None
    wrong = fixed[0][fixed[1] & ~chart.holds(fixed[0])]
    if wrong.size:
        what = f"{name} cannot be {wrong[0]:g}: it is {chart.words}"
        raise HiddenmixError("HM403", what, f"{name}=hm.Known(value), with values that it can have")


def read_statistic(kind: str, form: str, prior: Any, read: Callable[[Any], S], weight: Callable[[S], Any]) -> S:
    """The statistic that a prior stands for, finite and without negative weights. `form` names the prior's parts.

    Raises HM403 where it stands for none.
    """
    try:
        if len(prior) != form.count(",") + 1:
            raise ValueError
        with np.errstate(divide="raise", invalid="raise", over="raise"):
            stats = read(prior)
            good = bool(np.all(np.isfinite(_tree.ravel(stats))) and np.all(weight(stats) >= 0))
    except (TypeError, ValueError, IndexError, FloatingPointError):
        good = False
    if not good:
        what = f"prior={prior!r} is none that {kind} could have"
        raise HiddenmixError("HM403", what, f"prior={form}, as the docstring of {kind} says") from None
    return stats


def read_prior(kind: str, form: str, prior: Any) -> tuple[Array, Array]:
    """A prior of two counts, each for all columns or one for each. Raises HM403 for others."""
    return read_statistic(kind, form, prior, pseudo_counts, lambda pair: pair[0])


def row_prior(kind: str, form: str, prior: Any) -> tuple[float, Array]:
    """A prior of a number of rows, and what they were like. Raises HM403 for others."""

    def read(given: Any) -> tuple[Array, Array]:
        return np.asarray(float(given[0])), np.asarray(given[1], dtype=float)

    rows, like = read_statistic(kind, form, prior, read, lambda pair: pair[0])
    return float(rows), like


def pseudo_counts(prior: Any) -> tuple[Array, Array]:
    """Two numbers from 0 up, each for all columns or one for each. Raises ValueError for others."""
    first, second = (np.asarray(part, dtype=float) for part in prior)
    if not (np.all(first >= 0) and np.all(second >= 0)):
        raise ValueError
    return first, second


__all__ = ["pseudo_counts", "read_prior", "read_statistic", "refuse_known", "row_prior"]
