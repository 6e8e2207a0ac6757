"""Missing cells of compositions, of noise, and of components that belong to different families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betainc

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record, static
from hiddenmix.families.cells import Cells, LevelCells, NumberCells


@record
class PartCells(NumberCells):
    """Missing parts of a composition: what the observed ones leave (n,), shared as Dirichlet with parameters (k, m)."""

    rest: Array
    alpha: Array
    whole = False

    def means(self) -> Array:
        return self.rest[:, None, None] * self._share

    def variances(self) -> Array:
        own = self._share * (1 - self._share) / (self._total + 1)
        return np.square(self.rest)[:, None, None] * own

    def covariances(self) -> Array:
        share = self._share
        own = share[:, :, None] * (np.eye(share.shape[1]) - share[:, None, :]) / (self._total[:, :, None] + 1)
        return np.square(self.rest)[:, None, None, None] * own

    def below(self, value: Array) -> Array:
        share = np.clip(value / self.rest[:, None, None], 0.0, 1.0)
        if self.alpha.shape[1] == 1:  # a single missing part is the rest
            return np.broadcast_to(np.asarray(share >= 1, dtype=float), (*share.shape[:1], *self.alpha.shape))
        return np.asarray(betainc(self.alpha, self._total - self.alpha, share))

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        pace = np.maximum(rng.standard_gamma(self.alpha[labels]), np.finfo(float).tiny)
        rest = np.broadcast_to(self.rest, (len(labels),))
        return np.asarray(rest[:, None] * pace / pace.sum(axis=1, keepdims=True))

    def row(self, i: int) -> PartCells:
        return PartCells(self.rest[i : i + 1], self.alpha)

    @property
    def _total(self) -> Array:
        return np.asarray(self.alpha.sum(axis=1, keepdims=True))

    @property
    def _share(self) -> Array:
        return np.asarray(self.alpha / self._total)


@record
class BoxCells(NumberCells):
    """Uniform cells between edges (k, m)."""

    low: Array
    high: Array
    whole = False

    def means(self) -> Array:
        return ((self.low + self.high) / 2)[None]

    def variances(self) -> Array:
        return (np.square(self.high - self.low) / 12)[None]

    def below(self, value: Array) -> Array:
        return np.clip((value - self.low) / (self.high - self.low), 0.0, 1.0)

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        return rng.uniform(self.low[labels], self.high[labels])


@record
class EitherCells(NumberCells):
    """Cells of components of several families: those of every part, and where each component stands among all."""

    parts: tuple[NumberCells, ...] = static()
    place: Array = static()
    whole = False

    def means(self) -> Array:
        return self._joined([part.means() for part in self.parts])

    def variances(self) -> Array:
        return self._joined([part.variances() for part in self.parts])

    def covariances(self) -> Array:
        return self._joined([part.covariances() for part in self.parts])

    def below(self, value: Array) -> Array:
        return self._joined([part.below(value) for part in self.parts])

    def draw(self, labels: Array, rng: np.random.Generator) -> Array:
        place, first, out = self.place[labels], 0, None
        for part in self.parts:
            size = part.means().shape[1]
            own = np.clip(place - first, 0, size - 1)
            drawn = part.draw(own, rng)  # every row's, of which those of this part are kept
            inside = (place >= first) & (place < first + size)
            out = drawn if out is None else np.where(inside[:, None], drawn, out)
            first += size
        return np.asarray(out)

    def row(self, i: int) -> EitherCells:
        return type(self)(tuple(part.row(i) for part in self.parts), self.place)

    def _joined(self, values: Sequence[Array]) -> Array:
        """Values (n or 1, k of the part, ...) of all components."""
        n = max(len(part) for part in values)
        return np.concatenate([np.broadcast_to(v, (n, *v.shape[1:])) for v in values], axis=1)[:, self.place]


@record
class EitherCounts(EitherCells):
    """The same with whole numbers."""

    whole = True


def either(parts: Sequence[list[tuple[Array, Cells]]], place: Array) -> list[tuple[Array, Cells]]:
    """The cells of all components, from the groups of columns of every part. Raises HM410 where these differ."""
    alike = all(
        len(part) == len(parts[0]) and all(np.array_equal(a[0], b[0]) for a, b in zip(part, parts[0])) for part in parts
    )
    found: list[tuple[Array, Cells]] = []
    for groups in zip(*parts, strict=True) if alike else ():
        cells = [own for _, own in groups]
        numbers = tuple(own for own in cells if isinstance(own, NumberCells))
        levels = [own.p for own in cells if isinstance(own, LevelCells)]
        if len(numbers) == len(cells):
            kind = EitherCounts if all(own.whole for own in numbers) else EitherCells
            found.append((groups[0][0], kind(numbers, place)))
        elif len(levels) == len(cells) and len({p.shape[2] for p in levels}) == 1:
            found.append((groups[0][0], LevelCells(np.concatenate(levels)[place])))
        else:
            alike = False
    if not alike:
        what = "components of these families do not say the same kind of thing of missing cells"
        raise HiddenmixError("HM410", what, "families of numbers, or of categories with the same levels")
    return found
