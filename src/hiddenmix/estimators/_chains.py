"""What the estimator of hidden Markov models needs beside its signature: sequences, starts, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate.groups import check_groups
from hiddenmix.data import unit_weights
from hiddenmix.discover._words import aligned
from hiddenmix.estimators import _normal
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._search import stopped
from hiddenmix.estimators._starting import read_weights
from hiddenmix.estimators._summary import facts_in_lines, named, number, tabled
from hiddenmix.estimators._task import Beginning, Task, engine_options
from hiddenmix.latent.markov import MarkovParams
from hiddenmix.model import Data
from hiddenmix.select import Selection, search
from hiddenmix.sequences import check_lengths

SUM = 1e-6  # how far given probabilities may be from summing to 1
WORDS = (
    *(("n_components", "n_states"), ("known_labels", "known_states"), ("sample_weight", "sequence_weight")),
    *(("known weights", "known first states"), ("weights='equal'", "initial='equal'"), ("component", "state")),
    ("states_init", "components_init"),
)  # what mixtures call things, and chains
NAMES = {"mean": "means_", "covariance": "covariances_", "rate": "rates_", "p": "probabilities_"}


def read_lengths(lengths: Any, groups: Any, n: int) -> Array:
    """How many rows each sequence has: from lengths, or from a label for each row; one sequence without either.

    Raises
    ------
    HiddenmixError : HM148 lengths that do not fit the rows, HM149 a sequence whose rows do not stand together, HM404
        another number of labels, or a missing one, HM410 both
    """
    if groups is None:
        return check_lengths(lengths, n)
    if lengths is not None:
        raise HiddenmixError("HM410", "lengths and groups say the same thing", "give one of them")
    labels, codes = check_groups(groups, n)
    starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
    if len(labels) < len(starts):
        first = np.unique(codes[starts], return_index=True)[1]
        again = int(starts[np.setdiff1d(np.arange(len(starts)), first)[0]])
        (label,) = labels[codes[again] : codes[again] + 1].tolist()
        what = f"the rows of sequence {label!r} do not stand together: it begins again in row {again}"
        raise HiddenmixError("HM149", what, "sort the table by sequence, and by time within it")
    return np.diff(np.append(starts, n))


def read_weights_of_sequences(values: Any, n: int) -> Array | None:
    """Weights (n,) of sequences. Raises HM121 another number of them, HM122 or HM123 weights that are none."""
    if values is not None and np.shape(values) != (n,):
        what = f"sequence_weight must have one value for each sequence, shape ({n},); got {np.shape(values)}"
        raise HiddenmixError("HM121", what, "weights belong to sequences, not to rows")
    return unit_weights(values, n)


@dataclass(frozen=True)
class ChainStart:
    """First states, transitions and states' parameters, each of them given or not; the rest comes from `how`."""

    how: str
    initial: Array | None = None
    transitions: Array | None = None
    components: Any = None

    @property
    def located(self) -> bool:
        """Whether the states' places are given, so that there is one start only."""
        return self.components is not None

    def __call__(self, model: Any, data: Data, rng: np.random.Generator) -> MarkovParams[Any]:
        """The start."""
        initial, transitions, components = self.initial, self.transitions, self.components
        if components is None:
            components = model.start(data, rng, self.how).components
        else:
            _check_components(model, components, data)
        first, moves = model.chances.beginning()
        initial, transitions = (first if initial is None else initial), (moves if transitions is None else transitions)
        start: MarkovParams[Any] = model.conform(MarkovParams(initial, transitions, components))
        return start


def read_family(family: Any) -> Any:
    """A distribution as it is. Raises HM401 for what is none: a class, an estimator, nothing."""
    if isinstance(family, type) or not hasattr(family, "expected_log_prob"):
        what = f"family must be a word or a distribution; got {family!r}"
        raise HiddenmixError("HM401", what, "'normal', 'poisson', or for example hm.Gamma()")
    return family


def _check_components(model: Any, components: Any, data: Data) -> None:
    """Raise HM404 for parameters that the family cannot be evaluated at, or of another number of states."""
    k, x = model.n_components, data.sample(np.random.default_rng(0), 1).x
    try:
        fits = np.shape(model.family.log_prob(model.family.conform(components), x))[1:] == (k,)
    except (AttributeError, IndexError, TypeError, ValueError):
        fits = False
    if not fits:
        family = type(model.family).__name__
        what = f"components_init are no parameters of {k} states of {family} for these columns"
        raise HiddenmixError("HM404", what, "the components_ of an earlier fit; components_init=None finds a start")


def refuse_start(estimator: Any) -> None:
    """Raise HM410 where a start is given, and several models are asked for."""
    for name in ("initial_init", "transitions_init", "components_init"):
        if getattr(estimator, name) is not None:
            what = f"a given start belongs to one model, and several are asked for: {name}"
            raise HiddenmixError("HM410", what, "one n_states, one covariance_type")


def compared(
    estimator: Any, task: Task, sizes: Sequence[int], shapes: Sequence[str], build: Any, data: Any
) -> Selection:
    """All numbers of states and shapes; what is known of states is said anew for each number."""
    refuse_start(estimator)
    options = engine_options(estimator, task, Beginning(how=estimator.init_params, starts=estimator.n_init))
    groups = [[k] for k in sizes] if task.labels else [list(sizes)]
    rngs = task.rng.spawn(len(groups)) if len(groups) > 1 else [task.rng]
    found: list[Any] = []
    for group, rng in zip(groups, rngs, strict=True):
        known = data(task.labels.knowledge(group[0]))
        part = search(build, known, group, shapes, criterion=estimator.criterion, rng=rng, **options)
        found += part.candidates
        if stopped(found[-1]):
            break
    return Selection(tuple(found), estimator.criterion)


def read_start(estimator: Any, k: int) -> ChainStart | None:
    """The start that the constructor arguments describe; None without any. HM404, HM405 probabilities that are none."""
    initial, transitions = read_weights(estimator.initial_init, k), _read_transitions(estimator.transitions_init, k)
    if initial is None and transitions is None and estimator.components_init is None:
        return None
    return ChainStart(estimator.init_params, initial, transitions, estimator.components_init)


def _read_transitions(values: Any, k: int) -> Array | None:
    if values is None:
        return None
    try:
        table = np.array(values, dtype=float)
    except (TypeError, ValueError):
        table = np.zeros(0)
    if table.shape != (k, k):
        what = f"transitions_init must have shape ({k}, {k}); got {table.shape}"
        raise HiddenmixError("HM404", what, "transitions_init=None finds a start")
    if not np.all(table >= 0) or np.max(np.abs(table.sum(axis=1) - 1)) > SUM:
        what = "each row of transitions_init must be 0 or more and sum to 1"
        raise HiddenmixError("HM405", what, "p / p.sum(axis=1, keepdims=True)")
    return table / table.sum(axis=1, keepdims=True)


def attributes(fitted: Fitted) -> dict[str, Any]:
    """The fitted attributes that show the parameters."""
    params = fitted.params
    estimates = fitted.model.family.estimates(params.components)
    shown = {NAMES[name]: np.array(value) for name, value in estimates.items() if name in NAMES}
    return {
        "initial_": np.array(params.initial),
        "transitions_": np.array(params.transitions),
        "durations_": durations(params.transitions),
        **shown,
        "estimates_": estimates,
        "components_": params.components,
    }


def durations(transitions: Array) -> Array:
    """How many rows a stay in each state lasts on average (k,): 1 / (1 - probability of staying)."""
    leave = 1.0 - np.diag(transitions)
    return np.divide(1.0, leave, out=np.full(len(leave), np.inf), where=leave > 0)


def summary(fitted: Fitted) -> str:
    """The fit in words, a line for each state, and the table of transitions."""
    params, k = fitted.params, len(fitted.params.initial)
    family = fitted.model.family
    title = f"hidden Markov model of {k} state{'s' * (k > 1)}, {type(family).__name__}"
    lines = [title, *(facts_in_lines(fitted.facts) if fitted.facts else [])]
    headings, cells = _cells(fitted)
    sizes = fitted.facts.sizes if fitted.facts else None
    head = ["state", "first", *(["rows"] if sizes is not None else []), "mean stay", *headings]
    stays = [number(stay) if np.isfinite(stay) else "for ever" for stay in durations(params.transitions)]
    counts = [[f"{size:.6g}"] for size in sizes] if sizes is not None else [[] for _ in range(k)]
    rows = [[str(j + 1), f"{params.initial[j]:.3f}", *counts[j], stays[j], *cells[j]] for j in range(k)]
    moves = [["from \\ to", *(str(j + 1) for j in range(k))]]
    moves += [[str(j + 1), *(f"{p:.3f}" for p in row)] for j, row in enumerate(params.transitions)]
    return "\n".join([*lines, *aligned([head, *rows]), "  transitions", *aligned(moves)])


def _cells(fitted: Fitted) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The states' parameters as text."""
    family, components, k = fitted.model.family, fitted.params.components, len(fitted.params.initial)
    if hasattr(family, "shape"):
        return named(fitted.names, fitted.n_columns), _normal.cells(family.shape, components)
    names, parts = named(fitted.names, fitted.n_columns), getattr(family, "columns", ())
    headings, table = tabled(family.estimates(components), k, names, parts)
    return headings, [[number(value) for value in row] for row in table]
