"""Latent class analysis: classes behind the answers to items, and covariates on membership."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import AnyArray, check_number
from hiddenmix.discover.patterns import GoodnessOfFit
from hiddenmix.engine.stepper import Stepper
from hiddenmix.estimators import _discrete
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._latent_figures import GATE, PATTERNS, class_figures, read_covariates
from hiddenmix.estimators._latent_predict import ClassPredictions
from hiddenmix.estimators._latent_tables import ClassTables, coefficient_lines
from hiddenmix.estimators._readers import Levels
from hiddenmix.estimators._summary import named, summary
from hiddenmix.estimators._task import Note, Task
from hiddenmix.estimators._warnings import in_words
from hiddenmix.families.categorical import Categorical
from hiddenmix.latent.gates import GatedMixture
from hiddenmix.latent.mixture import Mixture, MixtureParams
from hiddenmix.model import Family

WORDS = (("n_components", "n_classes"), ("components", "classes"), ("component", "class"))


class LatentClassModel(ClassPredictions, MixtureEstimator):
    """Latent class analysis of categorical items, with covariates on membership where they are given.

    The probability of a row of answers is the sum over classes j of pi_j times the product over items c of p_jc(x_c);
    missing answers are integrated out. With covariates z, pi_j = exp(z' b_j) / sum_l exp(z' b_l), b_1 = 0 (Dayton &
    Macready 1988).

    Parameters
    ----------
    n_classes : int, sequence of int, or "auto"
        The number of classes; of several, `criterion` chooses.
    prior : float, optional
        Rows seen before, added to every answer of every class and item; it keeps probabilities away from 0.
    penalty : float
        Precision of a normal prior on the slopes of standardised covariates. It keeps them finite where a covariate
        separates the classes.
    weights : {"free", "equal"} or array of shape (n_classes,)
        Of the classes, where there are no covariates.
    tol, max_iter, n_init, init_params, random_state, criterion, algorithm, n_jobs, callback, verbose, \
verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Shares of the classes; with covariates the mean membership of the rows of the fit.
    categories_ : list of ndarray
        The sorted answers to each item.
    probabilities_ : list of ndarray of shape (k, answers)
        For each item, the probabilities of its answers.
    tables_ : mapping from item to ndarray of shape (k, answers)
        The same by name; printed, one table for each item.
    coefficients_ : ndarray of shape (k, 1 + p)
        With covariates: intercept and slopes against the first class, in the covariates' units.
    covariate_names_ : ndarray of str
    g2_, x2_, df_, p_value_
        Goodness of fit, as far as it is defined; see `goodness_of_fit`.
    entropy_, relative_entropy_ : float
        The sum of the entropies of the memberships in nats, and 1 less its share of n log k: 1 is certainty.
    classification_table_ : ndarray of shape (k, k)
        Of the rows that class j is expected to have, those whose most probable class is m.
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Goodman (1974), Biometrika 61:215. Dayton & Macready (1988), JASA 83:173.
    """

    _tags = ("allow_nan", "categorical")
    _starting = ()
    n_classes: Any
    prior: float | None
    penalty: float
    weights: Any
    warm_start = False

    def __init__(
        self,
        n_classes: Any = 2,
        *,
        prior: float | None = None,
        penalty: float = 0.0,
        weights: Any = "free",
        tol: float = 1e-6,
        max_iter: int = 1000,
        n_init: int = 20,
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

    @property
    def n_components(self) -> Any:
        """The number of classes, as mixtures call it."""
        return self.n_classes

    @n_components.setter
    def n_components(self, value: Any) -> None:
        self.n_classes = value

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, known_labels: Any = None, covariates: Any = None
    ) -> Self:
        """Fit by maximum likelihood, or with a prior the maximum a posteriori.

        Parameters
        ----------
        X : table of shape (n_samples, n_items)
            Answers of any type; missing ones are NaN, None or pandas.NA, and are integrated out.
        y : ignored
        sample_weight : array of shape (n_samples,), optional
            A weight of 3 is the row three times, 0 is the row absent.
        known_labels : array of shape (n_samples,) or (n_samples, n_classes), optional
            The known classes of rows, as for `GaussianMixture.fit`.
        covariates : table of numbers of shape (n_samples, p), optional
            What the memberships depend on; a cell may not be missing.

        Returns
        -------
        self

        Raises
        ------
        HiddenmixError : HM143 a missing covariate, HM144 one that says nothing new, and those of `GaussianMixture.fit`
        """
        with in_words(*WORDS):
            self._fit_task(self._asked(X, sample_weight, known_labels, covariates))
        return self

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: Any = None, known_labels: Any = None, covariates: Any = None
    ) -> AnyArray:
        """Fit, and give the most probable class of each row; rows with a known label have its class."""
        with in_words(*WORDS):
            task = self._asked(X, sample_weight, known_labels, covariates)
            evidence = self._fit_task(task).evidence
        return self._each(task.table.values, lambda norm, resp: np.argmax(resp, axis=1), evidence, task.covariates)

    def steps(
        self, X: Any, sample_weight: Any = None, known_labels: Any = None, covariates: Any = None
    ) -> Stepper[Any, Any]:
        """Plain EM from the start that `fit` would take first, one half-step at a time."""
        with in_words(*WORDS):
            return self._steps(self._asked(X, sample_weight, known_labels, covariates))

    def goodness_of_fit(self) -> GoodnessOfFit:
        """G^2 and X^2 of the fit against the saturated model of all patterns of answers.

        Raises
        ------
        HiddenmixError : HM432 with covariates or known labels, or with missing answers to too many items
        """
        self._state()
        if not hasattr(self, "g2_"):
            what = "G^2 is not defined here: with covariates or known labels, or with missing answers in a large table"
            raise HiddenmixError("HM432", what, "compare numbers of classes by BIC, or leave rows with gaps out")
        cells, seen = (int(x) for x in self.pattern_counts_)
        return GoodnessOfFit(
            self.g2_, getattr(self, "x2_", None), self.df_, getattr(self, "p_value_", None), cells, seen
        )

    def summary(self) -> str:
        """The fit in words, the shares of the classes, a table for each item, and the coefficients of covariates."""
        fitted = self._state()
        k = len(self.weights_)
        shown = replace(fitted, params=MixtureParams(self.weights_, fitted.params.components))
        title, _, _ = self._described(fitted)
        lines = [summary(title, shown, [[]] * k, [], [str(j + 1) for j in range(k)]).replace("subclass", "   class")]
        if fitted.facts is not None:
            lines.append(self._fit_line())
        lines.append(str(self.tables_))
        if hasattr(self, "coefficients_"):
            lines += coefficient_lines(self.covariate_names_.tolist(), self.coefficients_)
        return "\n".join(lines)

    def standard_errors(self) -> dict[str, Any]:
        """Standard errors from the observed information: of `weights_` or `coefficients_`, and of `probabilities_`.

        Raises
        ------
        HiddenmixError : HM420 they do not exist here (a probability of 0 or 1: give a prior), HM421 the data of the fit
            are not at hand
        """
        errors = super().standard_errors()
        name = "coefficients" if "gate" in errors else "weights"
        first = errors["gate"] if "gate" in errors else errors["weights"]
        return {name: first, "probabilities": _discrete.by_column(errors["p"], self._state().reader)}

    def _asked(self, X: Any, sample_weight: Any, known_labels: Any, covariates: Any) -> Task:
        """What is to be fitted."""
        check_number("penalty", self.penalty, 0.0)
        task = self._task(X, sample_weight, known_labels)
        if covariates is None:
            return task
        values, names = read_covariates(covariates, len(task.table.values), task.weight, self.penalty)
        if not (isinstance(self.weights, str) and self.weights == "free"):
            raise HiddenmixError("HM410", "weights that are known cannot depend on covariates", "weights='free'")
        return replace(task, covariates=values, covariate_names=names)

    def _mixture(self, task: Task, family: Family[Any, Any], k: int) -> Any:
        if task.covariates is None:
            return Mixture(family, k, weights=self.weights)
        return GatedMixture(family, k, penalty=self.penalty)

    def _keep(self, task: Task, knowledge: Any, result: Any, *rest: Any) -> None:
        for name in (*PATTERNS, *GATE):
            self.__dict__.pop(name, None)
        for name, value in class_figures(task, knowledge, result).items():
            setattr(self, name, value)
        super()._keep(task, knowledge, result, *rest)

    def _reader(self) -> Levels:
        return Levels()

    def _family(self, task: Task, shape: str) -> tuple[Categorical, Note]:
        return Categorical(task.reader.sizes, prior=_discrete.pseudo_counts(self.prior, several=False)), Note()

    def _given(self, k: int, d: int, shape: str) -> None:
        return None

    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        names = named(fitted.names, fitted.n_columns)
        tables = _discrete.by_column(fitted.params.components.p, fitted.reader)
        shown: dict[str, Any] = {"categories_": list(fitted.reader.levels), "probabilities_": tables}
        if not self._gated():
            shown["weights_"] = fitted.params.weights.copy()
        self.tables_ = ClassTables(names, fitted.reader.levels, tables)
        return shown

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k = len(fitted.params.weights)
        cells = _discrete.levels(fitted.params.components.p, fitted.reader)
        more = ", memberships by covariates" if self._gated() else ""
        return f"{k} latent class{'es' * (k > 1)}{more}", named(fitted.names, fitted.n_columns), cells

    def _predicting(self, family: Any, params: Any) -> Any:
        k = len(params.weights)
        if not self._gated():
            return Mixture(family, k, weights=self.weights)
        return GatedMixture(family, k, penalty=self.penalty, centre=self.covariate_centre_, scale=self.covariate_scale_)

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {}

    def _alone(self, fitted: Fitted) -> Self:
        own = {**self.get_params(deep=False), "n_classes": len(fitted.params.weights)}
        made = type(self)(**own)
        for name in ("n_components_", "classes_", "weights_", *GATE):
            if name in vars(self):
                setattr(made, name, vars(self)[name])
        return made._show(fitted, None)

    def _fit_line(self) -> str:
        line = f"  entropy R2 {self.relative_entropy_:.3f}"
        if not hasattr(self, "g2_"):
            return line
        x2 = f"   X2 {self.x2_:.2f}" if hasattr(self, "x2_") else ""
        cells, seen = (int(x) for x in self.pattern_counts_)
        return f"{line}   G2 {self.g2_:.2f}{x2}   df {self.df_}   ({seen} patterns seen, {cells} possible)"


__all__ = ["LatentClassModel"]
