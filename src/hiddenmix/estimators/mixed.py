"""Mixtures for tables with numbers, counts and categories side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._validate import Table, check_word
from hiddenmix.estimators import _discrete, _normal, _ridge
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._mixed import Mixed
from hiddenmix.estimators._shared_normal import ColumnsOfNumbers, NormalInClasses, normal_subclasses
from hiddenmix.estimators._starting import GivenStart, read_weights
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.categorical import Categorical
from hiddenmix.families.normal import Normal
from hiddenmix.families.poisson import Poisson
from hiddenmix.families.product import Product
from hiddenmix.families.shapes import SHAPES
from hiddenmix.model import Family


class MixedMixture(NormalInClasses, MixtureEstimator):
    """A mixture for mixed columns: normal numbers, Poisson counts and categories, independent within a component.

    The density of a row is the sum over components j of w_j N(numbers; m_j, S_j) times the product of the Poisson
    densities of its counts and the probabilities of its levels.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    categorical : sequence of int or str, or None
        The columns of categories; None takes those of texts, truth values, and types of categories.
    counts : sequence of int or str
        The columns of counts.
    covariance_type : {"full", "tied", "diag", "tied_diag", "spherical", "tied_spherical"}
        The covariance of the columns of numbers.
    reg_covar : float or "auto"
        As for `GaussianMixture`.
    prior : float, optional
        Rows seen before, added to every level of every component and column of categories.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init : array, optional
        Starting weights.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    means_, covariances_ : ndarray
        Of the columns of numbers, in their order.
    rates_ : ndarray of shape (k, counts)
        Of the columns of counts.
    categories_ : list of ndarray
        The sorted levels of each column of categories.
    probabilities_ : list of ndarray of shape (k, levels)
        For each column of categories, the probabilities of its levels.
    columns_ : dict
        The numbers of the columns of each kind: "number", "count", "category".
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, reg_covar_, classes_, \
selection_, n_features_in_, feature_names_in_
        As for `GaussianMixture`. Attributes of a kind of columns that the table does not have are missing.
    """

    def __init__(
        self,
        n_components: Any = 1,
        *,
        categorical: Any = None,
        counts: Any = (),
        covariance_type: str = "diag",
        reg_covar: Any = "auto",
        prior: float | None = None,
        weights: Any = "free",
        weights_init: Any = None,
        tol: float = 1e-6,
        max_iter: int = 1000,
        n_init: int = 10,
        init_params: str = "auto",
        random_state: Any = None,
        warm_start: bool = False,
        criterion: str = "icl",
        algorithm: Any = "auto",
        n_jobs: int | None = None,
        callback: Any = None,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        keep_arguments(self, locals())

    def _reader(self) -> Mixed:
        return Mixed(self.categorical, self.counts)

    def _family(self, task: Task, shape: str) -> tuple[Product, Note]:
        check_word("covariance_type", self.covariance_type, SHAPES)
        prior = _discrete.pseudo_counts(self.prior, several=False)
        note, reg_covar, part = Note(), 0.0, self._numbers(task)
        if part is not None:
            kind = SHAPES[self.covariance_type]
            ridge = _ridge.settle(self.reg_covar, kind, None, part, task.weight)
            reg_covar = ridge.value
            warnings = (*ridge.warnings, *_ridge.scales(kind, part, task.weight))
            note = Note(ridge.text, warnings, {"reg_covar_": reg_covar})
        return self._product(task.reader, Normal(self.covariance_type, reg_covar=reg_covar), prior), note

    def _subclass_family(
        self, task: Task, classes: Classes, group: Array, sharing: Sharing
    ) -> tuple[Family[Any, Any], Note]:
        part = self._numbers(task)
        if part is None:
            return super()._subclass_family(task, classes, group, replace(sharing, tied="none"))
        numbers = ColumnsOfNumbers(part, task.weight, self.covariance_type, self.reg_covar)
        normal, note = normal_subclasses(numbers, classes, group, sharing)
        return self._product(task.reader, normal, _discrete.pseudo_counts(self.prior, several=False)), note

    def _numbers(self, task: Task) -> Table | None:
        """The columns of numbers; None where there are none."""
        numbers = task.reader.groups().get("number")
        if not numbers:
            return None
        return Table(task.table.values[:, numbers], task.reader.chosen(task.table.columns, numbers))

    def _product(self, reader: Mixed, normal: Normal, prior: float | None = None) -> Product:
        families: dict[str, Family[Any, Any]] = {
            "number": normal,
            "count": Poisson(),
            "category": Categorical(reader.sizes or None, prior=prior),
        }
        groups = reader.groups()
        return Product([families[kind] for kind in groups], list(groups.values()))

    def _given(self, k: int, d: int, shape: str) -> GivenStart | None:
        weights = read_weights(self.weights_init, k)
        return None if weights is None else GivenStart(self.init_params, weights)

    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        groups = fitted.reader.groups()
        parts = dict(zip(groups, fitted.params.components))
        shown = {"weights_": fitted.params.weights.copy(), "columns_": groups}
        if "number" in parts:
            shown["means_"] = parts["number"].mean.copy()
            shown["covariances_"] = np.array(SHAPES[self.covariance_type].dense(parts["number"].cov))
        if "count" in parts:
            shown["rates_"] = parts["count"].rate.copy()
        if "category" in parts:
            reader = fitted.reader.part(np.array(groups["category"]))
            shown["categories_"] = list(reader.levels)
            shown["probabilities_"] = _discrete.by_column(parts["category"].p, reader)
        return shown

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k, groups = len(fitted.params.weights), fitted.reader.groups()
        texts: dict[int, Sequence[str]] = {}
        for (kind, columns), params in zip(groups.items(), fitted.params.components):
            if kind == "number":
                cells = _normal.cells(SHAPES[self.covariance_type], params)
            elif kind == "count":
                cells = _discrete.numbers(params.rate)
            else:
                cells = _discrete.levels(params.p, fitted.reader.part(np.array(columns)))
            texts |= {column: [row[i] for row in cells] for i, column in enumerate(columns)}
        rows = [[texts[column][j] for column in range(fitted.n_columns)] for j in range(k)]
        kinds = ", ".join(f"{len(columns)} {kind}" for kind, columns in groups.items())
        return f"{k} components of mixed columns ({kinds})", named(fitted.names, fitted.n_columns), rows

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        groups = fitted.reader.groups()
        return {"categorical": groups.get("category", []), "counts": groups.get("count", [])}
