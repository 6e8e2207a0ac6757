"""Hidden Markov models: free and constrained transitions, priors, known states, missing cells, mixed columns."""

import numpy as np
from tests.contracts.cases_counts import RATES
from tests.contracts.cases_normal import normal
from tests.contracts.entering import K, model

import hiddenmix as hm
from hiddenmix.batch import Evidence

rng = np.random.default_rng(8)
INITIAL = np.array([0.5, 0.2, 0.3])
TRANSITIONS = np.array([[0.8, 0.15, 0.05], [0.1, 0.7, 0.2], [0.25, 0.05, 0.7]])
LENGTHS = np.array([1, 2, 17, 5, 30, 9, 12, 20])
ENDS = np.cumsum(LENGTHS)


def sequences(name, chain, params, missing=0.0, known=0.0, **settings):
    """Enter a model of sequences that are drawn from it, some cells then removed and some states told."""
    rng = np.random.default_rng(list(name.encode()))
    draws = [chain.sample(params, n, rng) for n in LENGTHS]
    x, states = (np.concatenate(part) for part in zip(*draws))
    x[rng.random(x.shape) < missing] = np.nan
    told = Evidence.from_labels(np.where(rng.random(len(x)) < known, states, -1), K) if known else None

    def build(units, weight, chunk):
        rows = np.concatenate([np.arange(ENDS[u] - LENGTHS[u], ENDS[u]) for u in units])
        evidence = None if told is None else told.take(rows)
        return hm.Sequences(x[rows], LENGTHS[units], weight, evidence, chunk)

    model(name, chain, params, x, build=build, n_units=len(LENGTHS), array_api=False, **settings)


_poisson = hm.MarkovParams(INITIAL, TRANSITIONS, RATES)
sequences("markov-poisson", hm.Markov(hm.Poisson(), K), _poisson, exchangeable=True)
_prior = hm.Markov(hm.Poisson(prior=(2.0, 0.5)), K, initial_concentration=1.5, concentration=1 + TRANSITIONS)
sequences("markov-poisson-prior-missing", _prior, _poisson, missing=0.2)
_normal = hm.MarkovParams(np.full(K, 1 / K), TRANSITIONS, normal("full"))
_loose = hm.Markov(hm.Normal("full"), K, initial="equal", concentration=1.5)
sequences("markov-normal-missing-known-states", _loose, _normal, missing=0.1, known=0.3)
_ways = np.array([[0.9, 0.1, 0.0], [0.0, 0.8, 0.2], [0.0, 0.0, 1.0]])
_onward = hm.Markov(hm.Normal("diag"), K, initial="first", transitions="left-to-right")
sequences("markov-left-to-right", _onward, hm.MarkovParams(np.eye(K)[0], _ways, normal("diag")))
_held = hm.Known(TRANSITIONS, np.array([[True, False, False], [True, True, True], [False, False, False]]))
_some = hm.Markov(hm.Poisson(), K, transitions=_held, initial=hm.Known(INITIAL, np.array([True, False, False])))
sequences("markov-known-in-part", _some, _poisson)
_still = hm.Markov(hm.Poisson(), K, initial="stationary", concentration=1.5)
_balance = np.linalg.matrix_power(TRANSITIONS, 200)[0]
sequences("markov-stationary", _still, hm.MarkovParams(_balance, TRANSITIONS, RATES), exchangeable=True)
