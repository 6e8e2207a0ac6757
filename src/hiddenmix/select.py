"""Choosing a model: criteria, and the grid over the number of components and the covariance shape.

With log-likelihood l, m free parameters and n observed rows: AIC = -2 l + 2 m; BIC = -2 l + m log n (Schwarz 1978);
ICL = BIC + 2 sum w entropy(membership) (Biernacki, Celeux & Govaert 2000); `icl_hard` = BIC - 2 sum w log(largest
membership), as mclust has it. Lower is better for every one of them. They use the plain likelihood, without prior.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.data import opened
from hiddenmix.engine.fit import fit
from hiddenmix.engine.pools import Serial, single_threaded_blas
from hiddenmix.engine.problem import as_data
from hiddenmix.engine.result import Result, Status
from hiddenmix.families.shapes import DECOMPOSED, different
from hiddenmix.model import Data, Pool

Criterion = Literal["icl", "bic", "aic", "icl_hard"]
CRITERIA: tuple[Criterion, ...] = ("icl", "bic", "aic", "icl_hard")
LOWER = "lower is better"


@record
class Criteria:
    """What is compared: `loglik` in the units of the data, `n_parameters`, `n` rows, and the four criteria."""

    loglik: float
    n_parameters: int
    n: float
    aic: float
    bic: float
    icl: float
    icl_hard: float

    def __getitem__(self, name: str) -> float:
        if name not in CRITERIA:
            raise HiddenmixError("HM401", f"no criterion is called {name!r}", f"one of {', '.join(CRITERIA)}")
        return float(getattr(self, name))


@record
class Candidate:
    """One model of the grid: its result and criteria, or why there are none.

    One from a model file has no result, and `told` in its place: why it was set aside, "" where it was not.
    """

    n_components: int
    shape: str
    result: Result[Any, Any] | None
    criteria: Criteria | None
    failure: HiddenmixError | None = None
    told: str | None = None

    @property
    def name(self) -> str:
        """As the tables print it, for example "tied,3", or "same_shape (VEV),3" where letters say more."""
        letters = f" ({DECOMPOSED[self.shape].letters})" if self.shape in DECOMPOSED else ""
        return f"{self.shape}{letters},{self.n_components}" if self.shape else str(self.n_components)

    @property
    def sound(self) -> bool:
        """Whether it finished at a point that more than a handful of rows carry."""
        if self.told is not None:
            return not self.told
        return self.result is not None and self.result.status.finished and not self.result.spurious

    @property
    def why(self) -> str:
        """Why it is not sound."""
        if self.told is not None:
            return self.told
        if self.failure is not None:
            return self.failure.message
        assert self.result is not None
        if self.result.spurious:
            return "its best maximum is carried by too few rows"
        return self.result.reason or self.result.status.value


@record
class Selection:
    """The whole grid, failures included, and the criterion that chose.

    One from a model file has what `disagreement` found when it was written, in `told`.
    """

    candidates: tuple[Candidate, ...]
    criterion: str
    told: tuple[Disagreement, ...] = ()

    def __repr__(self) -> str:
        ranked = self.ranking()
        best = f"best {ranked[0].name} by {self.criterion.upper()}" if ranked else "none of them sound"
        return f"Selection({len(self.candidates)} models, {best})"

    def ranking(self, criterion: str | None = None) -> list[Candidate]:
        """Sound candidates, best first."""
        name = criterion or self.criterion
        sound = [c for c in self.candidates if c.sound and c.criteria is not None]
        return sorted(sound, key=lambda c: c.criteria[name] if c.criteria else math.inf)

    @property
    def best(self) -> Candidate:
        """The chosen candidate. Raises HM206 when no candidate is sound."""
        ranked = self.ranking()
        if not ranked:
            reasons = "; ".join(f"{c.name}: {c.why}" for c in self.candidates)
            raise HiddenmixError("HM206", f"none of the models could be fitted: {reasons}", "fewer components, a prior")
        return ranked[0]

    @property
    def failures(self) -> tuple[Candidate, ...]:
        """Candidates that were set aside; `failure`, or the result's status and flags, say why."""
        return tuple(c for c in self.candidates if not c.sound)

    def without_results(self) -> Selection:
        """The same for model files: criteria, why models were set aside, and where BIC and ICL differ."""
        kept = {id(c): replace(c, result=None, failure=None, told="" if c.sound else c.why) for c in self.candidates}
        rivals = [disagreement(self, other=name) for name in ("bic", "icl") if self.ranking()]
        told = [replace(r, chosen=kept[id(r.chosen)], other=kept[id(r.other)]) for r in rivals if r is not None]
        return Selection(tuple(kept.values()), self.criterion, tuple(told))

    def lines(self, top: int = 3) -> list[str]:
        """One line per criterion: the best models and how far the others are behind."""
        out: list[str] = []
        for name in ("icl", "bic"):
            ranked = self.ranking(name)[:top]
            if not ranked or ranked[0].criteria is None:
                continue
            first = ranked[0].criteria[name]
            cells = [f"{c.name}  {_behind(c.criteria[name] - first)}" for c in ranked if c.criteria is not None]
            out.append(f"{name.upper()}   " + " |  ".join(cells) + (f"        ({LOWER})" if not out else ""))
        return out


def criteria(model: Any, params: Any, data: Any, pool: Pool | None = None, n_parameters: int | None = None) -> Criteria:
    """All criteria of a model at given parameters; one pass over the data.

    `n_parameters` are those of the fit, where it had fewer than the model has.
    """
    return criteria_and_sizes(model, params, data, pool, n_parameters)[0]


def criteria_and_sizes(
    model: Any, params: Any, data: Data, pool: Pool | None = None, n_parameters: int | None = None
) -> tuple[Criteria, Array]:
    """All criteria, and the weight of the rows (k,) whose most probable component is each; one pass over the data."""
    units = as_data(data)
    plain = model.plain()

    def ambiguity(chunk: Any) -> Any:
        return _tree.merge_all(plain.ambiguity(params, batch) for batch in opened(chunk))

    with single_threaded_blas():
        sums = _tree.merge_all((pool or Serial()).map(ambiguity, units.chunks()))
    free, n = plain.n_free(params) if n_parameters is None else n_parameters, units.n_observed
    deviance = -2 * sums.loglik
    bic = deviance + free * math.log(max(n, 1.0))
    aic, icl, icl_hard = deviance + 2 * free, bic + 2 * sums.entropy, bic - 2 * sums.log_largest
    return Criteria(sums.loglik, free, n, aic, bic, icl, icl_hard), sums.sizes


@record
class Disagreement:
    """Two criteria that choose different models.

    When the other model has one component more and splits one group, `split` is that group (a component of the chosen
    model), `into` the two components, and `overlap` the share of their rows' membership that the two contest.
    """

    chosen: Candidate
    other: Candidate
    criterion: str
    split: int | None = None
    into: tuple[int, int] | None = None
    overlap: float | None = None


def disagreement(selection: Selection, data: Any = None, other: str = "bic") -> Disagreement | None:
    """Where the chosen model and the one that another criterion would choose differ; None when they are one.

    `data` are by default those of the fit; without them, and of a model file, it is told as far as it is known.
    """
    chosen, rival = selection.best, selection.ranking(other)[0]
    if chosen is rival:
        return None
    told = next((one for one in selection.told if one.criterion == other), Disagreement(chosen, rival, other))
    known = replace(told, chosen=chosen, other=rival)
    if rival.n_components != chosen.n_components + 1 or chosen.result is None or rival.result is None:
        return known
    if data is None:
        if chosen.result.problem is None:  # it was pickled
            return known
        data = chosen.result.problem.data
    batch = as_data(data).sample(np.random.default_rng(0), 10_000)
    few, many = (c.result.model.posterior(c.result.params, batch)[1] for c in (chosen, rival) if c.result)
    parent = np.argmax(few.T @ many, axis=0)  # of each component of the larger model
    counts = np.bincount(parent, minlength=chosen.n_components)
    if counts.max() != 2 or counts.min() < 1:
        return known
    split = int(np.argmax(counts))
    a, b = (int(j) for j in np.flatnonzero(parent == split))
    contested = 2 * np.minimum(many[:, a], many[:, b]).sum() / (many[:, a] + many[:, b]).sum()
    return Disagreement(chosen, rival, other, split, (a, b), float(contested))


def search(
    build: Callable[[int, str], Any],
    data: Any,
    n_components: Iterable[int],
    shapes: Sequence[str] = ("",),
    *,
    criterion: str = "icl",
    rng: np.random.Generator | int | None = None,
    **options: Any,
) -> Selection:
    """Fit every combination and compare.

    Parameters
    ----------
    build : callable
        From a number of components and a shape to a model.
    data : Data or array of shape (n, d)
        The same for all.
    n_components : iterable of int
        Numbers of components to try.
    shapes : sequence of str
        Covariance shapes to try. With one component "tied" is "full", with one column "diag" and "spherical" are, and
        so on; what is the same is tried once.
    criterion : {"icl", "bic", "aic", "icl_hard"}
        What chooses.
    rng : numpy Generator or int
        Seeds everything; every candidate gets a generator of its own.
    **options
        Passed to `fit`. A `callback` that stops a climb ends the search with what there is.

    Returns
    -------
    Selection
        Failures are kept in it, never swallowed.
    """
    units = as_data(data)
    first = units.sample(np.random.default_rng(0), 1).x
    column = sum(math.prod(leaf.shape[1:]) for leaf in _tree.leaves(first)) == 1
    grid = [(k, shape) for k in n_components for shape in different(shapes, k, column)]
    generators = np.random.default_rng(rng).spawn(len(grid))
    found: list[Candidate] = []
    for (k, shape), generator in zip(grid, generators, strict=True):
        found.append(_candidate(build, units, k, shape, generator, options))
        result = found[-1].result
        if result is not None and result.status is Status.STOPPED:
            break
    return Selection(tuple(found), criterion)


def _candidate(
    build: Callable[[int, str], Any],
    data: Data,
    k: int,
    shape: str,
    rng: np.random.Generator,
    options: dict[str, Any],
) -> Candidate:
    if k == 1:
        options = {**options, "starts": 1}
    try:
        result: Result[Any, Any] = fit(build(k, shape), data, rng=rng, **options)
    except HiddenmixError as failure:
        return Candidate(k, shape, None, None, failure)
    if not result.status.finished:
        return Candidate(k, shape, result, None)
    return Candidate(k, shape, result, criteria(result.model, result.params, data, options.get("pool")))


def _behind(difference: float) -> str:
    return "0.0" if difference == 0 else f"{difference:+.1f}"
