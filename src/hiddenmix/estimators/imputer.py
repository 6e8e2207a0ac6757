"""Imputation under one normal distribution, as a transformer."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_number, check_weights, check_word
from hiddenmix.data import Rows
from hiddenmix.discover._words import aligned
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result, Trace
from hiddenmix.engine.stopping import Gain
from hiddenmix.estimators import _options, _ridge, _verdict
from hiddenmix.estimators._base import keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._missing import Imputations
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._saving import Saved
from hiddenmix.estimators._summary import named, number
from hiddenmix.estimators._warnings import warn
from hiddenmix.families.normal import Normal, NormalPrior
from hiddenmix.families.precision import full_covariance
from hiddenmix.families.shapes import SHAPES
from hiddenmix.latent.single import Single


class NormalImputer(Imputations, Saved, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Fill in missing cells by what a multivariate normal distribution knows of them.

    Mean and covariance are the maximum-likelihood estimates from all observed cells, by EM; a missing cell becomes its
    conditional mean given the row's observed cells, or a random draw.

    Parameters
    ----------
    how : {"mean", "draw"}
        The conditional mean is the best guess of each cell by itself, but shrinks variances; draws keep them.
    covariance_type : {"full", "diag", "spherical"}
    tol : float
        The climb ends when the last gain of the log-likelihood, and all that is projected to come, are below `tol` for
        each row.
    max_iter : int
    reg_covar : float or "auto"
        As for `GaussianMixture`.
    prior : NormalPrior, "conjugate" or None
    random_state : int, RandomState, Generator or None
        Seeds draws.
    n_jobs : int or None
        Threads; None uses them where there are rows enough.

    Attributes
    ----------
    mean_ : ndarray of shape (d,)
    covariance_ : ndarray of shape (d, d)
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        The objective for each row.
    reg_covar_ : float
    result_ : Result
    history_ : Trace
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)

    References
    ----------
    Little & Rubin (2002), Statistical Analysis with Missing Data, section 11.2.
    """

    result_: Result[Any, Any]

    def __init__(
        self,
        *,
        how: str = "mean",
        covariance_type: str = "full",
        tol: float = 1e-6,
        max_iter: int = 1000,
        reg_covar: Any = "auto",
        prior: NormalPrior | str | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        keep_arguments(self, locals())

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Estimate mean and covariance from the observed cells.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Missing cells are NaN (also None, pandas.NA, masked).
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        self
        """
        self._check()
        table = Numbers().learn(X)[1]
        weight = check_weights(sample_weight, len(table.values))
        ridge = _ridge.settle(self.reg_covar, SHAPES[self.covariance_type], self.prior, table, weight)
        for warning in ridge.warnings:
            warn(warning)
        family = Normal(self.covariance_type, prior=self.prior, reg_covar=ridge.value)
        rows = Rows(table.values, weight)
        pool = _options.pool_for(self.n_jobs, rows.n_units)
        result = fit(Single(family), rows, stop=Gain(self.tol), max_iter=self.max_iter, pool=pool, rng=0)
        _verdict.refuse(result, "prior='conjugate', or reg_covar=1e-6")
        _verdict.warn_about(result, self.max_iter, self.tol, table.columns)
        self.reg_covar_ = ridge.value
        d = table.values.shape[1]
        fitted = Fitted(*self._released(result), Numbers(), d, table.columns)
        return self._show(fitted, result, result.objective / max(rows.n_observed, 1.0))

    def transform(self, X: Any) -> AnyArray:
        """The table with its missing cells filled in.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_word("how", self.how, ("mean", "draw"))
        return self.impute(X, self.how).astype(self._read(X).values.dtype, copy=False)

    def summary(self) -> str:
        """The fit in words, and one line for each column."""
        fitted, result = self._state(), self.result_
        sd = np.sqrt(np.diag(self.covariance_))
        rows = [
            [name, number(m, s), number(s)]
            for name, m, s in zip(named(fitted.names, fitted.n_columns), self.mean_, sd, strict=True)
        ]
        certificate = result.certificate.value
        return "\n".join(
            [
                f"A normal distribution of {fitted.n_columns} column{'s' * (fitted.n_columns > 1)} "
                f"({self.covariance_type}), to fill in missing cells",
                f"  log-likelihood {result.point.loglik:.3f}",
                f"  {result.iterations} iteration{'s' * (result.iterations != 1)}; {result.status.value}",
                f"  {certificate[:1].upper()}{certificate[1:]}",
                *aligned([["column", "mean", "sd"], *rows]),
            ]
        )

    @property
    def history_(self) -> Trace[Any]:
        """Every iteration of the fit."""
        return self.result_.trace

    def standard_errors(self) -> dict[str, Array]:
        """Standard errors of mean and covariance, from the observed information."""
        self._state()
        return self.result_.standard_errors()

    def _check(self) -> None:
        check_word("how", self.how, ("mean", "draw"))
        check_word("covariance_type", self.covariance_type, ("full", "diag", "spherical"))
        check_number("tol", self.tol, 0.0)
        check_number("max_iter", self.max_iter, 0, whole=True)

    def _show(self, fitted: Fitted, result: Result[Any, Any] | None, objective: float | None = None) -> Self:
        self.mean_ = fitted.params.mean[0].copy()
        self.covariance_ = full_covariance(fitted.model.family.shape, fitted.params)
        self.n_features_in_ = fitted.n_columns
        self.__dict__.pop("feature_names_in_", None)
        if fitted.names is not None:
            self.feature_names_in_ = np.array(fitted.names, dtype=object)
        if result is not None:
            self.result_ = result
            self.converged_, self.n_iter_ = result.converged, result.iterations
        if objective is not None:
            self.lower_bound_ = objective
        self._fitted = fitted
        return self

    def _reader(self) -> Numbers:
        return Numbers()

    def _released(self, result: Result[Any, Any]) -> tuple[Any, Any]:
        return result.model.plain(), result.params

    def _predicting(self, family: Any, params: Any) -> Single[Any, Any]:
        return Single(family)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
