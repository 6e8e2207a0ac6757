"""How many components, and of which shape: the criteria of all models that were tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.plot._colours import NEUTRAL, PALETTE
from hiddenmix.plot._display import SIZE, Display, label_text, styled
from hiddenmix.plot._panels import panels
from hiddenmix.select import CRITERIA, LOWER, Candidate, Selection

MARKS = "osDvP^<>"
DASHES = ("-", "--", ":")
FOCUS = 0.65  # of the models are shown where the others are several times as far from the best


@dataclass(frozen=True)
class Panel:
    """One selection seen by one criterion; `title` says of what it is, where there are several."""

    selection: Selection
    criterion: str
    title: str = ""


class SelectionDisplay(Display):
    """Criteria against the number of components, with a line for each covariance shape; lower is better.

    A ring marks the model that the criterion of the panel chooses. Crosses at the top are models that were set aside:
    those that did not finish, or that are carried by a handful of rows.

    Parameters
    ----------
    panels : sequence of Panel

    Attributes
    ----------
    ax_ : Axes, or the array of them (1, panels)
    figure_ : Figure
    lines_ : list of dict from shape to Line2D
        For each panel.
    chosen_ : list of Line2D
        The rings.
    """

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.panels = tuple(panels)

    @classmethod
    def from_estimator(cls, model: Any, X: Any = None, *, criteria: Any = None, ax: Any = None) -> Self:
        """The selection of a fitted estimator; its data are not needed.

        Parameters
        ----------
        model : estimator with `selection_`
            Of a classifier that chose for each class there is a panel for each class.
        criteria : sequence of {"icl", "bic", "aic", "icl_hard"}, optional
            By default the one that chose, and beside it BIC, or ICL where it was BIC.
        ax : Axes or array of Axes, optional

        Raises
        ------
        HiddenmixError : HM416 a model that was not chosen among several; HM401 no such criterion
        """
        selection = vars(model).get("selection_")
        if selection is None:
            raise HiddenmixError(
                "HM416",
                f"this {type(model).__name__} was not chosen among several models",
                "n_components='auto' (or -k 1-6) at the fit",
            )
        if not isinstance(selection, dict):
            return cls.of_selection(selection, criteria).plot(ax)
        wanted = [(c, one, name) for c, one in selection.items() for name in _wanted(criteria, [one.criterion])]
        return cls([Panel(one, name, str(c)) for c, one, name in wanted]).plot(ax)

    @classmethod
    def of_selection(cls, selection: Selection, criteria: Any = None) -> Self:
        """The numbers of the picture: by default by the criterion that chose, and by another one."""
        other = "icl" if selection.criterion == "bic" else "bic"
        return cls([Panel(selection, name) for name in _wanted(criteria, [selection.criterion, other])])

    def plot(self, ax: Any = None) -> Self:
        """Draw a panel for each; `ax` may be one axes, whose place they share."""
        n = len(self.panels)
        rows = -(-n // 3) if n > 4 else 1
        columns = -(-n // rows)
        with styled():
            shapes = list(dict.fromkeys(c.shape for p in self.panels for c in p.selection.candidates))
            wide = (max(SIZE[0], 2.5 * columns), max(SIZE[1], 2.5 * rows))
            every = panels(ax, rows, columns, wide)
            drawn = list(every.flat)[:n]
            self.lines_: list[dict[str, Any]] = []
            self.chosen_: list[Any] = []
            for i, (panel, part) in enumerate(zip(self.panels, drawn)):
                self._draw(panel, part, shapes, first=i % columns == 0)
            for spare in list(every.flat)[n:]:
                spare.set_visible(False)
            self.figure_ = drawn[0].figure
            self.ax_ = drawn[0] if n == 1 else every
            if len(shapes) > 1:
                handles = {name: line for lines in self.lines_ for name, line in lines.items()}
                if n == 1:
                    drawn[0].legend(handles.values(), handles, ncols=1 + (len(handles) > 6))
                else:
                    loc, own = "outside upper center", min(len(handles), 5)
                    self.figure_.legend(handles.values(), handles, loc=loc, ncols=own, columnspacing=1.2)
        return self

    def _draw(self, panel: Panel, ax: Any, shapes: list[str], first: bool) -> None:
        selection, name = panel.selection, panel.criterion
        lines: dict[str, Any] = {}
        sound = selection.ranking(name)
        sizes = sorted({c.n_components for c in selection.candidates})
        for i, shape in enumerate(shapes):
            own = sorted((c for c in sound if c.shape == shape), key=lambda c: c.n_components)
            style = {"color": PALETTE[i % 8], "marker": MARKS[i % 8], "ls": DASHES[i // 8 % 3]}
            k = [c.n_components for c in own]
            (lines[shape],) = ax.plot(k, [_value(c, name) for c in own], ms=4.5, lw=1.4, **style)
            aside = np.array([c.n_components for c in selection.failures if c.shape == shape])
            if len(aside):
                ax.plot(aside + 0.1 * (i - (len(shapes) - 1) / 2), np.full(len(aside), 0.975), ls="", marker="x", ms=5,
                        transform=ax.get_xaxis_transform(), color=PALETTE[i % 8])  # fmt: skip
        beyond = _limit(ax, selection, name, shapes)
        notes = (["× set aside"] if selection.failures else []) + ([f"beyond: {beyond}"] if beyond else [])
        if notes:
            ax.set_title(", ".join(notes), loc="right", fontsize=8, color=NEUTRAL)
        if sound:
            best = sound[0]
            self.chosen_ += ax.plot(
                [best.n_components], [_value(best, name)], marker="o", ms=13, mfc="none", mec="black", mew=1.4, ls=""
            )
            ax.annotate(best.name, (best.n_components, _value(best, name)), (0, -11), textcoords="offset points",
                        ha="center", va="top", fontsize=9)  # fmt: skip
        ax.set_xticks(sizes if len(sizes) <= 12 else sizes[:: -(-len(sizes) // 10)])
        ax.set_xlim(sizes[0] - 0.6, sizes[-1] + 0.6)
        told = name.upper().replace("_", " ")
        ax.set(xlabel="number of components", ylabel=f"{told} ({LOWER})" if first else told)
        if panel.title:
            ax.set_title(label_text(panel.title, most=24))
        self.lines_.append(lines)

    def words(self) -> str:
        """Which model each criterion chooses, and how far the next is behind."""
        told = []
        for panel in self.panels:
            ranked = panel.selection.ranking(panel.criterion)
            of = f" for {panel.title}" if panel.title else ""
            name = panel.criterion.upper()
            if not ranked:
                told.append(f"None of the models could be fitted{of}.")
                continue
            first = _value(ranked[0], panel.criterion)
            told.append(f"{name} is lowest{of} for {ranked[0].name} ({first:.6g})")
            if len(ranked) > 1:
                behind = _value(ranked[1], panel.criterion) - first
                told[-1] += f", then {ranked[1].name} ({behind:+.1f})"
            told[-1] += "."
        aside = list(dict.fromkeys(c.name for p in self.panels for c in p.selection.failures))
        return " ".join(told) + (f" Set aside: {'; '.join(aside)}." if aside else "")


def _value(candidate: Candidate, criterion: str) -> float:
    assert candidate.criteria is not None
    return candidate.criteria[criterion]


def _limit(ax: Any, selection: Selection, name: str, shapes: list[str]) -> str:
    """Limit the axis to where the choice is made; the shapes that lie beyond it altogether."""
    values = np.array([_value(c, name) for c in selection.ranking(name)])
    if not len(values):
        return ""
    low, high = values[0], values[-1]
    most = np.quantile(values, FOCUS)
    if len(values) >= 6 and high - low > 3 * (most - low):
        high = most
    room = 0.18 * (high - low) or 1.0
    ax.set_ylim(low - room, high + room)
    within = {c.shape for c in selection.ranking(name) if _value(c, name) <= high + room}
    tried = {c.shape for c in selection.ranking(name)}
    return ", ".join(shape for shape in shapes if shape in tried - within)


def _wanted(criteria: Any, otherwise: list[str]) -> list[str]:
    if criteria is None:
        return otherwise
    names = [criteria] if isinstance(criteria, str) else list(criteria)
    for name in names:
        if name not in CRITERIA:
            raise HiddenmixError("HM401", f"no criterion is called {name!r}", f"one of {', '.join(CRITERIA)}")
    return names
