"""A different family for each component, or for blocks of components: normals beside noise, a gamma beside a normal.

log p_j(x) is that of the family that component j belongs to. Parameters, statistics and estimates are those of the
parts, each of which sees the responsibilities of its own components only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, shared
from hiddenmix._xp import is_numpy, namespace
from hiddenmix.model import Degenerate, Family

Parts = tuple[Any, ...]


@record
class ChoiceParams:
    """The parameters of every part, and where each component (k,) stands among the components of all parts."""

    parts: Parts = shared()
    place: Array

    def __post_init__(self) -> None:
        if np.asarray(self.place).dtype.kind == "f":  # from a vector of all numbers: `unravel`
            place = np.rint(self.place).astype(int)
            place.setflags(write=False)
            vars(self)["place"] = place


class Choice(Family[ChoiceParams, Parts]):
    """Components of several families, one block of components after the other; all see the same data.

    Parameters
    ----------
    families : sequence of Family
        One for each block.
    sizes : sequence of int, optional
        The number of components in each block. None gives every family one, and the first all that are left.

    Raises
    ------
    HiddenmixError : HM410 sizes that do not fit the families or the number of components

    Examples
    --------
    >>> import hiddenmix as hm
    >>> family = hm.Choice([hm.Normal(), hm.Uniform()])  # in a mixture of 4: three normals, and noise
    """

    def __init__(self, families: Sequence[Family[Any, Any]], sizes: Sequence[int] | None = None) -> None:
        self.families = tuple(families)
        self.sizes = None if sizes is None else tuple(int(size) for size in sizes)
        if not self.families or (self.sizes is not None and len(self.sizes) != len(self.families)):
            what = f"{len(self.families)} families, but {len(self.sizes or ())} sizes"
            raise HiddenmixError("HM410", what, "one size for each family")
        if self.sizes is not None and min(self.sizes) < 1:
            raise HiddenmixError("HM410", f"a family has no component: {self.sizes}", "sizes from 1 up")

    def __repr__(self) -> str:
        more = "" if self.sizes is None else f", {list(self.sizes)}"
        return f"Choice([{', '.join(map(repr, self.families))}]{more})"

    def prepare(self, x: Any, weight: Array | None, k: int) -> Choice:
        """The choice of settled families, with a size for each."""
        sizes = self.sizes or (k - len(self.families) + 1, *[1] * (len(self.families) - 1))
        if sum(sizes) != k or sizes[0] < 1:
            what = f"{k} component{'s' * (k > 1)} cannot be of {len(self.families)} families of sizes {list(sizes)}"
            least = len(self.families) if self.sizes is None else sum(sizes)
            raise HiddenmixError("HM410", what, f"n_components={least}")
        return Choice([f.prepare(x, weight, size) for f, size in zip(self.families, sizes)], sizes)

    def plain(self) -> Choice:
        """The choice of the parts without their penalties."""
        plain = [f.plain() for f in self.families]
        return self if all(a is b for a, b in zip(plain, self.families)) else Choice(plain, self.sizes)

    @property
    def blocks(self) -> Array:
        """The family (k,) of each component, in the order in which they begin."""
        assert self.sizes is not None, "prepare the family with data, or give sizes"
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def conform(self, params: ChoiceParams) -> ChoiceParams:
        """What is known of every part put in."""
        return ChoiceParams(tuple(f.conform(p) for f, p in zip(self.families, params.parts)), params.place)

    def log_prob(self, params: ChoiceParams, x: Any) -> Array:
        """Log densities (n, k)."""
        return _columns([f.log_prob(p, x) for f, p in zip(self.families, params.parts)], params.place)

    def stats(self, params: ChoiceParams | None, x: Any, resp: Array) -> Parts:
        """The statistics of every part."""
        place = np.arange(resp.shape[1]) if params is None else params.place
        old = (None,) * len(self.families) if params is None else params.parts
        return tuple(f.stats(p, x, own) for f, p, own in zip(self.families, old, self._own(resp, place)))

    def evaluate(self, params: ChoiceParams, x: Any) -> tuple[Array, Callable[[Array], Parts]]:
        """The log densities of all parts side by side, and the statistics of every part."""
        done = [f.evaluate(p, x) for f, p in zip(self.families, params.parts)]

        def stats_of(resp: Array) -> Parts:
            return tuple(of(own) for (_, of), own in zip(done, self._own(resp, params.place)))

        return _columns([log_prob for log_prob, _ in done], params.place), stats_of

    def estimate(self, params: ChoiceParams | None, stats: Parts) -> ChoiceParams:
        """The estimate of every part. `Degenerate` counts the component among all."""
        old = (None,) * len(stats) if params is None else params.parts
        parts, place = [], np.arange(len(self.blocks)) if params is None else params.place
        for b, (f, p, s) in enumerate(zip(self.families, old, stats)):
            try:
                parts.append(f.estimate(p, s))
            except Degenerate as collapse:
                where = np.flatnonzero(place == np.flatnonzero(self.blocks == b)[collapse.component])
                raise Degenerate(int(where[0]), collapse.reason) from None
        return ChoiceParams(tuple(parts), place)

    def expected_log_prob(self, params: ChoiceParams, stats: Parts) -> Array:
        """Those of all parts, by component (k,)."""
        each = [f.expected_log_prob(p, s) for f, p, s in zip(self.families, params.parts, stats)]
        return np.asarray(np.concatenate(each)[params.place])

    def gradient(self, params: ChoiceParams, stats: Parts, base: ChoiceParams) -> Array | None:
        """Those of all parts; None where one has none."""
        each = zip(self.families, params.parts, stats, base.parts)
        some = [slope for slope in (f.gradient(*own) for f, *own in each) if slope is not None]
        return np.concatenate(some) if len(some) == len(self.families) else None

    def log_prior(self, params: ChoiceParams) -> float:
        """The sum over the parts."""
        return sum(f.log_prior(p) for f, p in zip(self.families, params.parts))

    def coordinates(self, x: Any) -> Array:
        """Those of the first family."""
        return self.families[0].coordinates(x)

    def begin(self, points: Array, resp: Array) -> Array:
        """Noise begins with scattered rows; the cluster that it had goes to the nearest of the others.

        A family says by a method `noise` (points) -> shares (n,) that it is noise, and which rows are its own.
        """
        noise = [getattr(f, "noise", None) for f in self.families]
        lone = np.array([one is not None for one in noise])[self.blocks]  # (k,)
        if not lone.any() or lone.all():
            return resp
        mass = resp[:, ~lone]
        centre = (mass.T @ points) / np.maximum(mass.sum(axis=0), np.finfo(float).tiny)[:, None]
        nearest = np.argmin(np.square(centre).sum(axis=1) - 2 * points @ centre.T, axis=1)
        mass = mass + np.eye(len(centre))[nearest] * resp[:, lone].sum(axis=1, keepdims=True)
        share = next(one for one in noise if one is not None)(points)
        out = np.empty_like(resp)
        out[:, ~lone] = mass * (1 - share)[:, None]
        out[:, lone] = share[:, None] / lone.sum()
        return out

    def sample(self, params: ChoiceParams, labels: Array, rng: np.random.Generator) -> Array:
        """Draws (n, d)."""
        return self._drawn(params, labels, lambda f, p, own, _: f.sample(p, own, rng))

    def resample(self, params: ChoiceParams, labels: Array, x: Any, rng: np.random.Generator) -> Array:
        """Draws with the cells missing that the rows miss."""
        return self._drawn(params, labels, lambda f, p, own, rows: f.resample(p, own, _tree.take(x, rows), rng))

    def typicality(self, params: ChoiceParams, x: Any) -> Array:
        """Those of all parts."""
        return _columns([f.typicality(p, x) for f, p in zip(self.families, params.parts)], params.place)

    def ravel(self, params: ChoiceParams, base: ChoiceParams) -> Array:
        """The coordinates of all parts; infinite between components of different families."""
        block, first = self.blocks, np.flatnonzero(np.diff(self.blocks, prepend=-1))
        held = np.empty(len(base.place), dtype=int)
        held[base.place] = params.place  # what `params` has in the place of each component of the parts of `base`
        if np.any(block[held] != block):
            return np.full(self.n_free(base), np.inf)
        own = [_tree.pick(p, held[block == b] - first[b]) for b, p in enumerate(params.parts)]
        return np.concatenate([f.ravel(p, b) for f, p, b in zip(self.families, own, base.parts)])

    def unravel(self, vector: Array, base: ChoiceParams) -> ChoiceParams:
        """The inverse of `ravel`."""
        ends = np.cumsum([f.n_free(b) for f, b in zip(self.families, base.parts)])[:-1]
        each = zip(self.families, np.split(vector, ends), base.parts)
        return ChoiceParams(tuple(f.unravel(v, b) for f, v, b in each), base.place)

    def n_free(self, params: ChoiceParams) -> int:
        """The sum over the parts."""
        return sum(f.n_free(p) for f, p in zip(self.families, params.parts))

    def on_boundary(self, params: ChoiceParams) -> bool:
        """Whether any part is."""
        return any(f.on_boundary(p) for f, p in zip(self.families, params.parts))

    def inside(self, params: ChoiceParams, step: float) -> Iterator[ChoiceParams]:
        """Those of every part in turn."""
        for i, (f, p) in enumerate(zip(self.families, params.parts)):
            for moved in f.inside(p, step):
                yield ChoiceParams((*params.parts[:i], moved, *params.parts[i + 1 :]), params.place)

    def estimates(self, params: ChoiceParams) -> dict[str, Array]:
        """Those of every part in the order of the components, their names led by the part's number."""
        named = [f.estimates(p) for f, p in zip(self.families, self.ordered_parts(params))]
        return {f"{i}.{name}": value for i, part in enumerate(named) for name, value in part.items()}

    def ordered_parts(self, params: ChoiceParams) -> Parts:
        """The parts' parameters, their components in the order in which they stand among all."""
        first = np.flatnonzero(np.diff(self.blocks, prepend=-1))
        kind = self.blocks[params.place]
        return tuple(_tree.pick(p, params.place[kind == b] - first[b]) for b, p in enumerate(params.parts))

    def location(self, params: ChoiceParams) -> Array:
        """The number of the family, and where the component lies in it."""
        each = [np.reshape(f.location(p), (n, -1)) for f, p, n in zip(self.families, params.parts, self.sizes or ())]
        out = np.zeros((len(self.blocks), 1 + max(part.shape[1] for part in each)))
        out[:, 0] = self.blocks
        for b, part in enumerate(each):
            out[self.blocks == b, 1 : 1 + part.shape[1]] = part
        return np.asarray(out[params.place])

    def least_rows(self, params: ChoiceParams) -> Any:
        """That of each component's own family (k,)."""
        each = [f.least_rows(p) for f, p in zip(self.families, params.parts)]
        return np.array(each)[self.blocks][params.place]

    def _own(self, resp: Array, place: Array) -> list[Array]:
        """The responsibilities of the components of every part."""
        ends = np.cumsum(self.sizes or ())
        if not np.array_equal(place, np.arange(len(place))):
            resp = _taken(resp, np.argsort(place))
        return [resp[:, end - size : end] for end, size in zip(ends, self.sizes or ())]

    def _drawn(self, params: ChoiceParams, labels: Array, draw: Callable[..., Array]) -> Array:
        place, first = params.place[labels], np.flatnonzero(np.diff(self.blocks, prepend=-1))
        out: Array | None = None
        for b, (f, p) in enumerate(zip(self.families, params.parts)):
            rows = np.flatnonzero(self.blocks[place] == b)
            if len(rows):
                own = draw(f, p, place[rows] - first[b], rows)
                out = np.empty((len(labels), *own.shape[1:])) if out is None else out
                out[rows] = own
        if out is None:
            raise ValueError("no draws are asked for")
        return out


def _columns(parts: Sequence[Array], place: Array) -> Array:
    """Columns (n, k) of all parts, the components in their places."""
    if is_numpy(parts[0]):
        return np.concatenate([part.T for part in parts], axis=0)[place].T
    return _taken(namespace(parts[0]).concat(list(parts), axis=1), place)


def _taken(values: Array, index: Array) -> Array:
    """Columns in another order."""
    if is_numpy(values):
        return values[:, index]
    xp = namespace(values)
    return xp.take(values, xp.asarray(index.tolist(), dtype=xp.int64), axis=1)


__all__ = ["Choice", "ChoiceParams"]
