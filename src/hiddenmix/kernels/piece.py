"""Rows of a chunk in linear form, with the way back to a family's statistics; and families side by side."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.kernels.form import SOFTMAX, Expected, Form, Layout, n_rows

S = TypeVar("S")


@dataclass(frozen=True, eq=False)
class Piece(Generic[S]):
    """Some rows of a chunk in linear form: what the E-step needs of them, and the way back to statistics.

    `base` (n,) is the part of the log densities that no component changes. `stats_of` takes what the E-step gives and
    the number of rows; it returns None where the sums turn out to be inaccurate, and the rows are done another way.
    """

    rows: slice
    form: Form
    x: Array | None
    given: Array | None
    base: Array | None
    stats_of: Callable[[Expected, int], S | None]

    @property
    def n_rows(self) -> int:
        """How many rows these are."""
        return n_rows(self.x, self.given)

    @property
    def work(self) -> int:
        """About how many multiplications the E-step takes."""
        k, p = self.form.theta.shape
        return int(self.n_rows * k * (2 * p + SOFTMAX))

    def cut(self, rows: slice) -> Piece[S]:
        """Some of the rows of a piece that begins with row 0."""
        x, base = (None if part is None else part[rows] for part in (self.x, self.base))
        return replace(self, rows=rows, x=x, given=None if self.given is None else self.given[:, rows], base=base)


def side_by_side(parts: Sequence[Sequence[Piece[Any]]]) -> list[Piece[tuple[Any, ...]]] | None:
    """The same rows under families whose columns are independent; the statistics of all, in a tuple.

    None where several have pieces of their own rows, or features that are more than what counts and categories say.
    """
    lead = max(range(len(parts)), key=lambda i: len(parts[i]))
    if any(len(part) > 1 for i, part in enumerate(parts) if i != lead):
        return None
    joined = []
    for piece in parts[lead]:
        together: Piece[tuple[Any, ...]] | None = None
        for i, part in enumerate(parts):
            each = piece if i == lead else part[0].cut(piece.rows)
            together = _alone(each) if together is None else _beside(together, each)
            if together is None:
                return None
        joined += [] if together is None else [together]
    return joined


def _alone(piece: Piece[Any]) -> Piece[tuple[Any, ...]]:
    def stats_of(expected: Expected, n: int) -> tuple[Any, ...] | None:
        stats = piece.stats_of(expected, n)
        return None if stats is None else (stats,)

    return replace(piece, stats_of=stats_of)


def _beside(one: Piece[tuple[Any, ...]], other: Piece[Any]) -> Piece[tuple[Any, ...]] | None:
    """One more; None where both have features that are more than what counts and categories say."""
    lead, follow = (one, other) if _simple(other.form.layout) else (other, one)
    if not _simple(follow.form.layout):
        return None
    form, places = _forms(lead.form, follow.form)
    mine, theirs = places if lead is one else places[::-1]

    def stats_of(expected: Expected, n: int) -> tuple[Any, ...] | None:
        so_far = one.stats_of(replace(expected, sums=expected.sums[:, mine]), n)
        stats = other.stats_of(replace(expected, sums=expected.sums[:, theirs]), n)
        return None if so_far is None or stats is None else (*so_far, stats)

    bases = [piece.base for piece in (one, other) if piece.base is not None]
    return Piece(
        one.rows,
        form,
        _joined([lead.x, follow.x], axis=1),
        _joined([lead.given, follow.given], axis=0),
        sum(bases[1:], start=bases[0]) if bases else None,
        stats_of,
    )


def _simple(layout: Layout) -> bool:
    return not (layout.whitened or layout.square or layout.pooled or len(layout.products[0]))


def _joined(parts: list[Array | None], axis: int) -> Array | None:
    some = [part for part in parts if part is not None]
    if len(some) < 2:
        return some[0] if some else None
    kind = np.result_type(*some)
    return np.concatenate([part.astype(kind, copy=False) for part in some], axis=axis)


@functools.lru_cache(maxsize=64)
def _forms(one: Form, other: Form) -> tuple[Form, tuple[Array, Array]]:
    """The form of both, and the places of either's features in it."""
    layout, mine, theirs = _layouts(one.layout, other.layout)
    k, groups, extra = len(one.theta), len(one.ends), other.layout.columns
    order = slice(None) if one.order is None else one.order
    theta = np.empty((k, layout.size))
    theta[:, mine], theta[:, theirs] = one.theta, other.theta[order]
    scale = one.scale
    if not layout.dense:
        scale = np.concatenate([scale, np.ones((groups, extra))], axis=1)
    form = Form(
        layout,
        theta,
        one.constant + other.constant[order],
        np.concatenate([one.pivot, np.zeros((groups, extra))], axis=1),
        scale,
        one.ends,
        None,
        one.order,
    )
    return form, (mine, theirs)


@functools.lru_cache(maxsize=64)
def _layouts(one: Layout, other: Layout) -> tuple[Layout, Array, Array]:
    """The layout of both, in which the other's codes follow this one's, and the places of either's features."""
    shifted = other.codes + np.array([one.columns, 0], dtype=np.uint64)
    layout = replace(
        one,
        columns=one.columns + other.columns,
        codes=np.concatenate([one.codes.astype(np.uint64), shifted]),
        arguments=np.concatenate([one.arguments, other.arguments]),
        given=one.given + other.given,
    )
    own, more = one.plain - one.given, len(other.codes)
    place = np.arange(layout.size)
    before, codes, given, after = np.split(place, np.cumsum([own, more, layout.given]))
    return layout, np.concatenate([before, given[: one.given], after]), np.concatenate([codes, given[one.given :]])


__all__ = ["Piece", "side_by_side"]
