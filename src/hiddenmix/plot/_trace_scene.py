"""The small panel of an animation: the log-likelihood so far, a dot where it is now, and the bound below it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix.plot._colours import NEUTRAL, PALETTE
from hiddenmix.plot._frames import Climb
from hiddenmix.plot._scenes import Scene

LONG = 60  # iterations from which their axis is logarithmic


class TraceScene(Scene):
    """The whole climb faintly, what is done of it strongly; the ring is the bound, which E lifts until it touches."""

    def __init__(self, ax: Any, climb: Climb) -> None:
        self.climb, self.axes = climb, [ax]
        y = climb.objectives
        x = np.arange(len(y))
        ax.plot(x, y, color=NEUTRAL, alpha=0.45, lw=1.2)
        (self.done,) = ax.plot([], [], color=PALETTE[1], lw=1.8, zorder=3)
        (self.gap,) = ax.plot([], [], color=PALETTE[2], lw=1.4, zorder=4)
        (self.ring,) = ax.plot([], [], marker="o", ms=9, mfc="none", mec=PALETTE[2], mew=1.8, ls="", zorder=5)
        (self.dot,) = ax.plot([], [], marker="o", ms=5.5, color=PALETTE[1], ls="", zorder=6)
        for artist in (self.ring, self.dot):
            artist.set_clip_on(False)
        self.layers = [[self.done, self.gap, self.ring, self.dot]]
        if climb.iterations > LONG:
            ax.set_xscale("symlog", linthresh=1)
            powers = [10**p for p in range(int(np.log10(climb.iterations)) + 1)]
            ax.set_xticks([0, *powers], ["0", *map(str, powers)], minor=False)
            ax.set_xticks([], minor=True)
        else:
            ax.xaxis.get_major_locator().set_params(integer=True)
        self.low, room = _lowest(climb)
        span = max(climb.iterations, 1)
        left = -0.03 * span if climb.iterations <= LONG else -0.15
        ax.set(xlim=(left, 1.03 * span), ylim=(self.low - room, float(y.max()) + room))
        ax.yaxis.get_major_locator().set_params(nbins=4)
        ax.set(xlabel="iteration  (ring: lower bound)", ylabel="log-likelihood" if not climb.penalised else "objective")

    def show(self, index: int) -> None:
        """The climb up to a frame."""
        frame, y = self.climb.frames[index], self.climb.objectives
        t = frame.iteration
        self.done.set_data(np.arange(t + 1), y[: t + 1])
        self.dot.set_data([t], [max(frame.objective, self.low)])
        self.dot.set_marker("o" if frame.objective >= self.low else "v")
        bound = [] if frame.bound is None else [max(frame.bound, self.low)]
        self.ring.set_data([t] * len(bound), bound)
        self.gap.set_data([t, t] if bound else [], [*bound, max(frame.objective, self.low)] if bound else [])

    def columns(self) -> tuple[str, ...]:
        """None of its own."""
        return ()

    def figures(self, frame: Any) -> list[tuple[str, ...]]:
        """None of its own."""
        return []


def _lowest(climb: Climb) -> tuple[float, float]:
    """Where the axis begins, and its room: a start far below is left out, so that what follows can be seen."""
    y = climb.objectives
    end = float(y[-1])
    low = min(float(y.min()), *(f.bound for f in climb.frames if f.bound is not None))
    if climb.iterations > 1:
        low = max(low, end - 4 * (end - float(y[1])))
    return low, 0.1 * (end - low) or 1.0
