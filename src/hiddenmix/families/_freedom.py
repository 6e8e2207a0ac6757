"""Degrees of freedom of scale mixtures: each row has a latent scale u ~ Gamma(v/2, v/2) that divides its covariance.

The expected complete-data log density has v in n [h log h - lgamma(h) - h] + h e, h = v/2, with n the responsibility of
all rows and e that times E[log u] - E[u] + 1, so that its maximum solves log h - digamma(h) = -e/n: always one root. It
goes to infinity, the normal, as the scales go to 1. There the likelihood is flat, so v stays between `LEAST` and `MOST`
and lies on the boundary where it meets one of them: a number of `MOST` costs a normal row 1e-6 in log-likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import gammaln, polygamma, psi

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.model import Known

LEAST, MOST = 0.1, 1e3
START = 10.0  # degrees of freedom before anything is known of the tails
EDGE = 1e-9  # relative: nearer to a bound counts as on it
LOW, WIDTH = float(np.log(LEAST)), float(np.log(MOST / LEAST))


class Freedom:
    """Degrees of freedom (k,): given, one for all components, or each component its own."""

    def __init__(self, df: float | Array | Known | None, shared: bool) -> None:
        try:
            self.known = df if df is None or isinstance(df, Known) else Known(np.asarray(df, dtype=float))
        except (TypeError, ValueError):
            what = f"degrees of freedom are numbers; got {df!r}"
            raise HiddenmixError("HM428", what, f"df={START:g}, or None to estimate them") from None
        self.shared = bool(shared)
        if self.known is None:
            return
        if self.shared:
            raise HiddenmixError("HM410", "given degrees of freedom are not estimated, shared or not", "df alone")
        value = np.asarray(self.known.value, dtype=float)
        if not np.all(np.isfinite(value) & (value >= LEAST) & (value <= MOST)):
            what = f"degrees of freedom lie between {LEAST:g} and {MOST:g}; got {value.tolist()}"
            raise HiddenmixError("HM428", what, f"df={START:g}, or None to estimate them")

    @property
    def own(self) -> bool:
        """Whether components have nothing in common, and no one is told from the others."""
        return not self.shared and not self.distinguishes

    @property
    def distinguishes(self) -> bool:
        """Whether something is known of some components and not of all in the same way."""
        return self.known is not None and (self.known.where is not None or np.size(self.known.value) > 1)

    def conform(self, df: Array) -> Array:
        """Known values put in, the others within bounds."""
        df = np.clip(df, LEAST, MOST)
        if self.shared:
            df = np.full(df.shape, np.exp(np.log(df).mean()))
        return df if self.known is None else self.known.fill(df)

    def estimate(self, old: Array | None, count: Array, excess: Array) -> Array:
        """The degrees of freedom (k,) of the highest expected log density; without rows the old ones."""
        if self.shared:
            count, excess = (np.full(len(v), v.sum()) for v in (count, excess))
        needed = -excess / np.where(count > 0, count, 1.0)
        found = np.clip(2 * digamma_gap_root(np.where(count > 0, needed, 1.0)), LEAST, MOST)
        df = np.where(count > 0, found, START if old is None else old)
        return df if self.known is None else self.known.fill(df)

    def expected(self, df: Array, count: Array, excess: Array) -> Array:
        """n [h log h - lgamma(h) - h] + h e (k,)."""
        half = df / 2
        return np.asarray(count * (half * np.log(half) - gammaln(half) - half) + half * excess)

    def ravel(self, df: Array, base: Array) -> Array:
        """logit of the place of log v between the bounds, less that of the base; on a bound 0."""
        held = _edge(df) | _edge(base)
        place, there = (np.where(held, 0.5, (np.log(v) - LOW) / WIDTH) for v in (df, base))
        return np.asarray(np.log(place / there) - np.log((1 - place) / (1 - there)))[self._free(base)]

    def unravel(self, vector: Array, base: Array) -> Array:
        """The inverse of `ravel`."""
        shift = np.zeros(base.shape)
        shift[self._spread(base)] = vector if not self.shared else vector[0]
        place = (np.log(base) - LOW) / WIDTH
        odds = np.exp(np.clip(shift, -700, 700))
        moved = np.exp(LOW + WIDTH * place * odds / (1 - place + place * odds))
        return np.where(_edge(base) | (shift == 0), base, moved)

    def slopes(self, df: Array, count: Array, excess: Array) -> Array:
        """The gradient of `expected`'s sum in the coordinates."""
        place = (np.log(df) - LOW) / WIDTH
        half = df / 2
        slope = (count * (np.log(half) - psi(half)) + excess) * half * WIDTH * place * (1 - place)
        slope = np.where(_edge(df), 0.0, slope)
        return slope.sum(keepdims=True) if self.shared else np.asarray(slope[self._free(df)])

    def on_boundary(self, df: Array) -> bool:
        """Whether free degrees of freedom have met a bound."""
        return bool(np.any(_edge(df)[self._free(df)]))

    def inside(self, df: Array, step: float) -> Iterator[Array]:
        """Each free one on a bound, moved inside: 1/v by `step` from the normal."""
        for j in np.flatnonzero(_edge(df) & self._spread(df))[: 1 if self.shared else None]:
            moved = df.copy()
            value = 1 / (1 / MOST + step) if df[j] > 1 else LEAST * (1 + step)
            moved[slice(None) if self.shared else j] = value
            yield moved

    def _free(self, df: Array) -> Array:
        """Which of (k,) have a coordinate; of shared ones the first."""
        return np.arange(len(df)) < 1 if self.shared else self._spread(df)

    def _spread(self, df: Array) -> Array:
        """Which of (k,) coordinates move."""
        return np.ones(len(df), dtype=bool) if self.known is None else ~self.known.mask(df.shape)


def digamma_gap_root(gap: Array) -> Array:
    """h with log h - digamma(h) = gap > 0, by Newton's method in log h.

    The start is Minka's (2002, Estimating a Gamma distribution), within 2 per cent, so that three
    steps reach rounding.
    """
    gap = np.maximum(gap, 1e-12)
    h = (3 - gap + np.sqrt(np.square(gap - 3) + 24 * gap)) / (12 * gap)
    for _ in range(20):
        slope = 1 - h * polygamma(1, h)  # in log h, negative
        step = np.clip((np.log(h) - psi(h) - gap) / -slope, -1.0, 1.0)
        h = h * np.exp(step)
        if np.max(np.abs(step), initial=0.0) < 1e-12:
            break
    return np.asarray(h)


def _edge(df: Array) -> Array:
    return (df <= LEAST * (1 + EDGE)) | (df >= MOST * (1 - EDGE))
