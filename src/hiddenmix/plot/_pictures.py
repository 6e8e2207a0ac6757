"""All pictures by name: what each needs, which of them suit a model and its data, and making them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hiddenmix import plot
from hiddenmix._errors import HiddenmixError
from hiddenmix.plot._profile_numbers import stand_alone
from hiddenmix.plot._view import View, has_components


@dataclass(frozen=True, eq=False)
class Subject:
    """What a picture is made of.

    Attributes
    ----------
    model : a fitted estimator
    X : its table; None where there is none
    labels : values (n,) of known labels by name
    columns : numbers or names of the columns to show; None leaves the choice to the picture
    iteration : which one to show; None leaves the choice to the picture
    time, time_name : (n,) for a series
    beside : what predictions take beside X, by name: covariates, the groups of a hidden Markov model
    """

    model: Any
    X: Any = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    columns: Any = None
    iteration: int | None = None
    time: Any = None
    time_name: str | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def view(self) -> View:
        """The mixture on its table."""
        return View.of(self.model, self.X, **self.beside)

    @cached_property
    def mixture(self) -> Any:
        """The mixture, also that of a classifier."""
        return getattr(self.model, "mixture_", self.model)

    @property
    def chain(self) -> bool:
        """Whether the rows are sequences with hidden states."""
        return hasattr(self.mixture, "transitions_")

    @cached_property
    def observed(self) -> Any:
        """Which rows have a value at all (n,)."""
        return ~np.isnan(self.model._values(self.X)).all(axis=1) if self.chain else self.view.observed


@dataclass(frozen=True)
class Picture:
    """One kind of picture: `about` it in a line, whether it needs the data, why not (""), and how it is made.

    `chains` says whether it shows hidden states of sequences, too.
    """

    name: str
    about: str
    data: bool
    why_not: Callable[[Subject], str]
    make: Callable[[Subject], Any]
    chains: bool = False

    def against(self, subject: Subject) -> str:
        """Why this picture cannot be made; "" where it can."""
        return (self._without(subject) if self.data else "") or self.why_not(subject)

    def _without(self, subject: Subject) -> str:
        """What a picture of rows does not have."""
        if subject.chain and not self.chains:
            return "it shows components of independent rows, and not states"
        if not subject.chain and not has_components(subject.mixture):
            return f"a {type(subject.model).__name__} has no components"
        if subject.X is None:
            return "it needs the data"
        return "" if subject.observed.any() else "no row has a value"


def suitable(model: Any, X: Any = None, labels: Mapping[str, Any] | None = None) -> list[str]:
    """The names of the pictures that can be made of a fitted estimator and its table, the most telling first."""
    return suiting(Subject(model, X, labels or {}))


def suiting(subject: Subject) -> list[str]:
    """The names of the pictures that can be made, the most telling first."""
    found = [name for name, picture in PICTURES.items() if not picture.against(subject)]
    return sorted(found, key=lambda name: subject.chain and not PICTURES[name].chains)


def draw(name: str, subject: Subject) -> Any:
    """Make a picture: the display, drawn.

    Raises
    ------
    HiddenmixError : HM415 no picture of that name; HM421 the data are missing; HM416 one that does not suit, with those
        that do
    """
    if name not in PICTURES:
        raise HiddenmixError("HM415", f"no picture is called {name!r}", f"one of {', '.join(PICTURES)}")
    picture = PICTURES[name]
    if picture.data and subject.X is None and hasattr(subject.mixture, "predict_proba"):
        others = suitable(subject.model)  # without data
        what = f"the picture {name!r} is drawn from the data, which are not given"
        raise HiddenmixError("HM421", what, f"the table too; without it: {', '.join(others) or 'no picture'}")
    reason = picture.against(subject)
    if reason:
        others = suiting(subject)
        what = f"there is no picture {name!r} here: {reason}"
        raise HiddenmixError("HM416", what, f"one of {', '.join(others) or 'none'}")
    return picture.make(subject)


def _numbers(subject: Subject, least: int = 1) -> str:
    kinds = subject.view.kinds
    if sum(kind != "category" for kind in kinds) >= least:
        return ""
    return f"it needs {'two columns' if least == 2 else 'a column'} of numbers or counts"


def _alone(subject: Subject) -> str:
    if stand_alone(subject.view):
        return _numbers(subject)
    return "the columns of this family have no density by themselves"


def _several(subject: Subject) -> str:
    return "" if subject.view.k > 1 else "there is only one component"


def _history(subject: Subject) -> str:
    return "" if subject.view.history() else "its parameters were given, and not fitted"


def _curves(subject: Subject) -> str:
    return _history(subject) or _alone(subject)


def _coins(subject: Subject) -> str:
    from hiddenmix.families.views import tosses
    from hiddenmix.plot.coins import MOST_COINS, MOST_ROWS

    view = subject.view
    if view.d != 1 or tosses(view.model.plain().family, 1) is None:
        return "it needs the heads of tosses in one column"
    if len(view.values) > MOST_ROWS or view.k > MOST_COINS:
        return f"it has room for {MOST_ROWS} rows and {MOST_COINS} coins"
    return _history(subject)


def _bound(subject: Subject) -> str:
    if not subject.view.axes():
        return "no parameter can be moved"
    return _history(subject)


def _trace(subject: Subject) -> str:
    return "" if hasattr(subject.mixture, "result_") else "its parameters were given, and not fitted"


def _selection(subject: Subject) -> str:
    found = vars(subject.model).get("selection_")
    return "it was not chosen among several models" if found is None else ""


def _checked(subject: Subject) -> str:
    return "" if getattr(subject.mixture, "check_", None) is not None else "its assumptions were not checked"


def _labelled(subject: Subject) -> str:
    return "" if subject.labels else "it needs known labels"


def _subclasses(subject: Subject) -> str:
    return _labelled(subject) if hasattr(subject.model, "subclass_memberships") else "it needs a classifier"


def _in_plane(display: str) -> Callable[[Subject], Any]:
    return lambda s: getattr(plot, display).from_view(s.view, s.columns).plot()


def _one_column(subject: Subject) -> Any:
    """The first of the columns that were asked for; else the first with numbers."""
    if subject.columns is not None:
        return subject.columns[0] if np.ndim(subject.columns) else subject.columns
    kinds = subject.view.kinds
    return next((c for c, kind in enumerate(kinds) if kind != "category"), 0)


def _draw_bound(subject: Subject) -> Any:
    column = None if subject.columns is None else _one_column(subject)
    classes = next(iter(subject.labels.values()), None) if subject.view.classes else None  # as the fit had them
    return plot.BoundDisplay.from_estimator(
        subject.model, subject.X, column=column, iteration=subject.iteration, known_labels=classes, **subject.beside
    )


def _draw_contingency(subject: Subject) -> Any:
    from hiddenmix.discover.compare import compare

    seen = subject.observed
    groups = np.asarray(subject.model.predict(subject.X, **subject.beside))[seen]
    own = groups + 1 if groups.dtype.kind in "iu" and not hasattr(subject.model, "classes_") else groups
    labels = {name: np.asarray(values)[seen] for name, values in subject.labels.items()}
    return plot.ContingencyDisplay.from_comparison(compare(own, labels, n_permutations=99))


def _draw_series(s: Subject) -> Any:
    if s.chain:
        column = 0 if s.columns is None else _one_column(s)
        return plot.SeriesDisplay.from_states(
            s.model, s.X, **s.beside, time=s.time, time_name=s.time_name, column=column
        )
    return plot.SeriesDisplay.from_view(s.view, time=s.time, time_name=s.time_name, column=_one_column(s)).plot()


#: Name -> picture, the most telling first.
PICTURES: Mapping[str, Picture] = {
    picture.name: picture
    for picture in (
        Picture("coins", "each set of tosses divided by membership, and the new biases", True, _coins,
                lambda s: plot.CoinsDisplay.from_estimator(s.model, s.X, iteration=s.iteration)),
        Picture("classification", "rows in the colours of their components, with ellipses", True, _numbers,
                _in_plane("ClassificationDisplay")),
        Picture("pairs", "all pairs of columns", True, lambda s: _numbers(s, 2) or _alone(s),
                _in_plane("PairsDisplay")),
        Picture("profiles", "what each component is like, column by column", True, lambda s: "",
                lambda s: plot.ProfilesDisplay.from_view(s.view, columns=s.columns).plot()),
        Picture("history", "the curves of all iterations over one column", True, _curves,
                lambda s: plot.HistoryDisplay.from_view(s.view, column=_one_column(s)).plot()),
        Picture("density", "where rows are likely", True, _alone, _in_plane("DensityDisplay")),
        Picture("uncertainty", "which rows are unsure", True, lambda s: _several(s) or _numbers(s),
                _in_plane("UncertaintyDisplay")),
        Picture("responsibilities", "the memberships of all rows as divided bars", True, _several,
                lambda s: plot.ResponsibilitiesDisplay.from_view(s.view).plot()),
        Picture("selection", "criteria of all models that were tried", False, _selection,
                lambda s: plot.SelectionDisplay.from_estimator(s.model)),
        Picture("trace", "the log-likelihood after each iteration", False, _trace,
                lambda s: plot.TraceDisplay.from_estimator(s.model)),
        Picture("bound", "the lower bound along one parameter", True, _bound, _draw_bound),
        Picture("merging", "the entropy while components are merged", True, _several,
                lambda s: plot.MergingDisplay.from_view(s.view).plot()),
        Picture("series", "values in their order over a ribbon of memberships", True, lambda s: "", _draw_series,
                chains=True),
        Picture("assumption", "distances from the components against those expected", False, _checked,
                lambda s: plot.AssumptionDisplay.from_estimator(s.model)),
        Picture("contingency", "components against known labels", True, _labelled, _draw_contingency, chains=True),
        Picture("confusion", "subclasses against the classes they are taken for", True, _subclasses,
                lambda s: plot.ConfusionDisplay.from_estimator(s.model, s.X, next(iter(s.labels.values())))),
    )
}  # fmt: skip
