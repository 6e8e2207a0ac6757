"""What every picture is made of: a fitted mixture, its rows, and the numbers that one sees. No drawing here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_weights
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Batch, Evidence
from hiddenmix.data import Rows
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.result import Trace
from hiddenmix.engine.stepper import Stepper
from hiddenmix.estimators._classes import codes_of
from hiddenmix.estimators._labels import read_labels
from hiddenmix.estimators._options import pool_for
from hiddenmix.estimators._state import over_rows
from hiddenmix.estimators._subclasses import evidence_of
from hiddenmix.estimators._summary import named
from hiddenmix.families.axes import Axis
from hiddenmix.families.conditional import marginal
from hiddenmix.families.views import Kind, centres, ellipsoids, kinds
from hiddenmix.plot._movable import movable

SHARED = ("kinds", "free_weights", "rows", "problem", "observed")  # what does not depend on the parameters


@dataclass(frozen=True, eq=False)
class View:
    """A mixture at some parameters, with the rows that it is shown on.

    Attributes
    ----------
    model : the mixture as it was fitted, priors and penalties included
    params : its parameters; `at` gives the same view at others
    values : (n, d) numbers, counts, or codes of levels; NaN where a cell is missing
    columns : the d names
    levels : for each column the levels that its codes stand for; None for numbers and counts
    names : what the k components are called
    weight, evidence, covariates : of the rows, as they were fitted
    trace : the history of the fit, where there is one
    group, classes : (k,) the class of each component, and what the classes are called; None without classes
    """

    model: Any
    params: Any
    values: Array
    columns: tuple[str, ...]
    levels: tuple[AnyArray | None, ...]
    names: tuple[str, ...]
    weight: Array | None = None
    evidence: Evidence | None = None
    covariates: Array | None = None
    trace: Trace[Any] | None = None
    group: Array | None = None
    classes: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls, source: Any, X: Any = None, sample_weight: Any = None, known_labels: Any = None, covariates: Any = None
    ) -> View:
        """The view of a fitted estimator on a table, or of a `Stepper` on its own data.

        `known_labels` are as at the fit: of components, or the classes of a classifier; so are `covariates`.

        Raises
        ------
        HiddenmixError : HM410 a model that is no mixture, no table, or covariates that the fit had not; HM431 none,
            where it had some; HM501 to HM503 a table that is not like that of the fit
        """
        if is_stepper(source):
            return _of_stepper(source)
        return _of_estimator(source, X, sample_weight, known_labels, covariates)

    @property
    def k(self) -> int:
        """The number of components."""
        return len(self.names)

    @property
    def d(self) -> int:
        """The number of columns."""
        return int(self.values.shape[1])

    @cached_property
    def free_weights(self) -> bool:
        """Whether the weights are parameters, and do not follow from covariates."""
        return "weights" in self.model.estimates(self.params)

    @cached_property
    def shares(self) -> Array:
        """The weights (k,); where they follow from covariates, their mean over the rows."""
        if self.free_weights:
            return np.asarray(self.params.weights)
        each = self.model.memberships(self.params, self.covariates)
        return np.asarray(np.average(each, axis=0, weights=self.weight))

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """What each column holds."""
        return kinds(self.model.family, self.d)

    @cached_property
    def rows(self) -> Rows:
        """The rows as the engine has them."""
        return Rows(self.values, self.weight, self.evidence, covariates=self.covariates)

    @cached_property
    def problem(self) -> Problem[Any, Any]:
        """Model and rows as an algorithm sees them: for objectives and bounds."""
        return Problem(self.model.prepare(self.rows), self.rows, pool_for(None, self.rows.n_units))

    @cached_property
    def resp(self) -> Array:
        """The memberships (n, k)."""
        rows = Rows(self.values, None, self.evidence, covariates=self.covariates)
        return over_rows(rows, lambda batch: to_numpy(self.model.posterior(self.params, batch)[1]), None)

    @cached_property
    def log_density(self) -> Array:
        """The log density of each row (n,)."""
        rows = Rows(self.values, covariates=self.covariates)
        return over_rows(rows, lambda batch: to_numpy(self.model.plain().posterior(self.params, batch)[0]), None)

    @property
    def labels(self) -> Array:
        """The most probable component of each row (n,)."""
        return np.argmax(self.resp, axis=1)

    @cached_property
    def observed(self) -> Array:
        """Which rows have a value at all (n,)."""
        return ~np.isnan(self.values).all(axis=1)

    def at(self, params: Any) -> View:
        """The same rows at other parameters; what does not depend on them is shared."""
        view = replace(self, params=params)
        vars(view).update({name: held for name, held in vars(self).items() if name in SHARED})
        return view

    def part(self, rows: Array) -> View:
        """Some of the rows."""
        evidence = None if self.evidence is None else self.evidence.take(rows)
        weight = None if self.weight is None else self.weight[rows]
        covariates = None if self.covariates is None else self.covariates[rows]
        return replace(self, values=self.values[rows], weight=weight, evidence=evidence, covariates=covariates)

    def densities(self, columns: Sequence[int], x: Array, *, weighted: bool = True) -> Array:
        """Weight times density of every component (m, k) at points (m, len(columns)) of some of the columns.

        Not `weighted`, the density itself, which a component of weight 0 has as well.
        """
        family, components = self._marginal(columns)
        with single_threaded_blas():
            log_prob = to_numpy(family.log_prob(components, np.asarray(x, dtype=float)))
        return np.exp(log_prob) * (self.shares if weighted else 1.0)

    @property
    def centres(self) -> Array:
        """The expected value (k, d) of every component in each column; NaN for categories and families of users."""
        return centres(self.model.plain().family, self.params.components, self.d)

    def ellipsoids(self, columns: Sequence[int]) -> tuple[Array, Array] | None:
        """Means (k, m) and covariances (k, m, m) of normal components in some of the columns; None for others."""
        chosen = list(columns)
        if any(self.kinds[c] != "number" for c in chosen):
            return None
        return ellipsoids(*self._marginal(chosen))

    def axes(self) -> list[Axis]:
        """The parameters of weights and components that can be moved alone; those that are known are left out."""
        return list(movable(self))

    def history(self, most: int | None = None) -> list[tuple[int, Any]]:
        """Iterations with the parameters they had, the first and the last among them; at most as many as asked for."""
        trace = self.trace
        if trace is None:
            return []
        kept = [(step.iteration, step.params) for step in trace if step.params is not None]
        if most is None or len(kept) <= most:
            return kept
        return [kept[i] for i in np.unique(np.linspace(0, len(kept) - 1, most).round().astype(int))]

    def steps(self) -> Stepper[Any, Any]:
        """Plain EM from where the fit began, one half-step at a time. Raises HM421 where its start is not known."""
        history = self.history()
        if not history or history[0][0] != 0:
            raise HiddenmixError(
                "HM421", "the history of this fit holds no parameters to begin with", "fit again, or use model.steps(X)"
            )
        return Stepper(self.model, self.rows, history[0][1], pool=self.problem.pool)

    def _marginal(self, columns: Sequence[int]) -> tuple[Any, Any]:
        if list(columns) == list(range(self.d)):
            return self.model.plain().family, self.params.components
        return marginal(self.model.plain().family, self.params.components, np.asarray(columns, dtype=int))

    def __iter__(self) -> Iterator[View]:
        """The view at every iteration of the history."""
        return (self.at(params) for _, params in self.history())


def has_components(model: Any) -> bool:
    """Whether a fitted estimator has components of independent rows; states of sequences are none."""
    return hasattr(model, "predict_proba") and hasattr(model, "_state") and not hasattr(model, "transitions_")


def is_stepper(source: Any) -> bool:
    """Whether a picture is asked of a `Stepper` as it stands, and not of a fitted estimator."""
    return isinstance(source, Stepper)


def _of_estimator(model: Any, X: Any, sample_weight: Any, known_labels: Any, covariates: Any) -> View:
    mixture = getattr(model, "mixture_", model)
    if not has_components(mixture):
        chain = "hm.plot.SeriesDisplay.from_states(model, X) shows states"
        fix = chain if hasattr(mixture, "transitions_") else "a mixture, such as hm.GaussianMixture"
        raise HiddenmixError("HM410", f"a {type(model).__name__} has no components to show", fix)
    if X is None:
        raise HiddenmixError("HM410", "a picture of a fitted mixture needs its data", "from_estimator(model, X)")
    table, fitted = mixture._read(X), mixture._state()
    result = vars(mixture).get("result_")
    as_fitted = result is not None and fitted is vars(mixture).get("_fitted")  # and no attribute was set since
    weight = check_weights(sample_weight, len(table.values))
    group = getattr(model, "subclass_classes_", None)
    names = getattr(model, "subclass_names_", None)
    classes = None if group is None or not hasattr(model, "classes_") else tuple(map(str, model.classes_.tolist()))
    if classes and group is not None and known_labels is not None:
        evidence: Evidence | None = evidence_of(codes_of(known_labels, len(table.values), model.classes_), group)
    else:
        evidence = read_labels(known_labels, len(table.values)).knowledge(len(fitted.params.weights)).evidence
    own = _component_names(len(fitted.params.weights)) if names is None else tuple(map(str, names))
    return View(
        result.model if as_fitted else fitted.model,
        result.params if as_fitted else fitted.params,
        table.values,
        tuple(named(fitted.names, fitted.n_columns)),
        tuple(fitted.reader.levels_of(j) for j in range(fitted.n_columns)),
        own,
        weight,
        evidence,
        mixture._covariates(covariates, len(table.values)),
        result.trace if as_fitted else None,
        group if classes else None,
        classes,
    )


def _of_stepper(run: Any) -> View:
    rows: Any = run.problem.data
    batch: Batch = rows.sample(np.random.default_rng(0), rows.n_units)
    order = np.arange(rows.n_units) if rows.order is None else np.argsort(rows.order)  # the caller's
    if not isinstance(batch.x, np.ndarray) or not hasattr(run.params, "weights"):
        raise HiddenmixError(
            "HM410", f"a {type(run.model).__name__} on such data has no columns and components to show",
            "a mixture on a table (n, d) of numbers",
        )  # fmt: skip
    d = batch.x.shape[1]
    k = len(run.params.weights)
    return View(
        run.problem.model,
        run.params,
        batch.x[order],
        tuple(named(None, d)),
        (None,) * d,
        _component_names(k),
        None if batch.weight is None else batch.weight[order],
        None if batch.evidence is None else batch.evidence.take(order),
        None if batch.covariates is None else batch.covariates[order],
        run.history,
    )


def _component_names(k: int) -> tuple[str, ...]:
    return tuple(f"component {j + 1}" for j in range(k))
