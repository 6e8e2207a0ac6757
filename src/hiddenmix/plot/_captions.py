"""An animation in words: of the whole, and of each frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiddenmix.plot._frames import Climb


def words(climb: Climb, columns: Sequence[int]) -> str:
    """What one sees when these columns are drawn, with its figures, and what is not shown."""
    view = climb.view
    first, last = climb.objectives[0], climb.objectives[-1]
    names = " and ".join(repr(shortened(view.columns[c])) for c in columns)
    what = "objective (log-likelihood plus log prior)" if climb.penalised else "log-likelihood"
    told = [
        f"EM with {counted(view.k, 'component')} on {names}, E-steps and M-steps apart: the {what} rises from "
        f"{first:.6g} to {last:.6g} in {counted(climb.iterations, 'iteration')}, {climb.ending}."
    ]
    skipped = sum(frame.skipped for frame in climb.frames)
    if skipped:
        told.append(f"{counted(skipped, 'iteration')} of the slow part have no frames.")
    if climb.n < climb.total:
        shown = f", of which {len(climb.rows)} are shown" if len(climb.rows) < climb.n else ""
        told.append(
            f"EM runs on {climb.n} of the {climb.total} rows, drawn at random{shown}; the figures are those of this "
            "part, and not those of the fit."
        )
    elif len(climb.rows) < climb.n:
        told.append(f"All {climb.n} rows are fitted; {len(climb.rows)} of them, drawn at random, are shown.")
    absent = int((view.observed & np.isnan(view.values[:, list(columns)]).any(axis=1)).sum())
    if absent:
        told.append(f"{counted(absent, 'row')} with a missing cell here count, and have no dot.")
    return " ".join([*told, climb.note] if climb.note else told)


def caption(climb: Climb, index: int, e_words: str, m_words: str) -> tuple[str, str]:
    """Iteration and half-step, and the log-likelihood."""
    frame = climb.frames[index]
    now = f"{'objective' if climb.penalised else 'log-likelihood'} {signed(frame.objective)}"
    if frame.bound is None:
        return "Start: the memberships are not known", now
    if frame.step == "m":
        return f"Iteration {frame.iteration} · M-step: {m_words}", f"{now}, bound {signed(frame.bound)}"
    heading = f"Iteration {frame.iteration} · E-step: {e_words}"
    if index == len(climb.frames) - 1:
        return heading, f"{now}, {climb.ending}"
    if frame.skipped:
        return heading, f"{now} ({counted(frame.skipped, 'iteration')} later)"
    return heading, f"{now} = bound"


def signed(value: float) -> str:
    """Four decimals and a true minus sign."""
    return f"{value:.4f}".replace("-", "−")


def counted(n: int, what: str) -> str:
    """A number of things."""
    return f"{n} {what}{'s' * (n != 1)}"


def shortened(name: str, most: int = 40) -> str:
    """A name without its middle, where it is long."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[1 - most // 2 :]}"
