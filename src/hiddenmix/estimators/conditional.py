"""What a mixture knows of missing cells: for each row their distribution given the observed cells, itself a mixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_number
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Batch, missing_cells
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.estimators._options import generator
from hiddenmix.families.cells import Cells, LevelCells, NumberCells
from hiddenmix.families.conditional import conditional
from hiddenmix.latent.mixture import MixtureParams


@dataclass(frozen=True)
class _Block:
    """Rows that miss the same cells: their numbers (n,), columns (m,), memberships (n, k), and the cells."""

    rows: Array
    columns: Array
    weights: Array
    cells: Cells


class Conditional:
    """The distributions of the missing cells of a table, row by row.

    Whole tables of summaries come from `mean`, `sd`, `quantile` and `draw`: an observed cell is its own mean, with
    standard deviation 0. `conditional[i]` is the distribution of row i, `rows` are the numbers of the rows that miss a
    cell, and iterating goes through these.
    """

    def __init__(self, values: Array, blocks: list[_Block], reader: Any, names: tuple[str, ...] | None) -> None:
        self._values, self._blocks, self._reader, self._names = values, blocks, reader, names
        self.rows: Array = np.unique(np.concatenate([np.zeros(0, int), *(block.rows for block in blocks)]))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ConditionalRow]:
        return (self[int(row)] for row in self.rows)

    def __getitem__(self, row: int) -> ConditionalRow:
        parts = []
        for block in self._blocks:
            for place in np.flatnonzero(block.rows == row):
                here = slice(int(place), int(place) + 1)
                parts.append(_Block(block.rows[here], block.columns, block.weights[here], block.cells.row(int(place))))
        if not parts:
            raise IndexError(f"row {row} misses no cell")
        return ConditionalRow(parts, self._reader, self._names)

    def mean(self) -> AnyArray:
        """The table (n, d) with means in the missing cells; NaN in cells that hold categories."""
        return self._numbers(lambda cells, weights: cells.mean(weights), None)

    def sd(self) -> AnyArray:
        """Standard deviations (n, d) of the missing cells, 0 in observed ones; NaN in cells that hold categories."""
        return self._numbers(lambda cells, weights: cells.sd(weights), 0.0)

    def quantile(self, q: Any) -> AnyArray:
        """The table with quantiles in the missing cells: (n, d), or (len(q), n, d) for several."""
        if np.ndim(q):
            return np.stack([self.quantile(each) for each in q])
        if not 0 < q < 1:
            raise HiddenmixError(
                "HM403", f"a quantile belongs to a probability between 0 and 1; got {q}", "quantile(0.5)"
            )
        return self._numbers(lambda cells, weights: cells.quantile(weights, float(q)), None)

    def best(self) -> AnyArray:
        """The table (n, d) with means in the missing cells, and most probable levels where these are categories."""
        filled = self._filled()
        for block in self._blocks:
            filled[np.ix_(block.rows, block.columns)] = block.cells.best(block.weights)
        return self._written(filled)

    def draw(self, n: int | None = None, rng: Any = None) -> AnyArray:
        """The table with draws in the missing cells: (n, rows, columns), or one such table without `n`.

        Cells of a row are drawn together, so that what relates them is kept.
        """
        generator_ = generator(rng)
        if n is None:
            return self._written(self._drawn(generator_))
        check_number("n", n, 1, whole=True)
        return np.stack([self._written(self._drawn(generator_)) for _ in range(n)])

    def _drawn(self, rng: np.random.Generator) -> Array:
        filled, chosen = self._filled(), np.full(len(self._values), -1)
        for block in self._blocks:
            new = chosen[block.rows] < 0  # one component for all blocks of a row
            chosen[block.rows[new]] = _components(block.weights[new], rng)
            filled[np.ix_(block.rows, block.columns)] = block.cells.draw(chosen[block.rows], rng)
        return filled

    def _numbers(self, of: Callable[[NumberCells, Array], Array], observed: float | None) -> AnyArray:
        filled = self._filled()
        if observed is not None:
            filled[:] = observed
        for block in self._blocks:
            numbers = block.cells if isinstance(block.cells, NumberCells) else None
            filled[np.ix_(block.rows, block.columns)] = np.nan if numbers is None else of(numbers, block.weights)
        return filled

    def _filled(self) -> AnyArray:
        return np.array(self._values, dtype=float)

    def _written(self, filled: Array) -> AnyArray:
        written: AnyArray = self._reader.write(filled)
        return written


class ConditionalRow:
    """The distribution of the missing cells of one row: a mixture over components, with `weights` (k,).

    `columns` are names, or numbers from 0 where there are none.
    """

    def __init__(self, parts: list[_Block], reader: Any, names: tuple[str, ...] | None) -> None:
        self._parts, self._reader = parts, reader
        self.row = int(parts[0].rows[0])
        self.weights: Array = parts[0].weights[0]
        places = np.concatenate([part.columns for part in parts])
        self._order = np.argsort(places)
        self._places = places[self._order]
        self.columns = tuple(int(j) if names is None else names[j] for j in self._places)

    @property
    def means(self) -> Array:
        """Means of the components (k, m)."""
        return self._of_numbers(lambda cells: np.broadcast_to(cells.means(), (1, *cells.means().shape[1:]))[0])

    @property
    def covariances(self) -> Array:
        """Covariances of the components (k, m, m); groups of columns of different kinds are independent."""
        k, m = len(self.weights), len(self._places)
        out, first = np.zeros((k, m, m)), 0
        for part in self._parts:
            size = len(part.columns)
            out[:, first : first + size, first : first + size] = _numbers_only(part.cells).covariances()[0]
            first += size
        return out[:, self._order[:, None], self._order]

    @property
    def probabilities(self) -> dict[Any, dict[Any, float]]:
        """For each column of categories, the probability of each level."""
        found = {}
        for part in self._parts:
            if isinstance(part.cells, LevelCells):
                shares = part.cells.probabilities(part.weights)[0]
                for j, share in zip(part.columns, shares):
                    levels = self._reader.levels_of(int(j)).tolist()
                    found[self.columns[int(np.flatnonzero(self._places == j)[0])]] = dict(zip(levels, share.tolist()))
        return found

    def mean(self) -> Array:
        """The means (m,)."""
        return self._of_numbers(lambda cells: cells.mean(self.weights[None])[0])

    def sd(self) -> Array:
        """The standard deviations (m,)."""
        return self._of_numbers(lambda cells: cells.sd(self.weights[None])[0])

    def quantile(self, q: Any) -> Array:
        """The quantiles (m,), or (len(q), m) for several."""
        if np.ndim(q):
            return np.stack([self.quantile(each) for each in q])
        if not 0 < q < 1:
            raise HiddenmixError(
                "HM403", f"a quantile belongs to a probability between 0 and 1; got {q}", "quantile(0.5)"
            )
        return self._of_numbers(lambda cells: cells.quantile(self.weights[None], float(q))[0])

    def draw(self, n: int = 1, rng: Any = None) -> AnyArray:
        """Draws (n, m); levels where the cells are categories."""
        check_number("n", n, 1, whole=True)
        generator_ = generator(rng)
        labels = _components(np.repeat(self.weights[None], n, axis=0), generator_)
        drawn = [part.cells.draw(labels, generator_) for part in self._parts]
        values = np.concatenate(drawn, axis=1)[:, self._order]
        return np.asarray(self._reader.part(self._places).write(values))

    def _of_numbers(self, of: Callable[[NumberCells], Array]) -> Array:
        values = np.concatenate([of(_numbers_only(part.cells)) for part in self._parts], axis=-1)
        return values[..., self._order]


def conditional_of(model: Any, params: Any, x: Array, reader: Any, names: tuple[str, ...] | None) -> Conditional:
    """The distributions of the missing cells of `x` (n, d) under a model with one posterior per row."""
    missing = missing_cells(x)
    blocks: list[_Block] = []
    if missing is not None:
        rows = np.flatnonzero(missing.any(axis=1))
        which, inverse = np.unique(missing[rows], axis=0, return_inverse=True)
        components = params.components if isinstance(params, MixtureParams) else params
        with single_threaded_blas():
            for pattern in range(len(which)):
                here = rows[inverse.ravel() == pattern]
                part = np.asarray(x[here], dtype=float)
                weights = to_numpy(model.posterior(params, Batch(part))[1])
                blocks += [_Block(here, c, weights, cells) for c, cells in conditional(model.family, components, part)]
    return Conditional(x, blocks, reader, names)


def draw_cells(known: Conditional, rng: np.random.Generator) -> Array:
    """The table (n, d) as the family sees it, categories as codes, with draws in the missing cells."""
    return known._drawn(rng)


def _components(weights: Array, rng: np.random.Generator) -> Array:
    """A component for every row (n,), drawn by its memberships (n, k)."""
    reached = np.cumsum(weights, axis=1)
    return np.argmax(rng.random(len(weights))[:, None] * reached[:, -1:] < reached, axis=1)


def _numbers_only(cells: Cells) -> NumberCells:
    if not isinstance(cells, NumberCells):
        raise HiddenmixError("HM410", "categories have probabilities, and no means", "use .probabilities or .draw(n)")
    return cells
