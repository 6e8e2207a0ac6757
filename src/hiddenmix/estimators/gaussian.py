"""Gaussian mixtures: scikit-learn's class, and what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sklearn.exceptions import NotFittedError

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_word
from hiddenmix.estimators import _normal, _options, _ridge
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._shared_normal import ColumnsOfNumbers, NormalInClasses, normal_subclasses
from hiddenmix.estimators._starting import NormalStart, read_covariances, read_means, read_weights
from hiddenmix.estimators._summary import named
from hiddenmix.estimators._task import Note, Task
from hiddenmix.families.normal import Normal, NormalPrior
from hiddenmix.families.shapes import ALL, SEARCHED, SHAPES
from hiddenmix.latent.mixture import Mixture


class GaussianMixture(NormalInClasses, MixtureEstimator):
    """A mixture of normal distributions.

    The density of a row is the sum over components j of w_j N(x; m_j, S_j), and its log-likelihood is maximised by EM
    from several starts. Arguments, methods and attributes are those of `sklearn.mixture.GaussianMixture`, with the same
    meaning; the documentation lists the defaults that differ.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    covariance_type : str, list of str, "auto", or "all"
        Each component its own ellipsoid ("full"), all the same ellipsoid ("tied"), independent columns ("diag"), or
        balls ("spherical"); the last two with the same variances in all components ("tied_diag", "tied_spherical").
        Between these lie eight shapes in which components share some of volume, shape and orientation, and own the
        rest: "same_volume", "same_shape", "same_orientation", "same_volume_shape", "same_volume_orientation",
        "same_shape_orientation", and along the columns "diag_same_volume" and "diag_same_shape". The fourteen go by
        their letters as well, "EII" to "VVV" (Celeux & Govaert 1995). "auto" tries the first four, "all" all.
    tol : float
        The climb ends when the last gain of the log-likelihood, and all that is projected to come, are below `tol` for
        each row.
    reg_covar : float or "auto"
        Penalises each log density by half of it times the trace of the precision, which adds it to the variances. 0 is
        exact maximum likelihood, and an error where that does not exist; "auto" is 0 wherever a maximum exists, and
        otherwise 1e-6, with a warning.
    max_iter : int
        Iterations at most, of every start.
    n_init : int
        Starts; they race, and the best few finish. From 40 000 rows on they race on a sample of 10 000, and the best of
        them goes on with all rows.
    init_params : {"auto", "kmeans", "k-means++", "random_from_data", "random", "hierarchical", "ward", "annealing"}
        How a start is found; "auto" takes the first three in turn. The last two merge rows into groups one by one
        (Banfield & Raftery 1993), by the likelihood of ellipsoids, as mclust does, or of equal balls; of more than 2000
        rows they take 2000. They are the same from any seed, so that one start is all there is. "annealing" is
        `Annealed()`.
    weights_init, means_init, precisions_init : arrays, optional
        The start, whole or in part. The order of given means is kept.
    random_state : int, RandomState, Generator or None
        Seeds the starts, and draws.
    warm_start : bool
        Begin where the last fit ended.
    verbose, verbose_interval : int
        A running report of the steps that `callback` sees, and how many iterations apart its lines are.
    weights : {"free", "equal"} or array of shape (n_components,)
        Whether weights are estimated, all equal, or known.
    prior : NormalPrior, "conjugate" or None
        A normal-inverse-Wishart prior; "conjugate" is Fraley & Raftery's (2007), computed from the data.
    stds_init : array, optional
        Starting standard deviations (k, d), or (k,) of a single column and of balls; without the k for the tied ones.
    criterion : {"icl", "bic", "aic", "icl_hard"}
        What chooses among several models; lower is better.
    algorithm : {"auto", "em", "lbfgs", "anderson", "squarem", "split-merge", "cem", "sem"} or Algorithm
        How to climb; "auto" begins as EM, and accelerates where its gains show that it is slow. "split-merge" moves
        components from where there are too many to where there are too few. "cem" maximises the classification
        likelihood: rows belong wholly to one component (scores and criteria are those of the mixture at its estimates).
        "sem" lets stochastic EM wander first, and goes on with "auto" from the best that it met.
    n_jobs : int or None
        Threads; None uses them where there are rows enough. The result does not depend on it.
    callback : callable, optional
        Called with each `Step` of each climb on all rows; the race on a sample, from 40 000 rows on, is silent. A true
        answer ends the fit with the best so far.
    standardize : bool
        Balls in columns measured in their standard deviations; `covariances_` of "spherical" and "tied_spherical" are
        then (k, d) and (d,). Likewise "same_orientation", "same_shape", "same_volume_orientation" and
        "same_volume_shape". The log-likelihood stays that of the columns as they are. Other shapes have no need of it.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    means_ : ndarray of shape (k, d)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        (k, d, d) for "full" and those whose word begins with "same", (d, d) for "tied", (k, d) for "diag" and those
        whose word begins with "diag", (k,) for "spherical", (d,) for "tied_diag", () for "tied_spherical".
    converged_ : bool
        Whether the stopping rule was met; `result_.status` says how the fit ended.
    n_iter_ : int
    lower_bound_ : float
        The objective for each row, at the fitted parameters.
    lower_bounds_ : list of float
        After each iteration.
    result_ : Result
        Status, certificate, trace, and the census of starts.
    history_ : Trace
    facts_ : Facts
        What `summary` tells: criteria, sizes of the components, status, notes.
    n_components_ : int
    covariance_type_ : str
        The word for it.
    reg_covar_ : float
        What was added to the variances.
    classes_ : ndarray
        With `known_labels`: the labels of the first components.
    selection_ : Selection
        With several models: all of them, and their criteria.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)

    References
    ----------
    Dempster, Laird & Rubin (1977), JRSS B 39:1. McLachlan & Peel (2000), Finite Mixture Models. Celeux & Govaert
    (1995), Pattern Recognition 28:781. Fraley & Raftery (2007), J. Classification 24:155.

    Examples
    --------
    >>> import hiddenmix as hm
    >>> model = hm.GaussianMixture(2, random_state=0).fit([[1.0], [1.2], [0.9], [8.0], [8.3], [7.6]])
    >>> model.means_.round(2).tolist()
    [[1.03], [7.97]]
    """

    _starting = ("weights_init", "means_init", "precisions_init", "stds_init")

    def __init__(
        self,
        n_components: Any = 1,
        *,
        covariance_type: Any = "full",
        tol: float = 1e-6,
        reg_covar: Any = "auto",
        max_iter: int = 1000,
        n_init: int = 10,
        init_params: str = "auto",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        weights: Any = "free",
        prior: NormalPrior | str | None = None,
        stds_init: Any = None,
        criterion: str = "icl",
        algorithm: Any = "auto",
        n_jobs: int | None = None,
        callback: Any = None,
        standardize: bool = False,
    ) -> None:
        keep_arguments(self, locals())

    @classmethod
    def from_parameters(
        cls,
        weights: Any,
        means: Any,
        covariances: Any,
        *,
        covariance_type: str = "full",
        feature_names: Sequence[str] | None = None,
        **arguments: Any,
    ) -> Self:
        """An estimator with given parameters, which samples and scores without a fit.

        Parameters
        ----------
        weights : array of shape (k,)
        means : array of shape (k, d)
        covariances : array
            In the layout of `covariances_`: (k, d, d) for "full", for example.
        covariance_type : str
            Words or letters.
        feature_names : sequence of str, optional
        **arguments
            Further constructor arguments, such as `random_state`.
        """
        check_word("covariance_type", covariance_type, SHAPES)
        covariance_type = SHAPES[covariance_type].name
        params = _normal.from_arrays(covariance_type, weights, means, covariances)
        k, d = params.components.mean.shape
        estimator = cls(k, covariance_type=covariance_type, **arguments)
        estimator.n_components_, estimator.covariance_type_ = k, covariance_type
        names = None if feature_names is None else tuple(feature_names)
        return estimator._show(Fitted(Mixture(Normal(covariance_type), k), params, Numbers(), d, names), None)

    def _reader(self) -> Numbers:
        return Numbers()

    def _shapes(self) -> Sequence[str]:
        shapes = _options.listed(self.covariance_type, SEARCHED, ALL)
        for shape in shapes:
            check_word("covariance_type", shape, SHAPES)
        return [SHAPES[shape].name for shape in shapes]

    def _family(self, task: Task, shape: str) -> tuple[Normal, Note]:
        kind = SHAPES[shape]
        if self.prior is not None and not isinstance(self.prior, NormalPrior):
            check_word("prior", self.prior, ("conjugate",))
        if self.standardize and (self.precisions_init is not None or self.stds_init is not None):
            raise HiddenmixError("HM410", "standardize and starting spreads do not go together", "means_init alone")
        standardize = bool(self.standardize) and not kind.scale_free
        ridge = _ridge.settle(self.reg_covar, kind, self.prior, task.table, task.weight, standardize)
        units = _ridge.units(task.table, task.weight) if standardize else None
        warnings = (*ridge.warnings, *(() if standardize else _ridge.scales(kind, task.table, task.weight)))
        note = Note(ridge.text, warnings, {"reg_covar_": ridge.value})
        return Normal(shape, prior=self.prior, reg_covar=ridge.value, units=units), note

    def _subclass_family(self, task: Task, classes: Classes, group: Array, sharing: Sharing) -> tuple[Normal, Note]:
        numbers = ColumnsOfNumbers(
            task.table, task.weight, self.covariance_type, self.reg_covar, self.prior, self.standardize
        )
        return normal_subclasses(numbers, classes, group, sharing)

    def _given(self, k: int, d: int, shape: str) -> NormalStart | None:
        weights, mean = read_weights(self.weights_init, k), read_means("means_init", self.means_init, k, d)
        cov = read_covariances(SHAPES[shape], self.precisions_init, self.stds_init, k, d)
        if weights is None and mean is None and cov is None:
            return None
        return NormalStart(self.init_params, weights, mean, cov)

    def _attributes(self, fitted: Fitted) -> dict[str, Array]:
        return _normal.attributes(fitted.model.family.shape, fitted.params)

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k, shape = len(fitted.params.weights), fitted.model.family.shape
        title = f"{k} Gaussian component{'s' * (k > 1)} {shape.words} ({shape.name}, {shape.letters})"
        cells = _normal.cells(shape, fitted.params.components)
        return title, named(fitted.names, fitted.n_columns), cells

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {"covariance_type": self.covariance_type_, "prior": None}

    def _rebuilt(self) -> Fitted:
        shown = self.__dict__
        if not {"weights_", "means_"} <= shown.keys() or not {"covariances_", "precisions_cholesky_"} & shown.keys():
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet: call fit first")
        shape = SHAPES[str(shown.get("covariance_type_", self.covariance_type))].name
        if self.standardize and not SHAPES[shape].scale_free:  # in units of the columns: of the same layout
            shape = SHAPES[shape].loose or shape.replace("spherical", "diag")
        params = _normal.from_shown(shape, shown)
        k, d = params.components.mean.shape
        names = tuple(shown["feature_names_in_"]) if "feature_names_in_" in shown else None
        return Fitted(Mixture(Normal(shape), k), params, Numbers(), d, names)
