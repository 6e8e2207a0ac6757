"""What a fitted mixture knows of missing cells, and of some of its columns by themselves."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_word
from hiddenmix.engine.result import Result
from hiddenmix.estimators._completing import completed
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._options import generator
from hiddenmix.estimators._state import WithState
from hiddenmix.estimators.conditional import Conditional, conditional_of
from hiddenmix.families.conditional import marginal


class Imputations(WithState):
    """Conditional distributions of missing cells, and imputation."""

    def conditional(self, X: Any) -> Conditional:
        """The distribution of every missing cell, given the observed cells of its row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)

        Returns
        -------
        Conditional
            For each row with missing cells the conditional mixture: weights, means and covariances, or probabilities
            of levels; with means, standard deviations, quantiles and draws.
        """
        fitted = self._state()
        return conditional_of(fitted.model, fitted.params, self._read(X).values, fitted.reader, fitted.names)

    def impute(self, X: Any, how: str = "mean", random_state: Any = None) -> AnyArray:
        """The table with its missing cells filled in: one summary of `conditional`.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        how : {"mean", "draw"}
            The conditional mean (of categories the most probable level), which is the best guess of each cell by
            itself, but shrinks variances; or a random draw, which keeps them.
        random_state : int, RandomState, Generator or None
            For draws; None uses the estimator's own.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_word("how", how, ("mean", "draw"))
        known = self.conditional(X)
        if how == "mean":
            return known.best()
        return known.draw(rng=generator(self.random_state if random_state is None else random_state))

    def completed(self, X: Any, m: int = 5, *, method: str = "bootstrap", rng: Any = None) -> list[Any]:
        """Completed data sets for multiple imputation: analyse each, and pool what comes out by `hiddenmix.pool`.

        Each begins with parameters of its own, drawn from what the data of the fit leave open, and draws the missing
        cells of a row together from their distribution given its observed cells. That components may change places
        from refit to refit does not matter here, since a draw goes through all of them.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            The table of the fit, or another one with its columns.
        m : int
            How many. They do not depend on it: the first of m=2 is the first of m=20.
        method : {"bootstrap", "information", "fixed"}
            Parameters from refits to rows drawn again; from the normal distribution that the observed information
            describes around the estimate; or those of the fit, which leaves their uncertainty out, so that intervals
            become too narrow.
        rng : int, RandomState, Generator or None
            Seeds the draws; None uses the estimator's `random_state`.

        Returns
        -------
        list of tables
            Of the kind of `X`: data frames with its index, names and types, arrays of its type. Observed cells are
            those of `X`. Columns of counts, and of a type of whole numbers, get whole numbers (there, draws are
            rounded); columns of categories get levels of the fit.

        Raises
        ------
        HiddenmixError : HM421 the data of the fit are not at hand, HM441 parameters cannot be drawn, HM410 the family
            does not say what it knows of missing cells

        References
        ----------
        Rubin (1987), Multiple Imputation for Nonresponse in Surveys. Little & Rubin (2002), Statistical Analysis with
        Missing Data, section 10.2. Honaker & King (2010), American Journal of Political Science 54:561.
        """
        return completed(self, X, m, method, rng)

    @abstractmethod
    def _released(self, result: Result[Any, Any]) -> tuple[Any, Any]:
        """The model that predicts, and its parameters: without a penalty."""


class MissingCells(Imputations):
    """With them, the marginals of a fitted mixture."""

    @abstractmethod
    def _alone(self, fitted: Fitted) -> Self:
        """An estimator of this class with the state `fitted`, which is about some of the columns of this one."""

    def marginal(self, columns: Any) -> Self:
        """The mixture of some of the columns, as a fitted estimator: the others integrated out.

        Parameters
        ----------
        columns : sequence of int or of str
            Numbers from 0, or names.
        """
        fitted = self._state()
        chosen = _positions(columns, fitted)
        family, components = marginal(fitted.model.family, fitted.params.components, chosen)
        smaller = Fitted(
            fitted.model.with_family(family),
            replace(fitted.params, components=components),
            fitted.reader.part(chosen),
            len(chosen),
            None if fitted.names is None else tuple(fitted.names[j] for j in chosen),
        )
        return self._alone(smaller)


def is_index(column: Any) -> bool:
    """Whether this is a whole number that can count columns."""
    return isinstance(column, int | np.integer) and not isinstance(column, bool | np.bool)


def _positions(columns: Any, fitted: Fitted) -> Array:
    """Column numbers of names or numbers; HM104 where one does not exist, HM410 for none or twice the same."""
    listed: list[Any] = [columns] if isinstance(columns, str | int | np.integer) else list(columns)
    if len(listed) == fitted.n_columns and all(isinstance(column, bool | np.bool) for column in listed):
        listed = list(np.flatnonzero(listed))  # a mask
    found = []
    for column in listed:
        if isinstance(column, str) and fitted.names is not None and column in fitted.names:
            found.append(fitted.names.index(column))
        elif is_index(column) and -fitted.n_columns <= column < fitted.n_columns:
            found.append(int(column) % fitted.n_columns)
        else:
            known = ", ".join(fitted.names) if fitted.names else f"0 to {fitted.n_columns - 1}"
            raise HiddenmixError("HM104", f"there is no column {column!r}", f"columns are {known}")
    if not found or len(set(found)) < len(found):
        raise HiddenmixError("HM410", "a marginal is of one or more columns, each named once", "marginal([0])")
    return np.array(found)
