"""How many subclasses "auto" means: the numbers to try, and the choice among them by cross-validation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix.estimators import _options
from hiddenmix.estimators._class_mixtures import passed_on, rows_of
from hiddenmix.estimators._classes import Classes
from hiddenmix.estimators._folds import Fold, labels_of, split_rows
from hiddenmix.estimators._subclass_counts import AUTO
from hiddenmix.estimators._subclasses import FINE
from hiddenmix.estimators._task import Task

FOLDS = 5
STARTS = 2  # of each fit to a part of the rows
EACH = 3  # distinct rows for each subclass that "auto" tries
COUNTED = 1000  # distinct rows of a class that are worth counting


def limit(wishes: Any) -> int:
    """How far distinct rows must be counted to know that these numbers of subclasses fit."""
    asked = wishes.values() if isinstance(wishes, Mapping) else [wishes]
    return max([COUNTED, *(int(wish) for wish in asked if isinstance(wish, int | np.integer))])


def candidates(wishes: Mapping[Any, Any], distinct: Sequence[int]) -> list[Any]:
    """For each class its number of subclasses, or the numbers that a criterion chooses from."""
    most = max(_options.AUTO_COMPONENTS)
    return [
        list(range(1, max(1, min(most, rows // EACH)) + 1)) if wish == AUTO else wish
        for wish, rows in zip(wishes.values(), distinct, strict=True)
    ]


def cross_validated(
    estimator: Any, prototype: Any, X: Any, task: Task, classes: Classes, options: Sequence[Any]
) -> tuple[dict[Any, int], dict[tuple[int, ...], float]]:
    """The number of subclasses of each class with the lowest mean log loss on rows held out, and that of all tried.

    First the same number is tried for all classes with several `options`; from the best, each class in turn takes one
    more or one less while that lowers the loss. Choices that cannot be fitted have infinite loss.
    Fits to a part of the rows have fewer starts.
    """
    names, table = classes.names.tolist(), passed_on(X, task.table)
    prototype = clone(prototype).set_params(n_init=min(prototype.n_init, STARTS), tol=max(prototype.tol, FINE))
    folds = _folds(classes, task.rng)
    losses: dict[tuple[int, ...], float] = {}

    def loss(sizes: tuple[int, ...]) -> float:
        if sizes not in losses:
            given = dict(zip(names, sizes, strict=True))
            model = clone(estimator).set_params(subclasses=given, criterion="bic", mixture=clone(prototype))
            losses[sizes] = _held_out(model, table, task.weight, classes, folds)
        return losses[sizes]

    def allowed(sizes: tuple[int, ...]) -> bool:
        return all(s in o if isinstance(o, list) else s == o for s, o in zip(sizes, options, strict=True))

    most = max(max(option) for option in options if isinstance(option, list))
    same = [tuple(min(k, max(o)) if isinstance(o, list) else o for o in options) for k in range(1, most + 1)]
    best = min(same, key=loss)
    better = True
    while better:
        near = [sizes for sizes in _neighbours(best) if allowed(sizes)]
        next_best = min([best, *near], key=loss)
        best, better = next_best, next_best != best
    if not math.isfinite(losses[best]):
        raise HiddenmixError(
            "HM206", "none of the numbers of subclasses could be fitted to every part of the data", "subclasses=1"
        )
    return dict(zip(names, best, strict=True)), losses


def _neighbours(sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for c in range(len(sizes)):
        for step in (-1, 1):
            yield (*sizes[:c], sizes[c] + step, *sizes[c + 1 :])


def _folds(classes: Classes, rng: np.random.Generator) -> list[Fold]:
    counts = np.bincount(classes.codes[classes.codes >= 0])
    if counts.min() < 2:
        name = classes.names.tolist()[np.argmin(counts)]
        raise HiddenmixError("HM209", f"class {name!r} has one row, which cannot be held out", "criterion='bic'")
    return split_rows(classes, min(FOLDS, int(counts.min())), int(rng.integers(2**31)))


def _held_out(model: Any, X: Any, weight: Array | None, classes: Classes, folds: Sequence[Fold]) -> float:
    """The mean log loss of the rows held out; infinite where a fit is not possible."""
    n, labels = len(classes.codes), labels_of(classes)
    total = mass = 0.0
    for _, held in folds:
        rest = np.setdiff1d(np.arange(n), held)
        own = None if weight is None else weight[rest]
        try:
            with warnings.catch_warnings():  # the model that is chosen says what is wrong with it
                warnings.simplefilter("ignore", HiddenmixWarning)
                fitted = clone(model).fit(rows_of(X, rest, n), labels[rest], own)
        except HiddenmixError:
            return math.inf
        log_proba = fitted.predict_log_proba(rows_of(X, held, n))
        w = np.ones(len(held)) if weight is None else weight[held]
        total -= float(w @ log_proba[np.arange(len(held)), classes.codes[held]])
        mass += float(w.sum())
    return total / mass
