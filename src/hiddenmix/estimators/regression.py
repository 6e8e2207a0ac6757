"""Mixtures of regressions: several lines through one cloud of points."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import Table, check_weights, check_word
from hiddenmix.engine.result import Result
from hiddenmix.estimators import _order, _verdict
from hiddenmix.estimators._base import keep_arguments
from hiddenmix.estimators._fitted import Fitted, facts_of
from hiddenmix.estimators._labels import Labels, read_labels
from hiddenmix.estimators._regression_data import Reader, learn, sample
from hiddenmix.estimators._regression_fit import DISTRIBUTIONS, Plan, fitted_to
from hiddenmix.estimators._regression_predict import RegressionPredictions
from hiddenmix.estimators._regression_saved import RegressionFile
from hiddenmix.estimators._regression_told import described
from hiddenmix.estimators._warnings import reworded

HELP = "fewer components, variance='shared', or prior=1.0"


class RegressionMixture(RegressionPredictions, RegressionFile, RegressorMixin, BaseEstimator):
    """A mixture of regressions: each unit follows one of several, and which one is hidden.

    The density of a response y given features x is the sum over components j of w_j f(y; x'b_j), f being normal with
    mean x'b_j, Poisson or gamma with log mean x'b_j, or binomial with log odds x'b_j. Rows of a group share their
    component, and with `random` have normal random effects in common.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    distribution : {"normal", "poisson", "binomial", "gamma"}
    formula : str, optional
        For example "y ~ x + C(site) | id", the part behind the bar being the column of groups; `fit` then takes a data
        frame alone. Needs the package formulaic.
    fit_intercept : bool
        Whether a column of ones is put before the features; formulas say so themselves.
    shared : names or numbers of columns, optional
        Fixed effects: their coefficients are the same in all components. The intercept is called "intercept".
    random : names or numbers of columns, optional
        Their coefficients vary from group to group, about the component's own; normal responses only.
    variance, covariance : {"own", "shared"}
        Of normal residuals, and of random effects.
    prior : float or RegressionPrior, optional
        Of slopes, about 0: a number is the weight of so many rows in which the feature varies as in the data.
        `RegressionPrior` (normal responses) gives the variance a prior too.
    penalty : float
        Precision of a normal prior on the slopes of the covariates on which memberships depend, in standard units.
    coef : Known, optional
        Coefficients (n_components, p) that are given and not estimated, the intercept first.
    weights : {"free", "equal"} or array of shape (n_components,)
    coef_init : array of shape (n_components, p), optional
        Starting coefficients, the intercept first. Their order is kept.
    init_params : {"auto", "random_lines", "kmeans", "k-means++", "random_from_data", "random"}
        "random_lines" fits each component to a few units first; "auto" takes turns.
    criterion : {"bic", "icl", "aic", "icl_hard"}
        Lines that cross overlap, which ICL takes for a fault; hence BIC.
    tol, max_iter, n_init, random_state, algorithm, n_jobs, callback, verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    intercept_ : ndarray of shape (k,)
    coef_ : ndarray of shape (k, n_features)
    scale_ : ndarray of shape (k,)
        Residual standard deviations, of normal responses.
    shape_ : ndarray of shape (k,)
        Of gamma responses, the variance being mean^2 / shape.
    covariance_ : ndarray of shape (k, q, q)
        Of random effects; `random_names_` are their names.
    gate_ : ndarray of shape (k, 1 + c)
        With covariates: intercept and slopes of the memberships, against the first component.
    coef_names_ : ndarray of str
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    DeSarbo & Cron (1988), J. Classification 5:249. Wedel & DeSarbo (1995), J. Classification 12:21. Verbeke &
    Lesaffre (1996), JASA 91:217.
    """

    def __init__(
        self,
        n_components: Any = 2,
        *,
        distribution: str = "normal",
        formula: str | None = None,
        fit_intercept: bool = True,
        shared: Any = None,
        random: Any = None,
        variance: str = "own",
        covariance: str = "own",
        prior: Any = None,
        penalty: float = 0.0,
        coef: Any = None,
        weights: Any = "free",
        coef_init: Any = None,
        tol: float = 1e-6,
        max_iter: int = 1000,
        n_init: int = 10,
        init_params: str = "auto",
        random_state: Any = None,
        criterion: str = "bic",
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
        *,
        sample_weight: Any = None,
        groups: Any = None,
        offset: Any = None,
        exposure: Any = None,
        trials: Any = None,
        covariates: Any = None,
        known_labels: Any = None,
    ) -> Self:
        """Fit by maximum likelihood, or with a prior the maximum a posteriori.

        Parameters
        ----------
        X : table of shape (n_samples, n_features), or with a formula a data frame
            A feature may not be missing.
        y : array of shape (n_samples,)
            Rows whose response is missing say nothing; with a formula it comes from the frame.
        sample_weight : array of shape (n_samples,), optional
        groups : array of shape (n_samples,), optional
            Labels of any type; the rows of a group share their component, and are one unit.
        offset, exposure : arrays of shape (n_samples,), optional
            Added to the linear predictor: the offset itself, and the log of the exposure.
        trials : array of shape (n_samples,), optional
            Of binomial responses; 1 by default.
        covariates : table of shape (n_samples, c), optional
            What the memberships depend on, through a softmax gate.
        known_labels : array of shape (n_samples,) or (n_samples, n_components), optional
            As for `GaussianMixture.fit`. Weights, covariates and known labels are equal in all rows of a group.

        Returns
        -------
        self

        Raises
        ------
        HiddenmixError : HM1xx unusable data, HM2xx no estimate exists, HM4xx an unusable option
        """
        check_word("distribution", self.distribution, DISTRIBUTIONS)
        reader, features = learn(X, self.formula, self.fit_intercept)
        labels = read_labels(known_labels, len(features))
        for name, value, kinds in (("exposure", exposure, ("poisson", "gamma")), ("trials", trials, ("binomial",))):
            if value is not None and self.distribution not in kinds:
                what = f"{name} has no meaning for {self.distribution} responses"
                raise HiddenmixError("HM410", what, f"distribution={kinds[0]!r}")
        given = {
            "groups": groups,
            "offset": offset,
            "exposure": exposure,
            "trials": trials,
            "covariates": covariates,
            "weight": check_weights(sample_weight, len(features)),
            "known": labels.codes if labels.weights is None else labels.weights,
        }
        rows = sample(reader, X, features, y, given).observed()
        known = rows.by_unit(rows.known, "known labels")
        labels = replace(labels, **{"codes" if labels.weights is None else "weights": known}) if labels else Labels()
        plan = Plan.of(self, reader, rows, labels)
        with reworded(partial(_with_names, reader.names)):
            result, keep, selection = fitted_to(self, plan)
        knowledge = labels.knowledge(result.model.n_components)
        with reworded(help=_help):
            _verdict.refuse(result, HELP, reader.names)
            if not keep:
                result = _order.ordered(result, knowledge.fixed)
            _verdict.warn_about(result, self.max_iter, self.tol, reader.names)
        self._keep(plan, knowledge, result, selection)
        return self

    def standard_errors(self) -> dict[str, Any]:
        """Standard errors of the estimates by name, from the observed information; of `coef` with the intercept first.

        Raises
        ------
        HiddenmixError : HM420 they do not exist here, HM421 the data of the fit are not at hand
        """
        check_is_fitted(self)
        return dict(self.result_.standard_errors())

    def summary(self) -> str:
        """The fit in words, and a table of coefficients with standard errors where these exist."""
        check_is_fitted(self)
        return described(self, self._fitted)

    @property
    def history_(self) -> Any:
        """Every iteration of the fit."""
        return self.result_.trace

    def _keep(self, plan: Plan, knowledge: Any, result: Result[Any, Any], selection: Any) -> None:
        """Make the fit the estimator's state."""
        self.random_names_ = [plan.reader.names[j] for j in plan.random]
        for name, value in (("classes_", knowledge.classes), ("selection_", selection)):
            self.__dict__.pop(name, None)
            if value is not None:
                setattr(self, name, value)
        reader, table = plan.reader, Table(np.asarray(plan.rows.design.features))
        facts = facts_of(result, plan.data(knowledge), table, plan.pool, "")
        fitted = Fitted(result.model.plain(), result.params, reader, reader.width, reader.columns, facts=facts)
        self._show(fitted, result)

    def _show(self, fitted: Fitted, result: Result[Any, Any]) -> Self:
        """Set the fitted attributes."""
        for name in ("feature_names_in_", "scale_", "shape_", "covariance_", "gate_"):
            self.__dict__.pop(name, None)
        reader: Reader = fitted.reader
        estimates = fitted.model.estimates(fitted.params)
        coef, k = estimates.pop("coef"), len(fitted.params.weights)
        self.intercept_ = np.zeros(k) if reader.intercept is None else coef[:, reader.intercept].copy()
        self.coef_ = coef[:, reader.slopes].copy()
        self.coef_names_ = np.array([reader.names[j] for j in reader.slopes], dtype=object)
        self.weights_ = np.array(fitted.params.weights)
        for name in ("scale", "shape", "covariance", "gate"):
            if name in estimates:
                setattr(self, f"{name}_", np.array(estimates[name]))
        self.n_components_, self.n_features_in_ = k, reader.width
        if reader.columns is not None:
            self.feature_names_in_ = np.array(reader.columns, dtype=object)
        scale = fitted.facts.criteria.n if fitted.facts else 1.0
        self.result_, self.converged_, self.n_iter_ = result, result.converged, result.iterations
        self.lower_bound_ = result.objective / scale
        self.lower_bounds_ = [objective / scale for objective in result.trace.objectives[1:]]
        self._fitted = fitted
        return self


def _with_names(names: Sequence[str], text: str) -> str:
    """Columns of the design by their names."""
    return re.sub(r"column (\d+) of the design", lambda found: f"feature {names[int(found[1])]!r}", text)


def _help(text: str) -> str:
    """Advice in this estimator's own words."""
    return text.replace("covariance_type='tied'", "variance='shared'").replace("prior='conjugate'", "prior=1.0")


__all__ = ["RegressionMixture"]
