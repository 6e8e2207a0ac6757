"""Mixtures for categories: latent classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hiddenmix.estimators import _discrete
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._readers import Levels
from hiddenmix.estimators._starting import GivenStart, read_weights
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.categorical import Categorical


class CategoricalMixture(MixtureEstimator):
    """A mixture of categories, independent within a component: the latent class model.

    The density of a row is the sum over components j of w_j times the product over columns c of the probability
    p_jc(x_c) of its level.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    prior : float, optional
        Rows seen before, added to every level of every component and column; it keeps probabilities away from 0.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init : array, optional
        Starting weights.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    categories_ : list of ndarray
        The sorted levels of each column.
    probabilities_ : list of ndarray of shape (k, levels)
        For each column, the probabilities of its levels.
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Goodman (1974), Biometrika 61:215.
    """

    _tags = ("allow_nan", "categorical")

    def __init__(
        self,
        n_components: Any = 1,
        *,
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

    def _reader(self) -> Levels:
        return Levels()

    def _family(self, task: Task, shape: str) -> tuple[Categorical, Note]:
        return Categorical(task.reader.sizes, prior=_discrete.pseudo_counts(self.prior, several=False)), Note()

    def _given(self, k: int, d: int, shape: str) -> GivenStart | None:
        weights = read_weights(self.weights_init, k)
        return None if weights is None else GivenStart(self.init_params, weights)

    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        return {
            "weights_": fitted.params.weights.copy(),
            "categories_": list(fitted.reader.levels),
            "probabilities_": _discrete.by_column(fitted.params.components.p, fitted.reader),
        }

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k = len(fitted.params.weights)
        cells = _discrete.levels(fitted.params.components.p, fitted.reader)
        return f"{k} latent class{'es' * (k > 1)}", named(fitted.names, fitted.n_columns), cells

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {}
