"""EM as it climbs, E-steps and M-steps apart: as a moving picture, or as a page with a player."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import check_number
from hiddenmix.engine.stepper import Stepper
from hiddenmix.engine.stopping import Gain, Stop
from hiddenmix.plot._captions import words
from hiddenmix.plot._display import need_matplotlib
from hiddenmix.plot._frames import Climb, Frame, climb_of, part_of
from hiddenmix.plot._plane import chosen_columns
from hiddenmix.plot._saving import replacing
from hiddenmix.plot._view import View, is_stepper

FPS = 2.0
DPI = 120
FORMATS = ("gif", "webp", "png", "html")


class Animation:
    """The frames of a climb, to be saved, or shown in a notebook. Made by `animate`.

    Attributes
    ----------
    frames : tuple of Frame
        The start, then E-steps and M-steps in turn.
    columns : tuple of int
        The columns that are drawn.
    climb : Climb
        The frames, with the rows that are drawn and what there is to say of the whole.
    """

    def __init__(self, climb: Climb, columns: Sequence[int]) -> None:
        self.climb, self.columns = climb, tuple(columns)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The half-steps, with their numbers."""
        return self.climb.frames

    def __len__(self) -> int:
        return len(self.climb.frames)

    def __repr__(self) -> str:
        return f"Animation({len(self)} frames, {self.climb.iterations} iterations)"

    def words(self) -> str:
        """What one sees, with its figures, and what is not shown."""
        return words(self.climb, self.columns)

    def durations(self, fps: float = FPS) -> list[int]:
        """Milliseconds of each frame: the start stays a little longer, the last one for at least two seconds."""
        check_number("fps", fps, 0.0)
        if not fps > 0:
            raise HiddenmixError("HM403", f"fps must be above 0; got {fps!r}", f"fps={FPS:g}")
        base = max(20, 10 * round(100 / fps))
        return [2 * base, *[base] * (len(self) - 2), max(4 * base, 2000)]

    def save(self, path: str | os.PathLike[str], fps: float = FPS, dpi: int = DPI) -> None:
        """Write a file whose name ends in .gif, .webp, .png (an animated PNG), or .html (a page with a player).

        The page needs no network. It is kept below about two megabytes: what does not change is stored once.

        Raises
        ------
        HiddenmixError : HM415 another ending; HM403 fps that is not above 0; HM516 the file cannot be written
        """
        ending = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
        if ending not in FORMATS:
            raise HiddenmixError(
                "HM415", f"{os.fspath(path)!r} does not end in a kind of animation", f"one of .{', .'.join(FORMATS)}"
            )
        durations = self.durations(fps)
        if ending == "html":
            content = self.html(fps, dpi)
            with replacing(path) as beside, open(beside, "w", encoding="utf-8", newline="\n") as file:
                file.write(content)
            return
        from hiddenmix.plot._moving import write_moving

        with replacing(path) as beside:
            write_moving(beside, ending, self, durations, dpi)

    def html(self, fps: float = FPS, dpi: int = DPI) -> str:
        """The page with the player: a slider, keys, and the figures of each frame."""
        from hiddenmix.plot._player import page

        return page(self, self.durations(fps), dpi)

    def _repr_html_(self) -> str:
        from hiddenmix.plot._player import framed

        return framed(self.html())


def animate(
    model: Any,
    X: Any = None,
    *,
    columns: Any = None,
    most: int = 60,
    stop: Stop | None = None,
    max_iter: int = 2000,
    most_rows: int | None = None,
    sample_weight: Any = None,
    known_labels: Any = None,
    covariates: Any = None,
) -> Animation:
    """Show how EM climbs from where a fit began: memberships in the E-steps, components in the M-steps.

    The frames come from the library's own stepper, with the fit's model, rows, weights and priors, and are those of
    plain EM. A fit that was accelerated took another way from the same start to the same optimum; `words()` says so,
    and says it if the climb ends elsewhere.

    Parameters
    ----------
    model : a fitted mixture estimator, or a `Stepper`
        A stepper is animated from where it began, and stays as it is.
    X : the table it was fitted on; not needed with a stepper
    columns : name or index of a column, or two of them
        What is drawn; by default the two in which the components differ most.
    most : frames at most; later iterations of a longer climb are left out, so that those kept rise by equal parts
    stop : the stopping rule; by default the fit's own tolerance
    max_iter : iterations at most
    most_rows : of more rows EM runs on so many, drawn at random, always the same ones; by default on all
    sample_weight, known_labels, covariates : as in `fit`

    Returns
    -------
    Animation

    Raises
    ------
    HiddenmixError : HM408 Matplotlib is missing; HM410 no mixture, or no table; HM416 no such column, or categories;
        HM421 parameters that were given and not fitted; HM403 fewer than 4 frames
    """
    need_matplotlib()
    check_number("most", most, 4, whole=True)
    check_number("max_iter", max_iter, 1, whole=True)
    check_number("most_rows", 1 if most_rows is None else most_rows, 1, whole=True)
    view, total = part_of(View.of(model, X, sample_weight, known_labels, covariates), most_rows)
    stepping = is_stepper(model)
    run = view.steps() if not stepping or view.history() else Stepper(view.model, view.rows, view.params)
    if stop is None and not stepping:
        stop = Gain(getattr(model, "mixture_", model).tol)
    chosen = chosen_columns(view, columns, 2)[0]
    if np.isnan(view.values[:, list(chosen)]).any(axis=1).all():
        raise HiddenmixError("HM416", "no row has a value in all shown columns", "columns= others, or one by itself")
    climb = climb_of(view, run, stop, max_iter, most, fitted=not stepping, total=total)
    return Animation(climb, chosen)
