"""Mixtures of factor analysers: clusters in many columns, each with a few factors of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix.estimators import _factors, _normal
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._labels import Knowledge
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._starting import NormalStart, read_means, read_weights
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.factor import shown
from hiddenmix.families.factor_shapes import factor_shape
from hiddenmix.families.normal import Normal


class FactorMixture(MixtureEstimator):
    """A mixture of factor analysers: normal components with covariances S_j = L_j L_j' + Psi_j of few factors.

    Where a full covariance has d (d + 1)/2 numbers in every component, this one has d (q + 1) - q (q - 1)/2, or fewer
    where loadings or uniquenesses are common.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    n_factors : int, sequence of int, or "auto"
        q; of several, `criterion` chooses. "auto" tries all up to 8 that the columns can tell.
    loadings, uniquenesses : {"own", "common"}
        Whether each component has its own.
    isotropic : bool
        One uniqueness for all columns: mixtures of probabilistic principal components.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init, means_init : arrays, optional
        The start. The order of given means is kept.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    means_ : ndarray of shape (k, d)
    loadings_ : ndarray of shape (k, d, q)
    uniquenesses_ : ndarray of shape (k, d)
    covariances_ : ndarray of shape (k, d, d)
    n_factors_ : int
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, covariance_type_, classes_, \
selection_, n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Ghahramani & Hinton (1996), Technical Report CRG-TR-96-1, University of Toronto. McLachlan & Peel (2000), Finite
    Mixture Models, chapter 8. McNicholas & Murphy (2008), Statistics and Computing 18:285.
    """

    _starting = ("weights_init", "means_init")
    _help = "fewer components, fewer factors, or loadings and uniquenesses in common"

    def __init__(
        self,
        n_components: Any = 1,
        n_factors: Any = 1,
        *,
        loadings: str = "own",
        uniquenesses: str = "own",
        isotropic: bool = False,
        weights: Any = "free",
        weights_init: Any = None,
        means_init: Any = None,
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

    def _reader(self) -> Numbers:
        return Numbers(min_rows=2)

    def _task(self, X: Any, sample_weight: Any, known_labels: Any) -> Task:
        task = super()._task(X, sample_weight, known_labels)
        listed = _factors.numbers(self.n_factors, task.table.values.shape[1], self.isotropic)
        self._names = tuple(_factors.name(q, self.isotropic, self.loadings, self.uniquenesses) for q in listed)
        return task

    def _shapes(self) -> Sequence[str]:
        return self._names

    def _family(self, task: Task, shape: str) -> tuple[Normal, Note]:
        return Normal(shape), Note()

    def _fit_task(self, task: Task) -> Knowledge:
        knowledge = super()._fit_task(task)
        result = self.result_
        _factors.warn_vanished(result.model.family, result.params.components, task.table.columns)
        return knowledge

    def _given(self, k: int, d: int, shape: str) -> NormalStart | None:
        weights, mean = read_weights(self.weights_init, k), read_means("means_init", self.means_init, k, d)
        return None if weights is None and mean is None else NormalStart(self.init_params, weights, mean)

    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        k, shape, components = len(fitted.params.weights), fitted.model.family.shape, fitted.params.components
        dense = shape.dense(components.cov)
        found: dict[str, Any] = {
            "weights_": np.array(fitted.params.weights),
            "means_": np.array(components.mean),
            "covariances_": np.array(np.broadcast_to(dense, (k, *dense.shape[-2:]))),
        }
        if factor_shape(shape.name) is not None:  # a marginal has covariances only
            loading, noise = shown(components.cov, k)
            found |= {"loadings_": loading, "uniquenesses_": noise, "n_factors_": loading.shape[2]}
        return found

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k, shape = len(fitted.params.weights), fitted.model.family.shape
        title = f"{k} Gaussian component{'s' * (k > 1)} {shape.words} ({shape.letters})"
        return title, named(fitted.names, fitted.n_columns), _normal.cells(shape, fitted.params.components)

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {}
