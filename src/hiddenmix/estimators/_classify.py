"""What a classifier made of mixtures says of rows: classes, subclasses, margins, and which rows it would refuse."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp
from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_number, check_weights
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Batch
from hiddenmix.data import Rows
from hiddenmix.estimators._classes import codes_of
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._merged import best_within
from hiddenmix.estimators._saving import Filed
from hiddenmix.estimators._state import over_rows, read_again
from hiddenmix.estimators._subclasses import evidence_of
from hiddenmix.estimators._summary import summary
from hiddenmix.latent._records import log_weights_of

AMBIGUOUS, OUTLIER = "ambiguous", "outlier"


@dataclass(frozen=True, eq=False)
class Decisions:
    """Classes with the right to refuse, row by row.

    Attributes
    ----------
    labels : (n,) object; the class, None where the row is refused
    reasons : (n,) "" where it is not, "ambiguous" between classes, or "outlier": like no subclass
    probability : (n,) of the most probable class
    typicality : (n,) the probability that a draw of the subclass nearest to the row is no more typical of it
    """

    labels: AnyArray
    reasons: AnyArray
    probability: Array
    typicality: Array


class Classifying(Filed):
    """Predictions of a fitted `MixtureDiscriminant`; missing cells are integrated out."""

    mixture_: Any
    classes_: AnyArray
    priors_: Array
    subclass_classes_: Array
    subclass_names_: AnyArray

    def predict(self, X: Any) -> AnyArray:
        """The most probable class of each row (n,)."""
        codes = np.argmax(self._log_proba(self._values(X)), axis=1)
        labels: AnyArray = self.classes_[codes]
        return labels

    def predict_proba(self, X: Any) -> AnyArray:
        """The probabilities of the classes (n, n_classes); of a row without any value, the priors."""
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict_log_proba(self, X: Any) -> AnyArray:
        """Their logarithms (n, n_classes), which stay apart where probabilities round to 0 and 1."""
        return self._log_proba(self._values(X))

    def _log_proba(self, values: Array) -> AnyArray:
        joint = self._log_joint(values)
        joint[np.max(joint, axis=1) == -np.inf] = np.log(self.priors_)
        joint -= np.max(joint, axis=1, keepdims=True)  # far away their size would swallow the sum
        return np.asarray(joint - logsumexp(joint, axis=1, keepdims=True))

    def decision_function(self, X: Any) -> AnyArray:
        """Log probabilities (n, n_classes); of two classes the log odds (n,) of the second."""
        log_proba = self.predict_log_proba(X)
        return log_proba[:, 1] - log_proba[:, 0] if log_proba.shape[1] == 2 else log_proba

    def margin(self, X: Any) -> AnyArray:
        """The log odds (n,) of the most probable class against the next: 0 where two are equally probable."""
        highest = np.sort(self.predict_log_proba(X), axis=1)[:, -2:]
        return np.asarray(highest[:, 1] - highest[:, 0])

    def predict_subclass(self, X: Any) -> AnyArray:
        """The most probable subclass (n,) within the predicted class: a position in `subclass_names_`."""
        values = self._values(X)
        codes = np.argmax(self._log_proba(values), axis=1)
        return np.asarray(best_within(self._memberships(values), self.subclass_classes_, codes))

    def predict_subclass_proba(self, X: Any) -> AnyArray:
        """The probabilities of all subclasses (n, n_subclasses); those of a class sum to the class's."""
        return self._memberships(self._values(X))

    def subclass_memberships(self, X: Any, y: Any) -> AnyArray:
        """Memberships (n, n_subclasses) in the subclasses of each row's own class; without a label, in all.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Classes of the fit, None and NaN for no label.
        """
        values = self._values(X)
        return self._memberships(values, codes_of(y, len(values), self.classes_))

    def _memberships(self, values: Array, codes: Array | None = None) -> AnyArray:
        """Memberships of all rows, among the subclasses of their classes where `codes` (n,) are given."""
        evidence = None if codes is None else evidence_of(codes, self.subclass_classes_)
        return np.asarray(self.mixture_._each(values, lambda norm, resp: resp, evidence))

    def subclass_confusion(self, X: Any, y: Any, sample_weight: Any = None) -> Array:
        """Which classes the rows of each subclass are taken for: weights of rows (n_subclasses, n_classes).

        Parameters are those of `subclass_memberships`; rows without a label do not count. Of the training rows this is
        too good to be true: `hard_subclasses` does it out of fold.
        """
        values = self._values(X)
        codes = codes_of(y, len(values), self.classes_)
        weight = check_weights(sample_weight, len(values))
        memberships = self._memberships(values, codes) * (codes >= 0)[:, None]
        if weight is not None:
            memberships *= weight[:, None]
        taken_for = np.argmax(self._log_proba(values), axis=1)
        return np.asarray(memberships.T @ np.eye(len(self.classes_))[taken_for])

    def decide(self, X: Any, min_probability: float = 0.9, min_typicality: float = 1e-3) -> Decisions:
        """Classes with a reject option, which tells rows between classes from rows that are like none of them.

        A row is an outlier where it is atypical of every subclass: where a draw of the nearest one lies further out
        with a probability below `min_typicality`. Other rows are ambiguous where the probability of their class is
        below `min_probability` (Chow 1970, IEEE Trans. Inf. Theory 16:41; Dubuisson & Masson 1993, Pattern Recognition
        26:155).

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        min_probability, min_typicality : float
            Between 0 and 1; 0 refuses no row.

        Returns
        -------
        Decisions
        """
        for name, value in (("min_probability", min_probability), ("min_typicality", min_typicality)):
            check_number(name, value, 0.0)
            if value > 1:
                raise HiddenmixError("HM403", f"{name} must be a probability; got {value!r}", f"{name}=0.01")
        values = self._values(X)
        proba = np.exp(self._log_proba(values))
        least = self.mixture_._state().model.family.least_typicality
        if 0 < min_typicality <= least:
            what = (
                f"min_typicality={min_typicality:g} refuses nothing: from draws no row is less typical than {least:.1g}"
            )
            raise HiddenmixError("HM403", what, "min_typicality=0.001")
        highest, typicality = proba.max(axis=1), self._typicality(values).max(axis=1)
        outlier = typicality < min_typicality
        ambiguous = ~outlier & (highest < min_probability)
        labels = np.array(self.classes_, dtype=object)[np.argmax(proba, axis=1)]
        labels[outlier | ambiguous] = None
        reasons = np.where(outlier, OUTLIER, np.where(ambiguous, AMBIGUOUS, ""))
        return Decisions(labels, reasons, highest, typicality)

    def typicality(self, X: Any) -> AnyArray:
        """For each subclass the probability (n, n_subclasses) that a draw of it is no more typical than the row."""
        return self._typicality(self._values(X))

    def _typicality(self, values: Array) -> AnyArray:
        def of(fitted: Fitted, batch: Batch) -> Array:
            return fitted.model.family.typicality(fitted.params.components, batch.x)

        return self._rows(values, of)

    def summary(self) -> str:
        """The classes, and all subclasses as one mixture, in words and a table."""
        check_is_fitted(self)
        sizes = zip(self.classes_.tolist(), self.priors_, self._own())
        told = [f"{name} {prior:.3f} ({len(own)})" for name, prior, own in sizes]
        first = "Classes with prior probability (and number of subclasses): "
        fitted = self.mixture_._state()
        title, headings, cells = self.mixture_._described(fitted)
        title = f"{title.replace('components', 'subclasses')}{self._shared()}"
        return f"{first}{', '.join(told)}\n{summary(title, fitted, cells, headings, list(self.subclass_names_))}"

    def _values(self, X: Any) -> Array:
        """The cells of a table with the columns of the fit."""
        check_is_fitted(self)
        fitted: Fitted = self.mixture_._state()
        return read_again(fitted.reader, X, fitted.n_columns, fitted.names, type(self).__name__).values

    def _levels(self) -> list[Any]:
        """For each column the levels that its codes stand for; None for numbers."""
        fitted: Fitted = self.mixture_._state()
        return [fitted.reader.levels_of(j) for j in range(fitted.n_columns)]

    def _rows(self, values: Array, of: Callable[[Fitted, Batch], Array]) -> AnyArray:
        """Something of every row, in their order."""
        fitted = self.mixture_._state()

        def part(batch: Any) -> Array:
            return np.concatenate([to_numpy(of(fitted, block)) for block in batch.blocks()])

        return over_rows(Rows(values), part, self.mixture_.n_jobs)

    def _log_joint(self, values: Array) -> Array:
        """log P(class) p(x | class) of every row (n, n_classes)."""

        def of(fitted: Fitted, batch: Batch) -> Array:
            return fitted.model.family.log_prob(fitted.params.components, batch.x)

        joint = self._rows(values, of) + log_weights_of(self.mixture_._state().params)
        return np.column_stack([logsumexp(joint[:, own], axis=1) for own in self._own()])

    @abstractmethod
    def _shared(self) -> str:
        """What the fit took for the same among the subclasses, beyond what their parameters show: a clause, or ""."""

    def _own(self) -> list[Array]:
        """The subclasses of each class."""
        return [np.flatnonzero(self.subclass_classes_ == code) for code in range(len(self.classes_))]
