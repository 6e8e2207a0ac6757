"""What a fitted mixture says of rows: densities, memberships, criteria, draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._validate import AnyArray, check_number, check_weights
from hiddenmix.data import Rows
from hiddenmix.estimators._options import generator, pool_for
from hiddenmix.estimators._state import WithState
from hiddenmix.select import Criteria, criteria


class Predictions(WithState):
    """Predictions of a fitted estimator; missing cells are integrated out."""

    def predict(self, X: Any) -> AnyArray:
        """The most probable component of each row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Numbers of components, from 0.
        """
        labels: AnyArray = np.argmax(self.predict_proba(X), axis=1)
        return labels

    def predict_proba(self, X: Any) -> AnyArray:
        """The membership probabilities of each row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Rows sum to 1. A row without any value has the weights.
        """
        return self._each(self._read(X).values, lambda norm, resp: resp)

    def score_samples(self, X: Any) -> AnyArray:
        """The log density of each row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Of the observed cells; 0 for a row without any.
        """
        return self._each(self._read(X).values, lambda norm, resp: norm)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The mean log density of the rows.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        float
            Greater is better.
        """
        densities = self.score_samples(X)
        return float(np.average(densities, weights=check_weights(sample_weight, len(densities))))

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 parameters; lower is better."""
        return self._criteria(X, sample_weight).aic

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Schwarz' criterion, -2 log-likelihood + parameters · log n; lower is better."""
        return self._criteria(X, sample_weight).bic

    def icl(self, X: Any, sample_weight: Any = None) -> float:
        """The integrated complete likelihood, BIC + 2 · entropy of the memberships; lower is better."""
        return self._criteria(X, sample_weight).icl

    def icl_hard(self, X: Any, sample_weight: Any = None) -> float:
        """BIC - 2 · sum of the logs of the largest memberships, as mclust has it; lower is better."""
        return self._criteria(X, sample_weight).icl_hard

    def sample(self, n_samples: int = 1) -> tuple[AnyArray, AnyArray]:
        """Draw rows from the fitted mixture.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
        labels : ndarray of shape (n_samples,)
            The components that the rows came from, in the order of drawing.
        """
        check_number("n_samples", n_samples, 1, whole=True)
        fitted = self._state()
        x, labels = fitted.model.sample(fitted.params, int(n_samples), generator(self.random_state))
        return fitted.reader.write(x), labels

    def _criteria(self, X: Any, sample_weight: Any) -> Criteria:
        table, fitted = self._read(X), self._state()
        rows = Rows(table.values, check_weights(sample_weight, len(table.values)))
        fit = None if fitted.facts is None else fitted.facts.criteria.n_parameters
        return criteria(fitted.model, fitted.params, rows, pool_for(self.n_jobs, rows.n_units), fit)
