"""The coins of an animation: each set of tosses a bar divided by its memberships, and the coins' biases below."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.families.views import tosses
from hiddenmix.plot._colours import NEUTRAL, colours
from hiddenmix.plot._frames import Climb, Frame
from hiddenmix.plot._scenes import Scene, boxed, tagged
from hiddenmix.plot._view import View

SETS = 12  # bars that can be read; more sets are shown as counts
COINS = 4  # whose totals stand side by side
APART = 0.13  # of the axis, between two biases in writing
BOX = "round,pad=0.2"
ROOM = 0.24  # share of a bar that its text needs


def few_coins(view: View) -> bool:
    """Whether a view is one column of a few sets of tosses."""
    whole = not np.isnan(view.values).any()
    few = view.d == 1 and len(view.values) <= SETS and view.k <= COINS
    return few and whole and tosses(view.model.plain().family, 1) is not None


class CoinScene(Scene):
    """Bars divided between the coins, expected heads and tails in them, their totals, and the biases."""

    e_words = "each set is divided"
    m_words = "coins take their share of heads"

    def __init__(self, bars: Any, line: Any, climb: Climb) -> None:
        self.climb, self.axes = climb, [bars, line]
        view = climb.view
        trials = tosses(view.model.plain().family, 1)
        assert trials is not None
        self.heads = view.values[:, 0]
        self.tails = float(trials[0]) - self.heads
        n, k = len(self.heads), view.k
        palette = colours(k)
        self.bars = [bars.barh(np.arange(n), np.ones(n), color=c, height=0.74) for c in palette]
        white = {"ha": "center", "va": "center", "fontsize": 9, "color": "white", "zorder": 4}
        self.texts = [[bars.text(0, i, "", **white) for i in range(n)] for _ in range(k)]
        size = 9 if k <= 3 else 6.5
        self.totals = [boxed(bars, "", c, BOX, size) for c in palette]
        self.marks = tagged(line, k)
        self.values = [boxed(line, "", c, BOX, 9) for c in palette]
        self.layers = [
            [bar for group in self.bars for bar in group] + [t for each in self.texts for t in each] + self.totals,
            [*self.marks, *self.values],
        ]
        self._still(bars, line)

    def show(self, index: int) -> None:
        """Bars and totals of the last E-step, biases of the last M-step."""
        frame = self.climb.frames[index]
        n, k = len(self.heads), self.climb.view.k
        resp = np.zeros((n, k)) if frame.resp is None else frame.resp
        left = np.cumsum(resp, axis=1) - resp
        for j in range(k):
            for i, bar in enumerate(self.bars[j]):
                bar.set_x(left[i, j])
                bar.set_width(resp[i, j])
                text = f"{resp[i, j] * self.heads[i]:.1f} H  {resp[i, j] * self.tails[i]:.1f} T"
                self.texts[j][i].set_text(text if resp[i, j] > ROOM else "")
                self.texts[j][i].set_x(left[i, j] + resp[i, j] / 2)
            sums = f"{resp[:, j] @ self.heads:.1f} H  {resp[:, j] @ self.tails:.1f} T"
            self.totals[j].set_text(sums)
            self.totals[j].set_visible(frame.resp is not None)
            self.totals[j].set_position(((j + 0.5) / k, n + 0.1))
        self._biases(frame)

    def columns(self) -> tuple[str, ...]:
        """Share, and the probability of heads."""
        return "share", "probability of heads"

    def figures(self, frame: Frame) -> list[tuple[str, ...]]:
        """Share, and the probability of heads."""
        return [(f"{w:.3f}", f"{p:.4f}") for w, p in zip(frame.params.weights, self._p(frame))]

    def _p(self, frame: Frame) -> Array:
        return np.asarray(frame.params.components.p[:, 0])

    def _biases(self, frame: Frame) -> None:
        p = self._p(frame)
        order = np.argsort(p, kind="stable")
        place = np.maximum.accumulate(p[order] - APART * np.arange(len(p))) + APART * np.arange(len(p))
        place = np.minimum(place, 0.96 - APART * np.arange(len(p))[::-1])  # texts keep apart, and inside
        place = place[np.argsort(order)]
        for j in range(len(p)):
            self.marks[j].set_position((p[j], 0.0))
            self.values[j].set_text(f"{p[j]:.3f}")
            self.values[j].set_position((place[j], 1.15))

    def _still(self, bars: Any, line: Any) -> None:
        """What does not move."""
        n = len(self.heads)
        names = [f"{h:g} H  {t:g} T" for h, t in zip(self.heads, self.tails)]
        bars.set(xlim=(0, 1), ylim=(n + 0.65, -0.6), xticks=[])
        bars.set_yticks([*range(n), n], [*names, "total"])
        bars.tick_params(axis="y", length=0)
        bars.spines[["left", "bottom"]].set_visible(False)
        bars.barh(np.arange(n), np.ones(n), color=NEUTRAL, alpha=0.25, height=0.74, zorder=0)
        shares = self.heads / np.maximum(self.heads + self.tails, 1)
        line.plot(shares, np.zeros(n), marker="|", ms=9, ls="", color=NEUTRAL, zorder=3, clip_on=False)
        line.set(
            xlim=(0, 1), ylim=(0, 1.6), yticks=[], xlabel="probability of heads (ticks: share of heads in each set)"
        )
        line.spines["left"].set_visible(False)
