"""Mixtures for counts: binomial, multinomial, Poisson."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hiddenmix._tree import Array
from hiddenmix._validate import check_number
from hiddenmix.estimators import _discrete
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._readers import Counts
from hiddenmix.estimators._starting import GivenStart, read_means, read_weights, read_within
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.binomial import Binomial, BinomialParams
from hiddenmix.families.multinomial import Multinomial, MultinomialParams
from hiddenmix.families.poisson import Poisson, PoissonParams


class BinomialMixture(MixtureEstimator):
    """A mixture of binomial distributions: heads among a known number of tosses, columns independent.

    The density of a row is the sum over components j of w_j times the product over columns c of
    C(t_c, x_c) p_jc^x_c (1 - p_jc)^(t_c - x_c).

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    trials : int, array of shape (d,), or None
        Tosses behind each count; None takes the largest count that is seen.
    prior : tuple of two floats, optional
        Successes and failures seen before, added to every component and column.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init, probabilities_init : arrays, optional
        The start. The order of given probabilities (k, d) is kept.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    probabilities_ : ndarray of shape (k, d)
    trials_ : ndarray of shape (d,)
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Do & Batzoglou (2008), Nature Biotechnology 26:897.
    """

    _starting = ("weights_init", "probabilities_init")
    _tags = _discrete.COUNTED

    def __init__(
        self,
        n_components: Any = 1,
        *,
        trials: Any = None,
        prior: Any = None,
        weights: Any = "free",
        weights_init: Any = None,
        probabilities_init: Any = None,
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

    def _reader(self) -> Counts:
        return Counts(True, self.trials)

    def _family(self, task: Task, shape: str) -> tuple[Binomial, Note]:
        prior = _discrete.pseudo_counts(self.prior, several=True)
        return Binomial(task.reader.trials, prior=prior), Note()

    def _given(self, k: int, d: int, shape: str) -> GivenStart | None:
        weights, p = read_weights(self.weights_init, k), read_means("probabilities_init", self.probabilities_init, k, d)
        p = read_within("probabilities_init", p, 1.0)
        return _discrete.start(self.init_params, weights, None if p is None else BinomialParams(p))

    def _attributes(self, fitted: Fitted) -> dict[str, Array]:
        return {
            "weights_": fitted.params.weights.copy(),
            "probabilities_": fitted.params.components.p.copy(),
            "trials_": fitted.reader.trials.copy(),
        }

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {"trials": fitted.reader.trials}

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        cells = _discrete.numbers(fitted.params.components.p)
        return _discrete.title(fitted, "binomial"), named(fitted.names, fitted.n_columns), cells


class PoissonMixture(MixtureEstimator):
    """A mixture of Poisson distributions, columns independent.

    The density of a row is the sum over components j of w_j times the product over columns c of
    exp(-r_jc) r_jc^x_c / x_c!.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    prior : tuple of two floats, optional
        Events seen before, and the rows in which they were counted, added to every component and column.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init, rates_init : arrays, optional
        The start. The order of given rates (k, d) is kept.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    rates_ : ndarray of shape (k, d)
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Hasselblad (1969), J. American Statistical Association 64:1459.
    """

    _starting = ("weights_init", "rates_init")
    _tags = _discrete.COUNTED

    def __init__(
        self,
        n_components: Any = 1,
        *,
        prior: Any = None,
        weights: Any = "free",
        weights_init: Any = None,
        rates_init: Any = None,
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

    def _reader(self) -> Counts:
        return Counts()

    def _family(self, task: Task, shape: str) -> tuple[Poisson, Note]:
        return Poisson(prior=_discrete.pseudo_counts(self.prior, several=True)), Note()

    def _given(self, k: int, d: int, shape: str) -> GivenStart | None:
        weights, rate = read_weights(self.weights_init, k), read_means("rates_init", self.rates_init, k, d)
        rate = read_within("rates_init", rate, float("inf"))
        return _discrete.start(self.init_params, weights, None if rate is None else PoissonParams(rate))

    def _attributes(self, fitted: Fitted) -> dict[str, Array]:
        return {"weights_": fitted.params.weights.copy(), "rates_": fitted.params.components.rate.copy()}

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        cells = _discrete.numbers(fitted.params.components.rate)
        return _discrete.title(fitted, "Poisson"), named(fitted.names, fitted.n_columns), cells

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {}


class MultinomialMixture(MixtureEstimator):
    """A mixture of multinomial distributions: how often each category occurred in a row, given how often in all.

    The density of a row is the sum over components j of w_j n! times the product over columns c of p_jc^x_c / x_c!,
    n being the row's total. Where counts are missing it is that of the observed ones given their own total.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    trials : int or None
        The total of the rows that `sample` draws; None takes the mean total of the data. Fits never use it.
    prior : float or array of shape (d,), optional
        Counts seen before, of every category or of each, added to every component.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init, probabilities_init : arrays, optional
        The start. The order of given probabilities (k, d), whose rows sum to 1, is kept.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    probabilities_ : ndarray of shape (k, d)
    trials_ : int
        The total of the rows that `sample` draws.
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, classes_, selection_, \
n_features_in_, feature_names_in_
        As for `GaussianMixture`.
    """

    _starting = ("weights_init", "probabilities_init")
    _tags = _discrete.COUNTED

    def __init__(
        self,
        n_components: Any = 1,
        *,
        trials: int | None = None,
        prior: float | None = None,
        weights: Any = "free",
        weights_init: Any = None,
        probabilities_init: Any = None,
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

    def _reader(self) -> Counts:
        return Counts()

    def _family(self, task: Task, shape: str) -> tuple[Multinomial, Note]:
        if self.trials is not None:
            check_number("trials", self.trials, 1, whole=True)
        return Multinomial(self.trials, prior=self.prior), Note()

    def _given(self, k: int, d: int, shape: str) -> GivenStart | None:
        weights, p = read_weights(self.weights_init, k), read_means("probabilities_init", self.probabilities_init, k, d)
        p = read_within("probabilities_init", p, 1.0, sums_to_one=True)
        return _discrete.start(self.init_params, weights, None if p is None else MultinomialParams(p))

    def _attributes(self, fitted: Fitted) -> dict[str, Any]:
        return {
            "weights_": fitted.params.weights.copy(),
            "probabilities_": fitted.params.components.p.copy(),
            "trials_": fitted.model.family.trials,
        }

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        cells = _discrete.numbers(fitted.params.components.p)
        return _discrete.title(fitted, "multinomial"), named(fitted.names, fitted.n_columns), cells

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {}
