"""What a fitted mixture of regressions says of rows: expected responses, memberships, random effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import AnyArray, check_weights
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._regression_data import Sample, sample

GIVEN = ("groups", "offset", "exposure", "trials", "covariates")


class RegressionPredictions:
    """Predictions of a fitted mixture of regressions."""

    random: Any
    _fitted: Fitted

    def predict(self, X: Any, **given: Any) -> AnyArray:
        """The expected response of each row, over the components.

        Parameters
        ----------
        X : table of shape (n_samples, n_features), or a data frame
        **given
            `offset`, `exposure`, `trials` and `covariates`, as for `fit`.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        fitted, rows = self._rows(X, None, given, blank=True)
        return np.asarray((self._means(fitted, rows) * self._memberships(fitted, rows)).sum(axis=1))

    def predict_components(self, X: Any, **given: Any) -> AnyArray:
        """The expected response (n_samples, k) of each row, were it of each component; parameters as for `predict`."""
        fitted, rows = self._rows(X, None, given, blank=True)
        return self._means(fitted, rows)

    def predict_proba(self, X: Any, y: Any = None, **given: Any) -> AnyArray:
        """The membership probabilities (n_samples, k) of rows whose responses are known.

        Parameters as for `fit`; rows of a group have those of their group. Missing responses say nothing.
        """
        fitted, rows = self._rows(X, y, given)
        random = fitted.reader.places(self.random, "random")
        return np.asarray(rows.each(random, lambda batch: fitted.model.posterior(fitted.params, batch)[1]))

    def labels(self, X: Any, y: Any = None, **given: Any) -> AnyArray:
        """The most probable component (n_samples,) of each row; parameters as for `predict_proba`."""
        return np.asarray(np.argmax(self.predict_proba(X, y, **given), axis=1))

    def score_samples(self, X: Any, y: Any = None, **given: Any) -> AnyArray:
        """The log density of each row's response, or of all responses of its group; parameters as for `fit`."""
        fitted, rows = self._rows(X, y, given)
        random = fitted.reader.places(self.random, "random")
        return np.asarray(rows.each(random, lambda batch: fitted.model.posterior(fitted.params, batch)[0]))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **given: Any) -> float:
        """The mean log density of the units, rows or groups; greater is better. Parameters as for `fit`."""
        fitted, rows = self._rows(X, y, given)
        random = fitted.reader.places(self.random, "random")
        rows = replace(rows, weight=check_weights(sample_weight, len(rows.design.response)))
        weight = rows.by_unit(rows.weight, "weights")
        density = rows.each(random, lambda batch: fitted.model.posterior(fitted.params, batch)[0])
        return float(np.average(rows.by_unit(density, "densities"), weights=weight))

    def random_effects(self, X: Any, y: Any = None, **given: Any) -> tuple[AnyArray, AnyArray]:
        """Sorted labels (g,) of the groups, and their expected random effects (g, q) over the components."""
        fitted, rows = self._rows(X, y, given)
        random = fitted.reader.places(self.random, "random")
        if not random or rows.groups is None:
            raise HiddenmixError("HM434", "there are no random effects", "random=['intercept'] and groups=...")
        effects = rows.each(random, lambda b: fitted.model.family.effects(fitted.params.components, b.x))
        resp = rows.each(random, lambda batch: fitted.model.posterior(fitted.params, batch)[1])
        first = np.unique(rows.groups, return_index=True)[1]
        assert rows.labels is not None
        return rows.labels, np.einsum("gk,gkq->gq", resp[first], effects[first])

    @property
    def gated(self) -> bool:
        """Whether memberships depend on covariates."""
        return hasattr(self, "gate_")

    def _rows(self, X: Any, y: Any, given: dict[str, Any], blank: bool = False) -> tuple[Fitted, Sample]:
        check_is_fitted(self)
        unknown = set(given) - set(GIVEN)
        if unknown:
            raise HiddenmixError("HM401", f"predictions take no {sorted(unknown)[0]!r}", ", ".join(GIVEN))
        fitted: Fitted = self._fitted
        features = fitted.reader.features(X)
        return fitted, sample(fitted.reader, X, features, y, given, blank)

    def _means(self, fitted: Fitted, rows: Sample) -> AnyArray:
        return np.asarray(fitted.model.family.mean(fitted.params.components, rows.design))

    def _memberships(self, fitted: Fitted, rows: Sample) -> AnyArray:
        """Before the response is known: the weights, or what the covariates say."""
        if not self.gated:
            return np.asarray(fitted.params.weights)
        if rows.covariates is None:
            raise HiddenmixError("HM431", "memberships depend on covariates, and none are given", "covariates=...")
        return np.asarray(fitted.model.memberships(fitted.params, rows.covariates))
