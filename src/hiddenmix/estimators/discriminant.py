"""Classification by mixtures: every class a mixture of subclasses, merged back into classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_number, check_word
from hiddenmix.estimators import _choosing
from hiddenmix.estimators._base import keep_arguments
from hiddenmix.estimators._classes import Sharing, read_classes, read_priors
from hiddenmix.estimators._classify import Classifying
from hiddenmix.estimators._merged import by_class
from hiddenmix.estimators._saving import (
    packed,
    packed_selection,
    plain_attributes,
    restore_attributes,
    restored,
    unpacked,
)
from hiddenmix.estimators._subclass_counts import AUTO, plain, subclass_counts, subclass_names
from hiddenmix.estimators._subclasses import fit_all, fit_each
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.families.shapes import FORMS

TIES = ("all", "class", "none")
CRITERIA = ("bic", "icl", "aic", "icl_hard", "cv")


class MixtureDiscriminant(Classifying, ClassifierMixin, BaseEstimator):
    """A classifier made of mixtures: each class is a mixture of subclasses, and a row goes to the class that fits best.

    With prior probability pi_c of class c, and the class's density a mixture of its subclasses,
    P(c | x) = pi_c sum_{j in c} w_j p_j(x) / sum_l pi_l sum_{j in l} w_j p_j(x). All classes are fitted at once by
    maximum likelihood of (x, y); rows without a label count with the density of x alone. One subclass for each class is
    linear (`tied="all"`) or quadratic ("none") discriminant analysis.

    Parameters
    ----------
    subclasses : "auto", int, or dict from class to one of these
        The number of subclasses; "auto" lets `criterion` choose for each class.
    covariance_type : {"full", "diag", "spherical"} or None
        The covariance of a subclass; None leaves it to `mixture`.
    tied : {"all", "class", "none"} or None
        Whose covariance is the same: that of all subclasses (Hastie & Tibshirani's mixture discriminant analysis), that
        of the subclasses of each class, or nobody's. None is "all" for normal subclasses.
    n_components_rank : int or None
        With `tied="all"`: the dimension of the affine subspace in which the subclasses' means lie (reduced-rank MDA).
    priors : array of shape (n_classes,), dict, or None
        Prior probabilities of the classes, in their sorted order; None estimates them.
    criterion : {"bic", "icl", "aic", "icl_hard", "cv"}
        What chooses the number of subclasses: a criterion of each class by itself, or of all together where they share
        their covariance; or the cross-validated log loss of the classifier.
    mixture : mixture estimator or None
        An unfitted estimator of this package whose kind of columns and options the subclasses have:
        `PoissonMixture()`, `MixedMixture(counts=["visits"])`, `GaussianMixture(n_init=30)`, which is also the default.
        Its number of components does not matter.
    random_state : int, RandomState, Generator or None
        Seeds the starts; None leaves it to `mixture`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    priors_ : ndarray of shape (n_classes,)
        Prior probabilities of the classes.
    subclasses_ : dict
        The number of subclasses of each class.
    subclass_classes_ : ndarray of shape (n_subclasses,)
        The class of each subclass, as a position in `classes_`. Within a class the largest subclass comes first.
    subclass_names_ : ndarray of shape (n_subclasses,)
        "car 1", "car 2", ...
    mixture_ : mixture estimator
        All subclasses as one fitted mixture: parameters, `summary()`, `result_`, `conditional`, `sample`.
    selection_ : dict
        Where a criterion chose for each class by itself: its `Selection`.
    losses_ : dict
        Where the choice was one for all: the criterion or the mean log loss of everything tried, by the numbers of
        subclasses.
    n_features_in_ : int
    feature_names_in_ : ndarray

    References
    ----------
    Hastie & Tibshirani (1996), JRSS B 58:155. Fraley & Raftery (2002), JASA 97:611. Bensmail & Celeux (1996), JASA
    91:1743, for one subclass with constrained covariances.

    Examples
    --------
    >>> import hiddenmix as hm
    >>> X = [[0.0], [0.2], [9.0], [9.3], [4.0], [4.4], [4.1], [3.9]]
    >>> y = ["edge"] * 4 + ["middle"] * 4
    >>> model = hm.MixtureDiscriminant({"edge": 2, "middle": 1}, random_state=0).fit(X, y)
    >>> model.predict([[8.8], [4.2]]).tolist()
    ['edge', 'middle']
    """

    mixture_: Any
    subclass_classes_: Array

    def __init__(
        self,
        subclasses: Any = "auto",
        *,
        covariance_type: str | None = None,
        tied: str | None = None,
        n_components_rank: int | None = None,
        priors: Any = None,
        criterion: str = "bic",
        mixture: Any = None,
        random_state: Any = None,
    ) -> None:
        keep_arguments(self, locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit all subclasses of all classes.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Missing cells are integrated out.
        y : array of shape (n_samples,)
            Classes of any type; None and NaN stand for a row without a label.
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        HiddenmixError : HM1xx unusable data; HM205, HM206 a class without an estimate; HM207 more subclasses than
            distinct rows of a class; HM208 fewer than two classes; HM4xx an unusable option
        """
        prototype, sharing = self._prototype()
        task = prototype._task(X, sample_weight, None)
        classes = read_classes(y, len(task.table.values), task.weight)
        classes.require_values(task.table)
        priors = read_priors(self.priors, classes.names)
        distinct = classes.distinct(task.table, _choosing.limit(self.subclasses))
        wishes = subclass_counts(self.subclasses, classes.names, distinct)
        options, losses = _choosing.candidates(wishes, distinct), None
        if AUTO in wishes.values() and (self.criterion == "cv" or sharing.tied == "all"):
            if self.criterion == "cv":
                loss = _choosing.held_out_loss(self, prototype, X, task, classes)
            else:
                loss = _choosing.criterion_of_all(prototype, task, classes, sharing, priors)
            chosen, losses = _choosing.searched(classes.names.tolist(), options, loss)
            options = list(chosen.values())
        each = fit_each(prototype, task, classes, options, sharing)
        self.mixture_, self.subclass_classes_ = fit_all(prototype, task, classes, each, sharing, priors)
        self._keep(classes, each, losses)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = (GaussianMixture() if self.mixture is None else self.mixture).__sklearn_tags__().input_tags
        return tags

    def _prototype(self) -> tuple[Any, Sharing]:
        """The unfitted mixture of the subclasses, with the options of this classifier, and what they share."""
        check_word("criterion", self.criterion, CRITERIA)
        if self.tied is not None:
            check_word("tied", self.tied, TIES)
        if self.n_components_rank is not None:
            check_number("n_components_rank", self.n_components_rank, 1, whole=True)
        if self.mixture is not None and (isinstance(self.mixture, type) or not hasattr(self.mixture, "_tied")):
            raise HiddenmixError(
                "HM401", f"mixture cannot be {self.mixture!r}", "an unfitted mixture such as hm.PoissonMixture()"
            )
        prototype = GaussianMixture() if self.mixture is None else clone(self.mixture)
        own = {"criterion": "bic" if self.criterion == "cv" else self.criterion}
        if self.random_state is not None:
            own["random_state"] = self.random_state
        if self.covariance_type is not None:
            if "covariance_type" not in prototype.get_params():
                what = f"{type(prototype).__name__} has no covariance"
                raise HiddenmixError("HM410", what, "covariance_type=None")
            check_word("covariance_type", self.covariance_type, FORMS)
            own["covariance_type"] = self.covariance_type
        prototype.set_params(**own)
        prototype._require_plain()
        return prototype, Sharing(self.tied or prototype._tied(), self.n_components_rank)

    def _keep(self, classes: Any, each: Any, losses: Any) -> None:
        """Make the fit the estimator's state."""
        names = [plain(name) for name in classes.names]
        sizes = [one.size for one in each]
        self.classes_ = classes.names
        self.subclasses_ = dict(zip(names, sizes, strict=True))
        self.subclass_names_ = np.array(subclass_names(names, sizes), dtype=object)
        self.priors_ = by_class(self.mixture_.weights_, self.subclass_classes_, len(names))
        for name in ("selection_", "losses_"):
            self.__dict__.pop(name, None)
        chosen = {name: one.selection for name, one in zip(names, each, strict=True) if one.selection}
        if losses is not None:
            self.losses_ = losses
        elif chosen:
            self.selection_ = chosen
        self.n_features_in_ = self.mixture_.n_features_in_
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(self.mixture_, "feature_names_in_"):
            self.feature_names_in_ = self.mixture_.feature_names_in_

    def _shared(self) -> str:
        tied = self.tied or ("all" if self.mixture is None else self.mixture._tied())
        clauses = [", as fitted the same within each class"] if tied == "class" else []
        if self.n_components_rank is not None:
            clauses.append(f", means of rank {self.n_components_rank}")
        return "".join(clauses)

    def _payload(self) -> dict[str, Any]:
        check_is_fitted(self)
        arguments = {name: packed(value) for name, value in self.get_params(deep=False).items()}
        return {
            "estimator": type(self).__name__,
            "arguments": arguments,
            "attributes": plain_attributes(self),
            "mixture": self.mixture_._payload(),
            "selection": packed_selection(self),
        }

    @classmethod
    def _restored(cls, content: dict[str, Any]) -> Self:
        model = cls(**{name: unpacked(value) for name, value in content["arguments"].items()})
        model.mixture_ = restored(GaussianMixture if model.mixture is None else type(model.mixture), content["mixture"])
        restore_attributes(model, content)
        model.mixture_.subclass_classes_ = model.subclass_classes_
        sizes = [int((model.subclass_classes_ == code).sum()) for code in range(len(model.classes_))]
        model.subclasses_ = dict(zip(model.classes_.tolist(), sizes, strict=True))
        return model
