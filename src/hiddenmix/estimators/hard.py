"""Hard subclasses: which kinds within a class a classifier gets wrong, and what they are taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import Table, check_labels, check_weights
from hiddenmix.discover.confused import Errors, confusion, errors_of
from hiddenmix.discover.effects import standardised_effects
from hiddenmix.discover.typical import typical_rows
from hiddenmix.estimators._class_mixtures import passed_on
from hiddenmix.estimators._classes import Classes, read_classes
from hiddenmix.estimators._folds import OutOfFold, labels_of, out_of_fold, split_rows
from hiddenmix.estimators._hard_report import HardSubclass, HardSubclasses
from hiddenmix.estimators._subclass_counts import plain

__all__ = ["HardSubclass", "HardSubclasses", "hard_subclasses"]


def hard_subclasses(
    classifier: Any,
    X: Any,
    y: Any,
    *,
    cv: Any = 5,
    sample_weight: Any = None,
    names: Sequence[str] | None = None,
    labels: Mapping[str, Any] | None = None,
    random_state: int = 0,
) -> HardSubclasses:
    """Find the subclasses that a classifier gets wrong, and say what they are taken for.

    The subclasses are those of a fit on all rows. Errors are out of fold: each row is predicted by a fit that did not
    see it. A row's error is shared out by the row's memberships in the subclasses of its own class.

    Parameters
    ----------
    classifier : MixtureDiscriminant or SubclassClassifier
        Fitted on these rows; or not, and then a clone is.
    X : table of shape (n_samples, n_features)
    y : array of shape (n_samples,)
        Classes; rows without a label (None, NaN) take part in every fit, where the classifier can use them.
    cv : int or splitter
        The number of folds, stratified by class.
    sample_weight : array of shape (n_samples,), optional
    names : sequence of str, optional
        Of the columns; those of the table, or x0, x1, ..., without them.
    labels : dict of arrays (n_samples,), optional
        Known labelings that are not used in the fit, and only name what was found.
    random_state : int
        Of the folds.

    Returns
    -------
    HardSubclasses

    Raises
    ------
    HiddenmixError : HM209 a class with too few rows for the folds, HM411 a classifier without subclasses, HM128
        labels of another length, HM410 names of another number than columns; and whatever a fit raises
    """
    if not hasattr(classifier, "subclass_memberships"):
        raise HiddenmixError(
            "HM411",
            f"{type(classifier).__name__} has no subclasses",
            "hm.MixtureDiscriminant(), or hm.SubclassClassifier(classifier)",
        )
    n = len(y)
    weight = check_weights(sample_weight, n)
    classes = read_classes(y, n, weight)
    fitted = _fitted(classifier, X, classes, weight)
    if classes.names.tolist() != fitted.classes_.tolist():
        what = f"the classifier tells {fitted.classes_.tolist()} apart, and y has {classes.names.tolist()}"
        raise HiddenmixError("HM410", what, "sklearn.base.clone(classifier), which is then fitted to these rows")
    values = fitted._values(X)
    if len(values) != n:
        raise HiddenmixError("HM128", f"y has {n} labels for {len(values)} rows", "one for each row")
    _require_names(names, values.shape[1])
    given = X if isinstance(X, Table) else passed_on(X, Table(values))
    folds = split_rows(classes, cv, random_state)
    found = out_of_fold(classifier, given, classes, folds, weight)
    return report_on(fitted, X, classes, found, len(folds), weight=weight, names=names, labels=labels)


def _fitted(classifier: Any, X: Any, classes: Classes, weight: Array | None) -> Any:
    """The classifier if it is fitted, or its clone fitted to all rows."""
    try:
        check_is_fitted(classifier)
    except NotFittedError:
        fitting = {} if weight is None else {"sample_weight": weight}
        return clone(classifier).fit(X, labels_of(classes), **fitting)
    return classifier


def report_on(
    fitted: Any,
    X: Any,
    classes: Classes,
    found: OutOfFold,
    folds: int,
    *,
    weight: Array | None = None,
    names: Sequence[str] | None = None,
    labels: Mapping[str, Any] | None = None,
) -> HardSubclasses:
    """The report, from a classifier fitted to all rows and out-of-fold predictions of the labelled ones."""
    rows = np.flatnonzero(classes.codes >= 0)
    values = fitted._values(X)
    memberships = fitted.subclass_memberships(X, labels_of(classes))[rows]
    w = np.ones(len(rows)) if weight is None else weight[rows]
    group = np.asarray(fitted.subclass_classes_)
    table = confusion(memberships, found.codes[rows], len(classes.names), w)
    errors = errors_of(table, group)
    known = {name: check_labels(given, len(values), name, None) for name, given in (labels or {}).items()}
    levels = fitted._levels()
    columns = names if names is not None else getattr(fitted, "feature_names_in_", None)
    about = _described(values[rows], memberships, classes.codes[rows], group, columns, levels, w)
    listed = [plain(name) for name in classes.names]
    subclasses = []
    for rank, j in enumerate(errors.order.astype(int), start=1):
        typical, words = about[j]
        mass = memberships[:, j] * w
        levelled = tuple(_known(name, one.codes[rows], one.levels.tolist(), mass) for name, one in known.items())
        subclasses.append(
            _subclass(rank, int(j), str(fitted.subclass_names_[j]), listed, group, table, errors,
                      tuple(int(rows[i]) for i in typical), words, levelled)
        )  # fmt: skip
    return HardSubclasses(
        tuple(subclasses), tuple(listed), tuple(map(str, fitted.subclass_names_)), table, errors.total, folds
    )


def _subclass(
    rank: int, j: int, name: str, classes: list[Any], group: Array, table: Array, errors: Errors,
    typical: tuple[int, ...], words: str, known: tuple[tuple[str, Any, float], ...],
) -> HardSubclass:  # fmt: skip
    own = int(group[j])
    wrong = float(errors.wrong[j])
    others = sorted(((float(table[j, c]), c) for c in range(len(classes)) if c != own), key=lambda pair: -pair[0])
    taken = tuple((classes[c], amount / wrong) for amount, c in others if wrong > 0 and amount > 0)
    return HardSubclass(
        rank, j, name, classes[own], float(errors.rows[j]), wrong, float(errors.rate[j]), taken,
        float(errors.of_class[j]), float(errors.of_all[j]), float(errors.excess[j]), typical, words, known,
    )  # fmt: skip


def _described(
    values: Array, memberships: Array, codes: Array, group: Array, names: Any, levels: Any, weight: Array
) -> list[tuple[list[int], str]]:
    """For each subclass its typical rows, and what makes it different from the others of its class."""
    found: dict[int, tuple[list[int], str]] = {}
    for c in range(int(group.max()) + 1):
        rows, own = np.flatnonzero(codes == c), np.flatnonzero(group == c)
        part, resp, w = values[rows], memberships[np.ix_(rows, own)], weight[rows]
        effects = standardised_effects(part, resp, names, levels, w)
        typical = typical_rows(part, resp, levels, w)
        for i, j in enumerate(own):
            words = effects.words(i) if len(own) > 1 else "the only subclass of its class"
            found[int(j)] = ([int(rows[t]) for t in typical[i]], words)
    return [found[j] for j in range(len(group))]


def _require_names(names: Sequence[str] | None, d: int) -> None:
    """HM410 where there is not one name for each column."""
    if names is not None and len(names) != d:
        what = f"names has {len(names)} name{'s' * (len(names) != 1)} for {d} columns"
        raise HiddenmixError("HM410", what, f"{d} names, one for each column; or none, for those of the table")


def _known(name: str, codes: Array, levels: list[Any], mass: Array) -> tuple[str, Any, float]:
    """The level that most of a subclass's rows with a known one have, and the share of these."""
    seen = codes >= 0
    counts = np.bincount(codes[seen], mass[seen], minlength=max(len(levels), 1))
    if not counts.sum() > 0:
        return (name, None, 0.0)
    best = int(np.argmax(counts))
    return (name, levels[best], float(counts[best] / counts.sum()))
