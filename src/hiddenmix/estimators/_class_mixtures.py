"""A mixture for the rows of one class: any clustering with scikit-learn's methods, and how many components it wants."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import has_fit_parameter

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.estimators._options import AUTO_COMPONENTS
from hiddenmix.estimators._readers import Numbers
from hiddenmix.estimators._subclass_counts import AUTO
from hiddenmix.estimators._warnings import reworded
from hiddenmix.select import CRITERIA


def require_mixture(mixture: Any) -> None:
    """Require what is used of a mixture: `n_components`, `fit` and `predict`. Raises HM411 naming what is missing."""
    lacking = [name for name in ("fit", "predict", "get_params") if not hasattr(mixture, name)]
    if not lacking and "n_components" not in mixture.get_params(deep=False):
        lacking = ["n_components"]
    if lacking:
        raise HiddenmixError(
            "HM411",
            f"{type(mixture).__name__} cannot cluster a class: it has no {', '.join(lacking)}",
            "mixture=hiddenmix.GaussianMixture()",
        )


def require_classifier(base: Any) -> None:
    """Raise HM411 for what is no unfitted classifier, before any work."""
    lacking = [name for name in ("fit", "predict", "get_params") if not hasattr(base, name)]
    if isinstance(base, type) or lacking:
        what = "a class, not an instance of it" if isinstance(base, type) else f"it has no {lacking[0]}"
        raise HiddenmixError(
            "HM411", f"base_estimator={base!r} is no classifier: {what}", "SubclassClassifier(LogisticRegression())"
        )


def require_cells(base: Any, table: Table) -> None:
    """Raise HM410 for missing cells where the base estimator takes none."""
    if np.isnan(table.values).any() and not get_tags(base).input_tags.allow_nan:
        what = f"Input X contains NaN, missing cells that {type(base).__name__} does not take"
        raise HiddenmixError("HM410", what, "MixtureDiscriminant takes them; or impute them first: NormalImputer()")


def reader_of(mixture: Any) -> Any:
    """How the mixture reads tables; a clustering that is not ours reads numbers."""
    return mixture._reader() if hasattr(mixture, "_reader") else Numbers()


def passed_on(X: Any, table: Table) -> Any:
    """What scikit-learn's estimators get: the user's table, or its values where they could not index its rows."""
    given = isinstance(X, list | tuple) or (hasattr(X, "shape") and not hasattr(X, "fetchnumpy"))
    return X if given else table.values


def rows_of(X: Any, index: Array, n: int) -> Any:
    """Some rows of a table of any kind, which stays of its kind; all of them are the table itself."""
    if isinstance(X, Table):
        return Table(X.values[index], X.columns)
    whole = len(index) == n and np.array_equal(index, np.arange(n))
    return X if whole else _safe_indexing(X, index)


def told_of(name: Any) -> AbstractContextManager[None]:
    """Let errors and warnings about the rows of one class begin with its name."""
    return reworded(lambda message: f"class {name!r}: {message}")


@dataclass(frozen=True, eq=False)
class Sizes:
    """The best of several numbers of components (None where no fit is sound), the criterion of each, or why not."""

    best: Any
    criteria: dict[int, float]
    failures: dict[int, str]


@dataclass(frozen=True)
class ClassPart:
    """The mixture of one class (None where it is a single subclass), and which of its components have a row (k,)."""

    mixture: Any
    kept: Array

    def memberships(self, X: Any, n: int) -> Array:
        """Of `n` rows, the memberships (n, k); 0 and 1 where the clustering has no others."""
        if self.mixture is None:
            return np.ones((n, 1))
        if not hasattr(self.mixture, "predict_proba"):
            return np.asarray(self.mixture.predict(X)[:, None] == self.kept, dtype=float)
        resp = np.asarray(self.mixture.predict_proba(X))[:, self.kept]
        total = resp.sum(axis=1, keepdims=True)
        return np.where(total > 0, resp / np.where(total > 0, total, 1.0), 1 / len(self.kept))


def wanted_mixture(
    prototype: Any, X: Any, wish: Any, distinct: int, criterion: str, seed: int, weight: Array | None = None
) -> Any:
    """The prototype's clone fitted to the rows `X`, with as many components as wished or chosen by the criterion.

    Parameters
    ----------
    prototype : an unfitted mixture
    X : the rows of the class
    wish : a number of components, or "auto": 1 to 6, at most one for each distinct row
    distinct : distinct rows
    criterion : {"bic", "icl", "aic", "icl_hard"}
    seed : for a prototype whose `random_state` is None
    weight : (n,) or None

    Raises
    ------
    HiddenmixError : HM206 no number that is tried has a fit, HM411 a clustering that has no such criterion; and
        whatever its `fit` raises
    """
    if wish != AUTO:
        return _fitted(prototype, X, wish, criterion, seed, weight)
    found = fitted_sizes(prototype, X, wish, distinct, criterion, seed, weight)
    if found.best is None:
        reasons = "; ".join(f"{k}: {why}" for k, why in found.failures.items())
        raise HiddenmixError("HM206", f"no number of components could be fitted: {reasons}", "fewer components")
    return found.best


def fitted_sizes(
    prototype: Any, X: Any, wish: Any, distinct: int, criterion: str, seed: int, weight: Array | None = None
) -> Sizes:
    """The criterion of each number of components, and the best fit.

    Parameters are those of `wanted_mixture`. A fit that a handful of rows carry is not sound, and does not count where
    the number is to be chosen.

    Raises
    ------
    HiddenmixError : HM411 a clustering that has no such criterion
    """
    sizes = [k for k in AUTO_COMPONENTS if k <= max(distinct, 1)] if wish == AUTO else [wish]
    if len(sizes) > 1 and _chooses(prototype):
        return _selected(prototype, X, sizes, criterion, seed, weight)
    fits: dict[int, tuple[float, Any, list[Any]]] = {}
    failures: dict[int, str] = {}
    for k in sizes:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                model = _fitted(prototype, X, k, criterion, seed, weight)
            except HiddenmixError as error:
                failures[k] = error.message
                continue
        fits[k] = (_criterion(model, X, criterion, weight), model, caught)
    if not fits:
        return Sizes(None, {}, failures)
    _, best, caught = min(fits.values(), key=lambda fit: fit[0])
    for one in caught:  # of the fit that counts
        warnings.warn(one.message, one.category, stacklevel=3)
    return Sizes(best, {k: value for k, (value, _, _) in fits.items()}, failures)


def _selected(prototype: Any, X: Any, sizes: list[int], criterion: str, seed: int, weight: Array | None) -> Sizes:
    """A mixture of ours chooses among the numbers of components by itself."""
    try:
        best = _fitted(prototype, X, sizes, criterion, seed, weight)
    except HiddenmixError as error:
        if error.code != "HM206":
            raise
        return Sizes(None, {}, dict.fromkeys(sizes, error.message))
    criteria: dict[int, float] = {}
    failures: dict[int, str] = {}
    for one in best.selection_.candidates:
        k = one.n_components
        if one.sound and one.criteria is not None:
            criteria[k] = min(one.criteria[criterion], criteria.get(k, np.inf))
        else:
            failures[k] = one.why
    return Sizes(best, criteria, {k: why for k, why in failures.items() if k not in criteria})


def _criterion(model: Any, X: Any, criterion: str, weight: Array | None) -> float:
    if not hasattr(model, criterion):
        raise HiddenmixError(
            "HM411",
            f"{type(model).__name__} has no {criterion}, by which a number of components could be chosen",
            "a number of components, or a mixture of hiddenmix",
        )
    weighing = {} if weight is None or not hasattr(model, "result_") else {"sample_weight": weight}
    return float(getattr(model, criterion)(X, **weighing))


def _fitted(prototype: Any, X: Any, wanted: Any, criterion: str, seed: int, weight: Array | None) -> Any:
    arguments = prototype.get_params(deep=False)
    own: dict[str, Any] = {"n_components": wanted}
    if "random_state" in arguments and arguments["random_state"] is None:
        own["random_state"] = seed
    if _chooses(prototype):
        own["criterion"] = criterion
    fitting = {"sample_weight": weight} if weight is not None and has_fit_parameter(prototype, "sample_weight") else {}
    return clone(prototype).set_params(**own).fit(X, **fitting)


def _chooses(prototype: Any) -> bool:
    """Whether the mixture chooses among numbers of components by itself, as ours do."""
    return prototype.get_params(deep=False).get("criterion") in CRITERIA
