"""How many subclasses "auto" means: the numbers to try, and a search where they depend on one another.

They do where the loss is that of the classifier on rows held out, and where all classes share their covariance.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import clone

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix.estimators import _options
from hiddenmix.estimators._class_mixtures import passed_on
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._folds import Fold, each_fold, split_rows
from hiddenmix.estimators._subclass_counts import AUTO
from hiddenmix.estimators._subclasses import FEW, FINE, fit_all, fit_each
from hiddenmix.estimators._task import Task

Sizes: TypeAlias = tuple[int, ...]  # the numbers of subclasses of all classes
Loss: TypeAlias = Callable[[Sizes], float]

NO_FIT = "HM2"  # codes of what these data do not allow, while other numbers may be possible
FOLDS = 5
STARTS = 2  # of each fit that is only compared with others
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


def searched(names: Sequence[Any], options: Sequence[Any], loss: Loss) -> tuple[dict[Any, int], dict[Sizes, float]]:
    """The number of subclasses of each class with the lowest loss, and the loss of all that were tried.

    First a few numbers are tried that are the same for all classes with several `options`; from the best, each class in
    turn takes one more or one less while that lowers the loss. Choices that cannot be fitted have infinite loss.
    """
    losses: dict[Sizes, float] = {}
    failures: list[HiddenmixError] = []

    def known(sizes: Sizes) -> float:
        if sizes not in losses:
            try:
                with warnings.catch_warnings():  # the model that is chosen says what is wrong with it
                    warnings.simplefilter("ignore", HiddenmixWarning)
                    losses[sizes] = loss(sizes)
            except HiddenmixError as error:
                if not error.code.startswith(NO_FIT):
                    raise
                losses[sizes] = math.inf
                failures.append(error)
        return losses[sizes]

    def allowed(sizes: Sizes) -> bool:
        return all(s in o if isinstance(o, list) else s == o for s, o in zip(sizes, options, strict=True))

    same = [tuple(min(k, max(o)) if isinstance(o, list) else o for o in options) for k in range(1, FEW + 1)]
    best = min(same, key=known)
    before: Sizes = ()
    while best != before:
        before = best
        for c in range(len(best)):
            for step in (1, -1):
                while allowed(near := (*best[:c], best[c] + step, *best[c + 1 :])) and known(near) < known(best):
                    best = near
    if not math.isfinite(losses[best]):
        first = failures[0]
        what = f"none of the numbers of subclasses could be fitted; with the smallest: {first.message}"
        raise HiddenmixError("HM206", what, first.help)
    return dict(zip(names, best, strict=True)), losses


def held_out_loss(estimator: Any, prototype: Any, X: Any, task: Task, classes: Classes) -> Loss:
    """The mean log loss of the classifier on rows held out."""
    names, table = classes.names.tolist(), passed_on(X, task.table)
    folds = _folds(classes, task.rng)
    quick = _quick(prototype)

    def loss(sizes: Sizes) -> float:
        given = dict(zip(names, sizes, strict=True))
        model = clone(estimator).set_params(subclasses=given, criterion="bic", mixture=clone(quick))
        return _held_out(model, table, task.weight, classes, folds)

    return loss


def criterion_of_all(prototype: Any, task: Task, classes: Classes, sharing: Sharing, priors: Array | None) -> Loss:
    """The criterion of all subclasses together, which share their covariance."""
    quick, seed = _quick(prototype), int(task.rng.integers(2**31))

    def loss(sizes: Sizes) -> float:
        own = replace(task, rng=np.random.default_rng([seed, *sizes]))  # whatever was tried before
        each = fit_each(quick, own, classes, sizes, sharing)
        mixture, _ = fit_all(quick, own, classes, each, sharing, priors)
        return float(mixture.facts_.criteria[prototype.criterion])

    return loss


def _quick(prototype: Any) -> Any:
    """The same with fewer starts and a larger tolerance, for fits that are only compared."""
    return clone(prototype).set_params(n_init=min(prototype.n_init, STARTS), tol=max(prototype.tol, FINE))


def _folds(classes: Classes, rng: np.random.Generator) -> list[Fold]:
    counts = np.bincount(classes.codes[classes.codes >= 0])
    if counts.min() < 2:
        name = classes.names.tolist()[np.argmin(counts)]
        raise HiddenmixError("HM209", f"class {name!r} has one row, which cannot be held out", "criterion='bic'")
    return split_rows(classes, min(FOLDS, int(counts.min())), int(rng.integers(2**31)))


def _held_out(model: Any, X: Any, weight: Array | None, classes: Classes, folds: list[Fold]) -> float:
    """The mean log loss of the rows held out."""
    total = mass = 0.0
    for fitted, held, rows in each_fold(model, X, classes, folds, weight):
        log_proba = fitted.predict_log_proba(rows)
        w = np.ones(len(held)) if weight is None else weight[held]
        total -= float(w @ log_proba[np.arange(len(held)), classes.codes[held]])
        mass += float(w.sum())
    return total / mass
