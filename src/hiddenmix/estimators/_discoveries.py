"""What a fitted mixture says of its components: are they clusters, what are they like, does the assumption hold."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_number, check_weights
from hiddenmix.discover._resampling import whole
from hiddenmix.discover.assumption import Check, check_assumption
from hiddenmix.discover.effects import Effects, standardised_effects
from hiddenmix.discover.merging import Merging, merge_components
from hiddenmix.discover.overlap import DRAWS, Overlap, drawn_overlap, seen_overlap
from hiddenmix.discover.stability import Stability, bootstrap_stability
from hiddenmix.estimators._labels import Labels
from hiddenmix.estimators._options import generator, pool_for
from hiddenmix.estimators._predict import Predictions
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._task import Task
from hiddenmix.families.shapes import DECOMPOSED

MOST = 10**7  # rows of a table that is simulated
ADJECTIVES = {name: name.lower() for name in ("Normal", "Binomial", "Multinomial")} | {"Poisson": "Poisson"}
SUSPECTS = {
    "tied": "all components share one covariance (covariance_type='full' gives each its own)",
    "diag": "columns are taken for independent within a component (covariance_type='full' is free of that)",
    "spherical": "all columns have one variance and are independent (covariance_type='full' is free of that)",
    **{
        shape.name: f"components are taken for ellipsoids {shape.words} (covariance_type='full' is free of that)"
        for shape in DECOMPOSED.values()
    },
}


class Discoveries(Predictions):
    """Questions to a fitted mixture about its components."""

    @abstractmethod
    def _model(self, task: Task, k: int, shape: str) -> Any:
        """The model of k components, with what is known of the rows and what there is to say."""

    def merge_components(self, X: Any, sample_weight: Any = None) -> Merging:
        """Merge components that overlap into clusters (`hiddenmix.merge_components`).

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        Merging
            With `n_clusters`, `groups(n)`, `labels(n)`, `memberships(n)` and `summary()`.
        """
        return merge_components(self.predict_proba(X), sample_weight)

    def overlap(self, X: Any = None, sample_weight: Any = None, n_draws: int = DRAWS, random_state: Any = 0) -> Overlap:
        """How much the components overlap, and how often rows of one would be taken for another.

        Parameters
        ----------
        X : table of shape (n_samples, n_features), optional
            Rows to take instead of draws: their missing cells then count.
        sample_weight : array of shape (n_samples,), optional
            Of the rows of X.
        n_draws : int
            Of each component.
        random_state : int, RandomState or Generator

        Raises
        ------
        HiddenmixError : HM411 the family has no `sample`, and there is no X; HM410 weights of no rows
        """
        fitted = self._state()
        if X is not None:
            memberships = self.predict_proba(X)
            weight = check_weights(sample_weight, len(memberships))
            return seen_overlap(memberships, fitted.params.weights, weight)
        if sample_weight is not None:
            raise HiddenmixError("HM410", "sample_weight is of the rows of X, and there is no X", "overlap(X, weight)")
        check_number("n_draws", n_draws, 2, whole=True)
        return drawn_overlap(fitted.model.family, fitted.params, int(n_draws), generator(random_state))

    def stability(
        self, X: Any, sample_weight: Any = None, n_bootstrap: int = 100, n_init: int = 5, random_state: Any = 0
    ) -> Stability:
        """Whether the components come back when rows are drawn again (Hennig 2007).

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            The table of the fit.
        sample_weight : array of shape (n_samples,), optional
            Whole numbers: how often each row counts.
        n_bootstrap : int
            How often rows are drawn, and the mixture is fitted from scratch.
        n_init : int
            Starts of each of these fits.
        random_state : int, RandomState or Generator

        Returns
        -------
        Stability
            Of each component the mean Jaccard coefficient, and how often it dissolved or came back.

        Raises
        ------
        HiddenmixError : HM410 weights that are not whole, HM205 all refits failed
        """
        check_number("n_bootstrap", n_bootstrap, 1, whole=True)
        check_number("n_init", n_init, 1, whole=True)
        task, rng = self._questioned(X, sample_weight), generator(random_state)
        params = self._state().params
        model = self._of_size(task, len(params.weights))
        return bootstrap_stability(model, params, task.table.values, task.weight, int(n_bootstrap), int(n_init), rng)

    def differences(self, X: Any, sample_weight: Any = None) -> Effects:
        """What makes each component different from all other rows, column by column.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        Effects
            Standardised differences; `words(j)` says the largest of component j, `table()` all.
        """
        task = self._questioned(X, sample_weight)
        d, reader = task.table.values.shape[1], self._state().reader
        levels = [reader.levels_of(c) for c in range(d)]
        names = named(task.table.columns or self._state().names, d)
        return standardised_effects(task.table.values, self.predict_proba(X), names, levels, task.weight)

    def check(self, X: Any, sample_weight: Any = None, n_bootstrap: int = 99, random_state: Any = 0) -> Check:
        """Whether the components are distributed as assumed, and whether one component more would be needed.

        Both by simulation: tables that the fitted mixture makes, with the same cells missing, are fitted again. The
        outcome stays with the estimator as `check_`, and `summary` tells it. Known labels of the fit are not used.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            The table of the fit.
        sample_weight : array of shape (n_samples,), optional
            Whole numbers: how often each row counts.
        n_bootstrap : int
            How many tables are simulated; p-values are no smaller than 1/(n_bootstrap + 1).
        random_state : int, RandomState or Generator

        Returns
        -------
        Check
            p-values, Q-Q points, the test against one component more, and `sentences()`.

        Raises
        ------
        HiddenmixError : HM410 weights that are not whole, HM411 the family has no `sample`, HM205 all fits failed
        """
        check_number("n_bootstrap", n_bootstrap, 1, whole=True)
        fitted, task = self._state(), self._questioned(X, sample_weight)
        x, k = task.table.values, len(fitted.params.weights)
        times = whole(task.weight, len(x))
        if times is not None and times.sum() > MOST:
            what = f"the weights stand for {times.sum():.3g} rows, and as many would be simulated again and again"
            raise HiddenmixError("HM410", what, "a sample of the rows, without weights")
        if task.weight is not None:
            x = np.repeat(x, times, axis=0)
            task = replace(task, table=replace(task.table, values=x), weight=None)
        adjective = ADJECTIVES.get(type(fitted.model.family).__name__, "")
        model, options = self._of_size(task, k), self._one_more(task, k)
        rng = generator(random_state)
        found = check_assumption(model, fitted.params, x, int(n_bootstrap), rng, adjective=adjective, **options)
        found = replace(found, suspect=SUSPECTS.get(getattr(self, "covariance_type_", ""), ""))
        self._fitted = replace(fitted, check=found)
        return found

    @property
    def check_(self) -> Check:
        """What `check` found."""
        found = self._state().check
        if found is None:
            raise AttributeError(f"this {type(self).__name__} was not checked: call check(X)")
        return found

    def _questioned(self, X: Any, sample_weight: Any) -> Task:
        """A table with the columns of the fit, read as it was."""
        table = self._read(X)
        n, reader = len(table.values), self._state().reader
        weight: Array | None = check_weights(sample_weight, n)
        return Task(reader, table, weight, Labels(), pool_for(self.n_jobs, n), generator(self.random_state))

    def _of_size(self, task: Task, k: int) -> Any:
        """The mixture of k components, settled on the table. Raises HM410 for the subclasses of a classifier."""
        if hasattr(self, "subclass_classes_"):
            what = "these components are the subclasses of a classifier, and would be fitted again without its classes"
            raise HiddenmixError("HM410", what, "hm.within(X, y)[a_class].mixture, which is about one class")
        return self._model(task, k, getattr(self, "covariance_type_", ""))[0].prepare(task.rows(Labels().knowledge(k)))

    def _one_more(self, task: Task, k: int) -> dict[str, Any]:
        """The mixture of k + 1 components, or the reason why there is none."""
        try:
            return {"bigger": self._of_size(task, k + 1)}
        except HiddenmixError as error:
            return {"note": error.message}
