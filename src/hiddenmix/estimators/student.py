"""Mixtures of Student-t distributions: groups of rows with heavy tails, or with outliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, check_word
from hiddenmix.batch import Batch
from hiddenmix.data import Rows
from hiddenmix.estimators import _normal, _options, _ridge
from hiddenmix.estimators._base import MixtureEstimator, keep_arguments
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._starting import NormalStart, read_means, read_weights
from hiddenmix.estimators._state import over_rows
from hiddenmix.estimators._summary import named, number
from hiddenmix.estimators._task import Note, Task
from hiddenmix.estimators._warnings import reworded
from hiddenmix.families._freedom import START
from hiddenmix.families.normal import NormalPrior
from hiddenmix.families.precision import covariance
from hiddenmix.families.shapes import SEARCHED, SHAPES
from hiddenmix.families.student import Student, StudentParams
from hiddenmix.latent.mixture import MixtureParams


@dataclass(frozen=True)
class StudentStart:
    """Weights, means and scale matrices, each of them given or not, with degrees of freedom (k,)."""

    normal: NormalStart
    df: Array

    @property
    def located(self) -> bool:
        """Whether the means are given, so that there is one start only."""
        return self.normal.located

    def __call__(self, model: Any, data: Any, rng: np.random.Generator) -> MixtureParams[StudentParams]:
        """The start."""
        found = self.normal(model, data, rng)
        return MixtureParams(found.weights, StudentParams(found.components.mean, found.components.cov, self.df))


class StudentMixture(MixtureEstimator):
    """A mixture of multivariate Student-t distributions: a Gaussian mixture that outliers do not drag.

    The density of a row is the sum over components j of w_j t(x; m_j, S_j, v_j). A row counts in its component's mean
    and scale matrix with a weight near 1 where it lies well, and near 0 far out; the fewer degrees of freedom v, the
    sooner. As v goes to infinity the t becomes the normal.

    Parameters
    ----------
    n_components : int, sequence of int, or "auto"
        The number of components; of several, `criterion` chooses.
    covariance_type : str, list of these, or "auto"
        The shape of the scale matrices, by the names of `GaussianMixture`; "auto" tries the first four.
    df : float, array of shape (n_components,), or None
        Degrees of freedom that are given; None estimates them, between 0.1 and 1000. At 1000 the component cannot be
        told from a normal one, to which the likelihood would go.
    shared_df : bool
        Whether all components have the same degrees of freedom.
    prior : NormalPrior, "conjugate" or None
        A normal-inverse-Wishart prior of means and scale matrices, as for `GaussianMixture`.
    weights : {"free", "equal"} or array of shape (n_components,)
    weights_init, means_init, scales_init, df_init : arrays, optional
        The start, whole or in part; `scales_init` are scale matrices in the layout of `covariances_`. The order of
        given means is kept.
    tol, max_iter, n_init, init_params, random_state, warm_start, criterion, algorithm, n_jobs, callback, \
verbose, verbose_interval
        As for `GaussianMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    means_ : ndarray of shape (k, d)
        Locations; the means where v > 1.
    covariances_ : ndarray
        The scale matrices S, in the layout of `GaussianMixture`. The covariance is v/(v - 2) S where v > 2, and does
        not exist otherwise.
    df_ : ndarray of shape (k,)
    converged_, n_iter_, lower_bound_, lower_bounds_, result_, history_, n_components_, covariance_type_, classes_, \
selection_, n_features_in_, feature_names_in_
        As for `GaussianMixture`.

    References
    ----------
    Peel & McLachlan (2000), Statistics and Computing 10:339. Liu & Rubin (1995), Statistica Sinica 5:19.

    Examples
    --------
    >>> import hiddenmix as hm
    >>> X = [[1.0], [1.2], [0.9], [1.1], [0.7], [8.0], [8.3], [7.6], [8.1], [60.0]]
    >>> model = hm.StudentMixture(2, covariance_type="tied", df=3, random_state=0).fit(X)
    >>> model.means_.round(1).tolist()
    [[1.0], [8.0]]
    >>> model.row_weights(X).round(1).tolist()[-1]
    0.0
    """

    _starting = ("weights_init", "means_init", "scales_init", "df_init")
    _help = "fewer components, or prior='conjugate'"

    def __init__(
        self,
        n_components: Any = 1,
        *,
        covariance_type: Any = "full",
        df: Any = None,
        shared_df: bool = False,
        prior: NormalPrior | str | None = None,
        weights: Any = "free",
        weights_init: Any = None,
        means_init: Any = None,
        scales_init: Any = None,
        df_init: Any = None,
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

    def row_weights(self, X: Any) -> AnyArray:
        """How much each row counts (n,): the expected scale of its membership, near 1 in the middle, 0 for an outlier.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
        """
        table, fitted = self._read(X), self._state()

        def of(batch: Batch) -> Array:
            shares = fitted.model.posterior(fitted.params, batch)[1]
            return np.asarray(np.vecdot(shares, fitted.model.family.scales(fitted.params.components, batch.x)))

        return over_rows(Rows(table.values), of, self.n_jobs)

    def _reader(self) -> Numbers:
        return Numbers(min_rows=2)

    def _shapes(self) -> Sequence[str]:
        shapes = _options.listed(self.covariance_type, SEARCHED)
        for shape in shapes:
            check_word("covariance_type", shape, SHAPES)
        return shapes

    def _family(self, task: Task, shape: str) -> tuple[Student, Note]:
        if self.prior is not None and not isinstance(self.prior, NormalPrior):
            check_word("prior", self.prior, ("conjugate",))
        with reworded(help=lambda _: "leave such columns out, or give a NormalPrior"):
            _ridge.settle(0.0, SHAPES[shape], self.prior, task.table, task.weight)
        return Student(shape, df=self.df, shared_df=self.shared_df, prior=self.prior), Note()

    def _given(self, k: int, d: int, shape: str) -> StudentStart | None:
        weights, mean = read_weights(self.weights_init, k), read_means("means_init", self.means_init, k, d)
        scale = None
        if self.scales_init is not None:
            scale = covariance(SHAPES[shape], np.asarray(self.scales_init, dtype=float), k, d, "scales_init")
        df = None if self.df_init is None else read_means("df_init", np.reshape(self.df_init, (-1, 1)), k, 1)
        if weights is None and mean is None and scale is None and df is None:
            return None
        normal = NormalStart(self.init_params, weights, mean, scale)
        return StudentStart(normal, np.full(k, START) if df is None else df[:, 0])

    def _attributes(self, fitted: Fitted) -> dict[str, Array]:
        components = fitted.params.components
        return {
            "weights_": np.array(fitted.params.weights),
            "means_": np.array(components.mean),
            "covariances_": np.array(fitted.model.family.normal.shape.dense(components.cov)),
            "df_": np.array(components.df),
        }

    def _described(self, fitted: Fitted) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
        k, shape, components = len(fitted.params.weights), fitted.model.family.normal.shape, fitted.params.components
        title = f"{k} Student-t component{'s' * (k > 1)} {shape.words} ({shape.name}, {shape.letters})"
        cells = _normal.cells(shape, components)
        headings = [*named(fitted.names, fitted.n_columns), "df"]
        return title, headings, [[*row, number(df)] for row, df in zip(cells, components.df)]

    def _arguments_for(self, fitted: Fitted) -> dict[str, Any]:
        return {"covariance_type": self.covariance_type_, "prior": None}
