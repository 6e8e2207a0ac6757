"""What all mixture estimators share: from a table to a fitted mixture, by the engine."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import (
    AnyArray,
    check_enough_distinct,
    check_n_components,
    check_weights,
)
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result
from hiddenmix.engine.stepper import Stepper
from hiddenmix.estimators import _options, _order, _variants, _verdict
from hiddenmix.estimators._discoveries import Discoveries
from hiddenmix.estimators._fitted import Fitted, facts_of
from hiddenmix.estimators._in_classes import InClasses
from hiddenmix.estimators._labels import Knowledge, read_labels
from hiddenmix.estimators._missing import MissingCells
from hiddenmix.estimators._readers import Reader
from hiddenmix.estimators._saving import Saved
from hiddenmix.estimators._search import search_models
from hiddenmix.estimators._task import Note, Task, beginning, engine_options, stepper
from hiddenmix.estimators._told import Told
from hiddenmix.latent.mixture import Mixture
from hiddenmix.model import Family
from hiddenmix.select import Selection

HELP = "fewer components, prior='conjugate', or reg_covar=1e-6 as in scikit-learn"


def keep_arguments(estimator: Any, arguments: dict[str, Any]) -> None:
    """Set constructor arguments as attributes, as scikit-learn wants them: all, and unchanged."""
    for name, value in arguments.items():
        if name != "self":
            setattr(estimator, name, value)


class MixtureEstimator(
    Discoveries, MissingCells, Told, InClasses, Saved, DensityMixin, BaseEstimator, metaclass=ABCMeta
):
    """A mixture whose family, and the reading of whose data, the final classes say."""

    n_components: Any
    weights: Any
    tol: float
    max_iter: int
    n_init: int
    init_params: str
    random_state: Any
    warm_start: bool
    criterion: str
    algorithm: Any
    verbose: int
    verbose_interval: int
    n_jobs: int | None
    callback: Any
    result_: Result[Any, Any]
    _starting: ClassVar[tuple[str, ...]] = ("weights_init",)  # arguments that give a start
    _help: ClassVar[str] = HELP  # what helps where no start gave an estimate
    _tags: ClassVar[tuple[str, ...]] = ("allow_nan",)  # scikit-learn's tags of the input

    @abstractmethod
    def _reader(self) -> Reader:
        """How tables are read."""

    @abstractmethod
    def _family(self, task: Task, shape: str) -> tuple[Family[Any, Any], Note]:
        """The family to fit, and what there is to say of it."""

    @abstractmethod
    def _given(self, k: int, d: int, shape: str) -> Any:
        """The start that the constructor arguments describe, with an attribute `located`; None without any."""

    @abstractmethod
    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        """The fitted attributes that show the parameters."""

    @abstractmethod
    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        """The constructor arguments that speak of columns, for an estimator of some of them."""

    def _shapes(self) -> Sequence[str]:
        """The covariance shapes to choose from."""
        return ("",)

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, known_labels: Any = None) -> Self:
        """Fit the mixture by maximum likelihood, or with a prior the maximum a posteriori.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Missing cells are NaN (also None, pandas.NA, masked), and are integrated out.
        y : ignored
        sample_weight : array of shape (n_samples,), optional
            A weight of 3 is the row three times, 0 is the row absent.
        known_labels : array of shape (n_samples,) or (n_samples, n_components), optional
            The known components of rows: labels of any type, -1, None and NaN for unknown, which belong to the first
            components in sorted order; or for every row a weight of each component, 0 for impossible.

        Returns
        -------
        self

        Raises
        ------
        HiddenmixError : HM1xx unusable data, HM2xx no estimate exists, HM4xx an unusable option
        """
        self._fit(X, sample_weight, known_labels)
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None, known_labels: Any = None) -> AnyArray:
        """Fit, and give the most probable component of each row; parameters as for `fit`.

        Rows with a known label have its component.
        """
        task, knowledge = self._fit(X, sample_weight, known_labels)
        return self._each(task.table.values, lambda norm, resp: np.argmax(resp, axis=1), knowledge.evidence)

    def steps(self, X: Any, sample_weight: Any = None, known_labels: Any = None) -> Stepper[Any, Any]:
        """Plain EM from the start that `fit` would take first, one half-step at a time.

        Returns
        -------
        Stepper
            With `e()`, `m()`, `bound`, `loglik`, `until_converged()`. The estimator itself stays as it is.
        """
        return self._steps(self._task(X, sample_weight, known_labels))

    def _steps(self, task: Task) -> Stepper[Any, Any]:
        k, shape = self._single(task)
        model, knowledge, note = self._model(task, k, shape)
        note.warn()
        return stepper(model, task.rows(knowledge), beginning(self, task, model, knowledge, shape), task)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        for name in self._tags:
            setattr(tags.input_tags, name, True)
        return tags

    def _task(self, X: Any, sample_weight: Any, known_labels: Any) -> Task:
        _options.check_common(self, _options.MIXTURE_STARTS, _options.MIXTURE_ALGORITHMS)
        reader, table = self._reader().learn(X)
        n = len(table.values)
        weight = check_weights(sample_weight, n)
        pool = _options.pool_for(self.n_jobs, n)
        return Task(reader, table, weight, read_labels(known_labels, n), pool, _options.generator(self.random_state))

    def _fit(self, X: Any, sample_weight: Any, known_labels: Any) -> tuple[Task, Knowledge]:
        task = self._task(X, sample_weight, known_labels)
        return task, self._fit_task(task)

    def _fit_task(self, task: Task) -> Knowledge:
        """Fit the one model that is asked for, or all of them and keep the best."""
        if _options.several(self.n_components) or len(self._shapes()) > 1:
            selection, notes = search_models(self, task)
            best = selection.best
            assert best.result is not None
            knowledge = task.labels.knowledge(best.n_components)
            keep = _order.in_place(best.result.model)
            self._accept(task, knowledge, best.result, keep, best.shape, notes[best.shape], selection)
            return knowledge
        k, shape = self._single(task)
        model, knowledge, note = self._model(task, k, shape)
        begin = beginning(self, task, model, knowledge, shape)
        options = engine_options(self, task, begin)
        result = fit(model, task.rows(knowledge), begin.params, rng=task.rng, **options)
        self._accept(task, knowledge, result, begin.keep, shape, note)
        return knowledge

    def _accept(
        self,
        task: Task,
        knowledge: Knowledge,
        result: Result[Any, Any],
        keep: bool,
        shape: str,
        note: Note,
        selection: Selection | None = None,
    ) -> None:
        """Refuse a fit without an estimate, order its components unless they `keep` theirs, warn, and keep it."""
        _verdict.refuse(result, self._help, task.table.columns)
        note = _variants.noted(self.algorithm, note)
        if not keep:
            result = _order.ordered(result, knowledge.fixed, knowledge.groups)
        if note.text:
            result = replace(result, reason=f"{result.reason}; {note.text}" if result.reason else note.text)
        note.warn()
        _verdict.warn_about(result, self.max_iter, self.tol, task.table.columns)
        self._keep(task, knowledge, result, shape, selection, note)

    def _single(self, task: Task) -> tuple[int, str]:
        """The one number of components, and the one shape."""
        shapes = self._shapes()
        if len(shapes) != 1 or _options.several(self.n_components):
            raise HiddenmixError(
                "HM410",
                "this needs one number of components and one covariance shape",
                "n_components=2, covariance_type='full', for example",
            )
        return check_n_components(self.n_components, len(task.table.values)), shapes[0]

    def _mixture(self, task: Task, family: Family[Any, Any], k: int) -> Any:
        """The model to fit."""
        return Mixture(family, k, weights=self.weights)

    def _model(self, task: Task, k: int, shape: str) -> tuple[Any, Knowledge, Note]:
        check_enough_distinct(task.table.values, k, task.weight)
        knowledge = task.labels.knowledge(k)
        family, note = self._family(task, shape)
        return _variants.wrapped(self.algorithm, self._mixture(task, family, k)), knowledge, note

    def _keep(
        self,
        task: Task,
        knowledge: Knowledge,
        result: Result[Any, Any],
        shape: str,
        selection: Selection | None,
        note: Note,
    ) -> None:
        """Make the fit the estimator's state."""
        table = task.table
        self.n_components_ = result.model.n_components
        if shape:
            self.covariance_type_ = shape
        for name in ("classes_", "selection_"):
            self.__dict__.pop(name, None)
        for name, value in note.attributes.items():
            setattr(self, name, value)
        if knowledge.classes is not None:
            self.classes_ = knowledge.classes
        if selection is not None:
            self.selection_ = selection
        facts = facts_of(result, task.rows(knowledge), table, task.pool, note.text)
        model, params = self._released(result)
        fitted = Fitted(model, params, task.reader, table.values.shape[1], table.columns, facts=facts)
        self._show(fitted, result)

    def _show(self, fitted: Fitted, result: Result[Any, Any] | None) -> Self:
        shown = self._attributes(fitted)
        for name, value in shown.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            setattr(self, name, value)
        self.n_features_in_ = fitted.n_columns
        self.__dict__.pop("feature_names_in_", None)
        if fitted.names is not None:
            self.feature_names_in_ = np.array(fitted.names, dtype=object)
        if result is not None:
            scale = fitted.facts.criteria.n if fitted.facts else 1.0
            self.result_ = result
            self.converged_ = result.converged
            self.n_iter_ = result.iterations
            self.lower_bound_ = result.objective / scale
            self.lower_bounds_ = [objective / scale for objective in result.trace.objectives[1:]]
        self._fitted = replace(fitted, attributes=shown)
        return self

    def _released(self, result: Result[Any, Any]) -> tuple[Any, Any]:
        """The model that predicts, and its parameters: without a penalty."""
        return result.model.plain(), result.params

    def _predicting(self, family: Family[Any, Any], params: Any) -> Mixture[Any, Any]:
        return Mixture(family, len(params.weights), weights=self.weights)

    def _alone(self, fitted: Fitted) -> Self:
        k = len(fitted.params.weights)
        own = {**self.get_params(deep=False), **dict.fromkeys(self._starting), "n_components": k}
        made = type(self)(**own | self._arguments_for(fitted))
        for name in ("n_components_", "covariance_type_", "classes_"):
            if name in vars(self):
                setattr(made, name, vars(self)[name])
        return made._show(fitted, None)
