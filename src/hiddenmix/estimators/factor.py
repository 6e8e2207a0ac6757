"""Factor analysis and probabilistic principal components, with missing cells."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_number, check_weights, check_word
from hiddenmix.data import Rows
from hiddenmix.discover._words import aligned
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result, Trace
from hiddenmix.engine.stopping import Gain
from hiddenmix.estimators import _factors, _options, _verdict
from hiddenmix.estimators._base import keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._missing import Imputations
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._saving import Saved
from hiddenmix.estimators._state import over_rows
from hiddenmix.estimators._summary import named, number
from hiddenmix.families.factor import rotated, scores, shown
from hiddenmix.families.normal import Normal
from hiddenmix.latent.single import Single


class FactorAnalysis(Imputations, Saved, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A few hidden factors behind many columns: x = m + L z + e, z ~ N(0, I), e ~ N(0, Psi), Psi diagonal.

    Maximum likelihood from all observed cells, by EM; without missing cells one M-step is the answer, which is solved
    to the last digit. With `isotropic` all columns have the same uniqueness: probabilistic principal components.

    Parameters
    ----------
    n_factors : int, sequence of int, or "auto"
        q; of several, `criterion` chooses. "auto" tries all up to 8 that the columns can tell.
    isotropic : bool
    rotation : {"varimax"} or None
        How the loadings are turned, which changes no density. Without, L' Psi^-1 L is diagonal.
    criterion : {"bic", "aic"}
    tol : float
        The climb ends when the last gain of the log-likelihood, and all that is projected to come, are below `tol` for
        each row.
    max_iter : int
    algorithm : {"auto", "em", "lbfgs", "anderson", "squarem"} or Algorithm
    random_state : int, RandomState, Generator or None
        Seeds draws.
    n_jobs : int or None
        Threads; None uses them where there are rows enough.

    Attributes
    ----------
    mean_ : ndarray of shape (d,)
    loadings_ : ndarray of shape (d, q)
    uniquenesses_ : ndarray of shape (d,)
        Variances that no factor explains.
    n_factors_ : int
    criteria_ : dict
        The criterion of each number of factors that was tried; lower is better.
    converged_, n_iter_, lower_bound_, result_, history_, n_features_in_, feature_names_in_
        As for `NormalImputer`.

    References
    ----------
    Lawley & Maxwell (1971), Factor Analysis as a Statistical Method. Rubin & Thayer (1982), Psychometrika 47:69.
    Tipping & Bishop (1999), JRSS B 61:611.

    Examples
    --------
    >>> import numpy as np, hiddenmix as hm
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 1)) * [1.0, 2.0, -1.0, 0.5] + rng.normal(size=(300, 4))
    >>> hm.FactorAnalysis("auto").fit(X).n_factors_
    1
    """

    result_: Result[Any, Any]

    def __init__(
        self,
        n_factors: Any = 1,
        *,
        isotropic: bool = False,
        rotation: str | None = None,
        criterion: str = "bic",
        tol: float = 1e-6,
        max_iter: int = 1000,
        algorithm: Any = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        keep_arguments(self, locals())

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Estimate mean, loadings and uniquenesses from the observed cells.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Missing cells are NaN (also None, pandas.NA, masked).
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        HiddenmixError : HM1xx unusable data, HM205 no estimate exists, HM439 more factors than the columns can tell
        """
        self._check()
        table = Numbers(min_rows=2).learn(X)[1]
        rows = Rows(table.values, check_weights(sample_weight, len(table.values)))
        found = {}
        for q in _factors.numbers(self.n_factors, table.values.shape[1], self.isotropic):
            result = self._fitted_to(rows, q)
            found[q] = (self._criterion(result, rows.n_observed), result)
        self.n_factors_ = min(found, key=lambda q: found[q][0])
        result = found[self.n_factors_][1]
        _verdict.refuse(result, "fewer factors, or isotropic=True")
        _verdict.warn_about(result, self.max_iter, self.tol, table.columns)
        _factors.warn_vanished(result.model.family, result.params, table.columns)
        self.criteria_ = {q: value for q, (value, _) in found.items()}
        fitted = Fitted(result.model, result.params, Numbers(min_rows=2), table.values.shape[1], table.columns)
        return self._show(fitted, result, result.objective / max(rows.n_observed, 1.0))

    def transform(self, X: Any) -> AnyArray:
        """The expected factors of each row, given its observed cells.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_factors)
            Zeros for a row without any value.
        """
        table, sd = self._read(X), np.sqrt(self.uniquenesses_)
        return over_rows(Rows(table.values), lambda batch: scores(self.mean_, self.loadings_, sd, batch.x), self.n_jobs)

    def score_samples(self, X: Any) -> AnyArray:
        """The log density of the observed cells of each row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        """
        table, fitted = self._read(X), self._state()
        return over_rows(Rows(table.values), lambda batch: fitted.model.posterior(fitted.params, batch)[0], self.n_jobs)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The mean log density of the rows; greater is better."""
        densities = self.score_samples(X)
        return float(np.average(densities, weights=check_weights(sample_weight, len(densities))))

    def get_covariance(self) -> Array:
        """The covariance matrix (d, d) of the model, L L' + Psi."""
        fitted = self._state()
        return np.array(fitted.model.family.shape.dense(fitted.params.cov)[0])

    def sample(self, n_samples: int = 1) -> AnyArray:
        """Draw rows (n_samples, n_features) from the model."""
        check_number("n_samples", n_samples, 1, whole=True)
        fitted = self._state()
        return np.asarray(fitted.model.sample(fitted.params, int(n_samples), _options.generator(self.random_state))[0])

    def summary(self) -> str:
        """The fit in words, and one line for each column."""
        fitted, result = self._state(), self.result_
        q, d = self.n_factors_, fitted.n_columns
        kind = "probabilistic principal components" if self.isotropic else "factors"
        rows = [
            [name, *(f"{value:.3f}" for value in loading), number(psi)]
            for name, loading, psi in zip(named(fitted.names, d), self.loadings_, self.uniquenesses_, strict=True)
        ]
        certificate = result.certificate.value
        return "\n".join(
            [
                f"{q} {kind[:-1] if q == 1 else kind} of {d} column{'s' * (d > 1)}",
                f"  log-likelihood {result.point.loglik:.3f}   parameters {fitted.model.n_free(fitted.params)}",
                f"  {result.iterations} iteration{'s' * (result.iterations != 1)}; {result.status.value}",
                f"  {certificate[:1].upper()}{certificate[1:]}",
                *aligned([["column", *(f"factor {j + 1}" for j in range(q)), "uniqueness"], *rows]),
            ]
        )

    @property
    def history_(self) -> Trace[Any]:
        """Every iteration of the fit."""
        return self.result_.trace

    def _fitted_to(self, rows: Rows, q: int) -> Result[Any, Any]:
        family = Normal(_factors.name(q, self.isotropic))
        options = {"stop": Gain(self.tol), "max_iter": self.max_iter, "algorithm": self.algorithm}
        pool = _options.pool_for(self.n_jobs, rows.n_units)
        return fit(Single(family), rows, pool=pool, rng=0, **options)

    def _criterion(self, result: Result[Any, Any], n: float) -> float:
        """AIC or BIC, lower is better; infinite without an estimate."""
        if not result.point.finite:
            return math.inf
        each = 2.0 if self.criterion == "aic" else math.log(n)
        return float(-2 * result.point.loglik + each * result.model.n_free(result.params))

    def _check(self) -> None:
        check_word("criterion", self.criterion, ("bic", "aic"))
        if self.rotation is not None:
            check_word("rotation", self.rotation, ("varimax",))
        check_number("tol", self.tol, 0.0)
        check_number("max_iter", self.max_iter, 0, whole=True)

    def _show(self, fitted: Fitted, result: Result[Any, Any] | None, objective: float | None = None) -> Self:
        loading, noise = shown(fitted.params.cov, 1)
        self.mean_ = fitted.params.mean[0].copy()
        self.loadings_, self.uniquenesses_ = rotated(loading[0], self.rotation), noise[0]
        self.n_factors_ = loading.shape[2]
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

    @property
    def _n_features_out(self) -> int:
        return self.n_factors_

    def _reader(self) -> Numbers:
        return Numbers(min_rows=2)

    def _predicting(self, family: Any, params: Any) -> Single[Any, Any]:
        return Single(family)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
