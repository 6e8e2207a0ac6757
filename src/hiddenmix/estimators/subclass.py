"""Any classifier, trained to tell apart the subclasses that a mixture finds in each class."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from hiddenmix._errors import HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, Table, check_weights, check_word
from hiddenmix._validate.tables import require_shape
from hiddenmix.discover._words import aligned
from hiddenmix.estimators import _options
from hiddenmix.estimators._base import keep_arguments
from hiddenmix.estimators._class_mixtures import (
    ClassPart,
    passed_on,
    reader_of,
    require_cells,
    require_classifier,
    require_mixture,
    rows_of,
    told_of,
    wanted_mixture,
)
from hiddenmix.estimators._classes import Classes, codes_of, read_classes
from hiddenmix.estimators._merged import best_within, by_class
from hiddenmix.estimators._state import read_again
from hiddenmix.estimators._subclass_counts import subclass_counts, subclass_names
from hiddenmix.estimators._warnings import warn
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.select import CRITERIA

__all__ = ["SubclassClassifier"]


def _has(name: str) -> Any:
    """Whether the base estimator, fitted if there is a fit, has a method."""

    def check(self: Any) -> bool:
        getattr(vars(self).get("estimator_", self.base_estimator), name)  # its own AttributeError says why not
        return True

    return check


class SubclassClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Cluster each class, let a classifier tell the subclasses apart, and merge its answers back.

    A class of several kinds is hard for a classifier with simple borders: the kinds are easier to tell from those of
    the other classes than the class is. The probability of a class is the sum over its subclasses,
    P(c | x) = sum_{j in c} P(j | x). `MixtureDiscriminant` is the same idea where the classifier is the mixture itself.

    Parameters
    ----------
    base_estimator : a scikit-learn classifier
        Cloned, and trained on the subclasses. Without `predict_proba` it merges what it predicts.
    subclasses : "auto", int, or dict of these by class
        The number of subclasses of each class; "auto" lets `criterion` choose among 1 to 6.
    mixture : a mixture of hiddenmix or another clustering with `n_components`, optional
        What clusters each class; `GaussianMixture()` without one.
    criterion : {"bic", "icl", "aic", "icl_hard"}
        What chooses where "auto" is asked for; lower is better.
    random_state : int, RandomState, Generator or None
        Seeds the clusterings. The base estimator has its own.

    Attributes
    ----------
    classes_ : ndarray of shape (m,)
    subclasses_ : dict
        How many subclasses each class has. A component that no row belongs to most is not one.
    subclass_classes_ : ndarray of shape (K,)
        The class of each subclass, as a number that points into `classes_`.
    subclass_names_ : ndarray of shape (K,)
        Such as "car 1"; of each class the largest comes first where the mixture orders them so.
    mixtures_ : dict
        For each class its fitted mixture; None where the class is a single subclass.
    estimator_ : the fitted classifier of subclasses
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)

    Notes
    -----
    Rows without a label (None, NaN) are left out of the fit. A row of weight 3 is the row three times, as far as the
    base estimator takes `sample_weight`; where it does not, weights count in the clustering, and a warning says so.

    References
    ----------
    Hastie & Tibshirani (1996), JRSS B 58:155. Japkowicz (2002), Supervised learning with unsupervised output
    separation, ASC 321.

    Examples
    --------
    >>> import hiddenmix as hm
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = [[0.0], [0.2], [0.1], [9.0], [9.2], [9.1], [4.0], [4.3], [4.1]], list("aaaaaabbb")
    >>> model = hm.SubclassClassifier(LogisticRegression(), {"a": 2, "b": 1}, random_state=0).fit(X, y)
    >>> model.predict([[0.1], [4.2], [9.1]]).tolist()
    ['a', 'b', 'a']
    """

    def __init__(
        self,
        base_estimator: Any,
        subclasses: Any = "auto",
        *,
        mixture: Any = None,
        criterion: str = "bic",
        random_state: Any = None,
    ) -> None:
        keep_arguments(self, locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Cluster each class, and train the base estimator on the subclasses.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Missing cells (NaN) where both the mixture and the base estimator take them.
        y : array of shape (n_samples,)
            Classes of any type; None and NaN for rows to leave out.
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        HiddenmixError : HM1xx unusable data, HM128, HM132 unusable labels, HM207 a class with fewer distinct rows
            than subclasses, HM208 fewer than two classes, HM4xx an unusable option
        """
        check_word("criterion", self.criterion, CRITERIA)
        prototype = GaussianMixture() if self.mixture is None else self.mixture
        require_mixture(prototype)
        require_classifier(self.base_estimator)
        reader, table = reader_of(prototype).learn(X)
        require_cells(self.base_estimator, table)
        require_shape(table.values.shape, min_rows=2)
        X, n = passed_on(X, table), len(table.values)
        weight = check_weights(sample_weight, n)
        classes = read_classes(y, n, weight)
        codes = self._cluster(prototype, X, table, classes, weight)
        self._reader, self.n_features_in_ = reader, table.values.shape[1]
        self.__dict__.pop("feature_names_in_", None)
        if table.columns is not None:
            self.feature_names_in_ = np.array(table.columns, dtype=object)
        rows = np.flatnonzero(classes.codes >= 0)
        self.estimator_ = clone(self.base_estimator)
        fitting = {} if weight is None else self._weights(weight[rows])
        self.estimator_.fit(rows_of(X, rows, n), codes[rows], **fitting)
        return self

    def _cluster(self, prototype: Any, X: Any, table: Table, classes: Classes, weight: Array | None) -> Array:
        """Fit a mixture to each class, set the attributes, and give the subclass of each row (n,)."""
        n, names = len(classes.codes), classes.names
        distinct = classes.distinct(table, n)
        wishes = subclass_counts(self.subclasses, names, distinct)
        seeds = _options.generator(self.random_state).integers(2**31, size=len(names))
        parts: list[ClassPart] = []
        codes = np.full(n, -1)
        for c, (name, wish) in enumerate(wishes.items()):
            rows, first = classes.rows(c), sum(len(part.kept) for part in parts)
            if wish == 1 or distinct[c] <= 1:
                parts.append(ClassPart(None, np.zeros(1, dtype=int)))
                codes[rows] = first
                continue
            own = rows_of(X, rows, n)
            w = None if weight is None else weight[rows]
            with told_of(name):
                mixture = wanted_mixture(prototype, own, wish, distinct[c], self.criterion, int(seeds[c]), w)
            kept, found = np.unique(mixture.predict(own), return_inverse=True)
            parts.append(ClassPart(mixture, kept))
            codes[rows] = first + found
        sizes = [len(part.kept) for part in parts]
        self._parts = tuple(parts)
        self.classes_ = np.array(names)
        self.mixtures_ = {name: part.mixture for name, part in zip(wishes, parts)}
        self.subclasses_ = dict(zip(wishes, sizes))
        self.subclass_classes_ = np.repeat(np.arange(len(sizes)), sizes)
        self.subclass_names_ = np.array(subclass_names(wishes, sizes), dtype=object)
        return codes

    def _weights(self, weight: Array) -> dict[str, Array]:
        """The weights as an argument of the base estimator's `fit`, if it takes them."""
        if has_fit_parameter(self.base_estimator, "sample_weight"):
            return {"sample_weight": weight}
        if len(np.unique(weight)) > 1:
            name = type(self.base_estimator).__name__
            what = f"{name} takes no sample_weight: the weights count in the clustering of the classes only"
            warn(HiddenmixWarning("HM412", what, "a base estimator that takes them, such as LogisticRegression"))
        return {}

    def predict(self, X: Any) -> AnyArray:
        """The class of each row: the most probable one, or that of the subclass which the base estimator predicts."""
        check_is_fitted(self)
        if hasattr(self, "predict_proba"):
            return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)])
        return np.asarray(self.classes_[self.subclass_classes_[self.predict_subclass(X)]])

    @available_if(_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> AnyArray:
        """Probabilities of the classes (n_samples, m): sums over their subclasses."""
        return np.asarray(by_class(self.predict_subclass_proba(X), self.subclass_classes_, len(self.classes_)))

    def predict_subclass(self, X: Any) -> AnyArray:
        """The most probable subclass (n_samples,) within the predicted class: a position in `subclass_names_`.

        Where the base estimator has no probabilities, the one that it predicts.
        """
        check_is_fitted(self)
        if not hasattr(self, "predict_proba"):
            return np.asarray(self.estimator_.predict(self._checked(X)))
        proba = self.predict_subclass_proba(X)
        codes = np.argmax(by_class(proba, self.subclass_classes_, len(self.classes_)), axis=1)
        return np.asarray(best_within(proba, self.subclass_classes_, codes))

    @available_if(_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_subclass_proba(self, X: Any) -> AnyArray:
        """Probabilities of the subclasses (n_samples, K), by the base estimator."""
        check_is_fitted(self)
        X = self._checked(X)
        return np.asarray(self.estimator_.predict_proba(X))

    def subclass_memberships(self, X: Any, y: Any) -> AnyArray:
        """Memberships among the subclasses of each row's own class, by the class's mixture.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Classes; a row without a label has its probabilities of all subclasses (or 0 and 1, where the base
            estimator has none).

        Returns
        -------
        ndarray of shape (n_samples, K)
            Rows sum to 1.

        Raises
        ------
        HiddenmixError : HM503 a class that the fit never saw
        """
        check_is_fitted(self)
        X = self._checked(X)
        n = len(X)
        codes = codes_of(y, n, self.classes_)
        found = np.zeros((n, len(self.subclass_classes_)))
        for c, part in enumerate(self._parts):
            rows = np.flatnonzero(codes == c)
            if len(rows):
                columns = np.flatnonzero(self.subclass_classes_ == c)
                found[np.ix_(rows, columns)] = part.memberships(rows_of(X, rows, n), len(rows))
        rest = np.flatnonzero(codes < 0)
        if len(rest):
            own = rows_of(X, rest, n)
            known = hasattr(self, "predict_subclass_proba")
            found[rest] = (
                self.predict_subclass_proba(own) if known else np.eye(found.shape[1])[self.predict_subclass(own)]
            )
        return found

    def summary(self) -> str:
        """The classes and their subclasses, with the rows of each, in words."""
        check_is_fitted(self)
        rows = [["class", "subclasses"], *([str(name), str(size)] for name, size in self.subclasses_.items())]
        name, k, m = type(self.estimator_).__name__, len(self.subclass_classes_), len(self.classes_)
        return "\n".join([f"{name} on {k} subclasses of {m} classes", *aligned(rows)])

    def _values(self, X: Any) -> Array:
        """The cells of a table with the columns of the fit: numbers, and codes of categories."""
        check_is_fitted(self)
        return np.asarray(self._read(X).values)

    def _levels(self) -> list[Any]:
        """For each column the levels that its codes stand for; None for numbers."""
        return [self._reader.levels_of(j) for j in range(self.n_features_in_)]

    def _checked(self, X: Any) -> Any:
        """The rows for the base estimator and the mixtures."""
        return passed_on(X, self._read(X))

    def _read(self, X: Any) -> Table:
        """A table with the columns of the fit; HM501, HM502 where it has others."""
        names = vars(self).get("feature_names_in_")
        fitted = None if names is None else tuple(names)
        return read_again(self._reader, X, self.n_features_in_, fitted, type(self).__name__)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if hasattr(self.base_estimator, "__sklearn_tags__"):  # `fit` refuses what has none
            tags.input_tags.allow_nan = get_tags(self.base_estimator).input_tags.allow_nan
        tags.input_tags.sparse = False
        return tags
