"""A fit in words and one table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.discover._words import aligned
from hiddenmix.estimators._fitted import Facts, Fitted
from hiddenmix.select import LOWER

EXACT = 15  # significant digits that a double holds


def summary(
    title: str,
    fitted: Fitted,
    cells: Sequence[Sequence[str]],
    headings: Sequence[str],
    subclasses: Sequence[str] | None = None,
) -> str:
    """Title, how the fit went, and a line for each component: share, rows, and its `cells` under `headings`.

    Components are called by numbers from 1, unless they are `subclasses` with names.
    """
    given = ["  from given parameters; nothing was fitted"]
    lines = [title, *(facts_in_lines(fitted.facts) if fitted.facts else given)]
    weights = fitted.params.weights
    sizes = fitted.facts.sizes if fitted.facts else None
    first, names = "subclass", subclasses
    if names is None:
        first, names = "component", [str(j + 1) for j in range(len(weights))]
    head = [first, "share", *(["points"] if sizes is not None else []), *headings]
    rows = [
        [names[j], f"{weight:.3f}", *([f"{sizes[j]:.6g}"] if sizes is not None else []), *cells[j]]
        for j, weight in enumerate(weights)
    ]
    found = [f"  {sentence}" for sentence in fitted.check.sentences()] if fitted.check else []
    return "\n".join([*lines, *aligned([head, *rows]), *found])


def facts_in_lines(facts: Facts) -> list[str]:
    """How the fit went."""
    c = facts.criteria
    lines = [
        f"  log-likelihood {c.loglik:.3f}   n {c.n:.6g}   parameters {c.n_parameters}",
        f"  BIC {c.bic:.2f}   ICL {c.icl:.2f}   AIC {c.aic:.2f}   ({LOWER}; BIC = -2 log-likelihood "
        "+ parameters log n)",
        f"  {facts.iterations} iteration{'s' * (facts.iterations != 1)}; {facts.status}",
        f"  {facts.certificate[:1].upper()}{facts.certificate[1:]}",
        f"  {facts.census}",
    ]
    if facts.n_empty:
        lines.insert(1, f"  {facts.n_rows} rows, of which {facts.n_empty} have no value and say nothing")
    return [*lines, f"  {facts.note}"] if facts.note else lines


def named(names: tuple[str, ...] | None, d: int) -> list[str]:
    """Column names, or x0, x1, ..., as scikit-learn calls them; a column that is alone is x."""
    if names is not None:
        return list(names)
    return ["x"] if d == 1 else [f"x{j}" for j in range(d)]


def tabled(
    estimates: dict[str, Any], k: int, columns: Sequence[str], parts: Sequence[Sequence[int]] = ()
) -> tuple[list[str], Array]:
    """Headings, and a line (k, ...) for each component, of the estimates that are numbers or rows of numbers for each.

    A row with a number for every column of the data is headed by their names, others count from 0. The `parts` of a
    product have columns of their own, by number; their estimates are led by the part's number.
    """
    headings, values = list[str](), [np.zeros((k, 0))]
    for name, value in estimates.items():
        if np.shape(value)[:1] == (k,) and np.ndim(value) <= 2:
            flat = np.reshape(value, (k, -1))
            headings += _headings(name, flat.shape[1], columns, parts)
            values.append(flat)
    return headings, np.concatenate(values, axis=1)


def _headings(name: str, m: int, columns: Sequence[str], parts: Sequence[Sequence[int]]) -> list[str]:
    """What `m` numbers of an estimate are called."""
    place, _, own_name = name.partition(".")
    if parts and own_name:
        own = [columns[c] for c in parts[int(place)]]
        if len(own) == m:
            return [f"{own_name} {column}" for column in own]
    if m == 1:
        return [name]
    return [f"{name} {column}" for column in columns] if m == len(columns) else [f"{name}[{i}]" for i in range(m)]


def number(value: Any, spread: Any = 0.0) -> str:
    """Four significant digits, and whole numbers in full; more where a tenth of the `spread` shows in more only."""
    if value and spread > 0 and math.isfinite(value) and math.isfinite(spread):
        digits = min(_place(value) - _place(spread) + 2, EXACT)
        if digits > 4:
            return f"{value:.0f}" if digits <= _place(value) < EXACT else f"{value:.{digits}g}"
    return f"{value:.4g}" if abs(value) < 9999.5 else f"{value:.0f}" if abs(value) < 1e9 else f"{value:.4g}"


def _place(value: float) -> int:
    """The power of ten of the first digit."""
    return math.floor(math.log10(abs(value)))
