"""Out-of-fold predictions of a classifier of classes; rows without a label help in every fold."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_number
from hiddenmix.estimators._class_mixtures import rows_of
from hiddenmix.estimators._classes import Classes
from hiddenmix.estimators._subclass_counts import plain
from hiddenmix.estimators._warnings import warn

__all__ = ["OutOfFold", "labels_of", "out_of_fold", "split_rows"]

Fold = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """What was predicted of the labelled rows by fits that did not see them.

    Attributes
    ----------
    codes : (n,) positions of the predicted classes; -1 for a row without a label
    proba : (n, m) probabilities of the classes; NaN for a row without a label, and where the classifier has none
    """

    codes: Array
    proba: Array


def split_rows(classes: Classes, cv: Any, random_state: int = 0) -> list[Fold]:
    """The labelled rows to learn from and to predict, fold by fold.

    Parameters
    ----------
    classes : of all rows
    cv : a number of folds, stratified by class; or a splitter of scikit-learn's
    random_state : of the folds

    Raises
    ------
    HiddenmixError : HM403 fewer than two folds, HM209 a class with fewer rows than folds, or of which a fold has none
        to learn from; HM410 a splitter that does not predict every row once
    """
    labelled = np.flatnonzero(classes.codes >= 0)
    codes = classes.codes[labelled]
    if isinstance(cv, str) or not hasattr(cv, "split"):
        check_number("cv", cv, 2, whole=True)
        _require_rows(classes, int(cv))
        cv = StratifiedKFold(int(cv), shuffle=True, random_state=random_state)
    folds = [(labelled[learn], labelled[test]) for learn, test in cv.split(labelled[:, None], codes)]
    seen = np.bincount(np.concatenate([test for _, test in folds]), minlength=len(classes.codes))
    if not np.all(seen[labelled] == 1):
        what = f"cv predicts {int((seen[labelled] != 1).sum())} of {len(labelled)} rows not once"
        raise HiddenmixError("HM410", what, "cv=5, or a splitter whose test sets are the parts of a partition")
    for i, (learn, _) in enumerate(folds):
        for code, name in enumerate(classes.names.tolist()):
            if not np.any(classes.codes[learn] == code):
                what = f"fold {i + 1} of {len(folds)} has no row of class {name!r} to learn from"
                raise HiddenmixError("HM209", what, "cv=5, whose folds have rows of every class")
    return folds


def _require_rows(classes: Classes, cv: int) -> None:
    counts = [len(classes.rows(code)) for code in range(len(classes.names))]
    fewest = int(np.argmin(counts))
    if counts[fewest] < cv:
        n, name = counts[fewest], plain(classes.names[fewest])
        fix = f"cv={n}, or leave the class out" if n > 1 else "leave the class out; one row cannot be set aside"
        what = f"class {name!r} has {n} row{'s' * (n != 1)}, too few for {cv} folds"
        raise HiddenmixError("HM209", what, fix)


def labels_of(classes: Classes) -> AnyArray:
    """The class of each row (n,) as Python values, None without a label."""
    labels = np.empty(len(classes.names) + 1, dtype=object)
    labels[:-1] = classes.names.tolist()
    return np.asarray(labels[classes.codes])


def each_fold(
    classifier: Any, X: Any, classes: Classes, folds: list[Fold], weight: Array | None = None
) -> Iterator[tuple[Any, Array, Any]]:
    """For each fold a clone that was fitted without it, the fold's rows as numbers, and as a table.

    Raises
    ------
    HiddenmixError : whatever a fit raises, with the number of its fold
    """
    n, labels = len(classes.codes), labels_of(classes)
    rest = np.flatnonzero(classes.codes < 0)
    for i, (learn, test) in enumerate(folds):
        rows = np.sort(np.concatenate([learn, rest]))
        fitting = {} if weight is None else {"sample_weight": weight[rows]}
        try:
            model = clone(classifier).fit(rows_of(X, rows, n), labels[rows], **fitting)
        except HiddenmixError as error:
            what = f"fold {i + 1} of {len(folds)}: {error.message}"
            raise type(error)(error.code, what, error.help) from None
        yield model, test, rows_of(X, test, n)


def out_of_fold(classifier: Any, X: Any, classes: Classes, folds: list[Fold], weight: Array | None = None) -> OutOfFold:
    """Let each fold's rows be predicted by a fit without them; warnings of each kind are given once.

    Raises
    ------
    HiddenmixError : whatever a fit raises, with the number of its fold
    """
    n = len(classes.codes)
    position = {name: code for code, name in enumerate(classes.names.tolist())}
    codes, proba = np.full(n, -1), np.full((n, len(position)), np.nan)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for model, test, new in each_fold(classifier, X, classes, folds, weight):
            codes[test] = [position[plain(name)] for name in model.predict(new)]
            if hasattr(model, "predict_proba"):
                proba[test] = model.predict_proba(new)
    told: dict[Any, list[Warning]] = {}
    for one in caught:
        message = one.message if isinstance(one.message, Warning) else one.category(one.message)
        told.setdefault((one.category, getattr(message, "code", "")), []).append(message)
    _tell(told, len(folds))
    return OutOfFold(codes, proba)


def _tell(told: dict[Any, list[Warning]], folds: int) -> None:
    """Each kind of warning once."""
    for first, *others in told.values():
        if isinstance(first, HiddenmixWarning):
            more = f", and {len(others)} more of the kind" if others else ""
            message = f"{first.message}  (in {folds} folds{more})"
            warn(type(first)(first.code, message, first.help))
        else:
            warnings.warn(first, stacklevel=4)
