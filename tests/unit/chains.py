"""A chain of three states that emit counts, rows drawn from it, and the code of an error."""

import numpy as np

import hiddenmix as hm

RATES = hm.PoissonParams([[1.0], [6.0], [20.0]])
TRANSITIONS = np.array([[0.8, 0.15, 0.05], [0.1, 0.7, 0.2], [0.3, 0.1, 0.6]])
PARAMS = hm.MarkovParams([0.5, 0.2, 0.3], TRANSITIONS, RATES)
CHAIN = hm.Markov(hm.Poisson(), 3)


def drawn(lengths, seed=0, params=PARAMS, chain=CHAIN):
    rng = np.random.default_rng(seed)
    parts = [chain.sample(params, n, rng) for n in lengths]
    return tuple(np.concatenate(part) for part in zip(*parts))


def code(error):
    return error.value.code
