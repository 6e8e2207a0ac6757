"""The state of a fitted estimator, and passes over new tables with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import AnyArray, Table, check_same_columns
from hiddenmix._xp import to_numpy
from hiddenmix.batch import Evidence
from hiddenmix.data import Rows
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._options import pool_for


def read_again(reader: Any, X: Any, n_columns: int, names: tuple[str, ...] | None, estimator: str) -> Table:
    """A later table, with the columns of the fit; HM501, HM502 where it has others."""
    table: Table = reader.read(X)
    check_same_columns(table.values.shape[1], table.columns, n_columns, names, estimator)
    return table


def over_rows(rows: Rows, of: Callable[[Any], Array], n_jobs: int | None) -> AnyArray:
    """What `of` gives for the rows of each batch, in the order that the caller gave."""
    with single_threaded_blas():
        return np.asarray(rows.gather(pool_for(n_jobs, rows.n_units).map(of, rows.chunks())))


class WithState:
    """What everything that a fitted estimator does begins with."""

    n_jobs: int | None
    random_state: Any

    def _rebuilt(self) -> Fitted:
        """The model that the attributes describe, after the user has set them; HM410 where only a fit may."""
        raise HiddenmixError(
            "HM410",
            f"the fitted attributes of this {type(self).__name__} were changed after the fit",
            "fit again, or use GaussianMixture.from_parameters for a normal mixture",
        )

    def _state(self) -> Fitted:
        """The fitted model, or the one that the attributes describe where the user has set them."""
        check_is_fitted(self)
        fitted: Fitted | None = vars(self).get("_fitted")
        return fitted if fitted is not None and fitted.same_as(vars(self)) else self._rebuilt()

    def _read(self, X: Any) -> Table:
        """A table with the columns of the fit."""
        fitted = self._state()
        return read_again(fitted.reader, X, fitted.n_columns, fitted.names, type(self).__name__)

    def _covariates(self, covariates: Any, n: int | None) -> Array | None:
        """What memberships depend on (n, p): nothing, unless the estimator says otherwise; HM410 where it is given."""
        if covariates is not None:
            raise HiddenmixError("HM410", "this model was fitted without covariates", "leave them out")
        return None

    def _each(
        self,
        x: Array,
        part: Callable[[Array, Array], Array],
        evidence: Evidence | None = None,
        covariates: Array | None = None,
    ) -> AnyArray:
        """Part of the posterior (log densities, memberships) of all rows, in their order."""
        fitted = self._state()
        rows = Rows(x, None, evidence, covariates=covariates)

        def of(batch: Any) -> Array:
            return part(*(to_numpy(each) for each in fitted.model.posterior(fitted.params, batch)))

        return over_rows(rows, of, self.n_jobs)
