"""Hidden Markov models of any family."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from hiddenmix._tree import Array
from hiddenmix._validate import check_n_components
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result
from hiddenmix.engine.stepper import Stepper
from hiddenmix.estimators import _chains, _options, _order, _verdict
from hiddenmix.estimators._base import HELP, keep_arguments
from hiddenmix.estimators._chain_model import ChainModel
from hiddenmix.estimators._chain_predictions import ChainPredictions
from hiddenmix.estimators._fitted import Fitted, facts_of
from hiddenmix.estimators._labels import Knowledge
from hiddenmix.estimators._saving import Saved
from hiddenmix.estimators._task import Note, Task, engine_options, stepper
from hiddenmix.estimators._warnings import in_words
from hiddenmix.latent.markov import Markov
from hiddenmix.sequences import Sequences

AUTO = range(1, 5)  # numbers of states that "auto" tries


class HiddenMarkovModel(ChainModel, ChainPredictions, Saved, BaseEstimator):
    """A hidden Markov model: rows in time, each seen in one of k states, which follow one another as a Markov chain.

    Parameters
    ----------
    family : {"normal", "poisson"} or Family
        The distribution of a row in each state: one of the library's, a product of several, or your own.
    n_states : int, sequence of int, or "auto"
        The number of states; of several, `criterion` chooses.
    covariance_type : str or sequence of str
        Of "normal": as for `GaussianMixture`.
    transitions : {"free", "left-to-right"}, array of shape (k, k), or Known
        "left-to-right": each state stays or goes on to the next. An array of booleans says which transitions are
        possible; one of numbers gives all of them, `Known` some.
    initial : {"free", "equal", "first", "stationary"}, array of shape (k,), or Known
        Probabilities of the first state: "first" begins in the first one, "stationary" as a chain that has been running
        for ever.
    concentration, initial_concentration : float or array
        Dirichlet priors on the free transitions and first states; 1 is none, 2 adds one of each.
    prior, reg_covar
        Of "normal": as for `GaussianMixture`.
    initial_init, transitions_init, components_init : arrays and the family's parameters, optional
        The start. With `components_init` the order of the states is kept.
    init_params : {"auto", "kmeans", "k-means++", "random", "random_from_data", "segments"}
        "segments" cuts each sequence into k parts: for left-to-right models.
    tol, max_iter, n_init, random_state, criterion, algorithm, n_jobs, callback, verbose, verbose_interval
        As for `GaussianMixture`. The entropy in `criterion="icl"` is that of the hidden path.

    Attributes
    ----------
    initial_ : ndarray of shape (k,)
    transitions_ : ndarray of shape (k, k)
        From row to column.
    durations_ : ndarray of shape (k,)
        How many rows a stay lasts on average.
    means_, covariances_, rates_, probabilities_ : ndarray
        Where the family has them; states stand in the order of their location.
    estimates_ : dict of ndarray
        The states' parameters by name, states first.
    components_ : the family's parameters
    n_states_ : int
    converged_, n_iter_, result_, history_, facts_, classes_, selection_, n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Baum, Petrie, Soules & Weiss (1970), Annals of Mathematical Statistics 41:164. Rabiner (1989), Proceedings of the
    IEEE 77:257. Zucchini & MacDonald (2009), Hidden Markov Models for Time Series.

    Examples
    --------
    >>> import hiddenmix as hm
    >>> model = hm.HiddenMarkovModel("poisson", 2, random_state=0).fit([[1], [0], [2], [9], [8], [11], [1], [2]])
    >>> model.predict([[0], [1], [10]]).tolist()
    [0, 0, 1]
    """

    def __init__(
        self,
        family: Any = "normal",
        n_states: Any = 2,
        *,
        covariance_type: Any = "full",
        transitions: Any = "free",
        initial: Any = "free",
        concentration: Any = 1.0,
        initial_concentration: Any = 1.0,
        prior: Any = None,
        reg_covar: Any = "auto",
        initial_init: Any = None,
        transitions_init: Any = None,
        components_init: Any = None,
        tol: float = 1e-6,
        max_iter: int = 1000,
        n_init: int = 10,
        init_params: str = "auto",
        random_state: Any = None,
        criterion: str = "icl",
        algorithm: Any = "auto",
        n_jobs: int | None = None,
        callback: Any = None,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        keep_arguments(self, locals())

    def fit(
        self,
        X: Any,
        y: Any = None,
        lengths: Any = None,
        groups: Any = None,
        sequence_weight: Any = None,
        known_states: Any = None,
    ) -> Self:
        """Fit by maximum likelihood, or with priors the maximum a posteriori.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            The rows of all sequences, one sequence after the other, each in the order of time. Missing cells are NaN
            and are integrated out; a row of NaN stands for a time at which nothing was seen.
        y : ignored
        lengths : sequence of int, optional
            How many rows each sequence has; one sequence by default.
        groups : array of shape (n_samples,), optional
            Instead of lengths: a label of the sequence for each row.
        sequence_weight : array of shape (n_sequences,), optional
            3 is the sequence three times, 0 is none.
        known_states : array of shape (n_samples,) or (n_samples, n_states), optional
            As `known_labels` of the mixtures.

        Raises
        ------
        HiddenmixError : HM1xx unusable data, HM2xx no estimate exists, HM4xx an unusable option
        """
        with in_words(*_chains.WORDS):
            return self._fit(X, lengths, groups, sequence_weight, known_states)

    def steps(
        self,
        X: Any,
        lengths: Any = None,
        groups: Any = None,
        sequence_weight: Any = None,
        known_states: Any = None,
    ) -> Stepper[Any, Any]:
        """Plain EM (Baum & Welch) from the start that `fit` would take first, one half-step at a time.

        Parameters as for `fit`. The E-step finds the states' probabilities by forward and backward recursions.

        Returns
        -------
        Stepper
            With `e()`, `m()`, `bound`, `loglik`, `until_converged()`. The estimator itself stays as it is.
        """
        with in_words(*_chains.WORDS):
            task, lengths, units = self._asked(X, lengths, groups, sequence_weight, known_states)
            knowledge, model, begin, note = self._one(task)
            note.warn()
            return stepper(model, Sequences(task.table.values, lengths, units, knowledge.evidence), begin, task)

    def _fit(self, X: Any, lengths: Any, groups: Any, sequence_weight: Any, known_states: Any) -> Self:
        self._fit_task(*self._asked(X, lengths, groups, sequence_weight, known_states))
        return self

    def _fit_task(self, task: Task, lengths: Array, units: Array | None) -> None:
        """Fit the one model that is asked for, or all of them and keep the best."""
        notes: dict[str, Note] = {}

        def build(k: int, shape: str) -> Markov[Any, Any]:
            model, notes[shape] = self._model(task, k, shape)
            return model

        def data(knowledge: Knowledge) -> Sequences:
            return Sequences(task.table.values, lengths, units, knowledge.evidence)

        shapes, selection = self._shapes(), None
        if _options.several(self.n_states) or len(shapes) > 1:
            asked = _options.listed(self.n_states, task.labels.sizes(AUTO))
            sizes = [check_n_components(k, sys.maxsize) for k in asked]
            selection = _chains.compared(self, task, sizes, shapes, build, data)
            best = selection.best
            assert best.result is not None
            result, shape, keep = best.result, best.shape, self._in_place(best.result.model)
            knowledge, note = task.labels.knowledge(best.n_components), notes[shape]
        else:
            shape = shapes[0]
            knowledge, model, begin, note = self._one(task)
            options = engine_options(self, task, begin)
            result, keep = fit(model, data(knowledge), begin.params, rng=task.rng, **options), begin.keep
        self._keep(task, knowledge, data(knowledge), result, keep, shape, note)
        self.__dict__.pop("selection_", None)
        if selection is not None:
            self.selection_ = selection

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.positive_only = isinstance(self.family, str) and self.family == "poisson"
        return tags

    def _keep(
        self,
        task: Task,
        knowledge: Knowledge,
        data: Sequences,
        result: Result[Any, Any],
        keep: bool,
        shape: str,
        note: Note,
    ) -> None:
        """Refuse a fit without an estimate, order its states unless they `keep` theirs, warn, and keep it."""
        _verdict.refuse(result, HELP, task.table.columns)
        if not keep:
            result = _order.ordered(result, knowledge.fixed, knowledge.groups)
        if note.text:
            result = replace(result, reason=f"{result.reason}; {note.text}" if result.reason else note.text)
        note.warn()
        _verdict.warn_about(result, self.max_iter, self.tol, task.table.columns)
        self.__dict__.pop("classes_", None)
        for name, value in note.attributes.items():
            setattr(self, name, value)
        if knowledge.classes is not None:
            self.classes_ = knowledge.classes
        if shape:
            self.covariance_type_ = shape
        facts = facts_of(result, data, task.table, task.pool, note.text)
        columns = task.table.values.shape[1]
        fitted = Fitted(result.model.plain(), result.params, task.reader, columns, task.table.columns, facts=facts)
        self._show(fitted, result)

    def _show(self, fitted: Fitted, result: Result[Any, Any] | None) -> Self:
        shown = _chains.attributes(fitted)
        for name, value in shown.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            setattr(self, name, value)
        self.n_states_, self.n_features_in_ = len(fitted.params.initial), fitted.n_columns
        self.__dict__.pop("feature_names_in_", None)
        if fitted.names is not None:
            self.feature_names_in_ = np.array(fitted.names, dtype=object)
        if result is not None:
            self.result_, self.converged_, self.n_iter_ = result, result.converged, result.iterations
        self._fitted = replace(fitted, attributes=shown)
        return self


__all__ = ["HiddenMarkovModel"]
