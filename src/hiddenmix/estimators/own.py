"""A mixture of any family, the user's own included."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np

from hiddenmix import _tree
from hiddenmix.estimators import _discrete
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._starting import GivenStart, read_weights
from hiddenmix.estimators._summary import named, tabled
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.normal import Normal
from hiddenmix.families.views import centres
from hiddenmix.model import Family


class MixtureModel(MixtureEstimator):
    """A mixture of any family: one of the library's, a product of several, or your own.

    Parameters
    ----------
    family : Family or None
        The components' distribution; None is `Normal()`.
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    weights : {"free", "equal"} or array of shape (n_components,)
    components_init : the family's parameters, optional
        The start. Its order is kept.
    weights_init : array, optional
        Starting weights.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    estimates_ : dict of ndarray
        The components' parameters by name, components first.
    components_ : the family's parameters
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.
    """

    _starting = ("weights_init", "components_init")
    _help = "fewer components, or a family with a prior: Normal(prior='conjugate'), for example"

    def __init__(
        self,
        family: Family[Any, Any] | None = None,
        n_components: Any = 1,
        *,
        weights: Any = "free",
        components_init: Any = None,
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

    def _reader(self) -> Numbers:
        return Numbers(min_rows=2)

    def _family(self, task: Task, shape: str) -> tuple[Family[Any, Any], Note]:
        return Normal() if self.family is None else self.family, Note()

    def _given(self, k: int, d: int, shape: str) -> GivenStart | None:
        weights = read_weights(self.weights_init, k)
        if weights is None and self.components_init is None:
            return None
        return GivenStart(self.init_params, weights, self.components_init)

    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        estimates = fitted.model.family.estimates(fitted.params.components)
        return {
            "weights_": np.array(fitted.params.weights),
            "estimates_": estimates,
            "components_": fitted.params.components,
        }

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k, family = len(fitted.params.weights), fitted.model.family
        names = named(fitted.names, fitted.n_columns)
        headings, shown = tabled(_own(family, fitted.params.components, k), k, names, getattr(family, "columns", ()))
        if not headings:  # components of different kinds: where they lie
            headings = [f"mean {name}" for name in names]
            shown = centres(family, fitted.params.components, fitted.n_columns)
        known = ~np.isnan(shown).any(axis=0)
        headings, cells = list(compress(headings, known)), _discrete.numbers(shown[:, known])
        return f"{k} component{'s' * (k > 1)} of {type(family).__name__}", headings, cells

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {"family": fitted.model.family}


def _own(family: Family[Any, Any], components: Any, k: int) -> dict[str, Any]:
    """The estimates that each component has its own of: with a component more they are longer by one."""
    more = family.estimates(_tree.pick(components, [*range(k), k - 1]))
    both = ((name, value, more[name]) for name, value in family.estimates(components).items())
    return {name: value for name, value, longer in both if np.shape(value)[:1] == (k,) and len(longer) == k + 1}
