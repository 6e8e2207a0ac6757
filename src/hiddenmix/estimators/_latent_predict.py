"""What fitted latent classes say of rows, whose covariates stand beside their answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_number, check_weights
from hiddenmix.data import Rows
from hiddenmix.estimators._latent_figures import covariate_table
from hiddenmix.estimators._options import generator, pool_for
from hiddenmix.estimators._state import WithState
from hiddenmix.select import Criteria, criteria


class ClassPredictions(WithState):
    """Predictions with `covariates`, a table of numbers (n_samples, p), where the fit had them.

    All raise HM431 where covariates are needed and not given, HM410 where they are given and the fit had none.
    """

    def predict(self, X: Any, covariates: Any = None) -> AnyArray:
        """The most probable class of each row (n_samples,), counted from 0."""
        return np.asarray(np.argmax(self.predict_proba(X, covariates), axis=1))

    def predict_proba(self, X: Any, covariates: Any = None) -> AnyArray:
        """The membership probabilities of each row (n_samples, k); of a row without answers those before any."""
        table = self._read(X).values
        return self._each(table, lambda norm, resp: resp, None, self._covariates(covariates, len(table)))

    def predict_membership(self, covariates: Any) -> AnyArray:
        """The membership probabilities (n_samples, k) that covariates alone say."""
        values = self._covariates(covariates, None)
        fitted = self._state()
        assert values is not None
        return np.asarray(fitted.model.memberships(fitted.params, values))

    def score_samples(self, X: Any, covariates: Any = None) -> AnyArray:
        """The log probability of the answers of each row (n_samples,); 0 for a row without any."""
        table = self._read(X).values
        return self._each(table, lambda norm, resp: norm, None, self._covariates(covariates, len(table)))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, covariates: Any = None) -> float:
        """The mean log probability of the rows; greater is better."""
        densities = self.score_samples(X, covariates)
        return float(np.average(densities, weights=check_weights(sample_weight, len(densities))))

    def aic(self, X: Any, sample_weight: Any = None, covariates: Any = None) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 parameters; lower is better."""
        return self._criteria(X, sample_weight, covariates).aic

    def bic(self, X: Any, sample_weight: Any = None, covariates: Any = None) -> float:
        """Schwarz' criterion, -2 log-likelihood + parameters · log n; lower is better."""
        return self._criteria(X, sample_weight, covariates).bic

    def icl(self, X: Any, sample_weight: Any = None, covariates: Any = None) -> float:
        """The integrated complete likelihood, BIC + 2 · entropy of the memberships; lower is better."""
        return self._criteria(X, sample_weight, covariates).icl

    def icl_hard(self, X: Any, sample_weight: Any = None, covariates: Any = None) -> float:
        """BIC - 2 · sum of the logs of the largest memberships; lower is better."""
        return self._criteria(X, sample_weight, covariates).icl_hard

    def sample(self, n_samples: int = 1, covariates: Any = None) -> tuple[AnyArray, AnyArray]:
        """Draw rows of answers, and the classes that they came from; one for each row of `covariates`, where given."""
        fitted = self._state()
        if self._gated():
            values = self._covariates(covariates, None)
            given = {"covariates": values}
            n_samples = 0 if values is None else len(values)
        else:
            self._covariates(covariates, None)
            check_number("n_samples", n_samples, 1, whole=True)
            given = {}
        x, labels = fitted.model.sample(fitted.params, int(n_samples), generator(self.random_state), **given)
        return fitted.reader.write(x), labels

    def _criteria(self, X: Any, sample_weight: Any, covariates: Any = None) -> Criteria:
        table, fitted = self._read(X), self._state()
        n = len(table.values)
        rows = Rows(table.values, check_weights(sample_weight, n), covariates=self._covariates(covariates, n))
        fit = None if fitted.facts is None else fitted.facts.criteria.n_parameters
        return criteria(fitted.model, fitted.params, rows, pool_for(self.n_jobs, rows.n_units), fit)

    def _gated(self) -> bool:
        """Whether memberships depend on covariates."""
        return hasattr(self, "covariate_names_")

    def _covariates(self, covariates: Any, n: int | None) -> Array | None:
        """Covariates like those of the fit. Raises HM431 none, HM143 a missing one, HM404 another number, HM410."""
        self._state()
        if not self._gated():
            return super()._covariates(covariates, n)
        if covariates is None:
            what = "memberships depend on covariates, and none are given"
            raise HiddenmixError("HM431", what, "predict_proba(X, covariates=C)")
        values, names = covariate_table(covariates, n)
        known = self.covariate_names_.tolist()  # type: ignore[attr-defined]
        unnamed = "z0" in (*names[:1], *known[:1])
        if len(names) != len(known) or (names != tuple(known) and not unnamed):
            what = f"covariates {', '.join(names)}; the fit had {', '.join(known)}"
            raise HiddenmixError("HM404", what, "the covariates of the fit, in their order")
        if not np.isfinite(values).all():
            row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(values)))
            what = f"covariate {names[column]!r} has no number in row {row} (counting from 0)"
            raise HiddenmixError("HM143", what, "leave those rows out, or fill them")
        return values
