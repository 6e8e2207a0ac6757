"""Everything that a report tells of a fitted mixture on its rows, each computed once, when it is first asked for."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray
from hiddenmix.discover._compare_input import from_memberships, read_labelings
from hiddenmix.discover._comparison import Comparison
from hiddenmix.discover.assumption import Check
from hiddenmix.discover.compare import compare_known
from hiddenmix.discover.effects import Effects, standardised_effects
from hiddenmix.discover.merging import Merging, merge_components
from hiddenmix.discover.overlap import Overlap, seen_overlap
from hiddenmix.discover.unsure import unsure
from hiddenmix.engine.result import Result
from hiddenmix.estimators._fitted import Facts
from hiddenmix.estimators._same_rows import difference
from hiddenmix.estimators._verdict import warnings_of
from hiddenmix.plot._view import View
from hiddenmix.select import Disagreement, Selection, disagreement

PERMUTATIONS = 999  # of each test of the labels


@dataclass(frozen=True)
class Told:
    """A warning that was given, in the words in which it was given."""

    code: str
    message: str
    help: str


@dataclass(frozen=True)
class Run:
    """How the fit was made, as far as it is known: on the command line, everything is.

    Attributes
    ----------
    command : what to type to get it again
    script : the same in Python
    seed : of all random numbers
    seconds : that the fit took
    interrupted : whether it was stopped before everything was tried
    read : what was read and what of it is used, a sentence each
    warnings : those that were given; None where only the fit itself can tell
    """

    command: str | None = None
    script: str | None = None
    seed: int | None = None
    seconds: float | None = None
    interrupted: bool = False
    read: tuple[str, ...] = ()
    warnings: Sequence[Told] | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """A fitted mixture with the rows that it is told of.

    Attributes
    ----------
    model : the estimator
    view : its rows, with their memberships as it predicts them
    name : of the data
    labels : known labelings (n,) by their names
    rows : (n,) what the rows are called
    run : how the fit was made
    """

    model: Any
    view: View
    name: str = "the data"
    labels: Mapping[str, AnyArray] = field(default_factory=dict)
    rows: AnyArray | None = None
    run: Run = field(default_factory=Run)

    @classmethod
    def of(
        cls, model: Any, X: Any, labels: Mapping[str, Any] | None = None, sample_weight: Any = None,
        known_labels: Any = None, covariates: Any = None, **named: Any,
    ) -> Findings:  # fmt: skip
        """The findings of a fitted estimator on a table; HM410, HM431, HM501 to HM503 where they do not fit."""
        if not hasattr(getattr(model, "mixture_", model), "_described"):
            what = f"a {type(model).__name__} has no components to tell of"
            raise HiddenmixError("HM410", what, "a mixture such as hm.GaussianMixture, or hm.hard_subclasses(...)")
        view = View.of(model, X, sample_weight, known_labels, covariates)
        if not view.observed.any():
            raise HiddenmixError("HM110", f"none of the {len(view.values)} rows has a value", "the table of the fit")
        return cls(model, replace(view, model=view.model.plain()), labels=dict(labels or {}), **named)

    @property
    def mixture(self) -> Any:
        """The estimator that has the components: that of the subclasses, where the model is a classifier."""
        return getattr(self.model, "mixture_", self.model)

    @property
    def facts(self) -> Facts | None:
        """What is known of the fit; None for given parameters."""
        facts: Facts | None = self.mixture._state().facts
        return facts

    @property
    def result(self) -> Result[Any, Any] | None:
        """The result of the fit; None for given parameters."""
        found: Result[Any, Any] | None = vars(self.mixture).get("result_")
        return found

    @property
    def selection(self) -> Selection | None:
        """Everything that was tried, where that was more than one model."""
        found = vars(self.model).get("selection_")
        return None if found is None or self.view.classes is not None else found

    @property
    def selections(self) -> Mapping[Any, Selection]:
        """Of a classifier, everything that was tried for each class."""
        found = vars(self.model).get("selection_")
        return {} if found is None or self.view.classes is None else found

    @property
    def check(self) -> Check | None:
        """What the test of the assumptions found, where it was made."""
        found: Check | None = self.mixture._state().check
        return found

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.view.values)

    @property
    def proba(self) -> Array:
        """The memberships (n, k)."""
        return self.view.resp

    @property
    def observed(self) -> Array:
        """Which rows have a value at all (n,)."""
        return self.view.observed

    @cached_property
    def unsure(self) -> Array:
        """Which rows with a value belong to no component clearly (n,)."""
        return np.asarray(self.observed & unsure(self.proba))

    @cached_property
    def other(self) -> str:
        """In what these rows, weights and known labels are not those of the fit, in words; "" where they are."""
        view = self.view

        def loglik() -> float:
            return float(view.problem.evaluate(view.params).loglik)

        # of a classifier the log-likelihood of the fit is that of rows with their classes
        comparable = view.group is None or view.evidence is not None
        return difference(self.facts, self.name, self.n, loglik if comparable else None)

    @property
    def sizes(self) -> Array:
        """The weight of the rows whose most probable component is each (k,)."""
        if self.facts is not None and not self.other:
            return self.facts.sizes
        seen = self.observed
        weight = None if self.view.weight is None else self.view.weight[seen]
        return np.bincount(self.view.labels[seen], weight, minlength=self.view.k).astype(float)

    @cached_property
    def effects(self) -> Effects:
        """What makes the components different."""
        view, seen = self.view, self.observed
        weight = None if view.weight is None else view.weight[seen]
        return standardised_effects(view.values[seen], self.proba[seen], view.columns, view.levels, weight)

    @cached_property
    def merging(self) -> Merging:
        """Which components overlap so much that they form one cluster."""
        seen = self.observed
        return merge_components(self.proba[seen], None if self.view.weight is None else self.view.weight[seen])

    @cached_property
    def overlap(self) -> Overlap:
        """How much the components overlap."""
        seen = self.observed
        weight = None if self.view.weight is None else self.view.weight[seen]
        return seen_overlap(self.proba[seen], self.view.shares, weight)

    @cached_property
    def rivalry(self) -> Disagreement | None:
        """Where BIC and ICL choose different models; None where they agree, or where only one model was tried."""
        found = self.selection
        if found is None or found.criterion not in ("icl", "bic") or len(found.ranking()) < 2:
            return None
        return disagreement(found, self.view.values, "bic" if found.criterion == "icl" else "icl")

    @cached_property
    def comparison(self) -> Comparison | None:
        """The components, counted from 1, against the labels; rows without a value are left out.

        None without labels. Labels that cannot be compared are a warning here, for the fit is done.
        """
        if not self.labels:
            return None
        proba = np.where(self.observed[:, None], self.proba, np.nan)
        try:
            groups = from_memberships(proba, range(1, self.view.k + 1))
            known = read_labelings(self.labels, len(proba))
            return compare_known(groups, known, PERMUTATIONS, self.run.seed or 0)
        except HiddenmixError as error:
            message = f"the components are not compared with the labels: {error.message}"
            warnings.warn(HiddenmixWarning(error.code, message, error.help), stacklevel=1)
            return None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the values that were used and of their names."""
        return fingerprint(self.view.values, self.view.columns)

    @property
    def warnings(self) -> tuple[Told, ...]:
        """The warnings of the fit."""
        if self.run.warnings is not None:
            return tuple(self.run.warnings)
        if self.result is None:
            return ()
        own = self.mixture
        given = warnings_of(self.result, int(own.max_iter), float(own.tol), self.view.columns)
        return tuple(Told(one.code, one.message, one.help) for one in given)

    def called(self, row: int) -> Any:
        """What a row is called: its number in the file, or its place, counted from 0 as in Python."""
        return row if self.rows is None else self.rows[row]


def fingerprint(values: Array, columns: Iterable[str]) -> str:
    """SHA-256 of the numbers that were used and their names: tells whether data are the same."""
    digest = hashlib.sha256("\0".join(columns).encode())
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
