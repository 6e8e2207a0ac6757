"""From the arguments of a hidden Markov model to the model, its start, and the data that it is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_enough_distinct, check_n_components, check_word
from hiddenmix.estimators import _chains, _options, _ridge
from hiddenmix.estimators._labels import Knowledge, read_labels
from hiddenmix.estimators._readers import Counts, Numbers, Reader
from hiddenmix.estimators._task import Beginning, Note, Task
from hiddenmix.families.known import knows
from hiddenmix.families.normal import Normal
from hiddenmix.families.poisson import Poisson
from hiddenmix.families.shapes import SHAPES
from hiddenmix.latent.markov import Markov
from hiddenmix.model import Family

FAMILIES = ("normal", "poisson")
STARTS = (*_options.STARTS, "segments")


class ChainModel:
    """What `HiddenMarkovModel` makes of its arguments."""

    family: Any
    n_states: Any
    covariance_type: Any
    transitions: Any
    initial: Any
    concentration: Any
    initial_concentration: Any
    prior: Any
    reg_covar: Any
    n_init: int
    init_params: str
    random_state: Any
    n_jobs: int | None

    def _asked(
        self, X: Any, lengths: Any, groups: Any, sequence_weight: Any, known_states: Any
    ) -> tuple[Task, Array, Array | None]:
        """What is to be fitted, with the lengths and the weights of its sequences."""
        _options.check_common(self, STARTS)
        reader, table = self._reader().learn(X)
        n = len(table.values)
        lengths = _chains.read_lengths(lengths, groups, n)
        units = _chains.read_weights_of_sequences(sequence_weight, len(lengths))
        weight = None if units is None else np.repeat(units, lengths)
        pool, rng = _options.pool_for(self.n_jobs, n), _options.generator(self.random_state)
        return Task(reader, table, weight, read_labels(known_states, n), pool, rng), lengths, units

    def _one(self, task: Task) -> tuple[Knowledge, Markov[Any, Any], Beginning, Note]:
        """What is known of states, the one model, its start, and what is to be said of it.

        Raises HM410 where several models are asked for.
        """
        shapes = self._shapes()
        if _options.several(self.n_states) or len(shapes) > 1:
            what = "this needs one number of states and one covariance shape"
            raise HiddenmixError("HM410", what, "n_states=2, covariance_type='full', for example")
        k = check_n_components(self.n_states, len(task.table.values))
        knowledge, (model, note) = task.labels.knowledge(k), self._model(task, k, shapes[0])
        return knowledge, model, self._beginning(model, knowledge), note

    def _model(self, task: Task, k: int, shape: str) -> tuple[Markov[Any, Any], Note]:
        """The model, and what is to be said of it."""
        check_enough_distinct(task.table.values, k, task.weight)
        family, note = self._family(task, shape)
        return self._chain(family, k), note

    def _reader(self) -> Reader:
        return Counts() if isinstance(self.family, str) and self.family == "poisson" else Numbers(min_rows=2)

    def _shapes(self) -> Sequence[str]:
        if not (isinstance(self.family, str) and self.family == "normal"):
            return ("",)
        shapes = _options.listed(self.covariance_type, ())
        for shape in shapes:
            check_word("covariance_type", shape, SHAPES)
        return shapes

    def _family(self, task: Task, shape: str) -> tuple[Family[Any, Any], Note]:
        if not isinstance(self.family, str):
            return _chains.read_family(self.family), Note()
        check_word("family", self.family, FAMILIES)
        if self.family == "poisson":
            return Poisson(prior=self.prior), Note()
        ridge = _ridge.settle(self.reg_covar, SHAPES[shape], self.prior, task.table, task.weight)
        note = Note(ridge.text, ridge.warnings, {"reg_covar_": ridge.value})
        return Normal(shape, prior=self.prior, reg_covar=ridge.value), note

    def _chain(self, family: Family[Any, Any], k: int) -> Markov[Any, Any]:
        return Markov(
            family, k, initial=self.initial, transitions=self.transitions, concentration=self.concentration,
            initial_concentration=self.initial_concentration,
        )  # fmt: skip

    def _predicting(self, family: Family[Any, Any], params: Any) -> Markov[Any, Any]:
        return self._chain(family, len(params.initial))

    def _in_place(self, model: Markov[Any, Any]) -> bool:
        """Whether something is known of single states, so that each must keep its place."""
        return not model.interchangeable or knows(model.family)

    def _beginning(self, model: Markov[Any, Any], knowledge: Knowledge) -> Beginning:
        keep, given = self._in_place(model), _chains.read_start(self, model.n_components)
        if given is not None:
            return Beginning(how=given, starts=1 if given.located else self.n_init, keep=given.located or keep)
        if knowledge.components is not None:
            return Beginning(how=knowledge.components, keep=keep)
        return Beginning(how=self.init_params, starts=1 if model.n_components == 1 else self.n_init, keep=keep)


__all__ = ["FAMILIES", "STARTS", "ChainModel"]
