"""Mixed columns: within a component, groups of columns are independent, each with a family of its own.

log p(x) = sum_g log p_g(x_g). Parameters and statistics are tuples of those of the parts, and so is everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._xp import is_numpy, namespace
from hiddenmix.families._base import Linear
from hiddenmix.kernels.piece import Piece, side_by_side
from hiddenmix.model import Family

Parts = tuple[Any, ...]  # parameters or statistics of every part


class _Parts(Family[Parts, Parts]):
    """What a product of families asks of its parts one by one."""

    def __init__(self, families: Sequence[Family[Any, Any]], columns: Sequence[int | Sequence[int]]) -> None:
        if len(families) != len(columns):
            what = f"{len(families)} families, but {len(columns)} groups of columns"
            raise HiddenmixError("HM410", what, "one group of columns for each family")
        self.families = tuple(families)
        self.columns = tuple(tuple(int(c) for c in np.atleast_1d(group)) for group in columns)
        if not all(self.columns):
            raise HiddenmixError("HM410", "a family has no column", "one group of columns for each family")
        every = [column for group in self.columns for column in group]
        if len(set(every)) < len(every):
            raise HiddenmixError("HM410", "a column stands in several groups", "each column in one group")

    def plain(self) -> Family[Parts, Parts]:
        """The product of the parts without their penalties."""
        plain = [f.plain() for f in self.families]
        same = all(a is b for a, b in zip(plain, self.families))
        return self if same else type(self)(plain, self.columns)

    def coordinates(self, x: Any) -> Array:
        """Those of all parts, side by side."""
        return np.concatenate([f.coordinates(part) for f, part in zip(self.families, self._split(x))], axis=1)

    def conform(self, params: Parts) -> Parts:
        """What is known of every part put in."""
        return tuple(f.conform(p) for f, p in zip(self.families, params))

    def sample(self, params: Parts, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        out = np.full((len(labels), 1 + max(max(group) for group in self.columns)), np.nan)
        for f, p, group in zip(self.families, params, self.columns):
            out[:, list(group)] = f.sample(p, labels, rng)
        return out

    def ravel(self, params: Parts, base: Parts) -> Array:
        """The coordinates of all parts."""
        return np.concatenate([f.ravel(p, b) for f, p, b in zip(self.families, params, base)])

    def unravel(self, vector: Array, base: Parts) -> Parts:
        """The inverse of `ravel`."""
        ends = np.cumsum([f.n_free(b) for f, b in zip(self.families, base)])[:-1]
        return tuple(f.unravel(v, b) for f, v, b in zip(self.families, np.split(vector, ends), base))

    def on_boundary(self, params: Parts) -> bool:
        """Whether any part is."""
        return any(f.on_boundary(p) for f, p in zip(self.families, params))

    def inside(self, params: Parts, step: float) -> Iterator[Parts]:
        """Those of every part in turn."""
        for i, (f, p) in enumerate(zip(self.families, params)):
            for moved in f.inside(p, step):
                yield (*params[:i], moved, *params[i + 1 :])

    def estimates(self, params: Parts) -> dict[str, Array]:
        """Those of all parts, their names led by the part's number."""
        named = [f.estimates(p) for f, p in zip(self.families, params)]
        return {f"{i}.{name}": value for i, part in enumerate(named) for name, value in part.items()}

    def location(self, params: Parts) -> Array:
        """The locations of all parts, side by side."""
        return np.concatenate([f.location(p) for f, p in zip(self.families, params)], axis=1)

    def least_rows(self, params: Parts) -> Any:
        """That of the part which needs most."""
        return np.max(np.broadcast_arrays(*(f.least_rows(p) for f, p in zip(self.families, params))), axis=0)

    def _split(self, x: Any) -> list[Any]:
        """The columns of every part."""
        return [_columns(x, group) for group in self.columns]


class Product(_Parts):
    """Components whose columns belong to several families; data are one array (n, d).

    Parameters
    ----------
    families : sequence of Family
        The parts.
    columns : sequence of int or of sequences of ints
        The columns of each part, in the order in which its family sees them.
    """

    def prepare(self, x: Any, weight: Array | None, k: int) -> Product | LinearProduct:
        """The product of settled parts; a `LinearProduct` where all of them are linear."""
        every, d = {column for group in self.columns for column in group}, x.shape[1]
        if every != set(range(d)):
            odd = sorted(every ^ set(range(d)))[0]
            what = f"column {odd} (counting from 0) " + ("is in no group" if odd in range(d) else f"is none of the {d}")
            raise HiddenmixError("HM410", what, "each column in one group; leave others out of the table")
        settled = [f.prepare(part, weight, k) for f, part in zip(self.families, self._split(x))]
        linear = [f for f in settled if isinstance(f, Linear)]
        return LinearProduct(linear, self.columns) if len(linear) == len(settled) else Product(settled, self.columns)

    def log_prob(self, params: Parts, x: Any) -> Array:
        """Log densities (n, k) of the observed cells."""
        return self.evaluate(params, x)[0]

    def stats(self, params: Parts | None, x: Any, resp: Array) -> Parts:
        """The statistics of every part."""
        old = (None,) * len(self.families) if params is None else params
        return tuple(f.stats(p, part, resp) for f, p, part in zip(self.families, old, self._split(x)))

    def evaluate(self, params: Parts, x: Any) -> tuple[Array, Callable[[Array], Parts]]:
        """The sum of the log densities, and the statistics of every part."""
        done = [f.evaluate(p, part) for f, p, part in zip(self.families, params, self._split(x))]
        log_prob = done[0][0]
        for more, _ in done[1:]:
            log_prob = log_prob + more
        return log_prob, lambda resp: tuple(stats_of(resp) for _, stats_of in done)

    def linear(self, params: Parts, x: Any, complete: bool = False) -> list[Piece[Parts]] | None:
        """The pieces of all parts side by side, where that can be."""
        parts = [f.linear(p, part, complete) for f, p, part in zip(self.families, params, self._split(x))]
        some = [part for part in parts if part is not None]
        return side_by_side(some) if len(some) == len(parts) else None

    def estimate(self, params: Parts | None, stats: Parts) -> Parts:
        """The estimate of every part."""
        old = (None,) * len(stats) if params is None else params
        return tuple(f.estimate(p, s) for f, p, s in zip(self.families, old, stats))

    def expected_log_prob(self, params: Parts, stats: Parts) -> Array:
        """The sum over the parts (k,)."""
        return np.sum([f.expected_log_prob(p, s) for f, p, s in zip(self.families, params, stats)], axis=0)

    def gradient(self, params: Parts, stats: Parts, base: Parts) -> Array | None:
        """Those of all parts; None where one has none."""
        return _all_of([f.gradient(*part) for f, *part in zip(self.families, params, stats, base)])

    def log_prior(self, params: Parts) -> float:
        """The sum over the parts."""
        return sum(f.log_prior(p) for f, p in zip(self.families, params))


class LinearProduct(_Parts, Linear[Parts, Parts]):
    """A product of linear families is linear: their features and natural parameters stand side by side.

    Parameters are those of `Product`, whose `prepare` makes it of settled parts.
    """

    families: tuple[Linear[Any, Any], ...]

    def __init__(self, families: Sequence[Linear[Any, Any]], columns: Sequence[int | Sequence[int]]) -> None:
        super().__init__(families, columns)
        self.prior = tuple(f.prior for f in self.families)
        widths = [len(f.features(np.zeros((1, len(group))))) for f, group in zip(self.families, self.columns)]
        self._ends = np.cumsum(widths)[:-1]

    def natural(self, params: Parts) -> Array:
        """Those of all parts."""
        return np.concatenate([f.natural(p) for f, p in zip(self.families, params)], axis=1)

    def features(self, x: Any) -> Array:
        """Those of all parts."""
        phi = [f.features(part) for f, part in zip(self.families, self._split(x))]
        return namespace(phi[0]).concat(phi, axis=0)

    def codes(self, d: int) -> list[tuple[int, int, float]] | None:
        """Those of all parts."""
        parts = [f.codes(len(group)) for f, group in zip(self.families, self.columns)]
        placed = zip(parts, self.columns)
        if any(part is None for part in parts):
            return None
        return [(group[c], rule, a) for part, group in placed for c, rule, a in part or ()]

    def log_base(self, x: Any) -> Array | None:
        """The sum over the parts."""
        bases = [f.log_base(part) for f, part in zip(self.families, self._split(x))]
        return sum(base for base in bases if base is not None)

    def from_features(self, sums: Array) -> Parts:
        """The statistics of every part."""
        return tuple(f.from_features(part) for f, part in zip(self.families, np.split(sums, self._ends, axis=1)))

    def maximise(self, params: Parts | None, stats: Parts) -> Parts:
        """The maximum of every part."""
        old = (None,) * len(stats) if params is None else params
        return tuple(f.maximise(p, s) for f, p, s in zip(self.families, old, stats))

    def expected_log_prob(self, params: Parts, stats: Parts) -> Array:
        """The sum over the parts (k,); a part without statistics (a prior that there is not) adds nothing."""
        parts = zip(self.families, params, stats)
        return np.sum([f.expected_log_prob(p, s) for f, p, s in parts if s is not None], axis=0)

    def slopes(self, params: Parts, stats: Parts, base: Parts) -> Array | None:
        """Those of all parts; None where one has none."""
        return _all_of([f.slopes(*part) for f, *part in zip(self.families, params, stats, base)])


def _all_of(parts: Sequence[Array | None]) -> Array | None:
    """The vectors one after the other, if all are there."""
    some = [part for part in parts if part is not None]
    return np.concatenate(some) if len(some) == len(parts) else None


def _columns(x: Any, chosen: tuple[int, ...]) -> Any:
    """Some columns; a view where they stand together."""
    first, last = chosen[0], chosen[-1] + 1
    if chosen == tuple(range(first, last)):
        return x[:, first:last]
    if is_numpy(x):
        return x[:, list(chosen)]
    xp = namespace(x)
    return xp.take(x, xp.asarray(list(chosen), dtype=xp.int64), axis=1)


__all__ = ["LinearProduct", "Product"]
