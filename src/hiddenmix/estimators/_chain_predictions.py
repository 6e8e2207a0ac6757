"""What a fitted hidden Markov model says of sequences: states, densities, criteria, draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._validate import AnyArray, check_number
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.estimators import _chains, _options
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._told import KeptFit
from hiddenmix.families.views import centres
from hiddenmix.select import Criteria, criteria
from hiddenmix.sequences import Sequences


class ChainPredictions(KeptFit):
    """Predictions; missing cells are integrated out. `lengths` and `groups` are as for `fit`: one sequence without."""

    def predict(self, X: Any, lengths: Any = None, groups: Any = None) -> AnyArray:
        """The most probable path of states (Viterbi), a state for each row, from 0."""
        return self._over(X, lengths, groups, lambda model, params, batch: model.most_probable(params, batch)[0])

    def predict_proba(self, X: Any, lengths: Any = None, groups: Any = None) -> AnyArray:
        """The probabilities (n_samples, n_states) of the states of each row, given its whole sequence."""
        return self._over(X, lengths, groups, lambda model, params, batch: model.posterior(params, batch)[1])

    def _values(self, X: Any) -> AnyArray:
        """The table as the model sees it (n_samples, n_features): numbers, NaN in missing cells."""
        return self._read(X).values

    def _starts(self, n: int, lengths: Any, groups: Any) -> AnyArray:
        """The rows at which sequences begin, the first one left out."""
        return np.asarray(np.cumsum(_chains.read_lengths(lengths, groups, n))[:-1])

    def _columns(self) -> tuple[list[str], AnyArray]:
        """The names of the columns, and what is expected of them (n_states, d); NaN where that is not known."""
        fitted, d = self._state(), self._state().n_columns
        return list(named(fitted.names, d)), centres(fitted.model.family, fitted.params.components, d)

    def score_samples(self, X: Any, lengths: Any = None, groups: Any = None) -> AnyArray:
        """The log density of each sequence, of its observed cells."""
        return self._over(X, lengths, groups, lambda model, params, batch: model.posterior(params, batch)[0])

    def score(self, X: Any, y: Any = None, lengths: Any = None, groups: Any = None) -> float:
        """The log density of all sequences, divided by the number of rows; greater is better."""
        values = self._read(X).values
        return float(np.sum(self.score_samples(X, lengths, groups)) / len(values))

    def aic(self, X: Any, lengths: Any = None, groups: Any = None) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 parameters; lower is better."""
        return self._criteria(X, lengths, groups).aic

    def bic(self, X: Any, lengths: Any = None, groups: Any = None) -> float:
        """Schwarz' criterion, -2 log-likelihood + parameters · log n, with n rows; lower is better."""
        return self._criteria(X, lengths, groups).bic

    def icl(self, X: Any, lengths: Any = None, groups: Any = None) -> float:
        """BIC + 2 · entropy of the hidden path; lower is better."""
        return self._criteria(X, lengths, groups).icl

    def sample(self, n_samples: int = 1) -> tuple[AnyArray, AnyArray]:
        """Draw one sequence of so many rows, and its states."""
        check_number("n_samples", n_samples, 1, whole=True)
        fitted = self._state()
        x, states = fitted.model.sample(fitted.params, int(n_samples), _options.generator(self.random_state))
        return fitted.reader.write(x), states

    def summary(self) -> str:
        """The fit in words, a line for each state, and the table of transitions."""
        return _chains.summary(self._state())

    def _over(self, X: Any, lengths: Any, groups: Any, of: Any) -> AnyArray:
        """What `of` gives of each batch, one after the other."""
        fitted, values = self._state(), self._read(X).values
        data = Sequences(values, _chains.read_lengths(lengths, groups, len(values)))
        pool = _options.pool_for(self.n_jobs, len(values))
        with single_threaded_blas():
            parts = pool.map(lambda batch: of(fitted.model, fitted.params, batch), data.chunks())
            return np.concatenate(list(parts))

    def _criteria(self, X: Any, lengths: Any, groups: Any) -> Criteria:
        fitted, values = self._state(), self._read(X).values
        data = Sequences(values, _chains.read_lengths(lengths, groups, len(values)))
        free = None if fitted.facts is None else fitted.facts.criteria.n_parameters
        return criteria(fitted.model, fitted.params, data, _options.pool_for(self.n_jobs, len(values)), free)


__all__ = ["ChainPredictions"]
