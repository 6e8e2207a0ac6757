"""Families whose columns are independent within a component: all that follows from the charts of their parameters.

The record of such a family's parameters has fields (k, d), each with a one-dimensional chart. Known entries, free
coordinates, gradients, boundaries, components and cells without rows, model files, pictures and missing cells follow
from that, here, once. A family is left with its density and with the M-step of a list of cells.

To write one, subclass `IndependentColumns`, or `Independent` where the density is `Linear` in its features too:

- class attributes `params` (the record), `fields`, and where they differ `kind` and `options`;
- a constructor that calls `super().__init__(prior, field=field, ...)` with what is known of each field. `prior` is what
  the user gave; the statistic that it stands for comes from `pseudo_stats`, with leaves of shape () or (d,);
- `solve`, `expected_log_prob`, `partials`, `means`, `variances`, `below`, `draw`, `refuse`;
- the density: `natural`, `features`, `log_base`, `from_features` of `Linear`; or `log_prob` and `stats`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal, TypeVar, final

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, namespace, widened
from hiddenmix.families._base import Conjugate, Linear, columns, standardised
from hiddenmix.families._column_cells import ColumnCells, ColumnCounts
from hiddenmix.families._fields import Collapse, Field, Given, refuse_collapse
from hiddenmix.families._given import read_statistic, refuse_known
from hiddenmix.families.cells import Cells
from hiddenmix.model import Degenerate, Known

P = TypeVar("P")
S = TypeVar("S")


class IndependentColumns(Conjugate[P, S]):
    """A family with independent columns; its statistics merge and `pick` cell by cell, as its parameters do."""

    params: ClassVar[type[Any]]
    fields: ClassVar[tuple[Field, ...]]
    kind: ClassVar[Literal["number", "count"]] = "number"  # what its columns hold
    options: ClassVar[tuple[str, ...]] = ()  # constructor arguments beside the fields and the prior
    prior_form: ClassVar[str] = ""  # the parts of a prior; by default rows, and the fields
    spurious: ClassVar[bool] = False  # whether a component on few rows has an unbounded density

    def __init__(self, prior: Any, **known: Known | None) -> None:
        for field in self.fields:
            refuse_known(known[field.name], field.name, field.chart)
            setattr(self, f"known_{field.name}", known[field.name])
        self.pseudo = prior
        form = self.prior_form or f"(rows, {', '.join(field.name for field in self.fields)})"
        self.prior: S | None = None
        if prior is not None:
            self.prior = read_statistic(type(self).__name__, form, prior, self.pseudo_stats, self.weight)

    # What a family says

    @abstractmethod
    def pseudo_stats(self, prior: Any) -> S:
        """The statistic that a prior stands for, with leaves of shape () or (d,), the same for all components."""

    @abstractmethod
    def solve(self, stats: S, given: Mapping[str, Given], old: P | None) -> P:
        """The parameters (m,) of m cells that maximise their expected log densities, given what is known of fields.

        Statistics are those of the cells, whose leaves (k, d, ...) have become (m, ...); every cell has weight. `old`
        are the parameters (m,) before, None at the very first start. Raises `Collapse`.
        """

    @abstractmethod
    def partials(self, params: P, stats: S) -> dict[str, Array]:
        """The derivatives of `expected_log_prob` by the entries (k, d) of every field; any finite value at edges."""

    @abstractmethod
    def means(self, params: P) -> Array:
        """Expected values, entry by entry."""

    @abstractmethod
    def variances(self, params: P) -> Array:
        """Variances, entry by entry."""

    @abstractmethod
    def below(self, params: P, value: Array) -> Array:
        """The distribution function at values that broadcast against the parameters."""

    @abstractmethod
    def draw(self, params: P, rng: np.random.Generator) -> Array:
        """One draw for every entry of parameters of any one shape."""

    def weight(self, stats: S) -> Array:
        """The weight (k, d) of the rows that the statistics count: by default their field of that name."""
        return getattr(stats, "weight")  # noqa: B009

    def refuse(self, x: Array) -> None:
        """Raise a coded error where values (n, d), NaN among them, are impossible."""

    def settled(self, x: Any) -> Any:
        """The family with options that depend on the data; where these are a record of arrays, it refuses them, too."""
        return self

    def table(self, x: Any) -> Array:
        """The values (n, d) by which starts compare rows; of a record of arrays what stands for them."""
        return np.asarray(columns(x), dtype=float)

    def straightened(self, x: Array) -> Array:
        """Values (n, q) whose spread hardly depends on where they lie: what starts measure distances in."""
        return x

    # What follows

    @final
    def given(self, field: Field) -> Known | None:
        """What is known of a field."""
        return getattr(self, f"known_{field.name}")  # type: ignore[no-any-return]

    @final
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments, for model files."""
        known = {field.name: self.given(field) for field in self.fields}
        return known | {name: getattr(self, name) for name in self.options} | {"prior": self.pseudo}

    @final
    def part(self, params: P, columns: Array) -> tuple[Any, P]:
        """The family of some columns (m,) with nothing known and no prior, and the parameters there."""
        options = {name: getattr(self, name) for name in self.options}
        alone = type(self)(**{name: v[columns] if np.ndim(v) == 1 else v for name, v in options.items()})
        return alone, self._record({f.name: getattr(params, f.name)[:, columns] for f in self.fields})

    def cells(self, params: P) -> Cells:
        """The distributions of missing cells with parameters (k, m)."""
        return (ColumnCounts if self.kind == "count" else ColumnCells)(self, params)

    @final
    def prepare(self, x: Any, weight: Array | None, k: int) -> Any:
        """The family, settled, once the data are seen to be possible; arrays of other libraries are taken as such."""
        if is_numpy(x):
            self.refuse(np.asarray(columns(x), dtype=float))
        return self.settled(x)

    @final
    def repeated(self, count: int) -> Any:
        """Itself, where nothing is known of single components."""
        return self if all(self.given(field) is None for field in self.fields) else None

    @final
    def maximise(self, params: P | None, stats: S) -> P:
        """`solve`, for cells that have weight; others keep their parameters (those of all rows at the start)."""
        seen = self.weight(stats) > 0  # (k, d)
        if params is None and not seen.all():
            total = _tree.merge_all([_tree.pick(stats, [j]) for j in range(len(seen))])
            one = self._blank((1, seen.shape[1]))
            common = self._solved(one, total, self.weight(total) > 0, None, at_all=False)
            base = _tree.pick(common, np.zeros(len(seen), dtype=int))
        else:
            base = self._blank(seen.shape) if params is None else params
        return self.conform(self._solved(base, stats, seen, params))

    def _blank(self, shape: tuple[int, int]) -> P:
        return self._record({field.name: np.full(shape, field.chart.neutral) for field in self.fields})

    def _record(self, values: Mapping[str, Array]) -> P:
        return self.params(**values)  # type: ignore[no-any-return]

    def _solved(self, base: P, stats: S, seen: Array, old: P | None, at_all: bool = True) -> P:
        """`base`, with the cells where `seen` (k, d) estimated; nothing is known unless it may be (`at_all`)."""
        if not seen.any():
            return base
        given = {}
        for field in self.fields:
            known = self.given(field) if at_all else None
            mask = np.zeros(seen.shape, bool) if known is None else known.mask(seen.shape)
            value = np.zeros(seen.shape) if known is None else known.fill(np.zeros(seen.shape))
            given[field.name] = Given(mask[seen], value[seen])
        try:
            found = self.solve(_tree.pick(stats, seen), given, None if old is None else _tree.pick(old, seen))
        except Collapse as collapse:
            component, column = np.argwhere(seen)[int(np.argmax(collapse.cells))].tolist()
            where = f" in column {column} (counting from 0)" if seen.shape[1] > 1 else ""
            raise Degenerate(component, collapse.reason + where) from None
        return self._record({f.name: _put(getattr(base, f.name), seen, getattr(found, f.name)) for f in self.fields})

    @final
    def conform(self, params: P) -> P:
        """Known entries put in."""
        known = {field.name: self.given(field) for field in self.fields}
        changes = {name: known.fill(getattr(params, name)) for name, known in known.items() if known is not None}
        return replace(params, **changes) if changes else params  # type: ignore[type-var]

    @final
    def coordinates(self, x: Any) -> Array:
        """Straightened values, standardised."""
        return standardised(self.straightened(self.table(x)))

    @final
    def sample(self, params: P, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        return np.asarray(self.draw(_tree.pick(params, labels), rng), dtype=float)

    @final
    def location(self, params: P) -> Array:
        """The means."""
        return self.means(params)

    @final
    def least_rows(self, params: P) -> float:
        """d + 2 rows, where a density can grow without bound on few of them and no prior and no value forbids it."""
        whole = any(known is not None and known.where is None for known in map(self.given, self.fields))
        alone = self.spurious and self.prior is None and not whole
        return getattr(params, self.fields[0].name).shape[1] + 2.0 if alone else 0.0

    # Free coordinates: field after field, of each the entries that are not known

    @final
    def ravel(self, params: P, base: P) -> Array:
        """The coordinates of all charts around `base`, known entries left out."""
        parts = []
        for field in self.fields:
            value, origin = getattr(params, field.name), getattr(base, field.name)
            parts.append(field.chart.ravel(value, origin, self.unit(field, base))[self._free(field, base)])
        return np.concatenate(parts)

    @final
    def unravel(self, vector: Array, base: P) -> P:
        """The inverse of `ravel`."""
        values, first = {}, 0
        for field in self.fields:
            free, origin = self._free(field, base), getattr(base, field.name)
            shift, last = np.zeros(free.shape), first + int(free.sum())
            shift[free] = vector[first:last]
            moved = field.chart.unravel(shift, origin, self.unit(field, base))
            values[field.name], first = np.where(free, moved, origin), last
        return self._record(values)

    @final
    def slopes(self, params: P, stats: S, base: P) -> Array:
        """The partial derivatives, carried to the coordinates."""
        partials, parts = self.partials(params, stats), []
        for field in self.fields:
            slope = field.chart.slope(getattr(params, field.name), self.unit(field, base))
            parts.append((partials[field.name] * slope)[self._free(field, base)])
        return np.concatenate(parts)

    @final
    def unit(self, field: Field, params: P) -> Array:
        """The unit of a field's coordinates, which another field may hold."""
        return np.ones(()) if field.unit is None else np.asarray(getattr(params, field.unit))

    @final
    def on_boundary(self, params: P) -> bool:
        """Whether a free entry lies at an edge of its space."""
        return any(bool(np.any(self._edge(field, params))) for field in self.fields)

    @final
    def inside(self, params: P, step: float) -> Iterator[P]:
        """Each free entry at an edge, moved inside."""
        for field in self.fields:
            for place in zip(*np.nonzero(self._edge(field, params))):
                value = np.array(getattr(params, field.name))
                value[place] = field.chart.moved(float(value[place]), step)
                yield replace(params, **{field.name: value})  # type: ignore[type-var]

    def _edge(self, field: Field, params: P) -> Array:
        return self._free(field, params) & field.chart.edge(getattr(params, field.name))

    def _free(self, field: Field, params: P) -> Array:
        known, shape = self.given(field), np.shape(getattr(params, field.name))
        return np.ones(shape, dtype=bool) if known is None else ~known.mask(shape)


class Independent(IndependentColumns[P, S], Linear[P, S]):
    """The same with densities that are linear in features of the cells."""


def impossible_under(x: Any, low: float) -> Array | None:
    """A log density (n,) that is -inf in rows with a value below `low`, and 0 in others; None where there is none."""
    x = columns(x)
    xp = namespace(x)
    broken = xp.any(x < low, axis=1)
    if not bool(xp.any(broken)):
        return None
    zero = xp.zeros_like(widened(x)[:, 0])
    return xp.where(broken, xp.full_like(zero, -float("inf")), zero)


def _put(values: Array, where: Array, new: Array) -> Array:
    out = np.array(values, dtype=float)
    out[where] = new
    return out


__all__ = ["Collapse", "Field", "Given", "Independent", "IndependentColumns", "impossible_under", "refuse_collapse"]
