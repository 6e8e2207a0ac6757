"""Which subclasses a classifier gets wrong: the errors of rows, shared out by their memberships."""

from __future__ import annotations

import numpy as np

from hiddenmix._tree import Array, record

__all__ = ["Errors", "confusion", "errors_of"]


@record
class Errors:
    """Errors by subclass, from a table of subclasses against predicted classes.

    Attributes
    ----------
    rows : (K,) weight of the rows of each subclass
    wrong : (K,) weight of those whose predicted class is not theirs
    rate : (K,) the share of these; 0 for a subclass without rows
    of_class : (K,) the share of its class's errors that the subclass carries
    of_all : (K,) the share of all errors
    excess : (K,) errors beyond the subclass's part if all rows were as hard: wrong - rows · (all errors / all rows)
    order : (K,) subclasses, the largest excess first
    total : all errors, as a share of all rows
    """

    rows: Array
    wrong: Array
    rate: Array
    of_class: Array
    of_all: Array
    excess: Array
    order: Array
    total: float


def confusion(memberships: Array, predicted: Array, n_classes: int, weight: Array | None = None) -> Array:
    """Weights of rows (K, n_classes): how much of each subclass is predicted to be of each class.

    Parameters
    ----------
    memberships : (n, K) of each row among the subclasses of its own class
    predicted : (n,) numbers of the predicted classes
    n_classes : m
    weight : (n,)
    """
    taken = np.eye(n_classes)[predicted]
    return np.asarray(memberships.T @ (taken if weight is None else taken * weight[:, None]))


def errors_of(table: Array, group: Array) -> Errors:
    """The errors in a table (K, m) of subclasses of classes `group` (K,) against predicted classes."""
    rows = table.sum(axis=1)
    wrong = np.maximum(rows - table[np.arange(len(group)), group], 0.0)
    by_class = np.zeros(table.shape[1])
    np.add.at(by_class, group, wrong)
    total = float(wrong.sum() / rows.sum())
    excess = wrong - rows * total
    order = np.lexsort((np.arange(len(group)), -excess.round(9)))
    return Errors(
        rows,
        wrong,
        _share(wrong, rows),
        _share(wrong, by_class[group]),
        _share(wrong, np.full(len(group), wrong.sum())),
        excess,
        order,
        total,
    )


def _share(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)
