"""What a fitted mixture tells of itself: a summary, standard errors, its history."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.engine.result import Result, Trace
from hiddenmix.estimators._fitted import Facts, Fitted
from hiddenmix.estimators._state import WithState
from hiddenmix.estimators._summary import summary


class KeptFit(WithState):
    """What the fit itself says of it."""

    result_: Result[Any, Any]

    def standard_errors(self) -> dict[str, Array]:
        """Standard errors of the fitted attributes, from the observed information; 0 for what is not free.

        Raises
        ------
        HiddenmixError : HM420 they do not exist here, HM421 the data of the fit are not at hand
        """
        self._state()
        if not hasattr(self, "result_"):
            raise HiddenmixError("HM421", "standard errors belong to a fit, and these parameters were given", "fit(X)")
        return self.result_.standard_errors()

    @property
    def history_(self) -> Trace[Any]:
        """Every iteration of the fit: objective, log-likelihood, seconds, and parameters."""
        return self.result_.trace

    @property
    def facts_(self) -> Facts:
        """What `summary` tells: criteria, sizes, status, certificate, census, notes."""
        facts = self._state().facts
        if facts is None:
            raise AttributeError(f"this {type(self).__name__} was not fitted: its parameters were given")
        return facts


class Told(KeptFit):
    """The fit of a mixture in words and numbers."""

    @abstractmethod
    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        """For the summary: a title, the headings of the components' parameters, and these as text."""

    def summary(self) -> str:
        """The fit in words, and one line for each component, in the units of the data."""
        fitted = self._state()
        title, headings, cells = self._described(fitted)
        return summary(title, fitted, cells, headings)
