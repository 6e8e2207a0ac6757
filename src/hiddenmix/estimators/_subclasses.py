"""One mixture for all classes: each component belongs to a class, and a labelled row to the components of its own.

With components j of class c(j), log p(x, y) = log sum_{c(j) = y} w_j p_j(x); a row without a label has the sum over all
components. What is known of a row is evidence on its component, so that the engine fits all classes at once, and the
rows without a label help (Hastie & Tibshirani 1996, JRSS B 58:155; Fraley & Raftery 2002, JASA 97:611).

It begins from mixtures that were fitted to each class by itself. Where classes share no parameter and every row has a
label, that is the end, too.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.batch import Batch, Evidence
from hiddenmix.engine.fit import fit
from hiddenmix.estimators import _options
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._labels import Knowledge
from hiddenmix.estimators._subclass_counts import subclass_names
from hiddenmix.estimators._task import Beginning, Task, engine_options
from hiddenmix.estimators._variants import wrapped
from hiddenmix.estimators._warnings import reworded
from hiddenmix.latent._starting import responsibilities
from hiddenmix.latent._weights import GroupWeights
from hiddenmix.latent.mixture import Mixture
from hiddenmix.select import Selection

FINE = 1e-5  # gain a row that ends a fit which is only compared with others, and is gone on with
FEW = 3  # subclasses that are tried before more
ROUGH = 1e-3  # gain a row that ends the fit of a class from which that of all classes only begins
MANY = 40_000  # rows from which on the fit begins from the classes' own mixtures only


@dataclass(frozen=True)
class OneClass:
    """The rows of a class, what chose its number of subclasses, and the rows' memberships (n, k) to begin with."""

    rows: Array
    selection: Selection | None
    memberships: Array

    @property
    def size(self) -> int:
        """The number of subclasses."""
        return int(self.memberships.shape[1])


def fit_each(prototype: Any, task: Task, classes: Classes, wishes: Sequence[Any], sharing: Sharing) -> list[OneClass]:
    """A mixture for each class by itself; `wishes` (m,) are numbers of subclasses, or several to choose from."""
    found = []
    for code, (name, wish) in enumerate(zip(classes.names.tolist(), wishes, strict=True)):
        rows = classes.rows(code)
        part = replace(
            task,
            table=Table(task.table.values[rows], task.table.columns),
            weight=None if task.weight is None else task.weight[rows],
            rng=task.rng.spawn(1)[0],
        )
        with (
            reworded(partial(_of_class, name, len(rows)), partial(_in_classifier, prototype)),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore", HiddenmixWarning)  # what is wrong for good, the fit of all says again
            found.append(OneClass(rows, *_begun(prototype, part, wish, sharing.tied)))
    return found


def _begun(prototype: Any, part: Task, wish: Any, tied: str) -> tuple[Selection | None, Array]:
    """What chose the number of subclasses of a class, where something did, and memberships to begin with."""
    if _options.several(wish):
        mixture = clone(prototype).set_params(tol=max(prototype.tol, FINE), **prototype._by_itself(tied))
        return _chosen(mixture, part, wish)
    if wish == 1:
        return None, np.ones((len(part.table.values), 1))
    mixture = clone(prototype).set_params(n_components=wish, **prototype._by_itself(tied))
    if tied != "all":
        return None, _fitted(mixture, part)
    try:
        return None, _fitted(mixture.set_params(tol=max(prototype.tol, ROUGH)), part)
    except HiddenmixError:  # what no class can estimate by itself, all together may
        family, _ = prototype._family(part, prototype._shapes()[0])
        batch = Batch(part.table.values, weight=part.weight)
        return None, responsibilities(Mixture(family, wish), batch, [part.rng], ["kmeans"])[0]


def _chosen(mixture: Any, part: Task, wish: Sequence[int]) -> tuple[Selection | None, Array]:
    """By a criterion, which looks at larger numbers only where a second subclass pays."""
    few = [size for size in wish if size <= FEW]
    found = _fitted(mixture.set_params(n_components=few), part)
    selection = mixture.selection_
    more = [size for size in wish if size > FEW]
    if more and selection.best.n_components > 1:
        larger = clone(mixture).set_params(n_components=more)
        try:
            other = _fitted(larger, part)
        except HiddenmixError:  # none of them is possible
            return selection, found
        candidates = (*selection.candidates, *larger.selection_.candidates)
        selection = replace(selection, candidates=candidates)
        found = other if selection.best in larger.selection_.candidates else found
    return selection, found


def _fitted(mixture: Any, part: Task) -> Array:
    """The memberships of the rows after a fit."""
    mixture._fit_task(part)
    return np.asarray(mixture._each(part.table.values, lambda norm, resp: resp))


def fit_all(
    prototype: Any, task: Task, classes: Classes, each: Sequence[OneClass], sharing: Sharing, priors: Array | None
) -> tuple[Any, Array]:
    """The mixture of all subclasses, fitted, and the class of each (k,)."""
    sizes = [one.size for one in each]
    group, names = np.repeat(np.arange(len(each)), sizes), subclass_names(classes.names, sizes)
    k = len(group)
    family, note = prototype._subclass_family(task, classes, group, sharing)
    weights: Any = "free" if priors is None else GroupWeights(group, priors)
    model = wrapped(prototype.algorithm, Mixture(family, k, weights=weights))
    knowledge = Knowledge(evidence_of(classes.codes, group), groups=group)
    memberships = np.zeros((len(classes.codes), k))  # rows without a label have none at the start
    for code, one in enumerate(each):
        memberships[np.ix_(one.rows, np.flatnonzero(group == code))] = one.memberships
    n = len(memberships)
    several = sharing.tied == "all" and k > len(each) and n < MANY
    begin = Beginning(how=(memberships, *["kmeans"] * (prototype.n_init - 1)), starts=prototype.n_init)
    if not several:
        begin = Beginning(how=memberships)
    mixture = clone(prototype).set_params(n_components=k, **prototype._together(sharing.tied))
    mixture.subclass_classes_ = group
    result = fit(model, task.rows(knowledge), rng=task.rng, **engine_options(prototype, task, begin))
    only = np.bincount(group)[group] == 1  # a class with one subclass has no few rows of its own to lean on
    result = replace(result, spurious=tuple(j for j in result.spurious if not only[j]))
    with reworded(partial(_of_subclasses, names), partial(_in_classifier, prototype)):
        mixture._accept(task, knowledge, result, False, mixture._shapes()[0], note)
    return mixture, group


#: How the fixes for a mixture read where it holds the subclasses of a classifier.
_FIXES = (
    (r"\b(n_init|max_iter|reg_covar|prior|standardize)=([\w.'+-]+)", r"mixture={}(\1=\2)"),
    (r"covariance_type='tied'", "tied='all'"),
    (r"\bn_components=(\d+)", r"subclasses=\1"),
    (r"\bcomponents\b", "subclasses"),
)


def _in_classifier(mixture: Any, help: str) -> str:
    """A fix in the arguments of the classifier, whose subclasses are of this mixture."""
    for argument, own in _FIXES:
        help = re.sub(argument, own.format(type(mixture).__name__), help)
    return help


def _of_class(name: Any, rows: int, message: str) -> str:
    return f"class {name!r} ({rows} row{'s' * (rows != 1)}): {message}"


def _of_subclasses(names: Sequence[str], message: str) -> str:
    """A message about components with the names of the subclasses that they are."""
    return re.sub(r"\bcomponent (\d+)\b", lambda found: f"subclass {names[int(found[1]) - 1]!r}", message)


def evidence_of(codes: Array, group: Array) -> Evidence:
    """For rows of classes `codes` (n,), -1 unknown, that they belong to the components of their class."""
    m = int(group.max()) + 1
    table = np.zeros((m + 1, len(group)))
    table[:m] = np.where(np.arange(m)[:, None] == group, 0.0, -np.inf)
    return Evidence(table, np.where(codes < 0, m, codes))
